"""The quantities that a module measures."""

from dataclasses import dataclass
from typing import Final

from homeassistant.components.sensor import SensorDeviceClass, SensorEntityDescription, SensorStateClass
from homeassistant.const import UnitOfElectricCurrent, UnitOfElectricPotential, UnitOfTemperature

from ..monitor.line.module_profile import Quantity
from ..strings.members import MILLIOHMS, Battery, String
from ..texts.values import MILLIOHM


@dataclass(frozen=True, kw_only=True)
class ReadingDescription(SensorEntityDescription):
    """Describe a quantity that a module measures; the key is its name in the reading.

    Its sensor shows as many decimals as the module resolves.
    """

    factor: float = 1.0  # from the quantity's SI unit to the sensor's


READINGS: Final = (
    ReadingDescription(
        key="voltage",
        translation_key="voltage",  # for its icon; the name is that of the device class
        device_class=SensorDeviceClass.VOLTAGE,
        native_unit_of_measurement=UnitOfElectricPotential.VOLT,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    ReadingDescription(
        key="resistance",
        translation_key="resistance",
        native_unit_of_measurement=MILLIOHM,
        factor=MILLIOHMS,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    ReadingDescription(
        key="temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    ReadingDescription(
        key="current",
        translation_key="current",
        device_class=SensorDeviceClass.CURRENT,
        native_unit_of_measurement=UnitOfElectricCurrent.AMPERE,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    ReadingDescription(
        key="ambient_temperature",
        translation_key="ambient_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
    ),
    ReadingDescription(
        key="second_temperature",
        translation_key="second_temperature",
        device_class=SensorDeviceClass.TEMPERATURE,
        native_unit_of_measurement=UnitOfTemperature.CELSIUS,
        state_class=SensorStateClass.MEASUREMENT,
    ),
)


def measured(subject: Battery | String, description: ReadingDescription) -> tuple[bool, float | None]:
    """Return whether a quantity is available, and its current value in the unit of the sensor."""
    reading = subject.reading
    if reading is None or description.key in reading.faults:
        return False, None
    value: float | None = getattr(reading, description.key)
    return True, None if value is None else round(value * description.factor, decimals(subject, description))


def decimals(subject: Battery | String, description: ReadingDescription) -> int:
    """Return how many decimals of a quantity the module resolves, in the unit of the sensor."""
    assert subject.module is not None  # noqa: S101 - a quantity without a module gets no sensor
    quantity: Quantity = subject.module.profile.quantities[description.key]
    return quantity.decimals(description.factor)
