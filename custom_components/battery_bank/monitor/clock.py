"""The clock of the monitor. The line, the analysis and the journal are given it, so that a test can set the time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
import time
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """The date and the elapsed time. A person or a time server can set the date back, but not the elapsed time."""

    now: Callable[[], float] = time.time  # s since 1970, UTC
    monotonic: Callable[[], float] = time.monotonic  # s, from any start, for time that has passed


SYSTEM_CLOCK: Final = Clock()

# All zones have these times, with some days to the limits of the calendar. A damaged record may have any other time.
EARLIEST: Final = datetime(1, 1, 3, tzinfo=UTC).timestamp()
LATEST: Final = datetime(9999, 12, 29, tzinfo=UTC).timestamp()


def time_in(at: float, zone: tzinfo) -> datetime:
    """Return a time, in s since 1970, UTC, in a zone; one outside the calendar becomes the earliest or the latest."""
    return datetime.fromtimestamp(min(max(at, EARLIEST), LATEST), zone)
