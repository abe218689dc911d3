"""Event entities: alarms and discharges of each string, published once the journal has them."""

from collections.abc import Callable
from typing import Any, Final, override

from homeassistant.components.event import EventEntity, EventEntityDescription
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .entity import BatteryBankEntity
from .event_bus.bus_event import discharge_details
from .monitor.battery.events import (
    AlarmAcknowledged,
    AlarmCleared,
    AlarmDeescalated,
    AlarmRaised,
    DischargeEnded,
    DischargeStarted,
    Event,
)
from .strings.members import String
from .texts.alarm_texts import AlarmTexts

PARALLEL_UPDATES = 0

type Published = tuple[str, dict[str, Any]] | None  # the type of an event, and its attributes

ALARMS: Final = {
    AlarmRaised: "raised",
    AlarmDeescalated: "lowered",
    AlarmAcknowledged: "acknowledged",
    AlarmCleared: "cleared",
}
DISCHARGES: Final = {DischargeStarted: "started", DischargeEnded: "ended"}


def _alarm(texts: AlarmTexts, string: String, event: Event) -> Published:
    match event:
        case AlarmRaised() | AlarmDeescalated() | AlarmAcknowledged() | AlarmCleared():
            return ALARMS[type(event)], texts.described(string, event.alarm)
    return None


def _discharge(texts: AlarmTexts, string: String, event: Event) -> Published:
    match event:
        case DischargeStarted() | DischargeEnded():
            return DISCHARGES[type(event)], discharge_details(string, event.discharge)
    return None


ALARM: Final = EventEntityDescription(key="alarm", translation_key="alarm", event_types=list(ALARMS.values()))
DISCHARGE: Final = EventEntityDescription(
    key="discharge", translation_key="discharge", event_types=list(DISCHARGES.values())
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the events of a line."""
    coordinator = entry.runtime_data
    for string in coordinator.strings:
        async_add_entities(
            [
                BatteryBankEvent(coordinator, string, ALARM, _alarm),
                BatteryBankEvent(coordinator, string, DISCHARGE, _discharge),
            ],
            config_subentry_id=string.id,
        )


class BatteryBankEvent(BatteryBankEntity[String], EventEntity):
    """The alarms or the discharges of a string."""

    def __init__(
        self,
        coordinator: LineCoordinator,
        string: String,
        description: EventEntityDescription,
        describe: Callable[[AlarmTexts, String, Event], Published],
    ) -> None:
        """Publish those events for which `describe` returns a type."""
        super().__init__(coordinator, string, description)
        self._describe = describe

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(self.coordinator.events.async_subscribe(self.subject, self._publish))

    @callback
    def _publish(self, event: Event) -> None:
        if published := self._describe(self.coordinator.alarm_texts, self.subject, event):
            self._trigger_event(*published)
            self.async_write_ha_state()
