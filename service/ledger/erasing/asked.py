"""What may be asked to be erased, what would go, and what went. Shapes only; nothing is destroyed here."""

from uuid import UUID

from msgspec import Struct

from service.ledger.asking import EraseScope

# Facts that the answer to a dry run names one by one; the counts tell of all.
FACTS_NAMED_MAX = 1_000


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be erased: a fact (by event id), a party's words, or a stream (by its UUID); and why."""

    scope: EraseScope
    target_id: UUID
    reason: str
    event_id: UUID | None = None
    kind: str | None = None  # of the stream; None takes any


class Lost(Struct, frozen=True):
    """What one stream loses: the number of facts whose content goes."""

    stream_id: str
    facts: int


class Planned(Struct, frozen=True):
    """What would go. `hidden` counts facts on streams that the asker may not know of; they are not named."""

    streams: list[Lost]
    facts: int
    hidden: int
    event_ids: list[UUID]


class Erased(Struct, frozen=True):
    """An erasure that was done: `replayed` when it had been before this was asked."""

    event_id: UUID
    scope: EraseScope
    target_id: UUID
    facts: int
    streams: int
    position: int
    replayed: bool
