"""A learned curve, fitted to what was seen of the discharge under way.

A curve is stretched in Ah and shifted in voltage until it fits the observed points. How far it may differ from its
learned shape is how far two discharges of one string usually differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, inf, isfinite, log, log1p
from typing import Final

from .load_steps import Part
from .rate_law import RateLaw

type Curves = list[tuple[float, float]]  # part of the learned capacity drawn, part of the end voltage


@dataclass(frozen=True, kw_only=True, slots=True)
class Spreads:
    """How much two discharges of one string usually differ, as one standard deviation.

    They are the weight of the learned curve against the observed points. On measured discharges, half as much again or
    a third less of any of them changes the result by about 1 % of the duration at most.
    """

    stretch: float  # of the capacity: age, temperature, how well it was charged
    less: float = 0.0  # of the capacity at the present current: how unsure it is downwards …
    more: float = 0.0  # … and upwards
    shift: float  # of the end voltage, over a part of the discharge: load, temperature
    shape: float  # of the end voltage, at single points: what neither a stretch nor a shift explains


USUALLY: Final = Spreads(stretch=0.1, shift=0.008, shape=0.0015)
LOST: Final = Spreads(stretch=0.25, shift=0.01, shape=0.0007)  # of a battery that has lost capacity
# At another current, and after another current, the voltage differs by more than that:
DROP_MEASURED: Final = 0.35  # × the drop that the resistance makes, where it was measured, …
DROP_UNKNOWN: Final = 1.0  # … or was not: single cells have twice the usual one [K]
OVERVOLTAGE: Final = 0.012  # of the end voltage, at a current e times as high (Tafel's law)
RECOVERY: Final = 3.0  # × the drop of the change from the mean current until now: the acid moves for hours
COUNTED: Final = 0.3  # × the Ah that were missing at the begin: the state of charge is counted [I]
# It has lost capacity if its voltage is lower than learned by so much, and falls away, at a current like the learned.
LOST_BELOW: Final = 0.0067  # of the end voltage: 12 mV of a lead-acid cell
LOST_FALLING: Final = 0.0022  # of the end voltage: 4 mV of a lead-acid cell
LIKE: Final = (0.45, 1.6)  # × the current of the curve
# Few batteries lose much capacity between two discharges, but those that do lose a lot. Student's t instead of a normal
# distribution allows for that, so that a battery with half its capacity is recognised well before its end.
FREEDOM: Final = 3  # degrees of it

# Of the capacity. Until then the voltage depends on the surface of the plates, not on the charge.
COUP_DE_FOUET: Final = 0.05
# After a change of the load the acid moves for minutes, and the voltage with it: this time is left out …
SETTLING: Final = 600.0  # s
SETTLING_SHARE: Final = 0.5  # … but at most this part of the time since then

OBSERVED_POINTS: Final = 64  # more points take time and do not improve the result
LEAST_OBSERVED: Final = 3  # points, because a stretch and a shift can always match two
END_POINTS: Final = 4  # of the curve, about the last tenth of its voltage, for the slope at its end

# The stretches that are tried, and the steps by which the best one is refined. A battery that lost more is defective.
STRETCHES: Final = tuple(number / 20 for number in range(5, 31))
FINER: Final = (0.01, 0.002)
STEPS: Final = range(-5, 6)
LIKELY: Final = 2.7  # in cost: nine in ten discharges are nearer to the best fit
OTHER: Final = 1.3  # × the present current: what was seen at so much more or less counts half
OWN: Final = 3.0  # × the share of the last part in all that was seen, for that
UNSEEN: Final = ((0.0, 1.0), (LIKELY, 0.8), (LIKELY, 1.1))  # cost and stretch, before anything was seen

# Of the end voltage: so much of the drop of the voltage at a higher current, and of the rise at a lower one, is in
# Peukert's law already, which counts the Ah down to the same end voltage (PyBaMM's model of a VRLA battery from C/5 to
# 2C, and from 1C to C/3).
EXPLAINED: Final = 0.012
EXPLAINED_MOST: Final = 0.4  # × the rise at a lower current


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A part of a discharge at about one current."""

    places: Sequence[float]  # part of the learned capacity drawn, rising
    voltages: Sequence[float]  # part of the end voltage
    weights: Sequence[float]
    current: float  # A


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Fit:
    """A stretch in Ah and the shift in voltage (part of the end voltage) that goes with it."""

    cost: float
    stretch: float
    shift: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """What another current changes: how many Ah there are, and at which voltage."""

    learned: float  # A, the current of the curve
    capacity: float  # Ah of the curve
    law: RateLaw
    warmth: float  # what the temperature makes of the Ah of the curve, as a factor
    ohms: float  # parts of the end voltage for 1 A
    measured: bool  # whether that was measured
    missing: float = 0.0  # Ah that were missing at the begin

    def drop(self, current: float) -> float:
        """Return by how much the voltage is higher at `current` (A) than in the curve, in parts of the end voltage."""
        drop = (self.learned - current) * self.ohms
        return drop - min(EXPLAINED, EXPLAINED_MOST * drop) if drop > 0 and self.law.exponent > 1 else drop

    def unexplained(self, drop: float) -> float:
        """Return the part of a drop of the voltage that Peukert's law does not contain already."""
        return min(0.0, drop + EXPLAINED) if drop < 0 and self.law.exponent > 1 else drop

    def strain(self, current: float) -> float:
        """Return how many Ah of the curve one Ah at `current` (A) uses up."""
        if not 0 < current < inf:
            return 1.0
        strain = self.capacity / self.law.at(current).capacity
        return max(strain, self.capacity / max(self.law.most, self.capacity)) if current < self.learned else strain


