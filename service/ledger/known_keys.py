"""The keys of one workspace as far as this process knows them: read when they are wanted, and what they open."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg import AsyncConnection

from domain.facts import Recorded
from service.ledger.keys import Ciphers
from service.ledger.sealing import Stored, unseal
from service.ledger.store import Store, statement

# Keys that were known are forgotten when something is erased while others are read; more erasures than this in a row
# while one reads do not happen.
KEY_READS_MAX = 3

_KEYS = statement("keys")


class KnownKeys:
    """Ciphers by the ids of their keys; a stream's key has the stream's id."""

    def __init__(self, workspace_id: UUID, store: Store, ciphers: Ciphers) -> None:
        self._workspace_id = workspace_id
        self._store = store
        self._ciphers = ciphers

    def get(self, key_id: UUID) -> AESGCM | None:
        """The cipher of a key that was made known."""
        return self._ciphers.get(self._workspace_id, key_id)

    def learn(self, key_id: UUID, kind: str, owner_id: UUID, wrapped: bytes | None) -> AESGCM | None:
        """The cipher of a key whose row was just read; None when it was destroyed."""
        known = self.get(key_id)
        if known is None and wrapped is not None:
            known = self._ciphers.learn(self._workspace_id, key_id, kind, owner_id, wrapped)
        return known

    async def know(self, wanted: Iterable[UUID], connection: AsyncConnection[tuple[Any, ...]] | None = None) -> None:
        """Make keys known, as far as they still exist."""
        sought = set(wanted)
        for _ in range(KEY_READS_MAX):
            missing = [key_id for key_id in sought if self.get(key_id) is None]
            if not missing:
                return
            rows = await self._store.read_on(connection, _KEYS, {"workspace": self._workspace_id, "keys": missing})
            sought.difference_update(missing)  # what is not there now was destroyed
            for key_id, kind, owner_id, wrapped in rows:
                if self.learn(key_id, kind, owner_id, wrapped) is not None:
                    sought.add(key_id)

    async def know_of(
        self, facts: Iterable[Stored], connection: AsyncConnection[tuple[Any, ...]] | None = None
    ) -> None:
        """Make known what opens these facts."""
        await self.know({key_id for row in facts for key_id in (row.stream, row.words_key) if key_id}, connection)

    def unseal(self, row: Stored, kind: str, stream_cipher: AESGCM | None) -> Recorded:
        """One stored fact with the ciphers known here. Raises `Unreadable`."""
        party = self.get(row.words_key) if row.words_key else None
        return unseal(row, kind, self._workspace_id, stream_cipher, party)

    def forget(self) -> None:
        """Drop all, some of which were destroyed: those that were not are read again."""
        self._ciphers.forget(self._workspace_id)
