"""Doing an erasure: in one transaction, while nobody else can append to the workspace.

The facts that say it are appended, `erase_content` destroys what they name, the journal outside the database takes
note, and then all of it commits.
"""

import logging
from datetime import datetime
from uuid import UUID

import psycopg

from domain.facts import Actor, Caller
from domain.history import may_know
from service.clock import Clock
from service.ids import new_id
from service.ledger.append import append
from service.ledger.commits import inside
from service.ledger.erasing.asked import FACTS_NAMED_MAX, Erased, Lost, Planned, Wanted
from service.ledger.erasing.journal import Entry, ErasureJournal
from service.ledger.erasing.reach import Reach, Reaching
from service.ledger.erasing.saying import said
from service.ledger.keys import Ciphers
from service.ledger.listing import ListRows
from service.ledger.memory import Kept
from service.ledger.refusals import EventIdReused, LedgerRefusal, NothingToErase, StoreUnavailable
from service.ledger.store import Store, call, statement
from service.ledger.workspace import Connection, Workspace

# One erasure of a party on ten thousand streams is done within this; meanwhile the workspace's other writes wait, and
# are told to try again after the usual seconds.
ERASING_S = 60

log = logging.getLogger("throughline.ledger")

_HOLD = statement("hold")
_ERASE = statement("erase")


