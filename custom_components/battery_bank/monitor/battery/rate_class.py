"""The rates of discharges: at the rates of a UPS, a capacity is kept as measured, by the class of its rate."""

from dataclasses import dataclass
from math import log
from typing import Final

from .settings import Settings

# Above this, one exponent is too coarse to calculate the capacity of ten hours: end voltage and maker decide.
FAST: Final = 1.2  # × C10 in A
VERY_FAST: Final = 3.2  # × C10 in A
LONG: Final = 8.0  # h, from which on the temperature coefficient is that of a slow discharge
SHORT: Final = 1.0  # h, up to which it is that of a fast one


@dataclass(frozen=True, kw_only=True, slots=True)
class RateCapacity:
    """A capacity as it was measured in a fast discharge, at the reference temperature."""

    current: float  # A, the mean of the discharge
    capacity: float  # Ah down to the end voltage
    at: float  # s since 1970, UTC
    first: float  # Ah, the first that was measured in this class

    @property
    def health(self) -> float:
        """The capacity over the first one of its class."""
        return self.capacity / self.first


def rate_class(settings: Settings, current: float) -> str | None:
    """Return the class of a discharge current in A; None up to 1.2 times C10. The names are stored."""
    rate = current / settings.capacity
    if rate <= FAST:
        return None
    return "fast" if rate <= VERY_FAST else "very_fast"


def coefficient(settings: Settings, hours: float) -> float:
    """Return by how much more a string gives for each K, in 1/K, in a discharge of so many hours.

    IEC 60896 as quoted by makers gives one value for a slow discharge and one for a fast one; between, by log t [I].
    """
    cell = settings.cell
    fast = min(1.0, max(0.0, log(LONG / max(hours, 0.01)) / log(LONG / SHORT)))
    return cell.capacity_coefficient + (cell.fast_coefficient - cell.capacity_coefficient) * fast
