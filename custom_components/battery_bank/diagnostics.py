"""Diagnostics of a line, a string or a battery: link quality, state, and the raw registers of the last answers."""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from importlib.metadata import version
from math import isfinite
import sqlite3
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir

from .const import CONF_BATTERIES, DOMAIN, SUBENTRY_STRING
from .coordinator import BatteryBankConfigEntry, LineCoordinator, async_find_device
from .monitor.battery.discharge_track import Track
from .monitor.battery.operations import obstacle
from .monitor.battery.resistance import ResistanceState
from .monitor.errors import JournalError
from .monitor.journal.files import size
from .plant_systems.publication import DATA_PUBLICATION
from .runtime.journal_writer import JournalWriter
from .strings.banks import Bank
from .strings.members import Battery, String
from .strings.stored import readable_settings

# The name of a port can contain the serial number of the adapter.
PRIVATE: Final = {CONF_DEVICE, CONF_HOST, CONF_NAME, "acknowledged_by", "announced_by", "note", "noted_by"}
LIBRARIES: Final = ("modbus-connection", "tmodbus", "serialx", "mashumaro")


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> dict[str, Any]:
    """Return the diagnostics of a line."""
    ids = {entry.entry_id}
    for subentry_id, subentry in entry.subentries.items():
        ids |= {subentry_id, *(battery["id"] for battery in readable_settings(subentry.data).get(CONF_BATTERIES, ()))}
    about = {**await _about(hass, entry), "issues": _issues(hass, ids)}
    if servers := hass.data[DATA_PUBLICATION].diagnostics():
        about["plant_systems"] = servers
    if entry.state is not ConfigEntryState.LOADED:
        strings = [{"config": dict(subentry.data)} for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)]
        return _redacted({**about, "state": entry.state, "strings": strings})
    coordinator = entry.runtime_data
    return _redacted(
        {
            **about,
            "line": _line(coordinator),
            "journal": await _journal(hass, coordinator.journal_writer),
            "resistance_tests": coordinator.tests.diagnostics(),
            "strings": [
                {**_string(string), "batteries": [_battery(one) for one in string.batteries]}
                for string in coordinator.strings
            ],
            **({"banks": [_bank(bank) for bank in coordinator.banks]} if coordinator.banks else {}),
        }
    )


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, device: dr.DeviceEntry
) -> dict[str, Any]:
    """Return the diagnostics of a string or a battery; for a line, or while it is not set up, those of the entry."""
    coordinator, subject = async_find_device(hass, device.id) or (None, None)
    if coordinator is None or not isinstance(subject, Battery | String):
        return await async_get_config_entry_diagnostics(hass, entry)
    string = subject if isinstance(subject, String) else subject.string
    batteries = string.batteries if isinstance(subject, String) else [subject]
    return _redacted(
        {
            **await _about(hass, entry),
            "issues": _issues(hass, {subject.id, *(battery.id for battery in batteries)}),
            "line": _line(coordinator),
            "journal": await _journal(hass, coordinator.journal_writer),
            "string": _string(string),
            "batteries": [{**_battery(one), "tests": _ohmic(one).tests} for one in batteries],
        }
    )


