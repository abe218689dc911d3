"""The tables of an export: columns, units and rows, made from records of the journal and from statistics."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from math import isfinite
from typing import Any, Final

from homeassistant.const import (
    PERCENTAGE,
    UnitOfElectricCurrent,
    UnitOfElectricPotential,
    UnitOfEnergy,
    UnitOfTemperature,
    UnitOfTime,
)

from ..monitor.battery.capacity_result import CapacityTestResult
from ..monitor.battery.events import Alarm, Baseline, Discharge, Replaced, ResistanceTest
from ..runtime.local_time import local_time
from ..strings.members import MILLIOHMS, Battery, String
from ..texts.alarm_texts import LEVELS, AlarmTexts
from ..texts.values import AMPERE_HOURS, MILLIOHM, percent
from .turns import unhurried

VOLT: Final = UnitOfElectricPotential.VOLT
AMPERE: Final = UnitOfElectricCurrent.AMPERE
CELSIUS: Final = UnitOfTemperature.CELSIUS

# The sensors whose statistics are exported, by key, with the unit.
BATTERY_QUANTITIES: Final = {
    "voltage": VOLT,
    "deviation": VOLT,
    "temperature": CELSIUS,
    "resistance": MILLIOHM,
    "resistance_ratio": PERCENTAGE,
    "health": PERCENTAGE,
}
STRING_QUANTITIES: Final = {
    "voltage": VOLT,
    "current": AMPERE,
    "ambient_temperature": CELSIUS,
    "highest_temperature": CELSIUS,
    "highest_voltage": VOLT,
    "lowest_voltage": VOLT,
    "voltage_spread": VOLT,
    "state_of_charge": PERCENTAGE,
    "capacity": AMPERE_HOURS,
}

type Value = str | float | bool | None
type Row = dict[str, Value]  # by column; times in ISO 8601 with their zone; None was not measured or is not known
type Units = Mapping[str, str | None]  # by column, in the order of the columns; None for a column without a unit


class TableName(StrEnum):
    """The tables of a string."""

    BATTERY_STATISTICS = "battery_statistics"
    STRING_STATISTICS = "string_statistics"
    RESISTANCE_TESTS = "resistance_tests"
    DISCHARGES = "discharges"
    CAPACITY_TESTS = "capacity_tests"
    ALARMS = "alarms"
    BASELINES = "baselines"
    REPLACEMENTS = "replacements"


class LeftOut(StrEnum):
    """Why a table is missing."""

    NO_RECORDER = "no_recorder"
    OF_STRING = "of_string"  # the table is of the whole string, and a battery was asked for


OF_STRING: Final = frozenset({TableName.STRING_STATISTICS, TableName.DISCHARGES, TableName.CAPACITY_TESTS})


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows that all have the same columns."""

    units: Units
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """The tables of a string, or of one battery, in a period."""

    found: Mapping[TableName, Table] = field(default_factory=dict)
    left_out: Mapping[TableName, LeftOut] = field(default_factory=dict)

    def of(self, battery: Battery) -> Tables:
        """Return the rows of one battery."""
        return Tables(
            found={
                name: replace(table, rows=[row for row in table.rows if row["battery_id"] == battery.id])
                for name, table in self.found.items()
                if name not in OF_STRING
            },
            left_out={**self.left_out, **{name: LeftOut.OF_STRING for name in self.found if name in OF_STRING}},
        )


class BatteryIdentities:
    """The number and the serial number of each battery of a string at any time."""

    def __init__(self, string: String, replaced: Iterable[Replaced] = ()) -> None:
        """Take all replacements of batteries of the string, oldest first."""
        self.string = string
        self._numbers = {battery.id: battery.number for battery in string.batteries}
        self._replaced: dict[str, list[Replaced]] = {}
        for one in replaced:
            self._replaced.setdefault(one.battery, []).append(one)

    def number(self, battery: str | None) -> int | None:
        """Return the number of a battery by its id; None if the battery was taken out."""
        return self._numbers.get(battery) if battery else None

    def columns(self, battery: str | None, at: float) -> Row:
        """Return the columns that identify a battery: its present number, its permanent id, its serial number then."""
        before = [one for one in self._replaced.get(battery or "", ()) if one.at <= at]
        return {
            "battery": self.number(battery),
            "battery_id": battery,
            "serial": before[-1].serial if before else None,
        }


def local(at: float | None) -> str | None:
    """Return a time, in s since 1970, in ISO 8601 with the zone of this Home Assistant; None is returned as None."""
    return None if at is None else local_time(at).isoformat("T", "seconds")


