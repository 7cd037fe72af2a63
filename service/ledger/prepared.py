"""Statements on the shortest way to PostgreSQL, for the few that every request makes: parameters are binary already.

psycopg's cursors adapt each parameter and each value by its type; for an append that costs more than the rest of it.
"""

import re
from collections.abc import Mapping
from typing import Any
from weakref import WeakSet

from psycopg import AsyncConnection, generators
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult

from service.ledger.store import statement

_PLACE = re.compile(r"%\((\w+)\)[bs]")
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


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

    async def call(self, connection: AsyncConnection[Any], parameters: Mapping[str, bytes | None]) -> list[list[Any]]:
        """All rows, each value in binary form. None for NULL. Raises what psycopg's cursors raise."""
        values = [parameters[name] for name in self._names]
        async with connection.lock:
            if connection.pgconn.transaction_status != TransactionStatus.IDLE:
                # After a rollback psycopg deallocates everything that is prepared, ours too, and a failure in here
                # would end the transaction: inside one, which is rare, the statement is sent whole.
                connection.pgconn.send_query_params(self._sql, values, None, self._formats, Format.BINARY)
                result = await self._result(connection)
            else:
                try:
                    result = await self._prepared(connection, values)
                except InvalidSqlStatementName:  # deallocated so; nothing has happened
                    self._ready_on.discard(connection)
                    result = await self._prepared(connection, values)
        columns = range(result.nfields)
        return [[result.get_value(row, column) for column in columns] for row in range(result.ntuples)]

    async def _prepared(self, connection: AsyncConnection[Any], values: list[bytes | None]) -> PGresult:
        if connection not in self._ready_on:
            connection.pgconn.send_prepare(self._name, self._sql)
            await self._result(connection)
            self._ready_on.add(connection)
        connection.pgconn.send_query_prepared(self._name, values, self._formats, Format.BINARY)
        return await self._result(connection)

    async def _result(self, connection: AsyncConnection[Any]) -> PGresult:
        result: PGresult = (await connection.wait(generators.execute(connection.pgconn)))[-1]
        if result.status not in _DONE:
            raise error_from_result(result, connection.info.encoding)
        return result
