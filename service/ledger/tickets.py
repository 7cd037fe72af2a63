"""Tickets: how a browser follows the feed, which can send no header. Each stands for the key it was made with.

A ticket is a row, so that any process of the service may serve it; the secret's digest is in it, the secret nowhere.
The newest connection has it: whoever reconnects need not wait until the service has noticed that the old one is gone.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from msgspec import Struct

from service.clock import Clock
from service.ids import new_id
from service.ledger.credentials import Credentials, Identity
from service.ledger.refusals import NoSuchKey, TooManyTickets
from service.ledger.store import Store, fetch, statement
from service.ledger.tokens import Token, new_token, read_token

# An address ends up in histories and logs: a ticket that nobody used is worth nothing by then.
UNUSED = timedelta(minutes=1)
# A working day: a page that stays open longer asks for another one.
SERVES = timedelta(hours=12)
# More pages than one person has open; a service that follows for many uses its key instead.
TICKETS_PER_KEY_MAX = 50

MARK = "tlt_"

_TICKET = statement("ticket")


class Held(Struct, frozen=True):
    """A ticket as one connection holds it."""

    workspace_id: UUID
    ticket_id: UUID
    connection_id: UUID


class Tickets:
    """Makes tickets, and says who holds one."""

    def __init__(self, store: Store, credentials: Credentials, clock: Clock) -> None:
        self._store = store
        self._credentials = credentials
        self._clock = clock
        self.of_member: Callable[[UUID, UUID], Awaitable[Identity]] | None = None
        """Who holds a ticket that was made with an issuer's token; set where those are taken."""

    async def issue(self, identity: Identity) -> tuple[str, datetime]:
        """A ticket for the caller, shown once, and until when it must be used. Raises `TooManyTickets`."""
        now = self._clock.now()
        token = new_token(identity.workspace_id, new_id(now))
        async with self._store.connection() as connection:
            rows = await fetch(
                connection,
                "SELECT issue_ticket(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                (
                    token.workspace_id,
                    token.credential_id,
                    token.secret_digest,
                    identity.credential_id,
                    now,
                    now - UNUSED,
                    now - SERVES,
                    TICKETS_PER_KEY_MAX,
                    identity.caller.party_id if identity.by_token else None,
                    identity.expires_at if identity.by_token else None,
                ),
            )
        if not rows[0][0]:
            raise TooManyTickets
        return shown(token), now + UNUSED

    async def take(self, ticket: str) -> tuple[Identity, Held]:
        """Give the ticket to a new connection; raises `NoSuchKey` when it has lapsed, or its key opens nothing."""
        token = read_ticket(ticket)
        if token is None:
            raise NoSuchKey
        now = self._clock.now()
        held = Held(token.workspace_id, token.credential_id, uuid4())
        async with self._store.connection() as connection:
            rows = await fetch(
                connection,
                "SELECT use_ticket(%s, %s, %s, %s, %s, %s, %s)",
                (
                    held.workspace_id,
                    held.ticket_id,
                    token.secret_digest,
                    held.connection_id,
                    now,
                    now - UNUSED,
                    now - SERVES,
                ),
            )
        if rows[0][0] is None:
            raise NoSuchKey
        return await self.holder(held), held

    async def holder(self, held: Held) -> Identity:
        """Who follows by the ticket; raises `NoSuchKey` once it serves another connection, or nobody any more."""
        rows = await self._store.read(_TICKET, {"workspace": held.workspace_id, "ticket": held.ticket_id})
        if not rows:
            raise NoSuchKey
        credential_id, connection_id, used_at, party_id, ends_at = rows[0]
        now = self._clock.now()
        if connection_id != held.connection_id or used_at < now - SERVES or (ends_at is not None and ends_at <= now):
            raise NoSuchKey
        if party_id is not None:
            if self.of_member is None:
                raise NoSuchKey
            return await self.of_member(held.workspace_id, party_id)
        return await self._credentials.holder(held.workspace_id, credential_id)


def shown(token: Token) -> str:
    """The ticket as its owner sees it, once."""
    return MARK + token.shown.removeprefix("tl_")


def read_ticket(ticket: str) -> Token | None:
    """The token in a ticket: its workspace, its own id, its secret; None when it has not the form of one."""
    return read_token("tl_" + ticket.removeprefix(MARK)) if ticket.startswith(MARK) else None
