"""What a journal could not take before its line was stopped: kept in a file, or in memory, until the journal can."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import save_json
from homeassistant.helpers.storage import STORAGE_DIR
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.json import load_json_object

from ..const import DOMAIN, LOGGER
from ..monitor.battery import event_codec, state_codec
from ..monitor.battery.events import Event
from ..monitor.errors import SavedStateError
from ..monitor.journal import Journal


@dataclass(kw_only=True, slots=True)
class Unwritten:
    """The events and the saved states of a string that are not in the journal."""

    events: list[Event] = field(default_factory=list)  # oldest first
    documents: dict[str, bytes] = field(default_factory=dict)  # by key

    def add(self, other: Unwritten) -> None:
        """Add what happened later."""
        self.events += other.events
        self.documents |= other.documents


DATA_UNWRITTEN: Final[HassKey[dict[str, dict[str, Unwritten]]]] = HassKey(f"{DOMAIN}.unwritten")  # by entry and string


class UnwrittenStore:
    """Keeps what the journal of a line could not take: in a file, or in memory if the disk does not take that one."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the store of a line."""
        self._hass = hass
        self._entry_id = entry_id
        self._in_memory = hass.data.setdefault(DATA_UNWRITTEN, {})
        self.path = Path(hass.config.path(STORAGE_DIR, f"{DOMAIN}.{entry_id}.unwritten"))

    async def async_keep(self, unwritten: Mapping[str, Unwritten]) -> None:
        """Keep the events and states of strings, beside those that are kept already."""
        kept = await self._async_load()
        for string_id, one in unwritten.items():
            kept.setdefault(string_id, Unwritten()).add(one)
        number = sum(len(one.events) for one in kept.values())
        try:
            await self._hass.async_add_executor_job(_save, self.path, kept)
        except (HomeAssistantError, OSError) as err:
            self._in_memory[self._entry_id] = kept
            LOGGER.error(
                "The journal can't be written, and %s can't be written either: %s. "
                "%s events are kept in memory, and are lost if Home Assistant stops before they are written",
                self.path,
                err,
                number,
            )
            return
        self._in_memory.pop(self._entry_id, None)
        LOGGER.warning("The journal can't be written. %s events are kept in %s until it can", number, self.path)

    async def async_write_to(self, journal: Journal) -> None:
        """Write to the journal what is kept, and keep it no longer, or raise `JournalError`."""
        kept = await self._async_load()
        if not kept:
            return
        for string_id, one in kept.items():
            saved = await journal.load(string_id, state_codec.RUNNING)
            documents = one.documents if _is_later(one.documents.get(state_codec.RUNNING), saved) else {}
            await journal.write(string_id, one.events, documents)
        self._in_memory.pop(self._entry_id, None)
        await self._hass.async_add_executor_job(partial(self.path.unlink, missing_ok=True))
        number = sum(len(one.events) for one in kept.values())
        LOGGER.info("%s events from before the last stop are in the journal now", number)

    async def _async_load(self) -> dict[str, Unwritten]:
        if (kept := self._in_memory.get(self._entry_id)) is not None:
            return kept
        return await self._hass.async_add_executor_job(_load, self.path)


def _save(path: Path, kept: Mapping[str, Unwritten]) -> None:
    data = {
        string_id: {
            "events": event_codec.encode_events(one.events),
            "documents": {key: document.decode() for key, document in one.documents.items()},
        }
        for string_id, one in kept.items()
    }
    save_json(str(path), data, atomic_writes=True)


def _load(path: Path) -> dict[str, Unwritten]:
    """Read the file. One that can't be read is renamed, because nothing of it may be lost in silence."""
    if not path.exists():
        return {}
    kept: dict[str, Unwritten] = {}
    try:
        records: dict[str, Any] = load_json_object(path)
        for string_id, one in records.items():
            events, unreadable = event_codec.decode_events(one["events"])
            if unreadable:
                LOGGER.error("%s of the events in %s can't be read, and are left out", unreadable, path)
            documents = {key: document.encode() for key, document in one["documents"].items()}
            kept[string_id] = Unwritten(events=events, documents=documents)
    except (HomeAssistantError, AttributeError, KeyError, TypeError) as err:
        aside = path.with_name(f"{path.name}.damaged")
        LOGGER.error("The events in %s can't be read: %s. The file is renamed to %s", path, err, aside)
        with suppress(OSError):
            path.rename(aside)
        return {}
    return kept


def _is_later(kept: bytes | None, saved: bytes | None) -> bool:
    """Return whether the kept state of a string is later than the one in the journal."""
    if kept is None or saved is None:
        return True
    try:
        before = state_codec.decode_running(saved).at
        return before is None or (state_codec.decode_running(kept).at or 0.0) >= before
    except SavedStateError:
        return True
