"""The journal of a line: one SQLite file with the records of its strings."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields
from functools import partial
from math import inf, isfinite
from pathlib import Path
import sqlite3
import time
from types import MappingProxyType
from typing import Any, Final, Self

from ..battery import events
from ..battery.alarm_kinds import AlarmKind
from ..errors import JournalError, Reason
from .files import reason_of, set_aside
from .moves import move
from .schema import APPLICATION_ID, MIGRATIONS

# Errors of the file, not of the disk. SQLITE_ERROR, while the file is opened, means that a table has other columns.
DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_IOERR_SHORT_READ}
KINDS: Final = (bool, AlarmKind, events.Level, events.BaselineKind)  # SQLite returns them as integers and texts


class _DamagedError(JournalError):
    """The file is damaged, so that no retry can succeed."""


type _Record = (
    events.Alarm | events.Discharge | events.ResistanceTest | events.Baseline | events.Replaced | events.MonitoringGap
)


class _Table[T: _Record]:
    """The table of one kind of record: the string, then a column for each field that is not marked `NO_COLUMN`."""

    def __init__(self, table: str, record: type[T], key: str) -> None:
        self._make: Callable[..., T] = record
        kept = [field for field in fields(record) if field.metadata.get("column", True)]
        self._names = [field.name for field in kept]
        self._kinds = [(field.name, field.type) for field in kept if field.type in KINDS]
        # SQLite takes an unknown name in quotes for a text. A key can't be NULL: no battery is stored as "".
        columns = ", ".join(f"[{name}]" for name in self._names)
        shown = columns.replace("[battery]", "nullif(battery, '')")
        places = ", ".join("coalesce(?, '')" if name == "battery" else "?" for name in self._names)
        updates = ", ".join(f"[{name}] = excluded.[{name}]" for name in self._names)
        # IGNORE leaves out a record without a required value, and keeps the rest of the transaction.
        self._insert = (
            f"INSERT OR IGNORE INTO {table} (string, {columns}) VALUES (?, {places}) "  # noqa: S608 - constants of this module
            f"ON CONFLICT (string, {key}) DO UPDATE SET {updates}"
        )
        self._select = f"SELECT {shown} FROM {table} AS t WHERE string = ?"  # noqa: S608 - constants of this module

    def put(self, connection: sqlite3.Connection, string_id: str, record: T) -> None:
        """Add a record, or update the one with the same key."""
        connection.execute(self._insert, (string_id, *(_finite(getattr(record, name)) for name in self._names)))

    def get(self, connection: sqlite3.Connection, rest: str, string_id: str, *parameters: object) -> list[T]:
        """Return the records of a string; `rest` is the rest of the query."""
        records = []
        for row in connection.execute(f"{self._select} {rest}", (string_id, *parameters)):
            values = dict(zip(self._names, row, strict=True))
            with suppress(ValueError):  # a kind that a later release has added
                records.append(self._make(**values | {name: kind(values[name]) for name, kind in self._kinds}))
        return records


_ALARMS: Final = _Table("alarms", events.Alarm, "raised, kind, battery")
_DISCHARGES: Final = _Table("discharges", events.Discharge, "start")
_TESTS: Final = _Table("tests", events.ResistanceTest, "battery, at")
_BASELINES: Final = _Table("baselines", events.Baseline, "battery, at, kind")
_REPLACEMENTS: Final = _Table("replacements", events.Replaced, "battery, at")
_GAPS: Final = _Table("gaps", events.MonitoringGap, "start")

NO_DOCUMENTS: Final[Mapping[str, bytes]] = MappingProxyType({})
HEADER: Final = """SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
    FROM pragma_application_id, pragma_user_version"""
# Only records since the last replacement of the battery.
CURRENT: Final = """AND NOT EXISTS (
    SELECT 1 FROM replacements AS r WHERE r.string = t.string AND r.battery = t.battery AND r.at > t.at)"""
DISCHARGE: Final = """INSERT OR IGNORE INTO discharges (string, start, interrupted) VALUES (?, ?, FALSE)
    ON CONFLICT DO UPDATE SET start = start RETURNING id"""
WITH_CURVE: Final = "SELECT id FROM discharges WHERE start < ? AND EXISTS (SELECT 1 FROM curves WHERE discharge = id)"
KEPT: Final = "SELECT start FROM discharges WHERE string = ? AND EXISTS (SELECT 1 FROM curves WHERE discharge = id)"
POINT: Final = """INSERT OR IGNORE INTO curves VALUES (?, ?, round(? * 100), round(? * 1000), round(? * 1000))
    ON CONFLICT DO UPDATE SET millivolts = excluded.millivolts, milliampere_hours = excluded.milliampere_hours"""
DOCUMENT: Final = "SELECT data FROM documents WHERE string = ? AND key = ?"
FACTS: Final = """SELECT 'version', user_version FROM pragma_user_version
    UNION ALL SELECT 'alarms', count(*) FROM alarms UNION ALL SELECT 'discharges', count(*) FROM discharges
    UNION ALL SELECT 'tests', count(*) FROM tests UNION ALL SELECT 'baselines', count(*) FROM baselines
    UNION ALL SELECT 'replacements', count(*) FROM replacements"""
CUT: Final = 'DELETE FROM gaps WHERE string = ? AND start < ? AND "end" > ? RETURNING start, "end"'
CURVE: Final = """SELECT nullif(n.battery, ''), centiseconds / 100.0, millivolts / 1000.0, milliampere_hours / 1000.0
    FROM discharges AS d JOIN curves AS c ON c.discharge = d.id JOIN names AS n ON n.id = c.battery
    WHERE d.string = ? AND d.start = ? ORDER BY c.battery, centiseconds"""


class Journal:
    """The journal of one line. One thread uses the file: writes keep their order and do not block the event loop.

    Every method raises `JournalError` if the disk or the file fails. The next call may succeed again.
    """

    def __init__(self) -> None:
        self.set_aside: Path | None = None  # the new name of a damaged file that was found while opening
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="battery_bank_journal")
        self._connection: sqlite3.Connection | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """Open or create the file, or raise `JournalError`. A damaged file is renamed and a new one is created."""
        journal = cls()
        try:
            await journal._ask(partial(journal._open, path, clock))
        except BaseException:
            await journal.close()
            raise
        return journal

    async def close(self) -> None:
        """Finish the pending writes, merge the write-ahead log into the file, and close it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def write(
        self, string_id: str, events: Sequence[events.Event], documents: Mapping[str, bytes] = NO_DOCUMENTS
    ) -> None:
        """Write all of the events and documents, or none and raise `JournalError`. Writing the same again is allowed.

        A document replaces the one with the same key. A number that is not finite is stored as None; a record that
        requires this number is left out.
        """
        if events or documents:
            await self._run(_write, string_id, tuple(events), documents)

    async def load(self, string_id: str, key: str) -> bytes | None:
        """Return a document; None if there is none."""
        rows = await self._run(_execute, DOCUMENT, string_id, key)
        return rows[0][0] if rows else None

    async def move(
        self, batteries: Collection[str], source: str, target: str, documents: Mapping[tuple[str, str], bytes]
    ) -> None:
        """Move the records of batteries to another string and save documents, by string and key: all or nothing."""
        await self._run(move, batteries, source, target, documents)

    async def resistance_tests(
        self,
        string_id: str,
        *,
        battery: str | None = None,
        since: float = -inf,
        until: float = inf,
        current_only: bool = True,
    ) -> list[events.ResistanceTest]:
        """Return the tests of a battery or of all, oldest first; with `current_only` only those since a replacement.

        They are from `since` on, and before `until`; both in s since 1970.
        """
        rest = (
            "AND battery = coalesce(?, battery) AND at >= ? AND at < ? "
            f"{CURRENT if current_only else ''} ORDER BY at, battery"
        )
        return await self._run(_TESTS.get, rest, string_id, battery, since, until)

    async def baselines(self, string_id: str, *, current_only: bool = True) -> list[events.Baseline]:
        """Return the newest baseline of each battery since its replacement, or all baselines, oldest first."""
        rest = f"{CURRENT if current_only else ''} ORDER BY at, id"
        found = await self._run(_BASELINES.get, rest, string_id)
        return list({baseline.battery: baseline for baseline in found}.values()) if current_only else found

    async def replacements(self, string_id: str) -> list[events.Replaced]:
        """Return all replacements, oldest first."""
        return await self._run(_REPLACEMENTS.get, "ORDER BY at, battery", string_id)

    async def gaps(self, string_id: str, *, since: float = -inf) -> list[events.MonitoringGap]:
        """Return the gaps in the monitoring that ended after `since`, oldest first."""
        return await self._run(_GAPS.get, 'AND "end" > ? ORDER BY start', string_id, since)

    async def open_alarms(self, string_id: str) -> list[events.Alarm]:
        """Return the alarms that are not cleared, newest first."""
        return await self._run(_ALARMS.get, "AND cleared IS NULL ORDER BY raised DESC, kind DESC", string_id)

    async def alarms(
        self, string_id: str, *, since: float = -inf, until: float = inf, limit: int = 100, offset: int = 0
    ) -> list[events.Alarm]:
        """Return a page of the alarms raised from `since` until before `until`, newest first."""
        rest = "AND raised >= ? AND raised < ? ORDER BY raised DESC, kind DESC, battery DESC LIMIT ? OFFSET ?"
        return await self._run(_ALARMS.get, rest, string_id, since, until, limit, offset)

    async def discharges(self, string_id: str, *, limit: int = 100, offset: int = 0) -> list[events.Discharge]:
        """Return a page of the discharges, newest first."""
        return await self._run(_DISCHARGES.get, "ORDER BY start DESC LIMIT ? OFFSET ?", string_id, limit, offset)

    async def with_curves(self, string_id: str) -> set[float]:
        """Return when the discharges began whose curves are stored."""
        return {start for (start,) in await self._run(_execute, KEPT, string_id)}

    async def curve(self, string_id: str, start: float) -> dict[str | None, list[events.CurvePoint]]:
        """Return the curves of the discharge that began at `start`, by battery; None is the string itself."""
        return await self._run(_curve, string_id, start)

    async def facts(self) -> dict[str, int]:
        """Return the version of the file, and how many records of each kind it has."""
        return dict(await self._run(_execute, FACTS))

    async def purge_curves(self, before: float) -> int:
        """Delete the curves of discharges that began before a time, and return the number of points."""
        removed = 0
        # One discharge at a time, so that other writes do not wait long.
        for (discharge,) in await self._run(_execute, WITH_CURVE, before):
            removed += await self._run(_purge, discharge)
        return removed

    async def _run[*Ts, T](self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        if self._closing is not None or self._connection is None:
            raise JournalError("the journal is closed")
        return await self._ask(partial(work, self._connection, *args))

    async def _ask[T](self, job: Callable[[], T]) -> T:
        try:
            # A cancelled caller stops waiting, but the write is completed.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._executor, job))
        except (sqlite3.Error, OSError, UnicodeError) as err:
            raise JournalError(str(err), reason_of(err)) from err

    async def _close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self._disconnect)
        self._executor.shutdown()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _open(self, path: Path, clock: Callable[[], float]) -> None:
        try:
            self._connection = _connect(path)
        except _DamagedError:
            self.set_aside = set_aside(path, clock())
            self._connection = _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file and migrate it. A damaged file, or one of a later version, is not changed."""
    if Path(f"{path}-wal").exists() and not (path.exists() and path.stat().st_size):
        raise _DamagedError("only its log is left")  # SQLite would delete the log
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # If the file is closed because of an error, its log must not be merged into it.
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003
        _prepare(connection)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)  # noqa: FBT003
    except BaseException as err:
        connection.close()
        code = getattr(err, "sqlite_errorcode", 0)
        if {code, code & 0xFF} & DAMAGED or isinstance(err, UnicodeError):
            raise _DamagedError(str(err)) from err
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    [(application, version, objects)] = _execute(connection, HEADER)
    if application != APPLICATION_ID and (application, version, objects) != (0, 0, 0):
        raise _DamagedError("not a journal")
    if version > len(MIGRATIONS):
        known = len(MIGRATIONS)
        raise JournalError(f"the journal is of version {version}, and this release knows {known}", Reason.NEWER_VERSION)
    if _execute(connection, "PRAGMA quick_check(1)") != [("ok",)]:
        raise _DamagedError("malformed")
    # auto_vacuum has an effect only before the first page is written, and journal_mode writes it.
    for setting in ("auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        _execute(connection, f"PRAGMA {setting}")
    migrate(connection)
    for table in (_ALARMS, _DISCHARGES, _TESTS, _BASELINES, _REPLACEMENTS, _GAPS):
        table.get(connection, "LIMIT 0", "")
    _curve(connection, "", 0.0)
    _execute(connection, DOCUMENT, "", "")


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Apply the migrations that a file has not had, each with its version in one transaction."""
    [(version,)] = _execute(connection, "PRAGMA user_version")
    for number, script in enumerate(migrations[version:], version + 1):
        with connection:
            connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}")


