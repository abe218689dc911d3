"""Backups: a journal is copied whole, or not at all."""

from homeassistant.core import HomeAssistant

from .coordinator import async_loaded_lines


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Close the journals so that they can be copied; events wait in memory meanwhile."""
    for line in async_loaded_lines(hass):
        await line.journal_writer.async_hold()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Open the journals again."""
    for line in async_loaded_lines(hass):
        await line.journal_writer.async_release()
