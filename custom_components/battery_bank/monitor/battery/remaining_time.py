"""The remaining time of a discharge: the curve of the last discharge to the end voltage, fitted to this discharge.

With few points, the remaining time follows from the learned capacity; with more points, it follows from the observed
voltages. Each part of the discharge with a load of its own is fitted by itself, because the load moves the voltage.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf, isfinite, log
from typing import Final

from .curve_fit import (
    COUP_DE_FOUET,
    END_POINTS,
    LIKELY,
    Curves,
    Fit,
    Rate,
    end_slope,
    fits_of,
    has_lost,
    mean,
    reaches,
    rising,
    seen_of,
    spreads_of,
)
from .limits import HOUR
from .load_steps import USUAL, Moment, parts, visible
from .rate_law import Measured, RateLaw

CURVE_POINTS: Final = 80  # enough for the shape of the knee, and few enough to store
LEAST_POINTS: Final = 10  # recorded points, to learn a curve
PEUKERT_MOST: Final = 1.4
# The range is wider by a part of the remaining time, and at a current e times that of the curve by a part of the whole.
LEAST_RANGE: Final = 0.03
OTHER_RATE: Final = 0.05
OTHER_RATE_WHOLE: Final = 0.03


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """The last discharge of a string or battery down to its end voltage, at about one current."""

    points: tuple[tuple[float, float], ...]  # Ah drawn since it began, strictly rising, and V; up to 80
    current: float  # A, the mean of the discharge, positive
    capacity: float  # Ah drawn when the end voltage was reached
    resistance: float = 0.0  # Ω, the change of voltage for a change of current; 0 if unknown
    temperature: float | None = None  # °C, the mean; None if unknown
    at: float = 0.0  # s since 1970, UTC, of its end; 0 if unknown

    def scaled(self, by: float) -> Curve:
        """Return the curve of a battery that gives so many times the Ah."""
        points = tuple((drawn * by, voltage) for drawn, voltage in self.points)
        return replace(self, points=points, capacity=self.capacity * by)


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """The remaining time and its range in s."""

    seconds: float
    low: float
    high: float
    lost: bool = False  # whether the battery has lost capacity since its curve was learned


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What is known of a discharge beside its voltages."""

    law: RateLaw  # the Ah at other currents
    warmth: float = 1.0  # what the temperature makes of the Ah of the curve, as a factor
    missing: float = 0.0  # Ah that were missing at the begin
    resistance: float = 0.0  # Ω, the change of voltage for a change of current; 0 if unknown
    heaviest: float = 0.0  # A, the most of a load that goes to and fro
    lowest: float = inf  # V, the least lately, of a load in pulses that counts by its mean
    lost: bool = False  # whether an earlier forecast of this discharge said that the battery has lost capacity


def learn(points: Sequence[tuple[float, float, float]], end_voltage: float, resistance: float) -> Curve | None:
    """Return the curve of a recorded discharge; None if it has too few points, or did not reach `end_voltage` (V).

    `points` are s since it began, V and Ah drawn, in the order of time. `resistance` in Ω.
    """
    known: list[tuple[float, float, float]] = []
    for seconds, voltage, drawn in points:
        if not (isfinite(seconds) and isfinite(voltage) and 0 <= drawn < inf):
            continue
        if not known or (seconds > known[-1][0] and drawn > known[-1][2]):
            known.append((seconds, voltage, drawn))
    if len(known) < LEAST_POINTS or not 0 < end_voltage < inf:
        return None
    found = _end(known, end_voltage)
    if found is None:
        return None
    index, seconds, capacity = found
    start, _, first = known[0]
    current = (capacity - first) / (seconds - start) * HOUR if seconds > start else 0.0
    if index < LEAST_POINTS or first > COUP_DE_FOUET * capacity or not 0 < current < inf:
        return None
    kept = [(drawn, voltage) for _, voltage, drawn in known[:index] if drawn < capacity]
    thinned = _thin(kept, capacity, end_voltage)
    if len(thinned) < LEAST_POINTS:
        return None
    return Curve(
        points=(*thinned, (capacity, end_voltage)),
        current=current,
        capacity=capacity,
        resistance=resistance if 0 <= resistance < inf else 0.0,
    )


def remaining(
    curve: Curve,
    observed: Sequence[tuple[float, float, float]],
    end_voltage: float,
    current: float,
    *,
    peukert: float = 1.0,
) -> float | None:
    """Return the s until `end_voltage` (V) if the discharge continues at `current` (A, positive); None if unknown.

    `observed` are Ah drawn since the discharge began, V and A (discharge positive), the present last. `peukert` is the
    exponent of Peukert's law, limited to 1 to 1.4; at lower currents than that of the curve, no more Ah are expected.
    """
    if not _usable(curve):
        return None
    exponent = min(max(peukert, 1.0), PEUKERT_MOST) if isfinite(peukert) else 1.0
    measured = Measured(current=curve.current, capacity=curve.capacity)
    law = RateLaw(
        measured=(measured,), nameplate=0.0, exponent=exponent, exponents=(exponent, exponent), slowest=curve.current
    )
    found = forecast(curve, observed, end_voltage, current, Known(law=law))
    return found.seconds if found else None


