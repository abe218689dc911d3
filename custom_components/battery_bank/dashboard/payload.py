"""What the cards are told of lines and strings: figures of the entities, in columns, and the limits that apply."""

from collections.abc import Mapping
from datetime import datetime
from statistics import fmean
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from ..const import CONF_INSTALLED, DOMAIN
from ..coordinator import BatteryBankConfigEntry, LineCoordinator
from ..figures.battery_figures import BATTERY_FIGURES
from ..figures.description import FigureDescription
from ..figures.discharge_figures import DISCHARGE_FIGURES
from ..figures.readings import READINGS, measured
from ..figures.string_figures import STRING_FIGURES
from ..monitor.battery import alarms
from ..monitor.battery.events import Alarm, Level
from ..monitor.battery.limits import Limit
from ..monitor.battery.settings import Settings
from ..monitor.line.module import Contact
from ..strings.members import Battery, String
from ..texts.alarm_texts import LEVELS, Words, level
from ..texts.values import rounded

type Figures[S: Battery | String] = Mapping[str, FigureDescription[S]]

READING: Final = {description.key: description for description in READINGS}
OF_BATTERY: Final[Figures[Battery]] = {description.key: description for description in BATTERY_FIGURES}
OF_STRING: Final[Figures[String]] = {
    description.key: description for description in (*STRING_FIGURES, *DISCHARGE_FIGURES)
}

# What the cards call the figures of a string, where that is not as the entities do.
STRING_VALUES: Final = {
    "state": "condition",
    "health": "health_ohmic",
} | {
    key: key
    for key in (
        "voltage",
        "highest_voltage",
        "highest_battery",
        "lowest_voltage",
        "lowest_battery",
        "voltage_spread",
        "highest_temperature",
        "hottest_battery",
        "state_of_charge",
        "remaining_time",
        "limiting_battery",
        "limiting_remaining_time",
        "capacity",
        "health_capacity",
        "weakest_battery",
        "next_resistance_test",
        "resistance_test_progress",
        "last_discharge",
        "life_used",
        "end_of_life",
    )
}
BY_ITSELF: Final = "Home Assistant"  # who has seen an alarm that an automation acknowledged

CELLS: Final = (
    "voltage",
    "deviation",
    "resistance",
    "ratio",
    "temperature",
    "rise",
    "level",
    "contact",
    "testing",
    "risk",
)


def _of_one(_: Settings) -> float:
    return 1.0


def _of_battery(settings: Settings) -> float:
    return settings.cells


# The limits that cards draw, and of how many cells they are told.
LIMITS: Final = {
    "voltage_high": _of_battery,
    "voltage_low": _of_battery,
    "deviation": _of_battery,
    "deviation_discharge": _of_battery,
    "temperature_rise": _of_one,
    "temperature_high": _of_one,
    "resistance_baseline": _of_one,
    "resistance_string": _of_one,
    "ambient_high": _of_one,
    "ambient_low": _of_one,
}
# Those that depend on what the string does, and where the monitor says them.
CHANGING: Final = {"voltage_high": "high", "voltage_low": "low", "deviation": "deviation", "temperature_rise": "rise"}
LEAST_CHANGE: Final = 0.005  # of a limit; with the temperature, those of voltages move a little all the time


def line_payload(entry: BatteryBankConfigEntry, coordinator: LineCoordinator | None) -> dict[str, Any]:
    """Return a line; its coordinator is None while it is not set up."""
    line = coordinator.line if coordinator else None
    round_time = line.round_time if line else None
    return {
        "id": entry.entry_id,
        "name": entry.title,
        "down": line.down_reason or line.down if line else None,  # the browser has the texts of the reasons
        "loaded": coordinator is not None,
        "round_time": round(round_time, 1) if round_time is not None else None,
        "alarms": len(coordinator.alarms) if coordinator else 0,
    }


