"""Alarms: raised after the delay, cleared after the hysteresis, held while the value is unknown.

Many batteries beyond the same limit have one cause: they become one alarm, see `common_alarms`.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

from .alarm_kinds import AlarmKind
from .alarm_state import AlarmState, AlarmStates, key
from .common_alarms import COMMON, Common, Judged, common_key, crowd_of, explanation_of, fewest
from .events import Alarm, AlarmCleared, AlarmDeescalated, AlarmRaised, Event, Level
from .limits import HOUR, Limit

# An alarm without a delay clears no sooner than this, so that a value at its limit does not raise it again and again.
SHORTEST_CALM: Final = 60.0  # s
# An alarm that comes back this soon after it was cleared clears only after it was calm for so long.
COMES_BACK: Final = HOUR


@dataclass(frozen=True, kw_only=True, slots=True)
class Drill:
    """A test alarm: what to raise, and for how long."""

    kind: AlarmKind
    level: Level
    seconds: float  # until it ends


@dataclass(frozen=True, kw_only=True, slots=True)
class _Terms:
    """The terms on which one alarm is judged, besides its limit."""

    explained: Level = Level.OK  # another alarm says as much already: only a higher level is raised
    wait: float = 0.0  # s that a warning waits longer than the delay, because the others are about to follow
    batteries: tuple[str, ...] = ()  # those that the alarm is about


class Judge:
    """One step of all alarms of a string: call `check` for each value, then `settle`, then use `states` and `events`.

    Without `batteries`, the number of batteries of the string, each alarm is judged for itself, and at once.
    """

    def __init__(
        self,
        states: AlarmStates,
        now: float,
        latched: Collection[AlarmKind] = (),
        *,
        batteries: int = 0,
        cleared: Mapping[str, float] | None = None,
    ) -> None:
        """Continue from the last step. An alarm of a `latched` kind clears only after it was acknowledged.

        `cleared` is when alarms were cleared lately, by their keys.
        """
        self.states = dict(states)
        self.events: list[Event] = []
        self.cleared = {name: at for name, at in (cleared or {}).items() if now - at < COMES_BACK}
        self.common: dict[AlarmKind, Common] = {}  # how the batteries of a kind are taken together
        self.kept: set[AlarmKind] = set()  # kinds whose alarms neither clear nor de-escalate in this step
        self._now = now
        self._latched = latched
        self._batteries = batteries
        self._waiting: dict[AlarmKind, list[Judged]] = {}  # values that have a level, or an alarm
        self._counts = Counter[AlarmKind]()  # of all known values
        self._known: set[str] = set()  # keys of alarms whose value is known in this step
        for name, state in states.items():
            if state.ends is not None and state.ends <= now:
                self.end(name)

    def check(self, limit: Limit, battery: str | None, value: float | None, *, at_least: Level = Level.OK) -> None:
        """Judge a value by its limit; None, or a value that is no number, is unknown and holds the alarm.

        `at_least` is a level that the alarm has for another reason than its value: then it has no value and no limit.
        """
        if value is None or not isfinite(value):
            self.hold(limit.kind, battery)
            return
        value += 0.0  # -0.0 would be shown as such
        held = max(limit.held(value), at_least)
        kind = limit.kind
        together = self._batteries > 1 and kind.traits.common
        if together and battery is not None:
            self._counts[kind] += 1
        if not held and not self.states:
            return
        name = key(kind, battery)
        if not held and name not in self.states and not (together and common_key(kind) in self.states):
            return
        judged = Judged(limit=limit, battery=battery, value=value, reached=max(limit.level(value), at_least), held=held)
        if together:
            self._waiting.setdefault(kind, []).append(judged)
        else:
            self._judge(judged, name, _Terms())

    def settle(self) -> None:
        """Judge what is common to many batteries, and then each battery. The value of every other alarm is unknown."""
        for kind, judged in self._waiting.items():
            self._settle(kind, judged)
        for name in list(self.states):
            if name in self._known:
                continue
            if name.startswith(COMMON):  # the values are unknown
                self._restart_delay(name)
            if (state := self.states.get(name)) and state.alarm and state.alarm.value_now is not None:
                self.states[name] = replace(state, alarm=replace(state.alarm, value_now=None))

    def level(self, kind: AlarmKind, battery: str | None = None) -> Level:
        """Return the level of an alarm of a battery, or of the string; OK if there is none."""
        state = self.states.get(key(kind, battery))
        return state.level if state else Level.OK

    def common_level(self, kind: AlarmKind) -> Level:
        """Return the level of the alarm of several batteries; OK if there is none."""
        state = self.states.get(common_key(kind))
        return state.level if state else Level.OK

    def names(self, kind: AlarmKind, battery: str) -> bool:
        """Return whether there is an alarm of a battery, its own or one of several batteries."""
        common = self.states.get(common_key(kind))
        alarm = common.alarm if common else None
        return bool(self.level(kind, battery)) or (alarm is not None and battery in alarm.batteries)

    def hold(self, kind: AlarmKind, battery: str | None) -> None:
        """Leave a raised alarm as it is, since its value is unknown; a pending one starts again."""
        self._restart_delay(key(kind, battery))

    def _restart_delay(self, name: str) -> None:
        """Let the delay of what is pending start again: of an alarm, or of a warning that would become an alarm."""
        before = self.states.get(name)
        if before is not None and before.alarm is None:
            del self.states[name]
        elif before is not None and before.level is Level.WARNING and before.alarm_since is not None:
            self.states[name] = replace(before, alarm_since=None)

    def clear(self, kind: AlarmKind, battery: str | None) -> None:
        """End an alarm of a battery that is gone."""
        self.end(key(kind, battery))

    def end(self, name: str) -> None:
        """End the alarm of that key, if there is one."""
        state = self.states.pop(name, None)
        if state and state.alarm:
            self.events.append(AlarmCleared(alarm=replace(state.alarm, cleared=self._now)))

    def _settle(self, kind: AlarmKind, judged: list[Judged]) -> None:
        """Judge the batteries of a kind together, and then each of them.

        An alarm of several batteries says as much as those of the batteries would, except of one that stands out.
        """
        common = self.common.get(kind, Common())
        name, before = common_key(kind), self.states.get(common_key(kind))
        crowd = None
        if self._counts[kind] >= (place := fewest(self._batteries)):
            own = [one for one in judged if one.battery is not None]
            crowd = crowd_of(own, place, before.alarm.batteries if before and before.alarm else ())
        if crowd is not None and (common.judged or (before and before.alarm)):
            explained = common.covered if common.judged else Level.ALARM
            self._judge(crowd.judged, name, _Terms(explained=explained, batteries=crowd.batteries))
        elif before and before.alarm is None:
            del self.states[name]
        # A latched alarm whose cause is over does not explain another battery.
        explains = crowd is not None and (crowd.judged.held or not self._latches(kind))
        present = self.common_level(kind) if explains else Level.OK
        for one in judged:
            explained, wait = explanation_of(one, common, crowd, present)
            self._judge(one, key(kind, one.battery), _Terms(explained=explained, wait=wait))

    def _stays(self, alarm: Alarm, held: Level) -> bool:
        """Return whether an alarm stays at its level, because it is latched and its cause is not quite gone."""
        return self._latches(alarm.kind) and alarm.acknowledged is None and bool(held)

    def _latches(self, kind: AlarmKind) -> bool:
        return kind in self._latched or kind.traits.latched

    def _judge(self, judged: Judged, name: str, terms: _Terms) -> None:
        before = self.states.get(name)
        if before is None and not judged.reached:
            return
        state = self._step(before or AlarmState(), name, judged, terms)
        self._known.add(name)
        if state.alarm or state.warning_since is not None:
            self.states[name] = state
        else:
            self.states.pop(name, None)

    def _step(self, before: AlarmState, name: str, judged: Judged, terms: _Terms) -> AlarmState:
        now, limit, held = self._now, judged.limit, judged.held
        warning_since = _since(before.warning_since, now, on=judged.reached >= Level.WARNING)
        alarm_since = _since(before.alarm_since, now, on=judged.reached >= Level.ALARM)
        alarm, calm_since, again = before.alarm, before.calm_since, before.again
        level_since = before.level_since
        due = Level.OK
        if alarm_since is not None and now - alarm_since >= limit.delay:
            due = Level.ALARM
        elif warning_since is not None and now - warning_since >= limit.delay + terms.wait:
            due = Level.WARNING
        level = alarm.level if alarm else Level.OK
        if alarm:
            alarm = _valued(alarm, judged, now)
            alarm = replace(alarm, batteries=terms.batteries or alarm.batteries)
        if due > max(level, terms.explained):
            level_since = now if alarm else None
            again = again or (name in self.cleared if alarm is None else alarm.worst >= due)
            alarm = self._raised(alarm, judged, due, terms.batteries)
            calm_since = None
        elif alarm and held < level and alarm.kind not in self.kept and not self._stays(alarm, held):
            calm_since = calm_since if calm_since is not None else now
            if now - calm_since >= max(limit.delay, COMES_BACK if again else SHORTEST_CALM):
                alarm, calm_since = self._deescalated(alarm, name, judged), None if held else calm_since
                level_since = now if held else level_since
        else:
            calm_since = None
        limit_now = before.limit_now
        if alarm is None or alarm.limit is None:
            limit_now = None
        elif judged.measured:
            limit_now = limit.of(alarm.level)
        return AlarmState(
            alarm=alarm,
            warning_since=warning_since,
            alarm_since=alarm_since,
            calm_since=calm_since,
            level_since=level_since if alarm else None,
            limit_now=limit_now,
            again=again,
        )

    def _raised(self, alarm: Alarm | None, judged: Judged, level: Level, batteries: tuple[str, ...]) -> Alarm:
        limit, now = judged.limit, self._now
        value, bound = (judged.value, limit.of(level)) if judged.measured else (None, None)
        if alarm is None:
            alarm = Alarm(
                kind=limit.kind,
                battery=judged.battery,
                level=level,
                value=value,
                limit=bound,
                raised=now,
                worst=level,
                batteries=batteries,
                value_now=value,
                value_at=now if judged.measured else None,
                worst_value=value,
                worst_at=now if judged.measured else None,
            )
        else:  # a person who acknowledged the warning has not seen the alarm
            alarm = replace(
                alarm,
                level=level,
                value=value,
                limit=bound,
                worst=level,
                acknowledged=None,
                acknowledged_by=None,
                note=None,
                noted=None,
                noted_by=None,
            )
        self.events.append(AlarmRaised(alarm=alarm))
        return alarm

    def _deescalated(self, alarm: Alarm, name: str, judged: Judged) -> Alarm | None:
        if level := judged.held:
            measured = judged.limit.held(judged.value) >= level
            value, limit = (judged.value, judged.limit.of(level)) if measured else (None, None)
            alarm = replace(alarm, level=level, value=value, limit=limit)
            self.events.append(AlarmDeescalated(alarm=alarm))
            return alarm
        if self._latches(alarm.kind) and alarm.acknowledged is None:
            return alarm
        worst = alarm.worst_value
        if worst is not None and judged.limit.level(worst) >= alarm.worst > alarm.level:  # the record is of the worst
            alarm = replace(alarm, value=worst, limit=judged.limit.of(alarm.worst))
        self.events.append(AlarmCleared(alarm=replace(alarm, cleared=self._now)))
        self.cleared[name] = self._now
        return None


def _since(before: float | None, now: float, *, on: bool) -> float | None:
    if not on:
        return None
    return now if before is None else before


def _valued(alarm: Alarm, judged: Judged, now: float) -> Alarm:
    """Return an alarm with the value that it has now. An alarm for another reason than its value has none."""
    limit, value = judged.limit, judged.value
    if alarm.value is None or not judged.measured:
        return alarm if alarm.value_now is None else replace(alarm, value_now=None)
    if alarm.worst_value is None:  # saved by an earlier release
        alarm = replace(alarm, worst_value=alarm.value, worst_at=alarm.raised)
    if alarm.worst_value is None or (value > alarm.worst_value if limit.above else value < alarm.worst_value):
        alarm = replace(alarm, worst_value=value, worst_at=now)
    return replace(alarm, value_now=value, value_at=now)


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
