"""The sample: all current readings of a string at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from types import MappingProxyType

from .room import Room

NOTHING: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """All current readings of a string at one moment. A value that is not measured or not current is missing.

    Batteries are named by their ids, which stay the same when a battery gets another number.
    """

    at: float  # s since 1970, UTC
    voltages: Mapping[str, float] = field(default=NOTHING)  # V, by battery
    temperatures: Mapping[str, float] = field(default=NOTHING)  # °C, by battery
    current: float | None = None  # A, positive charges the string
    ambient: float | None = None  # °C
    # The current over an even share of that of its bank, see `bank.ratios`. None while unknown; 1 outside of a bank.
    share: float | None = 1.0
    under_test: frozenset[str] = frozenset()  # batteries loaded by a resistance test
    offline: frozenset[str] = frozenset()  # batteries whose module is offline
    implausible: frozenset[str] = frozenset()  # batteries whose module sends an implausible value
    no_voltage: frozenset[str] = frozenset()  # those of them whose voltage is implausible
    string_offline: bool = False  # whether the string module is offline …
    string_implausible: bool = False  # … or sends an implausible value
    line_down: bool = False
    tests_follow: bool = True  # whether resistance tests of other batteries may follow soon
    test_window: bool = True  # whether scheduled resistance tests may start at this time of the day
    room: Room = field(default=Room())  # what other sensors of the room measure; its temperature is in `ambient` too
    read_at: Mapping[str, float] = field(default=NOTHING)  # s since 1970, UTC, by battery; missing: at `at`
    current_at: float | None = None  # when the current was read, as in `read_at`; None: at `at`
    set_by: float = 0.0  # s by which the clock was set ahead (back: negative) since the last sample, as far as is known

    def finite(self) -> Sample:
        """Return the sample without values that are not finite: they would stay in the counters for ever."""
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
