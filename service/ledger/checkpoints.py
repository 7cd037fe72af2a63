"""The builder: follows each log with its tree, in steps, and signs a checkpoint at each. No append waits for it.

What was signed once is kept (full tiles, the leaves after them) and never read from the facts again: a fact that is
changed later contradicts the tree, and the tree never contradicts itself.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from time import perf_counter
from typing import Any
from uuid import UUID, uuid4

from msgspec import Struct

from domain.facts import stream_key
from service.clock import Clock
from service.ledger.log_keys import LogKeys
from service.ledger.refusals import NotCheckpointed, StoreUnavailable
from service.ledger.store import TRANSACTION_S, Store, fetch, statement
from service.masterkey import MasterKey
from service.proof.checkpoint import Checkpoint, origin_of
from service.proof.note import sign
from service.proof.streams import Entry, bucket_of, bucket_root, entry_of, key_of, streams_root
from service.proof.tiles import LEVELS_MAX, WIDTH_BITS, Edge, Tile, split

log = logging.getLogger("throughline.log")

# What readers may have to wait for a fact's proof; and the most checkpoints a busy workspace gets.
INTERVAL_S = 1.0
# The builder rests this many times as long as it worked, so that requests keep four fifths of the process; but not so
# long that whoever waits for a checkpoint gives up. Between the steps of one workspace it rests as long as each took.
REST = 4
REST_MAX_S = 2.0
# Workspaces that other processes wrote to are found by looking at all counter rows this often.
LOOK_ROUND_S = 10.0
# One step's facts: some megabytes, and well under the time that a transaction may take, also in a busy process.
STEP_LEAVES_MAX = 5_000
# A builder that was killed is waited for this long; one that is slower than this does its step in vain.
HOLD_S = 10
# Hashes between two breaths of the event loop: about 2 ms.
HASHES_PER_BREATH = 1_024
# How long a question waits for the checkpoint that covers it.
WAIT_S = 5.0
POLL_S = 0.05

_TREES_BEHIND = statement("trees_behind")
_TREE = statement("tree")
_HOLD_TREE = statement("hold_tree")
_GROW_TREE = statement("grow_tree")
_HEAD = statement("head")
_LEAVES = statement("leaves")
_EDGE_ROOTS = statement("edge_roots")
_ENDS = statement("stream_ends")
_BUCKETS = statement("stream_buckets")
_TREE_HEAD = statement("tree_head")


class Head(Struct, frozen=True):
    """A signed checkpoint: how many facts it covers, and the note."""

    size: int
    note: str


class Checkpoints:
    """The checkpoints of all workspaces, built by whichever process comes first."""

    def __init__(self, store: Store, master_key: MasterKey, clock: Clock) -> None:
        self.keys = LogKeys(store, master_key, clock)
        self._store = store
        self._clock = clock
        self._builder = uuid4()
        self._grown: set[UUID] = set()
        self._wake = asyncio.Event()

    def grown(self, workspace_id: UUID) -> None:
        """Somebody appended to this workspace: it gets a checkpoint soon."""
        self._grown.add(workspace_id)
        self._wake.set()

    async def newest(self, workspace_id: UUID) -> Head | None:
        """The newest checkpoint, or None before the first."""
        rows = await self._store.read(_TREE_HEAD, {"workspace": workspace_id})
        return Head(*rows[0]) if rows else None

    async def covering(self, workspace_id: UUID, size: int) -> Head:
        """The newest checkpoint once it covers `size` facts; raises `NotCheckpointed` when that takes too long."""
        end = asyncio.get_running_loop().time() + WAIT_S
        while True:
            head = await self.newest(workspace_id)
            if head is not None and head.size >= size:
                return head
            if asyncio.get_running_loop().time() >= end:
                raise NotCheckpointed(size)
            self.grown(workspace_id)
            await asyncio.sleep(POLL_S)

    async def run(self) -> None:
        """Build until cancelled. A failure is logged and tried again: nothing else depends on this."""
        behind: set[UUID] | None = None
        while True:
            began = perf_counter()
            try:
                if behind is None:
                    self._grown.update(row[0] for row in await self._store.jobs.read(_TREES_BEHIND, {}))
                behind, self._grown = self._grown, set()
                self._wake.clear()
                for workspace_id in behind:
                    await self.advance(workspace_id)
            except StoreUnavailable:
                behind = None  # look at all of them once the store is back
            except Exception:
                log.exception("the log's tree could not be grown")
                behind = None
            await asyncio.sleep(min(max(INTERVAL_S, REST * (perf_counter() - began)), REST_MAX_S))
            try:
                await asyncio.wait_for(self._wake.wait(), LOOK_ROUND_S)
            except TimeoutError:
                behind = None

    async def advance(self, workspace_id: UUID) -> None:
        """Grow a workspace's tree to the head of its log. Leaves it to another process that is at it."""
        began = perf_counter()
        while await self._step(workspace_id):
            await asyncio.sleep(perf_counter() - began)
            began = perf_counter()

    async def _step(self, workspace_id: UUID) -> bool:
        """One step, stored in one transaction at its end; whether there is more to do.

        No lock and no transaction is open meanwhile: `grow_tree` refuses what another builder was faster with.
        """
        question: dict[str, Any] = {"workspace": workspace_id}
        async with self._store.jobs.connection(TRANSACTION_S) as connection:
            heads = await fetch(connection, _HEAD, question)
            trees = await fetch(connection, _TREE, question)
            head, size = heads[0][0] if heads else 0, trees[0][0] if trees else 0
            if head <= size:
                if head < size:
                    log.critical("the log of workspace %s has %d facts; %d were signed for", workspace_id, head, size)
                return False
            held = await fetch(connection, _HOLD_TREE, question | {"builder": self._builder, "seconds": HOLD_S})
            if not held:
                return False
            size, edge = held[0]
            if head <= size:
                return False
            to = min(head, size + STEP_LEAVES_MAX)
            rows = await fetch(connection, _LEAVES, question | {"from": size, "to": to})
            if [row[0] for row in rows] != list(range(size, to)):
                log.critical("the log of workspace %s lacks facts between %d and %d", workspace_id, size, to)
                return False
            tree = await self._tree(connection, question, size, edge)
            tiles: list[Tile] = []
            for start in range(0, len(rows), HASHES_PER_BREATH):
                tiles += tree.grow(row[4] for row in rows[start : start + HASHES_PER_BREATH])
                await asyncio.sleep(0)
            ends = {stream_key(kind, stream): (version, leaf) for _, stream, kind, version, leaf in rows}
            grown = await self._ends(connection, question, ends)
            checkpoint = Checkpoint(origin_of(workspace_id), to, tree.root(), grown.pop("streams_root"))
            note = sign(checkpoint.text, await self.keys.signers(workspace_id, connection))
            stored = await fetch(
                connection,
                _GROW_TREE,
                question
                | grown
                | {
                    "from": size,
                    "size": to,
                    "edge": b"".join(tree.levels[0]),
                    "levels": [tile.level for tile in tiles],
                    "numbers": [tile.number for tile in tiles],
                    "hashes": [tile.hashes for tile in tiles],
                    "roots": [tile.root for tile in tiles],
                    "root": checkpoint.root,
                    "streams_root": checkpoint.streams_root,
                    "note": note,
                    "at": self._clock.now(),
                },
            )
            return bool(stored[0][0]) and to < head

    async def _tree(self, connection: Any, question: dict[str, Any], size: int, edge: bytes) -> Edge:
        """The right edge of the tree as it was stored."""
        levels = range(LEVELS_MAX)
        first = [size >> WIDTH_BITS * (level + 2) << WIDTH_BITS for level in levels]
        hashes: list[list[bytes]] = [split(edge), *([] for _ in levels)]
        for level, root in await fetch(connection, _EDGE_ROOTS, question | {"levels": list(levels), "from": first}):
            hashes[level + 1].append(root)
        return Edge(size, hashes)

    async def _ends(
        self, connection: Any, question: dict[str, Any], ends: dict[str, tuple[int, bytes]]
    ) -> dict[str, Any]:
        """What changes in the tree over streams: the entries, the roots of their buckets, and its root."""
        entries: dict[bytes, tuple[int, bytes]] = {}
        for count, (stream_id, (version, leaf)) in enumerate(ends.items()):
            entries[key_of(stream_id)] = version, entry_of(stream_id, version, leaf)
            if count % HASHES_PER_BREATH == 0:
                await asyncio.sleep(0)
        held: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        changed = sorted({bucket_of(key) for key in entries})
        for key, entry in await fetch(connection, _ENDS, question | {"buckets": changed}):
            held[bucket_of(key)][key] = entry
        for key, (_, entry) in entries.items():
            held[bucket_of(key)][key] = entry
        roots = dict(await fetch(connection, _BUCKETS, question))
        hashed = 0
        for bucket in changed:
            roots[bucket] = bucket_root(_sorted(held[bucket]))
            hashed += len(held[bucket])
            if hashed > HASHES_PER_BREATH:
                hashed = 0
                await asyncio.sleep(0)
        return {
            "ends": [bucket_of(key) for key in entries],
            "keys": list(entries),
            "versions": [version for version, _ in entries.values()],
            "entries": [entry for _, entry in entries.values()],
            "buckets": changed,
            "bucket_roots": [roots[bucket] for bucket in changed],
            "streams_root": streams_root(roots),
        }


def _sorted(held: dict[bytes, bytes]) -> Sequence[Entry]:
    return sorted(held.items())
