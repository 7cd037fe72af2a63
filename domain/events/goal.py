"""Facts about a personal goal as a whole: set, restated, linked, broken into steps. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.events.declaring import GOAL, Data, declares
from domain.events.samples import DECOMPOSITION, PARENT_GOAL, STEP_FIRST, STEP_SECOND
from domain.fields import (
    LIST_ITEMS_MAX,
    Currency,
    Horizon,
    HoursPerWeek,
    Money,
    Text,
    Title,
    Trigger,
    creates,
    refers,
)

Lifecycle = Literal["proposed", "accepted", "active", "on_hold", "completed", "cancelled"]
ENDED: frozenset[str | None] = frozenset({"completed", "cancelled"})
"""The points of its life at which nobody works on a goal any more."""
Achievement = Literal[
    "in_progress",
    "improving",
    "worsening",
    "no_change",
    "achieved",
    "sustaining",
    "not_achieved",
    "no_progress",
    "not_attainable",
]


class Price(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """What a goal costs the one who sets it: hours a week, effort in words, money."""

    time_per_week: HoursPerWeek | None = None
    effort: Title | None = None
    money: Money | None = None
    currency: Currency | None = None


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """One smaller step towards a goal."""

    step_id: Annotated[UUID, creates("step")] | None = None
    text: Text
    horizon: Horizon


Steps = Annotated[tuple[Step, ...], Meta(min_length=1, max_length=LIST_ITEMS_MAX)]


@declares(
    "goal.set",
    on=GOAL,
    example={
        "statement": "Speak Portuguese with my wife's family",
        "outcome": "An hour at the table without switching to English",
        "why": "I want to be somebody who shows up for the people he loves",
        "price": {
            "time_per_week": 4,
            "effort": "Evenings after the children sleep",
            "money": "30.00",
            "currency": "EUR",
        },
        "horizon": "medium",
        "trigger": "own_struggle",
    },
)
class GoalSet(Data, frozen=True, kw_only=True):
    """Somebody set a goal; this is the first fact of its stream and makes the recorder its owner."""

    statement: Text
    outcome: Text | None = None
    why: Text | None = None
    price: Price | None = None
    horizon: Horizon
    trigger: Trigger = "other"


@declares(
    "goal.status_changed",
    on=GOAL,
    example={"lifecycle": "active", "achievement": "in_progress", "reason": "First lesson booked"},
)
class GoalStatusChanged(Data, frozen=True, kw_only=True):
    """The goal came to another point of its life, or is going better or worse."""

    lifecycle: Lifecycle
    achievement: Achievement | None = None
    reason: Text | None = None


@declares("goal.linked", on=GOAL, example={"parent": PARENT_GOAL, "relation": "supports"})
class GoalLinked(Data, frozen=True, kw_only=True):
    """This goal supports a larger one."""

    parent: Annotated[UUID, Meta(description="The UUID of the goal stream that this goal supports")]
    relation: Literal["supports"] = "supports"


@declares(
    "goal.decomposed",
    on=GOAL,
    example={
        "decomposition_id": DECOMPOSITION,
        "steps": [
            {"step_id": STEP_FIRST, "text": "Learn to order a meal", "horizon": "next"},
            {"step_id": STEP_SECOND, "text": "Phone my mother-in-law once a week", "horizon": "short"},
        ],
        "proposed_by": "agent",
    },
)
class GoalDecomposed(Data, frozen=True, kw_only=True):
    """A breakdown of the goal into smaller steps was proposed."""

    decomposition_id: Annotated[UUID, creates("decomposition")] | None = None
    steps: Steps
    proposed_by: Literal["person", "agent"]


@declares(
    "goal.decomposition_accepted",
    on=GOAL,
    after=("goal.decomposed",),
    example={"decomposition_id": DECOMPOSITION, "step_ids": [STEP_FIRST]},
)
class GoalDecompositionAccepted(Data, frozen=True, kw_only=True):
    """The owner took over some or all steps of a proposed breakdown."""

    decomposition_id: Annotated[UUID, refers("decomposition")]
    step_ids: Annotated[
        tuple[Annotated[UUID, refers("step")], ...], Meta(min_length=1, max_length=LIST_ITEMS_MAX)
    ]  # fmt: skip


@declares("setback.recorded", on=GOAL, example={"reason": "Two weeks of travel, no lesson taken"})
class SetbackRecorded(Data, frozen=True, kw_only=True):
    """Something threw the goal back."""

    reason: Text


@declares("goal.restated", on=GOAL, example={"statement": "Speak Portuguese at home on Sundays", "horizon": "short"})
class GoalRestated(Data, frozen=True, kw_only=True):
    """The goal is now put differently; only the members given change, null clears one."""

    statement: Text | UnsetType = UNSET
    outcome: Text | UnsetType | None = UNSET
    why: Text | UnsetType | None = UNSET
    price: Price | UnsetType | None = UNSET
    horizon: Horizon | UnsetType = UNSET
    trigger: Trigger | UnsetType = UNSET
