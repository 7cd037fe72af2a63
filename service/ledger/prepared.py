"""Statements on the shortest way to PostgreSQL, for the few that every request makes: parameters are binary already.

psycopg's cursors adapt each parameter and each value by its type; for an append that costs more than the rest of it.
"""

import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any
from weakref import WeakSet

from psycopg import AsyncConnection, generators
from psycopg.errors import InvalidSqlStatementName, OperationalError, error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGconn, PGresult

from service.ledger.store import statement

_PLACE = re.compile(r"%\((\w+)\)[bs]")
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)

Parameters = Mapping[str, bytes | None]
"""Values by their names in the statement, in binary form."""
Row = Sequence[Any]
"""The values of a row, in binary form; None is NULL."""


class Prepared:
    """The statement in `sql/statements/<name>.sql`, prepared on each connection when it is first called there."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._name = name.encode()
        places: dict[str, int] = {}
        self._sql = _PLACE.sub(
            lambda found: f"${places.setdefault(found[1], len(places) + 1)}", statement(name)
        ).encode()
        self._names = list(places)
        self._formats = [Format.BINARY] * len(places)
        self._ready_on: WeakSet[AsyncConnection[Any]] = WeakSet()

    async def call(self, connection: AsyncConnection[Any], parameters: Parameters) -> list[Row]:
        """All rows, each value in binary form. None for NULL. Raises what psycopg's cursors raise."""
        async with connection.lock:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                # After a rollback psycopg deallocates everything that is prepared, ours too, and a failure in here
                # would end the transaction: inside one, which is rare, the statement is sent whole.
                values = [parameters[name] for name in self._names]
                connection.pgconn.send_query_params(self._sql, values, None, self._formats, Format.BINARY)
                return _rows(await _result(connection))
            try:
                return await self._prepared(connection, parameters)
            except InvalidSqlStatementName:  # deallocated so; nothing has happened
                self.forget(connection)
                return await self._prepared(connection, parameters)

    async def _prepared(self, connection: AsyncConnection[Any], parameters: Parameters) -> list[Row]:
        await self.prepare(connection)
        self.send(connection, parameters)
        return _rows(await _result(connection))

    async def prepare(self, connection: AsyncConnection[Any]) -> None:
        """Have the statement prepared on a connection whose lock the caller has."""
        if connection not in self._ready_on:
            connection.pgconn.send_prepare(self._name, self._sql)
            await _result(connection)
            self._ready_on.add(connection)

    def forget(self, connection: AsyncConnection[Any]) -> None:
        """Prepare the statement anew when it is next called on a connection."""
        self._ready_on.discard(connection)

    def send(self, connection: AsyncConnection[Any], parameters: Parameters) -> None:
        """Begin to send a call of the statement, which is prepared there."""
        values = [parameters[name] for name in self._names]
        connection.pgconn.send_query_prepared(self._name, values, self._formats, Format.BINARY)


Step = tuple[Prepared, Parameters]


async def in_one_commit(connection: AsyncConnection[Any], steps: Sequence[Step]) -> list[list[Row]]:
    """The rows of each of several calls, made one after the other in one round trip and one transaction of their own.

    All of them happen, or none. Raises what psycopg's cursors raise for the first one that fails.
    """
    async with connection.lock:
        try:
            return await _in_one_commit(connection, steps)
        except InvalidSqlStatementName:  # deallocated, as in `call`; nothing has happened
            for prepared, _ in steps:
                prepared.forget(connection)
            return await _in_one_commit(connection, steps)


async def _in_one_commit(connection: AsyncConnection[Any], steps: Sequence[Step]) -> list[list[Row]]:
    for prepared, _ in steps:
        await prepared.prepare(connection)
    connection.pgconn.enter_pipeline_mode()
    try:
        for prepared, parameters in steps:
            prepared.send(connection, parameters)
        connection.pgconn.pipeline_sync()
        results = await connection.wait(_until_synchronised(connection.pgconn))
        connection.pgconn.exit_pipeline_mode()
    except BaseException:
        await connection.close()  # what was sent cannot be taken back, and its answers would be taken for others
        raise
    for result in results:
        if result.status not in _DONE:
            raise error_from_result(result, connection.info.encoding)
    return [_rows(result) for result in results]


def _until_synchronised(pgconn: PGconn) -> Generator[Any, Any, list[PGresult]]:
    """What comes back until the transaction has ended: a result for each step, and one more when the commit failed."""
    yield from generators.send(pgconn)
    results: list[PGresult] = []
    while True:
        some: list[PGresult] = yield from generators.fetch_many(pgconn)
        if some and some[-1].status == ExecStatus.PIPELINE_SYNC:
            return results
        if not some:
            raise OperationalError("The connection ended before the transaction did.")
        results.append(some[-1])


async def _result(connection: AsyncConnection[Any]) -> PGresult:
    result: PGresult = (await connection.wait(generators.execute(connection.pgconn)))[-1]
    if result.status not in _DONE:
        raise error_from_result(result, connection.info.encoding)
    return result


def _rows(result: PGresult) -> list[Row]:
    columns = range(result.nfields)
    return [[result.get_value(row, column) for column in columns] for row in range(result.ntuples)]
