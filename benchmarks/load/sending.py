"""Has prepared requests sent by wrk when it is installed, else by our own sender; both as processes of their own."""

import os
import re
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.load.measured import Measured
from benchmarks.load.sender import Orders
from benchmarks.load.traffic import Traffic

GRACE_S = 60.0
"""What a sender may take beyond its time: its start, and answers that are slow to come."""


EACH_S = 0.02
"""What one request may take of a sender that sends each once: reading a long stream anew takes a few milliseconds."""


class LoadFailed(Exception):
    """The sender ended without a figure."""


@dataclass(frozen=True)
class Sender:
    """Sends load to servers of this machine. `folder` holds the requests while they are sent."""

    folder: Path
    wrk: str | None

    @property
    def name(self) -> str:
        return "wrk, 1 thread" if self.wrk else "our own sender (Python, 1 thread); wrk is not installed"

    def once(self, port: int, traffic: Traffic, connections: int = 32) -> Measured:
        """Each request once. This is never the measurement itself, so that our own sender does for it."""
        return self._own(port, traffic, connections, None)

    def timed(self, port: int, traffic: Traffic, connections: int, seconds: float) -> Measured:
        """As many requests as are answered in `seconds`."""
        if self.wrk is None:
            return self._own(port, traffic, connections, seconds)
        environment = {
            **os.environ,
            "BENCH_TRAFFIC": str(self._written(traffic)),
            "BENCH_PERIOD": str(traffic.period),
            "BENCH_FIRST_VERSION": str(traffic.first_version),
        }
        script = Path(__file__).with_name("wrk.lua")
        command = [self.wrk, "-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "30s", "-s", str(script)]
        before = _children_cpu_s()
        printed = _run([*command, f"http://127.0.0.1:{port}"], seconds, environment)
        found = re.search(r"^MEASURED (.*)$", printed, re.MULTILINE)
        if found is None:
            raise LoadFailed(f"wrk told nothing: {printed[-500:]}")
        measured = msgspec.json.decode(found[1], type=Measured)
        return msgspec.structs.replace(measured, cpu_s=_children_cpu_s() - before)

    def _own(self, port: int, traffic: Traffic, connections: int, seconds: float | None) -> Measured:
        orders = Orders(
            port=port,
            file=str(self._written(traffic)),
            connections=connections,
            expected=traffic.expected,
            period=traffic.period,
            first_version=traffic.first_version,
            seconds=seconds,
        )
        command = [sys.executable, "-m", "benchmarks.load.sender", msgspec.json.encode(orders).decode()]
        return msgspec.json.decode(_run(command, seconds or EACH_S * len(traffic.requests), None), type=Measured)

    def _written(self, traffic: Traffic) -> Path:
        file = self.folder / "traffic"
        traffic.write(file)
        return file


def installed_sender(folder: Path) -> Sender:
    """The best sender of this machine."""
    return Sender(folder, shutil.which("wrk"))


def _run(command: list[str], seconds: float, environment: dict[str, str] | None) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, env=environment, timeout=seconds + GRACE_S, check=False
    )
    if done.returncode != 0:
        raise LoadFailed((done.stderr or done.stdout)[-500:])
    return done.stdout


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
