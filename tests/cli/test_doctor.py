"""`throughline doctor` names each fault that is caused here for real, says what to do, and ends with 1; else with 0."""

import asyncio
import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest

from domain.facts import Actor
from service.backup.manifest import Manifest, write
from service.database import connect
from service.doctor import command as doctor
from service.doctor import database as of_database
from service.doctor import surroundings
from service.doctor.finding import Finding
from service.ledger.erasing.journal import FILE, Entry
from service.ledger.ledger import Ledger
from service.settings import read_settings
from tests.conftest import Database, Server, _database
from tests.faults.conftest import GIVEN_KEY
from tests.ledger.conftest import a_deal, member, note
from tests.running import MASTER_KEY, command

FACTS = 300
WHERE = "WHERE position = 7"


@pytest.fixture(scope="module")
def recorded(server: Server, template: str) -> Iterator[str]:
    """The name of a database with a signed log of some facts, which nobody is connected to."""
    with contextmanager(_database)(server, template) as database:
        asyncio.run(_recorded(database))
        yield database.name


@pytest.fixture
def database(server: Server, recorded: str) -> Iterator[Database]:
    """A copy of it, to be spoilt."""
    yield from _database(server, recorded)


@pytest.fixture
def told(folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Finding]]:
    """What the doctor finds on a database with a signed log of some facts."""
    (folder / "data").mkdir()
    for name, value in environment(folder, database).items():
        monkeypatch.setenv(name, value)

    def findings(*, deep: bool = True, **changed: str) -> list[Finding]:
        for name, value in changed.items():
            monkeypatch.setenv(name, value)
        return list(doctor.examine(deep=deep))

    return findings


def environment(folder: Path, database: Database) -> dict[str, str]:
    return {
        "THROUGHLINE_DATA": str(folder / "data"),
        "DATABASE_URL": database.app,
        "THROUGHLINE_MASTER_KEY": MASTER_KEY,
        "THROUGHLINE_ERASURE_JOURNAL": str(folder / "journal"),
    }


async def _recorded(database: Database) -> None:
    settings = read_settings({})
    async with Ledger.open(database.app, GIVEN_KEY, settings) as ledger:
        workspace = uuid4()
        await ledger.create_workspace(workspace, "Depot deals")
        noor = member(workspace)
        deals = [await a_deal(ledger, noor) for _ in range(3)]
        for number in range(FACTS):
            await note(ledger, noor, deals[number % 3], f"Note {number}")
            if number == FACTS // 2:
                await ledger.checkpoints.advance(workspace)
        await ledger.checkpoints.advance(workspace)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        check_value = GIVEN_KEY.wrap(bytes(32), b"throughline master key check")
        connection.execute(
            "INSERT INTO keyring (id, check_value) VALUES (1, %s) ON CONFLICT DO NOTHING", (check_value,)
        )


def faults(found: list[Finding]) -> dict[str, str]:
    assert all(finding.remedy for finding in found if finding.state in ("fault", "warning"))
    told: dict[str, str] = {}
    for finding in found:
        if finding.state == "fault":
            told[finding.check] = f"{told[finding.check]} {finding.said}" if finding.check in told else finding.said
    return told


@pytest.mark.parametrize("deep", [False, True])
def test_a_sound_service_has_no_fault(told: Callable[..., list[Finding]], *, deep: bool) -> None:
    found = told(deep=deep)
    assert faults(found) == {}
    said = " ".join(finding.said for finding in found)
    assert f"{FACTS + 3} of {FACTS + 3} facts are dense, chained and as their leaves say" in said
    assert ("All 303 facts" in said) is deep
    assert ("all 2 are signed" if deep else "the newest is signed") in said


