"""The situation that the rules of alarms judge: what is known of a string now, and since when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from math import inf
from typing import Final

from .events import OperatingState
from .gas import Gas
from .limits import DAY, HOUR, MINUTE, Limit
from .operating_state import Cells, DetectedState
from .resistance import ResistanceState
from .sample import Sample
from .settings import Settings
from .spread import Spread
from .warming import Heat

# A battery's voltage can't be compared for so long after a resistance test has loaded it (Alber).
AFTER_TEST: Final = 30 * MINUTE
# The coup de fouet: a low voltage says nothing in the first minutes of a discharge.
AFTER_START: Final = 5 * MINUTE
# Float voltages settle after a charge, and those of a new bank over half a year (EnerSys).
SETTLED: Final = HOUR
NEW: Final = 182 * DAY
NEW_FACTOR: Final = 2.0
# A battery stays warm after a discharge (Generex: 12 h). So much more temperature rise is allowed meanwhile.
WARM: Final = 12 * HOUR
WARMER: Final = 3.0  # K
UNDERCHARGE_HYSTERESIS: Final = 0.01  # V per cell

type Since = Mapping[str, float]  # since when something lasts, s since 1970; the keys are stored, see below


def offline_key(battery: str | None) -> str:
    """Return the key of `Since` for a module that is offline; None is the string module."""
    return f"silent {battery or ''}"


def implausible_key(battery: str | None) -> str:
    """Return the key of `Since` for a module with implausible values; None is the string module."""
    return f"faulty {battery or ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Applying:
    """The limits of batteries that depend on the operating state; None where nothing is judged at present."""

    high: Limit
    rise: Limit  # of the temperature above the room's
    low: Limit | None = None
    deviation: Limit | None = None
    shorted: Limit | None = None


@dataclass(frozen=True, kw_only=True)
class Situation:
    """Everything that the rules of one step need."""

    settings: Settings
    sample: Sample
    condition: DetectedState
    cells: Cells | None
    mean_voltage: float | None  # V, the mean cell of all batteries; None unless the voltage of each is known
    spread: Spread
    heat: Heat
    gas: Gas | None
    float_ratio: float | None  # the float current over the expected one; None where it can't be measured
    cycled: float = -inf  # when the string was last seen to be discharged or recharged
    tested_lately: Collection[str] = ()  # batteries whose voltage can't be compared because of a resistance test
    resistances: Mapping[str, ResistanceState] = field(default_factory=dict)
    since: Since = field(default_factory=dict)
    usual_rest: float = 0.0  # h, how long the string usually rests at most

    @property
    def state(self) -> OperatingState | None:
        """The operating state of the string; None while it is unknown."""
        return self.condition.condition

    @property
    def age(self) -> float:
        """How long the string has been in this state, in s."""
        return self.sample.at - self.condition.since

    @property
    def warm(self) -> bool:
        """Whether the batteries may still be warm from a discharge or recharge, or the string not quite full."""
        return self.sample.at - self.cycled < WARM

    @property
    def compensation(self) -> float:
        """By how much a cell's charging voltages differ from those at 25 °C, in V."""
        return self.cells.compensation if self.cells else 0.0

    @property
    def limits(self) -> Mapping[str, Limit]:
        """All limits of the string."""
        return self.settings.by_key

    @cached_property
    def applying(self) -> Applying:
        """The limits that apply in the present operating state."""
        return _applying(self)

    @cached_property
    def warm_up(self) -> Mapping[str, float] | None:
        """By how many K each battery is warmer than the room, or without a room temperature than the median battery.

        None in a discharge, which warms the batteries, and while it is not known whether there is one.
        """
        reference = self.sample.ambient if self.sample.ambient is not None else self.heat.median
        if self.state in (None, OperatingState.DISCHARGE) or reference is None:
            return None
        return {battery: celsius - reference for battery, celsius in self.sample.temperatures.items()}

    @cached_property
    def online(self) -> frozenset[str]:
        """The batteries whose modules answer, and "" if the string module does."""
        return _online(self.sample)

    def minutes(self, key: str) -> float:
        """Return for how many minutes something lasts; 0 if it doesn't."""
        return (self.sample.at - self.since.get(key, self.sample.at)) / MINUTE


