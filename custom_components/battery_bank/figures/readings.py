"""The quantities that a module measures."""

from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfElectricCurrent, UnitOfElectricPotential, UnitOfTemperature

from ..strings.members import Battery, String
from ..texts.values import MILLIOHM


@dataclass(frozen=True, kw_only=True)
class ReadingDescription(SensorEntityDescription):
    """Describe a quantity that a module measures; the key is its name in the reading."""

    factor: float = 1.0  # from the quantity's SI unit to the sensor's


READINGS: Final = (
    ReadingDescription(
        key="voltage",
        translation_key="voltage",  # for its icon; the name is that of the device class
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
    ),
)


def measured(subject: Battery | String, description: ReadingDescription) -> tuple[bool, float | None]:
    """Return whether a quantity is available, and its current value in the unit of the sensor."""
    reading = subject.reading
    if reading is None or description.key in reading.faults:
        return False, None
    value: float | None = getattr(reading, description.key)
    return True, None if value is None else round(value * description.factor, 3)
