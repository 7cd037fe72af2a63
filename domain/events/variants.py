"""The wire variants of each type: what a client proposes, what it gets back. Made from the data structs."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.events.declaring import Data
from domain.facts import Actor, Attestation, Proposal, Said, Visibility
from domain.fields import Instant

TAG = "type"


class RecordedFact(Said, frozen=True, kw_only=True, omit_defaults=True):
    """A recorded fact on the wire. When its words are destroyed they read `[erased]`; when all is, its data is null."""

    event_id: UUID
    schema_version: int
    stream_id: str
    stream_version: int
    position: int
    occurred_at: Instant
    recorded_at: Instant
    visibility: Visibility
    actor: Actor
    acting_party: UUID
    attestation: Attestation
    erased: bool = False
    data: Any


def proposal_variant(name: str, cls: type[Data]) -> type[Proposal]:
    """The proposal whose tag is `name` and whose data is a `cls`."""
    variant: type[Proposal] = _variant(f"{cls.__name__}Proposal", name, cls, cls, Proposal)
    return variant


def event_variant(name: str, cls: type[Data]) -> type[RecordedFact]:
    """The recorded fact whose tag is `name` and whose data is a `cls`, or null once it is destroyed."""
    variant: type[RecordedFact] = _variant(f"{cls.__name__}Event", name, cls, cls | None, RecordedFact)
    return variant


def _variant(title: str, name: str, cls: type[Data], data: Any, base: type[Struct]) -> Any:
    return msgspec.defstruct(
        title,
        [("data", data)],
        bases=(base,),
        namespace={"__doc__": cls.__doc__},
        module=cls.__module__,
        tag_field=TAG,
        tag=name,
        frozen=True,
        kw_only=True,
        omit_defaults=True,
        forbid_unknown_fields=True,
    )
