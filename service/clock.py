"""The one place that reads the time. Everything else takes the moment as a value."""

from datetime import UTC, datetime


class Clock:
    """Wall-clock time in UTC with microseconds; tests put their own in its place."""

    def now(self) -> datetime:
        return datetime.now(UTC)
