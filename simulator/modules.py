"""Modules that answer like the documents say: registers, resets and resistance tests."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import ClassVar, Final

from custom_components.battery_bank.monitor.line.profiles import ta, tc, tv

from .physics import Battery, String

MAGIC: Final = 0xF0F0
FIRMWARE_TA: Final = 0x0A03
FIRMWARE_TC: Final = 0x0A00
FIRMWARE_TV: Final = 0x40A0  # the document's default
RESTART: Final = 2.0  # s a module does not answer after a reset
TEST_SECONDS: Final = {0: 10.0, 1: 30.0}  # by IR mode
TEST_CURRENT: Final = -10.0  # A, drawn from the battery while it is tested


class RefusedRegisterError(Exception):
    """The module doesn't have this register, or not for writing."""


@dataclass(kw_only=True)
class Module:
    """What all modules share. Times are s of the simulator's real clock, for a module knows no other."""

    clock: Callable[[], float]
    random: Random
    baud: int | None = None  # its own speed, once it was given one; else that of the line
    silent_until: float = 0.0
    input_registers: ClassVar[bool] = False  # whether it has input registers, and no holding registers

    def read(self, register: int) -> int:
        """Return what a register holds, or raise `RefusedRegisterError`."""
        raise NotImplementedError

    def read_bit(self, function: int, number: int) -> bool:  # noqa: ARG002 - most modules have none
        """Return a coil (function 1) or a discrete input (function 2), or raise `RefusedRegisterError`."""
        raise RefusedRegisterError

    def write(self, register: int, value: int) -> None:
        """Write a register, or raise `RefusedRegisterError`."""
        raise NotImplementedError

    def _reset(self, value: int) -> None:
        if value == MAGIC:
            self.silent_until = self.clock() + RESTART


@dataclass(kw_only=True)
class BatteryModule(Module):
    """A TA or TV on one battery of a string."""

    unit_id: int
    string: String
    battery: Battery
    offset: float = 0.0  # V, what the sensor is wrong by
    noise: float = 0.001  # V, one standard deviation

    @property
    def testing(self) -> bool:
        """Whether a resistance test loads the battery."""
        return False

    def read(self, register: int) -> int:
        """See `Module`."""
        match register:
            case 0x0001:
                current = self.string.current + (TEST_CURRENT if self.testing else 0.0)
                voltage = self.battery.voltage(current) + self.offset + self.random.gauss(0, self.noise)
                return ta.VOLTAGE.register.encode(max(0.0, voltage))[0]
            case 0x0002:
                return ta.TEMPERATURE.register.encode(self.battery.temperature + self.random.gauss(0, 0.04))[0]
            case 0x000E:
                return self.unit_id
            case 0x0015:
                return (self.baud or 9600) // 100
        raise RefusedRegisterError

    def write(self, register: int, value: int) -> None:
        """See `Module`."""
        match register:
            case 0x000B:
                self._reset(value)
            case 0x000E:
                self.unit_id = value
            case 0x0015:
                self.baud = value * 100
            case _:
                raise RefusedRegisterError


@dataclass(kw_only=True)
class TA(BatteryModule):
    """RMS-TA."""

    ir_mode: int = 1
    ohmic_value: float | None = None  # Ω, of the last test; None before the first
    test_ends: float | None = None

    @property
    def testing(self) -> bool:
        """See `BatteryModule`; the result is there when the time is up."""
        if self.test_ends is not None and self.clock() >= self.test_ends:
            self.test_ends = None
            self.ohmic_value = self.battery.ohmic_value * self.random.gauss(1, 0.005)
        return self.test_ends is not None

    def read(self, register: int) -> int:
        """See `Module`."""
        testing = self.testing
        match register:
            case 0x0000:
                return FIRMWARE_TA
            case 0x0003:
                return ta.RESISTANCE.register.encode(min(self.ohmic_value or 0.0, 0.065535))[0]
            case 0x000C:
                return MAGIC if testing else 0
            case 0x000D:
                return 10000
            case 0x0010:
                return self.ir_mode
        return super().read(register)

    def write(self, register: int, value: int) -> None:
        """See `Module`."""
        match register:
            case 0x000C if value == MAGIC:
                self.test_ends = self.clock() + TEST_SECONDS[self.ir_mode]
            case 0x0010 if value in TEST_SECONDS:
                self.ir_mode = value
            case _:
                super().write(register, value)


@dataclass(kw_only=True)
class TV(BatteryModule):
    """CELLCHECK TV."""

    led: int = 0

    def read(self, register: int) -> int:
        """See `Module`."""
        match register:
            case 0x0000:
                return FIRMWARE_TV
            case 0x0012:
                return round(self.battery.nominal_voltage)
            case 0x001C:
                return self.led
        return super().read(register)

    def write(self, register: int, value: int) -> None:
        """See `Module`."""
        if register == tv.BLINK.register:
            self.led = value
        else:
            super().write(register, value)


@dataclass(kw_only=True)
class TC(Module):
    """RMS-TC on a string."""

    unit_id: int
    string: String
    turned: bool = False  # whether it sits on the cable the wrong way round

    def read(self, register: int) -> int:
        """See `Module`."""
        match register:
            case 0x0000:
                return FIRMWARE_TC
            case 0x0003:
                current = self.string.current * (-1 if self.turned else 1) + self.random.gauss(0, 0.03)
                return tc.CURRENT.register.encode(current)[0]
            case 0x0004 | 0x0005:
                return ta.TEMPERATURE.register.encode(self.string.ambient + self.random.gauss(0, 0.04))[0]
            case 0x0009:
                return self.unit_id
            case 0x0010:
                return (self.baud or 9600) // 100
        raise RefusedRegisterError

    def write(self, register: int, value: int) -> None:
        """See `Module`."""
        match register:
            case 0x0007:
                self._reset(value)
            case 0x0009:
                self.unit_id = value
            case 0x0010:
                self.baud = value * 100
            case _:
                raise RefusedRegisterError


# By the word that a scenario has for `battery_module`.
BATTERY_MODULES: Final = {"ta": TA, "tv": TV}
