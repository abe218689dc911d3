"""Hubs that answer like their makers' tables say. The numbers are typed from these tables, not from our profiles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, override

from custom_components.battery_bank.monitor.line.hub_survey import column_of
from custom_components.battery_bank.monitor.line.link import ReadFunction
from custom_components.battery_bank.monitor.line.profiles import PROFILES

from .modules import Module, RefusedRegisterError
from .physics import Battery, String


@dataclass(kw_only=True)
class Hub(Module):
    """One unit with the values of many batteries. Nothing can be written to it."""

    unit_id: int
    strings: list[String] = field(default_factory=list)
    tested: bool = True  # whether it has measured resistances

    @property
    def batteries(self) -> list[tuple[String, Battery]]:
        """All batteries, each with its string."""
        return [(string, battery) for string in self.strings for battery in string.batteries]

    def millivolts(self, string: String, battery: Battery) -> int:
        """Return the voltage of a battery in mV."""
        return max(0, round(1000 * (battery.voltage(string.current) + self.random.gauss(0, 0.001))))

    def microohms(self, battery: Battery) -> int:
        """Return the resistance of a battery in µΩ; 0 before the first test."""
        return round(1e6 * battery.ohmic_value) if self.tested else 0

    @override
    def write(self, register: int, value: int) -> None:
        raise RefusedRegisterError


class SH980(Hub):
    """Shanhe SH 980: 245 places of each quantity. Reference 410001 is register 10000."""

    @override
    def read(self, register: int) -> int:
        place = register + 400_001
        string = self.strings[0]
        match place:
            case 411_730:
                return round(10 * (string.current + 3000))
            case 411_732 | 411_733:
                return round(10 * (string.ambient + 50))
        batteries = self.batteries
        for first, value in (
            (410_004, self.millivolts),
            (410_252, lambda _, b: self.microohms(b)),
            (410_500, lambda _, b: round(10 * (b.temperature + 50))),
        ):
            if first <= place < first + 245:
                return value(*batteries[place - first]) if place - first < len(batteries) else 0
        raise RefusedRegisterError


class BmGw(Hub):
    """Robotina BM-GW: a unit for each string, a record of 100 registers for each of 120 cells."""

    @override
    def read(self, register: int) -> int:
        (string,) = self.strings
        current = round(100 * string.current) & 0xFFFFFFFF
        total = round(100 * sum(battery.voltage(string.current) for battery in string.batteries))
        of_string = {0: 1, 1: 1, 2: total >> 16, 3: total & 0xFFFF, 4: current >> 16, 5: current & 0xFFFF}
        of_string |= {10: len(string.batteries), 11: round(10 * string.ambient) & 0xFFFF}
        if register in range(15):
            return of_string.get(register, 0)
        cell, at = divmod(register, 100)
        if cell not in range(1, 121) or at not in range(7):
            raise RefusedRegisterError
        if cell > len(string.batteries):
            return 0
        battery = string.batteries[cell - 1]
        resistance = self.microohms(battery)
        record = (1, self.millivolts(string, battery), resistance >> 16, resistance & 0xFFFF)
        return (*record, round(10 * battery.temperature) & 0xFFFF, 100, 100)[at]


class Pbat600(Hub):
    """DFUN PBAT600: a unit for each string. Current with the low word first, status of cells at 1300, mV at 1600."""

    @override
    def read(self, register: int) -> int:
        (string,) = self.strings
        current = round(100 * string.current) & 0xFFFFFFFF
        if register in range(14):
            return {2: current & 0xFFFF, 3: current >> 16, 10: len(string.batteries)}.get(register, 0)
        if register in range(1300, 1600):
            return int(register - 1300 < len(string.batteries))
        if register not in range(1600, 1900):
            raise RefusedRegisterError
        cell = register - 1600
        return self.millivolts(string, string.batteries[cell]) if cell < len(string.batteries) else 0


class Maximuc(Hub):
    """The open controller maximuc: input registers, two for each value, 10000 for each string."""

    input_registers = True

    @override
    def read(self, register: int) -> int:
        number, place = divmod(register, 10_000)
        if number >= len(self.strings):
            raise RefusedRegisterError
        string = self.strings[number]
        at, low = divmod(place, 2)
        match place & ~1:
            case 3000:
                return _two_words(_sign_magnitude(10 * string.current))[low]
            case 3100:
                return _two_words(_sign_magnitude(10 * string.ambient))[low]
        for first, value in (
            (1000, self.microohms),
            (1300, lambda battery: self.millivolts(string, battery)),
            (1600, lambda battery: _sign_magnitude(10 * battery.temperature)),
        ):
            if (cell := at - first // 2) in range(150):
                return _two_words(value(string.batteries[cell]) if cell < len(string.batteries) else 0)[low]
        raise RefusedRegisterError


class Gateway600(Hub):
    """The gateway of `docs/hub-profile.example.yaml`: 600 cells, 40001-based."""

    @override
    def read(self, register: int) -> int:
        reference = register + 40_001
        batteries = self.batteries
        if reference in range(41_801, 41_841):
            number, at = divmod(reference - 41_801, 10)
            string = self.strings[min(number, len(self.strings) - 1)]
            return {0: round(10 * string.current) & 0xFFFF, 2: round(10 * string.ambient) & 0xFFFF}.get(at, 0)
        quantity, cell = divmod(register, 600)
        if quantity not in range(3):
            raise RefusedRegisterError
        if cell >= len(batteries):
            return 0
        string, battery = batteries[cell]
        if quantity == 0:
            return self.millivolts(string, battery)
        return self.microohms(battery) if quantity - 1 else round(10 * battery.temperature) & 0xFFFF


BTRM300_LOW: Final = 10.8  # V of a 12 V battery


class Btrm300(Hub):
    """Ventev BTRM300: one battery, in input registers."""

    input_registers = True

    @override
    def read(self, register: int) -> int:
        (string, battery), *_ = self.batteries
        values: Mapping[int, Callable[[], int]] = {
            0: lambda: self.millivolts(string, battery),
            1: lambda: round(1000 * string.charge_voltage),
            2: lambda: 48_000,
            3: lambda: round(1000 * string.current) & 0xFFFF,
            4: lambda: round(battery.temperature) & 0xFFFF,
            5: lambda: 0,
            6: lambda: 0,
            12: lambda: 1,
        }
        if register not in values:
            raise RefusedRegisterError
        return values[register]()

    @override
    def read_bit(self, function: int, number: int) -> bool:
        (string, battery), *_ = self.batteries
        if function != ReadFunction.DISCRETE_INPUTS or number not in range(6):
            raise RefusedRegisterError
        voltage_low = battery.voltage(string.current) < BTRM300_LOW
        return number in (1, 5) and voltage_low


HUBS: Final[Mapping[str, type[Hub]]] = {
    "sh980": SH980,
    "robotina_bm_gw": BmGw,
    "pbat600": Pbat600,
    "maximuc": Maximuc,
    "btrm300": Btrm300,
    "gateway600": Gateway600,
}


def hub_forms(modules: Mapping[int, Module]) -> list[dict[str, Any]]:
    """Return what a person answers in the form of a hub, for each string of the hubs among these modules."""
    families = {hub: family for family, hub in HUBS.items()}
    forms = []
    for unit_id, hub in modules.items():
        if not isinstance(hub, Hub):
            continue
        family = families[type(hub)]
        # A hub without strings counts its batteries on from one to the next.
        apart = family in PROFILES and column_of(PROFILES[family]).strings > 0
        first = 1
        for number, string in enumerate(hub.strings, 1):
            last = first + len(string.batteries) - 1
            form = {"family": family, "unit_id": unit_id, "first_battery": first, "last_battery": last}
            forms.append(form | {"string_number": number if apart else 1})
            first = 1 if apart else last + 1
    return forms


def _sign_magnitude(value: float) -> int:
    """Return a register of the modules: bit 15 is the sign."""
    return min(0x7FFF, round(abs(value))) | (0x8000 if value < 0 else 0)


def _two_words(word: int) -> tuple[int, int]:
    """Return a register, read as a number with a sign, as a number of 32 bits: the high word first."""
    return (0xFFFF if word & 0x8000 else 0, word)
