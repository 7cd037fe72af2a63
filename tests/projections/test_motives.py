"""What each person has to win or lose: five layers, who decides without a motive, what has nobody behind it."""

from typing import Any
from uuid import UUID

import pytest
from msgspec import to_builtins

from domain.facts import Proposal
from projections.motives import (
    LAYERS,
    QUESTIONS,
    IdentitySaid,
    MotiveCell,
    MotiveLink,
    Motives,
    MotivesOfParty,
    MotiveThreatened,
    StakeHeld,
    WithoutMotive,
    motives,
)
from tests.domain.telling import (
    BUYER,
    COACH,
    GOAL,
    SELLER,
    THE_COLLEAGUE,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    voided,
)
from tests.projections.standing import asked, erased, wordless


def motive(name: str, party: UUID = BUYER, layer: str = "personal", **more: Any) -> Proposal:
    said = {"party_id": party, "layer": layer, "polarity": "served", "statement": "To be home for dinner", **more}
    return fact("motive.recorded", motive_id=known_as(name), **said)


def required(name: str, **more: Any) -> Proposal:
    return fact("requirement.stated", requirement_id=known_as(name), text="Two taps", strength="must", **more)


def found(story: Story, **when: Any) -> Motives:
    return motives(asked(story, **when))


def of(story: Story, party: UUID, **when: Any) -> MotivesOfParty:
    return next(one for one in found(story, **when).parties if one.party_id == party)


def cell(story: Story, layer: str, party: UUID = BUYER) -> MotiveCell:
    return next(one for one in of(story, party).cells if one.layer == layer)


def test_before_anything_was_said_every_layer_has_a_question() -> None:
    nothing = found(a_deal())
    assert [one.party_id for one in nothing.parties] == [SELLER, BUYER, USER, COACH]
    assert [one.status for one in nothing.parties[1].cells] == ["unknown"] * 5
    assert [one.question for one in nothing.parties[1].cells] == [QUESTIONS[layer] for layer in LAYERS]
    assert nothing.parties[1].cells[0] == MotiveCell(
        layer="relational",
        status="unknown",
        polarity=None,
        last_at=None,
        question=QUESTIONS["relational"],
        motives=[],
    )
    assert (nothing.parties[1].coverage, nothing.parties[1].identity, nothing.parties[1].becoming) == (0, None, None)
    assert (nothing.deciders_without_motive, nothing.decider_coverage) == ([], None)
    assert (nothing.threatened, nothing.personal_risks, nothing.stakes) == ([], 0, [])
    assert (nothing.requirements_without_motive, nothing.outcomes_without_motive) == ([], [])
    assert (nothing.stated, nothing.inferred) == (0, 0)


def test_there_is_one_question_for_each_layer() -> None:
    assert list(QUESTIONS) == list(LAYERS)
    assert len(set(QUESTIONS.values())) == 5


def test_A16_a_cell_is_unknown_inferred_or_stated() -> None:
    deal = a_deal(motive("a", basis="inferred", polarity="threatened", day=1))
    assert (cell(deal, "personal").status, cell(deal, "personal").question) == ("inferred", QUESTIONS["personal"])
    deal.tell(motive("b", basis="stated", day=2), motive("c", basis="inferred", polarity="threatened", day=3))
    now = cell(deal, "personal")
    assert (now.status, now.polarity, now.last_at, now.question) == ("stated", "threatened", day(3), None)
    assert [one.motive_id for one in now.motives] == [known_as("a"), known_as("b"), known_as("c")]


def test_A16_the_next_question_is_of_the_first_layer_not_stated() -> None:
    deal = a_deal(motive("a", layer="relational", basis="stated"), motive("b", layer="user_centered", basis="inferred"))
    assert of(deal, BUYER).next_question == QUESTIONS["user_centered"]
    deal.tell(*(motive(layer, layer=layer, basis="stated") for layer in LAYERS))
    assert (of(deal, BUYER).next_question, of(deal, BUYER).coverage) == (None, 1)


@pytest.mark.parametrize(
    ("envelope", "basis"),
    [
        ({"basis": "stated"}, "stated"),
        ({"basis": "inferred", "on_behalf_of": BUYER}, "inferred"),
        ({}, "inferred"),
        ({"on_behalf_of": BUYER}, "stated"),
        ({"on_behalf_of": USER}, "inferred"),
    ],
)
def test_A12_stated_is_kept_apart_from_inferred(envelope: dict[str, Any], basis: str) -> None:
    deal = a_deal(motive("a", confidence=0.8, **envelope))
    assert [(one.basis, one.confidence) for one in cell(deal, "personal").motives] == [(basis, 0.8)]
    assert (found(deal).stated, found(deal).inferred) == ((1, 0) if basis == "stated" else (0, 1))


def test_A12_a_private_motive_is_for_nobody_else() -> None:
    deal = a_deal(motive("a", basis="stated", visibility="private"))
    assert of(deal, BUYER).coverage == 0.2
    assert of(deal, BUYER, by=THE_COLLEAGUE).coverage == 0


