"""What every measurement is given: the server of the run, the sender, the sizes, a folder."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.load.sending import Sender
from benchmarks.load.traffic import Traffic
from benchmarks.postgres import Postgres
from benchmarks.processes import ROOT, Serving, cpu_s, free_port, serving
from benchmarks.sizes import Sizes

LAST_REQUESTS_S = 5.0
"""What was under way when the time was over is recorded by then."""


READS_TRIED = 5
"""How often a pass of reads in advance is made until all of it is answered; each finds more in memory than the last."""


class NotComparable(Exception):
    """Something answered otherwise than it must for its figure to mean anything."""


@dataclass(frozen=True)
class Figure:
    """One measurement. CPU in microseconds an answer: of the server, of PostgreSQL, of the sender of the load."""

    rate: float
    p50_ms: float
    p99_ms: float
    server_us: float
    postgres_us: float
    sender_us: float


@dataclass(frozen=True)
class Ready:
    """A server that was filled with what is measured, what to send it, and how many facts it has recorded."""

    server: Serving
    traffic: Traffic
    recorded: Callable[[], int] | None = None


@dataclass(frozen=True)
class Bench:
    """One run on one machine."""

    postgres: Postgres
    sender: Sender
    sizes: Sizes
    folder: Path

    @contextmanager
    def serving(
        self, name: str, command: Sequence[str], environment: dict[str, str], ready: str, folder: Path = ROOT
    ) -> Iterator[Serving]:
        """A contender's server on a free port; its output goes to a file of its name in the run's folder."""
        port = free_port()
        filled = [part.replace("{port}", str(port)) for part in command]
        settings = {setting: value.replace("{port}", str(port)) for setting, value in environment.items()}
        with serving(filled, settings, port, ready, self.folder / f"{name}.log", folder) as server:
            yield server

    def measure(self, ready: Ready, connections: int, seconds: float | None = None) -> Figure:
        """One pass in advance, so that caches and prepared statements are as they stay; then the measurement.

        What is answered as recorded must have been recorded, neither more nor less.
        """
        server, traffic = ready.server, self.warmed(ready)
        self.postgres.settle()
        recorded = ready.recorded() if ready.recorded else 0
        before = server.cpu_s, cpu_s(self.postgres.pid)
        measured = self.sender.timed(server.port, traffic, connections, seconds or self.sizes.seconds)
        after = server.cpu_s, cpu_s(self.postgres.pid)
        if measured.wrong:
            raise NotComparable(f"{measured.wrong} of {measured.answers} answers were not {traffic.expected}")
        if ready.recorded:
            self._demand_recorded(ready.recorded, recorded, measured.answers, connections)
        return Figure(
            rate=measured.rate,
            p50_ms=measured.p50_ms,
            p99_ms=measured.p99_ms,
            server_us=1e6 * (after[0] - before[0]) / measured.answers,
            postgres_us=1e6 * (after[1] - before[1]) / measured.answers,
            sender_us=1e6 * measured.cpu_s / measured.answers,
        )

    def warmed(self, ready: Ready) -> Traffic:
        """One pass over the streams; the traffic that follows it."""
        traffic = ready.traffic
        self.send(ready.server, replace(traffic, requests=traffic.requests[: traffic.period]))
        return replace(traffic, first_version=traffic.first_version + 1)

    def send(self, server: Serving, traffic: Traffic) -> None:
        """Each request once; whatever is answered otherwise than expected ends the run. Reads are tried some times:
        a server that reads many streams for the first time at once, on a busy machine, may ask for patience."""
        sent = self.sender.once(server.port, traffic, self.sizes.connections)
        for _ in range(READS_TRIED - 1):
            if not sent.wrong or not traffic.reads:
                break
            sent = self.sender.once(server.port, traffic, self.sizes.connections)
        if sent.wrong or sent.answers != len(traffic.requests):
            raise NotComparable(
                f"{sent.answers} of {len(traffic.requests)} requests were answered, {sent.wrong} of them otherwise "
                f"than with {traffic.expected}; the first request: {traffic.requests[0][:300]!r}"
            )

    def _demand_recorded(self, count: Callable[[], int], before: int, answers: int, connections: int) -> None:
        """The last requests may be recorded without their answers being waited for."""
        end = time.monotonic() + LAST_REQUESTS_S
        while not answers <= (added := count() - before) <= answers + connections:
            if time.monotonic() > end:
                raise NotComparable(f"{answers} facts were answered as recorded, and {added} were")
            time.sleep(0.1)
