"""The tree over where each stream ends, keyed by stream: proves that a stream's last fact was not left out. Pure.

A stream's key is SHA-256 of its name, its bits (the highest first) are its way from the root: 0 is left, 1 is right. A
subtree without streams is `EMPTY`; below the buckets one with a single stream is that stream's entry. So each stream
has one place, and the tree follows from its streams alone, in whatever order they came. Keys are hashed so that nobody
who chooses ids can unbalance it, and so that the streams beside the way stay unnamed.

What is kept is the root of each bucket, the streams that share their first 12 bits: to change some streams costs
reading their buckets again and hashing the 4,096 bucket roots together, some milliseconds up to 100,000 streams.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from service.proof.merkle import HASH_BYTES, leaf_hash, node_hash

BUCKET_BITS = 12
KEY_BITS = 256
EMPTY = bytes(HASH_BYTES)

Entry = tuple[bytes, bytes]
"""A stream's key and the hash of where it ends."""


def key_of(stream_id: str) -> bytes:
    """Where a stream such as `deal/0190…` is in the tree: 32 bytes."""
    return sha256(stream_id.encode()).digest()


def entry_of(stream_id: str, version: int, last_leaf: bytes) -> bytes:
    """The hash of where a stream ends: its RFC 8785 form as a leaf."""
    text = f'{{"last_leaf":"{last_leaf.hex()}","stream_id":"{stream_id}","version":{version}}}'
    return leaf_hash(text.encode())


def bucket_of(key: bytes) -> int:
    """The bucket that a key falls into."""
    return int.from_bytes(key[:2], "big") >> 16 - BUCKET_BITS


def bucket_root(entries: Sequence[Entry], depth: int = BUCKET_BITS) -> bytes:
    """The root over the entries of one subtree, sorted by key, which share their first `depth` bits."""
    if len(entries) < 2:
        return entries[0][1] if entries else EMPTY
    left, right = _halves(entries, depth)
    return node_hash(bucket_root(left, depth + 1), bucket_root(right, depth + 1))


def streams_root(buckets: Mapping[int, bytes]) -> bytes:
    """The root of the whole tree over the buckets that hold something."""
    return _rows(buckets)[-1].get(0, EMPTY)


def stream_path(key: bytes, bucket: Sequence[Entry], buckets: Mapping[int, bytes]) -> list[bytes]:
    """The subtrees beside the way from a stream that is in `bucket` (sorted by key) to the root, the lowest first."""
    path: list[bytes] = []
    entries, depth = bucket, BUCKET_BITS
    while len(entries) > 1:
        halves = _halves(entries, depth)
        side = _bit(key, depth)
        path.append(bucket_root(halves[1 - side], depth + 1))
        entries, depth = halves[side], depth + 1
    if [key] != [one for one, _ in entries]:
        raise KeyError(key.hex())
    path.reverse()
    index = bucket_of(key)
    for row in _rows(buckets)[:-1]:
        path.append(row.get(index ^ 1, EMPTY))
        index >>= 1
    return path


def root_by_path(key: bytes, entry: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to from a stream's entry; None when the path has an impossible length."""
    if not BUCKET_BITS <= len(path) <= KEY_BITS:
        return None
    root = entry
    for depth, sibling in zip(range(len(path) - 1, -1, -1), path, strict=True):
        root = node_hash(sibling, root) if _bit(key, depth) else node_hash(root, sibling)
    return root


def _rows(buckets: Mapping[int, bytes]) -> list[dict[int, bytes]]:
    """The nodes that are not empty, from the buckets up to the root."""
    rows = [dict(buckets)]
    for _ in range(BUCKET_BITS):
        below = rows[-1]
        parents = {index >> 1 for index in below}
        rows.append({one: node_hash(below.get(2 * one, EMPTY), below.get(2 * one + 1, EMPTY)) for one in parents})
    return rows


def _halves(entries: Sequence[Entry], depth: int) -> tuple[Sequence[Entry], Sequence[Entry]]:
    middle = next((index for index, (key, _) in enumerate(entries) if _bit(key, depth)), len(entries))
    return entries[:middle], entries[middle:]


def _bit(key: bytes, depth: int) -> int:
    return key[depth >> 3] >> 7 - (depth & 7) & 1
