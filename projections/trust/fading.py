"""How much of its weight evidence has left at an age: 2^(-age / half-life) to twelve places, exactly. Integers only.

Forward decay after Cormode, Shkapenyuk, Srivastava and Xu (2009, exponential case). A platform's own powers of two
differ in the last digit from one library to the next; these do not.
"""

from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

PLACES = 12
ONE: int = 10**PLACES
"""A factor of 1, as `Fading.factor` counts."""

# A factor is looked up in two steps: this many bits of the age in a fine table, the rest in a coarse one.
FINE_BITS = 12
FINE = 1 << FINE_BITS
# 120 bits are 36 decimal digits, so that a factor is off by less than 1e-34 before it is rounded.
BITS = 120
# The tables are made by repeated multiplication; 80 more bits swallow what that loses.
GUARD_BITS = 80
_DIGITS = 80
# 2^-41 is the first whole power that is nothing at twelve places (0.45e-12); anything older is nothing too.
HALF_LIVES_MAX = 41


class Fading:
    """The factors of one half-life, in whole seconds. About 6,000 numbers, or 600 kB, for a half-life of 90 days."""

    __slots__ = ("_coarse", "_fine", "_whole", "half_life_seconds", "seconds_max")

    def __init__(self, half_life_seconds: int) -> None:
        self.half_life_seconds = half_life_seconds
        self.seconds_max = HALF_LIVES_MAX * half_life_seconds  # from here on every factor is 0
        bits = BITS + GUARD_BITS
        second = _half_to_the(half_life_seconds, bits)
        powers = [1 << bits]
        for _ in range(FINE):
            powers.append(powers[-1] * second >> bits)
        step = powers.pop()
        coarse = [1 << bits]
        for _ in range(half_life_seconds >> FINE_BITS):
            coarse.append(coarse[-1] * step >> bits)
        self._fine: tuple[int, ...] = tuple(power >> GUARD_BITS for power in powers)
        self._coarse: tuple[int, ...] = tuple((power >> GUARD_BITS) * ONE for power in coarse)
        self._whole: tuple[int, ...] = tuple(round(Fraction(ONE, 1 << whole)) for whole in range(HALF_LIVES_MAX))

    def factor(self, seconds: int) -> int:
        """The factor of an age in whole seconds, in units of 1e-12, rounded half-even; 1 for an age below 0."""
        if seconds <= 0:
            return ONE
        if seconds >= self.seconds_max:
            return 0
        whole, rest = divmod(seconds, self.half_life_seconds)
        if rest == 0:
            return self._whole[whole]  # the only ages whose factor can lie half-way between two steps
        shift = 2 * BITS + whole
        return (self._coarse[rest >> FINE_BITS] * self._fine[rest & FINE - 1] + (1 << shift - 1)) >> shift


@lru_cache(maxsize=16)  # a policy has few half-lives
def fading(half_life_days: Decimal) -> Fading:
    """The factors of a half-life in days."""
    return Fading(int(half_life_days * 86_400))


def _half_to_the(parts: int, bits: int) -> int:
    """2^(-1 / parts) in units of 2^-bits."""
    context = Context(prec=_DIGITS)
    power = context.exp(context.divide(context.multiply(context.ln(Decimal(2)), Decimal(-1)), Decimal(parts)))
    return int(context.multiply(power, Decimal(1 << bits)))
