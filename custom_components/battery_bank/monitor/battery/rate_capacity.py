"""The capacity by the rate of a discharge: a string gives less when it is discharged faster."""

from .prediction import Learned
from .rate_class import coefficient, rate_class
from .settings import Settings


def capacity_at(settings: Settings, learned: Learned, current: float, temperature: float | None) -> float:
    """Return the Ah that a full string gives at a current in A and a temperature in °C.

    C = C1 (I1 / I)^(p - 1), Peukert's law from what was measured in a discharge of the same class of rates; without
    one, from the capacity of ten hours, learned or rated, and for more than I10 only.
    """
    exponent = settings.cell.peukert - 1
    known = learned.capacities.get(rate_class(settings, current) or "")
    if known is not None:
        capacity: float = known.capacity * (known.current / current) ** exponent
    else:
        ten_hours = settings.capacity / 10
        capacity = (learned.capacity or settings.capacity) * min(1.0, ten_hours / current) ** exponent
    if temperature is None:
        return capacity
    difference = temperature - settings.figure("reference_temperature")
    return capacity * max(0.5, 1 + coefficient(settings, capacity / current) * difference)
