"""Laws of the fold and of admission, on stories that chance tells."""

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.admission import decide
from domain.facts import Fact, Proposal
from domain.history import effective
from domain.refusals import LaterFactsDepend, Refusal
from domain.stream import Stream, evolve, extend, fold, initial
from tests.domain.telling import (
    BUYER,
    DEAL,
    SELLER,
    THE_SELLER,
    USER,
    Story,
    a_deal,
    day,
    evolved,
    fact,
    known_as,
    noted,
    objection,
    on_objection,
    on_promise,
    promise,
    request,
    told_state,
    voided,
)

STEPS_MAX = 25  # long enough for every life to be lived through and begun again
FEW = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])

names = st.sampled_from("abc")
parties = st.sampled_from([SELLER, BUYER, USER])
days = st.integers(0, 9)


def steps_of(step: Callable[..., Proposal], *steps: str) -> st.SearchStrategy[Proposal]:
    return st.builds(step, st.sampled_from(steps), names, day=days)


tellings = st.one_of(
    st.builds(noted, st.sampled_from(["one", "two"]), day=days),
    st.builds(objection, names, by=parties, day=days),
    steps_of(on_objection, "acknowledged", "answered", "resolved", "accepted", "reopened"),
    st.builds(on_objection, st.sampled_from(["confirmed", "dismissed"]), names, by=parties, day=days),
    st.builds(promise, names, parties, parties, day=days, due_at=days.map(day)),
    st.builds(request, names, parties, parties, day=days),
    steps_of(on_promise, "declined", "renegotiated", "fulfilled", "broken", "cancelled", "released"),
    st.builds(on_promise, st.sampled_from(["confirmed", "disputed"]), names, by=parties, day=days),
    st.builds(fact, st.just("stage.entered"), stage=st.sampled_from(["deciding", "onboarding"]), day=days),
    st.builds(fact, st.just("deal.closed"), outcome=st.sampled_from(["won", "lost"]), day=days),
    st.builds(fact, st.just("deal.reopened"), reason=st.just("Called"), day=days),
    st.builds(fact, st.just("participant.left"), party_id=st.just(USER), day=days),
    st.builds(
        fact,
        st.just("force.observed"),
        force_id=names.map(lambda name: known_as(f"force {name}")),
        force=st.just("push"),
        statement=st.just("Pain"),
        intensity=st.integers(1, 5),
        day=days,
    ),
    st.builds(
        fact,
        st.just("force.changed"),
        force_id=names.map(lambda name: known_as(f"force {name}")),
        intensity=st.integers(0, 5),
        because=st.just("Time"),
        day=days,
    ),
)
NOW = day(10)


def story_of(proposals: list[Proposal]) -> Story:
    """What of `proposals` is accepted, one after the other."""
    story = a_deal()
    for proposal in proposals:
        try:
            story.tell(proposal, at=NOW)
        except Refusal:
            continue
    return story


stories = st.lists(tellings, min_size=3, max_size=STEPS_MAX).map(story_of)


def facts_of(story: Story) -> list[Fact]:
    return [record.fact for record in story.records]


@FEW
@given(stories, st.integers(0, STEPS_MAX))
def test_a_fold_continued_is_the_fold_of_the_whole(story: Story, cut: int) -> None:
    facts = facts_of(story)
    whole = fold(DEAL, facts)
    continued = evolved(DEAL, facts[:cut])
    extend(continued, facts[cut:])
    assert told_state(whole) == told_state(continued) == told_state(story.stream)
    assert list(continued.facts) == facts
    assert [whole.entry(version) for version in range(1, whole.version + 1)] == [
        story.stream.entry(version) for version in range(1, whole.version + 1)
    ]


@FEW
@given(stories, st.lists(tellings, min_size=1, max_size=5))
def test_a_refused_batch_and_a_dropped_fork_leave_no_trace(story: Story, batch: list[Proposal]) -> None:
    before = told_state(story.stream), story.stream.version, list(story.stream.facts)
    fork = story.stream.fork()
    with suppress(Refusal):
        decide(fork, [(proposal, uuid4()) for proposal in batch], THE_SELLER, NOW)
    assert (told_state(story.stream), story.stream.version, list(story.stream.facts)) == before


