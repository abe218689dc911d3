"""The outbox of a journal: what a receiver elsewhere has not acknowledged yet.

Triggers note each row that is written, whoever writes it, under the next number of a sequence. Only keys are noted: a
row is read when it is sent, so a row that changes ten times before that is sent once. Everything exists only while the
journal is sent; release 0.4.0 opens such a file as any other, and what it writes is noted too.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
import sqlite3
from typing import Any, Final, Protocol

import orjson

from .outbox_schema import KEYS, NAMES, OFTEN, STRETCH, TABLES, columns_of_keys, triggers

CURVES: Final = "curves"  # the table of the points, which are noted in stretches
CURVE: Final = """SELECT n.battery, c.centiseconds, c.millivolts, c.milliampere_hours
    FROM curves AS c JOIN names AS n ON n.id = c.battery
    WHERE c.discharge = ? AND c.centiseconds >= ? AND c.centiseconds < ? ORDER BY c.battery, c.centiseconds"""
NEXT: Final = 'SELECT seq, "table", k1, k2, k3, k4 FROM outbox WHERE seq > ? ORDER BY seq LIMIT ?'
LAST: Final = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'outbox'), 0)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """How far a journal was sent. All numbers are of the sequence of its stream."""

    stream: int  # a new one, and higher, for each time that the receiver is filled from the beginning
    sent: int  # the last number that was ever sent
    acknowledged: int
    last: int  # the last number there was


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """Rows to be sent in one message."""

    stream: int
    after: int  # the number before the first row: nothing lies between
    last: int  # the number of the last row
    acknowledged: int  # by the receiver, as far as the sender knows
    rows: tuple[dict[str, Any], ...]  # those that exist still


class _Run(Protocol):
    async def __call__[*Ts, T](self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T: ...


class Outbox:
    """The outbox of an open journal. Every method raises `JournalError` where the disk or the file fails."""

    def __init__(self, run: _Run) -> None:
        """Work on the connection that `run` gives to a function, on the journal's own thread."""
        self._run = run

    async def begin(self, stream: int) -> Status:
        """Note from now on all that is written. What is in the journal already is noted once, under a new stream."""
        return await self._run(_begin, stream)

    async def end(self) -> None:
        """Note nothing any more, and forget what was noted."""
        await self._run(_end)

    async def fill(self, stream: int) -> Status:
        """Note everything that the journal has under a new stream, in place of what was noted before."""
        return await self._run(_fill, stream)

    async def take(self, after: int, rows: int, size: int) -> Batch | None:
        """Return the rows after a number: so many at most, and about so many bytes; None if there are none."""
        return await self._run(_take, after, rows, size)

    async def acknowledge(self, seq: int) -> Status:
        """Forget what was noted up to a number: the receiver has it."""
        return await self._run(_acknowledge, seq)

    async def note_later(self) -> None:
        """Note the documents that have changed since the last call and are saved too often to be sent each time."""
        await self._run(_note_later)

    async def status(self) -> Status:
        """Return how far the journal was sent."""
        return await self._run(_status)

    async def waiting(self, until: int) -> int:
        """Return how many rows up to a number wait for an acknowledgement."""
        return await self._run(_waiting, until)


def _begin(connection: sqlite3.Connection, stream: int) -> Status:
    wanted = triggers(connection)
    found = dict(connection.execute("SELECT name, sql FROM sqlite_schema WHERE name LIKE 'outbox%'"))
    if "outbox_state" in found and all(found.get(name) == statement for name, statement in wanted.items()):
        return _status(connection)
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if "outbox_state" not in found:
            for statement in TABLES:
                connection.execute(statement)
        missing = wanted.keys() - found.keys()  # something may have been written that no trigger has seen
        unseen = [table for table in (*KEYS, CURVES) if any(one.startswith(f"outbox_{table}_") for one in missing)]
        for name, statement in wanted.items():  # in place of those of an earlier release
            connection.execute(f"DROP TRIGGER IF EXISTS {name}")
            connection.execute(statement)
        if "outbox_state" not in found or CURVES in unseen:
            _note_all(connection, max(stream, _status(connection).stream + 1))
        else:
            for table in unseen:
                _note_table(connection, table)
    return _status(connection)


def _end(connection: sqlite3.Connection) -> None:
    found = dict(connection.execute("SELECT name, type FROM sqlite_schema WHERE name LIKE 'outbox%'"))
    if not found:
        return
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for name in (name for name, kind in found.items() if kind == "trigger"):
            connection.execute(f"DROP TRIGGER {name}")
        for name in NAMES:
            connection.execute(f"DROP TABLE IF EXISTS {name}")
    connection.execute("PRAGMA incremental_vacuum(1000)").fetchall()


def _fill(connection: sqlite3.Connection, stream: int) -> Status:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        _note_all(connection, max(stream, _status(connection).stream + 1))
    return _status(connection)


