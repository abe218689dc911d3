"""The actions, registered once for all lines."""

from typing import Final

import probatio

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.util import dt as dt_util

from .bank import Battery, String
from .const import DOMAIN
from .coordinator import LineCoordinator
from .keeper import async_user_name

SERVICE_START_RESISTANCE_TEST: Final = "start_resistance_test"
SERVICE_ACKNOWLEDGE_ALARMS: Final = "acknowledge_alarms"
SERVICE_BATTERY_REPLACED: Final = "battery_replaced"
ATTR_DATE: Final = "date"
ATTR_SERIAL: Final = "serial"
ATTR_NOTE: Final = "note"
DEVICES: Final = {probatio.Required(ATTR_DEVICE_ID): probatio.All(cv.ensure_list, [cv.string])}
REPLACED: Final = {
    probatio.Required(ATTR_DEVICE_ID): cv.string,
    probatio.Optional(ATTR_DATE): cv.date,
    probatio.Optional(ATTR_SERIAL): cv.string,
    probatio.Optional(ATTR_NOTE): cv.string,
}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_START_RESISTANCE_TEST,
        _async_start_resistance_test,
        schema=probatio.Schema(DEVICES),
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN, SERVICE_ACKNOWLEDGE_ALARMS, _async_acknowledge_alarms, schema=probatio.Schema(DEVICES)
    )
    hass.services.async_register(
        DOMAIN, SERVICE_BATTERY_REPLACED, _async_battery_replaced, schema=probatio.Schema(REPLACED)
    )


async def _async_start_resistance_test(call: ServiceCall) -> ServiceResponse:
    """Put batteries, or all batteries of strings, in the queue of resistance tests."""
    chosen: dict[LineCoordinator, list[Battery | String]] = {}
    for device_id in call.data[ATTR_DEVICE_ID]:
        coordinator, subject = _subject(call.hass, device_id)
        chosen.setdefault(coordinator, []).append(subject)
    modules = {coordinator: coordinator.async_testable(subjects) for coordinator, subjects in chosen.items()}
    return {"batteries": sum(coordinator.tests.request(some) for coordinator, some in modules.items())}


async def _async_acknowledge_alarms(call: ServiceCall) -> None:
    """Mark the alarms of batteries, or of strings with all their batteries, as seen by whoever calls."""
    subjects = [_subject(call.hass, device_id) for device_id in call.data[ATTR_DEVICE_ID]]
    by = await async_user_name(call.hass, call.context)
    for coordinator, subject in subjects:
        if isinstance(subject, String):
            coordinator.keeper.async_acknowledge(subject, None, by)
        else:
            coordinator.keeper.async_acknowledge(subject.string, subject, by)


async def _async_battery_replaced(call: ServiceCall) -> None:
    """Begin a new history for a battery; the journal keeps that of the old one."""
    coordinator, subject = _subject(call.hass, call.data[ATTR_DEVICE_ID])
    if isinstance(subject, String):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_one_battery")
    today = dt_util.now().date()
    day = call.data.get(ATTR_DATE, today)
    if day > today:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="date_in_future")
    coordinator.keeper.async_replaced(
        subject,
        at=None if day == today else dt_util.start_of_local_day(day).timestamp(),
        by=await async_user_name(call.hass, call.context),
        serial=call.data.get(ATTR_SERIAL),
        note=call.data.get(ATTR_NOTE),
    )


def _subject(hass: HomeAssistant, device_id: str) -> tuple[LineCoordinator, Battery | String]:
    """Find the battery or string behind a device, or raise `ServiceValidationError`."""
    device = dr.async_get(hass).async_get(device_id)
    identifiers = device.identifiers if device else set()
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        coordinator: LineCoordinator = entry.runtime_data
        for string in coordinator.strings:
            for subject in string.subjects:
                if (DOMAIN, subject.id) in identifiers:
                    return coordinator, subject
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="no_battery_or_string",
        translation_placeholders={"device": (device.name_by_user or device.name or device_id) if device else device_id},
    )
