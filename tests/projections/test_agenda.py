"""What is due: in a window, overdue, and for whom."""

from datetime import date, timedelta

import pytest

from domain.facts import ERASED, Proposal
from projections.agenda import PERIODS_MAX, DueItem, agenda
from tests.domain.telling import (
    BUYER,
    COACH,
    DAY_0,
    SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    fact,
    joined,
    known_as,
    on_promise,
    promise,
    request,
)
from tests.projections.standing import checkin, mapped, moment, no, on, routine, standing

MONDAY = moment("2026-03-02 00:00")
WEEK = timedelta(days=7)


def due(story: Story, start: str, end: str, now: str | None = None) -> list[DueItem]:
    return agenda(standing(story), moment(start), moment(end), moment(now or start))


def names(items: list[DueItem], *known: str) -> list[str]:
    ids = {known_as(name): name for name in known}
    return [ids[item.subject_id] for item in items]


def test_promises_due_in_the_window_earliest_first() -> None:
    deal = a_deal(
        promise("b", due_at="2026-04-02T12:00:00Z"),
        promise("a", due_at="2026-04-01T00:00:00Z"),
        promise("after", due_at="2026-04-03T00:00:00Z"),
        promise("whenever"),
        request("asked for", due_at="2026-04-02T12:00:00Z"),
    )
    found = due(deal, "2026-04-01 00:00", "2026-04-03 00:00")
    assert names(found, "a", "b") == ["a", "b"]
    assert found[0] == DueItem(
        kind="commitment",
        subject_id=known_as("a"),
        party_id=SELLER,
        text="Send the list",
        at=moment("2026-04-01 00:00"),
        local_date=None,
    )


def test_what_is_overdue_is_listed_wherever_the_window_begins() -> None:
    deal = a_deal(promise("p", due_at="2026-03-10T12:00:00Z"))
    assert names(due(deal, "2026-04-01 00:00", "2026-04-08 00:00"), "p") == ["p"]
    assert due(deal, "2026-04-01 00:00", "2026-04-08 00:00", now="2026-03-09 00:00") == []
    assert due(deal, "2026-03-01 00:00", "2026-03-08 00:00", now="2026-04-01 00:00") == [], "due after the window"


def test_what_is_settled_is_not_due() -> None:
    deal = a_deal(promise("p", due_at="2026-03-10T12:00:00Z"), on_promise("fulfilled", "p"))
    assert due(deal, "2026-03-01 00:00", "2026-05-01 00:00") == []


def test_a_promise_due_on_a_day_is_due_all_that_day() -> None:
    deal = a_deal(promise("p", due_at=on("2026-03-30")))
    for window in [("2026-03-29 22:00", "2026-03-30 22:00"), ("2026-03-30 10:00", "2026-03-30 11:00")]:
        found = due(deal, *window)
        assert [(item.at, item.local_date) for item in found] == [(moment("2026-03-30 22:00"), date(2026, 3, 30))]
    assert due(deal, "2026-03-28 23:00", "2026-03-29 22:00") == []


def test_a_promise_reads_as_last_agreed() -> None:
    deal = a_deal(promise("p", due_at="2026-03-10T12:00:00Z"))
    deal.tell(on_promise("renegotiated", "p", statement="Send two depots", agreed_by=BUYER, due_at=on("2026-03-12")))
    deal.tell(on_promise("renegotiated", "p", statement="Send nothing"))
    found = due(deal, "2026-03-01 00:00", "2026-04-01 00:00")
    assert [(item.text, item.local_date) for item in found] == [("Send two depots", date(2026, 3, 12))]


def test_erased_words_are_none() -> None:
    deal = a_deal(promise("p", statement=ERASED, due_at="2026-03-10T12:00:00Z"))
    assert [item.text for item in due(deal, "2026-03-01 00:00", "2026-04-01 00:00")] == [None]


def test_a_milestone_is_for_the_only_one_on_its_side() -> None:
    deal = a_deal(mapped(("signed", "seller", "2026-03-10T12:00:00Z"), ("pilot", "buyer", on("2026-03-11"))))
    found = due(deal, "2026-03-01 00:00", "2026-04-01 00:00")
    assert [(item.kind, item.text, item.party_id) for item in found] == [
        ("milestone", "signed", SELLER),
        ("milestone", "pilot", None),
    ]
    deal.tell(fact("participant.left", party_id=USER))
    assert [item.party_id for item in due(deal, "2026-03-01 00:00", "2026-04-01 00:00")] == [SELLER, BUYER]


def test_a_reached_milestone_is_not_due() -> None:
    deal = a_deal(mapped(("signed", "seller", "2026-03-10T12:00:00Z"), ("idea", "seller", None)))
    deal.tell(fact("milestone.reached", milestone_id=known_as("signed")))
    assert due(deal, "2026-03-01 00:00", "2026-04-01 00:00") == []


@pytest.mark.parametrize(("outcome", "listed"), [("won", 1), ("lost", 0), ("no_decision", 0)])
def test_milestones_lapse_with_a_deal_that_was_not_won(outcome: str, listed: int) -> None:
    deal = a_deal(mapped(("pilot", "seller", "2026-03-10T12:00:00Z")), fact("deal.closed", outcome=outcome))
    assert len(due(deal, "2026-03-01 00:00", "2026-04-01 00:00")) == listed


