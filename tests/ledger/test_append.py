"""Appending: dense order, one stream's versions, all or nothing, the same answer for ever."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.refusals import Refusal
from service.clock import Clock
from service.ledger import workspace, writer
from service.ledger.asking import Appended
from service.ledger.commits import Commits
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import Absent, EventIdReused, Overloaded, VersionMismatch
from service.ledger.writer import Writer
from service.settings import Settings
from tests.ledger.conftest import Opening, a_deal, member, note, noted, opened, proposal

pytestmark = pytest.mark.anyio


async def test_nothing_can_be_recorded_on_a_stream_that_was_never_opened(ledger: Ledger, noor: Identity) -> None:
    with pytest.raises(Absent):
        await note(ledger, noor, f"deal/{uuid4()}", "Hello?")
    assert await ledger.position(noor) == 0


async def test_a_refused_batch_leaves_no_trace(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    unknown = proposal("objection.acknowledged", objection_id=str(uuid4()))
    with pytest.raises(Refusal):
        await ledger.append(noor, deal, [noted("Before"), unknown, noted("After")], opens=False)
    history = await ledger.history(noor, deal)
    assert (history.version, len(history.records), history.position) == (1, 1, 1)


async def test_a_refusal_spoils_nothing_for_its_neighbours_in_the_group(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    unknown = proposal("objection.acknowledged", objection_id=str(uuid4()))
    asks = [[noted("One")], [unknown], [noted("Two")], [noted("Three"), unknown], [noted("Four")]]
    answers = await asyncio.gather(
        *(ledger.append(noor, deal, ask, opens=False) for ask in asks), return_exceptions=True
    )
    assert [isinstance(answer, Refusal) for answer in answers] == [False, True, False, True, False]
    history = await ledger.history(noor, deal)
    assert [record.fact.data.text for record in history.records[1:]] == ["One", "Two", "Four"]


async def test_positions_are_dense_from_zero_and_recorded_times_never_go_back(ledger: Ledger, noor: Identity) -> None:
    deals = [await a_deal(ledger, noor) for _ in range(3)]
    await asyncio.gather(*(note(ledger, noor, deals[index % 3], f"Note {index}") for index in range(60)))
    records = [record for deal in deals for record in (await ledger.history(noor, deal)).records]
    records.sort(key=lambda record: record.position)
    assert [record.position for record in records] == list(range(63))
    assert all(one.recorded_at <= other.recorded_at for one, other in pairwise(records))
    for deal in deals:
        versions = [record.fact.stream_version for record in (await ledger.history(noor, deal)).records]
        assert versions == list(range(1, 22))


class SetClock(Clock):
    """A clock that shows what it was set to."""

    def __init__(self) -> None:
        self.shown = datetime.now(UTC)

    def now(self) -> datetime:
        return self.shown


async def test_a_clock_that_jumps_back_does_not_take_recorded_time_with_it(opening: Opening) -> None:
    clock = SetClock()
    async with opening(clock) as ledger:
        workspace_id = uuid4()
        await ledger.create_workspace(workspace_id, "Clocks")
        who = member(workspace_id)
        deal = await a_deal(ledger, who)
        clock.shown -= timedelta(hours=1)
        await note(ledger, who, deal, "An hour earlier, says the clock")
        records = (await ledger.history(who, deal)).records
        assert records[1].recorded_at == records[0].recorded_at
        clock.shown += timedelta(hours=2)
        await note(ledger, who, deal, "Two hours later")
        records = (await ledger.history(who, deal)).records
        assert records[2].recorded_at - records[1].recorded_at == timedelta(hours=1)


async def test_an_event_id_gives_its_first_result_for_ever(ledger: Ledger, noor: Identity, opening: Opening) -> None:
    deal = await a_deal(ledger, noor)
    event_id = uuid4()
    first = await note(ledger, noor, deal, "Said once", event_id=event_id)
    await note(ledger, noor, deal, "Something else")
    again = await note(ledger, noor, deal, "Said once", event_id=event_id, if_match=1)
    assert again.replayed
    assert again.events == first.events
    assert again.position == first.position == 2
    async with opening() as restarted:
        once_more = await note(restarted, noor, deal, "Said once", event_id=event_id)
    assert once_more.replayed
    assert once_more.events == first.events
    assert once_more.position == 2


async def test_a_process_that_has_just_started_tells_the_true_size_of_the_log(
    ledger: Ledger, noor: Identity, opening: Opening
) -> None:
    deal = await a_deal(ledger, noor)
    await note(ledger, noor, deal, "Before the restart")
    async with opening() as restarted:
        assert (await note(restarted, noor, deal, "After it")).position == 3


async def test_an_event_id_is_not_lent_to_other_content_streams_or_people(ledger: Ledger, noor: Identity) -> None:
    deal, other = await a_deal(ledger, noor), await a_deal(ledger, noor)
    event_id = uuid4()
    await note(ledger, noor, deal, "Said once", event_id=event_id)
    before = await ledger.position(noor)
    with pytest.raises(EventIdReused):
        await note(ledger, noor, deal, "Said otherwise", event_id=event_id)
    with pytest.raises(EventIdReused):
        await note(ledger, noor, other, "Said once", event_id=event_id)
    with pytest.raises(EventIdReused):
        await note(ledger, member(noor.workspace_id), deal, "Said once", event_id=event_id)
    with pytest.raises(EventIdReused):
        await ledger.append(noor, other, [noted("A", uuid := uuid4()), noted("B", uuid)], opens=False)
    assert await ledger.position(noor) == before


async def test_of_a_batch_that_was_partly_recorded_the_rest_is_appended(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    first_id, second_id = uuid4(), uuid4()
    await note(ledger, noor, deal, "First", event_id=first_id)
    both = await ledger.append(noor, deal, [noted("First", first_id), noted("Second", second_id)], opens=False)
    assert not both.replayed
    assert [record.fact.data.text for record in both.events] == ["First", "Second"]
    assert [record.fact.stream_version for record in both.events] == [2, 3]


async def test_32_equal_proposals_at_once_are_one_fact(ledger: Ledger, noor: Identity, opening: Opening) -> None:
    deal = await a_deal(ledger, noor)
    event_id = uuid4()
    async with opening() as other:
        answers = await asyncio.gather(
            *(note(one, noor, deal, "At once", event_id=event_id) for one in [ledger, other] * 16)
        )
    assert len({answer.events[0].position for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert (await ledger.history(noor, deal)).version == 2


async def test_of_those_who_decided_on_one_version_one_wins(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    answers = await asyncio.gather(
        *(note(ledger, noor, deal, f"By {index}", if_match=1) for index in range(16)), return_exceptions=True
    )
    won = [answer for answer in answers if isinstance(answer, Appended)]
    lost = [answer for answer in answers if isinstance(answer, VersionMismatch)]
    assert (len(won), len(lost)) == (1, 15)
    for mismatch in lost:
        assert mismatch.current_version == 2
        assert [record.fact.stream_version for record in mismatch.missed] == [2]


async def test_two_processes_share_a_workspace_without_a_conflict(
    ledger: Ledger, noor: Identity, opening: Opening
) -> None:
    deals = [await a_deal(ledger, noor) for _ in range(4)]
    async with opening() as other:

        async def writes(one: Ledger, name: str) -> None:
            for index in range(40):
                await note(one, noor, deals[index % 4], f"{name} {index}")

        await asyncio.gather(writes(ledger, "here"), writes(other, "there"), writes(ledger, "too"))
        for deal in deals:
            here, there = await ledger.history(noor, deal), await other.history(noor, deal)
            assert here.records == there.records
            assert here.version == 31
    assert await ledger.position(noor) == 124


async def test_what_another_process_recorded_is_read_at_once(ledger: Ledger, noor: Identity, opening: Opening) -> None:
    deal = await a_deal(ledger, noor)
    async with opening() as other:
        assert (await other.history(noor, deal)).version == 1
        for version in range(2, 12):
            await note(ledger, noor, deal, f"Version {version}")
            assert (await other.history(noor, deal)).version == version
            decided = await note(other, noor, deal, f"Answer to {version}", dry_run=True)
            assert decided.stream_version == version + 1


async def test_what_others_recorded_comes_with_the_answer_of_who_was_slower(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gap before one's own fact tells that others write: the next answer brings what they recorded."""
    ours, theirs = [await a_deal(ledger, noor) for _ in range(2)]
    async with opening() as other:
        await note(other, noor, theirs, "Theirs")
        await note(ledger, noor, ours, "Ours, after a gap")

        async def decided_again(*_: object) -> None:
            raise AssertionError("it had to hold the counter row")

        monkeypatch.setattr(Writer, "_attempt_holding", decided_again)
        assert (await note(ledger, noor, theirs, "Ours, on theirs")).stream_version == 3