def number(value: float | None, digits: int = 3) -> float | None:
    """Round to the resolution of the measurement; return None for None and for a value that is not finite."""
    return None if value is None or not isfinite(value) else round(value, digits)


def _test(texts: AlarmTexts, batteries: BatteryIdentities, test: ResistanceTest) -> Row:
    return {
        "at": local(test.at),
        **batteries.columns(test.battery, test.at),
        "resistance": number(MILLIOHMS * test.ohmic_value, batteries.string.milliohm_decimals),
        "temperature": number(test.temperature, 1),
        "string_median": None
        if test.string_median is None
        else number(MILLIOHMS * test.string_median, batteries.string.milliohm_decimals),
        "usable": test.usable,
    }


def _discharge(texts: AlarmTexts, batteries: BatteryIdentities, discharge: Discharge) -> Row:
    return {
        "start": local(discharge.start),
        "end": local(discharge.end),
        "duration": None if discharge.end is None else number(discharge.end - discharge.start, 0),
        "drawn": number(discharge.drawn),
        "energy": number(discharge.energy, 1),
        "start_voltage": number(discharge.start_voltage),
        "end_voltage": number(discharge.end_voltage),
        "lowest_battery": batteries.number(discharge.lowest_battery),
        "lowest_voltage": number(discharge.lowest_voltage),
        "lowest_at": local(discharge.lowest_at),
        "first_below_end_voltage": batteries.number(discharge.first_below),
        "first_below_at": local(discharge.first_below_at),
        "dip": number(discharge.dip),
        "temperature": number(discharge.temperature, 1),
        "capacity": number(discharge.capacity, 1),
        "interrupted": discharge.interrupted,
    }


def _capacity_test(texts: AlarmTexts, batteries: BatteryIdentities, result: CapacityTestResult) -> Row:
    return {
        "start": local(result.start),
        "end": local(result.end),
        "announced": local(result.announced),
        "announced_by": result.announced_by,
        "outcome": result.outcome.value,
        "duty": number(result.duty),
        "current": number(result.current),
        "drawn": number(result.drawn),
        "temperature": number(result.temperature, 1),
        "cell_voltage": number(result.cell_voltage),
        "first_below_end_voltage": batteries.number(result.first_below),
        "capacity": number(result.capacity, 1),
        "rated": number(result.rated, 1),
        "share": percent(result.share),
        "pass_limit": percent(result.passes),
        "passed": result.passed,
    }


def _alarm(texts: AlarmTexts, batteries: BatteryIdentities, alarm: Alarm) -> Row:
    described = texts.described(batteries.string, alarm)
    return {
        "raised": local(alarm.raised),
        **batteries.columns(alarm.battery, alarm.raised),
        "kind": alarm.kind.value,
        **{key: described[key] for key in ("name", "level")},
        "worst": LEVELS[alarm.worst],
        **{key: described[key] for key in ("value", "limit", "unit")},
        "acknowledged": local(alarm.acknowledged),
        "acknowledged_by": alarm.acknowledged_by,
        "note": alarm.note,
        "noted": local(alarm.noted),
        "noted_by": alarm.noted_by,
        "cleared": local(alarm.cleared),
        "drill": alarm.drill,
    }


def _baseline(texts: AlarmTexts, batteries: BatteryIdentities, baseline: Baseline) -> Row:
    return {
        "at": local(baseline.at),
        **batteries.columns(baseline.battery, baseline.at),
        "kind": baseline.kind.value,
        "resistance": number(MILLIOHMS * baseline.ohmic_value, batteries.string.milliohm_decimals),
    }


def _replaced(texts: AlarmTexts, batteries: BatteryIdentities, replaced: Replaced) -> Row:
    return {
        "at": local(replaced.at),
        **batteries.columns(replaced.battery, replaced.at),
        "by": replaced.by,
        "note": replaced.note,
        "maker": replaced.maker,
        "battery_type": replaced.battery_type,
    }


BATTERY: Final[Units] = {"battery": None, "battery_id": None, "serial": None}


@dataclass(frozen=True, kw_only=True)
class RecordTable[T]:
    """How records of one kind become a table."""

    units: Units
    row: Callable[[AlarmTexts, BatteryIdentities, T], Row]
    at: Callable[[T], float]  # the time of a record, in s since 1970, by which it belongs to a period


