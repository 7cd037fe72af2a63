"""Bundles of one stream or of the whole log, line by line: what one reader may see, and the proof of all the rest.

Nothing is held but some hundred facts and a tile at a time; no connection is held between two lines.
"""

from collections.abc import AsyncGenerator, Iterable
from tempfile import SpooledTemporaryFile
from typing import Any

from msgspec import Struct, structs

from domain.audience import audience
from domain.facts import Caller, Recorded, stream_uuid
from projections.trust.policy import Policy
from service.ledger.checkpoints import Checkpoints, Head
from service.ledger.credentials import Identity
from service.ledger.exported_facts import ExportedFacts, Row, Sights, know_keys
from service.ledger.histories import history
from service.ledger.keys import Ciphers
from service.ledger.memory import Kept
from service.ledger.proofs import SNAPSHOT, Proofs, TreeReader
from service.ledger.receipts import ReceiptsAsked, policies_in_force, receipt_at, receipt_of
from service.ledger.refusals import Absent, LedgerRefusal, NotProvable
from service.ledger.store import Store, fetch, statement
from service.ledger.workspace import Workspace
from service.proof.bundle import (
    FORMAT,
    WHOLE_LOG,
    Consistency,
    EndLine,
    EndsLine,
    Manifest,
    PolicyLine,
    ReceiptLine,
    StreamLine,
    written,
)
from service.proof.checkpoint import origin_of
from service.proof.receipt import FORMAT as RECEIPT
from service.proof.receipt import Receipt, ReceiptFile, document
from service.proof.streams import BUCKET_BITS
from service.proof.tiles import WIDTH

# Facts read at once: as many as a tile has leaves.
FACTS_PER_READ = WIDTH
# Streams' ends on one line and in one read; the lines wait in a file once they are larger than this in memory.
ENDS_PER_LINE = 500
BUCKETS_PER_READ = 128
SPOOLED_BYTES_MAX = 1024 * 1024
# The ends of a million streams are read within this.
SNAPSHOT_S = 60.0

_STREAM = statement("export_stream")
_LOG = statement("export_log")
_TREE_HEAD = statement("tree_head")
_ENDS = statement("stream_ends")


class Bundle(Struct, frozen=True):
    """A bundle of the first `size` facts of a log, whose lines are made as they are asked for.

    `named` tells whether it may be told whose copy it is: of a stream that not every member knows of, it may not.
    """

    lines: AsyncGenerator[bytes, None]
    size: int
    named: bool = True


class _Making(Struct, frozen=True):
    """What one bundle is made from: for whom, from which log, under which policies."""

    workspace: Workspace
    caller: Caller
    manifest: Manifest
    size: int
    tree: TreeReader
    asked: ReceiptsAsked
    policies: list[Policy]


