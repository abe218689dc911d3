"""Alarms: raised after a delay, cleared after a hysteresis, held while nobody can tell."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

from .alarm_kinds import AlarmKind
from .events import Alarm, AlarmAcknowledged, AlarmCleared, AlarmLowered, AlarmRaised, Event, Level
from .limits import Limit

# An alarm without a delay clears no sooner than this: what comes back at once was not gone.
SHORTEST_CALM: Final = 60.0  # s


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """One thing that is beyond a limit, or was lately; what is well has none."""

    alarm: Alarm | None = None  # once raised
    warning_since: float | None = None  # beyond that limit without a break
    alarm_since: float | None = None
    calm_since: float | None = None  # far enough within the limit of the present level
    ends: float | None = None  # of a drill; what is measured ends by its limit

    @property
    def level(self) -> Level:
        """How bad it is."""
        return self.alarm.level if self.alarm else Level.OK


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """An alarm that is none."""

    kind: AlarmKind
    level: Level
    seconds: float  # until it ends by itself


type Watch = Mapping[str, Watched]  # by `key`


def key(kind: AlarmKind, battery: str | None) -> str:
    """Name what is watched."""
    return f"{kind} {battery}" if battery else str(kind)


def worst(watch: Watch) -> Level:
    """Return the highest level of all; one that is latched counts until it is acknowledged."""
    return max((watched.level for watched in watch.values()), default=Level.OK)


class Judge:
    """One step of all alarms of a string: `check` each value, then take `watch` and `events`."""

    def __init__(self, watch: Watch, now: float, latched: Collection[AlarmKind] = ()) -> None:
        """Go on from the last step; what is `latched` clears only after it was acknowledged."""
        self.watch = dict(watch)
        self.events: list[Event] = []
        self._now = now
        self._latched = latched
        for name, watched in watch.items():
            if watched.ends is not None and watched.ends <= now:
                self.end(name)

    def check(self, limit: Limit, battery: str | None, value: float | None, *, at_least: Level = Level.OK) -> None:
        """Judge a value by its limit; None, or a value that is no number, is unknown and holds the alarm.

        `at_least` is a level that something else than the value has reached already.
        """
        if value is None or not isfinite(value):
            self.hold(limit.kind, battery)
            return
        name = key(limit.kind, battery)
        before = self.watch.get(name)
        reached = max(limit.level(value), at_least)
        if before is None and not reached:
            return
        held = max(limit.held(value), at_least)
        watched = self._step(before or Watched(), limit, battery, value, reached, held)
        if watched.alarm or watched.warning_since is not None:
            self.watch[name] = watched
        else:
            self.watch.pop(name, None)

    def hold(self, kind: AlarmKind, battery: str | None) -> None:
        """Leave a raised alarm as it is, since its value is unknown; a pending one begins anew."""
        name = key(kind, battery)
        if (before := self.watch.get(name)) and before.alarm is None:
            del self.watch[name]

    def clear(self, kind: AlarmKind, battery: str | None) -> None:
        """End an alarm whose subject is there no more."""
        self.end(key(kind, battery))

    def end(self, name: str) -> None:
        """End what is watched by that name, if it is."""
        watched = self.watch.pop(name, None)
        if watched and watched.alarm:
            self.events.append(AlarmCleared(alarm=replace(watched.alarm, cleared=self._now)))

    def _step(
        self, before: Watched, limit: Limit, battery: str | None, value: float, reached: Level, held: Level
    ) -> Watched:
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
                alarm, calm_since = self._lowered(alarm, held), None if held else calm_since
        else:
            calm_since = None
        return Watched(alarm=alarm, warning_since=warning_since, alarm_since=alarm_since, calm_since=calm_since)

    def _raised(self, alarm: Alarm | None, limit: Limit, battery: str | None, value: float, level: Level) -> Alarm:
        bound = limit.of(level)
        if alarm is None:
            alarm = Alarm(
                kind=limit.kind, battery=battery, level=level, value=value, limit=bound, raised=self._now, worst=level
            )
        else:  # who has seen the warning has not seen this
            alarm = replace(
                alarm, level=level, value=value, limit=bound, worst=level, acknowledged=None, acknowledged_by=None
            )
        self.events.append(AlarmRaised(alarm=alarm))
        return alarm

    def _lowered(self, alarm: Alarm, level: Level) -> Alarm | None:
        if level:
            alarm = replace(alarm, level=level)
            self.events.append(AlarmLowered(alarm=alarm))
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
    watch: Watch, battery: str | None, kind: AlarmKind | None, by: str | None, now: float
) -> tuple[Watch, list[Event]]:
    """Mark the alarms of a battery, or of everything with None, as seen by somebody; those of a kind, or all."""
    after, events = dict(watch), list[Event]()
    for name, watched in watch.items():
        alarm = watched.alarm
        if alarm and alarm.acknowledged is None and battery in (None, alarm.battery) and kind in (None, alarm.kind):
            alarm = replace(alarm, acknowledged=now, acknowledged_by=by)
            after[name] = replace(watched, alarm=alarm)
            events.append(AlarmAcknowledged(alarm=alarm))
    return after, events


def drilled(watch: Watch, battery: str | None, drill: Drill, now: float) -> tuple[Watch, list[Event]]:
    """Raise a drill beside what is measured; one of the same kind that goes on begins anew."""
    name = f"drill {key(drill.kind, battery)}"
    judge = Judge(watch, now)
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
    judge.watch[name] = Watched(alarm=alarm, ends=now + drill.seconds)
    return judge.watch, [*judge.events, AlarmRaised(alarm=alarm)]
