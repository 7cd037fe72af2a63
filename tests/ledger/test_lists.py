"""Lists: what the derived rows say is what folding the log says, for every filter, sort and page."""

import random
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from domain.facts import Visibility
from projections.stream_state import stream_state
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.questions import AgendaQuestion, PartiesQuestion, Row, RowsQuestion
from tests.ledger.conftest import Opening, StillClock, a_deal, member, note, proposal

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CUSTOMERS = ["Vervoer Noord", "Kade & Zoon", None]
SEED = 20260322


def at(day: float) -> str:
    return (START + timedelta(days=day)).isoformat()


async def deals(ledger: Ledger, who: Identity, number: int) -> list[str]:
    """Deals in every state, some with promises, forces and people, some private; the same each time."""
    chance = random.Random(SEED)
    made = []
    for index in range(number):
        stream_id = f"deal/{UUID(int=chance.getrandbits(128), version=4)}"
        buyer = str(UUID(int=index % 3 + 1))
        facts = [
            proposal("deal.opened", at=at(index % 7), title=f"Depots {index}", customer=chance.choice(CUSTOMERS)),
            proposal("participant.joined", at=at(index % 7), party_id=buyer, side="buyer", name=f"Buyer {index % 3}"),
        ]
        if index % 2:
            facts.append(
                proposal(
                    "commitment.made",
                    at=at(8),
                    debtor=str(who.caller.party_id),
                    creditor=buyer,
                    statement=f"Call back about {index}",
                    due_at=at(chance.randrange(9, 400)),
                )
            )
        if index % 5 == 0:
            facts.append(
                proposal("force.observed", at=at(9), force="push", statement="Nights", intensity=4, source="other")
            )
        if index % 3 == 0:
            facts.append(proposal("stage.entered", at=at(10), stage="deciding"))
        if index % 4 == 0:
            facts.append(proposal("deal.closed", at=at(11), outcome=chance.choice(["won", "lost"])))
        if index % 6 == 1:  # learned late, so that the order of recording is not the order of happening
            facts.append(proposal("stage.entered", at=at(index % 7 + 0.5), stage="first_thought"))
        await ledger.append(who, stream_id, facts, opens=True)
        if index % 4 == 2:  # he was not there after all
            joined = (await ledger.history(who, stream_id)).records[1].fact
            void = proposal("event.voided", at=at(12), target_event_id=str(joined.event_id), reason="A namesake")
            await ledger.append(who, stream_id, [void], opens=False)
        await note(ledger, who, stream_id, "And so on")
        made.append(stream_id)
    return made


async def all_rows(ledger: Ledger, who: Identity, question: RowsQuestion) -> list[Row]:
    rows: list[Row] = []
    while True:
        page = await ledger.rows(who, question)
        assert len(page.rows) <= question.limit
        rows += page.rows
        if page.next is None:
            return rows
        question = msgspec.structs.replace(question, after=page.next)


FILTERS: list[dict[str, Any]] = [
    {},
    {"status": "closed"},
    {"outcome": "won"},
    {"stage": "deciding"},
    {"party": UUID(int=2)},
    {"customer": "vervoer  NOORD"},
    {"text": "depots 1"},
    {"text": "kade"},
    {"status": "open", "party": UUID(int=1)},
    {"signal": "no_next_step"},
]


@pytest.mark.parametrize("page_size", [3, 500])
async def test_rows_of_now_are_the_rows_of_the_folded_log(opening: Opening, page_size: int) -> None:
    noor = member(uuid4())
    async with opening(StillClock(START + timedelta(days=60))) as ledger:
        await ledger.create_workspace(noor.workspace_id, "Depot deals")
        await deals(ledger, noor, 24)
        await _compare(ledger, noor, page_size)


