"""Rows of essay A about doing what one set out to do: time, small steps, proof to oneself, and coming back."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.coverage.conftest import Told, fact, known_as, moment

FIRST_DAY = date(2026, 3, 2)


def routine(**more: Any) -> dict[str, Any]:
    rhythm = {"name": "Listen", "time_zone": "Europe/Lisbon", "schedule": {"times": 1, "per": "day"}}
    return fact("routine.set", routine_id=known_as("listen"), **{**rhythm, **more})


def checkin(number: int, status: str = "done", **more: Any) -> dict[str, Any]:
    on = {"routine_id": known_as("listen"), "local_date": (FIRST_DAY + timedelta(days=number)).isoformat()}
    return {"type": "checkin.recorded", "data": {**on, "status": status, **more}}


def test_A27_what_a_goal_was_to_cost_in_hours_against_the_hours_given(a_goal: Callable[..., Told]) -> None:
    goal = a_goal(price={"time_per_week": 4})
    goal.on(0, routine(unit="minutes"))
    goal.on(1, checkin(1, value=25))
    lesson = {"direction": "outbound", "initiated_by": goal.me, "duration_minutes": 180}
    goal.on(2, fact("interaction.logged", **lesson))
    found = goal.asks("commitments", day=7)["time_price"]
    assert (found["hours_per_week"], found["hours_committed"], found["hours_logged"]) == (4, 4, 3)
    assert found["kept_share"] == 0.75
    (total,) = found["checkins"]
    assert (total["unit"], total["total"], total["checkins"]) == ("minutes", 25, 1)


def test_A34_tied_to_who_one_is_made_smaller_and_done_again(a_goal: Callable[..., Told]) -> None:
    larger, goal = a_goal(horizon="identity"), a_goal()
    steps = goal.asks("proof-loop")["steps"]
    assert (steps["tied_to_identity"], steps["made_smaller"], steps["looping"]) == (False, False, False)
    (tie,) = goal.on(1, fact("goal.linked", parent=larger.id))
    promise = {"debtor": goal.me, "creditor": goal.me, "statement": "An hour a day", "due_at": moment(9)}
    goal.on(1, fact("commitment.made", commitment_id=known_as("c"), **promise))
    shrunk = {"change": "smaller", "statement": "Ten minutes", "reason": "Too much at once"}
    (smaller,) = goal.on(2, fact("commitment.renegotiated", commitment_id=known_as("c"), **shrunk))
    goal.on(2, routine())
    (done,) = goal.on(3, checkin(3))
    steps = goal.asks("proof-loop")["steps"]
    assert (steps["ties"], steps["smaller_steps"], steps["loops"]) == ([tie], [smaller], [done])
    assert (steps["tied_to_identity"], steps["made_smaller"], steps["looping"]) == (True, True, True)


def test_A39_proof_to_oneself_that_one_does_what_one_said(goal: Told) -> None:
    goal.on(0, routine())
    for number, status in enumerate(("done", "partial", "done", "done")):
        goal.on(number + 0.1, checkin(number, status, reason="Half asleep" if status == "partial" else None))
    (loop,) = goal.asks("proof-loop")["routines"]
    assert (loop["done"], loop["partial"], loop["streak"], loop["longest"]) == (3, 1, 2, 2)
    assert loop["completion"] == 0.875
    alone = goal.asks("proof-loop")["trust"]["score"]
    promise = {"debtor": goal.me, "creditor": goal.me, "statement": "Phone her on Sunday"}
    goal.on(3.1, fact("commitment.made", commitment_id=known_as("c"), **promise))
    photo = [{"kind": "file", "text": "The call log", "ref": "calls.png"}]
    goal.on(3.1, fact("commitment.fulfilled", commitment_id=known_as("c"), evidence=photo))
    assert goal.asks("proof-loop")["trust"]["score"] > alone > 0.5


def test_A40_what_came_of_oneself_and_how_able_one_feels(goal: Told) -> None:
    goal.on(0, routine())
    events = [goal.on(number + 0.1, checkin(number))[0] for number in range(4)]
    for event, locus in zip(events, ("internal", "internal", "mixed", "external"), strict=True):
        goal.on(5, fact("attribution.recorded", target_event_id=event, locus=locus, because="I got up for it"))
    goal.on(6, fact("confidence.stated", about="keeping at it", value=4))
    goal.on(7, fact("confidence.stated", about="keeping at it", value=7))
    found = goal.asks("proof-loop")
    assert (found["locus_index"], found["attributions"]) == (0.25, 4)
    assert [(one["about"], one["value"]) for one in found["efficacy"]] == [("keeping at it", 4), ("keeping at it", 7)]


def test_A41_what_is_written_down_later_counts_on_its_day(goal: Told) -> None:
    goal.on(0, routine())
    before = goal.asks("state")["known_at"]
    (event,) = goal.on(1.1, checkin(1))

    def done(day: float, **more: Any) -> int:
        (loop,) = goal.asks("proof-loop", day, **more)["routines"]
        return int(loop["done"])

    assert (done(1), done(1.1), done(1.1, known_at=before)) == (0, 1, 0)
    (entry,) = [one for one in goal.asks("audit")["entries"] if one["event_id"] == event]
    assert entry["occurred_at"] == moment(1.1)
    assert entry["late_days"] > 100  # recorded now, of a day in March
    assert entry["recorded_at"] > entry["occurred_at"]


def test_A44_setbacks_pauses_and_comebacks(goal: Told) -> None:
    goal.on(0, routine(), fact("goal.status_changed", lifecycle="active"))
    told = ["done", "missed", "missed", "done", "done", "done"]
    (setback,) = goal.on(1, fact("setback.recorded", reason="They switched to English at once"))
    for number, status in enumerate(told):
        goal.on(number + 0.1, checkin(number, status))
    goal.on(10, fact("goal.status_changed", lifecycle="on_hold", reason="The move"))
    goal.on(14, fact("goal.status_changed", lifecycle="active"))
    found = goal.asks("proof-loop", day=5.2)
    (loop,) = found["routines"]
    assert (loop["longest_gap"], loop["recovery"], loop["comebacks"]) == (2, 2.0, 1)
    (fell,) = found["setbacks"]
    assert (fell["event_id"], fell["recovered_at"]) == (setback, moment(3.1))
    assert fell["recovery_days"] == pytest.approx(2.1)
    (hold,) = goal.asks("proof-loop")["holds"]
    assert (hold["since"], hold["until"], hold["days"]) == (moment(10), moment(14), 4)


def test_A46_on_how_many_days_the_goal_was_brought_to_mind(goal: Told) -> None:
    goal.on(0, routine())
    said = {"party_id": goal.me, "layer": "ego", "polarity": "served", "statement": "Somebody who shows up"}
    goal.on(0, fact("motive.recorded", motive_id=known_as("why"), **said))
    for number in (1, 2):
        goal.on(number, fact("value.reaffirmed", target=known_as("why"), how="Read it aloud"))
    goal.on(2.1, checkin(2))
    goal.on(4.1, checkin(4, "missed"))
    found = goal.asks("proof-loop", day=9)["cadence"]
    assert (found["days"], found["active_days"], found["share"]) == (10, 3, 0.3)
    assert (found["reaffirmations"], found["checkins"], found["last_at"]) == (2, 2, moment(4.1))
