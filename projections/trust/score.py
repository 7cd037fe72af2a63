"""Trust (P8): one opinion for each dimension, with the evidence that adds up to it. Also the headline for lists.

On a deal all four dimensions count: the seller, the product, the process, and the buyer's trust in carrying it out
(self). On a goal the seller counts only once something was recorded about one; process is the way, product the outcome.
"""

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from msgspec import Struct

from domain.fields import Dimension, Instant
from projections.trust.evidence import Evidence, Weighed, microseconds
from projections.trust.fading import ONE, PLACES, Fading
from projections.trust.opinion import (
    FINE_PLACES,
    SECOND,
    UNIT,
    DimensionOpinion,
    Label,
    Mass,
    Opinion,
    fades_of,
    figures,
    masses,
    rounded,
)
from projections.trust.rows import THOUSAND
from projections.trust.turning import state, turns_at, weakest_of
from projections.view import View


class EvidenceRow(Struct, frozen=True, kw_only=True):
    """One row of evidence: what `event_id` counts for by `rule` of the policy, in its `case`.

    `weight_for` and `weight_against` (three places) are multiplied by `counted_for` and `counted_against`: 1; or 0
    where another row says the same; evidence for also by what the cap of its day left (twelve places). The row counts
    from `starts_at` on and fades from `ages_from` on (UTC); null: it is open and does not fade. `factor` (twelve
    places) is what fading left by the moment asked about. `mass_for` and `mass_against` are its shares of the score:
    the score is the sum of all `mass_for` plus `prior_mass` times the base rate, exactly before rounding, and each mass
    is rounded by itself to twelve places, so that n rows added up are off by less than n times 1e-12. `effect` is the
    score minus what it would be without this row, other rows counting as they do (six places).
    """

    event_id: UUID
    rule: str
    case: str
    weight_for: float
    weight_against: float
    counted_for: float
    counted_against: float
    starts_at: Instant
    ages_from: Instant | None
    factor: float
    mass_for: float
    mass_against: float
    effect: float


class DimensionTrust(DimensionOpinion, frozen=True, kw_only=True):
    """The opinion on one dimension. Shares lie between 0 and 1 and have six places, rounded half-even.

    `evidence_for` (r) and `evidence_against` (s) are the evidence as it counts at the moment. `score` (E) is the
    expected share of good outcomes, (r + a W) / (r + s + W); `belief` + `disbelief` + `uncertainty` are 1;
    `certainty` is 1 - `uncertainty`; `sd` the standard deviation of the beta distribution; `low` and `high` its
    equal-tailed 90 percent interval (four places). `label` is `unknown` while certainty is below 0.2, `trusted` when
    `low` lies above one half, `distrusted` when `high` lies below, else `uncertain`; without evidence it is `unknown`
    and the score is the base rate, which is not a zero.

    To draw the score dt seconds later without asking again, let k = 2^(-dt / (86,400 `half_life_days`)): it is
    (`for_open` + k `for_aging` + a W) / (`for_open` + `against_open` + k (`for_aging` + `against_aging`) + W), with
    `base_rate` a and `prior_weight` W, to about 1e-6, until `changes_at` at least. These parts have twelve places.

    `prior_mass` is the uncertainty to twelve places. `rows` are those that have not faded to nothing, by `starts_at`,
    then event and rule.
    """

    for_aging: float
    for_open: float
    against_aging: float
    against_open: float
    half_life_days: float
    base_rate: float
    prior_weight: float
    prior_mass: float
    rows: list[EvidenceRow]


class Trust(Struct, frozen=True, kw_only=True):
    """Trust on a stream at `at` (UTC), under `policy` (as in `trust/1`).

    `dimensions` are in the order seller, product, process, self. Trust as a whole is never a mean: `overall` is the
    smallest score, `weakest_dimension` whose it is (of equal ones the least certain, then the first in order), and
    `label` what that dimension's label is. `changes_at` is the next instant at which a row starts, or else at which a
    label or the weakest dimension is another because evidence has faded (to about a second); null if not in 24
    half-lives.
    """

    at: Instant
    policy: str
    overall: float
    weakest_dimension: Dimension
    label: Label
    dimensions: list[DimensionTrust]
    changes_at: Instant | None


class Headline(Struct, frozen=True, kw_only=True):
    """Trust in one line: the weakest dimension with its score and uncertainty (six places) and its label."""

    weakest_dimension: Dimension
    score: float
    uncertainty: float
    label: Label


def trust(view: View) -> Trust:
    """Trust on the stream of a view, with every row that makes it."""
    return trust_of(view.evidence, view.at)


def trust_in(view: View, dimension: Dimension) -> tuple[DimensionTrust, datetime | None]:
    """Trust in one dimension without its rows, and when trust next turns on any; the dimension must count here."""
    evidence, moment = view.evidence, microseconds(view.at)
    found, opinions = _opinions(evidence, moment)
    now = state(opinions)
    label = dict(zip(opinions, now[0], strict=True))[dimension]
    leg = _leg(evidence, dimension, found[dimension], opinions[dimension], label, [], moment)
    return leg, turns_at(evidence, found, now, view.at)


