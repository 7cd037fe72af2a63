"""From added-up evidence to an opinion: belief, disbelief, uncertainty, score and label. Exact until it is rounded.

Beta reputation (Josang and Ismail 2002) read in subjective logic (Josang 2016, chapter 3).
"""

from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from math import isqrt
from typing import Any, Literal, NamedTuple

from msgspec import Struct

from domain.fields import Dimension
from projections.trust.evidence import Evidence, Weighed
from projections.trust.fading import ONE, Fading, fading
from projections.trust.interval import STEPS_OF_ONE, Beta
from projections.trust.policy import Policy
from projections.trust.rows import DIMENSIONS

UNIT = 10**27
"""A weight (1e-15) times a factor (1e-12): sums of evidence are whole numbers of these, the same in every order."""

PLACES = 6
FINE_PLACES = 12
SECOND = 1_000_000  # in the microseconds that rows count in

Label = Literal["unknown", "trusted", "uncertain", "distrusted"]


class Mass(Struct, gc=False):
    """Evidence for and against, in units of 1e-27, split into what fades and what is open and does not."""

    for_aging: int = 0
    for_open: int = 0
    against_aging: int = 0
    against_open: int = 0

    @property
    def r(self) -> int:
        return self.for_aging + self.for_open

    @property
    def s(self) -> int:
        return self.against_aging + self.against_open

    def add(self, other: "Mass") -> None:
        self.for_aging += other.for_aging
        self.for_open += other.for_open
        self.against_aging += other.against_aging
        self.against_open += other.against_open


Piece = tuple[Any, int, int, int, int, int | None]
"""A row as it counts, in the order of `Weighed`, of which the first and the fourth part do not matter here."""


