"""What an installer does to the modules of a line: scan it, and give one its address or speed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import probatio

from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.service import async_get_config_entry

from ..const import CONF_BAUDRATE, DOMAIN, FIRST_ADDRESS, LAST_ADDRESS
from ..coordinator import BatteryBankConfigEntry
from ..monitor.errors import LineDownError, MonitorError
from ..monitor.line.commissioning import CommissioningError, Failure, answers, only_module, set_address, set_baudrate
from ..monitor.line.link import Link
from ..monitor.line.module import Module
from ..monitor.line.scan import Found, Verdict, check_line, scan
from ..repair_checks.issues import async_users_of_link
from ..strings.address_text import as_text
from ..strings.connection import SERIAL_BAUDRATES, is_serial, modbus_params, pace
from ..strings.members import Battery, String
from ..texts.reasons import reason_text
from .action_fields import choice_field, whole_field

ATTR_ADDRESS: Final = "address"
ATTR_ENTRY: Final = "config_entry_id"
ATTR_FIRST: Final = "first_address"
ATTR_LAST: Final = "last_address"
ADDRESSES: Final = range(FIRST_ADDRESS, LAST_ADDRESS + 1)

_LINE: Final = {probatio.Optional(ATTR_ENTRY): cv.string}  # where there are several
SCAN: Final = _LINE | {
    probatio.Optional(ATTR_FIRST, default=FIRST_ADDRESS): whole_field(ATTR_FIRST, FIRST_ADDRESS, LAST_ADDRESS),
    probatio.Optional(ATTR_LAST, default=LAST_ADDRESS): whole_field(ATTR_LAST, FIRST_ADDRESS, LAST_ADDRESS),
}
ADDRESS: Final = _LINE | {probatio.Required(ATTR_ADDRESS): whole_field(ATTR_ADDRESS, FIRST_ADDRESS, LAST_ADDRESS)}
BAUDRATE: Final = _LINE | {probatio.Required(CONF_BAUDRATE): choice_field(CONF_BAUDRATE, SERIAL_BAUDRATES)}


async def async_scan(call: ServiceCall) -> ServiceResponse:
    """Scan the addresses of a line, between the polls of its modules."""
    entry = _line(call)
    first, last = call.data[ATTR_FIRST], call.data[ATTR_LAST]
    if first > last:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="bad_range")
    with _translated_errors(entry):
        found = await scan(entry.runtime_data.line.read, range(first, last + 1), pace=pace(entry.data))
    subjects = entry.runtime_data.by_address
    return {
        "modules": [_described(one, subjects.get(one.unit_id)) for one in found if one.verdict is not Verdict.NO_ANSWER]
    }


async def async_set_module_address(call: ServiceCall) -> ServiceResponse:
    """Give the one module on a line another address, and read back whether it took it."""
    entry, address = _line(call), call.data[ATTR_ADDRESS]
    line = entry.runtime_data.line
    async with entry.runtime_data.commissioning:
        with _translated_errors(entry):
            module = await only_module(line, ADDRESSES, pace(entry.data))
            if module.unit_id != address:
                await set_address(line, module, address)
    return {"model": module.profile.model, "before": module.unit_id, "address": address}


async def async_set_module_baudrate(call: ServiceCall) -> ServiceResponse:
    """Give the one module on a line another speed, and ask it at that speed whether it took it.

    The line keeps its own: that is changed once all its modules have the new one.
    """
    entry, baudrate = _line(call), call.data[CONF_BAUDRATE]
    if not is_serial(entry.data):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_serial")
    if others := async_users_of_link(call.hass, entry):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="port_shared",
            translation_placeholders={"users": ", ".join(other.title for other in others)},
        )
    before, line = entry.data[CONF_BAUDRATE], entry.runtime_data.line
    async with entry.runtime_data.commissioning:
        with _translated_errors(entry):
            module = await only_module(line, ADDRESSES, pace(entry.data))
            if baudrate != before:
                await set_baudrate(line, module, baudrate)
                if not await _answers_at(call.hass, entry, module, baudrate):
                    as_before = await answers(entry.runtime_data.line.read, module, module.unit_id)
                    raise CommissioningError(Failure.NOT_TAKEN if as_before else Failure.NO_ANSWER, [module.unit_id])
    return {"model": module.profile.model, "address": module.unit_id, "before": before, "baudrate": baudrate}


async def _answers_at(hass: HomeAssistant, entry: BatteryBankConfigEntry, module: Module, baudrate: int) -> bool:
    """Ask a module at another speed. The line is unloaded meanwhile, to free its port, and set up again in any case."""
    params = modbus_params({**entry.data, CONF_BAUDRATE: baudrate})
    await hass.config_entries.async_unload(entry.entry_id)
    try:
        async with async_get_temporary_unit(hass, params, module.unit_id) as unit:
            read = Link(lambda _: unit).read
            await check_line(read, module.unit_id, pace(entry.data))
            return await answers(read, module, module.unit_id)
    except LineDownError:
        return False
    finally:
        await hass.config_entries.async_setup(entry.entry_id)


def _described(found: Found, subject: Battery | String | None) -> dict[str, Any]:
    """Return what is at an address, and the string or battery with that address."""
    string = subject.string if isinstance(subject, Battery) else subject
    return {
        "address": found.unit_id,
        "verdict": found.verdict.value,
        "model": found.profile.model if found.profile else None,
        "voltage": found.voltage,
        "string": string.name if string else None,
        "battery": subject.number if isinstance(subject, Battery) else None,
    }


@contextmanager
def _translated_errors(entry: BatteryBankConfigEntry) -> Iterator[None]:
    """Raise the errors of the monitor as errors of Home Assistant, with translated texts."""
    translations = entry.runtime_data.alarm_texts.translations
    try:
        yield
    except CommissioningError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key=err.failure,
            translation_placeholders={"addresses": as_text(err.addresses)},
        ) from err
    except LineDownError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="line_down",
            translation_placeholders={"line": entry.title, "reason": reason_text(translations, err.reason, str(err))},
        ) from err
    except MonitorError as err:
        raise HomeAssistantError(
            translation_domain=DOMAIN,
            translation_key="command_failed",
            translation_placeholders={"module": entry.title, "error": reason_text(translations, err.reason, str(err))},
        ) from err


def _line(call: ServiceCall) -> BatteryBankConfigEntry:
    """Return the line of a call, which must be at work; the only one if none is named."""
    entry: BatteryBankConfigEntry = async_get_config_entry(call.hass, DOMAIN, call.data.get(ATTR_ENTRY))
    return entry
