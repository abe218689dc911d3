"""The situation that the rules of alarms judge: what is known of a string now, and since when."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from math import inf
from typing import Final

from .alarm_kinds import AlarmKind
from .collapse import collapsed
from .events import OperatingState
from .gas import Gas
from .limits import DAY, HOUR, MINUTE, Limit
from .operating_state import Cells, DetectedState
from .resistance import ResistanceState
from .room import lasting
from .sample import Sample
from .settings import Settings
from .spread import Spread, typical
from .warming import Heat

# A battery's voltage can't be compared for so long after a resistance test has loaded it (Alber).
AFTER_TEST: Final = 30 * MINUTE
# A discharge loads all batteries alike and for longer than a test did, so that soon nothing is left of the test [I].
AFTER_TEST_IN_DISCHARGE: Final = 2 * MINUTE
# The coup de fouet: a low voltage of all batteries says nothing in the first minutes of a discharge, unless no healthy
# string dips so deep.
AFTER_START: Final = 5 * MINUTE
# A battery below half of its nominal voltage under load is empty; one below 0 V is reversed.
EMPTY: Final = 0.5  # × the nominal voltage
# A module that has become implausible no sooner than this before a discharge may show that its battery is reversed.
JUST_BEFORE: Final = 30.0  # s
# Of more than this share of the batteries the voltage must be known: half of them can't show what is usual.
MONITORED: Final = 0.5
# How long after a start the modules are not asked yet.
FIRST_ROUND: Final = 45.0  # s
# Float voltages settle after a charge, and those of a new bank over half a year (EnerSys).
SETTLED: Final = HOUR
NEW: Final = 182 * DAY
NEW_FACTOR: Final = 2.0
# A battery stays warm after a discharge (Generex: 12 h). So much more temperature rise is allowed meanwhile.
WARM: Final = 12 * HOUR
WARMER: Final = 3.0  # K
UNDERCHARGE_HYSTERESIS: Final = 0.01  # V per cell

UNMONITORED: Final = "unmonitored"  # the key of `Since` for a string most of whose modules do not answer

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
    same_load: Collection[str] | None = None  # batteries that were read under the same load; None: all of them
    tested_lately: Collection[str] = ()  # batteries whose voltage can't be compared because of a resistance test
    resistances: Mapping[str, ResistanceState] = field(default_factory=dict)
    since: Since = field(default_factory=dict)
    monitored: bool = True  # whether most batteries are monitored
    never_full: float = 0.0  # days that the string was cycled without being full
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

    @property
    def loaded(self) -> bool:
        """Whether the string gives current: by the current itself, or else by its voltages."""
        doing = (self.condition.condition, self.condition.candidate)
        if self.sample.current is not None:
            return OperatingState.DISCHARGE in doing or self.sample.current < -self.settings.dead_band
        full = self.settings.cell.full_voltage
        return OperatingState.DISCHARGE in doing or (
            self.state is not OperatingState.REST and self.cells is not None and self.cells.voltage < full
        )

    @cached_property
    def missing(self) -> Mapping[str, float]:
        """By how many cells each battery is empty or reversed; 0 where that is unknown now.

        Under load and in a recharge: the missing voltage, divided by the voltage of a cell of the other batteries.
        Below `EMPTY` under load, and always below 0 V: divided by the nominal voltage of a cell.
        """
        settings, tested, loaded = self.settings, self.sample.under_test, self.loaded
        voltages = {battery: one for battery, one in self.sample.voltages.items() if battery not in tested}
        nominal = settings.cell.nominal_voltage * settings.cells
        same = self.same_load
        usual = typical([one for battery, one in voltages.items() if same is None or battery in same])
        compared = (loaded or self.state is OperatingState.RECHARGE) and usual is not None and usual > 0
        found = {}
        for battery, voltage in voltages.items():
            missing = 0.0
            if compared and usual is not None and (same is None or battery in same):
                missing = (usual - voltage) / usual * settings.cells
            if voltage < 0 or (loaded and voltage < EMPTY * nominal):
                missing = max(missing, (nominal - voltage) / nominal * settings.cells)
            found[battery] = missing
        if loaded:
            found |= {battery: float(settings.cells) for battery in self._without_voltage}
        return found

    @property
    def half_known(self) -> bool:
        """Whether the voltage of half of the batteries is known, so that a low one is one of the string."""
        return len(self.sample.voltages) >= MONITORED * len(self.settings.batteries)

    @cached_property
    def collapsed(self) -> float | None:
        """The cell voltage in V that most batteries have at most, if the string has collapsed at the begin of a load.

        None if it has not; once the discharge is older than its coup de fouet; and if most voltages are unknown.
        """
        begins = self.loaded and (self.state is not OperatingState.DISCHARGE or self.age < AFTER_START)
        low = self.limits["string_voltage_low_discharge"]
        if not begins or not self.half_known:
            return None
        tested = self.sample.under_test
        voltages = [voltage for battery, voltage in self.sample.voltages.items() if battery not in tested]
        one_load = self.same_load is None and self._oldest <= low.delay
        return collapsed(self.settings, voltages, low, missing=self.limits["reversed_cell"].alarm if one_load else inf)

    @property
    def _without_voltage(self) -> list[str]:
        """The batteries whose voltage has become implausible in this discharge: a TA can't measure a reversed one."""
        begun = self.condition.since if self.state is OperatingState.DISCHARGE else self.condition.candidate_since
        return [
            battery
            for battery in self.sample.no_voltage
            if self.since.get(implausible_key(battery), self.sample.at) >= begun - JUST_BEFORE
        ]

    @cached_property
    def outliers(self) -> frozenset[str]:
        """The batteries whose voltage stands out below that of the others in a discharge."""
        usual, cells = typical(self.spread.compared.values()), self.settings.cells
        away = self.limits["deviation_discharge"].warning
        if usual is None:
            return frozenset()
        return frozenset(
            battery
            for battery, voltage in self.spread.compared.items()
            if (usual - voltage) / cells >= away and self.spread.outlying(battery)
        )

    def read_again(self, limit: Limit, battery: str) -> Limit:
        """Return a limit with a delay in which this battery and most others are read again.

        Until then, some voltages may be from before a change of the load, and others from after it.
        """
        if self._oldest <= limit.delay:
            return limit
        delay = max(self._ages.get(battery, 0.0), self._usual_age)
        return limit if delay <= limit.delay else replace(limit, delay=delay)

    @cached_property
    def _oldest(self) -> float:
        """How old the oldest voltage is, in s."""
        return max(self._ages.values(), default=0.0)

    @cached_property
    def _ages(self) -> Mapping[str, float]:
        """How old the voltage of each battery is, in s."""
        return {battery: self.sample.at - at for battery, at in self.sample.read_at.items()}

    @cached_property
    def _usual_age(self) -> float:
        """The age in s that three quarters of the voltages do not exceed."""
        ages = sorted(self._ages.values())
        return ages[3 * len(ages) // 4] if ages else 0.0

    @cached_property
    def applying(self) -> Applying:
        """The limits that apply in the present operating state."""
        return _applying(self)

    @cached_property
    def warm_up(self) -> Mapping[str, float] | None:
        """By how many K each battery is warmer than the room, or without a room temperature than the median battery.

        The reference falls no faster than a battery cools. None in a discharge, which warms the batteries, and while it
        is not known whether there is one.
        """
        reference = self.heat.reference(self.sample.ambient)
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
            settled = now.age >= SETTLED and not now.warm
            deviation = limits["deviation"].widened(NEW_FACTOR if new else 1.0) if settled else None
            low = limits["voltage_low"].shifted(compensation)
            return applying(high=high, low=low, deviation=deviation, shorted=shorted)
        case OperatingState.BOOST:
            high = limits["voltage_high_boost"].shifted(compensation)
            return applying(high=high, low=limits["voltage_low"], shorted=shorted)
        case OperatingState.DISCHARGE:
            ends = now.condition.candidate is not None  # without the load, voltages are on their way to others
            away = None if ends else limits["deviation_discharge"]
            return applying(high=high, low=limits["voltage_low_discharge"], deviation=away)
        case OperatingState.RECHARGE:  # it ends at boost voltage
            high = limits["voltage_high_boost"].shifted(compensation)
            return applying(high=high, low=limits["voltage_low_discharge"])
        case OperatingState.REST | OperatingState.OPEN_CIRCUIT:
            return applying(high=high, low=limits["voltage_low_rest"], shorted=shorted)
    return applying(high=high)


def monitored(settings: Settings, sample: Sample) -> bool:
    """Return whether the voltage of most batteries is known; that of a battery under test is expected soon."""
    known = sample.voltages.keys() | sample.under_test
    return len(known & set(settings.batteries)) > MONITORED * len(settings.batteries)


def answering(settings: Settings, sample: Sample) -> bool:
    """Return whether most modules on batteries answer, with a voltage or with implausible values."""
    known = sample.voltages.keys() | sample.under_test | sample.implausible
    return len(known & set(settings.batteries)) > MONITORED * len(settings.batteries)


def mostly_implausible(settings: Settings, sample: Sample) -> bool:
    """Return whether most modules on batteries send implausible values."""
    return len(sample.implausible & set(settings.batteries)) > MONITORED * len(settings.batteries)


def _online(sample: Sample) -> frozenset[str]:
    ambient = sample.ambient is not None and not sample.room.has_temperature
    of_string = sample.current is not None or ambient or sample.string_implausible
    return frozenset({*sample.voltages, *sample.temperatures, *sample.implausible, *([""] if of_string else [])})


def update_since(
    settings: Settings,
    before: Since,
    now: Sample,
    state: OperatingState | None,
    cells: Cells | None,
    *,
    unmonitored: bool = False,
    cycled: float | None = None,
    raised: Collection[AlarmKind] = (),
) -> Since:
    """Return since when modules are offline or implausible, the line is down, the string rests or is undercharged.

    And since when a fault of the room lasts. `cycled` is when the string was last discharged or recharged, `raised` are
    the kinds of its alarms.
    """
    # Just after the line is back no module has been asked: that is still the outage of the line.
    counted = (now.at - before.get(UNMONITORED, now.at)) / MINUTE
    down = now.line_down or ("line" in before and unmonitored and counted < settings.by_key["not_monitored"].warning)
    keys = {*map(offline_key, now.offline), *map(implausible_key, now.implausible)}
    keys |= {
        key
        for key, on in (
            (offline_key(None), now.string_offline),
            (implausible_key(None), now.string_implausible),
            ("line", down),
            (UNMONITORED, unmonitored and (not now.line_down or AlarmKind.NOT_MONITORED in raised)),
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
    keys |= lasting(before, now.room, raised)
    if keys == set(before):
        return before
    return {key: before.get(key, now.at) for key in keys}
