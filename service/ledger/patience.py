"""Waiting with a bound: whoever still waits when the time is up is told so, by one timer for all."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from service.ledger.refusals import LedgerRefusal, StoreUnavailable


def _silent() -> LedgerRefusal:
    return StoreUnavailable("no answer within the deadline")


class Patience:
    """Gives up on futures that wait too long, all of them for the same `seconds`, with the same refusal."""

    def __init__(self, seconds: float, refusal: Callable[[], LedgerRefusal] = _silent) -> None:
        self._seconds = seconds
        self._refusal = refusal
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()  # the first to give up on first
        self._timer: asyncio.TimerHandle | None = None

    def bound(self, future: "asyncio.Future[Any]") -> None:
        """Fail `future` with the refusal unless it is done in time."""
        waiting = self._waiting
        while waiting and waiting[0][1].done():
            waiting.popleft()
        loop = future.get_loop()
        waiting.append((loop.time() + self._seconds, future))
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Give up on whom it is time for, and look again when it is time for the next."""
        waiting = self._waiting
        while waiting and (waiting[0][1].done() or waiting[0][0] <= loop.time()):
            _, future = waiting.popleft()
            if not future.done():
                future.set_exception(self._refusal())
        self._timer = loop.call_at(waiting[0][0], self._look, loop) if waiting else None
