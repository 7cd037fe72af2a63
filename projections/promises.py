"""The life of every promise that was made: what was agreed by when, and what became of it. Judges nobody."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.events.commitments import (
    CommitmentBroken,
    CommitmentCancelled,
    CommitmentFulfilled,
    CommitmentMade,
    CommitmentReleased,
    CommitmentRenegotiated,
    CommitmentRequested,
)
from domain.events.people import ParticipantJoined
from domain.fields import Dimension, Due, Side, due_instant
from domain.lifecycles import renegotiation_counts
from domain.state import Entry, Thing
from projections.view import View

KEPT = frozenset({"fulfilled", "confirmed"})
SETTLING = CommitmentFulfilled | CommitmentBroken | CommitmentCancelled | CommitmentReleased


class Change(Struct, frozen=True):
    """A promise was put differently at `at` by `said`. `counts` is whether both sides stand behind it, `before_due`
    whether the time agreed until then had not passed."""

    at: datetime
    said: CommitmentRenegotiated
    event_id: UUID
    counts: bool
    before_due: bool


class Promise(Struct):
    """One promise. `due` is the last instant (UTC) at which it is in time, as agreed last; None without one. `missed`
    are the times agreed before that had passed, nothing having come of it yet, when they were replaced. `kept_at` is
    the first fulfilment, whatever was disputed since. `ended` is what was said when it was broken or taken back, and
    `ended_at` when."""

    thing: Thing
    made: CommitmentMade
    made_at: datetime
    due: datetime | None
    requested_at: datetime | None
    evidence: list[UUID]
    missed: list[datetime] = []
    changes: list[Change] = []
    kept_at: datetime | None = None
    ended: CommitmentBroken | CommitmentCancelled | None = None
    ended_at: datetime | None = None
    settled: bool = False  # as far as it was read: what was recorded late may stand before a change

    @property
    def open(self) -> bool:
        return self.thing.state == "made"

    @property
    def kept(self) -> bool:
        return self.thing.state in KEPT

    @property
    def broken(self) -> bool:
        """Declared broken, or taken back after its time."""
        state = self.thing.state
        return state == "broken" or (state == "cancelled" and not self.in_time(self.ended_at))

    @property
    def released(self) -> bool:
        return self.thing.state == "released"

    def in_time(self, at: datetime | None) -> bool:
        return self.due is None or (at is not None and at <= self.due)

    def overdue(self, at: datetime) -> bool:
        """Whether it is open although its time has come."""
        return self.open and self.due is not None and self.due <= at


def promises(view: View) -> dict[UUID, Promise]:
    """Every promise made on a stream by its id, in the order in which they were made; those only asked for are not."""
    found: dict[UUID, Promise] = {}
    asked: dict[UUID, Entry] = {}
    for entry, sides in _with_sides(view):
        data = entry.fact.data
        if isinstance(data, CommitmentRequested) and data.commitment_id is not None:
            asked.setdefault(data.commitment_id, entry)
        elif isinstance(data, CommitmentMade) and data.commitment_id is not None:
            thing = view.stream.thing(data.commitment_id)
            if thing is not None and thing.id not in found:
                found[thing.id] = _made(thing, data, entry, asked.get(thing.id))
        elif entry.fact.type.startswith("commitment.") and data is not None and data.commitment_id in found:
            _goes_on(found[data.commitment_id], entry, sides)
    return found


def dimension(promise: Promise, side: Side | None) -> Dimension:
    """What a promise says something about: what it says itself, else the seller for a seller's, else oneself."""
    return promise.made.dimension or ("seller" if side == "seller" else "self")


def _made(thing: Thing, data: CommitmentMade, entry: Entry, asked: Entry | None) -> Promise:
    return Promise(
        thing=thing,
        made=data,
        made_at=entry.at,
        due=_instant(data.due_at),
        requested_at=None if asked is None else asked.at,
        evidence=[one.fact.event_id for one in (asked, entry) if one is not None],
    )


def _goes_on(promise: Promise, entry: Entry, sides: Mapping[object, str]) -> None:
    fact, data = entry.fact, entry.fact.data
    promise.evidence.append(fact.event_id)
    if isinstance(data, CommitmentRenegotiated):
        made, before = promise.made, promise.in_time(entry.at)
        counts = renegotiation_counts(made.debtor, made.creditor, sides, fact.acting_party, data.agreed_by)
        promise.changes.append(Change(entry.at, data, fact.event_id, counts, before))
        if counts and data.due_at is not None:
            if not (before or promise.settled) and promise.due is not None:
                promise.missed.append(promise.due)
            promise.due = _instant(data.due_at)
    elif isinstance(data, CommitmentFulfilled):
        promise.kept_at = promise.kept_at or entry.at
    elif isinstance(data, CommitmentBroken | CommitmentCancelled):
        promise.ended, promise.ended_at = data, entry.at
    promise.settled |= isinstance(data, SETTLING)


def _with_sides(view: View) -> Iterator[tuple[Entry, Mapping[object, str]]]:
    """The facts with everybody's side at that time: a change is agreed by the sides that people were on then."""
    house = "self" if view.stream.kind == "goal" else "seller"
    sides: dict[object, str] = {}
    for entry in view.entries:
        if not sides:
            sides[entry.fact.actor.party_id] = house
        if isinstance(entry.fact.data, ParticipantJoined):
            sides[entry.fact.data.party_id] = entry.fact.data.side
        yield entry, sides


def _instant(due: Due | None) -> datetime | None:
    return None if due is None else due_instant(due)
