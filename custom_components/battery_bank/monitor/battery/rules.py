"""What is judged by which limit, and when: every alarm but those on resistance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from typing import Final

from .alarms import Judge
from .events import Condition, Level
from .gas import Gas
from .limits import DAY, HOUR, MINUTE, Limit
from .operating_state import Cells, ConditionState
from .resistance import Ohmic
from .sample import Sample
from .settings import Settings
from .spread import Spread
from .warming import Heat

# A loaded battery needs so long until its voltage can be compared again (Alber).
AFTER_TEST: Final = 30 * MINUTE
# The coup de fouet: a low voltage says nothing in the first minutes of a discharge.
AFTER_START: Final = 5 * MINUTE
# Float voltages settle after a charge, and a new bank's over half a year (EnerSys).
SETTLED: Final = HOUR
NEW: Final = 182 * DAY
NEW_FACTOR: Final = 2.0
# A battery stays warm after a discharge (Generex: 12 h), and may be so much warmer meanwhile.
WARM: Final = 12 * HOUR
WARMER: Final = 3.0  # K
HOTTEST: Final = 50.0  # °C; no charging above (C&D)

UNDERCHARGE_HYSTERESIS: Final = 0.01  # V per cell

type Since = Mapping[str, float]  # by key, since when something goes on, s since 1970


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """All that the rules of one step look at."""

    sample: Sample
    condition: ConditionState
    cells: Cells | None
    mean_voltage: float | None  # V, the mean cell of all batteries; None unless all are heard
    spread: Spread
    heat: Heat
    gas: Gas | None
    float_ratio: float | None  # the float current over what is expected; None where it can't be measured
    cycled: float = -inf  # when the string was last seen to be discharged or recharged
    tested: Mapping[str, float] = field(default_factory=dict)  # when batteries were last under test
    ohmic: Mapping[str, Ohmic] = field(default_factory=dict)
    since: Since = field(default_factory=dict)

    @property
    def age(self) -> float:
        """How long the string has done what it does, in s."""
        return self.sample.at - self.condition.since

    @property
    def warm(self) -> bool:
        """Whether the batteries may still be warm of a discharge or recharge, or the string not quite full."""
        return self.sample.at - self.cycled < WARM

    def tested_lately(self, battery: str) -> bool:
        """Whether a battery's voltage can't be compared because of a resistance test."""
        return self.sample.at - self.tested.get(battery, -inf) < AFTER_TEST

    def minutes(self, key: str) -> float:
        """Return since how many minutes something goes on; 0 if it doesn't."""
        return (self.sample.at - self.since.get(key, self.sample.at)) / MINUTE


def judge_all(judge: Judge, settings: Settings, now: Situation) -> Applying:
    """Judge everything that is known of a string by its limits, and return those that depend on what it does."""
    applying = _applying(settings, now)
    _voltages(judge, settings, now, applying)
    _temperatures(judge, settings, now, applying)
    _resistances(judge, settings, now)
    _modules(judge, settings, now)
    _string(judge, settings, now)
    _currents(judge, settings, now)
    return applying


@dataclass(frozen=True, kw_only=True, slots=True)
class Applying:
    """The limits of batteries that depend on what the string does; None leaves an alarm as it is."""

    high: Limit
    rise: Limit  # of the temperature above the room's
    low: Limit | None = None
    deviation: Limit | None = None
    shorted: Limit | None = None


