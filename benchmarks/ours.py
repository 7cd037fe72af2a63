"""How the service itself is started and what is sent to it: `throughline serve` as anybody starts it, with a key."""

import asyncio
import base64
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec

from benchmarks.bench import Bench, Ready
from benchmarks.contending import Operation, appends, encode, new_streams
from benchmarks.facts import Body, deal, opening, stream_id
from benchmarks.load.traffic import Traffic, request
from benchmarks.postgres import Postgres
from benchmarks.processes import Serving
from domain.events import ClientProposal
from domain.facts import Proposal
from service.database import connect
from service.ledger.ledger import Ledger
from service.ledger.members import create_workspace
from service.masterkey import MasterKey, obtain
from service.migrate import migrate
from service.settings import Settings, read_settings

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()
FACTS_AT_ONCE = 3_200
"""Facts on their way to the ledger while it is filled: what its queue takes, and enough for the largest groups."""
GROUP_FACTS_MAX = 2_000
"""Facts a commit while it is filled; the service itself takes fewer, so that nobody waits long."""

RECORDED = "SELECT count(*) FROM event e JOIN stream s USING (workspace_id, stream_id) WHERE s.kind <> 'workspace'"

_proposal = msgspec.json.Decoder(ClientProposal).decode


@dataclass(frozen=True)
class Filled:
    """A database with deals in it, and an owner's key to its workspace."""

    name: str
    key: str
    deals: int
    facts: int

    def reads(self, operation: Operation, deals: int | None = None) -> Traffic:
        """GET one deal after the other, or the first hundred facts of each."""
        tail = "/events?limit=100" if operation == "page" else ""
        paths = [f"/v1/deals/{stream_id('read', number)}{tail}" for number in range(deals or self.deals)]
        return Traffic([request("GET", path, key=self.key) for path in paths], 200, len(paths))

    def appends(self, deals: int) -> Traffic:
        """Everyday facts for the first `deals` deals."""
        return appends([stream_id("read", number) for number in range(deals)], recording_with(self.key), 1)


@contextmanager
def serving(bench: Bench, database: str) -> Iterator[tuple[Serving, Path]]:
    """The service on a database; and its data folder, where the key of a first start lies."""
    data = bench.folder / f"service-on-{database}"
    with bench.serving(
        "throughline", command(), environment(bench.postgres, database, data), "/health/ready"
    ) as server:
        yield server, data


def command() -> list[str]:
    return [sys.executable, "-m", "service", "serve"]


def environment(postgres: Postgres, database: str, data: Path) -> dict[str, str]:
    """All the settings there are; everything else is as it comes."""
    return {
        "THROUGHLINE_DATA": str(data),
        "THROUGHLINE_PORT": "{port}",
        "THROUGHLINE_MASTER_KEY": MASTER_KEY,
        "DATABASE_URL": postgres.app_address(database),
        "DATABASE_MIGRATE_URL": postgres.owner_address(database),
    }


@contextmanager
def recording(bench: Bench, _: Operation) -> Iterator[Ready]:
    """The service with new deals on it, opened through its API."""
    with bench.postgres.database("ours") as database, serving(bench, database) as (server, data):
        key = (data / "owner.key").read_text().strip()
        streams = new_streams(bench)
        openings = [
            request("POST", "/v1/deals", encode({"stream_id": stream, "facts": opening(number)}), key)
            for number, stream in enumerate(streams)
        ]
        bench.send(server, Traffic(openings, 201, len(openings)))
        traffic = appends(streams, recording_with(key), 1)
        yield Ready(server, traffic, lambda: bench.postgres.number(database, RECORDED))


def recording_with(key: str) -> Callable[[str, Body], bytes]:
    """What makes the request that records a fact on a deal."""

    def render(stream: str, fact: Body) -> bytes:
        return request("POST", f"/v1/deals/{stream}/events", encode(fact), key)

    return render


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
    """Record whole deals in a new workspace of a database, which is migrated first; its owner\'s key."""
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
                stream = f"deal/{UUID(stream_id('read', number))}"
                await ledger.append(identity, stream, _proposals(deal(number, facts)), opens=True)

        async with asyncio.TaskGroup() as group:
            for _ in range(min(max(1, FACTS_AT_ONCE // facts), deals)):
                group.create_task(work())
        return key


def _proposals(bodies: Sequence[Body]) -> tuple[Proposal, ...]:
    return tuple(_proposal(encode(body)) for body in bodies)
