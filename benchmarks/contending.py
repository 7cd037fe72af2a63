"""How each alternative is started and what is sent to it. What they do is in `contenders`."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import UUID

import msgspec
import psycopg
from psycopg.types.json import Jsonb

from benchmarks.bench import Bench, NotComparable, Ready
from benchmarks.facts import Body, everyday, stream_id
from benchmarks.load.traffic import VERSION_MARK, Traffic, request
from benchmarks.processes import call
from service.postgres.cluster import PORT, SUPERUSER

Operation = Literal["append", "get", "page"]
encode = msgspec.json.Encoder().encode

SCHEMA = Path(__file__).parent / "contenders" / "handmade.sql"
KINDS_OF_FACTS = 4
"""Each pass over the streams sends the next kind of fact, so that every stream gets them all."""


Contend = Callable[[Bench, Operation], AbstractContextManager[Ready]]


def uvicorn(module: str) -> list[str]:
    """One process under the server and the event loop that the service itself uses."""
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.contenders.{module}:app", "--host", "127.0.0.1"]
    command += ["--port", "{port}", "--loop", "uvloop", "--http", "httptools"]
    return [*command, "--no-access-log", "--log-level", "warning"]


def appends(streams: list[str], render: Callable[[str, Body], bytes], first_version: int) -> Traffic:
    """One everyday fact for each stream in turn."""
    requests = [
        render(stream, everyday(kind + number))
        for kind in range(KINDS_OF_FACTS)
        for number, stream in enumerate(streams)
    ]
    return Traffic(requests, 201, len(streams), first_version)


def new_streams(bench: Bench) -> list[str]:
    return [stream_id("append", number) for number in range(bench.sizes.streams)]


@contextmanager
def bare(bench: Bench, _: Operation) -> Iterator[Ready]:
    """HTTP alone."""
    with bench.serving("bare", uvicorn("bare_app"), {}, "/health") as server:
        yield Ready(server, appends(new_streams(bench), _plain, 1))


def _plain(stream: str, fact: Body) -> bytes:
    return request("POST", f"/streams/{stream}/events", encode(fact))


def handmade(*, autocommit: bool) -> Contend:
    """The hand-made service in one of its two forms."""
    name = "handmade_autocommit" if autocommit else "handmade_transaction"

    @contextmanager
    def contend(bench: Bench, operation: Operation) -> Iterator[Ready]:
        with bench.postgres.database(name) as database:
            environment = {
                "DATABASE_DSN": bench.postgres.address(database),
                "HANDMADE_AUTOCOMMIT": "1" if autocommit else "0",
            }
            bench.postgres.run(database, SCHEMA.read_text())
            traffic = _filled(bench, database, operation)
            with bench.serving(name, uvicorn("handmade_app"), environment, "/health") as server:
                recorded = partial(bench.postgres.number, database, "SELECT count(*) FROM events")
                yield Ready(server, traffic, recorded if operation == "append" else None)

    return contend


def _versioned(stream: str, fact: Body) -> bytes:
    body = encode({"expected_version": 0, **fact}).replace(
        b'"expected_version":0', b'"expected_version":' + VERSION_MARK
    )
    return request("POST", f"/streams/{stream}/events", body)


def _filled(bench: Bench, database: str, operation: Operation) -> Traffic:
    """Put into the hand-made tables what the operation needs."""
    sizes = bench.sizes
    if operation == "append":
        streams = new_streams(bench)
        _insert_events(bench, database, [(UUID(stream), 1, 0) for stream in streams])
        return appends(streams, _versioned, 1)
    streams = [stream_id("read", number) for number in range(sizes.read_deals)]
    if operation == "page":
        rows = [(UUID(stream), 1 + at, at) for stream in streams for at in range(sizes.read_facts)]
        _insert_events(bench, database, rows)
        last = sizes.read_deals - 1
        paths = [
            f"/events?after={(number * 7919 % (last or 1)) * sizes.read_facts}" for number in range(sizes.read_deals)
        ]
    else:
        with psycopg.connect(bench.postgres.address(database), autocommit=True) as connection:
            with connection.cursor().copy("COPY states FROM STDIN") as copy:
                for number, stream in enumerate(streams):
                    copy.write_row((stream, sizes.read_facts, Jsonb(everyday(number)["data"])))
            connection.execute("VACUUM ANALYZE states")
        paths = [f"/streams/{stream}" for stream in streams]
    return Traffic([request("GET", path) for path in paths], 200, len(paths))


def _insert_events(bench: Bench, database: str, rows: list[tuple[UUID, int, int]]) -> None:
    with psycopg.connect(bench.postgres.address(database), autocommit=True) as connection:
        with connection.cursor().copy("COPY events (stream_id, version, type, said) FROM STDIN") as copy:
            for stream, version, kind in rows:
                fact = everyday(kind)
                said = Jsonb({"data": fact["data"], "evidence": fact.get("evidence", [])})
                copy.write_row((stream, version, fact["type"], said))
        connection.execute("VACUUM ANALYZE events")


@contextmanager
def stock(bench: Bench, _: Operation) -> Iterator[Ready]:
    """`eventsourcing` as it comes."""
    with bench.postgres.database("stock") as database:
        environment = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": database,
            "POSTGRES_HOST": bench.postgres.socket_folder,
            "POSTGRES_PORT": str(PORT),
            "POSTGRES_USER": SUPERUSER,
            "POSTGRES_PASSWORD": "asked for by the library, not by the server",
        }
        with bench.serving("stock", uvicorn("stock_app"), environment, "/health") as server:
            status, body = call(server.port, "POST", f"/streams?count={bench.sizes.streams}")
            if status != 201:
                raise NotComparable(f"the stock application opened no streams: {status} {body[:300]!r}")
            streams = msgspec.json.decode(body, type=list[str])
            recorded = partial(bench.postgres.number, database, "SELECT count(*) FROM deals_events")
            yield Ready(server, appends(streams, _plain, 1), recorded)
