"""The texts of alarms: name, place, value and limit, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, Final

from homeassistant.const import UnitOfTemperature
from homeassistant.core import HomeAssistant

from ..monitor.battery.alarm_kinds import AlarmKind, Scope
from ..monitor.battery.events import Alarm, Level
from ..monitor.clock import time_in
from ..strings.address_text import as_text
from ..strings.members import String
from .number_format import NumberFormat
from .translations import Translations

LEVELS: Final = {Level.OK: "ok", Level.WARNING: "warning", Level.ALARM: "alarm"}
NOT_MONITORED: Final = "not_monitored"  # the level of a string that is not monitored
DRILL: Final = "drill"  # the level of test alarms, and the selector whose only option is their mark
NAMES: Final = "alarm"  # the selector whose options are the names of alarms, by kind
ADVICE: Final = "what_to_do"  # the selector whose options are the advice, by kind
SEVERAL: Final = "several"  # the selector whose only option names several batteries
LIMIT: Final = "limit"  # the selector whose options are the limits of the levels
CAPACITY_TEST: Final = "capacity_test"  # the selector whose options are the outcomes of capacity tests, …
DISCONNECT: Final = "disconnect"  # … what to do at the end voltage, …
NOT_CORRECTED: Final = "not_corrected"  # … and that a result is not corrected for the temperature
CELLS: Final = "cells"  # the unit of these kinds, whose values say how many cells' voltage is missing
OF_CELLS: Final = frozenset({AlarmKind.SHORTED_CELL, AlarmKind.REVERSED_CELL})
UNMONITORED: Final = frozenset({AlarmKind.NOT_MONITORED, AlarmKind.LINE_DOWN, AlarmKind.MODULE_SILENT})
LONGEST_STATE: Final = 255  # characters; Home Assistant refuses a longer state


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmTexts:
    """The texts of all alarms in one language."""

    translations: Translations = field(default_factory=Translations)
    numbers: NumberFormat = field(default_factory=NumberFormat)
    temperature: str = UnitOfTemperature.CELSIUS  # the unit in which temperatures are shown

    @classmethod
    async def load(cls, hass: HomeAssistant, language: str | None = None) -> AlarmTexts:
        """Load the texts for a reader of `language` (a BCP 47 tag); without one, in that of this Home Assistant."""
        return cls(
            translations=await Translations.load(hass, "selector", language=language),
            numbers=NumberFormat.of(language or hass.config.language),
            temperature=hass.config.units.temperature_unit,
        )

    def name(self, kind: AlarmKind) -> str:
        """Return the name of a kind of alarm."""
        return self.translations.option(NAMES, kind)

    def advice(self, kind: AlarmKind) -> str:
        """Return what to do about an alarm."""
        return self.translations.option(ADVICE, kind)

    def title(self, alarm: Alarm) -> str:
        """Return the name of an alarm; that of a test alarm begins with its mark."""
        name = self.name(alarm.kind)
        return self.translations.named(self.translations.option(DRILL, DRILL), name) if alarm.drill else name

    def summary(self, string: String, alarm: Alarm) -> str:
        """Return title, value and limit of an alarm, and the batteries of one of several batteries."""
        value, limit = self.amounts(string, alarm)
        text = f"{self.title(alarm)} {value}" if value else self.title(alarm)
        if value and limit:
            text = self.translations.bracketed(text, self._limit(alarm, limit))
        return text + (f", {self._several(string, alarm)}" if alarm.batteries else "")

    def line(self, string: String, alarm: Alarm) -> str:
        """Return an alarm as a state of a sensor: number of the battery, title, present value and limit."""
        if alarm.value_at is not None:
            alarm = replace(alarm, value=alarm.value_now)
        number = string.number(alarm.battery)
        summary = self.summary(string, alarm)
        return (self.translations.named(str(number), summary) if number is not None else summary)[:LONGEST_STATE]

    def amounts(self, string: String, alarm: Alarm) -> tuple[str | None, str | None]:
        """Return value and limit of an alarm with their unit; None for one that the alarm does not have."""
        value, limit, unit = self._measured(string, alarm)
        word = self.translations.unit(CELLS if alarm.kind in OF_CELLS else unit)

        def written(amount: float | None) -> str | None:
            return None if amount is None else self.numbers.measured(amount, unit, word)

        return written(value), written(limit)

    def _limit(self, alarm: Alarm, limit: str) -> str:
        return self.translations.option(LIMIT, LEVELS[alarm.level], limit=limit)

    def _several(self, string: String, alarm: Alarm) -> str:
        numbers = numbers_of(string, alarm)
        return self.translations.option(SEVERAL, SEVERAL, count=str(len(numbers)), numbers=as_text(numbers))

    def described(self, string: String, alarm: Alarm) -> dict[str, Any]:
        """Return all of an alarm as data for automations and cards."""
        value, limit, unit = self._measured(string, alarm)
        value_now, _, _ = self._measured(string, replace(alarm, value=alarm.value_now))
        worst_value, _, _ = self._measured(string, replace(alarm, value=alarm.worst_value))
        return {
            "kind": alarm.kind,
            "name": self.title(alarm),
            "level": LEVELS[alarm.level],
            "string": string.name,
            "battery": string.number(alarm.battery),
            "batteries": as_text(numbers_of(string, alarm)),
            "value": value,
            "value_now": value_now,
            "value_at": _written(alarm.value_at),
            "worst_value": worst_value,
            "worst_at": _written(alarm.worst_at),
            "limit": limit,
            "unit": unit,
            "since": _written(alarm.raised),
            "what_to_do": self.advice(alarm.kind),
            "acknowledged_by": alarm.acknowledged_by,
            "note": alarm.note,
            "drill": alarm.drill,
        }

    def _measured(self, string: String, alarm: Alarm) -> tuple[float | None, float | None, str]:
        """Return value, limit and unit as a meter shows them: V of the battery or string, A, and °C, K or °F."""
        settings, unit, factor, zero, digits = string.settings, alarm.kind.traits.unit, 1.0, 0.0, 2
        if unit == "V":
            of_battery = alarm.kind.traits.scope is not Scope.STRING
            factor, digits = settings.cells if of_battery else settings.all_cells, 3 if of_battery else 2
        elif unit == "×C10":
            unit, factor, digits = "A", settings.capacity, 1
        elif unit in ("°C", "K") and self.temperature == UnitOfTemperature.FAHRENHEIT:
            zero = 32.0 if unit == "°C" else 0.0
            unit, factor, digits = self.temperature, 1.8, 1
        elif unit in ("°C", "K", "d", "h"):
            digits = 1

        def converted(amount: float | None) -> float | None:
            return None if amount is None else round(amount * factor + zero, digits) + 0.0  # no -0.0

        return converted(alarm.value), converted(alarm.limit), unit


def most_urgent_first(raised: Sequence[Alarm]) -> list[Alarm]:
    """Return alarms in order: test alarms last, then by the highest level, not acknowledged before, oldest first."""
    return sorted(raised, key=lambda alarm: (alarm.drill, -alarm.level, alarm.acknowledged is not None, alarm.raised))


def most_urgent(string: String) -> Alarm | None:
    """Return the alarm to look at first."""
    return next(iter(most_urgent_first(string.raised)), None)


def level(raised: Sequence[Alarm], *, monitored: bool) -> str:
    """Return the name of the highest level of alarms; test alarms count only where there is no other alarm.

    Without monitoring, nothing is OK: only an alarm that was raised before says more.
    """
    real = [alarm for alarm in raised if not alarm.drill]
    if not monitored and all(alarm.level is not Level.ALARM or alarm.kind in UNMONITORED for alarm in real):
        return NOT_MONITORED
    worst = max((alarm.level for alarm in real), default=Level.OK)
    return DRILL if raised and not worst else LEVELS[worst]


def numbers_of(string: String, alarm: Alarm) -> list[int]:
    """Return the numbers of the batteries that an alarm is about."""
    concerned = alarm.batteries or (alarm.battery,)
    return sorted(number for battery in concerned if (number := string.number(battery)) is not None)


def _written(at: float | None) -> str | None:
    return None if at is None else time_in(at, UTC).isoformat(timespec="seconds")
