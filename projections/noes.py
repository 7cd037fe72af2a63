"""The noes of a stream, what each brought to light, and what was ruled out (P6). A no is never held against anybody."""

from bisect import bisect_left, bisect_right
from datetime import datetime, timedelta
from typing import Any, Literal, get_args, get_type_hints
from uuid import UUID

from msgspec import Struct

from domain.events.deal import Outcome
from domain.events.discovery import InsightRecorded
from domain.events.noes import AlternativeConsidered, AlternativeEliminated, NoInvited, NoKind, NoLifted, NoReceived
from domain.events.references import ForceReference, ObjectionReference, Revealed, TopicReference
from domain.fields import Instant, Side, due_instant
from domain.state import Entry, Stream
from projections.figures import days, ratio
from projections.list_row import said
from projections.view import View

# Disclosures are compared over a fortnight on each side of an invitation to say no.
OPENNESS_WINDOW = timedelta(days=14)
SCOPES: tuple[str, ...] = get_args(get_type_hints(NoReceived)["scope"])


class Revelation(Struct, frozen=True, kw_only=True):
    """What a no brought to light: a force (`detail` is push, pull, anxiety or habit), an objection (its category), or
    one of the five topics of a prepared buyer. `id` is null for a topic, `detail` null for what is no longer known."""

    kind: Literal["force", "objection", "topic"]
    id: UUID | None
    detail: str | None


class No(Struct, frozen=True, kw_only=True):
    """One no. Words are null when they were not said or were erased; times are UTC. `standing` is false once lifted.

    `evidence` holds the event that received it and the one that lifted it.
    """

    no_id: UUID
    scope: str
    kind: NoKind
    said_by: UUID
    side: Side | None
    said_at: Instant
    statement: str | None
    condition: str | None
    revisit_at: Instant | None
    reveals: list[Revelation]
    standing: bool
    lifted_at: Instant | None
    because: str | None
    evidence: list[UUID]


class NoesByScope(Struct, frozen=True, kw_only=True):
    """The noes of one scope: how many of each kind, how many still stand, and how many references to anxieties, habits,
    pushes, pulls, objections and topics they revealed."""

    scope: str
    final: int
    conditional: int
    deferral: int
    standing: int
    anxieties: int
    habits: int
    pushes: int
    pulls: int
    objections: int
    topics: int


class Alternative(Struct, frozen=True, kw_only=True):
    """Another way that was looked at. While it stands, `eliminated_at`, `reason` and `by` are null; words are null once
    erased, times are UTC."""

    alternative_id: UUID
    kind: Literal["competitor", "in_house", "status_quo", "other"]
    name: str | None
    considered_at: Instant
    eliminated_at: Instant | None
    reason: str | None
    by: UUID | None
    evidence: list[UUID]


class Invitation(Struct, frozen=True, kw_only=True):
    """A no that was invited, and how many insights the buyer (on a goal, its owner) volunteered in the 14 days `before`
    and `after` it. An insight that answers a question was not volunteered."""

    event_id: UUID
    by: UUID
    at: Instant
    before: int
    after: int


class Noes(Struct, frozen=True, kw_only=True):
    """All noes in the order in which they were said, and the map that they draw. Shares have six places, days four.

    `received` counts the noes, `standing` those not lifted, `revealing` those that brought something to light;
    `information_yield` is revealing / received, null without any. `grid` has one row for each scope there is, empty
    ones too: they are what is not known. `time_to_first_no_days` and `time_to_final_no_days` run from the opening to
    the first no, and the first final one, said by the buyer's side (on a goal by its owner); null while there is none.
    `eliminated` are the alternatives ruled out, in that order, `still_standing` the others as they came up. `openness`
    is what was volunteered after an invitation less what was before, as a mean over the `invitations`; null without
    any. It is a correlation, not a cause. `outcome` is how the deal ended, null while it has not and on goals;
    `days_to_close` runs from the opening to that close.
    """

    received: int
    standing: int
    revealing: int
    information_yield: float | None
    grid: list[NoesByScope]
    time_to_first_no_days: float | None
    time_to_final_no_days: float | None
    outcome: Outcome | None
    days_to_close: float | None
    eliminated: list[Alternative]
    still_standing: list[Alternative]
    openness: float | None
    invitations: list[Invitation]
    noes: list[No]


class _Found(Struct):
    """What one pass over the facts collects. `volunteered` are places and times of insights nobody had asked for."""

    noes: dict[UUID, tuple[Entry, NoReceived]] = {}
    lifted: dict[UUID, tuple[Entry, NoLifted]] = {}
    considered: dict[UUID, tuple[Entry, AlternativeConsidered]] = {}
    eliminated: dict[UUID, tuple[Entry, AlternativeEliminated]] = {}
    invited: list[tuple[int, Entry, NoInvited]] = []
    volunteered_places: list[int] = []
    volunteered_times: list[datetime] = []


