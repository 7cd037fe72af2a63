"""The deals and the goals of a workspace, as rows."""

from typing import Any, Literal
from uuid import UUID

from litestar.handlers import HTTPRouteHandler

from domain.events.deal import Outcome, Stage
from projections.signals import SignalName
from service.http.answers import Answer
from service.http.calls import Call
from service.http.cursors import binding, place_of
from service.http.documented import RowsAnswer, list_replies
from service.http.operations import PAGES, Operation
from service.http.pages import paged
from service.http.proposals import Kind
from service.http.questions import (
    PAGE_DEFAULT,
    Cursor,
    Instant,
    Limit,
    PartyOrMe,
    SearchText,
    Times,
    party_asked,
)
from service.ledger.questions import After, RowsQuestion, Sort

DealStatus = Literal["open", "closed"]
GoalStatus = Literal["proposed", "accepted", "active", "on_hold", "completed", "cancelled"]


class RowsAsked(Times, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What deals and goals can both be filtered and sorted by. `text` looks into titles and customers."""

    limit: Limit = PAGE_DEFAULT
    cursor: Cursor | None = None
    party: PartyOrMe | None = None
    updated_since: Instant | None = None
    text: SearchText | None = None
    signal: SignalName | Literal["any"] | None = None
    sort: Sort = "last_event"
    order: Literal["asc", "desc"] = "desc"


class DealsAsked(RowsAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which deals, in which order."""

    status: DealStatus | None = None
    outcome: Outcome | None = None
    stage: Stage | None = None
    customer: SearchText | None = None


class GoalsAsked(RowsAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which goals, in which order."""

    status: GoalStatus | None = None


QUESTIONS: dict[Kind, type[RowsAsked]] = {"deal": DealsAsked, "goal": GoalsAsked}


def routes(kind: Kind) -> list[HTTPRouteHandler]:
    """The list of streams of one kind."""
    question = QUESTIONS[kind]

    async def list_streams(request: Call) -> Answer:
        asked = request.question(question)
        bound_to = binding(f"{kind}s", *request.asker, _filters(asked))
        rows = await request.ledger.rows(
            request.identity, _question(kind, asked, bound_to, request.identity.caller.party_id)
        )
        return paged(request, asked, rows.rows, rows.next, bound_to, rows.position)

    return [
        Operation(
            method="GET",
            path=f"/v1/{kind}s",
            id=f"list_{kind}s",
            tag=f"{kind}s",
            summary=f"The {kind}s that the caller may see, filtered and sorted",
            description="Rows come from what everybody who may see the stream may see. With `as_of` or `known_at` the "
            "log is folded up to there, which costs in proportion to its length; without them a page is cheap. Trust "
            "and signals are those of the moment of asking: what is kept is evidence and not figures, and as all "
            "evidence of one half-life fades by the same factor, the order by trust is that of the moment too.",
            question=question,
            replies=list_replies(RowsAnswer),
            problems=(*PAGES, "not-summarised"),
        ).route(list_streams)
    ]


def _filters(asked: RowsAsked) -> dict[str, Any]:
    """Everything of the question but the page: what a cursor is bound to."""
    return {name: getattr(asked, name) for name in asked.__struct_fields__ if name not in ("limit", "cursor")}


def _question(kind: Kind, asked: RowsAsked, bound_to: bytes, me: UUID) -> RowsQuestion:
    filters = _filters(asked)
    return RowsQuestion(
        kind=kind,
        **{name: filters.get(name) for name in ("status", "outcome", "stage", "customer", "signal")},
        party=party_asked(asked.party, me),
        updated_since=asked.updated_since,
        text=asked.text,
        sort=asked.sort,
        descending=asked.order == "desc",
        limit=asked.limit,
        after=None if asked.cursor is None else place_of(asked.cursor, bound_to, After),
        as_of=asked.as_of,
        known_at=asked.known_at,
    )
