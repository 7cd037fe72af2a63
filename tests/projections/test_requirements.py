"""What is required, whether it is answered and verified, and what was shown without being asked for."""

from typing import Any

import pytest
from msgspec import to_builtins

from domain.facts import Proposal
from projections.requirements import (
    FeatureLink,
    FeatureShown,
    RequirementKnown,
    Requirements,
    requirements,
)
from tests.domain.telling import BUYER, SELLER, Story, a_deal, day, fact, known_as, voided
from tests.projections.buying import insight
from tests.projections.standing import asked, erased, wordless


def required(name: str, strength: str = "must", **more: Any) -> Proposal:
    return fact(
        "requirement.stated", requirement_id=known_as(name), text="In two minutes", **{"strength": strength, **more}
    )


def answered(name: str, **more: Any) -> Proposal:
    return fact("requirement.answered", requirement_id=known_as(name), how="Three taps", **more)


def verified(name: str, met: str = "yes", **more: Any) -> Proposal:
    said = {"verified_by": BUYER, "met": met, **more}
    return fact("requirement.verified", requirement_id=known_as(name), **said)


def shown(feature: str = "Swap requests", **more: Any) -> Proposal:
    return fact("feature.presented", feature=feature, **more)


def found(story: Story, **when: Any) -> Requirements:
    return requirements(asked(story, **when))


def test_on_a_deal_just_opened_nothing_is_required() -> None:
    assert found(a_deal()) == Requirements(
        requirements=[],
        strengths={"must": 0, "should": 0, "wish": 0},
        no_hard_requirements=True,
        answered_share=None,
        verified_share=None,
        met_share=None,
        unanswered=[],
        prompted=0,
        features=[],
        unasked=0,
        unasked_hesitations=0,
        relevance=None,
    )


def test_A9_a_buyer_without_a_must_has_no_hard_requirements() -> None:
    deal = a_deal(required("a", "should"), required("b", "wish", prompted=True), required("c", "wish"))
    assert (found(deal).no_hard_requirements, found(deal).prompted) == (True, 1)
    assert found(deal).strengths == {"must": 0, "should": 1, "wish": 2}
    assert (found(deal).answered_share, found(deal).met_share) == (None, None)
    deal.tell(required("d"))
    assert not found(deal).no_hard_requirements


def test_A10_from_stated_over_how_to_verified() -> None:
    deal = a_deal(
        required("a", stated_by=BUYER, prompted=True, day=1),
        answered("a", by=SELLER, day=2),
        verified("a", "partial", disclosed_by=SELLER, day=3),
    )
    assert found(deal).requirements == [
        RequirementKnown(
            requirement_id=known_as("a"),
            event_id=deal.records[-3].fact.event_id,
            text="In two minutes",
            strength="must",
            stated_by=BUYER,
            prompted=True,
            stated_at=day(1),
            answered=True,
            how="Three taps",
            answered_by=SELLER,
            answered_at=day(2),
            verified=True,
            met="partial",
            verified_by=BUYER,
            verified_at=day(3),
            disclosed_by=SELLER,
        )
    ]
    before = found(deal, as_of=day(2)).requirements[0]
    assert (before.answered, before.verified, before.met, before.verified_by) == (True, False, None, None)
    assert not found(deal, as_of=day(1)).requirements[0].answered


def test_A10_shares_are_of_the_musts() -> None:
    deal = a_deal(*map(required, "abc"), required("d", "should"))
    deal.tell(answered("a"), answered("b"), answered("d"), verified("a"), verified("b", "no"), verified("d"))
    answer = found(deal)
    assert (answer.answered_share, answer.verified_share, answer.met_share) == (0.666667, 0.666667, 0.333333)
    assert answer.unanswered == [known_as("c")]


@pytest.mark.parametrize(("met", "share"), [("yes", 1), ("partial", 0), ("no", 0)])
def test_only_a_yes_is_met(met: str, share: float) -> None:
    assert found(a_deal(required("a"), verified("a", met))).met_share == share


def test_a_new_answer_has_to_be_verified_anew() -> None:
    deal = a_deal(required("a"), answered("a", day=1), verified("a", "no", day=2), answered("a", day=3))
    (row,) = found(deal).requirements
    assert (row.verified, row.met, row.answered_at, found(deal).verified_share) == (False, None, day(3), 0)
    deal.tell(verified("a", day=4))
    assert (found(deal).requirements[0].met, found(deal).met_share) == ("yes", 1)


def test_a_requirement_may_be_verified_without_an_answer() -> None:
    (row,) = found(a_deal(required("a"), verified("a"))).requirements
    assert (row.answered, row.how, row.verified, row.met) == (False, None, True, "yes")


def test_C8_a_hesitation_after_a_feature_nobody_asked_for() -> None:
    deal = a_deal()
    unasked, wanted = deal.tell(shown(day=1), shown("Wall view", requested=True, day=2))
    for name, after in [("h1", unasked), ("h2", unasked), ("h3", wanted)]:
        deal.tell(
            fact("hesitation.noticed", hesitation_id=known_as(name), signal="vagueness", after=after.event_id, day=3)
        )
    deal.tell(fact("hesitation.noticed", signal="silence", day=3))
    answer = found(deal)
    assert (answer.unasked, answer.unasked_hesitations) == (1, 2)
    assert answer.features == [
        FeatureShown(
            event_id=unasked.event_id,
            at=day(1),
            feature="Swap requests",
            requested=False,
            linked_to=[],
            hesitations=[known_as("h1"), known_as("h2")],
        ),
        FeatureShown(
            event_id=wanted.event_id,
            at=day(2),
            feature="Wall view",
            requested=True,
            linked_to=[],
            hesitations=[known_as("h3")],
        ),
    ]


def test_C27_D11_what_is_shown_is_relevant_when_somebody_cares_for_it() -> None:
    deal = a_deal(required("a"), insight("i"))
    links = [{"kind": "requirement", "id": known_as("a")}, {"kind": "insight", "id": known_as("i")}]
    deal.tell(shown(linked_to=links), shown(), shown(requested=True))
    assert found(deal).relevance == 0.333333
    assert found(deal).features[0].linked_to == [
        FeatureLink(kind="requirement", id=known_as("a")),
        FeatureLink(kind="insight", id=known_as("i")),
    ]


def test_what_was_voided_was_never_required() -> None:
    deal = a_deal(required("a"), answered("a"))
    before = found(deal)
    for one in deal.tell(verified("a"), shown()):
        deal.tell(voided(one.event_id))
    assert found(deal) == before


def test_erased_words_are_none_and_change_no_figure() -> None:
    deal = a_deal(required("a"), answered("a"), verified("a"), shown())
    wiped = requirements(erased(deal, day(0)))
    assert to_builtins(wiped) == wordless(deal, found(deal))
    assert (wiped.requirements[0].text, wiped.requirements[0].how, wiped.features[0].feature) == (None, None, None)
