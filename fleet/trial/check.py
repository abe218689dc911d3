"""Whether every row of a site's journal is at the centre, once: read on both sides by queries of its own."""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any, Final

import psycopg

EPOCH: Final = 946_684_800  # s since 1970 of the beginning of the year 2000, which PostgreSQL counts from

# By table: the columns in the journal and at the centre; `t:` is a time, `b:` a flag.
COLUMNS: Final = {
    "alarms": "string t:raised kind battery level value limit worst t:acknowledged acknowledged_by t:cleared b:drill"
    " note t:noted noted_by",
    "discharges": "string t:start t:end drawn energy start_voltage end_voltage lowest_battery lowest_voltage"
    " t:lowest_at first_below t:first_below_at dip temperature capacity b:interrupted",
    "capacity_tests": "string t:start t:end t:announced announced_by duty current drawn temperature cell_voltage"
    " first_below passes outcome capacity rated",
    "tests": "string battery t:at ohmic_value temperature string_median b:usable",
    "baselines": "string battery kind ohmic_value t:at",
    "replacements": "string battery t:at by serial note maker battery_type",
    "gaps": "string t:start t:end",
}
SITE_CURVES: Final = """SELECT d.string, d.start, n.battery, c.centiseconds, c.millivolts, c.milliampere_hours
    FROM curves AS c JOIN discharges AS d ON d.id = c.discharge JOIN names AS n ON n.id = c.battery"""
CENTRE_CURVES: Final = """SELECT c.string, c.start, c.battery, p.centiseconds, p.millivolts, p.milliampere_hours
    FROM curves AS c JOIN curve_points AS p ON (p.site, p.curve, p.start) = (c.site, c.id, c.start)
    WHERE c.site = %s AND c.line = %s"""
SITE_DOCUMENTS: Final = "SELECT string, key FROM documents"
CENTRE_DOCUMENTS: Final = "SELECT string, key FROM documents WHERE site = %s AND line = %s"

type Rows = Counter[tuple[Any, ...]]


def at_site(path: Path) -> dict[str, Rows]:
    """Return the rows of a journal by table."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        found: dict[str, Rows] = {
            "curves": Counter(_timed(connection.execute(SITE_CURVES))),
            "documents": Counter(connection.execute(SITE_DOCUMENTS)),
        }
        for table, columns in COLUMNS.items():
            kinds = [column.rpartition(":") for column in columns.split()]
            names = ", ".join(f"nullif([{name}], '')" if name == "battery" else f"[{name}]" for *_, name in kinds)
            rows = connection.execute(f"SELECT {names} FROM {table}")  # noqa: S608 - our own words
            found[table] = Counter(
                tuple(_site_value(kind, value) for (kind, *_), value in zip(kinds, row, strict=True)) for row in rows
            )
    return found


def at_centre(connection: psycopg.Connection[tuple[Any, ...]], site: str, line: str) -> dict[str, Rows]:
    """Return the rows of a line by table."""
    given = (site, line)
    found: dict[str, Rows] = {
        "curves": Counter(
            (string, _microseconds(start), *values)
            for string, start, *values in connection.execute(CENTRE_CURVES, given).fetchall()
        ),
        "documents": Counter(connection.execute(CENTRE_DOCUMENTS, given).fetchall()),
    }
    for table, columns in COLUMNS.items():
        kinds = [column.rpartition(":") for column in columns.split()]
        names = ", ".join(f'"{name}"' for *_, name in kinds)
        query = f"SELECT {names} FROM {table} WHERE site = %s AND line = %s"  # noqa: S608 - our own words
        found[table] = Counter(
            tuple(_microseconds(value) if kind == "t" else value for (kind, *_), value in zip(kinds, row, strict=True))
            for row in connection.execute(query, given).fetchall()
        )
    return found


def differences(url: str, journals: Mapping[tuple[str, str], Path]) -> list[str]:
    """Return what is missing, superfluous or doubled at the centre, by line and table; empty if all is well."""
    found = []
    with psycopg.connect(url, autocommit=True) as connection:
        for (site, line), path in journals.items():
            here, there = at_site(path), at_centre(connection, site, line)
            for table, rows in here.items():
                missing, extra = rows - there[table], there[table] - rows
                if missing or extra:
                    found.append(
                        f"{site} {table}: {missing.total()} missing, {extra.total()} too many of {rows.total()}"
                        f" ({_example(missing)}{_example(extra)})"
                    )
    return found


def heard(url: str) -> tuple[int, int] | None:
    """Return how many lines the centre knows, and the sum of their acknowledged numbers; None while it is away."""
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute("SELECT count(*), coalesce(sum(acknowledged(received)), 0) FROM lines").fetchone()
    except psycopg.Error:
        return None
    return (int(row[0]), int(row[1])) if row else None


def total(journals: Iterable[Path]) -> int:
    """Return how many rows there are in journals."""
    return sum(rows.total() for path in journals for rows in at_site(path).values())


def _example(rows: Rows) -> str:
    return f"{next(iter(rows))} " if rows else ""


def _timed(rows: Iterable[tuple[Any, ...]]) -> Iterable[tuple[Any, ...]]:
    return ((string, _site_value("t", start), *values) for string, start, *values in rows)


def _site_value(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "t":
        return round((value - EPOCH) * 1e6)  # as PostgreSQL rounds
    return bool(value) if kind == "b" else value


def _microseconds(value: Any) -> Any:
    if value is None:
        return None
    whole = int(value.replace(microsecond=0).timestamp())
    return (whole - EPOCH) * 1_000_000 + value.microsecond
