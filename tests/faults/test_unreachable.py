"""PostgreSQL is gone, silent, slow or busy: callers are told in time, the process lives, and all comes back alone."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # it has no types
import psycopg
import pytest

from tests.conftest import Database
from tests.faults.conftest import Connect, Elsewhere, Reached, a_deal, eventually, noted, ready
from tests.faults.history import History, check, stored
from tests.faults.load import Answer, Client
from tests.faults.proxy import Proxy
from tests.running import Running, Start

ANSWERED_WITHIN_S = 3.0
"""What a caller is promised when the store does not answer."""

CALLERS = 50
MEMORY_GROWTH_BYTES_MAX = 30 * 1024 * 1024


class Timed:
    """An answer, and how long it took."""

    def __init__(self, ask: Callable[[], Answer]) -> None:
        began = time.monotonic()
        self.answer = ask()
        self.took_s = time.monotonic() - began


def asked_at_once(clients: Sequence[Client], asks: Sequence[Callable[[Client], Answer]]) -> list[Timed]:
    """Every client asks every question, all clients at the same time."""
    barrier = threading.Barrier(len(clients))

    def one(client: Client) -> list[Timed]:
        barrier.wait()
        return [Timed(lambda ask=ask: ask(client)) for ask in asks]  # type: ignore[misc]

    with ThreadPoolExecutor(len(clients)) as threads:
        return [timed for answers in threads.map(one, clients) for timed in answers]


def assert_all_told_to_wait(answers: Sequence[Timed]) -> None:
    """503 with Retry-After, each in time."""
    assert {timed.answer.status for timed in answers} == {503}
    assert max(timed.took_s for timed in answers) < ANSWERED_WITHIN_S
    for timed in answers:
        assert int(timed.answer.headers["retry-after"]) > 0
        assert timed.answer.headers["content-type"] == "application/problem+json"


def assert_lives_but_is_not_ready(client: Client) -> None:
    live, is_ready = Timed(lambda: client.ask("GET", "/health/live")), Timed(lambda: client.ask("GET", "/health/ready"))
    assert (live.answer.status, is_ready.answer.status) == (200, 503)
    assert live.took_s < 1
    assert is_ready.took_s < ANSWERED_WITHIN_S


def write_to(deal: str) -> Callable[[Client], Answer]:
    return lambda client: client.ask("POST", f"/v1/deals/{deal.partition('/')[2]}/events", noted("Into the void"))


def read_of(deal: str) -> Callable[[Client], Answer]:
    return lambda client: client.ask("GET", f"/v1/deals/{deal.partition('/')[2]}")


def test_F5_with_the_database_stopped_everybody_is_told_in_time_and_it_recovers_by_itself(
    folder: Path, elsewhere: Elsewhere, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(folder / "service", database=elsewhere), History()
    clients = [connect(service) for _ in range(CALLERS)]
    deal = a_deal(clients[0], history)
    process = psutil.Process(service.process.pid)
    before = process.memory_info().rss
    elsewhere.stop()
    answers = asked_at_once(clients, [write_to(deal), read_of(deal)])
    assert_all_told_to_wait(answers)
    assert_lives_but_is_not_ready(clients[0])
    assert process.memory_info().rss - before < MEMORY_GROWTH_BYTES_MAX
    elsewhere.start()
    assert eventually(lambda: ready(service)) < 5
    assert clients[1].write(history, deal, [noted("It is back")]).status == 201
    assert clients[2].read(history, deal)
    check(history, stored(elsewhere.app))


@pytest.fixture
def behind_proxy(folder: Path, behind: Reached, service_process: Start) -> Running:
    return service_process(folder / "data", database=behind)


@pytest.mark.slow
def test_F6_a_database_that_is_silent_is_told_by_our_deadline_and_given_up(
    behind_proxy: Running, proxy: Proxy, database: Database, connect: Connect
) -> None:
    """No connection is ever answered or reset: what hangs there must not be waited for when the network is back."""
    history = History()
    clients = [connect(behind_proxy) for _ in range(CALLERS)]
    deal = a_deal(clients[0], history)
    proxy.hang()
    answers = asked_at_once(clients, [write_to(deal), read_of(deal)])
    assert_all_told_to_wait(answers)
    assert_lives_but_is_not_ready(clients[0])
    proxy.forget()
    assert eventually(lambda: ready(behind_proxy)) < 5
    assert eventually(lambda: clients[1].write(history, deal, [noted("It is back")]).status == 201) < 5
    assert clients[2].read(history, deal)
    check(history, stored(database.app))


@pytest.mark.slow
def test_F6_asked_to_stop_while_the_database_is_silent_it_ends_in_time(
    behind_proxy: Running, proxy: Proxy, connect: Connect
) -> None:
    clients = [connect(behind_proxy) for _ in range(4)]
    deal = a_deal(clients[0], History())
    proxy.hang()
    with ThreadPoolExecutor(len(clients)) as threads:
        asked = [threads.submit(write_to(deal), client) for client in clients]
        time.sleep(0.2)
        began = time.monotonic()
        assert behind_proxy.stop() == 0
        assert time.monotonic() - began < 10
        assert {one.result().status for one in asked} == {503}


@pytest.mark.slow
def test_F7_a_slow_database_is_waited_for_and_excess_is_told_in_time(
    folder: Path, behind: Reached, proxy: Proxy, database: Database, service_process: Start, connect: Connect
) -> None:
    few = {"THROUGHLINE_DATABASE_CONNECTIONS_MAX": "3"}
    service, history = service_process(folder / "data", database=behind, environment=few), History()
    clients = [connect(service) for _ in range(CALLERS)]
    deal = a_deal(clients[0], history)
    proxy.delay(300)
    answers = asked_at_once(clients, [write_to(deal), read_of(deal), read_of(deal)])
    assert {timed.answer.status for timed in answers} <= {200, 201, 503}
    assert sum(timed.answer.status < 300 for timed in answers) > len(answers) / 2
    assert max(timed.took_s for timed in answers) < ANSWERED_WITHIN_S
    proxy.delay(0)
    assert eventually(lambda: ready(service)) < 5
    assert clients[1].write(history, deal, [noted("Quick again")]).status == 201
    rows = stored(database.app)
    check(history, rows)
    written = sum(timed.answer.status == 201 for timed in answers)
    unknown = sum(timed.answer.status == 503 for timed in answers)
    assert written <= sum(row["type"] == "note.recorded" for row in rows) - 1 <= written + unknown


def test_F8_after_idle_connections_were_terminated_reads_and_writes_go_on(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(folder / "data", database=database), History()
    clients = [connect(service) for _ in range(16)]
    deal = a_deal(clients[0], history)
    asked_at_once(clients, [read_of(deal)])  # the pool grows
    for ask, status in ((read_of(deal), 200), (write_to(deal), 201)):
        terminate_all(database)
        assert ask(clients[0]).status == status
        terminate_all(database)
        assert {timed.answer.status for timed in asked_at_once(clients, [ask])} == {status}
    assert "Traceback" not in service.output


def terminate_all(database: Database) -> None:
    """Every connection of the service is cut while nobody uses it."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
            "WHERE application_name = 'throughline' AND datname = current_database()"
        ).fetchall()
    assert len(ended) > 1


