"""The actions on strings and their batteries: resistance tests, alarms, baselines, replacements."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import probatio

from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import ServiceCall, ServiceResponse
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from ..const import CONF_INSTALLED, DOMAIN
from ..coordinator import LineCoordinator, async_find_device
from ..monitor.battery import operations
from ..monitor.battery.acknowledgement import chosen
from ..monitor.battery.alarm_kinds import AlarmKind, Scope
from ..monitor.battery.alarms import Drill
from ..monitor.battery.events import Level, Replaced
from ..monitor.line.module import Module
from ..monitor.model import CommandName
from ..runtime.local_time import today
from ..strings.members import Battery, String
from ..strings.permissions import ACKNOWLEDGE as ACKNOWLEDGE_ALARMS, BLINK, CANCEL_TEST, START_TEST
from ..texts.alarm_texts import LEVELS
from .action_fields import choice_field, date_field, duration_field, number_field, text_field
from .callers import async_refuse, async_user_name
from .targets import DEVICE, DEVICES, Target, batteries_of, string_and_battery, target_of, targets_of, testable_of

ATTR_BASELINE: Final = "baseline"
ATTR_BATTERY_TYPE: Final = "battery_type"
ATTR_DATE: Final = "date"
ATTR_DURATION: Final = "duration"
ATTR_KIND: Final = "kind"
ATTR_LEVEL: Final = "level"
ATTR_MAKER: Final = "maker"
ATTR_NOTE: Final = "note"
ATTR_SERIAL: Final = "serial"

LEVEL_OF: Final = {name: level for level, name in LEVELS.items() if level}
DRILL_LASTS: Final = timedelta(minutes=5)
LONGEST_DRILL: Final = timedelta(hours=1)
LONGEST_SERIAL: Final = 100  # characters; also of a maker and of a type
LONGEST_NOTE: Final = 1000  # characters
LONGEST_REMARK: Final = 200  # characters, of the note of an alarm, which every page with cards gets

ACKNOWLEDGE: Final = DEVICES | {
    probatio.Optional(ATTR_KIND): choice_field(ATTR_KIND, AlarmKind),
    probatio.Optional(ATTR_NOTE): text_field(ATTR_NOTE, LONGEST_REMARK),
}
NOTE: Final = DEVICES | {
    probatio.Optional(ATTR_KIND): choice_field(ATTR_KIND, AlarmKind),
    probatio.Optional(ATTR_NOTE, default=""): text_field(ATTR_NOTE, LONGEST_REMARK),
}
BASELINE: Final = DEVICES | {probatio.Optional(ATTR_BASELINE): number_field(ATTR_BASELINE, 0.01, 100.0, "mΩ")}
REPLACED: Final = DEVICE | {
    probatio.Optional(ATTR_DATE): date_field(ATTR_DATE),
    probatio.Optional(ATTR_SERIAL): text_field(ATTR_SERIAL, LONGEST_SERIAL),
    probatio.Optional(ATTR_MAKER): text_field(ATTR_MAKER, LONGEST_SERIAL),
    probatio.Optional(ATTR_BATTERY_TYPE): text_field(ATTR_BATTERY_TYPE, LONGEST_SERIAL),
    probatio.Optional(ATTR_NOTE): text_field(ATTR_NOTE, LONGEST_NOTE),
}
DRILL: Final = DEVICE | {
    probatio.Required(ATTR_KIND): choice_field(ATTR_KIND, AlarmKind),
    probatio.Optional(ATTR_LEVEL, default=LEVELS[Level.ALARM]): choice_field(ATTR_LEVEL, LEVEL_OF),
    probatio.Optional(ATTR_DURATION, default=DRILL_LASTS): duration_field(
        ATTR_DURATION, timedelta(seconds=1), LONGEST_DRILL
    ),
}


async def async_start_resistance_test(call: ServiceCall) -> ServiceResponse:
    """Put batteries, or all batteries of strings, in the queue of resistance tests."""
    await async_refuse(call, targets_of(call), POLICY_CONTROL, START_TEST)
    modules = testable_of(call)
    for line in modules:
        line.async_refuse_if_down()
    return {"batteries": sum(_number(line, some, line.tests.request) for line, some in modules.items())}


async def async_cancel_resistance_test(call: ServiceCall) -> ServiceResponse:
    """Take batteries, or all batteries of strings, out of the queue; a test that runs is not stopped."""
    await async_refuse(call, targets_of(call), POLICY_CONTROL, CANCEL_TEST)
    modules = testable_of(call)
    return {"batteries": sum(_number(line, some, line.tests.cancel) for line, some in modules.items())}


def _number(line: LineCoordinator, modules: list[Module], change: Callable[[list[Module]], int]) -> int:
    """Change the queue of a line, and return how many batteries that concerns; a hub may test all of a string."""
    before = set(line.tests.progress.waiting)
    change(modules)
    subjects = [line.by_address[address] for address in before ^ set(line.tests.progress.waiting)]
    return sum(len(subject.batteries) if isinstance(subject, String) else 1 for subject in subjects)


async def async_acknowledge_alarms(call: ServiceCall) -> None:
    """Acknowledge the alarms of batteries, of strings with their batteries, or of lines with all of those."""
    targets = await _async_alarms_of(call)
    by = await async_user_name(call.hass, call.context)
    for line, subject in targets:
        string, battery = string_and_battery(subject)
        kind, note = call.data.get(ATTR_KIND), call.data.get(ATTR_NOTE) or None
        line.analysis.async_apply(string, operations.acknowledge, battery, kind, by, note)


async def async_set_alarm_note(call: ServiceCall) -> None:
    """Change the note of acknowledged alarms; an empty one removes it."""
    targets = await _async_alarms_of(call)
    by = await async_user_name(call.hass, call.context)
    kind, note = call.data.get(ATTR_KIND), call.data[ATTR_NOTE] or None
    found = False
    for line, subject in targets:
        string, battery = string_and_battery(subject)
        found |= any(alarm.acknowledged is not None and chosen(alarm, battery, kind) for alarm in string.raised)
        line.analysis.async_apply(string, operations.note_acknowledged, battery, kind, by, note)
    if not found:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="no_acknowledged_alarm")


async def _async_alarms_of(call: ServiceCall) -> list[Target]:
    """Return the batteries and strings whose alarms the user may acknowledge; a line stands for its strings."""
    targets: list[Target] = []
    for device_id in call.data[ATTR_DEVICE_ID]:
        match async_find_device(call.hass, device_id):
            case line, LineCoordinator():
                targets += [(line, string) for string in line.strings]
            case _:
                targets.append(target_of(call.hass, device_id))
    await async_refuse(call, targets, POLICY_CONTROL, ACKNOWLEDGE_ALARMS)
    return targets


async def async_set_baseline(call: ServiceCall) -> ServiceResponse:
    """Set the baseline of batteries to a value in mΩ or, without one, to the result of each one's last test."""
    await async_refuse(call, targets_of(call), POLICY_CONTROL)
    typed = call.data.get(ATTR_BASELINE)
    values: list[tuple[LineCoordinator, Battery, float]] = []
    for line, battery in batteries_of(call):
        ohmic = battery.string.state.resistances.get(battery.id)
        last = ohmic.last if ohmic else None
        if typed is None and last is None:
            raise ServiceValidationError(
                translation_domain=DOMAIN,
                translation_key="no_test_yet",
                translation_placeholders={"battery": str(battery.number), "string": battery.string.name},
            )
        values.append((line, battery, typed / 1000 if typed is not None else last.ohmic_value if last else 0.0))
    for line, battery, value in values:
        line.analysis.async_apply(battery.string, operations.typed, battery.id, value)
    return {"batteries": len(values)}


