"""Several workspaces share a commit: nobody's facts, answers or refusals depend on who else is in it."""

import asyncio
import time
from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from service.ledger import commits, workspace, writer
from service.ledger.asking import Appended
from service.ledger.credentials import Identity
from service.ledger.erasing.asked import Wanted as ToErase
from service.ledger.ledger import Ledger
from service.ledger.refusals import StoreUnavailable
from tests.conftest import Database
from tests.ledger.conftest import Opening, a_deal, member, note

pytestmark = pytest.mark.anyio

Connection = psycopg.Connection[tuple[UUID | int, ...]]


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield connection


async def depots(ledger: Ledger, count: int) -> list[tuple[Identity, str]]:
    """A member of each of some workspaces, with a deal there."""
    made = []
    for number in range(count):
        who = member(uuid4())
        await ledger.create_workspace(who.workspace_id, f"Depot {number}")
        made.append((who, await a_deal(ledger, who)))
    return made


async def each_notes(ledger: Ledger, places: list[tuple[Identity, str]], text: str) -> list[Appended | BaseException]:
    """One note for every place, all asked for in the same turn."""
    notes = (note(ledger, who, deal, text) for who, deal in places)
    return await asyncio.gather(*notes, return_exceptions=True)


def transactions(owner: Connection, version: int) -> list[int]:
    """The transactions that wrote the facts of this version, one entry for each."""
    rows = owner.execute("SELECT xmin::text::bigint FROM event WHERE version = %s", [version]).fetchall()
    return [int(row[0]) for row in rows]


def versions(answers: list[Appended | BaseException]) -> list[int | type[BaseException]]:
    return [one.stream_version if isinstance(one, Appended) else type(one) for one in answers]


@pytest.mark.parametrize(("workspaces_max", "shared"), [(16, [6]), (4, [2, 4]), (1, [1] * 6)])
async def test_workspaces_that_ask_at_once_share_a_commit_up_to_the_bound(
    ledger: Ledger, owner: Connection, workspaces_max: int, shared: list[int]
) -> None:
    ledger._workspaces._commits._workspaces_max = workspaces_max
    places = await depots(ledger, 6)
    answers = await each_notes(ledger, places, "All at once")
    assert versions(answers) == [2] * 6
    written = transactions(owner, version=2)
    assert sorted(written.count(one) for one in set(written)) == shared
    for who, deal in places:
        assert await ledger.position(who) == 2
        assert (await ledger.history(who, deal)).version == 2


async def test_a_commit_holds_no_more_facts_than_that_of_one_workspace_may(ledger: Ledger, owner: Connection) -> None:
    ledger._workspaces._commits._facts_max = 2
    await each_notes(ledger, await depots(ledger, 6), "Two by two")
    written = transactions(owner, version=2)
    assert max(written.count(one) for one in written) == 2


async def test_who_was_too_slow_in_one_workspace_holds_up_none_of_the_others(ledger: Ledger, opening: Opening) -> None:
    places = await depots(ledger, 3)
    async with opening() as other:
        who, deal = places[1]
        await note(other, who, deal, "From elsewhere")
        answers = await each_notes(ledger, places, "All at once")
        assert versions(answers) == [2, 3, 2]
        assert [record.fact.data.text for record in (await other.history(who, deal)).records[1:]] == [
            "From elsewhere",
            "All at once",
        ]


async def test_whose_counter_row_is_held_waits_alone(ledger: Ledger, owner: Connection) -> None:
    places = await depots(ledger, 4)
    with owner.transaction():
        owner.execute("SELECT FROM workspace WHERE workspace_id = %s FOR UPDATE", [places[2][0].workspace_id])
        began = time.monotonic()
        asking = asyncio.create_task(each_notes(ledger, [places[2]], "Held up"))
        answers = await each_notes(ledger, [*places[:2], places[3]], "Not held up")
        took = time.monotonic() - began
        assert versions(answers) == [2, 2, 2]
        assert not asking.done()
    assert took < 1.2  # a row is waited for 1.5 s by whoever waits alone
    assert versions(await asking) == [2]


async def test_what_the_database_refuses_of_one_is_recorded_of_the_others(ledger: Ledger, owner: Connection) -> None:
    places = await depots(ledger, 3)
    refuse(owner, places[1][0], "BEFORE INSERT")
    answers = await each_notes(ledger, places, "All at once")
    assert versions(answers) == [2, psycopg.errors.RaiseException, 2]
    assert [await ledger.position(who) for who, _ in places] == [2, 1, 2]


async def test_nobody_is_told_of_a_commit_that_failed(ledger: Ledger, owner: Connection) -> None:
    """Every call was answered by then, and the transaction ends with an error: nothing of it has happened."""
    places = await depots(ledger, 3)
    refuse(owner, places[1][0], "AFTER INSERT", deferred=True)
    answers = await each_notes(ledger, places, "All at once")
    assert versions(answers) == [2, psycopg.errors.RaiseException, 2]
    stored = owner.execute("SELECT count(*) FROM event WHERE version = 2").fetchone()
    assert stored == (2,)
    assert len(set(transactions(owner, version=2))) == 2


