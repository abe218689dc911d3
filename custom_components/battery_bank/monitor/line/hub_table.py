"""Hubs: Modbus units that hold the values of many batteries. Their addresses, and where a value of each battery stands.

A battery of a hub has an address of its own in this program, as if it had a module of its own: 100 000 for each unit
id, 1 000 for each string of the hub, and the number of the battery; 0 is the string itself. Battery 12 of unit 3 has
300012, battery 12 of its second string 302012, and that string 302000. Modules of a chain have 1 to 247, so both may be
on one line.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple, Self

from ..errors import RefusedError
from .link import ReadFunction

UNIT: Final = 100_000
STRING: Final = 1000
LAST_UNIT: Final = 247
LAST_STRING: Final = UNIT // STRING - 1
LAST_BATTERY: Final = STRING - 1
FIRST_HUB_ADDRESS: Final = UNIT
LAST_HUB_ADDRESS: Final = LAST_UNIT * UNIT + LAST_STRING * STRING + LAST_BATTERY
# Where the registers and bits of a document begin: with six digits, with five, and the coils.
REFERENCES: Final = (400_001, 300_001, 100_001, 40_001, 30_001, 10_001, 1)


def reference(number: int) -> int:
    """Return the 0-based register or bit of a reference number: 0 of 1, 10001, 30001, 40001, 100001 and so on."""
    return number - next(first for first in REFERENCES if number >= first)


class Place(NamedTuple):
    """A battery of a hub, or a string: then `battery` is 0."""

    unit_id: int
    string: int  # 0 in a hub that counts its batteries without regard to strings
    battery: int

    @property
    def address(self) -> int:
        """Its address in this program."""
        return self.unit_id * UNIT + self.string * STRING + self.battery

    @classmethod
    def of(cls, address: int) -> Self | None:
        """Return the place with this address; None for the address of a module of its own."""
        if not FIRST_HUB_ADDRESS <= address <= LAST_HUB_ADDRESS:
            return None
        unit_id, rest = divmod(address, UNIT)
        return cls(unit_id, *divmod(rest, STRING))


def unit_of(address: int) -> int:
    """Return the Modbus unit id that answers for a module: that of its hub, or its own."""
    place = Place.of(address)
    return place.unit_id if place else address


@dataclass(frozen=True, kw_only=True)
class Run:
    """A further range of batteries whose values do not follow those of the first one."""

    first: int  # the number of its first battery, whose value is at …
    register: int
    last: int


@dataclass(frozen=True, kw_only=True)
class Column:
    """Where a hub has one quantity of each battery or string, from the register of the first one on."""

    last: int = 0  # the number of the last battery that may be in the hub; 0: a quantity of the string
    step: int = 1  # registers from one battery to the next
    strings: int = 0  # of one unit; 0: the addresses of this hub name no string
    string_step: int = 0  # registers from one string to the next
    more: tuple[Run, ...] = ()
    function: ReadFunction | None = None  # that reads it; None: that of the profile

    def register(self, first: int, place: Place) -> int | None:
        """Return the register of a battery or string, if `first` is that of the first one; None if there is none."""
        if (place.battery > 0) != (self.last > 0) or not self.has_string(place.string):
            return None
        of_string = self.string_step * max(0, place.string - 1)
        if place.battery <= self.last:
            return first + of_string + self.step * max(0, place.battery - 1)
        for run in self.more:
            if run.first <= place.battery <= run.last:
                return run.register + of_string + self.step * (place.battery - run.first)
        return None

    def has_string(self, string: int) -> bool:
        """Return whether the hub may have a string of this number; 0 is that of a hub without strings."""
        return (1 if self.strings else 0) <= string <= self.strings

    @property
    def end(self) -> int:
        """The number of the last battery of all ranges."""
        return max([self.last, *(run.last for run in self.more)])


def located(address: int, register: int, column: Column | None) -> tuple[int, int]:
    """Return the unit id and the register of a module; `column` is where a hub has it, if the module is of a hub.

    Raises `RefusedError` if the hub can't have this battery or string.
    """
    place = Place.of(address)
    if place is None or column is None:
        return address, register
    if (found := column.register(register, place)) is None:
        raise RefusedError(f"the hub has no register for address {address}")
    return place.unit_id, found
