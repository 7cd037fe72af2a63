"""`throughline import csv` as a process on a real database: what is recorded, told and left when it is cut off."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from uuid import UUID

import httpx
import psycopg
import pytest

from tests.cli.exports import FIXTURES, HEADER, MAP, export, planned, taken
from tests.conftest import Database
from tests.running import Start, addresses, command, environment_of

CUT_OFF_DEADLINE_S = 30.0

Importing = Callable[..., CompletedProcess[str]]

WON = "A1,Wilma Aldous,GTXPro,Ruda Glass,Won,01-03-17,20-05-17,1054,Q1 2017,Q2 2017"


@pytest.fixture
def importing(database: Database, folder: Path) -> Importing:
    def run(file: Path, *arguments: str) -> CompletedProcess[str]:
        said = ["import", "csv", str(file), "--map", MAP, *arguments]
        return command(folder / "data", *said, environment=addresses(database))

    return run


def recorded(database: Database) -> list[tuple[UUID, int, UUID]]:
    """Stream, version and id of every fact on a deal."""
    with psycopg.connect(database.superuser) as connection:
        return connection.execute(
            "SELECT e.stream_id, e.version, e.event_id FROM event e JOIN stream s USING (workspace_id, stream_id) "
            "WHERE s.kind = 'deal' ORDER BY e.stream_id, e.version"
        ).fetchall()


def log_size(database: Database) -> int:
    with psycopg.connect(database.superuser) as connection:
        row = connection.execute("SELECT count(*) FROM event").fetchone()
    assert row is not None
    return int(row[0])


def expected(*files: Path) -> list[tuple[UUID, int, UUID]]:
    """What the rows of a file say, without any ledger."""
    rows = [row for file in files for row in taken(planned(file))]
    return sorted((row.stream, at, fact.event_id) for row in rows for at, fact in enumerate(row.facts, start=1))


def many(folder: Path, count: int) -> Path:
    rows = (f"K{number:06d}" + WON.removeprefix("A1") for number in range(count))
    return export(folder, *rows, name="many.csv")


def test_every_fact_of_the_export_is_recorded_in_order(importing: Importing, database: Database) -> None:
    done = importing(FIXTURES / "pipeline.csv")
    facts = expected(FIXTURES / "pipeline.csv")
    assert done.returncode == 0, done.stderr
    assert f"40 deals opened, 0 extended, 0 as they were, 0 not taken; {len(facts)} facts added." in done.stdout
    assert recorded(database) == facts


def test_a_second_run_adds_nothing(importing: Importing, database: Database) -> None:
    importing(FIXTURES / "pipeline.csv")
    size = log_size(database)
    again = importing(FIXTURES / "pipeline.csv")
    assert (again.returncode, log_size(database)) == (0, size)
    assert "0 deals opened, 0 extended, 40 as they were, 0 not taken; 0 facts added." in again.stdout


def test_rows_that_cannot_be_taken_are_told_and_the_others_are_taken(
    importing: Importing, database: Database, tmp_path: Path
) -> None:
    bad: list[str | bytes] = [
        WON.replace("A1", "A2").replace("20-05-17", "2017-05-20"),
        WON.replace("A1", "A3") + ",more",
        b"A4,Wilma Aldous,GTXPro,Caf\xe9,Engaging,01-03-17,,,,",
        WON.replace("1054", "999"),
    ]
    file = export(tmp_path, WON, *bad)
    done = importing(file, "--report", str(tmp_path / "report.jsonl"))
    assert done.returncode == 1
    assert "1 deals opened, 0 extended, 0 as they were, 4 not taken" in done.stdout
    report = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert sorted((row["line"], row["key"], row["reason"]) for row in report) == [
        (3, "A2", "close_date is '2017-05-20', which is no date of the map's form."),
        (4, None, "The row has 11 cells where the header has 10."),
        (5, None, "account holds bytes that are not UTF-8."),
        (6, "A1", "Line 2 has the same key already; that one counts."),
    ]
    assert all(row["accepted"] for row in report)
    plain = " ".join(done.stdout.split())
    assert all(str(row["line"]) in plain for row in report)
    assert recorded(database) == expected(file)


def test_without_a_report_the_screen_says_how_to_get_the_rest(importing: Importing, tmp_path: Path) -> None:
    rows = (f"A{number},Wilma Aldous,GTXPro,,Paused,,,,," for number in range(25))
    done = importing(export(tmp_path, *rows))
    assert "… and 5 more; --report FILE.jsonl writes them all down" in done.stdout


def test_a_newer_export_adds_only_what_is_new(importing: Importing, database: Database, tmp_path: Path) -> None:
    prospect = "A1,Wilma Aldous,GTXPro,,Prospecting,,,,,"
    engaging = "A2,Wilma Aldous,Lathe 40,,Engaging,01-03-17,,,,"
    importing(export(tmp_path, prospect, engaging))
    lost = "A2,Wilma Aldous,Lathe 40,Ruda Glass,Lost,01-03-17,02-04-17,0,,"
    another = "A3,Teun Brinkhof,Lathe 40,,Prospecting,,,,,"
    newer = export(tmp_path, WON, lost, another)
    done = importing(newer)
    assert done.returncode == 0, done.stdout
    # A1: account joined, stage, value, won; A2: account joined, lost; both: the customer. A3: opened, agent joined.
    assert "1 deals opened, 2 extended, 0 as they were, 0 not taken; 10 facts added." in done.stdout
    size = log_size(database)
    assert importing(newer).returncode == 0
    assert log_size(database) == size


def test_what_is_learned_later_is_what_the_deal_says(
    importing: Importing, database: Database, folder: Path, tmp_path: Path, service_process: Start
) -> None:
    importing(export(tmp_path, "A1,Wilma Aldous,GTXPro,,Prospecting,,,,,"))
    importing(export(tmp_path, WON))
    service = service_process(folder / "data", database=database)
    (row,) = httpx.get(f"{service.url}/v1/deals", headers=service.headers).json()["items"]
    assert (row["title"], row["customer"]) == ("GTX Pro for Ruda Glass", "Ruda Glass")
    assert (row["status"], row["outcome"], row["stage"]) == ("closed", "won", "active_looking")


@pytest.mark.parametrize(
    ("later", "reason"),
    [
        (WON.replace("1054", "999"), "`amount` of deal.changed was recorded as 1054.00, and the file says 999.00."),
        (
            WON.replace("01-03-17", "02-03-17"),
            "`deal.opened` was recorded for 2017-03-01, and the file says 2017-03-02; ",
        ),
        (
            WON.replace("Won", "Lost"),
            "`outcome` of deal.closed was recorded as won, and the file says lost; `deal.changed` was rec",
        ),
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,Engaging,01-03-17,,,,",
            "`deal.changed` was recorded from an earlier export, and the file says it no longer; `deal.closed` was",
        ),
        (
            WON.replace("Ruda Glass", "Tamarind Tea"),
            "`title` of deal.opened was recorded as GTX Pro for Ruda Glass, and the file says GTX Pro for Tamarind Tea",
        ),
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,Prospecting,,,,,",
            "`deal.opened` was recorded for 2017-03-01, and the file has no date; ",
        ),
    ],
)
def test_a_row_that_contradicts_what_was_recorded_is_told_with_both(
    importing: Importing, database: Database, tmp_path: Path, later: str, reason: str
) -> None:
    importing(export(tmp_path, WON))
    before = recorded(database)
    done = importing(export(tmp_path, later), "--report", str(tmp_path / "report.jsonl"))
    assert (done.returncode, recorded(database)) == (1, before)
    (row,) = [json.loads(line) for line in (tmp_path / "report.jsonl").read_text().splitlines()]
    assert (row["line"], row["key"]) == (2, "A1")
    assert row["reason"].startswith(reason)
    assert row["accepted"].startswith("The values as recorded; or record event.corrected")


def test_a_value_corrected_in_the_record_is_taken_from_the_next_export(
    importing: Importing, database: Database, folder: Path, tmp_path: Path, service_process: Start
) -> None:
    file = export(tmp_path, WON)
    importing(file)
    (row,) = taken(planned(file))
    service = service_process(folder / "data", database=database)
    value = next(fact.event_id for fact in row.facts if fact.role == "value")
    correction = {
        "type": "event.corrected",
        "data": {"target_event_id": str(value), "data": {"amount": "999.00", "currency": "USD"}, "reason": "Misread"},
    }
    address = f"{service.url}/v1/deals/{row.stream}/events"
    assert httpx.post(address, json=correction, headers=service.headers).status_code == 201
    service.stop()
    assert importing(export(tmp_path, WON.replace("1054", "999"))).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv", "--map", MAP], "File 'nowhere.csv' does not exist"),
        ([str(FIXTURES / "pipeline.csv")], "Missing option '--map'"),
        ([str(FIXTURES / "pipeline.csv"), "--map", "nowhere"], "nowhere is no map file"),
        ([str(FIXTURES / "accounts.csv"), "--map", MAP], "lacks columns that the map reads: close_date, close_value"),
        (
            [str(FIXTURES / "pipeline.csv"), "--map", MAP, "--report", "no/such/folder.jsonl"],
            "The report no/such/folder.jsonl cannot be written",
        ),
    ],
)
def test_what_cannot_be_used_ends_with_code_2_and_a_sentence(folder: Path, arguments: list[str], said: str) -> None:
    done = command(folder / "data", "import", "csv", *arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_an_export_with_a_header_and_no_rows_is_no_fault(importing: Importing, tmp_path: Path) -> None:
    done = importing(export(tmp_path))
    assert (done.returncode, "No rows: 0 deals opened" in done.stdout) == (0, True)


def test_another_workspace_can_be_named(importing: Importing, database: Database, folder: Path, tmp_path: Path) -> None:
    environment = addresses(database)
    names = ("here", "there")
    made = [command(folder / "data", "workspace", "create", name, environment=environment) for name in names]
    here, there = (done.stdout.split()[0] for done in made)
    file = export(tmp_path, WON)
    unclear = importing(file)
    assert (unclear.returncode, "several workspaces" in unclear.stderr) == (2, True)
    for workspace in (here, there):
        assert "1 deals opened" in importing(file, "--workspace", workspace).stdout
    assert len(recorded(database)) == 2 * len(expected(file))


def cut_off(database: Database, folder: Path, file: Path, number: int) -> tuple[int, str]:
    """Start an import and send it a signal once some of it is recorded: its exit code and output."""
    process = subprocess.Popen(
        [sys.executable, "-m", "service", "import", "csv", str(file), "--map", MAP],
        env=environment_of(folder / "data", addresses(database)),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    end = time.monotonic() + CUT_OFF_DEADLINE_S
    while process.poll() is None and time.monotonic() < end and log_size(database) < 500:
        time.sleep(0.005)
    process.send_signal(number)
    output, _ = process.communicate(timeout=CUT_OFF_DEADLINE_S)
    return process.returncode, output


def test_an_import_that_was_killed_goes_on_when_it_is_run_again(
    importing: Importing, database: Database, folder: Path, tmp_path: Path
) -> None:
    file = many(tmp_path, 3_000)
    code, _ = cut_off(database, folder, file, signal.SIGKILL)
    whole = expected(file)
    assert code == -signal.SIGKILL
    assert 0 < len(recorded(database)) < len(whole)
    done = importing(file)
    assert done.returncode == 0, done.stdout
    found = re.search(r"(\d+) deals opened, 0 extended, (\d+) as they were, 0 not taken", done.stdout)
    assert found is not None
    assert (int(found[1]) + int(found[2]), int(found[2]) > 0) == (3_000, True)
    assert recorded(database) == whole


def test_ctrl_c_finishes_what_was_begun_and_says_how_to_go_on(
    importing: Importing, database: Database, folder: Path, tmp_path: Path
) -> None:
    file = many(tmp_path, 3_000)
    code, output = cut_off(database, folder, file, signal.SIGINT)
    assert code == 130
    assert "Stopped. What was taken is recorded; run the same command again and it goes on from there." in output
    assert "Traceback" not in output
    found = re.search(r"(\d+) deals opened", output)
    assert found is not None
    streams = {stream for stream, _, _ in recorded(database)}
    assert (len(streams), len(streams) < 3_000) == (int(found[1]), True)
    assert importing(file).returncode == 0
    assert recorded(database) == expected(file)


def test_the_fixture_has_the_columns_of_the_shipped_map() -> None:
    assert (FIXTURES / "pipeline.csv").read_text().splitlines()[0] == HEADER
