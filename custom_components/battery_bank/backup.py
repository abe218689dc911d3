"""Backups: a journal is copied whole, or not at all."""

from homeassistant.core import HomeAssistant

from .const import DOMAIN
from .runtime.keeper import Keeper


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Let go of the journals; what happens meanwhile waits in memory."""
    for keeper in _keepers(hass):
        await keeper.async_let_go()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Go on with the journals."""
    for keeper in _keepers(hass):
        await keeper.async_take_up()


def _keepers(hass: HomeAssistant) -> list[Keeper]:
    return [entry.runtime_data.keeper for entry in hass.config_entries.async_loaded_entries(DOMAIN)]
