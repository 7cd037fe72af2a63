"""The beta distribution, as far as opinions need it: on which side of a point how much of it lies. Pure Python.

Doubles decide wherever they are sure; where a figure lies so close to its bound that a platform's logarithm could tip
it, fifty decimal digits decide. So answers are the same everywhere, and nothing is computed twice without need.
"""

from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import exp, lgamma, log

# What doubles are trusted to get right of a probability; they are off by about 1e-12 for evidence of ordinary size.
SURE = 1e-9
SURE_PER_EVIDENCE = 1e-13  # the logarithm of the gamma function loses digits as its argument grows
DIGITS = 50
# Lentz's method needs about the square root of the larger parameter in steps; this is far beyond a million.
STEPS_MAX = 20_000
# A step of Newton's this short is followed by one far below anything that is shown.
CONVERGED = 1e-6
NEWTON_STEPS_MAX = 12
# In ten-thousandths: so far from half-way between two of them, Newton's figure is not looked at again.
CLEAR = 0.02
_TINY = 1e-300
_STIRLING_FROM = 60
_BERNOULLI = tuple(
    Fraction(*pair)
    for pair in (
        (1, 6), (-1, 30), (1, 42), (-1, 30), (5, 66), (-691, 2730), (7, 6), (-3617, 510), (43867, 798),
        (-174611, 330), (854513, 138), (-236364091, 2730), (8553103, 6), (-23749461029, 870), (8615841276005, 14322),
    )
)  # fmt: skip

STEPS_OF_ONE = 10_000
"""Quantiles are given to four places."""


