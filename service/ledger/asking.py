"""What is asked of the writer, and what it decides: pure shapes between the queue and the append."""

import asyncio
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from domain.facts import Caller, Fact, Proposal, Recorded
from domain.stream import Stream
from service.ledger.canonical import digest

EraseScope = Literal["event", "party", "stream"]

_proposal_bytes = msgspec.json.Encoder(order="sorted").encode


class Ask(Struct, frozen=True):
    """Facts that one caller proposes for one stream: all of them or none.

    `event_ids` are settled when the ask is made, so that deciding twice gives the same facts.
    """

    caller: Caller
    stream_id: str
    stream: UUID
    proposals: tuple[Proposal, ...]
    event_ids: tuple[UUID, ...]
    digests: tuple[bytes, ...]
    opens: bool
    if_match: int | None
    answer: "asyncio.Future[Appended]"


class Around(Struct, frozen=True):
    """What the caller sees of the stream just before the first of some facts was recorded and just after the last was;
    or would see, as folds of what holds. None: nothing."""

    before: Stream | None
    after: Stream | None


class Appended(Struct, frozen=True):
    """The facts of an ask as they are recorded, in the order of the proposals.

    `replayed` is true when every one of them had been recorded before; `position` is the log's size just after the last
    of them, the same whenever it is asked again. `around` is given when it was asked for.
    """

    events: Sequence[Recorded]
    replayed: bool
    stream_version: int
    position: int
    around: Around | None = None


class Staged(Struct, frozen=True, gc=False):
    """A fact that was admitted and waits for the append."""

    fact: Fact
    proposal_digest: bytes


class Decided(Struct, frozen=True):
    """An ask that is granted: its answer is read from the stream once `staged` is recorded."""

    ask: Ask
    staged: tuple[Staged, ...]


def proposal_digest(proposal: Proposal) -> bytes:
    """SHA-256 of what was sent, in sorted form without defaults and without the id: equal content has equal digests.

    Which device it came from, as its how manieth, is no part of it: a device that was set up anew counts anew.
    """
    if not (proposal.event_id is None and proposal.device_id is None and proposal.device_sequence is None):
        proposal = msgspec.structs.replace(proposal, event_id=None, device_id=None, device_sequence=None)
    return digest(_proposal_bytes(proposal))


def bound_digests(digests: tuple[bytes, ...], event_ids: tuple[UUID, ...], index: int) -> tuple[bytes, ...]:
    """The digests of facts that are sent together, with the one at `index` bound to which the others are.

    To their ids and not to what they say, for which their own digests stand: when content is erased its digest goes,
    and none may be left that guesses at it could be tried on.
    """
    bound = digest(b"".join((digests[index], *(event_id.bytes for event_id in event_ids))))
    return (*digests[:index], bound, *digests[index + 1 :])
