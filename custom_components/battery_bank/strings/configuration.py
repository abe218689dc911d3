"""From the configuration of a string, the data of its subentry, to its batteries, modules and settings."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, time
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from ..const import (
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_CAPACITY,
    CONF_CAPACITY_TEST_MONTHS,
    CONF_CHEMISTRY,
    CONF_DESIGN_LIFE,
    CONF_INSTALLED,
    CONF_INVERT_CURRENT,
    CONF_LATCHED,
    CONF_LIMITS,
    CONF_NOMINAL_VOLTAGE,
    CONF_STRING_MODULE,
    CONF_STRING_MODULE_ADDRESS,
    CONF_TEST_BEGINS,
    CONF_TEST_DAYS,
    CONF_TEST_ENDS,
    CONF_VENTILATION,
    DOMAIN,
    LAST_ADDRESS,
    SUBENTRY_STRING,
)
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.due_tests import Schedule
from ..monitor.battery.settings import FIGURES, Settings
from ..monitor.line.module import Module
from ..monitor.line.module_profile import Quantity
from ..monitor.line.profiles import PROFILES
from ..monitor.line.timing import Pace
from ..monitor.model import Chemistry, CommandName
from .connection import modbus_params
from .members import Battery, String
from .room_sensors import sensors_of
from .stored import is_reachable


def addresses_of(data: Mapping[str, Any]) -> set[int]:
    """Return the addresses of a string: of its batteries and of its string module."""
    batteries = data.get(CONF_BATTERIES)
    addresses = [data.get(CONF_STRING_MODULE_ADDRESS)]
    if isinstance(batteries, list):  # another line may have settings that can't be read
        addresses += [battery.get("address") for battery in batteries if isinstance(battery, Mapping)]
    return {address for address in addresses if isinstance(address, int)}


@callback
def taken_addresses(hass: HomeAssistant, line: Mapping[str, Any]) -> set[int]:
    """Return the addresses that strings of a line have, also those of other entries that share it."""
    endpoint = modbus_params(line).endpoint
    return {
        address
        for entry in hass.config_entries.async_entries(DOMAIN)
        if is_reachable(entry) and modbus_params(entry.data).endpoint == endpoint
        for subentry in entry.get_subentries_of_type(SUBENTRY_STRING)
        for address in addresses_of(subentry.data)
    }


def next_addresses(strings: Sequence[String], taken: Collection[int]) -> dict[str, int]:
    """Return by string the address of one more battery: the first after its last one that is not taken.

    Strings in a row would share one address after them all; it goes with the last of them.
    """
    free: dict[int, str] = {}
    for string in sorted(strings, key=lambda one: one.batteries[-1].module.unit_id):
        last = string.batteries[-1].module.unit_id
        if address := next((one for one in range(last + 1, LAST_ADDRESS + 1) if one not in taken), None):
            free[address] = string.id
    return {string: address for address, string in free.items()}


def string_of(subentry: ConfigSubentry, line_pace: Pace) -> String:
    """Build a string from its subentry."""
    data = subentry.data
    module = partial(Module, pace=line_pace, nominal_voltage=data[CONF_NOMINAL_VOLTAGE])
    on_string = None
    if (address := data[CONF_STRING_MODULE_ADDRESS]) is not None:
        on_string = module(address, PROFILES[data[CONF_STRING_MODULE]], invert_current=data[CONF_INVERT_CURRENT])
    string = String(
        id=subentry.subentry_id,
        name=subentry.title,
        config=data,
        settings=settings_of(data, on_string),
        schedule=_schedule(data),
        module=on_string,
    )
    profile = PROFILES[data[CONF_BATTERY_MODULE]]
    for number, battery in enumerate(data[CONF_BATTERIES], 1):
        string.batteries.append(
            Battery(id=battery["id"], number=number, string=string, module=module(battery["address"], profile))
        )
    return string


def settings_of(data: Mapping[str, Any], on_string: Module | None) -> Settings:
    """Return the settings of a string; a field that an older version did not ask for has its default."""
    chosen = data.get(CONF_LIMITS, {})
    figures = {figure.key for figure in FIGURES}
    current: Quantity | None = on_string.profile.quantities.get("current") if on_string else None
    schedule = _schedule(data)
    profile = PROFILES[data[CONF_BATTERY_MODULE]]
    can_test = CommandName.START_RESISTANCE_TEST in profile.commands
    voltage: Quantity = profile.quantities["voltage"]
    return Settings(
        batteries=tuple(battery["id"] for battery in data[CONF_BATTERIES]),
        chemistry=Chemistry(data[CONF_CHEMISTRY]),
        nominal_voltage=data[CONF_NOMINAL_VOLTAGE],
        capacity=data[CONF_CAPACITY],
        installed=_midnight(data[CONF_INSTALLED]),
        measures_current=current is not None,
        current_step=current.resolution if current else 0.0,
        voltage_step=voltage.resolution,
        uses_load_steps=current is not None and "resistance" not in profile.quantities,
        inverted=data[CONF_INVERT_CURRENT],
        design_life=data.get(CONF_DESIGN_LIFE),
        ventilation=data.get(CONF_VENTILATION),
        figures={key: value for key, value in chosen.items() if key in figures},
        limits={key: value for key, value in chosen.items() if key not in figures},
        # A later release may know more kinds.
        latched=frozenset(AlarmKind(kind) for kind in data.get(CONF_LATCHED) or () if kind in AlarmKind),
        room=frozenset(sensors_of(data)),
        capacity_test_months=data.get(CONF_CAPACITY_TEST_MONTHS),
        test_interval=schedule.days if schedule and can_test else None,
    )


def _midnight(day: str | None) -> float | None:
    return dt_util.start_of_local_day(date.fromisoformat(day)).timestamp() if day else None


def _schedule(data: Mapping[str, Any]) -> Schedule | None:
    default = Schedule()
    days = data.get(CONF_TEST_DAYS)
    if days is None:
        return default
    if not days:
        return None
    begins, ends = data.get(CONF_TEST_BEGINS), data.get(CONF_TEST_ENDS)
    return Schedule(
        days=days,
        begins=time.fromisoformat(begins) if begins else default.begins,
        ends=time.fromisoformat(ends) if ends else default.ends,
    )
