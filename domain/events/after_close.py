"""Facts that show whether it was the right thing: outcomes, use, renewal, referral. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from domain.events.declaring import BOTH, DEAL, Data, declares
from domain.events.samples import OUTCOME
from domain.fields import Code, Due, Measure, Named, Person, Text, Title, creates, refers


@declares(
    "outcome.defined",
    on=BOTH,
    example={
        "outcome_id": OUTCOME,
        "measure": "Shifts filled a week ahead",
        "baseline": 61,
        "target": 95,
        "due": {"local_date": "2026-12-31", "time_zone": "Europe/Amsterdam"},
    },
)
class OutcomeDefined(Data, frozen=True, kw_only=True):
    """By what figure it will be known that it worked."""

    outcome_id: Annotated[UUID, creates("outcome")] | None = None
    measure: Title
    baseline: Measure | None = None
    target: Measure
    due: Due | None = None


@declares(
    "outcome.measured",
    on=BOTH,
    after=("outcome.defined",),
    example={"outcome_id": OUTCOME, "value": 78.5, "verdict": "open"},
)
class OutcomeMeasured(Data, frozen=True, kw_only=True):
    """The figure was taken."""

    outcome_id: Annotated[UUID, refers("outcome")]
    value: Measure
    verdict: Literal["open", "achieved", "missed"]


@declares("usage.observed", on=DEAL, example={"measure": "Planners signed in", "value": 14, "period": "2026-03"})
class UsageObserved(Data, frozen=True, kw_only=True):
    """What was bought is being used."""

    measure: Title
    value: Measure
    period: Code


@declares(
    "renewal.decided",
    on=DEAL,
    after=("deal.closed",),
    example={"renewed": True, "reason": "Two more depots want it"},
)
class RenewalDecided(Data, frozen=True, kw_only=True):
    """The customer stayed, or left."""

    renewed: bool = False
    reason: Text | None = None


@declares("referral.given", on=DEAL, example={"to": {"name": "Lotte Brandsma, Noordkade Transport"}})
class ReferralGiven(Data, frozen=True, kw_only=True):
    """The customer sent somebody."""

    to: Person | Named


@declares("customer.returned", on=DEAL, after=("deal.closed",), example={"reason": "They open a third yard"})
class CustomerReturned(Data, frozen=True, kw_only=True):
    """The customer came back to buy again."""

    reason: Text | None = None
