"""One workspace's log, held against what it promises: dense positions, chained leaves, a signed tree over them.

Everything is computed anew from what is stored; with `deep` from every fact, else from the newest and what is signed. A
piece of the log is held in memory at a time, however long it is.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg

from domain.facts import stream_key
from service.doctor.finding import TAMPERED, Finding, fault, ok
from service.doctor.signed import SignedTree, signed_tree
from service.ledger.canonical import digest
from service.ledger.store import statement
from service.proof.leaf import leaf_of, leaf_text

Connection = psycopg.Connection[Any]

# Without --deep: some seconds of work.
NEWEST_FACTS = 10_000
FACTS_PER_READ = 2_048

_LINKS = statement("doctor_links")
_ENDS = statement("doctor_ends")


class Broken(Exception):
    """The facts themselves are not what they should be, from some position on."""


def log(connection: Connection, workspace: UUID, size: int, *, deep: bool) -> Iterator[Finding]:
    """The facts and the signatures of one workspace of `size` facts."""
    where = f"Of workspace {workspace}: "
    start = 0 if deep else max(0, size - NEWEST_FACTS)
    tree = signed_tree(connection, workspace, size, start, deep=deep)
    try:
        for position, leaves in _pieces(connection, workspace, start, size):
            if isinstance(tree, SignedTree):
                tree.take(position, leaves)
        yield ok("log", f"{where}{size - start} of {size} facts are dense, chained and as their leaves say.")
    except Broken as flaw:
        yield fault("log", f"{where}{flaw}", TAMPERED)
    ends = connection.execute(_ENDS.encode(), {"workspace": workspace}).fetchall()
    if ends:
        said = f"{where}{len(ends)} streams do not end where their rows say, first {ends[0][0]}."
        yield fault("log", said, TAMPERED)
    yield tree.finding(where) if isinstance(tree, SignedTree) else tree


def _pieces(connection: Connection, workspace: UUID, start: int, size: int) -> Iterator[tuple[int, list[bytes]]]:
    """The leaves from position `start` on, piece by piece. Raises `Broken` at the first fact that is not right."""
    while start < size:
        end = min(size, start + FACTS_PER_READ)
        rows = connection.execute(_LINKS.encode(), {"workspace": workspace, "from": start, "to": end}).fetchall()
        for expected, row in enumerate(rows, start=start):
            _demand_right(row, expected)
        if start + len(rows) < end:
            raise Broken(f"there is no fact at position {start + len(rows)}, and the log goes on to {size}.")
        yield start, [row[8] for row in rows]
        start = end


def _demand_right(row: tuple[Any, ...], expected: int) -> None:
    position, stream, kind, version, recorded_at, envelope, structure, words, leaf, before = row
    if position != expected:
        raise Broken(f"there is no fact at position {expected}.")
    if kind is None or (before is None) != (version == 1):
        raise Broken(f"the fact at position {position} does not follow on another of its stream.")
    text = leaf_text(stream_key(kind, stream), version, before or b"", recorded_at, digest(envelope), structure, words)
    if leaf_of(text) != leaf:
        raise Broken(f"the fact at position {position} is not what its leaf says.")
