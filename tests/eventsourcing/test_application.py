"""An application of the library keeps its aggregates in a workspace's log."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import AggregateNotFoundError
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import (
    InfrastructureFactoryError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
)

from tests.conftest import Database
from tests.eventsourcing.conftest import environment_of, new_workspace
from tests.eventsourcing.shelves import Shelves


@pytest.fixture
def shelves(environment: dict[str, str]) -> Iterator[Shelves]:
    with closing(Shelves(environment)) as application:
        yield application


def test_what_is_saved_is_there_for_another_process(shelves: Shelves, environment: dict[str, str]) -> None:
    shelf_id = shelves.open_shelf("Travel")
    shelves.add_book(shelf_id, "Terra incognita")
    with closing(Shelves(environment)) as restarted:
        restarted.add_book(shelf_id, "The way back")
    shelf = shelves.shelf(shelf_id)
    assert (shelf.name, shelf.version, shelf.books) == ("Travel", 3, ["Terra incognita", "The way back"])


def test_no_stored_byte_names_a_python_class(shelves: Shelves, database: Database, workspace_id: UUID) -> None:
    shelves.add_book(shelves.open_shelf("Travel"), "Terra incognita")
    states = [notification.state for notification in shelves.recorder.select_notifications(None, 10)]
    assert not [state for state in states if b"tests" in state or b"Shelf" in state]
    with psycopg.connect(database.owner) as connection:
        stored = connection.execute(
            "SELECT type, envelope FROM event WHERE workspace_id = %s ORDER BY position", (workspace_id,)
        ).fetchall()
    assert [type_ for type_, _ in stored] == ["shelf.opened", "shelf.book_added"]
    assert not [envelope for _, envelope in stored if b"tests" in envelope or b"Shelf" in envelope]


def test_a_class_without_a_stored_name_is_told_how_to_get_one(shelves: Shelves) -> None:
    class Nameless(Aggregate):
        pass

    with pytest.raises(ProgrammingError, match=r"Nameless\.Created has no stored name: give the aggregate's class and"):
        shelves.save(Nameless())
    assert shelves.recorder.max_notification_id() is None


def test_of_concurrent_savers_of_one_version_one_wins(shelves: Shelves) -> None:
    shelf_id = shelves.open_shelf("Travel")
    loaded = [shelves.shelf(shelf_id) for _ in range(8)]
    for number, shelf in enumerate(loaded):
        shelf.add(f"Volume {number}")
    with ThreadPoolExecutor(len(loaded)) as threads:
        failures = [future.exception() for future in [threads.submit(shelves.save, shelf) for shelf in loaded]]
    assert [type(failure) for failure in failures if failure] == [IntegrityError] * 7
    assert len(shelves.shelf(shelf_id).books) == 1
    assert shelves.recorder.max_notification_id() == 2


def test_concurrent_savers_who_try_again_lose_nothing(shelves: Shelves, environment: dict[str, str]) -> None:
    shelf_id = shelves.open_shelf("Travel")

    def add_all(application: Shelves, name: str) -> None:
        for number in range(10):
            for _ in range(200):
                try:
                    application.add_book(shelf_id, f"{name} {number}")
                    break
                except IntegrityError:
                    continue

    with closing(Shelves(environment)) as other, ThreadPoolExecutor(4) as threads:
        done = [threads.submit(add_all, [shelves, other][number % 2], f"Thread {number}") for number in range(4)]
        for future in done:
            future.result()
    books = shelves.shelf(shelf_id).books
    assert sorted(books) == sorted(f"Thread {thread} {number}" for thread in range(4) for number in range(10))
    ids = [notification.id for notification in shelves.recorder.select_notifications(None, 100)]
    assert ids == list(range(1, 42))


def test_workspaces_know_nothing_of_each_other(shelves: Shelves, database: Database) -> None:
    shelf_id = shelves.open_shelf("Travel")
    with closing(Shelves(environment_of(database, new_workspace(database)))) as elsewhere:
        assert elsewhere.recorder.max_notification_id() is None
        with pytest.raises(AggregateNotFoundError):
            elsewhere.shelf(shelf_id)
        other_id = elsewhere.open_shelf("Cooking")
        assert [one.originator_id for one in elsewhere.recorder.select_notifications(None, 10)] == [other_id]
        assert elsewhere.recorder.max_notification_id() == 1
    assert [one.originator_id for one in shelves.recorder.select_notifications(None, 10)] == [shelf_id]


def test_snapshots_have_no_place_in_the_log(environment: dict[str, str]) -> None:
    with pytest.raises(NotSupportedError, match="leave IS_SNAPSHOTTING_ENABLED off"):
        Shelves(environment | {"IS_SNAPSHOTTING_ENABLED": "y"})


def test_settings_may_be_said_for_one_application_alone(environment: dict[str, str]) -> None:
    named = {f"SHELVES_{name}": value for name, value in environment.items()}
    with closing(Shelves(named | {"WORKSPACE_ID": "somebody else's"})) as application:
        assert application.shelf(application.open_shelf("Travel")).name == "Travel"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"WORKSPACE_ID": ""}, "SHELVES_WORKSPACE_ID or WORKSPACE_ID must be a workspace's id"),
        ({"WORKSPACE_ID": str(uuid4())}, "There is no workspace"),
        ({"THROUGHLINE_MASTER_KEY": "short"}, "THROUGHLINE_MASTER_KEY must be 32 bytes as base64"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}, "cannot be reached: connection refused"),
        ({"DATABASE_URL": "", "THROUGHLINE_MASTER_KEY": "", "THROUGHLINE_DATA": "/nowhere"}, "No service runs on"),
    ],
)
def test_what_is_wrong_is_told_at_once(environment: dict[str, str], wrong: dict[str, str], sentence: str) -> None:
    with pytest.raises(InfrastructureFactoryError, match=sentence):
        Shelves(environment | wrong)


def test_a_role_that_could_change_facts_is_refused(environment: dict[str, str], database: Database) -> None:
    with pytest.raises(InfrastructureFactoryError, match="owns tables"):
        Shelves(environment | {"DATABASE_URL": database.owner})


def test_another_key_than_the_service_has_is_refused(shelves: Shelves, environment: dict[str, str]) -> None:
    shelves.open_shelf("Travel")
    with pytest.raises(InfrastructureFactoryError, match="is not the one this data was sealed with"):
        Shelves(environment | {"THROUGHLINE_MASTER_KEY": "A" * 43 + "="})


def test_a_database_without_the_schema_is_left_without_it(environment: dict[str, str], bare_database: Database) -> None:
    with pytest.raises(InfrastructureFactoryError, match="run `throughline migrate`"):
        Shelves(environment | {"DATABASE_URL": bare_database.app})
    with psycopg.connect(bare_database.superuser) as connection:
        assert not connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall()
