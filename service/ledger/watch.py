"""What a running process notices about itself and its database, every few seconds. Refuses and repairs nothing."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import psycopg

from service.clock import Clock
from service.ledger.refusals import StoreUnavailable
from service.ledger.store import Store, statement
from service.migrate import running_difference

log = logging.getLogger("throughline.ledger")

# How soon a process notices that the schema has moved away from it, and what its metrics are old at most.
LOOK_EVERY_S = 2.0
# The event loop is late when somebody keeps it for themselves: looked at ten times a second, which costs nothing.
TICK_S = 0.1
# What waits for a signature or a webhook is counted over all workspaces, which is not done for nothing.
LAG_EVERY_S = 10.0

_SCHEMA = "SELECT number, name, sha256 FROM schema_migration ORDER BY number"
_NOW = "SELECT clock_timestamp()"
_LAG = statement("checkpoint_lag")
_WEBHOOK_LAG = statement("webhook_lag")


class Watch:
    """The process's own view of whether it can do its work.

    `unfit` is why nothing may be recorded now, as a sentence for anybody; None while all is well.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self.unfit: str | None = None
        self.database_up = False
        self.clock_skew_s = 0.0  # how far this machine's clock is ahead of the database's
        self.unsigned_facts = 0  # recorded, and in no signed checkpoint yet, over all workspaces
        self.unsigned_s = 0.0  # how long the oldest of them has waited
        self.webhook_lag_facts = 0  # how far the slowest active webhook of all workspaces is behind its log
        self.webhook_lag_s = 0.0  # how long the first fact that one of them has not looked at was there
        self._store = store
        self._clock = clock
        self._loop_lag_s = 0.0
        self._lag_due = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        ticking = asyncio.create_task(self._tick())
        try:
            while True:
                await self._look()
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            ticking.cancel()

    async def judge(self) -> str | None:
        """Ask the database for its schema now; why this process may not record, or None. Raises `StoreUnavailable`."""
        self._judged(await self._schema())
        return self.unfit

    async def _schema(self) -> list[tuple[Any, ...]]:
        """The applied migrations; none when the table of them is gone, or not ours to read."""
        try:
            return await self._store.jobs.read(_SCHEMA, {})
        except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege):
            return []

    def worst_loop_lag_s(self) -> float:
        """How late the event loop was at most since this was last asked."""
        lag, self._loop_lag_s = self._loop_lag_s, 0.0
        return lag

    def _judged(self, rows: Sequence[tuple[Any, ...]]) -> None:
        fault = running_difference(rows)
        unfit = None if fault is None else fault.plain
        if unfit != self.unfit:
            if fault is None:
                log.warning("the database has the schema of this version again")
            else:
                log.error("nothing is recorded: %s", fault.detail)
        self.unfit = unfit

    async def _look(self) -> None:
        try:
            self._judged(await self._schema())
            self.database_up = True
            before = self._clock.now()
            told: datetime = (await self._store.jobs.read(_NOW, {}))[0][0]
            after = self._clock.now()
            self.clock_skew_s = skew_s(before, told, after)
            if (now := asyncio.get_running_loop().time()) >= self._lag_due:
                self._lag_due = now + LAG_EVERY_S
                self.unsigned_facts, self.unsigned_s = (await self._store.jobs.read(_LAG, {}))[0]
                self.webhook_lag_facts, self.webhook_lag_s = (await self._store.jobs.read(_WEBHOOK_LAG, {}))[0]
        except StoreUnavailable:
            self.database_up = False
        except Exception:
            log.exception("the database could not be looked at")

    async def _tick(self, sleep: Callable[[float], Any] = asyncio.sleep) -> None:
        now = asyncio.get_running_loop().time
        while True:
            due = now() + TICK_S
            await sleep(TICK_S)
            self._loop_lag_s = max(self._loop_lag_s, now() - due)


def skew_s(before: datetime, told: datetime, after: datetime) -> float:
    """How far our clock is ahead of another that said `told` between two looks at ours; 0 when it may be none."""
    if before <= told <= after:
        return 0.0
    return ((before if told < before else after) - told).total_seconds()
