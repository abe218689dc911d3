"""What an alarm says to people: its name, where, how much, and what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations

from ..const import DOMAIN
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.events import Alarm, Level
from ..strings.members import String

LEVELS: Final = {Level.OK: "ok", Level.WARNING: "warning", Level.ALARM: "alarm"}
DRILL: Final = "drill"  # where an alarm is none, whatever its level
NAMES: Final = "alarm"  # the selectors whose options are the names …
ADVICE: Final = "what_to_do"  # … and the advice, by kind: translated like all words
LONGEST_STATE: Final = 255  # characters that Home Assistant takes


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """The words of all alarms in the language of this Home Assistant."""

    texts: Mapping[str, str]
    temperature: str = UnitOfTemperature.CELSIUS  # the unit that people here read

    @classmethod
    async def load(cls, hass: HomeAssistant) -> Words:
        """Load them once."""
        texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
        return cls(texts=texts, temperature=hass.config.units.temperature_unit)

    def name(self, kind: AlarmKind) -> str:
        """Return what an alarm is called."""
        return self._text(NAMES, kind)

    def advice(self, kind: AlarmKind) -> str:
        """Return what to do about an alarm."""
        return self._text(ADVICE, kind)

    def line(self, string: String, alarm: Alarm) -> str:
        """Return an alarm in one line: which battery, what, how much, and the limit."""
        where = f"{number}: " if (number := string.number(alarm.battery)) is not None else ""
        return f"{where}{self.what(string, alarm)}"[:LONGEST_STATE]

    def what(self, string: String, alarm: Alarm) -> str:
        """Return what an alarm is, how much, and the limit."""
        value, limit, unit = self._shown(string, alarm)
        much = f" {value} {unit} ({limit} {unit})" if value is not None else ""
        return f"{self.title(alarm)}{much}"

    def title(self, alarm: Alarm) -> str:
        """Return the name of an alarm; a drill says so, wherever it shows."""
        name = self.name(alarm.kind)
        return (
            f"{self.texts.get(f'component.{DOMAIN}.selector.{DRILL}.options.{DRILL}', DRILL)}: {name}"
            if alarm.drill
            else name
        )

    def described(self, string: String, alarm: Alarm) -> dict[str, Any]:
        """Return all of an alarm, for automations."""
        value, limit, unit = self._shown(string, alarm)
        return {
            "kind": alarm.kind,
            "name": self.title(alarm),
            "level": LEVELS[alarm.level],
            "string": string.name,
            "battery": string.number(alarm.battery),
            "value": value,
            "limit": limit,
            "unit": unit,
            "since": datetime.fromtimestamp(alarm.raised, UTC).isoformat(timespec="seconds"),
            "what_to_do": self.advice(alarm.kind),
            "acknowledged_by": alarm.acknowledged_by,
            "drill": alarm.drill,
        }

    def _shown(self, string: String, alarm: Alarm) -> tuple[float | None, float | None, str]:
        """Return value, limit and unit as a person measures them: volts of the battery or string, amperes, °F."""
        settings, unit, factor, zero, digits = string.settings, alarm.kind.traits.unit, 1.0, 0.0, 2
        if unit == "V":
            factor, digits = settings.cells if alarm.battery else settings.all_cells, 3 if alarm.battery else 2
        elif unit == "×C10":
            unit, factor, digits = "A", settings.capacity, 1
        elif unit in ("°C", "K") and self.temperature == UnitOfTemperature.FAHRENHEIT:
            zero = 32.0 if unit == "°C" else 0.0
            unit, factor, digits = self.temperature, 1.8, 1
        elif unit in ("°C", "K", "h", "min"):
            digits = 1

        def converted(value: float | None) -> float | None:
            return None if value is None else round(value * factor + zero, digits)

        return converted(alarm.value), converted(alarm.limit), unit

    def _text(self, selector: str, kind: AlarmKind) -> str:
        return self.texts.get(f"component.{DOMAIN}.selector.{selector}.options.{kind}", kind)


def most_urgent(string: String) -> Alarm | None:
    """Return the alarm to look at first: no drill, the worst, of those one nobody has seen, of those the oldest."""
    return min(
        string.raised,
        key=lambda alarm: (alarm.drill, -alarm.level, alarm.acknowledged is not None, alarm.raised),
        default=None,
    )


def level(raised: Sequence[Alarm]) -> str:
    """Name the worst level of alarms; drills count only where nothing else is."""
    worst = max((alarm.level for alarm in raised if not alarm.drill), default=Level.OK)
    return DRILL if raised and not worst else LEVELS[worst]
