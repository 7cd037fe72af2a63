"""Who may see a fact, said for everybody at once, is what `may_see` says of each; and a shift is what changed of it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audience import audience, shift
from domain.facts import Caller, Fact, Proposal, Role, Visibility
from domain.refusals import Refusal
from domain.sight import may_see
from domain.stream import fold
from tests.domain.telling import (
    BUYER,
    SELLER,
    THE_BUYER,
    THE_SELLER,
    USER,
    Story,
    a_deal,
    a_goal,
    fact,
    joined,
    known_as,
    noted,
    voided,
)
from tests.domain.test_laws import FEW

ROLES: tuple[Role, ...] = ("owner", "member", "coach", "auditor", "service", "guest")
PARTIES = (SELLER, BUYER, USER, known_as("stranger"))
VISIBILITIES = tuple(one.value for one in Visibility)


def callers(stream_id: str) -> Iterator[Caller]:
    for party in PARTIES:
        for role in ROLES:
            yield Caller(party, role, stream_id=stream_id if role == "guest" else None)
        yield Caller(party, "guest", stream_id=f"deal/{known_as('another deal')}")


tellings = st.one_of(
    st.builds(noted, st.sampled_from("abc"), visibility=st.sampled_from(VISIBILITIES)),
    st.builds(joined, st.sampled_from([BUYER, USER]), st.just("buyer"), visibility=st.sampled_from(VISIBILITIES[1:3])),
    st.builds(fact, st.just("participant.left"), party_id=st.sampled_from([BUYER, USER])),
    st.tuples(st.just("visibility.widened"), st.integers(0, 12), st.sampled_from(VISIBILITIES[1:])),
    st.tuples(st.just("event.voided"), st.integers(0, 12)),
)


def told(story: Story, proposals: list[Proposal | tuple[object, ...]], by: list[bool]) -> list[Fact]:
    """What of the proposals is accepted, told by the seller or by the buyer."""
    for said, own in zip(proposals, by, strict=False):
        proposal = about(story, said) if isinstance(said, tuple) else said
        try:
            story.tell(proposal, by=THE_SELLER if own else THE_BUYER)
        except Refusal:
            continue
    return list(story.stream.facts)


def about(story: Story, said: tuple[object, ...]) -> Proposal:
    """A void or a widening of some fact of the story."""
    facts = story.stream.facts
    target = facts[int(str(said[1])) % len(facts)].event_id
    if said[0] == "event.voided":
        return voided(target)
    return fact("visibility.widened", target_event_id=target, to=said[2])


stories = st.builds(
    told,
    st.builds(lambda make: make(), st.sampled_from([a_deal, lambda: a_deal(shared=True), a_goal])),
    st.lists(tellings, max_size=14),
    st.lists(st.booleans(), min_size=14, max_size=14),
)


@FEW
@given(stories)
def test_an_audience_is_everybody_who_may_see_the_fact(facts: list[Fact]) -> None:
    stream = fold(facts[0].stream_id, facts)
    for one in facts:
        seen_by = audience(one, stream)
        for caller in callers(stream.stream_id):
            assert seen_by.admits(caller) is may_see(one, caller, stream), (one, caller)


@FEW
@given(stories)
def test_a_shift_concerns_exactly_those_who_see_other_earlier_facts_than_before(facts: list[Fact]) -> None:
    stream = fold(facts[0].stream_id, facts)
    for version in range(1, len(facts) + 1):
        earlier = facts[: version - 1]
        before, after = fold(stream.stream_id, earlier), fold(stream.stream_id, facts[:version])
        shifted = shift(facts, version, stream)
        for caller in callers(stream.stream_id):
            was = [may_see(one, caller, before) for one in earlier]
            now = [may_see(one, caller, after) for one in earlier]
            assert (shifted is not None and shifted.concerns(caller)) is (was != now), (version, caller)


@pytest.mark.parametrize(("visibility", "concerned"), [("participants", {known_as("stranger")}), ("team", set[UUID]())])
def test_joining_shows_the_newcomer_what_participants_see(visibility: str, concerned: set[UUID]) -> None:
    story = a_deal()
    story.tell(noted(visibility=visibility))
    story.tell(joined(known_as("stranger"), "buyer"))
    facts = list(story.stream.facts)
    found = shift(facts, len(facts), story.stream)
    assert {party for party in PARTIES if found and found.concerns(Caller(party, "coach"))} == concerned
