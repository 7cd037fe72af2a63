"""The stream as a whole: opened once, open or closed, who takes part, what is already so."""

from typing import Any

import pytest

from domain.facts import Proposal
from domain.refusals import (
    AlreadyOpened,
    AlreadySo,
    DealIsClosed,
    DealIsOpen,
    GoalSupportsItself,
    NotAParticipant,
    NothingChanges,
    NotYetOpened,
    OtherKindOfStream,
)
from domain.stream import Participant
from tests.domain.telling import (
    BUYER,
    DEAL,
    GOAL,
    SELLER,
    STRANGER,
    USER,
    Story,
    a_deal,
    a_goal,
    fact,
    goal_set,
    joined,
    known_as,
    noted,
    objection,
    opened,
    promise,
    refused,
)


@pytest.mark.parametrize("stream_id", [DEAL, GOAL])
def test_nothing_is_recorded_before_the_stream_is_opened(stream_id: str) -> None:
    story = Story(stream_id)
    with refused(NotYetOpened, story):
        story.tell(noted())


def test_a_deal_is_not_opened_as_a_goal() -> None:
    story = Story(DEAL)
    with refused(OtherKindOfStream, story) as told:
        story.tell(goal_set())
    assert told.members == {"on": ["goal"]}


def test_a_deal_is_opened_once() -> None:
    deal = a_deal()
    with refused(AlreadyOpened, deal):
        deal.tell(opened())


def test_opening_a_deal_makes_the_recorder_its_seller() -> None:
    deal = Story(DEAL)
    (first,) = deal.tell(opened())
    assert deal.stream.participants == {
        SELLER: Participant(SELLER, "seller", ("seller",), first, joined_at=first.occurred_at)
    }


def test_setting_a_goal_makes_the_recorder_its_owner() -> None:
    goal = Story(GOAL)
    goal.tell(goal_set())
    assert goal.stream.side(SELLER) == "self"


def test_a_stream_is_opened_for_nobody_else() -> None:
    deal = Story(DEAL)
    with refused(NotAParticipant, deal):
        deal.tell(opened(on_behalf_of=STRANGER))
    deal.tell(opened(on_behalf_of=SELLER))
    assert deal.stream.version == 1


def closed(outcome: str = "lost") -> Proposal:
    return fact("deal.closed", outcome=outcome)


REQUIREMENT: dict[str, Any] = {"requirement_id": str(known_as("r"))}


@pytest.mark.parametrize(
    "late",
    [
        closed("won"),
        fact("stage.entered", stage="deciding"),
        fact("requirement.stated", text="Works offline", strength="must"),
        fact("requirement.answered", **REQUIREMENT, how="It keeps a copy"),
        fact("requirement.verified", **REQUIREMENT, met="yes", verified_by=BUYER),
        fact("feature.presented", feature="Swap requests"),
    ],
)
def test_a_closed_deal_refuses_what_only_an_open_one_can_have(late: Proposal) -> None:
    deal = a_deal(fact("requirement.stated", **REQUIREMENT, text="Fast", strength="must"), closed("lost"))
    with refused(DealIsClosed, deal):
        deal.tell(late)


@pytest.mark.parametrize(
    "after",
    [
        fact("stage.entered", stage="onboarding"),
        fact("stage.entered", stage="ongoing_use"),
        joined(STRANGER, "buyer"),
        promise("p"),
        objection("o"),
        fact("usage.observed", measure="Sign-ins", value=3, period="2026-03"),
        fact("renewal.decided", renewed=True),
    ],
)
def test_everything_else_goes_on_after_the_close(after: Proposal) -> None:
    deal = a_deal(closed("won"), after)
    assert deal.stream.version == 6


def test_a_deal_that_is_open_is_not_reopened() -> None:
    deal = a_deal()
    with refused(DealIsOpen, deal):
        deal.tell(fact("deal.reopened", reason="They called"))


def test_closing_the_same_way_again_names_the_closing() -> None:
    deal = a_deal()
    (closing,) = deal.tell(closed("lost"))
    with refused(AlreadySo, deal) as told:
        deal.tell(closed("lost"))
    assert told.members == {"event_id": closing.event_id}


def test_a_reopened_deal_is_as_open_as_before() -> None:
    deal = a_deal(closed("lost"), fact("deal.reopened", reason="They called"), fact("stage.entered", stage="deciding"))
    assert (deal.stream.closed, deal.stream.stage) == (None, "deciding")


