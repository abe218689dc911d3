"""What goes on with a string, and must go on after a restart as if there had been none."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .alarms import Watched
from .counters import LONGEST_GAP, Counters
from .discharge_recorder import Recording
from .float_current import FloatCurrent
from .operating_state import Cells, ConditionState
from .polarity import Polarity
from .state_of_charge import Charge
from .warming import Heat


@dataclass(frozen=True, kw_only=True)
class Running:
    """What must go on after a restart as if there had been none. Saved as one document."""

    at: float | None = None  # of the last sample
    current: float | None = None  # A, the last that was heard …
    current_at: float | None = None  # … and when
    rested: Cells | None = None  # the string when it was last not loaded
    condition: ConditionState = field(default_factory=ConditionState)
    counters: Counters = field(default_factory=Counters)
    charge: Charge = field(default_factory=Charge)
    float_current: FloatCurrent = field(default_factory=FloatCurrent)
    heat: Heat = field(default_factory=Heat)
    watch: Mapping[str, Watched] = field(default_factory=dict)
    recording: Recording | None = None
    since: Mapping[str, float] = field(default_factory=dict)
    tested: Mapping[str, float] = field(default_factory=dict)  # when batteries were last under test
    asked: Mapping[str, float] = field(default_factory=dict)  # when their scheduled tests were last asked for
    cycled: float | None = None  # when the string was last seen to be discharged or recharged
    polarity: Polarity = field(default_factory=Polarity)
    latest: float | None = None  # the latest time there ever was; a clock before it is wrong, or was


def set_back(running: Running, by: float) -> Running:
    """Move all times by so many s: a clock that was set back has told no time.

    The begin of a discharge and of an alarm name them in the journal, and stay.
    """

    def moved(at: float) -> float:
        return at - by

    def moved_if(at: float | None) -> float | None:
        return None if at is None else at - by

    recording = running.recording
    if recording is not None and by > LONGEST_GAP:
        recording = replace(recording, whole=False, discharge=replace(recording.discharge, interrupted=True))
    return replace(
        running,
        current_at=moved_if(running.current_at),
        condition=replace(
            running.condition,
            since=moved(running.condition.since),
            candidate_since=moved(running.condition.candidate_since),
        ),
        charge=replace(
            running.charge,
            full_at=moved_if(running.charge.full_at),
            tail_since=moved_if(running.charge.tail_since),
            rest_since=moved_if(running.charge.rest_since),
        ),
        heat=replace(running.heat, looks=tuple(replace(look, at=moved(look.at)) for look in running.heat.looks)),
        watch={
            key: replace(
                one,
                warning_since=moved_if(one.warning_since),
                alarm_since=moved_if(one.alarm_since),
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
    )


def unwatched(running: Running, seconds: float) -> Running:
    """Begin anew what has to go on for a while to count: for so many s nobody watched."""
    return replace(
        running,
        watch={
            key: replace(one, warning_since=None, alarm_since=None, calm_since=None)
            for key, one in running.watch.items()
            if one.alarm
        },
        since={key: at + seconds for key, at in running.since.items()},
    )


def resumed(saved: Running, live: Running) -> Running:
    """Go on from what was saved with what was seen while it could not be read; the alarms from before it stand."""
    if live.at is None:
        return saved
    return replace(
        live,
        counters=saved.counters + live.counters,
        charge=saved.charge if live.charge.state is None else live.charge,
        float_current=saved.float_current,
        watch={**live.watch, **{key: one for key, one in saved.watch.items() if one.alarm}},
        recording=live.recording or saved.recording,
        since={**live.since, **{key: at for key, at in saved.since.items() if key in live.since}},
        tested={**saved.tested, **live.tested},
        asked={**saved.asked, **live.asked},
        cycled=saved.cycled if live.cycled is None else live.cycled,
        latest=max(saved.latest or live.at, live.latest or live.at),
    )
