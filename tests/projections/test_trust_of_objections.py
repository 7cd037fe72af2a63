"""What objections say about trust, rule by rule: events in, rows out."""

import pytest

from tests.domain.telling import (
    BUYER,
    SELLER,
    a_goal,
    day,
    fact,
    objection,
    on_objection,
)
from tests.projections.judged import ages, by_buyer, deal, short, tell


@pytest.mark.parametrize(("severity", "weight"), [("minor", 0.5), ("normal", 1), ("blocking", 2)])
def test_t9_settled_and_confirmed_by_whoever_raised_it(severity: str, weight: float) -> None:
    story = deal(objection("o", severity=severity, day=1), on_objection("resolved", "o", day=2))
    by_buyer(story, on_objection("confirmed", "o", by=BUYER, day=3))
    assert short(story) == [("T9", "confirmed", "process", weight, 0)]
    assert ages(story) == [(day(3), day(3))]


def test_t10_settled_and_not_confirmed() -> None:
    story = deal(objection("o", day=1), on_objection("resolved", "o", day=2))
    assert short(story) == [("T10", "resolved", "process", 0.25, 0)]
    believed = deal(objection("o", day=1))
    by_buyer(believed, on_objection("resolved", "o", day=2))
    assert short(believed) == [("T10", "resolved", "process", 0.5, 0)]


def test_t11_unheard_for_seven_days_is_open_until_it_is_heard() -> None:
    story = deal(objection("o", day=1, severity="blocking"))
    assert short(story, 7.9) == []
    assert short(story, 8) == [("T11", "unheard", "process", 0, 1)]
    assert ages(story) == [(day(8), None)]
    tell(story, on_objection("acknowledged", "o", day=20))
    assert short(story) == [("T11", "unheard", "process", 0, 1)]
    assert ages(story) == [(day(8), day(20))]


@pytest.mark.parametrize("step", ["acknowledged", "answered"])
def test_heard_within_seven_days_costs_nothing(step: str) -> None:
    assert short(deal(objection("o", day=1), on_objection(step, "o", day=8))) == []


def test_when_the_deal_is_over_nobody_is_kept_waiting() -> None:
    story = deal(objection("o", day=1), fact("deal.closed", outcome="lost", day=5))
    assert short(story) == []
    tell(story, fact("deal.reopened", reason="Thawed", day=20))
    assert (short(story, 26), short(story, 27)) == ([], [("T11", "unheard", "process", 0, 0.5)])
    late = deal(objection("o", day=1), fact("deal.closed", outcome="lost", day=15))
    assert ages(late) == [(day(8), day(15))]


def test_t12_dismissed() -> None:
    story = deal(objection("o", day=1), on_objection("dismissed", "o", by=SELLER, day=2))
    assert short(story) == [("T12", "dismissed", "process", 0, 1)]


def test_t13_reopened_ends_what_it_was_settled_for_and_waits_again() -> None:
    story = deal(objection("o", day=1), on_objection("resolved", "o", day=2), on_objection("reopened", "o", day=4))
    assert (short(story, 10), short(story, 11)) == ([], [("T11", "unheard", "process", 0, 0.5)])
    tell(story, on_objection("resolved", "o", day=9))
    assert short(story) == [("T10", "resolved", "process", 0.25, 0)]


def test_t14_accepting_a_no_speaks_for_the_seller() -> None:
    story = deal(objection("o", day=1), on_objection("accepted", "o", day=2))
    assert short(story) == [("T14", "accepted", "seller", 0.25, 0)]
    goal = a_goal(objection("o", by=SELLER, dimension="self", day=1), on_objection("accepted", "o", day=2))
    assert [one[2] for one in short(goal)] == ["self"]
