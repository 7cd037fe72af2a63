"""What speaks against going on, and how long it waited to be heard and settled (P5). Counts and times, never blame."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.objections import (
    ObjectionConfirmed,
    ObjectionRaised,
    ObjectionReopened,
    ObjectionResolved,
    Severity,
)
from domain.fields import Dimension, Instant, Side
from domain.lifecycles import SETTLED_OBJECTIONS
from domain.state import Thing
from projections.figures import days, median, ratio
from projections.list_row import said
from projections.view import View

# As long as trust waits before an objection that nobody took up counts against whoever it is about.
UNADDRESSED_AFTER = timedelta(days=7)
# What shows that an objection was heard, when nobody said so in so many words. Putting it aside does not.
HEARD = frozenset(
    {
        "objection.acknowledged",
        "objection.answered",
        "objection.resolved",
        "objection.confirmed",
        "objection.accepted",
    }
)
RESOLVED = frozenset({"resolved", "confirmed"})

State = Literal["raised", "acknowledged", "answered", "resolved", "confirmed", "dismissed", "accepted"]


class Objection(Struct, frozen=True, kw_only=True):
    """One objection. Lengths of time are days to four places; times are UTC; `statement` is null once erased.

    `open` is true until it is resolved, confirmed, dismissed or accepted. `unaddressed` is true when it is open, nobody
    took it up since it was raised or last reopened, and that is 7 days ago or longer. `age_days` runs from the raising
    until it was settled, or until the moment asked about while it is open. `acknowledged_at` is when it was first heard
    (acknowledged, answered, resolved, confirmed or accepted), null if it never was; `resolved_at` is when the
    resolution that stands was recorded, null when none stands. `reopened` counts how often it came back. `side` is of
    who raised it, `evidence` holds the events of its life in order.
    """

    objection_id: UUID
    state: State
    open: bool
    unaddressed: bool
    statement: str | None
    raised_by: UUID
    side: Side | None
    dimension: Dimension
    category: str
    severity: Severity
    force_id: UUID | None
    raised_at: Instant
    age_days: float
    acknowledged_at: Instant | None
    days_to_acknowledge: float | None
    resolved_at: Instant | None
    days_to_resolve: float | None
    reopened: int
    evidence: list[UUID]


class ObjectionGroup(Struct, frozen=True, kw_only=True):
    """The objections that share a `value`: how many were raised, are open, unaddressed, resolved, and ever came back;
    and the medians, in days, of those that were heard and that are resolved, null when none is."""

    value: str
    raised: int
    open: int
    unaddressed: int
    resolved: int
    reopened: int
    median_days_to_acknowledge: float | None
    median_days_to_resolve: float | None


class Objections(Struct, frozen=True, kw_only=True):
    """All objections in the order in which they were raised, and what they come to.

    `open_blocking` counts the open ones of severity blocking. `resolved` counts those that stand resolved or confirmed.
    `reopen_rate` is the share, to six places, of the objections ever resolved or confirmed that came back afterwards;
    null while none ever was. The medians are in days over all that were heard, and over all that stand resolved; null
    when there are none. Groups come in the order in which their first objection did. `changes_at` is when the next open
    objection becomes unaddressed if nobody takes it up.
    """

    raised: int
    open: int
    open_blocking: int
    unaddressed: int
    resolved: int
    reopened: int
    reopen_rate: float | None
    median_days_to_acknowledge: float | None
    median_days_to_resolve: float | None
    by_dimension: list[ObjectionGroup]
    by_category: list[ObjectionGroup]
    by_severity: list[ObjectionGroup]
    objections: list[Objection]
    changes_at: Instant | None


class _Life(Struct):
    """What one objection went through so far; lengths are exact here, and rounded only in the answer."""

    thing: Thing
    raised: ObjectionRaised
    raised_at: datetime
    waits_since: datetime
    heard_at: datetime | None = None
    resolved_at: datetime | None = None
    ever_resolved: bool = False
    reopened: int = 0
    came_back: bool = False
    evidence: list[UUID] = []

    @property
    def open(self) -> bool:
        return self.thing.state not in SETTLED_OBJECTIONS

    @property
    def resolved(self) -> bool:
        return self.thing.state in RESOLVED

    @property
    def to_be_heard(self) -> timedelta | None:
        return None if self.heard_at is None else self.heard_at - self.raised_at

    @property
    def to_be_resolved(self) -> timedelta | None:
        return None if self.resolved_at is None else self.resolved_at - self.raised_at

    def unaddressed(self, at: datetime) -> bool:
        return self.thing.state == "raised" and at - self.waits_since >= UNADDRESSED_AFTER


def objections(view: View) -> Objections:
    """What was objected to on a stream, by whomever, the goal's owner too. Costs one pass over the facts."""
    lives = _lives(view)
    at = view.at
    waiting = (one.waits_since + UNADDRESSED_AFTER for one in lives if one.thing.state == "raised")
    resolved_once = [one for one in lives if one.ever_resolved]
    return Objections(
        raised=len(lives),
        open=sum(one.open for one in lives),
        open_blocking=sum(one.open and one.raised.severity == "blocking" for one in lives),
        unaddressed=sum(one.unaddressed(at) for one in lives),
        resolved=sum(one.resolved for one in lives),
        reopened=sum(one.reopened > 0 for one in lives),
        reopen_rate=ratio(sum(one.came_back for one in resolved_once), len(resolved_once)),
        median_days_to_acknowledge=_median(one.to_be_heard for one in lives),
        median_days_to_resolve=_median(one.to_be_resolved for one in lives),
        by_dimension=_groups(lives, lambda raised: raised.dimension, at),
        by_category=_groups(lives, lambda raised: raised.category, at),
        by_severity=_groups(lives, lambda raised: raised.severity, at),
        objections=[_objection(view, one) for one in lives],
        changes_at=min((moment for moment in waiting if moment > at), default=None),
    )


