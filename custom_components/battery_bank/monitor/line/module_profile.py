"""The profile of a module family: its registers and commands, as data."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from math import ceil, inf, log10
from types import MappingProxyType
from typing import Any, Final, override

from modbus_connection.model import NumberField, RegisterField

from ..errors import UnknownCommandError
from ..model import BatteryReading, CommandName, DeviceAlarm, Fault, Measures, Reading, StringReading
from .hub_table import Column, located
from .link import ReadFunction

SIGN: Final = 0x8000
UNKNOWN: Final = 0.001  # in the unit of the value: as fine as a float is shown whose resolution is not known
ROUNDING: Final = 1e-9  # the logarithm of a power of ten is that far from a whole number
NO_REGISTER: Final = -1
VALIDITY: Final = "validity"
MOST_REGISTERS: Final = 125  # in one read, by the Modbus application protocol
# Two values with so many registers between them are read at once: that costs less than a second request.
GAP: Final = 8

# Reads one register of the module to be recognised, with the family's `read_function`; None if the module refuses it
# or does not answer.
type Probe = Callable[[int], Awaitable[int | None]]


class SignMagnitudeField(NumberField[float]):
    """A register whose bit 15 is the sign and bits 0-14 the magnitude; 0x8000 is 0."""

    @override
    def decode(self, words: list[int], scale_exponent: int | None = None) -> Any:
        (word,) = words
        if self.nan is not None and word in self.nan:  # as the register has it
            return None
        return super().decode([-(word & ~SIGN) & 0xFFFF if word & SIGN else word], scale_exponent)

    @override
    def encode(self, value: Any, scale_exponent: int | None = None) -> list[int]:
        (magnitude,) = super().encode(abs(value), scale_exponent)
        return [magnitude | SIGN if value < 0 else magnitude]


def sign_magnitude(address: int, scale: float) -> SignMagnitudeField:
    """Describe a 16-bit sign-and-magnitude register with `scale` units in one count."""
    return SignMagnitudeField(address, scale=scale)


class BitsField(RegisterField[float]):
    """Coils or discrete inputs in a row, as one number: the first one is bit 0."""

    @override
    def decode(self, words: list[int], scale_exponent: int | None = None) -> float:
        return sum(word << place for place, word in enumerate(words))

    @override
    def encode(self, value: float, scale_exponent: int | None = None) -> list[int]:
        return [int(value) >> place & 1 for place in range(self.count)]


def bits(first: int, count: int) -> BitsField:
    """Describe `count` coils or discrete inputs from `first` on, 0-based."""
    return BitsField(first, count=count)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One value in a module's answer: its register and its plausible range."""

    register: RegisterField[float]  # in a hub, that of its first battery or string
    unit: str
    low: float  # the plausible range, in `unit` …
    high: float
    per_nominal_volt: bool = False  # … or in `unit` for each volt of the battery's nominal voltage
    # By how much the value moves while nothing happens. A smaller change is not published.
    noise: float = 0.0  # in `unit`
    relative_noise: float = 0.0  # as a share of the value
    # The accuracy that a maker states for such sensors, the sum of both; 0 for both if it is not stated.
    error: float = 0.0  # in `unit`
    relative_error: float = 0.0  # as a share of the value
    column: Column | None = None  # where a hub has this value of its other batteries, or strings

    def plausible(self, nominal_voltage: float | None) -> tuple[float, float]:
        """Return the plausible range in `unit`; without a nominal voltage, everything from 0 up is plausible."""
        if not self.per_nominal_volt:
            return self.low, self.high
        if nominal_voltage is None:
            return 0.0, inf
        return self.low * nominal_voltage, self.high * nominal_voltage

    @property
    def resolution(self) -> float:
        """The value of one count of the register, in `unit`; of a float, by how much it moves by itself."""
        return abs(self.register.scale) if isinstance(self.register, NumberField) else self.noise

    def decimals(self, factor: float = 1.0) -> int:
        """Return how many decimals a value times `factor` has by the resolution of the register."""
        return max(0, ceil(-log10((self.resolution or UNKNOWN) * factor) - ROUNDING))

    def step(self, value: float) -> float:
        """Return the change from which on a new value is published, in `unit`."""
        return max(self.noise, self.relative_noise * abs(value))


