"""Routines as they were recorded: how each was set over time, and what its check-ins say. Judges nothing."""

from datetime import date
from typing import Literal, NamedTuple
from uuid import UUID

from msgspec import Struct

from domain.events.routines import CheckinRecorded, RoutineEnded, RoutineSet
from domain.state import Stream
from projections.periods import Change, Period

COUNTS = frozenset({"done", "partial"})

Verdict = Literal["done", "partial", "missed", "skipped"]


class Result(NamedTuple):
    """What a check-in says: done, partial, missed or skipped. Of two, the one with the larger `order` came later."""

    order: int
    status: Verdict


class Routine(Struct, frozen=True):
    """One routine: its changes in the order of the fold, and its results by the local day that they are about."""

    changes: list[Change]
    results: dict[date, list[Result]]

    def of(self, period: Period) -> list[Result]:
        """The results of a period, in the order in which they came."""
        if not self.results:
            return []
        return sorted(result for day in period.days() for result in self.results.get(day, ()))

    def settled(self, period: Period) -> bool:
        """Whether the period asks for nothing more: it was skipped, or checked in as done or partial often enough.

        Once a period, the last check-in stands; several times a period, each counts until there are enough.
        """
        statuses = [result.status for result in self.of(period)]
        if not statuses:
            return False
        if statuses[-1] == "skipped":
            return True
        if period.times == 1:
            return statuses[-1] in COUNTS
        return sum(status in COUNTS for status in statuses) >= period.times

    def verdict(self, period: Period) -> Verdict | None:
        """How the period went by its check-ins; None when there are none.

        Once a period, the last check-in stands. Several times a period it is done when it was done so often; else
        skipped, when that was said last; else partial, when anything of it was done.
        """
        statuses = [result.status for result in self.of(period)]
        if not statuses:
            return None
        if period.times > 1:
            if statuses.count("done") >= period.times:
                return "done"
            if statuses[-1] != "skipped":
                return "partial" if COUNTS.intersection(statuses) else "missed"
        return statuses[-1]


def routines(stream: Stream) -> dict[UUID, Routine]:
    """Every routine of a goal by its id, in one pass over the stream's facts; which must be those that hold."""
    found: dict[UUID, Routine] = {}
    for order, fact in enumerate(stream.facts):
        data = fact.data
        if isinstance(data, CheckinRecorded):
            if data.routine_id in found:
                found[data.routine_id].results.setdefault(data.local_date, []).append(Result(order, data.status))
        elif isinstance(data, RoutineSet | RoutineEnded):
            entry = stream.find(fact.event_id)
            assert data.routine_id is not None, "a complete fact names what it creates"
            assert entry is not None
            routine = found.setdefault(data.routine_id, Routine([], {}))
            routine.changes.append(Change(entry.at, data if isinstance(data, RoutineSet) else None))
    return found
