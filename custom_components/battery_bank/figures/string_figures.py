"""The figures of a string."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from math import sqrt
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfArea,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfPower,
    UnitOfTemperature,
    UnitOfTime,
    UnitOfVolumeFlowRate,
)

from ..monitor.battery.bank import discharge_power
from ..monitor.battery.counters import Counters
from ..monitor.battery.design_life import Life, life
from ..monitor.battery.due_tests import next_test
from ..monitor.battery.events import OperatingState
from ..monitor.battery.float_current import USUAL, measurable
from ..monitor.battery.gas import Gas, gas
from ..monitor.battery.overdue_tests import OBSTACLES
from ..monitor.battery.resistance_trend import Risk
from ..monitor.battery.string_summary import Extreme
from ..monitor.line.module_profile import Quantity
from ..runtime.local_time import local_time
from ..strings.members import String
from ..texts.alarm_texts import DRILL, LEVELS, NOT_MONITORED, level
from ..texts.values import AMPERE_HOURS, percent, rounded, timestamp
from .description import FigureDescription, has_current
from .room_figures import ROOM_FIGURES

CURRENT_STEP: Final = 0.3  # A; the noise of a sensor with a resolution of 0.1 A is less


def _voltage_step(string: String, value: float) -> float:
    quantity: Quantity = string.batteries[0].module.profile.quantities["voltage"]
    return quantity.step(value)


def _spread_step(string: String, _: float) -> float:
    return _voltage_step(string, _value(string.summary.highest) or 0.0)


def _temperature_step(string: String, value: float) -> float:
    quantity: Quantity = string.batteries[0].module.profile.quantities["temperature"]
    return quantity.step(value)


def _sum_step(string: String, value: float) -> float:
    """Return the step of a sum: the noise of independent values adds up by its square."""
    count = len(string.batteries)
    return _voltage_step(string, value / count) * sqrt(count)


def _value(extreme: Extreme | None) -> float | None:
    return extreme.value if extreme else None


def _number(extreme: Extreme | None) -> int | None:
    return extreme.number if extreme else None


def _any_voltage(string: String) -> bool:
    return string.summary.highest is not None


def _measures_temperature(string: String) -> bool:
    return "temperature" in string.batteries[0].module.profile.quantities


def _any_temperature(string: String) -> bool:
    return string.summary.hottest is not None


def _worst_health(string: String) -> float | None:
    known = [one.health for one in string.state.resistances.values() if one.health is not None]
    return min(known, default=None)


def _weakest(string: String) -> int | None:
    """Return the battery with the highest risk, of several the one with the highest ratio."""
    risks = list(Risk)
    ranked = [
        (risks.index(one.risk), one.ratio or one.string_ratio or 0.0, battery)
        for battery, one in string.state.resistances.items()
        if one.risk is not None
    ]
    return string.number(max(ranked)[2]) if ranked else None


def _life(string: String) -> Life:
    running = string.state.running
    return life(string.settings, running.counters, running.at or 0.0)


def _ends(string: String) -> datetime | None:
    """Return the end of life to the day: it is no more accurate than a month."""
    ends = timestamp(_life(string).ends)
    return ends.replace(hour=0, minute=0, second=0) if ends else None


def _counter(total: Callable[[Counters], float], digits: int = 3) -> Callable[[String], float | None]:
    """Return the function of a counter: what was saved of it, so that a restart never shows less; None until loaded."""

    def value(string: String) -> float | None:
        return rounded(total(string.saved_counters), digits) if string.saved_counters else None

    return value


def _condition_source(string: String) -> str | None:
    condition = string.state.running.condition
    if condition.condition is None:
        return None
    return "current" if condition.from_current else "voltages"


def _power(string: String) -> float | None:
    """Return the power in W as the energy dashboard counts it: positive while the string discharges."""
    current, voltage = string.reading.current if string.reading else None, string.summary.voltage
    return rounded(discharge_power(current, voltage), 1)


def _next_test(string: String) -> datetime | None:
    at = string.state.running.at
    if string.schedule is None or at is None:
        return None
    return next_test(string.schedule, string.last_tests, local_time(at))


def _state_of_charge(string: String) -> float | None:
    running = string.state.running  # keeps the last state of charge while the string is offline; it is not shown then
    return percent(running.state_of_charge) if running.condition.condition is not None else None


def _days_since_full(string: String) -> float | None:
    running = string.state.running
    return rounded(running.since_full.days(running.at), 2) if running.at is not None else None


def _gas_step(string: String) -> Gas:
    """Return the steps of the gas figures: what the noise of the current makes of them."""
    settings = string.settings
    ten = gas(settings, 10 * settings.dead_band, full=True)
    assert ten is not None  # noqa: S101 - a current was given
    share = CURRENT_STEP / (10 * settings.dead_band)
    return replace(ten, hydrogen=ten.hydrogen * share, ventilation=ten.ventilation * share)


def _why_no_power(string: String) -> str:
    return "no_current" if string.reading is None or string.reading.current is None else "no_voltage"


def _why_no_charge(string: String) -> str:
    return "no_current" if string.reading is None else "not_seen_full"


def _why_no_life(string: String) -> str:
    return "no_date" if string.settings.installed is None else "not_enough_data"


CHARGED: Final = FigureDescription[String](
    key="charged",
    translation_key="charged",
    native_unit_of_measurement=AMPERE_HOURS,
    state_class=SensorStateClass.TOTAL_INCREASING,
    suggested_display_precision=1,
    value_fn=_counter(lambda counters: counters.charged),
    step_fn=lambda _, __: 0.1,
    exists_fn=has_current,
    reason_fn=lambda _: "not_loaded",
)

CHARGED_ENERGY: Final = FigureDescription[String](
    key="charged_energy",
    translation_key="charged_energy",
    device_class=SensorDeviceClass.ENERGY,
    native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
    suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
    state_class=SensorStateClass.TOTAL_INCREASING,
    suggested_display_precision=2,
    value_fn=_counter(lambda counters: counters.charged_energy, 1),
    step_fn=lambda _, __: 10.0,
    exists_fn=has_current,
    reason_fn=lambda _: "not_loaded",
)

STRING_FIGURES: Final = (
    FigureDescription[String](
        key="voltage",
        translation_key="voltage",  # for its icon; the name is that of the device class
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value_fn=lambda string: rounded(string.summary.voltage),
        available_fn=_any_voltage,
        step_fn=_sum_step,
    ),
    FigureDescription[String](
        key="power",
        translation_key="power",
        device_class=SensorDeviceClass.POWER,
        native_unit_of_measurement=UnitOfPower.WATT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=_power,
        step_fn=lambda string, _: CURRENT_STEP * (string.summary.voltage or 0.0),
        exists_fn=has_current,
        shows_polls=True,
        reason_fn=_why_no_power,
    ),
    FigureDescription[String](
        key="highest_voltage",
        translation_key="highest_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        value_fn=lambda string: _value(string.summary.highest),
        available_fn=_any_voltage,
        step_fn=_voltage_step,
    ),
    FigureDescription[String](
        key="highest_battery",
        translation_key="highest_battery",
        value_fn=lambda string: _number(string.summary.highest),
        available_fn=_any_voltage,
    ),
    FigureDescription[String](
        key="lowest_voltage",
        translation_key="lowest_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        value_fn=lambda string: _value(string.summary.lowest),
        available_fn=_any_voltage,
        step_fn=_voltage_step,
    ),
    FigureDescription[String](
        key="lowest_battery",
        translation_key="lowest_battery",
        value_fn=lambda string: _number(string.summary.lowest),
        available_fn=_any_voltage,
    ),
    FigureDescription[String](
        key="voltage_spread",
        translation_key="voltage_spread",
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        value_fn=lambda string: rounded(string.summary.spread),
        available_fn=_any_voltage,
        step_fn=_spread_step,
    ),
    FigureDescription[String](
        key="highest_temperature",
        translation_key="highest_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda string: _value(string.summary.hottest),
        exists_fn=_measures_temperature,
        available_fn=_any_temperature,
        step_fn=_temperature_step,
    ),
    FigureDescription[String](
        key="hottest_battery",
        translation_key="hottest_battery",
        value_fn=lambda string: _number(string.summary.hottest),
        exists_fn=_measures_temperature,
        available_fn=_any_temperature,
    ),
    FigureDescription[String](
        key="resistance_test_progress",
        translation_key="resistance_test_progress",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        value_fn=lambda string: percent(string.tests.share),
        exists_fn=lambda string: string.testable,  # a hub that tests a whole string does not say how far it is
    ),
    FigureDescription[String](
        key="battery_under_test",
        translation_key="battery_under_test",
        value_fn=lambda string: string.under_test,
        exists_fn=lambda string: string.testable,
    ),
    FigureDescription[String](
        key="condition",
        translation_key="condition",
        device_class=SensorDeviceClass.ENUM,
        options=list(OperatingState),
        value_fn=lambda string: string.state.running.condition.condition,
        reason_fn=lambda _: "nothing_heard",
    ),
    FigureDescription[String](
        key="condition_source",
        translation_key="condition_source",
        device_class=SensorDeviceClass.ENUM,
        options=["current", "voltages"],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=_condition_source,
    ),
    FigureDescription[String](
        key="alarm_level",
        translation_key="alarm_level",
        device_class=SensorDeviceClass.ENUM,
        options=[*LEVELS.values(), NOT_MONITORED, DRILL],
        value_fn=lambda string: level(string.raised, monitored=string.monitored),
    ),
    FigureDescription[String](
        key="alarms",
        translation_key="alarms",
        state_class=SensorStateClass.MEASUREMENT,
        value_fn=lambda string: len(string.alarms),
    ),
    FigureDescription[String](
        key="state_of_charge",
        translation_key="state_of_charge",
        device_class=SensorDeviceClass.BATTERY,
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=_state_of_charge,
        step_fn=lambda _, __: 0.5,
        exists_fn=has_current,
        reason_fn=_why_no_charge,
    ),
    FigureDescription[String](
        key="health_ohmic",
        translation_key="health_ohmic",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda string: percent(_worst_health(string)),
        exists_fn=lambda string: string.measures_resistance,
        reason_fn=lambda _: "no_test",
    ),
    FigureDescription[String](
        key="weakest_battery",
        translation_key="weakest_battery",
        value_fn=_weakest,
        exists_fn=lambda string: string.measures_resistance,
        reason_fn=lambda _: "no_test",
    ),
    FigureDescription[String](
        key="next_resistance_test",
        translation_key="next_resistance_test",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_next_test,
        exists_fn=lambda string: string.testable,
        reason_fn=lambda _: "no_schedule",
    ),
    FigureDescription[String](
        key="test_obstacle",
        translation_key="test_obstacle",
        device_class=SensorDeviceClass.ENUM,
        options=list(OBSTACLES),
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda string: string.state.running.blocked_tests.obstacle,
        exists_fn=lambda string: string.testable,
        reason_fn=lambda _: "no_test_due",
    ),
    CHARGED,
    replace(CHARGED, key="drawn", translation_key="drawn", value_fn=_counter(lambda counters: counters.drawn)),
    CHARGED_ENERGY,
    replace(
        CHARGED_ENERGY,
        key="drawn_energy",
        translation_key="drawn_energy",
        value_fn=_counter(lambda counters: counters.drawn_energy, 1),
    ),
    FigureDescription[String](
        key="cycles",
        translation_key="cycles",
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=1,
        value_fn=_counter(lambda counters: counters.full_cycles, 2),
        exists_fn=has_current,
        reason_fn=lambda _: "not_loaded",
    ),
    FigureDescription[String](
        key="hours_hot",
        translation_key="hours_hot",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        value_fn=_counter(lambda counters: counters.hot, 2),
        step_fn=lambda _, __: 0.1,
        reason_fn=lambda _: "not_loaded",
    ),
    FigureDescription[String](
        key="hours_below_float",
        translation_key="hours_below_float",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.HOURS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        value_fn=_counter(lambda counters: counters.below_float, 2),
        step_fn=lambda _, __: 0.1,
        reason_fn=lambda _: "not_loaded",
    ),
    FigureDescription[String](
        key="days_since_full",
        translation_key="days_since_full",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.DAYS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=_days_since_full,
        step_fn=lambda _, __: 0.1,
    ),
    FigureDescription[String](
        key="hydrogen",
        translation_key="hydrogen",
        device_class=SensorDeviceClass.VOLUME_FLOW_RATE,
        native_unit_of_measurement=UnitOfVolumeFlowRate.CUBIC_METERS_PER_HOUR,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=4,
        value_fn=lambda string: rounded(string.state.gas.hydrogen, 5) if string.state.gas else None,
        step_fn=lambda string, _: _gas_step(string).hydrogen,
        exists_fn=has_current,
        reason_fn=lambda _: "no_current",
    ),
    FigureDescription[String](
        key="ventilation",
        translation_key="ventilation",
        device_class=SensorDeviceClass.VOLUME_FLOW_RATE,
        native_unit_of_measurement=UnitOfVolumeFlowRate.CUBIC_METERS_PER_HOUR,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value_fn=lambda string: rounded(string.state.gas.ventilation) if string.state.gas else None,
        step_fn=lambda string, _: _gas_step(string).ventilation,
        exists_fn=has_current,
        reason_fn=lambda _: "no_current",
    ),
    FigureDescription[String](
        key="opening",
        translation_key="opening",
        device_class=SensorDeviceClass.AREA,
        native_unit_of_measurement=UnitOfArea.SQUARE_CENTIMETERS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda string: rounded(string.state.gas.opening, 1) if string.state.gas else None,
        step_fn=lambda string, _: _gas_step(string).opening,
        exists_fn=has_current,
        reason_fn=lambda _: "no_current",
    ),
    FigureDescription[String](
        key="float_current_watch",
        translation_key="float_current_watch",
        device_class=SensorDeviceClass.ENUM,
        options=["measured", "not_measurable"],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda string: "measured" if measurable(string.settings) else "not_measurable",
        exists_fn=has_current,
    ),
    FigureDescription[String](
        key="float_current_ratio",
        translation_key="float_current_ratio",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda string: percent(string.state.running.float_current.ratio),
        step_fn=lambda string, _: 100 * CURRENT_STEP / (USUAL * string.settings.capacity),
        exists_fn=lambda string: measurable(string.settings),
        reason_fn=lambda _: "not_on_float",
    ),
    FigureDescription[String](
        key="life_used",
        translation_key="life_used",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda string: percent(_life(string).used),
        reason_fn=_why_no_life,
    ),
    FigureDescription[String](
        key="end_of_life",
        translation_key="end_of_life",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_ends,
        reason_fn=_why_no_life,
    ),
    *ROOM_FIGURES,
)
