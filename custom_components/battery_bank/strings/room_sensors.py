"""The other sensors of the room: entities of other integrations, and what they measure.

The device class of an entity that is on or off says which of both is the fault. A number must have a unit that can be
converted. Whatever else an entity says is not measured, and never OK.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from homeassistant.components.binary_sensor import DOMAIN as BINARY_SENSOR, BinarySensorDeviceClass
from homeassistant.components.fan import DOMAIN as FAN
from homeassistant.components.sensor import DOMAIN as SENSOR
from homeassistant.const import (
    ATTR_DEVICE_CLASS,
    ATTR_UNIT_OF_MEASUREMENT,
    STATE_OFF,
    STATE_ON,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    UnitOfTemperature,
)
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.util.unit_conversion import TemperatureConverter

from ..const import CONF_ROOM
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.room import FAULTS, TEMPERATURE, Room

HYDROGEN: Final = AlarmKind.ROOM_HYDROGEN
FIELDS: Final = (TEMPERATURE, HYDROGEN, *FAULTS)  # of the form, and the keys of what is stored
PLAUSIBLE_TEMPERATURE: Final = (-60.0, 100.0)  # °C
# % of the air for one of a unit, in which case and spaces do not count. Hydrogen explodes from 4 % on.
HYDROGEN_UNITS: Final = {"%": 1.0, "%vol": 1.0, "vol%": 1.0, "ppm": 1e-4, "%lel": 0.04}
MOST: Final = 100.0  # %
NOISE: Final = 0.1  # % that a sensor of hydrogen may be below 0

_Class = BinarySensorDeviceClass
GOOD_ON: Final = frozenset(
    {_Class.POWER, _Class.PLUG, _Class.RUNNING}
)  # on is good; of every other class it is the fault
_PROBLEMS: Final = frozenset({_Class.PROBLEM, _Class.SAFETY})
# The device classes that say clearly which state is the fault; None: an entity without one, whose fault is "on".
CLASSES: Final[Mapping[str, frozenset[str | None]]] = {
    AlarmKind.GROUND_FAULT: _PROBLEMS | {None},
    AlarmKind.ELECTROLYTE_LOW: _PROBLEMS | {None},
    AlarmKind.LEAK: _PROBLEMS | {_Class.MOISTURE, None},
    AlarmKind.DOOR_OPEN: _PROBLEMS | {_Class.DOOR, _Class.OPENING, _Class.GARAGE_DOOR, _Class.WINDOW, None},
    AlarmKind.FAN_OFF: _PROBLEMS | {_Class.RUNNING, _Class.POWER},
    AlarmKind.CHARGER_FAULT: _PROBLEMS | {_Class.RUNNING, _Class.POWER},
    AlarmKind.MAINS_LOST: _PROBLEMS | {_Class.POWER, _Class.PLUG},
}


NOT_MEASURED: Final = "room_reason"  # the selector whose options are the texts of these reasons


class NotMeasured(StrEnum):
    """Why an entity measures nothing."""

    NO_ENTITY = "no_entity"
    NO_VALUE = "no_value"  # it is unavailable or unknown
    IMPLAUSIBLE = "implausible"
    UNIT_OF_TEMPERATURE = "unit_of_temperature"  # its unit can't be converted
    UNIT_OF_HYDROGEN = "unit_of_hydrogen"
    UNCLEAR = "unclear"  # its device class does not say which state is the fault


@dataclass(frozen=True, kw_only=True, slots=True)
class RoomReading:
    """What one of the other sensors of the room measures now."""

    field: str  # one of `FIELDS`
    entity_id: str
    name: str  # of the entity
    value: float | bool | NotMeasured  # °C, % of the air, or whether the fault is present


def domains_of(field: str) -> list[str]:
    """Return the domains whose entities can be chosen for a field."""
    if field in (TEMPERATURE, HYDROGEN):
        return [SENSOR]
    return [BINARY_SENSOR, FAN] if field == AlarmKind.FAN_OFF else [BINARY_SENSOR]


@callback
def sensors_of(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the chosen entities of a string, by field. A later release may know more fields."""
    chosen = config.get(CONF_ROOM) or {}
    return {field: chosen[field] for field in FIELDS if field in chosen}