class Exports:
    """Makes bundles for one caller at a time."""

    def __init__(self, store: Store, ciphers: Ciphers, checkpoints: Checkpoints, proofs: Proofs) -> None:
        self._store = store
        self._facts = ExportedFacts(ciphers)
        self._checkpoints = checkpoints
        self._proofs = proofs

    async def stream(
        self, workspace: Workspace, identity: Identity, kept: Kept, since: int | None, asked: ReceiptsAsked
    ) -> Bundle:
        """A bundle of one stream that the caller may know of; raises before the first line, or not at all."""
        history(kept, identity.caller, workspace.position, None, None)  # whoever may not know of it waits for nothing
        stream_id = kept.stream.stream_id
        await self._checkpoints.covering(workspace.workspace_id, kept.records[-1].position + 1)
        end = await self._proofs.stream_end(workspace.workspace_id, stream_id)
        kept = await _as_it_is(workspace, stream_id)
        shown = list(history(kept, identity.caller, workspace.position, None, None).records)
        tree = self._proofs.tree(workspace.workspace_id)
        manifest = await self._manifest(workspace, stream_id, end.head, tree, since)
        first = StreamLine(stream_id, end.version, [one.hex() for one in end.path])
        policies = await policies_in_force(workspace, identity.caller, asked)
        making = _Making(workspace, identity.caller, manifest, end.head.size, tree, asked, policies)
        opening = kept.records[0].fact
        known_to_all = audience(opening, kept.stream).team
        return Bundle(self._stream_lines(making, first, kept, shown), end.head.size, named=known_to_all)

    async def log(self, workspace: Workspace, identity: Identity, since: int | None, asked: ReceiptsAsked) -> Bundle:
        """A bundle of the whole log: of streams that the caller may not know of, the leaves alone."""
        await self._checkpoints.covering(workspace.workspace_id, workspace.position)
        head, ends = await self._ends(workspace)
        tree = self._proofs.tree(workspace.workspace_id)
        try:
            await workspace.follow()
            manifest = await self._manifest(workspace, WHOLE_LOG, head, tree, since)
            policies = await policies_in_force(workspace, identity.caller, asked)
        except BaseException:
            ends.close()
            raise
        making = _Making(workspace, identity.caller, manifest, head.size, tree, asked, policies)
        return Bundle(self._log_lines(making, ends), head.size)

    async def receipt(self, workspace: Workspace, identity: Identity, kept: Kept, asked: ReceiptsAsked) -> ReceiptFile:
        """A receipt by itself. Raises `Absent` when there is no trust to speak of, `NotProvable` as it says."""
        stream = history(kept, identity.caller, workspace.position, asked.at, None).stream
        if stream is None:
            raise Absent
        head = await self._checkpoints.covering(workspace.workspace_id, kept.records[-1].position + 1)
        kept = await _as_it_is(workspace, kept.stream.stream_id)
        found = receipt_at(kept, identity.caller, origin_of(workspace.workspace_id), head.size, asked)
        if found is None:
            raise NotProvable
        return ReceiptFile(format=RECEIPT, checkpoint=head.note, policy=document(asked.policy), receipt=found)

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
            parts=["ends" if scope == WHOLE_LOG else "stream", "events", "policies", "receipts"],
            consistency=consistency,
        )

    async def _stream_lines(
        self, making: _Making, first: StreamLine, kept: Kept, shown: list[Recorded]
    ) -> AsyncGenerator[bytes, None]:
        workspace, size = making.workspace, making.size
        yield written(making.manifest) + written(first)
        question = {
            "workspace": workspace.workspace_id,
            "stream": stream_uuid(first.stream_id),
            "last": first.version,
            "limit": FACTS_PER_READ,
        }
        versions = {record.fact.stream_version for record in shown}
        hidden: list[int] = []
        after = count = 0
        while rows := [Row(*row) for row in await self._store.read(_STREAM, question | {"after": after})]:
            await know_keys(workspace, rows)
            lines = []
            for row in rows:
                proof = await making.tree.inclusion(row.position, size) if row.position < size else None
                await know_keys(workspace, [row])  # again: an erasure makes all keys forgotten
                path = [one.hex() for one in proof.path] if proof else []
                lines.append(written(self._facts.event(workspace, row, shown=row.version in versions, path=path)))
            hidden += [row.position for row in rows if row.version not in versions]
            after = rows[-1].version
            count += len(rows)
            yield b"".join(lines)
        found = receipt_of(kept, making.caller, making.manifest.log, size, shown, hidden, making.asked)
        yield _policies(making.policies) + (b"" if found is None else _receipt(found))
        yield written(EndLine(count, int(found is not None)))

    async def _log_lines(self, making: _Making, ends: SpooledTemporaryFile[bytes]) -> AsyncGenerator[bytes, None]:
        workspace, size = making.workspace, making.size
        yield written(making.manifest)
        count = receipts = 0
        sights = Sights(workspace, making.caller)
        with ends, SpooledTemporaryFile(max_size=SPOOLED_BYTES_MAX) as waiting:
            ends.seek(0)
            while lines := ends.read(SPOOLED_BYTES_MAX):
                yield lines
            for start in range(0, size, FACTS_PER_READ):
                end = min(size, start + FACTS_PER_READ)
                signed = await making.tree.tile(0, start // WIDTH)
                question = {"workspace": workspace.workspace_id, "from": start, "to": end}
                rows = [Row(*row) for row in await self._store.read(_LOG, question)]
                async for kept in sights.look(rows):
                    found = receipt_at(kept, making.caller, making.manifest.log, size, making.asked)
                    if found is not None:
                        waiting.write(_receipt(found))
                        receipts += 1
                await know_keys(workspace, rows)
                events = [
                    self._facts.placed(workspace, row, sights.of(row.stream), signed[row.position - start])
                    for row in rows
                ]
                sights.forget_some()
                count += len(rows)
                yield b"".join(map(written, events))
            yield _policies(making.policies)
            waiting.seek(0)
            while lines := waiting.read(SPOOLED_BYTES_MAX):
                yield lines
        yield written(EndLine(count, receipts))

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


async def _as_it_is(workspace: Workspace, stream_id: str) -> Kept:
    """The stream with all that is signed for by now: others may have recorded while a checkpoint was waited for."""
    await workspace.follow()
    stream = stream_uuid(stream_id)
    kept = (await workspace.load([stream])).get(stream)
    if isinstance(kept, LedgerRefusal):
        raise kept
    if kept is None:
        raise Absent
    return kept


def _policies(policies: Iterable[Policy]) -> bytes:
    return b"".join(written(PolicyLine(**structs.asdict(document(one)))) for one in policies)


def _receipt(found: Receipt) -> bytes:
    return written(ReceiptLine(**structs.asdict(found)))