@contextmanager
def locked(database: Database, lock: str) -> Iterator[None]:
    """A lock that somebody else's maintenance holds."""
    with psycopg.connect(database.superuser) as connection:
        connection.execute(lock.encode())
        yield


def test_F9_with_every_connection_held_waiting_ends_in_time_and_the_pool_is_whole_afterwards(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    few = {"THROUGHLINE_DATABASE_CONNECTIONS_MAX": "3"}
    service, history = service_process(folder / "data", database=database, environment=few), History()
    clients = [connect(service) for _ in range(CALLERS)]
    deals = [a_deal(clients[0], history) for _ in range(2)]
    # Reading who asks is what holds the connections: nobody's key has been looked up lately.
    time.sleep(1.1)
    with locked(database, "LOCK TABLE credential, event IN ACCESS EXCLUSIVE MODE"):
        answers = asked_at_once(clients, [write_to(deals[0]), read_of(deals[1])])
        assert_all_told_to_wait(answers)
        assert clients[0].ask("GET", "/health/live").status == 200
    assert eventually(lambda: ready(service)) < 5
    answers = asked_at_once(clients, [write_to(deals[0]), read_of(deals[1])])
    assert {timed.answer.status for timed in answers} == {200, 201}
    with psycopg.connect(database.superuser) as connection:
        (open_now,) = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'throughline' "
            "AND datname = current_database()"
        ).fetchall()
    assert open_now[0] <= 3


@pytest.mark.slow
def test_F11_while_the_events_are_locked_writes_are_told_in_time_and_reads_go_on(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(folder / "data", database=database), History()
    clients = [connect(service) for _ in range(8)]
    deal = a_deal(clients[0], history)
    with locked(database, "LOCK TABLE event IN EXCLUSIVE MODE"):
        assert_all_told_to_wait(asked_at_once(clients, [write_to(deal)]))
        answers = asked_at_once(clients, [read_of(deal)])
        assert {timed.answer.status for timed in answers} == {200}
        assert ready(service)
    assert clients[0].write(history, deal, [noted("Unlocked")]).status == 201
