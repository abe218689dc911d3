"""The actions, registered once for all lines."""

from typing import Final

import probatio

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr

from .const import DOMAIN
from .coordinator import Battery, LineCoordinator, String

SERVICE_START_RESISTANCE_TEST: Final = "start_resistance_test"
SCHEMA: Final = probatio.Schema({probatio.Required(ATTR_DEVICE_ID): probatio.All(cv.ensure_list, [cv.string])})


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_START_RESISTANCE_TEST,
        _async_start_resistance_test,
        schema=SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


async def _async_start_resistance_test(call: ServiceCall) -> ServiceResponse:
    """Put batteries, or all batteries of strings, in the queue of resistance tests."""
    chosen: dict[LineCoordinator, list[Battery | String]] = {}
    for device_id in call.data[ATTR_DEVICE_ID]:
        coordinator, subject = _subject(call.hass, device_id)
        chosen.setdefault(coordinator, []).append(subject)
    modules = {coordinator: coordinator.async_testable(subjects) for coordinator, subjects in chosen.items()}
    return {"batteries": sum(coordinator.tests.request(some) for coordinator, some in modules.items())}


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
