"""Following the log: pages of the workspace's facts, waiting for more, streams of them, and tickets for browsers."""

import asyncio
from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct, field

from domain.events import CATALOGUE
from domain.facts import stream_uuid
from service.http.answers import JSON, Answer, Header, as_json, position_header
from service.http.bodies import header_values
from service.http.calls import Call
from service.http.cloud_events import BATCH, batch
from service.http.cursors import link_next
from service.http.documented import LINK, POSITION, CloudEvent, FeedPage, TicketIssued
from service.http.event_stream import EventStream, departed
from service.http.negotiation import chosen
from service.http.operations import KEYED, READS, Operation, Reply, Told
from service.http.problems import Problem
from service.http.questions import PAGE_DEFAULT, POSITION_MAX, Limit, Nothing, Position, refuse_parameter
from service.ledger.feed.entries import Seen, Wanted, reset_json
from service.ledger.tickets import SERVES

JSON_FORM, STREAM_FORM = "application/json", "text/event-stream"
FORMS = (JSON_FORM, STREAM_FORM, BATCH)
# Proxies and clients commonly give up on an answer after a minute or half of one.
WAIT_S_MAX = 30
# Longer lists are another question: everything, filtered by who asks.
NAMES_MAX = 50
STREAM_NAME = "(?:deal|goal|workspace)/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TYPE_NAME = "[a-z_]+[.][a-z_]+"

Streams = Annotated[
    str,
    Meta(
        pattern=f"^{STREAM_NAME}(?:,{STREAM_NAME}){{0,{NAMES_MAX - 1}}}$",
        max_length=NAMES_MAX * 47,
        description="Only these streams: their ids, such as `deal/0193a000-…`, separated by commas",
    ),
]
Types = Annotated[
    str,
    Meta(
        pattern=f"^{TYPE_NAME}(?:,{TYPE_NAME}){{0,{NAMES_MAX - 1}}}$",
        max_length=NAMES_MAX * 64,
        description="Only facts of these types, separated by commas; resets of streams come nevertheless",
    ),
]
From = Annotated[Position, Meta(description="The first position to look at; absent: the start of the log")]
Wait = Annotated[
    int, Meta(ge=0, le=WAIT_S_MAX, description="Seconds to wait when there is nothing yet; of pages, not of streams")
]
TicketShown = Annotated[str, Meta(max_length=256, description="Instead of a key, for a stream: from POST /v1/tickets")]

LAST_EVENT_ID = Told(
    "Last-Event-ID",
    "What a stream is continued after, in place of `from`: the id of the last event received",
    {"type": "string", "pattern": "^[0-9]{1,15}$"},
)
NEXT: Told = Told(LINK.name, 'Where to go on: `<…>; rel="next"`; always there')


