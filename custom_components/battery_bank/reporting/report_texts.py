"""The texts of a report, and how it writes numbers, temperatures and times."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Final

from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
from homeassistant.util.unit_conversion import TemperatureConverter

from ..monitor.battery.limits import DAY
from ..monitor.clock import time_in
from ..strings.members import String
from ..texts.alarm_texts import AlarmTexts
from ..texts.number_format import NumberFormat
from ..texts.times import minute_text
from ..texts.translations import Translations

SELECTOR: Final = "report"  # its options are the texts of the report
LEVEL: Final = "level"  # the selector whose options are the names of the alarm levels


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportTexts:
    """The texts of a report in one language, for one unit of temperature and one time zone."""

    translations: Translations
    alarms: AlarmTexts
    numbers: NumberFormat
    zone: tzinfo
    temperature_unit: str = UnitOfTemperature.CELSIUS

    @classmethod
    async def load(cls, hass: HomeAssistant, language: str | None = None) -> ReportTexts:
        """Load the texts for a reader of `language` (a BCP 47 tag); without one, in that of this Home Assistant."""
        return cls(
            translations=await Translations.load(hass, "selector", "entity", language=language),
            alarms=await AlarmTexts.load(hass, language),
            numbers=NumberFormat.of(language or hass.config.language),
            zone=dt_util.get_default_time_zone(),
            temperature_unit=hass.config.units.temperature_unit,
        )

    def text(self, key: str, **placeholders: str) -> str:
        """Return a text of the report."""
        return self.translations.option(SELECTOR, key, **placeholders)

    def level(self, level: str) -> str:
        """Return the name of an alarm level."""
        return self.translations.option(LEVEL, level)

    def state(self, sensor: str, state: str | None) -> str | None:
        """Return the name of a state of a sensor; None is returned as None."""
        return None if state is None else self.translations.state(sensor, state)

    def number(self, value: float | None, digits: int, unit: str = "") -> str | None:
        """Write a number with so many decimals, and its unit; None is returned as None."""
        if value is None:
            return None
        text = self.numbers.write(value, f".{digits}f")
        return self.numbers.with_unit(text, unit) if unit else text

    def milliohms(self, string: String, ohms: float | None, unit: str = "") -> str | None:
        """Write a resistance in mΩ as its module resolves it; `ohms` in Ω, None is returned as None."""
        return None if ohms is None else self.number(string.milliohms(ohms), string.milliohm_decimals, unit)

    def temperature(self, celsius: float | None) -> str | None:
        """Write a temperature in the unit of this Home Assistant; None is returned as None."""
        unit = self.temperature_unit
        value = None if celsius is None else TemperatureConverter.convert(celsius, UnitOfTemperature.CELSIUS, unit)
        return self.number(value, 1, unit)

    def time(self, at: float | None) -> str | None:
        """Write a time, in s since 1970, to the minute; None is returned as None."""
        return None if at is None else minute_text(at, self.zone)

    def day(self, at: float | None) -> str | None:
        """Write the day of a time in s since 1970; None is returned as None."""
        return None if at is None else time_in(at, self.zone).strftime("%Y-%m-%d")

    def duration(self, seconds: float | None, *, left: bool = False) -> str | None:
        """Write a duration in s; `left` is for a time that is left. None is returned as None."""
        return None if seconds is None else self.numbers.duration(seconds, left=left)

    def length(self, seconds: float) -> str:
        """Write a length of time that may be many days: from two days on in days, below as a duration."""
        if seconds < 2 * DAY:
            return self.numbers.duration(seconds)
        return f"{self.number(seconds / DAY, 1)} {self.translations.unit('d') or 'd'}"
