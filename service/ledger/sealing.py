"""Sealing: a fact's structure and words are encrypted, and digested with a salt, before they reach the database."""

import os
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from domain.facts import Fact, Recorded, stream_key
from service.ledger.arrays import read_bigint, read_instant
from service.ledger.canonical import digest
from service.ledger.parts import divide, unite
from service.ledger.prepared import Row
from service.ledger.refusals import Unreadable

SALT_BYTES = 16
NONCE_BYTES = 12
CHANCE_BYTES = 3 * SALT_BYTES + 2 * NONCE_BYTES  # what sealing one fact leaves to chance


class Sealed(Struct, frozen=True, gc=False):
    """One fact's parts as it is stored. Each salt stands before what it salts, inside the seal where there is one."""

    envelope: bytes
    structure: bytes
    structure_digest: bytes
    words: bytes | None
    words_key: UUID | None
    words_digest: bytes | None


class Stored(Struct, frozen=True, gc=False):
    """One row of `event`, as read."""

    stream: UUID
    version: int
    position: int
    event_id: UUID
    recorded_at: datetime
    envelope: bytes
    structure: bytes | None
    words: bytes | None
    words_key: UUID | None
    proposal_digest: bytes | None


def stored(row: Row) -> Stored:
    """A row of `recorded.sql` in binary form."""
    stream, version, position, event_id, recorded_at, envelope, structure, words, words_key, digest, _ = row
    return Stored(
        UUID(bytes=stream),
        read_bigint(version),
        read_bigint(position),
        UUID(bytes=event_id),
        read_instant(recorded_at),
        envelope,
        structure,
        words,
        None if words_key is None else UUID(bytes=words_key),
        digest,
    )


def seal(
    fact: Fact, workspace_id: UUID, stream: AESGCM, words_key: UUID | None, party: AESGCM | None, chance: bytes
) -> Sealed:
    """`fact` sealed under its stream's cipher, its words under `party` (whose key is `words_key`) when given.

    `chance` are `CHANCE_BYTES` random bytes, used nowhere else.
    """
    parts = divide(fact)
    place = workspace_id.bytes + fact.event_id.bytes
    envelope = chance[:16] + parts.envelope
    structure = chance[16:32] + parts.structure
    sealed_structure = chance[48:60] + stream.encrypt(chance[48:60], structure, place + b"structure")
    if parts.words is None:
        return Sealed(envelope, sealed_structure, digest(structure), None, None, None)
    words = chance[32:48] + parts.words
    sealed_words = chance[60:72] + (party or stream).encrypt(chance[60:72], words, place + b"words")
    return Sealed(envelope, sealed_structure, digest(structure), sealed_words, words_key, digest(words))


def unseal(row: Stored, kind: Any, workspace_id: UUID, stream: AESGCM | None, party: AESGCM | None) -> Recorded:
    """The recorded fact in `row`. Words whose key or ciphertext is gone read as erased.

    A fact that says its stream was erased is sealed whole under a key of its own, named after it: the stream's is gone.

    Raises `Unreadable` when a byte was changed, or when the bytes are of no known type.
    """
    stream_id = stream_key(kind, row.stream)
    try:
        place = workspace_id.bytes + row.event_id.bytes
        own = row.words_key == row.event_id
        structure = _open(party if own else stream, row.structure, place + b"structure")
        words = _open(party if row.words_key else stream, row.words, place + b"words")
        fact = unite(stream_id, row.version, row.envelope[SALT_BYTES:], structure, words)
    except InvalidTag:
        raise Unreadable(stream_id, row.version, "its content does not match its seal") from None
    except KeyError as unknown:
        raise Unreadable(stream_id, row.version, f"its type {unknown} is not known") from None
    except (msgspec.MsgspecError, AttributeError, RecursionError, TypeError, ValueError):
        raise Unreadable(stream_id, row.version, "its bytes are not a fact") from None
    return Recorded(fact, row.position, row.recorded_at, erased=row.proposal_digest is None)


def open_part(
    cipher: AESGCM | None, sealed: bytes | None, workspace_id: UUID, event_id: UUID, part: str
) -> bytes | None:
    """A part's salt and canonical form, or None when its key or ciphertext is gone. Raises InvalidTag."""
    if cipher is None or sealed is None:
        return None
    place = workspace_id.bytes + event_id.bytes + part.encode()
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)


def _open(cipher: AESGCM | None, sealed: bytes | None, place: bytes) -> bytes | None:
    if cipher is None or sealed is None:
        return None
    return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)[SALT_BYTES:]


def seal_row(cipher: AESGCM, place: bytes, content: bytes) -> bytes:
    """Content of a derived row, sealed for its `place` (the row's key)."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, content, place)


def unseal_row(cipher: AESGCM | None, place: bytes, sealed: bytes | None) -> bytes | None:
    """What `seal_row` sealed, or None when it is gone or was changed (a derived row can be computed anew)."""
    if cipher is None or sealed is None:
        return None
    try:
        return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except InvalidTag:
        return None
