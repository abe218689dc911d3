"""The actions of the integration, registered once for all lines.

What can break a line (scan, address, speed) and test alarms are for admins; the others ask for entity permissions.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import probatio

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.helpers.service import async_register_admin_service

from .actions.capacity_actions import START as CAPACITY_TEST, async_cancel_capacity_test, async_start_capacity_test
from .actions.module_actions import (
    ADDRESS,
    BAUDRATE,
    SCAN,
    async_scan,
    async_set_module_address,
    async_set_module_baudrate,
)
from .actions.string_actions import (
    ACKNOWLEDGE,
    BASELINE,
    DRILL,
    NOTE,
    REPLACED,
    async_acknowledge_alarms,
    async_battery_replaced,
    async_blink,
    async_cancel_resistance_test,
    async_reset_baseline,
    async_set_alarm_note,
    async_set_baseline,
    async_simulate_alarm,
    async_start_resistance_test,
)
from .actions.targets import DEVICE, DEVICES, targets_of
from .const import DOMAIN
from .reporting.export import EXPORT, async_export
from .reporting.report_view import FIELDS as REPORT, async_make_report


@dataclass(frozen=True, slots=True)
class _Action:
    run: Any  # what Home Assistant takes: a coroutine function of the call
    fields: dict[Any, Any]
    admin: bool = False
    response: SupportsResponse = SupportsResponse.NONE


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions."""
    for name, action in ACTIONS.items():
        register = partial(async_register_admin_service, hass) if action.admin else hass.services.async_register
        register(DOMAIN, name, action.run, probatio.Schema(action.fields), action.response)


async def _async_export(call: ServiceCall) -> ServiceResponse:
    """Export what the journal and the recorder have of batteries and strings."""
    return await async_export(call, targets_of(call))


OPTIONAL: Final = SupportsResponse.OPTIONAL
ONLY: Final = SupportsResponse.ONLY
ACTIONS: Final = {
    "start_resistance_test": _Action(async_start_resistance_test, DEVICES, response=OPTIONAL),
    "cancel_resistance_test": _Action(async_cancel_resistance_test, DEVICES, response=OPTIONAL),
    "start_capacity_test": _Action(async_start_capacity_test, CAPACITY_TEST),
    "cancel_capacity_test": _Action(async_cancel_capacity_test, DEVICE),
    "acknowledge_alarms": _Action(async_acknowledge_alarms, ACKNOWLEDGE),
    "set_alarm_note": _Action(async_set_alarm_note, NOTE),
    "set_baseline": _Action(async_set_baseline, BASELINE, response=OPTIONAL),
    "reset_baseline": _Action(async_reset_baseline, DEVICES, response=OPTIONAL),
    "battery_replaced": _Action(async_battery_replaced, REPLACED),
    "blink": _Action(async_blink, DEVICES),
    "export": _Action(_async_export, DEVICES | EXPORT, response=OPTIONAL),
    "simulate_alarm": _Action(async_simulate_alarm, DRILL, admin=True),
    "report": _Action(async_make_report, REPORT, response=ONLY),
    "scan": _Action(async_scan, SCAN, admin=True, response=ONLY),
    "set_module_address": _Action(async_set_module_address, ADDRESS, admin=True, response=OPTIONAL),
    "set_module_baudrate": _Action(async_set_module_baudrate, BAUDRATE, admin=True, response=OPTIONAL),
}
