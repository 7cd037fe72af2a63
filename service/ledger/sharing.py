"""One run of some work for all who ask for it at about the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from service.ledger.patience import Patience

Work = Callable[[], Awaitable[None]]


class SharedRuns:
    """Runs work once at a time: whoever asks while a run is under way shares the next one, which begins after it.

    A run goes on when those who wait for it have gone.
    """

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._asked: list[tuple[asyncio.Future[None], Work]] = []
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
                served, self._asked = self._asked, []
                _, work = served[-1]
                try:
                    await work()
                except Exception as failure:  # noqa: BLE001  # whoever waits is told, whatever it was
                    for waiter, _ in served:
                        if not waiter.done():
                            waiter.set_exception(failure)
                else:
                    for waiter, _ in served:
                        if not waiter.done():
                            waiter.set_result(None)
        finally:
            self._running = None
