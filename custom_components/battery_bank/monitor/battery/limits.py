"""How an alarm behaves at its limits: levels, hysteresis and delay."""

from dataclasses import dataclass, replace
from typing import Final

from .alarm_kinds import AlarmKind
from .events import Level

MINUTE: Final = 60.0  # s
HOUR: Final = 3600.0  # s
DAY: Final = 86400.0  # s
LEVELS: Final = tuple(Level)  # by how many of its limits a value is beyond


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """The warning limit and the alarm limit of a value."""

    kind: AlarmKind
    unit: str  # of the limits, of the hysteresis, and of the values they are compared with
    warning: float
    alarm: float
    hysteresis: float  # how far a value must come back
    delay: float  # s for which a value must be beyond the limit, and within it to clear

    @property
    def above(self) -> bool:
        """Whether the value is too high beyond the limit, not too low."""
        return self.alarm >= self.warning

    def level(self, value: float) -> Level:
        """Return the level of a value."""
        return self._level(value, 0.0)

    def held(self, value: float) -> Level:
        """Return the level at which a value holds an alarm: it has not come back by the hysteresis."""
        return self._level(value, self.hysteresis)

    def of(self, level: Level) -> float:
        """Return the limit of a level."""
        return self.alarm if level is Level.ALARM else self.warning

    def shifted(self, by: float) -> Limit:
        """Return this limit with warning and alarm moved by so much, in `unit`."""
        return replace(self, warning=self.warning + by, alarm=self.alarm + by)

    def widened(self, factor: float) -> Limit:
        """Return this limit with warning and alarm so many times as far from 0."""
        return replace(self, warning=self.warning * factor, alarm=self.alarm * factor)

    def _level(self, value: float, grace: float) -> Level:
        if self.alarm >= self.warning:  # as `above`, without a call for each value of each battery
            return LEVELS[(value >= self.warning - grace) + (value >= self.alarm - grace)]
        return LEVELS[(value <= self.warning + grace) + (value <= self.alarm + grace)]
