"""`throughline demo` against a real service: both stories are taken, twice adds nothing, and what it shows is so."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.demo.story import NAMES, story
from tests.conftest import Server, _database, open_folder
from tests.running import Running, Start, command, started


@dataclass
class First:
    """A service that was told the stories once, and what that showed."""

    service: Running
    shown: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def first(server: Server, template: str) -> Iterator[First]:
    folder = open_folder("throughline-demo-")
    databases = _database(server, template)
    database = next(databases)
    addresses = {"DATABASE_URL": database.app, "DATABASE_MIGRATE_URL": database.owner}
    with started(folder / "data", addresses) as service:
        yield First(service, demo(service, "--facts"))
    next(databases, None)
    shutil.rmtree(folder, ignore_errors=True)


def demo(service: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command(service.data, "demo", "--url", service.url, *arguments)


def position(service: Running) -> int:
    return int(httpx.get(f"{service.url}/v1/deals", headers=service.headers).headers["Throughline-Position"])


def rows(service: Running) -> list[dict[str, Any]]:
    """Every deal and every goal."""
    answers = (httpx.get(f"{service.url}/v1/{kind}s", headers=service.headers).json() for kind in NAMES)
    return [row for answer in answers for row in answer["items"]]


def facts(name: str) -> int:
    """How many facts of a story are recorded."""
    return sum(line.refused is None for line in story(name).facts)


def test_both_stories_are_recorded_and_told_with_a_refusal(first: First) -> None:
    assert first.shown.returncode == 0, first.shown.stderr
    assert {row["title"]: row["stream_version"] for row in rows(first.service)} == {
        "Bake what will be eaten": facts("deal"),
        "Swim across the lake I grew up beside": facts("goal"),
    }
    assert first.shown.stdout.count("●") == facts("deal") + facts("goal")
    assert first.shown.stdout.count("✗") == 1
    assert all(line.told in first.shown.stdout for name in NAMES for line in story(name).facts)


def test_the_report_ends_with_how_things_stand_and_where_to_look(first: First) -> None:
    shown = " ".join(first.shown.stdout.split())
    assert "stands closed, won, ongoing use" in shown
    assert shown.count("╭─ Now ─") == 2
    assert re.search(r"forces, net \+\d", shown)
    assert "open objection If we leave one day, in what shape do we get our figures back?" in shown
    assert "open promise Write down how all figures can be taken along, and in which form overdue" in shown
    assert f"{first.service.url}/docs" in shown


def test_what_the_service_makes_of_the_stories_fits_on_two_screens(first: First) -> None:
    shown = demo(first.service).stdout
    assert len(shown.splitlines()) <= 2 * 50
    assert max(len(line) for line in shown.splitlines() if "curl" not in line) <= 110
    for told in (
        r"day 15 Pressure was applied: the end of the quarter +seller -0\.\d\d",
        r"day 147 The outcome “Loaves thrown away of a hundred baked” was measured at 6\.4.* product \+0\.\d\d",
        r"Looking back at the evening of day 17",
        r"seller +███░+ 0\.29 uncertain +-0\.\d\d The promise “Name two bakeries",
        r"▲ premature yes +What must still become true for that promise to hold\?",
        r"ask next +What may solving this cost, and who releases it\? +qualification\.updated",
        r"Looking back at the evening of day 14",
        r"self +██░+ 0\.1\d distrusted +-0\.\d\d missed: The owner set a routine: “Twenty lengths”",
        r"self +█████░+ 0\.5\d uncertain",
        r"and \d\d quieter moments in its timeline",
    ):
        assert re.search(told, shown), told


def test_what_is_shown_is_what_the_service_answers(first: First) -> None:
    deal = next(row["id"] for row in rows(first.service) if row["kind"] == "deal")
    asked = httpx.get(f"{first.service.url}/v1/deals/{deal}/trust", headers=first.service.headers).json()["trust"]
    shown = re.findall(r"(seller|product|process|self) +[█░]+ (0\.\d\d) (\w+)", first.shown.stdout)[4:8]
    assert shown == [(one["dimension"], f"{one['score']:.2f}", one["label"]) for one in asked["dimensions"]]


def test_the_pictures_lie_in_the_folder_that_is_named(first: First, tmp_path: Path) -> None:
    folder = first.service.data.parent / "demo-pictures"
    assert "demo-pictures/index.html" in first.shown.stdout
    pictures = sorted(path.name for path in folder.glob("*.svg"))
    assert pictures == [
        "deal-forces.svg",
        "deal-trust-history.svg",
        "goal-forces.svg",
        "goal-proof-loop.svg",
        "goal-trust-history.svg",
    ]
    page = (folder / "index.html").read_text()
    assert all(f'src="{name}"' in page and (folder / name).read_text().startswith("<svg") for name in pictures)
    (tmp_path / "taken").write_text("")
    refused = demo(first.service, "--pictures", str(tmp_path / "taken" / "below"))
    assert (refused.returncode, "The pictures cannot be saved in" in refused.stderr) == (2, True)


def test_the_lines_to_paste_work(first: First) -> None:
    lines = re.findall(r"^\s*(curl .*)$", first.shown.stdout, re.MULTILINE)
    assert len(lines) == 5
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", f"{line} --fail"], cwd=first.service.data.parent, capture_output=True, check=True, timeout=20
        )
        assert done.stdout.startswith(b"{")


def test_the_story_ends_the_day_before_today(first: First) -> None:
    deal = next(row["id"] for row in rows(first.service) if row["kind"] == "deal")
    address = f"{first.service.url}/v1/deals/{deal}/events"
    events = httpx.get(address, params={"limit": 500}, headers=first.service.headers).json()["events"]
    began, ended = (date.fromisoformat(event["occurred_at"][:10]) for event in (events[0], events[-1]))
    assert ended in {datetime.now(UTC).date() - timedelta(days=1), datetime.now(UTC).date() - timedelta(days=2)}
    assert began == ended - timedelta(days=story("deal").last_day)


def test_telling_it_twice_adds_nothing(first: First) -> None:
    size = position(first.service)
    again = demo(first.service)
    assert (again.returncode, position(first.service)) == (0, size)
    assert "●" not in again.stdout


def test_again_tells_it_as_another_deal_and_another_goal(first: First) -> None:
    size, streams = position(first.service), {row["id"] for row in rows(first.service)}
    assert demo(first.service, "--again").returncode == 0
    assert position(first.service) - size == facts("deal") + facts("goal")
    assert len({row["id"] for row in rows(first.service)} - streams) == 2


def test_a_key_that_opens_nothing_is_told(first: First) -> None:
    refused = demo(first.service, "--key", "tl_nothing")
    assert (refused.returncode, "does not take this key" in refused.stderr) == (2, True)


def test_without_a_service_one_is_started_for_the_while_and_what_was_told_stays(
    folder: Path, service_process: Start
) -> None:
    shown = command(folder / "data", "demo")
    assert shown.returncode == 0, shown.stderr
    assert "The service for this demo stops now." in shown.stdout
    assert len(rows(service_process(folder / "data"))) == 2


def test_a_service_that_runs_on_the_data_folder_elsewhere_must_be_named(folder: Path, service_process: Start) -> None:
    service_process(folder / "data")
    refused = command(folder / "data", "demo")
    assert refused.returncode == 2
    assert "is in use by throughline serve" in refused.stderr
    assert "--url names one that runs already" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "http://127.0.0.1:9"], "Give a key with --key"),
        (["--url", "http://127.0.0.1:9", "--key", "tl_1"], "http://127.0.0.1:9 does not answer as the service does"),
        (["--url", "elsewhere", "--key", "tl_1"], "elsewhere is no address of a service"),
    ],
)
def test_a_service_that_cannot_be_called_is_told_in_a_sentence(folder: Path, arguments: list[str], said: str) -> None:
    refused = command(folder / "data", "demo", *arguments)
    assert (refused.returncode, said in refused.stderr) == (2, True), refused.stderr
    assert "Traceback" not in refused.stderr
