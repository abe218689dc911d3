"""What a person says to alarms: an acknowledgement, and later another note."""

from dataclasses import replace

from .alarm_kinds import AlarmKind
from .alarms import AlarmStates
from .events import AlarmAcknowledged, AlarmNoted, Event


def acknowledge(
    states: AlarmStates, battery: str | None, kind: AlarmKind | None, by: str | None, note: str | None, now: float
) -> tuple[AlarmStates, list[Event]]:
    """Acknowledge the alarms of a battery, or with None of the whole string; those of one kind, or all.

    `by` is the name of the person, None for an automation; `note` is what that person noted.
    """
    after, events = dict(states), list[Event]()
    for name, state in states.items():
        alarm = state.alarm
        if alarm is None or alarm.acknowledged is not None or kind not in (None, alarm.kind):
            continue
        if battery is None or alarm.concerns(battery):
            alarm = replace(alarm, acknowledged=now, acknowledged_by=by, note=note)
            after[name] = replace(state, alarm=alarm)
            events.append(AlarmAcknowledged(alarm=alarm))
    return after, events


def note_acknowledged(
    states: AlarmStates, battery: str | None, kind: AlarmKind | None, by: str | None, note: str | None, now: float
) -> tuple[AlarmStates, list[Event]]:
    """Change the note of the acknowledged alarms among those that `acknowledge` is about; None removes the note."""
    after, events = dict(states), list[Event]()
    for name, state in states.items():
        alarm = state.alarm
        if alarm is None or alarm.acknowledged is None or kind not in (None, alarm.kind) or note == alarm.note:
            continue
        if battery is None or alarm.concerns(battery):
            alarm = replace(alarm, note=note, noted=now, noted_by=by)
            after[name] = replace(state, alarm=alarm)
            events.append(AlarmNoted(alarm=alarm))
    return after, events
