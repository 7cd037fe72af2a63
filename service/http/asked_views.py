"""From a question about one stream to the view that projections answer, and back to the members all answers share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from projections.trust.policy import DEFAULT, Policy
from projections.view import View
from service.http.answers import JSON, Answer, encode, not_modified, position_header
from service.http.calls import Call
from service.http.conditions import etag_header, holds_copy
from service.http.histories import etag_of, told_known_at
from service.http.problems import not_found
from service.http.proposals import Kind
from service.http.questions import Times, refuse_parameter
from service.ledger.histories import History


async def seen(request: Call, kind: Kind, asked: Times, policy: str | None = None) -> tuple[History, View]:
    """What the caller sees of the stream in the path; 404 also when nothing of it had happened, or was known, then."""
    chosen = policy_asked(request, policy)
    stream_id = request.stream_id(kind)
    history = await request.ledger.history(request.identity, stream_id, asked.as_of, asked.known_at)
    if history.stream is None:
        raise not_found()
    return history, history.view(_moment(asked, history.stream.last_at, request.now()), chosen)


def policy_asked(request: Call, key: str | None) -> Policy:
    """The policy of that name and version; the default one when none is named."""
    if key is None:
        return DEFAULT
    policy = request.policies.get(key)
    if policy is None:
        raise refuse_parameter("policy", f"There is no policy `{key}`.", sorted(request.policies))
    return policy


def holds(request: Call, history: History, *, pure: bool) -> bool:
    """Whether the caller's copy still holds; only of what is `pure`, a function of the log and the question alone."""
    return pure and holds_copy(request.scope, etag_of(history))


def answered(history: History, asked: Times, members: Mapping[str, Any]) -> Answer:
    """The answer: which stream, which version, the two times, and `members`."""
    told = {
        "stream_id": history.stream_id,
        "stream_version": history.version,
        "as_of": asked.as_of,
        "known_at": told_known_at(history, asked),
        **members,
    }
    return Answer(encode(told), JSON, etag_header(etag_of(history)), position_header(history.position))


def unchanged(history: History) -> Answer:
    """304 with what the whole answer would tell in its headers."""
    return not_modified(etag_header(etag_of(history)), position_header(history.position))


def _moment(asked: Times, last_at: datetime | None, now: datetime) -> datetime:
    """The moment that is judged at: the one asked about, else the later of now and the last happening."""
    if asked.as_of is not None:
        return asked.as_of
    return now if last_at is None else max(now, last_at)
