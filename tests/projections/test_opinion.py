"""What evidence amounts to: factors, intervals, and how a policy changes them. The vectors are in test_vectors."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from projections.trust.fading import ONE, fading
from projections.trust.interval import Beta, _exactly_below
from projections.trust.score import headline, trust_of
from tests.projections.evidence import broken, kept, leg, on_day, row, uncapped

DAY = 86_400


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
