"""The state of one deal or goal."""

from datetime import datetime

from litestar.handlers import HTTPRouteHandler

from domain.stream import Stream
from projections.stream_state import stream_state
from service.http.answers import JSON, Answer, encode, not_modified, position_header
from service.http.calls import Call
from service.http.conditions import etag_header, holds_copy
from service.http.documented import IF_NONE_MATCH, StateAnswer, read_replies
from service.http.histories import etag_of, told_known_at
from service.http.operations import READS, Operation
from service.http.problems import not_found
from service.http.proposals import Kind
from service.http.questions import Times
from service.ledger.histories import History


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that reads the state of one stream."""

    async def read_stream(request: Call) -> Answer:
        asked = request.question(Times)
        stream_id = f"{kind}/{request.id('stream_id')}"
        history = await request.ledger.history(request.identity, stream_id, asked.as_of, asked.known_at)
        return state(request, asked, history)

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}",
            id=f"read_{kind}",
            tag=f"{kind}s",
            summary=f"The state of a {kind}, from what the caller may see",
            description="404 also when nothing of it had happened by `as_of`, or was known at `known_at`. The ETag is "
            "what If-Match takes. Without `as_of` the answer depends on the moment too, up to `changes_at`: no 304.",
            question=Times,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(StateAnswer),
            problems=(*READS, "not-found"),
        ).route(read_stream)
    ]


def moment(asked: Times, stream: Stream, now: datetime) -> datetime:
    """The moment that overdue is judged at: the one asked about, else the later of now and the last happening."""
    if asked.as_of is not None:
        return asked.as_of
    return now if stream.last_at is None else max(now, stream.last_at)


def state(request: Call, asked: Times, history: History) -> Answer:
    """The projection of what is in force at the moment asked about."""
    if history.stream is None:
        raise not_found()
    headers = (etag_header(etag_of(history)), position_header(history.position))
    # What is overdue depends on the moment: only with `as_of` is the answer a pure function of the log.
    if asked.as_of is not None and holds_copy(request.scope, etag_of(history)):
        return not_modified(*headers)
    answer = StateAnswer(
        stream_id=history.stream_id,
        stream_version=history.version,
        as_of=asked.as_of,
        known_at=told_known_at(history, asked),
        state=stream_state(history.stream, moment(asked, history.stream, request.now())),
    )
    return Answer(encode(answer), JSON, *headers)
