"""Answers that rest on many streams at once: trust in a person, deals compared, a goal and what supports it."""

from typing import Any

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from projections.goal_tree import GoalTree
from projections.patterns import Patterns
from projections.trust.party import PartyTrust
from service.http.answers import Answer, as_json, position_header
from service.http.asked_views import policy_asked
from service.http.calls import Call
from service.http.documented import POSITION
from service.http.operations import READS, Operation, Reply
from service.http.questions import Instant, Position, Under

_COST = "Every stream in question is folded, which costs reading those that are not in memory."


class PartyTrustAnswer(Struct):
    """Trust in one person at the two times. For an absent `known_at` the size of the log that answered."""

    trust: PartyTrust
    policy: str
    as_of: Instant | None
    known_at: Instant | Position | None


class PatternsAnswer(Struct):
    """Deals compared, at the two times."""

    patterns: Patterns
    policy: str
    as_of: Instant | None
    known_at: Instant | Position | None


class GoalTreeAnswer(Struct):
    """A goal and what supports it, at the two times."""

    tree: GoalTree
    policy: str
    as_of: Instant | None
    known_at: Instant | Position | None


async def party_trust(request: Call) -> Answer:
    """Answer `GET /v1/parties/{party_id}/trust`."""
    asked = request.question(Under)
    policy = policy_asked(request, asked.policy)
    found, position = await request.ledger.party_trust(
        request.identity, request.id("party_id"), asked.as_of, asked.known_at, policy
    )
    return _answer(asked, policy.key, position, trust=found)


async def read_patterns(request: Call) -> Answer:
    """Answer `GET /v1/patterns`."""
    asked = request.question(Under)
    policy = policy_asked(request, asked.policy)
    found, position = await request.ledger.patterns(request.identity, asked.as_of, asked.known_at, policy)
    return _answer(asked, policy.key, position, patterns=found)


async def read_goal_tree(request: Call) -> Answer:
    """Answer `GET /v1/goals/{stream_id}/tree`."""
    asked = request.question(Under)
    policy = policy_asked(request, asked.policy)
    found, position = await request.ledger.goal_tree(
        request.identity, request.id("stream_id"), asked.as_of, asked.known_at, policy
    )
    return _answer(asked, policy.key, position, tree=found)


def _answer(asked: Under, policy: str, position: int, **members: Any) -> Answer:
    known_at = position if asked.known_at is None else asked.known_at
    told = {"policy": policy, "as_of": asked.as_of, "known_at": known_at}
    return as_json(members | told, position_header(position))


def _operation(path: str, name: str, tag: str, summary: str, description: str, content: Any) -> Operation:
    return Operation(
        method="GET",
        path=path,
        id=name,
        tag=tag,
        summary=summary,
        description=f"{description} {_COST}",
        question=Under,
        replies=(Reply(200, "The answer", content, headers=(POSITION,)),),
        problems=(*READS, "not-found") if "{" in path else READS,
    )


ROUTES: list[HTTPRouteHandler] = [
    _operation(
        "/v1/parties/{party_id:str}/trust",
        "party_trust",
        "parties",
        "Trust in a person over all streams that the caller may see",
        "Evidence is added up, never averaged, and fades by whole days. 404 when the caller sees no stream of theirs.",
        PartyTrustAnswer,
    ).route(party_trust),
    _operation(
        "/v1/goals/{stream_id:str}/tree",
        "goal_tree",
        "goals",
        "A goal and all that supports it, with progress rolled up and what is missing",
        "Only goals that the caller may see are in it.",
        GoalTreeAnswer,
    ).route(read_goal_tree),
    _operation(
        "/v1/patterns",
        "patterns",
        "deals",
        "Deals compared: counts beside the hypotheses they may speak for",
        "Counts and correlations, never advice.",
        PatternsAnswer,
    ).route(read_patterns),
]
