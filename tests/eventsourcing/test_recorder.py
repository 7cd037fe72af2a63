"""What the recorder takes, what it refuses, and what lies in the database."""

import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.persistence import (
    DataError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    StoredEvent,
    Tracking,
)

from service.eventsourcing import Factory, LedgerMapper, OpaqueFact, connections
from service.eventsourcing.batch import EVENTS_MAX, STATE_BYTES_MAX
from service.eventsourcing.recorder import LedgerRecorder
from tests.conftest import Database
from tests.eventsourcing.conftest import environment_of
from tests.faults.proxy import APPENDED, COMMITTED, Proxy, proxied
from tests.ledger.test_chain import leaf, stored


def an_event(version: int = 1, of: UUID | None = None, topic: str = "shelf.opened", state: Any = b"{}") -> StoredEvent:
    return StoredEvent(of or uuid4(), version, topic, state)


# -- refusals


def test_a_fact_that_rules_decide_on_is_refused(recorder: LedgerRecorder) -> None:
    with pytest.raises(ProgrammingError, match="deal.opened is a fact that the service's rules decide on"):
        recorder.insert_events([an_event(topic="deal.opened")])
    assert recorder.max_notification_id() is None


def test_a_gap_in_a_stream_is_refused(recorder: LedgerRecorder) -> None:
    first = an_event()
    recorder.insert_events([first])
    with pytest.raises(IntegrityError, match="Version 3 of .* would leave a gap: its next version is 2"):
        recorder.insert_events([an_event(3, UUID(str(first.originator_id)))])


@pytest.mark.parametrize(
    "wrong",
    [
        [an_event(topic="")],
        [an_event(topic="x" * 201)],
        [an_event(topic="a\0b")],
        [an_event(state=b"x" * (STATE_BYTES_MAX + 1))],
        [an_event(state=b"x" * STATE_BYTES_MAX) for _ in range(17)],
        [an_event()] * (EVENTS_MAX + 1),
    ],
)
def test_what_is_too_large_or_unspeakable_is_refused(recorder: LedgerRecorder, wrong: list[StoredEvent]) -> None:
    with pytest.raises(DataError):
        recorder.insert_events(wrong)
    assert recorder.max_notification_id() is None


def test_an_originator_that_is_no_uuid_is_refused(recorder: LedgerRecorder) -> None:
    with pytest.raises(ProgrammingError, match="'shelf-1' is not a UUID"):
        recorder.insert_events([StoredEvent("shelf-1", 1, "shelf.opened", b"{}")])
    with pytest.raises(ProgrammingError, match="'shelf-1' is not a UUID"):
        recorder.select_events("shelf-1")


def test_nothing_saved_is_nothing_recorded(recorder: LedgerRecorder) -> None:
    assert recorder.insert_events([]) == []
    assert recorder.max_notification_id() is None


# -- what is stored


def test_a_state_is_sealed_and_hashed_like_any_fact(
    recorder: LedgerRecorder, database: Database, workspace_id: UUID
) -> None:
    stream = uuid4()
    recorder.insert_events([an_event(7, stream, state=b"unheard-of"), an_event(8, stream, state=b"\xff\x00")])
    previous = b""
    rows = [row for row in stored(database) if row["workspace_id"] == workspace_id]
    assert len(rows) == 2
    for row in rows:
        assert b"unheard-of" not in row["structure"]
        assert (row["kind"], row["words"]) == ("opaque", None)
        previous = leaf(row, previous)
        assert row["leaf"] == previous
    assert [(one.originator_version, one.state) for one in recorder.select_events(stream)] == [
        (7, b"unheard-of"),
        (8, b"\xff\x00"),
    ]
    assert [one.originator_version for one in recorder.select_events(stream, gt=7, lte=9)] == [8]


