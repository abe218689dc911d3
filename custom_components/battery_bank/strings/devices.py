"""The devices of a line, its strings and their batteries in Home Assistant's registry."""

import asyncio
from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er

from ..const import CONF_AREA, DOMAIN, SUBENTRY_STRING
from .banks import Bank
from .members import String


class DeviceKind(StrEnum):
    """What a device of this integration is."""

    LINE = "line"
    STRING = "string"
    BATTERY = "battery"


@callback
def async_device(hass: HomeAssistant, entry_id: str, identifier: str) -> dr.DeviceEntry | None:
    """Return the device of a line, string or battery by the id of that."""
    return dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry_id)


@callback
def async_device_id(hass: HomeAssistant, entry_id: str, identifier: str) -> str | None:
    """Return the id of the device of a line, string or battery."""
    device = async_device(hass, entry_id, identifier)
    return device.id if device else None


def device_name(device: dr.DeviceEntry | dr.ChildDeviceEntry | None) -> str | None:
    """Return the name that a person gave a device, or else its own."""
    return device.name_by_user or device.name if device else None


@callback
def async_identifiers(hass: HomeAssistant, device_id: str) -> tuple[ConfigEntry[Any] | None, set[str]]:
    """Return the entry of a device and its identifiers there; None and no identifiers if it is of another one."""
    device = dr.async_get(hass).async_get(device_id)
    entry = hass.config_entries.async_get_entry(device.config_entry_id) if device else None
    if device is None or entry is None or entry.domain != DOMAIN:
        return None, set()
    return entry, {identifier for domain, identifier in device.identifiers if domain == DOMAIN}


@callback
def async_device_kind(hass: HomeAssistant, device_id: str) -> DeviceKind | None:
    """Return what a device is, also while its line is not set up.

    None if it is not of this integration, or is a bank, whose alarms are those of its strings.
    """
    entry, identifiers = async_identifiers(hass, device_id)
    if entry is None:
        return None
    if entry.entry_id in identifiers:
        return DeviceKind.LINE
    subentry = next((entry.subentries[one] for one in identifiers if one in entry.subentries), None)
    if subentry is None:
        return DeviceKind.BATTERY
    return DeviceKind.STRING if subentry.subentry_type == SUBENTRY_STRING else None


async def async_register_devices(
    hass: HomeAssistant, entry: ConfigEntry[Any], strings: Sequence[String], banks: Sequence[Bank]
) -> None:
    """Register the devices of a line, its strings, their batteries, and its banks.

    A device that names the one through which it is reached needs the id of that one. So all of them are made here, in
    that order, and entities only refer to them. Other work of the event loop runs after each battery.
    """
    devices = dr.async_get(hass)
    line = devices.async_get_or_create(
        config_entry_id=entry.entry_id, identifiers={(DOMAIN, entry.entry_id)}, name=entry.title
    )
    for string in strings:
        new = async_device(hass, entry.entry_id, string.id) is None
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
        if new and string_device.area_id is None and (area := _area(hass, string)):
            devices.async_update_device(string_device.id, area_id=area)
        for battery in string.batteries:
            _move_device(hass, entry.entry_id, string.id, battery.id)
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
            await asyncio.sleep(0)
    for bank in banks:
        devices.async_get_or_create(
            config_entry_id=entry.entry_id,
            config_subentry_id=bank.id,
            identifiers={(DOMAIN, bank.id)},
            name=bank.name,
            via_device_id=line.id,
        )


@callback
def async_set_firmware(hass: HomeAssistant, entry_id: str, identifier: str, firmware: int | None) -> None:
    """Show the firmware of the module on a string or battery."""
    if firmware is not None and (device := async_device(hass, entry_id, identifier)):
        dr.async_get(hass).async_update_device(device.id, sw_version=f"{firmware:04X}")


@callback
def async_remove_leftovers(
    hass: HomeAssistant, entry_id: str, subjects: Collection[str], unique_ids: Collection[str]
) -> None:
    """Remove the devices of batteries and strings that were taken out, and the entities of values not measured now.

    `subjects` are the ids of the line, its strings and batteries; `unique_ids` are those of their entities.
    """
    devices, expected = dr.async_get(hass), {(DOMAIN, subject) for subject in subjects}
    for device in dr.async_entries_for_config_entry(devices, entry_id):
        if not device.identifiers & expected:
            devices.async_remove_device(device.id)
    entities = er.async_get(hass)
    for entity in er.async_entries_for_config_entry(entities, entry_id):
        if entity.unique_id not in unique_ids:
            entities.async_remove(entity.entity_id)


def _area(hass: HomeAssistant, string: String) -> str | None:
    """Return the area that was chosen for a new string; None without one, or if that was deleted."""
    chosen = string.config.get(CONF_AREA)
    return chosen if chosen and ar.async_get(hass).async_get_area(chosen) else None


def _move_device(hass: HomeAssistant, entry_id: str, string_id: str, battery_id: str) -> None:
    """Move the device of a battery, with its entities as a person has set them, to the string it is in now."""
    device = async_device(hass, entry_id, battery_id)
    if device is None or device.config_subentry_id == string_id:
        return
    # The entities first: Home Assistant removes those that a device leaves behind.
    entities = er.async_get(hass)
    for entity in er.async_entries_for_device(entities, device.id, include_disabled_entities=True):
        if entity.config_entry_id == entry_id:
            entities.async_update_entity(entity.entity_id, config_subentry_id=string_id)
    dr.async_get(hass).async_update_device(device.id, new_config_subentry_id=string_id)
