"""Reads the marks on a struct's fields, through nested structs, lists and unions. Used when the catalogue is made."""

from collections.abc import Iterator
from typing import Any

from msgspec import inspect

Path = tuple[str, ...]
"""Where a member sits: names from the outside in, `*` for every item of a list."""


def marks(cls: type, mark: str) -> Iterator[tuple[Path, Any]]:
    """Every place in `cls` that carries `mark`, with the mark's value, in the order of declaration."""
    seen: set[tuple[Path, Any]] = set()
    for found in _walk(inspect.type_info(cls), mark, ()):
        if found not in seen:  # the variants of a union share their members
            seen.add(found)
            yield found


def _walk(node: inspect.Type, mark: str, path: Path) -> Iterator[tuple[Path, Any]]:
    match node:
        case inspect.Metadata(type=inner, extra=extra):
            if extra and mark in extra:
                yield path, extra[mark]
            yield from _walk(inner, mark, path)
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from _walk(field.type, mark, (*path, field.encode_name))
        case inspect.UnionType(types=types):
            for member in types:
                yield from _walk(member, mark, path)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            yield from _walk(item, mark, (*path, "*"))
