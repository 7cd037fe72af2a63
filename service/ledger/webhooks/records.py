"""What a webhook is, and what came of sending to it. Nothing is decided here."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

Kind = Literal["deal", "goal", "workspace"]
State = Literal["active", "paused", "stopped"]
Reason = Literal["gone", "failing", "key-ended", "role-forbids"]
Outcome = Literal["delivered", "refused", "redirected", "timed-out", "unreachable", "address-refused"]
MessageKind = Literal["fact", "reset", "test"]


class Wish(Struct, frozen=True, kw_only=True):
    """What somebody wants to be sent where; None asks for all."""

    name: str
    url: str
    streams: list[str] | None = None
    types: list[str] | None = None
    kinds: list[Kind] | None = None


class Webhook(Struct, frozen=True, kw_only=True):
    """A webhook as it is stored. The secrets are wrapped: nobody reads them here."""

    webhook_id: UUID
    party_id: UUID
    credential_id: UUID
    name: str
    url: str
    streams: list[str] | None
    types: list[str] | None
    kinds: list[Kind] | None
    state: State
    reason: Reason | None
    secret: bytes
    old_secret: bytes | None
    old_secret_until: datetime | None
    position: int
    previous: int | None
    turn: int
    changes: int
    attempts: int
    failing_since: datetime | None
    next_attempt_at: datetime | None
    created_at: datetime


class Sent(Struct, frozen=True):
    """What came of one attempt. `retry_after_s` is what the receiver asked for, if it did."""

    outcome: Outcome
    took_ms: int
    status: int | None = None
    retry_after_s: float | None = None


class Delivery(Struct, frozen=True, kw_only=True):
    """One attempt as it is kept: which fact, never what was in it."""

    delivery_id: UUID
    at: datetime
    message: MessageKind
    position: int | None
    attempt: int
    outcome: Outcome
    status: int | None
    took_ms: int
