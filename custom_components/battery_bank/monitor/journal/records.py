"""The records of a journal as rows of its tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from enum import IntEnum
from math import isfinite
import sqlite3
from typing import Any, Final

from ..battery import events
from ..battery.alarm_kinds import AlarmKind
from ..battery.capacity_result import CapacityTestResult, Outcome

# A row with other values than these can't have been written by the monitor: its bytes were changed on the disk.
TIMES: Final = (0.0, 7_258_118_400.0)  # s since 1970, UTC: to the year 2200
OHMIC_VALUES: Final = (1e-7, 1e3)  # Ω
NUMBERS: Final = (-1e12, 1e12)
OF_TIME: Final = (
    "acknowledged",
    "announced",
    "at",
    "cleared",
    "end",
    "first_below_at",
    "lowest_at",
    "noted",
    "raised",
    "start",
)
OF_RESISTANCE: Final = ("ohmic_value", "string_median")
KINDS: Final = (
    bool,
    AlarmKind,
    events.Level,
    events.BaselineKind,
    Outcome,
)  # SQLite returns them as integers and texts

type Record = (
    events.Alarm
    | events.Discharge
    | events.ResistanceTest
    | events.Baseline
    | events.Replaced
    | events.MonitoringGap
    | CapacityTestResult
)


class Table[T: Record]:
    """The table of one kind of record: the string, then a column for each field that is not marked `NO_COLUMN`.

    Rows that the monitor can't have written are left out, so that one damaged row does not hide the others.
    """

    def __init__(self, table: str, record: type[T], key: str, *, earlier: bool = False, no_value: str = "") -> None:
        """Describe a table; `earlier` is whether times before 1970 are read as 1970.

        `no_value` is the condition for rows whose resistance is of no importance.
        """
        self.name = table
        self._make: Callable[..., T] = record
        kept = [field for field in fields(record) if field.metadata.get("column", True)]
        self._names = [field.name for field in kept]
        self._kinds = [(field.name, field.type) for field in kept if field.type in KINDS]
        # SQLite takes an unknown name in quotes for a text. A key can't be NULL: no battery is stored as "".
        columns = ", ".join(f"[{name}]" for name in self._names)
        places = ", ".join("coalesce(?, '')" if name == "battery" else "?" for name in self._names)
        updates = ", ".join(f"[{name}] = excluded.[{name}]" for name in self._names)
        # IGNORE leaves out a record without a required value, and keeps the rest of the transaction.
        self._insert = (
            f"INSERT OR IGNORE INTO {table} (string, {columns}) VALUES (?, {places}) "  # noqa: S608 - constants of this module
            f"ON CONFLICT (string, {key}) DO UPDATE SET {updates}"
        )
        required, shown = [], []
        for field in kept:
            column = f"max([{field.name}], {TIMES[0]})" if earlier and field.name in OF_TIME else f"[{field.name}]"
            condition = _plausible(field.name, field.type, column)
            if _is_optional(field.type) and field.name != "battery":
                shown.append(f"iif({condition}, {column}, NULL)")
            else:
                of_resistance = no_value and field.name in OF_RESISTANCE
                required.append(f"({no_value} OR {condition})" if of_resistance else condition)
                shown.append("nullif(battery, '')" if field.name == "battery" else column)
        readable = " AND ".join(required)
        self._select = f"SELECT {', '.join(shown)} FROM {table} AS t WHERE {readable} AND string = ?"  # noqa: S608 - as above
        self.count_unreadable = f"SELECT count(*) FROM {table} AS t WHERE ({readable}) IS NOT TRUE"  # noqa: S608 - as above

    def put(self, connection: sqlite3.Connection, string_id: str, record: T) -> None:
        """Add a record, or update the one with the same key."""
        connection.execute(self._insert, (string_id, *(finite(getattr(record, name)) for name in self._names)))

    def get(self, connection: sqlite3.Connection, rest: str, string_id: str, *parameters: object) -> list[T]:
        """Return the records of a string; `rest` is the rest of the query."""
        records = []
        for row in connection.execute(f"{self._select} {rest}", (string_id, *parameters)):
            values = dict(zip(self._names, row, strict=True))
            records.append(self._make(**values | {name: kind(values[name]) for name, kind in self._kinds}))
        return records


def _is_optional(kind: Any) -> bool:
    return isinstance(None, kind)


def _plausible(name: str, kind: Any, column: str) -> str:
    """Return the condition for what the monitor writes into a column."""
    if name in OF_TIME or name in OF_RESISTANCE or kind in (float, float | None):
        low, high = TIMES if name in OF_TIME else OHMIC_VALUES if name in OF_RESISTANCE else NUMBERS
        return f"{column} BETWEEN {low!r} AND {high!r}"
    if kind is bool:
        return f"{column} IN (0, 1)"
    if kind in KINDS:
        options = ", ".join(str(one.value) if isinstance(one, IntEnum) else f"'{one}'" for one in kind)
        return f"{column} IN ({options})"
    return f"typeof({column}) = 'text'"


ALARMS: Final = Table("alarms", events.Alarm, "raised, kind, battery")
DISCHARGES: Final = Table("discharges", events.Discharge, "start")
TESTS: Final = Table("tests", events.ResistanceTest, "battery, at")
BASELINES: Final = Table("baselines", events.Baseline, "battery, at, kind", no_value="kind = 'none'")
# Release 0.4.0 accepted any date of a replacement that a person typed in.
REPLACEMENTS: Final = Table("replacements", events.Replaced, "battery, at", earlier=True)
GAPS: Final = Table("gaps", events.MonitoringGap, "start")
CAPACITY_TESTS: Final = Table("capacity_tests", CapacityTestResult, "start")
TABLES: Final = (ALARMS, DISCHARGES, TESTS, BASELINES, REPLACEMENTS, GAPS, CAPACITY_TESTS)

DISCHARGE: Final = """INSERT OR IGNORE INTO discharges (string, start, interrupted) VALUES (?, ?, FALSE)
    ON CONFLICT DO UPDATE SET start = start RETURNING id"""
# In the column of the voltage, from where on a voltage is not known. Earlier releases leave such a row out.
NO_VOLTAGE: Final = -(2**31)  # mV
POINT: Final = """INSERT OR IGNORE INTO curves VALUES (?, ?, round(? * 100), round(? * 1000), round(? * 1000))
    ON CONFLICT DO UPDATE SET millivolts = excluded.millivolts, milliampere_hours = excluded.milliampere_hours"""
CUT: Final = 'DELETE FROM gaps WHERE string = ? AND start < ? AND "end" > ? RETURNING start, "end"'
CURVE: Final = f"""SELECT nullif(n.battery, ''), centiseconds / 100.0, nullif(millivolts, {NO_VOLTAGE}) / 1000.0,
    milliampere_hours / 1000.0
    FROM discharges AS d JOIN curves AS c ON c.discharge = d.id JOIN names AS n ON n.id = c.battery
    WHERE d.string = ? AND d.start = ? AND abs(centiseconds) < 1e11
    AND (abs(millivolts) < 1e9 OR millivolts = {NO_VOLTAGE})
    AND abs(coalesce(milliampere_hours, 0)) < 1e11 ORDER BY c.battery, centiseconds"""  # noqa: S608


def execute(connection: sqlite3.Connection, statement: str, *parameters: object) -> list[Any]:
    """Execute a statement and return its rows."""
    return connection.execute(statement, parameters).fetchall()


def unreadable(connection: sqlite3.Connection) -> dict[str, int]:
    """Return how many rows of each table are left out because they can't be read; only tables with such rows."""
    counts = {table.name: execute(connection, table.count_unreadable)[0][0] for table in TABLES}
    return {name: count for name, count in counts.items() if count}


