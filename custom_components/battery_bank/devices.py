"""The devices: the line, the strings behind it, and the batteries of each."""

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from .const import DOMAIN
from .coordinator import LineCoordinator


def async_register_devices(hass: HomeAssistant, coordinator: LineCoordinator) -> None:
    """Register what is there, and remove the batteries that are there no more.

    A device that names the one it is reached through needs that one's id, so all are made here, in that order, and
    entities only point at them.
    """
    devices = dr.async_get(hass)
    entry = coordinator.entry
    line = devices.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, coordinator.id)}, name=entry.title
    )
    current = {line.id}
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
        current.add(string_device.id)
        for battery in string.batteries:
            profile = battery.module.profile
            device = devices.async_get_or_create(
                config_entry_id=entry.entry_id,
                config_subentry_id=string.id,
                identifiers={(DOMAIN, battery.id)},
                translation_key="battery",
                translation_placeholders={"string": string.name, "number": str(battery.number)},
                manufacturer=profile.manufacturer,
                model=profile.model,
                via_device_id=string_device.id,
            )
            current.add(device.id)
    for device in dr.async_entries_for_config_entry(devices, entry.entry_id):
        if device.id not in current:
            devices.async_remove_device(device.id)