def spreads_of(rate: Rate, current: float, until_now: float, *, lost: bool) -> Spreads:
    """Return how much the discharge may differ from its curve, from now on at `current` after `until_now` (A, mean)."""
    usual, expected, far = LOST if lost else USUALLY, rate.law.at(current), log(current) - log(rate.learned)
    drop = DROP_MEASURED if rate.measured else DROP_UNKNOWN
    counted = COUNTED * rate.missing / rate.capacity
    return replace(
        usual,
        shift=hypot(
            usual.shift, drop * rate.drop(current), OVERVOLTAGE * far, RECOVERY * rate.ohms * (until_now - current)
        ),
        less=hypot(expected.less, min(0.0, rate.warmth - 1.0), counted),
        more=hypot(expected.more, max(0.0, rate.warmth - 1.0), counted),
    )


def seen_of(rate: Rate, part: Part, end_voltage: float, *, first: bool) -> Seen | None:
    """Return what a part of a discharge shows, at the current of the curve; None with too few points."""
    per_ah = rate.strain(part.current) / rate.capacity
    settled = part.start if first else part.start + min(SETTLING, SETTLING_SHARE * part.seconds)
    points = grouped(
        [
            ((one.drawn + rate.missing) * per_ah, one.voltage / end_voltage - rate.drop(one.current))
            for one in part.moments
            if one.seconds >= settled and one.drawn * per_ah >= COUP_DE_FOUET
        ]
    )
    if len(points) < LEAST_OBSERVED or part.current <= 0:
        return None
    places = [place for place, _ in points]
    # Each point has the weight of the Ah around it, so that pauses and the sampling rate have no effect.
    edges = [places[0], *((before + after) / 2 for before, after in pairwise(places)), places[-1]]
    return Seen(
        places=places,
        voltages=[voltage for _, voltage in points],
        weights=[after - before for before, after in pairwise(edges)],
        current=part.current,
    )


