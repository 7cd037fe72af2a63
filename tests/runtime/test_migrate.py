"""The schema is brought up once, by one process, from files that never change after they were applied."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from service.faults import StartRefusal
from service.migrate import LOCK, SCHEMA_QUERY, expected_schema, migrate, schema_difference
from tests.conftest import Database, Server
from tests.running import ROOT, environment_of


def owner(database: Database) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(database.owner, autocommit=True)


def test_a_bare_database_gets_everything_and_the_second_time_nothing(bare_database: Database) -> None:
    with owner(bare_database) as connection:
        assert migrate(connection)[0] == "0001_keyring"
        assert migrate(connection) == []
        assert schema_difference(connection.execute(SCHEMA_QUERY).fetchall()) is None


def test_F26_eight_processes_at_once(bare_database: Database, folder: Path) -> None:
    environment = environment_of(folder, {"DATABASE_URL": bare_database.owner})
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "service", "migrate"], env=environment, cwd=ROOT, text=True, stdout=subprocess.PIPE
        )
        for _ in range(8)
    ]
    told = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 8
    assert sum(text.startswith("applied: 0001_keyring") for text in told) == 1


def test_F27_a_database_of_newer_code_is_refused(database: Database) -> None:
    with owner(database) as connection:
        connection.execute("INSERT INTO schema_migration (number, name, sha256) VALUES (9999, 'from_later', '')")
        with pytest.raises(StartRefusal, match="9999_from_later, which this code does not know: start a newer version"):
            migrate(connection)
        told = schema_difference(connection.execute(SCHEMA_QUERY).fetchall())
        assert told is not None
        assert "9999_from_later" in told


def test_F27_a_database_of_older_code_is_told_apart(database: Database) -> None:
    with psycopg.connect(database.app) as connection:
        rows = connection.execute(SCHEMA_QUERY).fetchall()
    told = schema_difference(rows[:-1])
    assert told is not None
    assert "run `throughline migrate`" in told


def test_a_changed_file_is_refused(database: Database) -> None:
    with owner(database) as connection:
        connection.execute("UPDATE schema_migration SET sha256 = 'other' WHERE number = 1")
        with pytest.raises(StartRefusal, match="0001_keyring.sql has changed since it was applied"):
            migrate(connection)


def test_a_failing_migration_leaves_nothing_of_itself(bare_database: Database) -> None:
    with owner(bare_database) as connection:
        last = expected_schema()[-1]
        connection.execute("CREATE TABLE workspace (in_the_way integer)")  # the second file makes one of that name
        with pytest.raises(psycopg.errors.DuplicateTable):
            migrate(connection)
        connection.execute("DROP TABLE workspace")
        assert f"{last.number:04}_{last.name}" in migrate(connection)


def test_a_changed_function_is_applied_again(database: Database) -> None:
    with owner(database) as connection:
        connection.execute("UPDATE schema_part SET sha256 = 'older' WHERE name = 'append_events.sql'")
        assert migrate(connection) == ["append_events.sql"]


def test_somebody_elses_long_migration_is_waited_for_and_then_told(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.migrate.LOCK_DEADLINE_S", 1)
    with owner(database) as other, owner(database) as connection:
        other.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        connection.execute("UPDATE schema_part SET sha256 = 'older' WHERE name = 'grants'")
        with pytest.raises(StartRefusal, match="Another migration of this database has been under way"):
            migrate(connection)


def test_the_run_time_role_must_exist(bare_database: Database) -> None:
    with owner(bare_database) as connection, pytest.raises(StartRefusal, match="role nobody_here does not exist"):
        migrate(connection, "nobody_here")


def test_the_run_time_role_may_have_any_name(bare_database: Database, server: Server) -> None:
    server.run('CREATE ROLE "the app" LOGIN')
    try:
        with owner(bare_database) as connection:
            migrate(connection, "the app")
        with psycopg.connect(server.address("the app", bare_database.name)) as connection:
            assert schema_difference(connection.execute(SCHEMA_QUERY).fetchall()) is None
    finally:
        with psycopg.connect(bare_database.superuser, autocommit=True) as connection:
            connection.execute('DROP OWNED BY "the app"; DROP ROLE "the app"')


def test_A27_the_run_time_role_cannot_change_the_schema_or_its_records(database: Database) -> None:
    for statement in (
        "CREATE TABLE mine (id integer)",
        "DROP TABLE keyring",
        "DELETE FROM keyring",
        "UPDATE keyring SET check_value = ''",
        "INSERT INTO schema_migration (number, name, sha256) VALUES (3, 'x', 'y')",
        "DELETE FROM schema_part",
        "COPY keyring TO PROGRAM 'cat'",
    ):
        with psycopg.connect(database.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
