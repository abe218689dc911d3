"""How long to wait for an answer: a short time-out for a quick module, a longer one for a slow module."""

from dataclasses import dataclass
from typing import Final

# After Jacobson and Karels, as in RFC 6298: time-out = smoothed + 4 · deviation, gains 1/8 and 1/4.
GAIN: Final = 1 / 8
DEVIATION_GAIN: Final = 1 / 4
DEVIATIONS: Final = 4
MARGIN: Final = 0.25  # at least this share of the usual time is added, because the time of a steady module varies too
DOUBLINGS: Final = 8  # the ceiling is reached long before
# One in so many polls of a module without an answer has the longest time-out: the module, or its line, may be slow.
PATIENT: Final = 4


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The time-outs that suit a kind of line, in s."""

    first: float  # for a module that has not answered yet; after misses, the time-out grows no further than this
    floor: float  # the shortest
    ceiling: float  # the longest
    probe: float  # the shortest while many modules do not answer
    scan: float  # for an address that may be empty, before any module has answered …
    scan_floor: float  # … and the shortest after that


# Sites poll with 500 ms. 200 ms leave room for the 16 ms of a USB adapter and a short delay of the program.
SERIAL: Final = Pace(first=0.5, floor=0.2, ceiling=2.0, probe=0.06, scan=0.5, scan_floor=0.12)
# A transparent gateway adds the network's delay and its own packing timer.
RTU_OVER_TCP: Final = Pace(first=1.0, floor=0.4, ceiling=3.0, probe=0.06, scan=1.0, scan_floor=0.25)
# A Modbus TCP gateway itself waits about 1 s for a module that is offline. With a shorter time-out our next request
# would wait behind that one, and the next module would seem to be offline.
MODBUS_TCP: Final = Pace(first=1.5, floor=1.2, ceiling=3.0, probe=1.2, scan=1.5, scan_floor=1.2)


class AnswerTime:
    """The usual answer time of a module, and the time-out that follows from it."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.smoothed: float | None = None  # s; None until it answered once
        self._deviation = 0.0  # s

    def answered(self, took: float) -> None:
        """Take the time of an answer, in s."""
        if self.smoothed is None:
            self.smoothed, self._deviation = took, took / 2
            return
        self._deviation += DEVIATION_GAIN * (abs(self.smoothed - took) - self._deviation)
        self.smoothed += GAIN * (took - self.smoothed)

    def timeout(self, misses: int = 0) -> float:
        """Return the time-out in s. Each miss in a row doubles it, because the module may have become slower."""
        if misses % PATIENT == PATIENT - 1:
            return self._pace.ceiling
        if self.smoothed is None:
            return self._pace.first
        usual = max(self._pace.floor, self._usual(self.smoothed))
        slower = min(usual * 2.0 ** min(misses, DOUBLINGS), self._pace.first)
        return min(max(usual, slower), self._pace.ceiling)

    @property
    def longest(self) -> float:
        """The time-out in s of a module that is known to be slower than was expected."""
        return self._pace.ceiling

    def probe(self) -> float:
        """Return the time-out in s of a poll while many modules do not answer."""
        if self.smoothed is None:
            return self._pace.floor
        return min(max(self._pace.probe, self._usual(self.smoothed)), self._pace.ceiling)

    def _usual(self, smoothed: float) -> float:
        return smoothed + max(DEVIATIONS * self._deviation, MARGIN * smoothed)
