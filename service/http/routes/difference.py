"""What is different on a stream between two moments, or between two states of knowledge, and which facts did it."""

from datetime import datetime

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from domain.corrections import rewritings
from domain.history import known
from domain.stream import initial
from projections.difference import Difference, Rewritten, difference
from projections.view import View
from service.http.answers import JSON, Answer, encode, position_header
from service.http.asked_views import policy_asked
from service.http.calls import Call
from service.http.conditions import etag_header
from service.http.documented import read_replies
from service.http.histories import etag_of, told_known_at
from service.http.operations import READS, Operation
from service.http.problems import not_found
from service.http.proposals import Kind
from service.http.questions import AsOf, Instant, KnownAt, Position, Under, refuse_parameter
from service.ledger.histories import History

# Without either, a stream would be held against itself, and "nothing" would read like an answer.
HALF_A_QUESTION = (
    "What is it to be held against? Give `against_as_of` (what had happened by then), `against_known_at` (what was "
    "recorded by then), or both."
)


class DifferenceAsked(Under, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Two pairs of times: what is asked about, and what it is held against. One of the second is given at least."""

    against_as_of: AsOf | None = None
    against_known_at: KnownAt | None = None


class DifferenceAnswer(Struct):
    """What is different at `as_of` and `known_at`, held against the other pair."""

    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None
    against_as_of: Instant | None
    against_known_at: Instant | Position | None
    policy: str
    difference: Difference


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call that compares a stream with itself."""

    async def read_difference(request: Call) -> Answer:
        return await compare(request, request.question(DifferenceAsked), request.stream_id(kind))

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/difference",
            id=f"{kind}_difference",
            tag=f"{kind}s",
            summary=f"What is different on a {kind} between two moments, and which facts did it",
            description="From `against_as_of` and `against_known_at` to `as_of` and `known_at`: facts that came, left "
            "or are otherwise, and every answer that changed, before and after, with those facts responsible. From "
            "one log size to another it is what was learned; from one moment to another, what happened. One of the two "
            "`against_` times at least has to be given. No 304.",
            question=DifferenceAsked,
            replies=read_replies(DifferenceAnswer)[:1],
            problems=(*READS, "not-found"),
        ).route(read_difference)
    ]


async def compare(request: Call, asked: DifferenceAsked, stream_id: str) -> Answer:
    """The difference of two views of one stream; 404 when there is nothing in either, 400 when only one is named."""
    after = await request.ledger.history(request.identity, stream_id, asked.as_of, asked.known_at)
    if asked.against_as_of is None and asked.against_known_at is None:
        raise refuse_parameter("against_as_of", HALF_A_QUESTION, ["against_as_of", "against_known_at"])
    before = await request.ledger.history(request.identity, stream_id, asked.against_as_of, asked.against_known_at)
    if after.stream is None and before.stream is None:
        raise not_found()
    policy, now = policy_asked(request, asked.policy), request.now()
    views = [View(one.stream or initial(stream_id), _moment(one, now), policy) for one in (before, after)]
    voided, corrected = rewritings([record.fact for record in known(after.records, asked.known_at)])
    answer = DifferenceAnswer(
        stream_id=stream_id,
        stream_version=after.version,
        as_of=asked.as_of,
        known_at=told_known_at(after, asked),
        against_as_of=asked.against_as_of,
        against_known_at=asked.against_known_at,
        policy=policy.key,
        difference=difference(views[0], views[1], Rewritten(voided, corrected)),
    )
    return Answer(encode(answer), JSON, etag_header(etag_of(after)), position_header(after.position))


def _moment(history: History, now: datetime) -> datetime:
    """The moment that a view is judged at: the one asked about, else the later of now and the last happening."""
    if history.as_of is not None:
        return history.as_of
    last_at = None if history.stream is None else history.stream.last_at
    return now if last_at is None else max(now, last_at)
