"""What the resistance tests of a battery say of it: ratio, trend, steps, risk and health."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from statistics import median
from typing import Final

from .baseline import FINAL, PROVISIONAL, WINDOW
from .events import Baseline, BaselineKind, ResistanceTest
from .resistance_season import Common
from .resistance_steps import TESTS, Step, held, step, unsteadiness
from .resistance_trend import FEWEST as FEWEST_DAYS, NO_TREND, Points, Risk, Trend, risk, trend
from .robust_statistics import noise_of
from .settings import Settings
from .string_resistance import RUN, Daily, StringResistance, string_resistance

FEWEST: Final = 3  # batteries, for a median of the string
# From this share of the rise to the warning limit, a battery is to be observed: 20 % where 30 % is the warning (C&D).
WATCH_SHARE: Final = 2 / 3
# Health is 0 % at 1.5 times the rise of the alarm limit: at 1.75 times the baseline for a limit of 1.5 times (the
# formula in use on Huasu's hardware).
DEAD_SHARE: Final = 1.5
HYSTERESIS: Final = 0.05  # of the ratio, or three standard deviations of a test: to be less weak again
# At most this share of the rise to the limit. A battery that has few tests and rises much is as if it were noisy, and
# with more it would be weak for ever, also at its baseline.
MOST_HYSTERESIS: Final = 1 / 2
WEAK: Final = (Risk.WEAK, Risk.REPLACE)


@dataclass(frozen=True, kw_only=True)
class ResistanceState:
    """The internal resistance of one battery: its tests, baseline and trend. None is unknown, or not known yet."""

    tests: tuple[ResistanceTest, ...] = ()  # since it was installed, oldest first, of the last 400 days
    baseline: Baseline | None = None
    since: float | None = None  # when it was installed or replaced another, s since 1970, UTC
    trend: Trend = NO_TREND
    string_ratio: float | None = None  # its last value over the median of the string
    risk: Risk | None = None
    health: float | None = None  # 1 at the baseline, 0 at the end; see `DEAD_SHARE`
    days: tuple[Daily, ...] = ()  # the medians of the days of its tests
    reference: Common | None = None  # the median of the string and its own temperature at the time of the baseline
    beyond_warning: bool = False  # whether its ratios are beyond the limits of the ratio, with hysteresis …
    beyond_alarm: bool = False
    values: Points = ()  # of the days of its tests, over the median of the string in the same run
    step: Step | None = None  # the largest one in the last of these values
    unsteadiness: float = 1.0  # how many times a test is the one before; 1 while it is steady
    # For the tests of others, which may show that it was exchanged with one of them, or that all have the same step.
    waits: bool = False
    exchanged_with: str | None = None  # a battery whose resistance has swapped with that of this one
    renewed: float | None = None  # since when it may be a new battery, s since 1970, UTC

    @property
    def last(self) -> ResistanceTest | None:
        """The last usable test."""
        return next((test for test in reversed(self.tests) if test.usable), None)

    @property
    def unsteady(self) -> bool:
        """Whether its tests differ so much from one to the next that a loose contact is likely."""
        return self.unsteadiness > 1

    @property
    def ratio(self) -> float | None:
        """The last value over the baseline."""
        return self.trend.ratio

    @property
    def sudden_rise(self) -> float | None:
        """The values of the last 14 days over those of the 60 days before; 1 if they differ no more than usual."""
        if self.trend.rise is None:
            return None
        return self.trend.rise if self.trend.rapid else 1.0


type ResistanceStates = Mapping[str, ResistanceState]  # by battery


class JudgedStates(dict[str, ResistanceState]):
    """The states of the batteries of a string, with what is kept so that the next test needs little work."""

    def __init__(
        self,
        states: ResistanceStates,
        string: StringResistance,
        due: Sequence[str] = (),
        *,
        waits_until: float = inf,
        tests_follow: bool = True,
    ) -> None:
        """Keep what the batteries have in common, those that are to be judged again, and until when others wait."""
        super().__init__(states)
        self.string: Final = string
        self.due: Final = due
        self.waits_until: Final = waits_until  # s since 1970, UTC
        self.tests_follow: Final = tests_follow  # whether other batteries may be tested soon


def string_median(states: ResistanceStates) -> float | None:
    """Return the median of the last values of a string in Ω; None with fewer than three batteries."""
    values = [one.last.ohmic_value for one in states.values() if one.last]
    return median(values) if len(values) >= FEWEST else None


def string_of(states: ResistanceStates) -> StringResistance:
    """Return what the batteries of a string have in common."""
    if isinstance(states, JudgedStates):
        return states.string
    return string_resistance({battery: one.days for battery, one in states.items()})


def judged(
    settings: Settings, states: ResistanceStates, string: StringResistance, battery: str, now: float
) -> ResistanceState:
    """Return a battery with its ratio, trend and steps; `compared` adds its risk."""
    known = states[battery]
    known = replace(known, reference=reference_of(known, known.days, string))
    limit = settings.by_key["resistance_baseline"]
    relative = string.relative(known.days)
    if len(states) < FEWEST or len(relative) < min(FEWEST_DAYS, len(known.days)):
        alone = string_resistance({battery: known.days})
        steps: Points = [(one.at, one.ohmic_value) for one in known.days]
    else:
        alone, steps = None, relative
    # A battery that may have been exchanged is judged by the baseline of the other one, until a person has said so.
    base_of = states.get(known.exchanged_with or "", known)
    base_of = base_of if base_of.baseline is not None else known
    judged = replace(known, baseline=base_of.baseline, reference=base_of.reference)
    ratios = _season_free(judged, string)
    noise = string.noise
    if alone is not None:  # over its own median nothing is left of it
        noise = noise_of([abs(after - before) for before, after in pairwise(ratios)])
    found = trend(_ratios(judged, string, alone), now, limit.alarm, noise=noise, steps=steps)
    unsteady = unsteadiness([value for _, value in steps], string.noise if alone is None else 0.0)
    ratio = (median(ratios[-TESTS:]) if unsteady > 1 else ratios[-1]) if ratios else None
    if unsteady > 1 or known.exchanged_with is not None:
        found = replace(found, rapid=False, rising=False, limit_from=None, limit_to=None)
    beyond_alarm = held(ratios, limit.alarm, _hysteresis(noise, limit.alarm))
    if beyond_alarm and found.limit_from is not None:  # a sudden rise is there long before its trend
        found = replace(found, limit_from=now, limit_to=now)
    return replace(
        known,
        trend=replace(found, ratio=ratio),
        beyond_warning=held(ratios, limit.warning, _hysteresis(noise, limit.warning)),
        beyond_alarm=beyond_alarm,
        values=steps,
        step=step(steps),
        unsteadiness=unsteady,
    )


def _hysteresis(noise: float, limit: float) -> float:
    return max(HYSTERESIS, min(3 * noise, MOST_HYSTERESIS * (limit - 1)))


def _season_free(known: ResistanceState, string: StringResistance) -> list[float]:
    """Return the ratios of the days of a battery to its baseline, at the temperature of the baseline."""
    if known.baseline is None or known.baseline.ohmic_value <= 0:
        return []
    then = known.reference.temperature if known.reference else None
    base, factor = known.baseline.ohmic_value, string.season.factor
    return [one.ohmic_value / base / factor(one.temperature, then) for one in known.days]


def _ratios(known: ResistanceState, string: StringResistance, alone: StringResistance | None) -> Points:
    """Return the ratios of a battery to its baseline without the season, for its trend.

    They are taken against the median of the string in the same run of tests, so that what all batteries share is not in
    them; what they share beyond the season is. A battery without others is its own string.
    """
    if known.baseline is None or known.baseline.ohmic_value <= 0:
        return []
    common = alone or string
    usual = common.usual
    then = known.reference or usual
    if alone is not None and known.baseline is not None:
        then = replace(then, median=known.baseline.ohmic_value)
    middle = then.median or usual.median
    if middle is None:
        return []
    then = Common(median=middle, temperature=then.temperature)
    return [
        (at, value * middle / known.baseline.ohmic_value * common.season.aged(run, then))
        for at, value in common.relative(known.days)
        if (run := common.run(at)) is not None
    ]


def reference_of(known: ResistanceState, days: Sequence[Daily], string: StringResistance) -> Common | None:
    """Return the conditions in the test that a baseline is from; None for one that is from no test."""
    found, kept = known.baseline, known.reference
    if found is None or found.kind in (BaselineKind.TYPED, BaselineKind.NONE) or not days:
        return kept
    if kept is not None and kept.median is not None and days[-1].at - found.at > RUN:
        return kept
    early = [one for one in days if one.at <= found.at]
    if not early:
        return kept
    windows = [early[-1:]]
    if found.kind is not BaselineKind.STRING and known.since is not None:
        # The provisional baseline may be the first test of all, and the final one may be the provisional one.
        since, parts = known.since, (PROVISIONAL, FINAL)
        within = [one for one in early if any(low <= one.at - since <= high for low, high in parts)]
        windows = [early[:1], *([two for two in within if 0 <= two.at - one.at < WINDOW] for one in within)]
    window = min(windows, key=lambda window: abs(median(one.ohmic_value for one in window) - found.ohmic_value))
    medians = [run.median for one in window if (run := string.run(one.at)) is not None and run.median is not None]
    temperatures = [one.temperature for one in window if one.temperature is not None]
    return Common(
        median=median(medians) if medians else None, temperature=median(temperatures) if temperatures else None
    )


def compared(settings: Settings, known: ResistanceState, middle: float | None) -> ResistanceState:
    """Return a battery with its risk and health, compared with the median of the string in Ω."""
    limit = settings.by_key["resistance_baseline"]
    last = known.last
    string_ratio = last.ohmic_value / middle if last and middle else None
    watch = 1 + WATCH_SHARE * (limit.warning - 1)
    found = _risk(known, risk(known.trend, string_ratio, watch=watch, weak=limit.warning, replace=limit.alarm))
    health = None
    if known.ratio is not None:
        health = min(1.0, max(0.0, 1 - (known.ratio - 1) / (DEAD_SHARE * (limit.alarm - 1))))
    if (string_ratio, found, health) == (known.string_ratio, known.risk, known.health):
        return known
    return replace(known, string_ratio=string_ratio, risk=found, health=health)


def _risk(known: ResistanceState, found: Risk | None) -> Risk | None:
    """Return a risk that does not change with each test of a battery near a limit."""
    if known.unsteady and found is not Risk.REPLACE:
        return Risk.WATCH
    if known.beyond_alarm:
        found = Risk.REPLACE
    if found in (Risk.STABLE, Risk.WATCH) and known.beyond_warning:
        found = Risk.WEAK
    if known.waits and found in WEAK and known.risk not in WEAK:
        return known.risk or Risk.WATCH
    return found
