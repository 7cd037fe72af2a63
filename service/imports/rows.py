"""From a row to the facts it says: aliases, look-ups, templates, ids. Reads what it is given and asks no ledger."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from domain.facts import Proposal, stream_key
from service.faults import StartRefusal
from service.imports.faults import NotTaken, RowFault
from service.imports.lookups import Lookups
from service.imports.meaning import FactRule, Meaning, cells_in
from service.imports.table import KeysSeen, Table, TableRow
from service.imports.template import Template
from service.wording import clause

_MISSING = re.compile(r"Object missing required field `(.*)`")


class Planned(Struct, frozen=True):
    """One fact that a row says. `undated_id` is the id the same fact has when a row says it without a date."""

    role: str
    type: str
    undated_id: UUID
    proposal: Proposal

    @property
    def event_id(self) -> UUID:
        assert self.proposal.event_id is not None  # given by `_planned`
        return self.proposal.event_id


class PlannedRow(Struct, frozen=True):
    """One row as facts on one stream, the opening first."""

    line: int
    key: str
    stream: UUID
    facts: tuple[Planned, ...]

    @property
    def stream_id(self) -> str:
        return stream_key("deal", self.stream)


def dated_id(stream: UUID, role: str) -> UUID:
    """The id of the fact in one role on one imported stream, for ever."""
    return uuid5(stream, role)


def undated_id(stream: UUID, role: str) -> UUID:
    """The same for a fact that a row says without a date; it happened when it was imported."""
    return uuid5(stream, f"{role} (undated)")


def demand_columns(table: Table, meaning: Meaning) -> None:
    """Refuse a file whose columns are not those the map speaks of, naming all that are missing or unknown."""
    present, file = set(table.columns), meaning.file
    taken = meaning.looked_up
    faults = []
    if missing := sorted(meaning.columns - taken - present):
        faults.append(f"{table.path} lacks columns that the map reads: {', '.join(missing)}.")
    if unknown := sorted(present - meaning.columns - set(file.ignore)):
        faults.append(
            f"{table.path} has columns that the map does not know: {', '.join(unknown)}; use them in a fact, or name "
            "them under `ignore`."
        )
    if both := sorted(present & taken):
        faults.append(f"{', '.join(both)} is in {table.path} and taken by a look-up; take it from one of the two.")
    if strange := sorted(file.aliases.keys() - present - taken):
        faults.append(f"The map has aliases for {', '.join(strange)}, which {table.path} does not have.")
    if faults:
        raise StartRefusal(*faults)


class Planner:
    """Turns the rows of one export into planned facts, one at a time."""

    def __init__(self, meaning: Meaning, lookups: Lookups) -> None:
        self._meaning = meaning
        self._lookups = lookups
        aliases, looked_up = meaning.file.aliases, meaning.looked_up
        self._aliases = {column: known for column, known in aliases.items() if column not in looked_up}
        self._aliases_looked_up = {column: known for column, known in aliases.items() if column in looked_up}

    def plan(self, table: Table, seen: KeysSeen) -> Iterator[PlannedRow | NotTaken]:
        """Every row of the table, planned or refused, in the order of the file."""
        key_column = self._meaning.file.key
        for row in table:
            if isinstance(row, NotTaken):
                yield row
                continue
            key = row.cells[key_column]
            try:
                self._demand_new(key, row.line, seen)
                yield self._planned_row(row, key)
            except RowFault as fault:
                yield NotTaken(row.line, key or None, fault.reason, fault.accepted)

    def _demand_new(self, key: str, line: int, seen: KeysSeen) -> None:
        if not key:
            raise RowFault(f"{self._meaning.file.key} is empty.", "A value that names this row and no other.")
        before = seen.line_before(key, line)
        if before is not None:
            raise RowFault(f"Line {before} has the same key already; that one counts.", "Each key once in a file.")

    def _planned_row(self, row: TableRow, key: str) -> PlannedRow:
        cells = row.cells
        self._alias(cells, self._aliases)
        self._lookups.complete(cells)
        self._alias(cells, self._aliases_looked_up)
        file = self._meaning.file
        name = cells[file.stage]
        stage = self._meaning.stage(name)
        if stage is None:
            said = f"{file.stage} is {name!r}" if name else f"{file.stage} is empty"
            raise RowFault(f"{said}, which the map does not know.", f"One of {', '.join(file.stages)}.")
        stream = uuid5(self._meaning.source, f"row\n{key}")
        rules = [self._meaning.rules[role] for role in stage.facts]
        planned = [
            self._planned(rule, stream, cells, name, undated=stage.undated)
            for rule in rules
            if all(cells[column] for column in rule.needs)
        ]
        return PlannedRow(row.line, key, stream, tuple(planned))

    def _alias(self, cells: dict[str, str], aliases: Mapping[str, Mapping[str, str]]) -> None:
        for column, known in aliases.items():
            cells[column] = known.get(cells[column], cells[column])

    def _planned(self, rule: FactRule, stream: UUID, cells: Mapping[str, str], stage: str, *, undated: bool) -> Planned:
        values = self._meaning.values
        at = None
        if rule.at is not None and cells[rule.at]:
            at = values.moment(rule.at, cells[rule.at])
        elif rule.at is not None and not undated:
            raise RowFault(
                f"{rule.at} is empty, and {rule.type.name} needs a date.", f"A date in {rule.at} for {stage}."
            )
        event_id = dated_id(stream, rule.role) if at else undated_id(stream, rule.role)
        sent = {
            "type": rule.type.name,
            "event_id": event_id,
            "occurred_at": at,
            "data": _filled(rule.data, cells, values.read),
        }
        try:
            proposal = msgspec.convert(sent, rule.type.proposal)
        except msgspec.ValidationError as fault:
            raise _unfit(rule, str(fault)) from None
        return Planned(rule.role, rule.type.name, undated_id(stream, rule.role), proposal)


def _unfit(rule: FactRule, said: str) -> RowFault:
    """The data of a fact does not fit its type: which member, made of which columns."""
    what, _, where = said.partition(" - at `$")
    member = where.removeprefix(".data").strip(".`")
    missing = _MISSING.match(what)
    if missing:
        member = f"{member}.{missing[1]}".lstrip(".")
    columns = ", ".join(dict.fromkeys(cell.column for cell in cells_in(rule.data.get(member.partition(".")[0], ()))))
    if missing:
        return RowFault(f"{rule.type.name} has no `{member}`.", f"Something in {columns or 'the map'} to make it of.")
    reason = f"`{member}` of {rule.type.name} is not accepted: {clause(what)}."
    return RowFault(reason, f"Something else in {columns or 'the map'}.")


def _filled(value: Any, cells: Mapping[str, str], read: Any) -> Any:
    """A compiled value for a row. What is left out leaves its place; a table with nothing left in it goes too."""
    if isinstance(value, Template):
        return value.fill(cells, read)
    if isinstance(value, Mapping):
        found = {name: inner for name, each in value.items() if (inner := _filled(each, cells, read)) is not None}
        return found if found or not value else None
    if isinstance(value, tuple):
        return [inner for each in value if (inner := _filled(each, cells, read)) is not None]
    return value