def forecast(
    curve: Curve,
    observed: Sequence[tuple[float, float, float]],
    end_voltage: float,
    current: float,
    known: Known,
) -> Forecast | None:
    """Return the remaining time as `remaining` does, with its range."""
    moments = _moments(observed) if observed and isfinite(observed[-1][1]) else []
    if not (moments and 0 < current < inf and 0 < end_voltage < inf and _usable(curve)):
        return None
    voltage, drawn = min(observed[-1][1], known.lowest), (moments[-1].drawn + known.missing) / curve.capacity
    if voltage <= end_voltage:
        return Forecast(seconds=0.0, low=0.0, high=0.0, lost=known.lost)
    reference = rising([(ah / curve.capacity, volts / end_voltage) for ah, volts in curve.points])
    if len(reference) < END_POINTS:
        return None
    slope = end_slope(reference)
    # The voltage can't fall more steeply than at the end of the curve; at a lower current it can, in proportion [I].
    steepest = slope * max(1.0, curve.current / current)
    ohms = known.resistance if 0 < known.resistance < inf else curve.resistance
    measured = ohms > 0
    if not measured:
        ohms = USUAL * end_voltage / (known.law.nameplate or curve.capacity)
    rate = Rate(
        learned=curve.current,
        capacity=curve.capacity,
        law=known.law,
        warmth=known.warmth,
        ohms=ohms / end_voltage,
        measured=measured,
        missing=known.missing,
    )
    found = parts(moments, visible(curve.capacity, ohms, end_voltage))
    heaviest = max(current, known.heaviest)
    seen = [seen_of(rate, one, end_voltage, first=number == 0) for number, one in enumerate(found)]
    lost = known.lost or has_lost(reference, slope, seen[-1], rate, found[-1].current)
    seconds_until_now = moments[-1].seconds
    until_now = moments[-1].drawn / seconds_until_now * HOUR if seconds_until_now > 0 else current
    spreads = spreads_of(rate, current, until_now, lost=lost)
    fits = fits_of(reference, slope, seen, current, spreads)
    by_load = rate.unexplained(rate.drop(heaviest)) if any(seen) else 0.0
    strain = rate.strain(current)

    def left(one: Fit) -> float:
        # A higher load or a colder battery brings the end forward. A lower load does not add to the learned capacity.
        part = reaches(reference, 1.0 - min(one.shift + by_load, 0.0)) * one.stretch / strain - drawn
        if steepest < 0:
            part = max(part, (voltage / end_voltage - 1.0) / -steepest * one.stretch / strain)
        return max(part, 0.0) * curve.capacity / current * HOUR

    best = min(fits)
    seconds = left(best)
    near = [left(one) for one in fits if one.cost <= best.cost + LIKELY]
    far = abs(log(current) - log(curve.current))
    unsure = LEAST_RANGE + OTHER_RATE * far
    of_whole = OTHER_RATE_WHOLE * far * (moments[-1].drawn / current * HOUR + seconds)
    low = max(0.0, min(near, default=seconds) * (1 - unsure) - of_whole)
    high = max(near, default=seconds) * (1 + unsure) + of_whole
    if not all(map(isfinite, (seconds, low, high))):
        return None
    return Forecast(seconds=seconds, low=low, high=high, lost=lost)


def _end(points: Sequence[tuple[float, float, float]], end_voltage: float) -> tuple[int, float, float] | None:
    """Return the index of the first point at the end voltage, and the s and Ah when it was reached; None if never.

    A single lower point is the start of a load, and low points at the begin are the coup de fouet: neither counts.
    """
    for index in range(1, len(points)):
        seconds, voltage, drawn = points[index]
        if voltage > end_voltage or drawn < COUP_DE_FOUET * points[-1][2]:
            continue
        if index + 1 < len(points) and points[index + 1][1] > end_voltage:
            continue
        seconds_before, voltage_before, drawn_before = points[index - 1]
        if voltage_before <= end_voltage:
            return index, seconds, drawn
        part = (voltage_before - end_voltage) / (voltage_before - voltage)
        return index, seconds_before + (seconds - seconds_before) * part, drawn_before + (drawn - drawn_before) * part
    return None


def _thin(points: Curves, capacity: float, end_voltage: float) -> Curves:
    """Return fewer than `CURVE_POINTS` means of (Ah, V), evenly spaced in Ah on the plateau and in V at the knee."""
    # The first twentieth of the points is left out, because it may still have the float voltage.
    highest = max(voltage for drawn, voltage in points if drawn >= points[len(points) // 20][0])
    span = highest - end_voltage
    if not 0 < span < inf:
        return []
    lowest = highest
    groups: dict[int, list[tuple[float, float]]] = {}
    for drawn, voltage in points:
        lowest = max(min(lowest, voltage), end_voltage)
        place = (drawn / capacity + (highest - lowest) / span) / 2
        groups.setdefault(int(place * (CURVE_POINTS - 2)), []).append((drawn, voltage))
    return rising([mean(group) for group in groups.values()])


def _moments(observed: Sequence[tuple[float, float, float]]) -> list[Moment]:
    """Return the observed points with their time, which follows from charge and current; Ah never fall."""
    moments: list[Moment] = []
    before = seconds = 0.0
    for drawn, voltage, current in observed:
        if not (isfinite(voltage) and isfinite(current) and before <= drawn < inf):
            continue
        until = seconds + ((drawn - before) / current * HOUR if current > 0 else 0.0)
        if until < inf:  # so small a current has not drawn these Ah, and says nothing of the points after it
            seconds, before = until, drawn
            moments.append(Moment(seconds=seconds, drawn=drawn, voltage=voltage, current=current))
    return moments


def _usable(curve: Curve) -> bool:
    return (
        0 < curve.capacity < inf
        and 0 < curve.current < inf
        and 0 <= curve.resistance < inf
        and all(before[0] < after[0] for before, after in pairwise(curve.points))
    )
