"""The library's process recorder: what an application writes, and how far it has read, in one transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import IntegrityError, OperationalError, ProcessRecorder, StoredEvent, Tracking

from service.clock import Clock
from service.eventsourcing.connections import Connection, Connections, call, statement
from service.eventsourcing.recorder import AnswerLost, LedgerRecorder
from service.masterkey import MasterKey

_TRACK = statement("track")
_TRACKED = statement("tracked")


class LedgerProcessRecorder(LedgerRecorder, ProcessRecorder):
    """Records as `follower`: each notification is taken in once, however many run it and however often."""

    def __init__(
        self, connections: Connections, master_key: MasterKey, workspace_id: UUID, clock: Clock, follower: str
    ) -> None:
        super().__init__(connections, master_key, workspace_id, clock)
        self._follower = follower

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Record the events, and with `tracking` what they follow from; raises `IntegrityError` when that was taken in.

        A lost answer to a tracked save is an `OperationalError`: a follower goes on from what is tracked.
        """
        tracking: Tracking | None = kwargs.pop("tracking", None)
        if tracking is None:
            return super().insert_events(stored_events, **kwargs)
        with self._connections.connection() as connection:
            try:
                with connection.transaction():
                    self._track(connection, tracking)
                    return self._append(connection, stored_events) if stored_events else []
            except AnswerLost as lost:
                raise OperationalError("The database went away during a tracked append.") from lost

    def insert_tracking(self, tracking: Tracking) -> None:
        """Note that everything up to a notification was taken in; raises `IntegrityError` when it was noted before."""
        with self._connections.connection() as connection:
            self._track(connection, tracking)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The last notification of an upstream that was taken in; None before the first."""
        rows = self._connections.read(_TRACKED, self._whose(application_name))
        return rows[0][0] if rows else None

    def _track(self, connection: Connection, tracking: Tracking) -> None:
        moved = call(
            connection,
            _TRACK,
            self._whose(tracking.application_name) | {"notification": tracking.notification_id},
        )
        if not moved[0][0]:
            raise IntegrityError(
                f"{self._follower} is past notification {tracking.notification_id} of {tracking.application_name}."
            )

    def _whose(self, upstream: str) -> dict[str, Any]:
        return {"workspace": self.workspace_id, "follower": self._follower, "upstream": upstream}
