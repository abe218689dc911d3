"""The files of a journal, and the reasons why a file can't be used."""

from contextlib import suppress
from datetime import UTC, datetime
import errno
from itertools import count
from pathlib import Path
import sqlite3
from typing import Final

from ..errors import Reason

LOG: Final = "-wal"
PARTS: Final = ("", LOG, "-shm")  # the database, its write-ahead log, and the index of the log
OF_SQLITE: Final = {  # by primary code
    sqlite3.SQLITE_BUSY: Reason.FILE_IN_USE,
    sqlite3.SQLITE_CANTOPEN: Reason.CANNOT_OPEN,
    sqlite3.SQLITE_CORRUPT: Reason.DAMAGED,
    sqlite3.SQLITE_FULL: Reason.DISK_FULL,
    sqlite3.SQLITE_IOERR: Reason.DISK_ERROR,
    sqlite3.SQLITE_LOCKED: Reason.FILE_IN_USE,
    sqlite3.SQLITE_NOTADB: Reason.DAMAGED,
    sqlite3.SQLITE_PERM: Reason.PERMISSION_DENIED,
    sqlite3.SQLITE_READONLY: Reason.READ_ONLY,
}
OF_SYSTEM: Final = {  # by number
    errno.EACCES: Reason.PERMISSION_DENIED,
    errno.EEXIST: Reason.IS_FILE,
    errno.EIO: Reason.DISK_ERROR,
    errno.EISDIR: Reason.IS_FOLDER,
    errno.ENOENT: Reason.NO_SUCH_FOLDER,
    errno.ENOSPC: Reason.DISK_FULL,
    errno.ENOTDIR: Reason.IS_FILE,
    errno.EPERM: Reason.PERMISSION_DENIED,
    errno.EROFS: Reason.READ_ONLY,
}


def reason_of(err: Exception) -> Reason | None:
    """Return why a file or folder can't be used; None if only the text of the error has the reason."""
    match err:
        case sqlite3.Error():
            return OF_SQLITE.get(getattr(err, "sqlite_errorcode", 0) & 0xFF)  # the rest is the extended code
        case OSError(errno=int(code)):
            return OF_SYSTEM.get(code)
        case _:
            return None


def set_aside(path: Path, now: float, why: str = "damaged") -> Path:
    """Rename the files in the place of a journal, with the reason and time in the new name, and return that name."""
    stamp = f"{path}.{why}-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
    names = (f"{stamp}-{number}" if number > 1 else stamp for number in count(1))
    aside = next(name for name in names if not any(Path(name + part).exists() for part in PARTS))
    for part in PARTS:
        if (file := Path(f"{path}{part}")).exists():
            file.rename(aside + part)
    return Path(aside)


def size(path: Path) -> int:
    """Return the size of a journal on the disk in bytes; 0 if there is none."""
    found = 0
    for part in PARTS:
        with suppress(FileNotFoundError):  # the log is deleted when the journal is closed
            found += Path(f"{path}{part}").stat().st_size
    return found