def _lives(view: View) -> list[_Life]:
    lives: dict[UUID, _Life] = {}
    for entry in view.entries:
        fact, data = entry.fact, entry.fact.data
        if isinstance(data, ObjectionRaised):
            thing = None if data.objection_id is None else view.stream.thing(data.objection_id)
            if thing is not None and thing.id not in lives:
                lives[thing.id] = _Life(thing, data, entry.at, entry.at, evidence=[fact.event_id])
            continue
        life = lives.get(data.objection_id) if fact.type.startswith("objection.") and data is not None else None
        if life is None:
            continue
        life.evidence.append(fact.event_id)
        if fact.type in HEARD and life.heard_at is None:
            life.heard_at = entry.at
        if isinstance(data, ObjectionResolved | ObjectionConfirmed):
            life.resolved_at = life.resolved_at or entry.at
            life.ever_resolved = True
        elif isinstance(data, ObjectionReopened):
            life.came_back = life.came_back or life.ever_resolved
            life.reopened += 1
            life.waits_since, life.resolved_at = entry.at, None
    return list(lives.values())


def _objection(view: View, life: _Life) -> Objection:
    thing, raised = life.thing, life.raised
    ended = view.at if life.open else thing.at
    if life.resolved and life.resolved_at is not None:
        ended = life.resolved_at
    heard, settled = life.to_be_heard, life.to_be_resolved
    return Objection(
        objection_id=thing.id,
        state=thing.state,  # type: ignore[arg-type]  # the states of its table
        open=life.open,
        unaddressed=life.unaddressed(view.at),
        statement=said(raised.statement),
        raised_by=raised.raised_by,
        side=view.stream.side(raised.raised_by),
        dimension=raised.dimension,
        category=raised.category,
        severity=raised.severity,
        force_id=raised.force_id,
        raised_at=life.raised_at,
        age_days=days(ended - life.raised_at),
        acknowledged_at=life.heard_at,
        days_to_acknowledge=None if heard is None else days(heard),
        resolved_at=life.resolved_at,
        days_to_resolve=None if settled is None else days(settled),
        reopened=life.reopened,
        evidence=life.evidence,
    )


def _groups(lives: list[_Life], by: Callable[[ObjectionRaised], str], at: datetime) -> list[ObjectionGroup]:
    grouped: dict[str, list[_Life]] = {}
    for life in lives:
        grouped.setdefault(by(life.raised), []).append(life)
    return [
        ObjectionGroup(
            value=value,
            raised=len(group),
            open=sum(one.open for one in group),
            unaddressed=sum(one.unaddressed(at) for one in group),
            resolved=sum(one.resolved for one in group),
            reopened=sum(one.reopened > 0 for one in group),
            median_days_to_acknowledge=_median(one.to_be_heard for one in group),
            median_days_to_resolve=_median(one.to_be_resolved for one in group),
        )
        for value, group in grouped.items()
    ]


def _median(lengths: Iterable[timedelta | None]) -> float | None:
    middle = median([length for length in lengths if length is not None])
    return None if middle is None else days(middle)
