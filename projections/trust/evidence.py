"""From facts to weighed rows of evidence: who is read by which rule, what is shared and capped. No opinion here."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from domain.events.goal import ENDED
from domain.facts import Fact, StreamKind
from domain.fields import Dimension, Side
from domain.state import Stream
from projections.trust.fading import ONE
from projections.trust.objections import Objections
from projections.trust.policy import Policy
from projections.trust.practice import Practice
from projections.trust.promises import Milestones, Promises
from projections.trust.rows import THOUSAND, Book, Point, Row
from projections.trust.sayings import SAYINGS, Sayings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta.resolution
Handler = Callable[[Fact, datetime], None]


class Weighed(NamedTuple):
    """A row as it counts: weights for and against in units of 1e-15, after sharing and the cap, of which `scale` (in
    units of 1e-12) is what the cap left. Times are whole microseconds since 1970; `ages_from` None: it does not age."""

    row: Row
    weight_for: int
    weight_against: int
    scale: int
    starts_at: int
    ages_from: int | None


class Evidence(Struct, frozen=True):
    """All rows of a stream, for scoring from that of its last fact until before `good_until` (None: ever).

    Costs one pass over the facts to make, and one over the rows to score. Keep it until a fact comes.
    """

    kind: StreamKind
    policy: Policy
    rows: tuple[Weighed, ...]
    good_until: datetime | None


class Reading:
    """Reads the facts of a stream that hold, in the order in which they happened, into a book of rows."""

    def __init__(self, kind: StreamKind, policy: Policy, sides: Mapping[UUID, Side]) -> None:
        self.book = Book(kind, policy, sides)
        self.practice = Practice(self.book)
        self._promises = Promises(self.book)
        self._milestones = Milestones(self.book)
        self._objections = Objections(self.book)
        sayings = Sayings(self.book)
        self._handlers: dict[str, Handler] = {
            "commitment.made": self._promises.made,
            "commitment.renegotiated": self._promises.renegotiated,
            "commitment.fulfilled": self._promises.fulfilled,
            "commitment.confirmed": self._promises.confirmed,
            "commitment.disputed": self._promises.disputed,
            "commitment.broken": self._promises.broken,
            "commitment.cancelled": self._promises.cancelled,
            "commitment.released": self._promises.let_go,
            "objection.raised": self._objections.raised,
            "objection.acknowledged": self._heard,
            "objection.answered": self._heard,
            "objection.resolved": self._objections.resolved,
            "objection.confirmed": self._objections.confirmed,
            "objection.dismissed": self._objections.dismissed,
            "objection.accepted": self._objections.accepted,
            "objection.reopened": self._objections.reopened,
            "journey.mapped": self._milestones.mapped,
            "milestone.reached": self._milestones.reached,
            "routine.set": self.practice.changed,
            "routine.ended": self.practice.ended,
            "checkin.recorded": self.practice.checked,
            "deal.closed": self._closed,
            "deal.reopened": self._resumed,
            "goal.status_changed": self._status_changed,
        }
        for name, saying in SAYINGS.items():
            self._handlers[name] = saying.__get__(sayings)

    def take(self, fact: Fact, at: datetime) -> None:
        """The next fact, with its effective time. A fact whose content was destroyed says nothing."""
        self.book.follows(fact)
        handler = self._handlers.get(fact.type)
        if handler is not None and fact.data is not None:
            handler(fact, at)

    def _heard(self, fact: Fact, at: datetime) -> None:
        self._objections.heard(fact, at)

    def _closed(self, fact: Fact, at: datetime) -> None:
        if fact.data.outcome != "won":
            self._promises.all_let_go()
            self._over(at)

    def _status_changed(self, fact: Fact, at: datetime) -> None:
        lifecycle = fact.data.lifecycle
        self.practice.lifecycle(lifecycle, at)
        if lifecycle in ENDED:
            self._over(at)
        else:
            self._resumed(fact, at)

    def _over(self, at: datetime) -> None:
        if self.book.over_at is None:
            self.book.over_at = at
            self._objections.stop_waiting(at)
            self._milestones.lapse_or_resume(at)

    def _resumed(self, _fact: Fact, at: datetime) -> None:
        if self.book.over_at is not None:
            self.book.over_at = None
            self._objections.wait_again(at)
            self._milestones.lapse_or_resume(at)


def gather(stream: Stream, policy: Policy, at: datetime) -> Evidence:
    """The evidence on a stream, which is the fold of the facts that hold, in the order in which they happened.

    `at` (UTC) is the first moment that will be asked about; it only bounds which periods of routines are counted.
    """
    reading = Reading(stream.kind, policy, {one.party_id: one.side for one in stream.participants.values()})
    for entry in stream.entries():
        reading.take(entry.fact, entry.at)
    reading.practice.settle(at)
    return Evidence(stream.kind, policy, tuple(weigh(reading.book.rows.values(), policy)), reading.practice.next_end)


def weigh(rows: Iterable[Row], policy: Policy) -> list[Weighed]:
    """Rows as they count together: what says the same is counted once, and a day's evidence for is capped.

    Of rows on one point the largest weight for and the largest weight against count, of equal ones the latest. The cap
    scales by one factor, so that the order of the rows does not matter (the factor is rounded half-even to 12 places).
    """
    all_rows = rows if isinstance(rows, list) else list(rows)
    weights = _counted_once(all_rows)
    days: dict[tuple[Dimension, UUID | None, date], int] = {}
    for row, (weight_for, _) in zip(all_rows, weights, strict=True):
        if weight_for:
            day = row.dimension, row.vouched_by, row.starts_at.date()
            days[day] = days.get(day, 0) + weight_for
    most = int(policy.cap_per_day * THOUSAND)
    scales = {day: round(Fraction(most * ONE, total)) for day, total in days.items() if total > most}
    found = []
    for row, (weight_for, weight_against) in zip(all_rows, weights, strict=True):
        scale = ONE
        if scales and weight_for:
            scale = scales.get((row.dimension, row.vouched_by, row.starts_at.date()), ONE)
        starts_at = microseconds(row.starts_at)
        ages_from = None
        if row.ages_from is not None:
            ages_from = starts_at if row.ages_from is row.starts_at else microseconds(row.ages_from)
        found.append(Weighed(row, weight_for * scale, weight_against * ONE, scale, starts_at, ages_from))
    return found


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - _EPOCH) // MICROSECOND


def _counted_once(rows: list[Row]) -> list[tuple[int, int]]:
    points: dict[Point, list[int]] = {}
    for index, row in enumerate(rows):
        if row.point is not None:
            points.setdefault(row.point, []).append(index)
    weights = [(row.weight_for, row.weight_against) for row in rows]
    for shared in points.values():
        if len(shared) > 1:
            most_for = max(shared, key=lambda at: (rows[at].weight_for, rows[at].starts_at, rows[at].event_id))
            most_against = max(shared, key=lambda at: (rows[at].weight_against, rows[at].starts_at, rows[at].event_id))
            for at in shared:
                row = rows[at]
                weights[at] = row.weight_for * (at == most_for), row.weight_against * (at == most_against)
    return weights
