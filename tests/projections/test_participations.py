"""Who takes part, and who owes whom how much."""

from domain.facts import ERASED
from projections.participations import Participation, participations
from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    on_promise,
    promise,
)
from tests.projections.standing import standing


def of(story: Story, party: object) -> Participation:
    return next(one for one in participations(standing(story)) if one.party_id == party)


def counts(story: Story) -> dict[object, tuple[int, int]]:
    return {one.party_id: (one.owes, one.owed) for one in participations(standing(story))}


def test_everybody_in_the_order_they_came() -> None:
    deal = a_deal()
    assert [(one.party_id, one.side, one.roles) for one in participations(deal.stream)] == [
        (SELLER, "seller", ("seller",)),
        (BUYER, "buyer", ()),
        (USER, "buyer", ()),
        (COACH, "coach", ()),
    ]


def test_joining_again_replaces_side_and_roles_but_not_when_they_came() -> None:
    deal = a_deal()
    deal.tell(joined(BUYER, "buyer", name="Ruben", roles=["buyer"], day=1))
    deal.tell(joined(BUYER, "buyer", roles=["champion"], day=2))
    buyer = of(deal, BUYER)
    assert (buyer.roles, buyer.name, buyer.joined_at, buyer.left_at) == (("champion",), "Ruben", day(0), None)


def test_who_left_stays_on_the_list_until_they_come_back() -> None:
    deal = a_deal(promise("p", debtor=USER))
    deal.tell(fact("participant.left", party_id=USER, day=3))
    assert (of(deal, USER).left_at, of(deal, USER).owes) == (day(3), 1)
    deal.tell(joined(USER, "buyer", day=4))
    assert (of(deal, USER).left_at, of(deal, USER).joined_at) == (None, day(0))


def test_the_opener_has_the_name_they_joined_with() -> None:
    deal = a_deal()
    assert of(deal, SELLER).name is None
    deal.tell(joined(SELLER, "seller", name="Noor", day=1))
    assert (of(deal, SELLER).name, of(deal, SELLER).joined_at) == ("Noor", day(0))


def test_an_erased_name_is_none() -> None:
    assert of(a_deal(joined(BUYER, "buyer", name=ERASED)), BUYER).name is None


def test_open_promises_are_counted_both_ways() -> None:
    deal = a_deal(promise("a"), promise("b", debtor=BUYER, creditor=SELLER), promise("c"), promise("d"))
    deal.tell(on_promise("fulfilled", "c"), on_promise("released", "d", on_behalf_of=BUYER))
    assert counts(deal) == {SELLER: (1, 1), BUYER: (1, 1), USER: (0, 0), COACH: (0, 0)}


def test_a_promise_to_oneself_counts_both_ways() -> None:
    goal = a_goal(promise("p", debtor=SELLER, creditor=SELLER))
    assert counts(goal)[SELLER] == (1, 1)


def test_a_disputed_promise_is_not_an_open_one() -> None:
    deal = a_deal(promise("p"), on_promise("fulfilled", "p"), on_promise("disputed", "p", by=BUYER))
    assert counts(deal)[SELLER] == (0, 0)


def test_nobody_owes_what_nobody_is_owed() -> None:
    deal = a_deal(promise("a"), promise("b", creditor=USER), promise("c", debtor=USER, creditor=COACH))
    found = participations(standing(deal))
    assert sum(one.owes for one in found) == sum(one.owed for one in found) == 3
