"""The shape of a map file, and reading one strictly: every fault is found before anything is said. No rows in here."""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import fields

from domain.fields import ZoneName
from service.faults import StartRefusal
from service.wording import clause

SHIPPED = Path(__file__).parent / "maps"

# A map is written by hand; what is larger is another file.
MAP_BYTES_MAX = 1 << 20
# A row of an export is one opportunity's present state: far fewer facts than one append may hold (100).
ROW_FACTS_MAX = 20
NAME_CHARS_MAX = 300

Column = Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX)]
Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*\Z")]


class StageRows(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a row in one stage says: these facts, in this order. `undated` rows may lack the dates of their facts."""

    facts: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=ROW_FACTS_MAX)]
    undated: bool = False


class MappedFact(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fact: its type, the column of its date, the columns it is left out without, and its data's templates."""

    type: str
    at: Column | None = None
    needs: tuple[Column, ...] = ()
    data: dict[str, Any] = {}


class Lookup(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Columns taken from a second file beside the export, by the value of one of the export's columns."""

    file: Annotated[str, Meta(min_length=1, max_length=NAME_CHARS_MAX, pattern=r"^[^/\\]+\Z")]
    column: Column
    key: Column
    take: Annotated[tuple[Column, ...], Meta(min_length=1)]


class Numbers(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How numbers are written."""

    decimal_sign: Literal[".", ","] = "."
    thousands_sign: Literal["", ".", ",", " ", "'"] = ""
    currency_signs: tuple[str, ...] = ()


class MapFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the columns of an export mean. `source` is part of every id made from it and must never change."""

    source: Name
    key: Column
    stage: Column
    stages: dict[str, StageRows]
    facts: dict[str, MappedFact]
    date_formats: Annotated[tuple[str, ...], Meta(min_length=1)]
    time_zone: ZoneName = "UTC"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    numbers: Numbers = Numbers()
    aliases: dict[str, dict[str, str]] = {}
    lookups: dict[str, Lookup] = {}
    ignore: tuple[Column, ...] = ()


def shipped_maps() -> list[str]:
    """The names of the maps that come with the program."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def locate(given: str) -> Path:
    """The file of a map given by its path or by the name of a shipped one; raises `StartRefusal`."""
    if given in shipped_maps():
        return SHIPPED / f"{given}.toml"
    path = Path(given)
    if not path.is_file():
        raise StartRefusal(
            f"{given} is no map file; give the path of one, or the name of a map that comes with the program: "
            f"{', '.join(shipped_maps())}."
        )
    return path


def read_map_file(path: Path) -> MapFile:
    """The map in `path`, its shape checked; raises `StartRefusal` with every fault of it."""
    try:
        if path.stat().st_size > MAP_BYTES_MAX:
            raise StartRefusal(f"The map {path} is larger than {MAP_BYTES_MAX} bytes, which no map is.")
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise StartRefusal(f"The map {path} cannot be read: {fault.strerror}.") from fault
    except UnicodeDecodeError:
        raise StartRefusal(f"The map {path} is not UTF-8; save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as fault:
        raise StartRefusal(f"The map {path} is no TOML: {fault}.") from None
    faults: list[str] = []
    found: MapFile | None = _convert(raw, MapFile, "", faults)
    if found is None or faults:
        raise StartRefusal(*(f"The map {path.name}: {fault}" for fault in faults))
    return found


def _convert(raw: Any, kind: Any, at: str, faults: list[str]) -> Any:
    """`raw` as `kind`, member by member, so that one fault does not hide the next."""
    if isinstance(kind, type) and issubclass(kind, Struct) and isinstance(raw, dict):
        return _convert_struct(raw, kind, at, faults)
    if (
        get_origin(kind) is dict
        and isinstance(raw, dict)
        and isinstance(inner := kind.__args__[1], type)
        and issubclass(inner, Struct)
    ):
        return {name: _convert(value, inner, f"{at}.{name}", faults) for name, value in raw.items()}
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as fault:
        what, _, where = str(fault).partition(" - at `$")
        faults.append(f"`{at}{where.rstrip('`')}` is not accepted: {clause(what)}.")
        return None


def _convert_struct(raw: dict[str, Any], kind: type[Struct], at: str, faults: list[str]) -> Any:
    before = len(faults)
    known = {field.name: field for field in fields(kind)}
    prefix = f"{at}." if at else ""
    for name in raw.keys() - known.keys():
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
        faults.append(f"`{prefix}{name}` is not known here; the nearest is `{near}`.")
    values = {}
    for name, field in known.items():
        if name in raw:
            values[name] = _convert(raw[name], field.type, f"{prefix}{name}", faults)
        elif field.required:
            faults.append(f"`{prefix}{name}` is missing.")
    return kind(**values) if len(faults) == before else None
