"""Erasing: destroys content, once the log says so, in one transaction. Whoever may ask for it has been asked before.

The facts that say it are appended, `erase_content` destroys what they name, the journal outside the database takes
note, and then all of it commits, while nobody else can append to the workspace.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import psycopg
from msgspec import Struct

from domain.completion import complete
from domain.events import CATALOGUE
from domain.events.declaring import Data
from domain.events.record import ContentErased, EventAnnotated, EventCorrected
from domain.events.workspace import PartyErased
from domain.facts import Actor, Caller, Fact, StreamKind, Visibility, stream_key
from domain.history import may_know
from domain.stream import evolve, fold
from service.clock import Clock
from service.ids import new_id
from service.ledger.append import append
from service.ledger.asking import Decided as Granted
from service.ledger.asking import EraseScope, Staged, proposal_digest
from service.ledger.deciding import Draft, Group
from service.ledger.erasure_journal import Entry, ErasureJournal
from service.ledger.keys import Ciphers
from service.ledger.listing import ListRows
from service.ledger.memory import Kept
from service.ledger.parts import divide, unite
from service.ledger.refusals import Absent, EventIdReused, LedgerRefusal, NothingToErase, StoreUnavailable
from service.ledger.store import Store, call, fetch, statement
from service.ledger.workspace import OPAQUE, Connection, Workspace

# One erasure of a party on ten thousand streams is done within this; meanwhile the workspace's other writes wait, and
# are told to try again after the usual seconds.
ERASING_S = 60
# Positions looked through at once for words under a party's keys: about 0.1 s, far from the statement's time.
POSITIONS_PER_LOOK = 50_000
# Streams brought into memory at once before the counter row is taken.
STREAMS_PER_LOAD = 200
# Facts that the answer to a dry run names one by one; the counts tell of all.
FACTS_NAMED_MAX = 1_000

log = logging.getLogger("throughline.ledger")

_HOLD = statement("hold")
_ERASE = statement("erase")
_ERASURE = statement("erasure")
_KEYS_IN_USE = statement("party_keys")
_WORDS_UNDER = statement("words_under")
_WHERE = statement("where_recorded")


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be erased: a fact (by event id), a party's words, or a stream (by its UUID); and why."""

    scope: EraseScope
    target_id: UUID
    reason: str
    event_id: UUID | None = None
    kind: str | None = None  # of the stream; None takes any


class Lost(Struct, frozen=True):
    """What one stream loses: the number of facts whose content goes."""

    stream_id: str
    facts: int


class Planned(Struct, frozen=True):
    """What would go. `hidden` counts facts on streams that the asker may not know of; they are not named."""

    streams: list[Lost]
    facts: int
    hidden: int
    event_ids: list[UUID]


class Erased(Struct, frozen=True):
    """An erasure that was done: `replayed` when it had been before this was asked."""

    event_id: UUID
    scope: EraseScope
    target_id: UUID
    facts: int
    streams: int
    position: int
    replayed: bool


class _Reach(Struct):
    """How far an erasure reaches: facts by stream, the keys that go, and the facts named one by one."""

    facts: Counter[UUID]
    kinds: dict[UUID, StreamKind]
    keys: tuple[UUID, ...] = ()
    events: tuple[UUID, ...] = ()


