"""Promises: what may follow what, who may say it, and what changes a due."""

import pytest

from domain.lifecycles import COMMITMENT
from domain.refusals import AlreadySo, NoSuchThing, NotAParticipant, OtherParties, OutOfOrder, WrongSide
from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    STRANGER,
    THE_BUYER,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    known_as,
    on_promise,
    promise,
    refused,
    request,
)

PATHS = {
    "requested": [request("p")],
    "declined": [request("p"), on_promise("declined", "p")],
    "made": [promise("p")],
    "fulfilled": [promise("p"), on_promise("fulfilled", "p")],
    "confirmed": [promise("p"), on_promise("fulfilled", "p"), on_promise("confirmed", "p", by=BUYER)],
    "disputed": [promise("p"), on_promise("fulfilled", "p"), on_promise("disputed", "p", by=BUYER)],
    "broken": [promise("p"), on_promise("broken", "p")],
    "cancelled": [promise("p"), on_promise("cancelled", "p")],
    "released": [promise("p"), on_promise("released", "p", on_behalf_of=BUYER)],
}
STEPS = {
    "declined": on_promise("declined", "p"),
    "renegotiated": on_promise("renegotiated", "p"),
    "fulfilled": on_promise("fulfilled", "p"),
    "confirmed": on_promise("confirmed", "p", by=BUYER),
    "disputed": on_promise("disputed", "p", by=BUYER),
    "broken": on_promise("broken", "p"),
    "cancelled": on_promise("cancelled", "p"),
    "released": on_promise("released", "p", on_behalf_of=BUYER),
}


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("step", STEPS)
def test_a_promise_moves_by_its_table_and_not_otherwise(state: str, step: str) -> None:
    deal = a_deal(*PATHS[state])
    after = COMMITMENT.get((state, f"commitment.{step}"))
    if after is not None:
        deal.tell(STEPS[step])
        assert deal.state("p") == after
        return
    with refused(AlreadySo if state == step else OutOfOrder, deal) as told:
        deal.tell(STEPS[step])
    if state != step:
        assert told.members["state"] == state
        assert all(COMMITMENT[state, accepted] for accepted in told.members["accepts"])


def test_a_promise_that_was_never_made_is_not_kept() -> None:
    deal = a_deal()
    with refused(NoSuchThing, deal):
        deal.tell(on_promise("fulfilled", "p"))


def test_a_promise_is_between_participants() -> None:
    deal = a_deal()
    with refused(NotAParticipant, deal) as told:
        deal.tell(promise("p", creditor=STRANGER))
    assert told.members["party_id"] == STRANGER


@pytest.mark.parametrize("step", ["confirmed", "disputed"])
def test_the_debtor_does_not_settle_their_own_promise(step: str) -> None:
    deal = a_deal(promise("p"), on_promise("fulfilled", "p"))
    with refused(WrongSide, deal) as told:
        deal.tell(on_promise(step, "p", by=SELLER))
    assert told.members == {"side": "buyer"}


def test_only_the_creditors_side_releases() -> None:
    deal = a_deal(promise("p"))
    with refused(WrongSide, deal):
        deal.tell(on_promise("released", "p"))


def test_only_the_debtors_side_cancels() -> None:
    deal = a_deal(promise("p", debtor=BUYER, creditor=SELLER))
    with refused(WrongSide, deal) as told:
        deal.tell(on_promise("cancelled", "p"))
    assert told.members == {"side": "buyer"}


def test_anybody_of_the_creditors_side_may_confirm() -> None:
    deal = a_deal(promise("p"), on_promise("fulfilled", "p"), on_promise("confirmed", "p", by=USER))
    assert deal.state("p") == "confirmed"


def test_a_promise_that_was_asked_for_is_made_by_the_one_who_was_asked() -> None:
    deal = a_deal(request("p", debtor=SELLER))
    with refused(OtherParties, deal):
        deal.tell(promise("p", debtor=USER, creditor=SELLER))


def test_a_promise_is_not_made_twice_and_the_refusal_names_the_first() -> None:
    deal = a_deal()
    (made,) = deal.tell(promise("p"))
    with refused(AlreadySo, deal) as told:
        deal.tell(promise("p"))
    assert told.members == {"event_id": made.event_id}


def test_a_promise_to_oneself_is_kept_and_confirmed_alone() -> None:
    goal = a_goal(promise("p", debtor=SELLER, creditor=SELLER), on_promise("fulfilled", "p"))
    goal.tell(on_promise("confirmed", "p", by=SELLER))
    assert goal.state("p") == "confirmed"


def test_a_later_due_counts_when_the_other_side_agreed() -> None:
    deal = a_deal(promise("p", due_at=day(5)))
    deal.tell(on_promise("renegotiated", "p", due_at=day(9), agreed_by=BUYER))
    assert deal.thing("p").due == day(9)


@pytest.mark.parametrize("agreed_by", [None, SELLER, COACH])
def test_a_later_due_without_the_other_sides_word_is_as_if_it_had_not_been(agreed_by: object) -> None:
    deal = a_deal(promise("p", due_at=day(5)))
    deal.tell(on_promise("renegotiated", "p", due_at=day(9), agreed_by=agreed_by))
    assert deal.thing("p").due == day(5)


def test_the_buyers_own_change_of_the_sellers_promise_needs_the_seller() -> None:
    deal = a_deal(promise("p", due_at=day(5), visibility="shared"), shared=True)
    deal.tell(on_promise("renegotiated", "p", due_at=day(9)), by=THE_BUYER)
    assert deal.thing("p").due == day(5)
    deal.tell(on_promise("renegotiated", "p", due_at=day(9), agreed_by=SELLER), by=THE_BUYER)
    assert deal.thing("p").due == day(9)


def test_a_promise_to_oneself_is_changed_alone() -> None:
    goal = a_goal(promise("p", debtor=SELLER, creditor=SELLER, due_at=day(5)))
    goal.tell(on_promise("renegotiated", "p", change="smaller", statement="Ten minutes", due_at=day(9)))
    assert (goal.thing("p").due, goal.thing("p").statement) == (day(9), "Ten minutes")


def test_a_dispute_is_settled_by_keeping_the_promise_after_all() -> None:
    deal = a_deal(*PATHS["disputed"], on_promise("fulfilled", "p"))
    assert deal.state("p") == "fulfilled"


def outcome_of_closing(outcome: str) -> Story:
    deal = a_deal(promise("open"), request("asked"), promise("kept"), on_promise("fulfilled", "kept"))
    deal.tell(fact("deal.closed", outcome=outcome))
    return deal


def test_losing_a_deal_releases_what_is_still_promised() -> None:
    deal = outcome_of_closing("lost")
    assert [deal.state(name) for name in ("open", "asked", "kept")] == ["released", "released", "fulfilled"]


def test_winning_a_deal_releases_nobody() -> None:
    deal = outcome_of_closing("won")
    assert [deal.state(name) for name in ("open", "asked", "kept")] == ["made", "requested", "fulfilled"]


def test_an_id_left_out_is_the_same_on_every_retry() -> None:
    event = known_as("the making")
    said = promise("p", id=event)
    nameless = type(said)(event_id=event, data=type(said.data)(debtor=SELLER, creditor=BUYER, statement="Send it"))
    first, second = a_deal(), a_deal()
    assert first.tell(nameless)[0].data.commitment_id == second.tell(nameless)[0].data.commitment_id
