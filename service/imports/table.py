"""A CSV file as rows, one at a time: encoding, header, ragged rows, repeated keys. Columns have no meaning here."""

import codecs
import csv
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from domain.fields import PRINTABLE
from service.faults import StartRefusal
from service.imports.faults import NotTaken

# No row of an export is longer; a file without line ends is no CSV and must not be read into memory whole.
LINE_BYTES_MAX = 1 << 20
# A note in a cell may be long; a quote that is never closed must not swallow the file.
CELL_CHARS_MAX = 131_072

# UTF-32 first: its mark begins with that of UTF-16.
_OTHER_ENCODINGS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)

_PRINTABLE = re.compile(PRINTABLE)


@dataclass(frozen=True)
class TableRow:
    """One row: the line of the file it begins on, and its cells by column, trimmed."""

    line: int
    cells: dict[str, str]


class Table:
    """An open CSV file past its header. Iterating gives a row, or what keeps one out."""

    def __init__(self, path: Path, file: BinaryIO, delimiter: str) -> None:
        self.path = path
        self.bytes = path.stat().st_size
        self.bytes_read = 0
        self._file = file
        self._starts = 1  # the line on which the row being read begins
        self._lines = 0
        csv.field_size_limit(CELL_CHARS_MAX)
        self._reader = csv.reader(self._decoded(), delimiter=delimiter, strict=True)
        self.columns: tuple[str, ...] = self._header(delimiter)

    def __iter__(self) -> Iterator[TableRow | NotTaken]:
        while True:
            self._starts = self._lines + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as fault:
                lines = (
                    f"lines {self._starts} to {self._lines}" if self._lines > self._starts else f"line {self._lines}"
                )
                yield self._fault(
                    f"{lines[0].upper()}{lines[1:]} cannot be read as CSV: {fault}.",
                    "Cells separated by the map's delimiter; quotes inside a quoted cell are doubled.",
                )
                continue
            if not cells:
                continue  # an empty line holds no row
            yield self._row(cells)

    def _row(self, cells: Sequence[str]) -> TableRow | NotTaken:
        if len(cells) != len(self.columns):
            return self._fault(
                f"The row has {len(cells)} cells where the header has {len(self.columns)}.",
                "As many cells as the header has; a cell with the delimiter in it is quoted.",
            )
        row = dict(zip(self.columns, (cell.strip().replace("\r\n", "\n") for cell in cells), strict=True))
        for column, cell in row.items():
            if cell.isascii() and cell.isprintable():
                continue
            if not _is_text(cell):
                return self._fault(
                    f"{column} holds bytes that are not UTF-8.", "The export saved as UTF-8, with or without a BOM."
                )
            if not _PRINTABLE.fullmatch(cell):
                return self._fault(
                    f"{column} holds control characters.", "Text; of the control characters, tabs and line breaks."
                )
        return TableRow(self._starts, row)

    def _fault(self, reason: str, accepted: str) -> NotTaken:
        return NotTaken(self._starts, None, reason, accepted)

    def _header(self, delimiter: str) -> tuple[str, ...]:
        try:
            cells = next(self._reader, None)
        except csv.Error as fault:
            raise StartRefusal(f"The header of {self.path} cannot be read as CSV: {fault}.") from None
        if not cells:
            raise StartRefusal(f"{self.path} is empty: its first line must name the columns.")
        columns = tuple(cell.strip() for cell in cells)
        if not all(map(_is_text, columns)):
            raise StartRefusal(
                f"The header of {self.path} is not UTF-8; save the export as UTF-8, with or without a BOM."
            )
        repeated = sorted({column for column in columns if columns.count(column) > 1})
        if repeated:
            raise StartRefusal(
                f"{self.path} has more than one column named {', '.join(map(repr, repeated))}; each needs a name of "
                f"its own (the cells are separated by {delimiter!r}, as the map says)."
            )
        return columns

    def _decoded(self) -> Iterator[str]:
        """The lines as text. Bytes that are not UTF-8 come through marked, so that they cost one row, not the file."""
        while line := self._file.readline(LINE_BYTES_MAX + 1):
            self._lines += 1
            if len(line) > LINE_BYTES_MAX:
                raise StartRefusal(
                    f"Line {self._lines} of {self.path} is longer than {LINE_BYTES_MAX} bytes: is it a CSV?"
                )
            self.bytes_read += len(line)
            if self._lines == 1:
                line = self._without_bom(line)
            yield line.decode("utf-8", errors="surrogateescape")

    def _without_bom(self, line: bytes) -> bytes:
        for bom, name in _OTHER_ENCODINGS:
            if line.startswith(bom):
                raise StartRefusal(f"{self.path} is {name}; save the export as UTF-8, with or without a BOM.")
        if b"\x00" in line:
            raise StartRefusal(f"{self.path} is no text; give a CSV file in UTF-8.")
        return line.removeprefix(codecs.BOM_UTF8)


def _is_text(cell: str) -> bool:
    return cell.isascii() or not any("\udc80" <= sign <= "\udcff" for sign in cell)


@contextmanager
def table(path: Path, delimiter: str) -> Iterator[Table]:
    """The CSV file at `path`; raises `StartRefusal` when it cannot be read at all."""
    try:
        file = path.open("rb")
    except OSError as fault:
        raise StartRefusal(f"{path} cannot be read: {fault.strerror}.") from fault
    with file:
        yield Table(path, file, delimiter)


class KeysSeen:
    """Which keys came before, and on which line: in a temporary file, so that memory does not grow with the export."""

    def __init__(self) -> None:
        # An empty name is SQLite's way to ask for a file of its own that is gone when it is closed.
        self._seen = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._seen.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER NOT NULL) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def line_before(self, key: str, line: int) -> int | None:
        """The line on which `key` came first, None when that is now."""
        with closing(self._seen.execute("SELECT line FROM seen WHERE key = ?", (key,))) as found:
            row = found.fetchone()
        if row is None:
            self._seen.execute("INSERT INTO seen VALUES (?, ?)", (key, line))
            return None
        return int(row[0])

    def close(self) -> None:
        self._seen.close()
