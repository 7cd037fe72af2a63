"""What an application saves, checked against its streams and made ready for one call of `append_events`."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from eventsourcing.persistence import DataError, IntegrityError, ProgrammingError, StoredEvent

from domain.events import CATALOGUE
from service.eventsourcing.content import Content
from service.ids import new_id
from service.ledger.keys import KEY_BYTES, wrapping_context
from service.ledger.sealing import Sealed
from service.ledger.workspace import OPAQUE
from service.masterkey import MasterKey

EVENTS_MAX = 5_000
"""Facts in one save: the same bound as for one commit of the service, well within the statement's time."""

TOPIC_CHARACTERS_MAX = 200
"""A stored name is read by people and kept in every row; the longest of ours has 31."""

STATE_BYTES_MAX = 1024 * 1024
"""As much as the service takes in one request."""

SAVE_BYTES_MAX = 16 * STATE_BYTES_MAX
"""All states of one save: they are sealed in memory and sent in one statement, while nobody else can append."""

_json = msgspec.json.Encoder().encode


class Known(msgspec.Struct, frozen=True):
    """A row of `streams.sql`: `ahead` is what the application's own version is beyond ours."""

    kind: str
    version: int
    wrapped: bytes | None
    ahead: int


def originators(stored_events: Sequence[StoredEvent]) -> list[UUID]:
    """The streams that a save writes to, in order. Raises what no stream could take."""
    if len(stored_events) > EVENTS_MAX:
        raise DataError(f"{len(stored_events)} events in one save; it takes {EVENTS_MAX}.")
    if (total := sum(len(event.state) for event in stored_events)) > SAVE_BYTES_MAX:
        raise DataError(f"States of {total} bytes in one save; it takes {SAVE_BYTES_MAX}.")
    for event in stored_events:
        if event.topic in CATALOGUE:
            raise ProgrammingError(
                f"{event.topic} is a fact that the service's rules decide on: record it through the service."
            )
        if not 0 < len(event.topic) <= TOPIC_CHARACTERS_MAX or "\0" in event.topic:
            raise DataError(f"A stored name has 1 to {TOPIC_CHARACTERS_MAX} characters, none of them NUL.")
        if len(event.state) > STATE_BYTES_MAX:
            raise DataError(f"A state of {len(event.state)} bytes; an event takes {STATE_BYTES_MAX}.")
    return list(dict.fromkeys(stream_of(event.originator_id) for event in stored_events))


def stream_of(originator_id: UUID | str) -> UUID:
    """The stream of an aggregate. Raises `ProgrammingError` for an id that is not a UUID."""
    try:
        return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)
    except ValueError:
        raise ProgrammingError(f"The originator id {originator_id!r} is not a UUID, as ids are in this log.") from None


class Batch:
    """The parameters of one append, growing event by event."""

    def __init__(
        self, workspace_id: UUID, master_key: MasterKey, known: Mapping[UUID, Known], streams: Sequence[UUID]
    ) -> None:
        self._workspace_id = workspace_id
        self._master_key = master_key
        self._content = Content(master_key, workspace_id)
        self._known = known
        self._places = {stream: ordinal for ordinal, stream in enumerate(streams, start=1)}
        self._next: dict[UUID, int] = {}
        self._ciphers: dict[UUID, AESGCM] = {}
        self._new_keys: dict[UUID, bytes] = {}
        for stream in streams:
            self._begin(stream, known.get(stream))

    def _begin(self, stream: UUID, known: Known | None) -> None:
        if known is None:
            key = os.urandom(KEY_BYTES)
            self._new_keys[stream] = self._master_key.wrap(key, wrapping_context(self._workspace_id, stream))
            self._ciphers[stream] = AESGCM(key)
            return
        if known.kind != OPAQUE:
            raise IntegrityError(f"{stream} is a {known.kind}: its facts are recorded through the service.")
        cipher = self._content.cipher(stream, known.wrapped)
        if cipher is None:
            raise IntegrityError(f"The content of {stream} was erased; nothing can be added to it.")
        self._ciphers[stream] = cipher
        self._next[stream] = known.version + known.ahead + 1

    def parameters(self, stored_events: Sequence[StoredEvent], at: datetime) -> dict[str, Any]:
        """For `append.sql`. Raises `IntegrityError` for an event that is not its stream's next."""
        events = [(stream_of(event.originator_id), new_id(at), self._in_turn(event)) for event in stored_events]
        sealed = [self._content.seal(self._ciphers[stream], event_id, event) for stream, event_id, event in events]
        streams = list(self._places)
        return {
            "workspace": self._workspace_id,
            "at": at,
            "streams": streams,
            "kinds": [OPAQUE] * len(streams),
            "versions": [self._known[stream].version if stream in self._known else 0 for stream in streams],
            "key_ids": list(self._new_keys),
            "key_kinds": ["stream"] * len(self._new_keys),
            "key_owners": list(self._new_keys),
            "key_wraps": list(self._new_keys.values()),
            "event_streams": [self._places[stream] for stream, _, _ in events],
            "event_ids": [event_id for _, event_id, _ in events],
            "types": [event.topic for _, _, event in events],
            **_parts(sealed),
            "moved": [],
            "moved_at": [],
            "rows": _json([_row(place, at) for place in self._places.values()]).decode(),
            "participations": None,
            "rewritten": [],
        }

    def _in_turn(self, event: StoredEvent) -> StoredEvent:
        """`event`, which continues its stream: the first may have any version, each further one the next."""
        stream = stream_of(event.originator_id)
        expected = self._next.get(stream, event.originator_version)
        if event.originator_version != expected:
            fault = "is there already" if event.originator_version < expected else "would leave a gap"
            raise IntegrityError(
                f"Version {event.originator_version} of {stream} {fault}: its next version is {expected}."
            )
        self._next[stream] = expected + 1
        return event


def _parts(sealed: Sequence[Sealed]) -> dict[str, Any]:
    return {
        "envelopes": [part.envelope for part in sealed],
        "structures": [part.structure for part in sealed],
        "structure_digests": [part.structure_digest for part in sealed],
        "words": [None] * len(sealed),
        "words_keys": [None] * len(sealed),
        "words_digests": [None] * len(sealed),
        # Only what was sent over HTTP is compared with what is sent again; present, it says that nothing was erased.
        "proposal_digests": [part.structure_digest for part in sealed],
    }


def _row(place: int, at: datetime) -> dict[str, Any]:
    """A stream's row for no list: its kind is in none, and nobody may see it."""
    return {
        "stream": place,
        "visibility": "private",
        "openers": [],
        "parties": [],
        "status": "open",
        "dues": [],
        "has_routine": False,
        "opened_at": at,
        "last_event_at": at,
    }
