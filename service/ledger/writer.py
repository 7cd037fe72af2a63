"""Group commit: what waits for one workspace is decided in order and appended with one call, one commit.

A group is decided against the streams in memory and sent with the versions it was decided on. When the database says
that somebody else was faster, it is decided once more on what they recorded; and after that inside a transaction that
holds the counter row, so that attempt cannot lose. One bad proposal never fails its neighbours.

While one group is on its way to PostgreSQL the next may be decided, on other streams only: so nothing that is decided
rests on what is not recorded yet, and both processors have something to do.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import psycopg

from domain.facts import Recorded
from service.clock import Clock
from service.ledger.append import APPENDED, append
from service.ledger.asking import Appended, Ask
from service.ledger.commits import MISSED_MAX, Commits, inside
from service.ledger.deciding import Group, decide, with_missed
from service.ledger.keys import Ciphers
from service.ledger.listing import ListRows
from service.ledger.prepared import Parameters, Row
from service.ledger.refusals import LedgerRefusal, Overloaded, StoreUnavailable
from service.ledger.store import NOTHING_HAPPENED, TRANSACTION_S, Store, call, fetch, statement
from service.ledger.workspace import Connection, Workspace

# One being written and one being decided; a third would only wait for the counter row.
GROUPS_MAX = 2
# How often a group is decided and sent without holding the counter row.
ATTEMPTS_AT_ONCE = 2
# While others write to the workspace too, each commit costs everybody: those who were just answered may ask again at
# once, and go into one with those who wait.
LINGER_S = 0.001

_HOLD = statement("hold")
_WHERE = statement("where_recorded")

log = logging.getLogger("throughline.ledger")


class Writer:
    """The one appender of one workspace in this process. It has tasks only while something waits."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store,
        commits: Commits,
        ciphers: Ciphers,
        rows: ListRows,
        clock: Clock,
        waiting_facts_max: int,
        group_facts_max: int,
    ) -> None:
        self._workspace = workspace
        self._store = store
        self._commits = commits
        self._ciphers = ciphers
        self._rows = rows
        self._clock = clock
        self._waiting_facts_max = waiting_facts_max
        self._group_facts_max = group_facts_max
        self._waiting: deque[Ask] = deque()
        self._facts_waiting = 0
        self._under_way: dict[asyncio.Task[None], list[Ask]] = {}
        self._busy: set[UUID] = set()  # streams of the groups under way
        self._start_is_due = False

    def submit(self, ask: Ask) -> None:
        """Queue an ask; its answer comes through its future. Raises `Overloaded` when too many facts wait."""
        if self._facts_waiting + len(ask.proposals) > self._waiting_facts_max:
            raise Overloaded("Too many facts are waiting for this workspace.")
        self._waiting.append(ask)
        self._facts_waiting += len(ask.proposals)
        self._start_soon()

    @property
    def facts_waiting(self) -> int:
        return self._facts_waiting

    @property
    def idle(self) -> bool:
        return not self._waiting and not self._under_way

    async def finish(self) -> None:
        """Wait until nothing is waiting any more."""
        while not self.idle:
            await asyncio.wait(self._under_way or [asyncio.create_task(asyncio.sleep(0))])

    def _start_soon(self, in_s: float = 0.0) -> None:
        """Start groups once everybody who is about to ask in this turn of the event loop has asked, or `in_s` later."""
        if not self._start_is_due:
            self._start_is_due = True
            loop = asyncio.get_running_loop()
            if in_s:
                loop.call_later(in_s, self._start)
            else:
                loop.call_soon(self._start)

    def _start(self) -> None:
        self._start_is_due = False
        while self._waiting and len(self._under_way) < (1 if self._workspace.shared else GROUPS_MAX):
            if self._under_way and len(self._waiting) * 2 < max(map(len, self._under_way.values())):
                return  # too few to be worth a commit of their own: they go with those who come meanwhile
            group = self._take()
            if not group:
                return
            self._busy.update(ask.stream for ask in group)
            task = asyncio.create_task(self._commit(group))
            self._under_way[task] = group
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        asks = self._under_way.pop(task)
        self._busy.difference_update(ask.stream for ask in asks)
        self._start_soon(LINGER_S if self._workspace.shared and len(asks) > 1 else 0.0)

    def _take(self) -> list[Ask]:
        """The next group: asks in order, up to the bound, on streams that no group under way is on.

        Who has been told meanwhile that it took too long is passed over, so that nothing happens long after.
        """
        group: list[Ask] = []
        facts = 0
        later: list[Ask] = []
        while self._waiting:
            ask = self._waiting.popleft()
            if ask.answer.done():
                self._facts_waiting -= len(ask.proposals)
            elif ask.stream in self._busy:
                later.append(ask)
            elif group and facts + len(ask.proposals) > self._group_facts_max:
                later.append(ask)
                break
            else:
                group.append(ask)
                facts += len(ask.proposals)
        self._waiting.extendleft(reversed(later))
        self._facts_waiting -= facts
        return group

    async def _commit(self, asks: list[Ask]) -> None:
        """Answer every ask of the group, whatever happens."""
        try:
            await self._commit_together(asks)
        except LedgerRefusal as refusal:
            _refuse(asks, refusal)
        except psycopg.Error as failure:
            if len(asks) > 1:  # one of them is at fault: each gets its own call and its own answer
                for ask in asks:
                    await self._commit([ask])
            else:
                log.exception("append refused by PostgreSQL")
                _refuse(asks, failure)
        except Exception as failure:
            log.exception("append failed")
            _refuse(asks, failure)

    async def _commit_together(self, asks: list[Ask]) -> None:
        sent: set[UUID] = set()
        try:
            group, first, stored_at = await self._attempt(asks, sent)
        except StoreUnavailable as lost:
            group, first, stored_at = await self._attempt_after_loss(asks, lost, sent)
        if first is not None and stored_at is not None:
            self._keep(group, first, stored_at)
            self._store.meter.appended(len(group.staged))
        self._answer(group, sent)

    async def _attempt(self, asks: list[Ask], sent: set[UUID]) -> tuple[Group, int | None, datetime | None]:
        """Decide on what is in memory and append; when that was stale, once more, and at last under the counter row.

        `sent` gets the ids of the facts that may be recorded by this, even when its answer is lost.
        """
        if self._workspace.behind > MISSED_MAX:
            await self._workspace.follow()
        for _ in range(ATTEMPTS_AT_ONCE):
            # Before loading: what is let go while others are read is followed no further.
            known = self._workspace.position
            kept = await self._workspace.load({ask.stream for ask in asks})
            at = self._clock.now()
            group = decide(asks, kept, {}, at)
            if group.staged:
                sent.update(one.fact.event_id for _, one in group.staged)
                appended = await append(self._workspace, self._ciphers, self._rows, self._send, group, at)
                if appended is not None:
                    return group, *appended
                sent.clear()
            elif not group.refused or not await self._moved(known):
                return group, None, None
        return await self._attempt_holding(asks, sent)

    async def _send(self, parameters: Parameters, facts: int) -> Row:
        """Send an append, and learn from its answer what others have recorded meanwhile; also when it was refused."""
        workspace = self._workspace
        # With another group of ours under way, what is missing may be its facts.
        asks = workspace.shared or (workspace.behind and len(self._under_way) == 1)
        known = workspace.position if asks else None
        row, missed = await self._commits.send(parameters, facts, known)
        try:
            if known is not None:
                await workspace.take_missed(known, missed)
            elif row[0] != APPENDED:
                await workspace.overtaken()
        except StoreUnavailable:
            if row[0] != APPENDED:
                raise
            # Ours is recorded; theirs are followed before they are needed.
        return row

    async def _moved(self, known: int) -> bool:
        """Whether the log has moved on since it was followed up to `known`."""
        await self._workspace.follow()
        return self._workspace.position != known

    async def _attempt_holding(self, asks: list[Ask], sent: set[UUID]) -> tuple[Group, int | None, datetime | None]:
        """Decide and append while nobody else can append to the workspace."""
        workspace = self._workspace
        async with self._store.connection(TRANSACTION_S, writing=True) as connection, connection.transaction():
            head = await call(connection, _HOLD, {"workspace": workspace.workspace_id})
            await workspace.follow_to(head[0][0], connection)
            elsewhere = await self._elsewhere(asks, connection)
            for _ in range(2):
                kept = await workspace.load({ask.stream for ask in asks}, connection)
                at = self._clock.now()
                group = decide(asks, kept, elsewhere, at)
                if not group.staged:
                    return group, None, None
                sent.update(one.fact.event_id for _, one in group.staged)
                appended = await append(workspace, self._ciphers, self._rows, inside(connection), group, at, connection)
                if appended is not None:
                    return group, *appended
                # Nobody else can have written meanwhile: what is in memory is not what is stored.
                log.error("streams in memory were not what is stored, reading them anew")
                workspace.forget(group.drafts)
        raise RuntimeError("An append that held the counter row was told it was stale, twice.")

    async def _elsewhere(self, asks: Sequence[Ask], connection: Connection) -> dict[UUID, UUID]:
        """Which of the ids are recorded on another stream than theirs."""
        ids = {event_id: ask.stream for ask in asks for event_id in ask.event_ids}
        rows = await fetch(connection, _WHERE, {"workspace": self._workspace.workspace_id, "events": list(ids)})
        return {event_id: stream for event_id, stream, _ in rows if ids[event_id] != stream}

    async def _attempt_after_loss(
        self, asks: list[Ask], lost: StoreUnavailable, sent: set[UUID]
    ) -> tuple[Group, int | None, datetime | None]:
        """The connection died before the answer came: look, under the counter row, what became of the facts.

        Taking the row waits for an append that may still be under way. What it recorded shows as repeats then; what it
        did not is decided and appended now.
        """
        if isinstance(lost.__cause__, NOTHING_HAPPENED):
            raise lost
        log.warning("append answer lost, resolving by event id: %s", lost)
        return await self._attempt_holding(asks, sent)

    def _keep(self, group: Group, first: int, stored_at: datetime) -> None:
        """Move what is kept to what was just recorded."""
        added: dict[UUID, list[tuple[Recorded, bytes]]] = {stream: [] for stream in group.drafts}
        records = []
        for offset, (stream, staged) in enumerate(group.staged):
            record = Recorded(staged.fact, first + offset, stored_at)
            added[stream].append((record, staged.proposal_digest))
            records.append(record)
        for stream, draft in group.drafts.items():
            self._workspace.take_in(stream, draft, added[stream])
        self._workspace.advanced(first, records)

    def _answer(self, group: Group, sent: set[UUID]) -> None:
        """Tell everybody. What an attempt of ours recorded is new to whom it is told first, also when it was found."""
        for ask, refusal in group.refused:
            _refuse([ask], with_missed(refusal, ask, group.drafts.get(ask.stream)))
        for decided in group.granted:
            ours = sent.intersection(decided.ask.event_ids)
            sent -= ours
            if decided.ask.answer.done():
                continue  # nobody waits for it any more
            kept = group.drafts[decided.ask.stream].kept
            assert kept is not None, "a granted ask has a stream"
            events = [record for event_id in decided.ask.event_ids if (record := kept.find(event_id)) is not None]
            decided.ask.answer.set_result(
                Appended(events, not ours, kept.version, max(one.position for one in events) + 1)
            )


def _refuse(asks: Sequence[Ask], refusal: Exception) -> None:
    for ask in asks:
        if not ask.answer.done():
            ask.answer.set_exception(refusal)
