"""What the stories read in the monitor's state: all of it is here, so that a change of the product is met in one place.

Where the product does not have a figure yet, the names that are tried say what it may be called; until then it is None.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from custom_components.battery_bank.monitor.battery import bank, operations, running_state, state_codec
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.counters import Counters
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmRaised,
    CurvePoint,
    DischargePoints,
    Event,
    OperatingState,
)
from custom_components.battery_bank.monitor.battery.learned import Learned
from custom_components.battery_bank.monitor.battery.resistance import ResistanceStates
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState


def only_points(event: Event) -> bool:
    """Whether a discharge's curve has grown and nothing else has happened."""
    return isinstance(event, DischargePoints)


def condition(state: StringState) -> OperatingState | None:
    """Return what the string is doing."""
    return state.running.condition.condition


def state_of_charge(state: StringState) -> float | None:
    """Return the state of charge, 0 to 1."""
    return state.running.charge.state


def available(state: StringState) -> float | None:
    """Return what can still be drawn at this rate, 0 to 1, as the state of charge shows it in a discharge."""
    return state.running.state_of_charge


def full_since(state: StringState) -> float | None:
    """Return when the string was full last, s since 1970, UTC."""
    return state.running.charge.full_at


def counters(state: StringState) -> Counters:
    """Return what was counted."""
    return state.running.counters


def cycles(settings: Settings, state: StringState) -> float:
    """Return the number of full cycles as a sensor shows it."""
    return state.running.counters.cycles(settings.capacity)


def remaining(state: StringState) -> float | None:
    """Return the remaining time in s as the entity shows it."""
    return state.prediction.remaining


def remaining_range(state: StringState) -> tuple[float, float] | None:
    """Return the range of the remaining time in s."""
    low = _any(state.prediction, "remaining_low", "low", "earliest")
    high = _any(state.prediction, "remaining_high", "high", "latest")
    return (float(low), float(high)) if low is not None and high is not None else None


def learned_capacity(state: StringState) -> float | None:
    """Return the learned capacity in Ah at C10."""
    return state.learned.capacity


def learned_curve(state: StringState) -> bool:
    """Whether the string has a discharge curve."""
    return bool(state.learned.curves)


def replace_dates(state: StringState) -> dict[str, tuple[float, float]]:
    """Return by battery from when until when it is to be replaced, s since 1970, UTC."""
    return {
        battery: (one.trend.limit_from, one.trend.limit_to)
        for battery, one in state.resistances.items()
        if one.trend.limit_from is not None and one.trend.limit_to is not None
    }


def named(alarm: Alarm) -> frozenset[str]:
    """Return the batteries that an alarm names."""
    return frozenset([alarm.battery] if alarm.battery else []) | frozenset(_any(alarm, "batteries") or ())


def value_now(alarm: Alarm) -> float | None:
    """Return the value of an alarm as it is now, in the limit's unit."""
    found = _any(alarm, "value_now", "current_value", "now")
    return None if found is None else float(found)


def worst_value(alarm: Alarm) -> float | None:
    """Return the worst value that an alarm has had, in the limit's unit."""
    found = _any(alarm, "worst_value", "value_worst", "peak")
    return None if found is None else float(found)


def alarms(state: StringState) -> list[Alarm]:
    """Return the alarms there are now, as they are shown."""
    return [one.alarm for one in state.running.watch.values() if one.alarm]


def in_the_way(state: StringState, now: float) -> str | None:
    """Return what keeps a scheduled resistance test from beginning, as a key."""
    return operations.obstacle(state, now)


def with_shares(strings: Sequence[tuple[Settings, Sample]]) -> list[Sample]:
    """Return the samples of strings in parallel, each with its share of the bank's current."""
    members = {
        str(number): bank.Member(capacity=settings.capacity, current=sample.current)
        for number, (settings, sample) in enumerate(strings)
    }
    ratios = bank.bank(members).ratios
    return [replace(sample, share=ratios.get(str(number))) for number, (_, sample) in enumerate(strings)]


def of_share(alarm: Alarm) -> bool:
    """Whether an alarm says that a string carries more or less than its share."""
    return alarm.kind is AlarmKind.CURRENT_SHARE


def rate_of(discharge: object) -> float | None:
    """Return at which rate (A) a capacity was measured."""
    found = _any(discharge, "rate", "capacity_rate", "current")
    return None if found is None else float(found)


def said(events: Iterable[tuple[float, Event]], words: Sequence[str]) -> list[tuple[float, str]]:
    """Return when something was said that has one of these words in its name: an event or the kind of an alarm."""
    found = []
    for at, event in events:
        name = str(event.alarm.kind) if isinstance(event, AlarmRaised) else type(event).__name__
        if any(word in name.lower() for word in words):
            found.append((at, name))
    return found


def reloaded(state: StringState) -> tuple[Running, Learned, ResistanceStates, list[CurvePoint]]:
    """Return what a restart goes on with: two documents through their bytes, the tests, and the curve under way."""
    running = state_codec.decode_running(state_codec.encode_running(state.running))
    learned = state_codec.decode_learned(state_codec.encode_learned(state.learned))
    curve = [point for points in state.learned.under_way.values() for point in points]
    return running, learned, state.resistances, curve


def with_lesson(state: StringState, taught: StringState) -> Learned:
    """Return what a state knows, with the capacity and the curves of another."""
    lesson = taught.learned
    return replace(
        state.learned,
        capacity=lesson.capacity,
        capacity_at=lesson.capacity_at,
        curves=lesson.curves,
        rates=lesson.rates,
        last=lesson.last,
    )


def resumed(saved: StringState, live: StringState) -> Running:
    """Return the saved state, put together with what was seen while it could not be read."""
    return running_state.resumed(saved.running, live.running)


def _any(holder: object, *names: str) -> Any:
    return next((value for name in names if (value := getattr(holder, name, None)) is not None), None)
