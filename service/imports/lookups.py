"""Columns from files beside the export: accounts, products, teams. Such a file is small and is held in memory whole."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from service.faults import StartRefusal
from service.imports.faults import NotTaken
from service.imports.mapfile import Lookup
from service.imports.table import table

# A list of accounts or products; whatever is longer is an export of its own.
LOOKUP_ROWS_MAX = 200_000


class Lookups:
    """What the map's look-up files say."""

    def __init__(self, lookups: Mapping[str, Lookup], folder: Path, delimiter: str) -> None:
        """Read them all from `folder`; raises `StartRefusal` with every fault."""
        faults: list[str] = []
        self._lookups = [
            (lookup, _read(lookup, folder / lookup.file, delimiter, faults)) for lookup in lookups.values()
        ]
        if faults:
            raise StartRefusal(*faults)

    def complete(self, row: dict[str, str]) -> None:
        """Add to a row what the files say about it; empty where they say nothing."""
        for lookup, known in self._lookups:
            found = known.get(row[lookup.column], ())
            row.update(zip(lookup.take, found or ("",) * len(lookup.take), strict=True))


def _read(lookup: Lookup, path: Path, delimiter: str, faults: list[str]) -> dict[str, tuple[str, ...]]:
    known: dict[str, tuple[str, ...]] = {}
    try:
        for row in _rows(lookup, path, delimiter):
            known[row[lookup.key]] = tuple(row[column] for column in lookup.take)
            if len(known) > LOOKUP_ROWS_MAX:
                raise StartRefusal(f"{path} has more than {LOOKUP_ROWS_MAX} rows, which is too long for a look-up.")
    except StartRefusal as refusal:
        faults += refusal.sentences
    return known


def _rows(lookup: Lookup, path: Path, delimiter: str) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise StartRefusal(
            f"The map takes {', '.join(lookup.take)} from {path.name}, which is not beside the export; put it there, "
            "or take the look-up and what uses it out of the map."
        )
    with table(path, delimiter) as rows:
        missing = [column for column in (lookup.key, *lookup.take) if column not in rows.columns]
        if missing:
            raise StartRefusal(f"{path} lacks {', '.join(missing)}; its columns are {', '.join(rows.columns)}.")
        for row in rows:
            if isinstance(row, NotTaken):
                raise StartRefusal(f"{path}, line {row.line}: {row.reason}")
            yield row.cells