class FeedAsked(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """From where, and what of it."""

    start: From = field(default=0, name="from")
    limit: Limit = PAGE_DEFAULT
    wait: Wait = 0
    streams: Streams | None = None
    types: Types | None = None
    ticket: TicketShown | None = None


async def feed(request: Call) -> Answer | EventStream:
    """Answer `GET /v1/events` in the form that is asked for."""
    asked = request.question(FeedAsked)
    wanted = _wanted(asked)
    start = _start(request, asked)
    form = chosen(request.scope, FORMS)
    if form == STREAM_FORM:
        ledger = request.ledger
        follower = await ledger.follow(request.identity, request.again, wanted, start, request.held)
        return EventStream(ledger.followers, follower)
    items, following, position = await _page(request, asked, wanted, start)
    headers = [position_header(position), link_next(_next(request, following))]
    if form == BATCH:
        kind: Header = (b"content-type", BATCH.encode())
        return Answer(batch(items, request.identity.workspace_id), kind, *headers)
    body = b'{"events":[%b],"resets":[%b],"next":%d,"has_more":%b}' % (
        b",".join(item.entry.body for item in items if item.event),
        b",".join(reset_json(item) for item in items if item.reset),
        following,
        b"true" if following < position else b"false",
    )
    return Answer(body, JSON, *headers)


def _wanted(asked: FeedAsked) -> Wanted:
    streams = None if asked.streams is None else frozenset(map(stream_uuid, asked.streams.split(",")))
    types = None if asked.types is None else frozenset(asked.types.split(","))
    for name in types or ():
        if name not in CATALOGUE:
            raise refuse_parameter("types", f"`{name}` is no type of fact.", "types listed by GET /v1/catalogue")
    return Wanted(streams, types)


def _start(request: Call, asked: FeedAsked) -> int:
    lines = header_values(request.scope, b"last-event-id")
    if not lines or lines == (b"",):
        return asked.start
    if len(lines) > 1 or not lines[0].isdigit() or int(lines[0][:17]) >= POSITION_MAX:
        raise Problem(
            "header-malformed", "Last-Event-ID is no position.", header="Last-Event-ID", accepted="an id of the feed"
        )
    return int(lines[0]) + 1


async def _page(request: Call, asked: FeedAsked, wanted: Wanted, start: int) -> tuple[list[Seen], int, int]:
    """A page; with `wait`, the first that is not empty, or the empty one when the time is over."""
    ledger = request.ledger
    items, following, position = await ledger.feed(request.identity, wanted, start, asked.limit)
    if items or not asked.wait or following < position:
        return items, following, position
    loop = asyncio.get_running_loop()
    until = loop.time() + asked.wait
    follower = await ledger.follow(request.identity, request.again, wanted, following)
    departure = asyncio.create_task(departed(request.receive, follower))
    try:
        while not (items or follower.over or loop.time() >= until):
            items = list((await follower.next()).items)
            if not items:
                await follower.news(max(0.0, until - loop.time()))
    finally:
        ledger.followers.close(follower)
        departure.cancel()
        await asyncio.wait([departure])
    following, position = follower.position, max(position, follower.position)
    if len(items) > asked.limit:
        items, following = items[: asked.limit], items[asked.limit].entry.position
    return items, following, position


def _next(request: Call, following: int) -> str:
    """The same question from there on."""
    scope = request.scope
    kept = [pair for pair in scope["query_string"].split(b"&") if pair and not pair.startswith((b"from=", b"ticket="))]
    query = b"&".join([*kept, b"from=%d" % following])
    return f"{scope['raw_path'].decode('latin-1')}?{query.decode('latin-1')}"


async def issue_ticket(request: Call) -> Answer:
    """Answer `POST /v1/tickets`."""
    request.question(Nothing)
    ticket, use_by = await request.ledger.tickets.issue(request.identity)
    serves_s = int(SERVES.total_seconds())
    return as_json(TicketIssued(ticket=ticket, use_by=use_by, serves_s=serves_s), code=201)


ROUTES: list[HTTPRouteHandler] = [
    Operation(
        method="GET",
        path="/v1/events",
        id="feed",
        tag="feed",
        summary="The workspace's facts that the caller may see, by position, as they are recorded",
        description="A page goes on at `next`, also when the caller saw nothing of what was looked at. `resets` name "
        "streams of which the caller sees another part since that position: what is known of such a stream is dropped "
        "and read anew. As `text/event-stream` the facts come as they are recorded: the id is the position, the event "
        "`reset` is a reset, and `position` tells from time to time how far was looked.",
        question=FeedAsked,
        headers=(LAST_EVENT_ID,),
        tickets=True,
        replies=(
            Reply(200, "The facts", FeedPage, headers=(POSITION, NEXT)),
            Reply(200, "The facts", None, STREAM_FORM),
            Reply(200, "The facts", list[CloudEvent], BATCH),
        ),
        problems=(*READS, "position-ahead", "too-many-followers"),
    ).route(feed),
    Operation(
        method="POST",
        path="/v1/tickets",
        id="issue_ticket",
        tag="feed",
        summary="A ticket to follow with, for browsers, whose EventSource sends no header",
        description="Use it as `?ticket=` of GET /v1/events within a minute. It then serves one connection at a time, "
        "the newest, for twelve hours, and never longer than the key it was made with.",
        replies=(Reply(201, "The ticket, shown once", TicketIssued),),
        problems=(*KEYED, "too-many-tickets"),
    ).route(issue_ticket),
]
