"""One workspace's log, held against what it promises: dense positions, chained leaves, a signed tree over them.

Everything is computed anew from what is stored; with `deep` from every fact, else from the newest and what is signed.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
from msgspec import Struct

from domain.facts import stream_key
from service.doctor.finding import Finding, fault, ok, warning
from service.ledger.canonical import digest
from service.ledger.store import statement
from service.proof.checkpoint import Checkpoint, origin_of
from service.proof.leaf import leaf_of, leaf_text
from service.proof.note import NotSigned, VerifierKey, open_note
from service.proof.tiles import LEVELS_MAX, WIDTH_BITS, Edge, pyramid, split

Connection = psycopg.Connection[Any]

# Without --deep: some seconds of work.
NEWEST_FACTS = 10_000
FACTS_PER_READ = 2_000
TAMPERED = (
    "Somebody changed the database behind the service. Keep it as it is, compare with a backup and with bundles that "
    "were exported, and restore the last backup that `throughline doctor --deep` finds well."
)

_LINKS = statement("doctor_links")
_ENDS = statement("doctor_ends")
_TREE = statement("tree")
_TREE_HEADS = statement("doctor_tree_heads")
_LOG_KEYS = statement("log_keys")
_EDGE_ROOTS = statement("edge_roots")
_TILES = statement("tiles")


class Looked(Struct):
    """What was seen of the facts: their leaves from `start` on, and what is wrong with them, first."""

    start: int
    leaves: list[bytes]
    wrong: str | None = None


def log(connection: Connection, workspace: UUID, size: int, *, deep: bool) -> Iterator[Finding]:
    """The facts and the signatures of one workspace of `size` facts."""
    looked = facts(connection, workspace, max(0, size - (size if deep else NEWEST_FACTS)), size)
    where = f"Of workspace {workspace}: "
    if looked.wrong:
        yield fault("log", where + looked.wrong, TAMPERED)
    else:
        yield ok("log", f"{where}{len(looked.leaves)} of {size} facts are dense, chained and as their leaves say.")
    ends = connection.execute(_ENDS.encode(), {"workspace": workspace}).fetchall()
    if ends:
        said = f"{where}{len(ends)} streams do not end where their rows say, first {ends[0][0]}."
        yield fault("log", said, TAMPERED)
    yield signed(connection, workspace, size, looked, deep=deep)


def facts(connection: Connection, workspace: UUID, start: int, size: int) -> Looked:
    """Look at the facts from position `start` on."""
    looked = Looked(start, [])
    while start + len(looked.leaves) < size:
        position = start + len(looked.leaves)
        end = min(size, position + FACTS_PER_READ)
        question = {"workspace": workspace, "from": position, "to": end}
        rows = connection.execute(_LINKS.encode(), question).fetchall()
        for row in rows:
            if wrong := _wrong(row, start + len(looked.leaves)):
                looked.wrong = wrong
                return looked
            looked.leaves.append(row[8])
        if len(looked.leaves) + start < end:
            looked.wrong = f"there is no fact at position {start + len(looked.leaves)}, and the log goes on to {size}."
            return looked
    return looked


def _wrong(row: tuple[Any, ...], expected: int) -> str | None:
    position, stream, kind, version, recorded_at, envelope, structure, words, leaf, before = row
    if position != expected:
        return f"there is no fact at position {expected}."
    if kind is None or (before is None) != (version == 1):
        return f"the fact at position {position} does not follow on another of its stream."
    text = leaf_text(stream_key(kind, stream), version, before or b"", recorded_at, digest(envelope), structure, words)
    if leaf_of(text) != leaf:
        return f"the fact at position {position} is not what its leaf says."
    return None


def signed(connection: Connection, workspace: UUID, size: int, looked: Looked, *, deep: bool) -> Finding:
    """The newest checkpoint (with `deep` every one) against the keys, the stored tree and the leaves."""
    where = f"Of workspace {workspace}: "
    question: dict[str, Any] = {"workspace": workspace}
    heads = connection.execute(_TREE_HEADS.encode(), question | {"limit": None if deep else 1}).fetchall()
    if not heads:
        if size == 0:
            return ok("checkpoints", f"{where}there is nothing to sign yet.")
        return warning(
            "checkpoints", f"{where}nothing is signed yet.", "The service signs within seconds of its start."
        )
    origin = origin_of(workspace)
    keys = [VerifierKey(origin, row[1]) for row in connection.execute(_LOG_KEYS.encode(), question)]
    roots = {}
    for head_size, root, note in heads:
        if wrong := _signature(note, keys, origin, head_size, root):
            return fault("checkpoints", f"{where}the one at {head_size} facts {wrong}.", TAMPERED)
        roots[head_size] = root
    newest = heads[0][0]
    if newest > size:
        said = f"{where}{newest} facts were signed for, and the log has {size}."
        return fault("checkpoints", said, "Facts are lost: restore the newest backup. " + TAMPERED)
    wrong = _tree(connection, question, newest, roots[newest], looked)
    if wrong is None and looked.start == 0 and not looked.wrong:
        wrong = _history(looked.leaves, roots)
    if wrong is not None:
        return fault("checkpoints", f"{where}{wrong}.", TAMPERED)
    many = f"all {len(heads)} are" if deep else "the newest is"
    return ok("checkpoints", f"{where}{many} signed and fit the facts, up to {newest} of {size}.")


def _signature(note: str, keys: list[VerifierKey], origin: str, size: int, root: bytes) -> str | None:
    try:
        text, _ = open_note(note, keys)
        checkpoint = Checkpoint.parse(text)
    except (NotSigned, ValueError) as flaw:
        return f"is not signed: {flaw}"
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != (origin, size, root):
        return "signs another size or root than its row says"
    return None


def _tree(connection: Connection, question: dict[str, Any], newest: int, root: bytes, looked: Looked) -> str | None:
    """The tree as it is stored against the newest root, and against the leaves that were looked at."""
    trees = connection.execute(_TREE.encode(), question).fetchall()
    size, edge = trees[0] if trees else (0, b"")
    if size != newest:
        return f"the tree has {size} leaves, and the newest checkpoint {newest}"
    levels = list(range(LEVELS_MAX))
    first = [size >> WIDTH_BITS * (level + 2) << WIDTH_BITS for level in levels]
    hashes: list[list[bytes]] = [split(edge), *([] for _ in levels)]
    for level, above in connection.execute(_EDGE_ROOTS.encode(), question | {"levels": levels, "from": first}):
        hashes[level + 1].append(above)
    try:
        if Edge(size, hashes).root() != root:
            return "the stored tree has another root than was signed"
    except ValueError:
        return "the stored tree has holes"
    return _leaves(connection, question, size, split(edge), looked)


def _leaves(
    connection: Connection, question: dict[str, Any], size: int, edge: list[bytes], looked: Looked
) -> str | None:
    tiles = range(looked.start >> WIDTH_BITS, size >> WIDTH_BITS)
    asked = question | {"levels": [0] * len(tiles), "numbers": list(tiles)}
    found = {number: split(one) for _, number, one in connection.execute(_TILES.encode(), asked)}
    for position, leaf in enumerate(looked.leaves[: max(0, size - looked.start)], start=looked.start):
        number, index = divmod(position, 1 << WIDTH_BITS)
        tile = edge if number == size >> WIDTH_BITS else found.get(number)
        if tile is None:
            return f"tile {number} of the tree is missing"
        if tile[index] != leaf:
            return f"the fact at position {position} is not the one that was signed for"
    stored = dict(_roots(connection, question, list(tiles)))
    for number, one in found.items():
        if pyramid(one)[WIDTH_BITS][0] != stored.get(number):
            return f"tile {number} of the tree does not have the root that it is stored with"
    return None


def _roots(connection: Connection, question: dict[str, Any], numbers: list[int]) -> Iterator[tuple[int, bytes]]:
    asked = question | {"numbers": numbers}
    yield from connection.execute(statement("doctor_tile_roots").encode(), asked)


def _history(leaves: list[bytes], roots: dict[int, bytes]) -> str | None:
    """Every checkpoint's root, computed from the facts alone."""
    edge, done = Edge(0, []), 0
    for size in sorted(roots):
        edge.grow(leaves[done:size])
        done = size
        if edge.root() != roots[size]:
            return f"the checkpoint at {size} facts is not over these facts"
    return None
