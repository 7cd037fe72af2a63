"""How trust moved on one deal or goal: every instant at which evidence did something, or the same as a picture."""

from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct, structs

from projections.trust.changes import POINTS_MAX, SPACED_MAX, SpacedTrust, TrustPoint, trust_history
from projections.view import View
from service.http.answers import JSON, Answer, encode, position_header
from service.http.asked_views import holds, seen, unchanged
from service.http.calls import Call
from service.http.conditions import etag_header
from service.http.documented import IF_NONE_MATCH, POSITION, read_replies
from service.http.histories import etag_of
from service.http.operations import PAGES, Operation, Reply
from service.http.pictured import DRAWN, SVG, picture_answer, wants_picture
from service.http.pinned import Pinned, not_continued
from service.http.proposals import Kind
from service.http.questions import Cursor, Instant, Position, Under
from service.ledger.histories import History
from service.pictures.trust import COLUMNS, trust_picture


class TrustHistoryAsked(Under, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which points, and how many evenly spaced instants beside them."""

    limit: Annotated[int, Meta(ge=1, le=POINTS_MAX)] = 100
    cursor: Cursor | None = None
    spaced: Annotated[
        int,
        Meta(ge=0, le=SPACED_MAX, description="Evenly spaced instants from the first fact until then"),
    ] = 0


class TrustHistoryPage(Struct):
    """Points in the order in which they happened, of `points_total`. All pages know what the first one knew."""

    points: list[TrustPoint]
    points_total: int
    spaced: list[SpacedTrust]
    next: str | None
    policy: str
    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The calls about one stream."""

    async def read_trust_history(request: Call) -> Answer:
        return await _page(request, kind, request.question(TrustHistoryAsked))

    async def draw_trust_history(request: Call) -> Answer:
        asked = request.question(Under)
        history, view = await seen(request, kind, asked, asked.policy)
        return _drawn(history, view)

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/trust/history",
            id=f"{kind}_trust_history",
            tag=f"{kind}s",
            summary="How trust moved: score and uncertainty before and after everything that changed them",
            description="Between two points of a dimension evidence only fades.",
            question=TrustHistoryAsked,
            headers=(IF_NONE_MATCH,),
            replies=(*read_replies(TrustHistoryPage, pages=True), DRAWN),
            problems=(*PAGES, "not-found"),
        ).route(read_trust_history),
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/trust/history.svg",
            id=f"{kind}_trust_history_picture",
            tag=f"{kind}s",
            summary="As a picture: how trust moved in each dimension, with its interval now",
            question=Under,
            replies=(Reply(200, "The picture", None, SVG, headers=(POSITION,)),),
            problems=(*PAGES, "not-found"),
        ).route(draw_trust_history),
    ]


async def _page(request: Call, kind: Kind, asked: TrustHistoryAsked) -> Answer:
    history, view = await seen(request, kind, asked, asked.policy)
    if wants_picture(request.scope):
        return _drawn(history, view)
    pinned = Pinned(request, history, asked, asked.cursor, asked.policy, asked.spaced)
    if asked.cursor is not None:
        history, view = await seen(request, kind, structs.replace(asked, known_at=pinned.known_at), asked.policy)
    if holds(request, history, pure=asked.as_of is not None):
        return unchanged(history)
    if len(pinned.after) > 1:
        raise not_continued()
    skip = pinned.after[0] if pinned.after else 0
    found = trust_history(view, skip=skip, limit=asked.limit, spaced=asked.spaced)
    headers = [etag_header(etag_of(history)), position_header(history.position)]
    following = None
    if skip + len(found.points) < found.points_total:
        following, link = pinned.following(skip + len(found.points))
        headers.append(link)
    page = TrustHistoryPage(
        points=found.points,
        points_total=found.points_total,
        spaced=found.spaced,
        next=following,
        policy=found.policy,
        stream_id=history.stream_id,
        stream_version=history.version,
        as_of=asked.as_of,
        known_at=pinned.known_at,
    )
    return Answer(encode(page), JSON, *headers)


def _drawn(history: History, view: View) -> Answer:
    return picture_answer(trust_picture(view, trust_history(view, limit=POINTS_MAX, spaced=COLUMNS)), history)
