"""What the modules of a string say at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from types import MappingProxyType

NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """All that is known to be current of a string at one time. What isn't measured, or not heard, is not in it.

    Batteries go by their ids, which outlive their places.
    """

    at: float  # s since 1970, UTC
    voltages: Mapping[str, float] = field(default=NOTHING)  # V, by battery
    temperatures: Mapping[str, float] = field(default=NOTHING)  # °C, by battery
    current: float | None = None  # A, positive charges the string
    ambient: float | None = None  # °C
    under_test: frozenset[str] = frozenset()  # batteries loaded by a resistance test
    silent: frozenset[str] = frozenset()  # batteries whose module is known not to answer
    faulty: frozenset[str] = frozenset()  # batteries whose module says what cannot be
    string_silent: bool = False  # whether the string module is known not to answer, …
    string_faulty: bool = False  # … or says what cannot be
    line_down: bool = False

    def finite(self) -> Sample:
        """Return the same without what is no number: a counter would never get rid of it."""
        if all(
            map(isfinite, (*self.voltages.values(), *self.temperatures.values(), self.current or 0, self.ambient or 0))
        ):
            return self
        return replace(
            self,
            voltages={battery: value for battery, value in self.voltages.items() if isfinite(value)},
            temperatures={battery: value for battery, value in self.temperatures.items() if isfinite(value)},
            current=self.current if self.current is not None and isfinite(self.current) else None,
            ambient=self.ambient if self.ambient is not None and isfinite(self.ambient) else None,
        )
