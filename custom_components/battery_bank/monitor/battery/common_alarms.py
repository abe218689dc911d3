"""Alarms that many batteries have in common: one cause, one alarm with the batteries.

What is common is judged by the battery that is worst but for so many: when it is beyond a limit, so many are.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from .alarm_kinds import AlarmKind
from .events import Level
from .limits import HOUR, MINUTE, Limit

# So many batteries, or a quarter of a string if that is less, may be faulty each by itself. More have one cause.
MOST_ALONE: Final = 5
LEAST_ALONE: Final = 2
# Where the other batteries are about to come beyond the limit too, the warning of one waits for theirs.
LONGEST_WAIT: Final = HOUR
SHORTEST_WAIT: Final = 2 * MINUTE
WAIT: Final = 10  # × the delay
COMMON: Final = "common "  # the keys of common alarms begin with it


@dataclass(frozen=True, kw_only=True, slots=True)
class Judged:
    """A value, and the levels that it has by its limit."""

    limit: Limit
    battery: str | None
    value: float
    reached: Level  # the level of the value
    held: Level  # the level at which the value holds an alarm

    @property
    def measured(self) -> bool:
        """Whether it is the value that has the level, not another reason: then value and limit say why."""
        return self.limit.level(self.value) >= self.reached

    @property
    def badness(self) -> tuple[Level, float]:
        """The order of the values of one limit, the worst last."""
        return self.reached, self.value if self.limit.above else -self.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Crowd:
    """The batteries of a string together."""

    judged: Judged  # the worst value, and the levels that enough batteries have
    batteries: tuple[str, ...]  # those beyond the limit


@dataclass(frozen=True, kw_only=True, slots=True)
class Common:
    """How the values of the batteries are taken together."""

    judged: bool = True  # False: an alarm of the string itself says what is common, only outliers have alarms
    covered: Level = Level.OK  # the level up to which another alarm of the string says the same
    outliers: Collection[str] = ()  # batteries that stand out, so that what is common does not explain their values


def fewest(batteries: int) -> int:
    """Return how many batteries of a string beyond one limit have a common cause."""
    return min(batteries, max(LEAST_ALONE, min(batteries // 4, MOST_ALONE)) + 1)


def crowd_of(judged: Sequence[Judged], place: int, before: Collection[str]) -> Crowd | None:
    """Take together the batteries whose values have a level: what the worst but `place` - 1 of them has, all have.

    `before` are the batteries of the common alarm there is. None if no value has a level.
    """
    if not judged:
        return None
    reached = sorted((one.reached for one in judged), reverse=True)[place - 1 : place] or [Level.OK]
    held = sorted((one.held for one in judged), reverse=True)[place - 1 : place] or [Level.OK]
    worst = max(judged, key=lambda one: one.badness)
    return Crowd(
        judged=Judged(limit=worst.limit, battery=None, value=worst.value, reached=reached[0], held=held[0]),
        batteries=tuple(
            one.battery for one in judged if one.battery and (one.reached or (one.held and one.battery in before))
        ),
    )


def common_key(kind: AlarmKind) -> str:
    """Return the key of the alarm that several batteries have in common."""
    return f"{COMMON}{kind}"


def explanation_of(one: Judged, common: Common, crowd: Crowd | None, level: Level) -> tuple[Level, float]:
    """Return the level up to which another alarm explains that of a battery, and how many s longer it waits.

    `level` is that of the common alarm there is.
    """
    if one.battery in common.outliers:
        return Level.OK, 0.0
    if not common.judged:
        return Level.ALARM, 0.0
    explained, wait = level, 0.0
    if crowd is not None:
        explained = max(explained, crowd.judged.reached)
        if crowd.judged.held >= one.reached:
            wait = min(LONGEST_WAIT, max(SHORTEST_WAIT, WAIT * one.limit.delay))
    return explained, wait
