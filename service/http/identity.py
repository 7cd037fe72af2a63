"""Who asks: the one place where a key becomes an identity, and where the role is compared with what a call needs."""

from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from service.http.calls import Call
from service.http.negotiation import chosen
from service.http.operations import Operation, operation_of
from service.http.permissions import ROLE_MAY
from service.http.problems import Problem, method_not_allowed
from service.http.shown import HELD, ticket_shown, token


class Gate:
    """Middleware of every route: puts the identity in `scope["user"]`, unless the route says that it is public.

    Then roles that may not are refused, and forms of answers that are not there.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler: Any = scope["route_handler"]
        operation = operation_of(handler)
        state = scope["litestar_app"].state
        if operation is None:  # Litestar's own answer to OPTIONS
            raise method_not_allowed(state.methods[scope["path_template"]])
        if operation.permission is not None:
            ticket = ticket_shown(scope) if operation.tickets else None
            if ticket is None:
                identity = await state.ledger.identify(token(scope))
            else:
                identity, scope[HELD] = await state.ledger.tickets.take(ticket)  # type: ignore[literal-required]  # ours
            scope["user"] = identity
            demand_permission(operation, identity.caller.role)
        chosen(scope, operation.media_types)
        answer = await handler.fn(Call(scope, receive, send))
        await answer(scope, receive, send)


def demand_permission(operation: Operation, role: Any) -> None:
    """Refuse a role that may not do what the operation does."""
    if operation.permission not in ROLE_MAY[role]:
        detail = f"The role {role} may not do this: it takes the permission to {operation.permission}."
        raise Problem("role-forbids", detail, role=role, permission=operation.permission)
