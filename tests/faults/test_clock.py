"""The clock of the machine is set back while the service runs: the log's order and its times do not go back with it."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from projections.resources import RESOURCES
from service.clock import Clock
from service.ledger.ledger import Ledger
from service.settings import Settings, read_settings
from tests.conftest import Database
from tests.faults.history import History, check, stored
from tests.faults.replay import assert_rows_equal_a_replay
from tests.http.conftest import MASTER_KEY, Workspace, a_deal, client, fact, new_workspace, noted, served  # noqa: F401

BACK = timedelta(hours=1)
LENGTHS = re.compile(r"(^|_)(days|hours|minutes|gap|s)($|_)")
"""How members are named that hold how long something took or lasts."""


class SetBack(Clock):
    """The machine's clock, until it is set back."""

    by = timedelta(0)

    def now(self) -> datetime:
        return super().now() - self.by


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings({"THROUGHLINE_DATA": str(tmp_path)})


@pytest.fixture
def clock() -> SetBack:
    return SetBack()


@pytest.fixture
def member(database: Database, settings: Settings, clock: SetBack) -> Iterator[httpx.Client]:
    async def settle() -> Workspace:
        async with Ledger.open(database.app, MASTER_KEY, settings) as ledger:
            return await new_workspace(ledger, "Depot deals")

    noor = asyncio.run(settle()).member
    with (
        served(database, settings, clock) as url,
        httpx.Client(base_url=url, headers=noor.headers, timeout=20, trust_env=False) as http,
    ):
        yield http


def lengths(told: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """Every length of time in an answer, by where it is."""
    if isinstance(told, dict):
        for name, value in told.items():
            if isinstance(value, int | float) and not isinstance(value, bool) and LENGTHS.search(name):
                yield f"{path}.{name}", value
            yield from lengths(value, f"{path}.{name}")
    elif isinstance(told, list):
        for number, value in enumerate(told):
            yield from lengths(value, f"{path}[{number}]")


def say(member: httpx.Client, stream: str, *facts: dict[str, Any]) -> list[dict[str, Any]]:
    answer = member.post(f"{stream}/events", json={"facts": list(facts)})
    assert answer.status_code == 201, answer.text
    events: list[dict[str, Any]] = answer.json()["events"]
    return events


def facts_about(buyer: str, me: str, now: datetime) -> list[list[dict[str, Any]]]:
    """What two people do on a deal: each list is recorded at once."""
    due = (now + timedelta(days=3)).isoformat()
    promise, doubt = str(uuid4()), str(uuid4())
    raised = {"dimension": "process", "category": "risk", "statement": "Is it safe?", "raised_by": buyer}
    return [
        [fact("stage.entered", stage="active_looking")],
        [fact("force.observed", force="push", statement="Two planners quit", intensity=4)],
        [fact("commitment.made", commitment_id=promise, debtor=me, creditor=buyer, statement="Call", due_at=due)],
        [fact("objection.raised", objection_id=doubt, **raised)],
        [fact("objection.acknowledged", objection_id=doubt)],
        [fact("objection.answered", objection_id=doubt, answer="We showed the report")],
        [fact("stage.entered", stage="deciding")],
        [fact("commitment.fulfilled", commitment_id=promise)],
        [noted("Afterwards")],
    ]


def test_F24_a_clock_that_is_set_back_an_hour_changes_no_order_and_makes_no_time_negative(
    member: httpx.Client, clock: SetBack, database: Database
) -> None:
    me = member.get("/v1/me").json()["party_id"]
    buyer = str(uuid4())
    deal = a_deal(member, fact("participant.joined", party_id=buyer, side="buyer", name="Robin"))
    told = []
    steps = facts_about(buyer, me, datetime.now(UTC))
    for number, facts in enumerate(steps):
        if number == len(steps) // 2:
            before = member.get(f"{deal}/events").json()["events"]
            clock.by = BACK
        told += say(member, deal, *facts)
    positions = [event["position"] for event in told]
    assert positions == sorted(positions)
    times = [event["recorded_at"] for event in told]
    assert times == sorted(times)
    after = member.get(f"{deal}/events").json()["events"]
    assert after[: len(before)] == before, "what was recorded keeps its times"
    assert [event["stream_version"] for event in after] == list(range(1, len(after) + 1))
    feed = member.get("/v1/events?limit=500").json()["events"]
    assert [event["position"] for event in feed] == sorted(event["position"] for event in feed)
    names = [name for name, resource in RESOURCES.items() if "deal" in resource.kinds]
    seen = 0
    for path in [deal, *(f"{deal}/{name}" for name in names), "/v1/deals", "/v1/deals?sort=trust", "/v1/agenda"]:
        answer = member.get(path)
        assert answer.status_code == 200, (path, answer.text)
        found = list(lengths(answer.json()))
        assert [one for one in found if one[1] < 0] == [], path
        seen += len(found)
    assert seen >= 10
    another = a_deal(member)
    say(member, another, noted("Opened while the clock was behind"))
    clock.by = timedelta(0)
    say(member, deal, noted("And the clock is right again"))
    check(History(), stored(database.app))
    assert assert_rows_equal_a_replay(database.app, MASTER_KEY) >= 2
