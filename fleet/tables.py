"""The tables of `schema.sql` that rows of journals go to, and the statements that bring a row there once."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

# Columns by table: of the key first, then the others. Types: t time, s text, f number, i integer, b flag.
KEYS: Final = {
    "gaps": "string:s start:t",
    "replacements": "subject:s at:t",
    "baselines": "subject:s at:t kind:s",
    "tests": "subject:s at:t",
    "alarms": "subject:s kind:s raised:t",
    "discharges": "string:s start:t",
    "capacity_tests": "string:s start:t",
    "documents": "string:s key:s",
}
VALUES: Final = {
    "gaps": "end:t",
    "replacements": "string:s battery:s by:s serial:s note:s maker:s battery_type:s",
    "baselines": "string:s battery:s ohmic_value:f",
    "tests": "string:s battery:s ohmic_value:f temperature:f string_median:f usable:b",
    "alarms": "string:s battery:s level:i value:f limit:f worst:i acknowledged:t acknowledged_by:s cleared:t drill:b"
    " note:s noted:t noted_by:s",
    "discharges": "end:t drawn:f energy:f start_voltage:f end_voltage:f lowest_battery:s lowest_voltage:f lowest_at:t"
    " first_below:s first_below_at:t dip:f temperature:f capacity:f interrupted:b",
    "capacity_tests": "end:t announced:t announced_by:s duty:f current:f drawn:f temperature:f cell_voltage:f"
    " first_below:s passes:f outcome:s capacity:f rated:f",
    "documents": "data:j",
}
TYPES: Final = {"t": "float8", "s": "text", "f": "float8", "i": "smallint", "b": "smallint", "j": "jsonb"}
TIMES: Final = ("at", "start", "raised")  # those that a table is partitioned by

_SENT: Final = """WITH sent AS (
    SELECT site, line, string, to_timestamp(start) AS start, battery, centiseconds, millivolts, milliampere_hours
    FROM jsonb_to_recordset(%(rows)s) AS r(site text, line text, string text, start float8, battery text,
        centiseconds int[], millivolts int[], milliampere_hours int[]))"""
# One after the other: a statement does not see what it has inserted itself.
CURVES: Final = (
    f"""{_SENT} INSERT INTO curves (site, line, string, start, battery)
    SELECT DISTINCT site, line, string, start, battery FROM sent ON CONFLICT DO NOTHING""",  # noqa: S608
    f"""{_SENT} INSERT INTO curve_points (site, curve, start, centiseconds, millivolts, milliampere_hours)
    SELECT DISTINCT ON (site, id, start, at) site, id, start, at, voltage, drawn FROM sent
    JOIN curves USING (site, line, string, start, battery)
    CROSS JOIN LATERAL unnest(centiseconds, millivolts, milliampere_hours) AS point(at, voltage, drawn)
    ON CONFLICT (site, curve, start, centiseconds) DO UPDATE
    SET millivolts = excluded.millivolts, milliampere_hours = excluded.milliampere_hours
    WHERE (curve_points.millivolts, curve_points.milliampere_hours)
        IS DISTINCT FROM (excluded.millivolts, excluded.milliampere_hours)""",  # noqa: S608
)


def statement(table: str) -> str:
    """Return what brings rows, as JSON, into a table: each once, and never an older version over a newer one."""
    columns = [column.split(":") for column in f"{KEYS[table]} {VALUES[table]}".split()]
    key = ", ".join(f'"{column.split(":")[0]}"' for column in KEYS[table].split())
    names = ", ".join(f'"{name}"' for name, _ in columns)
    given = ", ".join(f'"{name}" {TYPES[kind]}' for name, kind in columns)
    values = ", ".join(_value(name, kind) for name, kind in columns)
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in (*_names(VALUES[table]), "stream", "seq"))
    return f"""INSERT INTO {table} AS t (site, line, {names}, stream, seq)
        SELECT site, line, {values}, stream, seq FROM jsonb_to_recordset(%(rows)s)
            AS r(site text, line text, {given}, stream bigint, seq bigint)
        ON CONFLICT (site, line, {key}) DO UPDATE SET {updates}
        WHERE (t.stream, t.seq) < (excluded.stream, excluded.seq)"""  # noqa: S608 - our own words


def newest(table: str, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the newest version of each row: one statement can't bring two."""
    if table == "curves":
        return list(rows)
    found: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in rows:
        key = row["site"], row["line"], *(row[name] for name in _names(KEYS[table]))
        if key not in found or (found[key]["stream"], found[key]["seq"]) < (row["stream"], row["seq"]):
            found[key] = row
    return list(found.values())


def month(row: Mapping[str, Any]) -> date | None:
    """Return the first day of the month that a row belongs to; None if it has no time, or none that can be."""
    at = next((row[name] for name in TIMES if row.get(name) is not None), None)
    try:
        day = datetime.fromtimestamp(at, UTC).date() if at is not None else None
    except OverflowError, OSError, ValueError:
        return None
    return day.replace(day=1) if day and 2000 <= day.year < 2100 else None  # noqa: PLR2004


def _names(columns: str) -> list[str]:
    return [column.split(":")[0] for column in columns.split()]


def _value(name: str, kind: str) -> str:
    match kind:
        case "t":
            return f'to_timestamp("{name}")'
        case "b":
            return f'"{name}" <> 0'
        case _:
            return f'"{name}"'


# In the order in which `ensure_month` takes the tables: so no two consumers wait for each other.
STATEMENTS: Final = {table: (statement(table),) for table in KEYS} | {"curves": CURVES}
