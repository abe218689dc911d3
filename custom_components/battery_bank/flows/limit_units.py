"""The units of the form of limits: those in which the monitor has a limit, or °F in place of °C and K."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.util.unit_conversion import TemperatureConverter, TemperatureDeltaConverter

from ..texts.translations import Translations

CELSIUS: Final = UnitOfTemperature.CELSIUS
FAHRENHEIT: Final = UnitOfTemperature.FAHRENHEIT
IN_FAHRENHEIT: Final[Mapping[str, str]] = {"°C": "°F", "K": "°F", "mV/K": "mV/°F"}
DIGITS: Final = 6  # that a form shows: more than a person types, and fewer than a conversion makes up


@dataclass(frozen=True, kw_only=True, slots=True)
class LimitUnits:
    """The units in which limits are shown and typed in."""

    fahrenheit: bool = False
    translations: Translations = field(default_factory=Translations)

    @classmethod
    async def load(cls, hass: HomeAssistant) -> Self:
        """Return the units that are chosen in Home Assistant, with their names in its language."""
        fahrenheit = hass.config.units.temperature_unit == FAHRENHEIT
        return cls(fahrenheit=fahrenheit, translations=await Translations.load(hass, "selector"))

    def name(self, unit: str) -> str:
        """Return the unit that is shown for one of the monitor's."""
        return self.translations.unit(unit) or (IN_FAHRENHEIT.get(unit, unit) if self.fahrenheit else unit)

    def show(self, value: float, unit: str) -> float:
        """Return a value of the monitor as it is shown."""
        if not self._converted(unit):
            return value
        if unit == "°C":
            return round(TemperatureConverter.convert(value, CELSIUS, FAHRENHEIT), DIGITS)
        degrees = TemperatureDeltaConverter.convert(1.0, CELSIUS, FAHRENHEIT)
        return round(value * degrees if unit == "K" else value / degrees, DIGITS)

    def read(self, value: float, unit: str) -> float:
        """Return a value that was typed in, in the unit of the monitor."""
        if not self._converted(unit):
            return value
        if unit == "°C":
            return TemperatureConverter.convert(value, FAHRENHEIT, CELSIUS)
        degrees = TemperatureDeltaConverter.convert(1.0, CELSIUS, FAHRENHEIT)
        return value / degrees if unit == "K" else value * degrees

    def _converted(self, unit: str) -> bool:
        return self.fahrenheit and unit in IN_FAHRENHEIT
