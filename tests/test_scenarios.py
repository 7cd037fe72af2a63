"""The page on faults and attacks is that of the tests, and none of them is without one."""

import subprocess
import sys

import pytest

from tests.running import ROOT
from tests.scenarios_table import PAGE, by_scenario, ids_of, page, scenarios, seen, shown, told


@pytest.fixture
def kept(pytestconfig: pytest.Config) -> None:
    """What was seen when it was last kept, which a run that keeps it anew does not judge by."""
    if pytestconfig.option.keep_seen:
        pytest.skip("this run writes the page when it ends")


@pytest.mark.usefixtures("kept")
def test_the_page_lists_what_there_is() -> None:
    assert PAGE.read_text("utf-8") == page(), "run `python -m tests.scenarios_table --write`"


def test_every_scenario_has_a_test_and_every_id_in_a_name_is_a_scenario() -> None:
    tests = by_scenario()
    assert [id_ for id_ in tests if id_ not in scenarios()] == []
    assert [id_ for id_, found in tests.items() if not found] == []
    for id_, scenario in scenarios().items():
        assert {one.name for one in tests[id_]} >= set(scenario.tests), id_


def test_thirty_faults_and_thirty_attacks_are_on_the_list() -> None:
    assert {f"{kind}{number}" for kind in "FA" for number in range(1, 31)} <= scenarios().keys()


@pytest.mark.usefixtures("kept")
def test_everything_was_run_and_nothing_that_was_seen_last_is_a_failure() -> None:
    found = seen()
    assert [one.id for one in shown() if one.id not in found] == [], "run `make test-all`"
    assert [id_ for id_, one in found.items() if "failed" in one.outcomes] == []


def test_a_name_may_hold_two_ids() -> None:
    assert ids_of("test_F15_F18_followers_of_two_processes") == ("F15", "F18")
    assert ids_of("test_a_name_without_one") == ()
    assert ids_of("test_A1_no_key") == ("A1",)


def test_what_a_run_saw_is_told_row_by_row() -> None:
    lines = told({"F1": ["passed", "failed", "passed"], "A30": ["skipped"]}).splitlines()
    assert len(lines) == len(scenarios())
    assert lines[0].startswith("F1        1 failed, 2 passed")
    assert next(line for line in lines if line.startswith("A30")).split()[1:3] == ["1", "skipped"]
    assert "not run" in lines[1]


@pytest.mark.slow
def test_a_run_with_slow_tests_ends_with_the_table() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "tests/test_layers.py", "-m", "slow or not slow"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert "faults and attacks" in ended.stdout
    assert ended.stdout.count("not run") == len(scenarios())
