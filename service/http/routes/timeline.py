"""A deal or goal as a story: pages of sentences in the order in which things happened, in either direction."""

from typing import TYPE_CHECKING, Literal

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct, structs

from domain.fields import Dimension, Side
from domain.history import known
from projections.timeline import Timeline
from projections.timeline.entries import TimelineEntry
from projections.timeline.header import TimelineHeader, header
from service.http.answers import JSON, Answer, encode, position_header
from service.http.asked_views import holds, seen, unchanged
from service.http.calls import Call
from service.http.conditions import etag_header
from service.http.documented import IF_NONE_MATCH, read_replies
from service.http.histories import etag_of
from service.http.operations import PAGES, Operation
from service.http.pinned import Pinned, not_continued
from service.http.proposals import FAMILIES, Kind
from service.http.questions import PAGE_DEFAULT, Cursor, Instant, Limit, Position, Under

if TYPE_CHECKING:
    Family = str
else:
    Family = Literal[FAMILIES]


class TimelineAsked(Under, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which entries of a timeline, in which direction."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None
    direction: Literal["forward", "backward"] = "forward"
    family: Family | None = None
    side: Side | None = None
    dimension: Dimension | None = None


class TimelinePage(Struct):
    """Entries of one stream. All pages of one question know what the first one knew (`known_at`).

    `header` is about the stream as a whole, whatever the page shows. `changes_at` is when time alone adds the next
    entry, null when it never will.
    """

    entries: list[TimelineEntry]
    next: str | None
    header: TimelineHeader
    changes_at: Instant | None
    policy: str
    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that tells the story of one stream."""

    async def read_timeline(request: Call) -> Answer:
        return await page(request, kind, request.question(TimelineAsked))

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


async def page(request: Call, kind: Kind, asked: TimelineAsked) -> Answer:
    """One page of a timeline."""
    history, view = await seen(request, kind, asked, asked.policy)
    filters = (asked.direction, asked.family, asked.side, asked.dimension, asked.policy)
    pinned = Pinned(request, history, asked, asked.cursor, *filters)
    if asked.cursor is not None:
        then = structs.replace(asked, known_at=pinned.known_at)
        history, view = await seen(request, kind, then, asked.policy)
    if holds(request, history, pure=asked.as_of is not None):
        return unchanged(history)
    if len(pinned.after) not in (0, 4):
        raise not_continued()
    timeline = Timeline(view, known(history.records, pinned.known_at), asked.as_of)
    after = tuple(pinned.after) or None
    found = timeline.entries(
        asked.limit + 1,
        after=after,  # type: ignore[arg-type]  # four parts, or none
        backward=asked.direction == "backward",
        family=asked.family,
        side=asked.side,
        dimension=asked.dimension,
    )
    headers = [JSON, etag_header(etag_of(history)), position_header(history.position)]
    following = None
    if len(found) > asked.limit:
        following, link = pinned.following(*found[asked.limit - 1][0])
        headers.append(link)
    answer = TimelinePage(
        entries=[entry for _, entry in found[: asked.limit]],
        next=following,
        header=header(view),
        changes_at=timeline.changes_at,
        policy=view.policy.key,
        stream_id=history.stream_id,
        stream_version=history.version,
        as_of=asked.as_of,
        known_at=pinned.known_at,
    )
    return Answer(encode(answer), *headers)
