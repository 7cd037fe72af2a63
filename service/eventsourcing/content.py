"""Stored rows as the library's stored events, and back: sealing, unsealing and versions. Asks the database nothing.

An application's own fact is sealed as one piece, as its bytes are: in the place of a fact's structure, under its
stream's key, with a digest in the leaf. The envelope has event_id, kind ("opaque"), originator_version and type.
"""

import os
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import DataError, Notification, StoredEvent

from service.ledger.canonical import canonical, digest
from service.ledger.keys import wrapping_context
from service.ledger.refusals import Unreadable
from service.ledger.sealing import NONCE_BYTES, SALT_BYTES, Sealed, Stored, unseal
from service.ledger.wire import event_json
from service.ledger.workspace import OPAQUE
from service.masterkey import MasterKey

ERASED_STATE = b""
"""What is left of a state whose content was destroyed. No transcoder writes it: JSON is never empty."""


class Content:
    """Opens and closes one workspace's seals.

    It keeps no keys: each row brings its wrapped ones, so that a key that was destroyed opens nothing from then on.
    """

    def __init__(self, master_key: MasterKey, workspace_id: UUID) -> None:
        self._master_key = master_key
        self._workspace_id = workspace_id

    def cipher(self, key_id: UUID | None, wrapped: bytes | None) -> AESGCM | None:
        """The cipher of a stored key; None when there is none any more."""
        if key_id is None or wrapped is None:
            return None
        return AESGCM(self._master_key.unwrap(wrapped, wrapping_context(self._workspace_id, key_id)))

    def seal(self, cipher: AESGCM, event_id: UUID, stored_event: StoredEvent) -> Sealed:
        """An application's fact as `append_events` takes it."""
        envelope = canonical(
            {
                "event_id": str(event_id),
                "kind": OPAQUE,
                "originator_version": stored_event.originator_version,
                "type": stored_event.topic,
            },
            floats=False,
        )
        salted = os.urandom(SALT_BYTES) + stored_event.state
        nonce = os.urandom(NONCE_BYTES)
        structure = nonce + cipher.encrypt(nonce, salted, self._place(event_id))
        return Sealed(os.urandom(SALT_BYTES) + envelope, structure, digest(salted), None, None, None)

    def stored_event(self, row: Sequence[Any]) -> StoredEvent:
        """A row of `events.sql`, opened."""
        stored, type_, version, state = self._open(row)
        return StoredEvent(stored.stream, version, type_, state)

    def notification(self, row: Sequence[Any]) -> Notification:
        """A row of `notifications.sql`, opened; its id is its position + 1."""
        stored, type_, version, state = self._open(row)
        return Notification(stored.stream, version, type_, state, stored.position + 1)

    def _open(self, row: Sequence[Any]) -> tuple[Stored, str, int, bytes]:
        *columns, type_, kind, wrapped, words_wrapped = row
        stored = Stored(*columns)
        cipher = self.cipher(stored.stream, wrapped)
        try:
            if kind == OPAQUE:
                version = msgspec.json.decode(stored.envelope[SALT_BYTES:], type=_Envelope).originator_version
                return stored, type_, version, self._open_state(stored, cipher)
            party = self.cipher(stored.words_key, words_wrapped)
            recorded = unseal(stored, kind, self._workspace_id, cipher, party)
        except (InvalidTag, msgspec.MsgspecError):
            raise DataError(f"Fact {stored.version} of {kind}/{stored.stream} does not match its seal.") from None
        except Unreadable as failure:
            raise DataError(str(failure)) from failure
        return stored, type_, stored.version, event_json(recorded)

    def _open_state(self, stored: Stored, cipher: AESGCM | None) -> bytes:
        if cipher is None or stored.structure is None:
            return ERASED_STATE
        nonce, sealed = stored.structure[:NONCE_BYTES], stored.structure[NONCE_BYTES:]
        return cipher.decrypt(nonce, sealed, self._place(stored.event_id))[SALT_BYTES:]

    def _place(self, event_id: UUID) -> bytes:
        return self._workspace_id.bytes + event_id.bytes + b"structure"


class _Envelope(msgspec.Struct, frozen=True):
    originator_version: int
