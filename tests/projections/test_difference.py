"""Differences: which facts came and went between two views, what that changed, and which of them did it."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.corrections import rewritings
from domain.facts import Proposal
from domain.history import effective, known
from domain.stream import fold, initial
from projections import difference as module
from projections import responsible
from projections.difference import AnswerChanged, Difference, Rewritten, difference
from projections.resources import RESOURCES
from projections.view import View
from tests.domain.telling import Story, a_deal, a_goal, corrected, day, fact, noted, objection, promise, voided
from tests.projections.standing import force
from tests.projections.test_any_history import HISTORIES, tell

LATER = day(400)


def view(story: Story, at: datetime, as_of: datetime | None = None, known_at: int | None = None) -> View:
    held = effective(story.records, as_of, known_at)
    stream_id = story.stream.stream_id
    return View(fold(stream_id, [one.fact for one in held]) if held else initial(stream_id), as_of or at)


def between(story: Story, before: View, after: View, known_at: int | None = None) -> Difference:
    facts = [record.fact for record in known(story.records, known_at)]
    return difference(before, after, Rewritten(*rewritings(facts)))


def learned(story: Story, before: int | None, after: int | None = None, at: datetime = LATER) -> Difference:
    return between(story, view(story, at, known_at=before), view(story, at, known_at=after), after)


def changed(found: Difference, name: str) -> AnswerChanged:
    return next(one for one in found.changed if one.name == name)


def value(raw: Any) -> Any:
    return msgspec.json.decode(raw)


def test_nothing_changed() -> None:
    deal = a_deal(objection("o"))
    found = learned(deal, None)
    assert (found.entered, found.left, found.moved, found.changed, found.left_out) == ([], [], [], [], [])
    assert found.unchanged == ["state", *(name for name, one in RESOURCES.items() if "deal" in one.kinds)]


def test_what_came_to_be_known() -> None:
    deal = a_deal(noted())
    (raised, pushed) = deal.tell(objection("o"), force("f", "push", 3))
    found = learned(deal, 5)
    assert [(one.event_id, one.type) for one in found.entered] == [
        (raised.event_id, "objection.raised"),
        (pushed.event_id, "force.observed"),
    ]
    assert found.entered[0].summary == "The buyer raised an objection about the process: “Not in the season”"
    objections, forces = changed(found, "objections"), changed(found, "forces")
    assert (value(objections.before)["raised"], value(objections.after)["raised"]) == (0, 1)
    assert (objections.responsible, objections.exact, objections.by_time) == ([raised.event_id], True, False)
    assert (forces.responsible, forces.exact) == ([pushed.event_id], True)
    assert changed(found, "state").responsible == [raised.event_id, pushed.event_id]
    assert "commitments" in found.unchanged


def test_what_was_voided_left() -> None:
    deal = a_deal()
    (raised,) = deal.tell(objection("o"))
    (void,) = deal.tell(voided(raised.event_id))
    found = learned(deal, 5)
    assert [(one.event_id, one.voided_by) for one in found.left] == [(raised.event_id, void.event_id)]
    assert (found.entered, found.moved) == ([], [])
    assert changed(found, "objections").responsible == [raised.event_id]


def test_what_was_set_right_moved() -> None:
    deal = a_deal()
    (pushed,) = deal.tell(force("f", "push", 3))
    data = {"force_id": str(pushed.data.force_id), "force": "push", "statement": "Said", "intensity": 5}
    (correction,) = deal.tell(corrected(pushed.event_id, data))
    (one,) = learned(deal, 5).moved
    assert (one.event_id, one.corrected, one.corrected_by, one.widened) == (
        pushed.event_id,
        True,
        correction.event_id,
        False,
    )
    assert one.at_before == one.at
    assert changed(learned(deal, 5), "forces").responsible == [pushed.event_id]


def test_what_happened_between_two_moments_and_what_only_time_did() -> None:
    deal = a_deal()
    deal.tell(promise("p", due_at=day(5).isoformat(), day=1), at=LATER)
    deal.tell(objection("o", day=4), at=LATER)
    before, after = view(deal, LATER, day(2)), view(deal, LATER, day(6))
    found = between(deal, before, after)
    assert [one.type for one in found.entered] == ["objection.raised"]
    commitments = changed(found, "commitments")
    assert (commitments.by_time, commitments.responsible) == (True, []), "it became overdue by itself"
    objections = changed(found, "objections")
    assert objections.responsible == [found.entered[0].event_id]
    back = between(deal, after, before)
    assert [(one.type, one.voided_by) for one in back.left] == [("objection.raised", None)]
    assert changed(back, "objections").responsible == [found.entered[0].event_id]
    assert value(changed(back, "objections").before) == value(objections.after)


def test_from_before_the_beginning() -> None:
    goal = a_goal()
    found = between(goal, view(goal, LATER, known_at=0), view(goal, LATER))
    assert [one.type for one in found.entered] == ["goal.set", "participant.joined"]
    state = changed(found, "state")
    assert (value(state.before), value(state.after)["kind"]) == (None, "goal")
    assert found.unchanged == []


def test_a_widened_fact_moved() -> None:
    deal = a_deal()
    (note,) = deal.tell(noted(visibility="private"))
    (widened,) = deal.tell(fact("visibility.widened", target_event_id=note.event_id, to="team"))
    found = learned(deal, 5)
    assert [(one.event_id, one.widened, one.corrected) for one in found.moved] == [(note.event_id, True, False)]
    assert [one.event_id for one in found.entered] == [widened.event_id]


def test_when_there_is_no_time_to_look_closer_the_group_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    deal = a_deal()
    told = deal.tell(*(noted(str(number)) for number in range(8)), objection("o"))
    monkeypatch.setattr(responsible, "FACTS_FOLDED_MAX", 0)
    objections = changed(learned(deal, 4), "objections")
    assert (objections.exact, objections.responsible) == (False, [one.event_id for one in told])
    monkeypatch.undo()
    monkeypatch.setattr(module, "FACTS_READ_MAX", 0)
    few = changed(learned(deal, 4), "objections")
    assert (few.exact, few.responsible) == (False, [one.event_id for one in told[-3:]]), "two looks leave a quarter"


@settings(max_examples=25, deadline=None)
@given(HISTORIES, st.integers(4, 30), st.integers(4, 30))
def test_whoever_is_responsible_changed_and_undoing_all_changes_is_the_difference_back(
    happened: list[Proposal | int], first: int, second: int
) -> None:
    story = tell(happened)
    there, back = learned(story, first, second), learned(story, second, first)
    assert [one.event_id for one in there.entered] == [one.event_id for one in back.left]
    assert {one.event_id for one in there.moved} == {one.event_id for one in back.moved}
    assert there.unchanged == back.unchanged
    ids = {one.event_id for one in (*there.entered, *there.left, *there.moved)}
    for one in there.changed:
        assert set(one.responsible) <= ids
        assert one.responsible or one.by_time
        assert value(changed(back, one.name).before) == value(one.after)


def test_a_long_stream_is_compared_without_what_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    deal = a_deal(noted(), noted())
    monkeypatch.setattr(module, "SLOW_FACTS_MAX", 5)
    found = learned(deal, 4)
    assert found.left_out == ["calibration"]
    assert "calibration" not in found.unchanged


def test_who_bought_is_not_asked_of_a_goal() -> None:
    names = {*learned(a_goal(), None).unchanged}
    assert "requirements" not in names
