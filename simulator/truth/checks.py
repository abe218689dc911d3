"""What a story demands of the monitor: each check looks at what was said, and says what it saw."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Final

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, Level, OperatingState
from custom_components.battery_bank.monitor.battery.settings import Settings

from . import seen
from .monitor import Moment, Monitor


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What a check saw."""

    ok: bool
    seen: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One demand."""

    expected: str
    look: Callable[[Monitor], Verdict]


@dataclass(frozen=True, kw_only=True)
class Story:
    """What befalls a string, and what must and must not be said of it."""

    number: int  # in the list of what is to be true; 0 for a healthy life
    name: str
    settings: Settings
    play: Callable[[Monitor], None]
    checks: Sequence[Check]
    reported: bool = False  # whether these are the figures that were reported, and not a neighbour's
    long: bool = False  # whether it takes more than some seconds
    every: float = 0.0  # s between two moments that are kept
    begin: Callable[[], Monitor] | None = field(default=None)  # where it does not begin with a string never seen before

    def run(self) -> Monitor:
        """Play it."""
        monitor = self.begin() if self.begin else Monitor(settings=self.settings)
        monitor.every = self.every
        self.play(monitor)
        return monitor


type Kinds = Collection[str] | None  # of alarms; None for any

HEAT: Final = frozenset({AlarmKind.THERMAL_RUNAWAY, AlarmKind.TEMPERATURE_RISE})
LOW: Final = frozenset(
    {AlarmKind.VOLTAGE_LOW, AlarmKind.DEVIATION, AlarmKind.SHORTED_CELL, "reversed", "reversed_cell"}
)


def names(
    battery: str,
    *,
    within: float,
    after: float = 0.0,
    kinds: Kinds = None,
    level: Level = Level.WARNING,
) -> Check:
    """Demand an alarm that names a battery within so many s `after` a time."""

    def look(monitor: Monitor) -> Verdict:
        found = [
            (at, alarm)
            for at, alarm in monitor.raised(after)
            if battery in seen.named(alarm) and (kinds is None or alarm.kind in kinds) and alarm.level >= level
        ]
        if not found:
            return Verdict(ok=False, seen=f"never named {battery}")
        at, alarm = found[0]
        return Verdict(ok=at - after <= within, seen=f"{alarm.kind} of {battery} after {_time(at - after)}")

    what = "/".join(sorted(kinds)) if kinds and len(kinds) <= 2 else "an alarm"  # noqa: PLR2004 - else too long
    grade = "" if level is Level.WARNING else " of level alarm"
    return Check(expected=f"{what}{grade} names {battery} within {_time(within)}", look=look)


def of_string(*, within: float, after: float = 0.0, kinds: Kinds = None, level: Level = Level.WARNING) -> Check:
    """Demand an alarm of the whole string within so many s `after` a time."""

    def look(monitor: Monitor) -> Verdict:
        found = [
            (at, alarm)
            for at, alarm in monitor.raised(after)
            if alarm.battery is None and (kinds is None or alarm.kind in kinds) and alarm.level >= level
        ]
        if not found:
            return Verdict(ok=False, seen="nothing said of the string")
        at, alarm = found[0]
        return Verdict(ok=at - after <= within, seen=f"{alarm.kind} after {_time(at - after)}")

    what = "/".join(sorted(kinds)) if kinds and len(kinds) <= 2 else "an alarm"  # noqa: PLR2004 - else too long
    return Check(expected=f"{what} of the string within {_time(within)}", look=look)


def at_most(
    count: int, *, since: float = 0.0, until: float = inf, kinds: Kinds = None, sparing: Collection[str] = ()
) -> Check:
    """Allow so many alarms within a time, leaving out those that name only the batteries in `sparing`."""

    def look(monitor: Monitor) -> Verdict:
        found = [
            (at, alarm)
            for at, alarm in monitor.raised(since)
            if at <= until
            and (kinds is None or alarm.kind in kinds)
            and not (seen.named(alarm) and seen.named(alarm) <= set(sparing))
        ]
        return Verdict(ok=len(found) <= count, seen=_list(found))

    what = "alarms" if kinds is None else "/".join(sorted(kinds))
    but = f" but of {', '.join(sorted(sparing))}" if sparing else ""
    return Check(expected=f"{'no' if not count else f'at most {count}'} {what}{but}", look=look)


def never(kinds: Collection[str], *, level: Level = Level.WARNING, since: float = 0.0, until: float = inf) -> Check:
    """Allow no alarm of these kinds from a level on."""

    def look(monitor: Monitor) -> Verdict:
        found = [
            (at, alarm)
            for at, alarm in monitor.raised(since)
            if at <= until and alarm.kind in kinds and alarm.level >= level
        ]
        return Verdict(ok=not found, seen=_list(found))

    grade = " of level alarm" if level is Level.ALARM else ""
    return Check(expected=f"no {'/'.join(sorted(kinds))}{grade}", look=look)


def not_in(condition: OperatingState, *, since: float, until: float, share: float = 0.0) -> Check:
    """Allow an operating state for at most a share of a time."""

    def look(monitor: Monitor) -> Verdict:
        part = within(monitor, since, until)
        wrong = sum(moment.condition is condition for moment in part) / max(1, len(part))
        shown = Counter(str(moment.condition) for moment in part).most_common(2)
        return Verdict(ok=wrong <= share, seen=", ".join(f"{name} {number / len(part):.0%}" for name, number in shown))

    return Check(expected=f"not called {condition}" + (f" for more than {share:.0%}" if share else ""), look=look)


def is_in(*conditions: OperatingState, since: float, until: float, share: float = 0.9) -> Check:
    """Demand one of these operating states for a share of a time."""

    def look(monitor: Monitor) -> Verdict:
        part = within(monitor, since, until)
        right = sum(moment.condition in conditions for moment in part) / max(1, len(part))
        shown = Counter(str(moment.condition) for moment in part).most_common(2)
        return Verdict(ok=right >= share, seen=", ".join(f"{name} {number / len(part):.0%}" for name, number in shown))

    return Check(expected=f"called {' or '.join(conditions)}", look=look)


def measured(name: str, low: float, high: float, unit: str = "", scale: float = 1.0) -> Check:
    """Demand that what a story has measured itself lies in a range."""

    def look(monitor: Monitor) -> Verdict:
        value = monitor.notes.get(name)
        if value is None:
            return Verdict(ok=False, seen=f"{name} unknown")
        return Verdict(ok=low <= value <= high, seen=f"{name} {scale * value:.3g}{unit}")

    if low == high:
        expected = f"{name} {scale * low:.3g}{unit}"
    elif low == -inf:
        expected = f"{name} at most {scale * high:.3g}{unit}"
    elif high == inf:
        expected = f"{name} at least {scale * low:.3g}{unit}"
    else:
        expected = f"{name} {scale * low:.3g} to {scale * high:.3g}{unit}"
    return Check(expected=expected, look=look)


def says(
    words: Sequence[str], what: str, *, within_s: float = inf, after: float = 0.0, most: int | None = None
) -> Check:
    """Demand an event or an alarm whose name has one of these words, which the product is free to choose."""

    def look(monitor: Monitor) -> Verdict:
        found = [(at, name) for at, name in seen.said(monitor.events, words) if at >= after]
        if not found:
            return Verdict(ok=False, seen="not said")
        ok = found[0][0] - after <= within_s and (most is None or len(found) <= most)
        return Verdict(ok=ok, seen=f"{found[0][1]} after {_time(found[0][0] - after)}, {len(found)} in all")

    return Check(expected=f"says {what}" + (f" within {_time(within_s)}" if within_s < inf else ""), look=look)


def says_not(words: Sequence[str], what: str, *, most: int = 0, since: float = 0.0) -> Check:
    """Allow so many events or alarms whose name has one of these words."""

    def look(monitor: Monitor) -> Verdict:
        found = [(at, name) for at, name in seen.said(monitor.events, words) if at >= since]
        return Verdict(ok=len(found) <= most, seen=f"{len(found)} times" if found else "not said")

    return Check(expected=f"says {what} {'never' if not most else f'at most {most} times'}", look=look)


def within(monitor: Monitor, since: float, until: float) -> list[Moment]:
    """Return the moments that were kept in a time."""
    return [moment for moment in monitor.moments if since <= moment.at <= until]


def last(monitor: Monitor, until: float = inf) -> Moment:
    """Return the last moment that was kept until a time."""
    return next(moment for moment in reversed(monitor.moments) if moment.at <= until)


def _list(found: Sequence[tuple[float, Alarm]]) -> str:
    if not found:
        return "none"
    kinds = Counter(f"{alarm.kind}{' ALARM' if alarm.level is Level.ALARM else ''}" for _, alarm in found)
    return (
        ", ".join(f"{number} {kind}" for kind, number in kinds.most_common(3)) + f", first after {_time(found[0][0])}"
    )


def _time(seconds: float) -> str:
    for unit, length in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if abs(seconds) >= 2 * length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"
