"""What a timeline is made of: facts as sentences with what they did, moments without a fact. Only structs."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.fields import Dimension, Instant, Side
from projections.trust.changes import TrustChange


class Links(Struct, frozen=True, kw_only=True):
    """How a fact hangs together with others, by event ids.

    `refers_to` are the facts that began the things that it names, and facts that it is about; `caused_by` is the fact
    that the recorder says led to it. `voided_by` and `corrected_by` are what took it out, or last set it right.
    """

    refers_to: list[UUID]
    caused_by: UUID | None
    voided_by: UUID | None
    corrected_by: UUID | None


class NetChange(Struct, frozen=True, kw_only=True):
    """The net of the forces just before and just after a fact; null while none was observed."""

    before: int | None
    after: int | None


class CoverageChange(Struct, frozen=True, kw_only=True):
    """The share of the five topics that were stated or confirmed, 0..1, just before and just after a fact."""

    before: float
    after: float


class Effect(Struct, frozen=True, kw_only=True):
    """What a fact changed when it happened: null, or empty, where it changed nothing.

    `trust` has an entry for each dimension whose evidence it changed, under the policy asked for.
    """

    trust: list[TrustChange]
    forces_net: NetChange | None
    coverage: CoverageChange | None


class EventTold(Struct, frozen=True, kw_only=True, tag_field="kind", tag="event"):
    """One fact. `at` is when it counts from, `summary` tells it in plain words, with people's latest names.

    `side` is the side of whose act it was, null for somebody who takes no part. `learned_later` is true when a fact
    that happened after it had been recorded before it: answers about the time in between were given without it. A fact
    that was voided stays here, with its void in `links`, and has no effect; one that was corrected reads as it holds.
    """

    at: Instant
    summary: str
    side: Side | None
    family: str
    type: str
    event_id: UUID
    stream_version: int
    position: int
    occurred_at: Instant
    recorded_at: Instant
    acting_party: UUID
    learned_later: bool
    links: Links
    effect: Effect


class SilenceTold(Struct, frozen=True, kw_only=True, tag_field="kind", tag="silence"):
    """The other side had been silent for the policy's days. It stands where the silence became one.

    `side` is the side that was silent. `since` is their last fact, or the beginning; `until` their next one, or the end
    of the deal or goal, null while it lasts. `event_id` is that last fact.
    """

    at: Instant
    summary: str
    side: Side
    since: Instant
    until: Instant | None
    event_id: UUID


class OverdueTold(Struct, frozen=True, kw_only=True, tag_field="kind", tag="overdue"):
    """A promise or a milestone became overdue, or the time came to ask about a no again; none of these is a fact.

    `at` is the first instant at which it is late. `side` is whose it is to act, `party_id` who, where that is one
    person. `event_id` is the fact that set the time last.
    """

    at: Instant
    summary: str
    side: Side | None
    what: Literal["commitment", "milestone", "no"]
    subject_id: UUID
    party_id: UUID | None
    dimension: Dimension | None
    event_id: UUID


TimelineEntry = EventTold | SilenceTold | OverdueTold
