"""Two ledgers on one workspace, shaken: statements wait at random, memory holds next to nothing, breaths are short.

What single moments could be is in `test_overtaking`; here chance looks for those that nobody thought of.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from domain.facts import Proposal
from domain.refusals import Refusal
from domain.stream import fold
from service.ledger import workspace as following
from service.ledger.commits import Commits
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.prepared import Prepared
from service.ledger.refusals import VersionMismatch
from service.ledger.store import Store, fetch
from tests.conftest import Database
from tests.faults.history import History, Read, Write, check, stored
from tests.ledger.conftest import Opening, a_deal, noted, proposal

pytestmark = pytest.mark.anyio

TASKS = 10
ACTS = 40
STREAMS = 6
KEPT_FACTS_MAX = 60
SLOW_SEEDS = 12


@pytest.fixture
def shake(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], random.Random]:
    """Makes every statement wait a little before or after it, by chance; breaths and reads are short."""

    def shaken(seed: int) -> random.Random:
        chance = random.Random(seed)
        read, call, send = Store.read, Prepared.call, Commits.send

        async def a_moment() -> None:
            if chance.random() < 0.5:
                await asyncio.sleep(chance.choice([0, 0, 0.001, 0.004]))

        async def late_read(store: Store, sql: str, parameters: Any) -> Any:
            await a_moment()
            rows = await read(store, sql, parameters)
            await a_moment()
            return rows

        async def late_fetch(connection: Any, sql: str, parameters: Any) -> Any:
            await a_moment()
            rows = await fetch(connection, sql, parameters)
            await a_moment()
            return rows

        async def late_call(prepared: Prepared, connection: Any, parameters: Any) -> Any:
            await a_moment()
            rows = await call(prepared, connection, parameters)
            await a_moment()
            return rows

        async def late_send(commits: Commits, *arguments: Any) -> Any:
            await a_moment()
            answer = await send(commits, *arguments)
            await a_moment()
            return answer

        monkeypatch.setattr(Store, "read", late_read)
        monkeypatch.setattr(Commits, "send", late_send)
        monkeypatch.setattr(Prepared, "call", late_call)
        for module in ("store", "writer"):
            monkeypatch.setattr(f"service.ledger.{module}.fetch", late_fetch)
        monkeypatch.setattr(following, "FACTS_PER_BREATH", 3)
        monkeypatch.setattr(following, "FACTS_PER_READ", 7)
        monkeypatch.setattr(following, "RECORDED_PER_READ", 5)
        return chance

    return shaken


class Somebody:
    """Reads and writes at random through either ledger, and notes what it is told."""

    def __init__(
        self, ledgers: list[Ledger], who: Identity, streams: list[str], history: History, chance: random.Random
    ) -> None:
        self._ledgers = ledgers
        self._who = who
        self._streams = streams
        self._history = history
        self._chance = chance

    async def acts(self) -> None:
        for _ in range(ACTS):
            ledger, stream = self._chance.choice(self._ledgers), self._chance.choice(self._streams)
            if self._chance.random() < 0.4:
                await self._reads(ledger, stream)
            else:
                await self._writes(ledger, stream)

    async def _reads(self, ledger: Ledger, stream: str) -> None:
        sent = time.monotonic()
        history = await ledger.history(self._who, stream)
        assert history.stream is not None
        assert history.version == len(history.records)
        facts = [record.fact for record in history.records]
        again = fold(stream, facts)
        if not again.rewritten:
            assert (history.stream.version, history.stream.counts) == (again.version, again.counts)
            assert {one.id: one.state for one in history.stream.things()} == {
                one.id: one.state for one in again.things()
            }
        self._history.reads.append(Read(stream, sent, {str(fact.event_id): fact.stream_version for fact in facts}))

    async def _writes(self, ledger: Ledger, stream: str) -> None:
        proposals = self._proposals(stream)
        ids = tuple(str(one.event_id) for one in proposals)
        write = Write(stream, ids, time.monotonic(), "", None)
        self._history.writes.append(write)
        at = self._chance.choice([None, None, None, self._chance.randrange(1, 60)])
        try:
            appended = await ledger.append(self._who, stream, proposals, opens=False, if_match=at)
        except (Refusal, VersionMismatch):
            write.outcome = "refused"
            return
        write.outcome, write.answered = "ok", time.monotonic()
        write.versions = tuple(record.fact.stream_version for record in appended.events)
        write.positions = tuple(record.position for record in appended.events)
        assert not appended.replayed
        if self._chance.random() < 0.3:
            other = self._chance.choice(self._ledgers)
            again = await other.append(self._who, stream, proposals, opens=False, if_match=1)
            assert (again.replayed, again.position, again.events) == (True, appended.position, appended.events)

    def _proposals(self, stream: str) -> list[Proposal]:
        """Some notes; or an objection that is raised, by its own step or later by somebody else's, and answered."""
        if self._chance.random() < 0.7:
            return [noted("Shaken", uuid4()) for _ in range(self._chance.choice([1, 1, 2, 9]))]
        thing = str(self._chance.randrange(4)).rjust(12, "0")
        objection = f"{stream.partition('/')[2][:23]}-{thing}"
        raised = {
            "dimension": "product",
            "category": "risk",
            "statement": "No",
            "raised_by": str(self._who.caller.party_id),
        }
        steps = [
            proposal("objection.raised", uuid4(), objection_id=objection, **raised),
            proposal("objection.answered", uuid4(), objection_id=objection, answer="Try it"),
            proposal("objection.resolved", uuid4(), objection_id=objection, resolution="answered"),
            proposal("objection.reopened", uuid4(), objection_id=objection, reason="Again"),
        ]
        return [self._chance.choice(steps)]


async def shaken(ledger: Ledger, noor: Identity, database: Database, opening: Opening, chance: random.Random) -> None:
    streams = [await a_deal(ledger, noor) for _ in range(STREAMS)]
    history = History()
    async with opening() as other:
        for one in (ledger, other):
            one._memory._facts_max = KEPT_FACTS_MAX
        people = [Somebody([ledger, other], noor, streams, history, chance) for _ in range(TASKS)]
        await asyncio.gather(*(somebody.acts() for somebody in people))
        for one in (ledger, other):
            for stream in streams:
                await Somebody([one], noor, [stream], history, chance)._reads(one, stream)
    await asyncio.to_thread(lambda: check(history, stored(database.app)))


async def test_F18_whatever_overtakes_whatever_nobody_sees_less_than_was_acknowledged(
    ledger: Ledger, noor: Identity, database: Database, opening: Opening, shake: Callable[[int], random.Random]
) -> None:
    seed = random.getrandbits(32)
    print(f"seed {seed}")  # noqa: T201  # shown when it fails
    await shaken(ledger, noor, database, opening, shake(seed))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SLOW_SEEDS))
async def test_F18_shaken_for_longer(
    ledger: Ledger,
    noor: Identity,
    database: Database,
    opening: Opening,
    shake: Callable[[int], random.Random],
    seed: int,
) -> None:
    await shaken(ledger, noor, database, opening, shake(seed))
