"""A second copy of the counters, in Home Assistant's own storage: the totals outlive a journal that is damaged."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.storage import Store

from ..const import DOMAIN, LOGGER
from ..monitor.battery import state_codec
from ..monitor.battery.running_state import Count
from ..monitor.errors import SavedStateError

VERSION: Final = 1

type Copies = dict[str, dict[str, Any]]  # by string


class CountersCopy:
    """The counts of the strings of a line, as they were when the line was set up, and as they are saved."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Prepare the copy of a line."""
        self._store = Store[Copies](hass, VERSION, f"{DOMAIN}.{entry_id}.counters", atomic_writes=True)
        self._loaded: dict[str, Count] = {}
        self._copies: Copies = {}

    async def async_load(self) -> None:
        """Load the copy. Without a copy the journal alone has the counters."""
        try:
            stored = await self._store.async_load()
        except HomeAssistantError as err:
            LOGGER.warning("The copy of the counters can't be read: %s", err)
            return
        self._copies = stored or {}
        for string_id, copy in self._copies.items():
            try:
                self._loaded[string_id], unreadable = state_codec.readable_count(copy)
            except SavedStateError as err:
                LOGGER.warning("String %s: %s", string_id, err)
                continue
            for name, why in unreadable.items():
                LOGGER.warning("A part of the copy of the counters can't be read: %s: %s", name, why)

    def loaded(self, string_id: str) -> Count:
        """Return the count of a string as it was loaded."""
        return self._loaded.get(string_id, Count())

    async def async_save(self, counts: Mapping[str, Count]) -> None:
        """Save the counts of strings, if a counter has changed; other strings keep theirs."""
        copies = self._copies | {string_id: state_codec.encode_count(one) for string_id, one in counts.items()}
        if copies != self._copies:
            self._copies = copies
            await self._store.async_save(copies)
