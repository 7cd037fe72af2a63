"""What somebody answers for themselves: worth it, me, follow through; would I buy it; and why it mattered."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import to_builtins

from domain.facts import Proposal
from projections.trust.score import trust
from projections.value_filter import (
    QUESTIONS,
    BuyChecked,
    ObjectionSuggested,
    ValueChecked,
    ValueFilter,
    ValueRecalled,
    value_filter,
)
from tests.domain.telling import (
    BUYER,
    SELLER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    known_as,
    objection,
    promise,
    voided,
)
from tests.projections.standing import asked, erased, wordless


def checked(question: str, answer: str = "yes", **more: Any) -> Proposal:
    return fact("value_check.answered", question=question, answer=answer, **more)


def would_buy(answer: str, **more: Any) -> Proposal:
    return fact("buy_check.answered", offer="The yearly plan", answer=answer, **more)


def motive(name: str) -> Proposal:
    return fact(
        "motive.recorded",
        motive_id=known_as(name),
        party_id=SELLER,
        layer="personal",
        polarity="served",
        statement="To be home",
    )


def recalled(name: str, **more: Any) -> Proposal:
    return fact("value.reaffirmed", target=known_as(name), how="Read the letter again", **more)


def found(story: Story, **when: Any) -> ValueFilter:
    return value_filter(asked(story, **when))


def of(story: Story, question: str, **when: Any) -> ValueChecked:
    return next(one for one in found(story, **when).questions if one.question == question)


def test_A29_before_anything_was_answered_all_three_are_open() -> None:
    nothing = found(a_deal())
    assert [one.question for one in nothing.questions] == ["worth_it", "aligned", "follow_through"]
    assert nothing.questions[0] == ValueChecked(
        question="worth_it",
        ask=QUESTIONS["worth_it"],
        answer=None,
        score=None,
        because=None,
        answered_by=None,
        answered_at=None,
        age_days=None,
        trend=None,
        answers=0,
        event_id=None,
    )
    assert nothing.unanswered == ["worth_it", "aligned", "follow_through"]
    assert nothing.next_question == QUESTIONS["worth_it"]
    assert (nothing.would_buy, nothing.buy_checks, nothing.suggestions) == (None, [], 0)
    assert (nothing.reaffirmed, nothing.reaffirmed_at, nothing.since_reaffirmed_days) == ([], None, None)
    assert (nothing.self_trust, nothing.self_certainty, nothing.changes_at) == (0.5, 0, None)


def test_A28_the_latest_answer_with_its_age() -> None:
    goal = a_goal(checked("worth_it", "no", day=1))
    goal.tell(checked("worth_it", "yes", score=8, because="A table I can talk at", day=2))
    assert of(goal, "worth_it", at=day(4.5)) == ValueChecked(
        question="worth_it",
        ask=QUESTIONS["worth_it"],
        answer="yes",
        score=8,
        because="A table I can talk at",
        answered_by=SELLER,
        answered_at=day(2),
        age_days=2.5,
        trend="up",
        answers=2,
        event_id=goal.records[-1].fact.event_id,
    )
    assert (found(goal).unanswered, found(goal).next_question) == (["aligned", "follow_through"], QUESTIONS["aligned"])
    assert of(goal, "worth_it", as_of=day(1)).answer == "no"
    goal.tell(checked("aligned"), checked("follow_through"))
    assert (found(goal).unanswered, found(goal).next_question) == ([], None)


@pytest.mark.parametrize(
    ("before", "now", "trend"),
    [
        (("no", None), ("unsure", None), "up"),
        (("unsure", None), ("yes", 3), "up"),
        (("yes", 8), ("unsure", None), "down"),
        (("yes", 8), ("yes", 6.5), "down"),
        (("no", 2), ("yes", 2), "level"),
        (("yes", None), ("yes", None), "level"),
    ],
)
def test_A28_trend(before: tuple[str, Any], now: tuple[str, Any], trend: str) -> None:
    answers = [
        checked("aligned", answer, **({} if score is None else {"score": score})) for answer, score in (before, now)
    ]
    assert of(a_goal(*answers), "aligned").trend == trend


def test_a_trend_is_of_one_person() -> None:
    deal = a_deal(checked("worth_it", "no", on_behalf_of=BUYER), checked("worth_it", "yes"))
    assert (of(deal, "worth_it").trend, of(deal, "worth_it").answered_by, of(deal, "worth_it").answers) == (
        None,
        SELLER,
        2,
    )
    deal.tell(checked("worth_it", "unsure", on_behalf_of=BUYER))
    assert (of(deal, "worth_it").trend, of(deal, "worth_it").answered_by) == ("up", BUYER)


def test_A42_on_a_goal_who_I_become_comes_first() -> None:
    assert [one.question for one in found(a_goal()).questions] == ["aligned", "worth_it", "follow_through"]
    assert found(a_goal()).unanswered[0] == "aligned"


def test_A43_how_long_since_it_was_last_reaffirmed() -> None:
    goal = a_goal(motive("m"), fact("outcome.defined", outcome_id=known_as("o"), measure="Minutes", target=60))
    goal.tell(recalled("m", day=1), recalled("o", day=2), recalled("m", day=4))
    answer = found(goal, at=day(6))
    assert answer.reaffirmed == [
        ValueRecalled(target=known_as("m"), times=2, last_at=day(4), since_days=2, how="Read the letter again"),
        ValueRecalled(target=known_as("o"), times=1, last_at=day(2), since_days=4, how="Read the letter again"),
    ]
    assert (answer.reaffirmed_at, answer.since_reaffirmed_days) == (day(4), 2)


def test_A45_would_I_buy_it_as_a_series() -> None:
    deal = a_deal(would_buy("no", day=1, on_behalf_of=BUYER), would_buy("yes", day=2))
    assert found(deal).would_buy == "yes"
    assert (
        found(deal).buy_checks
        == [
            BuyChecked(
                event_id=record.fact.event_id,
                at=day(number),
                answered_by=by,
                offer="The yearly plan",
                answer=answer,  # type: ignore[arg-type]
                missing=None,
                objection_id=None,
                suggestion=None,
            )
            for record, number, by, answer in zip(
                deal.records[-2:], (1, 2), (BUYER, SELLER), ("no", "yes"), strict=True
            )
        ]
    )


def test_A45_what_is_missing_suggests_an_objection_until_it_is_raised() -> None:
    deal = a_deal(would_buy("not_yet", missing="A way to leave", on_behalf_of=BUYER))
    because = deal.records[-1].fact.event_id
    (check,) = found(deal).buy_checks
    assert (check.missing, check.objection_id, found(deal).suggestions) == ("A way to leave", None, 1)
    assert check.suggestion == ObjectionSuggested(
        dimension="product", category="fit", statement="A way to leave", raised_by=BUYER, causation_id=because
    )
    deal.tell(objection("other"), objection("o", causation_id=because))
    (check,) = found(deal).buy_checks
    assert (check.objection_id, check.suggestion, found(deal).suggestions) == (known_as("o"), None, 0)


def test_a_suggestion_can_be_raised_as_it_stands() -> None:
    deal = a_deal(would_buy("no", missing="A way to leave", on_behalf_of=BUYER))
    suggestion = found(deal).buy_checks[0].suggestion
    assert suggestion is not None
    raised: dict[str, Any] = {name: getattr(suggestion, name) for name in suggestion.__struct_fields__}
    deal.tell(fact("objection.raised", objection_id=UUID(int=5), **raised))
    assert found(deal).buy_checks[0].objection_id == UUID(int=5)


def test_A28_what_was_stated_beside_what_was_done() -> None:
    goal = a_goal(checked("follow_through", score=9), promise("p", SELLER, SELLER, due_at="2026-03-05T09:00:00Z"))
    assert (found(goal).self_trust, found(goal).changes_at) == (0.5, day(3))
    overdue = found(goal, at=day(4))
    assert (overdue.questions[2].score, overdue.self_trust) == (9, 0.333333)
    assert overdue.self_certainty == 0.333333
    (leg,) = (one for one in trust(asked(goal, at=day(4))).dimensions if one.dimension == "self")
    assert (leg.score, leg.certainty) == (overdue.self_trust, overdue.self_certainty)


def test_what_was_voided_was_never_answered() -> None:
    goal = a_goal(motive("m"), checked("aligned", "unsure"))
    before = found(goal)
    for one in goal.tell(checked("aligned"), would_buy("no", missing="Time"), recalled("m")):
        goal.tell(voided(one.event_id))
    assert found(goal) == before


def test_erased_words_are_none_and_change_no_figure() -> None:
    goal = a_goal(motive("m"), checked("aligned", because="I say so"), would_buy("no", missing="Time"), recalled("m"))
    wiped = value_filter(erased(goal, day(0)))
    assert to_builtins(wiped) == wordless(goal, found(goal))
    assert (wiped.suggestions, wiped.buy_checks[0].missing, wiped.reaffirmed[0].how) == (1, None, None)