def _execute(connection: sqlite3.Connection, statement: str, *parameters: object) -> list[Any]:
    return connection.execute(statement, parameters).fetchall()


def _write(
    connection: sqlite3.Connection, string_id: str, happened: Sequence[events.Event], documents: Mapping[str, bytes]
) -> None:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for event in happened:
            match event:
                case events.DischargePoints():
                    _write_points(connection, string_id, event)
                case events.DischargeStarted() | events.DischargeEnded():
                    _DISCHARGES.put(connection, string_id, event.discharge)
                case events.ResistanceTested():
                    _TESTS.put(connection, string_id, event.test)
                case events.BaselineSet():
                    _BASELINES.put(connection, string_id, event.baseline)
                case events.Replaced():
                    _REPLACEMENTS.put(connection, string_id, event)
                case events.MonitoringGap():
                    _GAPS.put(connection, string_id, event)
                case events.MonitoredAgain():
                    _cut_gaps(connection, string_id, event)
                case events.NotKept():
                    pass
                case _:
                    _ALARMS.put(connection, string_id, event.alarm)
        rows = [(string_id, key, data) for key, data in documents.items()]
        connection.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", rows)


def _cut_gaps(connection: sqlite3.Connection, string_id: str, again: events.MonitoredAgain) -> None:
    """Take a time that was monitored after all out of the gaps."""
    for start, end in _execute(connection, CUT, string_id, again.end, again.start):
        left = [(string_id, start, again.start), (string_id, again.end, end)]
        connection.executemany("INSERT INTO gaps VALUES (?, ?, ?)", [one for one in left if one[2] > one[1]])


