"""The logbook: events of strings and batteries as texts."""

from collections.abc import Callable
from typing import Any

from homeassistant.components.logbook import LOGBOOK_ENTRY_MESSAGE, LOGBOOK_ENTRY_NAME
from homeassistant.core import Event, HomeAssistant, callback

from .const import DOMAIN
from .event_bus.bus_event import ATTR_MESSAGE, EVENT


@callback
def async_describe_events(
    hass: HomeAssistant,
    async_describe_event: Callable[[str, str, Callable[[Event[dict[str, Any]]], dict[str, str]]], None],
) -> None:
    """Describe our events to the logbook."""

    @callback
    def describe(event: Event[dict[str, Any]]) -> dict[str, str]:
        return {LOGBOOK_ENTRY_NAME: event.data["string"], LOGBOOK_ENTRY_MESSAGE: event.data[ATTR_MESSAGE]}

    async_describe_event(DOMAIN, EVENT, describe)
