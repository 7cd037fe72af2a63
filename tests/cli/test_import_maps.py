"""Maps: every fault at once, and what templates and values make of cells."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from service.faults import StartRefusal
from service.imports.faults import RowFault
from service.imports.mapfile import SHIPPED, locate, shipped_maps
from service.imports.meaning import read_meaning
from service.imports.template import parse
from service.imports.values import KINDS, Values, source_id

MAP = """
source = "office"
key = "id"
stage = "stage"
date_formats = ["%d-%m-%y"]

[stages.Open]
facts = ["opened"]

[facts.opened]
type = "deal.opened"
at = "created"
data = { title = "{what}" }
"""


def faults_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "some.toml"
    file.write_text(text)
    with pytest.raises(StartRefusal) as refused:
        read_meaning(file)
    return [sentence.removeprefix("The map some.toml: ") for sentence in refused.value.sentences]


def values(**different: Any) -> Values:
    settings: dict[str, Any] = {
        "date_formats": ("%d-%m-%y",),
        "time_zone": "UTC",
        "decimal_sign": ".",
        "thousands_sign": "",
        "currency_signs": (),
    }
    return Values(source_id("office"), **{**settings, **different})


@pytest.mark.parametrize("name", shipped_maps())
def test_every_shipped_map_makes_sense(name: str) -> None:
    assert read_meaning(locate(name)).rules


def test_the_map_in_the_documentation_makes_sense(tmp_path: Path) -> None:
    text = re.search(r"```toml\n(.*?)```", (SHIPPED / "README.md").read_text(), re.DOTALL)
    assert text is not None
    file = tmp_path / "documented.toml"
    file.write_text(text[1])
    meaning = read_meaning(file)
    assert meaning.columns >= {"Deal ID", "Stage", "Created", "Closed", "Account", "Product", "Value", "Sector"}


def test_all_faults_of_a_maps_shape_are_told_at_once(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
        sorce = "office"
        key = 7
        date_formats = []
        [stages.Open]
        facts = "opened"
        [facts.opened]
        at = "created"
        """,
    )
    assert faults == [
        "`sorce` is not known here; the nearest is `source`.",
        "`source` is missing.",
        "`key` is not accepted: expected text, got a whole number.",
        "`stage` is missing.",
        "`stages.Open.facts` is not accepted: expected a list, got text.",
        "`facts.opened.type` is missing.",
        "`date_formats` is not accepted: expected a list of length >= 1.",
    ]


