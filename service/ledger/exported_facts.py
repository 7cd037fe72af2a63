"""The facts of a bundle: rows as they are stored, and as much of each as one reader may see."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Collection
from datetime import datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from msgspec import Struct

from domain.facts import Caller, StreamKind, stream_key
from domain.history import may_know, may_see
from service.ledger.keys import Ciphers
from service.ledger.memory import Kept
from service.ledger.refusals import LedgerRefusal, Unreadable
from service.ledger.sealing import SALT_BYTES, open_part
from service.ledger.workspace import OPAQUE, Workspace
from service.proof.bundle import EventLine, LeafLine, Line, Part, Parts
from service.proof.leaf import leaf_of, leaf_text, part_digest

# What the caller may know is kept for so many streams of one export, about 20 MB; and so many are read at once for it.
SIGHTS_KEPT_MAX = 100_000
STREAMS_PER_LOOK = 32


class Sight(Struct, frozen=True, gc=False):
    """What the caller may know of one stream: whether there is one, and which of its facts stay hidden.

    `unreadable` is the version at which it cannot be read, 0 when it can.
    """

    known: bool
    hidden: frozenset[int] = frozenset()
    unreadable: int = 0


UNKNOWN = Sight(known=False)
OPEN = Sight(known=True)


class Row(Struct, frozen=True, gc=False):
    """One row of `event` as an export needs it."""

    stream: UUID
    kind: StreamKind | None
    version: int
    position: int
    event_id: UUID
    recorded_at: datetime
    envelope: bytes
    structure: bytes | None
    words: bytes | None
    words_key: UUID | None
    structure_digest: bytes
    words_digest: bytes | None
    leaf: bytes
    previous: bytes | None

    @property
    def text(self) -> str:
        """The content of the leaf, made anew from what is stored."""
        return leaf_text(
            stream_key(self.kind or "workspace", self.stream),
            self.version,
            self.previous or b"",
            self.recorded_at,
            part_digest(self.envelope),
            self.structure_digest,
            self.words_digest,
        )


class ExportedFacts:
    """Opens facts for bundles."""

    def __init__(self, ciphers: Ciphers) -> None:
        self._ciphers = ciphers

    def placed(self, workspace: Workspace, row: Row, sight: Sight, signed: bytes) -> Line:
        """A fact in the log, as much of it as the caller may know."""
        if sight.known:
            return self.event(workspace, row, shown=row.version not in sight.hidden, signed=signed.hex())
        broken = [] if leaf_of(row.text) == signed else ["leaf"]
        if sight.unreadable == row.version:
            broken.append("content")
        return LeafLine(row.position, signed.hex(), broken)

    def event(
        self,
        workspace: Workspace,
        row: Row,
        *,
        shown: bool,
        path: list[str] | None = None,
        signed: str | None = None,
    ) -> EventLine:
        found: dict[str, bytes | None] = {"envelope": row.envelope}
        broken = []
        words = stream = self._ciphers.get(workspace.workspace_id, row.stream)
        if row.words_key is not None:
            words = self._ciphers.get(workspace.workspace_id, row.words_key)
        own = row.words_key == row.event_id
        for name, sealed, cipher in (
            ("structure", row.structure, words if own else stream),
            ("words", row.words, words),
        ):
            try:
                found[name] = open_part(cipher, sealed, workspace.workspace_id, row.event_id, name)
            except (InvalidTag, ValueError):
                broken.append(name)
        parts = Parts()
        if shown:
            try:
                parts = Parts(**{name: _part(salted) for name, salted in found.items() if salted is not None})
            except UnicodeDecodeError:
                broken.append("envelope")
        return EventLine(row.position, row.text, parts, path, signed, broken)


class Sights:
    """What one caller may know of the streams of a log, learnt as their facts come."""

    def __init__(self, workspace: Workspace, caller: Caller) -> None:
        self._workspace = workspace
        self._caller = caller
        self._known: OrderedDict[UUID, Sight] = OrderedDict()

    def of(self, stream: UUID) -> Sight:
        """What may be known of a stream that was looked at."""
        return self._known.get(stream, UNKNOWN)

    async def look(self, rows: Collection[Row]) -> AsyncGenerator[Kept, None]:
        """Learn what the caller may know of the streams of these facts, reading each stream once for all its facts.

        Those that begin with one of these facts, and that the caller may know of, are given on the way.
        """
        wanted = dict.fromkeys(row.stream for row in rows if row.kind not in (None, OPAQUE))
        begun = {row.stream for row in rows if row.version == 1}
        missing = [stream for stream in wanted if stream not in self._known]
        for start in range(0, len(missing), STREAMS_PER_LOOK):
            chunk = missing[start : start + STREAMS_PER_LOOK]
            loaded = await self._workspace.load(chunk)
            for stream in chunk:
                kept = loaded.get(stream)
                sight = self._known[stream] = _sight(kept, self._caller)
                if sight.known and isinstance(kept, Kept) and stream in begun:
                    yield kept
                await asyncio.sleep(0)

    def forget_some(self) -> None:
        """Let the oldest go when there are too many."""
        while len(self._known) > SIGHTS_KEPT_MAX:
            self._known.popitem(last=False)


async def know_keys(workspace: Workspace, rows: Collection[Row]) -> None:
    """Make the ciphers of these facts known, as far as their keys still exist."""
    await workspace.keys.know({key_id for row in rows for key_id in (row.stream, row.words_key) if key_id})


def _sight(kept: Kept | LedgerRefusal | None, caller: Caller) -> Sight:
    """What the caller may know of a stream. One whose first fact was deleted is nobody's to know but its guests'."""
    if isinstance(kept, Unreadable):
        return Sight(known=False, unreadable=kept.version)
    if not isinstance(kept, Kept) or not kept.records or not may_know(caller, kept.stream):
        return UNKNOWN
    if caller.role != "guest" and not may_see(kept.records[0].fact, caller, kept.stream):
        return UNKNOWN
    versions = range(1, kept.version + 1)
    hidden = frozenset(
        version
        for version, record in zip(versions, kept.records, strict=True)
        if not may_see(record.fact, caller, kept.stream)
    )
    return Sight(known=True, hidden=hidden) if hidden else OPEN


def _part(salted: bytes) -> Part:
    return Part(salted[:SALT_BYTES].hex(), salted[SALT_BYTES:].decode())
