"""Whether the file of an open journal is still the one that was opened, and how it is written anew if not."""

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Final

from ..errors import Reason
from . import records
from .connect import DOCUMENT, DamagedError
from .files import LOG, PARTS, set_aside

MAGIC: Final = b"SQLite format 3\0"
OF_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)  # the last: a table is missing
ROWS: Final = """SELECT (SELECT count(*) FROM alarms) + (SELECT count(*) FROM discharges)
    + (SELECT count(*) FROM tests) + (SELECT count(*) FROM replacements)"""


class Presence:
    """The file of an open journal, as it was when it was looked at last. For the thread of the journal."""

    def __init__(self, path: Path) -> None:
        """Look at a file that was just opened."""
        self._path = path
        self._rows = 0
        found = path.stat()
        self._file = (found.st_dev, found.st_ino)
        self._log = self._log_file()  # None until it is written to
        self._content = (0, 0)  # size and time of change

    def look(self, connection: sqlite3.Connection, documents: Iterable[tuple[str, str]]) -> Reason | None:
        """Return whether the file was moved away, replaced or overwritten; None if it is as it was.

        `documents` are those that were written to it. Raises an error of SQLite or of the system.
        """
        try:
            found = self._path.stat()
        except OSError:  # its folder may be gone too, or be another file
            return Reason.FILE_GONE
        if (found.st_dev, found.st_ino) != self._file:
            return Reason.FILE_REPLACED
        before, self._log = self._log, self._log_file()
        if before is not None and self._log != before:  # what is in the log only would be lost when the process ends
            self._log = before
            return Reason.FILE_GONE
        content = (found.st_size, found.st_mtime_ns)
        if content != self._content:  # by SQLite itself now and then, when it merges the log into the file
            if not self._is_whole(connection, documents):
                return Reason.DAMAGED
            self._content = content
        return None

    def _log_file(self) -> tuple[int, int] | None:
        """Return which file the write-ahead log is; None if there is none."""
        try:
            found = Path(f"{self._path}{LOG}").stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _is_whole(self, connection: sqlite3.Connection, documents: Iterable[tuple[str, str]]) -> bool:
        with self._path.open("rb") as file:
            if file.read(len(MAGIC)) != MAGIC:
                return False
        try:
            records.execute(connection, "PRAGMA shrink_memory")  # or the pages in memory are checked
            if records.execute(connection, "PRAGMA quick_check(1)") != [("ok",)]:
                return False
            [(rows,)] = records.execute(connection, ROWS)
            before, self._rows = self._rows, rows
            return rows >= before and all(records.execute(connection, DOCUMENT, *one) for one in documents)
        except sqlite3.DatabaseError as err:
            if getattr(err, "sqlite_errorcode", 0) & 0xFF not in OF_DAMAGE:
                raise
            return False


def copy_of(path: Path) -> Path:
    """Return where a journal is copied to before it is put in place."""
    return Path(f"{path}.copy")


def copy_to(connection: sqlite3.Connection, path: Path) -> Path:
    """Copy an open journal, whose file is gone, beside its place, and return the copy; or raise an error of SQLite."""
    copy = copy_of(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    copy.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(copy, isolation_level=None)) as target:
            connection.backup(target)
            checked = records.execute(target, "PRAGMA quick_check(1)")
    except BaseException:
        copy.unlink(missing_ok=True)
        raise
    if checked != [("ok",)]:
        copy.unlink(missing_ok=True)
        raise DamagedError("malformed")
    return copy


def abandon(connection: sqlite3.Connection) -> None:
    """Close a connection without a change to the file: it is another one than that which was opened."""
    connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003
    connection.close()


def put_in_place(copy: Path, path: Path, clock: Callable[[], float]) -> Path | None:
    """Put a copy in the place of a journal, and return the new name of the file that was there; None without one."""
    aside = set_aside(path, clock(), "replaced") if path.exists() else None
    for part in PARTS[1:]:
        Path(f"{path}{part}").unlink(missing_ok=True)  # their content is in the copy
    copy.rename(path)
    return aside
