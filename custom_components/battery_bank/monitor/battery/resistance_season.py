"""How the internal resistance of a string follows its temperature through the year."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, log, sqrt
from statistics import fmean
from typing import Final

from .limits import DAY

# The change of the internal resistance with the temperature in 1/K, before it is learned: the mean and the standard
# deviation. Makers say -0.3 to -1 %; what a module adds may have either sign (an assumption).
COEFFICIENT: Final = (-0.003, 0.005)
CERTAIN: Final = 2.0  # standard deviations of the coefficient that a forecast allows for
# By so much the medians of two months may differ without a reason (an assumption) …
SCATTER: Final = 0.01
# … and by so much those of two runs, before a forecast takes it for ageing of all batteries.
ALLOWED: Final = 0.03
UNMEASURED: Final = 0.15  # the same without a temperature: 24 K from summer to winter, and 0.5 % per K
MONTH: Final = 30 * DAY

type Row = tuple[float, float, float]  # s since 1970, UTC; °C; the logarithm of a resistance


@dataclass(frozen=True, kw_only=True, slots=True)
class Common:
    """What a value is compared with: the conditions at one time."""

    median: float | None = None  # Ω, of the batteries of the string; None if too few were tested about that time
    temperature: float | None = None  # °C


@dataclass(frozen=True, kw_only=True, slots=True)
class Season:
    """How the internal resistance of a string follows its temperature."""

    coefficient: float = COEFFICIENT[0]  # of ln R, 1/K
    uncertainty: float = COEFFICIENT[1]  # one standard deviation

    def factor(self, now: float | None, then: float | None) -> float:
        """Return by how many times a change of the temperature (°C) changes the resistance; 1 if one is unknown."""
        return 1.0 if now is None or then is None else exp(self.coefficient * (now - then))

    def aged(self, now: Common, then: Common) -> float:
        """Return how many times its value `then` the median of the string is, beyond what the season may explain.

        As long as the coefficient is hardly known, a change that all batteries share is the season's, as far as the
        season can reach. Only what is beyond is ageing of the whole string.
        """
        if now.median is None or then.median is None:
            return 1.0
        change = log(now.median / then.median)
        if now.temperature is None or then.temperature is None:
            expected, reach = 0.0, UNMEASURED
        else:
            warmer = now.temperature - then.temperature
            expected, reach = self.coefficient * warmer, CERTAIN * self.uncertainty * abs(warmer) + ALLOWED
        return exp(change - min(max(change, expected - reach), expected + reach))


def season_of(runs: Iterable[Row]) -> Season:
    """Fit ln R = a + b t + c T to the months of runs of tests, where c is not free but has its prior (Bayes)."""
    months = _months(runs)
    if len(months) < 2:  # noqa: PLR2004 - a line
        return Season()
    times, temperatures, values = ([month[column] for month in months] for column in range(3))
    origin, mean, level = fmean(times), fmean(temperatures), fmean(values)
    moved = [(at - origin, temperature - mean, value - level) for at, temperature, value in months]
    tt, tw, ww = (sum(a * b for a, b in pairs) for pairs in _squares(moved))
    tv, wv = sum(at * value for at, _, value in moved), sum(warm * value for _, warm, value in moved)
    expected, spread = COEFFICIENT
    sigma, season = SCATTER, Season()
    for _ in range(2):  # the second time with the scatter that the first has left
        weight = (sigma / spread) ** 2
        whole = tt * (ww + weight) - tw * tw
        coefficient = (tt * (wv + weight * expected) - tw * tv) / whole
        ageing = ((ww + weight) * tv - tw * (wv + weight * expected)) / whole
        season = Season(coefficient=coefficient, uncertainty=sigma * sqrt(tt / whole))
        off = [value - ageing * at - coefficient * warm for at, warm, value in moved]
        sigma = max(SCATTER, sqrt(sum(one * one for one in off) / max(1, len(off) - 3)))
    return season


def _squares(moved: Sequence[Row]) -> Iterable[Iterable[tuple[float, float]]]:
    yield ((at, at) for at, _, _ in moved)
    yield ((at, warm) for at, warm, _ in moved)
    yield ((warm, warm) for _, warm, _ in moved)


def _months(runs: Iterable[Row]) -> list[Row]:
    """Return the means of each month: what errs in one run errs in the next one too."""
    found, begin = list[Row](), -inf
    part: list[Row] = []
    for row in runs:
        if part and row[0] - begin >= MONTH:
            found.append(_mean(part))
            part = []
        if not part:
            begin = row[0]
        part.append(row)
    return [*found, _mean(part)] if part else found


def _mean(rows: Sequence[Row]) -> Row:
    at, temperature, value = (fmean(column) for column in zip(*rows, strict=True))
    return at, temperature, value