def _applying(settings: Settings, now: Situation) -> Applying:
    limits, compensation = settings.by_key, now.cells.compensation if now.cells else 0.0
    high, shorted = limits["voltage_high"].shifted(compensation), limits["shorted_cell"]
    applying = partial(Applying, rise=limits["temperature_rise"].shifted(WARMER if now.warm else 0.0))
    match now.condition.condition:
        case Condition.FLOAT:
            new = settings.installed is not None and now.sample.at - settings.installed < NEW
            deviation = limits["deviation"].widened(NEW_FACTOR if new else 1.0)
            low = limits["voltage_low"].shifted(compensation)
            return applying(high=high, low=low, deviation=deviation if now.age >= SETTLED else None, shorted=shorted)
        case Condition.BOOST:
            high = limits["voltage_high_boost"].shifted(compensation)
            return applying(high=high, low=limits["voltage_low"], shorted=shorted)
        case Condition.DISCHARGE if now.age >= AFTER_START:
            return applying(high=high, low=limits["voltage_low_discharge"], deviation=limits["deviation_discharge"])
        case Condition.RECHARGE:
            return applying(high=high, low=limits["voltage_low_discharge"])
        case Condition.REST | Condition.OPEN_CIRCUIT:
            return applying(high=high, low=limits["voltage_low_rest"], shorted=shorted)
    return applying(high=high)


_VOLTAGES: Final = ("voltage_high", "voltage_low", "deviation", "shorted_cell")


def _unknown(judge: Judge, battery: str, *limits: Limit) -> None:
    """Hold what is raised; what was about to be begins anew."""
    for limit in limits:
        judge.check(limit, battery, None)


def _voltages(judge: Judge, settings: Settings, now: Situation, applying: Applying) -> None:
    for battery, voltage in now.sample.voltages.items():
        if now.tested_lately(battery):
            _unknown(judge, battery, *(settings.by_key[key] for key in _VOLTAGES))
            continue
        cell_voltage = voltage / settings.cells
        judge.check(applying.high, battery, cell_voltage)
        if applying.low:
            judge.check(applying.low, battery, cell_voltage)
        away = now.spread.deviations.get(battery)
        if applying.deviation and away is not None:
            judge.check(applying.deviation, battery, abs(away) if now.spread.outlying(battery) else 0.0)
        if applying.shorted and now.spread.median is not None:
            judge.check(applying.shorted, battery, (now.spread.median - voltage) / settings.cell.full_voltage)


def _temperatures(judge: Judge, settings: Settings, now: Situation, applying: Applying) -> None:
    limits, sample = settings.by_key, now.sample
    discharging = now.condition.condition is Condition.DISCHARGE
    rise_limit = applying.rise
    runaway_limit = limits["thermal_runaway"].shifted(WARMER if now.warm else 0.0)
    reference = sample.ambient if sample.ambient is not None else now.heat.median
    excess = now.float_ratio if not now.warm else None
    warned, alarmed = limits["float_current"].warning, limits["float_current"].alarm
    for battery, temperature in sample.temperatures.items():
        judge.check(limits["temperature_high"], battery, temperature)
        if discharging or reference is None or now.condition.condition is None:
            _unknown(judge, battery, rise_limit, runaway_limit)
            continue
        rise = temperature - reference
        judge.check(rise_limit, battery, rise)
        at_least = Level.OK
        # What a discharge has heated goes on to warm up outside for a while.
        if temperature >= HOTTEST or (now.heat.running_away(battery) and not now.warm):
            at_least = Level.ALARM
        elif excess is not None and rise >= limits["temperature_rise"].warning and excess >= warned:
            at_least = Level.ALARM if excess >= alarmed and rise >= runaway_limit.warning else Level.WARNING
        judge.check(runaway_limit, battery, rise, at_least=at_least)


def _resistances(judge: Judge, settings: Settings, now: Situation) -> None:
    limits = settings.by_key
    for battery, ohmic in now.ohmic.items():
        judge.check(limits["resistance_baseline"], battery, ohmic.ratio)
        judge.check(limits["resistance_string"], battery, ohmic.string_ratio)
        judge.check(limits["resistance_low"], battery, ohmic.string_ratio)
        judge.check(limits["resistance_rise"], battery, ohmic.sudden_rise)


