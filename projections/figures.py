"""Numbers as answers give them: rounded once, half-even, and null where there is nothing to divide by."""

from collections.abc import Collection
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

RATIO_PLACES = Decimal("0.000001")
DAYS_PLACES = Decimal("0.0001")  # about nine seconds
_DAY = timedelta(days=1)

Exact = int | Fraction | Decimal


def ratio(part: Exact, whole: Exact) -> float | None:
    """`part` / `whole` to six places; None when there is no whole, for an empty set has no share of anything."""
    return None if whole == 0 else _rounded(Fraction(part) / Fraction(whole), RATIO_PLACES)


def days(length: timedelta) -> float:
    """A length of time in days, to four places."""
    return _rounded(Fraction(length // timedelta.resolution, _DAY // timedelta.resolution), DAYS_PLACES)


def median(lengths: Collection[timedelta]) -> timedelta | None:
    """The middle length, or the mean of the two in the middle; None of none."""
    if not lengths:
        return None
    ordered = sorted(lengths)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _rounded(exact: Fraction, places: Decimal) -> float:
    steps = exact / Fraction(places)
    return float(Decimal(round(steps)) * places)  # round() of a Fraction is half-even and exact
