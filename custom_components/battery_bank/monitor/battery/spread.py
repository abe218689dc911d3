"""The deviation of each battery from the median voltage of the string."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from statistics import median_high
from typing import Final

from .robust_statistics import mad, median

# Iglewicz and Hoaglin: the limit for an outlier among five or more batteries. With fewer, only the deviation counts.
OUTLIER: Final = 3.5
SCALE: Final = 0.6745  # makes the median absolute deviation a standard deviation
FEWEST: Final = 5
LEAST: Final = 3  # batteries, for a median
FLOOR: Final = 0.002  # V per cell, the error of a module


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The voltages of a string, compared with their median."""

    median: float | None = None  # V of one battery
    deviations: Mapping[str, float] = field(default_factory=dict)  # V per cell, by battery
    scale: float = 0.0  # V per cell, the median absolute deviation; 0 with fewer than `FEWEST` batteries
    compared: Mapping[str, float] = field(default_factory=dict)  # V, by battery: those that can be compared

    def outlying(self, battery: str) -> bool:
        """Return whether a battery is an outlier: 0.6745 |x - median| / MAD > 3.5. With too few, every battery is."""
        return not self.scale or SCALE * abs(self.deviations.get(battery, 0.0)) / self.scale > OUTLIER


def typical(voltages: Collection[float]) -> float | None:
    """Return the voltage in V that a healthy battery of these has: the median, of the two in the middle the higher.

    None with fewer than two.
    """
    return median_high(voltages) if len(voltages) >= 2 else None  # noqa: PLR2004 - one is compared with another


def spread(voltages: Mapping[str, float], cells: int, leave_out: Collection[str]) -> Spread:
    """Compare voltages (V, by battery) with their median, without the batteries in `leave_out`."""
    known = {battery: voltage for battery, voltage in voltages.items() if battery not in leave_out}
    if len(known) < LEAST:
        return Spread(compared=known)
    middle = median(known.values())
    deviations = {battery: (voltage - middle) / cells for battery, voltage in known.items()}
    scale = max(FLOOR, mad(known.values()) / cells) if len(known) >= FEWEST else 0.0
    return Spread(median=middle, deviations=deviations, scale=scale, compared=known)
