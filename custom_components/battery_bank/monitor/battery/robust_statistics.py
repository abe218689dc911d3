"""Statistics on which a few bad values have little effect."""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import inf, sqrt
from statistics import fmean, median
from typing import Final

__all__ = ["Slope", "mad", "median", "noise", "steepest", "theil_sen", "thinned"]

# The median of the absolute values of normally distributed numbers, in standard deviations.
NORMAL: Final = 0.6745
# This many points have 7140 slopes between two of them, which take a small computer a few milliseconds.
MOST: Final = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class Slope:
    """A line through points, and the range of the slopes between two of them, in y per x."""

    middle: float
    low: float
    high: float
    intercept: float  # y of the line at x = 0
    certainty: float  # of the sign of the slope: Z of Mann and Kendall, in standard deviations; negative for a fall

    def at(self, x: float) -> float:
        """Return y of the line."""
        return self.intercept + self.middle * x


def mad(values: Iterable[float]) -> float:
    """Return the median absolute deviation of values from their median, in their unit (Hampel). Needs a value."""
    known = list(values)
    middle = median(known)
    return median(abs(value - middle) for value in known)


def noise(values: Sequence[float]) -> float:
    """Return one standard deviation of the noise of values in a row, from the differences of neighbours."""
    return median(abs(after - before) for before, after in pairwise(values)) / NORMAL / sqrt(2)


def theil_sen(points: Sequence[tuple[float, float]], share: float = 0.8) -> Slope:
    """Return the median of all slopes between two points (x, y), and the bounds of the middle `share` (Theil; Sen).

    The intercept of the line is the median of y - slope x. Up to 29 % of bad points have little effect. Raises
    ValueError if no two points differ in x. The bounds are of the slopes themselves, not a confidence interval of their
    median.
    """
    few = thinned(points, MOST)
    slopes = sorted((b - a) / (after - before) for (before, a), (after, b) in combinations(few, 2) if after > before)
    if not slopes:
        raise ValueError("no slope without two points that differ in x")
    out = round((1 - share) / 2 * (len(slopes) - 1))
    middle = median(slopes)
    # The origin is near the points: for times since 1970, rounding errors would be large at x = 0.
    origin = few[0][0]
    there = median(y - middle * (x - origin) for x, y in few)
    count = len(few)
    balance = sum((slope > 0) - (slope < 0) for slope in slopes)
    spread = sqrt(count * (count - 1) * (2 * count + 5) / 18)
    return Slope(
        middle=middle,
        low=slopes[out],
        high=slopes[-1 - out],
        intercept=there - middle * origin,
        certainty=balance / spread,
    )


def steepest(
    points: Sequence[tuple[float, float]], noise: float, *, fewest: int, shortest: float, share: float = 0.8
) -> Slope:
    """Return the line through the latest points that is most surely steep; `certainty` is in deviations of its slope.

    What changes the slope may begin at any time: a line through all points comes late, and one through the last few
    says little. Of all lines that begin at a point and go through all later ones, `fewest` at least over at least
    `shortest`, the one is taken whose slope less two standard deviations is largest. `noise` is one standard deviation
    of a point. Raises ValueError without such a line.
    """
    slopes, best = list[float](), None
    lower = -inf
    for begin in range(len(points) - 1, -1, -1):
        x, y = points[begin]
        later = points[begin + 1 :]
        for other, there in later:
            insort(slopes, (there - y) / (other - x))
        count = len(later) + 1
        if count < fewest or points[-1][0] - x < shortest:
            continue
        mean = fmean(one for one, _ in points[begin:])
        deviation = noise / sqrt(sum((one - mean) ** 2 for one, _ in points[begin:]))
        middle = (slopes[(len(slopes) - 1) // 2] + slopes[len(slopes) // 2]) / 2
        if middle - 2 * deviation > lower:
            lower = middle - 2 * deviation
            out = round((1 - share) / 2 * (len(slopes) - 1))
            best = begin, middle, slopes[out], slopes[-1 - out], middle / deviation
    if best is None:
        raise ValueError("too few points for a line")
    begin, middle, low, high, certainty = best
    # The origin is near the points: for times since 1970, rounding errors would be large at x = 0.
    origin = points[begin][0]
    there = median(y - middle * (x - origin) for x, y in points[begin:])
    return Slope(middle=middle, low=low, high=high, intercept=there - middle * origin, certainty=certainty)


def thinned(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Return medians of neighbouring points, at most so many."""
    size = max(1, -(-len(points) // most))
    ordered = sorted(points)
    groups = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    return [(median(x for x, _ in group), median(y for _, y in group)) for group in groups]
