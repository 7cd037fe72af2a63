"""A stream as a story (P15): every fact in order as a sentence with what it did, and when nothing did. No advice."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from domain.events import CATALOGUE
from domain.facts import Fact, Recorded
from domain.fields import Dimension, Side
from domain.history import effective_times
from domain.relations import created_in, things_in
from domain.state import Stream
from domain.stream import fold
from projections.figures import days
from projections.sentences import Teller, sentence
from projections.sentences.teller import number
from projections.timeline.entries import Effect, EventTold, Links, OverdueTold, SilenceTold, TimelineEntry
from projections.timeline.walk import NOTHING, Overdue, Silence, Walk, dimension_of, dimension_of_thing, owner_side
from projections.trust.changes import TrustChange, trust_changes
from projections.trust.walk import Walk as TrustWalk
from projections.view import View

__all__ = ["Place", "Timeline", "effects_of"]

Place = tuple[int, int, int, int]
"""Where an entry stands: microseconds since 1970, facts before moments, version or 0, and what a moment is about."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FACT, MOMENT = 0, 1
FAMILY_OF_KIND = {"commitment": "commitments", "milestone": "journey", "no": "noes"}
OVERDUE = {
    "commitment": "The promise{} was not kept in time",
    "milestone": "The milestone{} was not reached in time",
    "no": "The time came to ask about the no{} again",
}
SILENT = {"buyer": "The buyer's side", "self": "The owner"}


class _Item(NamedTuple):
    place: Place
    what: Recorded | Silence | Overdue


class Timeline:
    """All entries of one stream in order, told one by one when they are asked for.

    `records` are the facts that the caller may see, as recorded, known at the moment asked about; `view` is made of
    those of them that hold. Making one costs a pass over the facts, telling an entry what it refers to.
    """

    def __init__(self, view: View, records: Sequence[Recorded], as_of: datetime | None = None) -> None:
        self._view = view
        self._walk = Walk(view)
        self._teller = Teller(view.stream)
        self._recorded = _as_recorded(view.stream, records)
        self._times = dict(zip((one.fact.event_id for one in records), effective_times(self._recorded), strict=True))
        self._times |= {one.fact.event_id: one.at for one in view.entries if one.fact.event_id in self._times}
        self._late = _learned_later(records, self._times)
        self._begun: dict[UUID, UUID] = {}
        for record in records:
            if record.fact.data is not None:
                for thing_id, _ in created_in(record.fact.data):
                    if thing_id is not None:
                        self._begun.setdefault(thing_id, record.fact.event_id)
        moments: list[Silence | Overdue] = [*self._walk.silences, *self._walk.overdue]
        happened = [one for one in records if as_of is None or self._times[one.fact.event_id] <= as_of]
        self._items = [
            _Item(_place(self._times[one.fact.event_id], FACT, one.fact.stream_version), one) for one in happened
        ]
        self._items += [_Item(_place(one.at, MOMENT, 0, _subject(one)), one) for one in moments]
        self._items.sort(key=lambda item: item.place)

    @property
    def changes_at(self) -> datetime | None:
        """When time alone adds the next entry (UTC)."""
        return self._walk.turns_at

    def entries(
        self,
        limit: int | None = None,
        *,
        after: Place | None = None,
        backward: bool = False,
        family: str | None = None,
        side: Side | None = None,
        dimension: Dimension | None = None,
    ) -> list[tuple[Place, TimelineEntry]]:
        """At most `limit` entries that come after a place, in either direction, of a family, a side and a dimension.

        A fact is of a dimension when it says so itself, when the promise or objection that it moves does, or when it
        changed the evidence on it. What facts did to trust costs one pass over the rows of a dimension for each.
        """
        if backward:
            end = len(self._items) if after is None else bisect_left(self._items, after, key=lambda item: item.place)
            order: Iterator[_Item] = (self._items[index] for index in range(end - 1, -1, -1))
        else:
            start = 0 if after is None else bisect_right(self._items, after, key=lambda item: item.place)
            order = (self._items[index] for index in range(start, len(self._items)))
        moved = set() if dimension is None else self._moved(dimension)
        chosen = (
            item
            for item in order
            if (family is None or self._family(item.what) == family)
            and (side is None or self._side(item.what) == side)
            and (dimension is None or self._dimension(item.what) == dimension or self._event_id(item.what) in moved)
        )
        shown = list(islice(chosen, limit))
        changes = trust_changes(
            self._view, {item.what.fact.event_id for item in shown if isinstance(item.what, Recorded)}
        )
        return [(item.place, self._told(item.what, changes)) for item in shown]

    def _moved(self, dimension: Dimension) -> set[UUID | None]:
        """The facts that changed the evidence on a dimension."""
        turns = TrustWalk(self._view.stream, self._view.policy).turns(self._view.at)
        return {turn.event_id for turn in turns if not turn.by_time and dimension in turn.touched}

    @staticmethod
    def _event_id(what: Recorded | Silence | Overdue) -> UUID | None:
        return what.fact.event_id if isinstance(what, Recorded) else None

    # -- what filters ask

    def _family(self, what: Recorded | Silence | Overdue) -> str | None:
        if isinstance(what, Recorded):
            return CATALOGUE[what.fact.type].family
        return FAMILY_OF_KIND[what.kind] if isinstance(what, Overdue) else None

    def _side(self, what: Recorded | Silence | Overdue) -> Side | None:
        stream = self._view.stream
        if isinstance(what, Recorded):
            return stream.side(what.fact.acting_party)
        if isinstance(what, Silence):
            return self._walk.side
        thing = stream.thing(what.thing_id)
        return None if thing is None else owner_side(stream, thing)[0]

    def _dimension(self, what: Recorded | Silence | Overdue) -> Dimension | None:
        stream = self._view.stream
        if isinstance(what, Recorded):
            return dimension_of(stream, self._as_it_holds(what.fact))
        return dimension_of_thing(stream, stream.thing(what.thing_id)) if isinstance(what, Overdue) else None

    # -- telling

    def _told(self, what: Recorded | Silence | Overdue, trust: Mapping[UUID, list[TrustChange]]) -> TimelineEntry:
        if isinstance(what, Recorded):
            return self._event(what, trust.get(what.fact.event_id, []))
        return self._silence(what) if isinstance(what, Silence) else self._overdue(what)

    def _event(self, record: Recorded, trust: list[TrustChange]) -> EventTold:
        fact = self._as_it_holds(record.fact)
        return EventTold(
            at=self._times[fact.event_id],
            summary=sentence(self._teller, fact),
            side=self._side(record),
            family=CATALOGUE[fact.type].family,
            type=fact.type,
            event_id=fact.event_id,
            stream_version=fact.stream_version,
            position=record.position,
            occurred_at=fact.occurred_at,
            recorded_at=record.recorded_at,
            acting_party=fact.acting_party,
            learned_later=fact.event_id in self._late,
            links=self._links(fact),
            effect=_whole(self._walk.effects.get(fact.event_id, NOTHING), trust),
        )

    def _silence(self, silence: Silence) -> SilenceTold:
        length = number(days(silence.at - silence.since))
        side = self._walk.side
        return SilenceTold(
            at=silence.at,
            summary=f"{SILENT[side]} had been silent for {length} days",
            side=side,
            since=silence.since,
            until=silence.until,
            event_id=silence.last,
        )

    def _overdue(self, overdue: Overdue) -> OverdueTold:
        stream = self._view.stream
        thing = stream.thing(overdue.thing_id)
        assert thing is not None, "what fell due is on the stream"
        side, party = owner_side(stream, thing)
        return OverdueTold(
            at=overdue.at,
            summary=OVERDUE[overdue.kind].format(self._teller.thing(overdue.thing_id)),
            side=side,
            what=overdue.kind,  # type: ignore[arg-type]
            subject_id=overdue.thing_id,
            party_id=party,
            dimension=dimension_of_thing(stream, thing),
            event_id=overdue.fact,
        )

    def _as_it_holds(self, fact: Fact) -> Fact:
        """The fact with the data that holds; as it was recorded when it holds no longer."""
        found = self._view.stream.find(fact.event_id)
        return fact if found is None else found.fact

    def _links(self, fact: Fact) -> Links:
        refers: dict[UUID, None] = {}
        if fact.data is not None:
            for thing_id, _ in things_in(fact.data):
                begun = thing_id if thing_id in self._times else self._begun.get(thing_id)
                if begun is not None and begun != fact.event_id:
                    refers[begun] = None
        corrected = self._recorded.corrected_by(fact.event_id)
        return Links(
            refers_to=list(refers),
            caused_by=fact.causation_id,
            voided_by=self._recorded.voided_by(fact.event_id),
            corrected_by=None if corrected is None else corrected.event_id,
        )


