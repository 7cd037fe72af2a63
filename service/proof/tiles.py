"""The tree in tiles 256 hashes wide (C2SP tlog-tiles): growing it by leaves, and reading any node back. Pure.

Tile `number` of `level` holds the hashes of 256 complete subtrees of 256^level leaves each. Full tiles never change.
The open ends, one partial tile a level, are the tree's `Edge`.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from service.proof.merkle import (
    HASH_BYTES,
    Node,
    Range,
    consistency_ranges,
    folded,
    inclusion_ranges,
    node_hash,
    peaks_of,
    range_hash,
)

WIDTH = 256
WIDTH_BITS = 8
# 256^7 leaves are more than positions can count.
LEVELS_MAX = 7
# A tile with the nodes above it is about 40 KB in memory; a proof needs at most two a level.
TILES_KEPT_MAX = 64

TilePlace = tuple[int, int]
"""Level and number of a tile."""


class Tile(Struct, frozen=True):
    """A full tile: 256 hashes, one after the other, and the root over them."""

    level: int
    number: int
    hashes: bytes
    root: bytes


class Edge:
    """The right edge of a tree of `size` leaves: of each level the hashes that fill no tile yet."""

    def __init__(self, size: int, levels: Sequence[Sequence[bytes]]) -> None:
        self.size = size
        self.levels = [list(level) for level in levels] or [[]]
        for level, hashes in enumerate(self.levels):
            if len(hashes) != (size >> WIDTH_BITS * level) % WIDTH:
                raise ValueError(f"a tree of {size} leaves has another edge at level {level}")

    def grow(self, leaves: Iterable[bytes]) -> list[Tile]:
        """Add leaf hashes; the tiles that became full."""
        full: list[Tile] = []
        for leaf in leaves:
            self.size += 1
            self._add(0, leaf, full)
        return full

    def root(self) -> bytes:
        """The root of the tree."""
        peaks: list[bytes] = []
        for hashes in reversed(self.levels):
            rows = pyramid(hashes)
            peaks += [rows[height][index] for height, index in peaks_of(0, len(hashes))]
        return folded(peaks)

    def _add(self, level: int, added: bytes, full: list[Tile]) -> None:
        if level == len(self.levels):
            self.levels.append([])
        hashes = self.levels[level]
        hashes.append(added)
        if len(hashes) == WIDTH:
            number = (self.size >> WIDTH_BITS * (level + 1)) - 1
            root = pyramid(hashes)[WIDTH_BITS][0]
            full.append(Tile(level, number, b"".join(hashes), root))
            hashes.clear()
            self._add(level + 1, root, full)


def pyramid(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """A tile's hashes and the complete subtrees above them, row by row."""
    rows = [list(hashes)]
    while len(rows[-1]) > 1:
        below = rows[-1]
        rows.append([node_hash(below[index - 1], below[index]) for index in range(1, len(below), 2)])
    return rows


def split(hashes: bytes) -> list[bytes]:
    """Hashes that are stored one after the other."""
    return [hashes[start : start + HASH_BYTES] for start in range(0, len(hashes), HASH_BYTES)]


def tile_of(node: Node) -> TilePlace:
    """The tile that a complete subtree is in, or is computed from."""
    height, index = node
    level, above = divmod(height, WIDTH_BITS)
    return level, index << above >> WIDTH_BITS


def tiles_for(ranges: Iterable[Range]) -> set[TilePlace]:
    """All tiles from which the hashes of these ranges are computed."""
    return {tile_of(node) for span in ranges for node in peaks_of(*span)}


class Nodes:
    """The nodes of a tree, from tiles that were given before; the tiles used last stay at hand."""

    def __init__(self, tiles_max: int = TILES_KEPT_MAX) -> None:
        self._tiles_max = tiles_max
        self._rows: OrderedDict[TilePlace, list[list[bytes]]] = OrderedDict()

    def missing(self, places: Iterable[TilePlace]) -> set[TilePlace]:
        """Which of these tiles are not at hand."""
        missing = set()
        for place in places:
            if place in self._rows:
                self._rows.move_to_end(place)
            else:
                missing.add(place)
        return missing

    def give(self, place: TilePlace, hashes: Sequence[bytes]) -> None:
        """A tile, full or as wide as it is."""
        self._rows[place] = pyramid(hashes)

    def trim(self) -> None:
        """Let go of the tiles used least lately."""
        while len(self._rows) > self._tiles_max:
            self._rows.popitem(last=False)

    def node(self, node: Node) -> bytes:
        """The hash of a complete subtree whose tile is at hand."""
        height, index = node
        level, above = divmod(height, WIDTH_BITS)
        number = index << above >> WIDTH_BITS
        return self._rows[level, number][above][index - (number << WIDTH_BITS >> above)]


def inclusion_path(index: int, size: int, node: Callable[[Node], bytes]) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves."""
    return [range_hash(span, node) for span in inclusion_ranges(index, size)]


def consistency_path(old: int, new: int, node: Callable[[Node], bytes]) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of that of `new`."""
    return [range_hash(span, node) for span in consistency_ranges(old, new)]
