"""The steps of the load in a discharge: its parts with one current each, and the resistance that the steps show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from statistics import median
from typing import Final

from .limits import HOUR

# A change of the load begins a new part if it changes the voltage by more than this part of the end voltage: 5 mV of a
# lead-acid cell. Less is within what a fit of the voltage can tell.
VISIBLE: Final = 0.0028
# The resistance in parts of the end voltage for a change by C10 per hour, where none was measured: 0.074 Ω·Ah of a
# lead-acid cell (PyBaMM's model of a VRLA battery; the conductance tables of makers give 0.05 to 0.1).
USUAL: Final = 0.041
SHORT: Final = 30.0  # s; a part that is shorter is a motor that starts, and no other load

# The voltage after a step is read in this time: before, it falls by less; later, by the charge that was drawn.
AFTER: Final = (45.0, 150.0)  # s
BEFORE: Final = 120.0  # s, in which the voltage before a step is read
LARGE: Final = 0.05  # of C10, the change of current of a step that is used
CUT: Final = 0.1  # × the current before; with less, the battery recovers for hours
FLAT: Final = 0.25  # of the change of voltage, the most that the voltage may have moved before it by itself
REMEMBERED: Final = 8  # steps
TO_AND_FRO: Final = 3  # changes of the load in turn up and down, …
LATELY: Final = 0.6 * HOUR  # … within so many s: the present load will not go on
# A load in pulses turns so many times with at most so many s between two turns, or so much of the time since the begin,
# because the points of a long discharge are further apart.
TURNED: Final = 1.25  # × the current: a change that may be a turn
PULSE: Final = 180.0  # s
PULSE_SHARE: Final = 0.01
GOES_ON: Final = 1.5  # × the longest pulse, and …
GOES_ON_LEAST: Final = 60.0  # … s since the last turn, after which a load is no longer in pulses
# The mean of a load in pulses is that of the whole turns within so many s, or of the last ones if it has changed by so
# much: more than a single rest of a minute changes it.
AVERAGED: Final = (600.0, 180.0)  # s
CHANGED: Final = 1.4
RESTED: Final = 0.75  # × the current: with so little between two points, there was a rest
RAMPS: Final = (4800.0, 2400.0, 1200.0, 600.0)  # s; the longest of these in which the current rises or falls steadily
STEADY: Final = (0.5, 2.0)  # how much the second half may rise over the first, to be steady
RISING: Final = 0.1  # of the mean current, the least change
PLAUSIBLE: Final = (0.2, 5.0)  # × the usual resistance


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """One point of a discharge."""

    seconds: float  # since its begin
    drawn: float  # Ah
    voltage: float  # V
    current: float  # A, positive


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A part of a discharge at about one current."""

    moments: Sequence[Moment]
    current: float  # A, its mean

    @property
    def start(self) -> float:
        """When it began, in s since the begin of the discharge."""
        return self.moments[0].seconds

    @property
    def seconds(self) -> float:
        """How long it is in s."""
        return self.moments[-1].seconds - self.moments[0].seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Evened:
    """The points of a discharge, with the means of whole turns in the place of a load in pulses."""

    moments: Sequence[Moment]
    current: float | None = None  # A, the mean over the last minutes of pulses that go on; None if none do
    heaviest: float = 0.0  # A, of these minutes; 0 without pulses
    lowest: float = inf  # V, of these minutes


