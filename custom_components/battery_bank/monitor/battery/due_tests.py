"""The schedule of resistance tests: each battery at its interval, within a window of the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from ..clock import time_in
from .alarm_state import AlarmStates
from .events import Level, OperatingState
from .limits import DAY, HOUR

# A battery is due a little before its interval is over. Otherwise its test would come later each time, by the duration
# of the tests before it.
SLACK: Final = 12 * HOUR
# A test without a result is requested again in the next window.
AGAIN: Final = 20 * HOUR
ENOUGH_CHARGE: Final = 0.7  # below it the internal resistance rises fast (Alber)
# Without a measured current, a string counts as charged after this time on float.
CHARGED_AFTER: Final = 24 * HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """The interval of the tests of each battery, and the window of the day; a window may pass midnight."""

    days: float = 30.0
    begins: time = time(1)
    ends: time = time(5)

    def open_at(self, now: datetime) -> bool:
        """Return whether a local time is in the window; a window that ends when it begins is always open."""
        at = now.time()
        if self.begins < self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends

    def opening(self, now: datetime) -> datetime:
        """Return when the window that contains a local time opened, or when the next window opens."""
        opening = now.replace(hour=self.begins.hour, minute=self.begins.minute, second=0, microsecond=0)
        if self.open_at(now):
            opening = opening if opening <= now else opening - timedelta(days=1)
        else:
            opening = opening if opening >= now else opening + timedelta(days=1)
        early, late = (opening.replace(fold=fold).astimezone(UTC) for fold in (1, 0))
        if early >= late:
            return opening
        # The clocks skip this time: the window opens when they are set, or on the next day if it is over by then.
        skipped = (early + timedelta(minutes=minutes) for minutes in range((late - early) // timedelta(minutes=1) + 1))
        opens = (at for one in skipped if self.open_at(at := one.astimezone(opening.tzinfo)))
        return next(opens, opening + timedelta(days=1))


def obstacle(
    *, condition: OperatingState | None, age: float, state_of_charge: float | None, alarms: AlarmStates
) -> str | None:
    """Return the key of the reason why no scheduled test may start now; None if one may start.

    `age` is how long the string has been in its operating state, in s; `state_of_charge` is 0 to 1, None if unknown.
    """
    if condition is not OperatingState.FLOAT:
        return "not_on_float"
    if any(
        state.alarm
        and not state.alarm.drill
        and state.alarm.level is Level.ALARM
        and state.alarm.kind.traits.blocks_tests
        for state in alarms.values()
    ):
        return "alarm"
    if state_of_charge is None:
        return None if age >= CHARGED_AFTER else "not_charged"
    return None if state_of_charge >= ENOUGH_CHARGE else "not_charged"


def due(
    schedule: Schedule | None, tested: Mapping[str, float | None], asked: Mapping[str, float], now: datetime
) -> Sequence[str] | None:
    """Return the batteries to test now, the one that has waited longest first; None outside of the window.

    `tested` is when each battery was last tested, None if never; `asked` is when its test was last requested; both in s
    since 1970, UTC. `now` is a local time.
    """
    if schedule is None or not schedule.open_at(now):
        return None
    at = now.timestamp()
    waiting = [
        battery
        for battery, last in tested.items()
        if (last is None or at - last >= schedule.days * DAY - SLACK) and at - asked.get(battery, 0.0) >= AGAIN
    ]
    return sorted(waiting, key=lambda battery: tested[battery] or 0.0)


def next_test(schedule: Schedule, tested: Mapping[str, float | None], now: datetime) -> datetime | None:
    """Return when the next test is due in a window, as a local time; None if no battery can be tested.

    It is in the past while a test is due and the window is open: then it is when the window opened.
    """
    if not tested:
        return None
    at = now.timestamp()
    earliest = min(at if last is None else last + schedule.days * DAY - SLACK for last in tested.values())
    falls_due = time_in(max(at, earliest), now.tzinfo or UTC)
    opening = schedule.opening(falls_due)
    return max(opening, falls_due) if earliest > at else opening
