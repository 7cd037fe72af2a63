"""Facts as the feed holds them, what a follower wants of them, and what is shown to one. Nothing is read here."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from msgspec import Struct

from domain.audience import Audience, Shift, audience, shift
from domain.facts import Caller, Recorded
from service.ledger.memory import Kept
from service.ledger.wire import event_json


class Entry:
    """One fact of the log, made once for everybody who reads it.

    `record` is None for what nobody reads here: another application's fact, or one that cannot be read. `shift` says
    who sees other facts before it on its stream than they did.
    """

    __slots__ = ("_body", "audience", "position", "record", "shift", "stream")

    def __init__(
        self, position: int, stream: UUID, record: Recorded | None, seen_by: Audience | None, shifted: Shift | None
    ) -> None:
        self.position = position
        self.stream = stream
        self.record = record
        self.audience = seen_by
        self.shift = shifted
        self._body: bytes | None = None

    @property
    def body(self) -> bytes:
        """The fact as JSON; rendered once."""
        if self._body is None:
            self._body = b"" if self.record is None else event_json(self.record)
        return self._body


def entry_of(record: Recorded, stream: UUID, kept: Kept) -> Entry:
    """The entry of a fact on a stream that is folded at least as far."""
    facts = kept.stream.facts
    shifted = shift(facts, record.fact.stream_version, kept.stream)
    return Entry(record.position, stream, record, audience(record.fact, kept.stream), shifted)


class Wanted(Struct, frozen=True):
    """What a follower asks for; None asks for all. Shifts of sight come whatever the types are."""

    streams: frozenset[UUID] | None = None
    types: frozenset[str] | None = None

    @property
    def everything(self) -> bool:
        return self.streams is None and self.types is None


class Seen(NamedTuple):
    """What one entry is to one caller: the fact itself, that its stream must be read anew (`reset`), or both."""

    entry: Entry
    event: bool
    reset: bool


class Slice:
    """A piece of the log as one caller sees it: everything from `start` on and before `next` was looked at.

    A slice that is the same for everybody is shared, and so is what it was `rendered` as.
    """

    __slots__ = ("items", "next", "rendered", "start")

    def __init__(self, items: Sequence[Seen], start: int, following: int) -> None:
        self.items = items
        self.start = start
        self.next = following
        self.rendered: bytes | None = None


def seen(entry: Entry, caller: Caller, wanted: Wanted) -> Seen | None:
    """What the caller is shown of an entry; None for nothing."""
    if entry.record is None or entry.audience is None:
        return None
    if wanted.streams is not None and entry.stream not in wanted.streams:
        return None
    reset = entry.shift is not None and entry.shift.concerns(caller)
    event = (wanted.types is None or entry.record.fact.type in wanted.types) and entry.audience.admits(caller)
    return Seen(entry, event, reset) if event or reset else None


def seen_of(entries: Iterable[Entry], caller: Caller, wanted: Wanted) -> list[Seen]:
    """The same of several, in their order."""
    return [found for entry in entries if (found := seen(entry, caller, wanted)) is not None]


def reset_json(item: Seen) -> bytes:
    """That a stream is to be read anew, because the caller sees another part of it since this position."""
    record = item.entry.record
    assert record is not None, "nobody is shown what has no record"
    return b'{"stream_id":"%b","position":%d,"reset":true}' % (record.fact.stream_id.encode(), record.position)