@FEW
@given(stories, st.lists(tellings, min_size=1, max_size=5))
def test_forks_of_forks_merge_to_what_would_have_been(story: Story, later: list[Proposal]) -> None:
    straight = evolved(DEAL, facts_of(story))
    outer = story.stream.fork()
    for proposal in later:
        inner = outer.fork()
        try:
            (said,) = decide(inner, [(proposal, uuid4())], THE_SELLER, NOW)
        except Refusal:
            continue
        inner.merge()
        evolve(straight, said)
    outer.merge()
    assert told_state(story.stream) == told_state(straight)
    assert list(story.stream.facts) == list(straight.facts)
    for one in straight.facts:
        assert story.stream.find(one.event_id) == straight.find(one.event_id)


@FEW
@given(stories, tellings)
def test_saying_the_same_again_changes_nothing_or_is_another_occurrence(story: Story, proposal: Proposal) -> None:
    try:
        story.tell(proposal, at=NOW)
    except Refusal:
        return
    after = told_state(story.stream)
    try:
        story.tell(proposal, at=NOW)
    except Refusal:
        assert told_state(story.stream) == after
        return
    again = told_state(story.stream)
    assert {one: kept for one, kept in again.items() if one not in {"counts", "things"}} == {
        one: kept for one, kept in after.items() if one not in {"counts", "things"}
    }


@FEW
@given(stories, st.data())
def test_a_void_is_as_if_the_fact_had_never_been_recorded(story: Story, data: st.DataObject) -> None:
    chosen = data.draw(st.sampled_from(story.records[1:])).fact
    try:
        story.tell(voided(chosen.event_id), at=NOW)
    except LaterFactsDepend as refusal:
        wanted: list[UUID] = [one["event_id"] for one in refusal.members["depending"]]
        story.tell(*(voided(event) for event in (chosen.event_id, *wanted)), at=NOW)
    gone = {record.fact.data.target_event_id for record in story.records if record.fact.type == "event.voided"}
    kept = [one for one in facts_of(story) if one.event_id not in gone]
    without = fold(DEAL, [one for one in kept if one.type != "event.voided"])
    state = told_state(story.stream)
    state["counts"] = {family: count for family, count in state["counts"].items() if family != "record"}
    expected = told_state(without)
    expected["counts"] = {family: count for family, count in expected["counts"].items() if family != "record"}
    assert {**state, "counts": 0} == {**expected, "counts": 0}
    assert {name: state["counts"].get(name) for name in ("commitments", "objections", "forces", "deal")} == {
        name: expected["counts"].get(name) for name in ("commitments", "objections", "forces", "deal")
    }


@FEW
@given(stories)
def test_facts_that_hold_are_in_order_and_fold_without_fault(story: Story) -> None:
    records = effective(story.records)
    stream = initial(DEAL)
    for record in records:
        evolve(stream, record.fact)
    assert stream.in_order
    assert sorted(stream.own_versions) == sorted(story.stream.own_versions)
    recorded = {thing.id: thing.state for thing in story.stream.things() if thing.kind in {"objection", "commitment"}}
    if not [one for one in facts_of(story) if one.type.startswith("deal.closed")]:
        happened = {thing.id: thing.state for thing in stream.things() if thing.kind in {"objection", "commitment"}}
        assert happened == recorded


@FEW
@given(st.permutations([noted(str(number), id=known_as(f"note {number}"), day=number / 2) for number in range(8)]))
def test_the_order_of_what_happened_does_not_depend_on_when_it_arrived(arrived: list[Proposal]) -> None:
    story = a_deal()
    for proposal in arrived:
        story.tell(proposal, at=NOW)
    texts = [record.fact.data.text for record in effective(story.records) if record.fact.type == "note.recorded"]
    assert texts == [str(number) for number in range(8)]


@FEW
@given(stories, days)
def test_what_held_by_a_day_is_the_beginning_of_what_held_by_a_later_one(story: Story, until: int) -> None:
    earlier = effective(story.records, as_of=day(until))
    assert effective(story.records)[: len(earlier)] == earlier
    assert earlier == effective(story.records, as_of=day(until), stream=story.stream)


def test_evolving_costs_the_same_for_a_long_stream() -> None:
    """Counted, not timed: a fork of a long stream copies none of it."""
    story = a_deal(*(noted(str(number)) for number in range(300)))
    fork: Stream = story.stream.fork()
    (said,) = decide(fork, [(objection("o"), uuid4())], THE_SELLER, NOW)
    held = (fork.own_entries, fork.own_versions, fork.own_things, fork.own_participants)
    assert [len(layer) for layer in held] == [1, 1, 1, 0]
    assert fork.facts[-1] == said
