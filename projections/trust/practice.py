"""What routines say about trust in oneself: rule T25, in whole local days of each routine's zone.

Once a period, the last check-in stands. Several times a period, each check-in that counts is worth its share of the
size, up to so many, and what is still missing at the end of the period goes against: so a period is worth one size
however often it asks. What was skipped is not missed, nor is what ended while the goal was held, completed or given up.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from domain.facts import Fact
from projections.periods import DAY, ZONES_APART, Change, Period, periods
from projections.routines import COUNTS, Result, Routine
from projections.trust.fading import HALF_LIVES_MAX
from projections.trust.rows import Book, Row, Slot, Word, word

# Where the calendar of instants ends.
_EVER = datetime.max.replace(tzinfo=UTC)
_RUNNING = frozenset({"accepted", "active"})


class Practice:
    """All routines of a goal. `next_end` is the first end of a period after the moment read up to, None without one."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._routines: dict[UUID, Routine] = {}
        self._words: dict[int, Word] = {}
        self._set_by: dict[UUID, list[tuple[datetime, UUID]]] = {}
        self._slots: dict[UUID, dict[str, set[Slot]]] = {}  # by the first day of their period
        self._holds: list[tuple[datetime, datetime | None]] = []
        self._anew: dict[UUID, datetime] = {}  # since when a routine's periods may be others
        self._days: set[tuple[UUID, date]] = set()
        self._until: datetime | None = None
        self.next_end: datetime | None = None

    def changed(self, fact: Fact, at: datetime) -> None:
        """Set, or set again."""
        routine: UUID = fact.data.routine_id
        self._routines.setdefault(routine, Routine([], {})).changes.append(Change(at, fact.data))
        self._set_by.setdefault(routine, []).append((at, fact.event_id))
        self._anew.setdefault(routine, at)

    def ended(self, fact: Fact, at: datetime) -> None:
        routine: UUID = fact.data.routine_id
        if routine in self._routines:
            self._routines[routine].changes.append(Change(at, None))
            self._anew.setdefault(routine, at)

    def checked(self, fact: Fact, at: datetime) -> None:
        data = fact.data
        found = self._routines.get(data.routine_id)
        if found is not None:
            order = len(self._words)
            self._words[order] = word(fact, at)
            found.results.setdefault(data.local_date, []).append(Result(order, data.status))
            self._days.add((data.routine_id, data.local_date))

    def lifecycle(self, status: str, at: datetime) -> None:
        """The goal's: while it does not run nothing is missed."""
        held = bool(self._holds) and self._holds[-1][1] is None
        if held == (status not in _RUNNING):
            return
        if held:
            self._holds[-1] = (self._holds[-1][0], at)
        else:
            self._holds.append((at, None))
        for routine in self._routines:
            self._anew.setdefault(routine, at)

    def settle(self, until: datetime) -> None:
        """Bring the rows of all periods that began by `until` up to date; those of later ones wait."""
        passed = self.next_end is not None and self.next_end <= until
        for routine in self._routines:
            since = self._anew.get(routine)
            if since is not None:
                self._settle_since(routine, since, until, anew=True)
            elif passed and self._until is not None:
                self._settle_since(routine, self._until, until, anew=False)
        for routine, day in self._days:
            noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            for period in periods(self._routines[routine].changes, noon - ZONES_APART, _later(noon)):
                if period.first_day <= day <= period.last_day:
                    self._settle_period(routine, period)
        if passed or self._anew:
            ends = (self._next_end(routine, until) for routine in self._routines)
            self.next_end = min((end for end in ends if end is not None), default=None)
            self._until = until
        self._anew.clear()
        self._days.clear()

    def _settle_since(self, routine: UUID, since: datetime, until: datetime, *, anew: bool) -> None:
        """The periods that were not over `since` then; of those long faded nothing would be left."""
        changes = self._routines[routine].changes
        half_life = float(self._book.policy.half_life_days.of(self._book.kind).self)
        oldest = max(since, until - timedelta(days=half_life * HALF_LIVES_MAX)) - ZONES_APART
        found = list(periods(changes, oldest, _later(until)))
        if anew:
            # Also of days before the first period there is now; the day of `oldest` itself may be over in its zone.
            first = min([period.first_day for period in found[:1]] + [oldest.date() + DAY])
            kept = {period.first_day.isoformat() for period in found}
            days = self._slots.get(routine, {})
            for day in [day for day in days if day >= first.isoformat() and day not in kept]:
                for slot in days.pop(day):
                    self._book.put(slot, None)
        for period in found:
            self._settle_period(routine, period)

    def _settle_period(self, routine: UUID, period: Period) -> None:
        days = self._slots.setdefault(routine, {})
        name = period.first_day.isoformat()
        rows: dict[Slot, Row] = {(routine, f"{name} {part}"): row for part, row in self._parts(routine, period)}
        for slot in days.get(name, set()) - rows.keys():
            self._book.put(slot, None)
        for slot, row in rows.items():
            self._book.put(slot, row)
        days[name] = set(rows)

    def _next_end(self, routine: UUID, until: datetime) -> datetime | None:
        following = periods(self._routines[routine].changes, until, _EVER)
        return next((period.end for period in following if period.end > until), None)

    def _parts(self, routine: UUID, period: Period) -> Iterator[tuple[str, Row]]:
        results = self._routines[routine].of(period)
        size = period.setting.size
        if period.times == 1:
            if not results:
                yield from self._missed(routine, period, self._book.weights.of("T25", "missed", size)[1])
            elif results[-1].status != "skipped":
                yield "", self._book.said("T25", results[-1].status, "self", self._words[results[-1].order], size)
            return
        whole = self._book.weights.of("T25", "done", size)[0]
        counted = [one for one in results if one.status in COUNTS][: period.times]
        for nth, one in enumerate(counted):
            share = _share(whole, nth + 1, period.times) - _share(whole, nth, period.times)
            weight_for = share if one.status == "done" else _share(share, 1, 2)
            by = self._words[one.order]
            row = Row(by.event_id, "T25", one.status, "self", weight_for, share - weight_for, by.at, by.at, by.by)
            yield str(nth), row
        if not results or results[-1].status != "skipped":
            against = self._book.weights.of("T25", "missed", size)[1]
            yield from self._missed(routine, period, against - _share(against, len(counted), period.times))

    def _missed(self, routine: UUID, period: Period, against: int) -> Iterator[tuple[str, Row]]:
        """Missing at the end of a period; its cause is the setting that was in force."""
        held = any(start <= period.end and (end is None or period.end < end) for start, end in self._holds)
        if against and not held:
            cause = next(
                (event for at, event in reversed(self._set_by[routine]) if at < period.end), self._set_by[routine][0][1]
            )
            yield "missed", Row(cause, "T25", "missed", "self", 0, against, period.end, period.end)


def _share(whole: int, part: int, parts: int) -> int:
    """`part` of `parts` of a whole, in thousandths; so rounded that all parts together make the whole."""
    return round(whole * part / parts)


def _later(moment: datetime) -> datetime:
    """Late enough that no zone's day of that moment is left out."""
    return moment + ZONES_APART if moment < _EVER - ZONES_APART else _EVER
