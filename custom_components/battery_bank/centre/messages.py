"""Birth and snapshot of a line, after the schemas in `fleet/schemas`."""

from datetime import datetime
from typing import Any

from homeassistant.const import __version__ as home_assistant_version

from ..const import CONF_BATTERY_MODULE, CONF_INSTALLED, CONF_STRING_MODULE, CONF_STRING_MODULE_ADDRESS
from ..coordinator import LineCoordinator
from ..figures.battery_figures import BATTERY_FIGURES
from ..figures.description import FigureDescription, Value
from ..figures.discharge_figures import DISCHARGE_FIGURES
from ..figures.line_figures import LINE_FIGURES
from ..figures.readings import READINGS, measured
from ..figures.string_figures import STRING_FIGURES
from ..monitor.journal.sender import VERSION
from ..strings.members import Battery, String


def birth(line: LineCoordinator, release: str) -> dict[str, Any]:
    """Return what a line consists of."""
    return {
        **_head(line),
        "name": line.entry.title,
        "home": line.hass.config.location_name,
        "time_zone": line.hass.config.time_zone,
        "release": release,
        "home_assistant": home_assistant_version,
        "strings": [_string(string) for string in line.strings],
    }


def snapshot(line: LineCoordinator) -> dict[str, Any]:
    """Return the figures of a line as its sensors show them, in their units; times are s since 1970, UTC.

    A figure that is unknown or unavailable is left out.
    """
    return {
        **_head(line),
        **line.journal_sender.position,
        "backlog": line.journal_sender.backlog,
        "values": _values(LINE_FIGURES, line),
        "strings": [
            {
                "id": string.id,
                "name": string.name,
                "discharging_since": recording.discharge.start if (recording := _recording(string)) else None,
                "values": _values((*STRING_FIGURES, *DISCHARGE_FIGURES), string) | _readings(string),
                "batteries": [
                    {
                        "id": battery.id,
                        "number": battery.number,
                        "values": _values(BATTERY_FIGURES, battery) | _readings(battery),
                    }
                    for battery in string.batteries
                ],
            }
            for string in line.strings
        ],
    }


def _head(line: LineCoordinator) -> dict[str, Any]:
    return {"version": VERSION, "at": line.clock.now(), "site": line.journal_sender.site, "line": line.id}


def _string(string: String) -> dict[str, Any]:
    settings, data = string.settings, string.config
    on_string = data[CONF_STRING_MODULE] if data[CONF_STRING_MODULE_ADDRESS] is not None else None
    return {
        "id": string.id,
        "name": string.name,
        "battery_module": data[CONF_BATTERY_MODULE],
        "string_module": on_string,
        "chemistry": settings.chemistry,
        "nominal_voltage": settings.nominal_voltage,
        "cells": settings.cells,
        "capacity": settings.capacity,
        "installed": data[CONF_INSTALLED],
        "design_life": settings.years,
        "test_days": string.schedule.days if string.schedule and string.testable else None,
        "batteries": [{"id": battery.id, "number": battery.number} for battery in string.batteries],
    }


def _recording(string: String) -> Any:
    return string.state.running.recording


def _values[S: Battery | String | LineCoordinator](
    figures: tuple[FigureDescription[S], ...], subject: S
) -> dict[str, Any]:
    found = {one.key: one.value_fn(subject) for one in figures if one.exists_fn(subject) and one.available_fn(subject)}
    return {key: _plain(value) for key, value in found.items() if value is not None}


def _plain(value: Value) -> Any:
    return value.timestamp() if isinstance(value, datetime) else value


def _readings(subject: Battery | String) -> dict[str, Any]:
    if subject.module is None:
        return {}
    found = {one.key: measured(subject, one)[1] for one in READINGS if one.key in subject.module.profile.quantities}
    return {key: value for key, value in found.items() if value is not None}
