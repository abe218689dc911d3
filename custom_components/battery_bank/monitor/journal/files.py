"""The files of a journal: the database, its log, and the index of that."""

from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

PARTS: Final = ("", "-wal", "-shm")


def set_aside(path: Path, now: float) -> Path:
    """Rename a journal to what says when that was; return the new name."""
    stamp = f"{path}.damaged-{datetime.fromtimestamp(now, UTC):%Y%m%dT%H%M%SZ}"
    names = (f"{stamp}-{number}" if number > 1 else stamp for number in count(1))
    aside = next(name for name in names if not any(Path(name + part).exists() for part in PARTS))
    for part in PARTS:
        if (file := Path(f"{path}{part}")).exists():
            file.rename(aside + part)
    return Path(aside)


def size(path: Path) -> int:
    """Return how large a journal is on the disk, in bytes; 0 where there is none."""
    found = 0
    for part in PARTS:
        with suppress(FileNotFoundError):  # the log goes when the journal is closed
            found += Path(f"{path}{part}").stat().st_size
    return found
