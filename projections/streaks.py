"""How a routine went, period by period: runs, shares, and how strong the habit is. No check-in is read here."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Literal

from msgspec import Struct

from projections.figures import ratio

Status = Literal["done", "partial", "missed"]

# A comeback is more than one good day.
COMEBACK_RUN = 3
# The days after which a habit that asks once a day has lost half its strength, as Loop Habit Tracker has it.
HALF_STRENGTH_DAYS = 13
# As many digits as trust reckons with; the answer has six places.
DIGITS = 28
VALUES = {"done": Decimal(1), "partial": Decimal("0.5"), "missed": Decimal(0)}
# How often a day and for how many days: a routine that changes every month for years has no more.
PACES_KEPT_MAX = 1_024


class Mark(Struct, frozen=True):
    """A period that asked for something and was not skipped: how it went, how often it asked, and how many days it
    stands for. A weekday's routine asks on its days only, each of which stands for its share of the week."""

    status: Status
    times: int
    days: Fraction


class Run(Struct, frozen=True, kw_only=True):
    """What a sequence of periods comes to. `streak` counts the periods done since the last that was not, `longest` the
    longest such run. `comebacks` are the runs of 3 done after a miss, one at most for each lapse. `recoveries` has for
    every lapse that ended the periods from its first miss to the next done; `longest_gap` is the most periods in a row
    without a done."""

    done: int
    partial: int
    missed: int
    streak: int
    longest: int
    comebacks: int
    recoveries: list[int]
    longest_gap: int


def run(marks: Sequence[Mark]) -> Run:
    """The runs in a sequence of periods, earliest first."""
    streak = longest = comebacks = gap = longest_gap = 0
    lapse_began: int | None = None
    lapsed = False
    recoveries: list[int] = []
    for place, mark in enumerate(marks):
        if mark.status == "done":
            streak, gap = streak + 1, 0
            longest = max(longest, streak)
            if lapse_began is not None:
                recoveries.append(place - lapse_began)
                lapse_began = None
            if lapsed and streak == COMEBACK_RUN:
                comebacks, lapsed = comebacks + 1, False
            continue
        streak, gap = 0, gap + 1
        longest_gap = max(longest_gap, gap)
        if mark.status == "missed":
            lapsed = True
            lapse_began = place if lapse_began is None else lapse_began
    statuses = [mark.status for mark in marks]
    return Run(
        done=statuses.count("done"),
        partial=statuses.count("partial"),
        missed=statuses.count("missed"),
        streak=streak,
        longest=longest,
        comebacks=comebacks,
        recoveries=recoveries,
        longest_gap=longest_gap,
    )


def completion(marks: Sequence[Mark]) -> float | None:
    """(done + half of partial) / all periods, six places; None of none."""
    statuses = [mark.status for mark in marks]
    return ratio(statuses.count("done") + Fraction(statuses.count("partial"), 2), len(statuses))


def strength(marks: Sequence[Mark]) -> float:
    """How strong the habit is, 0 to 1, six places: the score of Loop Habit Tracker (Alinson Xavier).

    s' = s m + v (1 - m) for each period, from 0, where v is 1 for done, 0.5 for partial and 0 for missed, and
    m = 0.5^(sqrt(f) / 13) a day for a routine that asks f times a day, to the power of the days that the period stands
    for. A skipped period has no mark and freezes it.
    """
    with localcontext() as context:
        context.prec = DIGITS
        score = Decimal(0)
        for mark in marks:
            kept = _kept(mark.times, mark.days)
            score = score * kept + VALUES[mark.status] * (1 - kept)
    return ratio(score, 1) or 0.0


def middle(counts: Sequence[int]) -> float | None:
    """The median of whole numbers; the mean of the two in the middle of an even count; None of none."""
    if not counts:
        return None
    ordered, half = sorted(counts), len(counts) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


@lru_cache(maxsize=PACES_KEPT_MAX)
def _kept(times: int, days: Fraction) -> Decimal:
    """The share of the strength that a period keeps."""
    length = Decimal(days.numerator) / Decimal(days.denominator)
    halvings = (times / length).sqrt() / HALF_STRENGTH_DAYS * length
    return (-halvings * Decimal(2).ln()).exp()
