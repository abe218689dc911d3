"""The operations on a string: results of tests, and what a person sets, replaces or acknowledges."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from . import acknowledgement, alarms, capacity_test, due_tests, resistance, step_resistance
from .alarm_kinds import AlarmKind
from .capacity_test import CapacityTest
from .events import Event, Level, OperatingState, Replaced, ResistanceTest
from .limits import DAY
from .settings import Settings
from .watch import StringState


def tested(
    settings: Settings, state: StringState, battery: str, ohmic_value: float, now: float
) -> tuple[StringState, list[Event]]:
    """Store the result of the resistance test of a battery, in Ω."""
    running = state.running
    charged = running.charge.state is None or running.charge.state >= due_tests.ENOUGH_CHARGE
    test = ResistanceTest(
        battery=battery,
        at=now,
        ohmic_value=ohmic_value,
        temperature=state.temperatures.get(battery),
        usable=charged and running.condition.condition is not OperatingState.DISCHARGE,
    )
    known, events = resistance.tested(settings, state.resistances, test)
    running = replace(running, tested={**running.tested, battery: now})
    return replace(state, resistances=known, running=running), events


def typed(
    settings: Settings, state: StringState, battery: str, ohmic_value: float, now: float
) -> tuple[StringState, list[Event]]:
    """Set the baseline of a battery that a person has typed, in Ω."""
    known, events = resistance.typed(settings, state.resistances, battery, ohmic_value, now)
    return replace(state, resistances=known), events


def found_again(settings: Settings, state: StringState, battery: str, now: float) -> tuple[StringState, list[Event]]:
    """Reset the baseline of a battery, and find it again from its tests."""
    known, events = resistance.found_again(settings, state.resistances, battery, now)
    return replace(state, resistances=known), events


def replaced(
    settings: Settings, state: StringState, replacement: Replaced, now: float
) -> tuple[StringState, list[Event]]:
    """Replace a battery: its alarms are cleared and its baseline is reset. The journal keeps its records."""
    known, events = resistance.replaced(settings, state.resistances, replacement, now)
    judge = alarms.Judge(state.running.watch, now)
    for kind in AlarmKind:
        judge.clear(kind, replacement.battery)
    recording = state.running.recording
    within = recording is not None and replacement.at + DAY > recording.discharge.start
    tests, refused = capacity_test.replaced(state.running.capacity_tests, replacement.at)
    running = replace(
        state.running,
        watch=judge.states,
        capacity_tests=tests,
        # What two batteries gave, one after the other, is not the capacity of the string.
        recording=replace(recording, whole=False) if recording is not None and within else recording,
        asked={battery: at for battery, at in state.running.asked.items() if battery != replacement.battery},
    )
    curves = {battery: curve for battery, curve in state.learned.curves.items() if battery != replacement.battery}
    steps = {battery: some for battery, some in state.learned.battery_steps.items() if battery != replacement.battery}
    # A voltage that waits for the end of a step may be that of the old battery.
    learned = replace(state.learned, curves=curves, battery_steps=steps, track=step_resistance.Track())
    return replace(state, resistances=known, running=running, learned=learned), [*events, *judge.events, *refused]


def obstacle(state: StringState, now: float) -> str | None:
    """Return the key of the reason why no scheduled test may start now; None if one may start."""
    running = state.running
    return due_tests.obstacle(
        condition=running.condition.condition,
        age=now - running.condition.since,
        state_of_charge=running.charge.state,
        alarms=running.watch,
    )


def acknowledge(
    _: Settings,
    state: StringState,
    battery: str | None,
    kind: AlarmKind | None,
    by: str | None,
    note: str | None,
    now: float,
) -> tuple[StringState, list[Event]]:
    """Acknowledge the alarms of a battery, or with None of the whole string; those of one kind, or with None all."""
    states, events = acknowledgement.acknowledge(state.running.watch, battery, kind, by, note, now)
    return replace(state, running=replace(state.running, watch=states)), events


def acknowledge_shown(
    _: Settings, state: StringState, shown: Mapping[str, Level], by: str | None, note: str | None, now: float
) -> tuple[StringState, list[Event]]:
    """Acknowledge the alarms that a person was shown, each by its identity and the level that it had then."""
    states, events = acknowledgement.acknowledge_shown(state.running.watch, shown, by, note, now)
    return replace(state, running=replace(state.running, watch=states)), events


def note_acknowledged(
    _: Settings,
    state: StringState,
    battery: str | None,
    kind: AlarmKind | None,
    by: str | None,
    note: str | None,
    now: float,
) -> tuple[StringState, list[Event]]:
    """Change the note of acknowledged alarms of a battery, or with None of the whole string, or remove it with None."""
    states, events = acknowledgement.note_acknowledged(state.running.watch, battery, kind, by, note, now)
    return replace(state, running=replace(state.running, watch=states)), events


def drilled(
    _: Settings, state: StringState, battery: str | None, drill: alarms.Drill, now: float
) -> tuple[StringState, list[Event]]:
    """Raise a test alarm of a battery, or with None of the string."""
    states, events = alarms.drilled(state.running.watch, battery, drill, now)
    return replace(state, running=replace(state.running, watch=states)), events


def note_requested(
    _: Settings, state: StringState, batteries: Sequence[str], now: float
) -> tuple[StringState, list[Event]]:
    """Store that scheduled tests of batteries were requested."""
    asked = {**state.running.asked, **dict.fromkeys(batteries, now)}
    return replace(state, running=replace(state.running, asked=asked)), []


def clock_right(_: Settings, state: StringState, now: float) -> tuple[StringState, list[Event]]:
    """Store that a person has confirmed the clock, although it is before the latest known time."""
    return replace(state, running=replace(state.running, latest=now)), []


def announce_capacity_test(
    _: Settings, state: StringState, test: CapacityTest, now: float
) -> tuple[StringState, list[Event]]:
    """Announce a capacity test: the next discharge, within a day, is this test."""
    return _with_capacity_test(state, replace(test, announced=now)), []


def cancel_capacity_test(_: Settings, state: StringState, now: float) -> tuple[StringState, list[Event]]:
    """Cancel the capacity test that is announced or under way: its discharge is one like any other."""
    return _with_capacity_test(state, None), []


def _with_capacity_test(state: StringState, test: CapacityTest | None) -> StringState:
    tests = replace(state.running.capacity_tests, now=test)
    return replace(state, running=replace(state.running, capacity_tests=tests))
