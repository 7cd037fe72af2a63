"""Work that many ask for at once is done once for all of them, and never with what was there before they asked."""

import asyncio

import pytest

from service.ledger import sharing
from service.ledger.patience import Patience
from service.ledger.refusals import StoreUnavailable
from service.ledger.sharing import SharedRuns

pytestmark = pytest.mark.anyio


class Counting:
    """Work that takes until it is let go, and counts how often it began."""

    def __init__(self) -> None:
        self.begun = 0
        self.go = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        await self.go.wait()


async def asked(runs: SharedRuns, work: Counting, times: int) -> list[asyncio.Task[None]]:
    """Those who ask now; the first of them has the work begun, if none is under way."""
    waiting = [asyncio.create_task(runs.run(work)) for _ in range(times)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return waiting


async def test_those_who_ask_during_a_run_share_the_next_one() -> None:
    runs, work = SharedRuns(Patience(30)), Counting()
    first = await asked(runs, work, 1)
    later = await asked(runs, work, 20)
    assert work.begun == 1
    assert not runs.idle
    work.go.set()
    await asyncio.gather(*first, *later)
    assert work.begun == 2


async def test_a_run_that_fails_is_told_to_all_and_the_next_is_tried() -> None:
    runs, failing = SharedRuns(Patience(30)), [True]

    async def work() -> None:
        if failing.pop():
            raise OSError("no")

    told = await asyncio.gather(runs.run(work), runs.run(work), return_exceptions=True)
    assert [type(one) for one in told] == [OSError, OSError]
    failing.append(False)
    await runs.run(work)


async def test_a_run_goes_on_when_those_who_waited_have_gone() -> None:
    runs, work = SharedRuns(Patience(0.01)), Counting()
    with pytest.raises(StoreUnavailable):
        await runs.run(work)
    assert not runs.idle
    (waiting,) = await asked(runs, work, 1)
    assert work.begun == 1
    work.go.set()
    await waiting
    assert work.begun == 2


async def test_no_run_is_made_for_those_who_have_given_up_nor_are_they_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "ASKED_MIN", 10)
    runs, work = SharedRuns(Patience(30)), Counting()
    await asked(runs, work, 1)
    for _ in range(20):
        for waiting in await asked(runs, work, 9):
            waiting.cancel()
        await asyncio.sleep(0)
    assert len(runs._asked) <= 20
    work.go.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert runs.idle
    assert work.begun == 1


async def test_a_failure_that_nobody_waits_for_any_more_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    runs, go = SharedRuns(Patience(0.01)), asyncio.Event()

    async def fails() -> None:
        await go.wait()
        raise OSError("no disk")

    with pytest.raises(StoreUnavailable):
        await runs.run(fails)
    go.set()
    for _ in range(10):
        await asyncio.sleep(0)
    assert "nobody waited" in caplog.text
    assert "no disk" in caplog.text


async def test_closing_ends_what_is_under_way() -> None:
    runs, work = SharedRuns(Patience(30)), Counting()
    (waiting,) = await asked(runs, work, 1)
    await runs.close()
    assert runs.idle
    waiting.cancel()
