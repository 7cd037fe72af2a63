"""Facts about the way to the end, mapped from the end. Only structs."""

from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from domain.events.declaring import BOTH, Data, declares
from domain.events.samples import EXPERIMENT, MILESTONE_PILOT, MILESTONE_SIGNED
from domain.fields import LIST_ITEMS_MAX, Due, Side, Text, Title, creates, refers


class Milestone(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One step of a journey, owned by a side."""

    milestone_id: Annotated[UUID, creates("milestone")] | None = None
    name: Title
    owner_side: Side
    exit_criterion: Text | None = None
    due: Due | None = None


@declares(
    "journey.mapped",
    on=BOTH,
    example={
        "end_state": "Every shift is filled a week ahead",
        "milestones": [
            {"milestone_id": MILESTONE_SIGNED, "name": "Contract signed", "owner_side": "buyer"},
            {
                "milestone_id": MILESTONE_PILOT,
                "name": "One depot runs on it",
                "owner_side": "seller",
                "exit_criterion": "Two weeks without the wall chart",
                "due": {"local_date": "2026-04-30", "time_zone": "Europe/Amsterdam"},
            },
        ],
    },
)
class JourneyMapped(Data, frozen=True, kw_only=True):
    """The way was laid out, last milestone first; mapping again replaces what is not yet reached."""

    end_state: Text
    milestones: Annotated[tuple[Milestone, ...], Meta(min_length=1, max_length=LIST_ITEMS_MAX)]


@declares("milestone.reached", on=BOTH, after=("journey.mapped",), example={"milestone_id": MILESTONE_PILOT})
class MilestoneReached(Data, frozen=True, kw_only=True):
    """A milestone was reached."""

    milestone_id: Annotated[UUID, refers("milestone")]


@declares(
    "experiment.started",
    on=BOTH,
    after=("journey.mapped",),
    example={
        "experiment_id": EXPERIMENT,
        "milestone_id": MILESTONE_PILOT,
        "change": "Let a driver give the demo",
    },
)
class ExperimentStarted(Data, frozen=True, kw_only=True):
    """One milestone is tried in another way."""

    experiment_id: Annotated[UUID, creates("experiment")] | None = None
    milestone_id: Annotated[UUID, refers("milestone")]
    change: Text


@declares(
    "experiment.ended",
    on=BOTH,
    after=("experiment.started",),
    example={"experiment_id": EXPERIMENT, "result": "Three drivers signed up on the spot"},
)
class ExperimentEnded(Data, frozen=True, kw_only=True):
    """An experiment showed something."""

    experiment_id: Annotated[UUID, refers("experiment")]
    result: Text
