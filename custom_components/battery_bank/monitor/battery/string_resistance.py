"""What the internal resistances of a string have in common: their median in each run of tests, and the season in it."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import exp, inf, log, sqrt
from statistics import fmean, median
from typing import Final

from .events import ResistanceTest
from .limits import DAY

RUN: Final = 3 * DAY  # the tests of one run: those of a large string take some nights
NEAR: Final = 50 * DAY  # a battery that was not tested in a run stands in it with its nearest test
FEWEST: Final = 3  # batteries, for a median of the string
# The change of the internal resistance with the temperature in 1/K, before it is learned: the mean and the standard
# deviation. Makers say -0.3 to -1 %; what a module adds may have either sign [I].
PRIOR: Final = (-0.003, 0.005)
CERTAIN: Final = 2.0  # standard deviations of the coefficient that are allowed for
# By so much the median of two runs may differ without a reason, and a line through medians may miss them [I].
SCATTER: Final = 0.01
# Without a temperature, what ±12 K about the mean of the year come to with 1 % per K.
UNMEASURED: Final = 0.12
MONTH: Final = 30 * DAY
FEWEST_MONTHS: Final = 6
# Ageing of the whole string is told from the season after a year, or where the room hardly has seasons.
SEASON: Final = 365 * DAY
STEADY_ROOM: Final = 8.0  # K
SIGNIFICANT: Final = 4.0  # standard deviations of its slope


@dataclass(frozen=True, kw_only=True, slots=True)
class Daily:
    """The usable tests of a battery on one day: their median."""

    at: float  # s since 1970, UTC, of the last of them
    ohmic_value: float  # Ω
    temperature: float | None  # °C


@dataclass(frozen=True, kw_only=True, slots=True)
class Value:
    """What the tests of one day say of a battery itself."""

    at: float  # s since 1970, UTC
    compensated: float  # Ω, without what its temperature explains
    own: float | None  # its value over the median of the string in the same run; None if that is unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Common:
    """What a string has in common at one time."""

    median: float | None = None  # Ω, of its batteries; None if too few were tested about that time
    temperature: float | None = None  # °C, their median


@dataclass(frozen=True, kw_only=True, slots=True)
class Run(Common):
    """Tests of a string within three days."""

    at: float  # s since 1970, UTC: the first …
    until: float  # … and the last of its tests
    batteries: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Season:
    """How the internal resistance of a string follows its temperature, and how it ages as a whole."""

    coefficient: float = PRIOR[0]  # of ln R, 1/K
    uncertainty: float = PRIOR[1]  # one standard deviation
    ageing: float = 0.0  # of ln R, 1/s, without the season
    aged: bool = False  # whether this is certain

    def explained(self, now: Common, then: Common, scatter: float = 0.0) -> float:
        """Return how much of the change of ln R since `then` the temperature may explain.

        As long as the coefficient is hardly known, the change that all batteries share is the season's, as far as the
        season can reach. What is beyond is ageing of the whole string.
        """
        change = None if now.median is None or then.median is None else log(now.median / then.median)
        if now.temperature is None or then.temperature is None:
            expected, reach = 0.0, UNMEASURED
        else:
            warmer = now.temperature - then.temperature
            expected, reach = self.coefficient * warmer, CERTAIN * self.uncertainty * abs(warmer) + scatter
        if change is None:
            return expected
        return min(max(change, expected - reach), expected + reach)


@dataclass(frozen=True, kw_only=True)
class StringResistance:
    """The runs of tests of a string, or of one battery that has no others to be compared with."""

    runs: Sequence[Run] = ()  # oldest first
    season: Season = field(default_factory=Season)
    alone: bool = False  # whether it is of one battery, whose own values are then the medians

    def run(self, at: float) -> Run | None:
        """Return the run that a test belongs to."""
        place = bisect_right(self._starts, at) - 1
        return self.runs[place] if place >= 0 and at <= self.runs[place].until else None

    @cached_property
    def usual(self) -> Common:
        """The medians of all runs: what a value is compared with of whose time nothing is known."""
        medians = [run.median for run in self.runs if run.median is not None]
        temperatures = [run.temperature for run in self.runs if run.temperature is not None]
        return Common(
            median=median(medians) if medians else None, temperature=median(temperatures) if temperatures else None
        )

    def values(self, tests: Sequence[Daily], then: Common) -> list[Value]:
        """Return the tests of a battery as if it was as warm as `then`."""
        found = []
        for one in tests:
            now = self.run(one.at) or Common(temperature=one.temperature)
            season = self.season.explained(now, then, 0.0 if self.alone else SCATTER)
            own = None if self.alone or now.median is None else one.ohmic_value / now.median
            found.append(Value(at=one.at, compensated=one.ohmic_value * exp(-season), own=own))
        return found

    @cached_property
    def _starts(self) -> list[float]:
        return [run.at for run in self.runs]


def daily(tests: Iterable[ResistanceTest]) -> list[Daily]:
    """Return the median of the usable tests of each day, oldest first."""
    days: dict[int, list[ResistanceTest]] = {}
    for test in tests:
        if test.usable:
            days.setdefault(int(test.at // DAY), []).append(test)
    return [
        Daily(
            at=of_day[-1].at,
            ohmic_value=median(test.ohmic_value for test in of_day),
            temperature=_median(test.temperature for test in of_day),
        )
        for of_day in days.values()
    ]


def string_resistance(tests: Mapping[str, Sequence[Daily]]) -> StringResistance:
    """Return what batteries have in common, by their tests (oldest first); fewer than three have no median."""
    known = {battery: points for battery, points in tests.items() if points}
    runs = _runs(known, PRIOR[0])
    season = _season(runs)
    if any(len(run.batteries) < len(known) for run in runs):  # nearest tests are brought to the run's temperature
        runs = _runs(known, season.coefficient)
        season = _season(runs)
    return StringResistance(runs=runs, season=season)


def one_battery(tests: Sequence[Daily]) -> StringResistance:
    """Return the same for a battery alone."""
    runs = [
        Run(
            median=one.ohmic_value,
            temperature=one.temperature,
            at=one.at,
            until=one.at,
            batteries=frozenset(),
        )
        for one in tests
    ]
    return StringResistance(runs=runs, season=_season(runs), alone=True)


def _runs(tests: Mapping[str, Sequence[Daily]], coefficient: float) -> list[Run]:
    times = sorted((one.at, battery, one.temperature) for battery, points in tests.items() for one in points)
    runs, place = list[Run](), 0
    places = dict.fromkeys(tests, 0)
    while place < len(times):
        end = place
        while end < len(times) and times[end][0] - times[place][0] <= RUN:
            end += 1
        part = times[place:end]
        temperature = _median(one for _, _, one in part)
        common = _common(tests, places, (part[0][0] + part[-1][0]) / 2, temperature, coefficient)
        runs.append(
            Run(
                median=common,
                temperature=temperature,
                at=part[0][0],
                until=part[-1][0],
                batteries=frozenset(battery for _, battery, _ in part),
            )
        )
        place = end
    return runs


def _common(
    tests: Mapping[str, Sequence[Daily]],
    places: dict[str, int],
    at: float,
    temperature: float | None,
    coefficient: float,
) -> float | None:
    """Return the median of the tests next to a time, one of each battery; times come in order."""
    values = []
    for battery, points in tests.items():
        place = places[battery]
        while place + 1 < len(points) and abs(points[place + 1].at - at) <= abs(points[place].at - at):
            place += 1
        places[battery] = place
        one = points[place]
        if abs(one.at - at) > NEAR:
            continue
        warmer = 0.0
        if temperature is not None and one.temperature is not None and abs(one.at - at) > RUN:
            warmer = temperature - one.temperature
        values.append(one.ohmic_value * exp(coefficient * warmer))
    return median(values) if len(values) >= max(FEWEST, len(tests) / 2) else None


def _season(runs: Sequence[Run]) -> Season:
    """Fit ln R = a + b t + c T to the months, where c is not free but has its prior (Bayes)."""
    measured = any(run.temperature is not None for run in runs)
    months = _months([run for run in runs if run.temperature is not None or not measured])
    if len(months) < 2:  # noqa: PLR2004 - a line
        return Season()
    times, warmths, values = ([month[column] for month in months] for column in range(3))
    origin, mean, level = fmean(times), fmean(warmths), fmean(values)
    moved = [(at - origin, warmth - mean, value - level) for at, warmth, value in months]
    tt, tw, ww, tv, wv = (
        sum(left * right for left, right in pairs)
        for pairs in (
            [(at, at) for at, _, _ in moved],
            [(at, warmth) for at, warmth, _ in moved],
            [(warmth, warmth) for _, warmth, _ in moved],
            [(at, value) for at, _, value in moved],
            [(warmth, value) for _, warmth, value in moved],
        )
    )
    expected, spread = PRIOR
    sigma = SCATTER
    season = Season()
    for _ in range(2):  # the second time with the scatter that the first has left
        weight = (sigma / spread) ** 2
        whole = tt * (ww + weight) - tw * tw
        coefficient = (tt * (wv + weight * expected) - tw * tv) / whole
        ageing = ((ww + weight) * tv - tw * (wv + weight * expected)) / whole
        off = [value - ageing * at - coefficient * warmth for at, warmth, value in moved]
        certainty = ageing / (sigma * sqrt((ww + weight) / whole))
        steady = measured and max(warmths) - min(warmths) <= STEADY_ROOM
        season = Season(
            coefficient=coefficient,
            uncertainty=sigma * sqrt(tt / whole),
            ageing=ageing,
            aged=len(months) >= FEWEST_MONTHS
            and (steady or times[-1] - times[0] >= SEASON - MONTH)
            and certainty >= SIGNIFICANT,
        )
        sigma = max(SCATTER, sqrt(sum(one * one for one in off) / max(1, len(off) - 3)))
    return season


def _months(runs: Sequence[Run]) -> list[tuple[float, float, float]]:
    """Return time, temperature and ln R of each month: what errs in one run errs in the next one too."""
    found, begin = list[tuple[float, float, float]](), -inf
    part: list[tuple[float, float, float]] = []
    for run in runs:
        if run.median is None:
            continue
        if part and run.at - begin >= MONTH:
            found.append(_mean(part))
            part = []
        if not part:
            begin = run.at
        part.append((run.at, run.temperature or 0.0, log(run.median)))
    return [*found, _mean(part)] if part else found


def _mean(rows: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    at, warmth, value = (fmean(column) for column in zip(*rows, strict=True))
    return at, warmth, value


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
