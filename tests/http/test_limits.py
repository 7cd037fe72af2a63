"""Limits: a key, an address and a guesser are held back, nobody else is, and the memory for it is bounded."""

import re
import time
import timeit
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.http.limits import ROUNDING, Budget, Limits, address_of
from service.http.problems import Problem
from service.ledger.tokens import new_token
from service.settings import read_settings
from tests.conftest import Database
from tests.running import PLAIN, Running, Start

ADMITS_NS_MAX = 5_000  # ten times what it takes here: it must stay nothing beside a request's 80 µs
WRONG_KEYS = 1_000


class Moment:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.s = 1_000.0

    def __call__(self) -> float:
        return self.s


def from_(host: str) -> Any:
    return {"client": (host, 50_000)}


def test_a_burst_passes_then_one_by_one_then_a_burst_again() -> None:
    clock = Moment()
    budget = Budget(10, burst=20, monotonic=clock)
    assert [budget.spend("a") for _ in range(20)] == [0.0] * 20
    assert budget.spend("a") == pytest.approx(0.1, rel=2 * ROUNDING)
    assert budget.spend("b") == 0, "others are unaffected"
    clock.s += 0.11
    assert budget.spend("a") == 0
    assert budget.spend("a") > 0
    clock.s += 10
    assert sum(budget.spend("a") == 0 for _ in range(100)) == 20


@given(st.integers(1, 50), st.integers(1, 50), st.lists(st.floats(0, 0.5), max_size=200))
def test_no_more_pass_than_the_rate_and_the_burst_allow(rate: int, burst: int, pauses: list[float]) -> None:
    clock = Moment()
    budget = Budget(rate, burst, monotonic=clock)
    passed = 0
    for pause in pauses:
        clock.s += pause
        passed += budget.spend("a") == 0
    assert passed <= burst + sum(pauses) * rate + ROUNDING


@given(st.lists(st.floats(0, 3), min_size=1, max_size=50))
def test_who_waits_as_told_passes(pauses: list[float]) -> None:
    clock = Moment()
    budget = Budget(3, burst=2, monotonic=clock)
    for pause in pauses:
        clock.s += pause
        wait_s = budget.spend("a")
        if wait_s:
            clock.s += wait_s + 1e-9
            assert budget.spend("a") == 0


def test_A16_memory_is_bounded_and_who_owes_most_is_remembered() -> None:
    clock = Moment()
    budget = Budget(1, burst=5, callers_max=100, monotonic=clock)
    for _ in range(5):
        budget.spend("greedy")
    for caller in range(10_000):
        clock.s += 1e-5
        budget.spend(caller)
        assert len(budget) <= 100
    assert budget.spend("greedy") > 0


def test_what_is_admitted_costs_next_to_nothing() -> None:
    budget = Budget(1e9, burst=1e9)
    assert timeit.timeit(lambda: budget.spend("a"), number=10_000) / 10_000 * 1e9 < ADMITS_NS_MAX


@pytest.mark.parametrize(
    ("host", "stands_for"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_network_is_one_address(host: str, stands_for: str) -> None:
    assert address_of(from_(host)) == stands_for
    nobody: Any = {"client": None}
    assert address_of(nobody) == ""


def limits(clock: Moment, **settings: str) -> Limits:
    return Limits(read_settings({f"THROUGHLINE_{name.upper()}": value for name, value in settings.items()}), clock)


def test_A16_many_keys_from_one_address_and_many_addresses() -> None:
    clock = Moment()
    several = limits(clock, address_requests_per_s="5", key_requests_per_s="3")
    for _ in range(10):
        several.called_from(from_("192.0.2.7"))
    with pytest.raises(Problem) as refused:
        several.called_from(from_("192.0.2.7"))
    assert refused.value.members == {"retry_after_s": 1}
    several.called_from(from_("192.0.2.8"))
    key = uuid4()
    for _ in range(6):
        several.called_by(key)
    with pytest.raises(Problem):
        several.called_by(key)
    several.called_by(uuid4())


def test_no_limit_is_set_unless_it_is_asked_for() -> None:
    unlimited = limits(Moment())
    for _ in range(100_000):
        unlimited.called_from(from_("192.0.2.7"))
        unlimited.called_by("key")


def key_of(service: Running) -> str:
    return Path(service.data, "owner.key").read_text().strip()


def wrong(key: str) -> str:
    """A key that names the same credential with another secret."""
    return key[:-1] + ("A" if key[-1] != "A" else "B")


def ask(service: Running, key: str) -> httpx.Response:
    return httpx.get(f"{service.url}/v1/me", headers={"Authorization": f"Bearer {key}"}, timeout=20, verify=PLAIN)


def test_A16_a_key_over_its_limit_is_told_when_to_come_back(
    service_process: Start, folder: Path, database: Database
) -> None:
    service = service_process(
        folder / "data", database=database, environment={"THROUGHLINE_KEY_REQUESTS_PER_S": "5", **MASTER}
    )
    key = key_of(service)
    with httpx.Client(base_url=service.url, headers={"Authorization": f"Bearer {key}"}) as http:
        answers = [http.get("/v1/me") for _ in range(40)]
    assert {answer.status_code for answer in answers} == {200, 429}
    late = next(answer for answer in answers if answer.status_code == 429)
    assert late.headers["Retry-After"] == "1"
    assert (late.json()["type"], late.json()["retry_after_s"]) == ("/problems/too-many-requests", 1)
    assert httpx.get(f"{service.url}/health/ready").status_code == 200


def test_A17_a_thousand_wrong_keys(service_process: Start, folder: Path, database: Database) -> None:
    service = service_process(folder / "data", database=database, environment=MASTER)
    key = key_of(service)
    assert ask(service, key).status_code == 200
    shown = [wrong(key), *(new_token(uuid4(), uuid4()).shown for _ in range(WRONG_KEYS - 1))]
    began = time.monotonic()
    with httpx.Client(base_url=service.url) as http:
        statuses = [http.get("/v1/me", headers={"Authorization": f"Bearer {one}"}).status_code for one in shown]
    assert statuses[:60] == [401] * 60
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 60 + (time.monotonic() - began) + 1, "60 at once, and one more each second"
    assert ask(service, key).status_code == 200, "a key that is known to be right is not held back"
    log = service.output.rpartition("curl -s")[2].partition("\n")[
        2
    ]  # after the announcement, which shows the first key
    assert log.count("wrong key shown") == statuses.count(401)
    for one in (key, *shown):
        assert one[-43:] not in log
    assert not re.search(r"tl_[0-9a-f]{16}", log)


MASTER = {"THROUGHLINE_MASTER_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
