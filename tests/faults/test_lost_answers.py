"""The answer to a write is lost between PostgreSQL and the service: what was recorded is recorded once, and told."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.conftest import Database
from tests.faults.conftest import Connect, Reached, a_deal, noted, said
from tests.faults.history import History, check, stored
from tests.faults.proxy import APPENDED, COMMITTED, Proxy
from tests.running import Running, Start


@pytest.fixture
def service(folder: Path, behind: Reached, service_process: Start) -> Running:
    return service_process(folder / "data", database=behind)


def test_F1_a_write_whose_commit_was_not_answered_is_found_and_told_as_new(
    service: Running, connect: Connect, proxy: Proxy, database: Database
) -> None:
    client, history = connect(service), History()
    deal = a_deal(client, history)
    proxy.swallow(APPENDED)
    write = client.write(history, deal, [noted("Its answer is lost"), noted("Both of them")])
    assert proxy.swallowed == 1
    assert (write.status, write.versions) == (201, (2, 3))
    opened = client.write(history, f"deal/{uuid4()}", [said("deal.opened", title="Depots")])
    assert opened.status == 201
    check(history, stored(database.app))


def test_F1_a_new_stream_whose_commit_was_not_answered_can_be_read_and_written(
    service: Running, connect: Connect, proxy: Proxy, database: Database
) -> None:
    """Its key was made for the append that was lost."""
    client, history = connect(service), History()
    proxy.swallow(APPENDED)
    deal = a_deal(client, history)
    assert proxy.swallowed == 1
    assert client.write(history, deal, [noted("After it")]).status == 201
    assert client.read(history, deal)
    check(history, stored(database.app))


def test_F1_a_write_that_was_lost_twice_is_told_on_the_clients_own_retry(
    service: Running, connect: Connect, proxy: Proxy, database: Database
) -> None:
    """The first answer and that of the look for it: now the client hears that nobody knows."""
    client, history = connect(service), History()
    deal = a_deal(client, history)
    proxy.swallow(APPENDED, COMMITTED)
    write = client.write(history, deal, [noted("Twice unlucky")])
    assert (proxy.swallowed, write.status, write.outcome) == (2, 503, "unknown")
    again = client.settle(write)
    assert again is not None
    assert (again.status, again.headers["idempotency-replayed"], write.versions) == (200, "true", (2,))
    check(history, stored(database.app))


def test_F1_the_commit_of_an_append_that_held_the_counter_row_is_lost(
    service: Running, connect: Connect, proxy: Proxy, database: Database, folder: Path, service_process: Start
) -> None:
    """Another process was faster, so that the append is decided again in a transaction; that one's commit is lost."""
    client, history = connect(service), History()
    deal = a_deal(client, history)
    other = connect(service_process(folder / "other", database=database), key_of=service)
    assert other.write(history, deal, [noted("From elsewhere")]).status == 201
    proxy.swallow(COMMITTED)
    write = client.write(history, deal, [noted("Decided twice, told once")])
    assert proxy.swallowed == 1
    assert (write.status, write.versions) == (201, (3,))
    check(history, stored(database.app))


def test_F1_an_append_that_was_lost_before_its_commit_is_done_once(
    service: Running, connect: Connect, proxy: Proxy, database: Database, folder: Path, service_process: Start
) -> None:
    """In a transaction the lost answer comes before the commit: nothing had happened yet."""
    client, history = connect(service), History()
    deal = a_deal(client, history)
    other = connect(service_process(folder / "other", database=database), key_of=service)
    assert other.write(history, deal, [noted("From elsewhere")]).status == 201
    proxy.swallow(APPENDED)
    write = client.write(history, deal, [noted("Not committed when it was lost")])
    assert proxy.swallowed == 1
    assert (write.status, write.versions) == (201, (3,))
    check(history, stored(database.app))
