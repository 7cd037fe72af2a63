"""What a fact points at: the ids, parties and moments in its data, found by plans made once per struct."""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from msgspec import Struct, inspect

from domain.events import CATALOGUE, EventType
from domain.events.marks import marks
from domain.facts import Evidence
from domain.fields import LocalDue
from domain.lifecycles import LIFECYCLES, Transitions

EVENT = "event"

S = TypeVar("S", bound=Struct)

Kinds = tuple[str, ...]


class Members(Struct, frozen=True):
    """Where one struct holds what: names of members, apart for single values and for lists.

    `nested` are members that are structs, or lists of them; `texts` are all members that may hold a string. `plain` is
    true when all references are single members, which most types' are.
    """

    plain: bool

    refers: tuple[tuple[str, Kinds], ...]
    refers_many: tuple[tuple[str, Kinds], ...]
    parties: tuple[str, ...]
    parties_many: tuple[str, ...]
    creates: tuple[tuple[str, str], ...]
    texts: tuple[str, ...]
    moments: tuple[str, ...]
    nested: tuple[str, ...]


class Step(Struct, frozen=True):
    """The life that a type of fact is a step of: of things of `kind`, whose id is in the member `member`."""

    kind: str
    member: str
    transitions: Transitions
    begins: bool  # the step may be the first of its thing's life


class Plan(Struct, frozen=True):
    """One type of fact, prepared for admission and the fold."""

    event_type: EventType
    members: Members
    step: Step | None


def things_in(data: Struct) -> Iterator[tuple[UUID, Kinds]]:
    """Every id that `data` refers to, with the kinds it may be of."""
    members = MEMBERS[type(data)]
    for name, kinds in members.refers:
        value = getattr(data, name)
        if value is not None:
            yield value, kinds
    for name, kinds in members.refers_many:
        for value in getattr(data, name):
            yield value, kinds
    for inner in _nested(data, members):
        yield from things_in(inner)


def parties_in(data: Struct) -> Iterator[UUID]:
    """Every participant that `data` names."""
    members = MEMBERS[type(data)]
    for name in members.parties:
        value = getattr(data, name)
        if type(value) is UUID:
            yield value
    for name in members.parties_many:
        yield from getattr(data, name)
    for inner in _nested(data, members):
        yield from parties_in(inner)


def moments_in(data: Struct) -> Iterator[datetime | LocalDue]:
    """Every moment or due in `data`."""
    members = MEMBERS[type(data)]
    for name in members.moments:
        value = getattr(data, name)
        if isinstance(value, datetime | LocalDue):
            yield value
    for inner in _nested(data, members):
        yield from moments_in(inner)


def created_in(data: Struct) -> Iterator[tuple[UUID | None, str]]:
    """Every id that `data` makes, with its kind."""
    members = MEMBERS[type(data)]
    for name, kind in members.creates:
        yield getattr(data, name), kind
    for inner in _nested(data, members):
        yield from created_in(inner)


def _nested(data: Struct, members: Members) -> Iterator[Struct]:
    for name in members.nested:
        value = getattr(data, name)
        if isinstance(value, Struct):
            yield value
        elif isinstance(value, tuple):
            yield from value


def composed(data: S) -> S:
    """`data` with every text in Unicode's composed form; the same object when it already is."""
    changes: dict[str, Any] = {}
    members = MEMBERS[type(data)]
    for name in members.texts:
        value = getattr(data, name)
        if type(value) is str and not value.isascii() and not unicodedata.is_normalized("NFC", value):
            changes[name] = unicodedata.normalize("NFC", value)
    for name in members.nested:
        value = getattr(data, name)
        if isinstance(value, tuple):
            inner: Any = tuple(composed(item) for item in value)
            if any(one is not other for one, other in zip(inner, value, strict=True)):
                changes[name] = inner
        elif isinstance(value, Struct):
            inner = composed(value)
            if inner is not value:
                changes[name] = inner
    return msgspec.structs.replace(data, **changes) if changes else data


def _members(cls: type[Struct]) -> Members:
    fields = cast(inspect.StructType, inspect.type_info(cls)).fields
    nested = []
    for field in fields:
        inner = [_MADE.get(found) or _members(found) for found in _structs_in(field.type)]
        if any(_holds_something(one) for one in inner):
            nested.append(field.name)
    many = [path for mark in ("refers", "party") for path, _ in marks(cls, mark) if path[1:] == ("*",)]
    made = Members(
        plain=not (many or nested),
        refers=tuple((path[0], kinds) for path, kinds in marks(cls, "refers") if len(path) == 1),
        refers_many=tuple((path[0], kinds) for path, kinds in marks(cls, "refers") if path[1:] == ("*",)),
        parties=tuple(path[0] for path, _ in marks(cls, "party") if len(path) == 1),
        parties_many=tuple(path[0] for path, _ in marks(cls, "party") if path[1:] == ("*",)),
        creates=tuple((path[0], kind) for path, kind in marks(cls, "creates") if len(path) == 1),
        texts=tuple(path[0] for path, _ in marks(cls, "words") if len(path) == 1),
        moments=tuple(field.name for field in fields if _is_moment(field.type)),
        nested=tuple(nested),
    )
    _MADE[cls] = made
    return made


def _holds_something(members: Members) -> bool:
    return any(msgspec.structs.astuple(members)[1:])


def _structs_in(described: inspect.Type) -> Iterator[type[Struct]]:
    match described:
        case inspect.Metadata(type=inner) | inspect.VarTupleType(item_type=inner):
            yield from _structs_in(inner)
        case inspect.UnionType(types=types):
            for one in types:
                yield from _structs_in(one)
        case inspect.StructType(cls=cls):
            yield cls


def _is_moment(described: inspect.Type) -> bool:
    match described:
        case inspect.Metadata(type=inner):
            return _is_moment(inner)
        case inspect.UnionType(types=types):
            return any(map(_is_moment, types))
        case inspect.StructType(cls=cls):
            return cls is LocalDue
        case _:
            return isinstance(described, inspect.DateTimeType)


def _plan(event_type: EventType) -> Plan:
    members = _members(event_type.cls)
    ids = [(name, kind) for name, kind in members.creates] + [
        (name, kind) for name, kinds in members.refers for kind in kinds
    ]
    for name, kind in ids:
        table = LIFECYCLES.get(kind, {})
        if any(by == event_type.name for _, by in table):
            return Plan(event_type, members, Step(kind, name, table, begins=(None, event_type.name) in table))
    return Plan(event_type, members, None)


_MADE: dict[type[Struct], Members] = {}
_members(Evidence)
PLANS: Mapping[str, Plan] = MappingProxyType({name: _plan(event_type) for name, event_type in CATALOGUE.items()})
"""One plan for each type, by stored name."""

MEMBERS: Mapping[type[Struct], Members] = MappingProxyType(_MADE)
"""The members of every struct that facts are made of."""