def trust_of(evidence: Evidence, at: datetime) -> Trust:
    """Trust out of evidence gathered before, at a moment that it is good for."""
    moment = microseconds(at)
    found, opinions = _opinions(evidence, moment)
    now = state(opinions)
    labels = dict(zip(opinions, now[0], strict=True))
    weakest = now[1]
    rows: dict[Dimension, list[Weighed]] = {dimension: [] for dimension in opinions}
    for one in evidence.rows:
        if one.starts_at <= moment:
            rows[one.row.dimension].append(one)
    legs = [
        _leg(evidence, dimension, found[dimension], opinion, labels[dimension], rows[dimension], moment)
        for dimension, opinion in opinions.items()
    ]
    return Trust(
        at=at,
        policy=evidence.policy.key,
        overall=next(leg.score for leg in legs if leg.dimension == weakest),
        weakest_dimension=weakest,
        label=labels[weakest],
        dimensions=legs,
        changes_at=turns_at(evidence, found, now, at),
    )


def headline(evidence: Evidence, at: datetime) -> Headline:
    """Only what a list shows: one pass over the rows, and an interval only where the label needs it."""
    _, opinions = _opinions(evidence, microseconds(at))
    weakest = weakest_of(opinions)
    opinion = opinions[weakest]
    return Headline(
        weakest_dimension=weakest,
        score=fraction(opinion.score),
        uncertainty=fraction(opinion.uncertainty),
        label=opinion.label(),
    )


def opinions(evidence: Evidence, at: datetime) -> Mapping[Dimension, Opinion]:
    """The exact opinion on each dimension that counts on this kind of stream."""
    return _opinions(evidence, microseconds(at))[1]


def fraction(exact: Fraction) -> float:
    """A share as answers give it: six places, half-even."""
    return rounded(exact.numerator, exact.denominator)


def _opinions(evidence: Evidence, at: int) -> tuple[dict[Dimension, Mass], dict[Dimension, Opinion]]:
    found = masses(evidence, at)
    if evidence.kind == "goal" and not any(one.row.dimension == "seller" for one in evidence.rows):
        del found["seller"]
    policy = evidence.policy
    return found, {dimension: Opinion(one.r, one.s, policy, dimension) for dimension, one in found.items()}


def _leg(
    evidence: Evidence,
    dimension: Dimension,
    found: Mass,
    opinion: Opinion,
    label: Label,
    rows: list[Weighed],
    at: int,
) -> DimensionTrust:
    policy, fades = evidence.policy, fades_of(evidence, dimension)
    return DimensionTrust(
        **figures(dimension, opinion, label),
        for_aging=rounded(found.for_aging, UNIT, FINE_PLACES),
        for_open=rounded(found.for_open, UNIT, FINE_PLACES),
        against_aging=rounded(found.against_aging, UNIT, FINE_PLACES),
        against_open=rounded(found.against_open, UNIT, FINE_PLACES),
        half_life_days=float(policy.half_life_days.of(evidence.kind).of(dimension)),
        base_rate=float(policy.base_rate.of(dimension)),
        prior_weight=float(policy.prior_weight),
        prior_mass=opinion.share(opinion.prior, FINE_PLACES),
        rows=_rows(rows, fades, opinion, at),
    )


def _rows(rows: list[Weighed], fades: Fading, opinion: Opinion, at: int) -> list[EvidenceRow]:
    found = []
    whole, alpha = opinion.whole, opinion.r + opinion.base
    ordered = sorted(rows, key=lambda one: (one.starts_at, one.row.event_id.int, one.row.rule))
    for row, weight_for, weight_against, scale, _, ages_from in ordered:
        factor = ONE if ages_from is None else fades.factor((at - ages_from) // SECOND)
        if not factor:
            continue
        mass_for, mass_against = weight_for * factor, weight_against * factor
        rest = whole - mass_for - mass_against
        found.append(
            EvidenceRow(
                event_id=row.event_id,
                rule=row.rule,
                case=row.case,
                weight_for=row.weight_for / THOUSAND,
                weight_against=row.weight_against / THOUSAND,
                counted_for=scale / ONE if weight_for or not row.weight_for else 0.0,
                counted_against=1.0 if weight_against or not row.weight_against else 0.0,
                starts_at=row.starts_at,
                ages_from=row.ages_from,
                factor=factor / 10**PLACES,
                mass_for=rounded(mass_for, whole, FINE_PLACES) if mass_for else 0.0,
                mass_against=rounded(mass_against, whole, FINE_PLACES) if mass_against else 0.0,
                # E - E' = alpha / N - (alpha - for) / (N - for - against), over one denominator
                effect=rounded(alpha * rest - (alpha - mass_for) * whole, whole * rest),
            )
        )
    return found
