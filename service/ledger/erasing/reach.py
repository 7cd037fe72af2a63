"""How far an erasure reaches: which facts on which streams, under which keys, and whether it was done. Reads only."""

from collections import Counter
from typing import Any
from uuid import UUID

from msgspec import Struct

from domain.events.record import EventAnnotated, EventCorrected
from domain.facts import Fact, StreamKind
from service.ledger.erasing.asked import Erased, Wanted
from service.ledger.erasing.journal import Entry
from service.ledger.memory import Kept
from service.ledger.parts import divide
from service.ledger.refusals import Absent, EventIdReused, LedgerRefusal, NothingToErase
from service.ledger.store import Store, fetch, statement
from service.ledger.workspace import OPAQUE, Connection, Workspace

# Positions looked through at once for words under a party's keys: about 0.1 s, far from the statement's time.
POSITIONS_PER_LOOK = 50_000
# Streams brought into memory at once before the counter row is taken.
STREAMS_PER_LOAD = 200

_ERASURE = statement("erasure")
_KEYS_IN_USE = statement("party_keys")
_WORDS_UNDER = statement("words_under")
_QUOTED = statement("quoted")
_WHERE = statement("where_recorded")


class Reach(Struct):
    """How far an erasure reaches: facts by stream, the keys that go, and the facts named one by one."""

    facts: Counter[UUID]
    kinds: dict[UUID, StreamKind]
    keys: tuple[UUID, ...] = ()
    events: tuple[UUID, ...] = ()


class Reaching:
    """Finds out, in the workspaces of one process's ledger."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def settled(
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

    async def of(
        self,
        workspace: Workspace,
        wanted: Wanted,
        again: Entry | None,
        between: tuple[int, int],
        connection: Connection | None = None,
    ) -> Reach:
        """How far it reaches, with a party's words between two positions. Raises `Absent` or `NothingToErase`."""
        match wanted.scope:
            case "party":
                keys = await self.keys(workspace, wanted, again, connection)
                if not keys and not await self._quoted(workspace, wanted.target_id, connection):
                    raise NothingToErase
                return await self.words(workspace, keys, connection, between)
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
                return Reach(Counter({wanted.target_id: kept.version}), {wanted.target_id: kept.stream.kind})

    async def keys(
        self, workspace: Workspace, wanted: Wanted, again: Entry | None, connection: Connection | None
    ) -> tuple[UUID, ...]:
        """The party's keys that are to go."""
        place = {"workspace": workspace.workspace_id, "parties": [wanted.target_id]}
        rows = await self._read(connection, _KEYS_IN_USE, place)
        return tuple(row[0] for row in rows if again is None or row[0] in again.keys)

    async def _quoted(self, workspace: Workspace, party_id: UUID, connection: Connection | None) -> bool:
        """Whether a refusal may quote what the party sent, or what was sent about them."""
        place = {"workspace": workspace.workspace_id, "party": party_id}
        return bool(await self._read(connection, _QUOTED, place))

    async def words(
        self, workspace: Workspace, keys: tuple[UUID, ...], connection: Connection | None, between: tuple[int, int]
    ) -> Reach:
        """The facts whose words are under these keys."""
        reach = Reach(Counter(), {}, keys)
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

    async def loaded(self, workspace: Workspace, reach: Reach, connection: Connection | None) -> dict[UUID, Kept]:
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


def _before(*row: Any) -> Erased:
    event_id, scope, target_id, facts, streams, position = row
    return Erased(event_id, scope, target_id, facts, streams, position, replayed=True)


def _reach_of_fact(stream: UUID, kept: Kept, wanted: Wanted, again: Entry | None) -> Reach:
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
    return Reach(Counter({stream: len(events)}), {stream: kept.stream.kind}, (), tuple(events))


def _has_words(fact: Fact) -> bool:
    return fact.data is not None and divide(fact).words is not None
