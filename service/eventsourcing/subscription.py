"""Following a log as it grows: reads what is there, then asks the counter row every so often. Starts no thread."""

import logging
import time
from collections import deque
from collections.abc import Sequence
from threading import Event

from eventsourcing.persistence import (
    ApplicationRecorder,
    DataError,
    InterfaceError,
    Notification,
    OperationalError,
    Subscription,
)

POLL_S = 0.1
"""Between two looks at the counter row, each one look-up by key: nobody who listens costs the writers anything."""

NOTIFICATIONS_PER_READ = 500
"""As many as are unsealed and kept at once: some milliseconds of work, a megabyte when they are of ordinary size."""

POSITIONS_PER_READ = 20_000
"""How far one read looks for topics that are rare, so that it ends well within the statement's time."""

OUTAGE_MAX_S = 120.0
"""A restart of the database takes seconds, its recovery up to a minute; after this a person should look."""

log = logging.getLogger("throughline.eventsourcing")


class LedgerSubscription(Subscription[ApplicationRecorder]):
    """Yields every notification after a given one, in order, each once; outlives restarts of the database.

    `stop` may be called from another thread. A fact that cannot be read, such as one with a changed byte, raises
    `DataError` once everything before it was yielded; it is never skipped.
    """

    def __init__(self, recorder: ApplicationRecorder, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder=recorder, gt=gt or 0, topics=topics)
        self._seen_to: int = gt or 0
        self._found: deque[Notification] = deque()
        self._limit = NOTIFICATIONS_PER_READ
        self._stopped = Event()

    def stop(self) -> None:
        super().stop()
        self._stopped.set()

    def __next__(self) -> Notification:
        silent_since: float | None = None
        while not self._stopped.is_set():
            if self._found:
                return self._found.popleft()
            try:
                waits = not self._read()
                silent_since = None
            except (OperationalError, InterfaceError) as failure:
                now = time.monotonic()
                if silent_since is None:
                    silent_since = now
                    log.warning("the database does not answer, following goes on when it does: %s", failure)
                elif now - silent_since > OUTAGE_MAX_S:
                    raise
                waits = True
            if waits:
                self._stopped.wait(POLL_S)
        raise StopIteration

    def _read(self) -> bool:
        """Look a bit further; false when the end of the log was reached before."""
        head = self._recorder.max_notification_id() or 0
        if head <= self._seen_to:
            return False
        stop = min(head, self._seen_to + POSITIONS_PER_READ)
        try:
            found = self._recorder.select_notifications(
                self._seen_to, self._limit, stop, self._topics, inclusive_of_start=False
            )
        except DataError:
            if self._limit == 1:
                raise
            self._limit = 1  # go up to it one by one
            return True
        self._seen_to = found[-1].id if len(found) == self._limit else stop
        self._found.extend(found)
        return True