def _write_points(connection: sqlite3.Connection, string_id: str, event: events.DischargePoints) -> None:
    batteries = {(string_id, point.battery or "") for point in event.points}
    connection.executemany("INSERT OR IGNORE INTO names (string, battery) VALUES (?, ?)", batteries)
    numbers = dict(_execute(connection, "SELECT battery, id FROM names WHERE string = ?", string_id))
    # The record of the discharge exists, unless it was written to a damaged file that was renamed.
    for (discharge,) in _execute(connection, DISCHARGE, string_id, _finite(event.start)):
        measured = ((point.battery or "", point.seconds, point.voltage, point.drawn) for point in event.points)
        rows = ((discharge, numbers[name], *map(_finite, values)) for name, *values in measured)
        connection.executemany(POINT, rows)


def _curve(connection: sqlite3.Connection, string_id: str, start: float) -> dict[str | None, list[events.CurvePoint]]:
    curves: dict[str | None, list[events.CurvePoint]] = {}
    for battery, seconds, voltage, drawn in connection.execute(CURVE, (string_id, start)):
        point = events.CurvePoint(battery=battery, seconds=seconds, voltage=voltage, drawn=drawn)
        curves.setdefault(battery, []).append(point)
    return curves


def _purge(connection: sqlite3.Connection, discharge: int) -> int:
    removed = connection.execute("DELETE FROM curves WHERE discharge = ?", (discharge,)).rowcount
    _execute(connection, "PRAGMA incremental_vacuum(1000)")  # pages, 4 MB; an alarm must not wait long for it
    return removed


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
