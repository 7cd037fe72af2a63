"""What evidence amounts to: the published vectors, the factors, the interval, and how a policy changes them."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.trust.fading import ONE, fading
from projections.trust.interval import Beta, _exactly_below
from projections.trust.rows import Row
from projections.trust.score import headline, trust_of
from tests.projections.evidence import broken, kept, leg, on_day, policy, row, uncapped

DAY = 86_400
OPEN = [row(10, 0, 1, ages_from=None)]
LATE = [row(14, 0.5, 0.5)]
GOAL = [row(day, 0 if day in (5, 9) else 1, 1 if day in (5, 9) else 0) for day in range(14) if day != 11]
MIXED = [*kept(0, 10, 20), *broken(30)]
REVERSED = [*broken(0), *kept(10, 20, 30)]

# rows, day, half-life in days, r, s, score, uncertainty, sd, low, high
VECTORS: list[tuple[str, list[Row], int, int, str]] = [
    ("V0", [], 0, 90, "0.000000 0.000000 0.500000 1.000000 0.288675 0.0500 0.9500"),
    ("V1", kept(0), 0, 90, "1.000000 0.000000 0.666667 0.666667 0.235702 0.2236 0.9747"),
    ("V1", kept(0), 45, 90, "0.707107 0.000000 0.630602 0.738796 0.250673 0.1729 0.9704"),
    ("V1", kept(0), 90, 90, "0.500000 0.000000 0.600000 0.800000 0.261861 0.1357 0.9664"),
    ("V1", kept(0), 180, 90, "0.250000 0.000000 0.555556 0.888889 0.275633 0.0910 0.9598"),
    ("V1", kept(0), 360, 90, "0.062500 0.000000 0.515152 0.969697 0.285583 0.0596 0.9529"),
    ("V2", broken(0), 0, 90, "0.000000 1.000000 0.333333 0.666667 0.235702 0.0253 0.7764"),
    ("V2", broken(0), 90, 90, "0.000000 0.500000 0.400000 0.800000 0.261861 0.0336 0.8643"),
    ("V3", MIXED, 10, 90, "1.925875 0.000000 0.745280 0.509441 0.196313 0.3592 0.9826"),
    ("V3", MIXED, 20, 90, "2.783119 0.000000 0.790931 0.418137 0.169096 0.4530 0.9865"),
    ("V3", MIXED, 30, 90, "2.576819 1.000000 0.641373 0.358627 0.187012 0.3053 0.9158"),
    ("V3", MIXED, 60, 90, "2.045223 0.793701 0.629318 0.413315 0.199880 0.2709 0.9223"),
    ("V3", MIXED, 120, 90, "1.288410 0.500000 0.604055 0.527926 0.223491 0.2078 0.9325"),
    ("V3", MIXED, 390, 90, "0.161051 0.062500 0.522161 0.899462 0.278212 0.0717 0.9483"),
    ("V4", REVERSED, 30, 90, "2.783119 0.793701 0.678365 0.358627 0.182140 0.3436 0.9358"),
    ("V4", REVERSED, 60, 90, "2.208963 0.629961 0.663156 0.413315 0.195594 0.3046 0.9396"),
    ("V6a", kept(0, 10), 60, 90, "1.310356 0.000000 0.697918 0.604165 0.221161 0.2734 0.9780"),
    ("V6b", kept(0), 60, 90, "0.629961 0.000000 0.619766 0.760468 0.254794 0.1591 0.9690"),
    ("V7a", OPEN, 9, 90, "0.000000 0.000000 0.500000 1.000000 0.288675 0.0500 0.9500"),
    ("V7b", OPEN, 12, 90, "0.000000 1.000000 0.333333 0.666667 0.235702 0.0253 0.7764"),
    ("V7b", OPEN, 200, 90, "0.000000 1.000000 0.333333 0.666667 0.235702 0.0253 0.7764"),
    ("V7c", LATE, 14, 90, "0.500000 0.500000 0.500000 0.666667 0.250000 0.0973 0.9027"),
    ("V7c", LATE, 30, 90, "0.442032 0.442032 0.500000 0.693466 0.253704 0.0923 0.9077"),
    ("V9", kept(0, weight=0.5), 0, 90, "0.500000 0.000000 0.600000 0.800000 0.261861 0.1357 0.9664"),
    ("V12", kept(*[0] * 8) + broken(0, 0), 0, 90, "8.000000 2.000000 0.750000 0.166667 0.120096 0.5299 0.9212"),
    (
        "V12",
        kept(*[0] * 80) + broken(*[0] * 20),
        0,
        90,
        "80.000000 20.000000 0.794118 0.019608 0.039841 0.7254 0.8562",
    ),
    ("V13", broken(0, 0, 0, 0), 0, 90, "0.000000 4.000000 0.166667 0.333333 0.140859 0.0102 0.4507"),
    ("V13", broken(0, 0, 0, 0), 360, 90, "0.000000 0.250000 0.444444 0.888889 0.275633 0.0402 0.9090"),
    ("V15", kept(0), 3650, 90, "0.000000 0.000000 0.500000 1.000000 0.288675 0.0500 0.9500"),
    ("V15", kept(0), 3700, 90, "0.000000 0.000000 0.500000 1.000000 0.288675 0.0500 0.9500"),
    ("V16", GOAL, 4, 30, "4.776757 0.000000 0.852437 0.295126 0.127181 0.5954 0.9912"),
    ("V16", GOAL, 13, 30, "9.402242 1.742960 0.791334 0.152147 0.108044 0.5904 0.9406"),
    ("V16", GOAL, 43, 30, "4.701121 0.871480 0.752862 0.264110 0.147323 0.4752 0.9514"),
    ("V16", GOAL, 103, 30, "1.175280 0.217870 0.641080 0.589423 0.228858 0.2220 0.9581"),
]


@pytest.mark.parametrize(
    ("rows", "day", "half_life", "expected"), [pytest.param(*one[1:], id=f"{one[0]}@{one[2]}") for one in VECTORS]
)
def test_the_published_vectors(rows: list[Row], day: int, half_life: int, expected: str) -> None:
    found = leg(trust_of(uncapped(rows, policy(half_life=str(half_life))), on_day(day)))
    numbers = (found.evidence_for, found.evidence_against, found.score, found.uncertainty, found.sd)
    assert " ".join([*(f"{one:.6f}" for one in numbers), f"{found.low:.4f}", f"{found.high:.4f}"]) == expected


def test_a_base_rate_of_seven_tenths() -> None:
    """V10."""
    found = leg(trust_of(uncapped([*kept(0, 0, 0), *broken(0)], policy(base_rate="0.7")), on_day(0)))
    assert (found.score, found.uncertainty, found.sd) == (0.733333, 0.333333, 0.167142)
    assert (found.low, found.high, found.base_rate) == (0.4171, 0.9566, 0.7)


FACTORS = [
    (0, 90, "1"),
    (1, 90, "0.999999910861"),
    (3_600, 90, "0.999679150011"),
    (DAY, 90, "0.992327946263"),
    (7 * DAY, 90, "0.947516007815"),
    (30 * DAY, 90, "0.793700525984"),
    (45 * DAY, 90, "0.707106781187"),
    (90 * DAY, 90, "0.5"),
    (365 * DAY, 90, "0.060138989806"),
    (DAY, 30, "0.977159968434"),
    (-5, 90, "1"),
    (13 * 90 * DAY, 90, "0.000122070312"),  # exactly half-way between two steps
]


@pytest.mark.parametrize(("seconds", "half_life", "expected"), FACTORS)
def test_the_published_factors(seconds: int, half_life: int, expected: str) -> None:
    assert Decimal(fading(Decimal(half_life)).factor(seconds)) / ONE == Decimal(expected)


@given(st.integers(0, 42 * 90 * DAY), st.sampled_from([1, 7, 30, 90, 365]))
def test_a_factor_is_the_decimal_one_at_every_age(seconds: int, half_life: int) -> None:
    whole, rest = divmod(seconds, half_life * DAY)
    with localcontext() as context:
        context.prec = 60
        exact = (-Decimal(seconds) * Decimal(2).ln() / Decimal(half_life * DAY)).exp()
        if rest == 0:
            exact = 1 / Decimal(2) ** whole
        expected = exact.quantize(Decimal("1e-12"), ROUND_HALF_EVEN)
    assert Decimal(fading(Decimal(half_life)).factor(seconds)) / ONE == expected


EVIDENCE = st.fractions(Fraction(1, 5), 300, max_denominator=1000)
SHARES = st.sampled_from([Fraction(1, 20), Fraction(19, 20)])


@given(EVIDENCE, EVIDENCE, SHARES)
def test_a_quantile_is_where_that_much_lies_below(alpha: Fraction, beta: Fraction, share: Fraction) -> None:
    found, wanted = Beta(alpha, beta).quantile(share), Decimal(share.numerator) / share.denominator
    assert 0 <= found <= 10_000
    if found > 0:
        assert _exactly_below(alpha, beta, Fraction(2 * found - 1, 20_000)) < wanted
    if found < 10_000:
        assert _exactly_below(alpha, beta, Fraction(2 * found + 1, 20_000)) >= wanted


@given(st.integers(1, 60), st.integers(1, 60), st.fractions(Fraction(1, 50), Fraction(49, 50), max_denominator=997))
def test_fifty_digits_say_what_the_binomial_sum_says(alpha: int, beta: int, at: Fraction) -> None:
    trials = alpha + beta - 1
    chance = Fraction(1)
    total = Fraction(0)
    for hits in range(trials + 1):
        total += chance * at**hits * (1 - at) ** (trials - hits) if hits >= alpha else 0
        chance = chance * (trials - hits) / (hits + 1)
    found = _exactly_below(Fraction(alpha), Fraction(beta), at)
    assert abs(Fraction(found) - total) < Fraction(1, 10**30)


def test_where_doubles_are_not_sure_fifty_digits_decide() -> None:
    even = Beta(Fraction(7), Fraction(7))
    assert even.below(Fraction(1, 2), Fraction(1, 2)) == 0
    hair = Fraction(1, 10**14)
    assert even.below(Fraction(1, 2), Fraction(1, 2) + hair) == -1
    assert even.below(Fraction(1, 2), Fraction(1, 2) - hair) == 1


def test_four_fresh_kept_promises_are_trusted_and_three_are_not() -> None:
    for number, label, low in [(3, "uncertain", 0.4729), (4, "trusted", 0.5493)]:
        found = leg(trust_of(uncapped(kept(*[0] * number)), on_day(0)))
        assert (found.label, found.low) == (label, low)


def test_distrust_heals_into_unknown_and_never_into_trust() -> None:
    evidence = uncapped(broken(0, 0, 0, 0))
    labels = [leg(trust_of(evidence, on_day(day))).label for day in (0, 60, 360)]
    assert labels == ["distrusted", "uncertain", "unknown"]


def test_evidence_against_can_be_made_to_weigh_double() -> None:
    """V3 on day 30 with the knob; a promise broken by the public rules is tested with the rules."""
    doubled = [*kept(0, 10, 20), *broken(30, weight=2)]
    assert leg(trust_of(uncapped(doubled), on_day(30))).score == 0.543852


def test_the_weakest_leg_is_named_and_nothing_is_averaged() -> None:
    rows = [*kept(0, 0, 0, 0), row(0, 0, 1, dimension="process"), row(0, 1, dimension="product")]
    found = trust_of(uncapped(rows), on_day(0))
    assert (found.overall, found.weakest_dimension, found.label) == (0.333333, "process", "uncertain")
    assert [one.dimension for one in found.dimensions] == ["seller", "product", "process", "self"]
    short = headline(uncapped(rows), on_day(0))
    assert (short.score, short.weakest_dimension, short.label) == (0.333333, "process", "uncertain")
    assert short.uncertainty == 0.666667


def test_of_equal_legs_the_least_certain_is_the_weakest_then_the_first() -> None:
    assert trust_of(uncapped([]), on_day(0)).weakest_dimension == "seller"
    even = [row(0, 1, 1), row(0, 2, 2, dimension="product"), row(0, 1, 1, dimension="process")]
    rows = [*even, row(0, 4, dimension="self")]
    assert trust_of(uncapped(rows), on_day(0)).weakest_dimension == "seller"
    assert trust_of(uncapped([row(0, 2, 2), *rows[1:]]), on_day(0)).weakest_dimension == "process"
