"""The capacity by the rate of a discharge: a string gives less when it is discharged faster."""

from math import log
from typing import Final

from .prediction import Learned
from .settings import Settings

LONG: Final = 8.0  # h, from which on the temperature coefficient is that of a slow discharge
SHORT: Final = 1.0  # h, up to which it is that of a fast one


def capacity_at(settings: Settings, learned: Learned, current: float, temperature: float | None) -> float:
    """Return the Ah that a full string gives at a current in A and a temperature in °C.

    C = C10 (I10 / I)^(p - 1), Peukert's law for more than I10, with the learned capacity or the rated one.
    """
    ten_hours = settings.capacity / 10
    exponent = settings.cell.peukert - 1
    capacity: float = (learned.capacity or settings.capacity) * min(1.0, ten_hours / current) ** exponent
    if temperature is None:
        return capacity
    difference = temperature - settings.figure("reference_temperature")
    return capacity * max(0.5, 1 + coefficient(settings, capacity / current) * difference)


def coefficient(settings: Settings, hours: float) -> float:
    """Return by how much more a string gives for each K, in 1/K, in a discharge of so many hours.

    IEC 60896 as quoted by makers gives one value for a slow discharge and one for a fast one; between, by log t [I].
    """
    cell = settings.cell
    fast = min(1.0, max(0.0, log(LONG / max(hours, 0.01)) / log(LONG / SHORT)))
    return cell.capacity_coefficient + (cell.fast_coefficient - cell.capacity_coefficient) * fast
