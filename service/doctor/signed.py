"""What was signed of one workspace's log: checkpoints against keys and the stored tree, and leaves against both."""

from typing import Any
from uuid import UUID

import psycopg

from service.doctor.finding import TAMPERED, Finding, fault, ok, warning
from service.ledger.store import statement
from service.proof.checkpoint import Checkpoint, origin_of
from service.proof.note import NotSigned, VerifierKey, open_note
from service.proof.tiles import LEVELS_MAX, WIDTH, WIDTH_BITS, Edge, pyramid, split

Connection = psycopg.Connection[Any]

_TREE = statement("tree")
_TREE_HEADS = statement("doctor_tree_heads")
_LOG_KEYS = statement("log_keys")
_EDGE_ROOTS = statement("edge_roots")
_TILES = statement("doctor_tiles")


class SignedTree:
    """The signed tree of a log of `size` facts. Leaves are given to `take` in order from `start` on."""

    def __init__(self, connection: Connection, workspace: UUID, size: int, start: int, roots: dict[int, bytes]) -> None:
        self.wrong: str | None = None
        self._connection = connection
        self._question: dict[str, Any] = {"workspace": workspace}
        self._log_size = size
        self._roots = roots
        self._size = max(roots)
        self._edge: list[bytes] = []
        # From the first fact on every root is computed anew; from a later one on there is no root to compute.
        self._anew = Edge(0, []) if start == 0 else None
        self._due = sorted(roots)
        self._look_at_stored()

    def finding(self, where: str) -> Finding:
        """What is wrong first, or that all is well."""
        if self.wrong is not None:
            return fault("checkpoints", f"{where}{self.wrong}.", TAMPERED)
        number = len(self._roots)
        many = f"all {number} are signed and fit" if number > 1 else "the newest is signed and fits"
        said = f"{where}{many} the facts, up to {self._size} of {self._log_size}."
        return ok("checkpoints", said)

    def take(self, position: int, leaves: list[bytes]) -> None:
        """Hold the leaves at `position` and after it against the stored tiles, and their tree against the roots."""
        leaves = leaves[: max(0, self._size - position)]
        if self.wrong is None and leaves:
            self._compare(position, leaves)
        if self.wrong is None and self._anew is not None:
            self._grow(self._anew, leaves)

    def _look_at_stored(self) -> None:
        trees = self._connection.execute(_TREE.encode(), self._question).fetchall()
        size, edge = trees[0] if trees else (0, b"")
        if size != self._size:
            self.wrong = f"the tree has {size} leaves, and the newest checkpoint {self._size}"
            return
        self._edge = split(edge)
        levels = list(range(LEVELS_MAX))
        first = [size >> WIDTH_BITS * (level + 2) << WIDTH_BITS for level in levels]
        hashes: list[list[bytes]] = [self._edge, *([] for _ in levels)]
        asked = self._question | {"levels": levels, "from": first}
        for level, root in self._connection.execute(_EDGE_ROOTS.encode(), asked):
            hashes[level + 1].append(root)
        try:
            if Edge(size, hashes).root() != self._roots[size]:
                self.wrong = "the stored tree has another root than was signed"
        except ValueError:
            self.wrong = "the stored tree has holes"

    def _compare(self, position: int, leaves: list[bytes]) -> None:
        full = self._size >> WIDTH_BITS
        last = (position + len(leaves) - 1) >> WIDTH_BITS
        numbers = [number for number in range(position >> WIDTH_BITS, last + 1) if number < full]
        tiles = {full: self._edge}
        for number, hashes, root in self._connection.execute(_TILES.encode(), self._question | {"numbers": numbers}):
            tiles[number] = split(hashes)
            if len(tiles[number]) != WIDTH or pyramid(tiles[number])[WIDTH_BITS][0] != root:
                self.wrong = f"tile {number} of the tree does not have the root that it is stored with"
        for place, leaf in enumerate(leaves, start=position):
            number, index = divmod(place, WIDTH)
            if number not in tiles:
                self.wrong = f"tile {number} of the tree is missing"
                return
            if tiles[number][index] != leaf:
                self.wrong = f"the fact at position {place} is not the one that was signed for"
                return

    def _grow(self, tree: Edge, leaves: list[bytes]) -> None:
        done = 0
        end = tree.size + len(leaves)
        while self._due and self._due[0] <= end:
            size = self._due.pop(0)
            taken = size - tree.size
            tree.grow(leaves[done : done + taken])
            done += taken
            if tree.root() != self._roots[size]:
                self.wrong = f"the checkpoint at {size} facts is not over these facts"
                return
        tree.grow(leaves[done:])


def signed_tree(connection: Connection, workspace: UUID, size: int, start: int, *, deep: bool) -> SignedTree | Finding:
    """The tree of the newest checkpoint (with `deep` of every one), or what is to be said instead."""
    where = f"Of workspace {workspace}: "
    question: dict[str, Any] = {"workspace": workspace}
    heads = connection.execute(_TREE_HEADS.encode(), question | {"limit": None if deep else 1}).fetchall()
    if not heads:
        if size == 0:
            return ok("checkpoints", f"{where}there is nothing to sign yet.")
        remedy = "The service signs within seconds of its start."
        return warning("checkpoints", f"{where}nothing is signed yet.", remedy)
    origin = origin_of(workspace)
    keys = [VerifierKey(origin, row[1]) for row in connection.execute(_LOG_KEYS.encode(), question)]
    roots: dict[int, bytes] = {}
    for head_size, root, note in heads:
        if wrong := _signature(note, keys, origin, head_size, root):
            return fault("checkpoints", f"{where}the one at {head_size} facts {wrong}.", TAMPERED)
        roots[head_size] = root
    if max(roots) > size:
        said = f"{where}{max(roots)} facts were signed for, and the log has {size}."
        return fault("checkpoints", said, "Facts are lost: restore the newest backup. " + TAMPERED)
    return SignedTree(connection, workspace, size, start, roots)


def _signature(note: str, keys: list[VerifierKey], origin: str, size: int, root: bytes) -> str | None:
    try:
        text, _ = open_note(note, keys)
        checkpoint = Checkpoint.parse(text)
    except (NotSigned, ValueError) as flaw:
        return f"is not signed: {flaw}"
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != (origin, size, root):
        return "signs another size or root than its row says"
    return None
