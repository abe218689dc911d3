"""The actions, registered once for all lines. Those that write to the wire, or cry wolf, are for admins."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Final

import probatio

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.service import async_register_admin_service
from homeassistant.util import dt as dt_util

from .actions.module_actions import (
    ADDRESS,
    BAUDRATE,
    SCAN,
    async_scan,
    async_set_module_address,
    async_set_module_baudrate,
)
from .const import DOMAIN
from .coordinator import LineCoordinator
from .monitor.battery import operations
from .monitor.battery.alarms import Drill
from .monitor.battery.events import OF_BATTERIES, OF_EITHER, AlarmKind, Level, Replaced
from .monitor.line.module import Module
from .monitor.model import CommandName
from .reporting.export import EXPORT, async_export
from .reporting.report_view import FIELDS as REPORT, async_make_report
from .runtime.keeper import async_user_name
from .strings.device_lookup import async_refuse, line_of, subject_of
from .strings.members import Battery, String
from .texts.alarm_texts import LEVELS

ATTR_BASELINE: Final = "baseline"
ATTR_DATE: Final = "date"
ATTR_DURATION: Final = "duration"
ATTR_KIND: Final = "kind"
ATTR_LEVEL: Final = "level"
ATTR_NOTE: Final = "note"
ATTR_SERIAL: Final = "serial"

LEVEL_OF: Final = {name: level for level, name in LEVELS.items() if level}
DRILL_LASTS: Final = timedelta(minutes=5)
LONGEST_DRILL: Final = timedelta(hours=1)

DEVICE: Final = {probatio.Required(ATTR_DEVICE_ID): cv.string}
DEVICES: Final = {probatio.Required(ATTR_DEVICE_ID): probatio.All(cv.ensure_list, [cv.string])}
ACKNOWLEDGE: Final = DEVICES | {probatio.Optional(ATTR_KIND): probatio.Coerce(AlarmKind)}
BASELINE: Final = DEVICES | {
    probatio.Optional(ATTR_BASELINE): probatio.All(probatio.Coerce(float), probatio.Range(min=0.01, max=100.0)),
}
REPLACED: Final = DEVICE | {
    probatio.Optional(ATTR_DATE): cv.date,
    probatio.Optional(ATTR_SERIAL): cv.string,
    probatio.Optional(ATTR_NOTE): cv.string,
}
DRILL: Final = DEVICE | {
    probatio.Required(ATTR_KIND): probatio.Coerce(AlarmKind),
    probatio.Optional(ATTR_LEVEL, default=LEVELS[Level.ALARM]): probatio.In(list(LEVEL_OF)),
    probatio.Optional(ATTR_DURATION, default=DRILL_LASTS): probatio.All(
        cv.time_period, probatio.Range(min=timedelta(seconds=1), max=LONGEST_DRILL)
    ),
}


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


async def _async_start_resistance_test(call: ServiceCall) -> ServiceResponse:
    """Put batteries, or all batteries of strings, in the queue of resistance tests."""
    modules = _testable(call)
    for coordinator in modules:
        coordinator.async_refuse_if_down()
    return {"batteries": sum(coordinator.tests.request(some) for coordinator, some in modules.items())}


async def _async_cancel_resistance_test(call: ServiceCall) -> ServiceResponse:
    """Take batteries, or all batteries of strings, out of the queue; a test that runs goes on to its end."""
    modules = _testable(call)
    await async_refuse(call, subjects_of(call), POLICY_CONTROL)
    return {"batteries": sum(coordinator.tests.cancel(some) for coordinator, some in modules.items())}


async def _async_acknowledge_alarms(call: ServiceCall) -> None:
    """Mark alarms of batteries, of strings with their batteries, or of lines with those, as seen by whoever calls."""
    subjects: list[tuple[LineCoordinator, Battery | String]] = []
    for device_id in call.data[ATTR_DEVICE_ID]:
        line = subject_of(call.hass, device_id)
        if isinstance(line, LineCoordinator):
            subjects += [(line, string) for string in line.strings]
        else:
            subjects.append(_subject(call.hass, device_id))
    await async_refuse(call, subjects, POLICY_CONTROL)
    by = await async_user_name(call.hass, call.context)
    for coordinator, subject in subjects:
        string, battery = _place(subject)
        coordinator.keeper.async_do(string, operations.acknowledge, battery, call.data.get(ATTR_KIND), by)


async def _async_set_baseline(call: ServiceCall) -> ServiceResponse:
    """Compare batteries from now on with a value in mΩ or, without one, with what each one's last test found."""
    await async_refuse(call, subjects_of(call), POLICY_CONTROL)
    typed = call.data.get(ATTR_BASELINE)
    values: list[tuple[LineCoordinator, Battery, float]] = []
    for coordinator, battery in _batteries(call):
        ohmic = battery.string.state.ohmic.get(battery.id)
        last = ohmic.last if ohmic else None
        if typed is None and last is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_test_yet",
                translation_placeholders={"battery": str(battery.number), "string": battery.string.name},
            )
        values.append((coordinator, battery, typed / 1000 if typed is not None else last.ohmic_value if last else 0.0))
    for coordinator, battery, value in values:
        coordinator.keeper.async_do(battery.string, operations.typed, battery.id, value)
    return {"batteries": len(values)}


