"""Benchmarks fill long logs through the ledger: in pieces that its queue takes, and not ended by a busy moment."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from benchmarks import filling
from benchmarks.facts import stream_id
from domain.facts import Caller, Proposal
from service.ledger.asking import Appended
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import Overloaded, StoreUnavailable
from service.masterkey import MasterKey
from service.settings import read_settings
from tests.conftest import Database

pytestmark = pytest.mark.anyio

FACTS = 1_100
"""Two whole pieces and a rest."""


class Busy(Ledger):
    """A ledger that is busy at every other append, and loses the answer of every other one of those."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.asked: list[Sequence[Proposal]] = []
        self._recorded = self.append
        self.append = self._busily

    async def _busily(self, *args: Any, **named: Any) -> Appended:
        self.asked.append(args[2])
        if len(self.asked) % 4 == 1:
            raise Overloaded
        appended = await self._recorded(*args, **named)
        if len(self.asked) % 4 == 3:
            raise StoreUnavailable
        return appended


@pytest.fixture
async def busy(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Busy]:
    monkeypatch.setattr(Overloaded, "retry_after_s", 0)
    monkeypatch.setattr(StoreUnavailable, "retry_after_s", 0)
    # Not all of a deal fits into the queue, as of a very long one not all does.
    settings = read_settings(
        {"THROUGHLINE_DATA": str(tmp_path), "THROUGHLINE_QUEUE_PROPOSALS_MAX": str(filling.FACTS_A_PIECE)}
    )
    async with Busy.open(database.app, MasterKey(bytes(range(32))), settings) as ledger:
        assert isinstance(ledger, Busy)
        yield ledger


async def test_a_long_deal_is_recorded_once_and_whole_by_a_ledger_that_is_busy(busy: Busy) -> None:
    workspace = uuid4()
    await busy.create_workspace(workspace, "filled")
    identity = Identity(workspace, uuid4(), Caller(uuid4(), "owner"), "somebody")
    await filling.record(busy, identity, 7, FACTS)
    history = await busy.history(identity, f"deal/{UUID(stream_id('read', 7))}")
    assert history.version == FACTS
    assert len(busy.asked) > len({tuple(one.event_id for one in asked) for asked in busy.asked}) == 3


async def test_what_stays_busy_ends_the_run(busy: Busy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "TRIES_MAX", 1)
    identity = Identity(uuid4(), uuid4(), Caller(uuid4(), "owner"), "somebody")
    with pytest.raises(Overloaded):
        await filling.record(busy, identity, 7, FACTS)
