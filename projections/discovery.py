"""What was found out about the buyer (P2): five topics, insights, being understood. What it is worth is not said."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

from msgspec import Meta, Struct

from domain.events.conduct import InteractionLogged
from domain.events.discovery import (
    InsightKind,
    InsightRecorded,
    QualificationUpdated,
    QuestionAsked,
    UnderstandingConfirmed,
)
from domain.events.people import ParticipantJoined
from domain.events.self_checks import ConfidenceStated
from domain.facts import Fact
from domain.fields import Currency, Instant, amount
from domain.state import Stream
from projections.figures import ratio
from projections.insights import CostFound, GapFound, ProgressFound, StruggleFound, TradeoffFound, insight
from projections.list_row import said
from projections.sides import buying_side
from projections.topics import TOPICS, TopicKnown, Topics, TopicStatus
from projections.view import View

Accuracy = Literal["yes", "partly", "no"]
Experience = Literal["first_time", "some", "experienced"]


class BuyerKnown(Struct, frozen=True, kw_only=True):
    """Somebody of the buyer's side (on a goal, its owner), and how used to buying they last said they are, if ever."""

    party_id: UUID
    buying_experience: Experience | None


class CostPerPeriod(Struct, frozen=True, kw_only=True):
    """The amounts of `insights` costs in one currency and for one period (null: not said), added up exactly."""

    amount: Annotated[str, Meta(description="A decimal string, such as '1200.50'")]
    currency: Currency
    period: str | None
    insights: int


class CostOfInaction(Struct, frozen=True, kw_only=True):
    """What leaving things as they are costs: the topic's `status` and `value`, and figures and consequences found."""

    status: TopicStatus
    value: str | None
    totals: list[CostPerPeriod]
    costs: list[CostFound]


class ConfidenceBesideCoverage(Struct, frozen=True, kw_only=True):
    """How sure somebody was (0..10), and how many of the five topics were known then (0..5).

    `expected_dip` is true when the same party was surer before and knew less: who sees the whole task is less sure.
    """

    event_id: UUID
    at: Instant
    party_id: UUID
    about: str | None
    value: float
    known: int
    expected_dip: bool


class Discovery(Struct, frozen=True, kw_only=True):
    """What was found out. Lists are in the order in which things happened, `topics` always has all five.

    Shares are of the five topics, 0..1: `coverage` those stated or confirmed (`known` of them), `seriousness` those
    confirmed, `buyer_readiness` those that first came without being asked for; `volunteered` and `asked_for` count
    these. `insights` counts by kind, 0 for kinds without one, `insights_confirmed` those somebody said are right.
    `struggles_apart_from_product` counts struggling moments that do not mention the product, `gaps_open` the open gaps
    between said and valued. `understood` is the last judgement of a summary by somebody who is not on the seller's
    side, with who gave it and when; null while there is none. `questions_to_learn` counts questions asked in order to
    learn, `questions_to_learn_answered` those of them that were answered, `interviews` contacts held as interviews.
    `changes_at` is null: time alone moves no more than ages.
    """

    topics: list[TopicKnown]
    known: int
    coverage: float
    seriousness: float
    buyer_readiness: float
    volunteered: int
    asked_for: int
    buyers: list[BuyerKnown]
    insights: dict[InsightKind, int]
    insights_confirmed: int
    struggling_moments: list[StruggleFound]
    struggles_apart_from_product: int
    progress: list[ProgressFound]
    tradeoffs: list[TradeoffFound]
    gaps: list[GapFound]
    gaps_open: int
    cost_of_inaction: CostOfInaction
    understood: Accuracy | None
    understood_by: UUID | None
    understood_at: Instant | None
    questions_to_learn: int
    questions_to_learn_answered: int
    interviews: int
    confidence: list[ConfidenceBesideCoverage]
    changes_at: Instant | None


