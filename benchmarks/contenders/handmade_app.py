"""The service as one writes it by hand: Litestar, psycopg's pool, and one INSERT a request.

The INSERT is a transaction with BEGIN and COMMIT, or with HANDMADE_AUTOCOMMIT=1 a single statement. Streams are guarded
by the version that the client expects. No authentication, no rules, nothing sealed, no lists.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, get, post
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody
from psycopg import AsyncConnection, errors
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Json
from psycopg_pool import AsyncConnectionPool

AUTOCOMMIT = os.environ.get("HANDMADE_AUTOCOMMIT") == "1"
pool: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
    os.environ["DATABASE_DSN"],
    connection_class=AsyncConnection[DictRow],
    min_size=4,
    max_size=20,
    open=False,
    kwargs={"row_factory": dict_row, "autocommit": AUTOCOMMIT},
)


class Sent(msgspec.Struct):
    """A fact as it is sent."""

    expected_version: int
    type: str
    data: dict[str, Any]
    evidence: list[dict[str, Any]] = []


@asynccontextmanager
async def pool_open(_: Litestar) -> AsyncIterator[None]:
    """Hold the connections while the server runs."""
    async with pool:
        yield


@post("/streams/{stream_id:uuid}/events")
async def append(stream_id: FromPath[UUID], data: JSONBody[Sent]) -> dict[str, Any]:
    """Insert one fact."""
    version = data.expected_version + 1
    said = {"data": data.data, "evidence": data.evidence}
    try:
        async with pool.connection() as connection:
            cursor = await connection.execute(
                "INSERT INTO events (stream_id, version, type, said) VALUES (%s, %s, %s, %s) RETURNING position",
                (stream_id, version, data.type, Json(said)),
            )
            row = await cursor.fetchone()
    except errors.UniqueViolation:
        raise HTTPException(status_code=409, detail="version conflict") from None
    return {"stream_id": stream_id, "version": version, "position": row and row["position"]}


@get("/streams/{stream_id:uuid}")
async def get_one(stream_id: FromPath[UUID]) -> dict[str, Any]:
    """Select one row of state."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT stream_id, version, state FROM states WHERE stream_id = %s", (stream_id,)
        )
        row = await cursor.fetchone()
    if row is None:
        raise NotFoundException
    return row


@get("/events")
async def page(after: FromQuery[int] = 0, limit: FromQuery[int] = 100) -> list[dict[str, Any]]:
    """Select the facts after a position."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            "SELECT position, stream_id, version, type, said, recorded_at FROM events WHERE position > %s "
            "ORDER BY position LIMIT %s",
            (after, limit),
        )
        return await cursor.fetchall()


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    """Tell that the server is up."""
    return {"status": "ok"}


app = Litestar([append, get_one, page, health], lifespan=[pool_open], openapi_config=None)
