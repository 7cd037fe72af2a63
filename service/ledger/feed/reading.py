"""Entries from the database, by position: for who is behind what memory holds, and for other processes' facts."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from domain.audience import SHIFTING, Audience
from domain.facts import Recorded, Visibility, stream_key
from service.ledger.feed.entries import Entry, Wanted, entry_of
from service.ledger.memory import Kept
from service.ledger.refusals import LedgerRefusal, Unreadable
from service.ledger.sealing import Stored
from service.ledger.store import statement
from service.ledger.workspace import OPAQUE, Workspace

# Facts read at once, unsealed in about 5 ms; and positions looked at for them when most are of other types.
FACTS_PER_READ = 500
POSITIONS_PER_READ = 20_000
# Reads under way at once: after a restart everybody comes back, and others want connections too.
READS_MAX = 4

_FEED = statement("feed")
_FEED_OF_STREAMS = statement("feed_of_streams")
_OPEN = {Visibility.TEAM.value, Visibility.SHARED.value}

log = logging.getLogger("throughline.ledger")


class _Row(NamedTuple):
    stored: Stored
    type: str
    kind: str
    visibility: str


class Reading:
    """Reads the feed from the database, a bounded number of times at once."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(READS_MAX)

    async def entries(
        self, workspace: Workspace, wanted: Wanted, start: int, end: int, *, exact: bool = False
    ) -> tuple[list[Entry], int]:
        """Entries from `start` on and before `end`, which the workspace has followed to; and how far that was.

        Whether a guest sees a fact is only told when the answer is to be `exact`: it takes the whole stream.
        """
        async with self._turns:
            rows, following = await self._rows(workspace, wanted, start, end)
            return await _entries(workspace, rows, exact), following

    async def _rows(self, workspace: Workspace, wanted: Wanted, start: int, end: int) -> tuple[list[_Row], int]:
        if wanted.streams is None:
            end = min(end, start + POSITIONS_PER_READ)
        parameters: dict[str, Any] = {
            "workspace": workspace.workspace_id,
            "from": start,
            "to": end,
            "types": None if wanted.types is None else sorted(wanted.types | SHIFTING),
            "limit": FACTS_PER_READ,
        }
        if wanted.streams is None:
            found = await workspace.read(_FEED, parameters)
        else:
            found = await workspace.read(_FEED_OF_STREAMS, {**parameters, "streams": sorted(wanted.streams)})
        rows = [_Row(Stored(*row[:10]), *row[10:]) for row in found]
        return rows, rows[-1].stored.position + 1 if len(rows) == FACTS_PER_READ else end


async def _entries(workspace: Workspace, rows: Sequence[_Row], exact: bool) -> list[Entry]:
    """An entry a row. A fact that everybody sees needs no more than itself; others need their stream."""
    loose = [row for row in rows if row.kind != OPAQUE and workspace.kept(row.stored.stream) is None]
    await workspace.keys.know_of([row.stored for row in loose])
    alone: dict[int, Entry] = {}
    for row in loose:
        entry = None if exact else _alone(workspace, row)
        if entry is not None:
            alone[row.stored.position] = entry
    streams = {row.stored.stream for row in rows if row.kind != OPAQUE and row.stored.position not in alone}
    kept = await workspace.load(streams)
    return [alone.get(row.stored.position) or _folded(row, kept.get(row.stored.stream)) for row in rows]


def _alone(workspace: Workspace, row: _Row) -> Entry | None:
    """The entry of a fact whose audience shows in its row: of a stream that everybody sees, and seen by them itself."""
    if row.visibility not in _OPEN or row.type in SHIFTING or row.kind == "workspace":
        return None
    record = _unsealed(workspace, row)
    if record is None:
        return Entry(row.stored.position, row.stored.stream, None, None, None)
    if record.fact.visibility not in _OPEN:
        return None
    seen_by = Audience(
        record.fact.stream_id,
        team=True,
        guest=record.fact.visibility is Visibility.SHARED,
    )
    return Entry(record.position, row.stored.stream, record, seen_by, None)


def _unsealed(workspace: Workspace, row: _Row) -> Recorded | None:
    try:
        return workspace.keys.unseal(row.stored, row.kind, workspace.keys.get(row.stored.stream))
    except Unreadable as failure:
        _pass_over(row, failure)
        return None


def _folded(row: _Row, kept: Kept | LedgerRefusal | None) -> Entry:
    stored = row.stored
    if isinstance(kept, Kept) and stored.version <= kept.version:
        return entry_of(kept.records[stored.version - 1], stored.stream, kept)
    if isinstance(kept, Unreadable):
        _pass_over(row, kept)
    return Entry(stored.position, stored.stream, None, None, None)


def _pass_over(row: _Row, failure: Unreadable) -> None:
    name = stream_key(row.kind, row.stored.stream)  # type: ignore[arg-type]  # what the table admits
    log.error("the feed passes over position %d of %s: %s", row.stored.position, name, failure)
