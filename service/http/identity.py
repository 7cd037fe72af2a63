"""Who asks: the one place where a key becomes an identity, and where the role is compared with what a call needs."""

from typing import Any

from litestar.types import ASGIApp, Receive, Scope, Send

from service.http.calls import Call
from service.http.limits import Limits
from service.http.negotiation import chosen
from service.http.operations import Operation, operation_of
from service.http.permissions import ROLE_MAY
from service.http.problems import Problem, method_not_allowed, not_ready
from service.http.shown import HELD, ticket_shown, token
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import NoSuchKey


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
            state.limits.called_from(scope)
            identity = scope["user"] = await _identified(scope, operation, state)
            state.limits.called_by(identity.credential_id)
            demand_permission(operation, identity.caller.role)
        chosen(scope, operation.media_types)
        answer = await handler.fn(Call(scope, receive, send))
        await answer(scope, receive, send)


async def _identified(scope: Scope, operation: Operation, state: Any) -> Identity:
    """Whose key or ticket is shown. Wrong ones are counted for their address."""
    limits: Limits = state.limits
    ledger: Ledger = state.ledger
    if ledger.watch.unfit is not None and operation.method != "GET":
        raise not_ready(ledger.watch.unfit)
    ticket = ticket_shown(scope) if operation.tickets else None
    key = token(scope) if ticket is None else ""
    limits.may_guess(scope, lambda: ledger.credentials.has_known(key))
    try:
        if ticket is None:
            return await ledger.identify(key)
        identity, scope[HELD] = await ledger.tickets.take(ticket)  # type: ignore[literal-required]  # ours
    except NoSuchKey:
        limits.guessed(scope)
        raise
    return identity


def demand_permission(operation: Operation, role: Any) -> None:
    """Refuse a role that may not do what the operation does."""
    if operation.permission not in ROLE_MAY[role]:
        detail = f"The role {role} may not do this: it takes the permission to {operation.permission}."
        raise Problem("role-forbids", detail, role=role, permission=operation.permission)
