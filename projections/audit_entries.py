"""What an audit answers with: entries as recorded, what each did to others, and totals. Only structs."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from domain.facts import Actor, Attestation, Visibility
from domain.fields import Instant


class Correction(Struct, frozen=True, kw_only=True, tag_field="kind", tag="correction"):
    """A fact was set right. `before` and `after` are its whole data just before and after, null where it is erased."""

    target_event_id: UUID
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None


class Void(Struct, frozen=True, kw_only=True, tag_field="kind", tag="void"):
    """A fact was taken out. `target` is the data that it had then, null where it is erased."""

    target_event_id: UUID
    target: dict[str, Any] | None
    reason: str | None


class Widening(Struct, frozen=True, kw_only=True, tag_field="kind", tag="widening"):
    """More people may see a fact from then on."""

    target_event_id: UUID
    was: Visibility | None
    now: Visibility


class Erasure(Struct, frozen=True, kw_only=True, tag_field="kind", tag="erasure"):
    """The content of a fact, of everything about a party, or of the stream was destroyed."""

    scope: Literal["event", "party", "stream"]
    target_event_id: UUID | None
    party_id: UUID | None
    reason: str | None


class AuditEntry(Struct, frozen=True, kw_only=True):
    """One fact as it was recorded.

    `recorded_by` is who recorded it, `acting_party` whose act it was, `on_behalf` true where these differ.
    `attestation` says who vouched for it. `late_days` is how long after it happened it was recorded, where that is more
    than 48 hours; null otherwise. `visibility` is as recorded, `visible_now` after all widenings. `erased` is true when
    its words were destroyed. `voided_by` and `corrected_by` are what took it out, or last set it right. `change` says
    what it did to another fact or to content, null for all others.
    """

    stream_version: int
    position: int
    event_id: UUID
    type: str
    summary: str
    recorded_at: Instant
    occurred_at: Instant
    late_days: float | None
    recorded_by: Actor
    acting_party: UUID
    on_behalf: bool
    attestation: Attestation
    visibility: Visibility
    visible_now: Visibility
    device_id: UUID | None
    erased: bool
    voided_by: UUID | None
    corrected_by: UUID | None
    change: Correction | Void | Widening | Erasure | None


class Recorder(Struct, frozen=True, kw_only=True):
    """How much one party recorded: `facts`, of which `on_behalf` of others and `late` by more than 48 hours."""

    party_id: UUID
    kind: Literal["person", "agent", "service"]
    facts: int
    on_behalf: int
    late: int


class AuditTotals(Struct, frozen=True, kw_only=True):
    """What the whole record comes to; `recorders` are in the order in which they recorded first.

    `corrections`, `voids`, `erasures` and `widenings` count facts of these types, `erased` the facts without words.
    """

    facts: int
    late: int
    corrections: int
    voids: int
    erasures: int
    widenings: int
    erased: int
    recorders: list[Recorder]
