"""Facts about what is required and what is shown. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from domain.events.declaring import DEAL, Data, declares
from domain.events.references import AskedFor
from domain.events.samples import BUYER, REQUIREMENT, SELLER
from domain.fields import LIST_ITEMS_MAX, Party, Text, Title, creates, refers

RequirementId = Annotated[UUID, refers("requirement")]


@declares(
    "requirement.stated",
    on=DEAL,
    doer="stated_by",
    subject="stated_by",
    example={
        "requirement_id": REQUIREMENT,
        "text": "A planner can fill a shift in under two minutes",
        "strength": "must",
        "stated_by": BUYER,
        "prompted": False,
    },
)
class RequirementStated(Data, frozen=True, kw_only=True):
    """The buyer said what it must, should or may do."""

    requirement_id: Annotated[UUID, creates("requirement")] | None = None
    text: Text
    strength: Literal["must", "should", "wish"]
    stated_by: Party | None = None
    prompted: bool = False


@declares(
    "requirement.answered",
    on=DEAL,
    doer="by",
    after=("requirement.stated",),
    example={"requirement_id": REQUIREMENT, "how": "Three taps from the alarm to the replacement", "by": SELLER},
)
class RequirementAnswered(Data, frozen=True, kw_only=True):
    """Somebody said how a requirement is met."""

    requirement_id: RequirementId
    how: Text
    by: Party | None = None


@declares(
    "requirement.verified",
    on=DEAL,
    doer="verified_by",
    subject="verified_by",
    after=("requirement.stated",),
    example={"requirement_id": REQUIREMENT, "met": "partial", "verified_by": BUYER, "disclosed_by": SELLER},
)
class RequirementVerified(Data, frozen=True, kw_only=True):
    """Somebody checked whether a requirement is met."""

    requirement_id: RequirementId
    met: Literal["yes", "partial", "no"]
    verified_by: Party
    disclosed_by: Party | None = None


@declares(
    "feature.presented",
    on=DEAL,
    after=("requirement.stated",),
    example={
        "feature": "Swap requests",
        "requested": True,
        "linked_to": [{"kind": "requirement", "id": REQUIREMENT}],
    },
)
class FeaturePresented(Data, frozen=True, kw_only=True):
    """A feature was shown."""

    feature: Title
    requested: bool = False
    linked_to: Annotated[tuple[AskedFor, ...], Meta(max_length=LIST_ITEMS_MAX)] = ()