def noes(view: View) -> Noes:
    """What was refused, what that showed, and what is left to choose from."""
    found = _collected(view)
    listed = [_no(view.stream, no_id, found) for no_id in found.noes]
    revealing = sum(bool(one.reveals) for one in listed)
    alternatives = {one: _alternative(one, found) for one in found.considered}
    invitations = [_invitation(place, entry, said_no, found) for place, entry, said_no in found.invited]
    house = "self" if view.stream.kind == "goal" else "buyer"
    by_buyer = [one for one in listed if one.side == house]
    opened_at, closed = view.stream.first_at, view.stream.closed
    closing = None if closed is None else view.stream.find(closed.event_id)
    return Noes(
        received=len(listed),
        standing=sum(one.standing for one in listed),
        revealing=revealing,
        information_yield=ratio(revealing, len(listed)),
        grid=[_row(scope, [one for one in listed if one.scope == scope]) for scope in SCOPES],
        time_to_first_no_days=_since(opened_at, by_buyer),
        time_to_final_no_days=_since(opened_at, [one for one in by_buyer if one.kind == "final"]),
        outcome=None if closed is None else closed.data.outcome,
        days_to_close=None if closing is None or opened_at is None else days(closing.at - opened_at),
        eliminated=[alternatives[one] for one in found.eliminated],
        still_standing=[one for key, one in alternatives.items() if key not in found.eliminated],
        openness=ratio(sum(one.after - one.before for one in invitations), len(invitations)),
        invitations=invitations,
        noes=listed,
    )


def _collected(view: View) -> _Found:
    found = _Found()
    volunteer = "self" if view.stream.kind == "goal" else "buyer"
    for place, entry in enumerate(view.entries):
        match entry.fact.data:
            case NoReceived(no_id=UUID() as no_id) as data:
                found.noes.setdefault(no_id, (entry, data))
            case NoLifted() as data if data.no_id in found.noes:
                found.lifted.setdefault(data.no_id, (entry, data))
            case AlternativeConsidered(alternative_id=UUID() as alternative_id) as data:
                found.considered.setdefault(alternative_id, (entry, data))
            case AlternativeEliminated() as data if data.alternative_id in found.considered:
                found.eliminated.setdefault(data.alternative_id, (entry, data))
            case NoInvited() as data:
                found.invited.append((place, entry, data))
            case InsightRecorded(uncovered_by=by) as data if by == volunteer and not _asked_for(view.stream, data):
                found.volunteered_places.append(place)
                found.volunteered_times.append(entry.at)
    return found


def _asked_for(stream: Stream, insight: InsightRecorded) -> bool:
    answered = None if insight.answers is None else stream.thing(insight.answers)
    return answered is not None and answered.kind == "question"


def _no(stream: Stream, no_id: UUID, found: _Found) -> No:
    entry, data = found.noes[no_id]
    lifting, lifted = found.lifted.get(no_id, (None, None))
    return No(
        no_id=no_id,
        scope=data.scope,
        kind=data.kind,
        said_by=data.said_by,
        side=stream.side(data.said_by),
        said_at=entry.at,
        statement=said(data.statement),
        condition=said(data.condition),
        revisit_at=None if data.revisit_at is None else due_instant(data.revisit_at),
        reveals=[_revelation(stream, one) for one in data.reveals],
        standing=lifting is None,
        lifted_at=None if lifting is None else lifting.at,
        because=None if lifted is None else said(lifted.because),
        evidence=[one.fact.event_id for one in (entry, lifting) if one is not None],
    )


def _revelation(stream: Stream, revealed: Revealed) -> Revelation:
    match revealed:
        case TopicReference(id=topic):
            return Revelation(kind="topic", id=None, detail=topic)
        case ForceReference(id=force_id):
            return Revelation(kind="force", id=force_id, detail=_said_of(stream, force_id, "force"))
        case ObjectionReference(id=objection_id):
            return Revelation(kind="objection", id=objection_id, detail=_said_of(stream, objection_id, "category"))


def _said_of(stream: Stream, thing_id: UUID, member: str) -> str | None:
    thing = stream.thing(thing_id)
    detail: Any = None if thing is None else getattr(thing.fact.data, member, None)
    return None if detail is None else str(detail)


def _row(scope: str, listed: list[No]) -> NoesByScope:
    kinds = [one.kind for one in listed]
    reveals = [one for no in listed for one in no.reveals]
    forces = [one.detail for one in reveals if one.kind == "force"]
    return NoesByScope(
        scope=scope,
        final=kinds.count("final"),
        conditional=kinds.count("conditional"),
        deferral=kinds.count("deferral"),
        standing=sum(one.standing for one in listed),
        anxieties=forces.count("anxiety"),
        habits=forces.count("habit"),
        pushes=forces.count("push"),
        pulls=forces.count("pull"),
        objections=sum(one.kind == "objection" for one in reveals),
        topics=sum(one.kind == "topic" for one in reveals),
    )


def _since(opened_at: datetime | None, listed: list[No]) -> float | None:
    return days(listed[0].said_at - opened_at) if listed and opened_at is not None else None


def _alternative(alternative_id: UUID, found: _Found) -> Alternative:
    entry, data = found.considered[alternative_id]
    ruling, ruled_out = found.eliminated.get(alternative_id, (None, None))
    return Alternative(
        alternative_id=alternative_id,
        kind=data.kind,
        name=said(data.name),
        considered_at=entry.at,
        eliminated_at=None if ruling is None else ruling.at,
        reason=None if ruled_out is None else said(ruled_out.reason),
        by=None if ruled_out is None else ruled_out.by,
        evidence=[one.fact.event_id for one in (entry, ruling) if one is not None],
    )


def _invitation(place: int, entry: Entry, invited: NoInvited, found: _Found) -> Invitation:
    """Facts of one moment count as before or after by their place in the order."""
    here = bisect_left(found.volunteered_places, place)
    first = bisect_left(found.volunteered_times, entry.at - OPENNESS_WINDOW)
    last = bisect_right(found.volunteered_times, entry.at + OPENNESS_WINDOW)
    return Invitation(event_id=entry.fact.event_id, by=invited.by, at=entry.at, before=here - first, after=last - here)