class StringPayload:
    """One string as the cards know it. Built once; after that, what has moved since."""

    def __init__(self, hass: HomeAssistant, entry: BatteryBankConfigEntry, string: String, words: Words) -> None:
        self.string = string
        self._words = words
        self._fixed = _fixed(hass, entry, string)
        self._measures = _measures(string)
        self._limits = limits(string)
        self._values = _values(string)
        self._rows = _rows(string)
        self._alarms = alarms_payload(words, string)

    def whole(self) -> dict[str, Any]:
        """Return all of it, as it was told last."""
        return {
            **self._fixed,
            "measures": self._measures,
            "limits": self._limits,
            "values": self._values,
            "cells": {key: [row[key] for row in self._rows] for key in CELLS},
            "alarms": self._alarms,
        }

    def settled(self) -> bool:
        """Whether measures and limits are still those that were told: else all of it has to be told anew."""
        return self._measures == _measures(self.string) and not _differ(self._limits, limits(self.string))

    def moved(self) -> dict[str, Any] | None:
        """Return what has moved since the last time, and take it over; None if nothing has."""
        string, changes = self.string, dict[str, Any]()
        values = _values(string)
        if changed := {key: value for key, value in values.items() if value != self._values[key]}:
            changes["values"] = changed
        cells: dict[str, dict[str, Any]] = {}
        rows = _rows(string)
        for index, (before, row) in enumerate(zip(self._rows, rows, strict=True)):
            if row != before:
                for key, value in row.items():
                    if value != before[key]:
                        cells.setdefault(key, {})[str(index)] = value
        if cells:
            changes["cells"] = cells
        raised = alarms_payload(self._words, string)
        if raised != self._alarms:
            changes["alarms"] = raised
        self._values, self._rows, self._alarms = values, rows, raised
        return {"id": string.id, **changes} if changes else None


def alarms_payload(words: Words, string: String, *, battery: Battery | None = None) -> list[dict[str, Any]]:
    """Return the alarms of a string now, or of one of its batteries; drills among them, marked."""
    return [
        alarm_payload(words, string, alarm) for alarm in string.raised if battery is None or alarm.battery == battery.id
    ]


