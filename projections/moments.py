"""When what is open on a stream falls due, in instants. Whether that is overdue is not decided here."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from domain.events.goal import ENDED
from domain.fields import Due, LocalDue, day_end
from domain.state import Stream, Thing

# Local days whose ends were reckoned before: a year of days in a dozen zones, about 1 MB.
DAYS_KEPT_MAX = 4_096
DAY = timedelta(days=1)


class Moment(NamedTuple):
    """When something falls due: `at` is the first instant (UTC) at which it is late.

    What is due on a calendar day is `near` from the first instant of that `day` on; what is due at an instant is near
    only then.
    """

    at: datetime
    near: datetime
    day: date | None


def moment(due: Due) -> Moment:
    """The moment that a due means."""
    if isinstance(due, LocalDue):
        start, end = local_day(due.local_date, due.time_zone)
        return Moment(end, start, due.local_date)
    return Moment(due, due, None)


@lru_cache(maxsize=DAYS_KEPT_MAX)
def local_day(day: date, zone: str) -> tuple[datetime, datetime]:
    """The instants, in UTC, at which a calendar day begins and is over in `zone`; both the same for a day left out."""
    return day_end(day - DAY, zone), day_end(day, zone)


def promises(stream: Stream) -> Iterator[Thing]:
    """The promises that were made and are neither kept, broken nor let go: open ones, overdue or not."""
    return (thing for thing in stream.open_things() if thing.kind == "commitment" and thing.state == "made")


def falls_due(stream: Stream, thing: Thing) -> Due | None:
    """When an open thing asks for something: a promise, a milestone on the way, a no to ask about again; None if never.

    A promise that was only asked for binds nobody. When the journey is over, the milestones not reached lapse.
    """
    if thing.due is None or thing.state == "requested" or (thing.kind == "milestone" and journey_over(stream)):
        return None
    return thing.due


def journey_over(stream: Stream) -> bool:
    """Whether nobody is on the way any more: the deal was closed other than won, or the goal completed or cancelled."""
    if stream.closed is not None:
        return bool(stream.closed.data.outcome != "won")
    return stream.lifecycle in ENDED
