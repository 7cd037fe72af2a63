"""Many workspaces through two processes, with commits shared among them: each log is kept as if there were no other."""

import asyncio
import random
import time
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

import psycopg

from service.ledger.ledger import Ledger
from service.ledger.members import create_workspace
from service.settings import read_settings
from tests.conftest import Database
from tests.faults.conftest import GIVEN_KEY
from tests.faults.history import History, Row, as_owner, check, stored
from tests.faults.load import REQUESTS_MAX, Client, busy_clients
from tests.faults.replay import assert_rows_equal_a_replay
from tests.running import Start

WORKSPACES = 6
WORK_S = 3.0


async def workspaces(database: Database) -> dict[UUID, str]:
    """New ones, each with an owner's key."""
    async with Ledger.open(database.app, GIVEN_KEY, read_settings({})) as ledger:
        return dict([await create_workspace(ledger, f"Depots {number}") for number in range(WORKSPACES)])


def test_F2_F18_a_process_killed_in_commits_of_many_workspaces_loses_nothing_of_any(
    folder: Path, database: Database, service_process: Start
) -> None:
    services = [service_process(folder / name, database=database) for name in ("first", "second")]
    keys = asyncio.run(workspaces(database))
    histories = {workspace: History() for workspace in keys}
    with ExitStack() as stack:
        for nth, (workspace, key) in enumerate(keys.items()):
            urls = [service.url for service in services]
            stack.enter_context(
                busy_clients(
                    urls, key, histories[workspace], [], count=2, seed=nth, requests_max=REQUESTS_MAX // WORKSPACES
                )
            )
        time.sleep(WORK_S * random.uniform(0.3, 0.7))
        services[1].kill()
        time.sleep(WORK_S / 3)
    assert services[0].process.poll() is None
    judge(histories, database)
    for workspace, key in keys.items():
        history = histories[workspace]
        assert len(history.told("ok")) > 20
        client = Client(services[0].url, key)
        for write in history.told("unknown"):
            client.settle(write)
            assert write.status in {200, 201, 409}, write
        for stream in {write.stream for write in history.told("ok")}:
            client.read(history, stream)
        client.close()
    judge(histories, database)
    assert shared_commits(database) > 10
    assert_rows_equal_a_replay(database.app, GIVEN_KEY)
    assert "Traceback" not in services[0].output


def judge(histories: dict[UUID, History], database: Database) -> None:
    """The whole check of each workspace's log."""
    logs: dict[UUID, list[Row]] = defaultdict(list)
    for row in stored(database.app):
        logs[row["workspace_id"]].append(row)
    for workspace, history in histories.items():
        check(history, logs[workspace])


def shared_commits(database: Database) -> int:
    """Transactions with facts of more than one workspace."""
    with psycopg.connect(as_owner(database.app)) as connection:
        found = connection.execute(
            "SELECT count(*) FROM"
            " (SELECT FROM event GROUP BY xmin::text HAVING count(DISTINCT workspace_id) > 1) AS shared"
        ).fetchone()
    assert found is not None
    return int(found[0])
