"""A few synchronous connections with deadlines, and their failures in the library's words. No SQL of its own."""

import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, TypeVar

import eventsourcing.persistence as library
import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from service.ledger.store import CONNECT_TIMEOUT_S, ENTER, LOCK_TIMEOUT_MS, STATEMENT_TIMEOUT_MS

CONNECTIONS_MAX = 4
"""A saver, a reader and two more: an application's threads take turns, as its writes do at the counter row anyway."""

CONNECTION_WAIT_S = 5.0
"""How long a thread waits for its turn; a dozen threads with a hundred facts each need a second at most."""

ANSWER_DEADLINE_S = STATEMENT_TIMEOUT_MS / 1000 + 1
"""The server gives up before this; it is for a server or a network that does not even do that."""

_SESSION = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} "
    f"-c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c search_path=public"
)

_IN_THEIR_WORDS: tuple[tuple[type[psycopg.Error], type[library.PersistenceError]], ...] = (
    (psycopg.InterfaceError, library.InterfaceError),
    (psycopg.DataError, library.DataError),
    (psycopg.OperationalError, library.OperationalError),
    (psycopg.IntegrityError, library.IntegrityError),
    (psycopg.InternalError, library.InternalError),
    (psycopg.ProgrammingError, library.ProgrammingError),
    (psycopg.NotSupportedError, library.NotSupportedError),
)

Answer = TypeVar("Answer")
Row = tuple[Any, ...]


class Connection(psycopg.Connection[Row]):
    """A connection on which nothing waits for longer than the deadline."""

    def wait(self, gen: PQGen[Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        return super().wait(gen, interval, ANSWER_DEADLINE_S if timeout is None else timeout)


class Connections:
    """Autocommit connections to one database, made when they are needed and kept while they live.

    `address` is asked anew for each: our own server may come back at another one.
    """

    def __init__(self, address: Callable[[], str]) -> None:
        self._address = address
        self._turns = threading.BoundedSemaphore(CONNECTIONS_MAX)
        self._idle: list[Connection] = []
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """One connection, for one attempt. psycopg's errors leave as the library's."""
        if not self._turns.acquire(timeout=CONNECTION_WAIT_S):
            raise library.OperationalError(f"All {CONNECTIONS_MAX} connections were busy for {CONNECTION_WAIT_S:g} s.")
        try:
            with in_their_words():
                connection = self._take()
                try:
                    yield connection
                finally:
                    self._put(connection)
        finally:
            self._turns.release()

    def read(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        """All rows of one statement."""
        with self.connection() as connection:
            return fetch(connection, sql, parameters)

    def close(self) -> None:
        """Close what is idle, and the rest when it comes back. May be called again."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _take(self) -> Connection:
        if self._closed:
            raise library.ProgrammingError("This application was closed; make a new one.")
        while self._idle:
            connection = self._idle.pop()
            if _lives(connection):
                return connection
            connection.close()
        return Connection.connect(
            self._address(),
            autocommit=True,
            options=_SESSION,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name="throughline eventsourcing",
            prepare_threshold=2,
        )

    def _put(self, connection: Connection) -> None:
        if self._closed or connection.info.transaction_status != TransactionStatus.IDLE:
            connection.close()  # cut off in the middle of something: nobody knows what its next answer is to
        else:
            self._idle.append(connection)


def _lives(connection: Connection) -> bool:
    """Whether the server has left an idle connection alone. One that it ended has its farewell waiting to be read."""
    return not connection.closed and not select.select([connection.fileno()], [], [], 0)[0]


@contextmanager
def in_their_words() -> Iterator[None]:
    """psycopg's errors as the library's of the same name (PEP 249 has named them for both)."""
    try:
        yield
    except psycopg.Error as failure:
        theirs = next((theirs for ours, theirs in _IN_THEIR_WORDS if isinstance(failure, ours)), library.DatabaseError)
        raise theirs(str(failure) or type(failure).__name__) from failure


def fetch(connection: psycopg.Connection[Row], sql: str, parameters: dict[str, Any]) -> list[Row]:
    """All rows of one statement on this connection, in the binary format, inside the workspace that it names."""
    try:
        with connection.cursor(binary=True) as cursor, connection.pipeline():
            cursor.execute(ENTER.encode(), {"workspace": str(parameters["workspace"])})
            cursor.execute(sql.encode(), parameters)
            return cursor.fetchall()
    except psycopg.Error:
        connection.close()  # what was to be prepared in a pipeline that failed is not, though psycopg takes it to be
        raise


def call(connection: psycopg.Connection[Row], sql: str, parameters: dict[str, Any]) -> list[Row]:
    """The same for a statement that calls a function of the ledger, which enters nothing."""
    with connection.cursor(binary=True) as cursor:
        cursor.execute(sql.encode(), parameters)
        return cursor.fetchall()


def statement(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return files("service.eventsourcing").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
