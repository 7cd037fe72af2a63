"""What a process counts of itself while it works: plain numbers, read when somebody asks for them. Formats nothing."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

GROUP_FACTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)
"""Sizes of commits that are told apart; the setting's default bound is 256."""


class Histogram:
    """How many values were at most each bound, and their sum. One list of integers, so that counting costs little."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)  # the last is for what is above every bound
        self.sum = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    @property
    def cumulative(self) -> list[tuple[str, float]]:
        """Each bound with how many values were not above it, as Prometheus takes them."""
        total, rows = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self.counts, strict=True):
            total += count
            rows.append((bound, float(total)))
        return rows


class Meter:
    """What the ledger counts."""

    __slots__ = ("groups", "messages")

    def __init__(self) -> None:
        self.groups = Histogram(GROUP_FACTS)
        self.messages: Counter[str] = Counter()

    def appended(self, facts: int) -> None:
        """A group of this many facts was committed."""
        self.groups.add(facts)

    def sent(self, outcome: str) -> None:
        """A message was sent to a webhook, and this came of it."""
        self.messages[outcome] += 1
