"""The rules: for each kind of alarm, which value is judged by which limit, and when.

A rule judges its own kind only, and leaves an alarm as it is where a value means nothing in the operating state.
"""

from collections.abc import Callable
from dataclasses import replace
from math import inf
from statistics import fmean
from typing import Final

from . import rest_habit, room_rules
from .alarm_kinds import AlarmKind
from .alarms import Judge
from .common_alarms import Common
from .events import Level, OperatingState
from .limits import DAY
from .resistance_judgement import string_of
from .situation import (
    AFTER_START,
    SETTLED,
    UNMONITORED,
    WARMER,
    Situation,
    implausible_key,
    mostly_implausible,
    offline_key,
)
from .voltage_judgement import judge_voltages, unsettled
from .warming import RISE

HOTTEST: Final = 50.0  # °C; no charging above (C&D)

KEPT: Final = frozenset({AlarmKind.VOLTAGE_LOW, AlarmKind.DEVIATION, AlarmKind.STRING_VOLTAGE_LOW})

type Rule = Callable[[Judge, Situation], None]

RULES: Final[dict[AlarmKind, Rule]] = {**room_rules.RULES}


def rule(kind: AlarmKind) -> Callable[[Rule], Rule]:
    """Make a function the rule of a kind."""

    def register(function: Rule) -> Rule:
        RULES[kind] = function
        return function

    return register


def judge_all(judge: Judge, now: Situation) -> None:
    """Apply all rules to a string."""
    if now.state is OperatingState.DISCHARGE:  # a load that goes to and fro is no end of what it has shown
        judge.kept |= KEPT
    for judge_kind in RULES.values():
        judge_kind(judge, now)
    judge.settle()


@rule(AlarmKind.REVERSED_CELL)
def _reversed_cell(judge: Judge, now: Situation) -> None:
    limit = now.limits["reversed_cell"]
    for battery, cells in now.missing.items():
        judge.check(now.read_again(limit, battery), battery, cells)


@rule(AlarmKind.SHORTED_CELL)
def _shorted_cell(judge: Judge, now: Situation) -> None:
    median, full_voltage = now.spread.median, now.settings.cell.full_voltage
    limit, low, cells = now.applying.shorted, now.applying.low, now.settings.cells

    def missing(battery: str, voltage: float) -> float | None:
        """Return how many cells' open-circuit voltage is missing; None if the low voltage itself is the worse alarm."""
        if median is None or limit is None:
            return None
        cells_missing = (median - voltage) / full_voltage
        charged = now.state in (OperatingState.FLOAT, OperatingState.BOOST)  # at rest, that alarm comes late
        is_low = charged and low is not None and low.level(voltage / cells) is Level.ALARM
        if is_low and limit.level(cells_missing) is Level.WARNING and not judge.level(AlarmKind.SHORTED_CELL, battery):
            return None
        return cells_missing

    judge_voltages(judge, now, AlarmKind.SHORTED_CELL, limit, missing)


@rule(AlarmKind.VOLTAGE_HIGH)
def _voltage_high(judge: Judge, now: Situation) -> None:
    cells = now.settings.cells
    judge_voltages(judge, now, AlarmKind.VOLTAGE_HIGH, now.applying.high, lambda _, voltage: voltage / cells)


@rule(AlarmKind.VOLTAGE_LOW)
def _voltage_low(judge: Judge, now: Situation) -> None:
    cells, limit = now.settings.cells, now.applying.low

    def of_cell(battery: str, voltage: float) -> float | None:
        value = voltage / cells
        if discharge and battery not in now.outliers and not judge.level(AlarmKind.VOLTAGE_LOW, battery):
            return None  # the delay of its alarm begins when it stands out
        return None if limit is None or unsettled(judge, now, limit, battery, value) else value

    discharge = now.state is OperatingState.DISCHARGE
    if discharge:  # the low voltage of all is an alarm of the string
        if len(now.settings.batteries) == 1:
            return
        judge.common[AlarmKind.VOLTAGE_LOW] = Common(judged=False, outliers=now.outliers)
    judge_voltages(judge, now, AlarmKind.VOLTAGE_LOW, limit, of_cell)


@rule(AlarmKind.DEVIATION)
def _deviation(judge: Judge, now: Situation) -> None:
    def distance(battery: str, voltage: float) -> float | None:
        """Return the distance from the median in V per cell; 0 for one that is no outlier."""
        away = now.spread.deviations.get(battery)
        if away and now.state is OperatingState.DISCHARGE:
            # A battery above the others is not weak. But one that has more than any battery under load is stuck.
            stuck = now.age >= AFTER_START and voltage > now.settings.cell.most_under_load * now.settings.cells
            away = away if stuck else min(away, 0.0)
        return None if away is None else abs(away) if now.spread.outlying(battery) else 0.0

    judge_voltages(judge, now, AlarmKind.DEVIATION, now.applying.deviation, distance)


