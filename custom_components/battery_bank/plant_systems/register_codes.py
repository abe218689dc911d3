"""The codes of the register table for what has no number. A code never changes its meaning and is never used again."""

from enum import IntEnum
from typing import Final

from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.events import OperatingState
from ..monitor.battery.resistance_trend import Risk
from ..monitor.model import Chemistry
from ..texts.alarm_texts import DRILL, NOT_MONITORED

# 1 to 32: alarms of batteries, or of the modules on them. 33 to 64: alarms of strings. The code of an alarm is also its
# bit: code 1 is the lowest bit of the first word.
ALARM_CODES: Final = {
    AlarmKind.VOLTAGE_HIGH: 1,
    AlarmKind.VOLTAGE_LOW: 2,
    AlarmKind.DEVIATION: 3,
    AlarmKind.RESISTANCE_BASELINE: 4,
    AlarmKind.RESISTANCE_STRING: 5,
    AlarmKind.RESISTANCE_LOW: 6,
    AlarmKind.RESISTANCE_RISE: 7,
    AlarmKind.RESISTANCE_UNSTEADY: 8,
    AlarmKind.TEMPERATURE_HIGH: 9,
    AlarmKind.TEMPERATURE_RISE: 10,
    AlarmKind.THERMAL_RUNAWAY: 11,
    AlarmKind.SHORTED_CELL: 12,
    AlarmKind.REVERSED_CELL: 13,
    AlarmKind.MODULE_FAULT: 14,
    AlarmKind.MODULE_SILENT: 15,
    AlarmKind.STRING_VOLTAGE_HIGH: 33,
    AlarmKind.STRING_VOLTAGE_LOW: 34,
    AlarmKind.CHARGE_CURRENT: 35,
    AlarmKind.DISCHARGE_CURRENT: 36,
    AlarmKind.FLOAT_CURRENT: 37,
    AlarmKind.CURRENT_SHARE: 38,
    AlarmKind.UNDERCHARGE: 39,
    AlarmKind.NEVER_FULL: 40,
    AlarmKind.HYDROGEN: 41,
    AlarmKind.OPEN_STRING: 42,
    AlarmKind.AMBIENT_HIGH: 43,
    AlarmKind.AMBIENT_LOW: 44,
    AlarmKind.LINE_DOWN: 45,
    AlarmKind.NOT_MONITORED: 46,
    AlarmKind.ROOM_HYDROGEN: 47,
    AlarmKind.GROUND_FAULT: 48,
    AlarmKind.ELECTROLYTE_LOW: 49,
    AlarmKind.LEAK: 50,
    AlarmKind.DOOR_OPEN: 51,
    AlarmKind.FAN_OFF: 52,
    AlarmKind.CHARGER_FAULT: 53,
    AlarmKind.MAINS_LOST: 54,
}
LEVEL_CODES: Final = {"ok": 0, "warning": 1, "alarm": 2, NOT_MONITORED: 3, DRILL: 4}
STATE_CODES: Final = {
    OperatingState.FLOAT: 1,
    OperatingState.BOOST: 2,
    OperatingState.DISCHARGE: 3,
    OperatingState.RECHARGE: 4,
    OperatingState.REST: 5,
    OperatingState.OPEN_CIRCUIT: 6,
}
RISK_CODES: Final = {Risk.STABLE: 1, Risk.WATCH: 2, Risk.WEAK: 3, Risk.REPLACE: 4}
CHEMISTRY_CODES: Final = {
    Chemistry.VRLA_AGM: 1,
    Chemistry.VRLA_GEL: 2,
    Chemistry.VENTED_LEAD_ACID: 3,
    Chemistry.NICD: 4,
}
UNIT_CODES: Final = {
    "V": 1,
    "A": 2,
    "°C": 3,
    "K": 4,
    "×": 5,
    "min": 6,
    "h": 7,
    "d": 8,
    "%": 9,
}  # of the values of alarms


class BatteryQuality(IntEnum):
    """What the values of a battery are worth now."""

    NONE = 0  # there is no battery with this number
    CURRENT = 1
    IMPLAUSIBLE = 2  # an implausible value reads as unknown, the others are current
    OFFLINE = 3
    NOT_READ = 4  # not read yet since the start, or the line is down
    NOT_SET_UP = 5  # the line of the string is not running


class StringQuality(IntEnum):
    """What the values of a string are worth now."""

    NONE = 0  # the place is free
    CURRENT = 1  # a current reading of each of its modules
    PARTLY = 2  # current readings of some of its modules
    NOT_READ = 3  # no current reading
    LINE_DOWN = 4  # the port or the gateway can't be used
    NOT_SET_UP = 5  # the line of the string is not running


class AlarmFlag(IntEnum):
    """The flags of an alarm in the list."""

    ACKNOWLEDGED = 1
    TEST = 2  # a test alarm
