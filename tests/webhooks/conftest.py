"""A ledger that delivers, as a service process does, with people who have keys; and receivers on loopback."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.facts import Role
from service.clock import Clock
from service.ledger import members
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.webhooks.records import Delivery, Webhook, Wish
from service.masterkey import MasterKey
from service.settings import Settings, read_settings
from tests.conftest import Database
from tests.webhooks.receiver import Receiver, receiving

LOOPBACK = {"THROUGHLINE_WEBHOOK_NETWORKS": "127.0.0.0/8"}
MASTER_KEY = MasterKey(bytes(range(32)))
DEADLINE_S = 15.0


class ShiftedClock(Clock):
    """The right time, until it is put forward."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()

    def now(self) -> datetime:
        return super().now() + self.ahead


@dataclass
class Desk:
    """One workspace on one delivering ledger, seen by its owner."""

    ledger: Ledger
    clock: ShiftedClock
    workspace_id: UUID
    owner: Identity
    database: Database
    secrets: dict[UUID, str] = field(default_factory=dict)

    async def key(self, role: Role, party_id: UUID | None = None) -> Identity:
        """Somebody with a key."""
        shown = await members.issue_key(
            self.ledger, self.workspace_id, role=role, name=role, party_id=party_id or uuid4()
        )
        return await self.ledger.identify(shown)

    async def webhook(
        self, receiver: Receiver, who: Identity | None = None, start: int | None = None, **wish: Any
    ) -> Webhook:
        """A webhook to a receiver, from now on unless it begins before."""
        who = who or self.owner
        position = await self.ledger.reached(who, start)
        made, secret = await self.ledger.webhooks.create(
            who, Wish(name="CRM", url=wish.pop("url", receiver.url), **wish), position
        )
        self.secrets[made.webhook_id] = secret.shown
        return made

    async def now(self, webhook: Webhook) -> Webhook:
        return await self.ledger.webhooks.find(self.owner, webhook.webhook_id)

    async def log(self, webhook: Webhook) -> list[Delivery]:
        """The deliveries, the oldest first."""
        return (await self.ledger.webhooks.deliveries(self.owner, webhook.webhook_id, None, 500))[::-1]

    async def until(
        self, webhook: Webhook, holds: Callable[[Webhook], bool], deadline_s: float = DEADLINE_S
    ) -> Webhook:
        """Wait until it holds of the webhook."""
        end = time.monotonic() + deadline_s
        while not holds(current := await self.now(webhook)):
            assert time.monotonic() < end, f"it did not come to be in time: {current}"
            await asyncio.sleep(0.02)
        return current

    async def caught_up(self, webhook: Webhook) -> Webhook:
        """Wait until nothing is left to be sent."""
        head = await self.ledger.position(self.owner)
        return await self.until(webhook, lambda current: current.position >= head)


async def come(receiver: Receiver, count: int) -> None:
    """Wait for so many messages, without keeping the loop."""
    await asyncio.to_thread(receiver.has, count)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"THROUGHLINE_DATA": str(tmp_path), **LOOPBACK})


@asynccontextmanager
async def delivering(database: Database, settings: Settings, clock: Clock) -> AsyncIterator[Ledger]:
    """A ledger that delivers meanwhile."""
    async with Ledger.open(database.app, MASTER_KEY, settings, clock) as ledger:
        task = asyncio.create_task(ledger.webhooks.run())
        try:
            yield ledger
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def desk(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr("service.ledger.webhooks.delivering.LOOK_EVERY_S", 0.05)  # so that tests need not wait
    clock = ShiftedClock()
    async with delivering(database, settings, clock) as ledger:
        workspace_id = uuid4()
        await ledger.create_workspace(workspace_id, "Depot deals")
        key = await members.issue_key(ledger, workspace_id, role="owner", name="owner", party_id=uuid4())
        yield Desk(ledger, clock, workspace_id, await ledger.identify(key), database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one
