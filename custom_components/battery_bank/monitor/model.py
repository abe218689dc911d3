"""The frozen things that pass between the wire, the meaning and the screen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Measures(StrEnum):
    """What a module sits on."""

    BATTERY = "battery"
    STRING = "string"


class Chemistry(StrEnum):
    """What the batteries are made of."""

    VRLA_AGM = "vrla_agm"
    VRLA_GEL = "vrla_gel"
    VENTED_LEAD_ACID = "vented_lead_acid"
    NICD = "nicd"


class CommandName(StrEnum):
    """The only things ever written to a module."""

    START_RESISTANCE_TEST = "start_resistance_test"
    BLINK = "blink"
    SET_ADDRESS = "set_address"  # to the value given
    SET_BAUDRATE = "set_baudrate"  # to the value given, in the unit of the profile


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A value that cannot be, kept as the reason why none is shown."""

    quantity: str
    value: float  # in the quantity's SI unit
    low: float
    high: float
    unit: str

    def __str__(self) -> str:
        """Say what was read and what could have been."""
        return f"{self.quantity} {self.value:g} {self.unit} is outside {self.low:g} to {self.high:g} {self.unit}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One decoded answer of one module.

    A value is None where the module doesn't measure it, where it has nothing to say yet (a resistance
    before the first test), or where `faults` says why what it said cannot be.
    """

    at: float  # s since 1970, UTC
    faults: Mapping[str, Fault] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class BatteryReading(Reading):
    """What a module on a battery says."""

    voltage: float | None = None  # V
    temperature: float | None = None  # °C
    resistance: float | None = None  # Ω


@dataclass(frozen=True, kw_only=True, slots=True)
class StringReading(Reading):
    """What a module on a string says."""

    current: float | None = None  # A, positive charges the string
    ambient_temperature: float | None = None  # °C
    second_temperature: float | None = None  # °C
