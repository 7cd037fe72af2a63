"""The benchmark still runs from end to end; what it measures in two seconds means nothing and is not looked at."""

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.load.traffic import VERSION_MARK, Traffic, read_requests, request

ROOT = Path(__file__).parent.parent.parent
QUICK_DEADLINE_S = 300


@pytest.mark.slow
def test_a_quick_look_measures_every_row(tmp_path: Path) -> None:
    results = tmp_path / "results.md"
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--growth", "--out", results],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=QUICK_DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    table = results.read_text()
    for row in (
        "append one fact, 32 connections, 64 streams | the route without a database",
        "append one fact, 32 connections, 64 streams | stock eventsourcing",
        "append one fact, 1 connection, p50 | hand-made",
        "GET one deal of 100 facts | hand-made",
        "page of 100 facts",
        "append by two processes, 64 deals in 4 workspaces | one process",
        "append by two processes, 64 deals in one workspace | one process",
        "append at 1,600 facts | itself at 400",
        "memory of the service",
        "first start",
        "import of a CSV export",
        "20 followers at 500 facts/s",
    ):
        assert f"| {row}" in table


def test_requests_survive_the_way_through_a_file(tmp_path: Path) -> None:
    sent = [
        request("GET", "/v1/deals", key="tl_key"),
        request("POST", "/streams", b'{"expected_version":' + VERSION_MARK + b',"text":"two\r\n\r\nlines\n7\n"}'),
    ]
    Traffic(sent, 200, len(sent)).write(tmp_path / "traffic")
    assert read_requests(tmp_path / "traffic") == sent
