"""Webhooks as the database knows them, and the record of what was sent. Decides nothing, sends nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from service.ids import new_id
from service.ledger.refusals import TooManyWebhooks
from service.ledger.store import Store, call, statement
from service.ledger.webhooks.messages import Message
from service.ledger.webhooks.records import Delivery, Reason, Sent, State, Webhook, Wish

# More receivers than a team has; whoever sends to many has one receiver that passes on.
WEBHOOKS_PER_WORKSPACE_MAX = 20
# A process holds a webhook for so long from each sign of life: twice what one message may take.
HOLD_S = 20
# How long attempts are kept, and how many of one webhook: what somebody who looks for a fault looks at.
DELIVERIES_KEPT = timedelta(days=30)
DELIVERIES_KEPT_MAX = 10_000
# One step of clearing up: some milliseconds of the database.
CLEARED_MAX = 1_000

_WEBHOOKS = statement("webhooks")
_CLAIM = statement("claim_webhook")
_DELIVERIES = statement("deliveries")
_DUE = "SELECT workspace_id, webhook_id FROM list_webhooks_due(%s)"
_ALL = "SELECT workspace_id, webhook_id FROM list_webhooks()"
_NOTE = "note_delivery(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
_MOVE = "move_webhook(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"

Place = tuple[UUID, UUID]
"""A workspace and a webhook of it."""


class Rows:
    """The rows of all webhooks. Reads name the workspace; writes are functions."""

    def __init__(self, store: Store, holder: UUID) -> None:
        self._store = store
        self._holder = holder

    # -- what people do

    async def create(
        self, place: Place, party_id: UUID, credential_id: UUID, wish: Wish, secret: bytes, position: int, at: datetime
    ) -> None:
        """A webhook that begins at a position; raises `TooManyWebhooks`."""
        rows = await self._call(
            "SELECT create_webhook(%s, %s, %s, %s, %s, %s, %s::text[], %s::text[], %s::text[], %s, %s, %s, %s)",
            *place,
            party_id,
            credential_id,
            wish.name,
            wish.url,
            wish.streams,
            wish.types,
            wish.kinds,
            secret,
            position,
            at,
            WEBHOOKS_PER_WORKSPACE_MAX,
        )
        if not rows[0][0]:
            raise TooManyWebhooks(WEBHOOKS_PER_WORKSPACE_MAX)

    async def read(
        self, workspace_id: UUID, party_id: UUID | None = None, webhook_id: UUID | None = None
    ) -> list[Webhook]:
        """Webhooks of a workspace, the newest first: a party's, one, or all."""
        asked = {"workspace": workspace_id, "party": party_id, "webhook": webhook_id}
        return [_webhook(row) for row in await self._store.read(_WEBHOOKS, asked)]

    async def change(
        self,
        place: Place,
        state: State | str | None = None,
        credential_id: UUID | None = None,
        position: int | None = None,
    ) -> None:
        """Another state, key or position; what is None stays."""
        await self._call("SELECT change_webhook(%s, %s, %s, %s, %s)", *place, state, credential_id, position)

    async def rotate(self, place: Place, secret: bytes, old_until: datetime) -> None:
        """Another secret beside the one before, which lapses."""
        await self._call("SELECT rotate_webhook_secret(%s, %s, %s, %s)", *place, secret, old_until)

    async def deliveries(
        self, place: Place, after: tuple[datetime, UUID] | None = None, limit: int = 100
    ) -> list[Delivery]:
        """Attempts, the newest first."""
        after_at, after_id = after or (None, None)
        asked = {
            "workspace": place[0],
            "webhook": place[1],
            "after_at": after_at,
            "after": after_id,
            "limit": limit,
        }
        rows = await self._store.read(_DELIVERIES, asked)
        return [Delivery(**dict(zip(Delivery.__struct_fields__, row, strict=True))) for row in rows]

    # -- what the process does that delivers

    async def due(self, at: datetime) -> list[Place]:
        """Which have something to be looked at, and nobody who does."""
        return [(row[0], row[1]) for row in await self._call(_DUE, at)]

    async def claim(self, place: Place, at: datetime) -> Webhook | None:
        """Hold a webhook, or hold it longer; None when another process has it or there is nothing to do."""
        rows = await self._call(_CLAIM, *place, self._holder, HOLD_S, at)
        return _webhook(rows[0]) if rows else None

    async def move(
        self,
        place: Place,
        to: Webhook,
        reason: Reason | None = None,
        note: tuple[Message, Sent, int, datetime] | None = None,
    ) -> bool:
        """Keep where a webhook is, and what was just sent, in one transaction; false when it is not to go on so.

        What was sent is noted in any case.
        """
        moved = (
            *place,
            self._holder,
            to.turn,
            to.changes,
            HOLD_S,
            to.position,
            to.previous,
            to.attempts,
            to.failing_since,
            to.next_attempt_at,
            reason,
        )
        if note is None:
            return bool((await self._call(f"SELECT {_MOVE}", *moved))[0][0])
        return bool((await self._call(f"SELECT {_MOVE}, {_NOTE}", *moved, *_noted(place, *note)))[0][0])

    async def note(self, place: Place, message: Message, sent: Sent, attempt: int, at: datetime) -> None:
        """Keep one attempt."""
        await self._call(f"SELECT {_NOTE}", *_noted(place, message, sent, attempt, at))

    async def let_go(self, place: Place) -> None:
        """Hold it no longer."""
        await self._call("SELECT let_webhook_go(%s, %s, %s)", *place, self._holder)

    # -- clearing up

    async def everywhere(self) -> list[Place]:
        """All webhooks of all workspaces, also those that were deleted and not yet cleared."""
        return [(row[0], row[1]) for row in await self._call(_ALL)]

    async def clear(self, place: Place, now: datetime) -> int:
        """One step of clearing up; how many went. There may be more when it was `CLEARED_MAX`."""
        sql = "SELECT clear_deliveries(%s, %s, %s, %s, %s)"
        rows = await self._call(sql, *place, now - DELIVERIES_KEPT, DELIVERIES_KEPT_MAX, CLEARED_MAX)
        return int(rows[0][0])

    async def _call(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        # Who delivers asks all the time, who administers webhooks hardly ever: both among the jobs.
        async with self._store.jobs.connection() as connection:
            return await call(connection, sql, arguments)


def _webhook(row: Sequence[Any]) -> Webhook:
    return Webhook(**dict(zip(Webhook.__struct_fields__, row, strict=True)))


def _noted(place: Place, message: Message, sent: Sent, attempt: int, at: datetime) -> tuple[Any, ...]:
    delivery_id = new_id(at)
    told = (message.kind, message.position, attempt, sent.outcome, sent.status, sent.took_ms)
    return (*place, delivery_id, at, *told)
