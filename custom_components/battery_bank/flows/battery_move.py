"""Move batteries from one string of a line to another, with everything that is known of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant

from ..const import CONF_BATTERIES, CONF_STRING_MODULE_ADDRESS, LOGGER, SUBENTRY_STRING
from ..coordinator import BatteryBankConfigEntry
from ..monitor.battery import state_codec
from ..monitor.battery.learned import Learned
from ..monitor.battery.moved_batteries import Known, begun, moved
from ..monitor.battery.running_state import Running
from ..monitor.errors import JournalError, SavedStateError
from ..monitor.journal.store import Journal
from ..runtime.journal_writer import journal_path


@dataclass(frozen=True, kw_only=True)
class Move:
    """Batteries to move to the end of another string."""

    batteries: Sequence[str]  # their ids
    source: ConfigSubentry
    target: ConfigSubentry  # a new string if the line does not have it yet


def parted(source: ConfigSubentry, batteries: Sequence[str]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the batteries of a string that stay, and those that move."""
    all_of_them = source.data[CONF_BATTERIES]
    return (
        [battery for battery in all_of_them if battery["id"] not in batteries],
        [battery for battery in all_of_them if battery["id"] in batteries],
    )


def new_string(source: ConfigSubentry, title: str, string_module: int | None) -> ConfigSubentry:
    """Return a string without batteries, with the settings of another string."""
    data = {**source.data, CONF_BATTERIES: [], CONF_STRING_MODULE_ADDRESS: string_module}
    return ConfigSubentry(data=MappingProxyType(data), subentry_type=SUBENTRY_STRING, title=title, unique_id=None)


async def async_move(hass: HomeAssistant, entry: BatteryBankConfigEntry, move: Move) -> None:
    """Move batteries of a running line. The line is stopped meanwhile.

    Raises `JournalError` if the journal can't be written. Then nothing has changed, and the line starts again.
    """
    writer = entry.runtime_data.journal_writer
    await writer.async_save()
    writer.open_journal()
    if writer.problem:  # events that wait in memory would be lost
        raise JournalError(str(writer.problem), writer.problem.reason)
    if not await hass.config_entries.async_unload(entry.entry_id):
        raise JournalError("the line can't be stopped now")
    try:
        await _move_rows(hass, entry, move)
        _update(hass, entry, move)
    except JournalError as err:
        LOGGER.error("The batteries stay in %s because the journal can't be written: %s", move.source.title, err)
        raise
    finally:
        hass.config_entries.async_schedule_reload(entry.entry_id)


async def _move_rows(hass: HomeAssistant, entry: BatteryBankConfigEntry, move: Move) -> None:
    source_id, target_id = move.source.subentry_id, move.target.subentry_id
    journal = await Journal.open(journal_path(hass, entry.entry_id))
    try:
        if journal.set_aside:  # a new journal has nothing to move, and opening it again would not show the damage
            raise JournalError(f"the journal was damaged and renamed to {journal.set_aside}; a new journal was created")
        source = await _known(journal, source_id)
        target = await _known(journal, target_id) if target_id in entry.subentries else begun(source)
        after = zip((source_id, target_id), moved(move.batteries, source, target), strict=True)
        documents = {}
        for string_id, known in after:
            documents[string_id, state_codec.RUNNING] = state_codec.encode_running(known.running)
            documents[string_id, state_codec.LEARNED] = state_codec.encode_learned(known.learned)
        await journal.move(move.batteries, source_id, target_id, documents)
    finally:
        await journal.close()


def _update(hass: HomeAssistant, entry: BatteryBankConfigEntry, move: Move) -> None:
    """Change both strings. Their devices and entities follow when the line is set up."""
    stay, go = parted(move.source, move.batteries)
    entries = hass.config_entries
    if move.target.subentry_id not in entry.subentries:
        entries.async_add_subentry(entry, move.target)
    there = move.target.data[CONF_BATTERIES]
    entries.async_update_subentry(entry, move.target, data={**move.target.data, CONF_BATTERIES: [*there, *go]})
    entries.async_update_subentry(entry, move.source, data={**move.source.data, CONF_BATTERIES: stay})


async def _known(journal: Journal, string_id: str) -> Known:
    running = await journal.load(string_id, state_codec.RUNNING)
    learned = await journal.load(string_id, state_codec.LEARNED)
    return Known(
        running=_read(state_codec.decode_running, running) or Running(),
        learned=_read(state_codec.decode_learned, learned) or Learned(),
    )


def _read[T](decode: Callable[[bytes], T], data: bytes | None) -> T | None:
    """Decode a saved state; one that can't be read is replaced by an empty one, as when the line is set up."""
    try:
        return decode(data) if data is not None else None
    except SavedStateError:
        return None
