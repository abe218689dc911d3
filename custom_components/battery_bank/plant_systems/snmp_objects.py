"""The objects of the SNMP agent: the system group, the battery group of UPS-MIB (RFC 1628), and the register table.

An object whose register reads as unknown does not exist, so a reader can't take it for a value.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from homeassistant.core import HomeAssistant

from ..coordinator import async_find_string
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.clock import Clock
from .register_codes import ALARM_CODES
from .register_forms import BITS, S16, S32, Form, TextForm
from .register_map import (
    ALARM_LIST,
    ALARM_RECORD,
    ALARM_REGISTERS,
    ALARMS,
    BANK,
    BANK_REGISTERS,
    BANKS,
    BATTERY_BLOCKS,
    BLOCK,
    PAGE,
    PLACES,
    STRING_REGISTERS,
    UNITS,
)
from .register_table import RegisterTable

type Oid = tuple[int, ...]

SYSTEM: Final[Oid] = (1, 3, 6, 1, 2, 1, 1)
UPS: Final[Oid] = (1, 3, 6, 1, 2, 1, 33, 1)
# The project has no enterprise number. Net-SNMP keeps this arc for whoever has none.
BASE: Final[Oid] = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 16962)
STRINGS: Final[Oid] = (*BASE, 1, 1, 1)  # then column, place
BATTERIES: Final[Oid] = (*BASE, 1, 2, 1)  # then column, place, battery
ALARM_LISTS: Final[Oid] = (*BASE, 1, 3, 1)  # then column, place, position in the list
BANK_TABLE: Final[Oid] = (*BASE, 1, 4, 1)  # then column, place of the bank
ALARM_RAISED: Final[Oid] = (*BASE, 0, 1)
ALARM_ENDED: Final[Oid] = (*BASE, 0, 2)

# Registers of a string that the battery group of UPS-MIB is made of.
LEVEL, STRING_BITS, VOLTAGE, CURRENT, HOTTEST, CHARGE, REMAINING, UNDER_WAY, BEGAN = 4, 12, 20, 22, 31, 33, 40, 100, 102
NOT_MONITORED: Final = 3  # the code of the level
# At a low status, a monitor of UPSs shuts its machines down, for which a few minutes are enough.
LOW_TIME: Final = 300  # s of remaining time …
LOW_CHARGE: Final = 100  # … or, without a remaining time, 0.1 % of charge
FORMS: Final[Mapping[int, Form | TextForm]] = {one.at: one.form for one in STRING_REGISTERS}
FORMS_OF_BANK: Final[Mapping[int, Form | TextForm]] = {one.at: one.form for one in BANK_REGISTERS}
LOW: Final = 1 << ALARM_CODES[AlarmKind.STRING_VOLTAGE_LOW] - 33  # in the third word of bits


class Kind(Enum):
    """The SNMP type of a value."""

    INTEGER = "Integer32"
    GAUGE = "Gauge32"
    TEXT = "OctetString"
    OID = "ObjectIdentifier"
    TICKS = "TimeTicks"


@dataclass(frozen=True, slots=True)
class Value:
    """A value and its type."""

    kind: Kind
    value: int | str | Oid


class SnmpObjects:
    """All objects, in their order."""

    def __init__(
        self,
        hass: HomeAssistant,
        table: RegisterTable,
        places: Mapping[str, int],
        bank_places: Mapping[str, int],
        clock: Clock,
    ) -> None:
        """Take the values from the register table."""
        self._hass = hass
        self._table = table
        self._places = places
        self._bank_places = bank_places
        self._clock = clock
        self._began = clock.monotonic()
        self._known: tuple[object, list[Oid]] = ((), [])
        self._scalars: dict[Oid, Callable[[], Value | None]] = {
            (*SYSTEM, 1, 0): lambda: Value(Kind.TEXT, "Battery Bank Monitor"),
            (*SYSTEM, 2, 0): lambda: Value(Kind.OID, BASE),
            (*SYSTEM, 3, 0): lambda: Value(Kind.TICKS, self.uptime),
            (*SYSTEM, 5, 0): lambda: Value(Kind.TEXT, hass.config.location_name),
            (*UPS, 1, 1, 0): lambda: Value(Kind.TEXT, "Battery Bank Monitor"),
            (*UPS, 1, 5, 0): lambda: Value(Kind.TEXT, str(self._of_weakest(130) or "")),
            (*UPS, 2, 1, 0): lambda: Value(Kind.INTEGER, self._status()),
            (*UPS, 2, 2, 0): lambda: Value(Kind.INTEGER, self._seconds_on_battery()),
            (*UPS, 2, 3, 0): self._minutes,
            (*UPS, 2, 4, 0): lambda: self._whole(CHARGE, 10),
            (*UPS, 2, 5, 0): lambda: self._whole(VOLTAGE, 100),
            (*UPS, 2, 6, 0): lambda: self._whole(CURRENT, 100),
            (*UPS, 2, 7, 0): lambda: self._whole(HOTTEST, 10),
            (*UPS, 6, 1, 0): lambda: Value(Kind.GAUGE, self._alarms()),
        }

    @property
    def uptime(self) -> int:
        """The time since the agent was started, in hundredths of a second."""
        return round(100 * (self._clock.monotonic() - self._began)) & 0xFFFFFFFF

    def get(self, oid: Oid) -> Value | None:
        """Return the value of an object; None if there is no such object now."""
        if scalar := self._scalars.get(oid):
            return scalar()
        table, rest = oid[: len(STRINGS)], oid[len(STRINGS) :]
        match table, rest:
            case _, (int(column), int(place)) if table == STRINGS:
                return self._of_string(place, column - 1)
            case _, (int(column), int(place), int(battery)) if table == BATTERIES and 0 < battery <= BLOCK:
                form = next((one.form for one in BATTERY_BLOCKS if one.at == column), None)
                return self._read(place, column * BLOCK + battery - 1, form) if form else None
            case _, (int(column), int(place)) if table == BANK_TABLE:
                return self._of_bank(place, column - 1)
            case _, (int(column), int(place), int(number)) if table == ALARM_LISTS and 0 < number <= ALARMS:
                return self._of_alarm(place, column - 1, number)
        return None

    def next(self, oid: Oid) -> tuple[Oid, Value] | None:
        """Return the first object after an OID, with its value."""
        known = self._oids()
        for at in range(bisect_right(known, oid), len(known)):
            if (value := self.get(known[at])) is not None:
                return known[at], value
        return None

    def _oids(self) -> list[Oid]:
        """Return all OIDs that may have a value, in order."""
        batteries = []
        for string_id, place in sorted(self._places.items(), key=lambda one: one[1]):
            if found := async_find_string(self._hass, string_id):
                batteries.append((place, len(found[1].batteries)))
            else:
                batteries.append((place, 0))
        banks = tuple(self._bank_places.values())
        made_for = tuple(batteries), banks
        if made_for != self._known[0] or not self._known[1]:
            of_banks = [(*BANK_TABLE, one.at + 1, place) for one in BANK_REGISTERS for place in banks]
            self._known = made_for, sorted([*self._scalars, *_table_oids(made_for[0]), *of_banks])
        return self._known[1]

    def _of_string(self, place: int, at: int) -> Value | None:
        form = FORMS.get(at)
        return self._read(place, at, form) if form else None

    def _of_alarm(self, place: int, at: int, number: int) -> Value | None:
        first = ALARM_LIST + (number - 1) * ALARM_RECORD
        form = next((one for offset, one, _ in ALARM_REGISTERS if offset == at), None)
        if form is None or not self._word(place, first):
            return None
        return self._read(place, first + at, form)

    def _read(self, place: int, offset: int, form: Form | TextForm) -> Value | None:
        if place not in self._places.values():
            return None
        return _value(form, self._words(place, offset, form.words))

    def _of_bank(self, place: int, at: int) -> Value | None:
        form = FORMS_OF_BANK.get(at)
        if form is None or place not in self._bank_places.values():
            return None
        unit, number = divmod(place - 1, PLACES)
        return _value(form, self._table.read(unit + 1, BANKS + number * BANK + at, form.words))

    def _word(self, place: int, offset: int) -> int:
        return self._words(place, offset, BITS.words)[0]

    def _words(self, place: int, offset: int, count: int) -> list[int]:
        unit, at = divmod(place - 1, PLACES)
        return self._table.read(unit + 1, (at + 1) * PAGE + offset, count)

    def _number(self, place: int, at: int) -> int | None:
        value = self._of_string(place, at)
        return value.value if value and isinstance(value.value, int) else None

    def _weakest(self) -> int | None:
        """Return the place of the string that UPS-MIB shows: in discharge, then least remaining time, then charge."""
        last = float("inf")

        def order(place: int) -> tuple[bool, float, float, int]:
            remaining, charge = self._number(place, REMAINING), self._number(place, CHARGE)
            return (
                not self._number(place, UNDER_WAY),
                last if remaining is None else remaining,
                last if charge is None else charge,
                place,
            )

        return min(self._places.values(), key=order, default=None)

    def _of_weakest(self, at: int) -> int | str | None:
        place = self._weakest()
        value = self._of_string(place, at) if place is not None else None
        return None if value is None or isinstance(value.value, tuple) else value.value

    def _whole(self, at: int, per: int) -> Value | None:
        value = self._of_weakest(at)
        return Value(Kind.INTEGER, round(value / per)) if isinstance(value, int) else None

    def _minutes(self) -> Value | None:
        """Return upsEstimatedMinutesRemaining: whole minutes, as a monitor acts on the last of them."""
        remaining = self._of_weakest(REMAINING)
        return Value(Kind.INTEGER, remaining // 60) if isinstance(remaining, int) else None

    def _status(self) -> int:
        """Return upsBatteryStatus: 1 unknown, 2 normal, 3 low, 4 depleted."""
        place = self._weakest()
        if place is None or self._number(place, LEVEL) in (None, NOT_MONITORED):
            return 1
        remaining, charge = self._number(place, REMAINING), self._number(place, CHARGE)
        if 0 in (remaining, charge):
            return 4
        by_charge = remaining is None and charge is not None and charge <= LOW_CHARGE
        low = by_charge or (remaining is not None and remaining <= LOW_TIME)
        return 3 if low or self._word(place, STRING_BITS) & LOW else 2

    def _seconds_on_battery(self) -> int:
        """Return upsSecondsOnBattery: 0 is that the string is not in discharge."""
        began = self._of_weakest(BEGAN)
        on_battery = self._of_weakest(UNDER_WAY) and isinstance(began, int)
        return max(1, round(self._clock.now()) - began) if on_battery and isinstance(began, int) else 0

    def _alarms(self) -> int:
        return sum(self._table.read(unit, 6, 1)[0] for unit in range(1, UNITS + 1))


def _table_oids(batteries: tuple[tuple[int, int], ...]) -> Iterator[Oid]:
    """Yield the OIDs of the tables, for the strings at these places with so many batteries each."""
    for place, count in batteries:
        yield from ((*STRINGS, one.at + 1, place) for one in STRING_REGISTERS)
        yield from (
            (*BATTERIES, block.at, place, battery) for block in BATTERY_BLOCKS for battery in range(1, count + 1)
        )
        yield from (
            (*ALARM_LISTS, at + 1, place, number) for at, _, _ in ALARM_REGISTERS for number in range(1, ALARMS + 1)
        )


def _value(form: Form | TextForm, words: list[int]) -> Value | None:
    """Return the value of words; None is unknown."""
    value = form.decode(words)
    if value is None:
        return None
    kind = Kind.TEXT if isinstance(value, str) else Kind.INTEGER if form in (S16, S32) else Kind.GAUGE
    return Value(kind, value)
