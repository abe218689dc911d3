"""What the cards get of lines and strings: the figures of the entities in columns, and the limits that apply."""

from dataclasses import replace
from statistics import fmean
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..const import CONF_INSTALLED, CONF_RACK
from ..coordinator import BatteryBankConfigEntry, LineCoordinator
from ..figures.by_key import OF_BATTERY, OF_STRING, READING, figure
from ..figures.discharge_figures import remaining_range
from ..figures.readings import measured
from ..monitor.battery.alarm_state import AlarmState, identity_of
from ..monitor.battery.events import Alarm, Level
from ..strings.devices import async_device, async_device_id, device_name
from ..strings.members import Battery, String
from ..texts.alarm_texts import LEVELS, AlarmTexts, level, numbers_of
from ..texts.values import rounded
from .discharge_payload import below, measured_seconds, under_way
from .limits_payload import cause_gone, differ, limits, pending_payload

# The names that the cards have for figures of a string, and the keys of their entities.
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
        "last_discharge_duration",
        "life_used",
        "end_of_life",
    )
}
BY_ITSELF: Final = "Home Assistant"  # the name shown if an automation acknowledged an alarm

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


SENT_DIGITS: Final = 3  # of the value of an alarm; a change of a further one is not sent
LIMIT_DIGITS: Final = 4  # of its limit, which varies a little with the temperature


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
        "journal_failing": coordinator is not None and coordinator.journal_writer.problem is not None,
    }


class StringPayload:
    """One string for the cards: a snapshot once, and after that its changes."""

    def __init__(self, hass: HomeAssistant, entry: BatteryBankConfigEntry, string: String, texts: AlarmTexts) -> None:
        self.string = string
        self._texts = texts
        self._fixed = _fixed(hass, entry, string)
        self._measures = _measures(string)
        self._limits = limits(string)
        self._values = _values(string)
        self._rows = _rows(string)
        self._alarms = alarms_payload(texts, string)
        self._pending = pending_payload(string)

    def whole(self) -> dict[str, Any]:
        """Return the snapshot of what was sent last."""
        return {
            **self._fixed,
            "measures": self._measures,
            "limits": self._limits,
            "values": self._values,
            "cells": {key: [row[key] for row in self._rows] for key in CELLS},
            "alarms": self._alarms,
            "pending": self._pending,
        }

    def settled(self) -> bool:
        """Return whether measures and limits are as they were sent; if not, a snapshot is needed."""
        return self._measures == _measures(self.string) and not differ(self._limits, limits(self.string))

    def changes(self) -> dict[str, Any] | None:
        """Return the changes since the last call, and remember them as sent; None without changes."""
        string, found = self.string, dict[str, Any]()
        values = _values(string)
        if changed := {key: value for key, value in values.items() if value != self._values[key]}:
            found["values"] = changed
        cells: dict[str, dict[str, Any]] = {}
        rows = _rows(string)
        for index, (before, row) in enumerate(zip(self._rows, rows, strict=True)):
            if row != before:
                for key, value in row.items():
                    if value != before[key]:
                        cells.setdefault(key, {})[str(index)] = value
        if cells:
            found["cells"] = cells
        raised = alarms_payload(self._texts, string)
        if [*map(_lasting, raised)] != [*map(_lasting, self._alarms)]:
            found["alarms"] = self._alarms = raised
        waiting = pending_payload(string)
        if waiting != self._pending:
            found["pending"] = waiting
        self._values, self._rows, self._pending = values, rows, waiting
        return {"id": string.id, **found} if found else None


def alarms_payload(texts: AlarmTexts, string: String, *, battery: Battery | None = None) -> list[dict[str, Any]]:
    """Return the alarms of a string now, or of one of its batteries, with test alarms, which are marked."""
    return [
        standing_payload(texts, string, state, state.alarm)
        for state in string.state.running.watch.values()
        if state.alarm and (battery is None or state.alarm.concerns(battery.id))
    ]


def standing_payload(texts: AlarmTexts, string: String, state: AlarmState, alarm: Alarm) -> dict[str, Any]:
    """Return an alarm that is not cleared: with the limit that holds now, and since when it has its level."""
    limit = alarm.limit if state.limit_now is None or alarm.limit is None else state.limit_now
    return alarm_payload(texts, string, replace(alarm, limit=limit)) | {
        "level_since": state.level_since,
        "gone_since": cause_gone(string, state),
    }


