"""The rules: for each kind of alarm, which value is judged by which limit, and when.

A rule judges the alarms of its own kind only. Where a value means nothing in the present operating state, the rule
leaves the alarm as it is.
"""

from collections.abc import Callable
from typing import Final

from . import rest_habit
from .alarm_kinds import AlarmKind
from .alarms import Judge
from .events import Level, OperatingState
from .limits import DAY, Limit
from .situation import AFTER_START, SETTLED, WARMER, Situation, implausible_key, offline_key

HOTTEST: Final = 50.0  # °C; no charging above (C&D)

type Rule = Callable[[Judge, Situation], None]

RULES: Final[dict[AlarmKind, Rule]] = {}


def rule(kind: AlarmKind) -> Callable[[Rule], Rule]:
    """Make a function the rule of a kind."""

    def register(function: Rule) -> Rule:
        RULES[kind] = function
        return function

    return register


def judge_all(judge: Judge, now: Situation) -> None:
    """Apply all rules to a string."""
    for judge_kind in RULES.values():
        judge_kind(judge, now)


def _voltages(
    judge: Judge, now: Situation, kind: AlarmKind, limit: Limit | None, value: Callable[[str, float], float | None]
) -> None:
    """Judge `value(battery, voltage in V)` of each battery; None leaves its alarm as it is.

    A battery that was under test lately keeps a raised alarm, and a pending one starts again.
    """
    for battery, voltage in now.sample.voltages.items():
        if battery in now.tested_lately:
            judge.hold(kind, battery)
        elif limit is not None and (judged := value(battery, voltage)) is not None:
            judge.check(limit, battery, judged)


@rule(AlarmKind.VOLTAGE_HIGH)
def _voltage_high(judge: Judge, now: Situation) -> None:
    cells = now.settings.cells
    _voltages(judge, now, AlarmKind.VOLTAGE_HIGH, now.applying.high, lambda _, voltage: voltage / cells)


@rule(AlarmKind.VOLTAGE_LOW)
def _voltage_low(judge: Judge, now: Situation) -> None:
    cells = now.settings.cells
    _voltages(judge, now, AlarmKind.VOLTAGE_LOW, now.applying.low, lambda _, voltage: voltage / cells)


@rule(AlarmKind.DEVIATION)
def _deviation(judge: Judge, now: Situation) -> None:
    def distance(battery: str, _: float) -> float | None:
        """Return the distance from the median in V per cell; 0 for one that is no outlier."""
        away = now.spread.deviations.get(battery)
        return None if away is None else abs(away) if now.spread.outlying(battery) else 0.0

    _voltages(judge, now, AlarmKind.DEVIATION, now.applying.deviation, distance)


@rule(AlarmKind.SHORTED_CELL)
def _shorted_cell(judge: Judge, now: Situation) -> None:
    median, full_voltage = now.spread.median, now.settings.cell.full_voltage

    def missing(_: str, voltage: float) -> float | None:
        """Return how many cells' open-circuit voltage is missing."""
        return None if median is None else (median - voltage) / full_voltage

    _voltages(judge, now, AlarmKind.SHORTED_CELL, now.applying.shorted, missing)


@rule(AlarmKind.TEMPERATURE_HIGH)
def _temperature_high(judge: Judge, now: Situation) -> None:
    for battery, temperature in now.sample.temperatures.items():
        judge.check(now.limits["temperature_high"], battery, temperature)


@rule(AlarmKind.TEMPERATURE_RISE)
def _temperature_rise(judge: Judge, now: Situation) -> None:
    for battery in now.sample.temperatures:
        judge.check(now.applying.rise, battery, now.warm_up[battery] if now.warm_up is not None else None)


@rule(AlarmKind.THERMAL_RUNAWAY)
def _thermal_runaway(judge: Judge, now: Situation) -> None:
    limit = now.limits["thermal_runaway"].shifted(WARMER if now.warm else 0.0)
    excess = now.float_ratio if not now.warm else None
    current, warmer = now.limits["float_current"], now.limits["temperature_rise"].warning
    for battery, temperature in now.sample.temperatures.items():
        if now.warm_up is None:
            judge.hold(AlarmKind.THERMAL_RUNAWAY, battery)
            continue
        rise = now.warm_up[battery]
        at_least = Level.OK
        # After a discharge has heated a battery, its outside still warms up for a while.
        if temperature >= HOTTEST or (now.heat.running_away(battery) and not now.warm):
            at_least = Level.ALARM
        elif excess is not None and rise >= warmer and excess >= current.warning:
            at_least = Level.ALARM if excess >= current.alarm and rise >= limit.warning else Level.WARNING
        judge.check(limit, battery, rise, at_least=at_least)


