"""The figures of the discharges of a string."""

from collections.abc import Callable
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import PERCENTAGE, UnitOfElectricPotential, UnitOfEnergy, UnitOfTime

from ..monitor.battery.capacity_result import Outcome
from ..monitor.battery.capacity_test import Stage
from ..monitor.battery.events import Discharge
from ..strings.members import String
from ..texts.values import AMPERE_HOURS, percent, rounded, timestamp
from .description import FigureDescription, Range, Value, has_current


def _why_no_prediction(string: String) -> str:
    if string.state.running.recording is None:
        return "not_discharging"
    if string.reading is None:
        return "no_current"
    return "no_full_discharge" if not string.state.learned.curves else "just_begun"


def remaining_range(string: String) -> Range:
    """Return the range of the remaining time in s."""
    shown = string.state.prediction
    return Range(low=shown.remaining_low, high=shown.remaining_high, estimated=shown.estimated)


def _limiting_range(string: String) -> Range:
    shown = string.state.prediction
    return Range(low=shown.limiting_low, high=shown.limiting_high)


def _capacity(string: String) -> float | None:
    return string.state.learned.capacity


def _health(string: String) -> float | None:
    """Return the health by the capacity of ten hours; without one, by that of fast discharges over the first."""
    if (capacity := _capacity(string)) is not None:
        return percent(capacity / string.settings.capacity)
    known = string.state.learned.capacities.values()
    newest = max(known, key=lambda one: one.at, default=None)
    return percent(newest.health) if newest is not None and newest.capacity != newest.first else None


def _last(value_fn: Callable[[Discharge], Value]) -> Callable[[String], Value]:
    """Return the function of a figure of the last discharge that has ended."""

    def figure(string: String) -> Value:
        last = string.state.learned.last
        return value_fn(last) if last else None

    return figure


def _last_battery(string: String) -> float | None:
    last = string.state.learned.last
    return string.number(last.lowest_battery) if last else None


def _last_duration(discharge: Discharge) -> float | None:
    return round(discharge.end - discharge.start) if discharge.end is not None else None


def _capacity_test(string: String) -> str:
    """Return how far the capacity test is, or the result of the last one."""
    tests = string.state.running.capacity_tests
    if tests.now is not None:
        return tests.now.stage
    if (last := tests.last) is None:
        return "none"
    if not last.begun:
        return last.outcome
    return "no_result" if last.passed is None else "passed" if last.passed else "failed"


DISCHARGE_FIGURES: Final = (
    FigureDescription[String](
        key="capacity_test",
        translation_key="capacity_test",
        device_class=SensorDeviceClass.ENUM,
        options=["none", *Stage, "passed", "failed", "no_result", Outcome.NOT_BEGUN],
        value_fn=_capacity_test,
        exists_fn=has_current,
    ),
    FigureDescription[String](
        key="next_capacity_test",
        translation_key="next_capacity_test",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda string: timestamp(string.next_capacity_test),
        exists_fn=has_current,
        reason_fn=lambda _: "no_interval",
    ),
    FigureDescription[String](
        key="remaining_time",
        translation_key="remaining_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        value_fn=lambda string: rounded(string.state.prediction.remaining, 0),
        range_fn=remaining_range,
        step_fn=lambda _, __: 30.0,
        exists_fn=has_current,
        reason_fn=_why_no_prediction,
    ),
    FigureDescription[String](
        key="limiting_battery",
        translation_key="limiting_battery",
        value_fn=lambda string: string.number(string.state.prediction.limiting),
        exists_fn=has_current,
        reason_fn=_why_no_prediction,
    ),
    FigureDescription[String](
        key="limiting_remaining_time",
        translation_key="limiting_remaining_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=0,
        value_fn=lambda string: rounded(string.state.prediction.limiting_remaining, 0),
        range_fn=_limiting_range,
        step_fn=lambda _, __: 30.0,
        exists_fn=has_current,
        reason_fn=_why_no_prediction,
    ),
    FigureDescription[String](
        key="capacity",
        translation_key="capacity",
        native_unit_of_measurement=AMPERE_HOURS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda string: rounded(_capacity(string), 1),
        exists_fn=has_current,
        reason_fn=lambda _: "no_full_discharge",
    ),
    FigureDescription[String](
        key="health_capacity",
        translation_key="health_capacity",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=_health,
        exists_fn=has_current,
        reason_fn=lambda _: "no_full_discharge",
    ),
    FigureDescription[String](
        key="last_discharge",
        translation_key="last_discharge",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=_last(lambda discharge: timestamp(discharge.start)),
        reason_fn=lambda _: "no_discharge",
    ),
    FigureDescription[String](
        key="last_discharge_duration",
        translation_key="last_discharge_duration",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        suggested_unit_of_measurement=UnitOfTime.MINUTES,
        suggested_display_precision=1,
        value_fn=_last(_last_duration),
        reason_fn=lambda _: "no_discharge",
    ),
    FigureDescription[String](
        key="last_discharge_charge",
        translation_key="last_discharge_charge",
        native_unit_of_measurement=AMPERE_HOURS,
        suggested_display_precision=1,
        value_fn=_last(lambda discharge: rounded(discharge.drawn)),
        exists_fn=has_current,
        reason_fn=lambda _: "no_discharge",
    ),
    FigureDescription[String](
        key="last_discharge_energy",
        translation_key="last_discharge_energy",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.WATT_HOUR,
        suggested_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        suggested_display_precision=2,
        value_fn=_last(lambda discharge: rounded(discharge.energy, 1)),
        exists_fn=has_current,
        reason_fn=lambda _: "no_discharge",
    ),
    FigureDescription[String](
        key="last_discharge_end_voltage",
        translation_key="last_discharge_end_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=2,
        value_fn=_last(lambda discharge: rounded(discharge.end_voltage)),
        reason_fn=lambda _: "no_discharge",
    ),
    FigureDescription[String](
        key="last_discharge_lowest_voltage",
        translation_key="last_discharge_lowest_voltage",
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        suggested_display_precision=3,
        value_fn=_last(lambda discharge: discharge.lowest_voltage),
        reason_fn=lambda _: "no_discharge",
    ),
    FigureDescription[String](
        key="last_discharge_lowest_battery",
        translation_key="last_discharge_lowest_battery",
        value_fn=_last_battery,
        reason_fn=lambda _: "no_discharge",
    ),
)