def evened(moments: Sequence[Moment]) -> Evened:
    """Return a discharge in which a load in pulses is as if it was steady at its mean."""
    moments = _with_rests(moments)
    kept: list[Moment] = []
    place = 0
    for run in _runs(moments):
        edges = [_edge(moments[one - 1], moments[one]) for one in run]
        ends = edges[::2]
        kept += [*_loaded(moments[place : run[0]]), *(_mean_of(moments, *turn) for turn in pairwise(ends))]
        place = run[-1]
        longest = max(after.seconds - before.seconds for before, after in pairwise(edges))
        now, last = moments[-1], ends[-1]
        if now.seconds - edges[-1].seconds > max(GOES_ON_LEAST, GOES_ON * longest):
            continue
        two = ends[-3:][0]  # at least two turns, because one may have had a rest
        lately = [next((one for one in ends[:-2] if last.seconds - one.seconds <= most), two) for most in AVERAGED]
        mean, newest = (_mean_of(moments, one, last) for one in lately)
        begin = lately[0]
        if not mean.current / CHANGED <= newest.current <= mean.current * CHANGED:
            mean, begin = newest, lately[1]
        if now.seconds > last.seconds:
            kept.append(replace(kept[-1], seconds=now.seconds, drawn=now.drawn))
        late = [one for one in moments if one.seconds >= begin.seconds]
        return Evened(
            moments=kept,
            current=mean.current,
            heaviest=max(one.current for one in late),
            lowest=min(one.voltage for one in late),
        )
    return Evened(moments=[*kept, *_loaded(moments[place:])])


def _loaded(moments: Sequence[Moment]) -> list[Moment]:
    return [one for one in moments if one.current > 0.0]


def _edge(before: Moment, after: Moment) -> Moment:
    """Return when the load turned between two points, each of them the mean of some time with one load."""
    passed = before.current * before.seconds - after.current * after.seconds + (after.drawn - before.drawn) * HOUR
    at = min(max(passed / (before.current - after.current), before.seconds), after.seconds)
    drawn = min(before.drawn + before.current * (at - before.seconds) / HOUR, after.drawn)
    return replace(after, seconds=at, drawn=drawn)


def _mean_of(moments: Sequence[Moment], begin: Moment, end: Moment) -> Moment:
    """Return the mean of the time between two turns of the load, at its end."""
    known = [one for one in moments if begin.seconds < one.seconds < end.seconds]
    known = [begin, *known, replace(end, voltage=known[-1].voltage if known else begin.voltage)]
    passed = end.seconds - begin.seconds
    if passed <= 0:
        return end
    volts = sum(
        (after.seconds - before.seconds) * (before.voltage + after.voltage) / 2 for before, after in pairwise(known)
    )
    return replace(end, voltage=volts / passed, current=(end.drawn - begin.drawn) / passed * HOUR)


def _with_rests(moments: Sequence[Moment]) -> Sequence[Moment]:
    """Return the points with one more where there was no load between two of them: a rest leaves no point."""
    known = list(moments[:1])
    for before, after in pairwise(moments):
        drawn, passed = (after.drawn - before.drawn) * HOUR, after.seconds - before.seconds
        if drawn < RESTED * min(before.current, after.current) * passed:
            known.append(replace(before, current=0.0))
        known.append(after)
    return known


def _runs(moments: Sequence[Moment]) -> list[list[int]]:
    """Return the places at which a load in pulses turns, for each time with such a load."""
    runs: list[list[int]] = [[]]
    high, low, up = -inf, inf, None
    for place, one in enumerate(moments):
        high, low = max(high, one.current), min(low, one.current)
        if one.current < 0.0:
            continue
        if up is not False and one.current * TURNED < high:
            up, low = False, one.current
        elif up is not True and one.current > low * TURNED:
            up, high = True, one.current
        else:
            continue
        most = max(PULSE, PULSE_SHARE * one.seconds)
        if runs[-1] and one.seconds - moments[runs[-1][-1]].seconds > most:
            runs.append([])
        runs[-1].append(place)
    return [run for run in runs if len(run) >= TO_AND_FRO]


def parts(moments: Sequence[Moment], least: float) -> list[Part]:
    """Return the parts of a discharge; a change of the current by `least` (A) begins a new one."""
    found: list[list[Moment]] = []
    for moment in moments:
        if not found or abs(moment.current - _mean(found[-1])) > least:
            found.append([])
        found[-1].append(moment)
    kept: list[list[Moment]] = []
    for number, group in enumerate(found):
        if number < len(found) - 1 and group[-1].seconds - group[0].seconds < SHORT and number > 0:
            continue
        if kept and abs(_mean(kept[-1]) - _mean(group)) <= least:
            kept[-1] = [*kept[-1], *group]
        else:
            kept.append(group)
    return [Part(moments=group, current=_mean(group)) for group in kept]