SPOILT: dict[str, tuple[str, str, str]] = {
    "a changed envelope": (
        f"UPDATE event SET envelope = set_byte(envelope, 3, (get_byte(envelope, 3) + 1) %% 256) {WHERE}",
        "log",
        "the fact at position 7 is not what its leaf says",
    ),
    "a moved time": (
        f"UPDATE event SET recorded_at = recorded_at - interval '1 day' {WHERE}",
        "log",
        "the fact at position 7 is not what its leaf says",
    ),
    "a lost fact": (f"DELETE FROM event {WHERE}", "log", "there is no fact at position 7"),
    "a lost last fact": (
        f"DELETE FROM event WHERE position = {FACTS + 2}",
        "log",
        f"there is no fact at position {FACTS + 2}",
    ),
    "a lost end with its counter": (
        f"DELETE FROM event WHERE position = {FACTS + 2}; UPDATE workspace SET next_position = {FACTS + 2}",
        "checkpoints",
        f"{FACTS + 3} facts were signed for, and the log has {FACTS + 2}",
    ),
    "a changed end of a stream": (
        "UPDATE stream SET last_leaf = 'x' WHERE version = (SELECT max(version) FROM stream)",
        "log",
        "do not end where their rows say",
    ),
    "another root": (
        "UPDATE tree_head SET root = decode(repeat('00', 32), 'hex') WHERE size = (SELECT max(size) FROM tree_head)",
        "checkpoints",
        "signs another size or root than its row says",
    ),
    "another note": (
        "UPDATE tree_head SET note = replace(note, 'streams', 'streets')",
        "checkpoints",
        "is not signed",
    ),
    "a changed tile": (
        "UPDATE tile SET hashes = set_byte(hashes, 300, 7 # get_byte(hashes, 300)) WHERE level = 0",
        "checkpoints",
        "is not the one that was signed for",
    ),
    "a changed root of a tile": (
        "UPDATE tile SET root = set_byte(root, 3, 7 # get_byte(root, 3)) WHERE level = 0",
        "checkpoints",
        "another root than was signed",
    ),
    "an older checkpoint of another log": (
        "UPDATE tree_head o SET root = n.root, note = n.note FROM tree_head n WHERE o.size < n.size",
        "checkpoints",
        "signs another size or root than its row says",
    ),
    "a lost tile": ("DELETE FROM tile", "checkpoints", "the stored tree has holes"),
    "spoilt words": (
        f"UPDATE event SET words = set_byte(words, 20, (get_byte(words, 20) + 1) %% 256) {WHERE}",
        "contents",
        "does not match its seal",
    ),
    "a spoilt key": (
        "UPDATE content_key SET wrapped = set_byte(wrapped, 20, 7 # get_byte(wrapped, 20)) WHERE kind = 'stream'",
        "keys",
        "open",
    ),
    "a migration of another": (
        "UPDATE schema_migration SET sha256 = 'other' WHERE number = 1",
        "schema",
        "has changed since",
    ),
    "an old schema": ("DELETE FROM schema_migration WHERE number > 3", "schema", "run `throughline migrate`"),
    "a function of another version": ("UPDATE schema_part SET sha256 = 'other'", "schema", "another version's"),
    "no schema": ("DROP TABLE schema_migration CASCADE", "schema", "has no schema"),
    "a right to change facts": ("GRANT UPDATE ON event TO throughline_app", "rights", "It may update the table event"),
    "a right too few": ("REVOKE SELECT ON event FROM throughline_app", "rights", "It may not read the table event"),
    "a function that may not be called": (
        "REVOKE EXECUTE ON FUNCTION read_head FROM throughline_app",
        "rights",
        "It may not call the function read_head",
    ),
    "an open wall": ("ALTER TABLE event DISABLE ROW LEVEL SECURITY", "rights", "shows rows of every workspace"),
}


@pytest.mark.parametrize(("change", "check", "said"), SPOILT.values(), ids=SPOILT)
def test_what_was_done_to_the_database_is_found(
    told: Callable[..., list[Finding]], database: Database, change: str, check: str, said: str
) -> None:
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        for one in change.replace("%%", "%").split("; "):
            connection.execute(one.encode())
    found = faults(told())
    assert said in found.get(check, ""), found


