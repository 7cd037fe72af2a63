"""The feed over the ledger: what a follower holds in the end is what they may see, however it came to them."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from domain.events import CATALOGUE
from domain.events.record import ContentErased
from domain.facts import Caller, Proposal, Visibility
from domain.refusals import Refusal
from service.ledger.credentials import Identity
from service.ledger.feed import tail
from service.ledger.feed.entries import Seen, Wanted
from service.ledger.feed.following import Follower
from service.ledger.ledger import Ledger
from service.ledger.members import SERVICE_PARTY
from service.ledger.refusals import Absent, PositionAhead
from tests.conftest import Database
from tests.ledger.conftest import Opening, a_deal, member, note, opened, proposal

pytestmark = pytest.mark.anyio

DEADLINE_S = 15.0
VISIBILITIES = ("private", "participants", "team", "shared")


def again(who: Identity) -> Callable[[], Awaitable[Identity]]:
    async def identified() -> Identity:
        return who

    return identified


async def following(ledger: Ledger, who: Identity, start: int = 0) -> Follower:
    return await ledger.follow(who, again(who), Wanted(), start)


async def seen_until(follower: Follower, size: int) -> list[Seen]:
    """What comes until everything before `size` was looked at."""
    found: list[Seen] = []
    async with asyncio.timeout(DEADLINE_S):
        while follower.position < size:
            found += (await follower.next()).items
            if follower.position < size:
                await follower.news(1.0)
    return found


def positions(items: list[Seen]) -> list[int]:
    return [item.entry.position for item in items if item.event]


async def paged(ledger: Ledger, who: Identity, start: int = 0) -> list[Seen]:
    items, following_, position = await ledger.feed(who, Wanted(), start, 500)
    assert following_ == position
    return items


@pytest.mark.parametrize("entries_max", [3, 2_000])
async def test_F15_who_follows_two_ledgers_that_record_at_once_sees_each_position_once(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch, entries_max: int
) -> None:
    """Groups overtake each other, memory is left behind, and followers begin anywhere."""
    monkeypatch.setattr(tail, "ENTRIES_MAX", entries_max)
    async with opening() as other:
        deals = [await a_deal(one, noor) for one in (ledger, other) * 3]
        began = [(start, await following(one, noor, start)) for one in (ledger, other) for start in (0, 3, 6)]
        writes = [
            note(one, noor, deal, f"Note {number}")
            for number in range(30)
            for one, deal in zip((ledger, other) * 3, deals, strict=True)
        ]
        reading = [asyncio.create_task(seen_until(follower, 186)) for _, follower in began]
        for start in range(0, len(writes), 24):
            await asyncio.gather(*writes[start : start + 24])
        for (start, _), task in zip(began, reading, strict=True):
            assert positions(await task) == list(range(start, 186))
        for one in (ledger, other):
            assert positions(await paged(one, noor)) == list(range(186))
        for (_, follower), one in zip(began, [ledger] * 3 + [other] * 3, strict=True):
            one.followers.close(follower)


class View:
    """What somebody who follows holds of one deal, reading it anew when they are told to."""

    def __init__(self, ledger: Ledger, who: Identity, deal: str) -> None:
        self.held: set[UUID] = set()
        self._ledger = ledger
        self._who = who
        self._deal = deal

    async def take(self, items: list[Seen]) -> None:
        for item in items:
            if item.reset:
                self.held = await self.read()
            if item.event and item.entry.record is not None:
                self.held.add(item.entry.record.fact.event_id)

    async def read(self) -> set[UUID]:
        try:
            history = await self._ledger.history(self._who, self._deal)
        except Absent:
            return set()
        return {record.fact.event_id for record in history.records}


@pytest.mark.parametrize("seed", range(6))
async def test_what_a_follower_holds_is_what_they_may_see(
    ledger: Ledger, noor: Identity, opening: Opening, seed: int
) -> None:
    """People come and go and facts are widened; some follow from the start and some go by pages."""
    chance = random.Random(seed)
    stream = uuid4()
    deal = f"deal/{stream}"
    first = chance.choice(["team", "shared", "participants"])
    await ledger.append(noor, deal, [_visible(opened(), first)], opens=True)
    people = [member(noor.workspace_id, role) for role in ("coach", "member", "auditor")]
    guest = Identity(noor.workspace_id, uuid4(), Caller(uuid4(), "guest", stream_id=deal), "guest")
    callers = [noor, *people, guest]
    async with opening() as other:
        live = [(View(one, who, deal), await following(one, who)) for one in (ledger, other) for who in callers]
        by_page = [(View(other, who, deal), who, [0]) for who in callers]
        for _ in range(25):
            await _something(ledger, noor, deal, people, chance)
            for view, who, at in by_page:
                if chance.random() < 0.3:
                    items, at[0], _ = await other.feed(who, Wanted(), at[0], 3)
                    await view.take(items)
        size = await ledger.position(noor)
        for view, follower in live:
            await view.take(await seen_until(follower, size))
            assert view.held == await view.read()
        for view, who, at in by_page:
            await view.take(await paged(other, who, at[0]))
            assert view.held == await view.read()
        for one, (_, follower) in zip([ledger] * 5 + [other] * 5, live, strict=True):
            one.followers.close(follower)


def _visible(said: Proposal, visibility: str) -> Proposal:
    return msgspec.structs.replace(said, visibility=Visibility(visibility))


async def _something(ledger: Ledger, noor: Identity, deal: str, people: list[Identity], chance: random.Random) -> None:
    """One step of the deal; what the rules refuse is no step."""
    party = chance.choice(people).caller.party_id
    history = await ledger.history(noor, deal)
    target = chance.choice(history.records).fact
    said = chance.choice(
        [
            _visible(proposal("note.recorded", text="What they said"), chance.choice(VISIBILITIES)),
            proposal("participant.joined", party_id=str(party), side="seller"),
            proposal("participant.left", party_id=str(party)),
            proposal("visibility.widened", target_event_id=str(target.event_id), to=chance.choice(VISIBILITIES[1:])),
            proposal("event.voided", target_event_id=str(target.event_id), reason="By mistake"),
        ]
    )
    try:
        await ledger.append(noor, deal, [said], opens=False)
    except Refusal:
        return


async def test_F16_a_spoilt_fact_is_passed_over(
    ledger: Ledger, noor: Identity, database: Database, opening: Opening, caplog: pytest.LogCaptureFixture
) -> None:
    spoilt, sound = await a_deal(ledger, noor), await a_deal(ledger, noor)
    await note(ledger, noor, spoilt, "This will be spoilt")
    await note(ledger, noor, sound, "Goes on")
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE event SET structure = set_byte(structure, 20, 7) WHERE position = 2")
    async with opening() as restarted:
        assert positions(await paged(restarted, noor)) == [0, 1, 3]
        follower = await following(restarted, noor)
        await note(ledger, noor, sound, "Further on")
        assert positions(await seen_until(follower, 5)) == [0, 1, 3, 4]
        restarted.followers.close(follower)
    assert "passes over position 2" in caplog.text
    assert "This will be spoilt" not in caplog.text


async def test_erasing_lets_go_of_what_was_rendered(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    follower = await following(ledger, noor)
    await note(ledger, noor, deal, "This will be erased")
    await seen_until(follower, 2)
    service = Identity(noor.workspace_id, uuid4(), Caller(SERVICE_PARTY, "owner", "service"), "throughline")
    content = ContentErased(scope="stream", reason="Asked for")
    erased = CATALOGUE["content.erased"].proposal(data=content, visibility=Visibility.TEAM)
    await ledger.append(service, deal, [erased], opens=False)
    held = ledger.followers._tails[noor.workspace_id][0]
    assert (held.start, held.end) == (2, 3)
    assert positions(await seen_until(follower, 3)) == [2]
    ledger.followers.close(follower)


async def test_nothing_is_left_when_the_last_follower_goes(ledger: Ledger, noor: Identity) -> None:
    await a_deal(ledger, noor)
    tasks = len(asyncio.all_tasks())
    followers = [await following(ledger, noor) for _ in range(20)]
    waiting = [asyncio.create_task(seen_until(follower, 2)) for follower in followers]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    for follower in followers:
        ledger.followers.close(follower)
    await asyncio.sleep(0.05)
    assert ledger.followers.count == 0
    assert len(asyncio.all_tasks()) <= tasks


async def test_a_position_beyond_the_log_is_refused(ledger: Ledger, noor: Identity) -> None:
    await a_deal(ledger, noor)
    for ask in (partial(ledger.feed, noor, Wanted(), 2, 10), partial(following, ledger, noor, 2)):
        with pytest.raises(PositionAhead):
            await ask()
    assert positions(await paged(ledger, noor, 1)) == []
