"""The register table: where each value stands. docs/plant.md shows it, and a test compares the two.

Addresses are 0-based. A released address never changes its meaning: new values get free addresses and raise MINOR.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Final

from ..const import CONF_INSTALLED
from ..figures.by_key import OF_BATTERY, OF_STRING, READING, figure
from ..figures.discharge_figures import remaining_range
from ..figures.readings import measured
from ..figures.room_figures import KEY as ROOM_KEY
from ..monitor.battery.counters import Counters
from ..monitor.battery.events import Discharge, Level
from ..strings.members import Battery, String
from .bank_view import BankView
from .register_codes import CHEMISTRY_CODES, RISK_CODES, STATE_CODES
from .register_forms import BITS, NAME, S16, S32, U16, U32, WORD, Form, TextForm
from .string_places import Overview, Placed
from .string_view import StringView

MARK: Final = 0x4242  # "BB" in register 0, by which a reader knows this table
MAJOR: Final = 1
MINOR: Final = 1

PLACES: Final = 15  # strings of one unit
UNITS: Final = 4
PAGE: Final = 4000  # registers from one string to the next; string 1 begins at PAGE
BLOCK: Final = 250  # registers of a block; the first and the second of a string are its values and its list of alarms
BANKS: Final = 64000  # bank 1 begins here, after the last string
BANK: Final = 100  # registers from one bank to the next
MEMBERS: Final = 20  # strings of a bank that have room
OVERVIEW: Final = 120  # registers of the overview of a unit, from 0 on

ALARM_LIST: Final = 250  # the offset of the list of alarms
ALARM_RECORD: Final = 12  # registers of one alarm in the list
ALARMS: Final = 20  # the longest list

type Number = float | str | None


@dataclass(frozen=True, slots=True)
class Register[*Ts]:
    """A value at one address, or of a battery block."""

    at: int  # the offset in its block; of a battery block its number
    form: Form | TextForm
    name: str
    unit: str
    scale: float  # from the unit of `value` to that of the register
    value: Callable[[*Ts], Number]


def _figure(key: str) -> Callable[[StringView], float | None]:
    """Return the value that the sensor of a string with this key shows."""
    assert key in OF_STRING  # noqa: S101 - a typing mistake is found when the module is loaded
    return lambda view: figure(OF_STRING, key, view.string)


def _reading(key: str) -> Callable[[StringView], float | None]:
    return lambda view: measured(view.string, READING[key])[1]


def _room_temperature(view: StringView) -> float | None:
    """Return the room temperature in °C as the sensor of the string shows it."""
    measured_by_module: float | None = _reading(ROOM_KEY)(view)
    return figure(OF_STRING, ROOM_KEY, view.string) if measured_by_module is None else measured_by_module


def _bits(least: Level, word: int) -> Callable[[StringView], int]:
    return lambda view: view.word(least, word)


def _counter(name: str) -> Callable[[StringView], float | None]:
    value = attrgetter(name)

    def counter(view: StringView) -> float | None:
        counters: Counters | None = view.string.saved_counters
        return None if counters is None else value(counters)

    return counter


def _under_way(value: Callable[[Discharge, String], Number]) -> Callable[[StringView], Number]:
    def of_discharge(view: StringView) -> Number:
        recording = view.string.state.running.recording
        return None if recording is None else value(recording.discharge, view.string)

    return of_discharge


def _estimated(view: StringView) -> bool | None:
    return remaining_range(view.string).estimated if _figure("remaining_time")(view) is not None else None


def _installed(view: StringView) -> int | None:
    text = view.string.config[CONF_INSTALLED]
    return int(f"{date.fromisoformat(text):%Y%m%d}") if text else None


def _state(view: StringView) -> int | None:
    state = view.string.state.running.condition.condition
    return None if state is None else STATE_CODES[state]


OVERVIEW_REGISTERS: Final[tuple[Register[Overview], ...]] = (
    Register(0, U16, f"Mark of this table, always {MARK}", "", 1, lambda _: MARK),
    Register(1, U16, "Version of the table: a change makes old registers differ", "", 1, lambda _: MAJOR),
    Register(2, U16, "Version of the table: additions", "", 1, lambda _: MINOR),
    Register(3, U16, "Strings of this unit", "", 1, lambda one: sum(placed.taken for placed in one.placed)),
    Register(4, U16, "Batteries of this unit", "", 1, lambda one: sum(placed.batteries for placed in one.placed)),
    Register(5, U16, "Worst alarm level of this unit", "code", 1, lambda one: one.level),
    Register(
        6, U16, "Alarms and warnings of this unit", "", 1, lambda one: sum(placed.alarms or 0 for placed in one.placed)
    ),
    Register(7, U16, "Lines that work, of the whole installation", "", 1, lambda one: one.lines_working),
    Register(8, U16, "Lines that are configured", "", 1, lambda one: one.lines),
    Register(9, BITS, "Heartbeat: changes each second", "", 1, lambda one: int(one.now) & WORD),
    Register(10, U32, "Time of these values", "time", 1, lambda one: int(one.now)),
    Register(12, U16, "Banks of this unit", "", 1, lambda one: one.banks),
)
# Each with one register for each place: the first is that of place 1.
OVERVIEW_ROWS: Final[tuple[Register[Placed], ...]] = (
    Register(20, U16, "Number of batteries", "", 1, lambda one: one.batteries),
    Register(40, U16, "Quality of the string", "code", 1, lambda one: one.quality),
    Register(60, U16, "Alarm level", "code", 1, lambda one: one.level),
    Register(80, U16, "Number of alarms and warnings", "", 1, lambda one: one.alarms),
    Register(100, U16, "Operating state", "code", 1, lambda one: _state(one.view) if one.view else None),
)

STRING_REGISTERS: Final[tuple[Register[StringView], ...]] = (
    Register(0, U16, "Number of batteries", "", 1, lambda view: len(view.string.batteries)),
    Register(1, U16, "Quality of the string", "code", 1, lambda view: view.quality),
    Register(2, U16, "Age of the reading of the string module", "s", 1, lambda view: view.age),
    Register(3, U16, "Age of the oldest current reading of a battery", "s", 1, lambda view: view.oldest),
    Register(4, U16, "Alarm level", "code", 1, lambda view: view.level),
    Register(5, U16, "Number of alarms and warnings", "", 1, lambda view: len(view.string.alarms)),
    Register(6, U16, "Number of test alarms", "", 1, lambda view: len(view.string.raised) - len(view.string.alarms)),
    Register(7, U16, "Operating state", "code", 1, _state),
    Register(
        8, U16, "Battery whose resistance is being tested; 0: none", "", 1, lambda view: view.string.under_test or 0
    ),
    Register(
        9,
        U16,
        "Number of batteries with a current reading",
        "",
        1,
        lambda view: sum(battery.monitored for battery in view.string.batteries),
    ),
    *(
        Register(10 + word, BITS, f"Alarms and warnings, codes {16 * word + 1} to {16 * word + 16}", "bits", 1, bits)
        for word in range(4)
        for bits in (_bits(Level.WARNING, word),)
    ),
    *(
        Register(14 + word, BITS, f"Alarms only, codes {16 * word + 1} to {16 * word + 16}", "bits", 1, bits)
        for word in range(4)
        for bits in (_bits(Level.ALARM, word),)
    ),
    Register(20, U32, "Voltage", "mV", 1000, _figure("voltage")),
    Register(22, S32, "Current; positive charges", "mA", 1000, _reading("current")),
    Register(24, S16, "Room temperature", "0.1 °C", 10, _room_temperature),
    Register(25, S16, "Second temperature", "0.1 °C", 10, _reading("second_temperature")),
    Register(26, U16, "Highest battery voltage", "mV", 1000, _figure("highest_voltage")),
    Register(27, U16, "Battery with the highest voltage", "", 1, _figure("highest_battery")),
    Register(28, U16, "Lowest battery voltage", "mV", 1000, _figure("lowest_voltage")),
    Register(29, U16, "Battery with the lowest voltage", "", 1, _figure("lowest_battery")),
    Register(30, U16, "Voltage spread", "mV", 1000, _figure("voltage_spread")),
    Register(31, S16, "Highest battery temperature", "0.1 °C", 10, _figure("highest_temperature")),
    Register(32, U16, "Hottest battery", "", 1, _figure("hottest_battery")),
    Register(33, U16, "State of charge", "0.1 %", 10, _figure("state_of_charge")),
    Register(34, U16, "Health by resistance, of the worst battery", "0.1 %", 10, _figure("health_ohmic")),
    Register(35, U16, "Weakest battery", "", 1, _figure("weakest_battery")),
    Register(36, U16, "Health by capacity", "0.1 %", 10, _figure("health_capacity")),
    Register(38, U32, "Measured capacity", "0.1 Ah", 10, _figure("capacity")),
    Register(40, U32, "Remaining time", "s", 1, _figure("remaining_time")),
    Register(42, U32, "Remaining time, at least", "s", 1, lambda view: remaining_range(view.string).low),
    Register(44, U32, "Remaining time, at most", "s", 1, lambda view: remaining_range(view.string).high),
    Register(46, U16, "1: the remaining time is an estimate from the nameplate", "", 1, _estimated),
    Register(47, U16, "Limiting battery", "", 1, _figure("limiting_battery")),
    Register(48, U32, "Remaining time of the limiting battery", "s", 1, _figure("limiting_remaining_time")),
    Register(50, U16, "Days since full", "0.1 d", 10, _figure("days_since_full")),
    Register(51, U16, "Float current, compared with the usual one", "%", 1, _figure("float_current_ratio")),
    Register(52, U16, "Design life used", "0.1 %", 10, _figure("life_used")),
    Register(54, U32, "End of life", "time", 1, _figure("end_of_life")),
    Register(56, U32, "Next resistance test", "time", 1, _figure("next_resistance_test")),
    Register(58, U16, "Hydrogen", "0.1 l/h", 10_000, _figure("hydrogen")),
    Register(59, U16, "Ventilation needed", "0.1 m³/h", 10, _figure("ventilation")),
    Register(60, U32, "Counter: charged", "0.1 Ah", 10, _counter("charged")),
    Register(62, U32, "Counter: discharged", "0.1 Ah", 10, _counter("drawn")),
    Register(64, U32, "Counter: charged energy", "Wh", 1, _counter("charged_energy")),
    Register(66, U32, "Counter: discharged energy", "Wh", 1, _counter("drawn_energy")),
    Register(68, U32, "Counter: full cycles", "0.01", 100, _figure("cycles")),
    Register(70, U32, "Counter: discharges", "", 1, _counter("discharges")),
    Register(72, U32, "Counter: hours above the warning limit of the temperature", "0.1 h", 10, _counter("hot")),
    Register(74, U32, "Counter: hours of charging below the float voltage", "0.1 h", 10, _counter("below_float")),
    Register(76, U32, "Counter: hours with readings", "0.1 h", 10, _counter("watched")),
    Register(80, U32, "Last discharge: start", "time", 1, _figure("last_discharge")),
    Register(82, U32, "Last discharge: duration", "s", 1, _figure("last_discharge_duration")),
    Register(84, U32, "Last discharge: charge", "0.1 Ah", 10, _figure("last_discharge_charge")),
    Register(86, U32, "Last discharge: energy", "Wh", 1, _figure("last_discharge_energy")),
    Register(88, U32, "Last discharge: end voltage", "mV", 1000, _figure("last_discharge_end_voltage")),
    Register(90, U16, "Last discharge: lowest battery voltage", "mV", 1000, _figure("last_discharge_lowest_voltage")),
    Register(91, U16, "Last discharge: battery with it", "", 1, _figure("last_discharge_lowest_battery")),
    Register(
        100, U16, "1: a discharge is under way", "", 1, lambda view: view.string.state.running.recording is not None
    ),
    Register(102, U32, "Discharge under way: start", "time", 1, _under_way(lambda one, _: one.start)),
    Register(104, U32, "Discharge under way: charge", "0.1 Ah", 10, _under_way(lambda one, _: one.drawn)),
    Register(106, U32, "Discharge under way: energy", "Wh", 1, _under_way(lambda one, _: one.energy)),
    Register(
        108,
        U16,
        "Discharge under way: lowest battery voltage",
        "mV",
        1000,
        _under_way(lambda one, _: one.lowest_voltage),
    ),
    Register(
        109,
        U16,
        "Discharge under way: battery with it",
        "",
        1,
        _under_way(lambda one, string: string.number(one.lowest_battery)),
    ),
    Register(120, U16, "Chemistry", "code", 1, lambda view: CHEMISTRY_CODES[view.string.settings.chemistry]),
    Register(121, U16, "Cells of one battery", "", 1, lambda view: view.string.settings.cells),
    Register(122, U16, "Nominal voltage of one battery", "mV", 1000, lambda view: view.string.settings.nominal_voltage),
    Register(124, U32, "Nominal capacity", "0.1 Ah", 10, lambda view: view.string.settings.capacity),
    Register(126, U32, "Date of installation, as yyyymmdd", "", 1, _installed),
    Register(130, NAME, "Name of the string", "", 1, lambda view: view.string.name),
)


# The registers of one alarm in the list.
ALARM_REGISTERS: Final[tuple[tuple[int, Form, str], ...]] = (
    (0, U16, "Code of the alarm; 0: no further alarm"),
    (1, U16, "Level: 1 warning, 2 alarm"),
    (2, U16, "Number of the battery, or of the first one of several; 0: the string"),
    (3, U16, "Number of batteries concerned"),
    (4, BITS, "Flags: 1 acknowledged, 2 test alarm"),
    (5, U16, "Unit of value and limit: 1 V, 2 A, 3 °C, 4 K, 5 ×, 6 min, 7 h, 8 d, 9 %"),
    (6, U32, "Time when it was raised"),
    (8, S32, "Value now, or when it was raised if there is none now, in thousandths of the unit"),
    (10, S32, "Limit, in thousandths of the unit"),
)


def _of_battery(key: str) -> Callable[[StringView, Battery], float | None]:
    assert key in OF_BATTERY  # noqa: S101 - a typing mistake is found when the module is loaded
    return lambda _, battery: figure(OF_BATTERY, key, battery)


def _quantity(key: str) -> Callable[[StringView, Battery], float | None]:
    return lambda _, battery: measured(battery, READING[key])[1]


def _risk(_: StringView, battery: Battery) -> int | None:
    risk = figure(OF_BATTERY, "risk", battery)
    return None if risk is None else RISK_CODES[risk]


def _deviation(_: StringView, battery: Battery) -> float | None:
    return figure(OF_BATTERY, "deviation", battery) if battery.reading else None


BATTERY_BLOCKS: Final[tuple[Register[StringView, Battery], ...]] = (
    Register(2, U16, "Quality of the battery", "code", 1, StringView.battery_quality),
    Register(3, U16, "Age of the reading", "s", 1, StringView.battery_age),
    Register(4, U16, "Voltage", "mV", 1000, _quantity("voltage")),
    Register(5, S16, "Temperature", "0.1 °C", 10, _quantity("temperature")),
    Register(6, U16, "Internal resistance", "µΩ", 1000, _quantity("resistance")),
    Register(7, U16, "Resistance, compared with the baseline", "0.1 %", 10, _of_battery("resistance_ratio")),
    Register(8, S16, "Voltage deviation from the string", "mV", 1000, _deviation),
    Register(9, U16, "Health by resistance", "0.1 %", 10, _of_battery("health")),
    Register(10, U16, "Alarm level", "code", 1, StringView.battery_level),
    Register(11, BITS, "Alarms and warnings, codes 1 to 16", "bits", 1, lambda view, one: view.battery_word(one, 0)),
    Register(12, BITS, "Alarms and warnings, codes 17 to 32", "bits", 1, lambda view, one: view.battery_word(one, 1)),
    Register(13, U16, "Hours since the last resistance test", "h", 1, StringView.since_test),
    Register(14, U16, "Risk by resistance", "code", 1, _risk),
    Register(15, S16, "Resistance trend", "0.1 %/a", 10, _of_battery("resistance_trend")),
)


def _state_of_bank(name: str) -> Callable[[BankView], float | None]:
    value = attrgetter(name)
    return lambda view: value(view.bank.state) if view.bank else None


def _place(number: int) -> Callable[[BankView], int | None]:
    return lambda view: view.place(number)


def _share(number: int) -> Callable[[BankView], float | None]:
    return lambda view: view.share(number)


BANK_REGISTERS: Final[tuple[Register[BankView], ...]] = (
    Register(0, U16, "Number of strings", "", 1, lambda view: view.strings),
    Register(1, U16, "Quality of the totals", "code", 1, lambda view: view.quality),
    Register(2, U16, "Worst alarm level of its strings", "code", 1, lambda view: view.level),
    Register(3, U16, "Alarms and warnings of its strings", "", 1, lambda view: view.alarms),
    Register(4, U32, "Voltage, the median of its strings", "mV", 1000, _state_of_bank("voltage")),
    Register(6, S32, "Current; positive charges", "mA", 1000, _state_of_bank("current")),
    Register(8, S32, "Power; positive discharges", "W", 1, _state_of_bank("power")),
    Register(10, U32, "Counter: charged energy", "Wh", 1, lambda view: view.total("charged_energy")),
    Register(12, U32, "Counter: discharged energy", "Wh", 1, lambda view: view.total("drawn_energy")),
    Register(14, U16, "1: the share of a string is uneven", "", 1, lambda view: view.uneven),
    Register(15, U16, "State of charge", "0.1 %", 1000, _state_of_bank("state_of_charge")),
    Register(16, U16, "Operating state", "code", 1, lambda view: view.operating_state),
    Register(18, U32, "Remaining time", "s", 1, lambda view: view.remaining),
    *(
        Register(20 + number, U16, f"Place of string {number + 1}", "", 1, place)
        for number in range(MEMBERS)
        for place in (_place(number),)
    ),
    *(
        Register(
            40 + number,
            S16,
            f"Share of string {number + 1} in the current",
            "0.1 %",
            1000,
            share,
        )
        for number in range(MEMBERS)
        for share in (_share(number),)
    ),
    Register(60, NAME, "Name of the bank", "", 1, lambda view: view.bank.name if view.bank else None),
)
