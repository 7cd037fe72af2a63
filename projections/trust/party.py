"""Trust in one party over all the streams that a caller may see (P10): evidence is added up, never averaged.

Cumulative fusion of opinions (Josang 2016, section 12.3): r and s are added. Ages are whole UTC days, so that evidence
of one day can be kept in one bucket without changing a digit.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from domain.fields import Dimension, Instant, Side
from projections.figures import ratio
from projections.trust.evidence import Evidence, gather, microseconds
from projections.trust.fading import ONE, fading
from projections.trust.opinion import SECOND, DimensionOpinion, Label, Opinion, figures
from projections.trust.policy import DEFAULT, Policy
from projections.trust.rows import DIMENSIONS, Row
from projections.trust.turning import weakest_of
from projections.view import View

SECONDS_A_DAY = 86_400


class PartyDimension(DimensionOpinion, frozen=True, kw_only=True):
    """The fused opinion on one dimension. Members are those of a stream's opinion.

    `streams` is how many streams gave evidence that has not faded to nothing, `largest_share` the share of the largest
    of them in r + s (six places; null without evidence): near 1, one stream speaks for all.
    """

    streams: int
    largest_share: float | None


class PartyTrust(Struct, frozen=True, kw_only=True):
    """Trust in a party at `at` (UTC) under `policy`, over `streams` streams in which the party takes or took part.

    What a party did counts where it did it, in whatever dimension: its promises, its help, its pressure. What speaks of
    a side as a whole (an objection settled, a requirement verified, a renewal) counts for everybody on that side: the
    seller's side on a deal, or its buyer's side for `self`, and a goal's owner. Weights are as on each stream, after
    its caps; evidence fades by whole UTC days with the policy's half-life for parties (90 days under `trust/1`).
    `dimensions` are all four; `overall`, `weakest_dimension` and `label` are of the weakest among those with evidence,
    and without any of the vacuous opinion on the first.
    """

    party_id: UUID
    at: Instant
    policy: str
    streams: int
    half_life_days: float
    overall: float
    weakest_dimension: Dimension
    label: Label
    dimensions: list[PartyDimension]


def party_trust(party_id: UUID, views: Iterable[View], at: datetime, policy: Policy = DEFAULT) -> PartyTrust:
    """Trust in a party out of several views, each of another stream as the same caller sees it.

    Costs one pass over each stream's facts. The order of the views does not matter; views of streams in which the party
    takes no part count nothing. Pass `gathered` evidence to `fused` instead where it is at hand.
    """
    return fused(
        party_id,
        ((side, gather(view.stream, policy, at)) for view in views if (side := view.stream.side(party_id)) is not None),
        at,
        policy,
    )


def fused(
    party_id: UUID, streams: Iterable[tuple[Side, Evidence]], at: datetime, policy: Policy = DEFAULT
) -> PartyTrust:
    """The same out of evidence gathered before, with the side on which the party is on each stream."""
    found: dict[Dimension, list[tuple[int, int]]] = {dimension: [] for dimension in DIMENSIONS}
    number = 0
    for side, evidence in streams:
        number += 1
        sums = _sums(party_id, side, evidence, at, policy)
        for dimension, (r, s) in sums.items():
            if r or s:
                found[dimension].append((r, s))
    opinions = {
        dimension: Opinion(sum(r for r, _ in parts), sum(s for _, s in parts), policy, dimension)
        for dimension, parts in found.items()
    }
    weakest = weakest_of({one: opinions[one] for one in DIMENSIONS if found[one]} or opinions)
    legs = [_leg(dimension, opinions[dimension], found[dimension]) for dimension in DIMENSIONS]
    leg = next(one for one in legs if one.dimension == weakest)
    return PartyTrust(
        party_id=party_id,
        at=at,
        policy=policy.key,
        streams=number,
        half_life_days=float(policy.party_half_life_days),
        overall=leg.score,
        weakest_dimension=weakest,
        label=leg.label,
        dimensions=legs,
    )


def _sums(
    party_id: UUID, side: Side, evidence: Evidence, at: datetime, policy: Policy
) -> dict[Dimension, tuple[int, int]]:
    fades, moment = fading(policy.party_half_life_days), microseconds(at)
    today = moment // SECOND // SECONDS_A_DAY
    found: dict[Dimension, tuple[int, int]] = {}
    for row, weight_for, weight_against, _, starts_at, ages_from in evidence.rows:
        if starts_at > moment or not _speaks_of(row, party_id, side):
            continue
        factor = ONE
        if ages_from is not None:
            factor = fades.factor((today - ages_from // SECOND // SECONDS_A_DAY) * SECONDS_A_DAY)
        r, s = found.get(row.dimension, (0, 0))
        found[row.dimension] = r + weight_for * factor, s + weight_against * factor
    return found


def _speaks_of(row: Row, party_id: UUID, side: Side) -> bool:
    if row.doer is not None:
        return row.doer == party_id
    return side in ("self", "buyer" if row.dimension == "self" else "seller")


def _leg(dimension: Dimension, opinion: Opinion, parts: list[tuple[int, int]]) -> PartyDimension:
    return PartyDimension(
        **figures(dimension, opinion),
        streams=len(parts),
        largest_share=ratio(max((r + s for r, s in parts), default=0), opinion.r + opinion.s),
    )
