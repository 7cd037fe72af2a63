"""The wire form of a recorded fact: rendered once, the same bytes for everybody who may see it."""

from datetime import datetime

import msgspec

from domain.facts import Recorded

_encode = msgspec.json.Encoder().encode


def event_json(recorded: Recorded) -> bytes:
    """A fact with its place: the envelope, `data`, then `position` and `recorded_at`; `erased` only when it is."""
    tail = b',"position":%d,"recorded_at":%b%b}' % (
        recorded.position,
        _encode(recorded.recorded_at),
        b',"erased":true' if recorded.erased else b"",
    )
    return _encode(recorded.fact)[:-1] + tail


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, as every answer writes a time."""
    written: str = msgspec.to_builtins(moment)
    return written
