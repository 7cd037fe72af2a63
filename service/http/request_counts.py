"""How many requests were answered how, and how fast: one series an operation and class of status, all there from start.

A request that no operation answers counts as `none`, whatever its method and path: so nobody can make series.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from service.http.operations import Operation
from service.http.problem_kinds import ALL_KINDS
from service.http.problems import REFUSAL
from service.ledger.meter import Histogram

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 3.0, 10.0)
"""Latencies that are told apart: from a read in memory to a write that waits for its deadline."""

NONE = "none"
CLASSES_MAX = 6
"""1xx to 5xx, and 0 for a caller that was gone before an answer."""


class RequestCounts:
    """The counts of one process. `templates` has the operation of each method and path template."""

    def __init__(self, templates: Iterable[tuple[str, Operation]]) -> None:
        self.refusals = dict.fromkeys(ALL_KINDS, 0)
        self.series: dict[str, list[Histogram | None]] = {NONE: [None] * CLASSES_MAX}
        self._known: dict[tuple[str, str | None, int], Histogram] = {}
        self._by_place: dict[tuple[str, str], list[Histogram | None]] = {}
        for template, operation in templates:
            self._by_place[operation.method, template] = self.series.setdefault(operation.id, [None] * CLASSES_MAX)

    def add(self, scope: Any, status: int, seconds: float) -> None:
        """Count one request."""
        place = scope["method"], scope.get("path_template"), status
        histogram = self._known.get(place)
        if histogram is None:
            histogram = self._first(place)
        histogram.counts[bisect_left(SECONDS, seconds)] += 1  # its `add`, without the call
        histogram.sum += seconds
        if status >= 400:
            kind = scope.get(REFUSAL)
            if kind is not None:
                self.refusals[kind] += 1

    def _first(self, place: tuple[str, str | None, int]) -> Histogram:
        """The series of a request; found faster the next time when it is of an operation."""
        method, template, status = place
        series = self._by_place.get((method, template or "")) or self.series[NONE]
        histogram = series[status // 100]
        if histogram is None:
            histogram = series[status // 100] = Histogram(SECONDS)
        if series is not self.series[NONE]:
            self._known[place] = histogram
        return histogram
