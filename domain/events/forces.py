"""Facts about what pushes, pulls, frightens and holds back. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from domain.events.declaring import BOTH, Data, declares
from domain.events.samples import BUYER, FORCE
from domain.fields import Code, Intensity, IntensityOrGone, Party, Text, creates, refers

ForceKind = Literal["push", "pull", "anxiety", "habit"]


@declares(
    "force.observed",
    on=BOTH,
    subject="party_id",
    example={
        "force_id": FORCE,
        "force": "anxiety",
        "statement": "If the first week fails, the drivers will blame me",
        "intensity": 4,
        "party_id": BUYER,
        "about": "personal_risk",
        "source": "organisation",
    },
)
class ForceObserved(Data, frozen=True, kw_only=True):
    """A force for or against change showed itself."""

    force_id: Annotated[UUID, creates("force")] | None = None
    force: ForceKind
    statement: Text
    intensity: Intensity
    party_id: Party | None = None
    about: Code | None = None
    source: Literal["organisation", "identity", "product", "seller", "other"] = "other"


@declares(
    "force.changed",
    on=BOTH,
    after=("force.observed",),
    example={"force_id": FORCE, "intensity": 0, "because": "Two drivers offered to run the pilot"},
)
class ForceChanged(Data, frozen=True, kw_only=True):
    """A force grew, faded or is gone (0)."""

    force_id: Annotated[UUID, refers("force")]
    intensity: IntensityOrGone
    because: Text
