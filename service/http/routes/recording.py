"""Recording: opening a stream, and adding facts to one."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from domain.events import ClientProposal
from domain.stream import initial
from projections.effects import Effects, effects
from projections.view import View
from service.http.answers import JSON, Answer, Header, encode, joined, position_header
from service.http.calls import Call
from service.http.conditions import IF_MATCH_ACCEPTED, demand_no_if_match, demanded_version, etag_header
from service.http.documented import IDEMPOTENCY_KEY, IF_MATCH, RecordedFacts, recording_replies
from service.http.operations import WRITES, Operation
from service.http.proposals import (
    KNOWN_TYPES,
    OPENED_BY,
    OPENINGS,
    FactBatch,
    Kind,
    OpeningBatch,
    appending,
    idempotency_key,
    named,
    new_stream,
    opening,
)
from service.ledger.asking import Appended, Around

REPLAYED: Header = (b"idempotency-replayed", b"true")


class Recording(Struct, frozen=True, forbid_unknown_fields=True):
    """How to record: for real, or only to see what would happen; and whether to tell what it does to the stream."""

    dry_run: bool = False
    effects: Annotated[
        bool, Meta(description="Tell what the facts change: trust, forces, coverage and signals, at this moment")
    ] = False


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The calls that record on streams of one kind."""
    collection = f"/v1/{kind}s"
    decode_opening = opening(kind)

    async def open_stream(request: Call) -> Answer:
        demand_no_if_match(request.scope)
        asked = request.question(Recording)
        sent = await request.sent(decode_opening, KNOWN_TYPES)
        proposed = named(sent.facts, idempotency_key(request.scope), request.identity)
        stream = new_stream(sent.stream_id, proposed.facts[0])
        appended = await request.ledger.append(
            request.identity,
            f"{kind}/{stream}",
            proposed.facts,
            opens=True,
            whole=proposed.whole,
            dry_run=asked.dry_run,
            around=asked.effects,
        )
        location = (b"location", f"{collection}/{stream}".encode())
        return recorded(appended, asked, request.now, location)

    async def add_facts(request: Call) -> Answer:
        asked = request.question(Recording)
        stream_id = request.stream_id(kind)
        facts = await request.sent(appending, KNOWN_TYPES)
        proposed = named(facts, idempotency_key(request.scope), request.identity)
        appended = await request.ledger.append(
            request.identity,
            stream_id,
            proposed.facts,
            opens=False,
            whole=proposed.whole,
            if_match=demanded_version(request.scope),
            dry_run=asked.dry_run,
            around=asked.effects,
        )
        return recorded(appended, asked, request.now)

    return [
        Operation(
            method="POST",
            path=collection,
            id=f"open_{kind}",
            tag=f"{kind}s",
            summary=f"Open a {kind} with its first fact, or with several",
            description=f"The first fact is `{OPENED_BY[kind]}`. Sent again with the same event id (or "
            "Idempotency-Key), the call gives the first answer again, also when the service made the stream's id.",
            permission="open",
            question=Recording,
            bodies=(OPENINGS[kind], OpeningBatch),
            headers=(IDEMPOTENCY_KEY,),
            replies=recording_replies(RecordedFacts, opens=True),
            problems=WRITES,
            refusals=True,
        ).route(open_stream),
        Operation(
            method="POST",
            path=collection + "/{stream_id:str}/events",
            id=f"record_{kind}_facts",
            tag=f"{kind}s",
            summary=f"Record one fact on a {kind}, or up to 100 that hold together",
            description="All of them are recorded, or none. Facts that were recorded before (same event id, same "
            f"content) are answered as they are. If-Match takes {IF_MATCH_ACCEPTED}; when the stream has moved on, the "
            "answer holds the events that were missed.",
            permission="record",
            question=Recording,
            bodies=(ClientProposal, FactBatch),
            headers=(IF_MATCH, IDEMPOTENCY_KEY),
            replies=recording_replies(RecordedFacts, opens=False),
            problems=(*WRITES, "not-found", "version-mismatch"),
            refusals=True,
        ).route(add_facts),
    ]


def recorded(appended: Appended, asked: Recording, now: Callable[[], datetime], *headers: Header) -> Answer:
    """What was recorded, or what would be: 201, and 200 when nothing new was."""
    body = b'{"events":%b,"stream_version":%d,"position":%d%b}' % (
        joined(appended.events),
        appended.stream_version,
        appended.position,
        b"" if appended.around is None else b',"effects":' + encode(_effects(appended, appended.around, now())),
    )
    if asked.dry_run:
        return Answer(body, JSON, position_header(appended.position))
    told = (JSON, etag_header(b'"%d"' % appended.stream_version), position_header(appended.position), *headers)
    if appended.replayed:
        return Answer(body, *told, REPLAYED)
    return Answer(body, *told, code=201)


def _effects(appended: Appended, around: Around, now: datetime) -> Effects:
    """What the facts change at the moment, or at the last happening when that is later."""
    nothing = initial(appended.events[0].fact.stream_id)
    before, after = around.before or nothing, around.after or nothing
    at = now if after.last_at is None else max(now, after.last_at)
    return effects(View(before, at), View(after, at), [record.fact.event_id for record in appended.events])
