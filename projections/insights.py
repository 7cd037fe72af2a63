"""Insights as rows, each kind with what only it says. Which of them an answer shows, and the counts, are not here."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from domain.events.discovery import InsightRecorded
from domain.facts import Fact
from domain.fields import Currency, Instant, Money
from domain.state import Stream
from projections.list_row import said


class InsightFound(Struct, frozen=True, kw_only=True):
    """One insight. `confirmed` is true once anybody said that it is right; `statement` is null once erased."""

    insight_id: UUID
    event_id: UUID
    at: Instant
    statement: str | None
    subject: Literal["buyer", "user", "seller", "product", "market", "self"]
    uncovered_by: Literal["buyer", "seller", "together", "self"]
    party_id: UUID | None
    confirmed: bool


class StruggleFound(InsightFound, frozen=True, kw_only=True):
    """A moment of struggle. When `mentions_product` is false it stands by itself, whatever is for sale."""

    mentions_product: bool


class ProgressFound(InsightFound, frozen=True, kw_only=True):
    """From where to where somebody wants to come; null when not said, or erased."""

    from_state: str | None
    to_state: str | None


class TradeoffFound(InsightFound, frozen=True, kw_only=True):
    """What somebody would give to get what; null when not said, or erased."""

    give: str | None
    get: str | None


class GapFound(InsightFound, frozen=True, kw_only=True):
    """What somebody says beside what they value. It is `open` until another insight answers it."""

    said: str | None
    valued: str | None
    open: bool


class CostFound(InsightFound, frozen=True, kw_only=True):
    """A figure or a consequence: what it costs to leave things as they are. `amount` is for each `period`, if said."""

    kind: Literal["metric", "consequence"]
    amount: Money | None
    currency: Currency | None
    period: str | None


def insight(stream: Stream, fact: Fact, at: datetime, answered: set[UUID]) -> InsightFound:
    """The row of an `insight.recorded` that happened at `at`; `answered` are the insights that another one answers."""
    told: InsightRecorded = fact.data
    assert told.insight_id is not None, "a complete fact names what it creates"
    thing = stream.thing(told.insight_id)
    row: dict[str, Any] = {
        "insight_id": told.insight_id,
        "event_id": fact.event_id,
        "at": at,
        "statement": said(told.statement),
        "subject": told.subject,
        "uncovered_by": told.uncovered_by,
        "party_id": told.party_id,
        "confirmed": thing is not None and bool(thing.by),
    }
    match told.kind:
        case "struggling_moment":
            return StruggleFound(**row, mentions_product=told.mentions_product)
        case "progress":
            return ProgressFound(**row, from_state=said(told.from_state), to_state=said(told.to_state))
        case "tradeoff":
            return TradeoffFound(**row, give=said(told.give), get=said(told.get))
        case "said_vs_valued":
            open_ = told.insight_id not in answered
            return GapFound(**row, said=said(told.said), valued=said(told.valued), open=open_)
        case "metric" | "consequence":
            return CostFound(**row, kind=told.kind, amount=told.amount, currency=told.currency, period=told.period)
        case _:
            return InsightFound(**row)
