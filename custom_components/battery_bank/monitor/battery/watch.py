"""The monitoring of a string: one step takes a sample, and returns the new state and the events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from statistics import median
from typing import Final

from . import (
    alarm_state,
    alarms,
    available_charge,
    capacity_test,
    counters,
    discharge_recorder,
    float_current,
    gaps,
    learning,
    operating_state,
    overdue_tests,
    polarity,
    prediction,
    recent,
    resistance,
    rest_habit,
    rules,
    same_load,
    since_full,
    state_of_charge,
    warming,
)
from .counters import LONGEST_GAP
from .events import Alarm, AlarmCleared, CurvePoint, Event, Level, OperatingState, OperatingStateChanged
from .gas import Gas, gas
from .learned import Learned, capacity_now
from .limits import HOUR
from .prediction import Prediction
from .resistance import ResistanceStates
from .running_state import Running, under_way, until
from .sample import Sample
from .settings import Settings
from .situation import (
    AFTER_TEST,
    AFTER_TEST_IN_DISCHARGE,
    FIRST_ROUND,
    UNMONITORED,
    WARM,
    Applying,
    Situation,
    answering,
    implausible_key,
    monitored,
    mostly_implausible,
    offline_key,
    update_since,
)
from .spread import Spread, spread
from .string_values import flow_since, median_cell

NEARLY_FULL: Final = 0.95  # state of charge from which a discharge can measure the capacity
SETTLED: Final = 24 * HOUR  # on float, until the float current is steady


@dataclass(frozen=True, kw_only=True)
class StringState:
    """The state of a string: what is saved, and what follows from it now."""

    running: Running = field(default_factory=Running)
    resistances: ResistanceStates = field(default_factory=dict)  # of its resistance tests
    learned: Learned = field(default_factory=Learned)  # of its discharges
    prediction: Prediction = field(default_factory=Prediction)  # of the discharge under way
    temperatures: Mapping[str, float] = field(default_factory=dict)  # °C, by battery
    spread: Spread = field(default_factory=Spread)
    gas: Gas | None = None
    applying: Applying | None = None  # the limits of its batteries in the last step
    monitored: bool | None = None  # whether the voltage of most batteries is known; None before the first sample
    begun: float | None = None  # when its monitoring began after the last start
    asked: bool = False  # whether each module may have been asked since then
    waits: bool = False  # whether its saved state could not be read yet, and may have a discharge that is under way

    @property
    def level(self) -> Level:
        """The highest level of its alarms, and at least a warning while the string is not monitored."""
        return max(alarm_state.worst(self.running.watch), Level.WARNING if self.monitored is False else Level.OK)


def step(settings: Settings, state: StringState, sample: Sample) -> tuple[StringState, list[Event]]:
    """Take a sample of a string."""
    before = state.running
    sample = sample.finite()
    again, missed_time = gaps.step(before.again, before.at, before.latest, sample.at)
    before, seconds = until(before, sample.at, sample.set_by)
    tested = {**before.tested, **dict.fromkeys(sample.under_test, sample.at)}
    temperature = median(sample.temperatures.values()) if sample.temperatures else None
    cells = median_cell(settings, sample, temperature)
    flow = flow_since(settings, before, sample, seconds, temperature, cells)
    state, judged_again = _judged_again(settings, state, sample)
    events: list[Event] = [*missed_time, *judged_again]

    lately_seen = recent.step(before.recent, cells, sample.current, sample.at)
    doing = operating_state.step(
        settings,
        before.condition,
        cells,
        sample.current,
        sample.at,
        trend=lately_seen.trend,
        over_below=discharge_recorder.vanished_below(settings, before.recording, sample, before.condition, seconds),
        under_way=under_way(before, sample.at),
    )
    if doing.condition is not before.condition.condition:
        events.append(OperatingStateChanged(at=sample.at, before=before.condition.condition, condition=doing.condition))
    begun = sample.at if state.begun is None or state.begun > sample.at else state.begun
    # A discharge that was there at the start is most likely the saved one, which goes on when it can be read.
    unseen = before.recording is None and before.rested is None
    held = state.waits and unseen and sample.at - begun <= LONGEST_GAP
    counted = counters.step(settings, before.counters, flow, doing.condition)
    if doing.condition is OperatingState.DISCHARGE and before.recording is None and not held:
        counted = replace(counted, discharges=counted.discharges + 1)
    charged = state_of_charge.step(
        settings,
        before.charge,
        flow,
        sample=sample,
        cells=cells,
        condition=doing.condition,
        recent=lately_seen,
        capacity=capacity_now(settings, state.learned, temperature),
    )
    settles = AFTER_TEST_IN_DISCHARGE if doing.condition is OperatingState.DISCHARGE else AFTER_TEST
    lately = {battery for battery, at in tested.items() if sample.at - at < settles}
    used = doing.condition is OperatingState.DISCHARGE or operating_state.charges(doing, sample.at)
    cycled = sample.at if used else before.cycled
    float_now = float_current.step(
        settings,
        before.float_current,
        seconds=seconds if seconds <= LONGEST_GAP else 0.0,
        current=sample.current,
        temperature=temperature,
        condition=doing.condition,
        settled=sample.at - doing.since >= SETTLED,
    )
    warmth = warming.step(before.heat, sample)
    loaded = OperatingState.DISCHARGE in (doing.condition, doing.candidate)
    turned = doing.candidate_since if doing.candidate else None
    if doing.condition is not before.condition.condition and before.condition.candidate is doing.condition:
        turned = before.condition.candidate_since
    missed = seconds > LONGEST_GAP or (sample.current is not None and flow.current_age > LONGEST_GAP)
    rested = None if missed else before.rested  # the string may have been loaded meanwhile
    recording, recorded = discharge_recorder.step(
        settings,
        before.recording,
        sample,
        flow,
        None if held else doing.condition,
        turned=turned,
        rested=rested,
        full=before.charge.state is None or before.charge.state >= NEARLY_FULL,
    )
    learned, recorded = learning.follow(
        settings,
        learning.stepped(settings, state.learned, sample),
        recorded,
        before.recording,
        track=state.prediction.track,
        tests=state.resistances,
    )
    tests, of_test = capacity_test.step(
        settings, before.capacity_tests, recording, recorded, sample, discharging=turned is None
    )

    loads, compared, apart = _compared(settings, before, sample, lately)
    known, answers = monitored(settings, sample), answering(settings, sample)
    asked = state.asked or answers or sample.at - begun >= FIRST_ROUND
    since = update_since(
        settings,
        before.since,
        sample,
        doing.condition,
        cells,
        cycled=cycled,
        unmonitored=asked and not known and not mostly_implausible(settings, sample),
        raised={one.alarm.kind for one in before.watch.values() if one.alarm},
    )
    full_since = since_full.step(
        settings, before.since_full, sample, flow, cells, doing.condition, full_at=charged.full_at
    )
    rests = rest_habit.step(before.rests, before.since, since, sample.at)
    made = gas(
        settings,
        sample.current,
        full=charged.is_overcharged(settings, cells) or sample.at - max(cycled or -inf, rest_habit.last(rests)) >= WARM,
        voltage=cells.voltage if cells else None,
        temperature=temperature,
    )
    judge = alarms.Judge(
        before.watch, sample.at, settings.latched, batteries=len(settings.batteries), cleared=before.cleared
    )
    situation = Situation(
        settings=settings,
        sample=sample,
        condition=doing,
        cells=cells,
        mean_voltage=sum(sample.voltages.values()) / settings.all_cells
        if len(sample.voltages) == len(settings.batteries)
        else None,
        spread=apart,
        heat=warmth,
        gas=made,
        float_ratio=float_now.ratio,
        cycled=cycled if cycled is not None else -inf,
        same_load=compared,
        tested_lately=lately,
        resistances=state.resistances,
        since=since,
        monitored=known,
        never_full=full_since.never_full(settings, sample.at),
        usual_rest=rest_habit.usual(rests, sample.at),
    )
    rules.judge_all(judge, situation)
    running = Running(
        at=sample.at,
        current=before.current if sample.current is None else sample.current,
        current_at=before.current_at if sample.current is None else sample.at,
        voltage=before.voltage if flow.voltage is None else flow.voltage,
        voltage_at=before.voltage_at if flow.voltage is None else sample.at,
        held=counters.held(flow),
        rested=rested if loaded or cells is None else cells,
        condition=doing,
        counters=counted,
        charge=charged,
        float_current=float_now,
        heat=warmth,
        watch=judge.states,
        recording=recording,
        since=since,
        tested=tested,
        asked=before.asked,
        cycled=cycled,
        cleared=judge.cleared,
        polarity=polarity.step(
            settings, before.polarity, cells, sample.current, len(sample.voltages.keys() - sample.under_test), sample.at
        ),
        recent=lately_seen,
        loads=loads,
        rests=rests,
        since_full=full_since,
        capacity_tests=tests,
        available=available_charge.step(
            settings, before.available, sample, cells, doing.condition, charged.state, state.learned, temperature
        ),
        again=again,
        behind=before.behind if sample.at < (before.latest or sample.at) else 0.0,
        latest=max(before.latest or before.at or sample.at, sample.at),
    )
    blocked, overdue = overdue_tests.step_of(
        settings, before.blocked_tests, state.resistances, sample, seconds, doing, charged.state, judge.states
    )
    return replace(
        state,
        running=replace(running, blocked_tests=blocked),
        learned=learned,
        prediction=prediction.step(
            settings,
            state.prediction,
            learned,
            recording,
            sample,
            tests=state.resistances,
            state_of_charge=charged.state,
        ),
        temperatures=sample.temperatures,
        spread=apart,
        gas=made,
        applying=situation.applying,
        monitored=known,
        begun=begun,
        asked=asked,
    ), [*events, *recorded, *of_test, *judge.events, *overdue]


def _compared(
    settings: Settings, before: Running, sample: Sample, lately: Collection[str]
) -> tuple[same_load.Loads, frozenset[str] | None, Spread]:
    """Return the last loads, the batteries that were read under the same one, and the spread of their voltages."""
    loads = same_load.step(before.loads, settings.capacity, sample.current, sample.at)
    compared = same_load.compared(loads, settings.capacity, sample.read_at)
    apart = {*lately, *(() if compared is None else sample.voltages.keys() - compared)}
    return loads, compared, spread(sample.voltages, settings.cells, apart)


def _judged_again(settings: Settings, state: StringState, sample: Sample) -> tuple[StringState, list[Event]]:
    """Go on with the judgement of the last resistance tests, some batteries at each sample."""
    resistances, events = resistance.continued(settings, state.resistances, sample.at, tests_follow=sample.tests_follow)
    return (state if resistances is state.resistances else replace(state, resistances=resistances)), [*events]


def begin(
    settings: Settings,
    running: Running,
    learned: Learned,
    resistances: ResistanceStates,
    curve: Sequence[CurvePoint],
    open_alarms: Sequence[Alarm],
    now: float,
) -> tuple[StringState, list[Event]]:
    """Return the state of a string after a restart, and the events; `curve` is that of the discharge under way.

    Alarms of removed batteries are cleared, and so are alarms that are open in the journal but not in the saved state.
    """
    state = StringState(running=running, learned=learned.grown(curve), resistances=resistances, begun=now)
    judge = alarms.Judge(running.watch, now)
    for name, saved in running.watch.items():
        alarm = saved.alarm
        about = set(alarm.batteries or (alarm.battery,)) if alarm else set()
        gone = None not in about and not about & set(settings.batteries)
        if alarm and (gone or (about == {None} and not settings.measures(alarm.kind))):
            judge.end(name)
    known = {(alarm.kind, alarm.battery, alarm.raised) for one in running.watch.values() if (alarm := one.alarm)}
    ended: list[Event] = [
        AlarmCleared(alarm=replace(alarm, cleared=now))
        for alarm in open_alarms
        if (alarm.kind, alarm.battery, alarm.raised) not in known
    ]
    # The modules are asked anew.
    since, charged = {key: at for key, at in running.since.items() if key != UNMONITORED}, running.charge
    if not settings.measures_current:
        since = {key: at for key, at in since.items() if key not in (offline_key(None), implausible_key(None))}
        charged = state_of_charge.Charge()  # it can't be counted without a string module
    ended += gaps.gap(running.at, running.latest, now)
    running = replace(running, watch=judge.states, since=since, charge=charged)
    return replace(state, running=running), [*judge.events, *ended]