async def _async_reset_baseline(call: ServiceCall) -> ServiceResponse:
    """Forget the baselines of batteries, and find them again from their tests."""
    await async_refuse(call, subjects_of(call), POLICY_CONTROL)
    chosen = _batteries(call)
    for coordinator, battery in chosen:
        coordinator.keeper.async_do(battery.string, operations.found_again, battery.id)
    return {"batteries": len(chosen)}


async def _async_battery_replaced(call: ServiceCall) -> None:
    """Begin a new history for a battery; the journal keeps that of the old one."""
    coordinator, subject = _subject(call.hass, call.data[ATTR_DEVICE_ID])
    await async_refuse(call, [(coordinator, subject)], POLICY_CONTROL)
    if isinstance(subject, String):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_one_battery")
    today = dt_util.now().date()
    day = call.data.get(ATTR_DATE, today)
    if day > today:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="date_in_future")
    by = await async_user_name(call.hass, call.context)
    replacement = Replaced(
        battery=subject.id,
        at=coordinator.keeper.now() if day == today else dt_util.start_of_local_day(day).timestamp(),
        by=by,
        serial=call.data.get(ATTR_SERIAL),
        note=call.data.get(ATTR_NOTE),
    )
    coordinator.keeper.async_do(subject.string, operations.replaced, replacement)


async def _async_blink(call: ServiceCall) -> None:
    """Let the modules of batteries blink, to find them in the room."""
    for coordinator, battery in _batteries(call):
        await coordinator.async_command(battery.module, CommandName.BLINK)


async def _async_simulate_alarm(call: ServiceCall) -> None:
    """Raise an alarm that is none, to see who hears of it."""
    coordinator, subject = _subject(call.hass, call.data[ATTR_DEVICE_ID])
    string, battery = _place(subject)
    kind: AlarmKind = call.data[ATTR_KIND]
    if kind not in OF_EITHER and (kind in OF_BATTERIES) != (battery is not None):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="alarm_of_battery" if battery is None else "alarm_of_string",
            translation_placeholders={"kind": coordinator.alarm_texts.name(kind)},
        )
    drill = Drill(kind=kind, level=LEVEL_OF[call.data[ATTR_LEVEL]], seconds=call.data[ATTR_DURATION].total_seconds())
    coordinator.keeper.async_do(string, operations.drilled, battery, drill)


async def _async_export(call: ServiceCall) -> ServiceResponse:
    """Give what the journal and the recorder have of batteries and strings."""
    return await async_export(call, subjects_of(call))


def subjects_of(call: ServiceCall) -> list[tuple[LineCoordinator, Battery | String]]:
    """Find the batteries and strings behind the devices of a call, or raise `ServiceValidationError`."""
    return [_subject(call.hass, device_id) for device_id in call.data[ATTR_DEVICE_ID]]


def _testable(call: ServiceCall) -> dict[LineCoordinator, list[Module]]:
    chosen: dict[LineCoordinator, list[Battery | String]] = {}
    for coordinator, subject in subjects_of(call):
        chosen.setdefault(coordinator, []).append(subject)
    return {coordinator: coordinator.async_testable(subjects) for coordinator, subjects in chosen.items()}


def _batteries(call: ServiceCall) -> list[tuple[LineCoordinator, Battery]]:
    """Return the batteries of a call, those of its strings included, each once."""
    chosen = {
        battery.id: (coordinator, battery)
        for coordinator, subject in subjects_of(call)
        for battery in (subject.batteries if isinstance(subject, String) else [subject])
    }
    return list(chosen.values())


def _place(subject: Battery | String) -> tuple[String, str | None]:
    """Return the string, and the id of the battery if it is one."""
    return (subject, None) if isinstance(subject, String) else (subject.string, subject.id)


def _subject(hass: HomeAssistant, device_id: str) -> tuple[LineCoordinator, Battery | String]:
    coordinator, subject = line_of(hass, device_id), subject_of(hass, device_id)
    if coordinator and isinstance(subject, Battery | String):
        return coordinator, subject
    device = dr.async_get(hass).async_get(device_id)
    raise ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key="no_battery_or_string",
        translation_placeholders={"device": (device.name_by_user or device.name or device_id) if device else device_id},
    )


OPTIONAL: Final = SupportsResponse.OPTIONAL
ONLY: Final = SupportsResponse.ONLY
ACTIONS: Final = {
    "start_resistance_test": _Action(_async_start_resistance_test, DEVICES, admin=True, response=OPTIONAL),
    "cancel_resistance_test": _Action(_async_cancel_resistance_test, DEVICES, response=OPTIONAL),
    "acknowledge_alarms": _Action(_async_acknowledge_alarms, ACKNOWLEDGE),
    "set_baseline": _Action(_async_set_baseline, BASELINE, response=OPTIONAL),
    "reset_baseline": _Action(_async_reset_baseline, DEVICES, response=OPTIONAL),
    "battery_replaced": _Action(_async_battery_replaced, REPLACED),
    "blink": _Action(_async_blink, DEVICES, admin=True),
    "export": _Action(_async_export, DEVICES | EXPORT, response=OPTIONAL),
    "simulate_alarm": _Action(_async_simulate_alarm, DRILL, admin=True),
    "report": _Action(async_make_report, REPORT, response=ONLY),
    "scan": _Action(async_scan, SCAN, admin=True, response=ONLY),
    "set_module_address": _Action(async_set_module_address, ADDRESS, admin=True, response=OPTIONAL),
    "set_module_baudrate": _Action(async_set_module_baudrate, BAUDRATE, admin=True, response=OPTIONAL),
}
