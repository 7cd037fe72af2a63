"""When a goal asks for nothing: while only proposed or on hold, and once completed or cancelled. Counts no periods."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from domain.events.goal import GoalStatusChanged
from domain.state import Entry

RESTING = frozenset({"proposed", "on_hold", "completed", "cancelled"})


class Rest(Struct, frozen=True):
    """From `start` until before `end` (UTC) the goal rested; `end` is None while it still does."""

    start: datetime
    end: datetime | None
    lifecycle: str


class Rests(Struct, frozen=True):
    """The rests of a goal, earliest first; they never overlap. `slept` is how long it had rested before each began."""

    rests: list[Rest]
    slept: list[timedelta]

    def at(self, moment: datetime) -> bool:
        """Whether the goal rested at a moment."""
        rest = self._last_before(moment)
        return rest is not None and (rest.end is None or moment < rest.end)

    def awake(self, start: datetime, end: datetime) -> timedelta:
        """How long between two moments, the earlier one first, the goal did not rest."""
        return (end - start) - (self._asleep_until(end) - self._asleep_until(start))

    def _asleep_until(self, moment: datetime) -> timedelta:
        rest = self._last_before(moment)
        if rest is None:
            return timedelta(0)
        ended = moment if rest.end is None else min(moment, rest.end)
        return self.slept[bisect_right(self.rests, moment, key=_start) - 1] + (ended - rest.start)

    def _last_before(self, moment: datetime) -> Rest | None:
        place = bisect_right(self.rests, moment, key=_start) - 1
        return None if place < 0 else self.rests[place]


def _start(rest: Rest) -> datetime:
    return rest.start


def rests(entries: Iterable[Entry]) -> Rests:
    """The rests of a goal out of its facts, in the order in which they happened."""
    found: list[Rest] = []
    since: datetime | None = None
    began = ""
    for entry in entries:
        data = entry.fact.data
        if not isinstance(data, GoalStatusChanged):
            continue
        if data.lifecycle in RESTING:
            if since is None:
                since, began = entry.at, data.lifecycle
        elif since is not None:
            found.append(Rest(since, entry.at, began))
            since = None
    if since is not None:
        found.append(Rest(since, None, began))
    slept = [timedelta(0)]
    for rest in found:
        slept.append(slept[-1] + (timedelta(0) if rest.end is None else rest.end - rest.start))
    return Rests(found, slept)
