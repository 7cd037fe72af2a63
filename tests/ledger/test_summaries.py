"""Summaries: lists are right at the moment of asking, although trust and signals change without a fact."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
import pytest

from domain.facts import Caller, Visibility, stream_uuid
from projections.summary import EDITION
from projections.trust.policy import DEFAULT
from projections.trust.score import trust
from projections.view import View
from service.ledger import summaries
from service.ledger.credentials import Identity
from service.ledger.erasing.asked import Wanted
from service.ledger.ledger import Ledger
from service.ledger.questions import Row, RowsQuestion
from service.ledger.refusals import NotSummarised
from service.ledger.summaries import Made, Summaries
from service.ledger.workspace import Workspace
from tests.conftest import Database
from tests.ledger.conftest import Opening, StillClock, member, proposal

pytestmark = pytest.mark.anyio

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
BUYER = str(UUID(int=7))
BY_TRUST = RowsQuestion(kind="deal", sort="trust", descending=False)


def at(day: float) -> str:
    return (START + timedelta(days=day)).isoformat()


@pytest.fixture
def clock() -> StillClock:
    return StillClock(START + timedelta(days=30))


@pytest.fixture
async def ledger(opening: Opening, clock: StillClock) -> AsyncIterator[Ledger]:
    async with opening(clock) as opened:
        yield opened


async def told(ledger: Ledger, who: Identity, title: str, *facts: Any) -> str:
    """A deal with a buyer on which these facts happened."""
    stream_id = f"deal/{uuid4()}"
    opened = proposal("deal.opened", at=at(0), title=title)
    joined = proposal("participant.joined", at=at(0), party_id=BUYER, side="buyer")
    await ledger.append(who, stream_id, [opened, joined, *facts], opens=True)
    return stream_id


def promised(who: Identity, name: int, due: float, **more: Any) -> Any:
    me = str(who.caller.party_id)
    made: dict[str, Any] = {"commitment_id": str(UUID(int=name)), "statement": "Send the figures"}
    return proposal("commitment.made", at=at(1), due_at=at(due), debtor=me, creditor=BUYER, **made, **more)


def about(type_: str, name: int, day: float, **more: Any) -> Any:
    return proposal(f"commitment.{type_}", at=at(day), commitment_id=str(UUID(int=name)), **more)


async def rows(ledger: Ledger, who: Identity, question: RowsQuestion = BY_TRUST) -> list[Row]:
    return (await ledger.rows(who, question)).rows


async def titles(ledger: Ledger, who: Identity, question: RowsQuestion = BY_TRUST) -> list[str | None]:
    return [row.title for row in await rows(ledger, who, question)]


async def as_folded(ledger: Ledger, who: Identity, question: RowsQuestion = BY_TRUST) -> list[Row]:
    """The same list from the log itself."""
    return await rows(ledger, who, msgspec.structs.replace(question, as_of=ledger.clock.now()))


async def two_deals(ledger: Ledger, who: Identity) -> None:
    """One on which a promise was broken, which is forgotten; one on which a small one is overdue, which is not."""
    await told(ledger, who, "Broken", promised(who, 1, 10, stake="large"), about("broken", 1, 10))
    await told(ledger, who, "Overdue", promised(who, 2, 10, stake="normal"))
    await told(ledger, who, "Nothing")


async def test_the_order_by_trust_is_that_of_the_moment(ledger: Ledger, noor: Identity, clock: StillClock) -> None:
    await two_deals(ledger, noor)
    assert await titles(ledger, noor) == ["Broken", "Overdue", "Nothing"]
    clock.at = START + timedelta(days=400)
    assert await titles(ledger, noor) == ["Overdue", "Broken", "Nothing"]
    assert await rows(ledger, noor) == await as_folded(ledger, noor)


async def test_goals_have_a_dimension_less_and_their_order(ledger: Ledger, noor: Identity) -> None:
    for title, end in (("Kept", "fulfilled"), ("Broken", "broken"), ("Nothing", None)):
        me = str(noor.caller.party_id)
        name = str(uuid4())
        facts = [proposal("goal.set", at=at(0), statement=title, horizon="medium")]
        if end:
            made: dict[str, Any] = {"statement": "Read ten pages", "debtor": me, "creditor": me}
            facts.append(proposal("commitment.made", at=at(1), due_at=at(9), commitment_id=name, **made))
            facts.append(proposal(f"commitment.{end}", at=at(8), commitment_id=name))
        await ledger.append(noor, f"goal/{uuid4()}", facts, opens=True)
    question = RowsQuestion(kind="goal", sort="trust", descending=False)
    assert [row.trust and row.trust.score for row in await rows(ledger, noor, question)] == sorted(
        row.trust.score for row in await as_folded(ledger, noor, question) if row.trust
    )
    assert (await titles(ledger, noor, question))[0] == "Broken"
    assert await rows(ledger, noor, question) == await as_folded(ledger, noor, question)


async def test_a_list_says_digit_for_digit_what_the_deal_says(
    ledger: Ledger, noor: Identity, clock: StillClock
) -> None:
    await two_deals(ledger, noor)
    for day in (30, 31.000011, 97, 400):
        clock.at = START + timedelta(days=day)
        for question in (BY_TRUST, RowsQuestion(kind="deal")):
            for row in await rows(ledger, noor, question):
                stream = (await ledger.history(noor, f"deal/{row.id}")).stream
                assert stream is not None
                whole = trust(View(stream, clock.at))
                assert row.trust is not None
                assert row.trust.weakest_dimension == whole.weakest_dimension
                assert (row.trust.score, row.trust.label) == (whole.overall, whole.label)


async def test_what_time_alone_brings_is_seen_when_its_time_has_come(
    ledger: Ledger, noor: Identity, clock: StillClock
) -> None:
    await told(ledger, noor, "Due later", promised(noor, 1, 50, next_step=True))
    await told(ledger, noor, "Nothing")
    quiet = RowsQuestion(kind="deal", signal="silence")
    clock.at = START + timedelta(days=2)
    assert await titles(ledger, noor, quiet) == []
    before = await rows(ledger, noor)
    assert [row.trust and row.trust.score for row in before] == [0.5, 0.5]
    clock.at = START + timedelta(days=51)
    assert len(await titles(ledger, noor, quiet)) == 2
    assert await titles(ledger, noor) == ["Due later", "Nothing"]
    assert await rows(ledger, noor) == await as_folded(ledger, noor)
    assert {"silence", "unexplained_silence"} <= set((await rows(ledger, noor))[1].signals)


async def test_a_fact_of_another_process_is_in_the_next_list(
    ledger: Ledger, noor: Identity, opening: Opening, clock: StillClock
) -> None:
    deal = await told(ledger, noor, "Kept", promised(noor, 1, 10))
    assert [row.trust and row.trust.label for row in await rows(ledger, noor)] == ["uncertain"]
    async with opening(clock) as other:
        await other.append(noor, deal, [about("fulfilled", 1, 5)], opens=False)
        assert await rows(other, noor) == await as_folded(other, noor)
    assert await rows(ledger, noor) == await as_folded(ledger, noor)
    signals = RowsQuestion(kind="deal", signal="any")
    assert await rows(ledger, noor, signals) == await as_folded(ledger, noor, signals)


async def test_many_streams_are_followed_in_steps(
    ledger: Ledger, noor: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "STREAMS_PER_STEP", 2)
    monkeypatch.setattr(summaries, "FACTS_PER_STEP", 5)
    for limit in (0, 1_000):  # through all streams, then through the log
        monkeypatch.setattr(summaries, "FACTS_BEHIND_MAX", limit)
        for name in range(1, 6):
            await told(ledger, noor, f"Deal {name}", promised(noor, name, name))
        assert await rows(ledger, noor) == await as_folded(ledger, noor)


async def test_a_list_that_would_wait_too_long_is_told_to_come_back_and_its_summaries_are_made_meanwhile(
    ledger: Ledger,
    noor: Identity,
    opening: Opening,
    clock: StillClock,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(summaries, "FACTS_BEHIND_MAX", 0)
    monkeypatch.setattr(summaries, "STREAMS_PER_STEP", 1)
    monkeypatch.setattr(summaries, "FOLLOW_S", 0.02)
    for name in range(1, 6):
        await told(ledger, noor, f"Deal {name}", promised(noor, name, name))
    writing = asyncio.Event()
    monkeypatch.setattr(Summaries, "_write", _held(writing))
    with pytest.raises(NotSummarised):
        await rows(ledger, noor)
    writing.set()
    for _ in range(500):  # nobody asks meanwhile
        with psycopg.connect(database.owner) as owner:
            if owner.execute("SELECT position FROM summarised").fetchone() == (await ledger.position(noor),):
                break
        await asyncio.sleep(0.01)
    monkeypatch.setattr(summaries, "FOLLOW_S", 10)
    async with opening(clock) as other:
        assert await rows(other, noor) == await as_folded(other, noor)


def _held(until: asyncio.Event) -> Callable[..., Awaitable[bool]]:
    """Writing summaries, not before something happened."""
    write = Summaries._write

    async def held(*arguments: Any) -> bool:
        await until.wait()
        return await write(*arguments)

    return held


async def test_only_streams_that_moved_are_summarised_again_however_far_behind(
    ledger: Ledger, noor: Identity, opening: Opening, clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "FACTS_BEHIND_MAX", 0)
    deals = [await told(ledger, noor, f"Deal {name}", promised(noor, name, name)) for name in range(1, 6)]
    await rows(ledger, noor)
    await ledger.append(noor, deals[2], [about("fulfilled", 3, 2)], opens=False)
    made: list[UUID] = []
    make = Summaries.made

    async def noted(self: Summaries, workspace: Workspace, streams: Collection[UUID], at: datetime) -> list[Made]:
        made.extend(streams)
        return await make(self, workspace, streams, at)

    monkeypatch.setattr(Summaries, "made", noted)
    async with opening(clock) as other:
        assert await rows(other, noor) == await as_folded(other, noor)
    assert made == [stream_uuid(deals[2])]


async def test_a_process_of_other_rules_that_takes_over_meanwhile_leaves_no_gap(
    ledger: Ledger, noor: Identity, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "FACTS_BEHIND_MAX", 0)
    monkeypatch.setattr(summaries, "STREAMS_PER_STEP", 1)
    for name in range(1, 6):
        await told(ledger, noor, f"Deal {name}", promised(noor, name, name))
    write, writes = Summaries._write, 0

    async def overtaken(*arguments: Any) -> bool:
        nonlocal writes
        writes += 1
        if writes == 3:
            with psycopg.connect(database.owner, autocommit=True) as other:
                other.execute("SELECT keep_summaries(%s, 'other', 0, 0, '[]')", (noor.workspace_id,))
        return await write(*arguments)

    monkeypatch.setattr(Summaries, "_write", overtaken)
    assert await rows(ledger, noor) == await as_folded(ledger, noor)
    with psycopg.connect(database.owner) as owner:
        assert owner.execute("SELECT count(*) FROM summary").fetchone() == (5,)


async def test_who_takes_over_has_nothing_of_the_log_whatever_it_says(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    """An older process says how far it went with its first summaries."""
    await two_deals(ledger, noor)
    await rows(ledger, noor)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        taken = owner.execute("SELECT keep_summaries(%s, 'older', 0, 8, '[]')", (noor.workspace_id,)).fetchone()
        assert taken == (True,)
        edition, position = owner.execute("SELECT edition, position FROM summarised").fetchone() or ("", 0)
        assert edition == "older"
        assert position < 0
        keep = "SELECT keep_summaries(%s, 'older', %s, 8, '[]')"
        assert owner.execute(keep, (noor.workspace_id, 0)).fetchone() == (False,)
        assert owner.execute(keep, (noor.workspace_id, position)).fetchone() == (True,)


async def test_a_summary_that_was_made_before_its_stream_was_erased_is_not_kept_after(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    gone, kept = [await told(ledger, noor, title, promised(noor, 1, 9)) for title in ("Gone", "Kept")]
    await rows(ledger, noor)
    workspace = await ledger._workspaces.followed(noor)
    made = await ledger._summaries.made(workspace, [stream_uuid(gone), stream_uuid(kept)], ledger.clock.now())
    owner_ = Identity(noor.workspace_id, uuid4(), Caller(uuid4(), "owner"), "owner")
    await ledger.erase(owner_, Wanted(scope="stream", target_id=stream_uuid(gone), reason="Asked for in writing"))
    assert await ledger._summaries.keep(workspace, made)
    with psycopg.connect(database.owner) as owner:
        assert owner.execute("SELECT stream_id FROM summary").fetchall() == [(stream_uuid(kept),)]


async def test_what_cannot_be_made_anew_does_not_keep_the_others_from_it(
    ledger: Ledger, noor: Identity, clock: StillClock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries, "STREAMS_PER_STEP", 1)
    deals = [await told(ledger, noor, f"Due on day {day}", promised(noor, day, day)) for day in (40, 41, 42)]
    await rows(ledger, noor)
    make = Summaries.made

    async def without_the_first(
        self: Summaries, workspace: Workspace, streams: Collection[UUID], at: datetime
    ) -> list[Made]:
        return await make(self, workspace, [one for one in streams if one != stream_uuid(deals[0])], at)

    monkeypatch.setattr(Summaries, "made", without_the_first)
    clock.at = START + timedelta(days=60)
    await rows(ledger, noor)
    with psycopg.connect(database.owner) as owner:
        stale = owner.execute("SELECT stream_id FROM summary WHERE stale_at <= %s", (clock.at,)).fetchall()
    assert stale == [(stream_uuid(deals[0]),)]


async def test_pages_by_trust_hold_every_row_once(ledger: Ledger, noor: Identity, clock: StillClock) -> None:
    for name in range(1, 8):
        kept = [about("fulfilled", name, 2 + name)] if name % 3 else []
        await told(ledger, noor, f"Deal {name}", promised(noor, name, 20), *kept)
    for descending in (False, True):
        question = msgspec.structs.replace(BY_TRUST, descending=descending)
        whole = await rows(ledger, noor, question)
        found: list[str] = []
        asked = msgspec.structs.replace(question, limit=2)
        while True:
            page = await ledger.rows(noor, asked)
            found += [row.id for row in page.rows]
            if page.next is None:
                break
            clock.at += timedelta(hours=1)  # pages are asked for later and later
            asked = msgspec.structs.replace(asked, after=page.next)
        assert found == [row.id for row in whole]


async def test_summaries_of_other_rules_are_made_anew(ledger: Ledger, noor: Identity, database: Database) -> None:
    await two_deals(ledger, noor)
    right = await rows(ledger, noor)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("UPDATE summarised SET edition = 'older'")
        owner.execute("UPDATE summary SET lasting_for = '{9,9,9,9}', signals = '{}'")
    assert await rows(ledger, noor) == right
    with psycopg.connect(database.owner, autocommit=True) as owner:
        owner.execute("DELETE FROM summary")
        owner.execute("DELETE FROM summarised")
    assert await rows(ledger, noor) == right


async def test_a_process_that_is_behind_does_not_turn_summaries_back(
    ledger: Ledger, noor: Identity, database: Database
) -> None:
    deal = await told(ledger, noor, "Deal", promised(noor, 1, 40))
    await rows(ledger, noor)
    with psycopg.connect(database.owner, autocommit=True) as owner:
        known = owner.execute("SELECT edition, position FROM summarised").fetchone()
        assert known == (EDITION, 3)
        keep = "SELECT keep_summaries(%s, %s, %s, %s, '[]')"
        assert owner.execute(keep, (noor.workspace_id, known[0], 2, 3)).fetchone() == (False,)
        assert owner.execute(keep, (noor.workspace_id, known[0], 3, 3)).fetchone() == (True,)
        assert owner.execute("SELECT stream_id, version FROM summary").fetchall() == [(stream_uuid(deal), 3)]


async def test_what_only_some_may_see_is_in_nobodys_summary(ledger: Ledger, noor: Identity) -> None:
    private = msgspec.structs.replace(promised(noor, 1, 10), visibility=Visibility.PRIVATE)
    await told(ledger, noor, "Deal", private)
    (row,) = await rows(ledger, noor)
    assert row.trust is not None
    assert row.trust.label == "unknown"
    other = member(noor.workspace_id)
    assert await rows(ledger, other) == [row]


async def test_evidence_is_kept_until_a_fact_comes(ledger: Ledger, noor: Identity) -> None:
    deal = await told(ledger, noor, "Kept")
    first, second = [(await ledger.history(noor, deal)).view(ledger.clock.now(), DEFAULT) for _ in range(2)]
    assert first.evidence is second.evidence
    assert trust(second) == trust(View(second.stream, second.at))
    pressed = proposal("pressure.applied", at=at(2), kind="chasing", beneficiary="seller")
    await ledger.append(noor, deal, [pressed], opens=False)
    third = (await ledger.history(noor, deal)).view(ledger.clock.now(), DEFAULT)
    assert len(third.evidence.rows) == 1
    assert trust(third) == trust(View(third.stream, third.at))


async def test_evidence_that_time_alone_adds_to_is_gathered_for_the_moment(ledger: Ledger, noor: Identity) -> None:
    goal = f"goal/{uuid4()}"
    daily: dict[str, Any] = {
        "routine_id": uuid4(),
        "name": "Ten words",
        "time_zone": "UTC",
        "schedule": {"times": 1, "per": "day"},
    }
    facts = [
        proposal("goal.set", at=at(0), statement="Speak Portuguese", horizon="medium"),
        proposal("routine.set", at=at(1), **daily),
    ]
    await ledger.append(noor, goal, facts, opens=True)
    history = await ledger.history(noor, goal)
    now = ledger.clock.now()
    early, late = (history.view(now + timedelta(days=days), DEFAULT) for days in (0, 30))
    assert len(late.evidence.rows) == len(early.evidence.rows) + 30
    assert trust(late) == trust(View(late.stream, late.at))
