"""A routine's periods: which local days they span, when they begin and end, and how often they ask. No check-ins here.

Everything is reckoned in whole local days. A setting holds from the calendar day, in its own zone, on which it was made
until the day before the next one or before the day on which the routine ended; of two made on one day the later holds.
Settings with the same unit (day, week or month) continue one another's periods; where the unit changes, or the routine
begins or ends, a week or a month is cut short and asks for its share of the times, rounded up.
"""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.events.routines import RoutineSet, Schedule, Weekday
from projections.moments import local_day

Unit = Literal["day", "week", "month"]

WEEKDAYS = get_args(Weekday)  # Monday first, as date.weekday() counts
DAY = timedelta(days=1)
DAYS_A_WEEK = 7
# Counting days ends here, with room for a week and a month before the calendar does.
LAST_DAY = date(9999, 12, 1)
# No two zones are further apart than this, so that no period is missed at the beginning of a window.
ZONES_APART = timedelta(days=2)


class Change(Struct, frozen=True):
    """From `at` on the routine is as `setting` says; None: it has ended."""

    at: datetime
    setting: RoutineSet | None


class Period(Struct, frozen=True, kw_only=True):
    """One period of a routine: its local days, both inclusive; the instants (UTC) between which it lasts, the end not
    included; and how often it asks to be done, 1 or more. `setting` is what was in force on its last day."""

    first_day: date
    last_day: date
    start: datetime
    end: datetime
    times: int
    setting: RoutineSet

    def days(self) -> Iterator[date]:
        """The local days whose check-ins belong to the period."""
        return map(date.fromordinal, range(self.first_day.toordinal(), self.last_day.toordinal() + 1))


class _Held(Struct, frozen=True):
    """A setting with the local days on which it holds, both inclusive."""

    setting: RoutineSet
    first_day: date
    last_day: date


def periods(changes: Sequence[Change], start: datetime, end: datetime) -> Iterator[Period]:
    """The periods that share any time with `start` <= t < `end`, earliest first. `changes` are ordered by their times.

    Lazy, and endless in effect when `end` is: take as many as there is a bound for. A calendar day that a zone left out
    has no time in it and is no period.
    """
    if not changes:
        return
    start = max(start, changes[0].at)
    for span in _spans(changes):
        unit = _unit(span[0].setting.schedule)
        day = max(span[0].first_day, _day_of(start - ZONES_APART, span[0].setting.time_zone))
        last = span[-1].last_day
        while day <= last:
            first_day, last_day, length = _bounds(unit, day)
            first_day, last_day = max(first_day, span[0].first_day), min(last_day, last)
            period = _period(span, first_day, last_day, length)
            if period is not None and period.start >= end:
                break
            if period is not None and period.end > start:
                yield period
            day = last_day + DAY


def _period(span: Sequence[_Held], first_day: date, last_day: date, length: int) -> Period | None:
    setting = next(held.setting for held in reversed(span) if held.first_day <= last_day)
    times = _times(setting.schedule, first_day, (last_day - first_day).days + 1, length)
    start, end = local_day(first_day, setting.time_zone)[0], local_day(last_day, setting.time_zone)[1]
    if times == 0 or start >= end:
        return None
    return Period(first_day=first_day, last_day=last_day, start=start, end=end, times=times, setting=setting)


def _times(schedule: Schedule, first_day: date, days: int, length: int) -> int:
    if schedule.weekdays:
        return int(WEEKDAYS[first_day.weekday()] in schedule.weekdays)
    times = schedule.times or 1
    return -(-times * days // length)


def _spans(changes: Sequence[Change]) -> Iterator[list[_Held]]:
    """Settings that hold one after the other without a gap and share a unit, together."""
    span: list[_Held] = []
    for held in _held(changes):
        if span and (
            held.first_day - span[-1].last_day != DAY or _unit(held.setting.schedule) != _unit(span[0].setting.schedule)
        ):
            yield span
            span = []
        span.append(held)
    if span:
        yield span


def _held(changes: Sequence[Change]) -> Iterator[_Held]:
    days = _days_of_change(changes)
    for index, (setting, first_day) in enumerate(days):
        last_day = days[index + 1][1] - DAY if index + 1 < len(days) else LAST_DAY
        if setting is not None and last_day >= first_day:
            yield _Held(setting, first_day, last_day)


def _days_of_change(changes: Sequence[Change]) -> list[tuple[RoutineSet | None, date]]:
    """Each change with its local day, in the zone of the setting, or of the one that it ends; days never go back."""
    days: list[tuple[RoutineSet | None, date]] = []
    zone = None
    for change in changes:
        zone = change.setting.time_zone if change.setting is not None else zone
        if zone is None:
            continue
        day = _day_of(change.at, zone)
        if days:
            day = max(day, days[-1][1])
        days.append((change.setting, day))
    return days


def _unit(schedule: Schedule) -> Unit:
    return "day" if schedule.weekdays or schedule.per is None else schedule.per


def _bounds(unit: Unit, day: date) -> tuple[date, date, int]:
    """The first and last day of the whole calendar period around `day`, and its length in days."""
    if unit == "day":
        return day, day, 1
    if unit == "week":
        first_day = day - day.weekday() * DAY
        return first_day, first_day + (DAYS_A_WEEK - 1) * DAY, DAYS_A_WEEK
    length = monthrange(day.year, day.month)[1]
    return day.replace(day=1), day.replace(day=length), length


def _day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()
