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
# Of the time since the discharge began. If the string was not looked at for longer while it came to its end voltage,
# when it did is not known to a hundredth.
UNSEEN: Final = 0.05
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
    unseen: bool = False  # whether this is too uncertain, because the string was not looked at before


def looked(before: tuple[Look, ...], sample: Sample, recording: Recording) -> tuple[Look, ...]:
    """Return the looks with one more, without those that are too old.

    A look is new when all batteries were read again: a reading that is wrong is in one look only, however slow the
    round is. There is none while the current is not read, because what was drawn until then is known only after that.
    """
    discharge, at = recording.discharge, sample.at - recording.ahead
    if discharge.end_voltage is None or not sample.voltages or sample.current is None:
        return before
    ages = [max(0.0, sample.at - sample.read_at.get(battery, sample.at)) for battery in sample.voltages]
    if before and at - max(ages) <= before[-1].at:
        return before
    look = Look(at=at, read_at=at - fmean(ages), voltage=discharge.end_voltage, drawn=discharge.drawn)
    old = bisect_right(before, at - _longest(discharge.start, at), key=lambda one: one.at)
    return (*before[max(0, min(old - 1, len(before) - FEWEST)) :], look)


def reached(looks: Sequence[Look], above: Look | None, start: float, end_voltage: float, cells: int) -> Reached | None:
    """Return when the string came to its end voltage in V, by the last looks; None if it is not there.

    The end is counted from when the median was measured, not from when that was certain. `above` is when the string was
    last seen above the end voltage, which the looks after a restart do not show.
    """
    if len(looks) <= FEWEST:
        return None
    noise = _noise(looks)
    needed = max(FEWEST, ceil((OF_MEDIAN * noise / (CERTAIN * cells)) ** 2))
    at = looks[-1].at
    held = sum(one.at > at - WINDOW for one in looks) + 1  # with the one before
    if held > len(looks) or (needed > len(looks) and at - looks[0].at < _longest(start, at)):
        return None
    count = min(max(needed, held), len(looks) - 1)  # so that there is a median before the last one
    limit = end_voltage - EARLY * OF_MEDIAN * noise / sqrt(count) + ROUNDING
    now, before = _middle(looks[-count:]), _middle(looks[-count - 1 : -1])
    if now.voltage > limit:
        return None
    if before.voltage <= limit and above is not None and above.at < now.at and above.voltage > limit:
        before = above
    when, drawn = now.at, now.drawn
    if now.voltage < limit < before.voltage and before.at < when:  # between two looks of a slow round, or over a gap
        part = (limit - before.voltage) / (now.voltage - before.voltage)
        when, drawn = before.at + part * (when - before.at), _between(before.drawn, drawn, part)
        unseen = now.at - before.at
    else:  # at the first look already
        unseen = looks[0].read_at - start if before.voltage <= limit and above is None else 0.0
    return Reached(
        at=when,
        voltage=min(now.voltage, end_voltage),
        drawn=drawn,
        unseen=unseen > max(WINDOW, UNSEEN * (now.at - start)),
    )


def last_above(looks: Sequence[Look], above: Look | None, end_voltage: float) -> Look | None:
    """Return the last median of a few looks that was above the end voltage in V; `above` is the one before."""
    if len(looks) <= FEWEST:
        return above
    now = _middle(looks[-FEWEST:])
    return now if now.voltage > end_voltage else above


def at_once(looks: Sequence[Look], at: float) -> float | None:
    """Return the voltage in V that the string falls to until `at`, by its last looks; None if they are too few or old.

    The last median is older than a load that has gone: by half of the looks in it, and by the round in which they were
    read.
    """
    few = looks[-LATELY:]
    if len(few) <= FEWEST or at - few[-1].at > MINUTE:
        return None
    now, half = _middle(few[-FEWEST:]), _middle(few[: len(few) - FEWEST + 1])
    fall = (now.voltage - half.voltage) / (now.at - half.at) if now.at > half.at else 0.0
    return now.voltage + min(0.0, fall) * max(0.0, at - now.at)


def _noise(looks: Sequence[Look]) -> float:
    """Return the noise of the voltages in V, of all looks or of the last ones, whichever has more."""
    return max(
        noise_of_line([one.voltage for one in some], [one.at for one in some]) for some in (looks, looks[-LATELY:])
    )


def _middle(looks: Sequence[Look]) -> Look:
    """Return a look with the median time at which some looks were read, their median voltage and the Ah until then."""
    at = median(one.read_at for one in looks)
    return Look(at=at, read_at=at, voltage=median(one.voltage for one in looks), drawn=_drawn(looks, at))


def _between(low: float | None, high: float | None, part: float) -> float | None:
    return None if low is None or high is None else low + part * (high - low)


def _longest(start: float, at: float) -> float:
    return max(WINDOW, min(MOST, LONGEST * (at - start)))


def _drawn(looks: Sequence[Look], at: float) -> float | None:
    """Return the Ah that were drawn until a time, straight between two looks."""
    place = min(max(bisect_right(looks, at, key=lambda one: one.at), 1), len(looks) - 1)
    before, after = looks[place - 1], looks[place]
    if before.drawn is None or after.drawn is None:
        return None
    return before.drawn + (after.drawn - before.drawn) * (at - before.at) / (after.at - before.at)
