"""Diagnostics of a line: how well it works, and what its modules said last, byte for byte."""

from typing import Any, Final

from homeassistant.components.diagnostics import async_redact_data
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_NAME
from homeassistant.core import HomeAssistant

from .coordinator import BatteryBankConfigEntry

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
        "resistance_tests": coordinator.tests.diagnostics(),
        "strings": [
            {
                "config": async_redact_data(string.config, PRIVATE),
                "module": string.module.diagnostics() if string.module else None,
                "batteries": [
                    {"number": battery.number, "module": battery.module.diagnostics()} for battery in string.batteries
                ],
            }
            for string in coordinator.strings
        ],
    }
