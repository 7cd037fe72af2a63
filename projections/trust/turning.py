"""When an opinion says something else without another fact: a label or the weakest leg changes as evidence fades."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from domain.fields import Dimension
from projections.trust.evidence import Evidence
from projections.trust.fading import ONE
from projections.trust.opinion import Label, Mass, Opinion, fades_of
from projections.trust.policy import Policy

# Looked at between now and when all is forgotten, ever further apart: labels change a few times at most.
LOOKS = 16
# In half-lives: of what is left then nothing shows in six places any more.
FORGOTTEN = 24

State = tuple[tuple[Label, ...], Dimension]


def weakest_of(opinions: Mapping[Dimension, Opinion]) -> Dimension:
    """The dimension with the smallest score; of equal ones the least certain, then the first."""
    weakest = next(iter(opinions))
    for dimension, opinion in opinions.items():
        if opinion.weaker(opinions[weakest]):
            weakest = dimension
    return weakest


def state(opinions: Mapping[Dimension, Opinion]) -> State:
    """What is said of the legs in words."""
    return tuple(one.label() for one in opinions.values()), weakest_of(opinions)


def rolled(found: Mass, policy: Policy, dimension: Dimension, factor: int) -> Opinion:
    """The opinion when what fades has left so much, in units of 1e-12 (Cormode et al. 2009: exponential decay)."""
    return Opinion(
        found.for_open + found.for_aging * factor // ONE,
        found.against_open + found.against_aging * factor // ONE,
        policy,
        dimension,
    )


def turns_at(evidence: Evidence, found: Mapping[Dimension, Mass], now: State, at: datetime) -> datetime | None:
    """The next instant at which a row starts, or else at which a label or the weakest dimension is another.

    What fades is rolled forward to about a second, and looked at sixteen times before it is as good as forgotten: a
    label that would change and change back between two looks may be missed.
    """
    moments = [one.row.starts_at for one in evidence.rows if one.row.starts_at > at]
    starts = min(moments, default=evidence.good_until)
    fades = {dimension: fades_of(evidence, dimension) for dimension in found}

    def same(seconds: int) -> bool:
        opinions = {
            dimension: rolled(mass, evidence.policy, dimension, fades[dimension].factor(seconds))
            for dimension, mass in found.items()
        }
        return state(opinions) == now

    if not any(mass.for_aging or mass.against_aging for mass in found.values()):
        return starts
    longest = max(one.half_life_seconds for one in fades.values())
    last = FORGOTTEN * longest
    if starts is not None:
        last = min(last, max((starts - at) // timedelta(seconds=1), 0))
    seconds = _first_change(same, _looks(last, longest))
    return starts if seconds is None else _after(at, seconds)


def _looks(last: int, half_life: int) -> Sequence[int]:
    """Closer together in the first half-lives, where most is lost."""
    found = (min(last, half_life * step * step // (LOOKS * 2)) for step in range(1, LOOKS))
    return sorted({*found, last})


def _first_change(same: Callable[[int], bool], looks: Sequence[int]) -> int | None:
    before = 0
    for look in looks:
        if not same(look):
            after = look
            while after - before > 1:
                middle = (after + before) // 2
                before, after = (middle, after) if same(middle) else (before, middle)
            return after
        before = look
    return None


def _after(at: datetime, seconds: int) -> datetime | None:
    try:
        return at + timedelta(seconds=seconds)
    except OverflowError:  # after the end of the calendar
        return None