def _applying(now: Situation) -> Applying:
    limits, compensation = now.limits, now.compensation
    high, shorted = limits["voltage_high"].shifted(compensation), limits["shorted_cell"]
    applying = partial(Applying, rise=limits["temperature_rise"].shifted(WARMER if now.warm else 0.0))
    match now.state:
        case OperatingState.FLOAT:
            new = now.settings.installed is not None and now.sample.at - now.settings.installed < NEW
            deviation = limits["deviation"].widened(NEW_FACTOR if new else 1.0)
            low = limits["voltage_low"].shifted(compensation)
            return applying(high=high, low=low, deviation=deviation if now.age >= SETTLED else None, shorted=shorted)
        case OperatingState.BOOST:
            high = limits["voltage_high_boost"].shifted(compensation)
            return applying(high=high, low=limits["voltage_low"], shorted=shorted)
        case OperatingState.DISCHARGE if now.age >= AFTER_START:
            return applying(high=high, low=limits["voltage_low_discharge"], deviation=limits["deviation_discharge"])
        case OperatingState.RECHARGE:  # it ends at boost voltage
            high = limits["voltage_high_boost"].shifted(compensation)
            return applying(high=high, low=limits["voltage_low_discharge"])
        case OperatingState.REST | OperatingState.OPEN_CIRCUIT:
            return applying(high=high, low=limits["voltage_low_rest"], shorted=shorted)
    return applying(high=high)


def _online(sample: Sample) -> frozenset[str]:
    of_string = sample.current is not None or sample.ambient is not None or sample.string_implausible
    return frozenset({*sample.voltages, *sample.temperatures, *sample.implausible, *([""] if of_string else [])})


def update_since(
    settings: Settings,
    before: Since,
    now: Sample,
    state: OperatingState | None,
    cells: Cells | None,
    *,
    cycled: float | None = None,
) -> Since:
    """Return since when modules are offline or implausible, the line is down, the string rests or is undercharged.

    `cycled` is when the string was last discharged or recharged.
    """
    keys = set(map(offline_key, now.offline)) | set(map(implausible_key, now.implausible))
    keys |= {
        key
        for key, on in (
            (offline_key(None), now.string_offline),
            (implausible_key(None), now.string_implausible),
            ("line", now.line_down),
        )
        if on
    }
    # A string that feeds a small load is used, even if that is too little for a discharge.
    used = now.current is not None and now.current < -settings.dead_band
    # After a boost charge that follows a discharge, no current flows until the voltage is down to that of float.
    comes_down = cells is not None and cells.voltage > settings.figure("float_voltage") + cells.compensation
    comes_down = comes_down and cycled is not None and now.at - cycled < DAY
    resting = state in (OperatingState.REST, OperatingState.OPEN_CIRCUIT) and not used and not comes_down
    if resting or (state is None and "resting" in before):
        keys.add("resting")
    low = settings.by_key["string_voltage_low"].warning
    if "undercharged" in before:  # a voltage that only touches the limit does not end an undercharge
        low += UNDERCHARGE_HYSTERESIS
    if (cells is not None and cells.voltage < low + cells.compensation) or (cells is None and "undercharged" in before):
        keys.add("undercharged")
    # Whether a module that does not answer is well again is unknown. While the line is down, that is all of them.
    unknown = {*settings.batteries, ""} - _online(now)
    keys |= {key for name in unknown for key in (offline_key(name), implausible_key(name)) if key in before}
    if keys == set(before):
        return before
    return {key: before.get(key, now.at) for key in keys}
