"""Facts found out about what people struggle with and what they value. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from domain.events.declaring import BOTH, Data, declares
from domain.events.references import Wanted
from domain.events.samples import ASSUMPTION, BUYER, INSIGHT, MOTIVE, PARENT_GOAL, QUESTION
from domain.fields import LIST_ITEMS_MAX, Code, Currency, Money, Party, Text, Title, Topic, creates, refers

InsightKind = Literal[
    "pain",
    "struggling_moment",
    "progress",
    "consequence",
    "metric",
    "emotion",
    "why",
    "tradeoff",
    "said_vs_valued",
    "constraint",
    "conclusion",
]
Layer = Literal["relational", "user_centered", "professional", "personal", "ego"]


@declares(
    "question.asked",
    on=BOTH,
    subject="asked_of",
    example={
        "question_id": QUESTION,
        "text": "What happened the last time a shift went unfilled?",
        "asked_of": BUYER,
        "intent": "learn",
        "topic": "cost_of_inaction",
    },
)
class QuestionAsked(Data, frozen=True, kw_only=True):
    """A question was put to somebody."""

    question_id: Annotated[UUID, creates("question")] | None = None
    text: Text
    asked_of: Party
    intent: Literal["learn", "help", "close", "sell"]
    topic: Code | None = None


@declares(
    "question.answered",
    on=BOTH,
    after=("question.asked",),
    example={"question_id": QUESTION, "answer": "I drove the truck myself and missed my daughter's recital"},
)
class QuestionAnswered(Data, frozen=True, kw_only=True):
    """A question got its answer."""

    question_id: Annotated[UUID, refers("question")]
    answer: Text


@declares(
    "insight.recorded",
    on=BOTH,
    subject="party_id",
    after=("question.asked",),
    example={
        "insight_id": INSIGHT,
        "kind": "metric",
        "statement": "Every unfilled shift costs a replacement at double pay",
        "subject": "buyer",
        "uncovered_by": "buyer",
        "method": "interview",
        "party_id": BUYER,
        "answers": QUESTION,
        "amount": "2400.00",
        "currency": "EUR",
        "period": "month",
    },
)
class InsightRecorded(Data, frozen=True, kw_only=True):
    """Something was understood that was not known before."""

    insight_id: Annotated[UUID, creates("insight")] | None = None
    kind: InsightKind
    statement: Text
    subject: Literal["buyer", "user", "seller", "product", "market", "self"]
    uncovered_by: Literal["buyer", "seller", "together", "self"]
    method: Literal["journal", "conversation", "therapy", "coaching", "ai", "interview", "observation"] | None = None
    party_id: Party | None = None
    answers: Annotated[UUID, refers("insight", "question")] | None = None
    amount: Money | None = None
    currency: Currency | None = None
    period: Code | None = None
    from_state: Text | None = None
    to_state: Text | None = None
    said: Text | None = None
    valued: Text | None = None
    give: Text | None = None
    get: Text | None = None
    mentions_product: bool = False


@declares(
    "insight.confirmed",
    on=BOTH,
    doer="by",
    subject="by",
    after=("insight.recorded",),
    example={"insight_id": INSIGHT, "by": BUYER},
)
class InsightConfirmed(Data, frozen=True, kw_only=True):
    """Somebody said that an insight is right."""

    insight_id: Annotated[UUID, refers("insight")]
    by: Party


@declares(
    "qualification.updated",
    on=BOTH,
    example={
        "topic": "cost_of_inaction",
        "status": "stated",
        "value": "About 30,000 a year in replacements",
        "source": "Call with the yard manager",
        "prompted": True,
    },
)
class QualificationUpdated(Data, frozen=True, kw_only=True):
    """What is known about one of the five things a prepared buyer knows has changed."""

    topic: Topic
    status: Literal["unknown", "assumed", "stated", "confirmed"]
    value: Text | None = None
    source: Text | None = None
    prompted: bool = False


@declares(
    "assumption.recorded",
    on=BOTH,
    example={"assumption_id": ASSUMPTION, "statement": "Drivers will not open an app while on the road"},
)
class AssumptionRecorded(Data, frozen=True, kw_only=True):
    """Something was taken for true without proof, and said so."""

    assumption_id: Annotated[UUID, creates("assumption")] | None = None
    statement: Text


@declares(
    "assumption.tested",
    on=BOTH,
    after=("assumption.recorded",),
    example={"assumption_id": ASSUMPTION, "result": "wrong"},
)
class AssumptionTested(Data, frozen=True, kw_only=True):
    """An assumption met reality."""

    assumption_id: Annotated[UUID, refers("assumption")]
    result: Literal["held", "wrong", "unclear"]


@declares(
    "understanding.confirmed",
    on=BOTH,
    doer="by",
    subject="by",
    example={
        "summary": "You want Fridays without emergency calls, the software is a means",
        "by": BUYER,
        "accurate": "yes",
    },
)
class UnderstandingConfirmed(Data, frozen=True, kw_only=True):
    """Somebody judged a summary of their situation that was read back to them."""

    summary: Text
    by: Party
    accurate: Literal["yes", "partly", "no"]


@declares(
    "motive.recorded",
    on=BOTH,
    subject="party_id",
    envelope={"basis": "stated", "confidence": 0.8},
    example={
        "motive_id": MOTIVE,
        "party_id": BUYER,
        "layer": "personal",
        "statement": "To be home for dinner",
        "polarity": "threatened",
        "stake": "family",
        "stake_horizon": "beyond_purchase",
        "linked_to": [{"kind": "goal", "id": PARENT_GOAL}],
    },
)
class MotiveRecorded(Data, frozen=True, kw_only=True):
    """What somebody personally has to win or lose, on one of five layers of identity."""

    motive_id: Annotated[UUID, creates("motive")] | None = None
    party_id: Party
    layer: Layer
    statement: Text
    polarity: Literal["served", "threatened"]
    stake: Title | None = None
    stake_horizon: Literal["beyond_purchase", "purchase_only", "unknown"] | None = None
    linked_to: Annotated[tuple[Wanted, ...], Meta(max_length=LIST_ITEMS_MAX)] = ()
