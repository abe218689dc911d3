"""Lines that were deleted: their journals stay, and go on when the same line is added again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import STORAGE_DIR, Store

from ..const import CONF_CONTINUES, DOMAIN, LOGGER
from ..strings.connection import is_among
from .journal_writer import journal_path
from .local_time import clock_of

VERSION: Final = 1
ENDINGS: Final = ("db", "db-wal", "db-shm", "unwritten", "counters")  # of the files of a line

type Removed = dict[str, Any]  # "title", "data", "subentries" as the entry had them, and "removed" in s since 1970


def _store(hass: HomeAssistant) -> Store[dict[str, Removed]]:
    """Return the store of the deleted lines, by entry."""
    return Store(hass, VERSION, f"{DOMAIN}.removed_lines", atomic_writes=True)


async def async_remember(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Keep the settings of a line that is deleted, if it has a journal."""
    if not await hass.async_add_executor_job(journal_path(hass, entry.entry_id).exists):
        return
    lines = await _async_load(hass)
    lines[entry.entry_id] = {
        "title": entry.title,
        "data": dict(entry.data),
        "subentries": [subentry.as_dict() for subentry in entry.subentries.values()],
        "removed": clock_of(hass).now(),
    }
    await _store(hass).async_save(lines)


async def async_removed_at(hass: HomeAssistant, data: Mapping[str, Any]) -> dict[str, Removed]:
    """Return the deleted lines with a journal at the port or gateway of a line, by entry, the newest first."""
    lines = await _async_load(hass)
    found = await hass.async_add_executor_job(_at, hass, lines, data)
    return {entry_id: lines[entry_id] for entry_id in reversed(found)}


def subentries_of(removed: Removed) -> list[ConfigSubentryDataWithId]:
    """Return the strings and banks of a deleted line. Their ids stay, because the records in the journal have them."""
    return [
        ConfigSubentryDataWithId(
            data=one["data"],
            subentry_id=one["subentry_id"],
            subentry_type=one["subentry_type"],
            title=one["title"],
            unique_id=one["unique_id"],
        )
        for one in removed["subentries"]
    ]


async def async_take_over(hass: HomeAssistant, entry: ConfigEntry) -> bool:
    """Give a line the files of the deleted one that it continues; return whether the journal is there then.

    Without such a line nothing is done, and nothing is missing.
    """
    former = entry.data.get(CONF_CONTINUES)
    if former is None:
        return True
    try:
        await hass.async_add_executor_job(_rename, hass, str(former), entry.entry_id)
    except OSError as err:
        LOGGER.error("The files of the deleted line %s can't be taken over: %s", former, err)
    else:
        lines = await _async_load(hass)
        if lines.pop(former, None):
            await _store(hass).async_save(lines)
    data = {field: value for field, value in entry.data.items() if field != CONF_CONTINUES}
    hass.config_entries.async_update_entry(entry, data=data)
    return await hass.async_add_executor_job(journal_path(hass, entry.entry_id).exists)


async def _async_load(hass: HomeAssistant) -> dict[str, Removed]:
    try:
        return await _store(hass).async_load() or {}
    except HomeAssistantError as err:
        LOGGER.warning("The list of deleted lines can't be read: %s", err)
        return {}


def _at(hass: HomeAssistant, lines: Mapping[str, Removed], data: Mapping[str, Any]) -> list[str]:
    configured = {entry.entry_id for entry in hass.config_entries.async_entries(DOMAIN)}
    found = []
    for entry_id, line in lines.items():
        path = journal_path(hass, entry_id)
        there = entry_id not in configured and path.exists() and path.stat().st_size > 0
        if there and is_among(data, [line["data"]]):
            found.append(entry_id)
    return found


def _rename(hass: HomeAssistant, former: str, entry_id: str) -> None:
    for ending in ENDINGS:
        before, now = (Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{one}.{ending}")) for one in (former, entry_id))
        if before.exists() and not now.exists():
            before.rename(now)
