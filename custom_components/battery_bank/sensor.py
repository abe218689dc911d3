"""Sensors of batteries, strings and the line."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from math import inf, sqrt
from typing import Final, override

from homeassistant.components.sensor import SensorDeviceClass, SensorEntity, SensorEntityDescription, SensorStateClass
from homeassistant.const import (
    PERCENTAGE,
    EntityCategory,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfTemperature,
    UnitOfTime,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import Battery, BatteryBankConfigEntry, LineCoordinator, String
from .entity import StatefulEntity, Subject
from .monitor.battery.string import Extreme
from .monitor.line.profile import Quantity

PARALLEL_UPDATES = 0

# A value that has moved, though by less than is news, is written all the same after so many s: as often as Home
# Assistant takes stock for its statistics.
REFRESH: Final = 300.0

MILLIOHM: Final = "mΩ"  # Home Assistant has no unit of resistance


@dataclass(frozen=True, kw_only=True)
class ReadingDescription(SensorEntityDescription):
    """Describe a quantity that a module measures; the key is its name in the reading."""

    factor: float = 1.0  # from the quantity's SI unit to the sensor's


@dataclass(frozen=True, kw_only=True)
class DerivedDescription[S: Subject](SensorEntityDescription):
    """Describe a figure made of several readings, or about the line itself."""

    value_fn: Callable[[S], float | None]
    available_fn: Callable[[S], bool] = lambda _: True
    step_fn: Callable[[S, float], float] = lambda _, __: 0.0  # by how much it must move to be news


def _voltage_step(string: String, value: float) -> float:
    quantity: Quantity = string.batteries[0].module.profile.quantities["voltage"]
    return quantity.step(value)


def _spread_step(string: String, _: float) -> float:
    return _voltage_step(string, _value(string.summary.highest) or 0.0)


def _temperature_step(string: String, value: float) -> float:
    quantity: Quantity = string.batteries[0].module.profile.quantities["temperature"]
    return quantity.step(value)


def _sum_step(string: String, value: float) -> float:
    """Noise adds up by its square."""
    count = len(string.batteries)
    return _voltage_step(string, value / count) * sqrt(count)


def _value(extreme: Extreme | None) -> float | None:
    return extreme.value if extreme else None


def _number(extreme: Extreme | None) -> int | None:
    return extreme.number if extreme else None


def _rounded(value: float | None) -> float | None:
    """Cut what adding up binary fractions leaves behind the mV."""
    return None if value is None else round(value, 3)


def _any_voltage(string: String) -> bool:
    return string.summary.highest is not None


def _any_temperature(string: String) -> bool:
    return string.summary.hottest is not None


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


READINGS: Final = (
    ReadingDescription(
        key="voltage",
        translation_key="voltage",  # for its picture; the name is that of the device class
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
    ),
    ReadingDescription(
        key="resistance",
        translation_key="resistance",
        native_unit_of_measurement=MILLIOHM,
        factor=1000.0,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
    ),
    ReadingDescription(
        key="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
    ),
    ReadingDescription(
        key="current",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
    ),
    ReadingDescription(
        key="ambient_temperature",
        translation_key="ambient_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
    ),
    ReadingDescription(
        key="second_temperature",
        translation_key="second_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        entity_registry_enabled_default=False,  # the second probe of a string module is rarely fitted
    ),
)

STRING_SENSORS: Final = (
    DerivedDescription[String](
        key="voltage",
        translation_key="voltage",  # for its picture; the name is that of the device class
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=2,
        value_fn=lambda string: _rounded(string.summary.voltage),
        available_fn=_any_voltage,
        step_fn=_sum_step,
    ),
    DerivedDescription[String](
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
    DerivedDescription[String](
        key="highest_battery",
        translation_key="highest_battery",
        value_fn=lambda string: _number(string.summary.highest),
        available_fn=_any_voltage,
    ),
    DerivedDescription[String](
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
    DerivedDescription[String](
        key="lowest_battery",
        translation_key="lowest_battery",
        value_fn=lambda string: _number(string.summary.lowest),
        available_fn=_any_voltage,
    ),
    DerivedDescription[String](
        key="voltage_spread",
        translation_key="voltage_spread",
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=3,
        value_fn=lambda string: _rounded(string.summary.spread),
        available_fn=_any_voltage,
        step_fn=_spread_step,
    ),
    DerivedDescription[String](
        key="highest_temperature",
        translation_key="highest_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=1,
        value_fn=lambda string: _value(string.summary.hottest),
        available_fn=_any_temperature,
        step_fn=_temperature_step,
    ),
    DerivedDescription[String](
        key="hottest_battery",
        translation_key="hottest_battery",
        value_fn=lambda string: _number(string.summary.hottest),
        available_fn=_any_temperature,
    ),
)

TEST_SENSORS: Final = (
    DerivedDescription[String](
        key="resistance_test_progress",
        translation_key="resistance_test_progress",
        native_unit_of_measurement=PERCENTAGE,
        suggested_display_precision=0,
        value_fn=lambda string: _percent(string.tests.share),
    ),
    DerivedDescription[String](
        key="battery_under_test",
        translation_key="battery_under_test",
        value_fn=lambda string: string.under_test,
    ),
)

LINE_SENSORS: Final = (
    DerivedDescription[LineCoordinator](
        key="round_time",
        translation_key="round_time",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=2,
        value_fn=lambda coordinator: _rounded(coordinator.line.round_time),
        available_fn=lambda coordinator: coordinator.line.round_time is not None,
        step_fn=lambda _, value: 0.1 * value,  # it is a little different every time
    ),
    DerivedDescription[LineCoordinator](
        key="modules_answering",
        translation_key="modules_answering",
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda coordinator: coordinator.line.answering,
    ),
    DerivedDescription[LineCoordinator](
        key="link_quality",
        translation_key="link_quality",
        native_unit_of_measurement=PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        entity_category=EntityCategory.DIAGNOSTIC,
        suggested_display_precision=1,
        value_fn=lambda coordinator: _percent(coordinator.line.quality),
        available_fn=lambda coordinator: coordinator.line.answering > 0,
        step_fn=lambda _, __: 0.5,
    ),
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the sensors of a line."""
    coordinator = entry.runtime_data
    async_add_entities(DerivedSensor(coordinator, coordinator, description) for description in LINE_SENSORS)
    for string in coordinator.strings:
        async_add_entities(
            [
                *(DerivedSensor(coordinator, string, description) for description in STRING_SENSORS),
                *(DerivedSensor(coordinator, string, description) for description in TEST_SENSORS if string.testable),
                *(
                    ReadingSensor(coordinator, subject, description)
                    for subject in string.subjects
                    for description in READINGS
                    if subject.module and description.key in subject.module.profile.quantities
                ),
            ],
            config_subentry_id=string.id,
        )


