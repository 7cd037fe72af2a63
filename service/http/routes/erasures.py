"""Erasing content for good: a fact's, a party's or a stream's. Owners alone; what is destroyed comes from no backup."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from domain.fields import Text
from service.http.answers import Answer, Header, as_json, position_header
from service.http.calls import Call
from service.http.operations import WRITES, Operation, Reply, Told
from service.http.questions import Position
from service.ledger.asking import EraseScope
from service.ledger.erasing.asked import FACTS_NAMED_MAX, Lost, Wanted

REPLAYED: Header = (b"idempotency-replayed", b"true")
STREAM_NAME = "^(deal|goal)/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"

Count = Annotated[int, Meta(ge=0)]


class EventErasure(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="event", tag_field="scope"):
    """The words of one fact, with those of its corrections and of the notes on it."""

    target_event_id: UUID
    reason: Annotated[Text, Meta(description="Recorded for good and seen by whoever saw the fact: name nobody")]
    event_id: UUID | None = None


class PartyErasure(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="party", tag_field="scope"):
    """Every word about a party, on all streams of the workspace, and its name on its keys."""

    party_id: UUID
    reason: Annotated[Text, Meta(description="Recorded for good and seen by whoever sees the streams: name nobody")]
    event_id: UUID | None = None


class StreamErasure(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="stream", tag_field="scope"):
    """All content of a deal or a goal. Nothing can be added to it afterwards."""

    stream_id: Annotated[
        str,
        Meta(pattern=STREAM_NAME, examples=["deal/0193a000-0000-7000-8000-00000000d0a1"]),
    ]
    reason: Annotated[Text, Meta(description="Recorded for good and seen by whoever sees the stream: name nobody")]
    event_id: UUID | None = None


ErasureAsked = EventErasure | PartyErasure | StreamErasure


class Erasing(Struct, frozen=True, forbid_unknown_fields=True):
    """For real, or only to see what would go."""

    dry_run: bool = False


class ErasureDone(Struct, frozen=True, tag="erased", tag_field="outcome"):
    """An erasure: `facts` lost content, on `streams`. `event_id` is the fact that records it, at `position`."""

    event_id: UUID
    scope: EraseScope
    target_id: UUID
    facts: Count
    streams: Count
    position: Position


class ErasurePlanned(Struct, frozen=True, tag="planned", tag_field="outcome"):
    """What would go. Streams that the owner may not know of are in the counts alone: `hidden` of the `facts`."""

    scope: EraseScope
    facts: Count
    hidden: Count
    streams: list[Lost]
    event_ids: Annotated[
        list[UUID],
        Meta(description=f"The facts of one stream or about one fact, up to {FACTS_NAMED_MAX}; none for a party"),
    ]


decode = msgspec.json.Decoder(ErasureAsked).decode


async def erase(request: Call) -> Answer:
    """Answer `POST /v1/erasures`."""
    asked = request.question(Erasing)
    wanted = _wanted(await request.sent(decode))
    if asked.dry_run:
        plan = await request.ledger.erasable(request.identity, wanted)
        return as_json(ErasurePlanned(wanted.scope, plan.facts, plan.hidden, plan.streams, plan.event_ids))
    done = await request.ledger.erase(request.identity, wanted)
    answer = ErasureDone(done.event_id, done.scope, done.target_id, done.facts, done.streams, done.position)
    told: list[Any] = [position_header(done.position + 1)]
    if done.replayed:
        return as_json(answer, *told, REPLAYED)
    return as_json(answer, *told, code=201)


def _wanted(sent: ErasureAsked) -> Wanted:
    match sent:
        case EventErasure():
            return Wanted(scope="event", target_id=sent.target_event_id, reason=sent.reason, event_id=sent.event_id)
        case PartyErasure():
            return Wanted(scope="party", target_id=sent.party_id, reason=sent.reason, event_id=sent.event_id)
        case StreamErasure():
            kind, _, stream = sent.stream_id.partition("/")
            return Wanted(scope="stream", target_id=UUID(stream), reason=sent.reason, event_id=sent.event_id, kind=kind)


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="POST",
        path="/v1/erasures",
        id="erase",
        tag="members",
        summary="Destroy the words of a fact, all words about a party, or all content of a stream, for good",
        description="Facts stay where they are, with who recorded them and when, and so do all proofs; words read "
        "`[erased]`, and no state and no score changes when words alone go. Recorded on every stream that loses "
        "content. Asked again, it is answered with what was done. docs/erasing.md says what goes and what stays.",
        permission="erase",
        question=Erasing,
        bodies=(EventErasure, PartyErasure, StreamErasure),
        replies=(
            Reply(201, "What was erased", ErasureDone, headers=(Told("Throughline-Position", "Where to follow from"),)),
            Reply(
                200,
                "What was erased before; with `dry_run`, what would be",
                ErasureDone | ErasurePlanned,
                headers=(Told("Idempotency-Replayed", "`true` when it had been done before"),),
            ),
        ),
        problems=(*WRITES, "not-found", "nothing-to-erase"),
    ).route(erase),
]