class Erasures:
    """Does erasures in the workspaces of one process's ledger."""

    def __init__(
        self, store: Store, ciphers: Ciphers, rows: ListRows, clock: Clock, journal: ErasureJournal | None
    ) -> None:
        self._store = store
        self._ciphers = ciphers
        self._rows = rows
        self._clock = clock
        self._journal = journal

    async def plan(self, workspace: Workspace, caller: Caller, wanted: Wanted) -> Planned:
        """What an erasure would reach now. Raises `Absent` or `NothingToErase`."""
        await workspace.follow()
        reach = await self._reach(workspace, wanted, None, (0, workspace.position))
        seen, hidden = [], 0
        event_ids: list[UUID] = []
        for stream, kept in (await self._loaded(workspace, reach, None)).items():
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
        await self._loaded(workspace, reach, None)
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
        reach: _Reach,
        looked_to: int,
        connection: Connection,
    ) -> Erased:
        """The same while nobody else can append. `reach` is what was found below the position `looked_to`."""
        await connection.execute(f"SET LOCAL statement_timeout = '{ERASING_S}s'")
        head: int = (await call(connection, _HOLD, {"workspace": workspace.workspace_id}))[0][0]
        await workspace.follow_to(head, connection)
        settled = await self._settled(workspace, wanted, connection)
        if settled is not None and settled.event_id == wanted.event_id:
            return settled
        try:
            if wanted.scope == "party" and await self._keys(workspace, wanted, again, connection) == reach.keys:
                more = await self._words(workspace, reach.keys, connection, (looked_to, head))
                reach.facts += more.facts
                reach.kinds |= more.kinds
            else:
                reach = await self._reach(workspace, wanted, again, (0, head), connection)
        except NothingToErase:
            if settled is None:
                raise
            return settled
        return await self._erase(workspace, by, wanted, reach, connection, again)

    async def _sought(self, workspace: Workspace, wanted: Wanted, again: Entry | None, head: int) -> _Reach | Erased:
        """How far it reaches; or what was done before, when that was asked already or nothing is left."""
        settled = await self._settled(workspace, wanted)
        if settled is not None and settled.event_id == wanted.event_id:
            return settled
        try:
            return await self._reach(workspace, wanted, again, (0, head))
        except NothingToErase:
            if settled is None:
                raise
            return settled

    async def _settled(
        self, workspace: Workspace, wanted: Wanted, connection: Connection | None = None
    ) -> Erased | None:
        """The erasure with this event id, else the last one of this target; None when there was none.

        Raises `EventIdReused` when the id names something else.
        """
        parameters = {
            "workspace": workspace.workspace_id,
            "event": wanted.event_id,
            "scope": wanted.scope,
            "target": wanted.target_id,
        }
        rows = await self._read(connection, _ERASURE, parameters)
        found = _before(*rows[0]) if rows else None
        if wanted.event_id is not None and (found is None or found.event_id != wanted.event_id):
            place = {"workspace": workspace.workspace_id, "events": [wanted.event_id]}
            if await self._read(connection, _WHERE, place):
                raise EventIdReused(wanted.event_id)
        if found is not None and (found.scope, found.target_id) != (wanted.scope, wanted.target_id):
            raise EventIdReused(found.event_id)
        return found

    # -- how far it reaches

    async def _reach(
        self,
        workspace: Workspace,
        wanted: Wanted,
        again: Entry | None,
        between: tuple[int, int],
        connection: Connection | None = None,
    ) -> _Reach:
        match wanted.scope:
            case "party":
                keys = await self._keys(workspace, wanted, again, connection)
                if not keys:
                    raise NothingToErase
                return await self._words(workspace, keys, connection, between)
            case "event":
                place = {"workspace": workspace.workspace_id, "events": [wanted.target_id]}
                rows = await self._read(connection, _WHERE, place)
                if not rows:
                    raise Absent
                return _reach_of_fact(rows[0][1], await self._kept(workspace, rows[0][1], connection), wanted, again)
            case "stream":
                kept = await self._kept(workspace, wanted.target_id, connection)
                if kept.stream.kind == "workspace" or wanted.kind not in (None, kept.stream.kind):
                    raise Absent
                if kept.stream.erased:
                    raise NothingToErase
                return _Reach(Counter({wanted.target_id: kept.version}), {wanted.target_id: kept.stream.kind})

    async def _keys(
        self, workspace: Workspace, wanted: Wanted, again: Entry | None, connection: Connection | None
    ) -> tuple[UUID, ...]:
        """The party's keys that are to go."""
        place = {"workspace": workspace.workspace_id, "parties": [wanted.target_id]}
        rows = await self._read(connection, _KEYS_IN_USE, place)
        return tuple(row[0] for row in rows if again is None or row[0] in again.keys)

    async def _words(
        self, workspace: Workspace, keys: tuple[UUID, ...], connection: Connection | None, between: tuple[int, int]
    ) -> _Reach:
        """The facts whose words are under these keys."""
        reach = _Reach(Counter(), {}, keys)
        start, end = between
        while start < end:
            to = min(end, start + POSITIONS_PER_LOOK)
            parameters = {"workspace": workspace.workspace_id, "keys": list(keys), "from": start, "to": to}
            for stream, kind, facts in await self._read(connection, _WORDS_UNDER, parameters):
                reach.facts[stream] += facts
                reach.kinds[stream] = kind
            start = to
        return reach

    async def _kept(self, workspace: Workspace, stream: UUID, connection: Connection | None) -> Kept:
        kept = (await workspace.load([stream], connection)).get(stream)
        if isinstance(kept, LedgerRefusal):
            raise kept
        if kept is None:
            raise Absent
        return kept

    async def _loaded(self, workspace: Workspace, reach: _Reach, connection: Connection | None) -> dict[UUID, Kept]:
        """The streams that are reached, folded. Raises `Unreadable`: what cannot be read is mended before."""
        streams = [stream for stream in reach.facts if reach.kinds[stream] != OPAQUE]
        loaded: dict[UUID, Kept] = {}
        for start in range(0, len(streams), STREAMS_PER_LOAD):
            for stream, kept in (await workspace.load(streams[start : start + STREAMS_PER_LOAD], connection)).items():
                if isinstance(kept, LedgerRefusal):
                    raise kept
                loaded[stream] = kept
        return loaded

    async def _read(self, connection: Connection | None, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        if connection is None:
            return await self._store.read(sql, parameters)
        return await fetch(connection, sql, parameters)

    # -- doing it

    async def _erase(
        self,
        workspace: Workspace,
        by: Actor,
        wanted: Wanted,
        reach: _Reach,
        connection: Connection,
        again: Entry | None,
    ) -> Erased:
        at = self._clock.now()
        event_id = wanted.event_id or new_id(at)
        group = Group({}, [], [])
        for stream, kept in (await self._loaded(workspace, reach, connection)).items():
            own = event_id if wanted.scope != "party" else uuid5(event_id, str(stream))
            if stream != workspace.workspace_id:
                _say(group, stream, kept, _erasing(wanted), own, by, at)
            if wanted.scope == "event":
                _without(group.drafts[stream], reach.events)
        if wanted.scope == "party":
            said = PartyErased(party_id=wanted.target_id, streams=len(reach.facts), reason=wanted.reason)
            home = (await workspace.load([workspace.workspace_id], connection)).get(workspace.workspace_id)
            if isinstance(home, LedgerRefusal):
                raise home
            name = stream_key("workspace", workspace.workspace_id)
            _say(group, workspace.workspace_id, home, said, event_id, by, at, name)
        alone = [event_id] if wanted.scope == "stream" else []
        appended = await append(workspace, self._ciphers, self._rows, connection, group, at, alone)
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
        if self._journal is not None and again is None:
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
        position = first + len(group.staged) - 1 if wanted.scope == "party" else first
        return Erased(event_id, wanted.scope, wanted.target_id, done[0][0], len(reach.facts), position, False)


def _before(*row: Any) -> Erased:
    event_id, scope, target_id, facts, streams, position = row
    return Erased(event_id, scope, target_id, facts, streams, position, replayed=True)


def _reach_of_fact(stream: UUID, kept: Kept, wanted: Wanted, again: Entry | None) -> _Reach:
    """A fact, what corrects it and what was noted on it: all of them say what it said."""
    events = [
        record.fact.event_id
        for record in kept.records
        if not record.erased
        and (
            record.fact.event_id == wanted.target_id
            or (
                isinstance(record.fact.data, EventCorrected | EventAnnotated)
                and record.fact.data.target_event_id == wanted.target_id
            )
        )
        and (again is None or record.fact.event_id in again.events)
        and _has_words(record.fact)
    ]
    if not events:
        raise NothingToErase
    return _Reach(Counter({stream: len(events)}), {stream: kept.stream.kind}, (), tuple(events))


def _has_words(fact: Fact) -> bool:
    return fact.data is not None and divide(fact).words is not None


def _erasing(wanted: Wanted) -> ContentErased:
    return ContentErased(
        scope=wanted.scope,
        target_event_id=wanted.target_id if wanted.scope == "event" else None,
        party_id=wanted.target_id if wanted.scope == "party" else None,
        reason=wanted.reason,
    )


def _say(
    group: Group,
    stream: UUID,
    kept: Kept | None,
    said: Data,
    event_id: UUID,
    by: Actor,
    at: datetime,
    stream_id: str | None = None,
) -> None:
    """Stage an erasing fact. Whoever may know of the stream sees it, guests apart: it does not say what there was."""
    draft = Draft(kept.stream.stream_id if kept is not None else str(stream_id), kept)
    proposal = CATALOGUE[type(said).declared.name].proposal(data=said, visibility=Visibility.TEAM)
    fact = complete(draft.stream, proposal, Caller(by.party_id, "owner", by.kind), event_id=event_id, at=at)
    evolve(draft.stream, fact)
    staged = Staged(fact, proposal_digest(proposal))
    draft.staged[event_id] = staged
    draft.families.add(CATALOGUE[fact.type].family)
    group.drafts[stream] = draft
    group.granted.append(Granted(_Saying(stream), (staged,)))  # type: ignore[arg-type]  # nobody waits for an answer


class _Saying(Struct, frozen=True):
    """Stands where an ask does, for facts that the service itself says."""

    stream: UUID


def _without(draft: Draft, events: Sequence[UUID]) -> None:
    """Let the draft's fold be what is left, so that the list row is made anew without the words that go."""
    facts = [without_words(fact) if fact.event_id in events else fact for fact in draft.stream.facts]
    draft.stream = fold(draft.stream.stream_id, facts)
    draft.rewrites = True


def without_words(fact: Fact) -> Fact:
    """The fact as it reads once its words are destroyed."""
    parts = divide(fact)
    return unite(fact.stream_id, fact.stream_version, parts.envelope, parts.structure, None)
