"""Follows the entities of other integrations that measure the room of a string."""

from collections.abc import Sequence

from homeassistant.core import CALLBACK_TYPE, Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers.event import async_track_state_change_event

from ..strings.members import String
from ..strings.room_sensors import read_room, room_of, sensors_of


@callback
def async_follow_rooms(hass: HomeAssistant, strings: Sequence[String]) -> CALLBACK_TYPE:
    """Keep what the other sensors of the rooms measure in their strings, until the returned function is called.

    The next step of the analysis judges it, which is within seconds.
    """
    by_entity: dict[str, list[String]] = {}
    for string in strings:
        string.room = room_of(read_room(hass, string.config))
        for entity_id in set(sensors_of(string.config).values()):
            by_entity.setdefault(entity_id, []).append(string)

    @callback
    def changed(event: Event[EventStateChangedData]) -> None:
        for string in by_entity[event.data["entity_id"]]:
            string.room = room_of(read_room(hass, string.config))

    return async_track_state_change_event(hass, by_entity, changed)
