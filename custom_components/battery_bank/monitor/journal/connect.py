"""Opening the file of a journal: checked, migrated, and never written to if it is damaged."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
import sqlite3
from typing import Final

from ..errors import JournalError, Reason
from . import records
from .schema import APPLICATION_ID, MIGRATIONS

# Errors of the file, not of the disk. SQLITE_ERROR, while the file is opened, means that a table has other columns.
DAMAGED: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_IOERR_SHORT_READ}
HEADER: Final = """SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
    FROM pragma_application_id, pragma_user_version"""
DOCUMENT: Final = "SELECT data FROM documents WHERE string = ? AND key = ?"


class DamagedError(JournalError):
    """The file is damaged, so that no retry can succeed."""


def connect(path: Path, *, may_be_empty: bool = True) -> sqlite3.Connection:
    """Open a file and migrate it. A damaged file, or one of a later version, is not changed."""
    size = path.stat().st_size if path.exists() else None
    if Path(f"{path}-wal").exists() and not size:
        raise DamagedError("only its log is left")  # SQLite would delete the log
    if size == 0 and not may_be_empty:
        raise DamagedError("the file is empty")
    connection = sqlite3.connect(path, isolation_level=None)
    # One damaged byte of a text must not hide all others.
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        # If the file is closed because of an error, its log must not be merged into it.
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, True)  # noqa: FBT003
        _prepare(connection, may_be_empty=may_be_empty or not size)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, False)  # noqa: FBT003
    except BaseException as err:
        connection.close()
        code = getattr(err, "sqlite_errorcode", 0)
        if {code, code & 0xFF} & DAMAGED or isinstance(err, UnicodeError):
            raise DamagedError(str(err)) from err
        raise
    return connection


def _prepare(connection: sqlite3.Connection, *, may_be_empty: bool) -> None:
    [(application, version, objects)] = records.execute(connection, HEADER)
    if not objects and not may_be_empty:
        raise DamagedError("it has no tables")  # they were in its log, which is gone
    if application != APPLICATION_ID and (application, version, objects) != (0, 0, 0):
        raise DamagedError("not a journal")
    if version > len(MIGRATIONS):
        known = len(MIGRATIONS)
        raise JournalError(f"the journal is of version {version}, and this release knows {known}", Reason.NEWER_VERSION)
    if records.execute(connection, "PRAGMA quick_check(1)") != [("ok",)]:
        raise DamagedError("malformed")
    # auto_vacuum has an effect only before the first page is written, and journal_mode writes it.
    for setting in ("auto_vacuum = INCREMENTAL", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        records.execute(connection, f"PRAGMA {setting}")
    migrate(connection)
    for table in records.TABLES:
        table.get(connection, "LIMIT 0", "")
    records.curve(connection, "", 0.0)
    records.execute(connection, DOCUMENT, "", "")


def migrate(connection: sqlite3.Connection, migrations: Sequence[str] = MIGRATIONS) -> None:
    """Apply the migrations that a file has not had, each with its version in one transaction."""
    [(version,)] = records.execute(connection, "PRAGMA user_version")
    for number, script in enumerate(migrations[version:], version + 1):
        with connection:
            connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}")
