"""Diagnostics of a line: how well it works, and what its modules said last, byte for byte."""

from dataclasses import asdict
from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_NAME
from homeassistant.core import HomeAssistant

from .bank import String
from .coordinator import BatteryBankConfigEntry
from .monitor.battery.deeds import obstacle

# A port's name can hold the adapter's serial number; a reason can repeat it.
PRIVATE: Final = {CONF_DEVICE, CONF_HOST, CONF_NAME}


async def async_get_config_entry_diagnostics(hass: HomeAssistant, entry: BatteryBankConfigEntry) -> dict[str, Any]:
    """Return what helps to understand a line from afar."""
    coordinator = entry.runtime_data
    line = coordinator.line
    return {
        "connection": async_redact_data(entry.data, PRIVATE),
        "line": {
            "down": line.down is not None,
            "round_time": line.round_time,
            "modules": len(line.modules),
            "answering": line.answering,
            "quality": line.quality,
        },
        "journal": {"usable": coordinator.keeper.journal is not None},
        "resistance_tests": coordinator.tests.diagnostics(),
        "strings": [
            {
                "config": async_redact_data(string.config, PRIVATE),
                "module": string.module.diagnostics() if string.module else None,
                "watch": _watch(string),
                "batteries": [
                    {"number": battery.number, "module": battery.module.diagnostics()} for battery in string.batteries
                ],
            }
            for string in coordinator.strings
        ],
    }


def _watch(string: String) -> dict[str, Any]:
    """Tell what the monitor makes of a string: what it does, its alarms, and why no test may begin."""
    running = string.state.running
    return {
        "condition": asdict(running.condition),
        "charge": asdict(running.charge),
        "counters": asdict(running.counters),
        "alarms": [
            async_redact_data(asdict(watched.alarm), {"acknowledged_by"})
            for watched in running.watch.values()
            if watched.alarm
        ],
        "no_scheduled_test": obstacle(string.state, running.at) if running.at is not None else "not_started",
    }
