"""The table of alarm kinds: one row for each kind, with what is true of it.

A new kind is a row here, its limits in `limit_defaults`, its rule in `rules` and its texts in the translations.
"""

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Self


class Scope(StrEnum):
    """What an alarm of a kind is about."""

    BATTERY = "battery"
    STRING = "string"
    EITHER = "either"  # a module: one on a battery, or the one on the string


class Group(StrEnum):
    """The sections of the form of limits, in its order."""

    VOLTAGES = "voltages"
    RESISTANCES = "resistances"
    TEMPERATURES = "temperatures"
    CHARGE = "charge"
    MODULES = "modules"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Traits:
    """What is true of every alarm of a kind."""

    scope: Scope
    group: Group
    unit: str  # of its values and limits
    _: KW_ONLY
    needs_string_module: bool = False  # an alarm of the string is judged only if the string has a module
    blocks_tests: bool = True  # no scheduled resistance test starts during an alarm; a warning blocks none
    common: bool = False  # many batteries beyond the same limit have one cause, and become one alarm of the string
    latched: bool = False  # always stays until it is acknowledged


class AlarmKind(StrEnum):
    """The kinds of alarms, by the name that is stored and published."""

    _value_: str
    traits: Traits

    # One `Traits`, always. Type checkers apply this signature to `AlarmKind("hydrogen")` too, which looks a kind up.
    def __new__(cls, value: str, *traits: Traits) -> Self:
        """Make a kind of a row of the table."""
        kind = str.__new__(cls, value)
        kind._value_ = value
        (kind.traits,) = traits
        return kind

    # V: of one cell. ×C10: A for each Ah of capacity. ×: a ratio, which the rule explains.
    VOLTAGE_HIGH = "voltage_high", Traits(Scope.BATTERY, Group.VOLTAGES, "V", common=True)
    VOLTAGE_LOW = "voltage_low", Traits(Scope.BATTERY, Group.VOLTAGES, "V", common=True)
    # The kinds that block no test may last for weeks, or are better known after another test.
    DEVIATION = "deviation", Traits(Scope.BATTERY, Group.VOLTAGES, "V", blocks_tests=False)
    RESISTANCE_BASELINE = (
        "resistance_baseline",
        Traits(Scope.BATTERY, Group.RESISTANCES, "×", blocks_tests=False, common=True),
    )
    RESISTANCE_STRING = "resistance_string", Traits(Scope.BATTERY, Group.RESISTANCES, "×", blocks_tests=False)
    RESISTANCE_LOW = "resistance_low", Traits(Scope.BATTERY, Group.RESISTANCES, "×", blocks_tests=False)
    RESISTANCE_RISE = (
        "resistance_rise",
        Traits(Scope.BATTERY, Group.RESISTANCES, "×", blocks_tests=False, common=True),
    )
    RESISTANCE_UNSTEADY = "resistance_unsteady", Traits(Scope.BATTERY, Group.RESISTANCES, "×", blocks_tests=False)
    TEMPERATURE_HIGH = "temperature_high", Traits(Scope.BATTERY, Group.TEMPERATURES, "°C", common=True)
    TEMPERATURE_RISE = "temperature_rise", Traits(Scope.BATTERY, Group.TEMPERATURES, "K", common=True)
    THERMAL_RUNAWAY = "thermal_runaway", Traits(Scope.BATTERY, Group.TEMPERATURES, "K", common=True)
    SHORTED_CELL = "shorted_cell", Traits(Scope.BATTERY, Group.VOLTAGES, "×")
    # A discharge is over before a person looks, and a reversed cell does not become well again.
    REVERSED_CELL = "reversed_cell", Traits(Scope.BATTERY, Group.VOLTAGES, "×", common=True, latched=True)
    MODULE_FAULT = (
        "module_fault",
        Traits(Scope.EITHER, Group.MODULES, "min", needs_string_module=True, blocks_tests=False, common=True),
    )
    MODULE_SILENT = (
        "module_silent",
        Traits(Scope.EITHER, Group.MODULES, "min", needs_string_module=True, blocks_tests=False, common=True),
    )
    STRING_VOLTAGE_HIGH = "string_voltage_high", Traits(Scope.STRING, Group.VOLTAGES, "V")
    STRING_VOLTAGE_LOW = "string_voltage_low", Traits(Scope.STRING, Group.VOLTAGES, "V")
    CHARGE_CURRENT = "charge_current", Traits(Scope.STRING, Group.CHARGE, "×C10", needs_string_module=True)
    DISCHARGE_CURRENT = "discharge_current", Traits(Scope.STRING, Group.CHARGE, "×C10", needs_string_module=True)
    FLOAT_CURRENT = "float_current", Traits(Scope.STRING, Group.CHARGE, "×", needs_string_module=True)
    CURRENT_SHARE = "current_share", Traits(Scope.STRING, Group.CHARGE, "×", needs_string_module=True)
    UNDERCHARGE = "undercharge", Traits(Scope.STRING, Group.CHARGE, "h")
    NEVER_FULL = "never_full", Traits(Scope.STRING, Group.CHARGE, "d", blocks_tests=False)
    HYDROGEN = "hydrogen", Traits(Scope.STRING, Group.CHARGE, "×", needs_string_module=True)
    OPEN_STRING = "open_string", Traits(Scope.STRING, Group.CHARGE, "h")
    AMBIENT_HIGH = "ambient_high", Traits(Scope.STRING, Group.TEMPERATURES, "°C", needs_string_module=True)
    AMBIENT_LOW = "ambient_low", Traits(Scope.STRING, Group.TEMPERATURES, "°C", needs_string_module=True)
    LINE_DOWN = "line_down", Traits(Scope.STRING, Group.MODULES, "min")
    NOT_MONITORED = "not_monitored", Traits(Scope.STRING, Group.MODULES, "min", blocks_tests=False)
    # By other sensors of the room. %: of the air.
    ROOM_HYDROGEN = "room_hydrogen", Traits(Scope.STRING, Group.ROOM, "%")
    GROUND_FAULT = "ground_fault", Traits(Scope.STRING, Group.ROOM, "min", blocks_tests=False)
    ELECTROLYTE_LOW = "electrolyte_low", Traits(Scope.STRING, Group.ROOM, "min", blocks_tests=False)
    LEAK = "leak", Traits(Scope.STRING, Group.ROOM, "min", blocks_tests=False)
    DOOR_OPEN = "door_open", Traits(Scope.STRING, Group.ROOM, "min", blocks_tests=False)
    FAN_OFF = "fan_off", Traits(Scope.STRING, Group.ROOM, "min", blocks_tests=False)
    CHARGER_FAULT = "charger_fault", Traits(Scope.STRING, Group.ROOM, "min")
    MAINS_LOST = "mains_lost", Traits(Scope.STRING, Group.ROOM, "min")
