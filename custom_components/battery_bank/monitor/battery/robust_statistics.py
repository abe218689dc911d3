"""Statistics on which a few bad values have little effect."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from statistics import median
from typing import Final

__all__ = ["Slope", "mad", "median", "theil_sen"]

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


def theil_sen(points: Sequence[tuple[float, float]], share: float = 0.8) -> Slope:
    """Return the median of all slopes between two points (x, y), and the bounds of the middle `share` (Theil; Sen).

    The intercept of the line is the median of y - slope x. Up to 29 % of bad points have little effect. Raises
    ValueError if no two points differ in x. The bounds are of the slopes themselves, not a confidence interval of their
    median.
    """
    few = _thinned(points)
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


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return medians of neighbouring points, at most `MOST`."""
    size = max(1, -(-len(points) // MOST))
    ordered = sorted(points)
    groups = [ordered[start : start + size] for start in range(0, len(ordered), size)]
    return [(median(x for x, _ in group), median(y for _, y in group)) for group in groups]
