"""The clock of the monitor. The line, the analysis and the journal are given it, so that a test can set the time."""

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """The date and the elapsed time. A person or a time server can set the date back, but not the elapsed time."""

    now: Callable[[], float] = time.time  # s since 1970, UTC
    monotonic: Callable[[], float] = time.monotonic  # s, from any start, for time that has passed


SYSTEM_CLOCK: Final = Clock()
