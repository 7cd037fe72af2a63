"""Following a log as it grows: everything once and in order, through outages, until stopped."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import DataError, OperationalError, StoredEvent

from service.eventsourcing import Factory, subscription
from service.eventsourcing.recorder import LedgerRecorder
from tests.conftest import Database
from tests.eventsourcing.conftest import environment_of
from tests.faults.proxy import Proxy, proxied


def events(count: int, topic: str = "lamp.lit") -> list[StoredEvent]:
    return [StoredEvent(uuid4(), 1, topic, b"{}") for _ in range(count)]


@pytest.mark.parametrize("topics", [(), ("lamp.rare",)])
def test_every_event_comes_once_and_in_order_however_the_reads_fall(
    recorder: LedgerRecorder, monkeypatch: pytest.MonkeyPatch, topics: tuple[str, ...]
) -> None:
    monkeypatch.setattr(subscription, "NOTIFICATIONS_PER_READ", 3)
    monkeypatch.setattr(subscription, "POSITIONS_PER_READ", 5)
    expected: list[int] = []
    for _ in range(4):
        expected += recorder.insert_events(events(2, "lamp.rare"))
        common = recorder.insert_events(events(12))
        expected += [] if topics else common
    with recorder.subscribe(gt=1, topics=topics) as following:
        assert [one.id for one in islice(following, len(expected) - 1)] == expected[1:]


def test_it_waits_and_goes_on_with_what_comes(recorder: LedgerRecorder) -> None:
    with recorder.subscribe() as following:
        late = threading.Timer(0.3, recorder.insert_events, [events(1)])
        late.start()
        assert next(following).id == 1
        late.join()


def test_it_can_be_stopped_while_it_waits(recorder: LedgerRecorder) -> None:
    with recorder.subscribe() as following:
        stopping = threading.Timer(0.2, following.stop)
        stopping.start()
        started = time.monotonic()
        assert list(following) == []
        assert time.monotonic() - started < 2
        stopping.join()


def test_what_comes_before_an_unreadable_fact_is_yielded_and_the_fact_not_skipped(
    recorder: LedgerRecorder, database: Database
) -> None:
    three = events(3)
    recorder.insert_events(three)
    with psycopg.connect(database.owner, autocommit=True) as connection:
        spoil = "UPDATE event SET structure = set_byte(structure, 0, get_byte(structure, 0) # 1) WHERE stream_id = %s"
        connection.execute(spoil, (three[2].originator_id,))
    with recorder.subscribe() as following:
        assert [one.id for one in islice(following, 2)] == [1, 2]
        for _ in range(2):
            with pytest.raises(DataError, match="does not match its seal"):
                next(following)


@pytest.fixture
def proxy(database: Database) -> Iterator[Proxy]:
    with proxied(database.app) as between:
        yield between


@pytest.fixture
def behind(database: Database, workspace_id: UUID, proxy: Proxy) -> Iterator[LedgerRecorder]:
    with closing(Factory(environment_of(database, workspace_id, DATABASE_URL=proxy.address(database.app)))) as made:
        yield made.application_recorder()


def test_it_outlives_a_database_that_goes_and_comes_back(
    recorder: LedgerRecorder, behind: LedgerRecorder, proxy: Proxy
) -> None:
    recorder.insert_events(events(2))
    with behind.subscribe() as following:
        assert [one.id for one in islice(following, 2)] == [1, 2]
        proxy.refuse(True)
        proxy.cut()
        recorder.insert_events(events(2))
        back = threading.Timer(0.4, proxy.refuse, [False])
        back.start()
        assert [one.id for one in islice(following, 2)] == [3, 4]
        back.join()


def test_a_database_that_stays_away_is_told(
    behind: LedgerRecorder, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "OUTAGE_MAX_S", 0.3)
    proxy.refuse(True)
    proxy.cut()
    with behind.subscribe() as following, pytest.raises(OperationalError):
        next(following)
