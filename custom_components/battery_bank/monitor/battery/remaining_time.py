"""The remaining time of a discharge: the curve of the last discharge to the end voltage, fitted to this discharge.

The learned curve of voltage over Ah drawn is stretched in Ah and shifted in voltage until it fits the observed points.
How far it may differ from its learned shape is how far two discharges of one string usually differ. With few points,
the remaining time follows from the learned capacity; with more points, it follows from the observed voltages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite, log1p
from typing import Final

from .limits import HOUR

# How much two discharges of one string usually differ, as one standard deviation: the weight of the learned curve
# against the observed points. On measured discharges, half as much again or a third less of any of them changes the
# result by about 1 % of the duration at most.
STRETCH_SPREAD: Final = 0.1  # of the capacity: age, temperature, how well it was charged
SHIFT_SPREAD: Final = 0.02  # of the end voltage, over the whole curve: load, temperature
SHAPE_SPREAD: Final = 0.0015  # of the end voltage, at single points: what neither a stretch nor a shift explains
# Few batteries lose much capacity between two discharges, but those that do lose a lot. Student's t instead of a normal
# distribution allows for that, so that a battery with half its capacity is recognised well before its end.
FREEDOM: Final = 3  # degrees of it

# Of the capacity. Until then the voltage depends on the surface of the plates, not on the charge.
COUP_DE_FOUET: Final = 0.05

CURVE_POINTS: Final = 80  # enough for the shape of the knee, and few enough to store
LEAST_POINTS: Final = 10  # recorded points, to learn a curve
OBSERVED_POINTS: Final = 64  # more points take time and do not improve the result
LEAST_OBSERVED: Final = 3  # points, because a stretch and a shift can always match two
END_POINTS: Final = 4  # of the curve, about the last tenth of its voltage, for the slope at its end

# The stretches that are tried, and the steps by which the best one is refined. A battery that lost more is defective.
STRETCHES: Final = tuple(number / 20 for number in range(5, 31))
FINER: Final = (0.01, 0.002)
STEPS: Final = range(-5, 6)

PEUKERT_MOST: Final = 1.4  # AGM 1.05 to 1.15, gel 1.1 to 1.25, flooded (measured) 1.14 to 1.28

type Curves = list[tuple[float, float]]  # part of the learned capacity drawn, part of the end voltage


@dataclass(frozen=True, kw_only=True, slots=True)
class Curve:
    """The last discharge of a string or battery down to its end voltage, at about one current."""

    points: tuple[tuple[float, float], ...]  # Ah drawn since it began, strictly rising, and V; up to 80
    current: float  # A, the mean of the discharge, positive
    capacity: float  # Ah drawn when the end voltage was reached
    resistance: float = 0.0  # Ω, the change of voltage for a change of current; 0 if unknown


def learn(points: Sequence[tuple[float, float, float]], end_voltage: float, resistance: float) -> Curve | None:
    """Return the curve of a recorded discharge; None if it has too few points, or did not reach `end_voltage` (V).

    `points` are s since it began, V and Ah drawn, in the order of time. `resistance` in Ω.
    """
    rising: list[tuple[float, float, float]] = []
    for seconds, voltage, drawn in points:
        if not (isfinite(seconds) and isfinite(voltage) and 0 <= drawn < inf):
            continue
        if not rising or (seconds > rising[-1][0] and drawn > rising[-1][2]):
            rising.append((seconds, voltage, drawn))
    if len(rising) < LEAST_POINTS or not 0 < end_voltage < inf:
        return None
    found = _end(rising, end_voltage)
    if found is None:
        return None
    index, seconds, capacity = found
    start, _, first = rising[0]
    current = (capacity - first) / (seconds - start) * HOUR if seconds > start else 0.0
    if index < LEAST_POINTS or first > COUP_DE_FOUET * capacity or not 0 < current < inf:
        return None
    kept = [(drawn, voltage) for _, voltage, drawn in rising[:index] if drawn < capacity]
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
    exponent of Peukert's law t = H (C / (I H))^k (W. Peukert, ETZ 20, 1897), limited to 1 to 1.4. It is applied only to
    currents above that of the curve: for lower currents it predicts more Ah than batteries have.
    """
    if not (0 < current < inf and 0 < end_voltage < inf and _usable(curve)):
        return None
    if not observed or not isfinite(observed[-1][1]):
        return None
    voltage = observed[-1][1]
    exponent = min(max(peukert, 1.0), PEUKERT_MOST) - 1.0 if isfinite(peukert) else 0.0
    effective = _effective(curve, observed, exponent)
    if not effective:
        return None
    if voltage <= end_voltage:
        return 0.0
    reference = _rising([(drawn / curve.capacity, volts / end_voltage) for drawn, volts in curve.points])
    if len(reference) < END_POINTS:
        return None
    seen: Curves = [(drawn / curve.capacity, volts / end_voltage) for drawn, volts in effective]
    drawn = seen[-1][0]
    slope = _end_slope(reference)
    stretch, shift = _fit(reference, slope, seen)
    # A higher load or a colder battery brings the end forward. A lower load does not add to the learned capacity.
    shift = min(shift + (curve.current - current) * curve.resistance / end_voltage, 0.0)
    left = _reaches(reference, 1.0 - shift) * stretch - drawn
    # The voltage can't fall more steeply than at the end of the learned curve.
    if slope < 0:
        left = max(left, (voltage / end_voltage - 1.0) / -slope * stretch)
    seconds = max(left, 0.0) * curve.capacity / _strain(curve, current, exponent) / current * HOUR
    return seconds if isfinite(seconds) else None


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
    return _rising([_mean(group) for group in groups.values()])


