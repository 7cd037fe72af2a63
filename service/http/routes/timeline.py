"""A deal or goal as a story: pages of sentences in the order in which things happened, in either direction."""

from litestar.handlers import HTTPRouteHandler
from msgspec import structs

from service.http.answers import JSON, Answer, encode, position_header
from service.http.asked_views import holds, seen, unchanged
from service.http.calls import Call
from service.http.conditions import etag_header
from service.http.documented import IF_NONE_MATCH, read_replies
from service.http.histories import etag_of
from service.http.operations import PAGES, Operation
from service.http.proposals import Kind
from service.http.timelines import TimelineAsked, TimelinePage, page, pinned


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that tells the story of one stream."""

    async def read_timeline(request: Call) -> Answer:
        asked = request.question(TimelineAsked)
        history, view = await seen(request, kind, asked, asked.policy)
        place = pinned(request, history, asked)
        if asked.cursor is not None:
            then = structs.replace(asked, known_at=place.known_at)
            history, view = await seen(request, kind, then, asked.policy)
        if holds(request, history, pure=asked.as_of is not None):
            return unchanged(history)
        told, links = page(history, view, asked, place)
        headers = [JSON, etag_header(etag_of(history)), position_header(history.position), *links]
        return Answer(encode(told), *headers)

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/timeline",
            id=f"{kind}_timeline",
            tag=f"{kind}s",
            summary=f"A {kind} as a story: what happened, in plain words, and what it changed",
            description="Facts in the order in which they happened, voided ones too, with moments that are no facts: "
            "silence of the side that decides, and what became overdue. Times are those at which things count from. "
            "Without `as_of` the answer depends on the moment too, up to `changes_at`: no 304.",
            question=TimelineAsked,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(TimelinePage, pages=True),
            problems=(*PAGES, "not-found"),
        ).route(read_timeline)
    ]