async def _compare(ledger: Ledger, noor: Identity, page_size: int) -> None:
    now = await ledger.position(noor)
    sorts: list[Any] = ["opened", "last_event", "next_due", "trust"]
    for chosen, sort, descending in product(FILTERS, sorts, [False, True]):
        question = RowsQuestion(kind="deal", sort=sort, descending=descending, limit=page_size, **chosen)
        derived = await all_rows(ledger, noor, question)
        folded = await all_rows(ledger, noor, msgspec.structs.replace(question, known_at=now))
        assert derived == folded, (chosen, sort, descending)
        assert derived or chosen, "a filter that finds nothing shows nothing"
        dues = [row.next_due for row in derived]
        assert None not in dues[: len([due for due in dues if due])] or sort != "next_due"


async def test_every_filter_finds_something_and_not_everything(ledger: Ledger, noor: Identity) -> None:
    await deals(ledger, noor, 24)
    for chosen in FILTERS[1:]:
        found = await all_rows(ledger, noor, RowsQuestion(kind="deal", **chosen))
        assert 0 < len(found) < 24, chosen


async def test_as_of_shows_what_had_happened_and_known_at_what_had_been_recorded(
    ledger: Ledger, noor: Identity
) -> None:
    await deals(ledger, noor, 12)
    for day in (0, 3, 7, 12):
        rows = await all_rows(ledger, noor, RowsQuestion(kind="deal", as_of=START + timedelta(days=day)))
        assert len(rows) == sum(index % 7 <= day for index in range(12))
        closed = [row for row in rows if row.status == "closed"]
        assert len(closed) == (3 if day >= 11 else 0)
    assert await all_rows(ledger, noor, RowsQuestion(kind="deal", known_at=0)) == []
    assert len(await all_rows(ledger, noor, RowsQuestion(kind="deal", known_at=1))) == 1
    before = datetime.now(UTC) - timedelta(hours=1)
    assert await all_rows(ledger, noor, RowsQuestion(kind="deal", known_at=before)) == []


async def test_a_private_goal_is_listed_for_its_owner_alone(ledger: Ledger, noor: Identity) -> None:
    goal = f"goal/{uuid4()}"
    await ledger.append(noor, goal, [proposal("goal.set", statement="Run again", horizon="short")], opens=True)
    question = RowsQuestion(kind="goal")
    assert [row.title for row in await all_rows(ledger, noor, question)] == ["Run again"]
    for role in ("owner", "member", "coach", "auditor", "service"):
        stranger = member(noor.workspace_id, role)
        assert await all_rows(ledger, stranger, question) == []
        assert await all_rows(ledger, stranger, msgspec.structs.replace(question, known_at=99)) == []
        assert (await ledger.parties(stranger, PartiesQuestion())).parties == []
        window = AgendaQuestion(party=None, start=START, end=START + timedelta(days=999))
        assert (await ledger.agenda(stranger, window)).items == []


async def test_a_goal_shared_with_participants_is_listed_for_those_who_still_take_part(
    ledger: Ledger, noor: Identity
) -> None:
    coach = member(noor.workspace_id, "coach")
    goal = f"goal/{uuid4()}"
    first = msgspec.structs.replace(
        proposal("goal.set", statement="Run again", horizon="short"), visibility=Visibility.PARTICIPANTS
    )
    await ledger.append(noor, goal, [first], opens=True)
    question = RowsQuestion(kind="goal")
    assert await all_rows(ledger, coach, question) == []
    party_id = str(coach.caller.party_id)
    joined = msgspec.structs.replace(
        proposal("participant.joined", party_id=party_id, side="coach"), visibility=Visibility.PARTICIPANTS
    )
    left = msgspec.structs.replace(proposal("participant.left", party_id=party_id), visibility=Visibility.PARTICIPANTS)
    await ledger.append(noor, goal, [joined], opens=False)
    assert len(await all_rows(ledger, coach, question)) == 1
    assert len(await all_rows(ledger, coach, msgspec.structs.replace(question, known_at=2))) == 1
    await ledger.append(noor, goal, [left], opens=False)
    assert await all_rows(ledger, coach, question) == []


