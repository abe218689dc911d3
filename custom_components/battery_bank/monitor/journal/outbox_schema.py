"""The tables and triggers of an outbox: they note the keys of each row that is written to the journal."""

from collections.abc import Iterator
import sqlite3
from typing import Final

# Key columns of the tables whose rows are sent, in the order in which a receiver is filled.
KEYS: Final = {
    "gaps": ("string", "start"),
    "replacements": ("string", "battery", "at"),
    "baselines": ("string", "battery", "at", "kind"),
    "tests": ("string", "battery", "at"),
    "alarms": ("string", "raised", "kind", "battery"),
    "discharges": ("string", "start"),
    "capacity_tests": ("string", "start"),
    "documents": ("string", "key"),
}
# Points of curves are noted in stretches of so many centiseconds: a number for each would be most of the outbox.
STRETCH: Final = 30_000
# The document that is saved each minute. It is put by in `outbox_later`, and noted when it is time to send it again.
OFTEN: Final = "running"

TABLES: Final = (
    """CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, "table" TEXT NOT NULL,
        k1 ANY, k2 ANY, k3 ANY, k4 ANY) STRICT""",
    'CREATE INDEX outbox_keys ON outbox ("table", k1, k2, k3, k4)',
    "CREATE TABLE outbox_later (string TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    "CREATE TABLE outbox_state (stream INTEGER NOT NULL, sent INTEGER NOT NULL, acknowledged INTEGER NOT NULL) STRICT",
    "INSERT INTO outbox_state VALUES (0, 0, 0)",
)
NAMES: Final = ("outbox", "outbox_later", "outbox_state")

PUT_BY: Final = """INSERT INTO outbox_later SELECT NEW.string
    WHERE NOT EXISTS (SELECT 1 FROM outbox_later WHERE string = NEW.string)"""
# A point needs no number of its own if a stretch that has not been sent yet will bring it.
NEW_STRETCH: Final = f"""NOT EXISTS (SELECT 1 FROM outbox WHERE "table" = 'curves' AND k1 = NEW.discharge
    AND k2 BETWEEN NEW.centiseconds - {STRETCH - 1} AND NEW.centiseconds AND seq > (SELECT sent FROM outbox_state))"""  # noqa: S608
NOTE_STRETCH: Final = "INSERT INTO outbox (\"table\", k1, k2) VALUES ('curves', NEW.discharge, NEW.centiseconds)"


def columns_of_keys(table: str) -> str:
    """Return the columns of the outbox that hold the keys of a table."""
    return ", ".join(f"k{number}" for number in range(1, len(KEYS[table]) + 1))


def triggers(connection: sqlite3.Connection) -> dict[str, str]:
    """Return the statements that make the triggers by name, for the columns that the tables have now."""
    made = {}
    for name, event, table, condition, work in _described(connection):
        when = f"WHEN {condition} " if condition else ""
        made[name] = f"CREATE TRIGGER {name} AFTER {event} ON {table} {when}BEGIN {work}; END"
    return made


def _described(connection: sqlite3.Connection) -> Iterator[tuple[str, str, str, str, str]]:
    """Describe each trigger: name, event, table, condition, and what it does."""
    for table in KEYS:
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        changed = " OR ".join(f"OLD.[{name}] IS NOT NEW.[{name}]" for name in columns)
        for event, condition in (("INSERT", "TRUE"), ("UPDATE", f"({changed})")):
            name = f"outbox_{table}_{event.lower()}"
            if table == "documents":
                yield f"{name}_often", event, table, f"{condition} AND NEW.key = '{OFTEN}'", PUT_BY
                yield name, event, table, f"{condition} AND NEW.key != '{OFTEN}'", _note(table)
            else:
                yield name, event, table, condition, _note(table)
    # Rows of no other table are removed for good.
    yield "outbox_gaps_delete", "DELETE", "gaps", "TRUE", _note("gaps", row="OLD")
    for event in ("INSERT", "UPDATE"):
        yield f"outbox_curves_{event.lower()}", event, "curves", NEW_STRETCH, NOTE_STRETCH


def _note(table: str, *, row: str = "NEW") -> str:
    """Return the statements that note a row under a new number, and under no other.

    They do without a conflict clause: that of the statement which fires a trigger would take its place.
    """
    keys = KEYS[table]
    same = " AND ".join(f"k{number} = {row}.[{key}]" for number, key in enumerate(keys, 1))
    values = ", ".join(f"{row}.[{key}]" for key in keys)
    return (
        f"DELETE FROM outbox WHERE \"table\" = '{table}' AND {same}; "  # noqa: S608 - our own words
        f"INSERT INTO outbox (\"table\", {columns_of_keys(table)}) VALUES ('{table}', {values})"
    )
