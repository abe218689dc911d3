"""What the internal resistances of a string have in common: their median in each run of tests."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import exp, inf, log
from statistics import median
from typing import Final

from .events import ResistanceTest
from .limits import DAY
from .resistance_season import COEFFICIENT, Common, Season, season_of
from .resistance_trend import sudden_rise
from .robust_statistics import noise_of

REMEMBERED: Final = 400 * DAY  # tests in memory; the journal has the older ones
RUN: Final = 3 * DAY  # the tests of one run: those of a large string take some nights
NEAR: Final = 50 * DAY  # a battery that was not tested in a run is compared with its nearest test
FEWEST: Final = 3  # batteries, for a median; of two the lower one counts, because batteries fail upwards
# A change of the logarithm that so many of the batteries of a run have in common is a step of the whole string [I].
STEP: Final = 0.08
ALIKE: Final = 0.75


@dataclass(frozen=True, kw_only=True, slots=True)
class Daily:
    """The usable tests of a battery on one day: their median."""

    at: float  # s since 1970, UTC, of the last of them
    ohmic_value: float  # Ω
    temperature: float | None  # °C


@dataclass(frozen=True, kw_only=True, slots=True)
class Run(Common):
    """Tests of a string within three days."""

    begun: float  # s since 1970, UTC: the first test of all; it may have been repeated since
    at: float  # s since 1970, UTC: the first …
    until: float  # … and the last of its tests
    values: Mapping[str, Daily]  # by battery
    step: float = 0.0  # the change of the logarithm since the tests before it, if its batteries have one in common


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """The steps of the batteries from run to run, up to the last run but one."""

    sizes: Sequence[float] = ()  # of values over the median of their run, sorted
    values: Mapping[str, float] = field(default_factory=dict)  # the last one of each battery, over the median


@dataclass(frozen=True, kw_only=True)
class StringResistance:
    """The runs of tests of a string."""

    runs: Sequence[Run] = ()  # oldest first
    season: Season = field(default_factory=Season)
    noise: float = 0.0  # of a test over the median of its run, one standard deviation; usual for its batteries
    days: Mapping[str, Sequence[Daily]] = field(default_factory=dict)  # of the batteries that were tested
    steps: Steps = field(default_factory=Steps)

    def run(self, at: float) -> Run | None:
        """Return the run that a test belongs to."""
        place = bisect_right(self._starts, at) - 1
        return self.runs[place] if place >= 0 and at <= self.runs[place].until else None

    @cached_property
    def usual(self) -> Common:
        """The medians of all runs: what a value is compared with of whose time nothing is known."""
        return Common(
            median=_median(run.median for run in self.runs), temperature=_median(run.temperature for run in self.runs)
        )

    @cached_property
    def common_rise(self) -> float | None:
        """How many times their value of before the resistances of all batteries are, if they have risen suddenly.

        1 if they have not; None with few runs. The season is not in it. A median of many has little noise, so that one
        run is enough. It must have tested more than half of the batteries.
        """
        known = [
            (run.until, self.season.aged(run, self.usual))
            for run in self.runs
            if len(run.values) >= FEWEST and len(run.values) > len(self.days) / 2
        ]
        rise, rapid = sudden_rise(known, alone=1.0)
        return rise if rise is None or rapid else 1.0

    def risen(self, now: float) -> float:
        """Return how many times their value of before the resistances are, also while a run is still under way."""
        run = self.under_way(now)
        return max(self.common_rise or 1.0, exp(run.step) if run is not None else 1.0)

    def under_way(self, now: float) -> Run | None:
        """Return the run to which a test would belong now; None if it would be the first of another one."""
        run = self.runs[-1] if self.runs else None
        return run if run is not None and 0 <= now - run.begun <= RUN else None

    def relative(self, tests: Sequence[Daily]) -> list[tuple[float, float]]:
        """Return (s since 1970, value over the median of the string in the same run) of the tests of a battery."""
        found = []
        for one in tests:
            run = self.run(one.at)
            if run is not None and run.median is not None:
                found.append((one.at, one.ohmic_value / run.median))
        return found

    def grown(self, battery: str, days: Sequence[Daily]) -> StringResistance:
        """Return the same with the newest test of a battery, of which `days` are all that are remembered.

        Only the runs that this test can change are made again: the last one, and those shortly before it that the
        battery has missed, because a missing value is taken from the nearest test. So the work for a test does not grow
        with the number of runs.
        """
        known = {**self.days, battery: days}
        before = self.days.get(battery)
        if not (self.runs and before and days and days[-1].at > before[-1].at and days[-1].at >= self.runs[-1].begun):
            return string_resistance(known)  # the first test of a battery, or the clock was set back
        run, new = self.runs[-1], days[-1]
        opens = new.at - run.begun > RUN
        if int(before[-1].at // DAY) == int(new.at // DAY) and (opens or battery not in run.values):
            return string_resistance(known)  # the same day again, of which the first test is in an older run
        season, steps = self.season, self.steps
        if opens:
            runs = [one for one in self.runs if new.at - one.until <= REMEMBERED]
            steps, values, begun = _steps(runs), {battery: new}, new.at
        else:
            runs, values, begun = [*self.runs[:-1]], {**run.values, battery: new}, run.begun
        for place in range(len(runs) - 1, -1, -1):
            one = runs[place]
            if one.at + one.until <= before[-1].at + new.at:
                break  # the battery was tested in this run, or its test before is nearer
            runs[place] = _run(known, one.values, one.begun, season.coefficient)
        runs.append(_run(known, values, begun, season.coefficient))
        return StringResistance(runs=runs, season=_season(runs), noise=_noise(steps, runs[-1]), days=known, steps=steps)

    @cached_property
    def _starts(self) -> list[float]:
        return [run.at for run in self.runs]


def daily(tests: Iterable[ResistanceTest]) -> tuple[Daily, ...]:
    """Return the median of the usable tests of each day, oldest first."""
    days: dict[int, list[ResistanceTest]] = {}
    for test in tests:
        if test.usable:
            days.setdefault(int(test.at // DAY), []).append(test)
    return tuple(
        Daily(
            at=of_day[-1].at,
            ohmic_value=median(test.ohmic_value for test in of_day),
            temperature=_median(test.temperature for test in of_day),
        )
        for of_day in sorted(days.values(), key=lambda of_day: of_day[-1].at)
    )


def string_resistance(tests: Mapping[str, Sequence[Daily]]) -> StringResistance:
    """Return what batteries have in common, by their tests (oldest first)."""
    known = {battery: points for battery, points in tests.items() if points}
    runs = [_run(known, part, begun, COEFFICIENT[0]) for begun, part in _parts(known)]
    season = _season(runs)
    if any(len(run.values) < len(known) for run in runs):  # nearest tests are brought to the run's temperature
        whole = len(known)
        runs = [
            run if len(run.values) == whole else _run(known, run.values, run.begun, season.coefficient) for run in runs
        ]
        season = _season(runs)
    steps = _steps(runs[:-1])
    noise = _noise(steps, runs[-1]) if runs else 0.0
    return StringResistance(runs=runs, season=season, noise=noise, days=known, steps=steps)


def _parts(tests: Mapping[str, Sequence[Daily]]) -> Iterator[tuple[float, Mapping[str, Daily]]]:
    """Yield the begin and the tests of each run, by battery; of several tests of one battery the last one."""
    times = sorted((one.at, battery, one) for battery, points in tests.items() for one in points)
    part, begin = dict[str, Daily](), -inf
    for at, battery, one in times:
        if part and at - begin > RUN:
            yield begin, part
            part = {}
        if not part:
            begin = at
        part[battery] = one
    if part:
        yield begin, part


def _run(tests: Mapping[str, Sequence[Daily]], part: Mapping[str, Daily], begun: float, coefficient: float) -> Run:
    begin, until = min(one.at for one in part.values()), max(one.at for one in part.values())
    temperature = _median(one.temperature for one in part.values())
    step, since = _common_step(tests, part, begun, coefficient)
    values = [one.ohmic_value for one in part.values()]
    for battery, points in tests.items():
        if battery in part:
            continue
        one = _nearest(points, (begin + until) / 2)
        if abs(one.at - (begin + until) / 2) > NEAR:
            continue
        warmer = 0.0
        if temperature is not None and one.temperature is not None:
            warmer = temperature - one.temperature
        values.append(one.ohmic_value * exp(coefficient * warmer + (step if one.at <= since else 0.0)))
    middle = None
    if len(values) >= max(min(len(tests), FEWEST), len(tests) / 2):
        middle = median(values) if len(values) >= FEWEST else min(values)
    return Run(median=middle, temperature=temperature, begun=begun, at=begin, until=until, values=part, step=step)


def _common_step(
    tests: Mapping[str, Sequence[Daily]], part: Mapping[str, Daily], begun: float, coefficient: float
) -> tuple[float, float]:
    """Return the change of the logarithm that the batteries of a run have in common, 0 if they have none; and its time.

    The batteries that are still to be tested in this run have it too, presumably, unless their last tests are later.
    """
    changes, since = list[float](), -inf
    for battery, one in part.items():
        points = tests[battery]
        place = len(points) - 1
        if place < 1 or points[place] is not one or points[place - 1].at >= begun:  # not in the last run
            place = bisect_left(points, begun, key=lambda point: point.at)
        if not place or begun - points[place - 1].at > NEAR:
            continue
        before, warmer = points[place - 1], 0.0
        if one.temperature is not None and before.temperature is not None:
            warmer = one.temperature - before.temperature
        changes.append(log(one.ohmic_value / before.ohmic_value) - coefficient * warmer)
        since = max(since, before.at + RUN)
    if len(changes) < FEWEST:
        return 0.0, since
    middle = median(changes)
    alike = sum(change / middle > 1 / 2 for change in changes) if abs(middle) > STEP else 0
    return (middle if alike >= ALIKE * len(changes) else 0.0), min(since, begun)


def _nearest(points: Sequence[Daily], at: float) -> Daily:
    place = bisect_left(points, at, key=lambda one: one.at)
    return min(points[max(0, place - 1) : place + 1], key=lambda one: abs(one.at - at))


def _steps(runs: Iterable[Run]) -> Steps:
    sizes, values = list[float](), dict[str, float]()
    for run in runs:
        after = _relative(run)
        sizes += [abs(value - values[battery]) for battery, value in after.items() if battery in values]
        values |= after
    return Steps(sizes=sorted(sizes), values=values)


def _noise(steps: Steps, run: Run) -> float:
    """Return the noise of a test over the median of its run, from the steps up to the last run and those to it."""
    before = steps.values
    last = [abs(value - before[battery]) for battery, value in _relative(run).items() if battery in before]
    return noise_of([*steps.sizes, *last])


def _relative(run: Run) -> dict[str, float]:
    if run.median is None:
        return {}
    return {battery: one.ohmic_value / run.median for battery, one in run.values.items()}


def _season(runs: Iterable[Run]) -> Season:
    return season_of(
        (run.at, run.temperature, log(run.median))
        for run in runs
        if run.temperature is not None and run.median is not None
    )


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
