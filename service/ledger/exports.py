"""Bundles of one stream or of the whole log, line by line: what one reader may see, and the proof of all the rest.

Nothing is held but some hundred facts and a tile at a time; no connection is held between two lines.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncGenerator, Collection
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from msgspec import Struct

from domain.facts import Caller, StreamKind, stream_key, stream_uuid
from domain.history import may_see
from service.ledger.checkpoints import Checkpoints, Head
from service.ledger.credentials import Identity
from service.ledger.histories import history
from service.ledger.keys import Ciphers
from service.ledger.memory import Kept
from service.ledger.proofs import SNAPSHOT, Proofs, TreeReader
from service.ledger.refusals import Absent, LedgerRefusal, Unreadable
from service.ledger.sealing import SALT_BYTES, open_part
from service.ledger.store import Store, fetch, statement
from service.ledger.workspace import OPAQUE, Workspace
from service.proof.bundle import (
    FORMAT,
    WHOLE_LOG,
    Consistency,
    EndLine,
    EndsLine,
    EventLine,
    LeafLine,
    Line,
    Manifest,
    Part,
    Parts,
    StreamLine,
    written,
)
from service.proof.checkpoint import origin_of
from service.proof.leaf import leaf_of, leaf_text, part_digest
from service.proof.streams import BUCKET_BITS
from service.proof.tiles import WIDTH

# Facts read at once: as many as a tile has leaves.
FACTS_PER_READ = WIDTH
# Streams' ends on one line and in one read; the lines wait in a file once they are larger than this in memory.
ENDS_PER_LINE = 500
BUCKETS_PER_READ = 128
SPOOLED_BYTES_MAX = 1024 * 1024
# What the caller may know is kept for so many streams of one export, about 20 MB; and so many are read at once for it.
SIGHTS_KEPT_MAX = 100_000
STREAMS_PER_LOOK = 32
# The ends of a million streams are read within this.
SNAPSHOT_S = 60.0

_STREAM = statement("export_stream")
_LOG = statement("export_log")
_TREE_HEAD = statement("tree_head")
_ENDS = statement("stream_ends")


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


class Exports:
    """Makes bundles for one caller at a time."""

    def __init__(self, store: Store, ciphers: Ciphers, checkpoints: Checkpoints, proofs: Proofs) -> None:
        self._store = store
        self._ciphers = ciphers
        self._checkpoints = checkpoints
        self._proofs = proofs

    async def stream(
        self, workspace: Workspace, identity: Identity, kept: Kept, since: int | None
    ) -> AsyncGenerator[bytes, None]:
        """A bundle of one stream that the caller may know of; raises before the first line, or not at all."""
        seen = history(kept, identity.caller, workspace.position, None, None)
        shown = {record.fact.stream_version for record in seen.records}
        stream_id = kept.stream.stream_id
        await self._checkpoints.covering(workspace.workspace_id, kept.records[-1].position + 1)
        end = await self._proofs.stream_end(workspace.workspace_id, stream_id)
        tree = self._proofs.tree(workspace.workspace_id)
        manifest = await self._manifest(workspace, stream_id, end.head, tree, since)
        first = StreamLine(stream_id, end.version, [one.hex() for one in end.path])
        return self._stream_lines(workspace, manifest, first, end.head.size, tree, shown)

    async def log(self, workspace: Workspace, identity: Identity, since: int | None) -> AsyncGenerator[bytes, None]:
        """A bundle of the whole log: of streams that the caller may not know of, the leaves alone."""
        await self._checkpoints.covering(workspace.workspace_id, workspace.position)
        head, ends = await self._ends(workspace)
        tree = self._proofs.tree(workspace.workspace_id)
        try:
            await workspace.follow()
            manifest = await self._manifest(workspace, WHOLE_LOG, head, tree, since)
        except BaseException:
            ends.close()
            raise
        return self._log_lines(workspace, identity.caller, manifest, ends, head.size, tree)

    async def _manifest(
        self, workspace: Workspace, scope: str, head: Head, tree: TreeReader, since: int | None
    ) -> Manifest:
        if since is not None and since > head.size:
            raise Absent
        published = await self._checkpoints.keys.published(workspace.workspace_id)
        consistency = None
        if since is not None:
            path = await tree.consistency(since, head.size)
            consistency = Consistency(since, [one.hex() for one in path])
        return Manifest(
            format=FORMAT,
            log=origin_of(workspace.workspace_id),
            scope=scope,
            checkpoint=head.note,
            keys=[key.key for key in published],
            parts=["ends" if scope == WHOLE_LOG else "stream", "events"],
            consistency=consistency,
        )

    async def _stream_lines(
        self,
        workspace: Workspace,
        manifest: Manifest,
        first: StreamLine,
        size: int,
        tree: TreeReader,
        shown: Collection[int],
    ) -> AsyncGenerator[bytes, None]:
        yield written(manifest) + written(first)
        question = {
            "workspace": workspace.workspace_id,
            "stream": stream_uuid(first.stream_id),
            "last": first.version,
            "limit": FACTS_PER_READ,
        }
        after = count = 0
        while rows := [Row(*row) for row in await self._store.read(_STREAM, question | {"after": after})]:
            await self._know_keys(workspace, rows)
            lines = []
            for row in rows:
                proof = await tree.inclusion(row.position, size) if row.position < size else None
                await self._know_keys(workspace, [row])  # again: an erasure makes all keys forgotten
                path = [one.hex() for one in proof.path] if proof else []
                lines.append(written(self._event(workspace, row, shown=row.version in shown, path=path)))
            after = rows[-1].version
            count += len(rows)
            yield b"".join(lines)
        yield written(EndLine(count))

    async def _log_lines(
        self,
        workspace: Workspace,
        caller: Caller,
        manifest: Manifest,
        ends: SpooledTemporaryFile[bytes],
        size: int,
        tree: TreeReader,
    ) -> AsyncGenerator[bytes, None]:
        yield written(manifest)
        count = 0
        sights: OrderedDict[UUID, Sight] = OrderedDict()
        with ends:
            ends.seek(0)
            while lines := ends.read(SPOOLED_BYTES_MAX):
                yield lines
        for start in range(0, size, FACTS_PER_READ):
            end = min(size, start + FACTS_PER_READ)
            signed = await tree.tile(0, start // WIDTH)
            question = {"workspace": workspace.workspace_id, "from": start, "to": end}
            rows = [Row(*row) for row in await self._store.read(_LOG, question)]
            await self._look(workspace, caller, rows, sights)
            await self._know_keys(workspace, rows)
            events = [
                self._placed(workspace, row, sights.get(row.stream, UNKNOWN), signed[row.position - start])
                for row in rows
            ]
            while len(sights) > SIGHTS_KEPT_MAX:
                sights.popitem(last=False)
            count += len(rows)
            yield b"".join(map(written, events))
        yield written(EndLine(count))

    async def _look(
        self, workspace: Workspace, caller: Caller, rows: Collection[Row], sights: OrderedDict[UUID, Sight]
    ) -> None:
        """Learn what the caller may know of the streams of these facts, reading each stream once for all its facts."""
        wanted = dict.fromkeys(row.stream for row in rows if row.kind not in (None, OPAQUE))
        missing = [stream for stream in wanted if stream not in sights]
        for start in range(0, len(missing), STREAMS_PER_LOOK):
            chunk = missing[start : start + STREAMS_PER_LOOK]
            loaded = await workspace.load(chunk)
            for stream in chunk:
                sights[stream] = _sight(loaded.get(stream), caller)
                await asyncio.sleep(0)

    def _placed(self, workspace: Workspace, row: Row, sight: Sight, signed: bytes) -> Line:
        """A fact in the log, as much of it as the caller may know."""
        if sight.known:
            return self._event(workspace, row, shown=row.version not in sight.hidden, signed=signed.hex())
        broken = [] if leaf_of(row.text) == signed else ["leaf"]
        if sight.unreadable == row.version:
            broken.append("content")
        return LeafLine(row.position, signed.hex(), broken)

    def _event(
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

    async def _know_keys(self, workspace: Workspace, rows: Collection[Row]) -> None:
        await workspace.know_keys({row.stream for row in rows} | {row.words_key for row in rows if row.words_key}, None)

    async def _ends(self, workspace: Workspace) -> tuple[Head, "SpooledTemporaryFile[bytes]"]:
        """The newest checkpoint and the ends of all streams at it, as lines that wait in a file."""
        question: dict[str, Any] = {"workspace": workspace.workspace_id}
        spooled = SpooledTemporaryFile(max_size=SPOOLED_BYTES_MAX)  # noqa: SIM115  # closed by whoever sends the lines
        try:
            async with self._store.connection(SNAPSHOT_S) as connection, connection.transaction():
                await connection.execute(SNAPSHOT)
                head = Head(*(await fetch(connection, _TREE_HEAD, question))[0])
                for start in range(0, 1 << BUCKET_BITS, BUCKETS_PER_READ):
                    buckets = list(range(start, start + BUCKETS_PER_READ))
                    ends = await fetch(connection, _ENDS, question | {"buckets": buckets})
                    for first in range(0, len(ends), ENDS_PER_LINE):
                        pairs = [(key.hex(), entry.hex()) for key, entry in ends[first : first + ENDS_PER_LINE]]
                        spooled.write(written(EndsLine(pairs)))
        except BaseException:
            spooled.close()
            raise
        return head, spooled


def _sight(kept: Kept | LedgerRefusal | None, caller: Caller) -> Sight:
    """What the caller may know of a stream. One whose first fact was deleted is nobody's to know."""
    if isinstance(kept, Unreadable):
        return Sight(known=False, unreadable=kept.version)
    if not isinstance(kept, Kept) or not kept.records or not may_see(kept.records[0].fact, caller, kept.stream):
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
