"""What another policy would make of the same evidence: one stream's scores under two of them, side by side."""

from datetime import datetime

from msgspec import Struct

from domain.fields import Dimension
from domain.state import Stream
from projections.trust.evidence import gather
from projections.trust.opinion import PLACES, Label, rounded
from projections.trust.policy import Policy
from projections.trust.score import fraction, opinions


class ScoreCompared(Struct, frozen=True, kw_only=True):
    """One dimension under two policies: score (0..1, six places) and label under the first and under the second.

    `change` is the second score minus the first, rounded from the exact difference.
    """

    dimension: Dimension
    first: float
    second: float
    change: float
    first_label: Label
    second_label: Label


def compared(stream: Stream, first: Policy, second: Policy, at: datetime) -> list[ScoreCompared]:
    """Every dimension that counts under both, in order, at one moment."""
    one, other = (opinions(gather(stream, policy, at), at) for policy in (first, second))
    found = []
    for dimension in one.keys() & other.keys():
        difference = other[dimension].score - one[dimension].score
        found.append(
            ScoreCompared(
                dimension=dimension,
                first=fraction(one[dimension].score),
                second=fraction(other[dimension].score),
                change=rounded(difference.numerator, difference.denominator, PLACES),
                first_label=one[dimension].label(),
                second_label=other[dimension].label(),
            )
        )
    order = list(one)
    return sorted(found, key=lambda each: order.index(each.dimension))


def largest(scores: list[ScoreCompared]) -> float:
    """How far the scores of a stream lie apart at most."""
    return max((abs(one.change) for one in scores), default=0.0)