@callback
def read_room(hass: HomeAssistant, config: Mapping[str, Any]) -> list[RoomReading]:
    """Return what the other sensors of a string's room measure now."""
    readings = []
    for field, entity_id in sensors_of(config).items():
        state = hass.states.get(entity_id)
        name = state.name if state else entity_id
        readings.append(RoomReading(field=field, entity_id=entity_id, name=name, value=_value(field, state)))
    return readings


def room_of(readings: Sequence[RoomReading]) -> Room:
    """Return what the monitor takes of these readings."""
    values = {one.field: one.value for one in readings if not isinstance(one.value, NotMeasured)}
    return Room(
        has_temperature=any(one.field == TEMPERATURE for one in readings),
        temperature=values.get(TEMPERATURE),
        hydrogen=values.get(HYDROGEN),
        faults={kind: bool(values[kind]) for kind in FAULTS if kind in values},
    )


@callback
def misfit(hass: HomeAssistant, field: str, entity_id: str) -> NotMeasured | None:
    """Return why an entity can never measure this; None if it can, also if it has no value now."""
    state = hass.states.get(entity_id)
    if state is None:
        return None if er.async_get(hass).async_get(entity_id) else NotMeasured.NO_ENTITY
    return _misfit(field, state)


def _misfit(field: str, state: State) -> NotMeasured | None:
    device_class, unit = state.attributes.get(ATTR_DEVICE_CLASS), state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    if field == TEMPERATURE:
        return None if unit in TemperatureConverter.VALID_UNITS else NotMeasured.UNIT_OF_TEMPERATURE
    if field == HYDROGEN:
        known = device_class is None and _squeezed(unit) in HYDROGEN_UNITS
        return None if known else NotMeasured.UNIT_OF_HYDROGEN
    is_fan = state.domain == FAN and field == AlarmKind.FAN_OFF
    return None if is_fan or device_class in CLASSES[field] else NotMeasured.UNCLEAR


def _value(field: str, state: State | None) -> float | bool | NotMeasured:
    if state is None:
        return NotMeasured.NO_ENTITY
    if state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
        return NotMeasured.NO_VALUE
    if (wrong := _misfit(field, state)) is not None:
        return wrong
    if field in (TEMPERATURE, HYDROGEN):
        return _number(field, state)
    if state.state not in (STATE_ON, STATE_OFF):
        return NotMeasured.IMPLAUSIBLE
    good_on = state.domain == FAN or state.attributes.get(ATTR_DEVICE_CLASS) in GOOD_ON
    return (state.state == STATE_OFF) is good_on


def _number(field: str, state: State) -> float | NotMeasured:
    """Return a temperature in °C, or hydrogen in % of the air."""
    unit = state.attributes[ATTR_UNIT_OF_MEASUREMENT]
    try:
        number = float(state.state)
    except ValueError:
        return NotMeasured.IMPLAUSIBLE
    if not isfinite(number):
        return NotMeasured.IMPLAUSIBLE
    if field == TEMPERATURE:
        celsius = TemperatureConverter.convert(number, unit, UnitOfTemperature.CELSIUS)
        low, high = PLAUSIBLE_TEMPERATURE
        return celsius if low <= celsius <= high else NotMeasured.IMPLAUSIBLE
    share = number * HYDROGEN_UNITS[_squeezed(unit)]
    return max(0.0, share) if -NOISE <= share <= MOST else NotMeasured.IMPLAUSIBLE


def _squeezed(unit: str | None) -> str:
    return (unit or "").replace(" ", "").lower()
