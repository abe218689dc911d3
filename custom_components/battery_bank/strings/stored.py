"""The settings in Home Assistant's storage, checked before they are used.

The forms check what people type in. After a downgrade, or an edit by hand, the storage can hold anything.
"""

from collections.abc import Callable, Mapping
from datetime import date, time
from enum import StrEnum
import json
from typing import Any, Final

import probatio

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.const import CONF_DEVICE, CONF_HOST, CONF_PORT

from ..const import (
    CONF_AREA,
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_BATTERY_TYPE,
    CONF_BAUDRATE,
    CONF_CAPACITY,
    CONF_CAPACITY_TEST_MONTHS,
    CONF_CHEMISTRY,
    CONF_CONNECTION,
    CONF_COUNTED,
    CONF_DESIGN_LIFE,
    CONF_INSTALLED,
    CONF_INVERT_CURRENT,
    CONF_LATCHED,
    CONF_LIMITS,
    CONF_MAKER,
    CONF_NOMINAL_VOLTAGE,
    CONF_PARITY,
    CONF_PER_TIER,
    CONF_RACK,
    CONF_RACK_ORDER,
    CONF_ROOM,
    CONF_STRING_MODULE,
    CONF_STRING_MODULE_ADDRESS,
    CONF_STRINGS,
    CONF_TEST_BEGINS,
    CONF_TEST_DAYS,
    CONF_TEST_ENDS,
    CONF_TIERS,
    CONF_VENTILATION,
    SUBENTRY_BANK,
    SUBENTRY_STRING,
    Connection,
    RackOrder,
)
from ..monitor.battery.settings import RANGES
from ..monitor.line.profiles import profiles_of
from ..monitor.model import Chemistry, Measures

LONGEST: Final = 60  # characters of a value in an error
NOTHING: Final = "\u2013"  # the value of a field that is missing
HIGHEST: Final = 1e9  # of any number; one that is larger does not fit into what pages, databases and ports take
LAST_PORT: Final = 65535
# The least and the most that the forms take.
CAPACITY_TEST_MONTHS: Final = (1, 120)
DESIGN_LIFE: Final = (1, 40)  # years
TEST_DAYS: Final = (0, 365)
VENTILATION: Final = (0.1, 100000)  # m³/h
ROUNDING: Final = 1e-5  # by which a limit that was typed in in °F can be beyond its range in °C


class UnreadableSettingsError(Exception):
    """Settings of a line, a string or a bank can't be read: what they are of, the field, and its value as JSON."""

    def __init__(self, subject: str, field: str, value: str) -> None:
        super().__init__(f"the settings of {subject} can't be read: {field} is {value}")
        self.subject = subject
        self.field = field
        self.value = value