async def _about(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> dict[str, Any]:
    """Return the versions, and how the line is reached."""
    versions = await hass.async_add_executor_job(lambda: {name: version(name) for name in LIBRARIES})
    return {
        "versions": {"entry": f"{entry.version}.{entry.minor_version}", "sqlite": sqlite3.sqlite_version, **versions},
        "connection": dict(entry.data),
    }


def _line(coordinator: LineCoordinator) -> dict[str, Any]:
    line = coordinator.line
    return {
        "down": line.down is not None,
        "round_time": line.round_time,
        "modules": len(line.modules),
        "answering": line.online,
        "quality": line.quality,
    }


async def _journal(hass: HomeAssistant, writer: JournalWriter) -> dict[str, Any]:
    """Return the state of the journal; one that can't be read does not keep the rest away."""
    found: dict[str, Any] = {
        "usable": writer.journal is not None and writer.problem is None,
        "problem": str(writer.problem) if writer.problem else None,
        "set_aside": writer.set_aside.name if writer.set_aside else None,
        "size": await hass.async_add_executor_job(size, writer.path),
    }
    if writer.journal:
        try:
            found["records"] = await writer.journal.facts()
        except JournalError as err:
            found |= {"usable": False, "problem": str(err)}
    return found


def _string(string: String) -> dict[str, Any]:
    return {
        "id": string.id,
        "config": dict(string.config),
        "settings": string.settings,
        "limits": string.settings.by_key,
        "schedule": string.schedule,
        "module": string.module.diagnostics() if string.module else None,
        "watch": _watch(string),
    }


def _bank(bank: Bank) -> dict[str, Any]:
    """Return the strings of a bank by their ids, with its totals and shares."""
    return {"strings": bank.string_ids, "counted": dict(bank.counted), "now": bank.state}


def _watch(string: String) -> dict[str, Any]:
    """Return the analysis of a string: its operating state, its alarms, and what keeps a test from starting."""
    state, running = string.state, string.state.running
    return {
        "at": running.at,
        "condition": running.condition,
        "charge": running.charge,
        "counters": running.counters,
        "float_current": running.float_current,
        "polarity": running.polarity,
        "discharge": running.recording.discharge if running.recording else None,
        "last_discharge": state.learned.last,
        "capacity": state.learned.capacity,
        "prediction": replace(state.prediction, track=Track()),  # up to a thousand points
        "spread": state.spread,
        "gas": state.gas,
        "warming_up": running.heat.rising,
        "since": running.since,
        "alarms": [watched.alarm for watched in running.watch.values() if watched.alarm],
        "no_scheduled_test": obstacle(state, running.at) if running.at is not None else "not_started",
    }


def _battery(battery: Battery) -> dict[str, Any]:
    ohmic, running = _ohmic(battery), battery.string.state.running
    return {
        "id": battery.id,
        "number": battery.number,
        "module": battery.module.diagnostics(),
        "watch": {
            "baseline": ohmic.baseline,
            "since": ohmic.since,
            "last_test": ohmic.last,
            "trend": ohmic.trend,
            "string_ratio": ohmic.string_ratio,
            "risk": ohmic.risk,
            "health": ohmic.health,
            "under_test": running.tested.get(battery.id),
            "asked_for_test": running.asked.get(battery.id),
        },
    }


def _ohmic(battery: Battery) -> ResistanceState:
    return battery.string.state.resistances.get(battery.id) or ResistanceState()


def _issues(hass: HomeAssistant, subjects: AbstractSet[str]) -> list[dict[str, Any]]:
    """Return the repair issues of lines, strings and batteries, without their texts, which name ports."""
    return [
        {"issue": key, "of": subject, "severity": issue.severity, "ignored": issue.dismissed_version is not None}
        for (domain, _), issue in ir.async_get(hass).issues.items()
        if domain == DOMAIN
        and issue.active
        and (key := issue.translation_key)
        and (subject := issue.issue_id.removeprefix(f"{key}_")) in subjects
    ]


def _redacted(diagnostics: dict[str, Any]) -> dict[str, Any]:
    """Return diagnostics as plain data, with private values redacted."""
    return async_redact_data(plain(diagnostics), PRIVATE)


def plain(value: Any) -> Any:
    """Return any value as plain data for JSON; a number that is not finite becomes None."""
    if is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in fields(value)}
    match value:
        case Enum():
            found: Any = value.value
        case Mapping():
            found = {str(key): plain(one) for key, one in value.items()}
        case AbstractSet():
            found = sorted(map(plain, value))
        case list() | tuple():
            found = [plain(one) for one in value]
        case None | bool() | int():
            found = value
        case float():
            found = value if isfinite(value) else None
        case _:
            found = str(value)
    return found
