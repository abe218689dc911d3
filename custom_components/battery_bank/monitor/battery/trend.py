"""The trend of the internal resistance of a battery, and when it reaches its limit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .events import ResistanceTest
from .limits import DAY
from .robust_statistics import mad, median, theil_sen

YEAR: Final = 365.25 * DAY  # s
# A dry-out may begin at any time, and older tests do not show it. So the slope is of the last half year, or of as many
# tests as it needs, but not of more than a year.
PERIOD: Final = (180 * DAY, 365 * DAY)
MANY: Final = 12
FEWEST: Final = 8  # daily medians …
SHORTEST: Final = 60 * DAY  # … over at least this time, for a slope
SHARE: Final = 0.8  # of the slopes that are between the low and the high one
# Standard deviations from which a rise is significant: noise reaches this in 1 of 100 cases (Mann, Kendall).
CERTAIN: Final = 2.33
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


def trend(tests: Sequence[ResistanceTest], baseline: float | None, now: float, limit: float) -> Trend:
    """Return the trend of a battery from its tests (oldest first), a baseline in Ω and the limit of the ratio.

    The slope is that of Theil and Sen over daily medians of the last 180 to 365 days, with the 10 to 90 % interval of
    all slopes between two of them. Up to 29 % of bad tests have little effect. There are dates only if the rise is
    significant by the test of Mann and Kendall.
    """
    daily = _daily(test for test in tests if test.usable)
    if not daily:
        return Trend()
    rise, rapid = _rise(daily)
    if not baseline or baseline <= 0:
        return Trend(rise=rise, rapid=rapid)
    ratios = [(at, value / baseline) for at, value in daily]
    ratio = ratios[-1][1]
    least, most = PERIOD
    recent = [(at, one) for at, one in ratios if now - at <= most]
    recent = max(recent[-MANY:], [(at, one) for at, one in recent if now - at <= least], key=len)
    if len(recent) < FEWEST or recent[-1][0] - recent[0][0] < SHORTEST:
        return Trend(ratio=ratio, rise=rise, rapid=rapid)
    slope = theil_sen([(at - now, one) for at, one in recent], SHARE)
    # The line goes through the middle of the points, not through the last one, which may be an outlier.
    at_now = slope.intercept
    earliest = None
    if slope.certainty >= CERTAIN or at_now >= limit:
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


def _daily(tests: Iterable[ResistanceTest]) -> list[tuple[float, float]]:
    """Return the median of the tests of each day, with the time of the last of them."""
    days: dict[int, list[ResistanceTest]] = {}
    for test in tests:
        days.setdefault(int(test.at // DAY), []).append(test)
    return [(of_day[-1].at, median(test.ohmic_value for test in of_day)) for of_day in days.values()]


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