RECORD_TABLES: Final[Mapping[TableName, RecordTable[Any]]] = {
    TableName.RESISTANCE_TESTS: RecordTable[ResistanceTest](
        units={"at": None, **BATTERY, "resistance": MILLIOHM, "temperature": CELSIUS, "string_median": MILLIOHM}
        | {"usable": None},
        row=_test,
        at=lambda test: test.at,
    ),
    TableName.DISCHARGES: RecordTable[Discharge](
        units={"start": None, "end": None, "duration": UnitOfTime.SECONDS, "drawn": AMPERE_HOURS}
        | {"energy": UnitOfEnergy.WATT_HOUR, "start_voltage": VOLT, "end_voltage": VOLT}
        | {"lowest_battery": None, "lowest_voltage": VOLT, "lowest_at": None}
        | {"first_below_end_voltage": None, "first_below_at": None}
        | {"dip": VOLT, "temperature": CELSIUS, "capacity": AMPERE_HOURS, "interrupted": None},
        row=_discharge,
        at=lambda discharge: discharge.start,
    ),
    TableName.CAPACITY_TESTS: RecordTable[CapacityTestResult](
        units={"start": None, "end": None, "announced": None, "announced_by": None, "outcome": None}
        | {"duty": AMPERE, "current": AMPERE, "drawn": AMPERE_HOURS, "temperature": CELSIUS, "cell_voltage": VOLT}
        | {"first_below_end_voltage": None, "capacity": AMPERE_HOURS, "rated": AMPERE_HOURS}
        | {"share": PERCENTAGE, "pass_limit": PERCENTAGE, "passed": None},
        row=_capacity_test,
        at=lambda result: result.start,
    ),
    TableName.ALARMS: RecordTable[Alarm](
        units={"raised": None, **BATTERY}
        | dict.fromkeys(("kind", "name", "level", "worst", "value", "limit", "unit"))
        | dict.fromkeys(("acknowledged", "acknowledged_by", "note", "noted", "noted_by", "cleared", "drill")),
        row=_alarm,
        at=lambda alarm: alarm.raised,
    ),
    TableName.BASELINES: RecordTable[Baseline](
        units={"at": None, **BATTERY, "kind": None, "resistance": MILLIOHM},
        row=_baseline,
        at=lambda baseline: baseline.at,
    ),
    TableName.REPLACEMENTS: RecordTable[Replaced](
        units={"at": None, **BATTERY, "by": None, "note": None, "maker": None, "battery_type": None},
        row=_replaced,
        at=lambda replaced: replaced.at,
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean:
    """The statistics of one sensor over an hour, a day or a month."""

    battery: str | None  # the id of the battery; None for a sensor of the string
    start: float  # s since 1970, UTC
    end: float
    quantity: str
    mean: float | None
    low: float | None
    high: float | None


def table_of_records(
    name: TableName,
    texts: AlarmTexts,
    batteries: BatteryIdentities,
    records: Iterable[Any],
    period: tuple[float, float],
) -> Table:
    """Return a table of those records of the journal that began in the period, oldest first."""
    table, (since, until) = RECORD_TABLES[name], period
    chosen = sorted((one for one in records if since <= table.at(one) < until), key=table.at)
    return Table(units=table.units, rows=[table.row(texts, batteries, one) for one in unhurried(chosen)])


def table_of_means(name: TableName, batteries: BatteryIdentities, means: Iterable[Mean]) -> Table:
    """Return a table of statistics: one row for each battery, or for the string, and each interval."""
    of_batteries = name is TableName.BATTERY_STATISTICS
    quantities = BATTERY_QUANTITIES if of_batteries else STRING_QUANTITIES
    measured = {
        f"{quantity}_{which}": unit for quantity, unit in quantities.items() for which in ("mean", "min", "max")
    }
    units: Units = {"start": None, "end": None, **(BATTERY if of_batteries else {}), **measured}
    found: dict[tuple[float, int, str | None], Row] = {}
    for one in unhurried(means):
        key = (one.start, batteries.number(one.battery) or 0, one.battery)
        if (row := found.get(key)) is None:
            row = found[key] = dict.fromkeys(units)
            row |= {"start": local(one.start), "end": local(one.end)}
            if of_batteries:
                row |= batteries.columns(one.battery, one.start)
        row[f"{one.quantity}_mean"] = number(one.mean)
        row[f"{one.quantity}_min"] = number(one.low)
        row[f"{one.quantity}_max"] = number(one.high)
    return Table(units=units, rows=[row for _, row in sorted(found.items(), key=lambda item: item[0][:2])])
