"""The answer to a write is lost between PostgreSQL and the service: what was recorded is recorded once, and told."""

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

from service.ledger import writer
from service.ledger.asking import Appended
from service.ledger.credentials import Identity
from service.ledger.ledger import Ledger
from service.ledger.refusals import StoreUnavailable
from service.masterkey import MasterKey
from service.settings import Settings
from tests.conftest import Database, Server, _database, open_folder
from tests.faults.conftest import Connect, a_deal, noted, said
from tests.faults.history import History, check, stored
from tests.faults.proxy import APPENDED, COMMITTED, Proxy, proxied
from tests.ledger.conftest import a_deal as deal_of
from tests.ledger.conftest import member, note
from tests.running import Running, started


@dataclass(frozen=True)
class Lossy:
    """A service behind a proxy, and another process on the same workspace that is not."""

    service: Running
    other: Running
    proxy: Proxy
    database: Database


@pytest.fixture(scope="module")
def lossy(server: Server, template: str) -> Iterator[Lossy]:
    folder = open_folder("throughline-lossy-")
    with contextmanager(_database)(server, template) as database, proxied(database.app) as proxy:
        direct = {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner}
        through = {**direct, "DATABASE_URL": proxy.address(database.app)}
        with started(folder / "one", through) as service, started(folder / "other", direct) as other:
            yield Lossy(service, other, proxy, database)
    shutil.rmtree(folder, ignore_errors=True)


def test_F1_a_write_whose_commit_was_not_answered_is_found_and_told_as_new(lossy: Lossy, connect: Connect) -> None:
    client, history = connect(lossy.service), History()
    deal = a_deal(client, history)
    before = lossy.proxy.swallowed
    lossy.proxy.swallow(APPENDED)
    write = client.write(history, deal, [noted("Its answer is lost"), noted("Both of them")])
    assert lossy.proxy.swallowed == before + 1
    assert (write.status, write.versions) == (201, (2, 3))
    opened = client.write(history, f"deal/{uuid4()}", [said("deal.opened", title="Depots")])
    assert opened.status == 201
    check(history, stored(lossy.database.app))


def test_F1_a_new_stream_whose_commit_was_not_answered_can_be_read_and_written(lossy: Lossy, connect: Connect) -> None:
    """Its key was made for the append that was lost."""
    client, history = connect(lossy.service), History()
    before = lossy.proxy.swallowed
    lossy.proxy.swallow(APPENDED)
    deal = a_deal(client, history)
    assert lossy.proxy.swallowed == before + 1
    assert client.write(history, deal, [noted("After it")]).status == 201
    assert client.read(history, deal)
    check(history, stored(lossy.database.app))


def test_F1_a_write_that_was_lost_twice_is_told_on_the_clients_own_retry(lossy: Lossy, connect: Connect) -> None:
    """The first answer and that of the look for it: now the client hears that nobody knows."""
    client, history = connect(lossy.service), History()
    deal = a_deal(client, history)
    before = lossy.proxy.swallowed
    lossy.proxy.swallow(APPENDED, COMMITTED)
    write = client.write(history, deal, [noted("Twice unlucky")])
    assert (lossy.proxy.swallowed, write.status, write.outcome) == (before + 2, 503, "unknown")
    again = client.settle(write)
    assert again is not None
    assert (again.status, again.headers["idempotency-replayed"], write.versions) == (200, "true", (2,))
    check(history, stored(lossy.database.app))


@pytest.mark.anyio
@pytest.mark.parametrize("lost", [COMMITTED, APPENDED])
async def test_F1_an_append_that_held_the_counter_row_is_lost_with_its_commit_or_before(
    ledger: Ledger,
    noor: Identity,
    database: Database,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    lost: bytes,
) -> None:
    """Others were faster again and again, so that it was decided in a transaction: either all happened, or nothing."""
    monkeypatch.setattr(writer, "ATTEMPTS_AT_ONCE", 0)
    deal = await deal_of(ledger, noor)
    with proxied(database.app) as proxy:
        async with Ledger.open(proxy.address(database.app), MasterKey(bytes(range(32))), settings) as lossy:
            proxy.swallow(lost)
            appended = await note(lossy, noor, deal, "Told once")
            assert proxy.swallowed == 1
            assert (appended.stream_version, appended.replayed) == (2, False)
    assert (await ledger.history(noor, deal)).version == 2


@pytest.mark.anyio
async def test_F1_a_commit_that_several_workspaces_shared_is_lost(
    ledger: Ledger, database: Database, settings: Settings
) -> None:
    places = []
    for number in range(5):
        who = member(uuid4())
        await ledger.create_workspace(who.workspace_id, f"Depot {number}")
        places.append((who, await deal_of(ledger, who)))
    with proxied(database.app) as proxy:
        async with Ledger.open(proxy.address(database.app), MasterKey(bytes(range(32))), settings) as lossy:
            for version in range(2, 6):
                proxy.swallow(APPENDED)
                answers = await asyncio.gather(*(note(lossy, who, deal, "Told once") for who, deal in places))
                assert [(one.stream_version, one.replayed) for one in answers] == [(version, False)] * 5
            assert proxy.swallowed == 4
    for who, deal in places:
        assert (await ledger.history(who, deal)).version == 5


@pytest.mark.anyio
async def test_workspaces_whose_shared_commit_meets_silence_are_all_told_in_time_and_go_on_after_it(
    ledger: Ledger, database: Database, settings: Settings
) -> None:
    places = []
    for number in range(4):
        who = member(uuid4())
        await ledger.create_workspace(who.workspace_id, f"Depot {number}")
        places.append((who, await deal_of(ledger, who)))
    with proxied(database.app) as proxy:
        async with Ledger.open(proxy.address(database.app), MasterKey(bytes(range(32))), settings) as silenced:

            async def each() -> list[Appended | BaseException]:
                notes = (note(silenced, who, deal, "Said into the silence") for who, deal in places)
                return await asyncio.gather(*notes, return_exceptions=True)

            assert not [one for one in await each() if isinstance(one, BaseException)]
            proxy.hang()
            async with asyncio.timeout(10):
                assert {type(one) for one in await each()} == {StoreUnavailable}
            proxy.go_on()
            async with asyncio.timeout(10):
                while [one for one in await each() if isinstance(one, BaseException)]:
                    pass
    for who, deal in places:
        history = await ledger.history(who, deal)
        assert [record.fact.stream_version for record in history.records] == list(range(1, history.version + 1))
