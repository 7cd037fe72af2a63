"""What voids took out of trust: how many facts, and how much evidence. The facts themselves stay in the audit."""

from msgspec import Struct

from domain.fields import Dimension
from projections.trust.evidence import microseconds
from projections.trust.opinion import UNIT, masses, rounded
from projections.trust.rows import DIMENSIONS
from projections.view import View


class VoidedEvidence(Struct, frozen=True, kw_only=True):
    """Evidence that a dimension has less for the voids, as it would count at the moment (six places). Below 0: a void
    took out what had ended or replaced evidence, so that there is more now."""

    dimension: Dimension
    evidence_for: float
    evidence_against: float


class VoidedTrust(Struct, frozen=True, kw_only=True):
    """`facts` is how many facts were voided; `dimensions` names only those whose evidence is other for it."""

    facts: int
    dimensions: list[VoidedEvidence]


def voided_trust(view: View, unvoided: View) -> VoidedTrust:
    """How `view`, where voids hold, differs from `unvoided`: the same stream, caller, moment and policy, folded as if
    no void had been made, and without the voids themselves."""
    held, whole = (masses(one.evidence, microseconds(view.at)) for one in (view, unvoided))
    changed = [
        VoidedEvidence(
            dimension=dimension,
            evidence_for=rounded(whole[dimension].r - held[dimension].r, UNIT),
            evidence_against=rounded(whole[dimension].s - held[dimension].s, UNIT),
        )
        for dimension in DIMENSIONS
        if (whole[dimension].r, whole[dimension].s) != (held[dimension].r, held[dimension].s)
    ]
    return VoidedTrust(facts=len(unvoided.stream.facts) - len(view.stream.facts), dimensions=changed)
