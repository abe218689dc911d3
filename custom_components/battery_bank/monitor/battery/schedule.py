"""When resistance tests are due: each battery at its interval, within a window of the night."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from .alarms import Watch
from .events import Level, OperatingState
from .limits import DAY, HOUR

# A battery is due again a little early, or its turn would move on by the length of the tests before it each time.
SLACK: Final = 12 * HOUR
# A test that failed, or that nobody saw the result of, is asked for again in the next night.
AGAIN: Final = 20 * HOUR
ENOUGH_CHARGE: Final = 0.7  # resistance rises fast below (Alber)
# Without a current to count: on float for so long, a string is taken to be charged.
CHARGED_AFTER: Final = 24 * HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """How often each battery of a string is tested, and when in the day; a window may pass midnight."""

    days: float = 30.0
    begins: time = time(1)
    ends: time = time(5)

    def open_at(self, now: datetime) -> bool:
        """Whether a local time is in the window; one that ends when it begins is always open."""
        at = now.time()
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    def opening(self, now: datetime) -> datetime:
        """Return when the window that is open at a local time has opened, or when the next one opens."""
        opening = now.replace(hour=self.begins.hour, minute=self.begins.minute, second=0, microsecond=0)
        if self.open_at(now):
            return opening if opening <= now else opening - timedelta(days=1)
        return opening if opening >= now else opening + timedelta(days=1)


def obstacle(
    *, condition: OperatingState | None, age: float, state_of_charge: float | None, watch: Watch
) -> str | None:
    """Return why no test may begin by itself now, as a key; None if nothing is in the way.

    `age` is for how many s the string has done what it does, `state_of_charge` 0 to 1 or None if nobody knows.
    """
    if condition is not OperatingState.FLOAT:
        return "not_on_float"
    if any(
        watched.alarm
        and not watched.alarm.drill
        and watched.alarm.level is Level.ALARM
        and watched.alarm.kind.traits.blocks_tests
        for watched in watch.values()
    ):
        return "alarm"
    if state_of_charge is None:
        return None if age >= CHARGED_AFTER else "not_charged"
    return None if state_of_charge >= ENOUGH_CHARGE else "not_charged"


def due(
    schedule: Schedule, tested: Mapping[str, float | None], asked: Mapping[str, float], now: datetime
) -> Sequence[str]:
    """Return the batteries to test now, the one that waits longest first.

    `tested` says when each battery was tested last, None if never; `asked`, when its test was last asked for; both in s
    since 1970, UTC; `now` is a local time.
    """
    if not schedule.open_at(now):
        return []
    at = now.timestamp()
    waiting = [
        battery
        for battery, last in tested.items()
        if (last is None or at - last >= schedule.days * DAY - SLACK) and at - asked.get(battery, 0.0) >= AGAIN
    ]
    return sorted(waiting, key=lambda battery: tested[battery] or 0.0)


def next_test(schedule: Schedule, tested: Mapping[str, float | None], now: datetime) -> datetime | None:
    """Return when the window of the next test opens, as a local time; None where no battery can be tested."""
    if not tested:
        return None
    at = now.timestamp()
    earliest = min(at if last is None else last + schedule.days * DAY - SLACK for last in tested.values())
    return schedule.opening(datetime.fromtimestamp(max(at, earliest), now.tzinfo))
