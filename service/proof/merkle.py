"""The Merkle tree of a log, as RFC 9162 (section 2.1) defines it: roots, paths, and how they are checked. Pure.

A tree of `size` leaves is spoken of in ranges: `(start, end)` is the subtree over the leaves from start up to end.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256().digest()
"""The root of a tree without leaves."""

Range = tuple[int, int]
Node = tuple[int, int]
"""Height and index of a complete subtree: the leaves from `index << height`, `1 << height` of them."""


def leaf_hash(content: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's content."""
    return sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and the two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over leaf hashes, in memory that grows with the logarithm of their number."""
    peaks = Peaks()
    for leaf in leaves:
        peaks.add(leaf)
    return peaks.root()


class Peaks:
    """The complete subtrees of a growing tree, highest first: all that its root depends on."""

    def __init__(self) -> None:
        self.size = 0
        self._hashes: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        """Grow by one leaf hash."""
        self._hashes.append(leaf)
        self.size += 1
        whole = self.size
        while not whole & 1:
            right = self._hashes.pop()
            self._hashes[-1] = node_hash(self._hashes[-1], right)
            whole >>= 1

    def root(self) -> bytes:
        """The root now."""
        return folded(self._hashes)


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees given from the left, each higher than the next."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def peaks_of(start: int, end: int) -> list[Node]:
    """The complete subtrees of a range that begins where a subtree of its size may begin, from the left."""
    nodes = []
    while start < end:
        height = (end - start).bit_length() - 1
        nodes.append((height, start >> height))
        start += 1 << height
    return nodes


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The subtrees beside the way from leaf `index` to the root of `size` leaves, the lowest first (2.1.3.1)."""
    start, end = 0, size
    ranges = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The subtrees that show that the first `old` leaves of `new` have not changed, the lowest first (2.1.4.1)."""
    if old in (0, new):
        return []
    start, end, is_old_root = 0, new, True
    ranges = []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, is_old_root = middle, False
    if not is_old_root:
        ranges.append((start, end))
    return ranges[::-1]


def range_hash(span: Range, node: Callable[[Node], bytes]) -> bytes:
    """The hash of one such subtree, from those of complete ones."""
    return folded([node(peak) for peak in peaks_of(*span)])


def root_by_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that `path` leads to from a leaf hash; None when the path has the wrong length (2.1.3.2)."""
    ranges = inclusion_ranges(index, size) if 0 <= index < size else None
    if ranges is None or len(ranges) != len(path):
        return None
    root = leaf
    for (start, _), sibling in zip(ranges, path, strict=True):
        root = node_hash(sibling, root) if start < index else node_hash(root, sibling)
    return root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the tree of `old` leaves is the beginning of that of `new` (2.1.4.2)."""
    if not 0 <= old <= new or (old == 0 and old_root != EMPTY_ROOT):
        return False
    if old in (0, new):
        return not path and (old == 0 or old_root == new_root)
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not hashes:
        return False
    first, last = old - 1, new - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    of_old = of_new = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if first & 1 or first == last:
            of_old, of_new = node_hash(sibling, of_old), node_hash(sibling, of_new)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            of_new = node_hash(of_new, sibling)
        first, last = first >> 1, last >> 1
    return last == 0 and of_old == old_root and of_new == new_root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)
