"""An erasure and what goes wrong around it: a crash, a full disk, a backup from before it is restored."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from domain.facts import ERASED, Caller
from service.erasures import NO_JOURNAL, _erase_again
from service.ledger.credentials import Identity
from service.ledger.erasing.asked import Erased, Wanted
from service.ledger.erasing.journal import FILE, Entry, ErasureJournal
from service.ledger.ledger import Ledger
from service.ledger.questions import PartiesQuestion, RowsQuestion
from service.ledger.refusals import StoreUnavailable
from service.settings import Settings, read_settings
from tests.conftest import Database
from tests.faults.conftest import GIVEN_KEY
from tests.faults.test_backup import restored, run  # noqa: F401  # a fixture
from tests.ledger.conftest import a_deal, member, note, proposal
from tests.running import Start

pytestmark = pytest.mark.anyio
SECRET = "marzipan-lighthouse"
REASON = "Asked for in writing"


def journaled(folder: Path) -> Settings:
    ErasureJournal(folder / "journal").demand_writable()
    return read_settings({"THROUGHLINE_DATA": str(folder), "THROUGHLINE_ERASURE_JOURNAL": str(folder / "journal")})


async def a_story(ledger: Ledger) -> tuple[Identity, UUID, str, UUID]:
    """Who tells it, Ada, a deal with words about her, and a note on it."""
    workspace_id, ada = uuid4(), uuid4()
    await ledger.create_workspace(workspace_id, "Depot deals")
    noor = member(workspace_id)
    stream_id = await a_deal(ledger, noor)
    joins = proposal("participant.joined", party_id=str(ada), name=SECRET, side="buyer")
    said = proposal("no.received", scope="price", kind="final", said_by=str(ada), statement=SECRET)
    await ledger.append(noor, stream_id, [joins, said], opens=False)
    noted = await note(ledger, noor, stream_id, SECRET)
    return noor, ada, stream_id, noted.events[0].fact.event_id


async def erase(ledger: Ledger, who: Identity, scope: str, target: UUID) -> Erased:
    owner = Identity(who.workspace_id, uuid4(), Caller(uuid4(), "owner"), "owner")
    return await ledger.erase(owner, Wanted(scope=scope, target_id=target, reason=REASON))  # type: ignore[arg-type]


async def told(ledger: Ledger, who: Identity, stream_id: str) -> str:
    history = await ledger.history(who, stream_id)
    rows = await ledger.rows(who, RowsQuestion(kind="deal", limit=100))
    people = await ledger.parties(who, PartiesQuestion(limit=100))
    return f"{history.records} {rows} {people}"


async def test_a_backup_from_before_erasures_is_erased_again_and_only_once(
    folder: Path,
    database: Database,
    restored: Database,  # noqa: F811  # the fixture
) -> None:
    settings = journaled(folder)
    backup = str(folder / "backup")
    async with Ledger.open(database.app, GIVEN_KEY, settings) as ledger:
        noor, ada, stream_id, noted = await a_story(ledger)
        gone = await a_deal(ledger, noor, title=SECRET)
        run("pg_dump", "--format=custom", f"--file={backup}", f"--dbname={database.superuser}")
        later = await a_deal(ledger, noor, title=SECRET)  # which the backup does not have
        for scope, target in (("party", ada), ("event", noted)):
            await erase(ledger, noor, scope, target)
        for one in (gone, later):
            await erase(ledger, noor, "stream", UUID(one.partition("/")[2]))
        assert SECRET not in await told(ledger, noor, stream_id)
    assert SECRET.encode() not in (folder / "journal" / FILE).read_bytes()
    run("pg_restore", "--exit-on-error", f"--dbname={restored.superuser}", backup)
    async with Ledger.open(restored.app, GIVEN_KEY, settings) as ledger:
        assert SECRET in await told(ledger, noor, stream_id)
    journal = ErasureJournal(folder / "journal")
    assert await _erase_again(restored.app, GIVEN_KEY, settings, journal) == 3
    async with Ledger.open(restored.app, GIVEN_KEY, settings) as ledger:
        for one in (stream_id, gone):
            assert SECRET not in await told(ledger, noor, one)
        joins = proposal("participant.joined", party_id=str(ada), name="Ada, again", side="buyer")
        await ledger.append(noor, stream_id, [joins], opens=False)
    assert await _erase_again(restored.app, GIVEN_KEY, settings, journal) == 0
    async with Ledger.open(restored.app, GIVEN_KEY, settings) as ledger:
        assert "Ada, again" in await told(ledger, noor, stream_id)  # what was said afterwards stays
    assert len(journal.entries()) == 4


async def test_killed_between_the_journal_and_the_commit_the_next_start_erases(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = journaled(folder)
    async with Ledger.open(database.app, GIVEN_KEY, settings) as ledger:
        noor, ada, stream_id, _ = await a_story(ledger)
        with monkeypatch.context() as patch:
            patch.setattr(ErasureJournal, "note", _and_then(_the_backends_die(database)))
            with pytest.raises(StoreUnavailable):
                await erase(ledger, noor, "party", ada)
        assert SECRET in await told(ledger, noor, stream_id)  # nothing committed
        await note(ledger, noor, stream_id, "It goes on")
    journal = ErasureJournal(folder / "journal")
    assert [entry.target_id for entry in journal.entries()] == [ada]
    assert await _erase_again(database.app, GIVEN_KEY, settings, journal) == 1
    async with Ledger.open(database.app, GIVEN_KEY, settings) as ledger:
        history = await ledger.history(noor, stream_id)
        assert [one.fact.data.statement for one in history.records if one.fact.type == "no.received"] == [ERASED]


def _the_backends_die(database: Database) -> Callable[[], None]:
    def die() -> None:
        with psycopg.connect(database.superuser, autocommit=True) as db:
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
            )

    return die


_note = ErasureJournal.note


def _and_then(die: Callable[[], None]) -> Callable[[ErasureJournal, Entry], object]:
    async def note_and_die(journal: ErasureJournal, entry: Entry) -> None:
        await _note(journal, entry)
        die()

    return note_and_die


async def test_without_a_journal_that_takes_it_nothing_is_erased(
    folder: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    async with Ledger.open(database.app, GIVEN_KEY, journaled(folder)) as ledger:
        noor, ada, stream_id, _ = await a_story(ledger)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            with pytest.raises(StoreUnavailable):
                await erase(ledger, noor, "party", ada)
        assert SECRET in await told(ledger, noor, stream_id)
        await erase(ledger, noor, "party", ada)
        assert "participant.joined" in str((await ledger.history(noor, stream_id)).records)
        home = f"workspace/{noor.workspace_id}"
        owner = Identity(noor.workspace_id, uuid4(), Caller(uuid4(), "owner"), "owner")
        assert (await ledger.history(owner, home)).version == 1


async def test_a_line_that_was_cut_off_is_no_entry_and_spoils_none(folder: Path, database: Database) -> None:
    settings = journaled(folder)
    journal = ErasureJournal(folder / "journal")
    async with Ledger.open(database.app, GIVEN_KEY, settings) as ledger:
        noor, ada, _, noted = await a_story(ledger)
        await erase(ledger, noor, "event", noted)
        with (folder / "journal" / FILE).open("ab") as file:
            file.write(b'{"workspace_id":"0193')
        assert [entry.scope for entry in journal.entries()] == ["event"]
        await erase(ledger, noor, "party", ada)
    assert [entry.scope for entry in journal.entries()] == ["event", "party"]


def test_without_a_journal_beside_a_given_database_the_start_warns(
    folder: Path, database: Database, service_process: Start
) -> None:
    service = service_process(folder / "without", database=database)
    assert [line for line in service.output.splitlines() if NO_JOURNAL in line and "warning" in line.lower()]


ASLEEP_S = 1.5
DIES = "PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(1)"


@contextmanager
def erasing_takes_a_while(database: Database, *, at_commit: bool, then: str) -> Iterator[None]:
    """The erasure's last row takes a while: as it is written, before the journal is told; or at the commit, after."""
    kind, when = ("CONSTRAINT", "DEFERRABLE INITIALLY DEFERRED") if at_commit else ("", "")
    with psycopg.connect(database.superuser, autocommit=True) as db:
        db.execute(
            f"""
            CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
            BEGIN PERFORM pg_sleep({ASLEEP_S}); {then}; RETURN NULL; END $$;
            CREATE {kind} TRIGGER fault AFTER INSERT ON erasure {when} FOR EACH ROW EXECUTE FUNCTION fault();
            """.encode()
        )
        try:
            yield
        finally:
            db.execute("DROP TRIGGER fault ON erasure; DROP FUNCTION fault")


