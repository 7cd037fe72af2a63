"""Projections of the library over real facts: killed, restarted, run twice, and nothing is missed or taken twice."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from eventsourcing.application import ProcessingEvent
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import IntegrityError
from eventsourcing.projection import EventSourcedProjection, EventSourcedProjectionRunner

from service.eventsourcing import RecordedFact, WorkspaceLog
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from tests.conftest import Database
from tests.eventsourcing.conftest import environment_of
from tests.eventsourcing.shelves import Shelf
from tests.ledger.conftest import a_deal, note
from tests.running import ROOT, Running, Start
from tests.running import environment_of as settings_of

DEADLINE_S = 20.0


class Teller:
    """Records on one deal over HTTP."""

    def __init__(self, service: Running) -> None:
        self.service = service
        me = httpx.get(f"{service.url}/v1/me", headers=service.headers).json()
        self.workspace_id, self.party = me["workspace_id"], me["party_id"]
        self.deal = str(uuid4())
        self.tell(f"{service.url}/v1/deals", {"stream_id": self.deal, "facts": [
            {"type": "deal.opened", "data": {"title": "Twelve depots"}}]})  # fmt: skip

    def tell(self, url: str, body: dict[str, Any]) -> None:
        httpx.post(url, json=body, headers=self.service.headers).raise_for_status()

    def say(self, type_: str, event_id: str | None = None, **data: Any) -> None:
        fact = {"type": type_, "data": data} | ({"event_id": event_id} if event_id else {})
        self.tell(f"{self.service.url}/v1/deals/{self.deal}/events", fact)

    def promise(self, statement: str) -> str:
        commitment_id = str(uuid4())
        self.say(
            "commitment.made",
            commitment_id=commitment_id,
            debtor=self.party,
            creditor=self.party,
            statement=statement,
        )
        return commitment_id


@pytest.fixture
def following(data: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts the example as a process of its own, beside the service of that data folder."""
    with ExitStack() as stack:

        def start(workspace_id: str) -> subprocess.Popen[bytes]:
            own = {"WORKSPACE_ID": workspace_id, "PROMISES_SQLITE_DBNAME": str(data / "promises.sqlite")}
            process = stack.enter_context(
                subprocess.Popen([sys.executable, "-m", "examples.promises"], env=settings_of(data, own), cwd=ROOT)
            )
            stack.callback(process.kill)
            return process

        yield start


def view(data: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(data / "promises.sqlite")) as connection:
        return [row[0] for row in connection.execute(query)]


def wait_for(data: Path, steps: int) -> None:
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        with suppress(sqlite3.OperationalError):  # not made yet
            if view(data, "SELECT count(*) FROM step") == [steps]:
                return
        time.sleep(0.05)
    raise AssertionError(f"the view did not come to {steps} steps")


def test_the_example_survives_its_own_end_and_the_service_s(
    data: Path, service_process: Start, following: Callable[[str], subprocess.Popen[bytes]]
) -> None:
    service = service_process(data)
    teller = Teller(service)
    first = teller.promise("Send the list")
    process = following(teller.workspace_id)
    wait_for(data, 1)
    teller.promise("Call the depot")
    wait_for(data, 2)

    process.kill()
    process.wait()
    teller.say("commitment.fulfilled", commitment_id=first)
    process = following(teller.workspace_id)
    wait_for(data, 3)

    assert service.stop() == 0
    teller.service = service_process(data)
    teller.promise("Book the room")
    wait_for(data, 4)
    assert process.poll() is None

    process.send_signal(signal.SIGINT)
    process.wait(DEADLINE_S)
    types = view(data, "SELECT type FROM step ORDER BY position")
    assert types == ["commitment.made", "commitment.made", "commitment.fulfilled", "commitment.made"]
    assert view(data, "SELECT notification_id FROM tracking WHERE application_name LIKE 'workspace %'") == [
        max(view(data, "SELECT position + 1 FROM step"))
    ]


# -- writing back


class OneShelfPerDeal(EventSourcedProjection[UUID]):
    """Opens a shelf, an aggregate of its own in the same log, for each deal that is opened."""

    topics = ("deal.opened",)

    @singledispatchmethod
    def policy(self, domain_event: Any, processing_event: ProcessingEvent[UUID]) -> None:
        assert isinstance(domain_event, RecordedFact)
        processing_event.collect_events(Shelf(domain_event.data.title))


def run(environment: dict[str, str], until: int) -> None:
    """Run the projection until it has taken in a notification; somebody else's having done so is as good."""
    with (
        suppress(IntegrityError),
        EventSourcedProjectionRunner(
            application_class=WorkspaceLog, projection_class=OneShelfPerDeal, env=environment
        ) as runner,
    ):
        runner.wait(until, timeout=DEADLINE_S)


@pytest.mark.anyio
async def test_what_follows_from_a_fact_is_recorded_once(ledger: Ledger, noor: Identity, database: Database) -> None:
    environment = environment_of(database, noor.workspace_id)
    last = 0
    for number in range(3):
        deal = await a_deal(ledger, noor, title=f"Deal {number}")
        last = await ledger.position(noor)
        await note(ledger, noor, deal, "Of no interest")
        await asyncio.gather(*(asyncio.to_thread(run, environment, last) for _ in range(2)))
    with closing(WorkspaceLog(environment)) as log:
        notifications = await asyncio.to_thread(log.recorder.select_notifications, None, 100, None, ["shelf.opened"])
        shelves: list[Any] = [log.mapper.to_domain_event(one) for one in notifications]
    assert [shelf.name for shelf in shelves] == ["Deal 0", "Deal 1", "Deal 2"]