class Erasures:
    """Does erasures in the workspaces of one process's ledger."""

    def __init__(
        self, store: Store, ciphers: Ciphers, rows: ListRows, clock: Clock, journal: ErasureJournal | None
    ) -> None:
        self._store = store
        self._reaching = Reaching(store)
        self._ciphers = ciphers
        self._rows = rows
        self._clock = clock
        self._journal = journal

    async def plan(self, workspace: Workspace, caller: Caller, wanted: Wanted) -> Planned:
        """What an erasure would reach now. Raises `Absent` or `NothingToErase`."""
        await workspace.follow()
        reach = await self._reaching.of(workspace, wanted, None, (0, workspace.position))
        seen, hidden = [], 0
        event_ids: list[UUID] = []
        for stream, kept in (await self._reaching.loaded(workspace, reach, None)).items():
            if not may_know(caller, kept.stream):
                hidden += reach.facts[stream]
                continue
            seen.append(Lost(kept.stream.stream_id, reach.facts[stream]))
            if wanted.scope == "event":
                event_ids += reach.events
            elif wanted.scope == "stream":
                event_ids += [record.fact.event_id for record in kept.records]
        return Planned(seen, sum(reach.facts.values()), hidden, event_ids[:FACTS_NAMED_MAX])

    async def erase(self, workspace: Workspace, by: Actor, wanted: Wanted, again: Entry | None = None) -> Erased:
        """Destroy the content, and return once that is committed. With `again`, an entry of the journal, no more than
        what it names.

        Raises `Absent`, `NothingToErase`, `EventIdReused` or `StoreUnavailable`.
        """
        await workspace.follow()
        before = workspace.position
        reach = await self._sought(workspace, wanted, again, before)
        if isinstance(reach, Erased):
            return reach
        await self._reaching.loaded(workspace, reach, None)
        try:
            async with self._store.connection(ERASING_S, writing=True) as connection, connection.transaction():
                erased = await self._erase_holding(workspace, by, wanted, again, reach, before, connection)
        except psycopg.errors.UniqueViolation:  # the key of its own is named after the event, as a stream's after it
            self._ciphers.forget(workspace.workspace_id)
            if wanted.event_id is None:
                raise
            raise EventIdReused(wanted.event_id) from None
        except BaseException:
            self._ciphers.forget(workspace.workspace_id)  # keys made for facts that are not recorded
            raise
        await workspace.follow()
        return erased

    async def _erase_holding(
        self,
        workspace: Workspace,
        by: Actor,
        wanted: Wanted,
        again: Entry | None,
        reach: Reach,
        looked_to: int,
        connection: Connection,
    ) -> Erased:
        """The same while nobody else can append. `reach` is what was found below the position `looked_to`."""
        await connection.execute(f"SET LOCAL statement_timeout = '{ERASING_S}s'")
        head: int = (await call(connection, _HOLD, {"workspace": workspace.workspace_id}))[0][0]
        await workspace.follow_to(head, connection)
        settled = await self._reaching.settled(workspace, wanted, connection)
        if settled is not None and settled.event_id == wanted.event_id:
            return settled
        try:
            keys = await self._reaching.keys(workspace, wanted, again, connection) if wanted.scope == "party" else None
            if keys == reach.keys:
                more = await self._reaching.words(workspace, keys, connection, (looked_to, head))
                reach.facts += more.facts
                reach.kinds |= more.kinds
            else:
                reach = await self._reaching.of(workspace, wanted, again, (0, head), connection)
        except NothingToErase:
            if settled is None:
                raise
            return settled
        return await self._erase(workspace, by, wanted, reach, connection, again)

    async def _sought(self, workspace: Workspace, wanted: Wanted, again: Entry | None, head: int) -> Reach | Erased:
        """How far it reaches; or what was done before, when that was asked already or nothing is left."""
        settled = await self._reaching.settled(workspace, wanted)
        if settled is not None and settled.event_id == wanted.event_id:
            return settled
        try:
            return await self._reaching.of(workspace, wanted, again, (0, head))
        except NothingToErase:
            if settled is None:
                raise
            return settled

    # -- doing it

    async def _erase(
        self,
        workspace: Workspace,
        by: Actor,
        wanted: Wanted,
        reach: Reach,
        connection: Connection,
        again: Entry | None,
    ) -> Erased:
        at = self._clock.now()
        event_id = wanted.event_id or new_id(at)
        streams = await self._reaching.loaded(workspace, reach, connection)
        home: Kept | LedgerRefusal | None = None
        if wanted.scope == "party":
            home = (await workspace.load([workspace.workspace_id], connection)).get(workspace.workspace_id)
        if isinstance(home, LedgerRefusal):
            raise home
        group = said(wanted, reach, streams, (workspace.workspace_id, home), event_id, by, at)
        alone = [event_id] if wanted.scope == "stream" else []
        appended = await append(workspace, self._ciphers, self._rows, inside(connection), group, at, connection, alone)
        if appended is None:  # what was in memory is not what is stored
            workspace.forget(group.drafts)
            raise StoreUnavailable("the streams were not what is stored; they are read anew")
        first, stored_at = appended
        done = await call(
            connection,
            _ERASE,
            {
                "workspace": workspace.workspace_id,
                "event": event_id,
                "scope": wanted.scope,
                "target": wanted.target_id,
                "events": list(reach.events),
                "streams": list(reach.facts),
                "keys": list(reach.keys),
                "first": first,
                "at": stored_at,
            },
        )
        if again is None:
            await self._note(workspace, by, wanted, reach, event_id, stored_at)
        position = first + len(group.staged) - 1 if wanted.scope == "party" else first
        return Erased(event_id, wanted.scope, wanted.target_id, done[0][0], len(reach.facts), position, False)

    async def _note(
        self, workspace: Workspace, by: Actor, wanted: Wanted, reach: Reach, event_id: UUID, stored_at: datetime
    ) -> None:
        """Tell the journal, if there is one. Raises `StoreUnavailable` when it does not take it."""
        if self._journal is None:
            return
        entry = Entry(
            workspace_id=workspace.workspace_id,
            event_id=event_id,
            scope=wanted.scope,
            target_id=wanted.target_id,
            reason=wanted.reason,
            by=by,
            at=stored_at,
            keys=reach.keys,
            events=reach.events,
        )
        try:
            await self._journal.note(entry)
        except OSError as fault:
            log.exception("nothing was erased: the journal of erasures cannot be written")
            raise StoreUnavailable("the journal of erasures cannot be written") from fault
