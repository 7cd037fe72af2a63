"""Whether it was the right deal, by what came of it. Closing it proves nothing."""

from typing import Literal
from uuid import UUID

from domain.events.after_close import OutcomeMeasured, RenewalDecided
from projections.view import View

Verdict = Literal["right", "wrong", "undecided"]


def verdict(view: View) -> Verdict:
    """Wrong when an outcome was last measured as missed or the customer last decided to leave; right when one was
    achieved and neither is so."""
    measured: dict[UUID, str] = {}
    renewed: bool | None = None
    for entry in view.entries:
        match entry.fact.data:
            case OutcomeMeasured(outcome_id=outcome, verdict=found):
                measured[outcome] = found
            case RenewalDecided(renewed=decided):
                renewed = decided
    if renewed is False or "missed" in measured.values():
        return "wrong"
    return "right" if "achieved" in measured.values() else "undecided"