def mass(rows: Iterable[Weighed | Piece], fades: Fading, at: int) -> Mass:
    """What rows of one dimension amount to `at` a moment in microseconds; those that start later do not count."""
    found = Mass()
    factor_of = fades.factor
    for _, weight_for, weight_against, _, starts_at, ages_from in rows:
        if starts_at > at:
            continue
        if ages_from is None:
            found.for_open += weight_for * ONE
            found.against_open += weight_against * ONE
        else:
            factor = factor_of((at - ages_from) // SECOND)
            if weight_for:
                found.for_aging += weight_for * factor
            if weight_against:
                found.against_aging += weight_against * factor
    return found


def fades_of(evidence: Evidence, dimension: Dimension) -> Fading:
    """How evidence of a dimension fades on this kind of stream."""
    return fading(evidence.policy.half_life_days.of(evidence.kind).of(dimension))


def masses(evidence: Evidence, at: int) -> dict[Dimension, Mass]:
    """What the evidence amounts to, by dimension; all four are there."""
    rows: dict[Dimension, list[Weighed]] = {dimension: [] for dimension in DIMENSIONS}
    for one in evidence.rows:
        rows[one.row.dimension].append(one)
    return {dimension: mass(found, fades_of(evidence, dimension), at) for dimension, found in rows.items()}


class Opinion:
    """What one dimension's evidence makes one think; numbers are in units of 1e-27 until asked for."""

    __slots__ = ("_bounds", "base", "prior", "r", "s", "whole")

    def __init__(self, r: int, s: int, policy: Policy, dimension: Dimension) -> None:
        self._bounds = _bounds(policy)
        self.r, self.s = r, s
        self.prior, self.base = _prior(policy, dimension)
        self.whole = r + s + self.prior  # N

    @property
    def score(self) -> Fraction:
        """E = (r + a W) / N, exactly."""
        return Fraction(self.r + self.base, self.whole)

    @property
    def uncertainty(self) -> Fraction:
        """u = W / N, exactly."""
        return Fraction(self.prior, self.whole)

    def share(self, part: int, places: int = PLACES) -> float:
        """`part` / N, rounded half-even."""
        return rounded(part, self.whole, places)

    @property
    def deviation(self) -> float:
        """sd = sqrt(E (1 - E) / (N + 1)), to six places, exactly rounded."""
        alpha = self.r + self.base
        square = alpha * (self.whole - alpha) * UNIT
        return _root(square, self.whole * self.whole * (self.whole + UNIT))

    @property
    def beta(self) -> Beta:
        alpha = self.r + self.base
        return Beta(alpha, self.whole - alpha, UNIT)

    def interval(self, beta: Beta) -> tuple[float, float]:
        """The equal-tailed interval of the policy's probability, to four places."""
        tail = self._bounds.tail
        return beta.quantile(tail) / STEPS_OF_ONE, beta.quantile(1 - tail) / STEPS_OF_ONE

    def label(self, beta: Beta | None = None) -> Label:
        """Unknown below so much certainty; else trusted or distrusted when the interval lies on one side of even.

        Needs no interval: low is above a point when less than the tail lies below it.
        """
        known, tail, even = self._bounds
        if (self.r + self.s) * known.denominator < self.whole * known.numerator:
            return "unknown"
        beta = self.beta if beta is None else beta
        if (self.r + self.base) * even.denominator > self.whole * even.numerator:
            return "trusted" if beta.below(even, tail) < 0 else "uncertain"
        return "distrusted" if beta.below(even, 1 - tail) > 0 else "uncertain"

    def weaker(self, other: "Opinion") -> bool:
        """Whether its score is smaller than another's, or as small and less certain. Exact, without a division."""
        mine, others = (self.r + self.base) * other.whole, (other.r + other.base) * self.whole
        return mine < others or (mine == others and self.prior * other.whole > other.prior * self.whole)


class _Bounds(NamedTuple):
    """What labels are told apart by: the certainty of the known, the tail beyond an interval, and even."""

    known: Fraction
    tail: Fraction
    even: Fraction


@lru_cache(maxsize=16)  # a service runs few policies
def _bounds(policy: Policy) -> _Bounds:
    return _Bounds(Fraction(policy.unknown_below), (1 - Fraction(policy.interval)) / 2, Fraction(policy.even))


@lru_cache(maxsize=64)
def _prior(policy: Policy, dimension: Dimension) -> tuple[int, int]:
    """W and a W."""
    return int(policy.prior_weight * UNIT), int(policy.prior_weight * policy.base_rate.of(dimension) * UNIT)


def rounded(part: int, whole: int, places: int = PLACES) -> float:
    """`part` / `whole`, half-even, as the nearest double, which prints as the decimal it stands for."""
    scale: int = 10**places
    steps, rest = divmod(part * scale, whole)
    if 2 * rest > whole or (2 * rest == whole and steps & 1):
        steps += 1
    return steps / scale


def _root(part: int, whole: int) -> float:
    scale: int = 10**PLACES
    steps = isqrt(part * scale * scale // whole)
    if 4 * part * scale * scale > (2 * steps + 1) ** 2 * whole:  # never just half-way but for a rational root
        steps += 1
    return steps / scale


class DimensionOpinion(Struct, frozen=True, kw_only=True):
    """The opinion on one dimension, in the figures that every answer tells; `DimensionTrust` says what each is."""

    dimension: Dimension
    score: float
    belief: float
    disbelief: float
    uncertainty: float
    certainty: float
    sd: float
    low: float
    high: float
    label: Label
    evidence_for: float
    evidence_against: float


def figures(dimension: Dimension, opinion: Opinion, label: Label | None = None) -> dict[str, Any]:
    """The members of `DimensionOpinion`; the label is found where it is not given."""
    beta = opinion.beta
    low, high = opinion.interval(beta)
    return {
        "dimension": dimension,
        "score": opinion.share(opinion.r + opinion.base),
        "belief": opinion.share(opinion.r),
        "disbelief": opinion.share(opinion.s),
        "uncertainty": opinion.share(opinion.prior),
        "certainty": opinion.share(opinion.r + opinion.s),
        "sd": opinion.deviation,
        "low": low,
        "high": high,
        "label": opinion.label(beta) if label is None else label,
        "evidence_for": rounded(opinion.r, UNIT),
        "evidence_against": rounded(opinion.s, UNIT),
    }