def _modules(judge: Judge, settings: Settings, now: Situation) -> None:
    limits = settings.by_key
    heard = _heard(now.sample)
    for battery in (*settings.batteries, None):
        name = battery or ""
        answers = name in heard
        silent = battery in now.sample.silent if battery else now.sample.string_silent
        judge.check(limits["module_silent"], battery, now.minutes(f"silent {name}") if answers or silent else None)
        judge.check(limits["module_fault"], battery, now.minutes(f"faulty {name}") if answers else None)
    judge.check(limits["line_down"], None, now.minutes("line"))


def _string(judge: Judge, settings: Settings, now: Situation) -> None:
    limits, condition = settings.by_key, now.condition.condition
    compensation = now.cells.compensation if now.cells else 0.0
    if now.mean_voltage is not None:
        # A recharge passes that limit on its way to boost, and comes to float if there is none.
        if condition not in (Condition.BOOST, Condition.RECHARGE):
            judge.check(limits["string_voltage_high"].shifted(compensation), None, now.mean_voltage)
        if condition is Condition.FLOAT and now.age >= SETTLED:
            judge.check(limits["string_voltage_low"].shifted(compensation), None, now.mean_voltage)
        elif condition is Condition.RECHARGE or (condition is Condition.DISCHARGE and now.age >= AFTER_START):
            judge.check(limits["string_voltage_low_discharge"], None, now.mean_voltage)
    if condition is not None:
        judge.check(limits["undercharge"], None, now.minutes("undercharged") / 60)
        broken = Level.ALARM if condition is Condition.OPEN_CIRCUIT else Level.OK
        judge.check(limits["open_string"], None, now.minutes("resting") / 60, at_least=broken)
    judge.check(limits["ambient_high"], None, now.sample.ambient)
    judge.check(limits["ambient_low"], None, now.sample.ambient)


def _currents(judge: Judge, settings: Settings, now: Situation) -> None:
    limits, current = settings.by_key, now.sample.current
    if current is not None:
        judge.check(limits["charge_current"], None, max(0.0, current) / settings.capacity)
        judge.check(limits["discharge_current"], None, max(0.0, -current) / settings.capacity)
    if not now.warm:
        judge.check(limits["float_current"], None, now.float_ratio)
    if now.gas is not None:  # what a recharge loses is less gas than its share says: nobody knows how much
        judge.check(limits["hydrogen"], None, now.gas.share if now.gas.full else 0.0)


def _heard(sample: Sample) -> set[str]:
    """Return the batteries whose modules answer, and "" if the string's does."""
    of_string = sample.current is not None or sample.ambient is not None or sample.string_faulty
    return {*sample.voltages, *sample.temperatures, *sample.faulty, *([""] if of_string else [])}


def going_on(settings: Settings, before: Since, now: Sample, condition: Condition | None, cells: Cells | None) -> Since:
    """Keep since when modules are silent or faulty, the line is down, and the string is not charged as it should."""
    keys = {f"silent {battery}" for battery in now.silent} | {f"faulty {battery}" for battery in now.faulty}
    keys |= {
        key
        for key, on in (("silent ", now.string_silent), ("faulty ", now.string_faulty), ("line", now.line_down))
        if on
    }
    if condition in (Condition.REST, Condition.OPEN_CIRCUIT) or (condition is None and "resting" in before):
        keys.add("resting")
    low = settings.by_key["string_voltage_low"].warning
    if "undercharged" in before:  # to touch the voltage once is not to be charged
        low += UNDERCHARGE_HYSTERESIS
    if (cells is not None and cells.voltage < low + cells.compensation) or (cells is None and "undercharged" in before):
        keys.add("undercharged")
    # Of a module that isn't heard, as all while the line is down, nobody knows whether it's well again.
    unheard = {*settings.batteries, ""} - _heard(now)
    keys |= {key for name in unheard for key in (f"silent {name}", f"faulty {name}") if key in before}
    if keys == set(before):
        return before
    return {key: before.get(key, now.at) for key in keys}
