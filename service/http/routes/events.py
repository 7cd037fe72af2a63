"""The facts of one stream as they were recorded: in pages by version, and one by one."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Literal

from litestar.handlers import HTTPRouteHandler

from domain.events import CATALOGUE
from domain.facts import Recorded
from service.http.answers import JSON, Answer, encode, joined, not_modified, position_header
from service.http.calls import Call
from service.http.conditions import etag_header, holds_copy
from service.http.cursors import binding, cursor, link_next, next_page, place_of
from service.http.documented import IF_NONE_MATCH, EventsPage, OneEvent, read_replies
from service.http.histories import etag_of, index_of_version, recorded_by, told_known_at
from service.http.operations import PAGES, READS, Operation
from service.http.problems import not_found
from service.http.proposals import FAMILIES, Kind
from service.http.questions import PAGE_DEFAULT, Cursor, Limit, Times
from service.ledger.histories import History

if TYPE_CHECKING:
    Family = str
    TypeName = str
else:
    Family = Literal[FAMILIES]
    TypeName = Literal[tuple(CATALOGUE)]


class EventsAsked(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which facts of a stream, in which direction."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None
    direction: Literal["forward", "backward"] = "forward"
    family: Family | None = None
    type: TypeName | None = None


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The calls that read the facts of streams of one kind."""
    collection = f"/v1/{kind}s"

    async def list_events(request: Call) -> Answer:
        asked = request.question(EventsAsked)
        history = await request.ledger.history(request.identity, request.stream_id(kind))
        return page(request, asked, history)

    async def read_event(request: Call) -> Answer:
        asked = request.question(Times)
        history = await request.ledger.history(request.identity, request.stream_id(kind))
        return one(request, asked, history)

    return [
        Operation(
            method="GET",
            path=collection + "/{stream_id:str}/events",
            id=f"list_{kind}_events",
            tag=f"{kind}s",
            summary=f"The facts of a {kind} as recorded, by version",
            description="Also those that were voided since, and what voided them. Facts that the caller may not see "
            "leave gaps in the versions. A page holds at most `limit` facts; `next` leads to the following ones.",
            question=EventsAsked,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(EventsPage, pages=True),
            problems=(*PAGES, "not-found"),
        ).route(list_events),
        Operation(
            method="GET",
            path=collection + "/{stream_id:str}/events/{event_id:str}",
            id=f"read_{kind}_event",
            tag=f"{kind}s",
            summary=f"One fact of a {kind}",
            question=Times,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(OneEvent),
            problems=(*READS, "not-found"),
        ).route(read_event),
    ]


def page(request: Call, asked: EventsAsked, history: History) -> Answer:
    """One page of a history, with the way to the next when there is more."""
    bound_to = binding(
        history.stream_id,
        *request.asker,
        [asked.as_of, asked.known_at, asked.direction, asked.family, asked.type],
    )
    after = None if asked.cursor is None else place_of(asked.cursor, bound_to, int)
    etag = etag_of(history)
    if holds_copy(request.scope, etag):
        return not_modified(etag_header(etag), position_header(history.position))
    found = list(islice(_selected(history, asked, after), asked.limit + 1))
    shown = found[: asked.limit]
    headers = [JSON, etag_header(etag), position_header(history.position)]
    following = None
    if len(found) > asked.limit:
        following = next_page(request.scope, cursor(bound_to, shown[-1].fact.stream_version))
        headers.append(link_next(following))
    body = b'{"events":%b,"next":%b,"stream_id":"%b","stream_version":%d,"as_of":%b,"known_at":%b}' % (
        joined(shown),
        encode(following),
        history.stream_id.encode(),
        history.version,
        encode(asked.as_of),
        encode(told_known_at(history, asked)),
    )
    return Answer(body, *headers)


def _selected(history: History, asked: EventsAsked, after: int | None) -> Iterator[Recorded]:
    """The facts asked for, from the cursor's place on."""
    records = recorded_by(history, asked)
    if asked.direction == "forward":
        start = 0 if after is None else index_of_version(records, after)
        ordered: Iterator[Recorded] = islice(records, start, None)
    else:
        end = len(records) if after is None else index_of_version(records, after - 1)
        ordered = (records[index] for index in range(end - 1, -1, -1))
    return (
        record
        for record in ordered
        if (asked.type is None or record.fact.type == asked.type)
        and (asked.family is None or CATALOGUE[record.fact.type].family == asked.family)
    )


def one(request: Call, asked: Times, history: History) -> Answer:
    """The event that the path names, or 404."""
    event_id = request.id("event_id")
    found = next((record for record in recorded_by(history, asked) if record.fact.event_id == event_id), None)
    if found is None:
        raise not_found()
    etag = etag_of(history)
    if holds_copy(request.scope, etag):
        return not_modified(etag_header(etag), position_header(history.position))
    body = b'{"event":%b,"stream_version":%d,"as_of":%b,"known_at":%b}' % (
        joined([found])[1:-1],
        history.version,
        encode(asked.as_of),
        encode(told_known_at(history, asked)),
    )
    return Answer(body, JSON, etag_header(etag), position_header(history.position))
