"""The tree over the streams' ends: one root for one set of streams, and no two places for one stream."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.proof.merkle import leaf_hash, node_hash
from service.proof.streams import (
    BUCKET_BITS,
    EMPTY,
    Entry,
    bucket_of,
    bucket_root,
    entry_of,
    key_of,
    root_by_path,
    stream_path,
    streams_root,
)


def ends(count: int) -> list[Entry]:
    return sorted(
        (key_of(f"deal/{one}"), entry_of(f"deal/{one}", one + 1, leaf_hash(str(one).encode()))) for one in range(count)
    )


def in_buckets(entries: list[Entry]) -> dict[int, list[Entry]]:
    found = defaultdict(list)
    for key, entry in entries:
        found[bucket_of(key)].append((key, entry))
    return found


def roots(entries: list[Entry]) -> dict[int, bytes]:
    return {bucket: bucket_root(held) for bucket, held in in_buckets(entries).items()}


def naive(entries: list[Entry], depth: int = 0) -> bytes:
    """The tree as the documentation defines it, walked from the root by the bits as text."""
    if not entries:
        return EMPTY
    if len(entries) == 1 and depth >= BUCKET_BITS:
        return entries[0][1]
    sides: tuple[list[Entry], list[Entry]] = ([], [])
    for key, entry in entries:
        sides[int(format(int.from_bytes(key, "big"), "0256b")[depth])].append((key, entry))
    return node_hash(naive(sides[0], depth + 1), naive(sides[1], depth + 1))


def test_without_streams_the_root_is_empty() -> None:
    assert streams_root({}) == EMPTY


@given(st.integers(1, 300), st.data())
def test_every_stream_is_proven_by_its_path_and_nothing_else(count: int, data: st.DataObject) -> None:
    entries = ends(count)
    buckets = roots(entries)
    root = streams_root(buckets)
    assert root == naive(entries)
    key, entry = data.draw(st.sampled_from(entries))
    path = stream_path(key, in_buckets(entries)[bucket_of(key)], buckets)
    assert root_by_path(key, entry, path) == root
    assert root_by_path(key, entry_of("deal/other", 1, entry), path) != root
    assert root_by_path(key_of("deal/other"), entry, path) != root
    assert root_by_path(key, entry, path[: BUCKET_BITS - 1]) is None


def test_streams_that_share_a_bucket_have_longer_paths() -> None:
    entries = ends(20_000)
    buckets = roots(entries)
    held = in_buckets(entries)[7]
    assert len(held) > 1
    for key, entry in held:
        path = stream_path(key, held, buckets)
        assert len(path) > BUCKET_BITS
        assert root_by_path(key, entry, path) == streams_root(buckets)


def test_a_stream_that_is_not_there_has_no_path() -> None:
    entries = ends(3)
    key = key_of("deal/nobody")
    with pytest.raises(KeyError):
        stream_path(key, in_buckets(entries).get(bucket_of(key), []), roots(entries))
