"""Alarms: raised after the delay, cleared after the hysteresis, held while the value is unknown."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

from .alarm_kinds import AlarmKind
from .events import Alarm, AlarmAcknowledged, AlarmCleared, AlarmDeescalated, AlarmRaised, Event, Level
from .limits import Limit

# An alarm without a delay clears no sooner than this, so that a value at its limit does not raise it again and again.
SHORTEST_CALM: Final = 60.0  # s


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmState:
    """A value that is beyond its limit, or an alarm that is not cleared yet."""

    alarm: Alarm | None = None  # None while it is pending
    warning_since: float | None = None  # since when the value is beyond the warning limit without a break
    alarm_since: float | None = None  # the same for the alarm limit
    calm_since: float | None = None  # since when the value is back by the hysteresis, from the present level's limit
    ends: float | None = None  # when a test alarm ends; a measured value ends an alarm by its limit

    @property
    def level(self) -> Level:
        """The level of the alarm."""
        return self.alarm.level if self.alarm else Level.OK


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """A test alarm: what to raise, and for how long."""

    kind: AlarmKind
    level: Level
    seconds: float  # until it ends


type AlarmStates = Mapping[str, AlarmState]  # by `key`


def key(kind: AlarmKind, battery: str | None) -> str:
    """Return the key of an alarm."""
    return f"{kind} {battery}" if battery else str(kind)


def worst(states: AlarmStates) -> Level:
    """Return the highest level of all alarms; a latched alarm counts until it is acknowledged."""
    return max((state.level for state in states.values()), default=Level.OK)


class Judge:
    """One step of all alarms of a string: call `check` for each value, then use `states` and `events`."""

    def __init__(self, states: AlarmStates, now: float, latched: Collection[AlarmKind] = ()) -> None:
        """Continue from the last step. An alarm of a `latched` kind clears only after it was acknowledged."""
        self.states = dict(states)
        self.events: list[Event] = []
        self._now = now
        self._latched = latched
        for name, state in states.items():
            if state.ends is not None and state.ends <= now:
                self.end(name)

    def check(self, limit: Limit, battery: str | None, value: float | None, *, at_least: Level = Level.OK) -> None:
        """Judge a value by its limit; None, or a value that is no number, is unknown and holds the alarm.

        `at_least` is a level that the alarm has for another reason than its value.
        """
        if value is None or not isfinite(value):
            self.hold(limit.kind, battery)
            return
        name = key(limit.kind, battery)
        before = self.states.get(name)
        reached = max(limit.level(value), at_least)
        if before is None and not reached:
            return
        held = max(limit.held(value), at_least)
        state = self._step(before or AlarmState(), limit, battery, value, reached, held)
        if state.alarm or state.warning_since is not None:
            self.states[name] = state
        else:
            self.states.pop(name, None)

    def hold(self, kind: AlarmKind, battery: str | None) -> None:
        """Leave a raised alarm as it is, since its value is unknown; a pending one starts again."""
        name = key(kind, battery)
        if (before := self.states.get(name)) and before.alarm is None:
            del self.states[name]

    def clear(self, kind: AlarmKind, battery: str | None) -> None:
        """End an alarm of a battery that is gone."""
        self.end(key(kind, battery))

    def end(self, name: str) -> None:
        """End the alarm of that key, if there is one."""
        state = self.states.pop(name, None)
        if state and state.alarm:
            self.events.append(AlarmCleared(alarm=replace(state.alarm, cleared=self._now)))

    def _step(
        self, before: AlarmState, limit: Limit, battery: str | None, value: float, reached: Level, held: Level
    ) -> AlarmState:
        now = self._now
        warning_since = _since(before.warning_since, now, on=reached >= Level.WARNING)
        alarm_since = _since(before.alarm_since, now, on=reached >= Level.ALARM)
        alarm, calm_since = before.alarm, before.calm_since
        due = Level.OK
        if alarm_since is not None and now - alarm_since >= limit.delay:
            due = Level.ALARM
        elif warning_since is not None and now - warning_since >= limit.delay:
            due = Level.WARNING
        level = alarm.level if alarm else Level.OK
        if due > level:
            alarm = self._raised(alarm, limit, battery, value, due)
            calm_since = None
        elif alarm and held < level:
            calm_since = calm_since if calm_since is not None else now
            if now - calm_since >= max(limit.delay, SHORTEST_CALM):
                alarm, calm_since = self._deescalated(alarm, held), None if held else calm_since
        else:
            calm_since = None
        return AlarmState(alarm=alarm, warning_since=warning_since, alarm_since=alarm_since, calm_since=calm_since)

    def _raised(self, alarm: Alarm | None, limit: Limit, battery: str | None, value: float, level: Level) -> Alarm:
        bound = limit.of(level)
        if alarm is None:
            alarm = Alarm(
                kind=limit.kind, battery=battery, level=level, value=value, limit=bound, raised=self._now, worst=level
            )
        else:  # a person who acknowledged the warning has not seen the alarm
            alarm = replace(
                alarm, level=level, value=value, limit=bound, worst=level, acknowledged=None, acknowledged_by=None
            )
        self.events.append(AlarmRaised(alarm=alarm))
        return alarm

    def _deescalated(self, alarm: Alarm, level: Level) -> Alarm | None:
        if level:
            alarm = replace(alarm, level=level)
            self.events.append(AlarmDeescalated(alarm=alarm))
            return alarm
        if alarm.kind in self._latched and alarm.acknowledged is None:
            return alarm
        self.events.append(AlarmCleared(alarm=replace(alarm, cleared=self._now)))
        return None


def _since(before: float | None, now: float, *, on: bool) -> float | None:
    if not on:
        return None
    return now if before is None else before


def acknowledge(
    states: AlarmStates, battery: str | None, kind: AlarmKind | None, by: str | None, now: float
) -> tuple[AlarmStates, list[Event]]:
    """Acknowledge the alarms of a battery, or with None of the whole string; those of one kind, or all."""
    after, events = dict(states), list[Event]()
    for name, state in states.items():
        alarm = state.alarm
        if alarm and alarm.acknowledged is None and battery in (None, alarm.battery) and kind in (None, alarm.kind):
            alarm = replace(alarm, acknowledged=now, acknowledged_by=by)
            after[name] = replace(state, alarm=alarm)
            events.append(AlarmAcknowledged(alarm=alarm))
    return after, events


def drilled(states: AlarmStates, battery: str | None, drill: Drill, now: float) -> tuple[AlarmStates, list[Event]]:
    """Raise a test alarm beside the measured ones. It replaces a test alarm of the same kind."""
    name = f"drill {key(drill.kind, battery)}"
    judge = Judge(states, now)
    judge.end(name)
    alarm = Alarm(
        kind=drill.kind,
        battery=battery,
        level=drill.level,
        value=None,
        limit=None,
        raised=now,
        worst=drill.level,
        drill=True,
    )
    judge.states[name] = AlarmState(alarm=alarm, ends=now + drill.seconds)
    return judge.states, [*judge.events, AlarmRaised(alarm=alarm)]
