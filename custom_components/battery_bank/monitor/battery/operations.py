"""What is done to a string between the steps of its watch: tests that end, and what people do or say."""

from collections.abc import Sequence
from dataclasses import replace

from . import alarms, resistance, schedule
from .alarm_kinds import AlarmKind
from .events import Event, OperatingState, Replaced, ResistanceTest
from .settings import Settings
from .watch import StringState


def tested(
    settings: Settings, state: StringState, battery: str, ohmic_value: float, now: float
) -> tuple[StringState, list[Event]]:
    """Take what a resistance test of a battery found, in Ω."""
    running = state.running
    charged = running.charge.state is None or running.charge.state >= schedule.ENOUGH_CHARGE
    test = ResistanceTest(
        battery=battery,
        at=now,
        ohmic_value=ohmic_value,
        temperature=state.temperatures.get(battery),
        usable=charged and running.condition.condition is not OperatingState.DISCHARGE,
    )
    known, events = resistance.tested(settings, state.ohmic, test)
    running = replace(running, tested={**running.tested, battery: now})
    return replace(state, ohmic=known, running=running), events


def typed(
    settings: Settings, state: StringState, battery: str, ohmic_value: float, now: float
) -> tuple[StringState, list[Event]]:
    """Take a baseline in Ω that a person has typed for a battery."""
    known, events = resistance.typed(settings, state.ohmic, battery, ohmic_value, now)
    return replace(state, ohmic=known), events


def found_again(settings: Settings, state: StringState, battery: str, now: float) -> tuple[StringState, list[Event]]:
    """Forget the baseline of a battery, and find it again from its tests."""
    known, events = resistance.found_again(settings, state.ohmic, battery, now)
    return replace(state, ohmic=known), events


def replaced(
    settings: Settings, state: StringState, replacement: Replaced, now: float
) -> tuple[StringState, list[Event]]:
    """Begin anew with a battery that was put in the place of another: its alarms end, the journal keeps its history."""
    known, events = resistance.replaced(settings, state.ohmic, replacement, now)
    judge = alarms.Judge(state.running.watch, now)
    for kind in AlarmKind:
        judge.clear(kind, replacement.battery)
    running = replace(
        state.running,
        watch=judge.watch,
        asked={battery: at for battery, at in state.running.asked.items() if battery != replacement.battery},
    )
    curves = {battery: curve for battery, curve in state.learned.curves.items() if battery != replacement.battery}
    learned = replace(state.learned, curves=curves)
    return replace(state, ohmic=known, running=running, learned=learned), [*events, *judge.events]


def obstacle(state: StringState, now: float) -> str | None:
    """Return why no scheduled test may begin now, as a key; None if nothing is in the way."""
    running = state.running
    return schedule.obstacle(
        condition=running.condition.condition,
        age=now - running.condition.since,
        state_of_charge=running.charge.state,
        watch=running.watch,
    )


def acknowledge(
    _: Settings, state: StringState, battery: str | None, kind: AlarmKind | None, by: str | None, now: float
) -> tuple[StringState, list[Event]]:
    """Mark the alarms of a battery, or all with None, as seen by somebody; those of a kind, or all with None."""
    watch, events = alarms.acknowledge(state.running.watch, battery, kind, by, now)
    return replace(state, running=replace(state.running, watch=watch)), events


def drilled(
    _: Settings, state: StringState, battery: str | None, drill: alarms.Drill, now: float
) -> tuple[StringState, list[Event]]:
    """Raise an alarm that is none, of a battery or with None of the string, to try who hears of it."""
    watch, events = alarms.drilled(state.running.watch, battery, drill, now)
    return replace(state, running=replace(state.running, watch=watch)), events


def note_requested(
    _: Settings, state: StringState, batteries: Sequence[str], now: float
) -> tuple[StringState, list[Event]]:
    """Note that scheduled tests of batteries were requested."""
    asked = {**state.running.asked, **dict.fromkeys(batteries, now)}
    return replace(state, running=replace(state.running, asked=asked)), []


def clock_right(_: Settings, state: StringState, now: float) -> tuple[StringState, list[Event]]:
    """Note that somebody says the clock is right, although a later time was known."""
    return replace(state, running=replace(state.running, latest=now)), []