def test_all_faults_of_a_maps_sense_are_told_at_once(tmp_path: Path) -> None:
    faults = faults_of(
        tmp_path,
        """
        source = "office"
        key = "id"
        stage = "stage"
        date_formats = ["%d.%m."]
        time_zone = "Europe/Atlantis"
        [stages.Open]
        facts = ["opend"]
        [stages.Won]
        facts = ["won", "opened"]
        [facts.opened]
        type = "deal.open"
        data = { title = "{what}" }
        [facts.won]
        type = "deal.closed"
        data = { outcome = "gained", resaon = "{why}" }
        [facts.agent]
        type = "participant.joined"
        data = { party_id = "{agent|partei}", name = "{agent" }
        """,
    )
    assert faults == [
        "`time_zone` is 'Europe/Atlantis', which is no IANA time zone, such as Europe/Lisbon.",
        "`date_formats` has '%d.%m.', which does not say day, month and year; an example is '%d-%m-%y'.",
        "`stages.Open.facts` has 'opend', which is not under `facts`; did you mean opened?.",
        "`stages.Won.facts` must begin with the fact of type deal.opened and have no second one.",
        "`facts.agent` is recorded in no stage; name it in one, or take it out.",
        "`facts.opened.type` is 'deal.open', which is no type of fact on a deal; did you mean deal.opened?.",
        "`facts.won.data.resaon` is no member of deal.closed; did you mean reason?.",
        "`facts.won.data.outcome` is not accepted: 'gained' is none of the values that may stand here.",
        "`facts.agent.data.side` is missing: participant.joined requires it.",
        f"`facts.agent.data.party_id` reads agent as 'partei'; a cell is read as {', '.join(KINDS)}.",
        "`facts.agent.data.name` cannot be read: the `{` at sign 1 has no partner; write it twice to mean itself.",
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"key = [", "is no TOML"),
        (b"key = '\xe9'", "is not UTF-8"),
        (b"#" * (1 << 20) + b"#", "is larger than"),
    ],
)
def test_a_file_that_is_no_map_is_refused_with_the_reason(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "some.toml"
    file.write_bytes(content)
    with pytest.raises(StartRefusal, match=said):
        read_meaning(file)


def test_an_unknown_map_is_told_with_the_shipped_ones() -> None:
    with pytest.raises(StartRefusal, match=r"nowhere\.toml is no map file; .* hardware-sales"):
        locate("nowhere.toml")


@pytest.mark.parametrize(
    ("template", "row", "expected"),
    [
        ("{a}", {"a": "one"}, "one"),
        ("{a}", {"a": ""}, None),
        ("{a} and {b}", {"a": "one", "b": ""}, None),
        ("{a}[ and {b}]", {"a": "one", "b": ""}, "one"),
        ("{a}[ and {b}]", {"a": "one", "b": "two"}, "one and two"),
        ("[{a}]", {"a": ""}, None),
        ("{{{a}}} [[{a}]]", {"a": "one"}, "{one} [one]"),
        ("{Owner: Full Name}", {"Owner: Full Name": "Wilma"}, "Wilma"),
    ],
)
def test_a_template_fills_its_cells(template: str, row: dict[str, str], expected: str | None) -> None:
    assert parse(template).fill(row, values().read) == expected


@pytest.mark.parametrize("template", ["{a", "a}", "[a", "a]", "[[a]", "[a[b]]"])
def test_a_sign_without_its_partner_is_a_fault(template: str) -> None:
    with pytest.raises(ValueError, match="twice to mean itself"):
        parse(template)


@pytest.mark.parametrize(
    ("text", "signs", "expected"),
    [
        ("1054", {}, "1054.00"),
        ("1054.5", {}, "1054.50"),
        ("1054.50", {}, "1054.50"),
        ("0.1234", {}, "0.1234"),
        ("$ 1,054.00", {"thousands_sign": ",", "currency_signs": ("$",)}, "1054.00"),
        ("1.054,25 EUR", {"decimal_sign": ",", "thousands_sign": ".", "currency_signs": ("EUR",)}, "1054.25"),
    ],
)
def test_money_has_one_form_however_it_was_written(text: str, signs: dict[str, Any], expected: str) -> None:
    assert values(**signs).read("money", "value", text) == expected


@pytest.mark.parametrize("text", ["-5", "1.23456", "1e30", "NaN", "12 apples", "1_000", "١٢"])
def test_what_is_no_amount_of_money_is_refused(text: str) -> None:
    with pytest.raises(RowFault, match="value is .*, which is no "):
        values().read("money", "value", text)


def test_a_day_is_its_start_in_the_maps_zone() -> None:
    assert values().moment("at", "01-03-17") == datetime(2017, 3, 1, tzinfo=UTC)
    assert values(time_zone="Asia/Tokyo").moment("at", "01-03-17") == datetime(2017, 2, 28, 15, tzinfo=UTC)
    assert values(time_zone="Asia/Tokyo").read("day", "at", "01-03-17") == date(2017, 3, 1)


def test_a_date_of_no_form_is_told_with_what_would_be_read() -> None:
    with pytest.raises(RowFault) as fault:
        values(date_formats=("%d-%m-%y", "%Y/%m/%d")).moment("engaged", "2017-03-01")
    assert fault.value.reason == "engaged is '2017-03-01', which is no date of the map's form."
    assert fault.value.accepted == "A date such as 31-03-17 (`%d-%m-%y`) or 2017/03/31 (`%Y/%m/%d`)."


def test_the_same_text_is_the_same_party_in_its_column_only() -> None:
    one: UUID = values().read("party", "agent", "Wilma Aldous")
    assert one == values().read("party", "agent", "Wilma Aldous")
    assert one != values().read("party", "account", "Wilma Aldous")


def test_a_code_is_plain_and_short() -> None:
    assert values().read("code", "why", " Zu teuer (Preis) ") == "zu-teuer-preis"
    with pytest.raises(RowFault, match="makes no code"):
        values().read("code", "why", "…")
