"""Content keys: one per stream, one per party. Unwrapped keys live here, in bounded memory, and nowhere else."""

import os
from collections import OrderedDict
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from service.masterkey import MasterKey

# An unwrapped cipher is about 600 bytes; 50,000 of them are 30 MB.
CIPHERS_MAX = 50_000
KEY_BYTES = 32


class NewKey(Struct, frozen=True):
    """A key made for this append; it exists once the append has committed."""

    key_id: UUID
    kind: str
    owner_id: UUID
    wrapped: bytes


class Ciphers:
    """The unwrapped ciphers of all workspaces, least recently used out first."""

    def __init__(self, master_key: MasterKey) -> None:
        self._master_key = master_key
        self._ciphers: OrderedDict[UUID, AESGCM] = OrderedDict()
        self._party_keys: OrderedDict[tuple[UUID, UUID], UUID] = OrderedDict()

    def get(self, key_id: UUID) -> AESGCM | None:
        """The cipher of a key that was learned before, or None."""
        cipher = self._ciphers.get(key_id)
        if cipher is not None:
            self._ciphers.move_to_end(key_id)
        return cipher

    def of_party(self, workspace_id: UUID, party_id: UUID) -> tuple[UUID, AESGCM] | None:
        """The party's key in use and its cipher, when known here."""
        key_id = self._party_keys.get((workspace_id, party_id))
        cipher = None if key_id is None else self.get(key_id)
        return None if key_id is None or cipher is None else (key_id, cipher)

    def make(self, workspace_id: UUID, kind: str, owner_id: UUID) -> NewKey:
        """A fresh random key. A stream's key has the stream's id; a party may have several over time."""
        key = os.urandom(KEY_BYTES)
        key_id = owner_id if kind == "stream" else uuid4()
        self._keep(workspace_id, key_id, kind, owner_id, AESGCM(key))
        return NewKey(key_id, kind, owner_id, self._master_key.wrap(key, wrapping_context(workspace_id, key_id)))

    def learn(self, workspace_id: UUID, key_id: UUID, kind: str, owner_id: UUID, wrapped: bytes) -> AESGCM:
        """The cipher of a stored key."""
        cipher = AESGCM(self._master_key.unwrap(wrapped, wrapping_context(workspace_id, key_id)))
        self._keep(workspace_id, key_id, kind, owner_id, cipher)
        return cipher

    def forget(self, workspace_id: UUID, key_id: UUID, owner_id: UUID) -> None:
        """Drop a key that was destroyed, or that turned out not to have been committed."""
        self._ciphers.pop(key_id, None)
        if self._party_keys.get((workspace_id, owner_id)) == key_id:
            del self._party_keys[workspace_id, owner_id]

    def _keep(self, workspace_id: UUID, key_id: UUID, kind: str, owner_id: UUID, cipher: AESGCM) -> None:
        self._ciphers[key_id] = cipher
        if kind == "party":
            self._party_keys[workspace_id, owner_id] = key_id
        while len(self._ciphers) > CIPHERS_MAX:
            self._ciphers.popitem(last=False)
        while len(self._party_keys) > CIPHERS_MAX:
            self._party_keys.popitem(last=False)


def wrapping_context(workspace_id: UUID, key_id: UUID) -> bytes:
    """What a wrapped key is bound to, so that it cannot be moved to another row."""
    return workspace_id.bytes + key_id.bytes
