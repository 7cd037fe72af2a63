"""What went together over many deals: tables of counts, each beside the hypothesis it may speak for or against.

No advice may enter. A table shows what was counted and how strongly two things went together, never that one made the
other; and few deals show nothing at all, which is why every figure has its counts beside it.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, get_args

from msgspec import Struct

from domain.events.deal import Outcome
from domain.events.discovery import Layer
from projections.coaching import LENSES, LensAndConfidence
from projections.deal_figures import DealFigures
from projections.figures import days, median, ratio
from projections.motives import LAYERS

PatternName = Literal["pressure", "help", "motives", "topics"]

OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
TOPICS_KNOWN = range(6)  # none to all five
MANY = 3  # from here on pressure and help are counted together
CAUTION = "Counts of what went together. They do not show that one made the other."


class DealsAlike(Struct, frozen=True, kw_only=True):
    """The closed deals that are alike in one respect: how they were closed, and whether they turned out right.

    `right_share` is of those right or wrong, 0..1, null without either.
    """

    group: str
    deals: int
    outcomes: dict[Outcome, int]
    right: int
    wrong: int
    undecided: int
    right_share: float | None


class Pattern(Struct, frozen=True, kw_only=True):
    """Closed deals grouped by one figure, empty groups too.

    `gamma` tells how the figure and turning out right went together: over all pairs of a right and a wrong deal, those
    where the right one has more less those where it has less, by both (Goodman and Kruskal 1954), -1..1; null without
    such a pair. `pairs` counts these pairs; ties and deals whose figure is not known are in none.
    """

    name: PatternName
    hypothesis: str
    groups: list[DealsAlike]
    gamma: float | None
    pairs: int


class NoesByInvitation(Struct, frozen=True, kw_only=True):
    """Deals in which a no was `invited` before the first one came (or without one coming), or was not.

    The medians are of the days from the opening to the first no, and to the first final one, of the deals that have
    one; null without any.
    """

    invited: bool
    deals: int
    with_a_no: int
    first_no_days: float | None
    with_a_final_no: int
    final_no_days: float | None


class MotivesOfMonth(Struct, frozen=True, kw_only=True):
    """Motives of the buyer's side recorded in one month (UTC, such as `2026-03`) on deals of one segment.

    `segment` is null when not said, or erased. `deals` counts the deals they are from.
    """

    month: str
    segment: str | None
    layer: Layer
    motives: int
    threatened: int
    deals: int


class AssumptionsOverDeals(Struct, frozen=True, kw_only=True):
    """Assumptions by their last test; `wrong_share` is of those tested, 0..1, null without any."""

    hypothesis: str
    held: int
    wrong: int
    unclear: int
    untested: int
    wrong_share: float | None


class Patterns(Struct, frozen=True, kw_only=True):
    """What went together over `deals`, of which `closed` are closed and `decided` turned out right or wrong.

    Right, wrong and undecided are the verdict of a deal by itself, as it is now; the figures that closed deals are
    grouped by are as they were at the close. `caution` says how to read all of this.
    """

    deals: int
    closed: int
    decided: int
    caution: str
    tables: list[Pattern]
    noes: list[NoesByInvitation]
    noes_hypothesis: str
    lens_and_confidence: list[LensAndConfidence]
    lens_hypothesis: str
    assumptions: AssumptionsOverDeals
    motives: list[MotivesOfMonth]


def patterns(figures: Iterable[DealFigures]) -> Patterns:
    """The tables over the deals that somebody may see, in whatever order they come."""
    deals = list(figures)
    closed = [deal for deal in deals if deal.outcome is not None]
    return Patterns(
        deals=len(deals),
        closed=len(closed),
        decided=sum(deal.verdict != "undecided" for deal in closed),
        caution=CAUTION,
        tables=[_pattern(*table, closed) for table in TABLES],
        noes=[_noes(invited, [deal for deal in deals if deal.invited is invited]) for invited in (True, False)],
        noes_hypothesis="A no comes sooner where it was invited.",
        lens_and_confidence=_lenses(deals),
        lens_hypothesis="Being asked when it will close leaves people less sure than being asked how they help.",
        assumptions=_assumptions(deals),
        motives=_motives(deals),
    )


Figure = int | float | None


def _counted(number: Figure) -> str:
    return f"{MANY} or more" if number is not None and number >= MANY else str(number)


def _covered(share: Figure) -> str:
    if share is None:
        return "no decider"
    return "none" if share == 0 else "up to half" if share * 2 <= 1 else "more than half"


COUNTED = (*map(str, range(MANY)), f"{MANY} or more")

Table = tuple[PatternName, str, Callable[[DealFigures], Figure], Callable[[Figure], str], Sequence[str]]
TABLES: tuple[Table, ...] = (
    (
        "pressure",
        "Deals closed under less pressure turn out right more often.",
        lambda deal: deal.pressure,
        _counted,
        COUNTED,
    ),
    (
        "help",
        "Deals in which more help was given turn out right more often.",
        lambda deal: deal.help,
        _counted,
        COUNTED,
    ),
    (
        "motives",
        "Deals whose deciders had said what is in it for them turn out right more often.",
        lambda deal: deal.decider_coverage,
        _covered,
        ("no decider", "none", "up to half", "more than half"),
    ),
    (
        "topics",
        "Deals closed with more of the five topics known turn out right more often.",
        lambda deal: deal.topics,
        str,
        tuple(map(str, TOPICS_KNOWN)),
    ),
)
"""Each table: its name, its hypothesis, the figure it groups by, the group of a figure, and all groups in order."""


def _pattern(
    name: PatternName,
    hypothesis: str,
    figure: Callable[[DealFigures], Figure],
    group: Callable[[Figure], str],
    groups: Sequence[str],
    closed: list[DealFigures],
) -> Pattern:
    grouped: dict[str, list[DealFigures]] = {one: [] for one in groups}
    for deal in closed:
        grouped[group(figure(deal))].append(deal)
    right, wrong = (
        sorted(number for deal in closed if deal.verdict == verdict and (number := figure(deal)) is not None)
        for verdict in ("right", "wrong")
    )
    more = sum(bisect_left(wrong, number) for number in right)
    less = sum(len(wrong) - bisect_right(wrong, number) for number in right)
    return Pattern(
        name=name,
        hypothesis=hypothesis,
        groups=[_alike(one, alike) for one, alike in grouped.items()],
        gamma=ratio(more - less, more + less),
        pairs=more + less,
    )


def _alike(group: str, deals: list[DealFigures]) -> DealsAlike:
    outcomes = Counter(deal.outcome for deal in deals)
    verdicts = Counter(deal.verdict for deal in deals)
    return DealsAlike(
        group=group,
        deals=len(deals),
        outcomes={outcome: outcomes[outcome] for outcome in OUTCOMES},
        right=verdicts["right"],
        wrong=verdicts["wrong"],
        undecided=verdicts["undecided"],
        right_share=ratio(verdicts["right"], verdicts["right"] + verdicts["wrong"]),
    )


def _noes(invited: bool, deals: list[DealFigures]) -> NoesByInvitation:
    first = [deal.first_no for deal in deals if deal.first_no is not None]
    final = [deal.final_no for deal in deals if deal.final_no is not None]
    first_median, final_median = median(first), median(final)
    return NoesByInvitation(
        invited=invited,
        deals=len(deals),
        with_a_no=len(first),
        first_no_days=None if first_median is None else days(first_median),
        with_a_final_no=len(final),
        final_no_days=None if final_median is None else days(final_median),
    )


def _lenses(deals: list[DealFigures]) -> list[LensAndConfidence]:
    rows = {lens: [row for deal in deals for row in deal.lenses if row.lens == lens] for lens in LENSES}
    return [
        LensAndConfidence(
            lens=lens,
            asked=sum(row.asked for row in of_lens),
            compared=sum(row.compared for row in of_lens),
            rose=sum(row.rose for row in of_lens),
            fell=sum(row.fell for row in of_lens),
            same=sum(row.same for row in of_lens),
        )
        for lens, of_lens in rows.items()
    ]


def _assumptions(deals: list[DealFigures]) -> AssumptionsOverDeals:
    counts: Counter[str | None] = Counter()
    for deal in deals:
        counts.update(deal.assumptions)
    return AssumptionsOverDeals(
        hypothesis="Much of what is assumed about why customers buy is wrong.",
        held=counts["held"],
        wrong=counts["wrong"],
        unclear=counts["unclear"],
        untested=counts[None],
        wrong_share=ratio(counts["wrong"], counts.total() - counts[None]),
    )


def _motives(deals: list[DealFigures]) -> list[MotivesOfMonth]:
    """By month, then by segment with those without one first, then by layer."""
    grouped: dict[tuple[str, str | None, Layer], list[tuple[int, bool]]] = {}
    for number, deal in enumerate(deals):
        for motive in deal.motives:
            key = motive.month, deal.segment, motive.layer
            grouped.setdefault(key, []).append((number, motive.threatened))
    order = sorted(grouped, key=lambda key: (key[0], key[1] is not None, key[1] or "", LAYERS.index(key[2])))
    return [
        MotivesOfMonth(
            month=month,
            segment=segment,
            layer=layer,
            motives=len(grouped[month, segment, layer]),
            threatened=sum(threatened for _, threatened in grouped[month, segment, layer]),
            deals=len({number for number, _ in grouped[month, segment, layer]}),
        )
        for month, segment, layer in order
    ]
