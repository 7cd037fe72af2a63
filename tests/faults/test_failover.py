"""The primary dies under load and its synchronous standby takes its place: nothing that was acknowledged is lost."""

import time
from pathlib import Path

import psycopg
import pytest

from service.postgres import APP_ROLE
from tests.faults.conftest import GIVEN_KEY, Connect, eventually, noted, ready
from tests.faults.history import History, check, stored
from tests.faults.load import busy_clients
from tests.faults.replay import assert_rows_equal_a_replay
from tests.faults.standby import replicated
from tests.running import Start

BACK_DEADLINE_S = 10.0
CLEAR = {200, 201, 409}


@pytest.mark.slow
def test_failover_to_a_synchronous_standby_loses_nothing_that_was_acknowledged(
    data: Path, folder: Path, service_process: Start, connect: Connect
) -> None:
    history, streams = History(), list[str]()
    with replicated(data, folder / "standby") as pair:
        service = service_process(folder / "service", database=pair)
        with busy_clients([service.url], service.owner_key, history, streams):
            time.sleep(1.5)
            before = len(history.told("ok"))
            pair.kill_primary()
            time.sleep(0.5)
            assert not ready(service)
            pair.promote()
            back_s = eventually(lambda: len(history.told("ok")) > before + 50, BACK_DEADLINE_S)
        assert service.process.poll() is None
        assert {write.status for write in history.writes} <= CLEAR | {503, None}
        client = connect(service)
        for write in history.told("unknown"):
            client.settle(write)
            assert write.status in CLEAR, write
        for stream in streams:
            assert client.read(history, stream)
        check(history, stored(pair.promoted))
        assert_rows_equal_a_replay(pair.promoted, GIVEN_KEY)
        another = connect(service_process(folder / "another", database=pair), key_of=service)
        assert another.write(history, streams[0], [noted("After the failover")]).status == 201
        check(history, stored(pair.promoted))
    print(f"{before} writes before, 50 more within {back_s:.2f} s of the promotion")  # noqa: T201  # the evidence


@pytest.mark.slow
def test_a_service_does_not_write_to_a_standby(data: Path, folder: Path) -> None:
    """`target_session_attrs=read-write` passes it over: what it is given for the service leads to the primary alone."""
    with replicated(data, folder / "standby") as pair:
        with psycopg.connect(pair.app) as connection:
            assert connection.execute("SELECT pg_is_in_recovery(), current_user").fetchone() == (False, APP_ROLE)
        with psycopg.connect(pair.promoted) as connection:
            assert connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                connection.execute("CREATE TABLE nowhere ()")
