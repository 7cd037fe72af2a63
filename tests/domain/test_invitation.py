"""What a guest has of a stream and may say on it: enough to be the other side, and nothing of the team's."""

from typing import Any

import pytest

from domain.events import CATALOGUE
from domain.facts import Caller
from domain.history import may_know
from domain.invitation import GUESTS_MAY, guests_fold
from domain.refusals import GuestsSpeakForThemselves, NotForGuests
from domain.stream import Stream
from projections.list_row import card, list_row
from projections.participations import participations
from projections.stream_state import stream_state
from tests.domain.telling import (
    BUYER,
    COACH,
    DEAL,
    GOAL,
    SELLER,
    THE_BUYER,
    THE_COACH,
    THE_SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    noted,
    objection,
    on_objection,
    on_promise,
    opened,
    promise,
    refused,
)

SUPPORTER = Caller(COACH, "guest", stream_id=GOAL)


def as_guest(story: Story, caller: Caller = THE_BUYER, **cut: Any) -> Stream | None:
    return guests_fold(story.records, caller, story.stream, **cut)


def a_team_deal(*told: Any) -> Story:
    """A deal of which nothing is shared but what is told so."""
    deal = a_deal(*told)
    assert deal.records[0].fact.visibility == "team"
    return deal


def test_an_invitation_tells_who_opened_the_stream_when_and_ones_own_side() -> None:
    deal = a_team_deal()
    seen = as_guest(deal)
    assert seen is not None
    assert [(one.party_id, one.side, one.name, one.roles) for one in participations(seen)] == [
        (SELLER, "seller", None, ("seller",)),
        (BUYER, "buyer", None, ()),
    ]
    assert seen.first_at == deal.stream.first_at
    assert card(seen).title is None
    assert list_row(seen).parties == [SELLER, BUYER]


def test_nothing_that_the_team_said_reaches_a_guests_answers() -> None:
    secret = "Only the team may read this"
    deal = Story(DEAL)
    deal.tell(
        opened(
            title=secret, customer=secret, product=secret, amount="7000", currency="EUR", referred_by={"name": secret}
        ),
        joined(BUYER, "buyer", name=secret, roles=["gatekeeper"]),
        joined(USER, "buyer", name=secret),
        objection("o", statement=secret),
        promise("p", statement=secret, next_step=True),
        noted(secret),
        fact("stage.entered", stage="deciding"),
        noted("For you", visibility="shared"),
    )
    seen = as_guest(deal)
    assert seen is not None
    state = stream_state(seen, day(1))
    for answer in (state, card(seen), list_row(seen), list(seen.facts)):
        assert secret not in repr(answer)
        assert "7000" not in repr(answer)
        assert "gatekeeper" not in repr(answer)
        assert str(USER) not in repr(answer)
        assert "deciding" not in repr(answer)
    assert state.counts == {"people": 1, "record": 1}
    assert (state.promises_open, state.objections_open) == (0, 0)


def test_a_private_goal_is_told_to_its_guest_in_the_same_way_and_to_nobody_else() -> None:
    goal = a_goal(noted("A doubt"), noted("For you", visibility="shared"))
    seen = as_guest(goal, SUPPORTER)
    assert seen is not None
    assert [one.party_id for one in participations(seen)] == [SELLER, COACH]
    assert "Portuguese" not in repr(stream_state(seen, day(1)))
    assert [record.fact.data.text for record in goal.seen_by(SUPPORTER)] == ["For you"]
    assert may_know(SUPPORTER, goal.stream)
    for other in (THE_BUYER, THE_COACH, Caller(known_as("other"), "owner"), Caller(COACH, "guest")):
        assert not may_know(other, goal.stream)


def test_a_shared_stream_is_told_whole_as_far_as_it_is_shared() -> None:
    deal = a_deal(noted(), shared=True)
    seen = as_guest(deal)
    assert seen is not None
    assert card(seen).title == "Shift planning"


