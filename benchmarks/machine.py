"""What the figures were measured on: machine, versions, date, and how busy the machine was otherwise."""

import os
import platform
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no types

import service
from benchmarks.bench import Bench

PACKAGES = ("litestar", "msgspec", "psycopg", "uvicorn", "uvloop", "httptools", "cryptography", "eventsourcing")


def described(bench: Bench) -> Iterator[tuple[str, str]]:
    """Name and value, in the order in which they are shown."""
    sizes = bench.sizes
    yield "date", datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    yield "machine", f"{_processor()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB"
    yield "system", f"{platform.system()} {platform.release()}"
    yield "busy otherwise", f"load average {os.getloadavg()[2]:.1f} over the 15 minutes before the end"
    yield "Python", platform.python_version()
    yield "PostgreSQL", f"{bench.postgres.version}, the service's own, fsync and synchronous_commit on, Unix socket"
    yield "Throughline", service.__version__
    yield "packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield "load from", bench.sender.name
    yield "rounds", f"{sizes.rounds} of {sizes.seconds:g} s for each contender and operation, interleaved"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
