"""Who asks: the one place where a key becomes an identity, and where the role is compared with what a call needs."""

from typing import Any

from litestar.types import Scope

from service.http.negotiation import chosen
from service.http.operations import Operation
from service.http.permissions import ROLE_MAY
from service.http.problems import Problem, not_ready
from service.http.shared import Shared
from service.http.shown import HELD, is_key, ticket_shown, token
from service.ledger.credentials import Identity
from service.ledger.refusals import NoSuchKey
from service.oidc.refusals import TokenRefused


async def admit(scope: Scope, operation: Operation, shared: Shared) -> None:
    """Let a call in: put the identity in `scope["user"]`, unless the operation is public.

    Roles that may not are refused, and forms of answers that are not there.
    """
    if operation.permission is not None:
        shared.limits.called_from(scope)
        identity = scope["user"] = await _identified(scope, operation, shared)
        shared.limits.called_by(identity.credential_id)
        demand_permission(operation, identity.caller.role)
    chosen(scope, operation.media_types)


async def _identified(scope: Scope, operation: Operation, shared: Shared) -> Identity:
    """Whose key, token or ticket is shown. Wrong ones are counted for their address."""
    limits, ledger, tokens = shared.limits, shared.ledger, shared.tokens
    if ledger.watch.unfit is not None and operation.method != "GET":
        raise not_ready(ledger.watch.unfit)
    ticket = ticket_shown(scope) if operation.tickets else None
    shown = token(scope, identity_tokens=tokens is not None) if ticket is None else ""
    by_token = None if ticket is not None or is_key(shown) else tokens
    limits.may_guess(scope, shown, (by_token or ledger.credentials).has_known)
    try:
        if ticket is None:
            return await (by_token or ledger).identify(shown)
        identity, scope[HELD] = await ledger.tickets.take(ticket)  # type: ignore[literal-required]  # ours
    except (NoSuchKey, TokenRefused):
        limits.guessed(scope)
        raise
    return identity


def demand_permission(operation: Operation, role: Any) -> None:
    """Refuse a role that may not do what the operation does."""
    if operation.permission not in ROLE_MAY[role]:
        detail = f"The role {role} may not do this: it takes the permission to {operation.permission}."
        raise Problem("role-forbids", detail, role=role, permission=operation.permission)