@rule(AlarmKind.TEMPERATURE_HIGH)
def _temperature_high(judge: Judge, now: Situation) -> None:
    judge.common[AlarmKind.TEMPERATURE_HIGH] = Common(covered=judge.level(AlarmKind.AMBIENT_HIGH))  # a hot room
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
        reasons = [(limit, min(rise, now.heat.heated(battery, temperature)))]
        if excess is not None and excess >= current.warning:
            alarm = limit.warning if excess >= current.alarm else inf
            reasons.insert(0, (replace(limit, warning=warmer, alarm=alarm), rise))
        # After a discharge has heated a battery, its outside still warms up for a while.
        if now.heat.running_away(battery) and not now.warm:
            reasons.insert(0, (replace(limit, warning=RISE, alarm=RISE), now.heat.risen(battery, temperature)))
        reason, value = max(reasons, key=lambda one: one[0].level(one[1]))
        judge.check(reason, battery, value, at_least=Level.ALARM if temperature >= HOTTEST else Level.OK)


@rule(AlarmKind.RESISTANCE_BASELINE)
def _resistance_baseline(judge: Judge, now: Situation) -> None:
    limit, risen = now.limits["resistance_baseline"], string_of(now.resistances).risen(now.sample.at)
    explained = max(now.limits["resistance_rise"].level(risen), judge.common_level(AlarmKind.RESISTANCE_RISE))
    for battery, state in now.resistances.items():
        own = bool(judge.level(AlarmKind.RESISTANCE_BASELINE, battery))
        # What all batteries rise by at once is one alarm of the string.
        in_common = state.ratio is not None and limit.level(state.ratio / risen) < explained
        judge.check(limit, battery, state.ratio if own or not (state.waits or in_common) else None)


