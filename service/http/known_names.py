"""Which fields and values a body may have where a client sent another: for the answer that refuses it, never before."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
from msgspec import inspect

from domain.events import CATALOGUE
from domain.facts import Proposal

_BATCH = ["facts", "stream_id"]


def fields_at(body: bytes, pointer: str, shape: Any = None) -> list[str]:
    """The fields of the object at `pointer` (RFC 6901) in a body; none where that is not known.

    A body is of one fact or a batch, or else of `shape`. `pointer` comes from a decoder that has already read the body,
    so that reading it loosely cannot fail.
    """
    if shape is None and not pointer and "facts" in _sent(body):
        return _BATCH
    shape, steps = _place(body, pointer, shape)
    names = [name for found in _into(shape, steps) for name in _names(found)]
    return sorted({"type", *names}) if shape is Proposal and not steps else names


def choices_at(body: bytes, pointer: str, shape: Any = None) -> list[Any]:
    """The values of which the one at `pointer` has to be one; none where that is not known."""
    shape, steps = _place(body, pointer, shape)
    return [value for found in _into(shape, steps) for value in _values(found)]


def _place(body: bytes, pointer: str, shape: Any) -> tuple[Any, list[str]]:
    """What has the value at `pointer` in it, and the way from there; `shape` itself unless it is a fact."""
    steps = pointer.split("/")[1:]
    if shape is not None:
        return shape, steps
    sent = _sent(body)
    if steps[:1] == ["facts"] and len(steps) > 1 and steps[1].isdigit():
        sent, steps = _item(sent.get("facts"), int(steps[1])), steps[2:]
    event_type = CATALOGUE.get(str(sent.get("type")))
    if event_type is None:
        return None, []
    return (event_type.cls, steps[1:]) if steps[:1] == ["data"] else (Proposal, steps)


def _into(shape: Any, steps: Iterable[str]) -> list[inspect.Type]:
    """The types that a value may have at the end of these steps into `shape`."""
    here = list(_each(inspect.type_info(shape)))
    for step in steps:
        here = [one for found in here for inner in _below(found, step) for one in _each(inner)]
    return here


def _each(found: inspect.Type) -> Iterator[inspect.Type]:
    if isinstance(found, inspect.Metadata):
        yield from _each(found.type)
    elif isinstance(found, inspect.UnionType):
        for one in found.types:
            yield from _each(one)
    else:
        yield found


def _below(found: inspect.Type, step: str) -> list[inspect.Type]:
    if isinstance(found, inspect.StructType):
        return [field.type for field in found.fields if field.encode_name == step]
    return [found.item_type] if isinstance(found, inspect.CollectionType) else []


def _names(found: inspect.Type) -> list[str]:
    return [field.encode_name for field in found.fields] if isinstance(found, inspect.StructType) else []


def _values(found: inspect.Type) -> list[Any]:
    if isinstance(found, inspect.EnumType):
        return [one.value for one in found.cls]
    return list(found.values) if isinstance(found, inspect.LiteralType) else []


def _sent(body: bytes) -> dict[str, Any]:
    try:
        sent = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _item(items: Any, index: int) -> dict[str, Any]:
    item = items[index] if isinstance(items, Sequence) and index < len(items) else None
    return item if isinstance(item, dict) else {}
