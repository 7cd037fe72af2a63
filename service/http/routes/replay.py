"""A stream replayed: each fact that held, the state after it, and the change as a JSON Patch."""

from itertools import islice
from typing import Annotated

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from domain.events import RecordedEvent
from domain.history import effective
from projections.patch import PatchStep
from projections.replay import ReplayStep, replay
from projections.stream_state import StreamState
from service.http.answers import JSON, Answer, encode, not_modified, position_header
from service.http.calls import Call
from service.http.conditions import etag_header, holds_copy
from service.http.documented import IF_NONE_MATCH, read_replies
from service.http.histories import etag_of
from service.http.operations import PAGES, Operation
from service.http.pinned import Pinned, index_after
from service.http.proposals import Kind
from service.http.questions import Cursor, Instant, Position, Times
from service.ledger.histories import History
from service.ledger.wire import event_json

# A step holds a whole state, about ten times as much as a fact.
STEPS_DEFAULT = 50
STEPS_MAX = 200


class ReplayAsked(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which steps of a stream."""

    limit: Annotated[int, Meta(ge=1, le=STEPS_MAX)] = STEPS_DEFAULT
    cursor: Cursor | None = None


class ReplayedStep(Struct):
    """One fact as it holds, when it counts from, the state just after it, and the change that it and the time made.

    `change` is a JSON Patch (RFC 6902) from the state before; the first of a stream changes `null`.
    """

    event: RecordedEvent
    at: Instant
    state: StreamState
    change: list[PatchStep]


class ReplayPage(Struct):
    """Steps in the order in which things happened. All pages of one replay know what the first knew (`known_at`)."""

    steps: list[ReplayedStep]
    next: str | None
    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that replays one stream."""

    async def replay_stream(request: Call) -> Answer:
        asked = request.question(ReplayAsked)
        history = await request.ledger.history(request.identity, request.stream_id(kind))
        return page(request, asked, history)

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/replay",
            id=f"replay_{kind}",
            tag=f"{kind}s",
            summary=f"A {kind} step by step: each fact, the state after it, and the change",
            description="In the order in which things happened, without what was voided; corrected facts read as they "
            "hold. Each state is judged at its fact's moment. Applied in order from `null`, the changes of all pages "
            "make every state, the last of which is the state as of the last fact.",
            question=ReplayAsked,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(ReplayPage, pages=True),
            problems=(*PAGES, "not-found"),
        ).route(replay_stream)
    ]


def page(request: Call, asked: ReplayAsked, history: History) -> Answer:
    """One page of steps."""
    pinned = Pinned(request, history, asked, asked.cursor)
    headers = [etag_header(etag_of(history)), position_header(history.position)]
    if holds_copy(request.scope, etag_of(history)):
        return not_modified(*headers)
    held = effective(history.records, asked.as_of, pinned.known_at)
    start = index_after(held, pinned.after[-1]) if pinned.after else 0
    shown = list(islice(replay(history.stream_id, held, start), asked.limit))
    following = None
    if start + len(shown) < len(held):
        following, link = pinned.following(shown[-1].record.fact.stream_version)
        headers.append(link)
    body = b'{"steps":[%b],"next":%b,"stream_id":"%b","stream_version":%d,"as_of":%b,"known_at":%b}' % (
        b",".join(map(_step_json, shown)),
        encode(following),
        history.stream_id.encode(),
        history.version,
        encode(asked.as_of),
        encode(pinned.known_at),
    )
    return Answer(body, JSON, *headers)


def _step_json(step: ReplayStep) -> bytes:
    return b'{"event":%b,"at":%b,"state":%b,"change":%b}' % (
        event_json(step.record),
        encode(step.at),
        encode(step.state),
        encode(step.change),
    )
