"""Exports for tests: a header and rows as bytes on the disk, read by a map. Rows are the shape of the shipped map's."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from service.imports.faults import NotTaken
from service.imports.lookups import Lookups
from service.imports.mapfile import locate
from service.imports.meaning import Meaning, read_meaning
from service.imports.rows import PlannedRow, Planner, demand_columns
from service.imports.table import KeysSeen, table

FIXTURES = Path(__file__).parent / "fixtures"
MAP = "hardware-sales"
HEADER = (
    "opportunity_id,sales_agent,product,account,deal_stage,"
    "engage_date,close_date,close_value,engage_quarter,close_quarter"
)


def hardware_sales() -> Meaning:
    return read_meaning(locate(MAP))


def export(folder: Path, *rows: str | bytes, header: str = HEADER, name: str = "export.csv") -> Path:
    """A file with these rows, the look-up file beside it."""
    lines = [line if isinstance(line, bytes) else line.encode() for line in (header, *rows)]
    file = folder / name
    file.write_bytes(b"\r\n".join(lines) + b"\r\n")
    shutil.copy(FIXTURES / "accounts.csv", folder)
    return file


def planned(file: Path, meaning: Meaning | None = None) -> list[PlannedRow | NotTaken]:
    """Every row of a file as the importer plans it, without any ledger."""
    meaning = meaning or hardware_sales()
    with table(file, meaning.file.delimiter) as rows:
        demand_columns(rows, meaning)
        planner = Planner(meaning, Lookups(meaning.file.lookups, file.parent, meaning.file.delimiter))
        return list(planner.plan(rows, KeysSeen()))


def taken(rows: Sequence[PlannedRow | NotTaken]) -> list[PlannedRow]:
    return [row for row in rows if isinstance(row, PlannedRow)]


def refused(rows: Sequence[PlannedRow | NotTaken]) -> list[NotTaken]:
    return [row for row in rows if isinstance(row, NotTaken)]
