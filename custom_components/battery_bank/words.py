"""What an alarm says to people: its name, where, how much, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from .bank import String
from .const import DOMAIN
from .monitor.battery.events import Alarm, AlarmKind, Level
from .monitor.battery.limits import DEFAULTS

LEVELS: Final = {Level.OK: "ok", Level.WARNING: "warning", Level.ALARM: "alarm"}
NAMES: Final = "alarm"  # the selectors whose options are the names …
ADVICE: Final = "what_to_do"  # … and the advice, by kind: translated like all words
UNITS: Final = {default.kind: default.unit for default in DEFAULTS}
LONGEST_STATE: Final = 255  # characters that Home Assistant takes


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The words of all alarms in the language of this Home Assistant."""

    texts: Mapping[str, str]

    @classmethod
    async def load(cls, hass: HomeAssistant) -> Words:
        """Load them once."""
        return cls(texts=await async_get_translations(hass, hass.config.language, "selector", [DOMAIN]))

    def name(self, kind: AlarmKind) -> str:
        """Return what an alarm is called."""
        return self._text(NAMES, kind)

    def advice(self, kind: AlarmKind) -> str:
        """Return what to do about an alarm."""
        return self._text(ADVICE, kind)

    def line(self, string: String, alarm: Alarm) -> str:
        """Return an alarm in one line: which battery, what, how much, and the limit."""
        value, limit, unit = shown(string, alarm)
        where = f"{number}: " if (number := string.number(alarm.battery)) is not None else ""
        much = f" {value} {unit} ({limit} {unit})" if value is not None else ""
        return f"{where}{self.name(alarm.kind)}{much}"[:LONGEST_STATE]

    def described(self, string: String, alarm: Alarm) -> dict[str, Any]:
        """Return all of an alarm, for automations."""
        value, limit, unit = shown(string, alarm)
        return {
            "kind": alarm.kind,
            "name": self.name(alarm.kind),
            "level": LEVELS[alarm.level],
            "string": string.name,
            "battery": string.number(alarm.battery),
            "value": value,
            "limit": limit,
            "unit": unit,
            "since": datetime.fromtimestamp(alarm.raised, UTC).isoformat(timespec="seconds"),
            "what_to_do": self.advice(alarm.kind),
            "acknowledged_by": alarm.acknowledged_by,
        }

    def _text(self, selector: str, kind: AlarmKind) -> str:
        return self.texts.get(f"component.{DOMAIN}.selector.{selector}.options.{kind}", kind)


def shown(string: String, alarm: Alarm) -> tuple[float | None, float | None, str]:
    """Return value, limit and unit as a person measures them: volts of the battery or string, amperes."""
    settings, unit, factor, digits = string.settings, UNITS[alarm.kind], 1.0, 2
    if unit == "V":
        factor, digits = settings.cells if alarm.battery else settings.all_cells, 3 if alarm.battery else 2
    elif unit == "×C10":
        unit, factor, digits = "A", settings.capacity, 1
    elif unit in ("°C", "K", "h", "min"):
        digits = 1

    def converted(value: float | None) -> float | None:
        return None if value is None else round(value * factor, digits)

    return converted(alarm.value), converted(alarm.limit), unit


def most_urgent(string: String) -> Alarm | None:
    """Return the alarm to look at first: the worst, of those one that nobody has seen, of those the oldest."""
    alarms = [watched.alarm for watched in string.state.running.watch.values() if watched.alarm]
    return min(alarms, key=lambda alarm: (-alarm.level, alarm.acknowledged is not None, alarm.raised), default=None)
