"""How well trust foretold what came (P24): the score before each promise ended, against how it ended."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal
from uuid import UUID

from msgspec import Struct

from domain.events.self_checks import TrustRated
from domain.fields import Dimension, Instant
from projections.figures import ratio
from projections.trust.evidence import Reading
from projections.trust.opinion import PLACES, rounded
from projections.trust.score import fraction
from projections.trust.walk import Turn, Walk
from projections.view import View

Ending = Literal["in_time", "late", "broken"]
_ENDINGS: Mapping[str, Ending] = {"T1": "in_time", "T2": "late", "T3": "broken"}
_CAME: Mapping[Ending, Fraction] = {"in_time": Fraction(1), "late": Fraction(1, 2), "broken": Fraction(0)}
EVEN = Fraction(1, 2)
RATING_MAX = 10
# Each costs a pass over the rows of its dimension; older ones say little about how well it foretells now.
ENDED_MAX = 200
RATED_MAX = 200


class Foretold(Struct, frozen=True, kw_only=True):
    """One promise that ended by `event_id`: `foretold` is the score of its dimension just before, without the promise's
    own evidence (six places), `came` what came of it: 1 kept in time, 0.5 late, 0 broken."""

    commitment_id: UUID
    event_id: UUID
    at: Instant
    dimension: Dimension
    ending: Ending
    foretold: float
    came: float


class Rated(Struct, frozen=True, kw_only=True):
    """What somebody said they trust beside what the evidence says at that moment, that fact included.

    `rated` is the rating divided by ten, `computed` the score, `difference` the first minus the second (six places).
    `by` is whose rating it is.
    """

    event_id: UUID
    at: Instant
    by: UUID
    dimension: Dimension
    rated: float
    computed: float
    difference: float


class Calibration(Struct, frozen=True, kw_only=True):
    """How far scores can be believed, from the promises that have ended (kept or broken; not those disputed, released
    or cancelled in time), the last 200 of `ended_total`, in the order in which they ended.

    `brier` is the mean of (foretold - came) squared (Brier 1950), 0 at best, 1 at worst; `reference` the same for
    foretelling one half every time; `skill` is 1 - brier / reference: above 0 the scores tell more than a coin. `brier`
    and `reference` are null without promises, `skill` also when the reference is 0. All are reckoned from the figures
    as given in `foretold` and have six places. `rated_minus_computed` is the mean difference by dimension in `ratings`,
    which are the last 200 of `ratings_total`, in the order in which they were given.
    """

    policy: str
    brier: float | None
    reference: float | None
    skill: float | None
    ended_total: int
    foretold: list[Foretold]
    rated_minus_computed: dict[Dimension, float]
    ratings_total: int
    ratings: list[Rated]


def calibration(view: View) -> Calibration:
    """P24. One pass over the facts, and one over a dimension's rows for each promise that ended and each rating."""
    stream = view.stream
    endings, facts_of, total = _endings(view)
    rated_by = [one.fact.event_id for one in view.entries if isinstance(one.fact.data, TrustRated)]
    rated_last = frozenset(rated_by[-RATED_MAX:])
    foretold: list[Foretold] = []
    ratings: list[Rated] = []
    walk = Walk(stream, view.policy)
    for turn in walk.turns(view.at, wanted=endings.keys() | rated_last):
        if turn.event_id is None or turn.by_time:
            continue
        ended = endings.get(turn.event_id)
        if ended is not None:
            foretold.append(_foretold(turn, *ended, facts_of[ended[0]]))
            continue
        entry = stream.find(turn.event_id) if turn.event_id in rated_last else None
        if entry is not None and isinstance(entry.fact.data, TrustRated):
            said = entry.fact.data
            computed = walk.opinion(walk.mass(said.dimension, turn.at), said.dimension).score
            rated = Fraction(str(said.rating)) / RATING_MAX
            difference = rated - computed
            ratings.append(
                Rated(
                    event_id=turn.event_id,
                    at=turn.at,
                    by=entry.fact.acting_party,
                    dimension=said.dimension,
                    rated=fraction(rated),
                    computed=fraction(computed),
                    difference=rounded(difference.numerator, difference.denominator, PLACES),
                )
            )
    misses = [(Fraction(str(one.foretold)) - _CAME[one.ending]) ** 2 for one in foretold]
    even = [(EVEN - _CAME[one.ending]) ** 2 for one in foretold]
    return Calibration(
        policy=view.policy.key,
        brier=ratio(sum(misses, Fraction(0)), len(misses)),
        reference=ratio(sum(even, Fraction(0)), len(even)),
        skill=ratio(sum(even, Fraction(0)) - sum(misses, Fraction(0)), sum(even, Fraction(0))),
        ended_total=total,
        foretold=foretold,
        rated_minus_computed=_means(ratings),
        ratings_total=len(rated_by),
        ratings=ratings,
    )


def _endings(view: View) -> tuple[dict[UUID, tuple[UUID, Ending, Dimension]], dict[UUID, set[UUID]], int]:
    """How the last promises ended, by the fact that ended each; all facts of each promise; and how many ended."""
    stream = view.stream
    reading = Reading(stream.kind, view.policy, {one.party_id: one.side for one in stream.participants.values()})
    facts_of: dict[UUID, set[UUID]] = {}
    for entry in stream.entries():
        reading.take(entry.fact, entry.at)
        promise = getattr(entry.fact.data, "commitment_id", None)
        if promise is not None:
            facts_of.setdefault(promise, set()).add(entry.fact.event_id)
    rows = [(slot[0], row) for slot, row in reading.book.rows.items() if row.rule in _ENDINGS]
    rows.sort(key=lambda one: (one[1].starts_at, one[1].event_id))
    last = {row.event_id: (promise, _ENDINGS[row.rule], row.dimension) for promise, row in rows[-ENDED_MAX:]}
    return last, facts_of, len(rows)


def _foretold(turn: Turn, promise: UUID, ending: Ending, dimension: Dimension, own: set[UUID]) -> Foretold:
    assert turn.event_id is not None
    return Foretold(
        commitment_id=promise,
        event_id=turn.event_id,
        at=turn.at,
        dimension=dimension,
        ending=ending,
        foretold=fraction(turn.before_without(dimension, own).score),
        came=float(_CAME[ending]),
    )


def _means(ratings: list[Rated]) -> dict[Dimension, float]:
    found: dict[Dimension, list[Fraction]] = {}
    for one in ratings:
        found.setdefault(one.dimension, []).append(Fraction(str(one.difference)))
    means = {dimension: sum(all_of, Fraction(0)) / len(all_of) for dimension, all_of in found.items()}
    return {dimension: rounded(mean.numerator, mean.denominator, PLACES) for dimension, mean in means.items()}
