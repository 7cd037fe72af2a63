"""By what figures it is known whether it worked, and how far they have come. Whether the deal was right is not here."""

from fractions import Fraction
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.after_close import OutcomeDefined, OutcomeMeasured
from domain.fields import Instant, due_instant
from domain.state import Entry
from projections.figures import ratio
from projections.list_row import said
from projections.view import View


class OutcomeStanding(Struct, frozen=True, kw_only=True):
    """One outcome. `measure` is null once erased; times are UTC. `value` and `verdict` are of the last measurement,
    null before the first; `measurements` counts them.

    `progress` is (value - baseline) / (target - baseline), kept between 0 and 1, six places; without a baseline from 0.
    It is null before the first measurement, and when the target is where it began. `evidence` holds the event that
    defined it and the last one that measured it.
    """

    outcome_id: UUID
    measure: str | None
    baseline: float | None
    target: float
    due_at: Instant | None
    value: float | None
    verdict: Literal["open", "achieved", "missed"] | None
    measured_at: Instant | None
    measurements: int
    progress: float | None
    evidence: list[UUID]


class Outcome(Struct):
    """An outcome as facts have made it: its definition, and its last measurement."""

    entry: Entry
    defined: OutcomeDefined
    measured: Entry | None = None
    said: OutcomeMeasured | None = None
    measurements: int = 0

    @property
    def progress(self) -> Fraction | None:
        """How far it has come, 0 to 1, exactly; None while it cannot be told. Figures count as they are written."""
        if self.said is None:
            return None
        start = Fraction(str(self.defined.baseline or 0))
        way = Fraction(str(self.defined.target)) - start
        if way == 0:
            return None
        return min(max((Fraction(str(self.said.value)) - start) / way, Fraction(0)), Fraction(1))


def outcomes(view: View) -> dict[UUID, Outcome]:
    """The outcomes of a stream by their ids, in the order in which they were defined."""
    found: dict[UUID, Outcome] = {}
    for entry in view.entries:
        match entry.fact.data:
            case OutcomeDefined(outcome_id=UUID() as outcome_id) as data:
                found.setdefault(outcome_id, Outcome(entry, data))
            case OutcomeMeasured() as data if data.outcome_id in found:
                outcome = found[data.outcome_id]
                outcome.measured, outcome.said = entry, data
                outcome.measurements += 1
    return found


def outcome_standing(outcome_id: UUID, outcome: Outcome) -> OutcomeStanding:
    """An outcome as an answer shows it."""
    defined, measured, progress = outcome.defined, outcome.measured, outcome.progress
    return OutcomeStanding(
        outcome_id=outcome_id,
        measure=said(defined.measure),
        baseline=defined.baseline,
        target=defined.target,
        due_at=None if defined.due is None else due_instant(defined.due),
        value=None if outcome.said is None else outcome.said.value,
        verdict=None if outcome.said is None else outcome.said.verdict,
        measured_at=None if measured is None else measured.at,
        measurements=outcome.measurements,
        progress=None if progress is None else ratio(progress, 1),
        evidence=[one.fact.event_id for one in (outcome.entry, measured) if one is not None],
    )
