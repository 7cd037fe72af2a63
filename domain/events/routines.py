"""Facts about what somebody does again and again. Only structs."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from domain.events.declaring import GOAL, Data, declares
from domain.events.samples import ROUTINE
from domain.fields import Day, Measure, Size, Text, Title, ZoneName, creates, refers

WEEKDAYS_MAX = 7  # each once
# More often than this a day is not a routine any more but a counter.
TIMES_MAX = 50

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Schedule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Either a number of times per period, or fixed weekdays."""

    times: Annotated[int, Meta(ge=1, le=TIMES_MAX)] | None = None
    per: Literal["day", "week", "month"] | None = None
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=WEEKDAYS_MAX)] = ()


@declares(
    "routine.set",
    on=GOAL,
    example={
        "routine_id": ROUTINE,
        "name": "Twenty minutes of listening",
        "time_zone": "Europe/Lisbon",
        "schedule": {"weekdays": ["monday", "wednesday", "friday"]},
        "size": "small",
        "unit": "minutes",
    },
)
class RoutineSet(Data, frozen=True, kw_only=True):
    """Something will be done again and again; setting it again changes it from then on."""

    routine_id: Annotated[UUID, creates("routine")] | None = None
    name: Title
    time_zone: ZoneName
    schedule: Schedule
    size: Size = "normal"
    unit: Title | None = None


@declares(
    "routine.ended", on=GOAL, after=("routine.set",), example={"routine_id": ROUTINE, "reason": "It became a habit"}
)
class RoutineEnded(Data, frozen=True, kw_only=True):
    """A routine is over."""

    routine_id: Annotated[UUID, refers("routine")]
    reason: Text | None = None


@declares(
    "checkin.recorded",
    on=GOAL,
    after=("routine.set",),
    example={"routine_id": ROUTINE, "local_date": "2026-03-02", "status": "done", "value": 25},
)
class CheckinRecorded(Data, frozen=True, kw_only=True):
    """How a routine went on one calendar day."""

    routine_id: Annotated[UUID, refers("routine")]
    local_date: Day
    status: Literal["done", "partial", "missed", "skipped"]
    value: Measure | None = None
    reason: Text | None = None
