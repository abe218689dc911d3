"""The trend of the internal resistance of a battery, and when it reaches its limit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import sqrt
from typing import Final

from .limits import DAY
from .robust_statistics import mad, median, noise_of_line, steepest, thinned

YEAR: Final = 365.25 * DAY  # s
PERIOD: Final = 365 * DAY  # older tests do not show where the resistance goes now
MANY: Final = 52  # values in that time; more are medians of neighbours
FEWEST: Final = 8  # daily medians …
SHORTEST: Final = 60 * DAY  # … over at least this time, for a slope
LINE: Final = (5, 28 * DAY)  # a dry-out may begin at any time: so few of the last values, over so many s, show it
SHARE: Final = 0.8  # of the slopes that are between the low and the high one
# How many standard deviations a rise is above what noise makes of level values. Some hundred lines are drawn in the
# life of a string, so that 1 in 100 would not be enough.
CERTAIN: Final = 5.5
LEAST_NOISE: Final = 0.005  # of tests, relative, one standard deviation
FARTHEST: Final = 5 * YEAR  # later dates are too uncertain

# The detector of sudden rises: VRLA can fail within two weeks (BTECH), which no line through a year shows.
LATELY: Final = 14 * DAY
BEFORE: Final = 60 * DAY
LONGEST_BEFORE: Final = 200 * DAY  # how old the tests before may be, if there are few
FEWEST_BEFORE: Final = 3
RISE: Final = 0.10
SPREADS: Final = 3.0  # × the usual difference between tests
FLOOR: Final = 0.02  # the smallest usual difference between tests

type Points = Sequence[tuple[float, float]]  # (s since 1970, UTC; a value), oldest first


class Risk(StrEnum):
    """The risk that a battery fails, by its internal resistance."""

    STABLE = "stable"
    WATCH = "watch"
    WEAK = "weak"
    REPLACE = "replace"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """The internal resistance of a battery over its baseline, and its trend. None is not known yet."""

    ratio: float | None = None  # the last value over the baseline
    rise: float | None = None  # the values of the last 14 days over those of the 60 days before, both medians
    rapid: bool = False  # whether that is more than the usual difference between tests
    slope_per_year: float | None = None  # of the ratio; the median slope …
    low_per_year: float | None = None  # … and its 10 % …
    high_per_year: float | None = None  # … and 90 % bounds
    limit_from: float | None = None  # when the ratio reaches its limit, s since 1970: the earliest …
    limit_to: float | None = None  # … and the latest, at most in five years; None without a rise

    level: float | None = None  # the ratio on the line of the slope …
    level_at: float = 0.0  # … at this time, s since 1970
    rising: bool = False  # whether the slope is more than noise

    @property
    def enough(self) -> bool:
        """Whether there are enough tests for a slope."""
        return self.slope_per_year is not None

    def between(self, limit: float, now: float) -> tuple[float, float] | None:
        """Return when the ratio reaches a limit, s since 1970: the earliest and the latest; None without a rise."""
        if self.level is None or self.slope_per_year is None or self.low_per_year is None or self.high_per_year is None:
            return None
        level = self.level + self.slope_per_year / YEAR * (now - self.level_at)
        earliest = _reached(level, self.high_per_year / YEAR, limit, now)
        certain = self.rising and level + self.slope_per_year / YEAR * FARTHEST >= limit
        if earliest is None or (level < limit and not certain):
            return None
        return earliest, _reached(level, self.low_per_year / YEAR, limit, now) or now + FARTHEST


NO_TREND: Final = Trend()  # of a battery that was not tested


def trend(ratios: Points, now: float, limit: float, *, noise: float = 0.0, steps: Points | None = None) -> Trend:
    """Return the trend of a battery from its daily ratios to the baseline, and when it reaches the limit of the ratio.

    The slope is that of Theil and Sen over the last values: over so many as make it most surely steep, with the 10 to
    90 % interval of all slopes between two of them. Up to 29 % of bad tests have little effect. There are dates only if
    the rise is certain against the noise of these values, or against `noise` (relative, one standard deviation) if that
    is more. `steps` are daily values in any unit in which a sudden rise is looked for, if not in the ratios.
    """
    rise, rapid = sudden_rise(ratios if steps is None else steps)
    found = Trend(ratio=ratios[-1][1] if ratios else None, rise=rise, rapid=rapid)
    recent = [(at, one) for at, one in ratios if now - at <= PERIOD]
    if len(recent) < FEWEST or recent[-1][0] - recent[0][0] < SHORTEST:
        return found
    few = thinned([(at - now, one) for at, one in recent], MANY)
    fewest, shortest = LINE
    of_one = noise_of_line([one for _, one in few])
    # A group of values has less noise than each of them.
    scatter = max(LEAST_NOISE, of_one, noise * sqrt(len(few) / len(recent)))
    slope = steepest(few, scatter, sure=CERTAIN, fewest=fewest, shortest=shortest, share=SHARE)
    # The line goes through the middle of the points, not through the last one, which may be an outlier.
    found = replace(
        found,
        level=slope.intercept,
        level_at=now,
        rising=slope.certainty >= CERTAIN,
        slope_per_year=slope.middle * YEAR,
        low_per_year=slope.low * YEAR,
        high_per_year=slope.high * YEAR,
    )
    earliest, latest = found.between(limit, now) or (None, None)
    return replace(found, limit_from=earliest, limit_to=latest)


def risk(trend: Trend, string_ratio: float | None, *, watch: float, weak: float, replace: float) -> Risk | None:
    """Return the risk of a battery by its ratio to the baseline, or without one to its string; None without either.

    A battery with a sudden rise is weak at once, because the rise may continue. A battery that is weak in comparison
    with its string is to be observed, even if its own baseline shows nothing.
    """
    ratio = trend.ratio if trend.ratio is not None else string_ratio
    if ratio is None:
        return None
    if ratio >= replace:
        return Risk.REPLACE
    if ratio >= weak or trend.rapid:
        return Risk.WEAK
    if ratio >= watch or (string_ratio is not None and string_ratio >= weak):
        return Risk.WATCH
    return Risk.STABLE


def sudden_rise(daily: Points, *, alone: float = 2.0) -> tuple[float | None, bool]:
    """Return the last two weeks over the time before, and whether that is more than values usually differ by.

    For a single value, the difference must be `alone` times as large.
    """
    if not daily:
        return None, False
    until = daily[-1][0]
    lately = [value for at, value in daily if until - at < LATELY]
    older = [(at, value) for at, value in daily if until - at >= LATELY]
    before = [value for at, value in older if until - at < LATELY + BEFORE]
    if len(before) < FEWEST_BEFORE:  # there are few tests: take the last ones, if they are not too old
        before = [value for at, value in older[-FEWEST_BEFORE:] if until - at < LONGEST_BEFORE]
    if len(before) < FEWEST_BEFORE:
        return None, False
    usual = median(before)
    rise = median(lately) / usual
    spread = max(FLOOR, mad(before) / usual)
    needed = max(RISE, SPREADS * spread) * (1 if len(lately) > 1 else alone)
    return rise, rise - 1 > needed


def _reached(ratio: float, slope: float, limit: float, now: float) -> float | None:
    """Return when a ratio that rises by `slope` (1/s) reaches its limit; None beyond `FARTHEST`."""
    if ratio >= limit:
        return now
    if slope <= 0:
        return None
    left = (limit - ratio) / slope
    return now + left if left <= FARTHEST else None
