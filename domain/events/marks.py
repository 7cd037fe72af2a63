"""Reads the marks on a struct's fields, through nested structs, lists and unions. Used when the catalogue is made."""

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from msgspec import inspect

Path = tuple[str, ...]
"""Where a member sits: names from the outside in, `*` for every item of a list."""


class _Mark(NamedTuple):
    name: str
    path: Path
    value: Any


def marks(cls: type, mark: str) -> Iterator[tuple[Path, Any]]:
    """Every place in `cls` that carries `mark`, with the mark's value, in the order of declaration."""
    return ((found.path, found.value) for found in _all_marks(cls) if found.name == mark)


@cache  # a struct is asked for a dozen times while the catalogue is made, at every start
def _all_marks(cls: type) -> tuple[_Mark, ...]:
    return tuple(dict.fromkeys(_walk(inspect.type_info(cls), ())))  # the variants of a union share their members


def _walk(node: inspect.Type, path: Path) -> Iterator[_Mark]:
    match node:
        case inspect.Metadata(type=inner, extra=extra):
            for name, value in (extra or {}).items():
                yield _Mark(name, path, value)
            yield from _walk(inner, path)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _walk(field.type, (*path, field.encode_name))
        case inspect.UnionType(types=types):
            for member in types:
                yield from _walk(member, path)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            yield from _walk(item, (*path, "*"))