async def test_people_of_now_are_the_people_of_the_folded_log(ledger: Ledger, noor: Identity) -> None:
    await deals(ledger, noor, 24)
    derived = (await ledger.parties(noor, PartiesQuestion())).parties
    folded = (await ledger.parties(noor, PartiesQuestion(known_at=await ledger.position(noor)))).parties
    assert derived == folded
    assert len(derived) == 4
    assert sum(card.stream_count for card in derived) == 24 + 18
    seller = next(card for card in derived if card.party_id == noor.caller.party_id)
    assert seller.stream_count == 24
    assert len(seller.streams) == 20
    assert seller.owes == sum(card.owed for card in derived) > 0
    assert {card.name for card in derived} == {"Buyer 0", "Buyer 1", "Buyer 2", None}
    one = await ledger.parties(noor, PartiesQuestion(party=seller.party_id))
    assert len(one.parties[0].streams) == 24


async def test_people_come_in_pages(ledger: Ledger, noor: Identity) -> None:
    await deals(ledger, noor, 6)
    seen: list[UUID] = []
    after = None
    while True:
        page = await ledger.parties(noor, PartiesQuestion(limit=1, after=after))
        seen += [card.party_id for card in page.parties]
        if page.next is None:
            break
        after = page.next
    assert len(seen) == len(set(seen)) == 4
    assert seen == sorted(seen)


async def test_the_agenda_holds_what_is_due_in_the_window_after_what_is_overdue(ledger: Ledger, noor: Identity) -> None:
    await deals(ledger, noor, 12)
    question = AgendaQuestion(
        party=noor.caller.party_id,
        start=START + timedelta(days=30),
        end=START + timedelta(days=200),
        limit=2,
        as_of=START + timedelta(days=100),
    )
    items = []
    while True:
        page = await ledger.agenda(noor, question)
        items += page.items
        if page.next is None:
            break
        question = msgspec.structs.replace(question, after=page.next)
    assert [item.at for item in items] == sorted(item.at for item in items)
    assert all(item.overdue == (item.at < START + timedelta(days=100)) for item in items)
    assert len({item.subject_id for item in items}) == len(items) > 2
    nobody = msgspec.structs.replace(question, party=UUID(int=77), after=None)
    assert (await ledger.agenda(noor, nobody)).items == []


async def test_a_stream_with_late_and_voided_facts_goes_on_as_if_folded_from_the_start(
    ledger: Ledger, noor: Identity, opening: Opening
) -> None:
    deal = await a_deal(ledger, noor)
    late = proposal("stage.entered", at="2026-03-03T09:00:00Z", stage="deciding")
    await ledger.append(noor, deal, [proposal("note.recorded", at="2026-04-01T09:00:00Z", text="Later")], opens=False)
    noted_id = (await ledger.append(noor, deal, [late], opens=False)).events[0].fact.event_id
    for day in range(2, 9):
        stage = "deciding" if day % 2 else "active_looking"
        fact = proposal("stage.entered", at=f"2026-04-{day:02}T09:00:00Z", stage=stage)
        await ledger.append(noor, deal, [fact], opens=False)
    void = proposal("event.voided", target_event_id=str(noted_id), reason="Too early")
    await ledger.append(noor, deal, [void], opens=False)
    hidden = msgspec.structs.replace(
        proposal("note.recorded", at="2026-05-01T09:00:00Z", text="For me alone"), visibility=Visibility.PRIVATE
    )
    await ledger.append(noor, deal, [hidden], opens=False)
    last = proposal("force.observed", at="2026-04-20T09:00:00Z", force="pull", statement="Rest", intensity=2)
    await ledger.append(noor, deal, [last], opens=False)
    async with opening() as restarted:
        for kept, fresh in [(ledger, restarted), (restarted, ledger)]:
            one, other = await kept.history(noor, deal), await fresh.history(noor, deal)
            assert one.records == other.records
            assert one.stream is not None
            assert other.stream is not None
            assert stream_state(one.stream, START) == stream_state(other.stream, START)
            question = RowsQuestion(kind="deal")
            assert await all_rows(kept, noor, question) == await all_rows(
                fresh, noor, msgspec.structs.replace(question, known_at=await fresh.position(noor))
            )
