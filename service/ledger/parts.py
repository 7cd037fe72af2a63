"""A fact divided into what is stored: envelope, structure and words; and put together again.

The envelope is who said what when. Words are what a person said (free text, names, evidence); structure is the rest
(ids, closed values, numbers, times). Erasing words leaves structure readable, so no state and no score changes.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from msgspec import NODEFAULT, UNSET, Struct, inspect

from domain.corrections import replacement
from domain.events import CATALOGUE
from domain.events.declaring import Data
from domain.events.record import EventCorrected
from domain.facts import ERASED, Actor, Fact, Visibility
from service.ledger.canonical import canonical

# Parties known at once in one process; one that is forgotten costs its facts 200 bytes more.
SHARED_MAX = 4_096


class Parts(NamedTuple):
    """Canonical bytes of a fact's three parts; `words` is None when it has none."""

    envelope: bytes
    structure: bytes
    words: bytes | None


class _Field(NamedTuple):
    name: str
    absent: Any  # the value that means "was not said"
    is_words: bool
    inner: type | None  # of the struct, or of each struct in the list, that has words of its own
    plain: bool  # holds no struct at all
    required: bool


class _Plan(NamedTuple):
    """How a struct is divided: its fields, whether any of them holds words, and whether a number that is not whole."""

    fields: tuple[_Field, ...]
    words: bool
    numbers: bool


def divide(fact: Fact) -> Parts:
    """The canonical parts of `fact`, without its place in a stream (the chain binds that)."""
    structure, words = _split(fact.data)
    if isinstance(fact.data, EventCorrected):
        structure["data"], words["data"] = _split(replacement(fact.data))
    if fact.evidence:
        words["evidence"] = msgspec.to_builtins(fact.evidence)
    return Parts(
        _envelope(fact),
        canonical(structure, floats=_PLANS[type(fact.data)].numbers),
        canonical(words, floats=False) if words else None,
    )


class _Actor(Struct, gc=False):
    kind: str
    party_id: UUID


class _Envelope(Struct, omit_defaults=True, kw_only=True, gc=False):
    """The members in the order of their names, so that they are written in canonical form as they stand."""

    acting_party: UUID
    actor: _Actor
    attestation: str
    basis: str | None = None
    causation_id: UUID | None = None
    confidence: float | None = None
    correlation_id: UUID | None = None
    device_id: UUID | None = None
    device_sequence: int | None = None
    event_id: UUID
    local_date: date | None = None
    occurred_at: datetime
    on_behalf_of: UUID | None = None
    schema_version: int
    time_zone: str | None = None
    type: str
    visibility: Visibility


_encode = msgspec.json.Encoder().encode


def _envelope(fact: Fact) -> bytes:
    envelope = _Envelope(
        acting_party=fact.acting_party,
        actor=_Actor(fact.actor.kind, fact.actor.party_id),
        attestation=fact.attestation,
        basis=fact.basis,
        causation_id=fact.causation_id,
        confidence=fact.confidence,
        correlation_id=fact.correlation_id,
        device_id=fact.device_id,
        device_sequence=fact.device_sequence,
        event_id=fact.event_id,
        local_date=fact.local_date,
        occurred_at=fact.occurred_at,
        on_behalf_of=fact.on_behalf_of,
        schema_version=fact.schema_version,
        time_zone=fact.time_zone,
        type=fact.type,
        visibility=fact.visibility,
    )
    if fact.confidence is None:
        return _encode(envelope)
    return canonical(msgspec.to_builtins(envelope), floats=True)


def unite(stream_id: str, version: int, envelope: bytes, structure: bytes | None, words: bytes | None) -> Fact:
    """The fact that was divided. Missing words read as `ERASED` where the type requires them; without
    structure there is no data.

    Raises msgspec.ValidationError, or KeyError, TypeError, ValueError or AttributeError, when the bytes are not what
    `divide` writes.
    """
    known = msgspec.json.decode(envelope)
    event_type = CATALOGUE[known["type"]]
    said = {} if words is None else msgspec.json.decode(words)
    known["evidence"] = said.pop("evidence", ())
    known["stream_id"], known["stream_version"] = intern(stream_id), version
    _share(known, event_type.name)
    known["data"] = None if structure is None else _data(event_type.cls, msgspec.json.decode(structure), said)
    return msgspec.convert(known, Fact)


def _share(known: dict[str, Any], type_name: str) -> None:
    """What most facts of a stream have in common is one object in memory, not one for each of them: a quarter of it."""
    actor = known["actor"]
    known["actor"] = _actor(actor["party_id"], actor["kind"]) if len(actor) == len(Actor.__struct_fields__) else actor
    known["acting_party"] = _party(known["acting_party"])
    known["type"] = type_name
    known["attestation"] = intern(known["attestation"])


@lru_cache(maxsize=SHARED_MAX)
def _party(text: str) -> UUID:
    return msgspec.convert(text, UUID)


