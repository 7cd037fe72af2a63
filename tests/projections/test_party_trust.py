"""Trust in one party over several streams: evidence is added up, and nobody gets another's."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from projections.trust.party import PartyDimension, PartyTrust, party_trust
from projections.view import View
from tests.domain.telling import (
    BUYER,
    COACH,
    SELLER,
    STRANGER,
    Story,
    a_deal,
    a_goal,
    day,
    fact,
    joined,
    known_as,
    on_promise,
    promise,
)
from tests.projections.standing import checkin, moment, routine, standing

PEER = known_as("peer")


def views(*stories: Story, at: float = 60) -> list[View]:
    return [View(standing(story), day(at)) for story in stories]


def kept(*names: str, debtor: object = SELLER, at: float = 1) -> Story:
    story = a_deal(joined(PEER, "seller"))
    for name in names:
        story.tell(promise(name, debtor, BUYER, day=0), on_promise("fulfilled", name, day=at), at=day(90))  # type: ignore[arg-type]
    return story


def leg(found: PartyTrust, dimension: str) -> PartyDimension:
    return next(one for one in found.dimensions if one.dimension == dimension)


def test_evidence_of_several_streams_is_added_up() -> None:
    found = party_trust(SELLER, views(kept("a", "b", "c"), kept("d")), day(1))
    seller = leg(found, "seller")
    assert (found.party_id, found.policy, found.streams, found.half_life_days) == (SELLER, "trust/1", 2, 90)
    assert (seller.evidence_for, seller.evidence_against, seller.streams) == (2, 0, 2)
    assert seller.largest_share == 0.75
    assert (seller.score, seller.belief, seller.disbelief, seller.uncertainty, seller.certainty) == (
        0.75,
        0.5,
        0,
        0.5,
        0.5,
    )
    assert (seller.sd, seller.low, seller.high, seller.label) == (0.193649, 0.3684, 0.983, "uncertain")
    assert (found.overall, found.weakest_dimension, found.label) == (0.75, "seller", "uncertain")


def test_a_party_without_evidence_is_unknown_and_not_bad() -> None:
    found = party_trust(SELLER, views(a_deal()), day(1))
    assert (found.overall, found.label, found.streams) == (0.5, "unknown", 1)
    assert [(one.dimension, one.streams, one.largest_share) for one in found.dimensions] == [
        ("seller", 0, None),
        ("product", 0, None),
        ("process", 0, None),
        ("self", 0, None),
    ]
    assert party_trust(STRANGER, views(a_deal()), day(1)).streams == 0


def test_a_promise_counts_for_who_gave_it_and_for_nobody_else() -> None:
    story = kept("a", debtor=PEER)
    assert leg(party_trust(PEER, views(story), day(1)), "seller").evidence_for == 0.5
    assert leg(party_trust(SELLER, views(story), day(1)), "seller").evidence_for == 0
    bought = a_deal(promise("b", BUYER, SELLER), on_promise("fulfilled", "b", on_behalf_of=BUYER, day=1))
    assert leg(party_trust(BUYER, views(bought), day(1)), "self").evidence_for == 1, "the seller vouches for it"


def test_what_speaks_of_a_side_counts_for_everybody_on_it() -> None:
    story = a_deal(joined(PEER, "seller"), fact("referral.given", to={"name": "Lotte"}, day=1))
    for party, evidence in [(SELLER, 0.5), (PEER, 0.5), (BUYER, 0), (COACH, 0)]:
        assert leg(party_trust(party, views(story), day(1)), "product").evidence_for == evidence


def test_the_owner_of_a_goal_is_who_practises() -> None:
    goal = a_goal(routine("r", "UTC"), checkin("r", "2026-03-02"))
    found = party_trust(SELLER, [View(standing(goal), day(0.1)), *views(kept("a"))], moment("2026-03-02 12:00"))
    assert leg(found, "self").evidence_for == 1


def test_ages_are_whole_days() -> None:
    story = kept("a", at=1.9)
    found = [leg(party_trust(SELLER, views(story), day(at)), "seller").evidence_for for at in (1.95, 2.0, 2.6, 92)]
    assert found == [0.5, 0.5, 0.5, 0.25]  # day 1.9 and day 2 at nine in the morning are one day of the calendar
    assert leg(party_trust(SELLER, views(story), day(2.7)), "seller").evidence_for == 0.496164


def test_a_promise_overdue_elsewhere_stays_open() -> None:
    story = a_deal(promise("p", due_at=day(5).isoformat()))
    for at in (6, 300):
        found = party_trust(SELLER, views(story, at=at), day(at))
        assert (leg(found, "seller").evidence_against, found.weakest_dimension) == (1, "seller")


@given(st.permutations(range(5)), st.integers(0, 400))
def test_the_order_of_the_streams_changes_no_digit(order: list[int], number: int) -> None:
    stories = [kept(*(f"p{nth}" for nth in range(many + 1)), at=many * 3.7) for many in range(5)]
    at = day(20) + timedelta(days=number)
    assert party_trust(SELLER, views(*(stories[nth] for nth in order)), at) == party_trust(SELLER, views(*stories), at)