def fits_of(reference: Curves, slope: float, seen: Sequence[Seen | None], current: float, spread: Spreads) -> list[Fit]:
    """Return how well each stretch fits; only (1, 0) with too few points.

    The most probable ones (maximum a posteriori): least squares over the Ah seen, with the spreads as priors. All parts
    of a discharge have one stretch, and each a shift of its own. The shift of the last one counts from now on. What a
    part says of the stretch counts less, the more its current differs from `current` (A), the present one.
    """
    if not any(seen):
        return [Fit(cost=cost, stretch=stretch, shift=0.0) for cost, stretch in UNSEEN]

    evidence = [sum(one.weights) if one else 0.0 for one in seen]
    own = min(1.0, OWN * evidence[-1] / (sum(evidence) or 1.0))
    # A part at another current says less of the stretch, because the Ah at another current are less sure.
    trust = [
        1 - own * (1 - 1 / (1 + ((log(one.current) - log(current)) / log(OTHER)) ** 2)) if one else 0.0 for one in seen
    ]

    def fit(stretch: float) -> Fit:
        off = (stretch - 1.0) / hypot(spread.stretch, spread.less if stretch < 1.0 else spread.more)
        cost, shift = (FREEDOM + 1) * log1p(off * off / FREEDOM), 0.0
        for one, share in zip(seen, trust, strict=True):
            if one is None:
                continue
            learned = _read(reference, slope, [place / stretch for place in one.places])
            above = [voltage - other for voltage, other in zip(one.voltages, learned, strict=True)]
            first = sum(weight * value for weight, value in zip(one.weights, above, strict=True))
            second = sum(weight * value * value for weight, value in zip(one.weights, above, strict=True))
            shift = first / (sum(one.weights) + (spread.shape / spread.shift) ** 2)
            cost += share * (second - first * shift) / spread.shape**2
        return Fit(cost=cost, stretch=stretch, shift=shift)

    fits = [fit(stretch) for stretch in STRETCHES]
    for step in FINER:
        best = min(fits)
        fits += [fit(best.stretch + number * step) for number in STEPS]
    usable = [one for one in fits if isfinite(one.shift) and isfinite(one.cost)]
    return usable or [Fit(cost=0.0, stretch=1.0, shift=0.0)]


def has_lost(reference: Curves, slope: float, last: Seen | None, rate: Rate, current: float) -> bool:
    """Whether the battery has lost capacity since the curve was learned: its voltage is lower, and falls faster."""
    if last is None or not LIKE[0] <= current / rate.learned <= LIKE[1]:
        return False
    learned = _read(reference, slope, last.places)
    below = [other - voltage for voltage, other in zip(last.voltages, learned, strict=True)]
    third = max(1, len(below) // 3)
    first, now = sum(below[:third]) / third, sum(below[-third:]) / third
    return now >= LOST_BELOW and now - first >= LOST_FALLING


def grouped(points: Curves) -> Curves:
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
    return rising([mean(group) for group in groups.values()])


def mean(group: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the means of both figures."""
    return sum(first for first, _ in group) / len(group), sum(second for _, second in group) / len(group)


def rising(points: Curves) -> Curves:
    """Return the finite points that rise in the first figure."""
    known: Curves = []
    for point in points:
        if isfinite(point[0]) and isfinite(point[1]) and (not known or point[0] > known[-1][0]):
            known.append(point)
    return known


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


def end_slope(curve: Curves) -> float:
    """Return the slope at the end of a curve; it never rises."""
    (before, high), (end, low) = curve[-END_POINTS], curve[-1]
    return min((low - high) / (end - before), 0.0)


def reaches(curve: Curves, voltage: float) -> float:
    """Return where a curve falls to a voltage for the last time; its end if it stays above, 0 if it is always below."""
    if curve[-1][1] >= voltage:
        return curve[-1][0]
    for (left, high), (right, low) in zip(curve[-2::-1], curve[:0:-1], strict=True):
        if high > voltage:
            return left + (right - left) * (high - voltage) / (high - low)
    return 0.0
