"""What help, pressure, the product and the end say about trust, rule by rule: events in, rows out."""

from typing import Any
from uuid import UUID

import pytest

from domain.facts import Proposal
from tests.domain.telling import (
    BUYER,
    SELLER,
    USER,
    day,
    fact,
    joined,
    known_as,
)
from tests.projections.judged import STATED, ages, by_buyer, deal, due, short, tell, verified
from tests.projections.standing import mapped

# -- help and pressure


def helped(**more: Any) -> Proposal:
    said = {"help_id": known_as("h"), "to": BUYER, "kind": "advice", "outside_sale": True, "day": 1}
    return fact("help.given", **{**said, **more})


def useful(*, yes: bool, by: UUID = BUYER, **more: Any) -> Proposal:
    return fact("help.confirmed", help_id=known_as("h"), by=by, useful=yes, **more)


def test_t15_help_outside_the_sale_counts_in_full_once_it_was_useful() -> None:
    story = deal(helped())
    assert short(story) == [("T15", "given", "seller", 0.125, 0)]
    by_buyer(story, useful(yes=True, day=5))
    assert short(story) == [("T15", "useful", "seller", 0.5, 0)]
    assert ages(story) == [(day(5), day(5))]
    tell(story, useful(yes=True, by=USER, day=30))
    assert ages(story) == [(day(5), day(5))], "saying so again does not make it fresh"
    tell(story, joined(known_as("third"), "buyer"), useful(yes=False, by=known_as("third"), day=31))
    assert short(story) == []


def test_help_inside_the_sale_or_among_sellers_or_from_the_buyer_is_no_evidence() -> None:
    assert short(deal(helped(outside_sale=False))) == []
    assert short(deal(joined(known_as("peer"), "seller"), helped(to=known_as("peer")))) == []
    assert short(deal(helped(on_behalf_of=BUYER, to=SELLER))) == []


def test_t16_recommending_another_way() -> None:
    story = deal(fact("alternative.recommended", kind="competitor", reason="It fits better", day=1))
    assert short(story) == [("T16", "recommended", "seller", 0.5, 0)]


def test_t17_pressure() -> None:
    story = deal(fact("pressure.applied", kind="quarter_end", beneficiary="seller", day=1))
    assert short(story) == [("T17", "pressed", "seller", 0, 1)]


def test_t18_a_feature_nobody_asked_for() -> None:
    story = deal(fact("feature.presented", feature="Swaps"), fact("feature.presented", feature="Alarm", requested=True))
    assert short(story) == [("T18", "unasked", "product", 0, 0.25)]


# -- the product and the end


@pytest.mark.parametrize(("met", "weights"), [("yes", (1, 0)), ("partial", (0.5, 0.5)), ("no", (0, 1))])
def test_t19_a_requirement_verified_by_the_buyer(met: str, weights: tuple[float, float]) -> None:
    story = deal(STATED)
    by_buyer(story, verified(met))
    assert short(story) == [("T19", met, "product", *weights)]
    assert short(deal(STATED, verified(met, verified_by=SELLER))) == [], "the seller cannot verify it"


def test_t19_a_no_that_the_seller_said_first_speaks_for_the_seller() -> None:
    story = deal(STATED)
    by_buyer(story, verified("no", disclosed_by=SELLER))
    assert short(story) == [("T19", "no", "product", 0, 1), ("T19", "disclosed", "seller", 0.5, 0)][::1]


@pytest.mark.parametrize(("accurate", "weights"), [("yes", (0.5, 0)), ("partly", (0.25, 0.25)), ("no", (0, 0.5))])
def test_t20_feeling_understood(accurate: str, weights: tuple[float, float]) -> None:
    story = deal()
    by_buyer(story, fact("understanding.confirmed", summary="Fridays", by=BUYER, accurate=accurate, day=1))
    assert short(story) == [("T20", accurate, "seller", *weights)]
    assert short(deal(fact("understanding.confirmed", summary="Fridays", by=SELLER, accurate=accurate))) == []


def test_t21_milestones() -> None:
    reached = fact("milestone.reached", milestone_id=known_as("m"), day=4)
    assert short(deal(mapped(("m", "seller", due(5))), reached)) == [("T21", "reached", "process", 0.25, 0)]
    assert short(deal(mapped(("m", "seller", None)), reached)) == [("T21", "reached", "process", 0.25, 0)]
    late = deal(mapped(("m", "seller", due(3))), reached)
    assert short(late) == [("T21", "reached_late", "process", 0.125, 0.25)]
    waiting = deal(mapped(("m", "seller", due(3))))
    assert (short(waiting, 2), short(waiting, 3)) == ([], [("T21", "overdue", "process", 0, 0.5)])
    assert ages(waiting) == [(day(3), None)]
    tell(waiting, mapped(("other", "seller", None)))
    assert short(waiting) == [], "what the map leaves out is not due any more"


def test_milestones_lapse_with_the_deal_and_come_back_with_it() -> None:
    story = deal(mapped(("m", "seller", due(3))), fact("deal.closed", outcome="lost", day=9))
    assert short(story) == []
    tell(story, fact("deal.reopened", reason="Thawed", day=20))
    assert ages(story) == [(day(20), None)]


@pytest.mark.parametrize(("verdict", "weights"), [("achieved", (1, 0)), ("missed", (0, 2))])
def test_t22_outcomes(verdict: str, weights: tuple[float, float]) -> None:
    defined = fact("outcome.defined", outcome_id=known_as("out"), measure="Shifts", target=95)
    story = deal(defined, fact("outcome.measured", outcome_id=known_as("out"), value=97, verdict=verdict, day=5))
    assert short(story) == [("T22", verdict, "product", *weights)]
    waiting = deal(defined, fact("outcome.measured", outcome_id=known_as("out"), value=70, verdict="open", day=5))
    assert short(waiting) == []


def test_t23_renewal() -> None:
    won = fact("deal.closed", outcome="won")
    stayed = deal(won, fact("renewal.decided", renewed=True, day=9))
    assert short(stayed) == [("T23", "renewed", "process", 0.5, 0), ("T23", "renewed", "product", 0.5, 0)]
    left = deal(won, fact("renewal.decided", renewed=False, day=9))
    assert short(left) == [("T23", "churned", "process", 0, 1), ("T23", "churned", "product", 0, 1)]


def test_t24_referral() -> None:
    story = deal()
    by_buyer(story, fact("referral.given", to={"name": "Lotte"}))
    assert short(story) == [("T24", "referred", "product", 1, 0), ("T24", "referred", "seller", 1, 0)]
