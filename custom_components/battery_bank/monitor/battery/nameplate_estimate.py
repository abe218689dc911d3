"""The remaining time before a discharge down to the end voltage was seen: an estimate from the nameplate.

Capacity by Peukert's law, temperature and state of charge, less the Ah drawn. Its range is as wide as batteries of one
chemistry differ.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import inf
from statistics import fmean, median_low
from typing import Final

from .curve_fit import COUP_DE_FOUET
from .limits import HOUR, MINUTE
from .load_steps import Moment, Part
from .rate_class import coefficient
from .remaining_time import Forecast
from .robust_statistics import noise_of_line
from .settings import Settings

# How much the capacity of a battery differs from its nameplate: new ones reach 95 % at first (IEC 60896-21), and 80 %
# is the end of life (IEEE 450, as quoted). A recorded 17 Ah block gave 19.39 Ah in 6.4 h: 1.16 times the nameplate by
# the lowest exponent (valentinsulzer/faster-lead-acid).
CAPACITY: Final = (0.85, 1.2)
UNSURE: Final = 0.5  # instead, of a string that was charged, but was not seen to be full
# The voltage falls ever faster down to the end voltage. So it is reached before a straight line through the last
# minutes reaches it, and usually at this part of that time.
BEFORE_LINE: Final = 0.6
AFTER_CHANGE: Final = 0.1  # of the capacity at its current; until so much is drawn after a change of the load, no line
LINE: Final = 0.15  # of the time since the begin, and at least a minute, for that line
# The fall of that line is taken less by so many standard deviations of the noise of the points, which are mostly means:
# a line that is steep by chance would be shown as minutes that are left.
NOISE: Final = 8.0
LATELY: Final = 30  # moments, in which the noise is seen
# It falls no faster than by this many times the end voltage for the whole capacity. So some time is left above it.
STEEPEST: Final = 3.0


def estimate(
    settings: Settings,
    parts: Sequence[Part],
    *,
    voltage: float,
    current: float,
    charged: float,
    sure: bool,
    temperature: float | None,
) -> Forecast:
    """Return the remaining time at `current` (A, positive) of a string at `voltage` (V).

    `parts` are those of the discharge. `charged` is the state of charge at its begin, 0 to 1, and `sure` whether it was
    counted.
    """
    end = settings.figure("end_voltage") * settings.all_cells
    if voltage <= end:
        return Forecast(seconds=0.0, low=0.0, high=0.0)
    drawn = parts[-1].moments[-1].drawn if parts else 0.0
    exponents = settings.cell.peukert, *settings.cell.peukert_range
    full = [_capacity(settings, current, exponent, temperature) for exponent in exponents]
    least = _least(voltage, end, full[0] * charged)
    # What is missing at the begin was counted in Ah: all that a string has less than the nameplate, it has less now.
    usual, high, low = (
        max(one * (by - (1.0 - charged)) - drawn, least) / current * HOUR
        for one, by in zip(full, (1.0, CAPACITY[1], CAPACITY[0] if sure else UNSURE), strict=True)
    )
    share, least_share = _share_by_voltage(settings, parts, end, charged, temperature)
    low = min(low, BEFORE_LINE * usual * least_share) if least_share < 1.0 else low
    high, usual = high * min(1.0, share / BEFORE_LINE), usual * share
    return Forecast(seconds=min(max(usual, low), high), low=low, high=max(high, low))


def _share_by_voltage(
    settings: Settings, parts: Sequence[Part], end: float, charged: float, temperature: float | None
) -> tuple[float, float]:
    """Return how much of the time by the nameplate is left by the fall of the voltage, 0 to 1, and how much at least.

    What a part of the discharge shows comes in by and by, while it draws as much again as does not count at first. The
    parts after it go on from there, and count later, because the acid moves after a change of the load.
    """
    share = least = 1.0
    for place, part in enumerate(parts):
        if part.current <= 0.0 or charged <= 0.0:
            continue  # a share of nothing says nothing
        now = part.moments[-1]
        full = _capacity(settings, part.current, settings.cell.peukert, temperature) * charged
        first = (COUP_DE_FOUET if place == 0 else AFTER_CHANGE) * full
        trust = min(1.0, (now.drawn - part.moments[0].drawn) / first - 1.0)
        line = _line(part, end) if trust > 0.0 else None
        by_line = share
        if line is not None and now.voltage > end:
            counted = max(full - now.drawn, _least(now.voltage, end, full)) / part.current * HOUR
            by_line = min(1.0, BEFORE_LINE * line / counted)
            share = share ** (1.0 - trust) * by_line**trust
        least = min(share, by_line)
    return share, least


def _least(voltage: float, end: float, full: float) -> float:
    """Return the Ah that are left above the end voltage, at least."""
    return (voltage / end - 1.0) / STEEPEST * full


def _capacity(settings: Settings, current: float, exponent: float, temperature: float | None) -> float:
    """Return the Ah of a full string at a current in A: Peukert's law above the nameplate's rate."""
    at_rate: float = settings.capacity * min(1.0, settings.rated_current / current) ** (exponent - 1.0)
    if temperature is None:
        return at_rate
    difference = temperature - settings.figure("reference_temperature")
    return at_rate * max(0.5, 1 + coefficient(settings, at_rate / current) * difference)


def _line(part: Part, end: float) -> float | None:
    """Return when a straight line through the last minutes of a part reaches the end voltage in s.

    None if the part is too short; infinite if its voltage does not fall. The slope is a middle one of those between the
    fifths of this time: a cell that fails in it is no slope.
    """
    moments = part.moments
    now = moments[-1]
    length = max(MINUTE, LINE * now.seconds)
    # The points that are kept may be two minutes apart, so none need lie within that time.
    begin = next(
        (place for place in range(len(moments) - 1, -1, -1) if now.seconds - moments[place].seconds >= length), 0
    )
    length = now.seconds - moments[begin].seconds
    if length < MINUTE / 2:
        return None
    fifths: dict[int, list[Moment]] = {}
    for one in moments[begin:]:
        fifths.setdefault(min(4, int(5 * (one.seconds - moments[begin].seconds) / length)), []).append(one)
    means = [(fmean(one.seconds for one in fifth), fmean(one.voltage for one in fifth)) for fifth in fifths.values()]
    falls = [(before - after) / (until - at) for (at, before), (until, after) in pairwise(means)]
    late = [after for before, after in pairwise(moments[-LATELY:]) if after.seconds > before.seconds]
    noise = noise_of_line([one.voltage for one in late], [one.seconds for one in late])
    fall = median_low(falls) - NOISE * noise / length
    return (now.voltage - end) / fall if fall > 0.0 else inf
