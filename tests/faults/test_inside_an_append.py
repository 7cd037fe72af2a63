"""The append fails after each of its statements: all of it is there, or nothing, and its neighbours do not notice."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.conftest import Database
from tests.faults.conftest import GIVEN_KEY, Connect, a_deal, noted, said
from tests.faults.history import History, check, stored
from tests.faults.load import Fact
from tests.faults.replay import assert_rows_equal_a_replay
from tests.running import Running, Start

STATEMENTS = {
    "content_key": "INSERT",
    "event": "INSERT",
    "stream": "INSERT",
    "participation": "INSERT",
    "workspace": "UPDATE",
}
"""What an append writes to, in this order, when it opens a stream with somebody on it."""

RAISED = "RAISE EXCEPTION 'a fault of the test'"
TERMINATED = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1)"
ASLEEP = "PERFORM pg_sleep(0.7)"


@pytest.fixture
def service(folder: Path, database: Database, service_process: Start) -> Running:
    return service_process(folder / "data", database=database)


@contextmanager
def faulty(database: Database, table: str, fault: str, *, condition: str = "true", times: int = 1) -> Iterator[None]:
    """The first `times` writes to `table` meet the fault. A sequence counts them: it forgets nothing on a rollback."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(
            f"""
            CREATE SEQUENCE faults;
            CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN
                IF {condition} AND nextval('faults') <= {times} THEN {fault}; END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER fault AFTER {STATEMENTS[table]} ON {table}
                FOR EACH {"STATEMENT" if condition == "true" else "ROW"} EXECUTE FUNCTION fault();
            """.encode()
        )
        try:
            yield
        finally:
            connection.execute(f"DROP TRIGGER fault ON {table}; DROP FUNCTION fault; DROP SEQUENCE faults".encode())


def an_opening() -> tuple[str, list[Fact]]:
    """A deal with somebody on it: an append that writes to every table."""
    joined = said("participant.joined", party_id=str(uuid4()), side="buyer", name="Sanne")
    return f"deal/{uuid4()}", [said("deal.opened", title="Depots", customer="Vervoer Noord"), joined]


def judge(history: History, database: Database) -> None:
    check(history, stored(database.app))
    assert_rows_equal_a_replay(database.app, GIVEN_KEY)


def test_F17_a_connection_lost_after_any_statement_is_made_good_unnoticed(
    service: Running, database: Database, connect: Connect
) -> None:
    client, history = connect(service), History()
    for table in STATEMENTS:
        with faulty(database, table, TERMINATED):
            assert client.write(history, *an_opening()).status == 201, table
        judge(history, database)


def test_F17_a_failure_after_any_statement_leaves_nothing_and_the_same_write_succeeds_later(
    service: Running, database: Database, connect: Connect
) -> None:
    client, history = connect(service), History()
    for table in STATEMENTS:
        with faulty(database, table, RAISED):
            stream, facts = an_opening()
            write = client.write(history, stream, facts)
            assert (write.status, "of the test" in str(write.problem)) == (500, False), table
            # What was made for it, keys above all, is of no use to those who come after.
            assert client.write(history, *an_opening()).status == 201
            assert {str(row["event_id"]) for row in stored(database.app)}.isdisjoint(write.event_ids)
            assert client.ask("GET", f"/v1/deals/{stream.partition('/')[2]}").status == 404
        client.settle(write)
        assert write.status == 201
        judge(history, database)


def test_F17_a_fact_that_postgresql_refuses_fails_alone(service: Running, database: Database, connect: Connect) -> None:
    """It stands in the middle of a group: the others of the group are recorded."""
    clients, history = [connect(service) for _ in range(24)], History()
    deals = [a_deal(client, history) for client in clients]
    unlucky = len(clients) // 2

    def writes(nth: int) -> None:
        fact = said("stage.entered", stage="deciding") if nth == unlucky else noted(f"Of client {nth}")
        clients[nth].write(history, deals[nth], [fact])

    refused = faulty(database, "event", RAISED, condition="NEW.type = 'stage.entered'", times=100)
    # While the first write waits for the counter row, the others gather for one commit.
    with refused, counter_row_held(database), ThreadPoolExecutor(len(clients)) as threads:
        list(threads.map(writes, range(len(clients))))
    by_stream = {write.stream: write.status for write in history.writes[len(clients) :]}
    assert by_stream.pop(deals[unlucky]) == 500
    assert set(by_stream.values()) == {201}
    judge(history, database)


@contextmanager
def counter_row_held(database: Database) -> Iterator[None]:
    """Somebody else holds the counter row for a moment."""
    with psycopg.connect(database.superuser) as connection:
        connection.execute("SELECT FROM workspace FOR UPDATE")
        release = threading.Timer(0.3, connection.rollback)
        release.start()
        yield
        release.join()


@pytest.mark.slow
@pytest.mark.parametrize("table", STATEMENTS)
def test_F17_a_service_killed_while_a_statement_runs_leaves_all_of_it_or_nothing(
    folder: Path, database: Database, service_process: Start, connect: Connect, table: str
) -> None:
    service, history = service_process(folder / "data", database=database), History()
    client = connect(service)
    a_deal(client, history)
    with faulty(database, table, ASLEEP):
        with ThreadPoolExecutor(1) as threads:
            threads.submit(client.write, history, *an_opening())
            time.sleep(0.4)
            service.kill()
        time.sleep(0.7)  # PostgreSQL ends what it has begun
    (write,) = history.told("unknown")
    judge(history, database)
    restarted = service_process(folder / "data", database=database)
    connect(restarted).settle(write)
    assert write.outcome == "ok"
    judge(history, database)
