"""The last two hours of a string in means of ten minutes: whether its voltage sinks or is steady."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from .counters import LONGEST_GAP
from .limits import HOUR, MINUTE
from .operating_state import Cells, Trend

EVERY: Final = 10 * MINUTE  # of one mean
KEPT: Final = 12  # means
TREND: Final = 3  # means that show a trend: half an hour
# An open string loses 8 mV per cell in its first half hour, if its voltage falls to that of rest within 8 h [I].
SINKING: Final = 0.0075  # V per cell and h
# A charger that follows the room, as the batteries do not yet, lowers its voltage by 3 mV/K: by less than this in two
# hours, and not as fast as that [I].
DEEP: Final = 0.02  # V per cell …
FAST: Final = 0.015  # … V per cell and h
RISING: Final = 0.001  # V per cell in half an hour; the voltage of an open string does not rise
STEADY: Final = 0.001  # V per cell, by which the means of a charger's voltage differ at most
LEAST_FALL: Final = 0.0003  # V per cell, from one mean to the next


@dataclass(frozen=True, kw_only=True, slots=True)
class Mean:
    """The mean of about ten minutes."""

    at: float  # the middle of its time, s since 1970
    voltage: float  # V, the mean cell
    compensation: float  # V, see `Cells`
    current: float | None  # A; None if it was not always known

    @property
    def at_reference(self) -> float:
        """The cell voltage in V as it would be at 25 °C."""
        return self.voltage - self.compensation


@dataclass(frozen=True, kw_only=True, slots=True)
class Recent:
    """The last means, the oldest first, and the sums of the next one."""

    means: tuple[Mean, ...] = ()
    begun: float | None = None  # when the next mean began
    latest: float | None = None  # the last sample with a voltage
    seconds: float = 0.0  # of the sums
    voltage: float = 0.0  # V s
    compensation: float = 0.0  # V s
    current: float | None = 0.0  # A s; None if it was not known once

    @property
    def sinking(self) -> bool:
        """Whether the voltage falls as that of a string without a charger does, and not because it gets warmer."""
        last = self.means[-TREND:]
        return len(last) == TREND and all(
            _falls([one.at for one in self.means], values)
            for values in ([one.voltage for one in self.means], [one.at_reference for one in self.means])
        )

    @property
    def steady(self) -> bool:
        """Whether something holds the voltage: it has been the same for half an hour, or rises."""
        last = self.means[-TREND:]
        return len(last) == TREND and any(
            max(values) - min(values) <= STEADY or values[-1] - values[0] >= RISING
            for values in ([one.voltage for one in last], [one.at_reference for one in last])
        )

    @property
    def trend(self) -> Trend:
        """What the voltage has done."""
        last = self.means[-1] if self.means else None
        return Trend(
            sinking=self.sinking,
            steady=self.steady,
            last=last.voltage if last else None,
            current=last.current if last else None,
        )


def _falls(times: Sequence[float], values: Sequence[float]) -> bool:
    last, hours = values[-TREND:], (times[-1] - times[-TREND]) / HOUR
    fall = last[0] - last[-1]
    each = all(after <= before - LEAST_FALL for before, after in pairwise(last))
    return each and (fall >= FAST * hours or (fall >= SINKING * hours and max(values) - last[-1] >= DEEP))


def step(before: Recent, cells: Cells | None, current: float | None, now: float) -> Recent:
    """Add a sample; it counts for the time since the last one. After a gap in the voltages the means start again."""
    if cells is None:
        return before
    if before.latest is None or not 0 <= now - before.latest <= LONGEST_GAP:
        return Recent(begun=now, latest=now)
    passed = now - before.latest
    after = replace(
        before,
        latest=now,
        seconds=before.seconds + passed,
        voltage=before.voltage + cells.voltage * passed,
        compensation=before.compensation + cells.compensation * passed,
        current=None if before.current is None or current is None else before.current + current * passed,
    )
    if after.begun is None or after.seconds <= 0 or now - after.begun < EVERY:
        return after
    mean = Mean(
        at=(after.begun + now) / 2,
        voltage=after.voltage / after.seconds,
        compensation=after.compensation / after.seconds,
        current=None if after.current is None else after.current / after.seconds,
    )
    return Recent(means=(*before.means, mean)[-KEPT:], begun=now, latest=now)
