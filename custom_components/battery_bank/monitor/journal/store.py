"""The journal of a line: one SQLite file with the records of its strings."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from math import inf
from pathlib import Path
import sqlite3
import time
from types import MappingProxyType
from typing import Final, Self

from ..battery import events
from ..battery.capacity_result import CapacityTestResult
from ..errors import JournalError, Reason
from . import records
from .connect import DOCUMENT, DamagedError, connect, migrate
from .files import PARTS, reason_of, set_aside
from .moves import move
from .outbox import Outbox
from .presence import Presence, abandon, copy_of, copy_to, put_in_place

__all__ = ["Journal", "migrate"]

NO_DOCUMENTS: Final[Mapping[str, bytes]] = MappingProxyType({})
# Only records since the last replacement of the battery.
CURRENT: Final = f"""AND NOT EXISTS (
    SELECT 1 FROM replacements AS r WHERE r.string = t.string AND r.battery = t.battery AND r.at > t.at
    AND r.at <= {records.TIMES[1]})"""  # noqa: S608 - a constant; later ones are damaged
WITH_CURVE: Final = "SELECT id FROM discharges WHERE start < ? AND EXISTS (SELECT 1 FROM curves WHERE discharge = id)"
KEPT: Final = "SELECT start FROM discharges WHERE string = ? AND EXISTS (SELECT 1 FROM curves WHERE discharge = id)"
FACTS: Final = """SELECT 'version', user_version FROM pragma_user_version
    UNION ALL SELECT 'alarms', count(*) FROM alarms UNION ALL SELECT 'discharges', count(*) FROM discharges
    UNION ALL SELECT 'tests', count(*) FROM tests UNION ALL SELECT 'baselines', count(*) FROM baselines
    UNION ALL SELECT 'replacements', count(*) FROM replacements
    UNION ALL SELECT 'capacity_tests', count(*) FROM capacity_tests"""


class Journal:
    """The journal of one line. One thread uses the file: writes keep their order and do not block the event loop.

    Every method raises `JournalError` if the disk or the file fails. The next call may succeed again.
    """

    def __init__(self, path: Path) -> None:
        """Prepare; the file is opened by `open`."""
        self.set_aside: Path | None = None  # the new name of a damaged file that was found while opening
        self.begun = False  # whether there was no file although one was expected, so that a new one was created
        self._path = path
        self._presence: Presence | None = None
        self._documents: set[tuple[str, str]] = set()  # those that were written, by string and key
        self.outbox = Outbox(self._run)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="battery_bank_journal")
        self._connection: sqlite3.Connection | None = None
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, path: Path, *, clock: Callable[[], float] = time.time, expected: bool = False) -> Self:
        """Open or create the file, or raise `JournalError`. A damaged file is renamed and a new one is created.

        With `expected` there was a journal, so that a file that is missing or empty is reported.
        """
        journal = cls(path)
        try:
            await journal._ask(partial(journal._open, clock, expected=expected))
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
            await self._run(records.write, string_id, tuple(events), documents)
            self._documents |= {(string_id, key) for key in documents}

    async def load(self, string_id: str, key: str) -> bytes | None:
        """Return a document; None if there is none."""
        rows = await self._run(records.execute, DOCUMENT, string_id, key)
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
        return await self._run(records.TESTS.get, rest, string_id, battery, since, until)

    async def baselines(self, string_id: str, *, current_only: bool = True) -> list[events.Baseline]:
        """Return the newest baseline of each battery since its replacement, or all baselines, oldest first."""
        rest = f"{CURRENT if current_only else ''} ORDER BY at, id"
        found = await self._run(records.BASELINES.get, rest, string_id)
        return list({baseline.battery: baseline for baseline in found}.values()) if current_only else found

    async def replacements(self, string_id: str) -> list[events.Replaced]:
        """Return all replacements, oldest first."""
        return await self._run(records.REPLACEMENTS.get, "ORDER BY at, battery", string_id)

    async def gaps(self, string_id: str, *, since: float = -inf) -> list[events.MonitoringGap]:
        """Return the gaps in the monitoring that ended after `since`, oldest first."""
        return await self._run(records.GAPS.get, 'AND "end" > ? ORDER BY start', string_id, since)

    async def capacity_tests(self, string_id: str, *, since: float = -inf) -> list[CapacityTestResult]:
        """Return the results of the capacity tests that began from `since` on, oldest first."""
        return await self._run(records.CAPACITY_TESTS.get, "AND start >= ? ORDER BY start", string_id, since)

    async def open_alarms(self, string_id: str) -> list[events.Alarm]:
        """Return the alarms that are not cleared, newest first."""
        return await self._run(records.ALARMS.get, "AND cleared IS NULL ORDER BY raised DESC, kind DESC", string_id)

    async def alarms(
        self, string_id: str, *, since: float = -inf, until: float = inf, limit: int = 100, offset: int = 0
    ) -> list[events.Alarm]:
        """Return a page of the alarms raised from `since` until before `until`, newest first."""
        rest = "AND raised >= ? AND raised < ? ORDER BY raised DESC, kind DESC, battery DESC LIMIT ? OFFSET ?"
        return await self._run(records.ALARMS.get, rest, string_id, since, until, limit, offset)

    async def discharges(self, string_id: str, *, limit: int = 100, offset: int = 0) -> list[events.Discharge]:
        """Return a page of the discharges, newest first."""
        return await self._run(records.DISCHARGES.get, "ORDER BY start DESC LIMIT ? OFFSET ?", string_id, limit, offset)

    async def with_curves(self, string_id: str) -> set[float]:
        """Return when the discharges began whose curves are stored."""
        return {start for (start,) in await self._run(records.execute, KEPT, string_id)}

    async def curve(self, string_id: str, start: float) -> dict[str | None, list[events.CurvePoint]]:
        """Return the curves of the discharge that began at `start`, by battery; None is the string itself."""
        return await self._run(records.curve, string_id, start)

    async def facts(self) -> dict[str, int]:
        """Return the version of the file, and how many records of each kind it has."""
        return dict(await self._run(records.execute, FACTS))

    async def unreadable(self) -> dict[str, int]:
        """Return how many records of each table can't be read, so that they are left out; damaged tables only."""
        return await self._run(records.unreadable)

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._connection is not None and self._closing is None

    async def look(self) -> Reason | None:
        """Return whether the file was moved away, replaced or damaged since it was opened; None if it is in place."""
        return await self._run(self._look)

    async def write_anew(self, clock: Callable[[], float]) -> Path | None:
        """Write the file anew from the open one, whose place is empty or taken by another file.

        Return the new name of the file that took its place; None without one.
        """
        return await self._run(self._write_anew, clock)

    async def abandon(self, clock: Callable[[], float]) -> Path:
        """Close a file that was overwritten without a further change to it, rename it, and return its new name."""
        return await self._run(self._abandon, clock)

    async def purge_curves(self, before: float) -> int:
        """Delete the curves of discharges that began before a time, and return the number of points."""
        removed = 0
        # One discharge at a time, so that other writes do not wait long.
        for (discharge,) in await self._run(records.execute, WITH_CURVE, before):
            removed += await self._run(records.purge, discharge)
        return removed

    async def _run[*Ts, T](self, work: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        if self._closing is not None or self._connection is None:
            raise JournalError("the journal is closed")
        return await self._ask(partial(work, self._connection, *args))

    async def _ask[T](self, job: Callable[[], T]) -> T:
        done = asyncio.get_running_loop().run_in_executor(self._executor, job)
        done.add_done_callback(asyncio.Future.exception)  # or asyncio logs an error as lost if the caller was cancelled
        await asyncio.wait([done])  # a cancelled caller stops waiting, but the write is completed
        try:
            return done.result()
        except (sqlite3.Error, OSError, UnicodeError) as err:
            raise JournalError(str(err), reason_of(err)) from err

    async def _close(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._executor, self._disconnect)
        self._executor.shutdown()

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _open(self, clock: Callable[[], float], *, expected: bool) -> None:
        path = self._path
        if not path.exists() and (copy := copy_of(path)).exists():  # it was being written anew
            put_in_place(copy, path, clock)
        there = [part for part in PARTS if Path(f"{path}{part}").exists()]
        self.begun = expected and not there
        try:
            self._connection = connect(path, may_be_empty=not expected)
        except DamagedError:
            self.set_aside = set_aside(path, clock())
            self._connection = connect(path)
        self._presence = Presence(path)

    def _look(self, connection: sqlite3.Connection) -> Reason | None:
        return self._presence.look(connection, self._documents) if self._presence else None

    def _write_anew(self, connection: sqlite3.Connection, clock: Callable[[], float]) -> Path | None:
        copy = copy_to(connection, self._path)
        abandon(connection)
        self._connection = None
        aside = put_in_place(copy, self._path, clock)
        self._connection = connect(self._path)
        self._presence = Presence(self._path)
        return aside

    def _abandon(self, connection: sqlite3.Connection, clock: Callable[[], float]) -> Path:
        abandon(connection)
        self._connection = None
        return set_aside(self._path, clock())
