"""The data that the line, the analysis and the entities share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Measures(StrEnum):
    """What a module measures: one battery, or a whole string."""

    BATTERY = "battery"
    STRING = "string"


class Chemistry(StrEnum):
    """The chemistry of batteries."""

    VRLA_AGM = "vrla_agm"
    VRLA_GEL = "vrla_gel"
    VENTED_LEAD_ACID = "vented_lead_acid"
    NICD = "nicd"


class CommandName(StrEnum):
    """The commands: nothing else is ever written to a module."""

    START_RESISTANCE_TEST = "start_resistance_test"
    BLINK = "blink"
    SET_ADDRESS = "set_address"  # its value is the new address
    SET_BAUDRATE = "set_baudrate"  # its value is the new speed, in the unit of the profile


class DeviceAlarm(StrEnum):
    """An alarm that the monitor of another maker raises by itself. The values are keys of its entities."""

    CHARGE_CURRENT_HIGH = "device_charge_current_high"
    DISCHARGE_CURRENT_HIGH = "device_discharge_current_high"
    VOLTAGE_HIGH = "device_voltage_high"
    VOLTAGE_LOW = "device_voltage_low"
    CHARGE_LOW = "device_charge_low"
    HEALTH_LOW = "device_health_low"
    SENSOR_DISCONNECTED = "device_sensor_disconnected"
    CAPACITY_LOW = "device_capacity_low"
    TEMPERATURE_HIGH = "device_temperature_high"
    TEMPERATURE_LOW = "device_temperature_low"
    RESISTANCE_HIGH = "device_resistance_high"
    VOLTAGE_OUT_OF_RANGE = "device_voltage_out_of_range"
    TEMPERATURE_OUT_OF_RANGE = "device_temperature_out_of_range"
    RESISTANCE_OUT_OF_RANGE = "device_resistance_out_of_range"
    FAULT = "device_fault"  # whatever it is


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """An implausible value: the reason why the reading does not have this value."""

    quantity: str
    value: float  # in the quantity's SI unit
    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        """Return the value and its plausible range, for logs."""
        return f"{self.quantity} {self.value:g} {self.unit} is outside {self.low:g} to {self.high:g} {self.unit}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One decoded answer of one module.

    A value is None if the module doesn't measure it, if the module does not have it yet (the resistance before the
    first test), or if it is implausible: then it is in `faults`.
    """

    at: float  # s since 1970, UTC
    faults: Mapping[str, Fault] = field(default_factory=lambda: MappingProxyType({}))
    alarm_bits: float | None = None  # of the alarms that the module raises by itself; see `Profile.alarm_bits`


@dataclass(frozen=True, kw_only=True, slots=True)
class BatteryReading(Reading):
    """One decoded answer of a battery module."""

    voltage: float | None = None  # V
    temperature: float | None = None  # °C
    resistance: float | None = None  # Ω


@dataclass(frozen=True, kw_only=True, slots=True)
class StringReading(Reading):
    """One decoded answer of a string module."""

    current: float | None = None  # A, positive charges the string
    ambient_temperature: float | None = None  # °C
    second_temperature: float | None = None  # °C
