"""The trend of the internal resistance of a battery, and when it reaches its limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .events import ResistanceTest
from .limits import DAY
from .robust_statistics import mad, median, steepest, thinned
from .string_resistance import Daily, daily

YEAR: Final = 365.25 * DAY  # s
PERIOD: Final = 365 * DAY  # older tests do not show where the resistance goes now
MANY: Final = 52  # values in that time; more are medians of neighbours
FEWEST: Final = 8  # daily medians …
SHORTEST: Final = 60 * DAY  # … over at least this time, for a slope
SHARE: Final = 0.8  # of the slopes that are between the low and the high one
# How many standard deviations a rise is above what scatter makes of level values. Some hundred windows are looked at
# in the life of a string, so 1 in 100 would not be enough.
SIGNIFICANT: Final = 4.0
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

    @property
    def enough(self) -> bool:
        """Whether there are enough tests for a slope."""
        return self.slope_per_year is not None


def trend(tests, baseline, now, limit):
    return going([(d.at, d.ohmic_value/ baseline) for d in daily(tests)], now, limit)

def going(ratios, now, limit, noise_=None, dated=True, sudden=None):
    """Prototype."""
    from .robust_statistics import noise as nz
    from math import log
    rise, rapid = _rise(sudden or ratios)
    ratio = ratios[-1][1]
    recent = [(at, one) for at, one in ratios if now - at <= PERIOD]
    if len(recent) < FEWEST or recent[-1][0] - recent[0][0] < SHORTEST:
        return Trend(ratio=ratio, rise=rise, rapid=rapid)
    if noise_ is None:
        noise_ = nz([one for _, one in recent])
    pts = thinned([(at - now, one) for at, one in recent], MANY)
    slope = steepest(pts, max(LEAST_NOISE, noise_), fewest=5, shortest=28*DAY, share=SHARE)
    at_now = slope.intercept
    earliest = None
    if (dated and slope.certainty >= SIGNIFICANT and at_now + slope.middle*FARTHEST >= limit) or at_now >= limit:
        earliest = _reached(at_now, slope.high, limit, now)
    return Trend(
        ratio=ratio,
        rise=rise,
        rapid=rapid,
        slope_per_year=slope.middle * YEAR,
        low_per_year=slope.low * YEAR,
        high_per_year=slope.high * YEAR,
        limit_from=earliest,
        limit_to=(_reached(at_now, slope.low, limit, now) or now + FARTHEST) if earliest is not None else None,
    )


def _rise(daily: Sequence[tuple[float, float]]) -> tuple[float | None, bool]:
    """Compare the last two weeks with the time before. For a single test, the difference must be twice as large."""
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
    needed = max(RISE, SPREADS * spread) * (1 if len(lately) > 1 else 2)
    return rise, rise - 1 > needed


def _reached(ratio: float, slope: float, limit: float, now: float) -> float | None:
    """Return when a ratio that rises by `slope` (1/s) reaches its limit; None beyond `FARTHEST`."""
    if ratio >= limit:
        return now
    if slope <= 0:
        return None
    left = (limit - ratio) / slope
    return now + left if left <= FARTHEST else None
def risk(*a, **k): return None
