"""The fold: a stream is what its facts, one after the other, have made of it. Nothing is refused here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from domain.corrections import REWRITING, as_it_holds, rewritings
from domain.effects import EFFECTS
from domain.facts import Fact, StreamKind
from domain.lifecycles import outcome_of
from domain.relations import EVENT, PLANS, Plan, Step, things_in
from domain.state import Entry, Facts, Participant, Stream, Thing

__all__ = ["Entry", "Facts", "Participant", "Stream", "Thing", "evolve", "extend", "fold", "initial"]

# A step in one of these lives never happened before the step it followed, whatever its clock said.
STEPWISE = frozenset({"commitment", "objection"})


def initial(stream_id: str) -> Stream:
    """A stream before its first fact."""
    return Stream(stream_id=stream_id, kind=cast(StreamKind, stream_id.partition("/")[0]))


def evolve(stream: Stream, fact: Fact) -> None:
    """Take the next fact. Costs the same for the first and the ten-thousandth, save that voids and corrections refold.

    States are set by what a fact says, so that facts may also be taken in the order in which they happened.
    """
    if fact.type in REWRITING:
        extend(stream, (fact,))
    else:
        take(stream, fact, fact)


def extend(stream: Stream, facts: Sequence[Fact]) -> None:
    """Take the next facts; however many voids and corrections are among them, the stream is folded anew only once."""
    if any(fact.type in REWRITING for fact in facts):
        stream.become(fold(stream.stream_id, [*stream.facts, *facts]))
    else:
        for fact in facts:
            take(stream, fact, fact)


def fold(stream_id: str, facts: Iterable[Fact]) -> Stream:
    """The stream that `facts` make, in the order given."""
    stream = initial(stream_id)
    recorded = facts if isinstance(facts, Sequence) else tuple(facts)
    voided, corrected = rewritings(recorded)
    if voided or corrected:
        for fact in recorded:
            take(stream, fact, as_it_holds(fact, voided, corrected))
        stream.own_voided, stream.own_corrected = voided, corrected
    else:
        for fact in recorded:
            take(stream, fact, fact)
    return stream


def take(stream: Stream, recorded: Fact, holds: Fact | None) -> None:
    """Add `recorded` to the stream, with the effect of `holds`: None when it was voided."""
    plan = PLANS[recorded.type]
    at = _effective_time(stream, plan, recorded)
    stream.version += 1
    stream.own_versions[recorded.event_id] = stream.version
    stream.own_entries.append(Entry(recorded, at))
    stream.width = min(stream.width, recorded.visibility.width)
    if stream.last_at is not None and at < stream.last_at:
        stream.in_order = False
    else:
        stream.last_at = at
    if stream.first is None:
        stream.first = holds or recorded
        stream.first_at = at
    if holds is None or holds.data is None:  # voided, or its content was destroyed
        return
    family = plan.event_type.family
    stream.counts[family] = stream.counts.get(family, 0) + 1
    thing = None if plan.step is None else _moved(stream, plan.step, holds, at)
    effect = EFFECTS.get(holds.type)
    if effect is not None:
        effect(stream, holds, at, thing)
    if thing is not None:
        stream.keep_open(thing.id, thing.open)


def _moved(stream: Stream, step: Step, fact: Fact, at: datetime) -> Thing | None:
    """The thing whose life `fact` is a step of, after that step."""
    thing_id = getattr(fact.data, step.member)
    thing = stream.thing(thing_id)
    if thing is None:
        if not step.begins:
            return None
        thing = stream.own_things[thing_id] = Thing(
            kind=step.kind,
            id=thing_id,
            state=step.transitions[None, fact.type],
            fact=fact,
            moved=fact.event_id,
            born=at,
            at=at,
        )
        return thing
    if thing.kind != step.kind:
        return None
    thing = stream.own(thing)
    state = outcome_of(step.transitions, thing.state, fact.type)
    if state is not None and state != thing.state:
        thing.state, thing.moved, thing.at = state, fact.event_id, at
    if step.begins:
        thing.fact = fact
    return thing


def _effective_time(stream: Stream, plan: Plan, fact: Fact) -> datetime:
    """When the fact counts from: never before the stream began, nor before what it refers to."""
    at = fact.occurred_at
    if stream.first_at is not None and at < stream.first_at:
        at = stream.first_at
    data = fact.data
    if data is None:
        return at
    members = plan.members
    own = None
    if plan.step is not None:
        own = plan.step.member
        thing = stream.thing(getattr(data, own))
        if thing is not None:
            at = max(at, thing.at if plan.step.kind in STEPWISE else thing.born)
    if members.plain:
        for name, kinds in members.refers:
            if name != own:
                at = max(at, _reference_time(stream, getattr(data, name), kinds, at))
    else:
        for reference, kinds in things_in(data):
            at = max(at, _reference_time(stream, reference, kinds, at))
    return at


def _reference_time(stream: Stream, reference: UUID | None, kinds: tuple[str, ...], otherwise: datetime) -> datetime:
    if reference is None:
        return otherwise
    if kinds[0] == EVENT:
        entry = stream.find(reference)
        return otherwise if entry is None else entry.at
    thing = stream.thing(reference)
    return otherwise if thing is None else thing.born
