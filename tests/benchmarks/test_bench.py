"""What is sent in advance of a measurement: reads again when they were refused in part, and nothing else twice."""

from pathlib import Path
from typing import cast

import pytest

from benchmarks.bench import Bench, NotComparable
from benchmarks.load.measured import Measured
from benchmarks.load.sending import Sender
from benchmarks.load.traffic import Traffic, request
from benchmarks.postgres import Postgres
from benchmarks.processes import Serving
from benchmarks.sizes import QUICK

SERVER = Serving(pid=0, port=1)


class Refused:
    """A sender to a server that refuses some requests of the first passes."""

    def __init__(self, passes: int) -> None:
        self.refused = passes
        self.sent = 0

    def once(self, _: int, traffic: Traffic, __: int) -> Measured:
        self.sent += 1
        wrong = 2 if self.sent <= self.refused else 0
        return Measured(answers=len(traffic.requests), wrong=wrong, seconds=1, p50_ms=1, p99_ms=1, cpu_s=1)


def bench(sender: Refused, folder: Path) -> Bench:
    return Bench(Postgres("", 0, folder), cast(Sender, sender), QUICK, folder)


def traffic(method: str, expected: int) -> Traffic:
    return Traffic([request(method, "/v1/deals")] * 3, expected, 3)


def test_reads_are_sent_again_when_some_were_refused(tmp_path: Path) -> None:
    sender = Refused(passes=2)
    bench(sender, tmp_path).send(SERVER, traffic("GET", 200))
    assert sender.sent == 3


def test_reads_that_stay_refused_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(NotComparable, match="2 of them otherwise"):
        bench(Refused(passes=99), tmp_path).send(SERVER, traffic("GET", 200))


def test_what_records_something_is_sent_once(tmp_path: Path) -> None:
    sender = Refused(passes=1)
    with pytest.raises(NotComparable):
        bench(sender, tmp_path).send(SERVER, traffic("POST", 201))
    assert sender.sent == 1
