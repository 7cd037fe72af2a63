"""A projection of the library `eventsourcing` over a workspace's facts: who still owes what, in a file of its own.

    WORKSPACE_ID=... THROUGHLINE_DATA=./data python -m examples.promises

It may be stopped, killed and started again, and so may the service: what was read is noted in one transaction with what
came of it, so that no fact is missed and none is taken twice.
"""

import os
import signal
from contextlib import suppress
from typing import NamedTuple

import click
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteTrackingRecorder

from domain.events.deal import DealOpened
from domain.events.record import EventCorrected, EventVoided
from service.eventsourcing import RecordedFact, WorkspaceLog

REFRESH_S = 1.0

STEPS = (
    "commitment.made",
    "commitment.renegotiated",
    "commitment.fulfilled",
    "commitment.disputed",
    "commitment.broken",
    "commitment.cancelled",
    "commitment.released",
)


class Promise(NamedTuple):
    deal: str
    statement: str


class PromisesView(SQLiteTrackingRecorder):
    """What is kept: deals by name, and each step of each promise, so that a void or correction changes one row."""

    def construct_create_table_statements(self) -> list[str]:
        return [
            *super().construct_create_table_statements(),
            "CREATE TABLE IF NOT EXISTS deal (stream_id TEXT PRIMARY KEY, title TEXT NOT NULL)",
            """CREATE TABLE IF NOT EXISTS step (
                event_id TEXT PRIMARY KEY, position INTEGER NOT NULL, stream_id TEXT NOT NULL,
                commitment_id TEXT NOT NULL, type TEXT NOT NULL, statement TEXT)""",
        ]

    def take(self, tracking: Tracking, statement: str, *values: object) -> None:
        """Change the view and note how far it has read, both or neither."""
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(statement, values)

    def open_promises(self) -> list[Promise]:
        """Promises that were made and neither kept, broken nor taken back, oldest first."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(
                """
                SELECT coalesce(deal.title, last.stream_id) AS deal, said.statement
                  FROM (SELECT commitment_id, stream_id, type, max(position) AS position FROM step
                         GROUP BY commitment_id) AS last
                  JOIN (SELECT commitment_id, statement, max(position) FROM step
                         WHERE statement IS NOT NULL GROUP BY commitment_id) AS said USING (commitment_id)
                  LEFT JOIN deal USING (stream_id)
                 WHERE last.type IN ('commitment.made', 'commitment.renegotiated')
                 ORDER BY last.position
                """
            )
            return [Promise(row["deal"], row["statement"]) for row in cursor.fetchall()]


class Promises(Projection[PromisesView]):
    """Reads facts by their stored names; each arrives as a `RecordedFact` with the struct that the service has."""

    name = "promises"
    topics = ("deal.opened", "event.voided", "event.corrected", *STEPS)

    @singledispatchmethod
    def process_event(self, domain_event: RecordedFact, tracking: Tracking) -> None:
        event_id, stream = str(domain_event.fact.event_id), str(domain_event.originator_id)
        match domain_event.data:
            case None:  # its content was destroyed
                self.view.insert_tracking(tracking)
            case DealOpened(title=title):
                self.view.take(tracking, "INSERT INTO deal VALUES (?, ?)", stream, title)
            case EventVoided(target_event_id=target):
                self.view.take(tracking, "DELETE FROM step WHERE event_id = ?", str(target))
            case EventCorrected(target_event_id=target, data=data):
                change = "UPDATE step SET statement = coalesce(?, statement) WHERE event_id = ?"
                self.view.take(tracking, change, data.get("statement"), str(target))
            case step:
                values = (
                    event_id,
                    domain_event.position,
                    stream,
                    str(step.commitment_id),
                    domain_event.type,
                    getattr(step, "statement", None),
                )
                self.view.take(tracking, "INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)", *values)


def follow(env: dict[str, str]) -> ProjectionRunner[WorkspaceLog, PromisesView]:
    """The projection, following the workspace of `env` from where it was last time. Use it in a `with` block."""
    own = {"PROMISES_PERSISTENCE_MODULE": "eventsourcing.sqlite", "PROMISES_SQLITE_DBNAME": "promises.sqlite"}
    return ProjectionRunner(
        application_class=WorkspaceLog, projection_class=Promises, view_class=PromisesView, env=own | env
    )


def main() -> None:
    """Show what is owed whenever it changes, until interrupted."""
    shown: list[Promise] | None = None
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell starts what runs in the background deaf to it
    with suppress(KeyboardInterrupt), follow(dict(os.environ)) as runner:
        while not runner.is_interrupted.is_set():
            runner.run_forever(timeout=REFRESH_S)
            owed = runner.view.open_promises()
            if owed != shown:
                click.echo(f"{len(owed)} open:" if owed else "Nothing is owed.")
                for promise in owed:
                    click.echo(f"  {promise.statement} ({promise.deal})")
            shown = owed


if __name__ == "__main__":
    main()
