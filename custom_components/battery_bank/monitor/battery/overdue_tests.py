"""Resistance tests that are overdue, and what was in the way."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from . import due_tests
from .alarm_state import AlarmStates
from .due_tests import SLACK
from .events import Event, ResistanceTestsOverdue
from .limits import DAY, HOUR
from .operating_state import DetectedState
from .resistance import ResistanceState, ResistanceStates
from .sample import Sample
from .settings import Settings

MISSED: Final = 2  # intervals without a test until the tests are overdue
LONGEST: Final = 600.0  # s between two samples that count; what was in the way in a longer gap is unknown
OFFLINE: Final = "offline"  # the obstacle of a battery whose module does not answer
NONE: Final = "none"  # nothing was in the way
OBSTACLES: Final = ("not_on_float", "alarm", "not_charged", OFFLINE, NONE)


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockedTests:
    """What was in the way of the tests that are due. The names of the fields are stored."""

    since: float | None = None  # when the string was monitored first, s since 1970, UTC
    hours: Mapping[str, float] = field(default_factory=dict)  # in open windows, by obstacle
    overdue_since: float | None = None

    @property
    def obstacle(self) -> str | None:
        """What was in the way most of the time; None if nothing was counted."""
        return max(self.hours, key=lambda key: self.hours[key], default=None)

    @property
    def share(self) -> float:
        """The share of that in the open windows, 0 to 1."""
        whole = sum(self.hours.values())
        return max(self.hours.values()) / whole if whole else 0.0


def step(
    interval: float | None,
    before: BlockedTests,
    batteries: Mapping[str, ResistanceState | None],
    sample: Sample,
    obstacle: str | None,
    seconds: float,
) -> BlockedTests:
    """Count what is in the way of a string's tests.

    `interval` is that of the schedule in days, None without one; `batteries` are all of the string; `obstacle` is the
    key of what is in the way now; `seconds` is the time since the last sample. Tests are overdue when the battery that
    waits longest has missed two intervals, of which one at least was monitored.
    """
    now = sample.at
    since = before.since if before.since is not None else now
    if interval is None:
        return BlockedTests(since=since)
    waited = {battery: now - _tested(one, since) for battery, one in batteries.items()}
    due = [battery for battery, one in waited.items() if one >= interval * DAY - SLACK]
    if not due:
        return BlockedTests(since=since)
    hours = before.hours
    if sample.test_window and 0 < seconds <= LONGEST:
        reason = OFFLINE if all(battery in sample.offline for battery in due) else obstacle or NONE
        hours = {**hours, reason: hours.get(reason, 0.0) + seconds / HOUR}
    missed = bool(hours) and max(waited.values()) >= MISSED * interval * DAY and now - since >= interval * DAY
    overdue_since = (before.overdue_since or now) if missed else None
    return replace(before, since=since, hours=hours, overdue_since=overdue_since)


def step_of(
    settings: Settings,
    before: BlockedTests,
    resistances: ResistanceStates,
    sample: Sample,
    seconds: float,
    condition: DetectedState,
    state_of_charge: float | None,
    alarms: AlarmStates,
) -> tuple[BlockedTests, list[Event]]:
    """Count what is in the way of the tests of a string; the event says that they are overdue now."""
    obstacle = due_tests.obstacle(
        condition=condition.condition, age=sample.at - condition.since, state_of_charge=state_of_charge, alarms=alarms
    )
    batteries = {battery: resistances.get(battery) for battery in settings.batteries}
    after = step(settings.test_interval, before, batteries, sample, obstacle, seconds)
    if after.overdue_since is None or before.overdue_since is not None:
        return after, []
    return after, [ResistanceTestsOverdue(at=sample.at, obstacle=after.obstacle)]


def _tested(battery: ResistanceState | None, since: float) -> float:
    """Return when a battery was tested last; without a test, when it was installed or monitored first."""
    if battery is None:
        return since
    return battery.tests[-1].at if battery.tests else max(since, battery.since or since)


def set_back(blocked: BlockedTests, by: float) -> BlockedTests:
    """Move all times back by this many s."""
    return replace(
        blocked,
        since=None if blocked.since is None else blocked.since - by,
        overdue_since=None if blocked.overdue_since is None else blocked.overdue_since - by,
    )