@dataclass(frozen=True, kw_only=True)
class Command:
    """A value that makes a module act when it is written to a register."""

    register: int
    value: int | None  # None: the caller gives the value with the command
    done: int | None = None  # what the same register reads after the module has finished
    shortest: float = 0.0  # s that the module takes at least …
    longest: float = 0.0  # … and at most
    column: Column | None = None  # where a hub has this register of its other batteries, or strings

    def at(self, address: int) -> tuple[int, int]:
        """Return the unit id and the register for the module at an address, or raise `RefusedError`."""
        return located(address, self.register, self.column)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """The register map of a module family."""

    key: str
    manufacturer: str
    model: str
    measures: Measures
    quantities: Mapping[str, Quantity]  # by the name of the field in the reading
    # By which a hub says whether it has current values of a battery or string: without a value, or with one beyond its
    # plausible range, it has none.
    validity: Quantity | None = None
    # A register that every module of the family answers: a scan asks for it first. Without one it asks for the first
    # register of the values. A hub has none for each battery.
    firmware: int = NO_REGISTER
    # Whether the module at this address is one of the family. Hubs are chosen by a person, and none is recognised.
    recognise: Callable[[int, Probe], Awaitable[bool]] | None = None
    # The function for values, firmware and recognition. Registers of commands are holding registers in any case.
    read_function: ReadFunction = ReadFunction.HOLDING_REGISTERS
    # The alarms that a module raises by itself, each with the number of its bit in the quantity `alarm_bits`.
    alarm_bits: Mapping[DeviceAlarm, int] = field(default_factory=lambda: MappingProxyType({}))
    # How a hub is read: so many registers at once at most, and with so many between two values.
    most_registers: int = MOST_REGISTERS
    gap: int = GAP
    speed_unit: int = 1  # bit/s in one count of the register of `SET_BAUDRATE`
    commands: Mapping[CommandName, Command] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def of_hub(self) -> bool:
        """Whether its modules are the batteries or strings of a hub, which have no Modbus address of their own."""
        return any(quantity.column for quantity in self.quantities.values())

    @cached_property
    def read_together(self) -> Mapping[str, Quantity]:
        """All that one read has to bring: the quantities and, last, what says whether they are current."""
        return {**self.quantities, VALIDITY: self.validity} if self.validity else self.quantities

    @cached_property
    def block(self) -> tuple[int, int]:
        """Return first register and number of registers of the one read that brings all values.

        For a battery or a string of a hub, they are counted from 0 in the order of the quantities.
        """
        if self.of_hub:
            return 0, sum(quantity.register.count for quantity in self.read_together.values())
        registers = [quantity.register for quantity in self.read_together.values()]
        first = min(register.address for register in registers)
        return first, max(register.address + register.count for register in registers) - first

    @cached_property
    def _words(self) -> Mapping[str, slice]:
        """Where each quantity is in the registers of `block`."""
        registers = {name: quantity.register for name, quantity in self.read_together.items()}
        if self.of_hub:
            ends = accumulate((register.count for register in registers.values()), initial=0)
            return {name: slice(*ends) for name, ends in zip(registers, pairwise(ends), strict=True)}
        first, _ = self.block
        return {
            name: slice(register.address - first, register.address - first + register.count)
            for name, register in registers.items()
        }

    def command(self, name: CommandName) -> Command:
        """Return a command, or raise `UnknownCommandError`."""
        try:
            return self.commands[name]
        except KeyError:
            raise UnknownCommandError(f"{self.model} has no command {name}") from None

    def is_current(self, words: list[int]) -> bool:
        """Return whether the values in the registers of `block` are current, as far as the module says so."""
        if self.validity is None:
            return True
        value = self.validity.register.decode(words[self._words[VALIDITY]])
        return value is not None and self.validity.low <= value <= self.validity.high

    def decode(
        self, words: list[int], *, at: float, nominal_voltage: float | None, invert_current: bool = False
    ) -> Reading:
        """Turn the registers of `block` into a reading. An implausible value becomes a fault."""
        values: dict[str, float] = {}
        faults: dict[str, Fault] = {}
        for name, quantity in self.quantities.items():
            value = quantity.register.decode(words[self._words[name]])
            if value is None:
                continue
            low, high = quantity.plausible(nominal_voltage)
            if not low <= value <= high:
                faults[name] = Fault(quantity=name, value=value, low=low, high=high, unit=quantity.unit)
            else:
                values[name] = -value if name == "current" and invert_current and value else value
        reading = BatteryReading if self.measures is Measures.BATTERY else StringReading
        return reading(at=at, faults=MappingProxyType(faults), **values)
