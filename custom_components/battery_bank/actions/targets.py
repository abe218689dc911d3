"""What an action is called on: from the devices of a call to lines, strings and batteries."""

from typing import Final

import probatio

from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr

from ..const import DOMAIN
from ..coordinator import LineCoordinator, async_find_device
from ..monitor.line.module import Module
from ..strings.devices import device_name
from ..strings.members import Battery, String

DEVICE: Final = {probatio.Required(ATTR_DEVICE_ID): cv.string}
# A device that is named a thousand times counts once.
_EACH_ONCE: Final = probatio.All(cv.ensure_list, [cv.string], lambda device_ids: list(dict.fromkeys(device_ids)))
DEVICES: Final = {probatio.Required(ATTR_DEVICE_ID): _EACH_ONCE}

type Target = tuple[LineCoordinator, Battery | String]


@callback
def target_of(hass: HomeAssistant, device_id: str) -> Target:
    """Return the battery or string of a device, or raise `ServiceValidationError`."""
    match async_find_device(hass, device_id):
        case line, (Battery() | String()) as subject:
            return line, subject
    name = device_name(dr.async_get(hass).async_get(device_id)) or device_id
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="no_battery_or_string",
        translation_placeholders={"device": name},
    )


@callback
def targets_of(call: ServiceCall) -> list[Target]:
    """Return the batteries and strings of the devices of a call, or raise `ServiceValidationError`."""
    return [target_of(call.hass, device_id) for device_id in call.data[ATTR_DEVICE_ID]]


@callback
def batteries_of(call: ServiceCall) -> list[tuple[LineCoordinator, Battery]]:
    """Return the batteries of a call, with those of its strings, each once; or raise `ServiceValidationError`."""
    chosen = {
        battery.id: (line, battery)
        for line, subject in targets_of(call)
        for battery in (subject.batteries if isinstance(subject, String) else [subject])
    }
    return list(chosen.values())


@callback
def testable_of(call: ServiceCall) -> dict[LineCoordinator, list[Module]]:
    """Return by line the modules of a call that can test the resistance, or raise `ServiceValidationError`."""
    chosen: dict[LineCoordinator, list[Battery | String]] = {}
    for line, subject in targets_of(call):
        chosen.setdefault(line, []).append(subject)
    return {line: line.async_testable(subjects) for line, subjects in chosen.items()}


def string_and_battery(subject: Battery | String) -> tuple[String, str | None]:
    """Return the string, and the id of the battery if the subject is one."""
    return (subject, None) if isinstance(subject, String) else (subject.string, subject.id)
