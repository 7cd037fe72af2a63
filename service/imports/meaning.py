"""A map that makes sense: its facts exist, its templates parse, its dates can be read. Columns are asked elsewhere."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import FieldInfo, fields

from domain.events import CATALOGUE, EventType
from service.faults import StartRefusal
from service.imports.mapfile import MapFile, MappedFact, StageRows, read_map_file
from service.imports.template import Cell, Template, parse
from service.imports.values import KINDS, Values, source_id
from service.wording import clause

OPENS = "deal.opened"

_PROBE = datetime(2017, 3, 31, tzinfo=UTC)


@dataclass(frozen=True)
class FactRule:
    """One mapped fact, ready to be filled: `data` holds templates where the map holds texts."""

    role: str
    type: EventType
    at: str | None
    needs: tuple[str, ...]
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Meaning:
    """What an export's rows mean."""

    file: MapFile
    source: UUID
    values: Values
    rules: Mapping[str, FactRule]

    def stage(self, name: str) -> StageRows | None:
        return self.file.stages.get(name)

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the map reads from a row, those taken from look-up files included."""
        used = {self.file.key, self.file.stage, *(lookup.column for lookup in self.file.lookups.values())}
        for rule in self.rules.values():
            used |= {*rule.needs, *(cell.column for cell in cells_in(rule.data))}
            used |= {rule.at} if rule.at else set()
        return frozenset(used)

    @property
    def looked_up(self) -> frozenset[str]:
        """The columns that come from look-up files."""
        return frozenset(column for lookup in self.file.lookups.values() for column in lookup.take)


def read_meaning(path: Path) -> Meaning:
    """The map in `path`, checked as far as it can be without an export; raises `StartRefusal` with every fault."""
    file = read_map_file(path)
    faults = [*_zone_and_dates(file), *_stages(file), *_lookups(file)]
    rules = {role: rule for role, fact in file.facts.items() if (rule := _rule(role, fact, faults)) is not None}
    if faults:
        raise StartRefusal(*(f"The map {path.name}: {fault}" for fault in faults))
    source = source_id(file.source)
    values = Values(
        source,
        date_formats=file.date_formats,
        time_zone=file.time_zone,
        decimal_sign=file.numbers.decimal_sign,
        thousands_sign=file.numbers.thousands_sign,
        currency_signs=file.numbers.currency_signs,
    )
    return Meaning(file, source, values, rules)


def cells_in(value: Any) -> Iterator[Cell]:
    """Every cell that the templates in a value name."""
    if isinstance(value, Template):
        yield from value.cells
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from cells_in(inner)
    elif isinstance(value, tuple):
        for inner in value:
            yield from cells_in(inner)


def _zone_and_dates(file: MapFile) -> Iterator[str]:
    try:
        ZoneInfo(file.time_zone)
    except (KeyError, ValueError, OSError):
        yield f"`time_zone` is {file.time_zone!r}, which is no IANA time zone, such as Europe/Lisbon."
    for form in file.date_formats:
        try:
            back = datetime.strptime(_PROBE.strftime(form), form).date()  # noqa: DTZ007  # only the day is compared
        except ValueError:
            back = date.min
        if back != _PROBE.date():
            yield f"`date_formats` has {form!r}, which does not say day, month and year; an example is '%d-%m-%y'."


def _stages(file: MapFile) -> Iterator[str]:
    if not file.stages:
        yield "`stages` is empty: name each value of the stage column with the facts of its rows."
    used: set[str] = set()
    for name, stage in file.stages.items():
        used |= set(stage.facts)
        unknown = [role for role in stage.facts if role not in file.facts]
        for role in unknown:
            yield f"`stages.{name}.facts` has {role!r}, which is not under `facts`{_near(role, file.facts)}."
        if len(set(stage.facts)) < len(stage.facts):
            yield f"`stages.{name}.facts` names a fact twice; each is recorded once a row."
        types = [file.facts[role].type for role in stage.facts if role in file.facts]
        if not unknown and (types[0] != OPENS or OPENS in types[1:]):
            yield f"`stages.{name}.facts` must begin with the fact of type {OPENS} and have no second one."
    for role in file.facts.keys() - used:
        yield f"`facts.{role}` is recorded in no stage; name it in one, or take it out."


def _lookups(file: MapFile) -> Iterator[str]:
    taken: set[str] = set()
    for name, lookup in file.lookups.items():
        if again := taken & set(lookup.take):
            yield f"`lookups.{name}.take` has {', '.join(sorted(again))}, which another look-up gives already."
        taken |= set(lookup.take)


def _rule(role: str, fact: MappedFact, faults: list[str]) -> FactRule | None:
    at = f"`facts.{role}"
    found = CATALOGUE.get(fact.type)
    if found is None or found.service_only or "deal" not in found.on:
        of_deals = [name for name, one in CATALOGUE.items() if "deal" in one.on and not one.service_only]
        faults.append(f"{at}.type` is {fact.type!r}, which is no type of fact on a deal{_near(fact.type, of_deals)}.")
        return None
    before = len(faults)
    known = {field.encode_name: field for field in fields(found.cls)}
    faults += [
        f"{at}.data.{name}` is no member of {fact.type}{_near(name, known)}." for name in fact.data if name not in known
    ]
    faults += [
        f"{at}.data.{name}` is missing: {fact.type} requires it."
        for name, field in known.items()
        if field.required and name not in fact.data
    ]
    data = {name: _compile(value, f"{at}.data.{name}`", known.get(name), faults) for name, value in fact.data.items()}
    return FactRule(role, found, fact.at, fact.needs, data) if len(faults) == before else None


def _compile(value: Any, at: str, field: FieldInfo | None, faults: list[str]) -> Any:
    """A value of the map with its texts as templates; one without any cell must fit its field as it is."""
    before = len(faults)
    compiled = _templates(value, at, faults)
    if field is not None and len(faults) == before and not list(cells_in(compiled)):
        try:
            msgspec.convert(constant(compiled), field.type)
        except msgspec.ValidationError as fault:
            faults.append(f"{at} is not accepted: {clause(str(fault))}.")
    return compiled


def _templates(value: Any, at: str, faults: list[str]) -> Any:
    if isinstance(value, dict):
        return {name: _templates(inner, at, faults) for name, inner in value.items()}
    if isinstance(value, list):
        return tuple(_templates(inner, at, faults) for inner in value)
    if not isinstance(value, str):
        return value
    try:
        template = parse(value)
    except ValueError as fault:
        faults.append(f"{at} cannot be read: {fault}.")
        return value
    faults += [
        f"{at} reads {cell.column} as {cell.kind!r}; a cell is read as {', '.join(KINDS)}."
        for cell in template.cells
        if cell.kind not in KINDS
    ]
    return template


def constant(value: Any) -> Any:
    """A compiled value without cells, as plain values."""
    if isinstance(value, Template):
        return value.fill({}, lambda _kind, _column, text: text)
    if isinstance(value, Mapping):
        return {name: constant(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [constant(inner) for inner in value]
    return value


def _near(name: str, among: Any) -> str:
    near = difflib.get_close_matches(name, list(among), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
