"""What each type of fact does to the folded stream beyond moving its thing. Effects never refuse and never fail."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec

from domain.facts import Fact, StreamKind, Visibility
from domain.fields import Due, Side
from domain.lifecycles import renegotiation_counts
from domain.state import Participant, Stream, Thing

Effect = Callable[[Stream, Fact, datetime, Any], None]


# -- the stream as a whole


def _opened(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    stream.terms = fact.data
    if stream.participant(fact.actor.party_id) is None:
        stream.own_participants[fact.actor.party_id] = opener_of(stream.kind, fact, at)


def opener_of(kind: StreamKind, first: Fact, at: datetime) -> Participant:
    """Who takes part by opening a stream of this kind, with the side and the role of the house."""
    side: Side = "seller" if kind == "deal" else "self"
    roles = ("seller",) if side == "seller" else ()
    return Participant(first.actor.party_id, side, roles, first, joined_at=at)


def _restated(stream: Stream, fact: Fact, _at: datetime, _thing: None) -> None:
    if stream.terms is not None:
        said = msgspec.structs.asdict(fact.data).items()
        stream.terms = msgspec.structs.replace(
            stream.terms, **{name: value for name, value in said if value is not msgspec.UNSET}
        )


def _stage_entered(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    stream.stage = fact.data.stage
    stream.stage_at = at
    stream.stage_event = fact.event_id


def _closed(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    stream.closed = fact
    if fact.data.outcome == "won":
        return
    for thing in stream.open_things():
        if thing.kind == "commitment":
            released = stream.own(thing)
            released.state, released.moved, released.at = "released", fact.event_id, at
            stream.keep_open(released.id, False)


def _reopened(stream: Stream, _fact: Fact, _at: datetime, _thing: None) -> None:
    stream.closed = None


def _status_changed(stream: Stream, fact: Fact, _at: datetime, _thing: None) -> None:
    stream.lifecycle = fact.data.lifecycle
    stream.achievement = fact.data.achievement or stream.achievement
    stream.status_event = fact.event_id


def _linked(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    _add(stream, "link", fact.data.parent, "linked", fact, at)


def _pause_started(stream: Stream, fact: Fact, _at: datetime, _thing: None) -> None:
    stream.pause = fact.event_id


def _pause_ended(stream: Stream, _fact: Fact, _at: datetime, _thing: None) -> None:
    stream.pause = None


def _widened(stream: Stream, fact: Fact, _at: datetime, _thing: None) -> None:
    found = stream.find(fact.data.target_event_id)
    to = Visibility(fact.data.to)
    if found is not None and to.width > stream.visibility(found.fact).width:
        stream.own_widened[found.fact.event_id] = to


# -- people


def _joined(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    said = fact.data
    before = stream.participant(said.party_id)
    stream.own_participants[said.party_id] = Participant(
        said.party_id,
        said.side,
        said.roles,
        fact,
        joined_at=at if before is None else before.joined_at,
        name=said.name if before is None else said.name or before.name,
    )


def _left(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    gone = stream.participant(fact.data.party_id)
    if gone is not None:
        stream.own_participants[gone.party_id] = msgspec.structs.replace(gone, left=fact.event_id, left_at=at)


# -- things; `thing` may be changed here, or is None when it is not on the stream


def _promised(_stream: Stream, fact: Fact, _at: datetime, thing: Thing | None) -> None:
    if thing is not None:
        thing.due = fact.data.due_at
        thing.statement = fact.data.statement


def _refused(_stream: Stream, fact: Fact, _at: datetime, thing: Thing | None) -> None:
    if thing is not None:
        thing.due = fact.data.revisit_at


def _renegotiated(stream: Stream, fact: Fact, _at: datetime, thing: Thing | None) -> None:
    if thing is None:
        return
    promise = thing.fact.data
    named = (promise.debtor, promise.creditor, fact.acting_party, fact.data.agreed_by)
    sides = {party: side for party in named if (side := stream.side(party)) is not None}
    if renegotiation_counts(promise.debtor, promise.creditor, sides, fact.acting_party, fact.data.agreed_by):
        thing.due = fact.data.due_at or thing.due
        thing.statement = fact.data.statement or thing.statement


def _intensity(_stream: Stream, fact: Fact, _at: datetime, thing: Thing | None) -> None:
    if thing is not None:
        thing.intensity = fact.data.intensity
        thing.moved = fact.event_id


def _tested(_stream: Stream, fact: Fact, _at: datetime, thing: Thing | None) -> None:
    if thing is not None:
        thing.result = fact.data.result
        thing.moved = fact.event_id


def _confirmed_by(_stream: Stream, fact: Fact, _at: datetime, thing: Thing | None) -> None:
    if thing is not None and fact.data.by not in thing.by:
        thing.by = (*thing.by, fact.data.by)


def _decomposed(stream: Stream, fact: Fact, at: datetime, _thing: Thing | None) -> None:
    for step in fact.data.steps:
        _add(stream, "step", step.step_id, "proposed", fact, at)


def _steps_accepted(stream: Stream, fact: Fact, at: datetime, _thing: Thing | None) -> None:
    for step_id in fact.data.step_ids:
        step = stream.thing(step_id)
        if step is not None and step.kind == "step":
            step = stream.own(step)
            step.state, step.moved, step.at = "accepted", fact.event_id, at


def _mapped(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    kept = {milestone.milestone_id for milestone in fact.data.milestones}
    for thing in stream.open_things():
        if thing.kind == "milestone" and thing.id not in kept:
            dropped = stream.own(thing)
            dropped.state, dropped.moved, dropped.at = "dropped", fact.event_id, at
            stream.keep_open(dropped.id, False)
    for milestone in fact.data.milestones:
        known = stream.thing(milestone.milestone_id)
        if known is None:
            _add(stream, "milestone", milestone.milestone_id, "mapped", fact, at, milestone.due)
        elif known.kind == "milestone" and known.state != "reached":
            again = stream.own(known)
            again.state, again.moved, again.fact, again.due = "mapped", fact.event_id, fact, milestone.due
            stream.keep_open(again.id, True)


# -- the workspace's own stream: a member's state is the role, or left


def _member_joined(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    _add(stream, "member", fact.data.party_id, fact.data.role, fact, at)


def _member_left(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    _turned(stream, "member", fact.data.party_id, "left", fact, at)


def _role_changed(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    _turned(stream, "member", fact.data.party_id, fact.data.role, fact, at)


def _issued(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    _add(stream, "credential", fact.data.credential_id, "in use", fact, at)


def _revoked(stream: Stream, fact: Fact, at: datetime, _thing: None) -> None:
    state = "revoked" if fact.data.takes_effect_at is None else "ending"
    _turned(stream, "credential", fact.data.credential_id, state, fact, at)


def _turned(stream: Stream, kind: str, thing_id: UUID, state: str, fact: Fact, at: datetime) -> None:
    thing = stream.thing(thing_id)
    if thing is not None and thing.kind == kind:
        thing = stream.own(thing)
        thing.state, thing.moved, thing.at = state, fact.event_id, at


def _add(
    stream: Stream, kind: str, thing_id: UUID, state: str, fact: Fact, at: datetime, due: Due | None = None
) -> None:
    thing = Thing(kind=kind, id=thing_id, state=state, fact=fact, moved=fact.event_id, born=at, at=at, due=due)
    stream.own_things[thing_id] = thing
    stream.keep_open(thing_id, thing.open)


EFFECTS: Mapping[str, Effect] = MappingProxyType(
    {
        "deal.opened": _opened,
        "goal.set": _opened,
        "deal.changed": _restated,
        "goal.restated": _restated,
        "stage.entered": _stage_entered,
        "deal.closed": _closed,
        "deal.reopened": _reopened,
        "goal.status_changed": _status_changed,
        "goal.linked": _linked,
        "goal.decomposed": _decomposed,
        "goal.decomposition_accepted": _steps_accepted,
        "participant.joined": _joined,
        "participant.left": _left,
        "insight.confirmed": _confirmed_by,
        "assumption.tested": _tested,
        "force.observed": _intensity,
        "force.changed": _intensity,
        "no.received": _refused,
        "commitment.requested": _promised,
        "commitment.made": _promised,
        "commitment.renegotiated": _renegotiated,
        "help.confirmed": _confirmed_by,
        "selling_pause.started": _pause_started,
        "selling_pause.ended": _pause_ended,
        "journey.mapped": _mapped,
        "member.joined": _member_joined,
        "member.left": _member_left,
        "role.changed": _role_changed,
        "credential.issued": _issued,
        "credential.revoked": _revoked,
        "visibility.widened": _widened,
    }
)
"""By type. A type that is not here is remembered, counted, and moves its thing by the table of its kind."""
