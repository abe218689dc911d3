"""The words and figures of a report, as the people of this Home Assistant read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import TemperatureConverter

from ..const import DOMAIN
from ..texts.alarm_texts import Words

COMMA: Final = ("de", "es", "fr")  # languages that write one in a decimal fraction
SELECTOR: Final = "report"


@dataclass(frozen=True, slots=True)
class ReportWords:
    """The words and figures of a report in the language of this Home Assistant."""

    texts: Mapping[str, str]
    alarms: Words
    language: str
    fahrenheit: bool

    @classmethod
    async def load(cls, hass: HomeAssistant, alarms: Words) -> ReportWords:
        """Load them; `alarms` are the words of alarms."""
        language = hass.config.language
        texts = await async_get_translations(hass, language, "selector", [DOMAIN])
        texts |= await async_get_translations(hass, language, "entity", [DOMAIN])
        return cls(texts, alarms, language, hass.config.units.temperature_unit == UnitOfTemperature.FAHRENHEIT)

    def __call__(self, key: str, selector: str = SELECTOR, **placeholders: str) -> str:
        """Return a text by its key."""
        text = self.texts.get(f"component.{DOMAIN}.selector.{selector}.options.{key}", key)
        return text.format(**placeholders)

    def state(self, sensor: str, state: str | None) -> str | None:
        """Name the state of a sensor."""
        return (
            None if state is None else self.texts.get(f"component.{DOMAIN}.entity.sensor.{sensor}.state.{state}", state)
        )

    def number(self, value: float | None, digits: int, unit: str = "") -> str | None:
        """Write a number as people here do."""
        if value is None:
            return None
        text = f"{value:.{digits}f}"
        if self.language.split("-")[0] in COMMA:
            text = text.replace(".", ",")
        return f"{text} {unit}" if unit else text

    def temperature(self, celsius: float | None) -> str | None:
        """Write a temperature in the user's unit."""
        unit = UnitOfTemperature.FAHRENHEIT if self.fahrenheit else UnitOfTemperature.CELSIUS
        value = None if celsius is None else TemperatureConverter.convert(celsius, UnitOfTemperature.CELSIUS, unit)
        return self.number(value, 1, unit)

    def time(self, at: float | None) -> str | None:
        """Write a time to the minute."""
        return None if at is None else _local(at).strftime("%Y-%m-%d %H:%M")

    def day(self, at: float | None) -> str | None:
        """Write a day."""
        return None if at is None else _local(at).strftime("%Y-%m-%d")

    def duration(self, seconds: float | None) -> str | None:
        """Write hours and minutes."""
        return None if seconds is None else f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02}"


def _local(at: float) -> datetime:
    return datetime.fromtimestamp(at, dt_util.get_default_time_zone())