@pytest.mark.parametrize(
    ("at_commit", "then", "noted", "committed"),
    [
        pytest.param(False, "NULL", False, False, id="before the journal's entry", marks=pytest.mark.slow),
        pytest.param(True, DIES, True, False, id="after the entry, and the commit fails"),
        pytest.param(True, "NULL", True, True, id="after the entry, and the commit comes", marks=pytest.mark.slow),
    ],
)
def test_killed_around_the_journals_entry_the_state_is_right_after_the_next_start(
    folder: Path,
    database: Database,
    service_process: Start,
    at_commit: bool,
    then: str,
    noted: bool,
    committed: bool,
) -> None:
    environment = {"THROUGHLINE_ERASURE_JOURNAL": str(folder / "journal")}
    journal, event_id = folder / "journal" / FILE, str(uuid4())
    service = service_process(folder / "first", database=database, environment=environment)
    with httpx.Client(base_url=service.url, headers=service.headers, trust_env=False, timeout=20) as http:
        opened = {"type": "deal.opened", "data": {"title": SECRET}}
        deal = http.post("/v1/deals", json=opened).json()["events"][0]["stream_id"]

    def erase() -> None:
        body = {"scope": "stream", "stream_id": deal, "reason": REASON, "event_id": event_id}
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{service.url}/v1/erasures", json=body, headers=service.headers, trust_env=False, timeout=20)

    with erasing_takes_a_while(database, at_commit=at_commit, then=then):
        asking = threading.Thread(target=erase)
        asking.start()
        until(lambda: under_way(database) and (journal.stat().st_size > 0) is noted)
        service.kill()
        asking.join(20)
        until(lambda: not under_way(database))
    assert (event_id in journal.read_text(), erasures(database)) == (noted, int(committed))
    again = service_process(folder / "first", database=database, environment=environment)
    with httpx.Client(base_url=again.url, headers=again.headers, trust_env=False, timeout=20) as http:
        events = http.get(f"/v1/deals/{deal.partition('/')[2]}/events").json()["events"]
        shown = http.get("/v1/deals").text + http.get("/v1/events").text + json.dumps(events)
    assert (SECRET in shown, erasures(database)) == (not noted, int(noted))
    assert [one["event_id"] for one in events if one["type"] == "content.erased"] == [event_id] * noted
    assert journal.read_text().count(event_id) == int(noted)