def test_a_correction_of_ones_side_is_told_and_a_voided_joining_is_not() -> None:
    deal = Story(DEAL)
    deal.tell(opened(), joined(BUYER, "coach", id=known_as("joined")))
    said = {"party_id": str(BUYER), "side": "buyer", "name": "Ruben"}
    correction = {"target_event_id": str(known_as("joined")), "data": said, "reason": "Clicked wrong"}
    deal.tell(fact("event.corrected", data=correction))
    seen = as_guest(deal)
    assert seen is not None
    assert seen.side(BUYER) == "buyer"
    assert "Ruben" not in repr(list(seen.facts))
    deal.tell(fact("event.voided", target_event_id=known_as("joined"), reason="Another deal"))
    after = as_guest(deal)
    assert after is not None
    assert after.participant(BUYER) is None


def test_the_times_of_a_question_cut_what_a_guest_has_too() -> None:
    deal = Story(DEAL)
    deal.tell(opened(day=1), joined(BUYER, "buyer", day=2))
    assert as_guest(deal, as_of=day(0)) is None
    assert as_guest(deal, known_at=0) is None
    first_day = as_guest(deal, as_of=day(1))
    assert first_day is not None
    assert first_day.participant(BUYER) is None


def test_a_guest_is_the_other_side_of_a_promise_and_an_objection() -> None:
    deal = a_team_deal(promise("p", visibility="shared"), on_promise("fulfilled", "p"))
    (confirmed,) = deal.tell(on_promise("confirmed", "p", by=BUYER), by=THE_BUYER)
    deal.tell(objection("o"), by=THE_BUYER)
    deal.tell(on_objection("resolved", "o"), by=THE_SELLER)
    (settled,) = deal.tell(on_objection("confirmed", "o", by=BUYER), by=THE_BUYER)
    assert (confirmed.attestation, settled.attestation) == ("counterparty", "counterparty")
    assert deal.state("o") == "confirmed"
    assert {record.fact.visibility for record in deal.seen_by(THE_BUYER)} == {"shared"}


@pytest.mark.parametrize(
    "type_", sorted(name for name, one in CATALOGUE.items() if name not in GUESTS_MAY and "deal" in one.on)
)
def test_where_a_deal_stands_is_not_for_guests_to_say(type_: str) -> None:
    deal = a_deal(shared=True)
    example = CATALOGUE[type_].example["data"]
    with pytest.raises(NotForGuests):
        deal.tell(fact(type_, data=example) if "data" in example else fact(type_, **example), by=THE_BUYER)


def test_the_refusal_says_what_a_guest_may() -> None:
    deal = a_deal(shared=True)
    with refused(NotForGuests, deal) as told:
        deal.tell(fact("deal.closed", outcome="won"), by=THE_BUYER)
    assert told.members == {"accepts": sorted(GUESTS_MAY)}


@pytest.mark.parametrize(
    "proposal",
    [
        promise("p", debtor=SELLER, creditor=BUYER),
        objection("o", by=USER),
        noted(on_behalf_of=SELLER),
    ],
)
def test_a_guest_speaks_for_nobody_else(proposal: Any) -> None:
    deal = a_deal(shared=True)
    with refused(GuestsSpeakForThemselves, deal):
        deal.tell(proposal, by=THE_BUYER)


def test_every_type_that_a_guest_may_record_is_one_that_clients_record() -> None:
    assert {name for name, one in CATALOGUE.items() if not one.service_only} >= GUESTS_MAY


def test_nobody_is_a_guest_of_the_workspaces_own_stream() -> None:
    workspace = Story(f"workspace/{known_as('workspace')}")
    workspace.tell(fact("member.joined", party_id=SELLER, role="owner"), by=Caller(SELLER, "owner", "service"))
    assert not may_know(Caller(BUYER, "guest", stream_id=workspace.stream.stream_id), workspace.stream)
