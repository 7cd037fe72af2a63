"""What promises say about trust, rule by rule: events in, rows out."""

import pytest

from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    THE_IMPORT,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    on_promise,
    promise,
    request,
)
from tests.projections.evidence import asked, leg, rows_of, said
from tests.projections.judged import ages, by_buyer, deal, due, rows_of_known, short, tell


def test_t1_a_promise_kept_in_time() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=4))
    assert short(story) == [("T1", "kept", "seller", 0.5, 0)]
    assert ages(story) == [(day(4), day(4))]


def test_t1_also_at_its_due_time_itself_and_without_one() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=5))
    tell(story, promise("q"), on_promise("fulfilled", "q", day=90))
    assert [one[:2] for one in short(story, 100)] == [("T1", "kept"), ("T1", "kept")]


@pytest.mark.parametrize(("stake", "weight"), [("small", 0.25), ("normal", 0.5), ("large", 1)])
def test_the_stake_counts(stake: str, weight: float) -> None:
    assert short(deal(promise("p", stake=stake), on_promise("fulfilled", "p")))[0][3] == weight


def test_who_vouches_counts() -> None:
    story = deal(promise("p"))
    by_buyer(story, on_promise("fulfilled", "p"))
    assert short(story) == [("T1", "kept", "seller", 1, 0)]
    imported = deal(promise("p"))
    imported.tell(on_promise("fulfilled", "p"), by=THE_IMPORT)
    assert short(imported) == [("T1", "kept", "seller", 1, 0)]


def test_a_later_confirmation_raises_it_from_the_fulfilment_on() -> None:
    story = deal(promise("p"), on_promise("fulfilled", "p", day=4))
    by_buyer(story, on_promise("confirmed", "p", by=BUYER, day=9))
    (row,) = rows_of(story, day(60))
    assert (row.weight_for, row.starts_at, row.ages_from, row.vouched_by) == (1000, day(4), day(4), BUYER)
    assert row.event_id == story.records[5].fact.event_id
    assert said(rows_of_known(story, 8)) == [("T1", "kept", "seller", 0.5, 0)]


def test_a_confirmation_that_the_seller_recorded_raises_nothing() -> None:
    story = deal(promise("p"), on_promise("fulfilled", "p"), on_promise("confirmed", "p", by=BUYER))
    assert short(story) == [("T1", "kept", "seller", 0.5, 0)]


def test_t2_kept_late_replaces_the_overdue_one() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=7))
    assert short(story) == [("T2", "kept_late", "seller", 0.25, 0.5)]
    assert ages(story) == [(day(7), day(7))]


def test_t3_declared_broken_replaces_the_overdue_one_and_ages() -> None:
    story = deal(promise("p", due_at=due(5), stake="large"), on_promise("broken", "p", day=7))
    assert short(story) == [("T3", "broken", "seller", 0, 2)]
    assert ages(story) == [(day(7), day(7))]


def test_t4_overdue_is_open_and_does_not_age() -> None:
    story = deal(promise("p", due_at=due(5)))
    assert short(story, 4.9) == []
    assert short(story, 5) == short(story, 300) == [("T4", "overdue", "seller", 0, 1)]
    assert ages(story) == [(day(5), None)]
    assert leg(asked(story, day(6))).score == leg(asked(story, day(300))).score == 0.333333


def test_an_honest_report_costs_what_silence_costs_and_then_fades() -> None:
    silent = deal(promise("p", due_at=due(5)))
    honest = deal(promise("p", due_at=due(5)), on_promise("broken", "p", day=5))
    scores = [(leg(asked(one, day(5))).score, leg(asked(one, day(95))).score) for one in (silent, honest)]
    assert scores == [(0.333333, 0.333333), (0.333333, 0.4)]


def test_t5_cancelled_before_its_due_time_and_t3_after() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("cancelled", "p", day=5))
    tell(story, promise("q", due_at=due(5)), on_promise("cancelled", "q", day=6))
    assert short(story) == [("T5", "cancelled", "seller", 0, 0.5), ("T3", "broken", "seller", 0, 1)]


