"""Content keys: one per stream, one per party. Unwrapped keys live here, in bounded memory, and nowhere else."""

import os
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from service.masterkey import MasterKey

# An unwrapped cipher is about 600 bytes; 20,000 are 12 MB. A key that is not among them is read when it is wanted.
CIPHERS_MAX = 20_000
KEY_BYTES = 32


class Ciphers:
    """The unwrapped ciphers of all workspaces, least recently used out first."""

    def __init__(self, master_key: MasterKey) -> None:
        self.master_key = master_key
        # By workspace and key: a stream's key has the stream's id, which clients make, so that two may choose the same.
        # And by their numbers: Python hashes a UUID at ten times the cost of its number.
        self._ciphers: OrderedDict[tuple[int, int], AESGCM] = OrderedDict()
        self._party_keys: OrderedDict[tuple[int, int], UUID] = OrderedDict()

    @property
    def count(self) -> int:
        return len(self._ciphers)

    def get(self, workspace_id: UUID, key_id: UUID) -> AESGCM | None:
        """The cipher of a key that was learned before, or None."""
        place = workspace_id.int, key_id.int
        cipher = self._ciphers.get(place)
        if cipher is not None:
            self._ciphers.move_to_end(place)
        return cipher

    def of_party(self, workspace_id: UUID, party_id: UUID) -> tuple[UUID, AESGCM] | None:
        """The party's key in use and its cipher, when known here."""
        key_id = self._party_keys.get((workspace_id.int, party_id.int))
        cipher = None if key_id is None else self.get(workspace_id, key_id)
        return None if key_id is None or cipher is None else (key_id, cipher)

    def learn(self, workspace_id: UUID, key_id: UUID, kind: str, owner_id: UUID, wrapped: bytes) -> AESGCM:
        """The cipher of a stored key."""
        cipher = AESGCM(self.master_key.unwrap(wrapped, wrapping_context(workspace_id, key_id)))
        self.keep(workspace_id, key_id, kind, owner_id, cipher)
        return cipher

    def forget(self, workspace_id: UUID) -> None:
        """Drop all keys of a workspace, some of which were destroyed: those that were not are read again."""
        for held in (self._ciphers, self._party_keys):
            for place in [place for place in held if place[0] == workspace_id.int]:
                del held[place]

    def keep(self, workspace_id: UUID, key_id: UUID, kind: str, owner_id: UUID, cipher: AESGCM) -> None:
        """Know the cipher of a key that is stored."""
        self._ciphers[workspace_id.int, key_id.int] = cipher
        if kind == "party":
            self._party_keys[workspace_id.int, owner_id.int] = key_id
        while len(self._ciphers) > CIPHERS_MAX:
            self._ciphers.popitem(last=False)
        while len(self._party_keys) > CIPHERS_MAX:
            self._party_keys.popitem(last=False)


class NewKey(Struct, frozen=True):
    """A key made for one append; it exists once that has committed."""

    key_id: UUID
    kind: str
    owner_id: UUID
    wrapped: bytes
    cipher: AESGCM


class AppendKeys:
    """The keys one append seals with: those known, and those it makes, which nobody uses before it has committed."""

    def __init__(self, ciphers: Ciphers, workspace_id: UUID) -> None:
        self._ciphers = ciphers
        self._workspace_id = workspace_id
        self._made: dict[tuple[str, UUID], NewKey] = {}
        self._streams: dict[UUID, AESGCM] = {}
        self._parties: dict[UUID, tuple[UUID, AESGCM]] = {}

    @property
    def made(self) -> Iterable[NewKey]:
        return self._made.values()

    def make(self, kind: str, owner_id: UUID) -> None:
        """A fresh random key. A stream's key has the stream's id; a party may have several over time."""
        key = os.urandom(KEY_BYTES)
        key_id = owner_id if kind == "stream" else uuid4()
        wrapped = self._ciphers.master_key.wrap(key, wrapping_context(self._workspace_id, key_id))
        self._made[kind, owner_id] = NewKey(key_id, kind, owner_id, wrapped, AESGCM(key))

    def hold(self, streams: Iterable[UUID], parties: Iterable[UUID]) -> bool:
        """Whether all that is needed to seal is known or made; from then on it is at hand."""
        self._streams = {key.owner_id: key.cipher for key in self.made if key.kind == "stream"}
        self._parties = {key.owner_id: (key.key_id, key.cipher) for key in self.made if key.kind == "party"}
        for stream in streams:
            cipher = self._ciphers.get(self._workspace_id, stream)
            if cipher is None:
                return False
            self._streams[stream] = cipher
        for party in parties:
            known = self._ciphers.of_party(self._workspace_id, party)
            if known is not None:
                self._parties[party] = known
            elif party not in self._parties:
                return False
        return True

    def stream(self, stream: UUID) -> AESGCM:
        """The cipher of a stream; raises KeyError when it is not held."""
        return self._streams[stream]

    def party(self, party_id: UUID) -> tuple[UUID, AESGCM] | None:
        """A party's key and its cipher, if it is held, known or was made."""
        return self._parties.get(party_id) or self._ciphers.of_party(self._workspace_id, party_id)

    def keep(self) -> None:
        """The append has committed: what it made is there for everybody."""
        for key in self._made.values():
            self._ciphers.keep(self._workspace_id, key.key_id, key.kind, key.owner_id, key.cipher)


def wrapping_context(workspace_id: UUID, key_id: UUID) -> bytes:
    """What a wrapped key is bound to, so that it cannot be moved to another row."""
    return workspace_id.bytes + key_id.bytes