async def test_while_others_write_those_who_ask_again_share_a_commit(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = [await a_deal(ledger, noor) for _ in range(2)]
    monkeypatch.setattr(writer, "LINGER_S", 0.5)  # a machine that is busy takes longer between two steps of this test
    commits = []
    send = Commits.send

    async def counted(commits_: Commits, *arguments: Any) -> Any:
        commits.append(commits_)
        return await send(commits_, *arguments)

    async with opening() as other:
        theirs = await a_deal(other, noor)
        await asyncio.gather(*(note(ledger, noor, deal, "Together, after a gap") for deal in ours))
        await asyncio.gather(*(note(ledger, noor, deal, "And told what was in it") for deal in ours))
        monkeypatch.setattr(Commits, "send", counted)
        first = asyncio.create_task(note(ledger, noor, ours[0], "The first to ask again"))
        for _ in range(3):
            await asyncio.sleep(0)
        await asyncio.gather(first, note(ledger, noor, ours[1], "The other, a moment later"))
        assert len(commits) == 1
        assert (await note(other, noor, theirs, "And theirs")).position == 10


async def test_what_others_recorded_is_followed_in_pieces(
    ledger: Ledger, noor: Identity, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "RECORDED_PER_READ", 3)
    monkeypatch.setattr(workspace, "FACTS_PER_BREATH", 2)
    deals = [await a_deal(ledger, noor) for _ in range(3)]
    async with opening() as other:
        before = [(await other.history(noor, deal)).version for deal in deals]
        for index in range(10):
            await note(ledger, noor, deals[index % 3], str(index))
        after = [(await other.history(noor, deal)).records for deal in deals]
        assert (before, list(map(len, after))) == ([1, 1, 1], [5, 4, 4])
        assert after == [(await ledger.history(noor, deal)).records for deal in deals]


async def test_a_refusal_is_judged_on_what_others_have_recorded(
    ledger: Ledger, noor: Identity, opening: Opening
) -> None:
    deal = await a_deal(ledger, noor)
    objection_id = str(uuid4())
    acknowledged = proposal("objection.acknowledged", objection_id=objection_id)
    async with opening() as other:
        assert (await other.history(noor, deal)).version == 1
        await ledger.append(
            noor,
            deal,
            [
                proposal(
                    "objection.raised",
                    objection_id=objection_id,
                    dimension="product",
                    category="risk",
                    severity="normal",
                    statement="Drivers will not use it",
                    raised_by=str(noor.caller.party_id),
                )
            ],
            opens=False,
        )
        answer = await other.append(noor, deal, [acknowledged], opens=False)
    assert answer.stream_version == 3


async def test_a_dry_run_answers_and_records_nothing(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    answer = await note(ledger, noor, deal, "What if", dry_run=True)
    assert (answer.stream_version, answer.position) == (2, 2)
    assert (await ledger.history(noor, deal)).version == 1
    assert await ledger.position(noor) == 1


async def test_a_full_queue_says_so_and_records_nothing_of_what_it_refused(
    ledger: Ledger, noor: Identity, settings: Settings
) -> None:
    deal = await a_deal(ledger, noor)
    limit = settings.queue_proposals_max
    asks = [[noted(f"{index}-{inner}") for inner in range(100)] for index in range(limit // 100 + 20)]
    answers = await asyncio.gather(
        *(ledger.append(noor, deal, ask, opens=False) for ask in asks), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, Overloaded)]
    assert refused
    assert all(refusal.retry_after_s > 0 for refusal in refused)
    recorded = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert await ledger.position(noor) == 1 + 100 * len(recorded)


async def test_the_same_deal_cannot_be_opened_twice(ledger: Ledger, noor: Identity) -> None:
    stream_id, event_id = f"deal/{uuid4()}", uuid4()
    proposals = [proposal("deal.opened", event_id, title="Twelve depots")]
    first = await ledger.append(noor, stream_id, proposals, opens=True)
    again = await ledger.append(noor, stream_id, proposals, opens=True)
    assert again.replayed
    assert again.events == first.events
    with pytest.raises(Refusal, match="taken"):
        await ledger.append(noor, stream_id, [opened()], opens=True)
    with pytest.raises(Refusal, match="taken"):
        await ledger.append(
            noor, f"goal/{UUID(stream_id[5:])}", [proposal("goal.set", statement="Run", horizon="short")], opens=True
        )


async def test_workspaces_do_not_see_each_other(ledger: Ledger, noor: Identity) -> None:
    deal = await a_deal(ledger, noor)
    other_workspace = uuid4()
    await ledger.create_workspace(other_workspace, "Elsewhere")
    stranger = member(other_workspace, "owner")
    with pytest.raises(Absent):
        await ledger.history(stranger, deal)
    with pytest.raises(Absent):
        await note(ledger, stranger, deal, "Let me in")
    assert await ledger.position(stranger) == 0
