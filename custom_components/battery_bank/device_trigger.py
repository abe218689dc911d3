"""Device triggers of lines, strings and batteries. They listen to the event bus, so a reload does not end them."""

from collections.abc import Collection, Mapping
from typing import Any, Final

import probatio

from homeassistant.components.device_automation import DEVICE_TRIGGER_BASE_SCHEMA, InvalidDeviceAutomationConfig
from homeassistant.components.homeassistant.triggers import event as event_trigger
from homeassistant.const import CONF_DEVICE_ID, CONF_DOMAIN, CONF_PLATFORM, CONF_TYPE
from homeassistant.core import CALLBACK_TYPE, HomeAssistant
from homeassistant.helpers.selector import SelectOptionDict, SelectSelector, SelectSelectorConfig
from homeassistant.helpers.trigger import TriggerActionType, TriggerInfo
from homeassistant.helpers.typing import ConfigType

from .const import DOMAIN
from .coordinator import LineCoordinator, Subject, async_find_device
from .event_bus.bus_event import (
    ATTR_DEVICE_ID,
    ATTR_KIND,
    ATTR_LEVEL,
    ATTR_LINE,
    ATTR_STRING,
    ATTR_TYPE,
    ATTR_WORST,
    EVENT,
    OF_ALARMS,
    OF_DISCHARGES,
    EventType,
)
from .monitor.battery.alarm_kinds import AlarmKind, Scope
from .monitor.battery.events import Level
from .strings.devices import DeviceKind, async_device_kind
from .strings.members import Battery, String
from .texts.alarm_texts import LEVELS, NAMES
from .texts.translations import Translations

LEVEL: Final = "level"  # the selector whose options are the names of levels
AT_LEAST: Final = tuple(LEVELS[level] for level in (Level.WARNING, Level.ALARM))
WHERE: Final = {DeviceKind.LINE: ATTR_LINE, DeviceKind.STRING: ATTR_STRING, DeviceKind.BATTERY: ATTR_DEVICE_ID}
OF_CAPACITY_TESTS: Final = {EventType.CAPACITY_TEST_END_VOLTAGE, EventType.CAPACITY_TEST_FINISHED}
OF_TESTS: Final = {EventType.BATTERY_BECAME_WEAK, EventType.RESISTANCE_TEST_FINISHED}
# Events whose `level` is lower already; their `worst` is the level that the alarm had.
DOWN: Final = {EventType.ALARM_LOWERED, EventType.ALARM_CLEARED}

TRIGGER_SCHEMA: Final = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {
        probatio.Required(CONF_TYPE): probatio.In([event_type.value for event_type in EventType]),
        probatio.Optional(ATTR_KIND): probatio.In([kind.value for kind in AlarmKind]),
        probatio.Optional(ATTR_LEVEL): probatio.In(AT_LEAST),
    }
)


def kinds_of(kind: DeviceKind) -> list[AlarmKind]:
    """Return the kinds of alarms that a device can have; those of its batteries are a string's too."""
    return [one for one in AlarmKind if kind is not DeviceKind.BATTERY or one.traits.scope is not Scope.STRING]


async def async_choice(hass: HomeAssistant, selector: str, options: Collection[str]) -> SelectSelector:
    """Return a choice of options of a selector of the translations."""
    translations = await Translations.load(hass, "selector")
    return choice({option: translations.option(selector, option) for option in options})


def choice(names: Mapping[str, str]) -> SelectSelector:
    """Return a choice by the names of its options.

    The automation editor does not translate the choices of device automations, so the names are sent with them.
    """
    options = [SelectOptionDict(value=option, label=name) for option, name in names.items()]
    return SelectSelector(SelectSelectorConfig(options=options))


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, Any]]:
    """List the triggers of a device."""
    kind = async_device_kind(hass, device_id)
    if kind is None:
        return []
    trigger = {CONF_PLATFORM: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id}
    found = async_find_device(hass, device_id)
    tests, with_current = _testable(found), _measures_current(found)
    return [
        trigger | {CONF_TYPE: event_type.value}
        for event_type in _event_types(kind)
        if (tests or event_type not in OF_TESTS) and (with_current or event_type not in OF_CAPACITY_TESTS)
    ]


async def async_get_trigger_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, probatio.Schema]:
    """List the fields by which a trigger of alarms can be narrowed."""
    kind = async_device_kind(hass, config[CONF_DEVICE_ID])
    if kind is None or config[CONF_TYPE] not in OF_ALARMS.values():
        return {}
    fields = {
        probatio.Optional(ATTR_KIND): await async_choice(hass, NAMES, kinds_of(kind)),
        probatio.Optional(ATTR_LEVEL): await async_choice(hass, LEVEL, AT_LEAST),
    }
    return {"extra_fields": probatio.Schema(fields)}


async def async_validate_trigger_config(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Refuse a trigger that can never fire for its device."""
    config = TRIGGER_SCHEMA(config)
    kind = async_device_kind(hass, config[CONF_DEVICE_ID])
    of_alarm = {ATTR_KIND, ATTR_LEVEL} & config.keys()
    if (
        kind is None
        or config[CONF_TYPE] not in _event_types(kind)
        or (of_alarm and config[CONF_TYPE] not in OF_ALARMS.values())
        or config.get(ATTR_KIND) not in (None, *kinds_of(kind))
    ):
        raise InvalidDeviceAutomationConfig(
            translation_domain=DOMAIN,
            translation_key="never_triggers",
            translation_placeholders={"trigger": config[CONF_TYPE]},
        )
    return config


async def async_attach_trigger(
    hass: HomeAssistant, config: ConfigType, action: TriggerActionType, trigger_info: TriggerInfo
) -> CALLBACK_TYPE:
    """Listen for the events of a device."""
    # No event has the id of a device that was removed, whatever it was.
    kind = async_device_kind(hass, config[CONF_DEVICE_ID]) or DeviceKind.BATTERY
    wanted = {ATTR_TYPE: config[CONF_TYPE], WHERE[kind]: config[CONF_DEVICE_ID]}
    if ATTR_KIND in config:
        wanted[ATTR_KIND] = config[ATTR_KIND]
    if config.get(ATTR_LEVEL) == LEVELS[Level.ALARM]:
        wanted[ATTR_WORST if config[CONF_TYPE] in DOWN else ATTR_LEVEL] = LEVELS[Level.ALARM]
    event_config = event_trigger.TRIGGER_SCHEMA(
        {
            event_trigger.CONF_PLATFORM: "event",
            event_trigger.CONF_EVENT_TYPE: EVENT,
            event_trigger.CONF_EVENT_DATA: wanted,
        }
    )
    return await event_trigger.async_attach_trigger(hass, event_config, action, trigger_info, platform_type="device")


def _event_types(kind: DeviceKind) -> list[EventType]:
    of_strings = {*OF_DISCHARGES.values(), *OF_CAPACITY_TESTS} if kind is DeviceKind.BATTERY else ()
    return [event_type for event_type in EventType if event_type not in of_strings]


def _measures_current(found: tuple[LineCoordinator, Subject] | None) -> bool:
    """Return whether the current is measured there; while the line is not set up, it may be."""
    match found:
        case line, LineCoordinator():
            return any(string.settings.measures_current for string in line.strings)
        case _, String() as string:
            return string.settings.measures_current
    return True


def _testable(found: tuple[LineCoordinator, Subject] | None) -> bool:
    """Return whether resistance is measured there; while the line is not set up, it may be."""
    match found:
        case line, LineCoordinator():
            return any(string.measures_resistance for string in line.strings)
        case _, (String() | Battery()) as subject:
            return subject.measures_resistance
    return True
