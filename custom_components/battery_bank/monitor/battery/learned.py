"""What the discharges of a string have taught: its capacity, its curves, and how many Ah it gives at which current."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log
from typing import Final

from .events import CurvePoint, Discharge
from .limits import DAY
from .rate_class import RateCapacity, coefficient
from .rate_law import Measured, RateLaw
from .remaining_time import Curve
from .settings import Settings
from .step_resistance import Steps, Track

STRING: Final = ""  # the key of the string, beside the ids of its batteries
SAME: Final = 1.25  # × a current: discharges that are nearer to each other have one rate
RATES: Final = 6  # rates, whose last curves are kept
YEAR: Final = 365.25 * DAY


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What was learned from discharges, which is saved, and the curves of the discharge under way, which are not."""

    capacity: float | None = None  # Ah for 10 h at the reference temperature
    capacity_at: float | None = None  # s since 1970, UTC
    capacities: Mapping[str, RateCapacity] = field(default_factory=dict)  # of fast discharges, by `rate_class`
    # Of the last discharge to the end voltage, by battery; "" is the string.
    curves: Mapping[str, Curve] = field(default_factory=dict)
    rates: tuple[Curve, ...] = ()  # of the string: the last one at each rate, the last of all at the end
    last: Discharge | None = None  # the last one that has ended
    under_way: Mapping[str, tuple[CurvePoint, ...]] = field(default_factory=dict)  # the journal has them too
    # Ω of the string: the change of voltage for a change of load, of the last steps of the load in discharges.
    step_resistances: tuple[float, ...] = ()
    # The last steps of each battery where no module measures the resistance, and the current now, which is not saved.
    battery_steps: Steps = field(default_factory=dict)
    track: Track = field(default_factory=Track)

    def grown(self, points: Sequence[CurvePoint]) -> Learned:
        """Return the same with more points of the discharge under way."""
        curves = dict(self.under_way)
        for point in points:
            key = point.battery or STRING
            curves[key] = (*curves.get(key, ()), point)
        return replace(self, under_way=curves)

    def finished(self) -> Learned:
        """Return the same without the discharge under way."""
        return replace(self, under_way={}, track=Track())

    def taught(self, curves: Mapping[str, Curve]) -> Learned:
        """Return the same with the curves of one more discharge."""
        rates = self.rates
        if (last := curves.get(STRING)) is not None:
            others = [one for one in self.string_curves if not 1 / SAME < one.current / last.current < SAME]
            rates = (*others[1 - RATES :], last)
        return replace(self, curves={**self.curves, **curves}, rates=rates)

    @property
    def string_curves(self) -> tuple[Curve, ...]:
        """The curves of the string, the last one at the end; release 0.4.0 saved only that."""
        return self.rates or tuple(curve for key, curve in self.curves.items() if key == STRING)

    def string_curve(self, current: float) -> Curve | None:
        """Return the curve of the string at the current in A that is nearest to this one."""
        return min(self.string_curves, key=lambda curve: abs(log(curve.current / current)), default=None)


def capacity_now(settings: Settings, learned: Learned, temperature: float | None) -> float:
    """Return the capacity in Ah at a temperature in °C: the learned one, or the rated.

    C(T) = C_ref (1 + k (T - T_ref)), k = 0.006 /K (IEC 60896 as quoted by makers).
    """
    rated = learned.capacity or settings.capacity
    if temperature is None:
        return rated
    difference = temperature - settings.figure("reference_temperature")
    return rated * max(0.5, 1 + settings.cell.capacity_coefficient * difference)


def warmth(settings: Settings, capacity: float, current: float, temperature: float | None) -> float:
    """Return the capacity at a temperature in °C as a factor of that at the reference temperature.

    1 + k (T - T_ref), k from 0.006 to 0.01 /K by the duration (IEC 60896 as quoted by makers); 1 without a temperature.
    """
    if temperature is None:
        return 1.0
    difference = temperature - settings.figure("reference_temperature")
    return max(0.5, 1 + coefficient(settings, capacity / current) * difference)


def rate_law(settings: Settings, learned: Learned) -> RateLaw:
    """Return Peukert's law of a string, from its curves, and from capacities whose curves are no more."""
    known = [
        (one.at, one.current, one.capacity / warmth(settings, one.capacity, one.current, one.temperature))
        for one in learned.string_curves
    ]
    others = [(one.at, one.current, one.capacity) for one in learned.capacities.values()]
    if not known and learned.capacity is not None:
        others.append((learned.capacity_at or 0.0, settings.rated_current, learned.capacity))
    known += [one for one in others if not any(1 / SAME < one[1] / current < SAME for _, current, _ in known)]
    known.sort()
    newest = max((at for at, *_ in known), default=0.0)
    return RateLaw(
        measured=tuple(
            Measured(current=current, capacity=capacity, years=(newest - at) / YEAR if at else 0.0)
            for at, current, capacity in known
        ),
        nameplate=settings.capacity,
        exponent=settings.cell.peukert,
        exponents=settings.cell.peukert_range,
        slowest=settings.rated_current,
    )


def capacity_at(settings: Settings, learned: Learned, current: float, temperature: float | None) -> float:
    """Return the Ah that a full string gives at a current in A and a temperature in °C."""
    capacity = rate_law(settings, learned).at(current).capacity
    return capacity * warmth(settings, capacity, current, temperature)
