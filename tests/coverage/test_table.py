"""The catalogue of rows against the tests and against the service: nothing missing, nothing unknown, nothing stale."""

from domain.events import CATALOGUE
from tests.coverage_table import PAGE, rows, shown, table

NUMBERS = {"A": 46, "B": 14, "C": 30, "D": 20, "E": 13}
IDS = [f"{letter}{number}" for letter, last in NUMBERS.items() for number in range(1, last + 1)]


def test_every_row_is_in_the_catalogue_and_no_other() -> None:
    assert list(rows()) == IDS


def test_every_test_is_named_after_a_row_that_there_is() -> None:
    assert {one.row for one in shown()} <= set(IDS)


def test_no_two_tests_have_one_name() -> None:
    names = [one.name for one in shown()]
    assert len(names) == len(set(names))


def test_rows_name_facts_that_can_be_recorded_on_their_streams() -> None:
    for id_, row in rows().items():
        for kind in row.streams:
            assert any(kind in CATALOGUE[name].cls.declared.on for name in row.facts), (id_, kind)
        for name in row.facts:
            assert set(CATALOGUE[name].cls.declared.on) & set(row.streams), (id_, name)


def test_the_page_in_docs_is_current() -> None:
    assert PAGE.read_text("utf-8") == table(), "run `python -m tests.coverage_table --write`"
