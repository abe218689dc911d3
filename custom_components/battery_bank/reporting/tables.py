"""Tables of what happened to a string, for exports and reports: their columns, units and rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
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
from homeassistant.util import dt as dt_util

from ..monitor.battery.events import Alarm, Baseline, Discharge, Replaced, ResistanceTest
from ..strings.members import Battery, String
from ..texts.alarm_texts import LEVELS, Words
from ..texts.values import AMPERE_HOURS, MILLIOHM

VOLT: Final = UnitOfElectricPotential.VOLT
AMPERE: Final = UnitOfElectricCurrent.AMPERE
CELSIUS: Final = UnitOfTemperature.CELSIUS

# What statistics there are of: the keys of sensors.
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
type Row = dict[str, Value]  # times in ISO 8601 with zone; None is what was not measured or is not known
type Units = Mapping[str, str | None]  # by column, in their order; None for what has none


class TableName(StrEnum):
    """What there is of a string."""

    BATTERY_STATISTICS = "battery_statistics"
    STRING_STATISTICS = "string_statistics"
    RESISTANCE_TESTS = "resistance_tests"
    DISCHARGES = "discharges"
    ALARMS = "alarms"
    BASELINES = "baselines"
    REPLACEMENTS = "replacements"


class LeftOut(StrEnum):
    """Why a table is not there."""

    NO_RECORDER = "no_recorder"
    OF_STRING = "of_string"  # and what was asked for is a battery


OF_STRING: Final = frozenset({TableName.STRING_STATISTICS, TableName.DISCHARGES})


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """Rows that all have the same columns."""

    units: Units
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True, slots=True)
class Tables:
    """What there is of a string, or of some of its batteries, in a period."""

    found: Mapping[TableName, Table] = field(default_factory=dict)
    left_out: Mapping[TableName, LeftOut] = field(default_factory=dict)

    def of(self, battery: Battery) -> Tables:
        """Return the part of one battery."""
        return Tables(
            found={
                name: replace(table, rows=[row for row in table.rows if row["battery_id"] == battery.id])
                for name, table in self.found.items()
                if name not in OF_STRING
            },
            left_out={**self.left_out, **{name: LeftOut.OF_STRING for name in self.found if name in OF_STRING}},
        )


class Who:
    """Who the batteries of a string are, and were."""

    def __init__(self, string: String, replaced: Iterable[Replaced] = ()) -> None:
        """Take all replacements, oldest first."""
        self.string = string
        self._numbers = {battery.id: battery.number for battery in string.batteries}
        self._replaced: dict[str, list[Replaced]] = {}
        for one in replaced:
            self._replaced.setdefault(one.battery, []).append(one)

    def number(self, battery: str | None) -> int | None:
        """Return the number of a battery; None if it was taken out."""
        return self._numbers.get(battery) if battery else None

    def columns(self, battery: str | None, at: float) -> Row:
        """Return which battery that was: its number now, its id, which never changes, and its serial number then."""
        before = [one for one in self._replaced.get(battery or "", ()) if one.at <= at]
        return {
            "battery": self.number(battery),
            "battery_id": battery,
            "serial": before[-1].serial if before else None,
        }


def local(at: float | None) -> str | None:
    """Return a time in s since 1970 in ISO 8601, with the zone people here live in; None stays."""
    return None if at is None else datetime.fromtimestamp(at, dt_util.get_default_time_zone()).isoformat("T", "seconds")


def number(value: float | None, digits: int = 3) -> float | None:
    """Return a number without digits that nobody measured; None stays, and what is not finite is none."""
    return None if value is None or not isfinite(value) else round(value, digits)


def _test(words: Words, who: Who, test: ResistanceTest) -> Row:
    return {
        "at": local(test.at),
        **who.columns(test.battery, test.at),
        "resistance": number(1000 * test.ohmic_value),
        "temperature": number(test.temperature, 1),
        "string_median": None if test.string_median is None else number(1000 * test.string_median),
        "usable": test.usable,
    }


def _discharge(words: Words, who: Who, discharge: Discharge) -> Row:
    return {
        "start": local(discharge.start),
        "end": local(discharge.end),
        "duration": None if discharge.end is None else number(discharge.end - discharge.start, 0),
        "drawn": number(discharge.drawn),
        "energy": number(discharge.energy, 1),
        "start_voltage": number(discharge.start_voltage),
        "end_voltage": number(discharge.end_voltage),
        "lowest_battery": who.number(discharge.lowest_battery),
        "lowest_voltage": number(discharge.lowest_voltage),
        "lowest_at": local(discharge.lowest_at),
        "first_below_end_voltage": who.number(discharge.first_below),
        "first_below_at": local(discharge.first_below_at),
        "dip": number(discharge.dip),
        "temperature": number(discharge.temperature, 1),
        "capacity": number(discharge.capacity, 1),
        "interrupted": discharge.interrupted,
    }


def _alarm(words: Words, who: Who, alarm: Alarm) -> Row:
    described = words.described(who.string, alarm)
    return {
        "raised": local(alarm.raised),
        **who.columns(alarm.battery, alarm.raised),
        "kind": alarm.kind.value,
        **{key: described[key] for key in ("name", "level")},
        "worst": LEVELS[alarm.worst],
        **{key: described[key] for key in ("value", "limit", "unit")},
        "acknowledged": local(alarm.acknowledged),
        "acknowledged_by": alarm.acknowledged_by,
        "cleared": local(alarm.cleared),
        "drill": alarm.drill,
    }


def _baseline(words: Words, who: Who, baseline: Baseline) -> Row:
    return {
        "at": local(baseline.at),
        **who.columns(baseline.battery, baseline.at),
        "kind": baseline.kind.value,
        "resistance": number(1000 * baseline.ohmic_value),
    }


def _replaced(words: Words, who: Who, replaced: Replaced) -> Row:
    return {
        "at": local(replaced.at),
        **who.columns(replaced.battery, replaced.at),
        "by": replaced.by,
        "note": replaced.note,
    }


BATTERY: Final[Units] = {"battery": None, "battery_id": None, "serial": None}


@dataclass(frozen=True, kw_only=True)
class Kind[T]:
    """How the records of one kind become a table."""

    units: Units
    row: Callable[[Words, Who, T], Row]
    at: Callable[[T], float]  # what has to be in the period


KINDS: Final[Mapping[TableName, Kind[Any]]] = {
    TableName.RESISTANCE_TESTS: Kind[ResistanceTest](
        units={"at": None, **BATTERY, "resistance": MILLIOHM, "temperature": CELSIUS, "string_median": MILLIOHM}
        | {"usable": None},
        row=_test,
        at=lambda test: test.at,
    ),
    TableName.DISCHARGES: Kind[Discharge](
        units={"start": None, "end": None, "duration": UnitOfTime.SECONDS, "drawn": AMPERE_HOURS}
        | {"energy": UnitOfEnergy.WATT_HOUR, "start_voltage": VOLT, "end_voltage": VOLT}
        | {"lowest_battery": None, "lowest_voltage": VOLT, "lowest_at": None}
        | {"first_below_end_voltage": None, "first_below_at": None}
        | {"dip": VOLT, "temperature": CELSIUS, "capacity": AMPERE_HOURS, "interrupted": None},
        row=_discharge,
        at=lambda discharge: discharge.start,
    ),
    TableName.ALARMS: Kind[Alarm](
        units={"raised": None, **BATTERY}
        | dict.fromkeys(("kind", "name", "level", "worst", "value", "limit", "unit"))
        | dict.fromkeys(("acknowledged", "acknowledged_by", "cleared", "drill")),
        row=_alarm,
        at=lambda alarm: alarm.raised,
    ),
    TableName.BASELINES: Kind[Baseline](
        units={"at": None, **BATTERY, "kind": None, "resistance": MILLIOHM},
        row=_baseline,
        at=lambda baseline: baseline.at,
    ),
    TableName.REPLACEMENTS: Kind[Replaced](
        units={"at": None, **BATTERY, "by": None, "note": None},
        row=_replaced,
        at=lambda replaced: replaced.at,
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean:
    """What a sensor of a battery, or of the string, measured in an hour, a day or a month."""

    battery: str | None  # its id; None for the string
    start: float  # s since 1970, UTC
    end: float
    quantity: str
    mean: float | None
    low: float | None
    high: float | None


def table_of_records(
    name: TableName, words: Words, who: Who, records: Iterable[Any], period: tuple[float, float]
) -> Table:
    """Make a table of those records of the journal that began in a period, oldest first."""
    kind, (since, until) = KINDS[name], period
    chosen = sorted((one for one in records if since <= kind.at(one) < until), key=kind.at)
    return Table(units=kind.units, rows=[kind.row(words, who, one) for one in chosen])


def table_of_means(name: TableName, who: Who, means: Iterable[Mean]) -> Table:
    """Make a table of statistics: a row for each battery, or for the string, and each time."""
    of_batteries = name is TableName.BATTERY_STATISTICS
    quantities = BATTERY_QUANTITIES if of_batteries else STRING_QUANTITIES
    measured = {
        f"{quantity}_{which}": unit for quantity, unit in quantities.items() for which in ("mean", "min", "max")
    }
    units: Units = {"start": None, "end": None, **(BATTERY if of_batteries else {}), **measured}
    found: dict[tuple[float, int, str | None], Row] = {}
    for one in means:
        key = (one.start, who.number(one.battery) or 0, one.battery)
        if (row := found.get(key)) is None:
            row = found[key] = dict.fromkeys(units)
            row |= {"start": local(one.start), "end": local(one.end)}
            if of_batteries:
                row |= who.columns(one.battery, one.start)
        row[f"{one.quantity}_mean"] = number(one.mean)
        row[f"{one.quantity}_min"] = number(one.low)
        row[f"{one.quantity}_max"] = number(one.high)
    return Table(units=units, rows=[row for _, row in sorted(found.items(), key=lambda item: item[0][:2])])
