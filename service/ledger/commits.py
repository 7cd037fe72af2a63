"""One commit for what several workspaces record at the same time: their calls of `append_events` travel together.

A commit costs what it costs, whatever is in it. A workspace that is busy shares its commits among its own facts already
(`writer.py`); of many that are not, each would have one for a fact or two.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import Context
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from psycopg import AsyncConnection

from service.ledger.arrays import bigint
from service.ledger.prepared import Parameters, Prepared, Row, Step, in_one_commit
from service.ledger.refusals import StoreUnavailable
from service.ledger.store import Store

# One on its way and one that is filled meanwhile.
COMMITS_MAX = 2
# How long a commit that several share waits for the counter row of one of them. Whose row is taken for longer, by an
# erasure or another long transaction, waits for it alone.
SHARED_LOCK_WAIT = b"100ms"
# Facts of others that come with an answer at most; whoever is behind by more follows the log by itself.
MISSED_MAX = 500

_APPEND = Prepared("append")
_ENTER = Prepared("enter")
_RECORDED = Prepared("recorded")
_LOCK_WAIT = Prepared("lock_wait")

Send = Callable[[Parameters, int], Awaitable[Row]]
"""Sends a call of `append_events` with this many facts; its answer."""


class Answer(NamedTuple):
    """What one call gave; and the rows of what others had recorded, where that was asked for."""

    row: Row
    missed: Sequence[Row]


def inside(connection: AsyncConnection[Any]) -> Send:
    """Sends calls inside the transaction that is open on a connection."""

    async def send(parameters: Parameters, _: int) -> Row:
        return (await _APPEND.call(connection, parameters))[0]

    return send


class _Call:
    """A call that waits for its commit. `known` is the position from which on it asks for what others recorded."""

    __slots__ = ("answer", "facts", "known", "parameters", "workspace")

    def __init__(self, parameters: Parameters, facts: int, known: int | None) -> None:
        self.workspace = parameters["workspace"] or b""
        self.parameters = parameters
        self.facts = facts
        self.known = known
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def steps(self) -> Iterator[Step]:
        yield _APPEND, self.parameters
        if self.known is not None:
            yield _ENTER, {"workspace": str(UUID(bytes=self.workspace)).encode()}
            yield (
                _RECORDED,
                {
                    "workspace": self.workspace,
                    "from": bigint(self.known),
                    "to": bigint(self.known + MISSED_MAX),
                    "own": self.parameters["event_ids"],
                },
            )

    def read(self, rows: Iterator[Sequence[Row]]) -> Answer:
        """The answer, from the rows of each step in turn."""
        row = next(rows)[0]
        if self.known is None:
            return Answer(row, ())
        next(rows)
        return Answer(row, next(rows))


class Commits:
    """The appends of one process, over all workspaces. It has tasks only while something waits."""

    def __init__(self, store: Store, workspaces_max: int, facts_max: int) -> None:
        self._store = store
        self._workspaces_max = workspaces_max
        self._facts_max = facts_max
        self._waiting: list[_Call] = []
        self._under_way: dict[asyncio.Task[None], int] = {}
        self._alone: set[asyncio.Task[None]] = set()
        self._start_is_due = False

    async def send(self, parameters: Parameters, facts: int, known: int | None = None) -> Answer:
        """The answer to one call, once it is committed. Raises `StoreUnavailable`, and what psycopg's cursors raise.

        With `known`, what others recorded from that position on comes along, up to `MISSED_MAX` facts, also when the
        call was refused.
        """
        call = _Call(parameters, facts, known)
        self._waiting.append(call)
        self._start_soon()
        return await call.answer

    def _start_soon(self) -> None:
        """Start once every workspace that is about to call in this turn of the event loop has called."""
        if not self._start_is_due:
            self._start_is_due = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._start_is_due = False
        while self._waiting and len(self._under_way) < COMMITS_MAX:
            if self._under_way and len(self._waiting) * 2 < max(self._under_way.values()):
                return  # too few to be worth a commit of their own: they go with those who come meanwhile
            calls = self._take()
            task = asyncio.create_task(self._commit(calls), context=Context())  # it is of several requests, and in none
            self._under_way[task] = len(calls)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self._start_soon()

    def _take(self) -> list[_Call]:
        """The calls of the next commit, one a workspace, in the one order in which everybody takes counter rows."""
        calls: dict[bytes, _Call] = {}
        facts = 0
        later = []
        for call in self._waiting:
            fits = not calls or (len(calls) < self._workspaces_max and facts + call.facts <= self._facts_max)
            if fits and call.workspace not in calls:
                calls[call.workspace] = call
                facts += call.facts
            else:
                later.append(call)
        self._waiting = later
        return [calls[workspace] for workspace in sorted(calls)]

    async def _commit(self, calls: Sequence[_Call]) -> None:
        """Answer every call, whatever happens; those of a commit that failed for one of them, each by itself."""
        try:
            answers = await self._together(calls)
        except Exception as failure:  # noqa: BLE001  # whoever waits is told, whatever it was
            if len(calls) > 1 and _is_of_one(failure):
                for call in calls:
                    task = asyncio.create_task(self._commit([call]), context=Context())
                    self._alone.add(task)
                    task.add_done_callback(self._alone.discard)
                return
            for call in calls:
                if not call.answer.done():
                    call.answer.set_exception(failure)
            return
        for call, answer in zip(calls, answers, strict=True):
            if not call.answer.done():
                call.answer.set_result(answer)

    async def _together(self, calls: Sequence[_Call]) -> list[Answer]:
        async with self._store.connection(writing=True) as connection:
            if len(calls) == 1 and calls[0].known is None:
                return [Answer((await _APPEND.call(connection, calls[0].parameters))[0], ())]
            first: list[Step] = [(_LOCK_WAIT, {"wait": SHARED_LOCK_WAIT})] if len(calls) > 1 else []
            steps = [*first, *(step for call in calls for step in call.steps())]
            rows = iter((await in_one_commit(connection, steps))[len(first) :])
            return [call.read(rows) for call in calls]


def _is_of_one(failure: Exception) -> bool:
    """Whether nothing happened because of one of several calls, so that the others may be answered without it."""
    if isinstance(failure, StoreUnavailable):
        return isinstance(failure.__cause__, psycopg.errors.LockNotAvailable)
    return isinstance(failure, psycopg.Error)
