"""What an answer's time may tell: nothing of other workspaces' ids (A2), nothing of a secret (A17)."""

import asyncio
import hmac
import statistics
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from service.ledger import tokens
from service.ledger.ledger import Ledger
from service.ledger.refusals import NoSuchKey
from service.ledger.store import statement
from tests.http.conftest import MASTER_KEY, World, a_deal, noted

# Interleaved, so that what else the machine does meets both alike. The bound is wide: a difference that could be used
# would be of another kind of work, such as a stream that is read and folded before it is refused.
ROUNDS = 300
APART_MAX = 0.25


def medians_s(one: Callable[[], Any], other: Callable[[], Any]) -> tuple[float, float]:
    """The median times of both, asked in turn."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 20):
        for which, ask in enumerate((one, other) if turn % 2 else (other, one)):
            began = time.perf_counter()
            ask()
            if turn >= 20:
                times[which if turn % 2 else 1 - which].append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


@pytest.mark.slow  # hundreds of calls in turn
@pytest.mark.parametrize("sub", ["", "/events", "/trust"])
def test_A2_another_workspace_s_deal_takes_as_long_as_one_that_is_not_there(
    member: httpx.Client, stranger: httpx.Client, sub: str
) -> None:
    foreign = a_deal(member, *(noted(f"Note {number}") for number in range(90)))
    theirs, nobodys = medians_s(lambda: stranger.get(foreign + sub), lambda: stranger.get(f"/v1/deals/{uuid4()}{sub}"))
    assert abs(theirs - nobodys) / nobodys < APART_MAX, (theirs, nobodys)


@pytest.mark.slow  # the same
def test_A17_a_secret_that_begins_right_takes_as_long_as_one_that_does_not(world: World, nobody: httpx.Client) -> None:
    key = world.here.member.key
    near = key[:-1] + ("A" if key[-1] != "A" else "B")
    far = key[:-43] + "".join("A" if one != "A" else "B" for one in key[-43:])

    async def asked() -> tuple[float, float]:
        async with Ledger.open(world.database.app, MASTER_KEY, world.settings) as ledger:
            times: dict[str, list[float]] = {near: [], far: []}
            for turn in range(2 * ROUNDS):
                shown = (near, far)[turn % 2]
                began = time.perf_counter()
                with pytest.raises(NoSuchKey):
                    await ledger.identify(shown)
                times[shown].append(time.perf_counter() - began)
            return statistics.median(times[near]), statistics.median(times[far])

    right, wrong = asyncio.run(asked())
    assert abs(right - wrong) / wrong < APART_MAX, (right, wrong)


def test_A17_a_key_is_looked_up_by_its_ids_and_its_secret_s_digest_compared_whole(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No secret, right or wrong, gets into a query; what is compared are two digests, in constant time."""
    assert "secret" not in statement("credential").partition("WHERE")[2]
    compared: list[tuple[bytes, bytes]] = []

    class Watched:
        @staticmethod
        def compare_digest(one: bytes, other: bytes) -> bool:
            compared.append((one, other))
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(tokens, "hmac", Watched)
    token = tokens.read_token(world.here.member.key)
    assert token is not None
    wrong = tokens.new_token(token.workspace_id, token.credential_id)
    unknown = tokens.new_token(token.workspace_id, uuid4())

    async def asked() -> None:
        async with Ledger.open(world.database.app, MASTER_KEY, world.settings) as ledger:
            for shown in (wrong.shown, unknown.shown):
                with pytest.raises(NoSuchKey):
                    await ledger.identify(shown)
            await ledger.identify(token.shown)

    asyncio.run(asked())
    assert compared == [(wrong.secret_digest, token.secret_digest), (token.secret_digest, token.secret_digest)]