def effects_of(view: View, facts: Collection[UUID]) -> dict[UUID, Effect]:
    """What each of these facts did when it happened, as the timeline tells it; nothing where it does not hold."""
    walked, changes = Walk(view).effects, trust_changes(view, frozenset(facts))
    return {fact: _whole(walked.get(fact, NOTHING), changes.get(fact, [])) for fact in facts}


def _whole(effect: Effect, trust: list[TrustChange]) -> Effect:
    return structs.replace(effect, trust=trust) if trust else effect


def _as_recorded(stream: Stream, records: Sequence[Recorded]) -> Stream:
    """The fold of all records in the order of recording; the one at hand where that is the same."""
    facts = [record.fact for record in records]
    if stream.version == len(facts) and all(
        one.event_id == other.event_id for one, other in zip(stream.facts, facts, strict=True)
    ):
        return stream
    return fold(stream.stream_id, facts)


def _learned_later(records: Sequence[Recorded], times: dict[UUID, datetime]) -> set[UUID]:
    """The facts that were recorded after a fact which happened later than they did."""
    late: set[UUID] = set()
    latest = before = datetime.min.replace(tzinfo=UTC)
    recorded_at: datetime | None = None
    for record in records:
        if record.recorded_at != recorded_at:  # what came together was learned together
            recorded_at, before = record.recorded_at, latest
        at = times[record.fact.event_id]
        if at < before:
            late.add(record.fact.event_id)
        latest = max(latest, at)
    return late


def _place(at: datetime, order: int, version: int, subject: UUID | None = None) -> Place:
    return (at - EPOCH) // timedelta(microseconds=1), order, version, 0 if subject is None else subject.int >> 65


def _subject(one: Silence | Overdue) -> UUID:
    return one.last if isinstance(one, Silence) else one.thing_id
