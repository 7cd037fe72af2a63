"""One workspace as this process knows it: its streams in memory, brought up to date with the log before each use."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from math import inf
from typing import Any, Protocol
from uuid import UUID

from psycopg import AsyncConnection

from domain.facts import Recorded, stream_key, stream_uuid
from domain.stream import evolve, initial
from service.ledger.arrays import TRUE, read_bigint
from service.ledger.credentials import Credentials
from service.ledger.deciding import Draft
from service.ledger.keys import Ciphers
from service.ledger.known_keys import KnownKeys
from service.ledger.memory import Kept, Memory
from service.ledger.patience import Patience
from service.ledger.prepared import Prepared, Row
from service.ledger.refusals import Absent, LedgerRefusal, NoSuchKey, Unreadable
from service.ledger.sealing import Stored, stored
from service.ledger.sharing import SharedRuns
from service.ledger.store import SILENCE_S, Store, statement

# Facts read from the database in one round trip, and unsealed before the event loop gets a breath (about 10 ms).
FACTS_PER_READ = 2_000
FACTS_PER_BREATH = 500
# Facts of others that are read at once to follow them: whole, those of streams that are not in memory too.
RECORDED_PER_READ = 500
# The kind of streams that applications of their own keep in the log. Nobody reads one through the service, so that it
# is `Absent` here; but its id is taken, its facts have positions and leaves, and the follower goes past them.
OPAQUE = "opaque"
# Behind by more than this, forgetting all streams is cheaper than reading what they missed.
CATCH_UP_MAX = 10_000
# Whoever wrote to it within this time will most likely do so again.
SHARED_S = 1.0
ANY = UUID(int=0)  # no stream's id

_HEAD = Prepared("head")
_STREAMS = statement("streams")
_FACTS = statement("facts")
_RECORDED = statement("recorded")

Connection = AsyncConnection[tuple[Any, ...]]


class Listener(Protocol):
    """Whoever is told what this process records, as soon as it is."""

    def recorded(self, first: int, records: Sequence[Recorded]) -> None: ...


class Workspace:
    """The follower of one workspace's log.

    `position` is how far this process has followed. Before a read, one look-up of the counter row proves that it is the
    head; whoever asks while a look-up is under way shares the next one.
    """

    def __init__(
        self, workspace_id: UUID, store: Store, memory: Memory, ciphers: Ciphers, credentials: Credentials
    ) -> None:
        self.workspace_id = workspace_id
        self.position = 0
        self._ahead: dict[int, int] = {}  # what this process appended behind something not followed yet: from, to
        self._others_at = -inf  # when it was last seen that others had recorded
        self.listener: Listener | None = None
        self._store = store
        self._memory = memory
        self.keys = KnownKeys(workspace_id, store, ciphers)
        self._credentials = credentials
        # Of each load under way: which streams the log was found to have moved on meanwhile.
        self._loads: dict[object, set[UUID]] = {}
        self._erasures = 0  # how often content was found to be erased; what was read before may hold it
        self._catching_up = SharedRuns(Patience(SILENCE_S))

    @property
    def erasures(self) -> int:
        """Changes whenever content was found to be erased: what was read before may hold it."""
        return self._erasures

    @property
    def idle(self) -> bool:
        return self._catching_up.idle and self.listener is None

    @property
    def behind(self) -> int:
        """How many facts are known to be recorded before an append of this process that were not followed yet."""
        return min(self._ahead) - self.position if self._ahead else 0

    @property
    def shared(self) -> bool:
        """Whether others were found to write to it a moment ago."""
        return asyncio.get_running_loop().time() - self._others_at < SHARED_S

    # -- freshness

    async def follow(self) -> None:
        """Return once everything that had committed when this was called is in what is kept.

        Raises `StoreUnavailable` also when the look-up before the one that is shared takes too long.
        """
        await self._catching_up.run(self.catch_up)

    async def catch_up(self) -> None:
        """Follow the log to its head."""
        place = {"workspace": self.workspace_id.bytes}
        head = await self._store.readers.reading(lambda connection: _HEAD.call(connection, place))
        if not head:
            raise NoSuchKey
        await self.follow_to(read_bigint(head[0][0]))

    async def follow_to(self, head: int, connection: Connection | None = None) -> None:
        """Take in what was recorded up to `head` by others."""
        known = self.position
        if head <= known:
            return
        if head - known > CATCH_UP_MAX:
            self._memory.drop_workspace(self.workspace_id)
            self._credentials.forget(self.workspace_id)
            self.keys.forget()
            self._erasures += 1
            self._moved(None)
        else:
            for start in range(known, head, RECORDED_PER_READ):
                rows = await self._store.read_on(
                    connection,
                    _RECORDED,
                    {
                        "workspace": self.workspace_id,
                        "from": start,
                        "to": min(head, start + RECORDED_PER_READ),
                        "own": [],
                    },
                )
                erased = {row[0] for row in rows if row[-1]}
                await self._take_over([Stored(*row[:-1]) for row in rows], erased, connection)
        self._reach(head)

    async def overtaken(self) -> None:
        """Follow the log after an append was refused because others were faster."""
        self._others_at = asyncio.get_running_loop().time()
        await self.follow()

    async def take_missed(self, known: int, rows: Sequence[Row]) -> None:
        """Take in what others recorded from the position `known` on, as it came with the answer to an append."""
        if not rows:
            return
        self._others_at = asyncio.get_running_loop().time()
        facts = [stored(row) for row in rows]
        await self._take_over(
            facts, {fact.stream for fact, row in zip(facts, rows, strict=True) if row[-1] == TRUE}, None
        )
        taken = {fact.position for fact in facts}
        while known in taken:
            known += 1
        self._reach(known)

    async def _take_over(self, facts: list[Stored], erased: Collection[UUID], connection: Connection | None) -> None:
        """Bring the streams in memory on which others recorded these facts up to date; `erased` are to be forgotten."""
        ends = {row.stream: row.version for row in facts}
        self._moved(ends)
        self._let_erased_go(erased)
        if self.workspace_id in ends:
            self._credentials.forget(self.workspace_id)
        behind = {
            stream: kept
            for stream, version in ends.items()
            if (kept := self._memory.get(self.workspace_id, stream)) is not None and kept.version < version
        }
        await self._fold_in(behind, [row for row in facts if row.stream in behind], {}, connection)

    def advanced(self, first: int, records: Sequence[Recorded]) -> None:
        """This process appended `records` at `first`; once all before them is followed, they are."""
        self._ahead[first] = first + len(records)
        self._reach(self.position)
        if self.listener is not None and records:
            self.listener.recorded(first, records)

    def _reach(self, position: int) -> None:
        """All before `position` is followed, and what this process appended from there on."""
        self.position = max(self.position, position)
        while (end := self._ahead.pop(self.position, None)) is not None:
            self.position = end
        if self._ahead:
            self._ahead = {first: end for first, end in self._ahead.items() if first > self.position}

    def take_in(self, stream: UUID, draft: Draft, added: Sequence[tuple[Recorded, bytes]]) -> None:
        """Keep what this process just recorded on a stream, unless the follower was faster, wholly or in part."""
        found = draft.kept if draft.kept is not None and draft.kept.held else self.kept(stream)
        kept = draft.kept or found
        folded = True
        if kept is None:
            kept = found = Kept(draft.stream)
            if added and self.position <= added[0][0].position:  # else others may have been followed past it
                self._memory.put(self.workspace_id, stream, kept)
        elif kept.version == draft.base_version:
            draft.stream.merge()
            if draft.public is not None and draft.public.parent is not None:
                draft.public.merge()
            else:
                kept.public = draft.public
        else:
            folded = False
        if folded and added:
            kept.row = draft.row
        draft.kept = kept
        for record, digest in added:
            if record.fact.stream_version == kept.version + 1:
                if not folded:
                    evolve(kept.stream, record.fact)
                    kept.public = kept.row = None
                kept.add(record, digest)
                if kept.held:
                    self._memory.grew(1)
        if found is not None and found.version < kept.version:  # let go and read anew while this was being written
            self._memory.put(self.workspace_id, stream, kept)
        if added:
            self._moved([stream])

    def _let_erased_go(self, streams: Collection[UUID]) -> None:
        """Content of these streams was destroyed: neither it nor a key that opens it stays in memory."""
        if streams:
            self._erasures += 1
            self._memory.drop(self.workspace_id, streams)
            self.keys.forget()
            self._credentials.forget(self.workspace_id)

    def _moved(self, streams: Iterable[UUID] | None) -> None:
        """Tell the loads under way that the log has moved on these streams, or on any."""
        for moved in self._loads.values():
            moved.update([ANY] if streams is None else streams)

    def forget(self, streams: Iterable[UUID]) -> None:
        """Read these streams anew at their next use."""
        self._memory.drop(self.workspace_id, streams)

    # -- streams

    def kept(self, stream: UUID) -> Kept | None:
        """The stream if it is in memory."""
        return self._memory.get(self.workspace_id, stream)

    async def stream(self, stream_id: str) -> Kept:
        """The stream, from memory or from the database; raises `Absent`, or `Unreadable` when a fact cannot be read."""
        stream = stream_uuid(stream_id)
        kept: Kept | LedgerRefusal | None = self.kept(stream)
        if kept is None:
            kept = (await self.load([stream])).get(stream)
        if isinstance(kept, LedgerRefusal):
            raise kept
        if kept is None or kept.stream.stream_id != stream_id:
            raise Absent
        return kept

    async def load(
        self, streams: Collection[UUID], connection: Connection | None = None
    ) -> dict[UUID, Kept | LedgerRefusal]:
        """The streams that exist among those asked for, from memory or from the database.

        One that cannot be read stands in the answer as its `Unreadable`, so that it spoils nothing for the others; one
        that is another application's as `Absent`.
        """
        found: dict[UUID, Kept | LedgerRefusal] = {}
        missing = []
        for stream in streams:
            kept = self.kept(stream)
            if kept is None:
                missing.append(stream)
            else:
                found[stream] = kept
        if missing:
            found |= await self._load_missing(missing, connection)
        return found

    async def _load_missing(
        self, streams: list[UUID], connection: Connection | None
    ) -> dict[UUID, Kept | LedgerRefusal]:
        answer: dict[UUID, Kept | LedgerRefusal] = {}
        loaded: dict[UUID, Kept] = {}
        load, erasures = object(), self._erasures
        moved = self._loads[load] = set()
        try:
            rows = await self._store.read_on(connection, _STREAMS, {"workspace": self.workspace_id, "streams": streams})
            for stream, kind, _version, wrapped in rows:
                if kind == OPAQUE:
                    answer[stream] = Absent()
                    continue
                self.keys.learn(stream, "stream", stream, wrapped)
                loaded[stream] = Kept(initial(stream_key(kind, stream)))
            behind = loaded
            while (
                behind
            ):  # again for what the log moved on meanwhile: nobody else brings a stream up that is not kept yet
                moved.clear()
                answer |= await self._extend(behind, connection)
                behind = {
                    stream: kept
                    for stream, kept in loaded.items()
                    if stream not in answer and self.kept(stream) is None and not moved.isdisjoint((stream, ANY))
                }
        finally:
            del self._loads[load]
        if self._erasures != erasures:  # what was read may be what is gone since
            return await self._load_missing(streams, connection)
        for stream, kept in loaded.items():
            if stream in answer:
                continue
            already = self.kept(stream)
            if already is None:
                self._memory.put(self.workspace_id, stream, kept)
            answer[stream] = already or kept
        return answer

    async def _extend(self, behind: dict[UUID, Kept], connection: Connection | None) -> dict[UUID, Unreadable]:
        """Read what each stream lacks and fold it in. The streams with an unreadable fact are the answer."""
        unreadable: dict[UUID, Unreadable] = {}
        while True:
            streams = [stream for stream in behind if stream not in unreadable]
            rows = await self._store.read_on(
                connection,
                _FACTS,
                {
                    "workspace": self.workspace_id,
                    "streams": streams,
                    "after": [behind[stream].version for stream in streams],
                    "limit": FACTS_PER_READ,
                },
            )
            await self._fold_in(behind, [Stored(*row) for row in rows], unreadable, connection)
            if len(rows) < FACTS_PER_READ:
                return unreadable

    async def _fold_in(
        self,
        behind: dict[UUID, Kept],
        facts: Sequence[Stored],
        unreadable: dict[UUID, Unreadable],
        connection: Connection | None,
    ) -> None:
        """Unseal facts and fold them in, with breaths between; a stream with one that cannot be read is forgotten."""
        for start in range(0, len(facts), FACTS_PER_BREATH):
            piece = facts[start : start + FACTS_PER_BREATH]
            await self.keys.know_of(piece, connection)  # again: an erasure makes all keys forgotten
            self._fold(behind, piece, unreadable)
            if start + FACTS_PER_BREATH < len(facts):
                await asyncio.sleep(0)

    def _fold(self, behind: dict[UUID, Kept], facts: Iterable[Stored], unreadable: dict[UUID, Unreadable]) -> None:
        for stream, rows in groupby(facts, key=lambda row: row.stream):
            if stream in unreadable:
                continue
            kept = behind[stream]
            try:
                self._fold_stream(kept, stream, rows)
            except Unreadable as failure:
                unreadable[stream] = failure
                self._memory.not_read(self.workspace_id, stream)
                if kept.held:
                    self._memory.drop(self.workspace_id, [stream])

    def _fold_stream(self, kept: Kept, stream: UUID, rows: Iterable[Stored]) -> None:
        cipher = self.keys.get(stream)
        for row in rows:
            if row.version != kept.version + 1:
                continue  # somebody else folded it in while this was being read
            record = self.keys.unseal(row, kept.stream.kind, cipher)
            evolve(kept.stream, record.fact)
            kept.public = kept.row = None
            kept.add(record, row.proposal_digest)
            if kept.held:
                self._memory.grew(1)

    async def read(
        self, sql: str, parameters: dict[str, Any], connection: Connection | None = None
    ) -> list[tuple[Any, ...]]:
        """Rows of a statement about this workspace, on a connection that the caller has already if there is one."""
        return await self._store.read_on(connection, sql, parameters)
