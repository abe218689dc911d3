"""An integration that adds devices and entities and does nothing else: what they cost Home Assistant itself.

Each entry adds as many as a line of 240 batteries in four strings does, and each entity writes its state once.
"""

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant


async def async_setup_entry(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Add the entities."""
    await hass.config_entries.async_forward_entry_setups(entry, [Platform.SENSOR])
    return True
