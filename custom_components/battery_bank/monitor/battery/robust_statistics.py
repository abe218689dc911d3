"""Statistics on which a few bad values have little effect."""

from bisect import insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, sqrt
from statistics import median
from typing import Final

__all__ = ["Slope", "mad", "median", "noise_of", "noise_of_line", "steepest", "thinned"]

# The median of the absolute values of normally distributed numbers, in standard deviations.
NORMAL: Final = 0.6745


@dataclass(frozen=True, kw_only=True, slots=True)
class Slope:
    """A line through points, and the range of the slopes between two of them, in y per x."""

    middle: float
    low: float
    high: float
    intercept: float  # y of the line at x = 0
    certainty: float  # the slope in its standard deviations; negative for a fall

    def at(self, x: float) -> float:
        """Return y of the line."""
        return self.intercept + self.middle * x


def mad(values: Iterable[float]) -> float:
    """Return the median absolute deviation of values from their median, in their unit (Hampel). Needs a value."""
    known = list(values)
    middle = median(known)
    return median(abs(value - middle) for value in known)


def noise_of(steps: Sequence[float]) -> float:
    """Return one standard deviation of the noise of values, from the absolute differences of neighbours; 0 without."""
    return median(steps) / NORMAL / sqrt(2) if steps else 0.0


def noise_of_line(values: Sequence[float], at: Sequence[float] = ()) -> float:
    """Return one standard deviation of the noise of values, at these rising times or evenly; 0 for fewer than three.

    It is from the distance of each to the line between its neighbours: the steps of a steady rise are no noise, and
    neither is what a value falls by in a gap.
    """
    points = list(zip(at or range(len(values)), values, strict=True))
    bends = list[float]()
    for (begin, one), (middle, two), (end, three) in zip(points, points[1:], points[2:], strict=False):
        part = (middle - begin) / (end - begin)
        bends.append(abs(two - one - (three - one) * part) / sqrt(1 + part**2 + (1 - part) ** 2))
    return noise_of(bends) * sqrt(2)


def steepest(
    points: Sequence[tuple[float, float]],
    noise: float,
    *,
    sure: float,
    fewest: int,
    shortest: float,
    share: float = 0.8,
) -> Slope:
    """Return the line through the latest points (x, y) that is most surely steep; x must not fall.

    Its slope is the median of all slopes between two points (Theil; Sen), with the bounds of their middle `share`. Up
    to 29 % of outliers have little effect. What changes the slope may begin at any time: a line through all points
    comes late, and one through the last few says little. Of all lines that begin at a point and go through all later
    ones, `fewest` at least over at least `shortest`, the one is taken whose slope less `sure` standard deviations is
    largest. `noise` is one standard deviation of a point. Raises ValueError without such a line. A bound of the slopes
    themselves is not a confidence interval of their median.
    """
    slopes, best = list[float](), None
    lower = -inf
    mean = squares = 0.0  # of x of the points so far, and of their distances from it (Welford)
    for begin in range(len(points) - 1, -1, -1):
        x, y = points[begin]
        for other, there in points[begin + 1 :]:
            if other > x:
                insort(slopes, (there - y) / (other - x))
        count = len(points) - begin
        off = x - mean
        mean += off / count
        squares += off * (x - mean)
        if not slopes or count < fewest or points[-1][0] - x < shortest:
            continue
        deviation = noise / sqrt(squares)
        middle = (slopes[(len(slopes) - 1) // 2] + slopes[len(slopes) // 2]) / 2
        if middle - sure * deviation > lower:
            lower = middle - sure * deviation
            out = round((1 - share) / 2 * (len(slopes) - 1))
            best = begin, middle, slopes[out], slopes[-1 - out], middle / deviation
    if best is None:
        raise ValueError("too few points that differ in x for a line")
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
