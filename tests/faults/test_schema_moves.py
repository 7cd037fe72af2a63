"""The schema moves under a running process: it goes on beside what was added, and records nothing when it must not."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from service.migrate import expected_schema
from tests.conftest import Database
from tests.faults.conftest import Connect, a_deal, eventually, noted, ready
from tests.faults.history import History, check, stored
from tests.faults.load import Client, busy_clients
from tests.running import ROOT, Start, environment_of

NEXT = len(expected_schema()) + 1
ADDS = """
ALTER TABLE stream ADD COLUMN weather text;
CREATE TABLE forecast (workspace_id uuid NOT NULL, day date NOT NULL, PRIMARY KEY (workspace_id, day));
"""


def state(client: Client) -> tuple[int, str]:
    answer = client.ask("GET", "/health/ready")
    return answer.status, answer.json.get("detail", answer.json["status"])


def test_F27_on_a_schema_that_does_not_fit_nothing_is_recorded_and_readiness_says_why(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    service, history = service_process(folder / "data", database=database), History()
    client = connect(service)
    deal = a_deal(client, history)
    path = f"/v1/deals/{deal.partition('/')[2]}"
    reasons = {
        "DELETE FROM schema_migration WHERE number = %(last)s": "has an older schema than this version needs",
        "UPDATE schema_migration SET sha256 = 'other' WHERE number = 1": "does not have the schema of this version",
        "INSERT INTO schema_migration (number, name, sha256) VALUES (%(next)s, 'reshape_alone', '')": "newer version",
        "REVOKE SELECT ON schema_migration FROM throughline_app": "has an older schema than this version needs",
    }
    with psycopg.connect(database.superuser) as connection:
        for change, reason in reasons.items():
            connection.execute(change.encode(), {"last": NEXT - 1, "next": NEXT})
            connection.commit()
            status, detail = state(client)
            assert status == 503
            assert reason in detail
            before = len(stored(database.app))
            for method, where, body in (
                ("POST", f"{path}/events", noted()),
                ("POST", "/v1/deals", {"facts": [{"type": "deal.opened", "data": {"title": "Refused"}}]}),
            ):
                refused = client.ask(method, where, body)
                assert (refused.status, refused.json["type"]) == (503, "/problems/not-ready")
            assert client.ask("GET", path).status == 200
            assert client.ask("GET", "/health/live").status == 200
            assert len(stored(database.app)) == before
            connection.execute("GRANT SELECT ON schema_migration TO throughline_app")
            connection.execute("DELETE FROM schema_migration")
            for one in expected_schema():
                values = one.number, one.name, one.sha256
                connection.execute("INSERT INTO schema_migration (number, name, sha256) VALUES (%s, %s, %s)", values)
            connection.commit()
            assert ready(service)
            assert client.write(history, deal, [noted("Goes on")]).status == 201
    check(history, stored(database.app))


def test_F27_it_is_noticed_without_anybody_asking_for_readiness(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    service = service_process(folder / "data", database=database)
    client = connect(service)
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("UPDATE schema_migration SET sha256 = 'other' WHERE number = 1")
    opening = {"facts": [{"type": "deal.opened", "data": {"title": "Depots"}}]}
    eventually(lambda: client.ask("POST", "/v1/deals", opening).status == 503, deadline_s=10)
    assert "nothing is recorded" in service.output


@pytest.mark.slow
def test_a_newer_version_migrates_while_the_older_one_serves(
    folder: Path, database: Database, service_process: Start, connect: Connect
) -> None:
    """The newer version is this one with a migration and a changed function more; both serve at the end."""
    service, history, streams = service_process(folder / "older", database=database), History(), list[str]()
    newer = newer_version(folder / "newer")
    with busy_clients([service.url], service.owner_key, history, streams):
        time.sleep(1)
        environment = environment_of(folder, {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner})
        migrated = subprocess.run(
            [sys.executable, "-m", "service", "migrate"],
            env={**environment, "PYTHONPATH": str(newer)},
            cwd=newer,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert migrated.stdout == f"applied: {NEXT:04}_weather\n", migrated.stderr
        time.sleep(3)  # longer than a process takes to look at the schema again
        assert ready(service)
    told = [write.status for write in history.writes]
    assert len(told) > 50
    assert not [status for status in told if status is None or status >= 500]
    check(history, stored(database.app))
    client = connect(service)
    assert client.write(history, streams[0], [noted("The older one goes on")]).status == 201
    refused = subprocess.run(
        [sys.executable, "-m", "service", "serve"],
        env=environment_of(folder / "again", {"DATABASE_URL": database.app}),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert re.search(r"which this code does not know: start a newer version", refused.stderr)


def newer_version(folder: Path) -> Path:
    """A copy of the program with one more migration, and a function that was written anew."""
    for package in ("service", "domain", "projections"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    sql = folder / "service" / "ledger" / "sql"
    (sql / "migrations" / f"{NEXT:04}_weather.sql").write_text(ADDS)
    function = sql / "functions" / "read_head.sql"
    function.write_text(function.read_text() + "-- Written anew.\n")
    assert os.access(function, os.R_OK)
    return folder
