"""What is known of an alarm that is raised or pending, and by which key; see `alarms` for what raises it."""

from collections.abc import Mapping
from dataclasses import dataclass

from .alarm_kinds import AlarmKind
from .common_alarms import common_key
from .events import Alarm, Level


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmState:
    """A value that is beyond its limit, or an alarm that is not cleared yet."""

    alarm: Alarm | None = None  # None while it is pending
    warning_since: float | None = None  # since when the value is beyond the warning limit without a break
    alarm_since: float | None = None  # the same for the alarm limit
    calm_since: float | None = None  # since when the value is back by the hysteresis, from the present level's limit
    ends: float | None = None  # when a test alarm ends; a measured value ends an alarm by its limit
    level_since: float | None = None  # since when it has its level, if that is another one than when it was raised
    limit_now: float | None = None  # of its level, as it holds now; the alarm has the one by which it was raised
    again: bool = False  # whether the alarm came back soon after it was cleared, or has this level for the second time

    @property
    def level(self) -> Level:
        """The level of the alarm."""
        return self.alarm.level if self.alarm else Level.OK


type AlarmStates = Mapping[str, AlarmState]  # by `key`


def key(kind: AlarmKind, battery: str | None) -> str:
    """Return the key of an alarm."""
    return f"{kind} {battery}" if battery else str(kind)


def key_of(alarm: Alarm) -> str:
    """Return the key of an alarm that was raised."""
    return common_key(alarm.kind) if alarm.batteries else key(alarm.kind, alarm.battery)


def identity_of(alarm: Alarm) -> str:
    """Return what tells an alarm from every other one, also from one of the same kind that is raised later."""
    return f"{'drill ' if alarm.drill else ''}{key_of(alarm)} {alarm.raised:.3f}"


def worst(states: AlarmStates) -> Level:
    """Return the highest level of all alarms; a latched alarm counts until it is acknowledged."""
    return max((state.level for state in states.values()), default=Level.OK)