def _take(connection: sqlite3.Connection, after: int, rows: int, size: int) -> Batch | None:
    found: list[dict[str, Any]] = []
    last, length = after, 0
    for seq, table, *keys in connection.execute(NEXT, (after, rows)).fetchall():
        row = _curve(connection, *keys[:2]) if table == CURVES else _row(connection, table, keys)
        if row is not None:
            length += len(orjson.dumps(row))
            if found and length > size:
                break
            found.append({"seq": seq, "table": table, "row": row})
        last = seq
    if last == after:
        return None
    with connection:  # from now on, further points of these stretches get numbers of their own
        connection.execute("UPDATE outbox_state SET sent = max(sent, ?)", (last,))
    now = _status(connection)
    return Batch(stream=now.stream, after=after, last=last, acknowledged=now.acknowledged, rows=tuple(found))


def _acknowledge(connection: sqlite3.Connection, seq: int) -> Status:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM outbox WHERE seq <= ?", (seq,))
        connection.execute("UPDATE outbox_state SET acknowledged = max(acknowledged, ?)", (seq,))
    return _status(connection)


def _note_later(connection: sqlite3.Connection) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for (string,) in connection.execute("SELECT string FROM outbox_later").fetchall():
            keys = ("documents", string, OFTEN)
            connection.execute('DELETE FROM outbox WHERE "table" = ? AND k1 = ? AND k2 = ?', keys)
            connection.execute('INSERT INTO outbox ("table", k1, k2) VALUES (?, ?, ?)', keys)
        connection.execute("DELETE FROM outbox_later")


def _waiting(connection: sqlite3.Connection, until: int) -> int:
    [(count,)] = connection.execute("SELECT count(*) FROM outbox WHERE seq <= ?", (until,)).fetchall()
    return int(count)


def _status(connection: sqlite3.Connection) -> Status:
    [(stream, sent, acknowledged)] = connection.execute(
        "SELECT stream, sent, acknowledged FROM outbox_state"
    ).fetchall()
    [(last,)] = connection.execute(LAST).fetchall()
    return Status(stream=stream, sent=sent, acknowledged=acknowledged, last=last)


def _note_all(connection: sqlite3.Connection, stream: int) -> None:
    for table in ("outbox", "outbox_later"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own words
    for table in KEYS:
        _note_table(connection, table)
    # Where there is a point, each stretch of it once. A stretch begins at a multiple of its length.
    connection.execute(
        """INSERT INTO outbox ("table", k1, k2) SELECT DISTINCT 'curves', discharge, centiseconds / :stretch * :stretch
            FROM curves""",
        {"stretch": STRETCH},
    )
    connection.execute("UPDATE outbox_state SET stream = ?, sent = 0, acknowledged = 0", (stream,))


def _note_table(connection: sqlite3.Connection, table: str) -> None:
    """Note all rows of a table with keys anew."""
    keys = ", ".join(KEYS[table])
    connection.execute('DELETE FROM outbox WHERE "table" = ?', (table,))
    selected = f"SELECT ?, {keys} FROM {table} ORDER BY {keys}"  # noqa: S608 - our own words
    connection.execute(f'INSERT INTO outbox ("table", {columns_of_keys(table)}) {selected}', (table,))


def _row(connection: sqlite3.Connection, table: str, values: list[Any]) -> dict[str, Any] | None:
    """Return a row as it is now; None if it has gone: its battery went to another string, with a number of its own."""
    if (keys := KEYS.get(table)) is None:  # of a later release
        return None
    where = " AND ".join(f"[{key}] = ?" for key in keys)
    cursor = connection.execute(f"SELECT * FROM {table} WHERE {where}", values[: len(keys)])  # noqa: S608
    found = cursor.fetchone()
    if found is None:  # a gap that was cut away is sent as one without length
        string, start, *_ = values
        return {"string": string, "start": start, "end": start} if table == "gaps" else None
    row = dict(zip((column[0] for column in cursor.description), found, strict=True))
    row.pop("id", None)  # means nothing elsewhere
    if "battery" in row:
        row["battery"] = row["battery"] or None
    if table == "documents":
        row["data"] = _document(row["data"])
    return row


def _document(data: bytes) -> Any:
    """Return what a document holds; what is not JSON goes as its bytes in Base64."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return {"base64": base64.b64encode(data).decode()}


def _curve(connection: sqlite3.Connection, discharge: int, begins: int) -> dict[str, Any] | None:
    """Return a stretch of the curves of a discharge, as columns by battery; "" is the string itself."""
    of = connection.execute("SELECT string, start FROM discharges WHERE id = ?", (discharge,)).fetchone()
    curves: dict[str, dict[str, list[int | None]]] = {}
    for battery, *values in connection.execute(CURVE, (discharge, begins, begins + STRETCH)):
        columns = ("centiseconds", "millivolts", "milliampere_hours")
        curve = curves.setdefault(battery, {column: [] for column in columns})
        for column, value in zip(columns, values, strict=True):
            curve[column].append(value)
    return {"string": of[0], "start": of[1], "curves": curves} if of and curves else None
