"""One run of some work for all who ask for it at about the same time."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from service.ledger.patience import Patience
from service.ledger.refusals import LedgerRefusal

Work = Callable[[], Awaitable[None]]

# When so many have asked, those who have given up are let go; and again when as many more have.
ASKED_MIN = 1_000

log = logging.getLogger("throughline.ledger")


class SharedRuns:
    """Runs work once at a time: whoever asks while a run is under way shares the next one, which begins after it.

    A run goes on when those who wait for it have gone.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._asked: list[tuple[asyncio.Future[None], Work]] = []
        self._asked_max = ASKED_MIN
        self._running: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        return self._running is None

    async def run(self, work: Work) -> None:
        """Return once a run that began after this was called has ended; what it raises is raised for all who share it.

        They share the work of the last of them. Raises what the patience raises when it takes too long, also because of
        the run before.
        """
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked.append((waiter, work))
        if len(self._asked) > self._asked_max:
            self._asked = [one for one in self._asked if not one[0].done()]
            self._asked_max = max(ASKED_MIN, 2 * len(self._asked))
        if self._running is None:
            self._running = asyncio.create_task(self._run_for_all())
        self._patience.bound(waiter)
        await waiter

    async def close(self) -> None:
        """End what is under way."""
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    async def _run_for_all(self) -> None:
        try:
            while self._asked:
                served = [one for one in self._asked if not one[0].done()]
                self._asked = []
                if served:
                    await self._run_for(served)
        finally:
            self._running = None

    async def _run_for(self, served: Sequence[tuple[asyncio.Future[None], Work]]) -> None:
        failure: Exception | None = None
        try:
            await served[-1][1]()
        except Exception as raised:  # noqa: BLE001  # whoever waits is told, whatever it was
            failure = raised
        waiting = [waiter for waiter, _ in served if not waiter.done()]
        for waiter in waiting:
            if failure is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(failure)
        if not waiting and failure is not None and not isinstance(failure, LedgerRefusal):
            log.error("work failed for which nobody waited any more", exc_info=failure)
