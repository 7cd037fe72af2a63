"""Waiting with a bound: who waits too long is told so, in order, and nobody else."""

import asyncio

import pytest

from service.ledger.patience import Patience
from service.ledger.refusals import StoreUnavailable

SHORT_S = 0.05


def test_whoever_waits_too_long_is_told_so() -> None:
    async def waiting() -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        Patience(SHORT_S).bound(future)
        await future

    with pytest.raises(StoreUnavailable, match="no answer within the deadline"):
        asyncio.run(waiting())


def test_each_gets_its_own_time_and_who_was_answered_keeps_the_answer() -> None:
    async def told() -> list[tuple[str, float]]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        ends: list[tuple[str, float]] = []
        patience = Patience(SHORT_S)

        async def wait(name: str, after_s: float, answer_after_s: float | None) -> None:
            await asyncio.sleep(after_s)
            future: asyncio.Future[str] = loop.create_future()
            patience.bound(future)
            if answer_after_s is not None:
                loop.call_later(answer_after_s, future.set_result, "answered")
            try:
                ended = await future
            except StoreUnavailable:
                ended = "given up"
            ends.append((f"{name} {ended}", loop.time() - began - after_s))

        await asyncio.gather(
            wait("first", 0, None),
            wait("second", SHORT_S / 2, SHORT_S / 10),
            wait("third", SHORT_S / 2, None),
            wait("after all were gone", SHORT_S * 4, None),
        )
        return ends

    ends = dict(asyncio.run(told()))
    assert set(ends) == {"first given up", "second answered", "third given up", "after all were gone given up"}
    for name, waited_s in ends.items():
        assert "given up" not in name or waited_s >= SHORT_S * 0.99
