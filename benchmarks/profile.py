"""`python -m benchmarks.profile append`: where the CPU time of one row goes, by stage and by function, in one process.

The ledger alone is called by tasks of the same process; with HTTP the load comes from another one, as in the benchmark.
Stages are timed without a profiler; the functions come from a second pass under cProfile, which slows some more than
others: its order is worth reading, its times are not.
"""

import asyncio
import cProfile
import gc
import itertools
import pstats
import shutil
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import click
import msgspec
import uvicorn
import uvloop

from benchmarks import filling, ours, postgres
from benchmarks.__main__ import ON_DISK
from benchmarks.bench import Bench, NotComparable
from benchmarks.contending import KINDS_OF_FACTS, Operation, encode
from benchmarks.facts import everyday, stream_id
from benchmarks.filling import Filled
from benchmarks.load.sending import Sender, installed_sender
from benchmarks.load.traffic import Traffic
from benchmarks.processes import cpu_s, free_port
from benchmarks.sizes import FULL
from benchmarks.stages import SQL_CALL, Stages, staged
from domain.events import ClientProposal
from service import log
from service.connections import bounded
from service.http.app import create_app
from service.ledger.ledger import Ledger
from service.masterkey import MasterKey
from service.serve import COLLECTOR_THRESHOLDS
from service.settings import Settings, read_settings

DEALS = 500
FACTS = 20
LEVELS = ("ledger", "http")
FUNCTIONS_SHOWN = 30

_proposal = msgspec.json.Decoder(ClientProposal).decode


