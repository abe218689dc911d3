"""When a string in a capacity test is at its end voltage: not by one noisy reading, and not late."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import fmean, median
from typing import Final

from .discharge_recorder import Recording
from .limits import MINUTE
from .robust_statistics import noise_of_line
from .sample import Sample

WINDOW: Final = 20.0  # s that the median of the voltages is taken over at least: a load of less than 10 s is no end
FEWEST: Final = 3  # looks in it: one spike is not the median of three
# With noise, the median is taken over longer, until it is certain to 1 mV per cell, but …
CERTAIN: Final = 0.001  # V per cell
LONGEST: Final = 0.04  # … no longer than this part of the time since the discharge began
MOST: Final = 6 * MINUTE  # … or this
LATELY: Final = 12  # looks, in which a noise that has just begun is seen
OF_MEDIAN: Final = 1.25  # the standard deviation of a median over that of a mean
# Of many medians, the first that is below is so by chance. So many standard deviations lower, it is as often late.
EARLY: Final = 0.7
ROUNDING: Final = 1e-6  # V, of a sum


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """One look at the voltage of a string. Times are those of the clock when the discharge began, s since 1970, UTC."""

    at: float
    read_at: float  # the mean of the times at which the voltages of the batteries were read
    voltage: float  # V of the string
    drawn: float | None  # Ah until `at`


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """The end of a test."""

    at: float  # as in `Look`
    voltage: float  # V of the string
    drawn: float | None  # Ah until then


def looked(before: tuple[Look, ...], sample: Sample, recording: Recording) -> tuple[Look, ...]:
    """Return the looks with one more, without those that are too old.

    A look is new when all batteries were read again: a reading that is wrong is in one look only, however slow the
    round is.
    """
    discharge, at = recording.discharge, sample.at - recording.ahead
    if discharge.end_voltage is None or not sample.voltages:
        return before
    ages = [max(0.0, sample.at - sample.read_at.get(battery, sample.at)) for battery in sample.voltages]
    if before and at - max(ages) <= before[-1].at:
        return before
    look = Look(at=at, read_at=at - fmean(ages), voltage=discharge.end_voltage, drawn=discharge.drawn)
    old = bisect_right(before, at - _longest(discharge.start, at), key=lambda one: one.at)
    return (*before[max(0, min(old - 1, len(before) - FEWEST)) :], look)


def reached(looks: Sequence[Look], start: float, end_voltage: float, cells: int) -> Reached | None:
    """Return when the string came to its end voltage in V, by the last looks; None if it is not there.

    The end is counted from when the median was measured, not from when that was certain.
    """
    if len(looks) < FEWEST:
        return None
    voltages = [one.voltage for one in looks]
    noise = max(noise_of_line(voltages), noise_of_line(voltages[-LATELY:]))
    needed = max(FEWEST, ceil((OF_MEDIAN * noise / (CERTAIN * cells)) ** 2))
    at = looks[-1].at
    held = sum(one.at > at - WINDOW for one in looks) + 1  # with the one before
    if held > len(looks) or (needed > len(looks) and at - looks[0].at < _longest(start, at)):
        return None
    count = min(max(needed, held), len(looks))
    limit = end_voltage - EARLY * OF_MEDIAN * noise / sqrt(count) + ROUNDING
    when, voltage = _middle(looks[-count:])
    if voltage > limit:
        return None
    earlier, higher = _middle(looks[-count - 1 : -1]) if len(looks) > count else (when, voltage)
    if higher > limit and earlier < when:  # between two looks of a slow round
        when -= (when - earlier) * (limit - voltage) / (higher - voltage)
    return Reached(at=when, voltage=min(voltage, end_voltage), drawn=_drawn(looks, when))


def _middle(looks: Sequence[Look]) -> tuple[float, float]:
    """Return the median time and the median voltage in V of some looks."""
    return median(one.read_at for one in looks), median(one.voltage for one in looks)


def _longest(start: float, at: float) -> float:
    return max(WINDOW, min(MOST, LONGEST * (at - start)))


def _drawn(looks: Sequence[Look], at: float) -> float | None:
    """Return the Ah that were drawn until a time, straight between two looks."""
    place = min(max(bisect_right(looks, at, key=lambda one: one.at), 1), len(looks) - 1)
    before, after = looks[place - 1], looks[place]
    if before.drawn is None or after.drawn is None:
        return None
    return before.drawn + (after.drawn - before.drawn) * (at - before.at) / (after.at - before.at)
