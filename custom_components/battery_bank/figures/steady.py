"""A value as a sensor shows it: it follows what is measured, and leaves out what is noise."""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Final

from .description import Value

# A value that is away from what is shown by less than its step is written when the distance times the time reaches the
# step times so many s: half a step after 320 s, a sixth of it after 16 min. So the hourly mean of what is shown is that
# of the module to about a sixth of the step, and a quiet battery makes few rows in the database.
AWAY: Final = 160.0
MEAN: Final = 60.0  # s, of the running mean of a value


@dataclass(slots=True)
class Steady:
    """What is shown of a value; it changes by a step, or when the value has long been away from it."""

    shown: Value = None
    _available: bool | None = None
    _mean: float = 0.0  # of the last minute or so
    _away: float = 0.0  # the distance of the value from what is shown, summed up over time, in its unit times s
    _taken_at: float = -inf  # when the value was taken last

    def take(self, value: Value, step: Callable[[float], float], now: float, *, available: bool) -> Value:
        """Take a value, and return what is shown from then on. `now` is the elapsed time in s.

        `step` returns the least change from a value that is shown at once, in its unit.
        """
        before = self.shown if available == self._available else None
        if self._has_moved(value, before, step, now) or available != self._available:
            self._available, self.shown = available, value
        return self.shown

    def begin_again(self) -> None:
        """Show the next value however little it differs."""
        self._available = None

    def _has_moved(self, value: Value, before: Value, step: Callable[[float], float], now: float) -> bool:
        if not isinstance(value, int | float):
            return value != before
        seconds, self._taken_at = now - self._taken_at, now
        if not isinstance(before, int | float) or abs(value - before) >= (least := step(value)):
            self._mean, self._away = value, 0.0
            return value != before
        self._mean += (value - self._mean) * seconds / (seconds + MEAN)
        self._away += (value - before) * seconds
        # Of the values that come now, one is shown that is nearer to the mean by half.
        if abs(self._away) < least * AWAY or abs(value - self._mean) > abs(before - self._mean) / 2:
            return False
        self._away = 0.0
        return value != before
