"""The switch that has the journal of a line sent."""

from typing import Any, Final, override

from homeassistant.components import mqtt
from homeassistant.components.switch import SwitchEntity, SwitchEntityDescription
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_SEND_JOURNAL, DOMAIN
from .coordinator import BatteryBankConfigEntry, LineCoordinator
from .entity import StatefulEntity

PARALLEL_UPDATES = 0

SEND_JOURNAL: Final = SwitchEntityDescription(
    key="send_journal",
    translation_key="send_journal",
    entity_category=EntityCategory.CONFIG,
)


async def async_setup_entry(
    hass: HomeAssistant, entry: BatteryBankConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Set up the switch of a line."""
    async_add_entities([SendJournalSwitch(entry.runtime_data, entry.runtime_data, SEND_JOURNAL)])


class SendJournalSwitch(StatefulEntity[LineCoordinator], SwitchEntity):
    """Whether the journal of a line is sent: an option of its entry."""

    @override
    def _update(self) -> bool:
        before = self._attr_is_on
        self._attr_is_on = self.subject.journal_sender.on
        return self._attr_is_on != before

    @override
    async def async_turn_on(self, **kwargs: Any) -> None:
        if not self.hass.config_entries.async_has_entries(mqtt.DOMAIN):
            raise ServiceValidationError(translation_domain=DOMAIN, translation_key="mqtt_not_set_up")
        self._set(on=True)

    @override
    async def async_turn_off(self, **kwargs: Any) -> None:
        self._set(on=False)

    @callback
    def _set(self, *, on: bool) -> None:
        entry = self.subject.entry
        self.hass.config_entries.async_update_entry(entry, options={**entry.options, CONF_SEND_JOURNAL: on})
