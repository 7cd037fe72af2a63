"""What voids took out of trust in one deal or goal. The facts that were voided are in its audit."""

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from domain.history import effective
from domain.stream import fold
from projections.trust.voided import VoidedTrust, voided_trust
from projections.view import View
from service.http.answers import Answer
from service.http.asked_views import answered, holds, seen, unchanged
from service.http.calls import Call
from service.http.documented import IF_NONE_MATCH, read_replies
from service.http.operations import READS, Operation
from service.http.proposals import Kind
from service.http.questions import Instant, Position, Under
from service.ledger.histories import History


class VoidedTrustAnswer(Struct):
    """What voids took out of trust, at the two times. For an absent `known_at` see the page of events."""

    stream_id: str
    stream_version: int
    as_of: Instant | None
    known_at: Instant | Position | None
    policy: str
    voided: VoidedTrust


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The call about one stream."""

    async def read_voided_trust(request: Call) -> Answer:
        asked = request.question(Under)
        history, view = await seen(request, kind, asked, asked.policy)
        if holds(request, history, pure=asked.as_of is not None):
            return unchanged(history)
        found = voided_trust(view, _unvoided(history, asked, view))
        return answered(history, asked, {"policy": view.policy.key, "voided": found})

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s/{{stream_id:str}}/trust/voided",
            id=f"{kind}_voided_trust",
            tag=f"{kind}s",
            summary="What voids took out of trust: how many facts, and how much evidence in which dimension",
            description="Without `as_of` the answer fades with the evidence: no 304.",
            question=Under,
            headers=(IF_NONE_MATCH,),
            replies=read_replies(VoidedTrustAnswer),
            problems=(*READS, "not-found"),
        ).route(read_voided_trust)
    ]


def _unvoided(history: History, asked: Under, view: View) -> View:
    """The same view, had nobody voided anything."""
    records = [record for record in history.records if record.fact.type != "event.voided"]
    held = effective(records, asked.as_of, asked.known_at)
    return View(fold(history.stream_id, [record.fact for record in held]), view.at, view.policy)
