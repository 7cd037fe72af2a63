"""PostgreSQL as the ledger uses it: a bounded pool, statements from files, one failure when it does not answer."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from importlib.resources import files
from typing import Any, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from service.ledger.meter import Meter
from service.ledger.refusals import StoreUnavailable

T = TypeVar("T")

# A statement that takes longer is stuck, not slow; a lock that is not free by then belongs to somebody's maintenance.
STATEMENT_TIMEOUT_MS = 5_000
LOCK_TIMEOUT_MS = 1_500
# A server that has said nothing by then has gone without closing the connection, for a lock would have timed out. Once
# is less than the 3 s promised for a refusal; a transaction that waits for the counter row and reads gets twice that.
SILENCE_S = 2.5
TRANSACTION_S = 2 * SILENCE_S
# How long a request waits for a connection. Together with one retry it stays under the 3 s promised for a refusal.
CONNECTION_WAIT_S = 1.2
CONNECT_TIMEOUT_S = 2
# Appends wait for each other anyway; and a pool hands its connections out in turn, so that with many of them PostgreSQL
# wakes another process for each append, whose caches are cold.
WRITERS_MAX = 4
# For the tree over the log, webhooks, and the look at the database's clock and schema: one at a time is soon enough.
JOBS_MAX = 1
# Requests that may wait for a connection at once; reads are short, so more than this means the server is gone.
CONNECTION_WAITERS_MAX = 1_000

_SESSION = (
    f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS} "
    f"-c idle_in_transaction_session_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC -c search_path=public"
)

NOTHING_HAPPENED = (PoolTimeout, TooManyRequests, psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled)
"""Causes of `StoreUnavailable` after which it is known that nothing was recorded, and that more waiting is no help."""


def statement(name: str) -> str:
    """The text of `sql/statements/<name>.sql`."""
    return files("service.ledger").joinpath("sql", "statements", f"{name}.sql").read_text(encoding="utf-8")


ENTER = statement("enter")


class Connections:
    """A bounded pool of autocommit connections, whose failures all become `StoreUnavailable`."""

    def __init__(self, dsn: str, name: str, connections_max: int) -> None:
        self.pool = _pool(dsn, name, connections_max)

    @asynccontextmanager
    async def connection(self, silence_s: float = SILENCE_S) -> AsyncIterator[AsyncConnection[tuple[Any, ...]]]:
        """A connection for several statements, such as a transaction, cut after `silence_s`. Raises `StoreUnavailable`.

        Cut, not cancelled: a cancellation would itself wait for the server's answer.
        """
        try:
            # Not `pool.connection()`, which commits: on these connections that is nothing, at half of the pool's cost.
            connection = await self.pool.getconn()
            patience = asyncio.get_running_loop().call_later(silence_s, _hang_up, connection)
            try:
                yield connection
            except (psycopg.OperationalError, psycopg.InterfaceError):
                if connection.closed:  # what cut this one has most likely cut those that lie idle too
                    await self.pool.drain()
                raise
            finally:
                patience.cancel()
                await self.pool.putconn(connection)  # one that is inside a transaction is rolled back there
        except (PoolTimeout, TooManyRequests, psycopg.OperationalError, psycopg.InterfaceError) as failure:
            raise StoreUnavailable(type(failure).__name__) from failure

    async def read(self, sql: str, parameters: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a reading statement."""
        return await self.reading(lambda connection: fetch(connection, sql, parameters))

    async def reading(self, read: Callable[[AsyncConnection[tuple[Any, ...]]], Awaitable[T]]) -> T:
        """What `read` gives on some connection. One may have died while idle: a read is tried once more."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with self.connection() as connection:
                return await read(connection)
        except StoreUnavailable as failure:
            if isinstance(failure.__cause__, NOTHING_HAPPENED) or loop.time() - began >= SILENCE_S:
                raise
        async with self.connection() as connection:
            return await read(connection)


class Store:
    """The database, through three pools: for reading, for appending, and for `jobs` that nobody waits for.

    What a job does may take many round trips. It has a connection of its own, so that no request waits for it.
    """

    def __init__(self, dsn: str, connections_max: int) -> None:
        self.meter = Meter()
        writers_max = min(WRITERS_MAX, (connections_max - JOBS_MAX) // 2)
        self.readers = Connections(dsn, "readers", connections_max - JOBS_MAX - writers_max)
        self.writers = Connections(dsn, "writers", writers_max)
        self.jobs = Connections(dsn, "jobs", JOBS_MAX)
        self._all = {"reading": self.readers, "writing": self.writers, "jobs": self.jobs}

    async def open(self) -> None:
        for connections in self._all.values():
            await connections.pool.open()

    async def close(self) -> None:
        for connections in self._all.values():
            await connections.pool.close(timeout=CONNECT_TIMEOUT_S)

    @property
    def pools(self) -> dict[str, dict[str, int]]:
        """The pools' own figures, by what they are for."""
        return {name: connections.pool.get_stats() for name, connections in self._all.items()}

    def connection(
        self, silence_s: float = SILENCE_S, *, writing: bool = False
    ) -> AbstractAsyncContextManager[AsyncConnection[tuple[Any, ...]]]:
        """A connection for a request, as `Connections.connection` gives it."""
        return (self.writers if writing else self.readers).connection(silence_s)

    async def read(self, sql: str, parameters: Sequence[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a reading statement of a request."""
        return await self.readers.read(sql, parameters)

    async def read_on(
        self, connection: AsyncConnection[tuple[Any, ...]] | None, sql: str, parameters: dict[str, Any]
    ) -> list[tuple[Any, ...]]:
        """The same on a connection that the caller has already, if there is one."""
        if connection is None:
            return await self.read(sql, parameters)
        return await fetch(connection, sql, parameters)


def _pool(dsn: str, name: str, connections_max: int) -> AsyncConnectionPool[AsyncConnection[tuple[Any, ...]]]:
    return AsyncConnectionPool(
        dsn,
        min_size=1,
        max_size=connections_max,
        max_waiting=CONNECTION_WAITERS_MAX,
        timeout=CONNECTION_WAIT_S,
        reconnect_timeout=0,  # a request that finds no connection starts the next attempt itself
        open=False,
        name=f"throughline {name}",
        kwargs={
            "autocommit": True,
            "options": _SESSION,
            "connect_timeout": CONNECT_TIMEOUT_S,
            "application_name": "throughline",
            "prepare_threshold": 2,
        },
    )


def _hang_up(connection: AsyncConnection[tuple[Any, ...]]) -> None:
    """End the socket under a connection, so that whoever waits on it is told that it was lost."""
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.pgconn.socket)) as end:
        end.shutdown(socket.SHUT_RDWR)


async def fetch(
    connection: AsyncConnection[tuple[Any, ...]], sql: str, parameters: Sequence[Any] | dict[str, Any]
) -> list[tuple[Any, ...]]:
    """All rows of one statement on this connection, in the binary format (bytea needs no unescaping).

    The tables show the run-time role nothing but the rows of the workspace that it has entered (`sql/grants.sql`). A
    statement enters the one that its parameters name, in the same round trip and only until its transaction ends.
    """
    entered = parameters.get("workspace") if isinstance(parameters, dict) else None
    if entered is None:
        return await call(connection, sql, parameters)
    try:
        async with connection.cursor(binary=True) as cursor, connection.pipeline():
            await cursor.execute(ENTER, {"workspace": str(entered)})
            await cursor.execute(sql, parameters)
            return await cursor.fetchall()
    except psycopg.Error:
        await connection.close()  # what was to be prepared in a pipeline that failed is not, but psycopg thinks it is
        raise


async def call(
    connection: AsyncConnection[tuple[Any, ...]], sql: str, parameters: Sequence[Any] | dict[str, Any]
) -> list[tuple[Any, ...]]:
    """The same for a statement that calls one of our functions and so enters nothing."""
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(sql, parameters)
        return await cursor.fetchall()
