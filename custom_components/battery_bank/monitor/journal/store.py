"""The journal: what must outlive a restart, in one SQLite file for each line."""

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
from ..errors import JournalError
from .files import set_aside
from .moves import move
from .outbox import Outbox
from .schema import APPLICATION_ID, MIGRATIONS

# What is wrong with a file, not with its disk. A plain error, when opening, is a table that isn't as it was made.
DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_IOERR_SHORT_READ}
KINDS: Final = (bool, AlarmKind, events.Level, events.BaselineKind)  # to SQLite, integers and texts


class _DamagedError(JournalError):
    """The file can't be used, and never will be."""


type _Record = (
    events.Alarm | events.Discharge | events.ResistanceTest | events.Baseline | events.Replaced | events.Unwatched
)


class _Table[T: _Record]:
    """Where the records of one kind are: a column for each field, after that of the string."""

    def __init__(self, table: str, record: type[T], key: str) -> None:
        self._make: Callable[..., T] = record
        self._names = [field.name for field in fields(record)]
        self._kinds = [(field.name, field.type) for field in fields(record) if field.type in KINDS]
        # In brackets: a name in quotes that is no column would be a text. A key can't hold NULL, but the battery "".
        columns = ", ".join(f"[{name}]" for name in self._names)
        shown = columns.replace("[battery]", "nullif(battery, '')")
        places = ", ".join("coalesce(?, '')" if name == "battery" else "?" for name in self._names)
        updates = ", ".join(f"[{name}] = excluded.[{name}]" for name in self._names)
        # IGNORE leaves out what lacks a value that it can't be without; the rest of the transaction is kept.
        self._insert = (
            f"INSERT OR IGNORE INTO {table} (string, {columns}) VALUES (?, {places}) "  # noqa: S608 - our own words
            f"ON CONFLICT (string, {key}) DO UPDATE SET {updates}"
        )
        self._select = f"SELECT {shown} FROM {table} AS t WHERE string = ?"  # noqa: S608 - our own words

    def put(self, connection: sqlite3.Connection, string_id: str, record: T) -> None:
        """Add a record, or bring the one of the same key up to date."""
        connection.execute(self._insert, (string_id, *(_finite(getattr(record, name)) for name in self._names)))

    def get(self, connection: sqlite3.Connection, rest: str, string_id: str, *parameters: object) -> list[T]:
        """Return the records of a string that the rest of the query asks for."""
        records = []
        for row in connection.execute(f"{self._select} {rest}", (string_id, *parameters)):
            values = dict(zip(self._names, row, strict=True))
            with suppress(ValueError):  # a kind that only a later release knows
                records.append(self._make(**values | {name: kind(values[name]) for name, kind in self._kinds}))
        return records


_ALARMS: Final = _Table("alarms", events.Alarm, "raised, kind, battery")
_DISCHARGES: Final = _Table("discharges", events.Discharge, "start")
_TESTS: Final = _Table("tests", events.ResistanceTest, "battery, at")
_BASELINES: Final = _Table("baselines", events.Baseline, "battery, at, kind")
_REPLACEMENTS: Final = _Table("replacements", events.Replaced, "battery, at")
_GAPS: Final = _Table("gaps", events.Unwatched, "start")

NO_DOCUMENTS: Final[Mapping[str, bytes]] = MappingProxyType({})
HEADER: Final = """SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
    FROM pragma_application_id, pragma_user_version"""
# Only what is newer than the last replacement.
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
CURVE: Final = """SELECT nullif(n.battery, ''), centiseconds / 100.0, millivolts / 1000.0, milliampere_hours / 1000.0
    FROM discharges AS d JOIN curves AS c ON c.discharge = d.id JOIN names AS n ON n.id = c.battery
    WHERE d.string = ? AND d.start = ? ORDER BY c.battery, centiseconds"""