@pytest.mark.parametrize(
    ("told_before", "again"),
    [
        ([fact("stage.entered", stage="deciding")], fact("stage.entered", stage="deciding")),
        ([fact("participant.left", party_id=USER)], fact("participant.left", party_id=USER)),
        ([], joined(USER, "buyer")),
        ([fact("selling_pause.started")], fact("selling_pause.started")),
        ([], fact("selling_pause.ended")),
        (
            [fact("force.observed", force_id=known_as("f"), force="push", statement="Pain", intensity=3)],
            fact("force.changed", force_id=known_as("f"), intensity=3, because="Nothing"),
        ),
        (
            [
                fact("assumption.recorded", assumption_id=known_as("a"), statement="They pay"),
                fact("assumption.tested", assumption_id=known_as("a"), result="held"),
            ],
            fact("assumption.tested", assumption_id=known_as("a"), result="held"),
        ),
        (
            [
                fact("help.given", help_id=known_as("h"), to=BUYER, kind="advice"),
                fact("help.confirmed", help_id=known_as("h"), by=BUYER, useful=True),
            ],
            fact("help.confirmed", help_id=known_as("h"), by=BUYER, useful=True),
        ),
        (
            [
                fact("alternative.considered", alternative_id=known_as("x"), kind="competitor", name="Other"),
                fact("alternative.eliminated", alternative_id=known_as("x"), reason="Slow", by=BUYER),
            ],
            fact("alternative.eliminated", alternative_id=known_as("x"), reason="Slow", by=BUYER),
        ),
        (
            [
                fact("no.received", no_id=known_as("n"), scope="price", kind="final", said_by=BUYER, statement="No"),
                fact("no.lifted", no_id=known_as("n"), because="Budget"),
            ],
            fact("no.lifted", no_id=known_as("n"), because="Budget"),
        ),
    ],
)
def test_what_is_already_so_on_a_deal_is_not_recorded_again(told_before: list[Proposal], again: Proposal) -> None:
    deal = a_deal(*told_before)
    with refused(AlreadySo, deal):
        deal.tell(again)


def test_a_goal_that_is_already_there_is_not_moved_there() -> None:
    goal = a_goal(fact("goal.status_changed", lifecycle="active", achievement="improving"))
    with refused(AlreadySo, goal):
        goal.tell(fact("goal.status_changed", lifecycle="active"))
    goal.tell(fact("goal.status_changed", lifecycle="active", achievement="worsening"))
    assert goal.stream.achievement == "worsening"


def test_a_goal_does_not_support_itself() -> None:
    goal = a_goal()
    with refused(GoalSupportsItself, goal):
        goal.tell(fact("goal.linked", parent=known_as("the goal")))


def test_a_goal_supports_another_once() -> None:
    link = fact("goal.linked", parent=known_as("a larger goal"))
    goal = a_goal(link)
    with refused(AlreadySo, goal):
        goal.tell(link)


@pytest.mark.parametrize("empty", [fact("deal.changed"), fact("goal.restated")])
def test_a_change_changes_something(empty: Proposal) -> None:
    story = a_deal() if type(empty).__name__.startswith("Deal") else a_goal()
    with refused(NothingChanges, story):
        story.tell(empty)


def test_a_change_changes_what_it_says_and_null_clears() -> None:
    deal = Story(DEAL)
    deal.tell(opened(customer="Maasdijk", segment="yards"))
    deal.tell(fact("deal.changed", title="Two yards", segment=None))
    terms = deal.stream.terms
    assert terms is not None
    assert (terms.title, terms.customer, terms.segment) == ("Two yards", "Maasdijk", None)  # type: ignore[attr-defined]


def test_joining_again_replaces_side_and_roles() -> None:
    deal = a_deal(joined(BUYER, "buyer", name="Ruben", roles=["buyer"]), joined(BUYER, "coach", roles=["expert"]))
    buyer = deal.stream.participants[BUYER]
    assert (buyer.side, buyer.roles, buyer.name) == ("coach", ("expert",), "Ruben")


def test_a_party_who_left_may_come_back() -> None:
    deal = a_deal(fact("participant.left", party_id=USER))
    assert not deal.stream.takes_part(USER)
    deal.tell(joined(USER, "buyer"))
    assert deal.stream.takes_part(USER)


def test_the_promises_of_a_party_who_left_can_still_be_told() -> None:
    deal = a_deal(promise("p", debtor=USER), fact("participant.left", party_id=USER))
    deal.tell(fact("commitment.broken", commitment_id=known_as("p"), on_behalf_of=USER))
    assert deal.state("p") == "broken"
