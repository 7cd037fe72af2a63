"""The state before and after every event: what each fact, and each moment that passed, did to the evidence.

History, the effects of a fact and differences are all this one walk. It reads the facts once; the sums are made only
for the turns that are asked about, each in one pass over the rows of the dimensions that it touched.
"""

from bisect import bisect_right
from collections.abc import Container, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from domain.facts import Fact
from domain.fields import Dimension, Side
from domain.state import Entry, Stream
from projections.trust.evidence import Reading, Weighed, microseconds, weigh
from projections.trust.fading import Fading, fading
from projections.trust.opinion import Mass, Opinion, mass
from projections.trust.policy import Policy
from projections.trust.rows import DIMENSIONS, Point, Row, Slot

Group = tuple[Dimension, UUID | None, date] | Point
"""What makes rows count together: the day that a cap is for, or the point that they share."""


class Turn:
    """What one event did, to be asked before the walk goes on.

    `event_id` is the fact, or, when time alone did it, the fact whose row starts; None for a moment that was only to be
    looked at. `rules` are those of the rows that started, closed, were replaced or count differently.
    """

    __slots__ = ("_after", "_before", "_walk", "at", "by_time", "event_id", "rules")

    def __init__(self, walk: "Walk", at: datetime, event_id: UUID | None, *, by_time: bool) -> None:
        self._walk = walk
        self.at, self.event_id, self.by_time = at, event_id, by_time
        self._before: dict[Dimension, list[Weighed]] = {}
        self._after: dict[Dimension, list[Weighed]] = {}
        self.rules: dict[Dimension, set[str]] = {}

    def left(self, one: Weighed) -> None:
        self._before.setdefault(one.row.dimension, []).append(one)
        self.rules.setdefault(one.row.dimension, set()).add(one.row.rule)

    def came(self, one: Weighed) -> None:
        self._after.setdefault(one.row.dimension, []).append(one)
        self.rules.setdefault(one.row.dimension, set()).add(one.row.rule)

    @property
    def touched(self) -> list[Dimension]:
        """The dimensions whose evidence is other than it was, in order."""
        return [dimension for dimension in DIMENSIONS if dimension in self.rules]

    def opinions(self, dimension: Dimension) -> tuple[Opinion, Opinion]:
        """The opinion before and after, both at the time of the event."""
        before, after = self._masses(dimension)
        return self._walk.opinion(before, dimension), self._walk.opinion(after, dimension)

    def before_without(self, dimension: Dimension, events: AbstractSet[UUID]) -> Opinion:
        """The opinion before, without the rows of the promise that `events` are about; others count as they did."""
        found, _ = self._masses(dimension)
        own = [one for one in self._before.get(dimension, ()) if one.row.event_id in events]
        own += self._walk.standing(dimension, events)
        gone = mass(own, self._walk.fades(dimension), microseconds(self.at))
        return self._walk.opinion(minus(found, gone), dimension)

    def _masses(self, dimension: Dimension) -> tuple[Mass, Mass]:
        after = self._walk.mass(dimension, self.at)
        fades, moment = self._walk.fades(dimension), microseconds(self.at)
        came = mass(self._after.get(dimension, ()), fades, moment)
        left = mass(self._before.get(dimension, ()), fades, moment)
        before = minus(after, came)
        before.add(left)
        return before, after


def minus(whole: Mass, part: Mass) -> Mass:
    """What is left of `whole` without `part`."""
    return Mass(
        whole.for_aging - part.for_aging,
        whole.for_open - part.for_open,
        whole.against_aging - part.against_aging,
        whole.against_open - part.against_open,
    )