class Journal:
    """The journal of one line. One thread has the file, so nothing blocks the event loop and writes keep their order.

    Every method raises JournalError where the disk or the file fails; the next call may succeed again.
    """

    def __init__(self) -> None:
        self.set_aside: Path | None = None  # where the damaged file went that was found when opening
        self.outbox = Outbox(self._run)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="battery_bank_journal")
        self._connection: sqlite3.Connection | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, clock: Callable[[], float] = time.time) -> Self:
        """Open the file or begin one; a damaged one is set aside. JournalError if it is of a later version."""
        journal = cls()
        try:
            await journal._ask(partial(journal._open, path, clock))
        except BaseException:
            await journal.close()
            raise
        return journal

    async def close(self) -> None:
        """Wait for what is under way, fold the write-ahead log into the file and let go of it."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def write(
        self, string_id: str, events: Sequence[events.Event], documents: Mapping[str, bytes] = NO_DOCUMENTS
    ) -> None:
        """Keep all of the events and documents or, with a JournalError, none; the same may be written again.

        A document takes the place of the last one of its key. A number that is not finite is kept as None, and a
        record that can't be without it is left out.
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
        """Give the rows of batteries to another string and save documents, by string and key: all of it or nothing."""
        await self._run(move, batteries, source, target, documents)

    async def resistance_tests(
        self, string_id: str, *, battery: str | None = None, since: float = -inf, current_only: bool = True
    ) -> list[events.ResistanceTest]:
        """Return the tests of a battery or of all, oldest first; with `current_only` those since its replacement."""
        rest = f"AND battery = coalesce(?, battery) AND at >= ? {CURRENT if current_only else ''} ORDER BY at, battery"
        return await self._run(_TESTS.get, rest, string_id, battery, since)

    async def baselines(self, string_id: str, *, current_only: bool = True) -> list[events.Baseline]:
        """Return the newest baseline of each battery since its replacement, or all there ever were, oldest first."""
        rest = f"{CURRENT if current_only else ''} ORDER BY at, id"
        found = await self._run(_BASELINES.get, rest, string_id)
        return list({baseline.battery: baseline for baseline in found}.values()) if current_only else found

    async def replacements(self, string_id: str) -> list[events.Replaced]:
        """Return all replacements, oldest first."""
        return await self._run(_REPLACEMENTS.get, "ORDER BY at, battery", string_id)

    async def gaps(self, string_id: str, *, since: float = -inf) -> list[events.Unwatched]:
        """Return when nobody watched, where that ended after `since`, oldest first."""
        return await self._run(_GAPS.get, 'AND "end" > ? ORDER BY start', string_id, since)

    async def open_alarms(self, string_id: str) -> list[events.Alarm]:
        """Return the alarms that are not over, newest first."""
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
        """Return when those discharges began whose curves are kept."""
        return {start for (start,) in await self._run(_execute, KEPT, string_id)}

    async def curve(self, string_id: str, start: float) -> dict[str | None, list[events.CurvePoint]]:
        """Return the curves of the discharge that began at `start`, by battery; None is the string itself."""
        return await self._run(_curve, string_id, start)

    async def facts(self) -> dict[str, int]:
        """Return the version of the file, and how many records of each kind it has."""
        return dict(await self._run(_execute, FACTS))

    async def purge_curves(self, before: float) -> int:
        """Forget the curves of the discharges that began before a time; return how many points that were."""
        removed = 0
        # One discharge at a time, so that what is written meanwhile gets its turn.
        for (discharge,) in await self._run(_execute, WITH_CURVE, before):
            removed += await self._run(_purge, discharge)
        return removed

    async def _run[*Ts, T](self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        if self._closing is not None or self._connection is None:
            raise JournalError("the journal is closed")
        return await self._ask(partial(work, self._connection, *args))

    async def _ask[T](self, job: Callable[[], T]) -> T:
        try:
            # Who is cancelled stops waiting, but what was to be written is written.
            return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._executor, job))
        except (sqlite3.Error, OSError, UnicodeError) as err:
            raise JournalError(str(err)) from err

    async def _close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self._let_go)
        self._executor.shutdown()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _open(self, path: Path, clock: Callable[[], float]) -> None:
        try:
            self._connection = _connect(path)
        except _DamagedError:
            self.set_aside = set_aside(path, clock())
            self._connection = _connect(path)


def _connect(path: Path) -> sqlite3.Connection:
    """Open a file and bring it up to date; one that is damaged or of a later version is left as it is."""
    if Path(f"{path}-wal").exists() and not (path.exists() and path.stat().st_size):
        raise _DamagedError("only its log is left")  # which SQLite would delete
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        # Closed before all is well, nothing must move from the log into the file.
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
        raise JournalError(f"the journal is of version {version}, and this release knows {len(MIGRATIONS)}")
    if _execute(connection, "PRAGMA quick_check(1)") != [("ok",)]:
        raise _DamagedError("malformed")
    # The first is heeded only before the first page is written, which the second does.
    for setting in ("auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        _execute(connection, f"PRAGMA {setting}")
    migrate(connection)
    for table in (_ALARMS, _DISCHARGES, _TESTS, _BASELINES, _REPLACEMENTS, _GAPS):
        table.get(connection, "LIMIT 0", "")
    _curve(connection, "", 0.0)
    _execute(connection, DOCUMENT, "", "")


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Take a file through the migrations it has not had, each with its version in one transaction."""
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
                case events.Unwatched():
                    _GAPS.put(connection, string_id, event)
                case events.OperatingStateChanged() | events.BecameWeak():
                    pass  # the discharges and the tests say it, and the document of the running state
                case _:
                    _ALARMS.put(connection, string_id, event.alarm)
        rows = [(string_id, key, data) for key, data in documents.items()]
        connection.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?)", rows)


def _write_points(connection: sqlite3.Connection, string_id: str, event: events.DischargePoints) -> None:
    batteries = {(string_id, point.battery or "") for point in event.points}
    connection.executemany("INSERT OR IGNORE INTO names (string, battery) VALUES (?, ?)", batteries)
    numbers = dict(_execute(connection, "SELECT battery, id FROM names WHERE string = ?", string_id))
    # The discharge is there already, unless it began in a file that was set aside.
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
    _execute(connection, "PRAGMA incremental_vacuum(1000)")  # pages, 4 MB: no alarm must wait long behind it
    return removed


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value
