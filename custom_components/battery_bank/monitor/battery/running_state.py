"""The running state of a string: saved in the journal, and restored after a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

from . import capacity_test, overdue_tests
from .alarm_state import AlarmState
from .available_charge import Available
from .capacity_test import CapacityTests
from .counters import LONGEST_GAP, Counters, Flowed
from .discharge_recorder import Recording
from .float_current import FloatCurrent
from .limits import HOUR
from .operating_state import Cells, DetectedState
from .overdue_tests import BlockedTests
from .polarity import Polarity
from .recent import Recent
from .rest_habit import Rests
from .same_load import Loads
from .since_full import SinceFull
from .state_of_charge import Charge
from .warming import Heat

# After a longer gap in the monitoring, a value may have been within its limit meanwhile: delays start again.
LONGEST_UNKNOWN: Final = 2 * HOUR


@dataclass(frozen=True, kw_only=True)
class Running:
    """The running state of a string, saved as one document. The names of all fields inside are stored: keep them."""

    at: float | None = None  # of the last sample
    current: float | None = None  # A, the last measured one …
    current_at: float | None = None  # … and its time
    voltage: float | None = None  # V of the string, the last known one …
    voltage_at: float | None = None  # … and its time
    held: Flowed = (0.0, 0.0)  # Ah in and out while no voltage was known: their energy is still to be counted
    rested: Cells | None = None  # the mean cell when the string was last without load
    condition: DetectedState = field(default_factory=DetectedState)
    counters: Counters = field(default_factory=Counters)
    charge: Charge = field(default_factory=Charge)
    float_current: FloatCurrent = field(default_factory=FloatCurrent)
    heat: Heat = field(default_factory=Heat)
    watch: Mapping[str, AlarmState] = field(default_factory=dict)  # alarms by their key
    recording: Recording | None = None
    since: Mapping[str, float] = field(default_factory=dict)  # see `situation.Since`
    tested: Mapping[str, float] = field(default_factory=dict)  # by battery, the time of its last test
    asked: Mapping[str, float] = field(default_factory=dict)  # by battery, when its scheduled test was last requested
    cycled: float | None = None  # the last time of a discharge or recharge
    cleared: Mapping[str, float] = field(default_factory=dict)  # when alarms were cleared lately, by their key
    polarity: Polarity = field(default_factory=Polarity)
    recent: Recent = field(default_factory=Recent)
    loads: Loads = ()
    rests: Rests = ()
    available: Available = field(default_factory=Available)
    blocked_tests: BlockedTests = field(default_factory=BlockedTests)
    since_full: SinceFull = field(default_factory=SinceFull)
    capacity_tests: CapacityTests = field(default_factory=CapacityTests)
    # Since when time is monitored that was monitored before the clock was set back; None if the clock is not behind.
    again: float | None = None
    behind: float = 0.0  # s by which the times were moved back with the clock, while it is before `latest`
    latest: float | None = None  # the latest known time; a clock that is before it is wrong, or was wrong then

    @property
    def state_of_charge(self) -> float | None:
        """The state of charge, 0 to 1; in a fast discharge, at most the part that the string gives at its rate."""
        counted, available = self.charge.state, self.available.share
        return counted if counted is None or available is None else min(counted, available)


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """The counters, and the readings with which the counting continues: the fields of `Running` with these names."""

    at: float | None = None
    current: float | None = None
    current_at: float | None = None
    voltage: float | None = None
    voltage_at: float | None = None
    counters: Counters = field(default_factory=Counters)


def count_of(running: Running, earlier: Counters) -> Count:
    """Return the count of a running state, with what was counted before the state began."""
    readings = {one.name: getattr(running, one.name) for one in fields(Count)}
    return Count(**readings | {"counters": earlier + running.counters})


def continued(running: Running, count: Count) -> Running:
    """Return the running state with no counter below that of a copy, and with the readings of the later one."""
    counters = running.counters.at_least(count.counters)
    if count.at is None or (running.at is not None and running.at >= count.at):
        return replace(running, counters=counters)
    later = {one.name: getattr(count, one.name) for one in fields(Count)}
    return replace(running, **later | {"counters": counters})


def set_back(running: Running, by: float) -> Running:
    """Move all times back by this many s, because the clock was set back and no time has passed; negative: ahead.

    The begin of a discharge and of an alarm stay, because they identify the records in the journal. The times of a
    discharge go on from its begin, see `Recording.ahead`.
    """

    def moved(at: float) -> float:
        return at - by

    def moved_if(at: float | None) -> float | None:
        return None if at is None else at - by

    recording = running.recording
    if recording is not None:
        # A clock that was set back before comes right. What is more may have been a pause of the host.
        doubt = max(0.0, -(running.current or 0.0)) * max(0.0, -by + min(0.0, recording.ahead)) / HOUR
        recording = replace(recording, ahead=recording.ahead - by, doubt=recording.doubt + doubt)
    if recording is not None and by > LONGEST_GAP:
        recording = replace(recording, whole=False, discharge=replace(recording.discharge, interrupted=True))
    return replace(
        running,
        behind=max(0.0, running.behind + by),
        current_at=moved_if(running.current_at),
        voltage_at=moved_if(running.voltage_at),
        condition=replace(
            running.condition,
            since=moved(running.condition.since),
            candidate_since=moved(running.condition.candidate_since),
            weak_since=moved_if(running.condition.weak_since),
        ),
        loads=(),
        recent=replace(
            running.recent,
            means=tuple(replace(one, at=moved(one.at)) for one in running.recent.means),
            begun=moved_if(running.recent.begun),
            latest=moved_if(running.recent.latest),
        ),
        since_full=replace(
            running.since_full,
            at=moved_if(running.since_full.at),
            held_since=moved_if(running.since_full.held_since),
        ),
        available=replace(
            running.available, at=moved(running.available.at), below_since=moved_if(running.available.below_since)
        ),
        rests=tuple(replace(one, ended=moved(one.ended)) for one in running.rests),
        charge=replace(
            running.charge,
            full_at=moved_if(running.charge.full_at),
            tail_since=moved_if(running.charge.tail_since),
            rest_since=moved_if(running.charge.rest_since),
        ),
        heat=replace(
            running.heat,
            looks=tuple(replace(one, at=moved(one.at)) for one in running.heat.looks),
            room_at=moved_if(running.heat.room_at),
        ),
        watch={
            key: replace(
                one,
                warning_since=moved_if(one.warning_since),
                alarm_since=moved_if(one.alarm_since),
                level_since=moved_if(one.level_since),
                calm_since=moved_if(one.calm_since),
                ends=moved_if(one.ends),
            )
            for key, one in running.watch.items()
        },
        recording=recording,
        since={key: moved(at) for key, at in running.since.items()},
        tested={key: moved(at) for key, at in running.tested.items()},
        asked={key: moved(at) for key, at in running.asked.items()},
        cycled=moved_if(running.cycled),
        blocked_tests=overdue_tests.set_back(running.blocked_tests, by),
        capacity_tests=capacity_test.set_back(running.capacity_tests, by),
        cleared={key: moved(at) for key, at in running.cleared.items()},
    )


def under_way(running: Running, at: float) -> float | None:
    """Return since when a discharge is under way; None if nothing was known of it for longer than `LONGEST_GAP`."""
    known = max(running.current_at or 0.0, running.voltage_at or 0.0)
    if running.recording is None or at - known > LONGEST_GAP:
        return None
    return running.recording.discharge.start + running.recording.ahead


def until(running: Running, at: float, set_by: float) -> tuple[Running, float]:
    """Return the state before a sample at this time, by the clock as it is now, and the s that passed until then.

    `set_by` is that of the sample. A clock that was set ahead by more than `LONGEST_GAP` is a gap in the monitoring:
    the host may have been paused, and what happened meanwhile is unknown.
    """
    if running.at is None:
        return running, 0.0
    if set_by > LONGEST_GAP:
        set_by = 0.0
    seconds = at - running.at - set_by
    if set_by:
        running = set_back(running, -set_by)
    if seconds < 0:
        return set_back(running, -seconds), 0.0
    return (after_gap(running, seconds) if seconds > LONGEST_UNKNOWN else running), seconds


def after_gap(running: Running, seconds: float) -> Running:
    """Restart all delays after a gap of this many s in the monitoring; raised alarms stay.

    After the clock was set back, a gap is first of all the clock that comes right again. The times that something waits
    from move forward with it: otherwise a test would be due, or an announced one too late, without any time passing.
    """
    moved = set_back(running, -min(seconds, running.behind))
    return replace(
        running,
        behind=moved.behind,
        condition=moved.condition,
        recording=moved.recording,
        charge=moved.charge,
        tested=moved.tested,
        asked=moved.asked,
        cycled=moved.cycled,
        cleared=moved.cleared,
        rests=moved.rests,
        blocked_tests=moved.blocked_tests,
        capacity_tests=moved.capacity_tests,
        watch={
            key: replace(one, warning_since=None, alarm_since=None, calm_since=None)
            for key, one in moved.watch.items()
            if one.alarm
        },
        since={key: at + seconds for key, at in running.since.items()},
        since_full=replace(
            running.since_full,
            at=running.since_full.at + seconds if running.since_full.at is not None else None,
            held_since=None,
        ),
    )


def resumed(saved: Running, live: Running) -> Running:
    """Return the saved state with the readings since the start, for a journal that could be read only later.

    Saved alarms stay raised.
    """
    if live.at is None:
        return saved
    read = saved if live.voltage_at is None else live
    return replace(
        live,
        voltage=read.voltage,  # a restart hears the current first
        voltage_at=read.voltage_at,
        counters=saved.counters + live.counters,
        held=(saved.held[0] + live.held[0], saved.held[1] + live.held[1]),
        charge=saved.charge if live.charge.state is None else live.charge,
        float_current=saved.float_current,
        watch={**live.watch, **{key: one for key, one in saved.watch.items() if one.alarm}},
        recording=live.recording or _recording(saved, live.at, live.counters),
        since={**live.since, **{key: at for key, at in saved.since.items() if key in live.since}},
        tested={**saved.tested, **live.tested},
        asked={**saved.asked, **live.asked},
        cycled=saved.cycled if live.cycled is None else live.cycled,
        blocked_tests=saved.blocked_tests,
        capacity_tests=capacity_test.resumed(saved.capacity_tests, live.capacity_tests),
        cleared={**saved.cleared, **live.cleared},
        rests=(*saved.rests, *live.rests),
        since_full=_since_full(saved.since_full, live.since_full),
        behind=saved.behind,
        latest=max(saved.latest or live.at, live.latest or live.at),
    )


def _recording(saved: Running, at: float, since: Counters) -> Recording | None:
    """Return the saved discharge with what was drawn since the start; interrupted if its string was not monitored."""
    recording = saved.recording
    if recording is None:
        return None
    discharge = recording.discharge
    if saved.at is None or at - saved.at > LONGEST_GAP:
        return replace(recording, whole=False, discharge=replace(discharge, interrupted=True))
    if discharge.drawn is None or discharge.energy is None:
        return recording
    drawn, energy = discharge.drawn + since.drawn, discharge.energy + since.drawn_energy
    return replace(recording, discharge=replace(discharge, drawn=drawn, energy=energy))


def _since_full(saved: SinceFull, live: SinceFull) -> SinceFull:
    """Return the saved time with what was drawn since the start. If it was full since, the next step says so."""
    return live if saved.at is None else replace(saved, drawn=saved.drawn + live.drawn)
