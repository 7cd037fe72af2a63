"""One log, two ways in: the service's ledger and applications of the library share positions and spoil nothing."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from domain.events.record import NoteRecorded
from domain.refusals import StreamExists
from service.eventsourcing import Factory, RecordedFact
from service.eventsourcing.recorder import LedgerRecorder
from service.ledger.credentials import Identity
from service.ledger.feed.entries import Seen, Wanted
from service.ledger.ledger import Ledger
from service.ledger.questions import PartiesQuestion, RowsQuestion
from service.ledger.refusals import Absent
from tests.conftest import Database
from tests.eventsourcing.conftest import environment_of
from tests.ledger.conftest import Opening, a_deal, note, noted, opened
from tests.ledger.test_feed import again

pytestmark = pytest.mark.anyio


@pytest.fixture
def workspace_id(noor: Identity) -> UUID:
    """The workspace that both use."""
    return noor.workspace_id


@pytest.fixture
def environment(database: Database, workspace_id: UUID) -> dict[str, str]:
    return environment_of(database, workspace_id)


def event(version: int, of: UUID, state: bytes = b"{}") -> StoredEvent:
    return StoredEvent(of, version, "shelf.opened", state)


async def test_both_append_at_once_and_positions_stay_dense(
    ledger: Ledger, noor: Identity, recorder: LedgerRecorder, opening: Opening
) -> None:
    deal, shelf = await a_deal(ledger, noor), uuid4()

    def shelve() -> list[int]:
        return [recorder.insert_events([event(version, shelf)])[0] for version in range(1, 41)]

    async def record() -> list[int]:
        return [(await note(ledger, noor, deal, f"Note {number}")).position for number in range(40)]

    shelved, noted_at = await asyncio.gather(asyncio.to_thread(shelve), record())
    assert sorted([1, *shelved, *noted_at]) == list(range(1, 82))
    notifications = await asyncio.to_thread(recorder.select_notifications, None, 200)
    assert [one.id for one in notifications] == list(range(1, 82))
    assert [one.id for one in notifications if one.originator_id == shelf] == shelved
    async with opening() as restarted:
        for one in (ledger, restarted):
            history = await one.history(noor, deal)
            assert [record.fact.stream_version for record in history.records] == list(range(1, 42))
            assert history.position == 81


async def test_the_follower_goes_past_events_that_are_not_its_own(
    ledger: Ledger, noor: Identity, recorder: LedgerRecorder, opening: Opening
) -> None:
    deal, shelf = await a_deal(ledger, noor), uuid4()
    async with opening() as other:
        assert (await other.history(noor, deal)).version == 1
        for version in range(1, 6):
            await asyncio.to_thread(recorder.insert_events, [event(version, shelf)])
            await note(ledger, noor, deal, f"Version {version + 1}")
            assert (await other.history(noor, deal)).version == version + 1
            decided = await note(other, noor, deal, "By the other", dry_run=True)
            assert decided.stream_version == version + 2
            assert await other.position(noor) == 1 + 2 * version


async def test_the_feed_goes_past_events_that_are_not_its_own(
    ledger: Ledger, noor: Identity, recorder: LedgerRecorder
) -> None:
    deal, shelf = await a_deal(ledger, noor), uuid4()
    follower = await ledger.follow(noor, again(noor), Wanted(), 0)
    await asyncio.to_thread(recorder.insert_events, [event(1, shelf), event(2, shelf)])
    await note(ledger, noor, deal, "After them")
    seen: list[Seen] = []
    while follower.position < 4:
        seen += (await follower.next()).items
        if follower.position < 4:
            await follower.news(1.0)
    ledger.followers.close(follower)
    assert [item.entry.position for item in seen] == [0, 3]
    items, following, position = await ledger.feed(noor, Wanted(), 0, 100)
    assert [item.entry.position for item in items] == [0, 3]
    assert following == position == 4


async def test_another_application_s_stream_is_not_there_for_the_service(
    ledger: Ledger, noor: Identity, recorder: LedgerRecorder
) -> None:
    shelf = uuid4()
    await asyncio.to_thread(recorder.insert_events, [event(1, shelf)])
    for kind in ("deal", "goal", "workspace", "opaque"):
        with pytest.raises(Absent):
            await ledger.history(noor, f"{kind}/{shelf}")
        with pytest.raises(Absent):
            await ledger.append(noor, f"{kind}/{shelf}", [noted("Hello?")], opens=False)
    assert await ledger.position(noor) == 1


async def test_its_id_is_taken(ledger: Ledger, noor: Identity, recorder: LedgerRecorder) -> None:
    shelf = uuid4()
    await asyncio.to_thread(recorder.insert_events, [event(1, shelf)])
    neighbour = f"deal/{uuid4()}"
    taken, opened_beside = await asyncio.gather(
        ledger.append(noor, f"deal/{shelf}", [opened()], opens=True),
        ledger.append(noor, neighbour, [opened()], opens=True),
        return_exceptions=True,
    )
    assert isinstance(taken, StreamExists)
    assert not isinstance(opened_beside, BaseException)
    with pytest.raises(IntegrityError, match="is a deal: its facts are recorded through the service"):
        await asyncio.to_thread(recorder.insert_events, [event(2, UUID(neighbour.removeprefix("deal/")))])


async def test_no_list_shows_it(ledger: Ledger, noor: Identity, recorder: LedgerRecorder) -> None:
    deal = await a_deal(ledger, noor)
    await asyncio.to_thread(recorder.insert_events, [event(1, uuid4())])
    position = await ledger.position(noor)
    for known_at in (None, position):
        rows = await ledger.rows(noor, RowsQuestion(kind="deal", known_at=known_at))
        assert [f"deal/{row.id}" for row in rows.rows] == [deal]
        assert not (await ledger.rows(noor, RowsQuestion(kind="goal", known_at=known_at))).rows
        people = await ledger.parties(noor, PartiesQuestion(known_at=known_at))
        assert [one.party_id for one in people.parties] == [noor.caller.party_id]


async def test_facts_arrive_as_the_service_has_them(
    ledger: Ledger, noor: Identity, recorder: LedgerRecorder, factory: Factory
) -> None:
    deal = await a_deal(ledger, noor)
    await note(ledger, noor, deal, "He paused")
    history = await ledger.history(noor, deal)
    mapper: Any = factory.mapper()
    notifications = await asyncio.to_thread(recorder.select_notifications, None, 10)
    read = [mapper.to_domain_event(one) for one in notifications]
    assert [one.recorded for one in read if isinstance(one, RecordedFact)] == list(history.records)
    assert isinstance(read[1].data, NoteRecorded)
    assert (read[1].type, read[1].position, read[1].originator_version) == ("note.recorded", 1, 2)
    assert [(one.originator_id, one.topic, one.state) for one in map(mapper.to_stored_event, read)] == [
        (one.originator_id, one.topic, one.state) for one in notifications
    ]
    stream = await asyncio.to_thread(recorder.select_events, UUID(deal.removeprefix("deal/")), desc=True, limit=1)
    assert [(one.originator_version, one.topic) for one in stream] == [(2, "note.recorded")]