def test_t6_a_no_or_a_smaller_step_is_no_breach() -> None:
    story = deal(
        request("a"),
        fact("commitment.declined", commitment_id=known_as("a")),
        promise("b", due_at=due(5)),
        on_promise("released", "b", day=9, on_behalf_of=BUYER),
        promise("c", due_at=due(5)),
        on_promise("renegotiated", "c", day=4, due_at=due(30), agreed_by=BUYER, change="smaller"),
    )
    assert short(story, 29) == []
    assert short(story, 31) == [("T4", "overdue", "seller", 0, 1)]
    assert ages(story, 31) == [(day(30), None)]


def test_closing_without_winning_lets_open_promises_go() -> None:
    story = deal(promise("p", due_at=due(5)), fact("deal.closed", outcome="lost", day=9))
    assert short(story) == []
    won = deal(promise("p", due_at=due(5)), fact("deal.closed", outcome="won", day=9))
    assert [one[0] for one in short(won)] == ["T4"]


def test_t7_renegotiated_late_replaces_the_overdue_one() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("renegotiated", "p", day=8, due_at=due(20), agreed_by=BUYER))
    late = ("T7", "changed_late", "seller", 0, 0.5)
    assert short(story, 19) == [late]
    assert short(story, 21) == [late, ("T4", "overdue", "seller", 0, 1)]
    tell(story, on_promise("fulfilled", "p", day=15))
    assert short(story, 60) == [late, ("T1", "kept", "seller", 0.5, 0)]


def test_renegotiated_late_without_another_time_nothing_is_overdue_any_more() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("renegotiated", "p", day=8, agreed_by=BUYER))
    assert [one[0] for one in short(story)] == ["T7"]


def test_renegotiated_without_consent_is_as_if_it_had_not_been() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("renegotiated", "p", day=4, due_at=due(30)))
    assert short(story, 6) == [("T4", "overdue", "seller", 0, 1)]


def test_t8_a_disputed_fulfilment_counts_nothing_until_it_is_fulfilled_again() -> None:
    story = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=4))
    by_buyer(story, on_promise("disputed", "p", by=BUYER, day=6))
    assert short(story) == []
    again = deal(promise("p", due_at=due(5)), on_promise("fulfilled", "p", day=4))
    by_buyer(again, on_promise("disputed", "p", by=BUYER, day=6))
    tell(again, on_promise("fulfilled", "p", day=9))
    assert short(again) == [("T1", "kept", "seller", 0.5, 0)]
    assert ages(again) == [(day(4), day(4))], "the first fulfilment's time counts"
    tell(story, on_promise("broken", "p", day=9))
    assert short(story) == [("T3", "broken", "seller", 0, 1)]


def test_the_dimension_of_a_promise_is_its_own_else_its_sides() -> None:
    for debtor, creditor, own, dimension in [
        (SELLER, BUYER, None, "seller"),
        (SELLER, BUYER, "product", "product"),
        (BUYER, SELLER, None, "self"),
        (COACH, SELLER, "process", "process"),
    ]:
        more = {} if own is None else {"dimension": own}
        story = deal(promise("p", debtor, creditor, due_at=due(5), **more))
        assert [one[2] for one in short(story)] == [dimension]
    assert short(deal(promise("p", COACH, SELLER, due_at=due(5)))) == [], "a coach is no leg of the deal"
    goal = a_goal(promise("p", SELLER, SELLER, due_at=due(5)))
    assert [one[2] for one in short(goal)] == ["self"]


def test_who_joined_later_than_they_promised_was_on_that_side_all_along() -> None:
    late = known_as("late")
    story = deal(joined(late, "seller", day=20), promise("p", late, BUYER, due_at=due(5), day=1))
    assert short(story) == [("T4", "overdue", "seller", 0, 1)]