class Beta:
    """Beta(`alpha` / `unit`, `beta` / `unit`), both above 0."""

    __slots__ = ("_a", "_b", "_log_beta", "_sure", "alpha", "beta", "unit")

    def __init__(self, alpha: Fraction | int, beta: Fraction | int, unit: int = 1) -> None:
        self.alpha, self.beta, self.unit = alpha, beta, unit
        self._a, self._b = float(alpha / unit), float(beta / unit)
        self._log_beta = lgamma(self._a) + lgamma(self._b) - lgamma(self._a + self._b)
        self._sure = SURE + SURE_PER_EVIDENCE * (self._a + self._b)

    def below(self, at: Fraction, share: Fraction) -> int:
        """Whether less (-1), more (1) or just as much (0) as `share` of the distribution lies below `at` (0 < at < 1).

        The regularised incomplete beta function by its continued fraction (Abramowitz and Stegun 1964, 26.5.8).
        """
        found = self._below(float(at)) - float(share)
        if abs(found) > self._sure:
            return 1 if found > 0 else -1
        exact = _exactly_below(Fraction(self.alpha) / self.unit, Fraction(self.beta) / self.unit, at) - Decimal(
            share.numerator
        ) / Decimal(share.denominator)
        return 0 if abs(exact) < Decimal(1).scaleb(-DIGITS // 2) else 1 if exact > 0 else -1

    def quantile(self, share: Fraction) -> int:
        """The point below which `share` of the distribution lies, in ten-thousandths, rounded.

        Newton's method finds it in a few steps; only where it lies close to half-way between two ten-thousandths is it
        bracketed, so that what is close is decided by `below`.
        """
        found, off = self._newton(float(share))
        steps = found * STEPS_OF_ONE
        if abs(steps % 1 - 0.5) > CLEAR and off * STEPS_OF_ONE < CLEAR / 2:
            return round(steps)
        low, high = -1, STEPS_OF_ONE  # above low, and at most high
        near = min(max(int(steps), 0), STEPS_OF_ONE - 1)
        for guess in (near, near - 1, near + 1):
            if low < guess < high:
                low, high = self._narrowed(guess, low, high, share)
        while high - low > 1:
            low, high = self._narrowed((low + high) // 2, low, high, share)
        return high

    def _narrowed(self, middle: int, low: int, high: int, share: Fraction) -> tuple[int, int]:
        if self.below(Fraction(2 * middle + 1, 2 * STEPS_OF_ONE), share) < 0:
            return middle, high
        return low, middle

    def _newton(self, share: float) -> tuple[float, float]:
        """Where the quantile is, and how far off that may be."""
        a, b = self._a, self._b
        mean = a / (a + b)
        deviation = (mean * (1 - mean) / (a + b + 1)) ** 0.5
        at = min(max(mean + (1.645 if share > 0.5 else -1.645) * deviation, 0.02), 0.98)
        off = 1.0
        for _ in range(NEWTON_STEPS_MAX):
            power = (a - 1) * log(at) + (b - 1) * log(1 - at) - self._log_beta
            if power < -50:  # hardly any density: no slope to go down
                break
            density = exp(power)
            step = (self._below(at) - share) / density
            found = min(max(at - step, at / 4), 1 - (1 - at) / 4)
            off = abs(found - at) + self._sure / density
            at = found
            if off < CONVERGED:
                break
        return at, off

    def _below(self, at: float) -> float:
        a, b = self._a, self._b
        front = exp(a * log(at) + b * log(1 - at) - self._log_beta)
        if at <= (a + 1) / (a + b + 2):
            return front * _fraction(a, b, at) / a
        return 1 - front * _fraction(b, a, 1 - at) / b


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction by Lentz's method as modified by Thompson and Barnett (1986), in doubles."""
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d or _TINY)
    found = d
    for m in range(1, STEPS_MAX):
        two = 2 * m
        step = m * (b - m) * x / ((a + two - 1) * (a + two))
        d = 1 / ((1 + step * d) or _TINY)
        c = (1 + step / c) or _TINY
        found *= d * c
        step = -(a + m) * (a + b + m) * x / ((a + two) * (a + two + 1))
        d = 1 / ((1 + step * d) or _TINY)
        c = (1 + step / c) or _TINY
        change = d * c
        found *= change
        if abs(change - 1) < 1e-15:
            break
    return found


def _exactly_below(alpha: Fraction, beta: Fraction, at: Fraction) -> Decimal:
    """The same to about forty digits."""
    with localcontext(Context(prec=DIGITS)):
        a, b, x = (Decimal(one.numerator) / Decimal(one.denominator) for one in (alpha, beta, at))
        front = (a * x.ln() + b * (1 - x).ln() - _log_gamma(a) - _log_gamma(b) + _log_gamma(a + b)).exp()
        if x <= (a + 1) / (a + b + 2):
            return front * _exact_fraction(a, b, x) / a
        return 1 - front * _exact_fraction(b, a, 1 - x) / b


def _exact_fraction(a: Decimal, b: Decimal, x: Decimal) -> Decimal:
    near = Decimal(1).scaleb(2 - DIGITS)
    tiny = Decimal(1).scaleb(-6 * DIGITS)
    c, d = Decimal(1), 1 - (a + b) * x / (a + 1)
    d = 1 / (d or tiny)
    found = d

    def turn(step: Decimal, over: Decimal) -> Decimal:
        return (1 + step * over) or tiny

    for m in range(1, STEPS_MAX):
        two = 2 * m
        step = m * (b - m) * x / ((a + two - 1) * (a + two))
        d, c = 1 / turn(step, d), turn(step, 1 / c)
        found *= d * c
        step = -(a + m) * (a + b + m) * x / ((a + two) * (a + two + 1))
        d, c = 1 / turn(step, d), turn(step, 1 / c)
        found *= d * c
        if abs(d * c - 1) < near:
            break
    return found


def _log_gamma(z: Decimal) -> Decimal:
    """Stirling's series, from an argument on where fifteen terms are enough."""
    shift = Decimal(1)
    while z < _STIRLING_FROM:
        shift *= z
        z += 1
    found = (z - Decimal("0.5")) * z.ln() - z + (2 * _PI).ln() / 2 - shift.ln()
    power = z
    for k, number in enumerate(_BERNOULLI, 1):
        found += Decimal(number.numerator) / (number.denominator * 2 * k * (2 * k - 1) * power)
        power *= z * z
    return found


_PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")
