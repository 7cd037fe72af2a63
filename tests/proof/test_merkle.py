"""The tree against Certificate Transparency's published vectors, and against the definition, written out naively."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.proof.merkle import (
    EMPTY_ROOT,
    Node,
    consistency_ranges,
    inclusion_ranges,
    is_consistent,
    leaf_hash,
    range_hash,
    root_by_inclusion,
    root_of,
)
from service.proof.tiles import Edge, Nodes, consistency_path, inclusion_path, split, tiles_for

# Certificate Transparency's reference tree: the contents of its eight leaves, and the root after each of them.
CONTENTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf index, tree size): the published path.
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
PUBLISHED = [leaf_hash(bytes.fromhex(content)) for content in CONTENTS]


def made(count: int) -> list[bytes]:
    return [leaf_hash(str(index).encode()) for index in range(count)]


# The definition (RFC 9162, 2.1.1 to 2.1.4) as it stands there, recursive and slow.


def naive_root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = naive_split(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


def naive_split(count: int) -> int:
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def naive_path(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    half = naive_split(len(leaves))
    if index < half:
        return [*naive_path(index, leaves[:half]), naive_root(leaves[half:])]
    return [*naive_path(index - half, leaves[half:]), naive_root(leaves[:half])]


def naive_proof(old: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    if old == len(leaves):
        return [] if whole else [naive_root(leaves)]
    half = naive_split(len(leaves))
    if old <= half:
        return [*naive_proof(old, leaves[:half], whole=whole), naive_root(leaves[half:])]
    return [*naive_proof(old - half, leaves[half:], whole=False), naive_root(leaves[:half])]


class Grown:
    """A tree that was grown in steps, whose nodes are read from its tiles and its edge alone."""

    def __init__(self, leaves: Sequence[bytes], step: int) -> None:
        self.edge = Edge(0, [])
        self.tiles = []
        for start in range(0, len(leaves), step):
            self.tiles += self.edge.grow(leaves[start : start + step])
        self.nodes = Nodes()
        for tile in self.tiles:
            self.nodes.give((tile.level, tile.number), split(tile.hashes))
        for level, hashes in enumerate(self.edge.levels):
            if hashes:
                self.nodes.give((level, self.edge.size >> 8 * (level + 1)), hashes)

    def node(self, node: Node) -> bytes:
        return self.nodes.node(node)


def test_the_published_roots() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, root in enumerate(ROOTS, 1):
        assert root_of(PUBLISHED[:size]).hex() == root
        assert Edge(0, []).root() == EMPTY_ROOT
        edge = Edge(0, [])
        edge.grow(PUBLISHED[:size])
        assert edge.root().hex() == root


@pytest.mark.parametrize("place", INCLUSION)
def test_the_published_inclusion_paths(place: tuple[int, int]) -> None:
    index, size = place
    path = inclusion_path(index, size, Grown(PUBLISHED, 3).node)
    assert [one.hex() for one in path] == INCLUSION[place]
    assert root_by_inclusion(index, size, PUBLISHED[index], path) == bytes.fromhex(ROOTS[size - 1])


@pytest.mark.parametrize("sizes", CONSISTENCY)
def test_the_published_consistency_proofs(sizes: tuple[int, int]) -> None:
    old, new = sizes
    path = consistency_path(old, new, Grown(PUBLISHED, 3).node)
    assert [one.hex() for one in path] == CONSISTENCY[sizes]
    assert is_consistent(old, new, bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[new - 1]), path)


@given(st.integers(1, 700), st.integers(1, 300), st.data())
def test_any_proof_from_tiles_is_the_one_of_the_definition(count: int, step: int, data: st.DataObject) -> None:
    leaves = made(count)
    grown = Grown(leaves, step)
    assert grown.edge.root() == naive_root(leaves) == root_of(leaves)
    size = data.draw(st.integers(1, count))
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, grown.node)
    assert path == naive_path(index, leaves[:size])
    assert root_by_inclusion(index, size, leaves[index], path) == naive_root(leaves[:size])
    old = data.draw(st.integers(1, size))
    proof = consistency_path(old, size, grown.node)
    assert proof == naive_proof(old, leaves[:size])
    assert is_consistent(old, size, naive_root(leaves[:old]), naive_root(leaves[:size]), proof)
    assert tiles_for(inclusion_ranges(index, size) + consistency_ranges(old, size)) <= set(grown.nodes._rows)


@given(st.integers(2, 60), st.data())
def test_a_proof_of_something_else_is_refused(size: int, data: st.DataObject) -> None:
    leaves = made(size)
    node = Grown(leaves, size).node
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, node)
    root = naive_root(leaves)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: one != index))
    assert root_by_inclusion(index, size, leaves[other], path) != root
    assert root_by_inclusion(index, size, leaves[index], path[:-1]) is None
    assert root_by_inclusion(size, size, leaves[index], path) is None
    old = data.draw(st.integers(1, size - 1))
    proof = consistency_path(old, size, node)
    assert not is_consistent(old, size, naive_root(leaves[1 : old + 1]), root, proof)
    assert not is_consistent(old, size, naive_root(leaves[:old]), naive_root(leaves[::-1]), proof)
    assert not is_consistent(old, size, naive_root(leaves[:old]), root, [*proof, root])
    assert not is_consistent(old, size, naive_root(leaves[:old]), root, proof[:-1])
    assert not is_consistent(size, old, root, naive_root(leaves[:old]), proof)


def test_a_tree_that_grew_over_several_levels_of_tiles() -> None:
    leaves = made(70_000)
    grown = Grown(leaves, 9_999)
    # The example of the tiles' specification: 273 full tiles and 112 hashes, one full and 17, and one.
    assert [len(level) for level in grown.edge.levels] == [112, 17, 1]
    assert sorted({(tile.level, tile.number) for tile in grown.tiles})[-3:] == [(0, 271), (0, 272), (1, 0)]
    root = grown.edge.root()
    assert root == root_of(leaves)
    for index in (0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999):
        path = inclusion_path(index, 70_000, grown.node)
        assert root_by_inclusion(index, 70_000, leaves[index], path) == root
    for old in (1, 256, 65_536, 65_537, 69_999):
        proof = consistency_path(old, 70_000, grown.node)
        assert is_consistent(old, 70_000, root_of(leaves[:old]), root, proof)


def test_an_edge_that_does_not_fit_its_size_is_refused() -> None:
    with pytest.raises(ValueError, match="a tree of 3 leaves has another edge at level 0"):
        Edge(3, [made(2)])


def test_a_ragged_range_is_folded_from_the_right() -> None:
    leaves = made(7)
    assert range_hash((4, 7), Grown(leaves, 7).node) == naive_root(leaves[4:])
