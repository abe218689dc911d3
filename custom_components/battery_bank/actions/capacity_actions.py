"""The actions of capacity tests: announce and cancel. Neither switches anything."""

from collections.abc import Sequence
from typing import Final

import probatio

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError

from ..const import DOMAIN
from ..coordinator import LineCoordinator
from ..monitor.battery import operations
from ..monitor.battery.capacity_test import PASSES, CapacityTest
from ..strings.members import String
from ..strings.permissions import CANCEL_CAPACITY_TEST, START_CAPACITY_TEST
from ..texts.reasons import reason_text
from .action_fields import number_field, number_text
from .callers import async_refuse, async_user_name
from .targets import DEVICE, target_of

ATTR_CURRENT: Final = "current"
ATTR_END_VOLTAGE: Final = "end_voltage"
ATTR_LIMIT: Final = "pass_limit"
ATTR_RATED: Final = "rated_capacity"

START: Final = DEVICE | {
    probatio.Optional(ATTR_CURRENT): number_field(ATTR_CURRENT, 0.1, 100000.0, "A"),
    probatio.Optional(ATTR_END_VOLTAGE): number_field(ATTR_END_VOLTAGE, 0.5, 3.0, "V"),
    probatio.Optional(ATTR_RATED): number_field(ATTR_RATED, 0.1, 100000.0, "Ah"),
    probatio.Optional(ATTR_LIMIT, default=100 * PASSES): number_field(ATTR_LIMIT, 1.0, 100.0, "%"),
}


async def async_start_capacity_test(call: ServiceCall) -> None:
    """Announce a capacity test of a string: its next discharge is the test."""
    line, string = await _string_of(call, START_CAPACITY_TEST)
    test = CapacityTest(
        announced=line.clock.now(),
        announced_by=await async_user_name(call.hass, call.context),
        current=call.data.get(ATTR_CURRENT),
        end_voltage=call.data.get(ATTR_END_VOLTAGE),
        rated=call.data.get(ATTR_RATED),
        passes=call.data[ATTR_LIMIT] / 100,
    )
    await async_announce(line, string, test)


async def async_cancel_capacity_test(call: ServiceCall) -> None:
    """Cancel the capacity test of a string; a discharge goes on and is one like any other."""
    await async_cancel(*await _string_of(call, CANCEL_CAPACITY_TEST))


async def async_announce(line: LineCoordinator, string: String, test: CapacityTest) -> None:
    """Announce a test and save it, or raise `ServiceValidationError` if there can be none now."""
    if not string.settings.measures_current:
        raise _refused("no_current", string)
    if string.state.running.recording is not None:
        raise _refused("discharge_under_way", string)
    if string.state.running.capacity_tests.now is not None:
        raise _refused("capacity_test_announced", string)
    _refuse_end_voltage(string, test)
    if not line.journal_writer.keeps(string):
        # A test that is saved may be under way, and this one could not be saved.
        problem = line.journal_writer.problem
        reason = reason_text(line.alarm_texts.translations, problem.reason if problem else None, str(problem))
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="journal_unreadable", translation_placeholders={"error": reason}
        )
    line.analysis.async_apply(string, operations.announce_capacity_test, test)
    line.updates.async_notify(string.id)
    await line.journal_writer.async_save()  # a loss of power right after it must not undo it


async def async_cancel(line: LineCoordinator, string: String) -> None:
    """Cancel the test that is announced or under way and save that, or raise `ServiceValidationError` if none is."""
    if string.state.running.capacity_tests.now is None:
        raise _refused("no_capacity_test", string)
    line.analysis.async_apply(string, operations.cancel_capacity_test)
    line.updates.async_notify(string.id)
    await line.journal_writer.async_save()  # a loss of power right after it must not undo it


def _refuse_end_voltage(string: String, test: CapacityTest) -> None:
    """Raise `ServiceValidationError` if no cell of this chemistry is discharged down to the end voltage of a test."""
    low, high = string.settings.cell.end_voltages
    voltage = test.cell_voltage(string.settings)
    if low <= voltage <= high:
        return
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="number_out_of_range" if test.end_voltage is not None else "end_voltage_of_string",
        translation_placeholders={
            "field": ATTR_END_VOLTAGE,
            "string": string.name,
            "value": number_text(voltage),
            "low": number_text(low),
            "high": f"{number_text(high)}\u00a0V",
        },
    )


async def _string_of(call: ServiceCall, buttons: Sequence[str]) -> tuple[LineCoordinator, String]:
    line, subject = target_of(call.hass, call.data[ATTR_DEVICE_ID])
    await async_refuse(call, [(line, subject)], POLICY_CONTROL, buttons)
    if not isinstance(subject, String):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_a_string")
    return line, subject


def _refused(key: str, string: String) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN, translation_key=key, translation_placeholders={"string": string.name}
    )
