"""How one routine went, in the figures that are shown of it (a part of P17). What it says about trust is elsewhere."""

from collections import deque
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from uuid import UUID

from msgspec import Struct

from domain.fields import Instant, Size
from projections.list_row import said
from projections.periods import DAYS_A_WEEK, Period, periods
from projections.rests import Rests
from projections.routines import Routine, Verdict
from projections.streaks import Mark, completion, middle, run, strength

RECENT_DAYS = 30
PERIODS_SHOWN = 84  # twelve weeks of days, as a calendar shows them
DAY = timedelta(days=1)
# The next period of a routine begins within a month, and ends within the one after.
NEXT_WITHIN = timedelta(days=70)
# Where the calendar of instants ends.
_EVER = datetime.max.replace(tzinfo=UTC)


class LoopPeriod(Struct, frozen=True, kw_only=True):
    """How one period went: its local days, both inclusive."""

    first_day: date
    last_day: date
    status: Verdict


class RoutineLoop(Struct, frozen=True, kw_only=True):
    """How one routine went, over the periods that asked for something and were not skipped. Shares have six places.

    A period is done, partial or missed as its last check-in says; one that asks several times is done when it was done
    so often, else partial when anything was. It is missed only when it is over, and not while the goal was on hold,
    proposed, completed or cancelled. The running period counts only once it is done. Skipped periods and days that do
    not ask are as if they were not there.

    `streak` is the run of periods done up to now, `longest` the longest ever. `completion` is (done + partial / 2) /
    (done + partial + missed), `recent_completion` the same over the periods that ended in the last 30 days; null of
    none. `strength` is how strong the habit is, 0 to 1, as Loop Habit Tracker reckons it. `recovery` is the median,
    over the lapses that ended, of the periods from the first miss to the next done, null without any; `longest_gap` the
    most periods in a row without a done; `comebacks` how often 3 were done in a row after a miss. `counted_from` (UTC)
    is when the routine began, or where looking back ends, which it does when a goal has very many routines. `periods`
    are the last 84 of which there is anything to say, the skipped among them.
    """

    routine_id: UUID
    name: str | None
    running: bool
    size: Size
    streak: int
    longest: int
    done: int
    partial: int
    missed: int
    skipped: int
    completion: float | None
    recent_completion: float | None
    strength: float
    recovery: float | None
    longest_gap: int
    comebacks: int
    counted_from: Instant
    periods: list[LoopPeriod]


def routine_loop(routine_id: UUID, routine: Routine, at: datetime, back: datetime, resting: Rests) -> RoutineLoop:
    """How a routine of a goal with these rests went until `at`, looking `back` so far."""
    marks: list[Mark] = []
    recent: list[Mark] = []
    skipped = 0
    shown: deque[LoopPeriod] = deque(maxlen=PERIODS_SHOWN)
    start = max(back, routine.changes[0].at)
    for period in periods(routine.changes, start, _later(at, timedelta.resolution)):
        status = _status(routine, period, at, resting)
        if status is not None:
            shown.append(LoopPeriod(first_day=period.first_day, last_day=period.last_day, status=status))
        if status == "skipped":
            skipped += 1
        elif status is not None:
            mark = Mark(status, period.times, _stands_for(period))
            marks.append(mark)
            if period.end > at - RECENT_DAYS * DAY:
                recent.append(mark)
    went = run(marks)
    setting = next(one.setting for one in reversed(routine.changes) if one.setting is not None)
    return RoutineLoop(
        routine_id=routine_id,
        name=said(setting.name),
        running=routine.changes[-1].setting is not None,
        size=setting.size,
        streak=went.streak,
        longest=went.longest,
        done=went.done,
        partial=went.partial,
        missed=went.missed,
        skipped=skipped,
        completion=completion(marks),
        recent_completion=completion(recent),
        strength=strength(marks),
        recovery=middle(went.recoveries),
        longest_gap=went.longest_gap,
        comebacks=went.comebacks,
        counted_from=start,
        periods=list(shown),
    )


def _status(routine: Routine, period: Period, at: datetime, resting: Rests) -> Verdict | None:
    """How a period went; None when it asks for nothing, or nothing can be said yet."""
    status = routine.verdict(period)
    if status in ("done", "skipped"):
        return status
    if period.end > at:
        return None
    return status if status is not None else (None if resting.at(period.end) else "missed")


def _stands_for(period: Period) -> Fraction:
    weekdays = period.setting.schedule.weekdays
    if weekdays:
        return Fraction(DAYS_A_WEEK, len(weekdays))
    return Fraction((period.last_day - period.first_day).days + 1)


def next_end(routine: Routine, at: datetime, resting: Rests) -> datetime | None:
    """When the first period ends of which time alone will say something new; None while nothing is asked for."""
    if resting.at(at):
        return None
    for period in periods(routine.changes, at, _later(at, NEXT_WITHIN)):
        if period.end > at and routine.verdict(period) not in ("done", "skipped"):
            return period.end
    return None


def _later(at: datetime, by: timedelta) -> datetime:
    return at + by if at < _EVER - by else _EVER
