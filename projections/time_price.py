"""What a goal was to cost in hours, against the hours that were logged. A comparison; it asks nothing of anybody."""

from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from msgspec import UNSET, Struct

from domain.events.conduct import InteractionLogged
from domain.events.goal import GoalRestated, GoalSet, Price
from domain.events.routines import CheckinRecorded, RoutineSet
from domain.fields import Instant
from projections.figures import ratio
from projections.list_row import said
from projections.rests import Rests, rests
from projections.view import View

WEEK = timedelta(weeks=1)
MINUTES_AN_HOUR = 60


class CheckinTotal(Struct, frozen=True, kw_only=True):
    """What the check-ins of one routine add up to, in the routine's own `unit` (null when none was said or it was
    erased): the sum of the values of those done or partial, six places, and how many had one."""

    routine_id: UUID
    unit: str | None
    total: float
    checkins: int


class TimePrice(Struct, frozen=True, kw_only=True):
    """The time sold for an outcome. Hours and shares have six places, times are UTC.

    `hours_per_week` is the price that holds now, null when it was taken back. `hours_committed` adds up what was
    promised since `since`, at the price that held each week, leaving out when the goal was only proposed, on hold,
    completed or cancelled. `hours_logged` is the length of the interactions logged on the goal since then; `kept_share`
    is logged / committed, above 1 when more was given. What check-ins say is in units of their own, and stands beside.
    """

    since: Instant
    hours_per_week: float | None
    hours_committed: float
    hours_logged: float
    kept_share: float | None
    checkins: list[CheckinTotal]


class _Ledger(Struct):
    since: datetime | None = None
    rate: Fraction = Fraction(0)
    changed_at: datetime | None = None
    committed: Fraction = Fraction(0)
    minutes: int = 0
    units: dict[UUID, str | None] = {}
    values: dict[UUID, list[Fraction]] = {}


def time_price(view: View) -> TimePrice | None:
    """The time price of a goal; None on a deal, and for a goal that never had one."""
    if view.stream.kind != "goal":
        return None
    resting = rests(view.entries)
    ledger = _Ledger()
    for entry in view.entries:
        data = entry.fact.data
        if isinstance(data, GoalSet | GoalRestated):
            if data.price is not UNSET:
                _new_rate(ledger, data.price, entry.at, resting)
        elif isinstance(data, InteractionLogged):
            if ledger.since is not None:
                ledger.minutes += data.duration_minutes or 0
        elif isinstance(data, RoutineSet) and data.routine_id is not None:
            ledger.units[data.routine_id] = data.unit
        elif isinstance(data, CheckinRecorded) and data.value is not None and data.status in ("done", "partial"):
            ledger.values.setdefault(data.routine_id, []).append(Fraction(str(data.value)))
    if ledger.since is None:
        return None
    rate = ledger.rate
    _new_rate(ledger, None, view.at, resting)
    logged = Fraction(ledger.minutes, MINUTES_AN_HOUR)
    return TimePrice(
        since=ledger.since,
        hours_per_week=ratio(rate, 1) if rate else None,
        hours_committed=ratio(ledger.committed, 1) or 0.0,
        hours_logged=ratio(logged, 1) or 0.0,
        kept_share=ratio(logged, ledger.committed),
        checkins=[
            CheckinTotal(
                routine_id=routine_id,
                unit=said(ledger.units.get(routine_id)),
                total=ratio(sum(values), 1) or 0.0,
                checkins=len(values),
            )
            for routine_id, values in ledger.values.items()
        ],
    )


def _new_rate(ledger: _Ledger, price: Price | None, at: datetime, resting: Rests) -> None:
    """Add up what was promised so far, and go on with another number of hours a week."""
    if ledger.changed_at is not None:
        length = resting.awake(ledger.changed_at, at)
        ledger.committed += ledger.rate * Fraction(length // timedelta.resolution, WEEK // timedelta.resolution)
    hours = None if price is None else price.time_per_week
    ledger.rate = Fraction(0) if hours is None else Fraction(str(hours))
    ledger.changed_at = at
    if ledger.since is None and ledger.rate:
        ledger.since = at
