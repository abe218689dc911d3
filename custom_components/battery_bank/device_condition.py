"""Device conditions: operating state and alarms; false while the line is not set up."""

from typing import Any, Final

import probatio

from homeassistant.components.device_automation import InvalidDeviceAutomationConfig
from homeassistant.const import CONF_CONDITION, CONF_DEVICE_ID, CONF_DOMAIN, CONF_STATE, CONF_TYPE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import ConditionCheckerType
from homeassistant.helpers.typing import ConfigType, TemplateVarsType

from .const import DOMAIN
from .coordinator import async_find_device
from .device_trigger import AT_LEAST, LEVEL, async_choice, choice, kinds_of
from .event_bus.bus_event import ATTR_KIND, ATTR_LEVEL
from .monitor.battery.alarm_kinds import AlarmKind
from .monitor.battery.events import Alarm, Level, OperatingState
from .strings.devices import DeviceKind, async_device_kind
from .strings.members import Battery, String
from .texts.alarm_texts import LEVELS, NAMES
from .texts.translations import Translations

STATE: Final = "is_in_state"
ALARM: Final = "has_alarm"
UNACKNOWLEDGED: Final = "has_unacknowledged_alarm"
OF_ALARMS: Final = (ALARM, UNACKNOWLEDGED)
LEVEL_OF: Final = {name: level for level, name in LEVELS.items()}

_OF_ALARMS_SCHEMA: Final = cv.DEVICE_CONDITION_BASE_SCHEMA.extend(
    {
        probatio.Required(CONF_TYPE): probatio.In(OF_ALARMS),
        probatio.Required(ATTR_LEVEL): probatio.In(AT_LEAST),
        probatio.Optional(ATTR_KIND): probatio.In([kind.value for kind in AlarmKind]),
    }
)
_STATE_SCHEMA: Final = cv.DEVICE_CONDITION_BASE_SCHEMA.extend(
    {
        probatio.Required(CONF_TYPE): STATE,
        probatio.Required(CONF_STATE): probatio.In([condition.value for condition in OperatingState]),
    }
)
CONDITION_SCHEMA: Final = probatio.Any(_OF_ALARMS_SCHEMA, _STATE_SCHEMA)


async def async_get_conditions(hass: HomeAssistant, device_id: str) -> list[dict[str, Any]]:
    """List the conditions of a device."""
    kind = async_device_kind(hass, device_id)
    if kind is None:
        return []
    condition = {CONF_CONDITION: "device", CONF_DOMAIN: DOMAIN, CONF_DEVICE_ID: device_id}
    return [condition | {CONF_TYPE: one} for one in _types(kind)]


async def async_get_condition_capabilities(hass: HomeAssistant, config: ConfigType) -> dict[str, probatio.Schema]:
    """List the fields of a condition."""
    kind = async_device_kind(hass, config[CONF_DEVICE_ID])
    if kind is None:
        return {}
    if config[CONF_TYPE] == STATE:
        translations = await Translations.load(hass, "entity")
        states = choice({state: translations.state("condition", state) for state in OperatingState})
        return {"extra_fields": probatio.Schema({probatio.Required(CONF_STATE): states})}
    fields = {
        probatio.Required(ATTR_LEVEL, default=AT_LEAST[0]): await async_choice(hass, LEVEL, AT_LEAST),
        probatio.Optional(ATTR_KIND): await async_choice(hass, NAMES, kinds_of(kind)),
    }
    return {"extra_fields": probatio.Schema(fields)}


async def async_validate_condition_config(hass: HomeAssistant, config: ConfigType) -> ConfigType:
    """Refuse a condition that can never be true of its device."""
    config = CONDITION_SCHEMA(config)
    kind = async_device_kind(hass, config[CONF_DEVICE_ID])
    if kind is None or config[CONF_TYPE] not in _types(kind) or config.get(ATTR_KIND) not in (None, *kinds_of(kind)):
        raise InvalidDeviceAutomationConfig(
            translation_domain=DOMAIN,
            translation_key="never_true",
            translation_placeholders={"condition": config[CONF_TYPE]},
        )
    return config


@callback
def async_condition_from_config(hass: HomeAssistant, config: ConfigType) -> ConditionCheckerType:
    """Return the function that tests the condition."""

    @callback
    def check(hass: HomeAssistant, variables: TemplateVarsType = None) -> bool:
        # An automation that waits for the first entity of a reloaded line asks before the last one is added.
        _, subject = async_find_device(hass, config[CONF_DEVICE_ID], begun=True) or (None, None)
        if config[CONF_TYPE] == STATE:
            doing = subject.state.running.condition.condition if isinstance(subject, String) else None
            return doing is not None and doing == config[CONF_STATE]
        if subject is None:
            return False
        alarms = subject.string.alarms if isinstance(subject, Battery) else subject.alarms
        return any(
            (not isinstance(subject, Battery) or alarm.concerns(subject.id)) and _is_meant(config, alarm)
            for alarm in alarms
        )

    return check


def _is_meant(config: ConfigType, alarm: Alarm) -> bool:
    at_least: Level = LEVEL_OF[config[ATTR_LEVEL]]
    return (
        alarm.level >= at_least
        and config.get(ATTR_KIND) in (None, alarm.kind)
        and (config[CONF_TYPE] == ALARM or alarm.acknowledged is None)
    )


def _types(kind: DeviceKind) -> tuple[str, ...]:
    return (STATE, *OF_ALARMS) if kind is DeviceKind.STRING else OF_ALARMS
