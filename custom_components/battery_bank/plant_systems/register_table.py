"""The words of the register table, worked out block by block when they are read, from the values in memory."""

from collections.abc import Iterator, Mapping
from typing import Final

from homeassistant.core import HomeAssistant

from ..const import DOMAIN
from ..coordinator import async_loaded_lines
from ..monitor.battery.events import Alarm
from ..monitor.clock import Clock
from ..strings.members import Battery
from ..texts.alarm_texts import AlarmTexts, numbers_of
from .bank_view import BankView, async_bank_view
from .register_codes import ALARM_CODES, LEVEL_CODES, UNIT_CODES, AlarmFlag, BatteryQuality, StringQuality
from .register_forms import S32, U32
from .register_map import (
    ALARM_RECORD,
    ALARMS,
    BANK,
    BANK_REGISTERS,
    BANKS,
    BATTERY_BLOCKS,
    BLOCK,
    OVERVIEW,
    OVERVIEW_REGISTERS,
    OVERVIEW_ROWS,
    PAGE,
    PLACES,
    STRING_REGISTERS,
    Register,
)
from .string_places import Overview, Placed, async_placed
from .string_view import StringView

FRESH: Final = 0.5  # s that a block is served again before it is worked out again
QUALITY, LEVEL = 2, 10  # the battery blocks that are known of a string whose line is not running
RESERVED: Final = 0xFFFF  # of an address without a value inside a block
TEXTS: Final = AlarmTexts()  # for the values and limits of alarms in SI units; its texts are not used


class IllegalAddressError(Exception):
    """The table has no such register."""


class RegisterTable:
    """The registers of all units."""

    def __init__(
        self, hass: HomeAssistant, places: Mapping[str, int], bank_places: Mapping[str, int], clock: Clock
    ) -> None:
        """Serve the strings and the banks at these places, by their ids; the places may change later."""
        self._hass = hass
        self._places = places
        self._bank_places = bank_places
        self._clock = clock
        self._blocks: dict[tuple[int, int], tuple[float, list[int]]] = {}  # by unit and first address; s, monotonic

    def read(self, unit: int, first: int, count: int) -> list[int]:
        """Return registers of a unit, from 1 on, or raise `IllegalAddressError`."""
        words: list[int] = []
        while len(words) < count:
            start, block = self._block(unit, first + len(words))
            words += block[first + len(words) - start :]
        return words[:count]

    def _block(self, unit: int, address: int) -> tuple[int, list[int]]:
        """Return the block with an address, and its first address."""
        start, now = _start(address), self._clock.monotonic()
        made, words = self._blocks.get((unit, start), (now - FRESH, []))
        if now - made >= FRESH:
            words = self._made(unit, start)
            self._blocks[unit, start] = now, words
        return start, words

    def _made(self, unit: int, start: int) -> list[int]:
        """Return the words of the block that begins at an address."""
        place, offset = divmod(start, PAGE)
        if start >= BANKS:
            return _bank_block(self._bank(unit, (start - BANKS) // BANK + 1))
        return _string_block(self._placed(unit, place), offset // BLOCK) if place else self._overview(unit)

    def _placed(self, unit: int, place: int) -> Placed:
        return async_placed(self._hass, _at(self._places, unit, place), self._clock.now())

    def _bank(self, unit: int, place: int) -> BankView | None:
        bank_id = _at(self._bank_places, unit, place)
        return async_bank_view(self._hass, bank_id, self._places, self._clock.now())

    def _overview(self, unit: int) -> list[int]:
        lines = async_loaded_lines(self._hass)
        overview = Overview(
            placed=[self._placed(unit, place) for place in range(1, PLACES + 1)],
            banks=sum(self._bank(unit, place) is not None for place in range(1, PLACES + 1)),
            lines_working=sum(line.line.down is None for line in lines),
            lines=len(self._hass.config_entries.async_entries(DOMAIN)),
            now=self._clock.now(),
        )
        heads = {one.at: one.form.encode(one.value(overview), one.scale) for one in OVERVIEW_REGISTERS}
        rows = {
            row.at: [word for one in overview.placed for word in row.form.encode(row.value(one), row.scale)]
            for row in OVERVIEW_ROWS
        }
        return _laid_out(heads | rows, OVERVIEW)


def _start(address: int) -> int:
    """Return the first address of the block with an address, or raise `IllegalAddressError`."""
    if address < OVERVIEW:
        return 0
    if PAGE <= address < BANKS:
        return address // BLOCK * BLOCK
    if BANKS <= address < BANKS + PLACES * BANK:
        return address // BANK * BANK
    raise IllegalAddressError(address)


def _at(places: Mapping[str, int], unit: int, place: int) -> str | None:
    """Return the id of what has a place of a unit; None if the place is free."""
    at = PLACES * (unit - 1) + place
    return next((one for one, its in places.items() if its == at), None)


def _bank_block(view: BankView | None) -> list[int]:
    free = {1: StringQuality.NONE}
    return _laid_out(
        {one.at: one.form.encode(one.value(view) if view else free.get(one.at), one.scale) for one in BANK_REGISTERS},
        BANK,
    )


def _string_block(placed: Placed, number: int) -> list[int]:
    if number == 0:
        return _values(placed)
    if number == 1:
        return _laid_out({} if placed.view is None else dict(_alarm_list(placed.view)), BLOCK, fill=0)
    return _battery_block(placed, BATTERY_BLOCKS[number - 2])


def _values(placed: Placed) -> list[int]:
    known = {0: placed.batteries, 1: placed.quality, 4: placed.level}  # of a string whose line is not running
    return _laid_out(
        {
            one.at: one.form.encode(one.value(placed.view) if placed.view else known.get(one.at), one.scale)
            for one in STRING_REGISTERS
        },
        BLOCK,
    )


def _battery_block(placed: Placed, register: Register[StringView, Battery]) -> list[int]:
    form, scale, view = register.form, register.scale, placed.view
    if view is not None:
        words = [word for one in view.string.batteries for word in form.encode(register.value(view, one), scale)]
    else:
        known = {QUALITY: BatteryQuality.NOT_SET_UP, LEVEL: LEVEL_CODES["not_monitored"]}
        words = form.encode(known.get(register.at)) * placed.batteries
    none = BatteryQuality.NONE if register.at == QUALITY else None
    return (words + form.encode(none) * BLOCK)[:BLOCK]


def _alarm_list(view: StringView) -> Iterator[tuple[int, list[int]]]:
    """Yield the records of the most urgent alarms, each with its offset."""
    for place, alarm in enumerate(view.alarms[:ALARMS]):
        described = TEXTS.described(view.string, alarm)
        value = described["value_now"] if alarm.value_at is not None else described["value"]
        numbers = numbers_of(view.string, alarm)
        yield (
            place * ALARM_RECORD,
            [
                ALARM_CODES[alarm.kind],
                int(alarm.level),
                numbers[0] if numbers else 0,
                len(numbers),
                _flags(alarm),
                UNIT_CODES[described["unit"]],
                *U32.encode(alarm.raised),
                *S32.encode(value, 1000),
                *S32.encode(described["limit"], 1000),
            ],
        )


def _flags(alarm: Alarm) -> int:
    return (AlarmFlag.ACKNOWLEDGED if alarm.acknowledged is not None else 0) | (AlarmFlag.TEST if alarm.drill else 0)


def _laid_out(values: Mapping[int, list[int]], length: int, *, fill: int = RESERVED) -> list[int]:
    words = [fill] * length
    for at, some in values.items():
        words[at : at + len(some)] = some
    return words