def _effective(curve: Curve, observed: Sequence[tuple[float, float, float]], exponent: float) -> Curves:
    """Return the observed points as (Ah, V) at the current of the curve, strictly rising in Ah."""
    effective: Curves = []
    drawn_before = total = 0.0
    for drawn, voltage, current in observed:
        if not (isfinite(voltage) and isfinite(current) and drawn_before <= drawn < inf):
            continue
        total += (drawn - drawn_before) * _strain(curve, current, exponent)
        drawn_before = drawn
        effective.append((total, voltage + (current - curve.current) * curve.resistance))
    return effective


def _strain(curve: Curve, current: float, exponent: float) -> float:
    """Return how many Ah of the curve one Ah at `current` (A) uses up, by Peukert's law; at least 1."""
    return 1.0 if exponent <= 0 else max(1.0, current / curve.current) ** exponent


def _usable(curve: Curve) -> bool:
    return (
        0 < curve.capacity < inf
        and 0 < curve.current < inf
        and 0 <= curve.resistance < inf
        and all(before[0] < after[0] for before, after in pairwise(curve.points))
    )


def _fit(reference: Curves, slope: float, seen: Curves) -> tuple[float, float]:
    """Return the best stretch in Ah and shift in voltage (parts of the end voltage); (1, 0) with too few points.

    The most probable ones (maximum a posteriori): least squares over the Ah seen, with the spreads above as priors.
    """
    observed = _grouped([point for point in seen if point[0] >= COUP_DE_FOUET])
    if len(observed) < LEAST_OBSERVED:
        return 1.0, 0.0
    places = [place for place, _ in observed]
    # Each point has the weight of the Ah around it, so that pauses and the sampling rate have no effect.
    edges = [places[0], *((before + after) / 2 for before, after in pairwise(places)), places[-1]]
    weights = [after - before for before, after in pairwise(edges)]
    evidence = sum(weights)

    def fit(stretch: float) -> tuple[float, float, float]:
        learned = _read(reference, slope, [place / stretch for place in places])
        above = [voltage - other for (_, voltage), other in zip(observed, learned, strict=True)]
        first = sum(weight * one for weight, one in zip(weights, above, strict=True))
        second = sum(weight * one * one for weight, one in zip(weights, above, strict=True))
        stiffness = evidence + (SHAPE_SPREAD / SHIFT_SPREAD) ** 2
        shift = first / stiffness
        unlike = (second - first * shift) / SHAPE_SPREAD**2
        off = (stretch - 1.0) / STRETCH_SPREAD
        return unlike + (FREEDOM + 1) * log1p(off * off / FREEDOM), stretch, shift

    _, stretch, shift = min(fit(stretch) for stretch in STRETCHES)
    for step in FINER:
        _, stretch, shift = min(fit(stretch + number * step) for number in STEPS)
    return (stretch, shift) if isfinite(shift) else (1.0, 0.0)


def _grouped(points: Curves) -> Curves:
    """Return at most `OBSERVED_POINTS` means of points that rise in the first figure, evenly spaced in it."""
    if not points:
        return []
    first, span = points[0][0], points[-1][0] - points[0][0]
    if not 0 < span < inf:
        return []
    groups: dict[int, list[tuple[float, float]]] = {}
    for point in points:
        place = min(int((point[0] - first) / span * OBSERVED_POINTS), OBSERVED_POINTS - 1)
        groups.setdefault(place, []).append(point)
    return _rising([_mean(group) for group in groups.values()])


def _mean(group: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return sum(first for first, _ in group) / len(group), sum(second for _, second in group) / len(group)


def _rising(points: Curves) -> Curves:
    rising: Curves = []
    for point in points:
        if isfinite(point[0]) and isfinite(point[1]) and (not rising or point[0] > rising[-1][0]):
            rising.append(point)
    return rising


def _read(curve: Curves, slope: float, places: Sequence[float]) -> list[float]:
    """Return the voltages of a curve at rising places: interpolated, and extrapolated beyond its end."""
    read = []
    index, last = 1, len(curve) - 1
    for place in places:
        while index < last and curve[index][0] < place:
            index += 1
        (left, voltage), (right, after) = curve[index - 1], curve[index]
        if place > right:
            read.append(after + slope * (place - right))
        else:
            read.append(voltage + (after - voltage) * max(0.0, place - left) / (right - left))
    return read


def _end_slope(curve: Curves) -> float:
    (before, high), (end, low) = curve[-END_POINTS], curve[-1]
    return min((low - high) / (end - before), 0.0)


def _reaches(curve: Curves, voltage: float) -> float:
    """Return where a curve falls to a voltage for the last time; its end if it stays above, 0 if it is always below."""
    if curve[-1][1] >= voltage:
        return curve[-1][0]
    for (left, high), (right, low) in zip(curve[-2::-1], curve[:0:-1], strict=True):
        if high > voltage:
            return left + (right - left) * (high - voltage) / (high - low)
    return 0.0
