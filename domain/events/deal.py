"""Facts about a deal as a whole: opened, changed, staged, closed. Only structs."""

from typing import Literal

from msgspec import UNSET, UnsetType

from domain.events.declaring import DEAL, Data, declares
from domain.events.samples import BUYER
from domain.fields import Code, Currency, Money, Named, Party, Person, Text, Title, Trigger

Stage = Literal["first_thought", "passive_looking", "active_looking", "deciding", "onboarding", "ongoing_use"]
Outcome = Literal["won", "lost", "no_decision", "disqualified", "referred_out"]


@declares(
    "deal.opened",
    on=DEAL,
    example={
        "title": "Shift planning for the Rotterdam yard",
        "customer": "Maasdijk Logistics",
        "product": "Rota",
        "amount": "18000.00",
        "currency": "EUR",
        "trigger": "own_struggle",
        "referred_by": {"name": "Ines Valk"},
        "segment": "mid-market",
    },
)
class DealOpened(Data, frozen=True, kw_only=True):
    """A deal began; this is the first fact of its stream and makes the recorder its seller."""

    title: Title
    customer: Title | None = None
    product: Title | None = None
    amount: Money | None = None
    currency: Currency | None = None
    trigger: Trigger = "other"
    referred_by: Person | Named | None = None
    segment: Title | None = None


@declares("stage.entered", on=DEAL, example={"stage": "active_looking"})
class StageEntered(Data, frozen=True, kw_only=True):
    """The buyer came to another stage of buying."""

    stage: Stage


@declares(
    "deal.closed",
    on=DEAL,
    example={"outcome": "won", "reason_code": "fit", "reason": "The pilot crew asked to keep it", "decided_by": BUYER},
)
class DealClosed(Data, frozen=True, kw_only=True):
    """The deal ended, one way or another."""

    outcome: Outcome
    reason_code: Code | None = None
    reason: Text | None = None
    decided_by: Party | Named | None = None


@declares("deal.reopened", on=DEAL, after=("deal.closed",), example={"reason": "The budget was released after all"})
class DealReopened(Data, frozen=True, kw_only=True):
    """A closed deal is open again."""

    reason: Text


@declares("deal.changed", on=DEAL, example={"amount": "21000.00", "currency": "EUR"})
class DealChanged(Data, frozen=True, kw_only=True):
    """What was said when the deal was opened is now different; only the members given change, null clears one."""

    title: Title | UnsetType = UNSET
    customer: Title | UnsetType | None = UNSET
    product: Title | UnsetType | None = UNSET
    amount: Money | UnsetType | None = UNSET
    currency: Currency | UnsetType | None = UNSET
    trigger: Trigger | UnsetType = UNSET
    referred_by: Person | Named | UnsetType | None = UNSET
    segment: Title | UnsetType | None = UNSET


@declares(
    "decision.explained",
    on=DEAL,
    doer="asked_of",
    subject="asked_of",
    after=("deal.closed",),
    example={
        "why_now": "Two planners left in one month",
        "why_us": "Somebody rode along for a night shift before talking price",
        "what_almost_stopped_it": "Fear that the drivers would refuse another app",
        "asked_of": BUYER,
    },
)
class DecisionExplained(Data, frozen=True, kw_only=True):
    """Somebody who decided said why."""

    why_now: Text
    why_us: Text | None = None
    what_almost_stopped_it: Text | None = None
    asked_of: Party
