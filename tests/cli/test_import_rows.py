"""Rows of untidy files: what each becomes, and what is said of those that cannot be taken. No ledger."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.events.deal import DealChanged, DealClosed, DealOpened
from service.faults import StartRefusal
from service.imports.table import CELL_CHARS_MAX, LINE_BYTES_MAX
from tests.cli.exports import FIXTURES, HEADER, export, planned, refused, taken

WON = "A1,Wilma Aldous,GTXPro,Ruda Glass,Won,01-03-17,20-05-17,1054,Q1 2017,Q2 2017"


def test_a_won_row_becomes_its_facts_in_order(tmp_path: Path) -> None:
    (row,) = taken(planned(export(tmp_path, WON)))
    engaged, closed = datetime(2017, 3, 1, tzinfo=UTC), datetime(2017, 5, 20, tzinfo=UTC)
    assert [(fact.type, fact.proposal.occurred_at) for fact in row.facts] == [
        ("deal.opened", engaged),
        ("participant.joined", engaged),
        ("participant.joined", engaged),
        ("stage.entered", engaged),
        ("deal.changed", closed),
        ("deal.closed", closed),
    ]
    assert row.facts[0].proposal.data == DealOpened(
        title="GTX Pro for Ruda Glass", customer="Ruda Glass", product="GTX Pro", segment="technology"
    )
    assert row.facts[4].proposal.data == DealChanged(amount="1054.00", currency="USD")
    assert row.facts[5].proposal.data == DealClosed(outcome="won")


def test_a_row_without_account_and_dates_opens_a_deal_at_the_moment_of_the_import(tmp_path: Path) -> None:
    (row,) = taken(planned(export(tmp_path, "A2,Teun Brinkhof,Lathe 40,,Prospecting,,,,,")))
    assert [(fact.type, fact.proposal.occurred_at) for fact in row.facts] == [
        ("deal.opened", None),
        ("participant.joined", None),
    ]
    assert row.facts[0].proposal.data == DealOpened(title="Lathe 40", product="Lathe 40")


def test_ids_come_from_source_key_and_role_alone(tmp_path: Path) -> None:
    (first,) = taken(planned(export(tmp_path, WON)))
    _, again = taken(planned(export(tmp_path, "B9,Teun Brinkhof,Lathe 40,,Prospecting,,,,,", WON)))
    assert first.stream == again.stream
    assert [fact.event_id for fact in first.facts] == [fact.event_id for fact in again.facts]


def test_a_dated_fact_and_the_same_without_a_date_have_two_ids(tmp_path: Path) -> None:
    rows = "A1,Wilma Aldous,GTXPro,,Prospecting,,,,,", "A1,Wilma Aldous,GTXPro,,Prospecting,01-03-17,,,,"
    undated, dated = (taken(planned(export(tmp_path, row)))[0].facts[0] for row in rows)
    assert undated.event_id != dated.event_id
    assert undated.event_id == undated.undated_id == dated.undated_id


@pytest.mark.parametrize(
    ("row", "reason", "accepted"),
    [
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,Won,01-03-17,20-05-17,1054,Q1 2017",
            "The row has 9 cells where the header has 10.",
            "As many cells as the header has; a cell with the delimiter in it is quoted.",
        ),
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,Paused,01-03-17,,,,",
            "deal_stage is 'Paused', which the map does not know.",
            "One of Prospecting, Engaging, Won, Lost.",
        ),
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,,01-03-17,,,,",
            "deal_stage is empty, which the map does not know.",
            "One of Prospecting, Engaging, Won, Lost.",
        ),
        (
            ",Wilma Aldous,GTXPro,Ruda Glass,Won,01-03-17,20-05-17,1054,,",
            "opportunity_id is empty.",
            "A value that names this row and no other.",
        ),
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,Won,03/01/2017,20-05-17,1054,,",
            "engage_date is '03/01/2017', which is no date of the map's form.",
            "A date such as 31-03-17 (`%d-%m-%y`).",
        ),
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,Lost,01-03-17,,0,,",
            "close_date is empty, and deal.closed needs a date.",
            "A date in close_date for Lost.",
        ),
        (
            "A1,Wilma Aldous,GTXPro,Ruda Glass,Won,01-03-17,20-05-17,about 1000,,",
            "close_value is 'about 1000', which is no number.",
            "A number such as 1234.50.",
        ),
        (
            "A1,Wilma Aldous,,Ruda Glass,Engaging,01-03-17,,,,",
            "deal.opened has no `title`.",
            "Something in product, account to make it of.",
        ),
        (
            b"A1,Wilma Aldous,GTXPro,Caf\xe9,Won,01-03-17,20-05-17,1054,,",
            "account holds bytes that are not UTF-8.",
            "The export saved as UTF-8, with or without a BOM.",
        ),
        (
            "A1,Wilma Aldous,GTX\x07Pro,Ruda Glass,Engaging,01-03-17,,,,",
            "product holds control characters.",
            "Text; of the control characters, tabs and line breaks.",
        ),
        (
            f"A1,{'x' * 301},GTXPro,Ruda Glass,Engaging,01-03-17,,,,",
            "`name` of participant.joined is not accepted: expected text of length <= 300.",
            "Something else in sales_agent.",
        ),
    ],
)
def test_a_bad_row_is_told_and_its_neighbours_are_taken(
    tmp_path: Path, row: str | bytes, reason: str, accepted: str
) -> None:
    before, after = "B1,Wilma Aldous,Lathe 40,,Engaging,01-03-17,,,,", "B2,Wilma Aldous,Lathe 40,,Engaging,02-03-17,,,,"
    rows = planned(export(tmp_path, before, row, after))
    assert [one.key for one in taken(rows)] == ["B1", "B2"]
    assert [(one.line, one.reason, one.accepted) for one in refused(rows)] == [(3, reason, accepted)]


def test_a_key_counts_once_and_the_later_row_is_told_with_the_earlier_line(tmp_path: Path) -> None:
    rows = planned(export(tmp_path, WON, "", WON))
    assert [one.line for one in taken(rows)] == [2]
    assert [(one.line, one.key, one.reason) for one in refused(rows)] == [
        (4, "A1", "Line 2 has the same key already; that one counts.")
    ]


def test_a_quote_that_is_never_closed_is_told_with_all_the_lines_it_swallowed(tmp_path: Path) -> None:
    rows = planned(export(tmp_path, WON, 'A3,"Wilma,GTXPro,,Engaging,01-03-17,,,,', WON.replace("A1", "A4")))
    assert [one.key for one in taken(rows)] == ["A1"]
    assert [(one.line, one.reason) for one in refused(rows)] == [
        (3, "Lines 3 to 4 cannot be read as CSV: unexpected end of data.")
    ]


def test_reading_goes_on_after_a_cell_that_is_too_long(tmp_path: Path) -> None:
    long = f"A3,{'x' * (CELL_CHARS_MAX + 1)},GTXPro,,Engaging,01-03-17,,,,"
    rows = planned(export(tmp_path, long, WON))
    assert ([one.line for one in refused(rows)], [one.line for one in taken(rows)]) == ([2], [3])


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_utf_8_is_read_with_and_without_its_mark(tmp_path: Path, mark: bytes) -> None:
    file = export(tmp_path, WON.replace("Wilma", "Wiłma"))
    file.write_bytes(mark + file.read_bytes())
    (row,) = taken(planned(file))
    assert row.facts[1].proposal.data.name == "Wiłma Aldous"


def test_cells_may_hold_delimiters_and_line_breaks_in_quotes(tmp_path: Path) -> None:
    rows = planned(export(tmp_path, 'A1,"Aldous, Wilma","GTX\r\nPro",,Engaging,01-03-17,,,,', WON.replace("A1", "A2")))
    assert [(one.key, one.line) for one in taken(rows)] == [("A1", 2), ("A2", 4)]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty: its first line must name the columns"),
        (HEADER.encode("utf-16"), "is UTF-16; save the export as UTF-8"),
        (HEADER.encode("utf-32"), "is UTF-32; save the export as UTF-8"),
        (b"PK\x03\x04\x00\x00", "is no text"),
        (b"opportunity_id,r\xe9gion\n", "header of .* is not UTF-8"),
        (b"a,b,a\n", "more than one column named 'a'"),
        (b"x" * (LINE_BYTES_MAX + 1), "is longer than"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused_in_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    file = export(tmp_path)
    file.write_bytes(content)
    with pytest.raises(StartRefusal, match=said):
        planned(file)


def test_missing_and_unknown_columns_are_all_named(tmp_path: Path) -> None:
    header = HEADER.replace("sales_agent", "owner").replace("close_value", "value")
    with pytest.raises(StartRefusal) as refusal:
        planned(export(tmp_path, header=header))
    lacks, unknown = refusal.value.sentences
    assert lacks.endswith("lacks columns that the map reads: close_value, sales_agent.")
    assert "does not know: owner, value; use them in a fact, or name them under `ignore`" in unknown


def test_a_look_up_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    file = export(tmp_path, WON)
    (tmp_path / "accounts.csv").unlink()
    with pytest.raises(StartRefusal, match="takes sector from accounts.csv, which is not beside the export"):
        planned(file)


def test_the_fixture_is_taken_whole() -> None:
    rows = planned(FIXTURES / "pipeline.csv")
    assert (len(taken(rows)), refused(rows)) == (40, [])