def test_B2_deciders_without_a_motive() -> None:
    deal = a_deal(joined(BUYER, "buyer", roles=["buyer", "champion"]), joined(USER, "buyer", roles=["economic_buyer"]))
    deal.tell(motive("a", USER, basis="inferred"), motive("b", SELLER, basis="stated"))
    assert (found(deal).deciders_without_motive, found(deal).decider_coverage) == ([BUYER, USER], 0)
    deal.tell(motive("c", BUYER, basis="stated"))
    assert (found(deal).deciders_without_motive, found(deal).decider_coverage) == ([USER], 0.1)
    deal.tell(fact("participant.left", party_id=USER))
    assert (found(deal).deciders_without_motive, found(deal).decider_coverage) == ([], 0.2)
    assert [one.decides for one in found(deal).parties] == [False, True, False, False]


def test_B11_what_is_in_it_for_the_decision_maker() -> None:
    deal = a_deal(joined(BUYER, "buyer", name="Ruben", roles=["economic_buyer"]), motive("a", basis="stated"))
    buyer = of(deal, BUYER)
    assert (buyer.name, buyer.side, buyer.roles, buyer.decides) == ("Ruben", "buyer", ("economic_buyer",), True)
    assert (buyer.coverage, buyer.cells[3].motives[0].statement) == (0.2, "To be home for dinner")


def test_A15_D16_identity_heads_the_motives_of_everybody() -> None:
    def see(about: str, words: str, at: float, party: UUID = SELLER) -> Proposal:
        return fact("identity.stated", party_id=party, about=about, statement=words, day=at)

    deal = a_deal(see("is", "A closer", 1), see("is", "A guide", 2), see("becoming", "A teacher", 3))
    event_id = deal.records[-2].fact.event_id
    seller = of(deal, SELLER)
    assert seller.identity == IdentitySaid(event_id=event_id, at=day(2), statement="A guide")
    assert seller.becoming is not None
    assert seller.becoming.statement == "A teacher"
    assert of(deal, BUYER).identity is None


def test_A13_requirements_and_outcomes_that_no_motive_stands_behind() -> None:
    deal = a_deal(
        required("r1"),
        required("r2", day=1),
        fact("outcome.defined", outcome_id=known_as("o1"), measure="Shifts filled", target=95, day=2),
        fact("outcome.defined", outcome_id=known_as("o2"), measure="Sick days", target=3),
    )
    links = [{"kind": "requirement", "id": known_as("r1")}, {"kind": "outcome", "id": known_as("o2")}]
    deal.tell(motive("a", linked_to=[*links, {"kind": "goal", "id": known_as("elsewhere")}]))
    answer = found(deal)
    assert answer.requirements_without_motive == [WithoutMotive(id=known_as("r2"), at=day(1), text="Two taps")]
    assert answer.outcomes_without_motive == [WithoutMotive(id=known_as("o1"), at=day(2), text="Shifts filled")]
    assert cell(deal, "personal").motives[0].linked_to == [
        MotiveLink(kind="requirement", id=known_as("r1")),
        MotiveLink(kind="outcome", id=known_as("o2")),
        MotiveLink(kind="goal", id=known_as("elsewhere")),
    ]


def test_A11_a_threatened_ego_is_a_personal_risk_until_it_is_served() -> None:
    deal = a_deal(motive("a", layer="ego", polarity="threatened"), motive("b", USER, polarity="threatened"))
    assert found(deal).threatened == [
        MotiveThreatened(party_id=BUYER, layer="ego", motive_id=known_as("a"), personal_risk=True),
        MotiveThreatened(party_id=USER, layer="personal", motive_id=known_as("b"), personal_risk=False),
    ]
    assert found(deal).personal_risks == 1
    deal.tell(motive("c", layer="ego", polarity="served"))
    assert ([one.party_id for one in found(deal).threatened], found(deal).personal_risks) == ([USER], 0)


def test_B10_a_promotion_rides_on_it() -> None:
    deal = a_deal(motive("a", stake="Promotion", stake_horizon="beyond_purchase"), motive("b"))
    assert found(deal).stakes == [
        StakeHeld(
            party_id=BUYER,
            layer="personal",
            motive_id=known_as("a"),
            stake="Promotion",
            stake_horizon="beyond_purchase",
        )
    ]
    (held, _) = cell(deal, "personal").motives
    assert (held.stake, held.stake_horizon, held.at) == ("Promotion", "beyond_purchase", day(0))


def test_on_a_goal_the_owner_has_motives() -> None:
    goal = a_goal(motive("a", SELLER, on_behalf_of=SELLER))
    assert goal.stream.stream_id == GOAL
    assert of(goal, SELLER).coverage == 0.2


def test_what_was_voided_was_never_wanted_and_as_of_cuts() -> None:
    deal = a_deal(motive("a", basis="stated", day=2))
    before = found(deal)
    for one in deal.tell(motive("b", layer="ego", polarity="threatened", stake="Face")):
        deal.tell(voided(one.event_id))
    assert found(deal) == before
    assert of(deal, BUYER, as_of=day(1)).coverage == 0


def test_erased_words_are_none_and_change_no_figure() -> None:
    deal = a_deal(
        joined(BUYER, "buyer", name="Ruben", roles=["buyer"]),
        motive("a", basis="stated", stake="Promotion", polarity="threatened"),
        fact("identity.stated", party_id=BUYER, about="is", statement="The one who gets people home"),
        required("r1"),
    )
    wiped = motives(erased(deal, day(1)))
    assert to_builtins(wiped) == wordless(deal, found(deal))
    assert (wiped.stakes[0].stake, wiped.requirements_without_motive[0].text) == (None, None)