async def async_reset_baseline(call: ServiceCall) -> ServiceResponse:
    """Forget the baselines of batteries, and find them again from their tests."""
    await async_refuse(call, targets_of(call), POLICY_CONTROL)
    chosen = batteries_of(call)
    for line, battery in chosen:
        line.analysis.async_apply(battery.string, operations.found_again, battery.id)
    return {"batteries": len(chosen)}


async def async_battery_replaced(call: ServiceCall) -> None:
    """Begin a new history for a battery; the journal keeps that of the old one."""
    line, subject = target_of(call.hass, call.data[ATTR_DEVICE_ID])
    await async_refuse(call, [(line, subject)], POLICY_CONTROL)
    if isinstance(subject, String):
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="not_one_battery")
    now = today(call.hass)
    day = call.data.get(ATTR_DATE, now)
    if day > now:
        raise ServiceValidationError(translation_domain=DOMAIN, translation_key="date_in_future")
    if (installed := subject.string.config[CONF_INSTALLED]) and day.isoformat() < installed:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="date_before_installation",
            translation_placeholders={"string": subject.string.name, "installed": installed},
        )
    by = await async_user_name(call.hass, call.context)
    replacement = Replaced(
        battery=subject.id,
        at=line.clock.now() if day == now else dt_util.start_of_local_day(day).timestamp(),
        by=by,
        serial=call.data.get(ATTR_SERIAL),
        note=call.data.get(ATTR_NOTE),
        maker=call.data.get(ATTR_MAKER) or None,
        battery_type=call.data.get(ATTR_BATTERY_TYPE) or None,
    )
    line.analysis.async_apply(subject.string, operations.replaced, replacement)


async def async_blink(call: ServiceCall) -> None:
    """Let the modules of batteries blink, so that a person finds them in the room."""
    await async_refuse(call, batteries_of(call), POLICY_CONTROL, BLINK)
    for line, battery in batteries_of(call):
        await line.async_command(battery.module, CommandName.BLINK)


async def async_simulate_alarm(call: ServiceCall) -> None:
    """Raise a test alarm, to see who is notified."""
    line, subject = target_of(call.hass, call.data[ATTR_DEVICE_ID])
    string, battery = string_and_battery(subject)
    kind: AlarmKind = call.data[ATTR_KIND]
    if kind.traits.scope is (Scope.BATTERY if battery is None else Scope.STRING):
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key="alarm_of_battery" if battery is None else "alarm_of_string",
            translation_placeholders={"kind": line.alarm_texts.name(kind)},
        )
    drill = Drill(kind=kind, level=LEVEL_OF[call.data[ATTR_LEVEL]], seconds=call.data[ATTR_DURATION].total_seconds())
    line.analysis.async_apply(string, operations.drilled, battery, drill)