class BatteryBankSensor[S: Subject](StatefulEntity[S], SensorEntity):
    """A sensor that writes when its value moves by more than noise, or has moved at all and grows old."""

    _written_at = -inf

    @override
    def _update(self) -> bool:
        available, value = self._look()
        now = self.coordinator.hass.loop.time()
        if available == self._attr_available and not self._moved(value, now):
            return False
        self._attr_available = available
        self._attr_native_value = value
        self._written_at = now
        return True

    def _moved(self, value: float | None, now: float) -> bool:
        before = self._attr_native_value
        if value is None or not isinstance(before, int | float):
            return value != before
        if value == before:
            return False
        return abs(value - before) >= self._step(value) or now - self._written_at >= REFRESH

    @abstractmethod
    def _look(self) -> tuple[bool, float | None]:
        """Return whether the value can be known to be current, and the value."""

    @abstractmethod
    def _step(self, value: float) -> float:
        """Return by how much the value must move to be news."""


class ReadingSensor(BatteryBankSensor[Battery | String]):
    """What a module measures."""

    entity_description: ReadingDescription

    @override
    def _look(self) -> tuple[bool, float | None]:
        key = self.entity_description.key
        reading = self.subject.reading
        if reading is None or key in reading.faults:
            return False, None
        value: float | None = getattr(reading, key)
        return True, None if value is None else round(value * self.entity_description.factor, 3)

    @override
    def _step(self, value: float) -> float:
        assert self.subject.module is not None  # noqa: S101 - it measures, so it is there
        factor = self.entity_description.factor
        quantity: Quantity = self.subject.module.profile.quantities[self.entity_description.key]
        return factor * quantity.step(value / factor)


class DerivedSensor[S: Subject](BatteryBankSensor[S]):
    """A figure made of several readings, or about the line itself."""

    entity_description: DerivedDescription[S]

    @override
    def _look(self) -> tuple[bool, float | None]:
        available = self.entity_description.available_fn(self.subject)
        return available, self.entity_description.value_fn(self.subject) if available else None

    @override
    def _step(self, value: float) -> float:
        return self.entity_description.step_fn(self.subject, value)
