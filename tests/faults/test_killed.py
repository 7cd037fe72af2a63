"""Something is killed while clients write: what was acknowledged is there, and the rest is there once or not at all."""

import os
import random
import signal
import time
from pathlib import Path

import psycopg
import pytest

from service.postgres import APP_ROLE, DATABASE, pidfile
from service.postgres.cluster import SUPERUSER
from tests.conftest import Server
from tests.faults.conftest import Connect, eventually, ready
from tests.faults.history import History, check, stored
from tests.faults.load import busy_clients
from tests.faults.replay import assert_rows_equal_a_replay, master_key
from tests.running import Running, Start

WORK_S = 2.0
BACK_DEADLINE_S = 5.0
KILLS = 20
CLEAR = {200, 201, 409}


def address(service: Running, role: str) -> str:
    """The database of a service that runs its own PostgreSQL."""
    found = pidfile.read((service.data / "postgres").resolve())
    assert found is not None
    return Server(found.socket_folder).address(role, DATABASE)


def postmaster(service: Running) -> int:
    found = pidfile.read((service.data / "postgres").resolve())
    assert found is not None
    return found.pid


def kill_postmaster(service: Running) -> float:
    """How many seconds it took until another one serves: the old one's children live on for a moment."""
    pid = postmaster(service)
    os.kill(pid, signal.SIGKILL)

    def another() -> bool:
        found = pidfile.read((service.data / "postgres").resolve())
        return found is not None and found.ready and found.pid != pid and ready(service)

    return eventually(another)


def judge(history: History, service: Running) -> None:
    """The whole check, and the derived rows with it."""
    assert {write.status for write in history.writes} <= CLEAR | {503, None}
    dsn = address(service, APP_ROLE)
    check(history, stored(dsn))
    assert_rows_equal_a_replay(dsn, master_key(service.data))


def again(history: History, service: Running, connect: Connect) -> None:
    """Send everything that got no clear answer once more: now there is one, and nothing is there twice."""
    client = connect(service)
    for write in history.told("unknown"):
        client.settle(write)
        assert write.status in CLEAR, write


def test_F2_a_service_killed_during_appends_has_kept_what_it_acknowledged(
    data: Path, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(data), History()
    with busy_clients([service.url], service.owner_key, history, []):
        time.sleep(WORK_S * random.uniform(0.5, 1))
        service.kill()
    restarted = service_process(data)
    assert len(history.told("ok")) > 50
    judge(history, restarted)
    again(history, restarted, connect)
    judge(history, restarted)


def test_F3_a_postmaster_killed_during_appends_is_back_and_nothing_acknowledged_is_lost(
    data: Path, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(data), History()
    with busy_clients([service.url], service.owner_key, history, []):
        time.sleep(WORK_S / 2)
        before = len(history.told("ok"))
        assert kill_postmaster(service) < BACK_DEADLINE_S
        eventually(lambda: len(history.told("ok")) > before + 50)
    assert service.process.poll() is None
    judge(history, service)
    again(history, service, connect)
    judge(history, service)


def test_F4_a_killed_backend_takes_all_connections_along_and_nothing_acknowledged_is_lost(
    data: Path, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(data), History()
    with busy_clients([service.url], service.owner_key, history, []):
        time.sleep(WORK_S / 2)
        before = len(history.told("ok"))
        with psycopg.connect(address(service, SUPERUSER), autocommit=True) as connection:
            row = connection.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", (APP_ROLE,)).fetchone()
            assert row is not None
            os.kill(row[0], signal.SIGKILL)
        log = service.data / "postgres.log"
        assert eventually(lambda: "reinitializing" in log.read_text() and ready(service)) < BACK_DEADLINE_S
        eventually(lambda: len(history.told("ok")) > before + 50)
    judge(history, service)
    again(history, service, connect)
    judge(history, service)


def test_F23_asked_to_stop_under_load_it_answers_what_it_has_begun_and_ends_with_0(
    data: Path, service_process: Start
) -> None:
    """What was cut off had not been begun: nothing of it is there after the restart."""
    service, history = service_process(data), History()
    with busy_clients([service.url], service.owner_key, history, [], count=16):
        time.sleep(WORK_S / 2)
        began = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - began < 10
    assert len(history.told("ok")) > 50
    assert not any(write.status and write.status >= 500 for write in history.writes)
    restarted = service_process(data)
    rows = stored(address(restarted, APP_ROLE))
    check(history, rows)
    begun = {str(row["event_id"]) for row in rows}
    assert [write for write in history.told("unknown") if begun.intersection(write.event_ids)] == []


@pytest.mark.slow
def test_F17_killed_again_and_again_inside_appends_the_derived_rows_equal_a_replay(
    data: Path, service_process: Start, connect: Connect
) -> None:
    """The service and its PostgreSQL in turn, at random moments."""
    chance = random.Random()
    history, streams = History(), list[str]()
    service = service_process(data)
    for kill in range(KILLS):
        with busy_clients([service.url], service.owner_key, history, streams, count=4, seed=kill + 1):
            time.sleep(chance.uniform(0.05, 0.4))
            if kill % 2:
                kill_postmaster(service)
            else:
                service.kill()
        if not kill % 2:
            service = service_process(data)
        judge(history, service)
    again(history, service, connect)
    judge(history, service)