def test_a_changed_byte_is_noticed(recorder: LedgerRecorder, database: Database) -> None:
    stream = uuid4()
    recorder.insert_events([an_event(of=stream)])
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute(
            "UPDATE event SET structure = set_byte(structure, 20, get_byte(structure, 20) # 1) WHERE stream_id = %s",
            (stream,),
        )
    with pytest.raises(DataError, match=f"Fact 1 of opaque/{stream} does not match its seal"):
        recorder.select_events(stream)


def test_a_destroyed_key_leaves_the_event_in_its_place_without_content(
    recorder: LedgerRecorder, database: Database
) -> None:
    stream = uuid4()
    recorder.insert_events([an_event(of=stream)])
    assert recorder.select_events(stream)[0].state == b"{}"
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute("UPDATE content_key SET wrapped = NULL WHERE owner_id = %s", (stream,))
    (notification,) = recorder.select_notifications(None, 10)
    assert (notification.id, notification.topic, notification.state) == (1, "shelf.opened", b"")
    with pytest.raises(IntegrityError, match="was erased"):
        recorder.insert_events([an_event(2, stream)])


def test_what_is_stored_never_decides_what_is_imported(factory: Factory, recorder: LedgerRecorder) -> None:
    topics = ["antigravity", "antigravity:fly", "os:system", "eventsourcing.popo"]
    recorder.insert_events([an_event(topic=topic) for topic in topics])
    mapper: LedgerMapper = factory.mapper()  # type: ignore[assignment]
    read = [mapper.to_domain_event(notification) for notification in recorder.select_notifications(None, 10)]
    assert [one.topic for one in read if isinstance(one, OpaqueFact)] == topics
    assert "antigravity" not in sys.modules


# -- a database that misbehaves


@pytest.fixture
def proxy(database: Database) -> Iterator[Proxy]:
    with proxied(database.app) as between:
        yield between


@pytest.fixture
def behind(database: Database, workspace_id: UUID, proxy: Proxy) -> Iterator[Factory]:
    made = Factory(environment_of(database, workspace_id, DATABASE_URL=proxy.address(database.app)))
    yield made
    made.close()


def test_an_append_whose_answer_is_lost_is_found_again(behind: Factory, proxy: Proxy) -> None:
    recorder = behind.application_recorder()
    proxy.swallow(APPENDED)
    assert recorder.insert_events([an_event(), an_event()]) == [1, 2]
    assert proxy.swallowed == 1
    assert recorder.max_notification_id() == 2


def test_a_connection_that_died_while_idle_costs_nothing(recorder: LedgerRecorder, database: Database) -> None:
    recorder.insert_events([an_event()])
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = %s",
            ("throughline eventsourcing",),
        )
    assert recorder.max_notification_id() == 1


def test_a_server_that_never_answers_is_given_up(
    behind: Factory, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = behind.application_recorder()
    assert recorder.max_notification_id() is None
    monkeypatch.setattr(connections, "ANSWER_DEADLINE_S", 0.3)
    proxy.hang()
    with pytest.raises(OperationalError):
        recorder.max_notification_id()
    proxy.forget()
    assert recorder.max_notification_id() is None


def test_a_database_that_is_gone_is_told_once(behind: Factory, proxy: Proxy) -> None:
    recorder = behind.application_recorder()
    proxy.refuse(True)
    with pytest.raises(OperationalError):
        recorder.insert_events([an_event()])


def test_a_tracked_append_whose_commit_is_lost_is_taken_up_where_it_is_tracked(behind: Factory, proxy: Proxy) -> None:
    recorder = behind.process_recorder()
    proxy.swallow(COMMITTED)
    with pytest.raises(OperationalError):
        recorder.insert_events([an_event()], tracking=Tracking("upstream", 5))
    assert recorder.max_tracking_id("upstream") == 5
    with pytest.raises(IntegrityError, match="is past notification 5 of upstream"):
        recorder.insert_events([an_event()], tracking=Tracking("upstream", 5))
    assert recorder.max_notification_id() == 1
