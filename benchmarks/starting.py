"""How long the service takes until it is ready: the first time, when it makes its own cluster, and every other time."""

import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.bench import Bench
from benchmarks.ours import command
from benchmarks.postgres import discard


def starts(bench: Bench) -> tuple[list[float], list[float]]:
    """Seconds to the first 200 of /health/ready, of first starts and of next ones, each with its own PostgreSQL."""
    first, following = [], []
    for _ in range(bench.sizes.rounds):
        data = Path(tempfile.mkdtemp(dir=bench.folder, prefix="start-"))
        data.chmod(0o711)
        try:
            first.append(_start(bench, data))
            following.append(median(_start(bench, data) for _ in range(bench.sizes.rounds)))
        finally:
            discard(data)
    return first, following


def _start(bench: Bench, data: Path) -> float:
    environment = {"THROUGHLINE_DATA": str(data), "THROUGHLINE_PORT": "{port}"}
    started = time.perf_counter()
    with bench.serving("start", command(), environment, "/health/ready"):
        return time.perf_counter() - started