def under_way(database: Database) -> bool:
    """Whether the service's erasure is still in the database, whoever waits for it."""
    with psycopg.connect(database.superuser) as db:
        row = db.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"
        ).fetchone()
    return row is not None and row[0] > 0


def erasures(database: Database) -> int:
    with psycopg.connect(database.superuser) as db:
        row = db.execute("SELECT count(*) FROM erasure").fetchone()
    assert row is not None
    return int(row[0])


def until(so: Callable[[], bool], within_s: float = 20) -> None:
    end = time.monotonic() + within_s
    while not so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)


def test_a_service_that_was_killed_does_the_erasures_of_the_journal_before_it_answers(
    folder: Path, database: Database, service_process: Start
) -> None:
    environment = {"THROUGHLINE_ERASURE_JOURNAL": str(folder / "journal")}
    service = service_process(folder / "first", database=database, environment=environment)
    with httpx.Client(base_url=service.url, headers=service.headers, trust_env=False, timeout=20) as http:
        opened = {"type": "deal.opened", "data": {"title": SECRET}}
        deal = http.post("/v1/deals", json=opened).json()["events"][0]["stream_id"]
        me = http.get("/v1/me").json()
    service.kill()
    # What the killed service had noted and not committed.
    entry = {
        "workspace_id": me["workspace_id"],
        "event_id": str(uuid4()),
        "scope": "stream",
        "target_id": deal.partition("/")[2],
        "reason": REASON,
        "by": {"party_id": me["party_id"]},
        "at": "2026-03-02T09:00:00Z",
    }
    (folder / "journal" / FILE).write_text(json.dumps(entry) + "\n")
    again = service_process(folder / "first", database=database, environment=environment)
    with httpx.Client(base_url=again.url, headers=again.headers, trust_env=False, timeout=20) as http:
        events = http.get(f"/v1/deals/{deal.partition('/')[2]}/events")
        assert [one["event_id"] for one in events.json()["events"]][-1] == entry["event_id"]
        assert SECRET not in events.text + http.get("/v1/deals").text + http.get("/v1/events").text
    assert SECRET not in service.output + again.output
    assert NO_JOURNAL not in service.output + again.output