def test_a_no_is_asked_about_again_by_the_seller_even_after_the_deal_was_lost() -> None:
    deal = a_deal(no("n", revisit_at=on("2026-09-01")), fact("deal.closed", outcome="lost"))
    found = due(deal, "2026-09-01 00:00", "2026-09-02 00:00")
    assert [(item.kind, item.party_id, item.text) for item in found] == [("no", SELLER, "Not before the peak is over")]
    deal.tell(fact("no.lifted", no_id=known_as("n"), because="The peak ended"))
    assert due(deal, "2026-09-01 00:00", "2026-09-02 00:00") == []


def test_when_the_seller_left_a_no_is_for_the_next_one_on_that_side() -> None:
    deal = a_deal(joined(COACH, "seller"), no("n", revisit_at=on("2026-09-01")))
    deal.tell(fact("participant.left", party_id=SELLER))
    assert [item.party_id for item in due(deal, "2026-09-01 00:00", "2026-09-02 00:00")] == [COACH]


# -- routines


def of_week(*told: Proposal, now: str = "2026-03-02 10:00") -> list[tuple[str | None, str]]:
    """The days of the first week on which the routine is due still, with what it says."""
    goal = a_goal(*told[:1])
    for one in told[1:]:
        goal.tell(one, at=DAY_0 + timedelta(days=30))
    found = agenda(standing(goal), MONDAY, MONDAY + WEEK, moment(now))
    assert all(item.kind == "routine" and item.party_id == SELLER for item in found)
    return [(item.text, str(item.local_date)[-2:]) for item in found]


def test_a_daily_routine_is_due_today_and_on_the_coming_days() -> None:
    assert [day for _, day in of_week(routine("r"))] == ["02", "03", "04", "05", "06", "07", "08"]


def test_a_missed_day_is_not_overdue() -> None:
    assert [day for _, day in of_week(routine("r"), now="2026-03-06 12:00")] == ["06", "07", "08"]


@pytest.mark.parametrize(
    ("status", "listed"), [("done", False), ("partial", False), ("skipped", False), ("missed", True)]
)
def test_a_day_that_was_checked_in_is_not_due(status: str, listed: bool) -> None:
    days = [day for _, day in of_week(routine("r"), checkin("r", "2026-03-03", status))]
    assert ("03" in days) == listed


def test_the_last_check_in_of_a_day_stands() -> None:
    days = [day for _, day in of_week(routine("r"), checkin("r", "2026-03-03"), checkin("r", "2026-03-03", "missed"))]
    assert "03" in days


def test_several_times_a_week_are_due_until_there_were_enough() -> None:
    told = [routine("r", times=2, per="week"), checkin("r", "2026-03-02"), checkin("r", "2026-03-02", "missed")]
    assert of_week(*told) == [("r", "08")]
    assert of_week(*told, checkin("r", "2026-03-04", "partial")) == []
    assert of_week(*told, checkin("r", "2026-03-04", "skipped")) == []


def test_a_check_in_off_the_schedule_settles_nothing() -> None:
    days = of_week(routine("r", weekdays=["tuesday", "thursday"]), checkin("r", "2026-03-04"))
    assert days == [("r", "03"), ("r", "05")]


def test_an_ended_routine_is_not_due() -> None:
    assert of_week(routine("r"), fact("routine.ended", routine_id=known_as("r"), day=2)) == []


def test_a_changed_routine_is_due_as_it_was_set_last() -> None:
    assert of_week(routine("r"), routine("r", day=3, weekdays=["sunday"])) == [
        ("r", "02"),
        ("r", "03"),
        ("r", "04"),
        ("r", "08"),
    ]


def test_routines_rest_while_a_goal_is_cancelled() -> None:
    cancelled = fact("goal.status_changed", lifecycle="cancelled")
    assert of_week(routine("r"), cancelled) == []
    assert len(of_week(routine("r"), cancelled, fact("goal.status_changed", lifecycle="active"))) == 7


def test_a_running_week_is_due_on_every_day_of_it() -> None:
    goal = a_goal(routine("r", times=3, per="week"))
    found = due(goal, "2026-03-04 00:00", "2026-03-05 00:00")
    assert [(item.at, item.local_date) for item in found] == [(moment("2026-03-09 00:00"), date(2026, 3, 8))]


def test_the_day_of_a_routine_is_the_local_one_across_a_change_of_the_clock() -> None:
    goal = a_goal(routine("r", "Europe/Amsterdam"))
    found = due(goal, "2026-03-28 23:00", "2026-03-29 22:00")
    assert [(item.local_date, item.at) for item in found] == [(date(2026, 3, 29), moment("2026-03-29 22:00"))]


def test_a_routine_is_listed_a_year_ahead_at_most() -> None:
    goal = a_goal(routine("r"))
    assert len(due(goal, "2026-03-02 10:00", "2036-03-02 10:00")) == PERIODS_MAX