def write(
    connection: sqlite3.Connection, string_id: str, happened: Sequence[events.Event], documents: Mapping[str, bytes]
) -> None:
    """Write all of the events and documents of a string, or none."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for event in happened:
            _write_event(connection, string_id, event)
        rows = [(string_id, key, data) for key, data in documents.items()]
        connection.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", rows)


def _write_event(connection: sqlite3.Connection, string_id: str, event: events.Event) -> None:
    match event:
        case events.DischargePoints():
            _write_points(connection, string_id, event)
        case events.DischargeStarted() | events.DischargeEnded():
            DISCHARGES.put(connection, string_id, event.discharge)
        case events.ResistanceTested():
            TESTS.put(connection, string_id, event.test)
        case events.BaselineSet():
            BASELINES.put(connection, string_id, event.baseline)
        case events.Replaced():
            REPLACEMENTS.put(connection, string_id, event)
        case events.MonitoringGap():
            GAPS.put(connection, string_id, event)
        case events.MonitoredAgain():
            _cut_gaps(connection, string_id, event)
        case events.CapacityTested():
            CAPACITY_TESTS.put(connection, string_id, event.result)
        case events.NotKept():
            pass
        case _:
            ALARMS.put(connection, string_id, event.alarm)


def _cut_gaps(connection: sqlite3.Connection, string_id: str, again: events.MonitoredAgain) -> None:
    """Take a time that was monitored after all out of the gaps."""
    for start, end in execute(connection, CUT, string_id, again.end, again.start):
        left = [(string_id, start, again.start), (string_id, again.end, end)]
        connection.executemany("INSERT INTO gaps VALUES (?, ?, ?)", [one for one in left if one[2] > one[1]])


def _write_points(connection: sqlite3.Connection, string_id: str, event: events.DischargePoints) -> None:
    batteries = {(string_id, point.battery or "") for point in event.points}
    connection.executemany("INSERT OR IGNORE INTO names (string, battery) VALUES (?, ?)", batteries)
    numbers = dict(execute(connection, "SELECT battery, id FROM names WHERE string = ?", string_id))
    # The record of the discharge exists, unless it was written to a damaged file that was renamed.
    for (discharge,) in execute(connection, DISCHARGE, string_id, finite(event.start)):
        measured = ((point.battery or "", point.seconds, _stored(point.voltage), point.drawn) for point in event.points)
        rows = ((discharge, numbers[name], *map(finite, values)) for name, *values in measured)
        connection.executemany(POINT, rows)


def _stored(voltage: float | None) -> float:
    return NO_VOLTAGE / 1000 if voltage is None else voltage


def curve(connection: sqlite3.Connection, string_id: str, start: float) -> dict[str | None, list[events.CurvePoint]]:
    """Return the curves of a discharge, by battery; None is the string itself."""
    curves: dict[str | None, list[events.CurvePoint]] = {}
    for battery, seconds, voltage, drawn in connection.execute(CURVE, (string_id, start)):
        point = events.CurvePoint(battery=battery, seconds=seconds, voltage=voltage, drawn=drawn)
        curves.setdefault(battery, []).append(point)
    return curves


def purge(connection: sqlite3.Connection, discharge: int) -> int:
    """Delete the curves of a discharge by its id, and return the number of points."""
    removed = connection.execute("DELETE FROM curves WHERE discharge = ?", (discharge,)).rowcount
    execute(connection, "PRAGMA incremental_vacuum(1000)")  # pages, 4 MB; an alarm must not wait long for it
    return removed


def finite(value: Any) -> Any:
    """Return a value, and None for a number that is not finite."""
    return None if isinstance(value, float) and not isfinite(value) else value