def visible(capacity: float, resistance: float, end_voltage: float) -> float:
    """Return the change of current in A that changes the voltage visibly; `resistance` in Ω, 0 if unknown."""
    ohms = resistance or USUAL * end_voltage / capacity
    return VISIBLE * end_voltage / ohms if ohms > 0 else inf


def resistances(found: Sequence[Part], capacity: float, end_voltage: float) -> list[float]:
    """Return the resistance in Ω that each step of a discharge shows: the change of voltage over that of current."""
    shown = []
    low, high = (part * USUAL * end_voltage / capacity for part in PLAUSIBLE)
    for before, after in pairwise(found):
        change = after.current - before.current
        if abs(change) < LARGE * capacity or before.seconds < SHORT or after.current < CUT * before.current:
            continue
        last = [one for one in before.moments if before.moments[-1].seconds - one.seconds <= BEFORE]
        first = [one for one in after.moments if AFTER[0] <= one.seconds - after.start <= AFTER[1]]
        if not first:
            continue
        voltage = last[-1].voltage
        drop = voltage - median(one.voltage for one in first)
        if abs(last[0].voltage - voltage) <= FLAT * abs(drop) and low <= drop / change <= high:
            shown.append(drop / change)
    return shown


def to_and_fro(found: Sequence[Part]) -> Sequence[Part]:
    """Return the last parts of a load that goes up and down in turn: whole turns; nothing if it does not."""
    if not found:
        return []
    now = found[-1].moments[-1].seconds
    late = [one for one in found[:-1] if now - one.moments[-1].seconds <= LATELY]
    ups = [after.current > before.current for before, after in pairwise([*late, found[-1]])]
    if len(ups) < TO_AND_FRO or any(before == after for before, after in pairwise(ups)):
        return []
    return late[len(late) % 2 :]


def ramp(moments: Sequence[Moment], least: float) -> tuple[float, float] | None:
    """Return the change of the current in A/s and for how many s it has risen or fallen so; None if it is steady.

    `least` is the least change in A. A load of constant power rises as the voltage falls.
    """
    now = moments[-1].seconds
    for window in RAMPS:
        quarters: list[list[float]] = [[], [], [], []]
        for moment in reversed(moments):
            place = int((now - moment.seconds) / window * len(quarters))
            if place >= len(quarters):
                break
            quarters[place].append(moment.current)
        if now - moments[0].seconds < 0.9 * window or not all(quarters):
            continue
        last, third, second, first = (sum(one) / len(one) for one in quarters)
        changes = (second - first, third - second, last - third)
        middle = changes[1]
        if abs(last - first) < max(least, RISING * abs(last)):
            continue
        if all(STEADY[0] <= one / middle <= STEADY[1] for one in changes) if middle else False:
            return (last - first) / (0.75 * window), window
    return None


def expected_current(current: float, change: float, lasts: float, ah: float) -> float:
    """Return the mean current in A until so many Ah are drawn, if a change (A/s) lasts twice as long in all."""
    end = min(max(current + change * lasts, current / 2), current * 2)
    while_changing = (current + end) / 2 * lasts / HOUR  # Ah
    if while_changing < ah:
        return ah / (lasts / HOUR + (ah - while_changing) / end)
    return (current + end) / 2


def _mean(group: Sequence[Moment]) -> float:
    """Return the mean current in A over the time of a group."""
    first, last = group[0], group[-1]
    passed, drawn = last.seconds - first.seconds, last.drawn - first.drawn
    return drawn / passed * HOUR if passed > 0 and drawn > 0 else last.current