def refuse(owner: Connection, who: Identity, when: str, *, deferred: bool = False) -> None:
    """Have the database refuse what this workspace records from now on."""
    owner.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not this one'; END$$")
    kind, moment = ("CONSTRAINT TRIGGER", "DEFERRABLE INITIALLY DEFERRED") if deferred else ("TRIGGER", "")
    owner.execute(
        f"CREATE {kind} refuse {when} ON event {moment} FOR EACH ROW "
        f"WHEN (NEW.workspace_id = '{who.workspace_id}') EXECUTE FUNCTION refuse()".encode()
    )


async def test_a_rollback_on_the_connection_takes_no_statement_from_a_shared_commit(ledger: Ledger) -> None:
    places = await depots(ledger, 3)
    for round_ in range(3):
        async with ledger._store.connection(writing=True) as connection:
            await connection.execute("DEALLOCATE ALL")
        assert versions(await each_notes(ledger, places, "All at once")) == [2 + round_] * 3


async def test_two_processes_that_share_many_workspaces_never_wait_for_each_other_in_a_circle(
    ledger: Ledger, opening: Opening
) -> None:
    places = await depots(ledger, 8)
    async with opening() as other:
        rounds = [each_notes(one, order, "Again") for one in (ledger, other) for order in (places, places[::-1])]
        answers = [answer for one in await asyncio.gather(*rounds) for answer in one]
        assert not [answer for answer in answers if not isinstance(answer, Appended)]
        for who, deal in places:
            assert (await ledger.history(who, deal)).version == (await other.history(who, deal)).version == 5


async def test_what_others_recorded_comes_with_an_answer_piece_by_piece(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commits, "MISSED_MAX", 3)
    ours, *theirs = [await a_deal(ledger, noor) for _ in range(4)]
    async with opening() as other:
        await note(other, noor, ours, "That somebody else is here")
        await note(ledger, noor, ours, "Ours")
        for number in range(10):
            await note(other, noor, theirs[number % 3], f"Theirs {number}")
        followed = ledger._workspaces.known(noor.workspace_id)
        places = []
        for number in range(5):
            await note(ledger, noor, ours, f"Ours {number}")
            places.append(followed.position)
        assert places == [9, 12, 15, 20, 21]
        for deal in (ours, *theirs):
            kept = followed.kept(UUID(deal.partition("/")[2]))
            assert kept is not None
            assert kept.records == (await other.history(noor, deal)).records


async def test_whoever_is_far_behind_follows_the_log_instead(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that has just started has missed the whole log: it is not told of it answer by answer."""
    monkeypatch.setattr(writer, "MISSED_MAX", 3)
    deal = await a_deal(ledger, noor)
    for number in range(4):
        await note(ledger, noor, deal, f"Before the other starts {number}")
    async with opening() as other:
        followed = other._workspaces.known(noor.workspace_id)
        await note(other, noor, deal, "Decided on what was read of the deal")
        assert (followed.position, followed.behind) == (0, 5)
        await note(other, noor, deal, "Decided on the log")
        assert (followed.position, followed.behind, followed.shared) == (7, 0, False)


async def test_what_is_recorded_is_told_though_what_others_recorded_cannot_be_taken_in(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = [await a_deal(ledger, noor) for _ in range(2)]
    followed = ledger._workspaces.known(noor.workspace_id)

    async def lost(*_: object) -> None:
        raise StoreUnavailable("PoolTimeout") from PoolTimeout()

    async with opening() as other:
        await note(other, noor, theirs, "That somebody else is here")
        await note(ledger, noor, ours, "Ours")
        with monkeypatch.context() as patched:
            patched.setattr(followed, "take_missed", lost)
            appended = await note(ledger, noor, ours, "Ours, and nothing is learnt of theirs")
        assert (appended.stream_version, appended.replayed, followed.behind) == (3, False, 1)
        assert (await ledger.history(noor, theirs)).version == 2
        assert followed.behind == 0


async def test_what_others_erased_is_gone_with_the_next_answer(
    ledger: Ledger, noor: Identity, opening: Opening
) -> None:
    ours, theirs = [await a_deal(ledger, noor) for _ in range(2)]
    await note(ledger, noor, theirs, "To be erased")
    async with opening() as other:
        await note(other, noor, theirs, "That somebody else is here")
        await note(ledger, noor, ours, "Ours")
        admin = Identity(noor.workspace_id, uuid4(), member(noor.workspace_id, "admin").caller, "admin")
        target = UUID(theirs.partition("/")[2])
        await other.erase(admin, ToErase(scope="stream", target_id=target, reason="Asked for"))
        followed: workspace.Workspace = ledger._workspaces.known(noor.workspace_id)
        assert followed.kept(target) is not None
        await note(ledger, noor, ours, "And the answer to this tells of it")
        assert followed.kept(target) is None


async def test_an_append_is_refused_once_the_row_has_been_waited_for_alone(ledger: Ledger, owner: Connection) -> None:
    places = await depots(ledger, 2)
    with owner.transaction():
        owner.execute("SELECT FROM workspace WHERE workspace_id = %s FOR UPDATE", [places[0][0].workspace_id])
        answers = await each_notes(ledger, places, "All at once")
    assert versions(answers) == [StoreUnavailable, 2]
    assert versions(await each_notes(ledger, places, "Again")) == [2, 3]
