"""A backup taken while clients write is a whole log up to some moment, and a service can go on from it."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from service.postgres import OWNER_ROLE
from service.postgres.programs import find_programs
from tests.conftest import Database, Server
from tests.faults.conftest import GIVEN_KEY, Connect, noted
from tests.faults.history import History, check, stored
from tests.faults.load import busy_clients
from tests.faults.replay import assert_rows_equal_a_replay
from tests.running import Start

PROGRAM_DEADLINE_S = 60


def run(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [find_programs().path(name), *arguments],
        capture_output=True,
        text=True,
        timeout=PROGRAM_DEADLINE_S,
        cwd="/",
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture
def restored(server: Server) -> Iterator[Database]:
    """An empty database to restore into."""
    name = f"restored_{uuid4().hex[:12]}"
    server.run(f"CREATE DATABASE {name} OWNER {OWNER_ROLE}")
    yield Database(server, name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
def test_F30_a_backup_taken_under_load_is_restored_to_a_whole_log_that_goes_on(
    folder: Path, database: Database, restored: Database, service_process: Start, connect: Connect
) -> None:
    service, history, streams = service_process(folder / "first", database=database), History(), list[str]()
    backup = str(folder / "backup")
    with busy_clients([service.url], service.owner_key, history, streams):
        time.sleep(1)
        run("pg_dump", "--format=custom", f"--file={backup}", f"--dbname={database.superuser}")
        time.sleep(0.5)
    run("pg_restore", "--exit-on-error", f"--dbname={restored.superuser}", backup)
    before, after = stored(restored.app), stored(database.app)
    check(History(), before)
    check(history, after)
    assert 50 < len(before) < len(after)
    told = ("position", "event_id", "leaf", "envelope")
    assert [[row[name] for name in told] for row in before] == [
        [row[name] for name in told] for row in after[: len(before)]
    ]
    assert_rows_equal_a_replay(restored.app, GIVEN_KEY)
    client = connect(service_process(folder / "second", database=restored), key_of=service)
    fresh = History()
    for stream in {row["stream"] for row in before if row["kind"] == "deal"}:
        assert client.read(fresh, stream)
        assert client.write(fresh, stream, [noted("After the disaster")]).status == 201
    check(fresh, stored(restored.app))
    assert_rows_equal_a_replay(restored.app, GIVEN_KEY)
