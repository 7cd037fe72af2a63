"""Whatever happened: a row kept while facts come is the row of a fold from nothing, and promises balance."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.facts import Proposal
from domain.fields import due_instant
from domain.refusals import Refusal
from domain.stream import Stream
from projections.list_row import card, list_row
from projections.participations import participations
from projections.signals import signals
from projections.stream_state import stream_state
from projections.view import View
from tests.domain.telling import (
    BUYER,
    SELLER,
    USER,
    Story,
    a_deal,
    day,
    fact,
    joined,
    known_as,
    objection,
    on_objection,
    on_promise,
    promise,
    refolded,
    request,
)
from tests.projections.standing import force, force_now, mapped, no, on, standing

DUES = st.sampled_from(
    [None, "2026-04-01T12:00:00Z", "2026-04-03T12:00:00Z", on("2026-04-02"), on("2026-04-02", "Asia/Tokyo")]
)
NAMES = st.sampled_from(["a", "b", "c"])
PEOPLE = st.sampled_from([SELLER, BUYER, USER])
OCCURRED = st.sampled_from([None, 0.5, 3, 8])


def _with(more: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return more | {name: value for name, value in optional.items() if value is not None}


@st.composite
def happenings(draw: st.DrawFn) -> Proposal:
    """Something that may happen, at some time, whether or not it may happen now."""
    name, due, debtor, creditor = draw(NAMES), draw(DUES), draw(PEOPLE), draw(PEOPLE)
    when = _with({}, day=draw(OCCURRED))
    say = draw(st.integers(0, 17))
    made = _with({"debtor": debtor, "creditor": creditor, "next_step": draw(st.booleans())}, due_at=due)
    return [
        lambda: promise(f"p{name}", **made, **when),
        lambda: promise(f"p{name}", **made, **when),
        lambda: request(f"p{name}", **_with({"debtor": debtor, "creditor": creditor}, due_at=due), **when),
        lambda: on_promise("fulfilled", f"p{name}", **when),
        lambda: on_promise("broken", f"p{name}", **when),
        lambda: on_promise("released", f"p{name}", on_behalf_of=creditor, **when),
        lambda: on_promise("renegotiated", f"p{name}", agreed_by=creditor, **_with({}, due_at=due), **when),
        lambda: force(f"f{name}", draw(st.sampled_from(["push", "pull", "anxiety", "habit"])), 3),
        lambda: force_now(f"f{name}", draw(st.integers(0, 5))),
        lambda: objection(f"o{name}"),
        lambda: on_objection("resolved", f"o{name}"),
        lambda: on_objection("reopened", f"o{name}"),
        lambda: no(f"n{name}", **_with({}, revisit_at=due)),
        lambda: fact("no.lifted", no_id=known_as(f"n{name}"), because="It ended"),
        lambda: mapped((f"m{name}", "seller", due), ("mx", "buyer", draw(DUES))),
        lambda: fact("milestone.reached", milestone_id=known_as(f"m{name}")),
        lambda: fact("deal.closed", outcome=draw(st.sampled_from(["won", "lost"])), **when),
        lambda: draw(
            st.sampled_from(
                [
                    fact("deal.reopened", reason="The budget came"),
                    fact("deal.changed", customer=f"Customer {name}"),
                    joined(USER, "seller", name=name),
                    fact("participant.left", party_id=USER),
                ]
            )
        ),
    ][say]()


def tell(happened: list[Proposal | int]) -> Story:
    """A deal on which everything was tried; a number voids one of the facts so far. What is refused is left out."""
    story = a_deal()
    for one in happened:
        try:
            if isinstance(one, int):
                target = story.records[one % len(story.records)].fact
                story.tell(fact("event.voided", target_event_id=target.event_id, reason="Wrong"), at=day(20))
            else:
                story.tell(one, at=day(20))
        except Refusal:
            continue
    return story


HISTORIES = st.lists(st.one_of(happenings(), happenings(), happenings(), st.integers(0, 40)), max_size=25)


def dues_of(stream: Stream) -> list[Any]:
    """The dues of the open promises, out of everything that is on the stream."""
    return sorted(
        due_instant(thing.due)
        for thing in stream.things("commitment")
        if thing.state == "made" and thing.due is not None
    )


@settings(max_examples=120, deadline=None)
@given(HISTORIES)
def test_a_row_kept_is_the_row_of_a_fold_from_nothing(happened: list[Proposal | int]) -> None:
    story = tell(happened)
    for stream in (story.stream, standing(story)):
        assert list_row(stream).dues == dues_of(stream)
        assert {thing.id for thing in stream.open_things()} == {thing.id for thing in stream.things() if thing.open}
    assert list_row(story.stream) == list_row(refolded(story))
    assert card(story.stream) == card(refolded(story))
    assert participations(story.stream) == participations(refolded(story))


@settings(max_examples=120, deadline=None)
@given(HISTORIES)
def test_every_promise_owed_is_owed_to_somebody(happened: list[Proposal | int]) -> None:
    stream = standing(tell(happened))
    people = participations(stream)
    made = sum(thing.state == "made" for thing in stream.things("commitment"))
    assert sum(one.owes for one in people) == sum(one.owed for one in people) == made


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.integers(0, 40))
def test_a_state_agrees_with_its_row_and_changes_when_it_says(happened: list[Proposal | int], number: int) -> None:
    stream = standing(tell(happened))
    row, at = list_row(stream), day(number)
    state = stream_state(stream, at)
    assert state.promises_overdue == sum(due < at for due in row.dues)
    assert (state.status, state.forces_net) == (row.status, row.forces_net)
    if state.changes_at is not None:
        assert stream_state(stream, state.changes_at) == state


@settings(max_examples=60, deadline=None)
@given(HISTORIES, st.integers(0, 40))
def test_signals_agree_with_the_state_and_change_when_they_say(happened: list[Proposal | int], number: int) -> None:
    stream = standing(tell(happened))
    assert stream.last_at is not None
    at = max(day(number), stream.last_at)
    state, warned = stream_state(stream, at), signals(View(stream, at))
    assert ("no_next_step" in warned.names) == (state.open and state.next_step is None)
    assert all(one.since <= at and one.evidence for one in warned.signals)
    if warned.changes_at is not None:
        before = signals(View(stream, warned.changes_at - timedelta.resolution))
        assert before.names == warned.names
        assert signals(View(stream, warned.changes_at)).names != warned.names
