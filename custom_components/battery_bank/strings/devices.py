"""The devices: the line, the strings behind it, and the batteries of each."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from ..coordinator import LineCoordinator


def async_register_devices(hass: HomeAssistant, coordinator: LineCoordinator) -> None:
    """Register what is there.

    A device that names the one it is reached through needs that one's id, so all are made here, in that order, and
    entities only point at them.
    """
    devices = dr.async_get(hass)
    entry = coordinator.entry
    line = devices.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, coordinator.id)}, name=entry.title
    )
    for string in coordinator.strings:
        string_device = devices.async_get_or_create(
            config_entry_id=entry.entry_id,
            config_subentry_id=string.id,
            identifiers={(DOMAIN, string.id)},
            name=string.name,
            manufacturer=string.module.profile.manufacturer if string.module else None,
            model=string.module.profile.model if string.module else None,
            via_device_id=line.id,
        )
        if string.module is None:
            devices.async_update_device(string_device.id, sw_version=None)
        for battery in string.batteries:
            _take_over(hass, entry.entry_id, string.id, battery.id)
            profile = battery.module.profile
            devices.async_get_or_create(
                config_entry_id=entry.entry_id,
                config_subentry_id=string.id,
                identifiers={(DOMAIN, battery.id)},
                translation_key="battery",
                translation_placeholders={"string": string.name, "number": str(battery.number)},
                manufacturer=profile.manufacturer,
                model=profile.model,
                via_device_id=string_device.id,
            )


def _take_over(hass: HomeAssistant, entry_id: str, string_id: str, battery_id: str) -> None:
    """Let the device of a battery and its entities, as people made them, follow it to another string."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    device = devices.async_get_device_by_identifier((DOMAIN, battery_id), entry_id)
    if device is None or device.config_subentry_id == string_id:
        return
    # The entities first: those that stay behind a device are removed.
    for entity in er.async_entries_for_device(entities, device.id, include_disabled_entities=True):
        if entity.config_entry_id == entry_id:
            entities.async_update_entity(entity.entity_id, config_subentry_id=string_id)
    devices.async_update_device(device.id, new_config_subentry_id=string_id)


def async_remove_leftovers(hass: HomeAssistant, coordinator: LineCoordinator) -> None:
    """Remove the devices and entities of what is there no more: batteries taken out, values nothing measures now."""
    entry_id = coordinator.entry.entry_id
    subjects = [coordinator, *(subject for string in coordinator.strings for subject in string.subjects)]
    current = {(DOMAIN, subject.id) for subject in subjects}
    devices = dr.async_get(hass)
    for device in dr.async_entries_for_config_entry(devices, entry_id):
        if not device.identifiers & current:
            devices.async_remove_device(device.id)
    entities = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(entities, entry_id):
        if entity.unique_id not in coordinator.unique_ids:
            entities.async_remove(entity.entity_id)
