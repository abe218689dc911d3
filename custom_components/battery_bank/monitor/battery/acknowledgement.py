"""What a person says to alarms: an acknowledgement, and later another note."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from .alarm_kinds import AlarmKind
from .alarm_state import AlarmStates, identity_of
from .events import Alarm, AlarmAcknowledged, AlarmNoted, Event, Level


def chosen(alarm: Alarm, battery: str | None, kind: AlarmKind | None) -> bool:
    """Whether an alarm is of a battery, or with None of any in the string; and of a kind, or with None of any."""
    return kind in (None, alarm.kind) and (battery is None or alarm.concerns(battery))


def acknowledge(
    states: AlarmStates, battery: str | None, kind: AlarmKind | None, by: str | None, note: str | None, now: float
) -> tuple[AlarmStates, list[Event]]:
    """Acknowledge the alarms that are `chosen` and are not acknowledged yet.

    `by` is the name of the person, None for an automation; `note` is what that person noted.
    """
    return _acknowledged(states, lambda alarm: chosen(alarm, battery, kind), by, note, now)


def acknowledge_shown(
    states: AlarmStates, shown: Mapping[str, Level], by: str | None, note: str | None, now: float
) -> tuple[AlarmStates, list[Event]]:
    """Acknowledge the alarms that a person was shown: `shown` has the level of each by its identity.

    One that has another level by now stays as it is: what the person has seen is not what it is.
    """
    return _acknowledged(states, lambda alarm: shown.get(identity_of(alarm)) is alarm.level, by, note, now)


def _acknowledged(
    states: AlarmStates, meant: Callable[[Alarm], bool], by: str | None, note: str | None, now: float
) -> tuple[AlarmStates, list[Event]]:
    def acknowledged(alarm: Alarm) -> Alarm | None:
        if alarm.acknowledged is not None or not meant(alarm):
            return None
        return replace(alarm, acknowledged=now, acknowledged_by=by, note=note)

    return _changed(states, acknowledged, lambda alarm: AlarmAcknowledged(alarm=alarm))


def note_acknowledged(
    states: AlarmStates, battery: str | None, kind: AlarmKind | None, by: str | None, note: str | None, now: float
) -> tuple[AlarmStates, list[Event]]:
    """Change the note of the acknowledged alarms that are `chosen`; None removes the note."""

    def noted(alarm: Alarm) -> Alarm | None:
        if alarm.acknowledged is None or note == alarm.note or not chosen(alarm, battery, kind):
            return None
        return replace(alarm, note=note, noted=now, noted_by=by)

    return _changed(states, noted, lambda alarm: AlarmNoted(alarm=alarm))


def _changed(
    states: AlarmStates, change: Callable[[Alarm], Alarm | None], event: Callable[[Alarm], Event]
) -> tuple[AlarmStates, list[Event]]:
    """Return the states with the alarms that `change` returns, and an event for each of them."""
    changed = {name: alarm for name, state in states.items() if state.alarm and (alarm := change(state.alarm))}
    after = {name: replace(state, alarm=changed.get(name, state.alarm)) for name, state in states.items()}
    return after, [event(alarm) for alarm in changed.values()]
