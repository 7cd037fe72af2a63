"""The inventory of personal data in the documentation names every column that a database has, once."""

import re
from collections import Counter

import psycopg

from tests.conftest import Database
from tests.running import ROOT

ROW = re.compile(r"^\| (\w+) \| ([\w, ]+) \| .+ \| .+ \|$", re.MULTILINE)


def documented() -> Counter[tuple[str, str]]:
    """Table and column of every row, with how often it is named."""
    page = (ROOT / "docs" / "erasing.md").read_text("utf-8")
    part = page[page.index("## Where personal data is") :]
    return Counter(
        (table, column) for table, columns in ROW.findall(part) if table != "table" for column in columns.split(", ")
    )


def stored(database: Database) -> set[tuple[str, str]]:
    """Table and column of everything that migrations have made, apart from the workspace that each row is of."""
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND column_name <> 'workspace_id'"
        )
        return {(table, column) for table, column in rows}


def test_every_column_is_in_the_inventory_once(database: Database) -> None:
    inventory, found = documented(), stored(database)
    assert sorted(found - inventory.keys()) == [], "say in docs/erasing.md what they hold and what an erasure leaves"
    assert [place for place, times in inventory.items() if times > 1] == []
    tables = {table for table, _ in found}
    assert sorted(place for place in inventory.keys() - found if place[0] in tables) == [], "they are gone"
