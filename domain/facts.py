"""The envelope: who said what when, around the data of one event. Its shape is a storage format; no rule lives here.

None of these can be part of a cycle, so the garbage collector need not look at the many that are kept (`gc=False`).
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from domain.fields import EVIDENCE_ITEMS_MAX, INTEGER_MAX, Instant, Share, Text, ZoneName

StreamKind = Literal["deal", "goal", "workspace"]
ActorKind = Literal["person", "agent", "service"]
Role = Literal["owner", "member", "coach", "auditor", "service", "guest"]
Attestation = Literal["self", "counterparty", "system"]


class Visibility(StrEnum):
    """Who may see a fact, from narrow to wide."""

    PRIVATE = "private"
    PARTICIPANTS = "participants"
    TEAM = "team"
    SHARED = "shared"

    @property
    def width(self) -> int:
        """0 for private up to 3 for shared; a fact is never wider than what it refers to."""
        return _WIDTH[self]


_WIDTH = {visibility: width for width, visibility in enumerate(Visibility)}


class Actor(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The party who recorded a fact, taken from the credential and never from the body."""

    party_id: UUID
    kind: ActorKind = "person"


class Caller(Struct, frozen=True, gc=False):
    """Who asks: a party in a role. A guest is bound to one stream."""

    party_id: UUID
    role: Role
    kind: ActorKind = "person"
    stream_id: str | None = None

    @property
    def actor(self) -> Actor:
        return Actor(self.party_id, self.kind)


class Evidence(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True, gc=False):
    """What supports a fact: a quote, a link, a file or a measure."""

    kind: Literal["quote", "link", "file", "measure"]
    text: Text | None = None
    ref: Text | None = None


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """The optional members of the envelope that the client may say, the same on a proposal and on a recorded fact."""

    on_behalf_of: UUID | None = None
    basis: Literal["stated", "inferred"] | None = None
    confidence: Share | None = None
    evidence: Annotated[tuple[Evidence, ...], Meta(max_length=EVIDENCE_ITEMS_MAX)] = ()
    local_date: date | None = None
    time_zone: ZoneName | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    device_id: UUID | None = None
    device_sequence: Annotated[int, Meta(ge=0, le=INTEGER_MAX)] | None = None


class Proposal(Said, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """One fact as a client proposes it. One variant per event type adds `type` (the tag) and narrows `data`.

    The event's id is the idempotency key for ever; without one the service makes it. Absent `occurred_at` means the
    moment of recording, absent `visibility` the stream's default.
    """

    event_id: UUID | None = None
    schema_version: Annotated[int, Meta(ge=1, le=1_000)] | None = None
    occurred_at: Instant | None = None
    visibility: Visibility | None = None
    data: Any


class Fact(Said, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One fact as the domain sees it: complete, but not yet placed in the workspace's order.

    `acting_party` is whose act it was: `on_behalf_of`, else the type's doer field, else the actor.
    """

    event_id: UUID
    type: str
    schema_version: int
    stream_id: str
    stream_version: int
    occurred_at: Instant
    visibility: Visibility
    actor: Actor
    acting_party: UUID
    attestation: Attestation
    data: Any


class Recorded(Struct, frozen=True, gc=False):
    """A fact with its place in the workspace: dense position from 0, and when it was stored (UTC, never decreasing).

    `erased` is true when its words were destroyed: they then read as `ERASED`.
    """

    fact: Fact
    position: int
    recorded_at: datetime
    erased: bool = False


ERASED = "[erased]"


def stream_key(kind: StreamKind, stream: UUID) -> str:
    """The stream's name on the wire and in proofs, such as `deal/0190…`."""
    return f"{kind}/{stream}"


def stream_uuid(stream_id: str) -> UUID:
    """The UUID in a stream's name."""
    return msgspec.convert(stream_id.partition("/")[2], UUID)  # three times as fast as the class itself


encode = msgspec.json.Encoder(order="sorted").encode
"""Canonical JSON for structs whose numbers are integers: sorted keys, no spaces, UTF-8 (RFC 8785 apart from floats)."""