def test_a_log_that_was_made_whole_again_is_found_by_what_was_signed(
    told: Callable[..., list[Finding]], database: Database
) -> None:
    """Whoever takes the end of a stream out and closes the gap makes a whole log, but not the one that was signed."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        stream, version = connection.execute(f"SELECT stream_id, version FROM event {WHERE}").fetchone() or (None, 0)
        connection.execute("DELETE FROM event WHERE stream_id = %s AND version > %s", (stream, version))
        connection.execute(
            "UPDATE stream s SET version = %s, last_leaf = "
            "(SELECT leaf FROM event WHERE stream_id = %s AND version = %s) WHERE s.stream_id = %s",
            (version, stream, version, stream),
        )
        ordered = connection.execute("SELECT event_id FROM event ORDER BY position").fetchall()
        for position, (event,) in enumerate(ordered):
            connection.execute("UPDATE event SET position = %s WHERE event_id = %s", (position, event))
        connection.execute("UPDATE workspace SET next_position = %s", (len(ordered),))
    assert "facts were signed for" in faults(told())["checkpoints"]


def test_another_master_key_is_found(told: Callable[..., list[Finding]]) -> None:
    found = faults(told(THROUGHLINE_MASTER_KEY=base64.b64encode(os.urandom(32)).decode()))
    assert found == {
        "master key": "The master key from THROUGHLINE_MASTER_KEY is not the one this data was sealed with."
    }


def test_a_database_that_does_not_answer_is_found_without_its_password(told: Callable[..., list[Finding]]) -> None:
    found = faults(told(DATABASE_URL="postgresql://app:hidden-word@127.0.0.1:1/deals"))
    assert "connection refused" in found["database"]
    assert "hidden-word" not in str(found)


def test_a_role_that_could_change_what_was_recorded_is_found(
    told: Callable[..., list[Finding]], database: Database
) -> None:
    assert "owns tables" in faults(told(DATABASE_URL=database.owner))["rights"]


def test_settings_that_cannot_be_read_are_all_told(told: Callable[..., list[Finding]]) -> None:
    found = told(THROUGHLINE_PORT="x", THROUGHLINE_POTR="1")
    assert [finding.check for finding in found] == ["settings", "settings"]


def test_erasures_that_a_restored_backup_lacks_are_found(
    told: Callable[..., list[Finding]], folder: Path, database: Database
) -> None:
    with psycopg.connect(database.superuser) as connection:
        (workspace,) = connection.execute("SELECT workspace_id FROM workspace").fetchone() or (None,)
    at = datetime.now(UTC)
    entry = Entry(
        workspace_id=workspace,
        event_id=uuid4(),
        scope="party",
        target_id=uuid4(),
        reason="Asked for",
        by=Actor(uuid4(), "person"),
        at=at,
    )
    (folder / "journal").mkdir(exist_ok=True)
    (folder / "journal" / FILE).write_bytes(msgspec.json.encode(entry) + b"\n")
    assert "1 erasures of the journal are not in workspace" in faults(told())["erasures"]
    (folder / "journal" / FILE).write_bytes(b"nonsense\n")
    assert "Line 1 of the erasure journal" in faults(told())["erasure journal"]


def test_the_folder_its_secrets_and_its_room_are_looked_at(
    told: Callable[..., list[Finding]], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "data" / "owner.key").write_text("tl_secret")
    (folder / "data" / "owner.key").chmod(0o644)
    assert "can be read by others" in faults(told())["data folder"]
    (folder / "data" / "owner.key").chmod(0o600)
    assert "data folder" not in faults(told())
    for free, state in ((surroundings.FREE_BYTES_MIN - 1, "fault"), (10**9, "warning"), (9 * 10**10, "ok")):
        usage = shutil._ntuple_diskusage(10**11, 0, free)
        with monkeypatch.context() as patched:
            patched.setattr(shutil, "disk_usage", lambda _, usage=usage: usage)
            assert surroundings.room(folder).state == state


def test_the_age_of_backups_is_told_where_it_is_known(told: Callable[..., list[Finding]], folder: Path) -> None:
    def state() -> tuple[str, str]:
        (found,) = [one for one in told(THROUGHLINE_BACKUPS=str(folder / "backups")) if one.check == "backups"]
        return found.state, found.said

    assert state()[0] == "warning"
    for hours, expected in ((50, "warning"), (3, "ok")):
        place = folder / "backups" / f"of-{hours}"
        place.mkdir(parents=True)
        write(place, Manifest(datetime.now(UTC) - timedelta(hours=hours), "0.1.0", 10, "", []))
        assert state()[0] == expected
        assert f"{hours} hours old" in state()[1]


@pytest.mark.parametrize(
    ("off_s", "state"), [(-90, "fault"), (-5, "warning"), (0, "ok"), (5, "warning"), (90, "fault")]
)
def test_a_clock_that_differs_is_told(
    database: Database, monkeypatch: pytest.MonkeyPatch, off_s: int, state: str
) -> None:
    class Off(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> "Off":
            return cls.fromtimestamp(datetime.now(tz).timestamp() + off_s, tz)

    monkeypatch.setattr(of_database, "datetime", Off)
    with connect(database.app, "DATABASE_URL") as connection:
        found = of_database.clock(connection)
    assert found.state == state
    if off_s:
        assert ("ahead of" if off_s > 0 else "behind") in found.said


def test_the_command_ends_with_1_on_a_fault_and_tells_it_as_json_too(
    told: Callable[..., list[Finding]], folder: Path, database: Database
) -> None:
    assert told(deep=False)
    variables = environment(folder, database)
    well = command(folder / "data", "doctor", environment=variables)
    assert well.returncode == 0, well.stdout + well.stderr
    assert "FAULT" not in well.stdout
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute(f"DELETE FROM event {WHERE}".encode())
    ill = command(folder / "data", "doctor", environment=variables)
    assert ill.returncode == 1
    assert "FAULT   log: " in ill.stdout
    assert "-> Somebody changed the database behind the service." in ill.stdout
    parsed = json.loads(command(folder / "data", "doctor", "--json", "--deep", environment=variables).stdout)
    assert parsed["well"] is False
    assert {one["check"] for one in parsed["findings"] if one["state"] == "fault"} >= {"log"}


def test_before_the_first_start_nothing_is_made(folder: Path) -> None:
    nowhere = folder / "data"
    nowhere.mkdir()
    done = command(nowhere, "doctor")
    assert done.returncode == 0
    assert "`throughline serve` makes it" in done.stdout
    assert list(nowhere.iterdir()) == []
