"""A backup is taken while the service runs, and restored into a database that passes the doctor's checks."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from service.backup.manifest import DUMP, MANIFEST, read
from service.backup.programs import environment_of
from service.ledger.ledger import Ledger
from service.postgres import OWNER_ROLE
from tests.conftest import Database, Server
from tests.faults.conftest import GIVEN_KEY, Connect, a_deal, noted
from tests.faults.history import History, check, stored
from tests.faults.replay import assert_rows_equal_a_replay
from tests.faults.test_erasures import SECRET, a_story, erase, journaled, told
from tests.running import Start, command

PASSWORD = "hidden-word"


@pytest.fixture
def empty(server: Server) -> Iterator[Database]:
    """A database to restore into, as an operator makes it."""
    name = f"restored_{uuid4().hex[:12]}"
    server.run(f"CREATE DATABASE {name} OWNER {OWNER_ROLE}")
    yield Database(server, name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")


def both(database: Database, **more: str) -> dict[str, str]:
    return {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner, **more}


def the_one_in(folder: Path) -> Path:
    (found,) = folder.iterdir()
    return found


@pytest.mark.slow
def test_a_backup_of_a_running_service_is_restored_to_one_that_passes_and_goes_on(
    folder: Path, database: Database, empty: Database, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(folder / "data", database=database), History()
    client = connect(service)
    deal = a_deal(client, history)
    for _ in range(5):
        assert client.write(history, deal, [noted()]).status == 201
    taken = command(folder / "data", "backup", str(folder / "backups"), environment=both(database))
    assert taken.returncode == 0, taken.stderr
    backup = the_one_in(folder / "backups")
    assert read(backup).facts == len(stored(database.app))
    assert (backup / DUMP).stat().st_mode & 0o077 == 0
    assert (backup.stat().st_mode & 0o077) == 0
    done = command(folder / "data", "restore", str(backup), environment=both(empty))
    assert done.returncode == 0, done.stderr
    assert "THROUGHLINE_ERASURE_JOURNAL is not set" in done.stderr
    looked = command(folder / "data", "doctor", "--deep", environment=both(empty))
    assert looked.returncode == 0, looked.stdout
    assert stored(empty.app) == stored(database.app)
    assert_rows_equal_a_replay(empty.app, GIVEN_KEY)
    second = connect(service_process(folder / "second", database=empty), key_of=service)
    assert second.write(history, deal, [noted("After the disaster")]).status == 201
    check(history, stored(empty.app))
    again = command(folder / "data", "restore", str(backup), environment=both(empty))
    assert again.returncode == 2
    assert "The database is not empty" in again.stderr


def test_what_was_erased_after_a_backup_is_erased_from_what_is_restored(
    folder: Path, database: Database, empty: Database
) -> None:
    settings = journaled(folder)

    async def story() -> tuple[object, ...]:
        async with Ledger.open(database.app, GIVEN_KEY, settings) as ledger:
            noor, ada, stream_id, _ = await a_story(ledger)
            with psycopg.connect(database.superuser, autocommit=True) as connection:
                sealed = GIVEN_KEY.wrap(bytes(32), b"throughline master key check")
                connection.execute("INSERT INTO keyring (id, check_value) VALUES (1, %s)", (sealed,))
            taken = await asyncio.to_thread(
                command, folder / "data", "backup", str(folder / "backups"), environment=both(database)
            )
            assert taken.returncode == 0, taken.stderr
            await erase(ledger, noor, "party", ada)
            return noor, stream_id

    (folder / "data").mkdir()
    noor, stream_id = asyncio.run(story())
    journal = {"THROUGHLINE_ERASURE_JOURNAL": str(folder / "journal")}
    backup = str(the_one_in(folder / "backups"))
    done = command(folder / "data", "restore", backup, environment=both(empty, **journal))
    assert done.returncode == 0, done.stderr
    assert "erased again: 1" in done.stdout
    assert command(folder / "data", "doctor", "--deep", environment=both(empty, **journal)).returncode == 0

    async def seen() -> str:
        async with Ledger.open(empty.app, GIVEN_KEY, settings) as ledger:
            return await told(ledger, noor, stream_id)  # type: ignore[arg-type]  # as they were made above

    assert "Depot" not in SECRET
    assert asyncio.run(seen()).count(SECRET) == 1  # the note that Noor wrote in her own words


@pytest.mark.slow
def test_a_backup_that_was_changed_or_is_none_is_refused(folder: Path, database: Database, empty: Database) -> None:
    (folder / "data").mkdir()
    taken = command(folder / "data", "backup", str(folder / "backups"), environment=both(database))
    assert taken.returncode == 0, taken.stderr
    backup = the_one_in(folder / "backups")
    with (backup / DUMP).open("r+b") as file:
        file.seek(100)
        file.write(b"changed")
    refused = command(folder / "data", "restore", str(backup), environment=both(empty))
    assert refused.returncode == 2
    assert "is not the file that the backup was made with" in refused.stderr
    manifest = json.loads((backup / MANIFEST).read_text())
    (backup / MANIFEST).write_text("{}")
    refused = command(folder / "data", "restore", str(backup), environment=both(empty))
    assert "is not as `throughline backup` writes it" in refused.stderr
    (backup / MANIFEST).unlink()
    refused = command(folder / "data", "restore", str(backup), environment=both(empty))
    assert "is no backup" in refused.stderr
    assert manifest["version"]


@pytest.mark.slow
def test_without_the_owners_address_or_a_folder_it_is_refused(folder: Path, database: Database) -> None:
    (folder / "data").mkdir()
    alone = {"DATABASE_URL": database.app}
    assert "DATABASE_MIGRATE_URL is not set" in command(folder / "data", "backup", "x", environment=alone).stderr
    assert "Name a folder" in command(folder / "data", "backup", environment=both(database)).stderr


@pytest.mark.slow
def test_a_backup_that_cannot_be_finished_leaves_nothing(folder: Path, database: Database) -> None:
    (folder / "data").mkdir()
    as_reader = {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.app}
    done = command(folder / "data", "backup", str(folder / "backups"), environment=both(database) | as_reader)
    assert done.returncode == 2
    assert "pg_dump failed" in done.stderr
    assert list((folder / "backups").iterdir()) == []


def test_a_password_goes_by_the_environment_alone() -> None:
    variables = environment_of(f"postgresql://owner:{PASSWORD}@db.example:5433/deals?sslmode=require")
    assert variables["PGPASSWORD"] == PASSWORD
    assert variables["PGHOST"] == "db.example"
    assert variables["PGSSLMODE"] == "require"
    assert variables["PGDATABASE"] == "deals"


@pytest.mark.slow
def test_the_own_server_is_backed_up_and_restored_into_a_new_data_folder(
    folder: Path, data: Path, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(data), History()
    deal = a_deal(connect(service), history)
    taken = command(data, "backup", str(folder / "backups"))
    assert taken.returncode == 0, taken.stderr
    second = folder / "second"
    second.mkdir(mode=0o711)
    backup = str(the_one_in(folder / "backups"))
    without = command(second, "restore", backup)
    assert without.returncode == 2
    assert "The master key is missing" in without.stderr
    (second / "master.key").write_bytes((data / "master.key").read_bytes())
    assert command(second, "restore", backup).returncode == 0
    restored = connect(service_process(second), key_of=service)
    assert restored.read(history, deal)
