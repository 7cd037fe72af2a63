"""How trust moved (P9), what single facts did to it, and how two views of a stream differ. All of it is one walk."""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from domain.fields import Dimension, Instant
from projections.trust.opinion import PLACES, Opinion, rounded
from projections.trust.rows import DIMENSIONS
from projections.trust.score import fraction, opinions
from projections.trust.walk import Turn, Walk
from projections.view import View

# Each point costs a pass over the rows of its dimension: a page on a stream of 10,000 facts stays below a second.
POINTS_MAX = 200
# As many as a chart on a wide screen has columns.
SPACED_MAX = 200


class TrustChange(Struct, frozen=True, kw_only=True):
    """What one event did to one dimension: its score (E) and uncertainty (u) before and after, both at the time of the
    event, and `change`, the score after minus before. Six places each; `change` is rounded from the exact difference.
    """

    dimension: Dimension
    score_before: float
    score: float
    change: float
    uncertainty_before: float
    uncertainty: float


class TrustPoint(Struct, frozen=True, kw_only=True):
    """An instant at which evidence started, closed, was replaced or came to count differently.

    `event_id` is the fact that did it; where time alone did (`by_time`: a promise fell due, nobody heard an objection,
    a period was missed), the fact whose row started. `rules` are those of the rows concerned, in order.
    """

    at: Instant
    event_id: UUID
    by_time: bool
    rules: list[str]
    changes: list[TrustChange]


class SpacedTrust(Struct, frozen=True, kw_only=True):
    """Scores and uncertainties at an evenly spaced instant, after all that happened by then, by dimension."""

    at: Instant
    scores: dict[Dimension, float]
    uncertainties: dict[Dimension, float]


class TrustHistory(Struct, frozen=True, kw_only=True):
    """How trust moved on a stream, under `policy`. Between two points of a dimension evidence only fades.

    `points` are in the order in which they happened, at most 200 of `points_total`, from `skipped` on. `spaced` is
    empty unless spacing was asked for.
    """

    policy: str
    points: list[TrustPoint]
    points_total: int
    skipped: int
    spaced: list[SpacedTrust]


def trust_history(view: View, *, skip: int = 0, limit: int = POINTS_MAX, spaced: int = 0) -> TrustHistory:
    """P9: `limit` points after the first `skip`, and `spaced` evenly spaced instants from the first fact to `view.at`.

    Costs one pass over the facts, and one over the rows of a dimension for each of its points on the page.
    """
    walk = Walk(view.stream, view.policy)
    looks = _spacing(view, min(spaced, SPACED_MAX))
    points: list[TrustPoint] = []
    samples: list[SpacedTrust] = []
    total = 0
    for turn in walk.turns(view.at, looks):
        if turn.event_id is None:
            samples.append(_sample(walk, turn.at))
        elif turn.touched:
            total += 1
            if skip < total <= skip + min(limit, POINTS_MAX):
                points.append(_point(turn, turn.event_id))
    return TrustHistory(
        policy=view.policy.key, points=points, points_total=total, skipped=min(skip, total), spaced=samples
    )


def trust_changes(view: View, wanted: Container[UUID] | None = None) -> dict[UUID, list[TrustChange]]:
    """What each fact changed by itself, by event id; of `wanted` only, or of all. What changed nothing is absent.

    What time does later (a promise that falls due) is not the fact's doing then: see `trust_history`.
    """
    found: dict[UUID, list[TrustChange]] = {}
    for turn in Walk(view.stream, view.policy).turns(view.at, wanted=wanted):
        if turn.event_id is not None and not turn.by_time and (wanted is None or turn.event_id in wanted):
            changes = [_change(dimension, *turn.opinions(dimension)) for dimension in turn.touched]
            if changes:
                found[turn.event_id] = changes
    return found


def trust_between(before: View, after: View) -> list[TrustChange]:
    """How the answers to two views of one stream differ, each at its own moment; only dimensions that do.

    One that counts in one of them only has no evidence in the other.
    """
    first, second = _opinions(before), _opinions(after)
    none = {
        dimension: Opinion(0, 0, after.policy, dimension)
        for dimension in DIMENSIONS
        if dimension in first or dimension in second
    }
    first, second = none | first, none | second
    changes = [_change(dimension, first[dimension], second[dimension]) for dimension in none]
    return [one for one in changes if one.score != one.score_before or one.uncertainty != one.uncertainty_before]


def _opinions(view: View) -> dict[Dimension, Opinion]:
    return dict(opinions(view.evidence, view.at))


def _spacing(view: View, number: int) -> Sequence[datetime]:
    first = view.stream.first_at
    if first is None or number <= 0 or first > view.at:
        return ()
    step = (view.at - first) / max(number - 1, 1)
    whole = max(step - timedelta(microseconds=step.microseconds), timedelta(seconds=1))
    moments = [first + whole * nth for nth in range(number - 1)]
    return [*(moment for moment in moments if moment < view.at), view.at]


def _sample(walk: Walk, at: datetime) -> SpacedTrust:
    found = {dimension: walk.opinion(walk.mass(dimension, at), dimension) for dimension in DIMENSIONS}
    return SpacedTrust(
        at=at,
        scores={dimension: fraction(one.score) for dimension, one in found.items()},
        uncertainties={dimension: fraction(one.uncertainty) for dimension, one in found.items()},
    )


def _point(turn: Turn, event_id: UUID) -> TrustPoint:
    rules = sorted({rule for found in turn.rules.values() for rule in found}, key=lambda rule: int(rule[1:]))
    return TrustPoint(
        at=turn.at,
        event_id=event_id,
        by_time=turn.by_time,
        rules=rules,
        changes=[_change(dimension, *turn.opinions(dimension)) for dimension in turn.touched],
    )


def _change(dimension: Dimension, before: Opinion, after: Opinion) -> TrustChange:
    difference = after.score - before.score
    return TrustChange(
        dimension=dimension,
        score_before=fraction(before.score),
        score=fraction(after.score),
        change=rounded(difference.numerator, difference.denominator, PLACES),
        uncertainty_before=fraction(before.uncertainty),
        uncertainty=fraction(after.uncertainty),
    )