def alarm_payload(words: Words, string: String, alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as automations hear of it, with times in s since 1970, and a name for whoever has seen it."""
    name = f"{'drill ' if alarm.drill else ''}{alarms.key(alarm.kind, alarm.battery)}"
    by = alarm.acknowledged_by or BY_ITSELF if alarm.acknowledged is not None else None
    return words.described(string, alarm) | {
        "id": f"{name} {alarm.raised:.3f}",
        "since": alarm.raised,
        "acknowledged": alarm.acknowledged,
        "acknowledged_by": by,
    }


def figure[S: Battery | String](figures: Figures[S], key: str, subject: S) -> Any:
    """Return what the sensor of that key shows, times in s since 1970; None where there is none, or it shows none."""
    description = figures[key]
    if not description.exists_fn(subject) or not description.available_fn(subject):
        return None
    value = description.value_fn(subject)
    return value.timestamp() if isinstance(value, datetime) else value


def ratio_of(battery: Battery) -> float | None:
    """Return the resistance of a battery over its baseline."""
    shown = figure(OF_BATTERY, "resistance_ratio", battery)
    return None if shown is None else round(shown / 100, 3)


def device_id(hass: HomeAssistant, entry: BatteryBankConfigEntry, identifier: str) -> str | None:
    """Return the id of the device of a string or battery."""
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    return device.id if device else None


def limits(string: String) -> dict[str, dict[str, Any]]:
    """Return the limits that cards draw, as the monitor applies them now.

    Voltages are of a battery; `applies` is False where nothing is judged by a limit at present.
    """
    settings, applying = string.settings, string.state.applying
    shown: dict[str, dict[str, Any]] = {}
    for key, scale in LIMITS.items():
        limit, applies = settings.by_key[key], key not in CHANGING
        if applying and not applies:
            changed: Limit | None = getattr(applying, CHANGING[key])
            limit, applies = changed or limit, changed is not None
        factor = scale(settings)
        shown[key] = {
            "warning": round(limit.warning * factor, 3),
            "alarm": round(limit.alarm * factor, 3),
            "unit": limit.unit,
            "applies": applies,
        }
    return shown


def levels(string: String) -> dict[str, str]:
    """Return the worst level of each battery that has an alarm, by its id; drills are none."""
    worst: dict[str, Level] = {}
    for alarm in string.alarms:
        if alarm.battery is not None:
            worst[alarm.battery] = max(alarm.level, worst.get(alarm.battery, Level.OK))
    return {battery: LEVELS[one] for battery, one in worst.items()}


def _differ(before: dict[str, dict[str, Any]], now: dict[str, dict[str, Any]]) -> bool:
    return any(
        one["applies"] != now[key]["applies"]
        or any(abs(one[end] - now[key][end]) > LEAST_CHANGE * abs(one[end]) for end in ("warning", "alarm"))
        for key, one in before.items()
    )


def _fixed(hass: HomeAssistant, entry: BatteryBankConfigEntry, string: String) -> dict[str, Any]:
    settings = string.settings
    devices = dr.async_get(hass)
    batteries = []
    for battery in string.batteries:
        device = devices.async_get_device_by_identifier((DOMAIN, battery.id), entry.entry_id)
        batteries.append(
            {
                "id": battery.id,
                "number": battery.number,
                "address": battery.module.unit_id,
                "device_id": device.id if device else None,
                "name": (device.name_by_user or device.name) if device else None,
            }
        )
    return {
        "id": string.id,
        "line": entry.entry_id,
        "name": string.name,
        "device_id": device_id(hass, entry, string.id),
        "chemistry": settings.chemistry,
        "nominal_voltage": settings.nominal_voltage,
        "cells_per_battery": settings.cells,
        "capacity": settings.capacity,
        "installed": string.config[CONF_INSTALLED],
        "batteries": batteries,
    }


def _measures(string: String) -> dict[str, bool]:
    of_battery = string.batteries[0].module.profile.quantities
    of_string = string.module.profile.quantities if string.module else {}
    own = string.reading
    return {
        "current": "current" in of_string,
        "resistance": "resistance" in of_battery,
        "temperature": "temperature" in of_battery,
        # Its probe may not be fitted.
        "ambient": "ambient_temperature" in of_string and (own is None or own.ambient_temperature is not None),
    }


def _values(string: String) -> dict[str, Any]:
    return {
        "level": _level(string),
        "current": _measured(string, "current"),
        "ambient": _measured(string, "ambient_temperature"),
        "mean_temperature": rounded(fmean(warmth), 1) if (warmth := string.state.temperatures.values()) else None,
        **{name: figure(OF_STRING, key, string) for name, key in STRING_VALUES.items()},
    }


def _level(string: String) -> str | None:
    """Return how things stand; None where nothing is wrong that is known, and no battery answers to tell."""
    told = any(battery.module.contact is Contact.ANSWERING for battery in string.batteries)
    return level(string.alarms) if told or string.alarms else None


def _rows(string: String) -> list[dict[str, Any]]:
    worst, ambient = levels(string), _measured(string, "ambient_temperature")
    return [_row(battery, worst.get(battery.id, LEVELS[Level.OK]), ambient) for battery in string.batteries]


def _row(battery: Battery, worst: str, ambient: float | None) -> dict[str, Any]:
    """Return a battery; what its module measures is None while that does not answer, what tests have found stays."""
    module = battery.module
    temperature = _measured(battery, "temperature")
    return {
        "voltage": _measured(battery, "voltage"),
        "deviation": figure(OF_BATTERY, "deviation", battery) if battery.reading else None,
        "resistance": _measured(battery, "resistance"),
        "ratio": ratio_of(battery),
        "temperature": temperature,
        "rise": round(temperature - ambient, 1) if temperature is not None and ambient is not None else None,
        "level": worst,
        "contact": module.contact,
        "testing": battery.string.tests.running == module.unit_id,
        "risk": figure(OF_BATTERY, "risk", battery),
    }


def _measured(subject: Battery | String, key: str) -> float | None:
    return measured(subject, READING[key])[1]
