"""The keys that sign a workspace's checkpoints: random, wrapped by the master key, published by their halves."""

import os
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from psycopg import AsyncConnection

from service.clock import Clock
from service.ledger.store import Store, fetch, statement
from service.masterkey import MasterKey
from service.proof.checkpoint import origin_of
from service.proof.note import Signer, VerifierKey

SEED_BYTES = 32

_KEYS = statement("log_keys")

Connection = AsyncConnection[tuple[object, ...]]


class LogKey(Struct, frozen=True):
    """A published key: what `key` verifies is what this workspace's log signed. `retired_at`: signs nothing new."""

    generation: int
    key: str
    added_at: datetime
    retired_at: datetime | None


class LogKeys:
    """Makes and finds the keys. There is always one in use once the first checkpoint is signed."""

    def __init__(self, store: Store, master_key: MasterKey, clock: Clock) -> None:
        self._store = store
        self._master_key = master_key
        self._clock = clock

    async def published(self, workspace_id: UUID) -> list[LogKey]:
        """All keys of a workspace's log, the oldest first."""
        rows = await self._store.read(_KEYS, {"workspace": workspace_id})
        origin = origin_of(workspace_id)
        return [LogKey(row[0], VerifierKey(origin, row[1]).text, row[3], row[4]) for row in rows]

    async def signers(self, workspace_id: UUID, connection: AsyncConnection[tuple[object, ...]]) -> Sequence[Signer]:
        """Those in use; the first one is made when there is none."""
        signers = await self._signers(workspace_id, connection)
        if not signers:
            await self._add(workspace_id, 1, connection)
            signers = await self._signers(workspace_id, connection)
        return signers

    async def rotate(self, workspace_id: UUID) -> LogKey:
        """Add a key: from the next checkpoint on both sign, until the older one is retired."""
        generation = 1 + max((key.generation for key in await self.published(workspace_id)), default=0)
        async with self._store.connection(writing=True) as connection:
            await self._add(workspace_id, generation, connection)
        return (await self.published(workspace_id))[-1]

    async def retire(self, workspace_id: UUID, generation: int) -> bool:
        """A key signs nothing any more; false when there is no such key in use, or none after it."""
        sql = "SELECT retire_log_key(%s, %s, %s)"
        async with self._store.connection(writing=True) as connection:
            rows = await fetch(connection, sql, (workspace_id, generation, self._clock.now()))
        return bool(rows[0][0])

    async def _signers(self, workspace_id: UUID, connection: Connection) -> list[Signer]:
        rows = await fetch(connection, _KEYS, {"workspace": workspace_id})
        origin = origin_of(workspace_id)
        return [
            Signer(origin, self._master_key.unwrap(row[2], key_context(workspace_id, row[0])))
            for row in rows
            if row[4] is None
        ]

    async def _add(self, workspace_id: UUID, generation: int, connection: Connection) -> None:
        """Nothing happens when another process was faster: then its key is the one of this generation."""
        seed = os.urandom(SEED_BYTES)
        public = Signer(origin_of(workspace_id), seed).verifier.public_key
        wrapped = self._master_key.wrap(seed, key_context(workspace_id, generation))
        sql = "SELECT add_log_key(%s, %s, %s, %s, %s)"
        await fetch(connection, sql, (workspace_id, generation, public, wrapped, self._clock.now()))


def key_context(workspace_id: UUID, generation: int) -> bytes:
    return b"log key" + workspace_id.bytes + generation.to_bytes(4, "big")
