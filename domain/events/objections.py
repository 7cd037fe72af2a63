"""Facts about an objection, from raised to settled. Only structs; the order they may come in is in lifecycles."""

from typing import Annotated, Literal
from uuid import UUID

from domain.events.declaring import BOTH, Data, declares
from domain.events.samples import BUYER, FORCE, OBJECTION
from domain.fields import Dimension, Party, Text, creates, refers

Severity = Literal["minor", "normal", "blocking"]
ObjectionId = Annotated[UUID, refers("objection")]


@declares(
    "objection.raised",
    on=BOTH,
    doer="raised_by",
    subject="raised_by",
    after=("force.observed",),
    example={
        "objection_id": OBJECTION,
        "dimension": "process",
        "category": "risk",
        "severity": "blocking",
        "statement": "We cannot switch in the middle of the season",
        "raised_by": BUYER,
        "force_id": FORCE,
    },
)
class ObjectionRaised(Data, frozen=True, kw_only=True):
    """Somebody said what speaks against going on."""

    objection_id: Annotated[UUID, creates("objection")] | None = None
    dimension: Dimension
    category: Literal["price", "authority", "need", "timing", "risk", "complexity", "reputation", "fit", "other"]
    severity: Severity = "normal"
    statement: Text
    raised_by: Party
    force_id: Annotated[UUID, refers("force")] | None = None


@declares(
    "objection.acknowledged",
    on=BOTH,
    after=("objection.raised",),
    example={"objection_id": OBJECTION, "finding": "The season ends in September"},
)
class ObjectionAcknowledged(Data, frozen=True, kw_only=True):
    """The objection was heard and taken seriously."""

    objection_id: ObjectionId
    finding: Text | None = None


@declares(
    "objection.answered",
    on=BOTH,
    after=("objection.raised",),
    example={"objection_id": OBJECTION, "answer": "Run one depot beside the old plan first"},
)
class ObjectionAnswered(Data, frozen=True, kw_only=True):
    """The objection got an answer."""

    objection_id: ObjectionId
    answer: Text


@declares(
    "objection.resolved",
    on=BOTH,
    after=("objection.raised",),
    example={"objection_id": OBJECTION, "resolution": "offer_changed"},
)
class ObjectionResolved(Data, frozen=True, kw_only=True):
    """The objection is settled, as far as the recorder can tell."""

    objection_id: ObjectionId
    resolution: Literal["answered", "evidence", "offer_changed", "risk_accepted", "withdrawn"]


@declares(
    "objection.confirmed",
    on=BOTH,
    doer="by",
    subject="by",
    after=("objection.raised", "objection.resolved"),
    example={"objection_id": OBJECTION, "by": BUYER},
)
class ObjectionConfirmed(Data, frozen=True, kw_only=True):
    """The side that raised the objection agrees that it is settled."""

    objection_id: ObjectionId
    by: Party


@declares(
    "objection.dismissed",
    on=BOTH,
    doer="by",
    subject="by",
    after=("objection.raised",),
    example={"objection_id": OBJECTION, "by": BUYER, "reason": "It was about the old contract"},
)
class ObjectionDismissed(Data, frozen=True, kw_only=True):
    """The objection was put aside without an answer."""

    objection_id: ObjectionId
    by: Party
    reason: Text | None = None


@declares(
    "objection.accepted",
    on=BOTH,
    after=("objection.raised",),
    example={"objection_id": OBJECTION, "reason": "They are right, this year is too early"},
)
class ObjectionAccepted(Data, frozen=True, kw_only=True):
    """The objection is right: the no stands."""

    objection_id: ObjectionId
    reason: Text | None = None


@declares(
    "objection.reopened",
    on=BOTH,
    after=("objection.raised", "objection.resolved"),
    example={"objection_id": OBJECTION, "reason": "The second depot has its own season"},
)
class ObjectionReopened(Data, frozen=True, kw_only=True):
    """A settled objection is back."""

    objection_id: ObjectionId
    reason: Text
