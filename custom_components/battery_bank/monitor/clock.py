"""The clock of the monitor: one for the line, the analysis and the journal, given to them and not read by them."""

from collections.abc import Callable
from dataclasses import dataclass
import time
from typing import Final


@dataclass(frozen=True, kw_only=True, slots=True)
class Clock:
    """Two readings of the time. The date can be set back by a person or a time server; the elapsed time can't."""

    now: Callable[[], float] = time.time  # s since 1970, UTC
    monotonic: Callable[[], float] = time.monotonic  # s, from any start, for time that has passed


SYSTEM_CLOCK: Final = Clock()
