"""The remaining time of a discharge: of the string, and of the battery that reaches its end voltage first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from .discharge_recorder import Recording, capacity
from .events import CurvePoint, Discharge, DischargeEnded
from .limits import HOUR
from .remaining_time import Curve, learn as learn_curve, remaining
from .sample import Sample
from .settings import Settings

EVERY: Final = 20.0  # s between two predictions
CANDIDATES: Final = 3  # lowest batteries; one of them will reach its end voltage first
SMOOTHING: Final = 60.0  # s, time constant of the current that is assumed for the rest of the discharge
STRING: Final = ""  # the key of the string, beside the ids of its batteries


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What was learned from discharges, which is saved, and the curves of the discharge under way, which are not."""

    capacity: float | None = None  # Ah for 10 h at the reference temperature
    capacity_at: float | None = None  # s since 1970, UTC
    # Of the last discharge to the end voltage, by battery; "" is the string.
    curves: Mapping[str, Curve] = field(default_factory=dict)
    last: Discharge | None = None  # the last one that has ended
    under_way: Mapping[str, tuple[CurvePoint, ...]] = field(default_factory=dict)  # the journal has them too

    def grown(self, points: Sequence[CurvePoint]) -> Learned:
        """Return the same with more points of the discharge under way."""
        curves = dict(self.under_way)
        for point in points:
            key = point.battery or STRING
            curves[key] = (*curves.get(key, ()), point)
        return replace(self, under_way=curves)

    def finished(self) -> Learned:
        """Return the same without the discharge under way."""
        return replace(self, under_way={}) if self.under_way else self


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """The remaining time of the discharge under way. None without a current, or before a discharge was learned."""

    at: float = 0.0
    current: float | None = None  # A drawn, smoothed
    remaining: float | None = None  # s until the string reaches its end voltage
    limiting: str | None = None  # the battery that reaches its end voltage first …
    limiting_remaining: float | None = None  # … in this many s


def capacity_now(settings: Settings, learned: Learned, temperature: float | None) -> float:
    """Return the capacity in Ah at a temperature in °C: the learned one, or the rated.

    C(T) = C_ref (1 + k (T - T_ref)), k = 0.006 /K (IEC 60896 as quoted by makers).
    """
    rated = learned.capacity or settings.capacity
    if temperature is None:
        return rated
    difference = temperature - settings.figure("reference_temperature")
    return rated * max(0.5, 1 + settings.cell.capacity_coefficient * difference)


def step(
    settings: Settings, before: Prediction, learned: Learned, recording: Recording | None, sample: Sample
) -> Prediction:
    """Predict anew every `EVERY` s of a discharge. Without a discharge there is no prediction."""
    if recording is None:
        return before if before == NONE else NONE
    if sample.current is None:  # the last prediction no longer holds
        return replace(before, remaining=None, limiting=None, limiting_remaining=None)
    if sample.current >= 0:
        return before
    current = -sample.current
    if before.current is not None:
        share = min(1.0, max(0.0, sample.at - before.at) / SMOOTHING)
        current = before.current + (current - before.current) * share
    if before.at and 0 <= sample.at - before.at < EVERY:
        return before
    left = _remaining(settings, learned, STRING, current)
    lowest = sorted(sample.voltages, key=lambda battery: sample.voltages[battery])[:CANDIDATES]
    each = {
        battery: seconds
        for battery in lowest
        if (seconds := _remaining(settings, learned, battery, current)) is not None
    }
    limiting = min(each, key=lambda battery: each[battery]) if each else None
    return Prediction(
        at=sample.at,
        current=current,
        remaining=left,
        limiting=limiting,
        limiting_remaining=each[limiting] if limiting else None,
    )


NONE: Final = Prediction()


def learn(
    settings: Settings, learned: Learned, ended: DischargeEnded, *, whole: bool
) -> tuple[Learned, DischargeEnded]:
    """Learn capacity and curves from a discharge to the end voltage; every discharge is stored as the last one.

    `whole` is whether the string was full and the discharge was monitored from its begin to the end voltage.
    """
    discharge = ended.discharge
    curves = {
        key: curve
        for key, points in learned.under_way.items()
        if whole and (curve := learn_curve(_points(points), _end(settings, key), 0.0)) is not None
    }
    reached = discharge
    if (curve := curves.get(STRING)) is not None:  # charge below the end voltage does not count
        end = discharge.start + curve.capacity / curve.current * HOUR
        reached = replace(discharge, drawn=curve.capacity, end=end)
    measured = capacity(settings, reached) if whole else None
    discharge = replace(discharge, capacity=measured)
    after = replace(learned, last=discharge, under_way={})
    if measured is not None:
        after = replace(after, capacity=measured, capacity_at=discharge.end, curves={**learned.curves, **curves})
    return after, DischargeEnded(discharge=discharge)


def _remaining(settings: Settings, learned: Learned, key: str, current: float) -> float | None:
    points = learned.under_way.get(key, ())
    if not points:
        return None
    curve, end, share = learned.curves.get(key), _end(settings, key), 1.0
    if curve is None:  # a battery without a curve of its own is assumed to follow the mean of its string
        curve, end, share = learned.curves.get(STRING), _end(settings, STRING), 1 / len(settings.batteries)
    if curve is None:
        return None
    observed = [
        (drawn, voltage / share, ampere)
        for (drawn, voltage), ampere in zip(_drawn(points), _currents(points), strict=True)
    ]
    return remaining(curve, observed, end, current, peukert=settings.cell.peukert)


def _end(settings: Settings, key: str) -> float:
    return settings.figure("end_voltage") * (settings.cells if key else settings.all_cells)


def _points(points: Sequence[CurvePoint]) -> list[tuple[float, float, float]]:
    return [(point.seconds, point.voltage, point.drawn) for point in points if point.drawn is not None]


def _drawn(points: Sequence[CurvePoint]) -> list[tuple[float, float]]:
    return [(drawn, voltage) for _, voltage, drawn in _points(points)]


def _currents(points: Sequence[CurvePoint]) -> list[float]:
    """Return the current in A that led to each point."""
    known = _points(points)
    currents = [
        (later[2] - sooner[2]) / (later[0] - sooner[0]) * HOUR if later[0] > sooner[0] else 0.0
        for sooner, later in pairwise(known)
    ]
    return [currents[0] if currents else 0.0, *currents][: len(known)]
