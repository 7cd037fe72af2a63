"""What is pushed, and the ways in which it ends. Shapes only; nothing is decided here."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from domain.facts import Proposal

Reason = Literal["gap", "behind", "reference", "clock", "busy", "overload", "fault"]
"""Why something cannot be decided yet: see `Deferred`."""


class Problem(Struct, frozen=True):
    """Why something is refused: the name of a problem page, this case in a sentence, and members that help to act."""

    slug: str
    detail: str
    members: Mapping[str, Any]


class Item(Struct, frozen=True):
    """One proposal of a device. Without `proposal` it is not one, and `fault` says why.

    `opens` says that it begins its stream. `digest` tells contents apart, under one event id. `after` is the sequence
    of something earlier on the stream that still waits, and is not in the push. `sent` is the item as JSON.
    """

    device_sequence: int
    event_id: UUID
    stream_id: str
    digest: bytes
    opens: bool = False
    after: int | None = None
    proposal: Proposal | None = None
    fault: Problem | None = None
    sent: bytes = b""


class Skipped(Struct, frozen=True):
    """A place in the sequence of a device whose proposal it has lost."""

    device_sequence: int


class Settled(Struct, frozen=True):
    """It is in the log: new with this push (`accepted`), or from before (`duplicate`). A closed gap has no place."""

    status: Literal["accepted", "duplicate"]
    position: int | None = None
    stream_version: int | None = None


class Refused(Struct, frozen=True):
    """It contradicts what is recorded, for good: it is answered so whenever it comes again."""

    problem: Problem
    refused_at: datetime


class Deferred(Struct, frozen=True):
    """It is not decided, and may be sent again as it is.

    `gap`: `expected` is the sequence that should have come. `behind`: the proposal of the sequence `after`, on the same
    stream, is deferred, and this one may depend on it. `reference`: `missing` is not there for the caller yet.
    `clock`: it would happen in the future. `busy`: another push of the device is under way. `overload`: the service has
    no time for it now. `fault`: the stream cannot be read or written; its operator must look.
    """

    reason: Reason
    expected: int | None = None
    after: int | None = None
    missing: str | None = None
    retry_after_s: int | None = None


Verdict = Settled | Refused | Deferred


class Pushed(Struct, frozen=True):
    """The verdicts of a push, in the order of its items, and the sequence that is expected next."""

    epoch: int
    expected: int
    verdicts: list[Verdict]
