"""A whole CRM's export, when the folder of one is at hand: what the API answers is what the file says, at any date."""

import csv
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cli.exports import MAP, planned, taken
from tests.conftest import Database, Server, _database
from tests.running import PLAIN, Running, addresses, command, started

FOLDER = os.environ.get("CRM_EXPORT")

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="CRM_EXPORT names no folder with sales_pipeline.csv and accounts.csv"
)

FILE = Path(FOLDER or ".") / "sales_pipeline.csv"
DATES = (date(2017, 1, 31), date(2017, 6, 15), date(2017, 12, 31))
# A first as_of over the whole log folds it once; on a busy machine that takes some seconds.
ANSWER_DEADLINE_S = 60.0
SAMPLE = 97
IMPORT_DEADLINE_S = 120.0

OUTCOMES = {"Won": "won", "Lost": "lost"}

FileRow = dict[str, str]


def day(text: str) -> date | None:
    return datetime.strptime(text, "%d-%m-%y").replace(tzinfo=UTC).date() if text else None


def status_at(row: FileRow, at: date | None) -> tuple[str, str | None] | None:
    """What the file alone says of a row at the end of a day (None: now): status and outcome; None before it began."""
    engaged, closed = day(row["engage_date"]), day(row["close_date"])
    if at is not None and (engaged is None or engaged > at):
        return None
    if closed is not None and (at is None or closed <= at):
        return "closed", OUTCOMES[row["deal_stage"]]
    return "open", None


@pytest.fixture(scope="module")
def rows() -> list[FileRow]:
    with FILE.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def imported(
    server: Server, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Database, Path]]:
    """A database after the first import."""
    folder = tmp_path_factory.mktemp("export")
    made = _database(server, template)
    database = next(made)
    done = run_import(database, folder / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    yield database, folder / "data"
    next(made, None)


def run_import(database: Database, data: Path) -> Any:
    said = ["import", "csv", str(FILE), "--map", MAP]
    return command(data, *said, environment=addresses(database), deadline_s=IMPORT_DEADLINE_S)


@pytest.fixture(scope="module")
def service(imported: tuple[Database, Path]) -> Iterator[Running]:
    database, data = imported
    with started(data, addresses(database)) as running:
        yield running


def ask(service: Running, path: str, **question: Any) -> httpx.Response:
    address = f"{service.url}{path}"
    return httpx.get(address, params=question, headers=service.headers, timeout=ANSWER_DEADLINE_S, verify=PLAIN)


def listed(service: Running, **question: Any) -> Iterator[dict[str, Any]]:
    """Every row of the list, page by page."""
    with httpx.Client(base_url=service.url, headers=service.headers, timeout=ANSWER_DEADLINE_S) as client:
        answer = client.get("/v1/deals", params={"limit": 500, **question})
        while True:
            assert answer.status_code == 200, answer.text
            page = answer.json()
            yield from page["items"]
            if page["next"] is None:
                return
            answer = client.get(page["next"])


def noon(at: date) -> str:
    return f"{at.isoformat()}T12:00:00Z"


def test_the_list_counts_what_the_file_counts(service: Running, rows: list[FileRow]) -> None:
    found = Counter((row["status"], row["outcome"]) for row in listed(service))
    assert found == Counter(status_at(row, None) for row in rows)


def test_customers_and_products_are_those_of_the_file(service: Running, rows: list[FileRow]) -> None:
    found = Counter((row["customer"], row["product"]) for row in listed(service))
    assert found == Counter((row["account"] or None, row["product"].replace("GTXPro", "GTX Pro")) for row in rows)


@pytest.mark.parametrize("at", DATES, ids=str)
def test_the_list_at_a_date_counts_what_the_file_counts_for_it(service: Running, rows: list[FileRow], at: date) -> None:
    found = Counter((row["status"], row["outcome"]) for row in listed(service, as_of=noon(at)))
    assert found == Counter(status for row in rows if (status := status_at(row, at)) is not None)


@pytest.mark.parametrize("at", DATES, ids=str)
def test_single_deals_at_a_date_stand_as_the_file_says(service: Running, rows: list[FileRow], at: date) -> None:
    streams = {row.key: row.stream for row in taken(planned(FILE))}
    for row in rows[::SAMPLE]:
        answer = ask(service, f"/v1/deals/{streams[row['opportunity_id']]}", as_of=noon(at))
        expected = status_at(row, at)
        if expected is None:
            assert answer.status_code == 404
        else:
            state = answer.json()["state"]
            closed = state["closed"]
            assert (state["status"], closed and closed["outcome"]) == expected
            won = expected == ("closed", "won")
            assert state["amount"] == (f"{row['close_value']}.00" if won else None)


def test_nothing_was_known_before_the_import(service: Running, rows: list[FileRow]) -> None:
    (stream, *_) = (row.stream for row in taken(planned(FILE)))
    first = ask(service, f"/v1/deals/{stream}/events", limit=1).json()["events"][0]
    before = datetime.fromisoformat(first["recorded_at"]).replace(year=2017).isoformat()
    assert list(listed(service, known_at=before)) == []
    assert list(listed(service, known_at=before, as_of=noon(DATES[-1]))) == []
    assert ask(service, f"/v1/deals/{stream}", known_at=before).status_code == 404


def test_a_second_import_adds_nothing(service: Running, imported: tuple[Database, Path], rows: list[FileRow]) -> None:
    size = ask(service, "/v1/deals", limit=1).headers["Throughline-Position"]
    again = run_import(*imported)
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"0 deals opened, 0 extended, {len(rows)} as they were, 0 not taken; 0 facts added." in again.stdout
    assert ask(service, "/v1/deals", limit=1).headers["Throughline-Position"] == size
