"""The check of the other sensors of the rooms: entities of other integrations that give no value."""

from collections.abc import Iterator
from typing import Final

from ..coordinator import LineCoordinator
from ..monitor.battery.limits import HOUR
from ..monitor.battery.room import TEMPERATURE
from ..strings.room_sensors import NOT_MEASURED, NotMeasured, RoomReading, read_room
from .findings import Finding

WITHOUT_VALUE: Final = HOUR  # s; an entity is unavailable now and then


def room_sensors(bank: LineCoordinator, now: float) -> Iterator[Finding]:
    """Find entities that measure the room of a string no more."""
    translations = bank.alarm_texts.translations
    for string in bank.strings:
        for one in read_room(bank.hass, string.config):
            if not isinstance(one.value, NotMeasured) or _recent(bank, one, now):
                continue
            is_temperature = one.field == TEMPERATURE
            sensor = translations.option(*(("report", "ambient") if is_temperature else ("alarm", one.field)))
            texts = {
                "string": string.name,
                "sensor": sensor,
                "entity": one.entity_id,
                "reason": translations.option(NOT_MEASURED, one.value),
            }
            yield Finding(key="room_sensor", subject=f"{string.id}_{one.field}", texts=texts)


def _recent(bank: LineCoordinator, one: RoomReading, now: float) -> bool:
    """Return whether an entity is without a value since a short time."""
    state = bank.hass.states.get(one.entity_id)
    return (
        one.value is NotMeasured.NO_VALUE and state is not None and now - state.last_changed_timestamp < WITHOUT_VALUE
    )
