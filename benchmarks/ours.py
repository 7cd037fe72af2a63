"""How the service itself is started and what is sent to it: `throughline serve` as anybody starts it, with a key."""

import base64
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.bench import Bench, Ready
from benchmarks.contending import Operation, appends, encode, new_streams
from benchmarks.facts import Body, opening
from benchmarks.load.traffic import Traffic, request
from benchmarks.postgres import Postgres
from benchmarks.processes import Serving

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()

RECORDED = "SELECT count(*) FROM event e JOIN stream s USING (workspace_id, stream_id) WHERE s.kind <> 'workspace'"


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