@rule(AlarmKind.RESISTANCE_STRING)
def _resistance_string(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(
            now.limits["resistance_string"], battery, None if state.unsteady or state.waits else state.string_ratio
        )


@rule(AlarmKind.RESISTANCE_LOW)
def _resistance_low(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(now.limits["resistance_low"], battery, None if state.unsteady else state.string_ratio)


@rule(AlarmKind.RESISTANCE_RISE)
def _resistance_rise(judge: Judge, now: Situation) -> None:
    common = string_of(now.resistances).common_rise
    for battery, state in now.resistances.items():
        rise = None if state.waits else state.sudden_rise
        if common is not None and common > 1:
            rise = max(common, rise or 1.0)
        judge.check(now.limits["resistance_rise"], battery, rise)


@rule(AlarmKind.RESISTANCE_UNSTEADY)
def _resistance_unsteady(judge: Judge, now: Situation) -> None:
    for battery, state in now.resistances.items():
        judge.check(now.limits["resistance_unsteady"], battery, state.unsteadiness)


@rule(AlarmKind.NOT_MONITORED)
def _not_monitored(judge: Judge, now: Situation) -> None:
    if now.sample.line_down:
        judge.hold(AlarmKind.NOT_MONITORED, None)  # the alarm of the line says so
    else:
        judge.check(now.limits["not_monitored"], None, now.minutes(UNMONITORED))


@rule(AlarmKind.LINE_DOWN)
def _line_down(judge: Judge, now: Situation) -> None:
    comes_back = "line" in now.since and not now.sample.line_down
    if comes_back or (judge.level(AlarmKind.NOT_MONITORED) and not judge.level(AlarmKind.LINE_DOWN)):
        judge.hold(AlarmKind.LINE_DOWN, None)
    else:
        judge.check(now.limits["line_down"], None, now.minutes("line"))


@rule(AlarmKind.MODULE_SILENT)
def _module_offline(judge: Judge, now: Situation) -> None:
    explained = judge.level(AlarmKind.NOT_MONITORED) or judge.level(AlarmKind.LINE_DOWN)
    for battery in (*now.settings.batteries, None):
        name = battery or ""
        offline = battery in now.sample.offline if battery else now.sample.string_offline
        known = offline or name in now.online
        if explained and not judge.level(AlarmKind.MODULE_SILENT, battery):
            known = False
        judge.check(now.limits["module_silent"], battery, now.minutes(offline_key(battery)) if known else None)


@rule(AlarmKind.MODULE_FAULT)
def _module_fault(judge: Judge, now: Situation) -> None:
    of_battery = of_string = now.limits["module_fault"]
    if not now.monitored and mostly_implausible(now.settings, now.sample):  # as urgent as modules that do not answer
        of_battery = replace(now.limits["not_monitored"], kind=AlarmKind.MODULE_FAULT)
    for battery in (*now.settings.batteries, None):
        name = battery or ""
        value = now.minutes(implausible_key(battery)) if name in now.online else None
        judge.check(of_battery if battery else of_string, battery, value)


@rule(AlarmKind.STRING_VOLTAGE_HIGH)
def _string_voltage_high(judge: Judge, now: Situation) -> None:
    # A recharge passes this limit on its way to boost, and comes to float if there is no boost. Without a charger, a
    # high voltage is that of the charge before.
    charged = (OperatingState.BOOST, OperatingState.RECHARGE, OperatingState.REST, OperatingState.OPEN_CIRCUIT)
    if now.state in charged:
        judge.hold(AlarmKind.STRING_VOLTAGE_HIGH, None)  # on float, its delay starts again
    elif now.mean_voltage is not None:
        judge.check(now.limits["string_voltage_high"].shifted(now.compensation), None, now.mean_voltage)


@rule(AlarmKind.STRING_VOLTAGE_LOW)
def _string_voltage_low(judge: Judge, now: Situation) -> None:
    mean, low = now.mean_voltage, now.limits["string_voltage_low_discharge"]
    loaded = now.collapsed is not None or now.state is OperatingState.DISCHARGE
    if loaded and not judge.level(AlarmKind.STRING_VOLTAGE_LOW) and _most_are_empty(judge, now):
        judge.hold(AlarmKind.STRING_VOLTAGE_LOW, None)  # their own alarm says so
        return
    if now.collapsed is not None:
        judge.check(low, None, now.collapsed)
        return
    match now.state:
        case OperatingState.FLOAT if now.age >= SETTLED and mean is not None:
            of_others = _mean_of_others(judge, now) if judge.states else mean
            judge.check(now.limits["string_voltage_low"].shifted(now.compensation), None, of_others)
        case OperatingState.DISCHARGE if now.age < AFTER_START:
            judge.hold(AlarmKind.STRING_VOLTAGE_LOW, None)
        case OperatingState.BOOST | OperatingState.REST | OperatingState.OPEN_CIRCUIT:
            judge.hold(AlarmKind.STRING_VOLTAGE_LOW, None)
        case OperatingState.RECHARGE | OperatingState.DISCHARGE if now.cells is not None and now.half_known:
            value = mean if mean is not None else now.cells.voltage  # some battery is offline
            judge.check(low, None, value)


def _mean_of_others(judge: Judge, now: Situation) -> float:
    """Return the mean cell voltage in V without the batteries whose own alarm says what they take from the mean."""
    own = (AlarmKind.SHORTED_CELL, AlarmKind.REVERSED_CELL, AlarmKind.VOLTAGE_LOW)
    voltages = now.sample.voltages
    others = [one for battery, one in voltages.items() if not any(judge.level(kind, battery) for kind in own)]
    return fmean(others or voltages.values()) / now.settings.cells


def _most_are_empty(judge: Judge, now: Situation) -> bool:
    """Return whether most batteries are in an alarm that calls them empty or reversed."""
    named = sum(judge.names(AlarmKind.REVERSED_CELL, battery) for battery in now.settings.batteries)
    return named > len(now.settings.batteries) / 2


@rule(AlarmKind.UNDERCHARGE)
def _undercharge(judge: Judge, now: Situation) -> None:
    if now.state is not None:
        judge.check(now.limits["undercharge"], None, now.minutes("undercharged") / 60)


@rule(AlarmKind.NEVER_FULL)
def _never_full(judge: Judge, now: Situation) -> None:
    if now.state is not None:
        judge.check(now.limits["never_full"], None, now.never_full)


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
    # The last part of a recharge takes longer than half a day in large cold cells.
    if now.sample.at - now.cycled >= DAY:
        judge.check(now.limits["float_current"], None, now.float_ratio)


@rule(AlarmKind.CURRENT_SHARE)
def _current_share(judge: Judge, now: Situation) -> None:
    share = now.sample.share
    less = share is not None and share < 1.0
    judge.check(now.limits["current_share_low" if less else "current_share"], None, share)


@rule(AlarmKind.HYDROGEN)
def _hydrogen(judge: Judge, now: Situation) -> None:
    if now.gas is not None:  # before the string is full, the voltage limits the gas; without it nothing is known
        judge.check(now.limits["hydrogen"], None, now.gas.share if now.gas.full or now.cells is not None else None)


@rule(AlarmKind.AMBIENT_HIGH)
def _ambient_high(judge: Judge, now: Situation) -> None:
    limit, ambient = now.limits["ambient_high"], now.sample.ambient
    hot = judge.common_level(AlarmKind.TEMPERATURE_HIGH)  # the batteries are as hot as the room
    explained = not judge.level(AlarmKind.AMBIENT_HIGH) and ambient is not None and limit.level(ambient) <= hot
    judge.check(limit, None, None if explained else ambient)


@rule(AlarmKind.AMBIENT_LOW)
def _ambient_low(judge: Judge, now: Situation) -> None:
    judge.check(now.limits["ambient_low"], None, now.sample.ambient)
