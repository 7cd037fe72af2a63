"""What a fact points at: ids that are there, ids that are new, parties that take part."""

from typing import Any
from uuid import uuid4

import pytest

from domain.facts import Proposal
from domain.refusals import IdIsTaken, NoSuchFact, NoSuchThing, NotAParticipant
from tests.domain.telling import (
    BUYER,
    STRANGER,
    a_deal,
    a_goal,
    fact,
    joined,
    known_as,
    noted,
    objection,
    promise,
    refused,
)

MAPPED: dict[str, Any] = {
    "end_state": "Live",
    "milestones": [{"name": "Signed", "owner_side": "buyer", "milestone_id": known_as("m")}],
}


def test_an_id_of_another_kind_does_not_do() -> None:
    deal = a_deal(objection("o"))
    with refused(NoSuchThing, deal):
        deal.tell(fact("commitment.fulfilled", commitment_id=known_as("o")))


@pytest.mark.parametrize(
    "about",
    [
        fact("note.recorded", text="On this", about={"kind": "commitment", "id": known_as("nothing")}),
        fact("interaction.logged", direction="inbound", initiated_by=BUYER, addresses=[known_as("nothing")]),
        fact("feature.presented", feature="Swaps", linked_to=[{"kind": "insight", "id": known_as("nothing")}]),
        fact("insight.recorded", kind="pain", statement="x", subject="buyer", uncovered_by="buyer", answers=uuid4()),
    ],
)
def test_a_reference_inside_a_list_or_a_union_is_looked_up_too(about: Proposal) -> None:
    deal = a_deal()
    with refused(NoSuchThing, deal):
        deal.tell(about)


@pytest.mark.parametrize(
    "about",
    [
        fact("event.annotated", target_event_id=uuid4(), note="Late"),
        fact("attribution.recorded", target_event_id=uuid4(), locus="internal"),
        fact("hesitation.noticed", signal="silence", after=uuid4()),
        fact("note.recorded", text="On this", about={"kind": "event", "id": uuid4()}),
    ],
)
def test_an_event_that_is_not_on_the_stream_is_not_referred_to(about: Proposal) -> None:
    deal = a_deal()
    with refused(NoSuchFact, deal):
        deal.tell(about)


@pytest.mark.parametrize(
    "naming",
    [
        fact("no.invited", by=STRANGER),
        fact("interaction.logged", direction="inbound", initiated_by=BUYER, participants=[BUYER, STRANGER]),
        fact("alignment.recorded", between=[BUYER, STRANGER], subject="price", aligned="no", stated_by=BUYER),
        fact("note.recorded", text="About her", about={"kind": "party", "id": STRANGER}),
        fact("deal.closed", outcome="won", decided_by=STRANGER),
        fact("participant.left", party_id=STRANGER),
        noted(on_behalf_of=STRANGER),
    ],
)
def test_a_party_that_does_not_take_part_is_not_named(naming: Proposal) -> None:
    deal = a_deal()
    with refused(NotAParticipant, deal) as told:
        deal.tell(naming)
    assert told.members == {"party_id": STRANGER}


@pytest.mark.parametrize(
    "free",
    [
        fact("deal.closed", outcome="won", decided_by={"name": "The board"}),
        fact("referral.given", to={"name": "A friend"}),
        fact("referral.given", to=STRANGER),
        joined(STRANGER, "buyer"),
    ],
)
def test_a_name_or_a_newcomer_need_not_take_part(free: Proposal) -> None:
    deal = a_deal(free)
    assert deal.stream.version == 5


def test_one_fact_does_not_use_an_id_twice() -> None:
    goal = a_goal()
    step = {"text": "Listen", "horizon": "next", "step_id": known_as("s")}
    with refused(IdIsTaken, goal):
        goal.tell(fact("goal.decomposed", steps=[step, step], proposed_by="agent"))


def test_a_milestone_may_not_take_the_id_of_something_else() -> None:
    deal = a_deal(promise("m"))
    with refused(IdIsTaken, deal):
        deal.tell(fact("journey.mapped", **MAPPED))


def test_ids_left_out_in_a_list_are_made_one_by_one() -> None:
    goal = a_goal()
    steps = [{"text": "Listen", "horizon": "next"}, {"text": "Speak", "horizon": "short"}]
    (decomposed,) = goal.tell(fact("goal.decomposed", steps=steps, proposed_by="agent"))
    ids = [step.step_id for step in decomposed.data.steps]
    assert len(set(ids)) == 2
    assert {thing.id for thing in goal.stream.things("step")} == set(ids)


def test_steps_are_accepted_from_their_own_breakdown() -> None:
    goal = a_goal()
    for name in ("one", "two"):
        step = {"text": "Listen", "horizon": "next", "step_id": known_as(f"step {name}")}
        goal.tell(fact("goal.decomposed", decomposition_id=known_as(name), steps=[step], proposed_by="person"))
    with refused(NoSuchThing, goal):
        goal.tell(
            fact("goal.decomposition_accepted", decomposition_id=known_as("one"), step_ids=[known_as("step two")])
        )
    goal.tell(fact("goal.decomposition_accepted", decomposition_id=known_as("one"), step_ids=[known_as("step one")]))
    assert (goal.state("one"), goal.state("step one"), goal.state("step two")) == ("accepted", "accepted", "proposed")