@rule(AlarmKind.RESISTANCE_BASELINE)
def _resistance_baseline(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(now.limits["resistance_baseline"], battery, state.ratio)


@rule(AlarmKind.RESISTANCE_STRING)
def _resistance_string(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(now.limits["resistance_string"], battery, None if state.unsteady else state.string_ratio)


@rule(AlarmKind.RESISTANCE_LOW)
def _resistance_low(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(now.limits["resistance_low"], battery, None if state.unsteady else state.string_ratio)


@rule(AlarmKind.RESISTANCE_RISE)
def _resistance_rise(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(now.limits["resistance_rise"], battery, state.sudden_rise)


@rule(AlarmKind.RESISTANCE_UNSTEADY)
def _resistance_unsteady(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(now.limits["resistance_unsteady"], battery, state.unsteadiness)


@rule(AlarmKind.MODULE_SILENT)
def _module_offline(judge: Judge, now: Situation) -> None:
    for battery in (*now.settings.batteries, None):
        name = battery or ""
        offline = battery in now.sample.offline if battery else now.sample.string_offline
        known = offline or name in now.online
        judge.check(now.limits["module_silent"], battery, now.minutes(offline_key(battery)) if known else None)


@rule(AlarmKind.MODULE_FAULT)
def _module_fault(judge: Judge, now: Situation) -> None:
    for battery in (*now.settings.batteries, None):
        name = battery or ""
        value = now.minutes(implausible_key(battery)) if name in now.online else None
        judge.check(now.limits["module_fault"], battery, value)


@rule(AlarmKind.LINE_DOWN)
def _line_down(judge: Judge, now: Situation) -> None:
    judge.check(now.limits["line_down"], None, now.minutes("line"))


@rule(AlarmKind.STRING_VOLTAGE_HIGH)
def _string_voltage_high(judge: Judge, now: Situation) -> None:
    # A recharge passes this limit on its way to boost, and comes to float if there is no boost.
    if now.mean_voltage is not None and now.state not in (OperatingState.BOOST, OperatingState.RECHARGE):
        judge.check(now.limits["string_voltage_high"].shifted(now.compensation), None, now.mean_voltage)


@rule(AlarmKind.STRING_VOLTAGE_LOW)
def _string_voltage_low(judge: Judge, now: Situation) -> None:
    if now.mean_voltage is None:
        return
    match now.state:
        case OperatingState.FLOAT if now.age >= SETTLED:
            judge.check(now.limits["string_voltage_low"].shifted(now.compensation), None, now.mean_voltage)
        case OperatingState.DISCHARGE if now.age < AFTER_START:
            pass
        case OperatingState.RECHARGE | OperatingState.DISCHARGE:
            judge.check(now.limits["string_voltage_low_discharge"], None, now.mean_voltage)


@rule(AlarmKind.UNDERCHARGE)
def _undercharge(judge: Judge, now: Situation) -> None:
    if now.state is not None:
        judge.check(now.limits["undercharge"], None, now.minutes("undercharged") / 60)


@rule(AlarmKind.OPEN_STRING)
def _open_string(judge: Judge, now: Situation) -> None:
    if now.state is not None:
        broken = Level.ALARM if now.state is OperatingState.OPEN_CIRCUIT else Level.OK
        cycled = now.sample.at - now.cycled < DAY
        limit = rest_habit.allowed(now.limits["open_string"], now.usual_rest, cycled=cycled)
        judge.check(limit, None, now.minutes("resting") / 60, at_least=broken)


@rule(AlarmKind.CHARGE_CURRENT)
def _charge_current(judge: Judge, now: Situation) -> None:
    if now.sample.current is not None:
        judge.check(now.limits["charge_current"], None, max(0.0, now.sample.current) / now.settings.capacity)


@rule(AlarmKind.DISCHARGE_CURRENT)
def _discharge_current(judge: Judge, now: Situation) -> None:
    if now.sample.current is not None:
        judge.check(now.limits["discharge_current"], None, max(0.0, -now.sample.current) / now.settings.capacity)


@rule(AlarmKind.FLOAT_CURRENT)
def _float_current(judge: Judge, now: Situation) -> None:
    if not now.warm:
        judge.check(now.limits["float_current"], None, now.float_ratio)


@rule(AlarmKind.HYDROGEN)
def _hydrogen(judge: Judge, now: Situation) -> None:
    if now.gas is not None:  # before the string is full, the voltage limits the gas; without it nothing is known
        judge.check(now.limits["hydrogen"], None, now.gas.share if now.gas.full or now.cells is not None else None)


@rule(AlarmKind.AMBIENT_HIGH)
def _ambient_high(judge: Judge, now: Situation) -> None:
    judge.check(now.limits["ambient_high"], None, now.sample.ambient)


@rule(AlarmKind.AMBIENT_LOW)
def _ambient_low(judge: Judge, now: Situation) -> None:
    judge.check(now.limits["ambient_low"], None, now.sample.ambient)
