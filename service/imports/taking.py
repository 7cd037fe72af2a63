"""Sends planned rows to the ledger, many at a time, each row whole or not at all. Shows nothing to anybody."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from uuid import UUID, uuid5

from msgspec import Struct

from domain.facts import Caller, Proposal
from domain.refusals import Refusal, StreamExists
from service.faults import StartRefusal
from service.imports.continuing import CORRECT_IT, additions
from service.imports.faults import NotTaken, RowFault
from service.imports.rows import PlannedRow
from service.imports.values import source_id
from service.ledger.asking import Appended
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import Absent, EventIdReused, Overloaded, StoreUnavailable, Unreadable

# Some five facts a row: enough for two full commits under way, and a fraction of what the ledger's queue holds.
ROWS_AT_ONCE = 96
# With the ledger's own deadline of three seconds this waits out a restart of PostgreSQL, and no more.
ATTEMPTS_MAX = 10


class Counts(Struct):
    """What became of the rows so far. `facts` counts those that this run added."""

    rows: int = 0
    opened: int = 0
    extended: int = 0
    unchanged: int = 0
    not_taken: int = 0
    facts: int = 0


def importer(workspace_id: UUID, source: str) -> Identity:
    """Who records an import: a party of its own for each source, the same in every run, so that repeats are repeats."""
    party_id = uuid5(source_id(source), f"importer\n{workspace_id}")
    return Identity(workspace_id, party_id, Caller(party_id, "service", "service"), f"import of {source}")


class Import:
    """One run over one export."""

    def __init__(
        self, ledger: Ledger, identity: Identity, roles: Collection[str], tell: Callable[[NotTaken], None]
    ) -> None:
        self.counts = Counts()
        self.stopping = False
        self._ledger = ledger
        self._identity = identity
        self._roles = roles
        self._tell = tell

    async def take(self, rows: Iterator[PlannedRow | NotTaken]) -> None:
        """Take every row, or those before `stopping` was set; what was begun is finished. Raises `StartRefusal`."""
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(ROWS_AT_ONCE):
                    group.create_task(self._work(rows))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _work(self, rows: Iterator[PlannedRow | NotTaken]) -> None:
        for row in rows:
            if isinstance(row, NotTaken):
                self._refused(row)
            else:
                await self._take(row)
            if self.stopping:
                return

    async def _take(self, row: PlannedRow) -> None:
        try:
            await self._record(row)
        except RowFault as fault:
            self._refused(NotTaken(row.line, row.key, fault.reason, fault.accepted))
        except Refusal as refusal:
            self._refused(NotTaken(row.line, row.key, refusal.detail, refusal.accepted))
        except Absent:
            reason = "The deal of this row is not visible to the import: somebody else opened it."
            self._refused(NotTaken(row.line, row.key, reason, "Another `source` in the map."))
        except EventIdReused:
            reason = "A fact of this row was recorded before by somebody else, or for another deal."
            self._refused(NotTaken(row.line, row.key, reason, CORRECT_IT))
        except Unreadable as refusal:
            reason = f"{refusal} Nothing can be added to that deal."
            self._refused(
                NotTaken(row.line, row.key, reason, "The row, once the stored fact is repaired from a backup.")
            )
        else:
            self.counts.rows += 1

    async def _record(self, row: PlannedRow) -> None:
        proposals = tuple(planned.proposal for planned in row.facts)
        try:
            appended = await self._append(row, proposals, opens=True)
        except (StreamExists, EventIdReused):
            await self._extend(row)
            return
        if not appended.replayed:
            self.counts.opened += 1
            self.counts.facts += len(proposals)
        elif appended.stream_version > len(proposals):
            await self._extend(row)  # there is more on the stream, and it may be what the row no longer says
        else:
            self.counts.unchanged += 1

    async def _extend(self, row: PlannedRow) -> None:
        known = await self._ledger.history(self._identity, row.stream_id)
        added = additions(row, known.records, self._roles)
        if not added:
            self.counts.unchanged += 1
            return
        await self._append(row, added, opens=False)
        self.counts.extended += 1
        self.counts.facts += len(added)

    async def _append(self, row: PlannedRow, proposals: tuple[Proposal, ...], *, opens: bool) -> Appended:
        for attempt in range(ATTEMPTS_MAX):
            try:
                return await self._ledger.append(self._identity, row.stream_id, proposals, opens=opens)
            except (Overloaded, StoreUnavailable) as refusal:
                if attempt + 1 == ATTEMPTS_MAX:
                    raise StartRefusal(
                        f"PostgreSQL did not answer {ATTEMPTS_MAX} times in a row, last for line {row.line}: run the "
                        "same command again when it does; what was taken is not taken twice."
                    ) from refusal
                await asyncio.sleep(refusal.retry_after_s)
        raise AssertionError("the loop returns or raises")

    def _refused(self, row: NotTaken) -> None:
        self.counts.rows += 1
        self.counts.not_taken += 1
        self._tell(row)
