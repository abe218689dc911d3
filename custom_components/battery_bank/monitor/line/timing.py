"""How long to wait for an answer: short on a module that is quick, patient on one that is slow."""

from dataclasses import dataclass
from typing import Final

# After Jacobson and Karels, as in RFC 6298: time-out = smoothed + 4 · deviation, gains 1/8 and 1/4.
GAIN: Final = 1 / 8
DEVIATION_GAIN: Final = 1 / 4
DEVIATIONS: Final = 4
DOUBLINGS: Final = 8  # more make no difference


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The time-outs that suit a kind of line, in s."""

    first: float  # for a module that never answered; also as far as a silent one is trusted to have slowed down
    floor: float  # never less
    ceiling: float  # never more
    scan: float  # for an address that may be empty, before anything answered, …
    scan_floor: float  # … and never less once the line is known to be quick


# Sites poll with 500 ms. 200 ms leave room for 16 ms of a USB adapter and a hiccup of the program.
SERIAL: Final = Pace(first=0.5, floor=0.2, ceiling=2.0, scan=0.3, scan_floor=0.12)
# A transparent gateway adds the network's delay and its own packing timer.
RTU_OVER_TCP: Final = Pace(first=1.0, floor=0.4, ceiling=3.0, scan=0.6, scan_floor=0.25)
# A Modbus TCP gateway asks the line itself and waits about 1 s for a silent module. Giving up before it does would
# queue our next request behind that wait, and blame the next module.
MODBUS_TCP: Final = Pace(first=1.5, floor=1.2, ceiling=3.0, scan=1.5, scan_floor=1.2)


class AnswerTime:
    """What a module usually takes to answer, and so how long to wait for it."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.smoothed: float | None = None  # s; None until it answered once
        self._deviation = 0.0  # s

    def answered(self, took: float) -> None:
        """Learn from an answer that took `took` s."""
        if self.smoothed is None:
            self.smoothed, self._deviation = took, took / 2
            return
        self._deviation += DEVIATION_GAIN * (abs(self.smoothed - took) - self._deviation)
        self.smoothed += GAIN * (took - self.smoothed)

    def timeout(self, misses: int = 0) -> float:
        """Return how long to wait, in s; each miss in a row doubles it, for a module may have become slower."""
        if self.smoothed is None:
            return self._pace.first
        usual = max(self._pace.floor, self.smoothed + DEVIATIONS * self._deviation)
        slower = min(usual * 2.0 ** min(misses, DOUBLINGS), self._pace.first)
        return min(max(usual, slower), self._pace.ceiling)
