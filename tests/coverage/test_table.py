"""The catalogue of rows against the tests and against the service: nothing missing, nothing unknown, nothing stale."""

import json

from domain.events import CATALOGUE
from tests.coverage_table import PAGE, ROOT, rows, shown, table

NUMBERS = {"A": 46, "B": 14, "C": 30, "D": 20, "E": 13}
IDS = [f"{letter}{number}" for letter, last in NUMBERS.items() for number in range(1, last + 1)]


def test_every_row_is_in_the_catalogue_and_no_other() -> None:
    assert list(rows()) == IDS


def test_every_test_is_named_after_a_row_that_there_is() -> None:
    assert {one.row for one in shown()} <= set(IDS)


def test_every_row_has_a_test() -> None:
    assert set(IDS) - {one.row for one in shown()} == set()


def test_no_two_tests_have_one_name() -> None:
    names = [one.name for one in shown()]
    assert len(names) == len(set(names))


def test_rows_name_facts_that_can_be_recorded_on_their_streams() -> None:
    for id_, row in rows().items():
        for kind in row.streams:
            assert any(kind in CATALOGUE[name].cls.declared.on for name in row.facts), (id_, kind)
        for name in row.facts:
            assert set(CATALOGUE[name].cls.declared.on) & set(row.streams), (id_, name)


def test_rows_name_answers_that_the_service_gives_about_their_streams() -> None:
    paths = json.loads((ROOT / "openapi" / "openapi.json").read_text("utf-8"))["paths"]
    for id_, row in rows().items():
        for name in row.answers:
            of = [f"/v1/{kind}s/{{stream_id}}" for kind in row.streams]
            places = [name] if name.startswith("/") else of if name == "state" else [f"{path}/{name}" for path in of]
            assert any(place in paths for place in places), (id_, name)


def test_the_page_in_docs_is_current() -> None:
    assert PAGE.read_text("utf-8") == table(), "run `python -m tests.coverage_table --write`"
