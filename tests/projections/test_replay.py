"""Replay: applying the changes in order makes every state, and the last is the state that is read."""

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal
from domain.history import effective
from projections.replay import replay
from projections.stream_state import stream_state
from tests.domain.telling import DEAL, SELLER, a_deal, day, fact, noted, objection, on_promise, promise, voided
from tests.projections.standing import standing
from tests.projections.test_any_history import HISTORIES, tell
from tests.projections.test_patch import applied


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.integers(0, 30))
def test_the_changes_applied_in_order_make_every_state(happened: list[Proposal | int], start: int) -> None:
    story = tell(happened)
    held = effective(story.records)
    steps = list(replay(DEAL, held))
    assert [step.record for step in steps] == held
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    state: Any = None
    for step in steps:
        state = applied(state, step.change)
        assert state == step.state
    stream = standing(story)
    assert stream.last_at is not None
    assert state == msgspec.to_builtins(stream_state(stream, stream.last_at))
    assert list(replay(DEAL, held, start)) == steps[start:]


def test_a_step_tells_what_its_fact_changed() -> None:
    deal = a_deal()
    deal.tell(objection("o", day=2), at=day(9))
    deal.tell(promise("p", SELLER, due_at=day(5).isoformat(), day=3), at=day(9))
    deal.tell(noted(day=6), at=day(9))
    steps = list(replay(DEAL, effective(deal.records)))
    (first,) = steps[0].change
    assert (first.op, first.path, first.value) == ("replace", "", steps[0].state)
    assert {one.path: one.value for one in steps[4].change} == {
        "/counts/objections": 1,
        "/last_event_at": "2026-03-04T09:00:00Z",
        "/objections_open": 1,
    }
    assert {one.path for one in steps[6].change} == {
        "/changes_at",
        "/counts/record",
        "/last_event_at",
        "/promises_overdue",
    }, "time passed too: by then the promise was overdue"


def test_what_was_voided_is_no_step_and_what_came_late_is_in_its_place() -> None:
    deal = a_deal()
    (wrong,) = deal.tell(noted(day=1), at=day(9))
    deal.tell(promise("p", day=4), at=day(9))
    deal.tell(voided(wrong.event_id), at=day(10))
    deal.tell(objection("o", day=2), at=day(11))
    told = [step.record.fact.type for step in replay(DEAL, effective(deal.records))]
    assert told[-2:] == ["objection.raised", "commitment.made"]
    assert "note.recorded" not in told
    assert list(replay(DEAL, [])) == []
    deal.tell(on_promise("fulfilled", "p"), fact("deal.closed", outcome="won"), at=day(12))
    assert list(replay(DEAL, effective(deal.records)))[-1].state["status"] == "closed"
