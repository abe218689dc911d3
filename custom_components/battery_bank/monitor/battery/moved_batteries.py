"""What is known of batteries goes with them to another string."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from .discharge_recorder import Recording
from .prediction import STRING, Learned
from .running_state import Running


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a restart goes on with, of one string."""

    running: Running = field(default_factory=Running)
    learned: Learned = field(default_factory=Learned)


def begun(known: Known) -> Known:
    """Return what a string begins with whose batteries were in series with those of another until now.

    The same current has flowed through them: so they are as full, and have the capacity that was learned. What was
    counted is the other's.
    """
    running, learned = known.running, known.learned
    return Known(
        running=Running(at=running.at, condition=running.condition, charge=running.charge, cycled=running.cycled),
        learned=Learned(capacity=learned.capacity, capacity_at=learned.capacity_at),
    )


def moved(batteries: Collection[str], source: Known, target: Known) -> tuple[Known, Known]:
    """Return what is known of two strings after batteries (ids) went from the first to the second.

    Their alarms and curves go with them. A discharge under way tells no capacity: it began with other batteries.
    """
    running, other = source.running, target.running
    watch, watch_gone = _parted(running.watch, batteries)
    since, since_gone = _parted(running.since, batteries)
    tested, tested_gone = _parted(running.tested, batteries)
    asked, asked_gone = _parted(running.asked, batteries)
    curves, curves_gone = _parted(source.learned.curves, {*batteries, STRING})
    curves_gone.pop(STRING, None)  # of a string that was longer, or shorter
    curves_there, _ = _parted(target.learned.curves, {STRING})
    left = replace(
        running,
        watch=watch,
        since=since,
        tested=tested,
        asked=asked,
        recording=_disturbed(running.recording, batteries),
    )
    joined = replace(
        other,
        watch={**other.watch, **watch_gone},
        since={**other.since, **since_gone},
        tested={**other.tested, **tested_gone},
        asked={**other.asked, **asked_gone},
        recording=_disturbed(other.recording, ()),
    )
    return (
        Known(running=left, learned=replace(source.learned, curves=curves)),
        Known(running=joined, learned=replace(target.learned, curves={**curves_there, **curves_gone})),
    )


def _parted[T](known: Mapping[str, T], batteries: Collection[str]) -> tuple[dict[str, T], dict[str, T]]:
    """Part what stays from what goes; a key ends with the battery's id, if it is of one."""
    gone = {key: value for key, value in known.items() if key.rpartition(" ")[2] in batteries}
    return {key: value for key, value in known.items() if key not in gone}, gone


def _disturbed(recording: Recording | None, batteries: Collection[str]) -> Recording | None:
    if recording is None:
        return None
    last, _ = _parted(recording.last, batteries)
    discharge = replace(recording.discharge, interrupted=True)
    return replace(recording, whole=False, discharge=discharge, last=last)