def alarm_payload(texts: AlarmTexts, string: String, alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as in event data, with times in s since 1970 and the name of the person who acknowledged it."""
    by = alarm.acknowledged_by or BY_ITSELF if alarm.acknowledged is not None else None
    return texts.described(string, alarm) | {
        "id": identity_of(alarm),
        "since": alarm.raised,
        "batteries": numbers_of(string, alarm),
        "value_at": alarm.value_at,
        "worst_at": alarm.worst_at,
        "level_since": None,
        "gone_since": None,
        "acknowledged": alarm.acknowledged,
        "acknowledged_by": by,
        "noted": alarm.noted,
        "noted_by": alarm.noted_by or BY_ITSELF if alarm.noted is not None else None,
    }


def ratio_of(battery: Battery) -> float | None:
    """Return the resistance of a battery divided by its baseline."""
    shown = figure(OF_BATTERY, "resistance_ratio", battery)
    return None if shown is None else round(shown / 100, 3)


def levels(string: String) -> dict[str, str]:
    """Return the worst level of each battery that has an alarm, by its id, without test alarms."""
    worst: dict[str, Level] = {}
    for alarm in string.alarms:
        for battery in alarm.batteries or (alarm.battery,):
            if battery is not None:
                worst[battery] = max(alarm.level, worst.get(battery, Level.OK))
    return {battery: LEVELS[one] for battery, one in worst.items()}


def _lasting(alarm: dict[str, Any]) -> dict[str, Any]:
    """Return what makes an alarm be sent again: not the time of its value, nor a change of the value that is noise."""
    shown = {key: value for key, value in alarm.items() if key not in ("value_at", "worst_at")}
    for key, digits in (("value_now", SENT_DIGITS), ("worst_value", SENT_DIGITS), ("limit", LIMIT_DIGITS)):
        if (value := alarm[key]) is not None:
            shown[key] = float(f"{value:.{digits}g}")
    return shown


def _fixed(hass: HomeAssistant, entry: BatteryBankConfigEntry, string: String) -> dict[str, Any]:
    settings = string.settings
    batteries = []
    for battery in string.batteries:
        device = async_device(hass, entry.entry_id, battery.id)
        batteries.append(
            {
                "id": battery.id,
                "number": battery.number,
                "address": battery.module.unit_id,
                "device_id": device.id if device else None,
                "name": device_name(device),
            }
        )
    return {
        "id": string.id,
        "line": entry.entry_id,
        "name": string.name,
        "device_id": async_device_id(hass, entry.entry_id, string.id),
        "chemistry": settings.chemistry,
        "nominal_voltage": settings.nominal_voltage,
        "cells_per_battery": settings.cells,
        "milliohm_decimals": string.milliohm_decimals,
        "capacity": settings.capacity,
        "dead_band": settings.dead_band,
        "installed": string.config[CONF_INSTALLED],
        "rack": string.config.get(CONF_RACK),
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
        # The probe may not be fitted.
        "ambient": string.room.has_temperature
        or ("ambient_temperature" in of_string and (own is None or own.ambient_temperature is not None)),
    }


def _values(string: String) -> dict[str, Any]:
    between, running = remaining_range(string), under_way(string)
    return {
        "level": _level(string),
        "string_module": string.module.contact if string.module else None,
        "current": _measured(string, "current"),
        "ambient": _ambient(string),
        "mean_temperature": rounded(fmean(warmth), 1) if (warmth := string.state.temperatures.values()) else None,
        **{name: figure(OF_STRING, key, string) for name, key in STRING_VALUES.items()},
        "remaining_time_low": rounded(between.low, 0),
        "remaining_time_high": rounded(between.high, 0),
        "remaining_time_estimated": between.estimated,
        "discharge_start": running.start if running else None,
        "discharge_drawn": rounded(running.drawn, 2) if running else None,
        "discharge_measured": rounded(measured_seconds(string), 1),
        "below": below(string),
        "first_below": string.number(running.first_below) if running else None,
        "first_below_at": running.first_below_at if running else None,
    }


def _level(string: String) -> str | None:
    """Return the alarm level; None if there is no alarm, but the string is not monitored either."""
    return level(string.alarms, monitored=True) if string.monitored or string.alarms else None


def _rows(string: String) -> list[dict[str, Any]]:
    worst, ambient = levels(string), _ambient(string)
    return [_row(battery, worst.get(battery.id, LEVELS[Level.OK]), ambient) for battery in string.batteries]


def _row(battery: Battery, worst: str, ambient: float | None) -> dict[str, Any]:
    """Return a battery. Measured values are None while its module is offline; test results stay."""
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


def _ambient(string: String) -> float | None:
    return rounded(string.ambient, 1) if string.room.has_temperature else _measured(string, "ambient_temperature")
