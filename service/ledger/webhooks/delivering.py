"""The deliverer of a process: finds the webhooks that have something to be sent, holds them, and gives each its rounds.

A webhook is delivered by one process at a time, whichever comes first; one that was killed is taken over when its hold
has lapsed. Receivers are waited for here and nowhere else.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from service.clock import Clock
from service.ledger.refusals import LedgerRefusal, StoreUnavailable
from service.ledger.webhooks.records import Webhook
from service.ledger.webhooks.rounds import Round
from service.ledger.webhooks.rows import CLEARED_MAX, Place, Rows

if TYPE_CHECKING:  # loaded when something is sent
    from service.ledger.webhooks.sending import Sender

log = logging.getLogger("throughline.webhooks")

# How soon a fact is noticed: each look is one query over all webhooks, and no append has anything to do with it.
LOOK_EVERY_S = 0.5
# Webhooks that one process delivers at once: one connection and one message in memory each.
IN_FLIGHT_MAX = 100
# Messages that one process sends leave this much between each other, so that requests keep most of the process.
PACE_S = 0.005
# A webhook whose round failed for a reason of ours is left alone for a while.
AFTER_FAULT_S = 30.0
# What is under way when the process is asked to end may come to its end.
STOP_S = 2.0
CLEAR_EVERY_S = 300.0
# Between two steps of clearing up the database has four times as long for others.
CLEAR_REST = 4

NewRound = Callable[[Place, Webhook, "Sender"], Round]


class Deliverer:
    """Everything this process delivers."""

    def __init__(self, rows: Rows, clock: Clock, new_sender: Callable[[str], "Sender"], new_round: NewRound) -> None:
        self._rows = rows
        self._clock = clock
        self._new_sender = new_sender
        self._new_round = new_round
        self._tasks: dict[Place, asyncio.Task[bool]] = {}
        self._rounds: dict[Place, Round] = {}
        self._rested: dict[Place, float] = {}  # since when each of those that are due has waited here
        self._look = asyncio.Event()
        self._next_send = 0.0

    async def run(self) -> None:
        """Deliver until cancelled. A failure is logged and tried again: nothing else depends on this."""
        clearing = asyncio.create_task(self._clear())
        try:
            while True:
                try:
                    await self._begin_rounds()
                except StoreUnavailable:
                    pass  # whatever is due stays so
                except Exception:
                    log.exception("the webhooks that are due could not be looked up")
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await self._look.wait()
                self._look.clear()
        finally:
            clearing.cancel()

    async def pace(self) -> None:
        """Return when another message may go out."""
        loop = asyncio.get_running_loop()
        self._next_send = max(loop.time(), self._next_send + PACE_S)
        await asyncio.sleep(self._next_send - loop.time())

    async def _begin_rounds(self) -> None:
        """Begin with those that have waited longest, as many as there is room for."""
        due = await self._rows.due(self._clock.now())
        places, now = set(due), asyncio.get_running_loop().time()
        self._rested = {place: since for place, since in self._rested.items() if place in places or since > now}
        for place in sorted(due, key=lambda place: self._rested.get(place, 0.0)):
            if len(self._tasks) >= IN_FLIGHT_MAX:
                return
            if place not in self._tasks and self._rested.get(place, 0.0) <= now:
                task = self._tasks[place] = asyncio.create_task(self._deliver(place))
                task.add_done_callback(partial(self._ended, place))

    def _ended(self, place: Place, task: asyncio.Task[bool]) -> None:
        del self._tasks[place]
        self._rounds.pop(place, None)
        if not task.cancelled() and task.result():
            self._look.set()

    async def _deliver(self, place: Place) -> bool:
        """One round; whether there is more to do at once."""
        loop = asyncio.get_running_loop()
        try:
            webhook = await self._rows.claim(place, self._clock.now())
            if webhook is None:
                return False
            sender = self._new_sender(webhook.url)
            try:
                current = self._rounds[place] = self._new_round(place, webhook, sender)
                more = await current.run()
            finally:
                await sender.close()
                await self._rows.let_go(place)
            self._rested[place] = loop.time()
        except LedgerRefusal as failure:
            log.warning("webhook %s of workspace %s waits: %s", place[1], place[0], type(failure).__name__)
            self._rested[place] = loop.time() + 1.0
        except Exception:
            log.exception("webhook %s of workspace %s could not be delivered", place[1], place[0])
            self._rested[place] = loop.time() + AFTER_FAULT_S
        else:
            return more
        return False

    async def finish(self) -> None:
        """Let what is on its way arrive, within reason; then hold nothing any more. After `run` has ended."""
        for current in self._rounds.values():
            current.stopping = True
        if self._tasks:
            _, late = await asyncio.wait(list(self._tasks.values()), timeout=STOP_S)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=STOP_S)

    # -- clearing up

    async def _clear(self) -> None:
        while True:
            await asyncio.sleep(CLEAR_EVERY_S)
            try:
                await self.clear_all()
            except StoreUnavailable:
                pass  # next time
            except Exception:
                log.exception("deliveries could not be cleared up")

    async def clear_all(self) -> None:
        """Let go what is kept of deliveries beyond its time or its number, in small steps."""
        for place in await self._rows.everywhere():
            cleared = CLEARED_MAX
            while cleared == CLEARED_MAX:
                began = perf_counter()
                cleared = await self._rows.clear(place, self._clock.now())
                await asyncio.sleep(CLEAR_REST * (perf_counter() - began))
