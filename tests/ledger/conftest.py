"""A ledger over a fresh database, and short ways to say who proposes what."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.events import ClientProposal
from domain.facts import Caller, Proposal
from service.clock import Clock
from service.ledger.asking import Appended
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.masterkey import MasterKey
from service.settings import Settings, read_settings
from tests.conftest import Database

OPENED_AT = "2026-03-02T09:00:00Z"
Opening = Callable[..., AbstractAsyncContextManager[Ledger]]


def proposal(type_: str, event_id: UUID | None = None, at: str = OPENED_AT, **data: Any) -> Proposal:
    """One proposal as a client writes it."""
    said: dict[str, Any] = {"type": type_, "occurred_at": at, "data": data}
    if event_id is not None:
        said["event_id"] = str(event_id)
    made: Proposal = msgspec.convert(said, ClientProposal)
    return made


def opened(title: str = "Shift planning for twelve depots", **more: Any) -> Proposal:
    return proposal("deal.opened", title=title, **more)


def noted(text: str, event_id: UUID | None = None, at: str = OPENED_AT) -> Proposal:
    return proposal("note.recorded", event_id, at, text=text)


class StillClock(Clock):
    """A clock that stands until it is set."""

    def __init__(self, at: datetime) -> None:
        super().__init__()
        self.at = at

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"THROUGHLINE_DATA": str(tmp_path)})


@pytest.fixture
def opening(database: Database, settings: Settings) -> Opening:
    """Opens another ledger over the same database, as another service process would."""

    @asynccontextmanager
    async def open_ledger(clock: Clock | None = None) -> AsyncIterator[Ledger]:
        async with Ledger.open(database.app, MasterKey(bytes(range(32))), settings, clock) as ledger:
            yield ledger

    return open_ledger


@pytest.fixture
async def ledger(opening: Opening) -> AsyncIterator[Ledger]:
    async with opening() as opened_ledger:
        yield opened_ledger


@pytest.fixture
async def noor(ledger: Ledger) -> Identity:
    """A member of a fresh workspace."""
    workspace_id = uuid4()
    await ledger.create_workspace(workspace_id, "Depot deals")
    return member(workspace_id)


def member(workspace_id: UUID, role: Any = "member") -> Identity:
    return Identity(workspace_id, uuid4(), Caller(uuid4(), role), "somebody")


async def a_deal(ledger: Ledger, who: Identity, **more: Any) -> str:
    """A freshly opened deal's stream id."""
    stream_id = f"deal/{uuid4()}"
    await ledger.append(who, stream_id, [opened(**more)], opens=True)
    return stream_id


async def note(ledger: Ledger, who: Identity, stream_id: str, text: str, **more: Any) -> Appended:
    return await ledger.append(who, stream_id, [noted(text, more.pop("event_id", None))], opens=False, **more)
