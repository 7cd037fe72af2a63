"""What routines say about trust: events in, rows out.

The goal's days begin at midnight in Lisbon, which is midnight UTC in winter.
"""

from typing import Any

import msgspec

from domain.facts import Proposal
from tests.domain.telling import (
    Story,
    a_goal,
    day,
    fact,
    known_as,
)
from tests.projections.evidence import rows_of, said
from tests.projections.judged import rows_of_known, tell
from tests.projections.standing import checkin, moment, routine


def goal(*told: Proposal, **schedule: Any) -> Story:
    story = a_goal(routine("r", **schedule))
    tell(story, *told)
    return story


def test_t25_done_partial_and_missed_count_at_once_and_skipped_never() -> None:
    story = goal(
        checkin("r", "2026-03-02"),
        checkin("r", "2026-03-03", "partial"),
        checkin("r", "2026-03-04", "missed"),
        checkin("r", "2026-03-05", "skipped"),
    )
    found = said(rows_of(story, moment("2026-03-05 23:00")))
    assert sorted(found) == [
        ("T25", "done", "self", 1, 0),
        ("T25", "missed", "self", 0, 1),
        ("T25", "partial", "self", 0.5, 0.5),
    ]


def test_t25_a_day_without_a_word_is_missed_when_it_is_over_where_the_routine_is() -> None:
    story = a_goal(routine("r", zone="America/New_York"))
    assert said(rows_of(story, moment("2026-03-03 04:59"))) == []
    (row,) = rows_of(story, moment("2026-03-03 05:00"))
    assert (row.rule, row.case, row.weight_against) == ("T25", "missed", 1000)
    assert row.starts_at == row.ages_from == moment("2026-03-03 05:00")
    assert row.event_id == story.records[-1].fact.event_id


def test_t25_through_the_change_of_the_clock() -> None:
    story = a_goal(routine("r", zone="Europe/Lisbon"))
    ends = [one.starts_at for one in rows_of(story, moment("2026-03-31 00:00"))]
    assert ends[-3:] == [moment("2026-03-29 00:00"), moment("2026-03-29 23:00"), moment("2026-03-30 23:00")]


def test_t25_a_late_word_replaces_what_seemed_missed() -> None:
    story = goal(msgspec.structs.replace(checkin("r", "2026-03-02"), occurred_at=day(5)))
    assert ("T25", "missed", "self", 0, 1) in said(rows_of_known(story, 4))
    found = [one for one in rows_of(story, day(5)) if one.case == "done"]
    assert [one.starts_at for one in found] == [day(5)]
    assert len(rows_of(story, day(5))) == 5


def test_t25_the_last_word_on_a_day_stands() -> None:
    story = goal(checkin("r", "2026-03-02", "missed"), checkin("r", "2026-03-02"))
    assert said(rows_of(story, moment("2026-03-02 23:00"))) == [("T25", "done", "self", 1, 0)]


def test_t25_days_that_are_not_due_say_nothing() -> None:
    story = goal(checkin("r", "2026-03-03"), weekdays=["friday"])
    assert said(rows_of(story, moment("2026-03-06 12:00"))) == []
    assert said(rows_of(story, moment("2026-03-07 12:00"))) == [("T25", "missed", "self", 0, 1)]


def test_t25_several_times_a_week_share_one_size() -> None:
    story = goal(checkin("r", "2026-03-02"), checkin("r", "2026-03-03", "partial"), times=3, per="week")
    found = said(rows_of(story, moment("2026-03-09 12:00")))
    assert found == [
        ("T25", "done", "self", 0.333, 0),
        ("T25", "partial", "self", 0.167, 0.167),
        ("T25", "missed", "self", 0, 0.333),
    ]


def test_t25_nothing_is_missed_while_the_goal_is_held_or_over() -> None:
    for lifecycle in ("on_hold", "completed", "cancelled"):
        story = goal(
            fact("goal.status_changed", lifecycle=lifecycle, day=1.5),
            fact("goal.status_changed", lifecycle="active", day=4.5),
        )
        assert [one.starts_at for one in rows_of(story, day(6))] == [
            moment("2026-03-03 00:00"),
            moment("2026-03-07 00:00"),
            moment("2026-03-08 00:00"),
        ]


def test_t25_no_attestation_halves_what_one_did_oneself_and_the_size_counts() -> None:
    story = a_goal(
        fact(
            "routine.set",
            routine_id=known_as("r"),
            name="r",
            time_zone="UTC",
            schedule={"times": 1, "per": "day"},
            size="large",
        ),
        checkin("r", "2026-03-02"),
    )
    assert said(rows_of(story, day(0.1))) == [("T25", "done", "self", 2, 0)]