def discovery(view: View) -> Discovery:
    """What was found out on a stream, in one pass over its facts."""
    found = _Found()
    for entry in view.entries:
        found.take(view.stream, entry.fact, entry.at)
    topics = found.topics.at(view.at)
    first_words = [topic.volunteered for topic in topics if topic.volunteered is not None]
    rows = [insight(view.stream, fact, at, found.answered) for fact, at in found.insights]
    struggles = [row for row in rows if isinstance(row, StruggleFound)]
    gaps = [row for row in rows if isinstance(row, GapFound)]
    costs = [row for row in rows if isinstance(row, CostFound)]
    cost_topic = topics[TOPICS.index("cost_of_inaction")]
    understanding = found.understanding
    kinds = Counter(fact.data.kind for fact, _ in found.insights)
    return Discovery(
        topics=topics,
        known=found.topics.known,
        coverage=_of_five(found.topics.known),
        seriousness=_of_five(sum(topic.status == "confirmed" for topic in topics)),
        buyer_readiness=_of_five(sum(first_words)),
        volunteered=sum(first_words),
        asked_for=len(first_words) - sum(first_words),
        buyers=[
            BuyerKnown(party_id=party_id, buying_experience=found.experience.get(party_id))
            for party_id, one in view.stream.participants.items()
            if one.side == buying_side(view.stream)
        ],
        insights={kind: kinds[kind] for kind in get_args(InsightKind)},
        insights_confirmed=sum(row.confirmed for row in rows),
        struggling_moments=struggles,
        struggles_apart_from_product=sum(not row.mentions_product for row in struggles),
        progress=[row for row in rows if isinstance(row, ProgressFound)],
        tradeoffs=[row for row in rows if isinstance(row, TradeoffFound)],
        gaps=gaps,
        gaps_open=sum(row.open for row in gaps),
        cost_of_inaction=CostOfInaction(
            status=cost_topic.status, value=cost_topic.value, totals=_totals(costs), costs=costs
        ),
        understood=None if understanding is None else understanding[0].accurate,
        understood_by=None if understanding is None else understanding[0].by,
        understood_at=None if understanding is None else understanding[1],
        questions_to_learn=len(found.questions),
        questions_to_learn_answered=sum(_answered(view.stream, question) for question in found.questions),
        interviews=found.interviews,
        confidence=found.confidence,
        changes_at=None,
    )


class _Found:
    """What the facts have shown so far."""

    def __init__(self) -> None:
        self.topics = Topics()
        self.experience: dict[UUID, Experience] = {}
        self.insights: list[tuple[Fact, datetime]] = []
        self.answered: set[UUID] = set()  # insights that another one answers
        self.understanding: tuple[UnderstandingConfirmed, datetime] | None = None
        self.questions: list[UUID | None] = []
        self.interviews = 0
        self.confidence: list[ConfidenceBesideCoverage] = []
        self._last_sure: dict[UUID, ConfidenceBesideCoverage] = {}

    def take(self, stream: Stream, fact: Fact, at: datetime) -> None:
        match fact.data:
            case QualificationUpdated() as told:
                self.topics.take(fact, told, at)
            case InsightRecorded() as told:
                self.insights.append((fact, at))
                if told.answers is not None:
                    self.answered.add(told.answers)
            case UnderstandingConfirmed() as told:
                if stream.kind == "goal" or stream.side(told.by) != "seller":
                    self.understanding = told, at
            case QuestionAsked(intent="learn") as told:
                self.questions.append(told.question_id)
            case InteractionLogged(purpose="interview"):
                self.interviews += 1
            case ParticipantJoined(buying_experience=experience) as told if experience is not None:
                self.experience[told.party_id] = experience
            case ConfidenceStated() as told:
                self._sure(fact, told, at)

    def _sure(self, fact: Fact, told: ConfidenceStated, at: datetime) -> None:
        """Compared with the party's last word on anything: what it is about is told in words, which can be erased."""
        before = self._last_sure.get(fact.acting_party)
        point = ConfidenceBesideCoverage(
            event_id=fact.event_id,
            at=at,
            party_id=fact.acting_party,
            about=said(told.about),
            value=told.value,
            known=self.topics.known,
            expected_dip=before is not None and told.value < before.value and self.topics.known > before.known,
        )
        self._last_sure[fact.acting_party] = point
        self.confidence.append(point)


def _totals(costs: list[CostFound]) -> list[CostPerPeriod]:
    """One sum for each currency and period, in the order in which they first came."""
    grouped: dict[tuple[str, str | None], list[str]] = {}
    for cost in costs:
        if cost.amount is not None and cost.currency is not None:
            grouped.setdefault((cost.currency, cost.period), []).append(cost.amount)
    return [
        CostPerPeriod(amount=f"{sum(map(amount, amounts)):f}", currency=currency, period=period, insights=len(amounts))
        for (currency, period), amounts in grouped.items()
    ]


def _answered(stream: Stream, question_id: UUID | None) -> bool:
    thing = None if question_id is None else stream.thing(question_id)
    return thing is not None and thing.state == "answered"


def _of_five(count: int) -> float:
    share = ratio(count, len(TOPICS))
    assert share is not None, "there are topics"
    return share
