"""Device triggers: what happens to a line, a string or a battery, heard on the bus, so that no reload ends them."""

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
from .coordinator import LineCoordinator
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
    Happening,
)
from .monitor.battery.events import OF_BATTERIES, OF_EITHER, AlarmKind, Level
from .strings.device_lookup import Place, place_of, subject_of
from .strings.members import Battery, String
from .texts.alarm_texts import LEVELS, NAMES
from .texts.translations import Translations

LEVEL: Final = "level"  # the selector whose options are the names of levels
AT_LEAST: Final = tuple(LEVELS[level] for level in (Level.WARNING, Level.ALARM))
WHERE: Final = {Place.LINE: ATTR_LINE, Place.STRING: ATTR_STRING, Place.BATTERY: ATTR_DEVICE_ID}
OF_TESTS: Final = {Happening.BATTERY_BECAME_WEAK, Happening.RESISTANCE_TEST_FINISHED}
# What was lowered or cleared is at a lower level by then.
DOWN: Final = {Happening.ALARM_LOWERED, Happening.ALARM_CLEARED}

TRIGGER_SCHEMA: Final = DEVICE_TRIGGER_BASE_SCHEMA.extend(
    {
        probatio.Required(CONF_TYPE): probatio.In([happening.value for happening in Happening]),
        probatio.Optional(ATTR_KIND): probatio.In([kind.value for kind in AlarmKind]),
        probatio.Optional(ATTR_LEVEL): probatio.In(AT_LEAST),
    }
)


def kinds_of(place: Place) -> list[AlarmKind]:
    """Return the kinds of alarms that there can be; those of its batteries are a string's too."""
    return [kind for kind in AlarmKind if place is not Place.BATTERY or kind in OF_BATTERIES | OF_EITHER]


async def async_choice(hass: HomeAssistant, selector: str, options: Collection[str]) -> SelectSelector:
    """Return a choice of options of a selector of the translations."""
    translations = await Translations.load(hass, "selector")
    return choice({option: translations.option(selector, option) for option in options})


def choice(names: Mapping[str, str]) -> SelectSelector:
    """Return a choice by the names of its options.

    The automation editor does not translate the choices of device automations, so they carry their names along.
    """
    options = [SelectOptionDict(value=option, label=name) for option, name in names.items()]
    return SelectSelector(SelectSelectorConfig(options=options))


async def async_get_triggers(hass: HomeAssistant, device_id: str) -> list[dict[str, Any]]:
    """List what can happen to a device."""
    place = place_of(hass, device_id)
    if place is None:
        return []
    trigger = {CONF_PLATFORM: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id}
    tests = _testable(subject_of(hass, device_id))
    return [
        trigger | {CONF_TYPE: happening.value} for happening in _happenings(place) if tests or happening not in OF_TESTS
    ]


async def async_get_trigger_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, probatio.Schema]:
    """List what an alarm can be narrowed down to."""
    place = place_of(hass, config[CONF_DEVICE_ID])
    if place is None or config[CONF_TYPE] not in OF_ALARMS.values():
        return {}
    fields = {
        probatio.Optional(ATTR_KIND): await async_choice(hass, NAMES, kinds_of(place)),
        probatio.Optional(ATTR_LEVEL): await async_choice(hass, LEVEL, AT_LEAST),
    }
    return {"extra_fields": probatio.Schema(fields)}


async def async_validate_trigger_config(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Refuse what can never happen to a device."""
    config = TRIGGER_SCHEMA(config)
    place = place_of(hass, config[CONF_DEVICE_ID])
    of_alarm = {ATTR_KIND, ATTR_LEVEL} & config.keys()
    if (
        place is None
        or config[CONF_TYPE] not in _happenings(place)
        or (of_alarm and config[CONF_TYPE] not in OF_ALARMS.values())
        or config.get(ATTR_KIND) not in (None, *kinds_of(place))
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
    """Listen for what happens to a device."""
    place = place_of(hass, config[CONF_DEVICE_ID]) or Place.BATTERY  # a device that is gone hears of nothing
    wanted = {ATTR_TYPE: config[CONF_TYPE], WHERE[place]: config[CONF_DEVICE_ID]}
    if kind := config.get(ATTR_KIND):
        wanted[ATTR_KIND] = kind
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


def _happenings(place: Place) -> list[Happening]:
    return [
        happening for happening in Happening if place is not Place.BATTERY or happening not in OF_DISCHARGES.values()
    ]


def _testable(subject: LineCoordinator | String | Battery | None) -> bool:
    """Whether resistance is measured there; unless that is known not to be so, it may."""
    match subject:
        case LineCoordinator():
            return any(string.testable for string in subject.strings)
        case String() | Battery():
            return subject.testable
        case None:
            return True
