"""The library's application recorder over one workspace's log: the ledger's own append, and reads by position.

Notification ids are positions + 1, dense and in the order of commit, shared with everything else in the workspace.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    ApplicationRecorder,
    IntegrityError,
    Notification,
    NotSupportedError,
    OperationalError,
    PersistenceError,
    ProgrammingError,
    StoredEvent,
)

from service.clock import Clock
from service.eventsourcing.batch import Batch, Known, originators, stream_of
from service.eventsourcing.connections import Connection, Connections, call, fetch, statement
from service.eventsourcing.content import Content
from service.eventsourcing.subscription import LedgerSubscription
from service.ledger.store import statement as ledger_statement
from service.masterkey import MasterKey

BEYOND_ALL = 2**62
"""Greater than every version and position, with room to add to in PostgreSQL's 64 bits."""

_NOTHING_HAPPENED = (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)

_APPEND = ledger_statement("append")
_HEAD = ledger_statement("head")
_HOLD = ledger_statement("hold")
_STREAMS = statement("streams")
_EVENTS = {desc: statement("events").replace("{direction}", "DESC" if desc else "ASC") for desc in (False, True)}
_NOTIFICATIONS = statement("notifications")
_POSITIONS = statement("positions")


class AnswerLost(Exception):
    """The connection died between an append and its answer: whether these events are recorded is not known."""

    def __init__(self, event_ids: Sequence[UUID]) -> None:
        super().__init__("the answer to an append was lost")
        self.event_ids = event_ids


class LedgerRecorder(ApplicationRecorder):
    """Reads everything that is recorded in a workspace, and adds an application's own events to it."""

    def __init__(self, connections: Connections, master_key: MasterKey, workspace_id: UUID, clock: Clock) -> None:
        self.workspace_id = workspace_id
        self._connections = connections
        self._master_key = master_key
        self._clock = clock
        self._content = Content(master_key, workspace_id)

    # -- recording

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Record all of the events, or none; their notification ids.

        Raises `IntegrityError` when one of them is not the next of its stream, and `OperationalError` when the database
        did not answer: its sentence tells whether the events may have been recorded.
        """
        if kwargs.get("tracking") is not None:
            raise NotSupportedError("Tracking is recorded by a process recorder.")
        if not stored_events:
            return []
        try:
            with self._connections.connection() as connection:
                return self._append(connection, stored_events)
        except AnswerLost as lost:
            return self._resolve(lost)

    def _append(self, connection: Connection, stored_events: Sequence[StoredEvent]) -> list[int]:
        streams = originators(stored_events)
        rows = fetch(connection, _STREAMS, {"workspace": self.workspace_id, "streams": streams})
        batch = Batch(self.workspace_id, self._master_key, {row[0]: Known(*row[1:]) for row in rows}, streams)
        parameters = batch.parameters(stored_events, self._clock.now())
        try:
            verdict, first, _ = call(connection, _APPEND, parameters)[0]
        except psycopg.OperationalError as failure:
            if isinstance(failure, _NOTHING_HAPPENED):
                raise
            connection.close()
            raise AnswerLost(parameters["event_ids"]) from failure
        if verdict == "no workspace":
            raise ProgrammingError(f"There is no workspace {self.workspace_id}.")
        if verdict != "appended":
            raise IntegrityError("Somebody else has recorded on one of these streams meanwhile.")
        return [first + ordinal for ordinal in range(1, len(stored_events) + 1)]

    def _resolve(self, lost: AnswerLost) -> list[int]:
        """What became of an append, asked under the counter row: one still under way is over once that is ours."""
        try:
            with self._connections.connection() as connection, connection.transaction():
                call(connection, _HOLD, {"workspace": self.workspace_id})
                rows = fetch(connection, _POSITIONS, {"workspace": self.workspace_id, "events": list(lost.event_ids)})
        except PersistenceError as failure:
            raise OperationalError(
                "The database went away during an append: the events may have been recorded or not."
            ) from failure
        if not rows:
            raise OperationalError("The database went away during an append; nothing was recorded.") from lost
        return [row[0] + 1 for row in rows]

    # -- reading

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """One stream's events, an application's own or the facts of a deal or goal, by version."""
        rows = self._connections.read(
            _EVENTS[desc],
            {
                "workspace": self.workspace_id,
                "stream": stream_of(originator_id),
                "gt": -BEYOND_ALL if gt is None else gt,
                "lte": BEYOND_ALL if lte is None else lte,
                "limit": limit,
            },
        )
        return [self._content.stored_event(row) for row in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The workspace's events from `start` to `stop`, both included, in the order of the log."""
        first = 1 if start is None else start + (not inclusive_of_start)
        rows = self._connections.read(
            _NOTIFICATIONS,
            {
                "workspace": self.workspace_id,
                "from": max(first, 1) - 1,
                "to": BEYOND_ALL if stop is None else stop,
                "topics": list(topics) or None,
                "limit": limit,
            },
        )
        return [self._content.notification(row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The log's size, which is the last event's id; None when nothing is recorded."""
        rows = self._connections.read(_HEAD, {"workspace": self.workspace_id})
        if not rows:
            raise ProgrammingError(f"There is no workspace {self.workspace_id}.")
        return rows[0][0] or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> LedgerSubscription:
        """Every event after `gt`, and then each new one: an iterator that waits."""
        return LedgerSubscription(self, gt, topics)
