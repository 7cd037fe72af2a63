"""Fills databases with whole deals through the ledger itself: what lies there is as the service records it."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import msgspec
from msgspec import structs

from benchmarks.bench import Bench
from benchmarks.contending import Operation, appends, encode
from benchmarks.facts import deal, stream_id
from benchmarks.load.traffic import Traffic, request
from benchmarks.ours import environment, recording_with
from benchmarks.postgres import Postgres
from domain.events import ClientProposal
from domain.facts import Proposal
from service.clock import Clock
from service.database import connect
from service.ids import new_id
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.members import create_workspace
from service.ledger.refusals import Overloaded, StoreUnavailable
from service.masterkey import MasterKey, obtain
from service.migrate import migrate
from service.settings import Settings, read_settings

FACTS_AT_ONCE = 3_200
"""Facts on their way to the ledger while it is filled: what its queue takes, and enough for the largest groups."""
FACTS_A_PIECE = 500
"""Facts of one deal that are recorded at once; of a longer deal, one piece after the other."""
GROUP_FACTS_MAX = 2_000
"""Facts a commit while it is filled; the service itself takes fewer, so that nobody waits long."""
TRIES_MAX = 60
"""How often a piece is tried, each time as much later as the refusal says: two minutes of a disk that is busy."""

_proposal = msgspec.json.Decoder(ClientProposal).decode


@dataclass(frozen=True)
class Filled:
    """A database with deals in it, and an owner's key to its workspace."""

    name: str
    key: str
    deals: int
    facts: int

    def reads(self, operation: Operation, deals: range | None = None) -> Traffic:
        """GET one deal after the other, or the first hundred facts of each; of all of them unless told of which."""
        tail = "/events?limit=100" if operation == "page" else ""
        paths = [f"/v1/deals/{stream_id('read', number)}{tail}" for number in deals or range(self.deals)]
        return Traffic([request("GET", path, key=self.key) for path in paths], 200, len(paths))

    def appends(self, deals: range) -> Traffic:
        """Everyday facts for these deals."""
        return appends([stream_id("read", number) for number in deals], recording_with(self.key), 1)


@contextmanager
def filled(bench: Bench, name: str, deals: int, facts: int) -> Iterator[Filled]:
    """A database in which the ledger itself has recorded whole deals; dropped with the block."""
    with bench.postgres.database(name) as database:
        settings = read_settings(
            environment(bench.postgres, database, bench.folder / "filling")
            | {"THROUGHLINE_PORT": "0", "THROUGHLINE_BATCH_EVENTS_MAX": str(GROUP_FACTS_MAX)}
        )
        key = asyncio.run(fill(bench.postgres, database, settings, deals, facts))
        bench.postgres.run(database, "VACUUM ANALYZE")
        yield Filled(database, key, deals, deals * facts)


async def fill(postgres: Postgres, database: str, settings: Settings, deals: int, facts: int) -> str:
    """Record whole deals in a new workspace of a database, which is migrated first; its owner's key.

    All of them are signed for, as a running service does meanwhile: it must not be at that when it is measured.
    """
    with connect(postgres.owner_address(database), "benchmark") as owner:
        migrate(owner)
    with connect(postgres.app_address(database), "benchmark") as app:
        master_key: MasterKey = obtain(settings, app)
    async with Ledger.open(postgres.app_address(database), master_key, settings) as ledger:
        _, key = await create_workspace(ledger, "filled")
        identity = await ledger.identify(key)
        numbers = itertools.count()

        async def work() -> None:
            while (number := next(numbers)) < deals:
                await record(ledger, identity, number, facts)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(max(1, FACTS_AT_ONCE // min(facts, FACTS_A_PIECE)), deals)):
                group.create_task(work())
        await ledger.checkpoints.advance(identity.workspace_id)
        return key


async def record(ledger: Ledger, identity: Identity, number: int, facts: int) -> None:
    """Record one deal, in pieces and with patience: a machine that is busy must not end a run of minutes.

    Ids are settled before the first try, so that a piece whose answer was lost is not recorded twice.
    """
    stream = f"deal/{UUID(stream_id('read', number))}"
    bodies = deal(number, facts)
    for start in range(0, len(bodies), FACTS_A_PIECE):
        piece = tuple(_proposed(encode(body), ledger.clock) for body in bodies[start : start + FACTS_A_PIECE])
        for tried in range(1, TRIES_MAX + 1):
            try:
                await ledger.append(identity, stream, piece, opens=start == 0)
                break
            except (Overloaded, StoreUnavailable) as refusal:
                if tried == TRIES_MAX:
                    raise
                await asyncio.sleep(refusal.retry_after_s)


def _proposed(body: bytes, clock: Clock) -> Proposal:
    proposal: Proposal = _proposal(body)
    return structs.replace(proposal, event_id=new_id(clock.now()))
