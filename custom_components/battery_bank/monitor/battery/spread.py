"""How far each battery is from the string's median voltage."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from .robust_statistics import mad, median

# Iglewicz and Hoaglin: an outlier among five or more. With fewer, only the distance itself counts.
OUTLIER: Final = 3.5
SCALE: Final = 0.6745  # makes the median absolute deviation a standard deviation
FEWEST: Final = 5
LEAST: Final = 3  # batteries until a median means anything
FLOOR: Final = 0.002  # V per cell, what an instrument is wrong by


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """The voltages of a string against their median."""

    median: float | None = None  # V of one battery
    deviations: Mapping[str, float] = field(default_factory=dict)  # V per cell, by battery
    scale: float = 0.0  # V per cell, the median absolute deviation; 0 with too few batteries to judge by

    def outlying(self, battery: str) -> bool:
        """Whether a battery is further off than the others differ: 0.6745 (x - median) / MAD beyond 3.5."""
        return not self.scale or SCALE * abs(self.deviations.get(battery, 0.0)) / self.scale > OUTLIER


def spread(voltages: Mapping[str, float], cells: int, leave_out: Collection[str]) -> Spread:
    """Compare voltages (V by battery) with their median; what is left out counts neither as one nor in it."""
    known = {battery: voltage for battery, voltage in voltages.items() if battery not in leave_out}
    if len(known) < LEAST:
        return Spread(median=None)
    middle = median(known.values())
    deviations = {battery: (voltage - middle) / cells for battery, voltage in known.items()}
    scale = max(FLOOR, mad(known.values()) / cells) if len(known) >= FEWEST else 0.0
    return Spread(median=middle, deviations=deviations, scale=scale)