class Announcing(uvicorn.Server):
    """uvicorn, telling when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


class Profiled:
    """One operation over one filled log."""

    def __init__(self, bench: Bench, filled: Filled, settings: Settings, operation: Operation) -> None:
        self.bench = bench
        self.filled = filled
        self.settings = settings
        self.operation = operation
        self.dsn = bench.postgres.app_address(filled.name)
        self.master_key = MasterKey(bytes(range(32)))

    async def ledger(self, seconds: float, measured: "Measured") -> None:
        """Call the ledger from as many tasks as there would be connections."""
        async with Ledger.open(self.dsn, self.master_key, self.settings) as ledger:
            identity = await ledger.identify(self.filled.key)
            calls = itertools.count()
            bodies = [encode(everyday(kind)) for kind in range(KINDS_OF_FACTS)]
            streams = [f"deal/{UUID(stream_id('read', number))}" for number in range(DEALS)]

            async def one(number: int) -> None:
                stream = streams[number % DEALS]
                if self.operation == "append":
                    proposal = _proposal(bodies[number % KINDS_OF_FACTS])
                    await ledger.append(identity, stream, (proposal,), opens=False)
                else:
                    await ledger.history(identity, stream)

            await self._call(one, itertools.count(), None, DEALS)
            with measured:
                await self._call(one, calls, asyncio.get_running_loop().time() + seconds, None)
            measured.count = next(calls)

    async def http(self, seconds: float, measured: "Measured") -> None:
        """Serve over HTTP from this process, the load coming from another."""
        app = create_app(self.settings, self.dsn, self.master_key)
        port = free_port()
        server = Announcing(
            uvicorn.Config(
                app,
                "127.0.0.1",
                port,
                http=bounded(self.settings),
                interface="asgi3",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                proxy_headers=False,
            )
        )
        serving = asyncio.create_task(server.serve())
        await asyncio.wait([serving, asyncio.create_task(server.up.wait())], return_when=asyncio.FIRST_COMPLETED)
        traffic = self._traffic()
        sender: Sender = self.bench.sender
        connections = self.bench.sizes.connections
        await asyncio.to_thread(sender.once, port, replace(traffic, requests=traffic.requests[: traffic.period]))
        with measured:
            sent = await asyncio.to_thread(sender.timed, port, traffic, connections, seconds)
        if sent.wrong:
            raise NotComparable(f"{sent.wrong} of {sent.answers} answers were not {traffic.expected}")
        measured.count = sent.answers
        server.should_exit = True
        await serving

    def _traffic(self) -> Traffic:
        return self.filled.appends(range(DEALS)) if self.operation == "append" else self.filled.reads(self.operation)

    async def _call(
        self, one: Callable[[int], Awaitable[None]], calls: Iterator[int], until: float | None, count: int | None
    ) -> None:
        now = asyncio.get_running_loop().time

        async def work() -> None:
            while until is None or now() < until:
                number = next(calls)
                if count is not None and number >= count:
                    return
                await one(number)

        async with asyncio.TaskGroup() as group:
            for _ in range(self.bench.sizes.connections):
                group.create_task(work())


class Measured:
    """What a pass measured: answers, and the CPU of PostgreSQL, between entering and leaving."""

    def __init__(self, postgres_pid: int, stages: Stages | None, profiler: cProfile.Profile | None) -> None:
        self.count = 0
        self.postgres_s = 0.0
        self.seconds: dict[str, float] = {}
        self.calls: dict[str, int] = {}
        self._pid = postgres_pid
        self._stages = stages
        self._profiler = profiler

    def __enter__(self) -> None:
        gc.collect()
        gc.freeze()  # as the service does when it starts to serve
        gc.set_threshold(*COLLECTOR_THRESHOLDS)
        self._before = cpu_s(self._pid)
        if self._stages:
            self._stages.restart()
        if self._profiler:
            self._profiler.enable()

    def __exit__(self, *_: object) -> None:
        if self._profiler:
            self._profiler.disable()
        if self._stages:
            self.seconds, self.calls = self._stages.stop()
        self.postgres_s = cpu_s(self._pid) - self._before


@click.command(help="Where the CPU time of an operation goes.")
@click.argument("operation", type=click.Choice(["append", "get", "page"]))
@click.option("--seconds", default=5, show_default=True, type=click.IntRange(1, 60), help="How long each pass takes.")
@click.option("--connections", default=FULL.connections, show_default=True, type=click.IntRange(1, 500))
@click.option("--level", type=click.Choice(LEVELS), help="Only the ledger, or only with HTTP.")
@click.option("--stages-only", is_flag=True, help="Leave the passes under cProfile out.")
def main(operation: str, seconds: int, connections: int, level: str | None, *, stages_only: bool) -> None:
    log.configure("warning")
    folder = Path(tempfile.mkdtemp(prefix="throughline-profile-", dir=ON_DISK if ON_DISK.is_dir() else None))
    folder.chmod(0o711)
    try:
        with postgres.running(folder) as server:
            bench = Bench(server, installed_sender(folder), replace(FULL, connections=connections), folder)
            with filling.filled(bench, "profiled", DEALS, FACTS) as filled:
                environment = ours.environment(server, filled.name, folder) | {"THROUGHLINE_PORT": "0"}
                profiled = Profiled(bench, filled, read_settings(environment), cast("Operation", operation))
                for one in (level,) if level else LEVELS:
                    _stages(profiled, one, seconds)
                    if not stages_only:
                        _functions(profiled, one, seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stages(profiled: Profiled, level: str, seconds: float) -> None:
    with staged() as stages:
        measured = Measured(profiled.bench.postgres.pid, stages, None)
        _run(getattr(profiled, level)(seconds, measured))
    total = sum(measured.seconds.values())
    print(f"\n{profiled.operation}, {level}: {measured.count / seconds:,.0f} a second; CPU for each, in µs")
    for stage, used in sorted(measured.seconds.items(), key=lambda pair: -pair[1]):
        if used / total > 0.001:
            print(f"  {1e6 * used / measured.count:8.1f}  {100 * used / total:4.0f} %  {stage}")
    print(f"  {1e6 * total / measured.count:8.1f}  100 %  this process")
    print(f"  {1e6 * measured.postgres_s / measured.count:8.1f}         PostgreSQL")
    if commits := measured.calls.get(SQL_CALL):
        print(f"  {measured.count / commits:8.1f}         facts in a commit")


def _functions(profiled: Profiled, level: str, seconds: float) -> None:
    profiler = cProfile.Profile()
    measured = Measured(profiled.bench.postgres.pid, None, profiler)
    _run(getattr(profiled, level)(seconds, measured))
    print(f"\n{profiled.operation}, {level}: functions by their own time")
    pstats.Stats(profiler, stream=sys.stdout).sort_stats("tottime").print_stats(FUNCTIONS_SHOWN)


def _run(work: Any) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)


if __name__ == "__main__":
    main()
