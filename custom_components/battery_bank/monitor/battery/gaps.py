"""Gaps in the monitoring of a string, by the clock: the monitor was off or paused, or the clock was set."""

from typing import Final

from .counters import LONGEST_GAP
from .events import Event, MonitoredAgain, MonitoringGap

SET_BACK: Final = 60.0  # s by which a clock is set back at least, for its time to be monitored a second time
REPORTED: Final = 60.0  # s between two events for the time that is monitored again


def gap(last: float | None, latest: float | None, at: float) -> list[Event]:
    """Return the gap between the last sample and the one at `at`, if it is longer than `LONGEST_GAP`.

    Until `latest`, the latest known time, all has been recorded before the clock was set back.
    """
    if last is None or at - (start := max(last, latest or last)) <= LONGEST_GAP:
        return []
    return [MonitoringGap(start=start, end=at)]


def step(again: float | None, last: float | None, latest: float | None, at: float) -> tuple[float | None, list[Event]]:
    """Take the time of a sample, and return since when time is monitored again, and the events.

    `again` is what the step before returned: None while the clock is not behind `latest`. A gap that was recorded when
    the clock was set ahead ends where its time is monitored after all.
    """
    if last is None:
        return None, []
    latest = last if latest is None else latest
    behind = at if at < latest else None
    if last - at > SET_BACK or at - last > LONGEST_GAP:  # the clock was set, or the monitor was off
        lived = [] if again is None else [MonitoredAgain(start=again, end=last)]
        return behind, [*lived, *gap(last, latest, at)]
    if again is None or (behind is not None and at - again < REPORTED):
        return again, []
    return behind, [MonitoredAgain(start=again, end=at)]
