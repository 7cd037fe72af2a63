"""A process keeps a bounded number of workspaces at hand: those used last, and never two of one."""

import gc
from uuid import UUID, uuid4

import pytest

from service.ledger import workspaces
from service.ledger.ledger import Ledger
from tests.ledger.conftest import a_deal, member, note

pytestmark = pytest.mark.anyio


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspaces, "WORKSPACES_KEPT_MAX", 2)


async def a_workspace(ledger: Ledger) -> UUID:
    workspace_id = uuid4()
    await ledger.create_workspace(workspace_id, "One of several")
    return workspace_id


async def test_the_one_that_was_used_longest_ago_goes(ledger: Ledger, few: None) -> None:
    first, second, third = [await a_workspace(ledger) for _ in range(3)]
    kept = ledger._workspaces
    pairs = {one: kept.pair(one) for one in (first, second)}
    assert kept.pair(first) is pairs[first]
    kept.pair(third)
    assert kept.count == 2
    assert kept.pair(first) is pairs[first]
    assert kept.pair(second) is not pairs[second]


async def test_who_still_reads_through_one_that_was_let_go_and_who_comes_anew_have_the_same(
    ledger: Ledger, few: None
) -> None:
    workspace_id = await a_workspace(ledger)
    who = member(workspace_id)
    deal = await a_deal(ledger, who)
    held = await ledger._workspaces.followed(who)
    for _ in range(3):
        ledger._workspaces.pair(await a_workspace(ledger))
    assert held.kept(UUID(deal.partition("/")[2])) is None
    await note(ledger, who, deal, "Meanwhile")
    assert ledger._workspaces.known(workspace_id) is held
    assert (await held.stream(deal)).version == 2
    del held
    for _ in range(3):
        ledger._workspaces.pair(await a_workspace(ledger))
    gc.collect()
    assert workspace_id not in ledger._workspaces._alive