@lru_cache(maxsize=SHARED_MAX)
def _actor(party_id: str, kind: str) -> Actor:
    return msgspec.convert({"party_id": _party(party_id), "kind": intern(kind)}, Actor)


def _data(cls: type[Data], held: dict[str, Any], said: dict[str, Any]) -> Data:
    if cls is EventCorrected:
        target = CATALOGUE[held["target_type"]].cls
        held["data"] = _merge(target, held["data"], said.pop("data", {}))
    return msgspec.convert(_merge(cls, held, said), cls)


def _split(value: Struct) -> tuple[dict[str, Any], dict[str, Any]]:
    structure: dict[str, Any] = {}
    words: dict[str, Any] = {}
    for field in _PLANS[type(value)].fields:
        content = getattr(value, field.name)
        if content is field.absent or (type(content) is tuple and not content):
            continue
        if content is None or (field.plain and not field.is_words):
            structure[field.name] = content
        elif field.is_words:
            words[field.name] = content
        elif field.inner is None:
            structure[field.name] = msgspec.to_builtins(content)
        elif isinstance(content, tuple):
            halves = [_split_item(item) for item in content]
            structure[field.name] = [half[0] for half in halves]
            if any(half[1] for half in halves):
                words[field.name] = [half[1] for half in halves]
        else:
            structure[field.name], said = _split_item(content)
            if said:
                words[field.name] = said
    return structure, words


def _split_item(item: Any) -> tuple[Any, dict[str, Any]]:
    return _split(item) if isinstance(item, Struct) else (item, {})


def _merge(cls: type, structure: dict[str, Any], words: dict[str, Any]) -> dict[str, Any]:
    merged = structure | words
    for field in _PLANS[cls].fields:
        name = field.name
        if field.is_words:
            if field.required and name not in words:
                merged[name] = ERASED
        elif field.inner is not None and name in structure:
            held, said = structure[name], words.get(name)
            if isinstance(held, list):
                pairs = zip(held, said or [{}] * len(held), strict=True)
                merged[name] = [_merge_item(field.inner, item, one) for item, one in pairs]
            else:
                merged[name] = _merge_item(field.inner, held, said or {})
    return merged


def _merge_item(inner: type, held: Any, said: dict[str, Any]) -> Any:
    return _merge(inner, held, said) if isinstance(held, dict) else held


class _Plans(dict[type, _Plan]):
    """The plan of each struct, made when it is first wanted: those of all types take a tenth of a second."""

    def __missing__(self, cls: type) -> _Plan:
        described = inspect.type_info(cls)
        assert isinstance(described, inspect.StructType), "only structs are divided"
        fields = tuple(map(_field, described.fields))
        worded = any(field.is_words or field.inner is not None for field in fields)
        plan = self[cls] = _Plan(fields, worded, _numbers_in(described))
        return plan


_PLANS = _Plans()


def _field(field: inspect.Field) -> _Field:
    structs = list(_structs_in(field.type))
    worded = [cls for cls in structs if _PLANS[cls].words]
    if len(worded) > 1 or (worded and worded[0].__struct_config__.tag is not None):
        raise TypeError(f"{field.name}: words of several kinds of structs cannot be told apart once divided")
    # inspect tells of no default when the default is UNSET
    unset = not field.required and field.default is field.default_factory is NODEFAULT
    return _Field(
        field.name,
        UNSET if unset else None,
        _is_words(field.type),
        worded[0] if worded else None,
        not structs,
        field.required,
    )


def _is_words(described: inspect.Type) -> bool:
    if isinstance(described, inspect.Metadata):
        marks: Mapping[str, Any] = described.extra or {}
        return bool(marks.get("words")) or _is_words(described.type)
    if isinstance(described, inspect.UnionType):
        return any(map(_is_words, described.types))
    return False


def _numbers_in(described: inspect.Type) -> bool:
    """Whether a value of this type may hold a number that is not whole."""
    match described:
        case inspect.FloatType() | inspect.AnyType():
            return True
        case inspect.Metadata():
            return _numbers_in(described.type)
        case inspect.UnionType():
            return any(map(_numbers_in, described.types))
        case inspect.VarTupleType() | inspect.ListType():
            return _numbers_in(described.item_type)
        case inspect.DictType():
            return _numbers_in(described.value_type)
        case inspect.StructType():
            return any(_numbers_in(field.type) for field in described.fields)
        case _:
            return False


def _structs_in(described: inspect.Type) -> list[type[Struct]]:
    if isinstance(described, inspect.Metadata):
        return _structs_in(described.type)
    if isinstance(described, inspect.StructType):
        return [described.cls]
    if isinstance(described, inspect.UnionType):
        return [cls for inner in described.types for cls in _structs_in(inner)]
    if isinstance(described, inspect.VarTupleType | inspect.ListType):
        return _structs_in(described.item_type)
    return []
