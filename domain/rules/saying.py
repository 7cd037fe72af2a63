"""Rules about what a fact says by itself: money with its currency, real zones, possible times, clear schedules."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from msgspec import UNSET, Struct, structs

from domain.facts import Fact
from domain.fields import LocalDue
from domain.refusals import (
    CurrencyMissing,
    DayNotYetCome,
    InTheFuture,
    MomentOutOfRange,
    NothingChanges,
    ScheduleUnclear,
    ZoneUnknown,
)
from domain.relations import Plan, moments_in

AHEAD_MAX = timedelta(minutes=5)  # what a phone's clock is off by without anybody noticing
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
FURTHEST_ZONE = timedelta(hours=14)  # where the calendar day begins first
ZONES_REMEMBERED = 1_024  # more than there are
# Files beside the zones that are no names of the database: what this machine is set to, and copies of all zones, some
# with leap seconds. A fact in one of them would say something else on another machine, or nothing.
NO_NAMES = frozenset({"localtime", "posixrules"})
COPIES = ("posix/", "right/")

Saying = Callable[[Fact, datetime], None]


def when(fact: Fact, at: datetime) -> None:
    """The fact has happened, at a moment that can be counted with."""
    if fact.occurred_at > at + AHEAD_MAX:
        raise InTheFuture("It would have happened in the future.", server_time=at)
    if fact.occurred_at < EARLIEST:
        raise MomentOutOfRange("It would have happened before 1900.", earliest=EARLIEST, latest=LATEST)
    if fact.time_zone is not None:
        real_zone(fact.time_zone)
    if fact.local_date is not None:
        possible_day(fact.local_date)


def moments(fact: Fact) -> None:
    """Every due is a time and a zone that exist."""
    for moment in moments_in(fact.data):
        if isinstance(moment, LocalDue):
            real_zone(moment.time_zone)
            possible_day(moment.local_date)
        elif not EARLIEST <= moment < LATEST:
            raise MomentOutOfRange("A time lies too far away.", earliest=EARLIEST, latest=LATEST)


def possible_day(day: date) -> None:
    """A calendar day between the years that are counted with."""
    if not EARLIEST.date() <= day < LATEST.date():
        raise MomentOutOfRange("A day lies too far away.", earliest=EARLIEST, latest=LATEST)


def real_zone(name: str) -> None:
    """A zone of the IANA database, as installed, by a name that means the same everywhere."""
    if name in NO_NAMES or name.startswith(COPIES) or not _zone_exists(name):
        raise ZoneUnknown(f"{name} is not a time zone.")


@lru_cache(maxsize=ZONES_REMEMBERED)
def _zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a folder of the database is an OSError
        return False
    return True


def _money(fact: Fact, _at: datetime) -> None:
    if isinstance(fact.data.amount, str) and not isinstance(fact.data.currency, str):
        raise CurrencyMissing("The amount has no currency.")


def _price(fact: Fact, _at: datetime) -> None:
    price = fact.data.price
    if isinstance(price, Struct) and getattr(price, "money", None) and not getattr(price, "currency", None):
        raise CurrencyMissing("The money in the price has no currency.")


def _changes(data: Struct) -> None:
    if all(value is UNSET for value in structs.astuple(data)):
        raise NothingChanges("No member says what is different.")


def _deal_changed(fact: Fact, at: datetime) -> None:
    _changes(fact.data)
    _money(fact, at)


def _goal_restated(fact: Fact, at: datetime) -> None:
    _changes(fact.data)
    _price(fact, at)


def _routine(fact: Fact, _at: datetime) -> None:
    real_zone(fact.data.time_zone)
    schedule = fact.data.schedule
    times = schedule.times is not None and schedule.per is not None and not schedule.weekdays
    days = schedule.times is None and schedule.per is None and bool(schedule.weekdays)
    if not (times or (days and len(set(schedule.weekdays)) == len(schedule.weekdays))):
        raise ScheduleUnclear("The schedule can be read in more than one way, or in none.")


def _checkin(fact: Fact, at: datetime) -> None:
    possible_day(fact.data.local_date)
    if fact.data.local_date > (at + FURTHEST_ZONE).date():
        raise DayNotYetCome("The day has not begun anywhere.", server_time=at)


SAYINGS: Mapping[str, Saying] = MappingProxyType(
    {
        "deal.opened": _money,
        "deal.changed": _deal_changed,
        "goal.set": _price,
        "goal.restated": _goal_restated,
        "insight.recorded": _money,
        "routine.set": _routine,
        "checkin.recorded": _checkin,
    }
)
"""What is asked of the data alone, by type."""


def says_clearly(fact: Fact, plan: Plan, at: datetime) -> None:
    """The data makes sense by itself."""
    saying = SAYINGS.get(fact.type)
    if saying is not None:
        saying(fact, at)
    if plan.members.moments or plan.members.nested:
        moments(fact)
