"""How many Ah a string gives at a current: Peukert's law, learned from its discharges down to the end voltage.

C = C10 (I10 / I)^p, p being the exponent less 1 (W. Peukert, ETZ 20, 1897). One exponent fits a battery only within a
limited range of currents. So what was measured at a similar current counts most.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from math import exp, inf, log, sqrt
from typing import Final

# Standard deviations, as shares of a capacity:
REPEATED: Final = 0.03  # of two discharges at one current, one after the other; twice as much of the second last … [I]
CHANGING: Final = 0.05  # what a year changes [I]
CURVED: Final = 0.05  # how far one exponent is off at a current that is e times as high [I]
NAMEPLATE: Final = 0.15  # of the nameplate downwards: 80 % is the end of life

NEW: Final = 1.1  # × the nameplate, of new batteries
NINE_IN_TEN: Final = 1.645  # standard deviations, to each end of a range that holds nine in ten
TRIED: Final = tuple(0.25 * number for number in range(-12, 13))  # exponents, in standard deviations
LEAST: Final = 1e-6  # of an exponent less 1
LARGEST: Final = 700.0  # a logarithm of an amount of Ah, so that any number can be calculated with
TEN_HOURS: Final = 10.0  # h of the nameplate


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One discharge down to the end voltage."""

    current: float  # A
    capacity: float  # Ah at the reference temperature
    years: float = 0.0  # before the last one


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """The capacity at one current."""

    capacity: float  # Ah at the reference temperature
    less: float  # one standard deviation downwards, of the logarithm, …
    more: float  # … and upwards


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLaw:
    """Peukert's law of one string."""

    measured: tuple[Measured, ...]  # the last one last
    nameplate: float  # Ah; 0 if unknown
    exponent: float  # the usual one of the chemistry, …
    exponents: tuple[float, float]  # … and the range of nine in ten batteries
    slowest: float = 0.0  # A; at a lower current the law gives more Ah than batteries have, and does not count

    @property
    def most(self) -> float:
        """The most Ah that it gives at a low current: what was measured, or what new batteries have."""
        return max((NEW * self.nameplate, *(one.capacity for one in self.measured)))

    def scaled(self, by: float) -> RateLaw:
        """Return that of a battery that gives so many times the Ah at each current."""
        return replace(
            self,
            measured=tuple(replace(one, capacity=one.capacity * by) for one in self.measured),
            nameplate=self.nameplate * by,
        )

    def at(self, current: float) -> Expected:
        """Return the capacity at a current in A (positive)."""
        return _expected(self, current)


@lru_cache(maxsize=256)
def _expected(law: RateLaw, current: float) -> Expected:
    """Return the median over the exponents, each as probable as the chemistry and what was measured make it.

    With one exponent, each discharge gives a capacity at this current, and the mean of these counts, weighed by how far
    each may be off. The more they differ from each other, the less probable is the exponent.
    """
    here = log(max(current, law.slowest))
    known = []
    for newer, one in enumerate(reversed(law.measured), 1):
        square = (REPEATED * newer) ** 2 + (CHANGING * one.years) ** 2
        known.append((log(max(one.current, law.slowest)) - here, log(one.capacity), square))
    usual = max(law.exponent - 1, LEAST)
    down, up = (abs(log(max(one - 1, LEAST) / usual)) / NINE_IN_TEN for one in law.exponents)
    found = []
    for step in TRIED:
        exponent = usual * exp(step * (down if step < 0 else up))
        each = [(value + exponent * far, 1 / (square + (CURVED * far) ** 2)) for far, value, square in known]
        if 0 < law.nameplate < inf:
            far = log(max(law.nameplate / TEN_HOURS, law.slowest)) - here
            value = log(law.nameplate) + exponent * far
            if not each or _mean(each) < value:  # a battery that gives more has a nameplate of fewer hours
                each.append((value, 1 / (NAMEPLATE**2 + (CURVED * far) ** 2)))
        mean = _mean(each)
        apart = sum(weight * (value - mean) ** 2 for value, weight in each)
        found.append((mean, (step**2 + apart) / 2))
    itself = 1 / sum(weight for _, weight in each)
    least = min(cost for _, cost in found)
    shares = sorted((value, exp(least - cost)) for value, cost in found)
    middle = _median(shares)
    return Expected(
        capacity=exp(min(max(middle, -LARGEST), LARGEST)),
        less=sqrt(itself + _square([one for one in shares if one[0] <= middle], middle)),
        more=sqrt(itself + _square([one for one in shares if one[0] >= middle], middle)),
    )


def _mean(values: Sequence[tuple[float, float]]) -> float:
    """Return the mean of values with their weights."""
    return sum(weight * value for value, weight in values) / sum(weight for _, weight in values)


def _median(shares: Sequence[tuple[float, float]]) -> float:
    """Return the value below which half of the shares are; the values rise."""
    until = list(accumulate(share for _, share in shares))
    return shares[bisect_left(until, until[-1] / 2)][0]


def _square(shares: Sequence[tuple[float, float]], middle: float) -> float:
    """Return the mean square of the distances from the middle."""
    return sum(share * (value - middle) ** 2 for value, share in shares) / sum(share for _, share in shares)
