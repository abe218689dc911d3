"""The saved state of batteries that move to another string."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from .discharge_recorder import Recording
from .learned import STRING, Learned
from .running_state import Running


@dataclass(frozen=True, kw_only=True)
class Known:
    """The saved state of one string."""

    running: Running = field(default_factory=Running)
    learned: Learned = field(default_factory=Learned)


def begun(known: Known) -> Known:
    """Return the first state of a new string whose batteries have been in series with those of another string.

    The same current has flowed through both. So the new string has the same state of charge and learned capacity. The
    counters stay with the other string.
    """
    running, learned = known.running, known.learned
    return Known(
        running=Running(at=running.at, condition=running.condition, charge=running.charge, cycled=running.cycled),
        learned=Learned(capacity=learned.capacity, capacity_at=learned.capacity_at, capacities=learned.capacities),
    )


def moved(batteries: Collection[str], source: Known, target: Known) -> tuple[Known, Known]:
    """Return the states of two strings after batteries (ids) were moved from the first to the second.

    Their alarms and curves move with them. A discharge under way can't measure a capacity, because it began with other
    batteries.
    """
    running, other = source.running, target.running
    watch, watch_gone = _parted(running.watch, batteries)
    since, since_gone = _parted(running.since, batteries)
    tested, tested_gone = _parted(running.tested, batteries)
    asked, asked_gone = _parted(running.asked, batteries)
    curves, curves_gone = _parted(source.learned.curves, {*batteries, STRING})
    steps, steps_gone = _parted(source.learned.battery_steps, batteries)
    curves_gone.pop(STRING, None)  # the string had another number of batteries
    curves_there, _ = _parted(target.learned.curves, {STRING})
    left = replace(
        running,
        watch=watch,
        since=since,
        tested=tested,
        asked=asked,
        recording=_interrupted(running.recording, batteries),
    )
    joined = replace(
        other,
        watch={**other.watch, **watch_gone},
        since={**other.since, **since_gone},
        tested={**other.tested, **tested_gone},
        asked={**other.asked, **asked_gone},
        recording=_interrupted(other.recording, ()),
    )
    return (
        Known(
            running=left,
            learned=replace(source.learned, curves=curves, rates=(), step_resistances=(), battery_steps=steps),
        ),
        Known(
            running=joined,
            learned=replace(
                target.learned,
                curves={**curves_there, **curves_gone},
                rates=(),
                step_resistances=(),
                battery_steps={**target.learned.battery_steps, **steps_gone},
            ),
        ),
    )


def _parted[T](known: Mapping[str, T], batteries: Collection[str]) -> tuple[dict[str, T], dict[str, T]]:
    """Return what stays and what moves; the key of a battery ends with its id."""
    gone = {key: value for key, value in known.items() if key.rpartition(" ")[2] in batteries}
    return {key: value for key, value in known.items() if key not in gone}, gone


def _interrupted(recording: Recording | None, batteries: Collection[str]) -> Recording | None:
    if recording is None:
        return None
    last, _ = _parted(recording.last, batteries)
    discharge = replace(recording.discharge, interrupted=True)
    return replace(recording, whole=False, discharge=discharge, last=last)
