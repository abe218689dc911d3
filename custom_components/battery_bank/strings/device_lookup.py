"""What a device of ours is: a line, a string or a battery; known also while its line is not loaded."""

from collections.abc import Iterator, Sequence
from enum import StrEnum

from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import Unauthorized, UnknownUser
from homeassistant.helpers import device_registry as dr, entity_registry as er

from ..const import DOMAIN
from ..coordinator import BatteryBankConfigEntry, LineCoordinator
from .members import Battery, String


class Place(StrEnum):
    """Where something happens."""

    LINE = "line"
    STRING = "string"
    BATTERY = "battery"


@callback
def place_of(hass: HomeAssistant, device_id: str) -> Place | None:
    """Return what a device is; None if it is none of ours."""
    entry, ids = _found(hass, device_id)
    if entry is None:
        return None
    if entry.entry_id in ids:
        return Place.LINE
    return Place.STRING if ids & entry.subentries.keys() else Place.BATTERY


@callback
def line_of(hass: HomeAssistant, device_id: str) -> LineCoordinator | None:
    """Return the line of a device; None while it is not loaded, or if the device is none of ours."""
    entry, _ = _found(hass, device_id)
    return entry.runtime_data if entry and entry.state is ConfigEntryState.LOADED else None


@callback
def subject_of(hass: HomeAssistant, device_id: str) -> LineCoordinator | String | Battery | None:
    """Return what is behind a device; None while its line is not loaded, or if it is none of ours."""
    coordinator, (_, ids) = line_of(hass, device_id), _found(hass, device_id)
    if coordinator is None:
        return None
    subjects = [coordinator, *(subject for string in coordinator.strings for subject in string.subjects)]
    return next((subject for subject in subjects if subject.id in ids), None)


async def async_refuse(
    call: ServiceCall, subjects: Sequence[tuple[LineCoordinator, Battery | String]], policy: str
) -> None:
    """Raise `Unauthorized` if whoever calls may not read, or control, all sensors of batteries and strings."""
    if call.context.user_id is None:
        return  # an automation may
    user = await call.hass.auth.async_get_user(call.context.user_id)
    if user is None:
        raise UnknownUser(context=call.context)
    if user.permissions.access_all_entities(policy):
        return
    for entity_id in _sensors(call.hass, subjects):
        if not user.permissions.check_entity(entity_id, policy):
            raise Unauthorized(context=call.context, entity_id=entity_id, permission=policy)


def _sensors(hass: HomeAssistant, subjects: Sequence[tuple[LineCoordinator, Battery | String]]) -> Iterator[str]:
    """Yield the sensors of batteries, and of strings with all their batteries."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    for coordinator, subject in subjects:
        for one in subject.subjects if isinstance(subject, String) else [subject]:
            if device := devices.async_get_device_by_identifier((DOMAIN, one.id), coordinator.id):
                for entity in er.async_entries_for_device(entities, device.id):
                    if entity.domain == SENSOR:
                        yield entity.entity_id


def _found(hass: HomeAssistant, device_id: str) -> tuple[BatteryBankConfigEntry | None, set[str]]:
    """Return the entry of a device, and what it is called there."""
    device = dr.async_get(hass).async_get(device_id)
    entry: BatteryBankConfigEntry | None = None
    if device:
        entry = hass.config_entries.async_get_entry(device.config_entry_id)
    if device is None or entry is None or entry.domain != DOMAIN:
        return None, set()
    return entry, {name for domain, name in device.identifiers if domain == DOMAIN}