def _number(low: float, high: float = HIGHEST, *, whole: bool = False) -> Callable[[Any], Any]:
    """Return a validator of a number from `low` to `high`."""

    def check(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
            raise probatio.Invalid("not a number")
        if not low <= value <= high:
            raise probatio.Invalid("out of range")
        return value

    return check


def _text(value: Any) -> Any:
    if not isinstance(value, str) or not value or "\0" in value:
        raise probatio.Invalid("not a text")
    return value


def _member(options: type[StrEnum]) -> Callable[[Any], Any]:
    """Return a validator of one of some options."""
    return probatio.All(str, probatio.In([option.value for option in options]))


def _iso(of: type[date | time]) -> Callable[[Any], Any]:
    """Return a validator of a date, or a local time of day, in ISO 8601."""

    def check(value: Any) -> Any:
        try:
            found = of.fromisoformat(_text(value))
        except ValueError as err:
            raise probatio.Invalid("not a date or time") from err
        if isinstance(found, time) and found.tzinfo:
            raise probatio.Invalid("a time of another zone")
        return value

    return check


def _batteries(value: Any) -> Any:
    """Check that there is a battery, and that each has an id of its own."""
    if not value or len({battery["id"] for battery in value}) < len(value):
        raise probatio.Invalid("batteries without an id of their own")
    return value


def _battery_module(value: Any) -> Any:
    """Check that a family of battery modules has this key. Users may add families at any time."""
    if value not in [one.key for one in profiles_of(Measures.BATTERY)]:
        raise probatio.Invalid("not a family of battery modules")
    return value


def _string_module(value: Any) -> Any:
    """Check that a family of string modules has this key; None if it was never chosen."""
    if value is not None and value not in [one.key for one in profiles_of(Measures.STRING)]:
        raise probatio.Invalid("not a family of string modules")
    return value


def _with_string_module(data: Any) -> Any:
    """Check that it is known which family a string module is of."""
    if data[CONF_STRING_MODULE_ADDRESS] is not None and data[CONF_STRING_MODULE] is None:
        raise probatio.Invalid("no family of its string module", path=[CONF_STRING_MODULE])
    return data


_ANY: Final = _number(-HIGHEST)
_ADDRESS: Final = _number(-HIGHEST, whole=True)  # a module can't have any; the line is polled all the same
# Limits in their ranges; a later release may know more of them.
_LIMITS: Final = {
    probatio.Optional(key): _number(low - ROUNDING, high + ROUNDING) for key, (low, high) in RANGES.items()
} | {str: _ANY}
_BATTERY: Final = probatio.Schema(
    {probatio.Required("id"): _text, probatio.Required("address"): _ADDRESS}, extra=probatio.ALLOW_EXTRA
)
_RACK: Final = probatio.Schema(
    {
        probatio.Required(CONF_PER_TIER): _number(1, whole=True),
        probatio.Required(CONF_TIERS): _number(1, whole=True),
        probatio.Required(CONF_RACK_ORDER): _member(RackOrder),
    }
)
_STRING_FIELDS: Final = probatio.Schema(
    {
        probatio.Required(CONF_BATTERIES): probatio.All([_BATTERY], _batteries),
        probatio.Required(CONF_BATTERY_MODULE): _battery_module,
        probatio.Required(CONF_STRING_MODULE_ADDRESS): probatio.Any(None, _ADDRESS),
        probatio.Required(CONF_STRING_MODULE): _string_module,
        probatio.Required(CONF_INVERT_CURRENT): bool,
        probatio.Required(CONF_NOMINAL_VOLTAGE): _number(0.1),
        probatio.Required(CONF_CAPACITY): _number(0.001),
        probatio.Required(CONF_CHEMISTRY): _member(Chemistry),
        probatio.Required(CONF_INSTALLED): probatio.Any(None, _iso(date)),
        probatio.Optional(CONF_MAKER): probatio.Any(None, _text),
        probatio.Optional(CONF_BATTERY_TYPE): probatio.Any(None, _text),
        probatio.Optional(CONF_AREA): probatio.Any(None, _text),
        probatio.Optional(CONF_CAPACITY_TEST_MONTHS): probatio.Any(None, _number(*CAPACITY_TEST_MONTHS)),
        probatio.Optional(CONF_DESIGN_LIFE): probatio.Any(None, _number(*DESIGN_LIFE)),
        probatio.Optional(CONF_LIMITS): _LIMITS,
        probatio.Optional(CONF_LATCHED): probatio.Any(None, [str]),
        probatio.Optional(CONF_RACK): _RACK,
        probatio.Optional(CONF_ROOM): probatio.Any(None, {str: _text}),
        probatio.Optional(CONF_TEST_BEGINS): probatio.Any(None, _iso(time)),
        probatio.Optional(CONF_TEST_DAYS): probatio.Any(None, _number(*TEST_DAYS)),
        probatio.Optional(CONF_TEST_ENDS): probatio.Any(None, _iso(time)),
        probatio.Optional(CONF_VENTILATION): probatio.Any(None, _number(*VENTILATION)),
    },
    extra=probatio.ALLOW_EXTRA,
)
_STRING: Final = probatio.Schema(probatio.All(_STRING_FIELDS, _with_string_module))
_BANK: Final = probatio.Schema(
    {
        probatio.Required(CONF_STRINGS): [_text],
        probatio.Optional(CONF_COUNTED): {str: _ANY},
    },
    extra=probatio.ALLOW_EXTRA,
)
_CONNECTION: Final = probatio.Schema(
    {probatio.Required(CONF_CONNECTION): _member(Connection)}, extra=probatio.ALLOW_EXTRA
)
_SERIAL: Final = probatio.Schema(
    {
        probatio.Required(CONF_DEVICE): _text,
        probatio.Required(CONF_BAUDRATE): _number(1, whole=True),
        probatio.Required(CONF_PARITY): probatio.In(["N", "E", "O"]),
    },
    extra=probatio.ALLOW_EXTRA,
)
_GATEWAY: Final = probatio.Schema(
    {probatio.Required(CONF_HOST): _text, probatio.Required(CONF_PORT): _number(1, LAST_PORT, whole=True)},
    extra=probatio.ALLOW_EXTRA,
)


def check_connection(name: str, data: Mapping[str, Any]) -> None:
    """Raise `UnreadableSettingsError` if a line can't be reached with what is stored; `name` is its name."""
    _check(name, data, _CONNECTION)
    _check(name, data, _SERIAL if data[CONF_CONNECTION] == Connection.SERIAL else _GATEWAY)


def check_string(subentry: ConfigSubentry) -> None:
    """Raise `UnreadableSettingsError` if the settings of a string can't be read."""
    _check(subentry.title, subentry.data, _STRING)


def check_line(entry: ConfigEntry) -> None:
    """Raise `UnreadableSettingsError` if the settings of a line, its strings or its banks can't be read."""
    check_connection(entry.title, entry.data)
    for subentry in entry.get_subentries_of_type(SUBENTRY_STRING):
        check_string(subentry)
    for subentry in entry.get_subentries_of_type(SUBENTRY_BANK):
        _check(subentry.title, subentry.data, _BANK)


def is_reachable(entry: ConfigEntry) -> bool:
    """Return whether it can be read how a line is connected."""
    try:
        check_connection(entry.title, entry.data)
    except UnreadableSettingsError:
        return False
    return True


def readable_strings(entry: ConfigEntry) -> list[ConfigSubentry]:
    """Return the strings of a line whose settings can be read."""
    return [one for one in entry.get_subentries_of_type(SUBENTRY_STRING) if not _errors(one.data, _STRING)]


def readable_banks(entry: ConfigEntry) -> list[ConfigSubentry]:
    """Return the banks of a line whose settings can be read."""
    return [one for one in entry.get_subentries_of_type(SUBENTRY_BANK) if not _errors(one.data, _BANK)]


def readable_settings(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a string without those that can't be read."""
    wrong = {error.path[0] for error in _errors(data, _STRING)}
    return {field: value for field, value in data.items() if field not in wrong}


def _check(subject: str, data: Mapping[str, Any], schema: probatio.Schema) -> None:
    for error in _errors(data, schema):
        value: Any = data
        for step in error.path:
            try:
                value = value[step]
            except KeyError, IndexError, TypeError:
                raise UnreadableSettingsError(subject, _written(error.path), NOTHING) from None
        raise UnreadableSettingsError(subject, _written(error.path), json.dumps(value, default=str)[:LONGEST])


def _errors(data: Mapping[str, Any], schema: probatio.Schema) -> list[probatio.Invalid]:
    """Return the errors of settings; none if they can be read."""
    try:
        schema(dict(data))
    except probatio.MultipleInvalid as err:
        return err.errors
    return []


def _written(path: list[Any]) -> str:
    """Return the way to a field, such as `batteries[2].address`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(steps).removeprefix(".")
