"""The units of the form of limits: those in which the monitor has a limit, or °F in place of °C and K."""

from dataclasses import dataclass
from typing import Final, Self

from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

CELSIUS: Final = UnitOfTemperature.CELSIUS
FAHRENHEIT: Final = UnitOfTemperature.FAHRENHEIT
DIGITS: Final = 6  # that a form shows: more than a person types, and fewer than a conversion makes up


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitUnits:
    """The units in which limits are shown and typed in."""

    fahrenheit: bool = False

    @classmethod
    def of(cls, hass: HomeAssistant) -> Self:
        """Return the units that are chosen in Home Assistant."""
        return cls(fahrenheit=hass.config.units.temperature_unit == FAHRENHEIT)

    def name(self, unit: str) -> str:
        """Return the unit that is shown for one of the monitor's."""
        if not self.fahrenheit:
            return unit
        return {"°C": "°F", "K": "°F", "mV/K": "mV/°F"}.get(unit, unit)

    def show(self, value: float, unit: str) -> float:
        """Return a value of the monitor as it is shown."""
        if self.name(unit) == unit:
            return value
        if unit == "°C":
            return round(TemperatureConverter.convert(value, CELSIUS, FAHRENHEIT), DIGITS)
        degrees = TemperatureDeltaConverter.convert(1.0, CELSIUS, FAHRENHEIT)
        return round(value * degrees if unit == "K" else value / degrees, DIGITS)

    def read(self, value: float, unit: str) -> float:
        """Return a value that was typed in, in the unit of the monitor."""
        if self.name(unit) == unit:
            return value
        if unit == "°C":
            return TemperatureConverter.convert(value, FAHRENHEIT, CELSIUS)
        degrees = TemperatureDeltaConverter.convert(1.0, CELSIUS, FAHRENHEIT)
        return value / degrees if unit == "K" else value * degrees
