"""Whether a second service process on the same database helps or hinders: over many workspaces, and over one.

Nothing keeps a stream to one process: both get requests for every deal, as behind a balancer that knows nothing.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import filling, ours
from benchmarks.bench import Bench, NotComparable, Ready
from benchmarks.contending import KINDS_OF_FACTS
from benchmarks.facts import everyday, stream_id
from benchmarks.load.sending import installed_sender
from benchmarks.load.traffic import Traffic
from benchmarks.processes import Serving
from service.settings import read_settings

DEAL_FACTS = 5
"""Few, so that with all that is appended in a run they stay in memory: streams that do not are measured elsewhere."""
PROCESSES = (1, 2)


@dataclass(frozen=True)
class Sharing:
    """Appends a second over some workspaces with one process and with two; a figure a round."""

    workspaces: int
    deals: int
    one: list[float]
    two: list[float]


def sharing(bench: Bench, tell: Callable[[str], None]) -> list[Sharing]:
    """Many workspaces, then one with as many deals in all."""
    deals = bench.sizes.streams
    return [_sharing(bench, workspaces, deals, tell) for workspaces in (bench.sizes.workspaces, 1)]


def _sharing(bench: Bench, workspaces: int, deals: int, tell: Callable[[str], None]) -> Sharing:
    result = Sharing(workspaces, deals, [], [])
    with _filled(bench, workspaces, deals // workspaces) as (database, traffic), ExitStack() as stack:
        servers = [stack.enter_context(_serving(bench, database, number)) for number in range(max(PROCESSES))]
        for server in servers:
            bench.warmed(Ready(server, traffic))
        for number in range(1, bench.sizes.rounds + 1):
            for count, rates in zip(PROCESSES, (result.one, result.two), strict=True):
                bench.postgres.settle()
                rates.append(_send(bench, servers[:count], traffic, bench.sizes.seconds))
            tell(f"round {number}: {workspaces} workspaces: {result.one[-1]:,.0f}/s, two: {result.two[-1]:,.0f}/s")
    return result


def _send(bench: Bench, servers: list[Serving], traffic: Traffic, seconds: float) -> float:
    """Answers a second of all of them, the connections divided among them; each begins with deals of its own.

    A balancer does not send two requests for one deal at the same moment, time and again.
    """

    def one(number: int, server: Serving) -> float:
        start = number * traffic.period // len(servers)
        shifted = replace(traffic, requests=[*traffic.requests[start:], *traffic.requests[:start]])
        folder = bench.folder / f"load-on-{server.port}"
        folder.mkdir(exist_ok=True)
        sent = installed_sender(folder).timed(server.port, shifted, bench.sizes.connections // len(servers), seconds)
        if sent.wrong:
            raise NotComparable(f"{sent.wrong} of {sent.answers} answers were not {traffic.expected}")
        return sent.rate

    with ThreadPoolExecutor(len(servers)) as pool:
        return sum(pool.map(one, *zip(*enumerate(servers), strict=True)))


@contextmanager
def _filled(bench: Bench, workspaces: int, deals: int) -> Iterator[tuple[str, Traffic]]:
    """A database with the same deals in each of some workspaces, and everyday facts for all of them in turn."""
    with bench.postgres.database("shared") as database:
        settings = read_settings(
            ours.environment(bench.postgres, database, bench.folder / "filling-shared") | {"THROUGHLINE_PORT": "0"}
        )
        keys = [
            asyncio.run(filling.fill(bench.postgres, database, settings, deals, DEAL_FACTS)) for _ in range(workspaces)
        ]
        bench.postgres.run(database, "VACUUM ANALYZE")
        places = [(stream_id("read", number), ours.recording_with(key)) for number in range(deals) for key in keys]
        requests = [
            render(stream, everyday(kind + number))
            for kind in range(KINDS_OF_FACTS)
            for number, (stream, render) in enumerate(places)
        ]
        yield database, Traffic(requests, 201, len(places), 1)


@contextmanager
def _serving(bench: Bench, database: str, number: int) -> Iterator[Serving]:
    data: Path = bench.folder / f"service-{number}-on-{database}"
    environment = ours.environment(bench.postgres, database, data)
    with bench.serving(f"throughline-{number}", ours.command(), environment, "/health/ready") as server:
        yield server
