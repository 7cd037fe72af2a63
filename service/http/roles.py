"""The table of what each role may call, written from the routes and `permissions`. Decides nothing."""

from collections.abc import Iterable
from typing import Any, get_args

from domain.facts import Role
from service.http.operations import Operation, operation_of
from service.http.permissions import PERMISSION_MEANS, ROLE_MAY, ROLE_MEANS

ROLES: tuple[Role, ...] = get_args(Role)
YES, NO = "yes", ""


def may_call(role: Role, operation: Operation) -> bool:
    """Whether a key of this role gets past the gate of an operation; what it then sees is decided fact by fact."""
    return operation.permission is None or operation.permission in ROLE_MAY[role]


def roles_page(handlers: Iterable[Any]) -> str:
    """The page, in Markdown, of the operations that `handlers` answer."""
    operations = [operation for handler in handlers if (operation := operation_of(handler)) is not None]
    lines = [
        "# What each role may call",
        "",
        "Written by `throughline openapi` from the routes. What a role sees of what it may ask for is decided",
        "fact by fact: see [docs/roles.md](../docs/roles.md).",
        "",
        *(f"- **{role}** {ROLE_MEANS[role]}" for role in ROLES),
        "",
        "| permission | lets one | " + " | ".join(ROLES) + " |",
        "|---|---|" + "---|" * len(ROLES),
        *(
            f"| {permission} | {means} | "
            + " | ".join(YES if permission in ROLE_MAY[role] else NO for role in ROLES)
            + " |"
            for permission, means in PERMISSION_MEANS.items()
        ),
        "",
        "| call | permission | " + " | ".join(ROLES) + " | no key |",
        "|---|---|" + "---|" * (len(ROLES) + 1),
        *map(_line, operations),
    ]
    return "\n".join(lines) + "\n"


def _line(operation: Operation) -> str:
    cells = [YES if may_call(role, operation) else NO for role in ROLES] + [YES if operation.public else NO]
    path = operation.path.replace(":str}", "}")
    return f"| `{operation.method} {path}` | {operation.permission or ''} | " + " | ".join(cells) + " |"
