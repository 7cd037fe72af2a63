"""A PostgreSQL given by address is judged before it is used, and the sentence never holds the password."""

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from service import database as reaching
from service.database import connect, refuse_powerful_role, shown
from service.faults import StartRefusal
from tests.conftest import Database, Server
from tests.running import command

PASSWORD = "hidden-word"


def dead_port() -> int:
    """A port that nobody listens on: it was free a moment ago."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    port = dead_port()
    with pytest.raises(StartRefusal) as caught:
        connect(f"postgresql://app:{PASSWORD}@127.0.0.1:{port}/deals", "DATABASE_URL")
    place = f"127.0.0.1:{port}, database deals, role app (DATABASE_URL)"
    assert str(caught.value) == f"PostgreSQL at {place} cannot be reached: connection refused."


def test_a_password_with_an_unescaped_sign_is_not_told_as_a_host() -> None:
    with pytest.raises(StartRefusal) as caught:
        connect(f"postgresql://app:x@{PASSWORD}@127.0.0.1:{dead_port()}/deals?connect_timeout=2", "DATABASE_URL")
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in shown(f"postgresql://app:x@{PASSWORD}@127.0.0.1/deals")


def test_a_database_that_is_not_there_is_told(server: Server) -> None:
    with pytest.raises(StartRefusal, match="database no_such, role throughline_app .* does not exist"):
        connect(server.address("throughline_app", "no_such"), "DATABASE_URL")


def test_serve_tells_an_unreachable_server_and_ends_with_2(folder: Path) -> None:
    url = f"postgresql://app:{PASSWORD}@127.0.0.1:{dead_port()}/deals"
    done = command(folder / "data", "serve", environment={"DATABASE_URL": url})
    assert done.returncode == 2
    assert "cannot be reached: connection refused" in done.stderr
    assert PASSWORD not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_server_that_is_too_old_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "SERVER_MAJOR_MIN", 99)
    with pytest.raises(StartRefusal, match="is version 1[0-9]; version 99 or newer is needed"):
        connect(database.app, "DATABASE_URL")


def powerful(address: str) -> str:
    with psycopg.connect(address, autocommit=True) as connection, pytest.raises(StartRefusal) as caught:
        refuse_powerful_role(connection)
    return str(caught.value)


def test_the_run_time_role_itself_is_accepted(database: Database) -> None:
    with psycopg.connect(database.app, autocommit=True) as connection:
        refuse_powerful_role(connection)


def test_a_superuser_is_refused_as_run_time_role(database: Database) -> None:
    assert "role postgres is a superuser" in powerful(database.superuser)


def test_the_owner_of_the_tables_is_refused_as_run_time_role(database: Database) -> None:
    told = powerful(database.owner)
    assert "owns tables" in told
    assert "CREATE ROLE throughline_app" in told


@pytest.fixture
def extra_role(server: Server) -> Iterator[str]:
    server.run("CREATE ROLE extra LOGIN")
    yield "extra"
    server.run("DROP ROLE extra")


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        ("GRANT throughline_owner TO extra", "owns tables"),
        ("GRANT pg_write_all_data TO extra", "is a member of pg_write_all_data"),
        ("ALTER ROLE extra BYPASSRLS", "may bypass row-level security"),
    ],
)
def test_a_role_that_reaches_the_facts_in_another_way_is_refused(
    server: Server, database: Database, extra_role: str, grant: str, said: str
) -> None:
    server.run(grant)
    assert said in powerful(make_conninfo(database.app, user=extra_role))


def test_a_database_that_needs_migrating_is_told_when_no_role_for_it_is_given(
    bare_database: Database, folder: Path
) -> None:
    done = command(folder / "data", "serve", environment={"DATABASE_URL": bare_database.app})
    assert done.returncode == 2
    assert "run `throughline migrate`" in done.stderr


def test_F27_functions_of_another_version_are_told_when_no_role_for_them_is_given(
    database: Database, folder: Path
) -> None:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        connection.execute("UPDATE schema_part SET sha256 = 'older' WHERE name IN ('append_events.sql', 'grants')")
    done = command(folder / "data", "serve", environment={"DATABASE_URL": database.app})
    assert done.returncode == 2
    assert "another version's append_events.sql: run `throughline migrate`" in done.stderr