class Walk:
    """Goes through a stream's facts in the order in which they happened; the stream must be folded from those."""

    def __init__(self, stream: Stream, policy: Policy) -> None:
        self.kind, self.policy = stream.kind, policy
        self._entries: Sequence[Entry] = list(stream.entries())
        self._sides: dict[UUID, Side] = {}
        self._reading = Reading(stream.kind, policy, self._sides)
        self._rows: dict[Slot, Row] = {}
        self._groups: dict[Group, set[Slot]] = {}
        self._live: dict[Dimension, dict[Slot, Weighed]] = {dimension: {} for dimension in DIMENSIONS}
        self._waiting: list[tuple[datetime, int, Slot, Row]] = []
        self._count = 0
        self._put_off: list[tuple[Slot, Row | None]] = []

    def turns(
        self, until: datetime, looks: Sequence[datetime] = (), wanted: Container[UUID] | None = None
    ) -> Iterator[Turn]:
        """Everything that happened up to `until`, and each of `looks` (in order), after all that happened by then.

        Of facts only those `wanted`, when that is said: what counts together is then weighed anew for these alone, and
        not for every fact of a day on which a cap is reached.
        """
        looked = 0
        for index, entry in enumerate(self._entries):
            if entry.at > until:
                break
            here = bisect_right(looks, entry.at - timedelta.resolution, lo=looked)
            for look in looks[looked:here]:
                yield from self._passing(look)
                yield Turn(self, look, None, by_time=True)
            looked = here
            yield from self._passing(entry.at)
            turn = self._taken(index, entry, wanted is None or entry.fact.event_id in wanted)
            if turn is not None:
                yield turn
        for look in looks[looked:]:
            yield from self._passing(look)
            yield Turn(self, look, None, by_time=True)
        yield from self._passing(until)

    def mass(self, dimension: Dimension, at: datetime) -> Mass:
        """What the evidence of a dimension amounts to where the walk stands. One pass over its rows."""
        return mass(self._live[dimension].values(), self.fades(dimension), microseconds(at))

    def standing(self, dimension: Dimension, events: Iterable[UUID]) -> Iterator[Weighed]:
        """The rows of a dimension that stay as they are when a promise ends: that it was changed late."""
        live = self._live[dimension]
        return (live[slot] for event in events if (slot := (event, "T7")) in live)

    def fades(self, dimension: Dimension) -> Fading:
        return fading(self.policy.half_life_days.of(self.kind).of(dimension))

    def opinion(self, found: Mass, dimension: Dimension) -> Opinion:
        return Opinion(found.r, found.s, self.policy, dimension)

    # -- steps

    def _passing(self, until: datetime) -> Iterator[Turn]:
        """Rows that start because time passes, up to and including `until`."""
        self._reading.practice.settle(until)
        self._note(None)
        while self._waiting and self._waiting[0][0] <= until:
            at, _, slot, row = heappop(self._waiting)
            if self._rows.get(slot) is row and slot not in self._live[row.dimension]:
                turn = Turn(self, at, row.event_id, by_time=True)
                self._count_anew([slot], turn, at)
                yield turn

    def _taken(self, index: int, entry: Entry, wanted: bool) -> Turn | None:
        turn = Turn(self, entry.at, entry.fact.event_id, by_time=False)
        if wanted:
            self._catch_up(entry.at)
        if self._sides_change(entry.fact):
            self._reading = self._read_again(index)
        else:
            self._reading.take(entry.fact, entry.at)
        self._reading.practice.settle(entry.at)
        self._note(turn, later=not wanted)
        return turn if wanted else None

    def _sides_change(self, fact: Fact) -> bool:
        """Note on which side somebody is; whether that changes what was read already."""
        if fact.data is None:
            return False
        if fact.type in ("deal.opened", "goal.set"):
            self._sides.setdefault(fact.actor.party_id, self._reading.book.house)
        elif fact.type == "participant.joined":
            party, side = fact.data.party_id, fact.data.side
            changes = party in self._reading.book.asked and self._sides.get(party) != side
            self._sides[party] = side
            return changes
        return False

    def _read_again(self, index: int) -> Reading:
        """Read from the beginning, with sides as they are known now."""
        reading = Reading(self.kind, self.policy, self._sides)
        for entry in self._entries[: index + 1]:
            reading.take(entry.fact, entry.at)
        reading.practice.settle(self._entries[index].at)
        reading.book.changed |= {slot for slot in self._rows if slot not in reading.book.rows}
        return reading

    # -- rows

    def _catch_up(self, at: datetime) -> None:
        """Count what was put off; what it changed is nobody's turn."""
        if self._put_off:
            before = self._put_off
            self._put_off = []
            self._count_anew(
                (slot for slot, _ in before), Turn(self, at, None, by_time=True), at, [row for _, row in before]
            )

    def _note(self, turn: Turn | None, *, later: bool = False) -> None:
        """Take over what the book changed: into what counts, or into what waits for its time."""
        book = self._reading.book
        if not book.changed:
            return
        at = None if turn is None else turn.at
        counting = []
        for slot in book.changed:
            before, row = self._rows.pop(slot, None), book.rows.get(slot)
            if before is not None:
                for group in _groups(before):
                    self._groups[group].discard(slot)
            if row is not None:
                self._rows[slot] = row
                for group in _groups(row):
                    self._groups.setdefault(group, set()).add(slot)
                self._count += 1
                if at is None or row.starts_at > at:
                    heappush(self._waiting, (row.starts_at, self._count, slot, row))
            if later:
                self._put_off.append((slot, before))
            elif turn is not None and (row is None or row.starts_at <= turn.at or self._counts(slot, before)):
                counting.append((slot, before))
        book.changed.clear()
        if turn is not None and counting:
            self._count_anew([slot for slot, _ in counting], turn, turn.at, [one for _, one in counting])

    def _counts(self, slot: Slot, row: Row | None) -> bool:
        return row is not None and slot in self._live[row.dimension]

    def _count_anew(self, slots: Iterable[Slot], turn: Turn, at: datetime, before: Iterable[Row | None] = ()) -> None:
        """Weigh these rows, and all that count together with them or did, again."""
        reached = set(slots)
        open_groups = [group for row in before if row is not None for group in _groups(row)]
        open_groups += [group for slot in reached if slot in self._rows for group in _groups(self._rows[slot])]
        seen: set[Group] = set()
        while open_groups:
            group = open_groups.pop()
            if group in seen:
                continue
            seen.add(group)
            for slot in self._groups.get(group, set()) - reached:
                reached.add(slot)
                open_groups += _groups(self._rows[slot])
        counting = [
            (slot, row) for slot in reached if (row := self._rows.get(slot)) is not None and row.starts_at <= at
        ]
        weighed = dict(
            zip((slot for slot, _ in counting), weigh([row for _, row in counting], self.policy), strict=True)
        )
        for live in self._live.values():
            for slot in reached & live.keys():
                now = weighed.get(slot)
                if now == live[slot]:
                    del weighed[slot]
                else:
                    turn.left(live.pop(slot))
        for slot, one in weighed.items():
            self._live[one.row.dimension][slot] = one
            turn.came(one)


def _groups(row: Row) -> list[Group]:
    found: list[Group] = [] if row.point is None else [row.point]
    if row.weight_for:
        found.append((row.dimension, row.vouched_by, row.starts_at.date()))
    return found
