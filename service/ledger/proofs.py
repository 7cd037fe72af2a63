"""Proofs out of what the builder stored: tiles, and where streams end. Signs nothing and reads no fact's content."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.facts import stream_uuid
from service.ledger.checkpoints import Head
from service.ledger.refusals import NotCheckpointed
from service.ledger.store import Store, fetch, statement
from service.proof.merkle import Range, consistency_ranges, inclusion_ranges, peaks_of, range_hash
from service.proof.streams import bucket_of, key_of, stream_path
from service.proof.tiles import (
    WIDTH_BITS,
    Nodes,
    TilePlace,
    consistency_path,
    inclusion_path,
    split,
    tile_of,
    tiles_for,
)

# A tile may become full between two look-ups, once; twice within one question would take 256 facts in a millisecond.
LOOKS_MAX = 4

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
"""First in a transaction that must see a checkpoint and what belongs to it, while the builder goes on."""

_TILES = statement("tiles")
_TILE_ROOTS = statement("tile_roots")
_TREE = statement("tree")
_TREE_HEAD = statement("tree_head")
_END = statement("stream_end")
_ENDS = statement("stream_ends")
_BUCKETS = statement("stream_buckets")
_LEAF = statement("last_leaf")


class Inclusion(Struct, frozen=True):
    """The leaf at `position` and the way from it to the root of the first `size` facts."""

    position: int
    size: int
    leaf: bytes
    path: Sequence[bytes]


class StreamEnd(Struct, frozen=True):
    """Where a stream ended at a checkpoint, and the way from there to the root over all streams."""

    head: Head
    stream_id: str
    version: int
    last_leaf: bytes
    path: Sequence[bytes]


class TreeReader:
    """The nodes of one workspace's tree. Keeps some tiles, so that proofs of neighbours cost little."""

    def __init__(self, store: Store, workspace_id: UUID) -> None:
        self._store = store
        self._workspace_id = workspace_id
        self._nodes = Nodes()

    async def inclusion(self, position: int, size: int) -> Inclusion:
        """The proof of one fact in a tree that is signed for."""
        leaf = (0, position)
        await self._load({*tiles_for(inclusion_ranges(position, size)), tile_of(leaf)})
        path = inclusion_path(position, size, self._nodes.node)
        return Inclusion(position, size, self._nodes.node(leaf), path)

    async def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the first `old` facts of `new` are what they were."""
        await self._load(tiles_for(consistency_ranges(old, new)))
        return consistency_path(old, new, self._nodes.node)

    async def root(self, size: int) -> bytes:
        """The root of the first `size` facts."""
        whole: Range = (0, size)
        await self._load({tile_of(node) for node in peaks_of(*whole)})
        return range_hash(whole, self._nodes.node)

    async def tile(self, level: int, number: int) -> list[bytes]:
        """The hashes of a tile, as many as there are."""
        return (await self._read({(level, number)})).get((level, number), [])

    async def _load(self, places: Iterable[TilePlace]) -> None:
        self._nodes.trim()
        for place, hashes in (await self._read(self._nodes.missing(places))).items():
            self._nodes.give(place, hashes)

    async def _read(self, wanted: set[TilePlace]) -> dict[TilePlace, list[bytes]]:
        """Tiles, full or not. One that became full between the look-ups is looked for again."""
        found: dict[TilePlace, list[bytes]] = {}
        for _ in range(LOOKS_MAX):
            missing = sorted(wanted - found.keys())
            if not missing:
                break
            question: dict[str, Any] = {"workspace": self._workspace_id}
            places = {"levels": [level for level, _ in missing], "numbers": [number for _, number in missing]}
            for level, number, hashes in await self._store.read(_TILES, question | places):
                found[level, number] = split(hashes)
            for level, number in missing:
                if (level, number) in found:
                    continue
                if hashes := await self._open_tile(question, level, number):
                    found[level, number] = hashes
        return found

    async def _open_tile(self, question: dict[str, Any], level: int, number: int) -> list[bytes]:
        """The tile of a level that is not full; nothing when it is another one by now."""
        if level == 0:
            rows = await self._store.read(_TREE, question)
            return split(rows[0][1]) if rows and rows[0][0] >> WIDTH_BITS == number else []
        below = {"level": level - 1, "from": number << WIDTH_BITS, "to": number + 1 << WIDTH_BITS}
        return [row[0] for row in await self._store.read(_TILE_ROOTS, question | below)]


class Proofs:
    """Opens readers, and proves where streams end."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def tree(self, workspace_id: UUID) -> TreeReader:
        """A reader for one question, or one export."""
        return TreeReader(self._store, workspace_id)

    async def stream_end(self, workspace_id: UUID, stream_id: str) -> StreamEnd:
        """Where a stream ends at the newest checkpoint; raises `NotCheckpointed` when it began after that."""
        key = key_of(stream_id)
        question: dict[str, Any] = {"workspace": workspace_id, "key": key, "bucket": bucket_of(key)}
        async with self._store.connection() as connection, connection.transaction():
            await connection.execute(SNAPSHOT)
            heads = await fetch(connection, _TREE_HEAD, question)
            ends = await fetch(connection, _END, question)
            if not heads or not ends:
                raise NotCheckpointed(heads[0][0] + 1 if heads else 1)
            bucket = await fetch(connection, _ENDS, question | {"buckets": [bucket_of(key)]})
            buckets = dict(await fetch(connection, _BUCKETS, question))
            place = question | {"stream": stream_uuid(stream_id), "version": ends[0][0]}
            leaf = await fetch(connection, _LEAF, place)
        path = stream_path(key, [(row[0], row[1]) for row in bucket], buckets)
        return StreamEnd(Head(*heads[0]), stream_id, ends[0][0], leaf[0][0] if leaf else b"", path)
