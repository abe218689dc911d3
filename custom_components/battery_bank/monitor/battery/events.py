"""The events of a string: `step` returns them, the journal keeps them, and the event bus publishes them."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from .alarm_kinds import AlarmKind
from .capacity_result import CapacityTestResult

# Metadata of a field that the journal has no column for. It is saved with the running state of the string.
NO_COLUMN: Final = MappingProxyType({"column": False})


class OperatingState(StrEnum):
    """The operating state of a string."""

    FLOAT = "float"
    BOOST = "boost"  # or equalising
    DISCHARGE = "discharge"
    RECHARGE = "recharge"
    REST = "rest"
    OPEN_CIRCUIT = "open_circuit"


class Level(IntEnum):
    """The level of an alarm, or of everything that has alarms."""

    OK = 0
    WARNING = 1
    ALARM = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """One alarm, raised or cleared. Times are s since 1970, UTC. Kind, battery and `raised` identify it."""

    kind: AlarmKind
    battery: str | None  # its id; None for an alarm of the string, or of several batteries
    level: Level  # the present one, or the last before it was cleared
    # When the alarm reached this level, in the unit of the kind; None if it did for another reason than this value.
    value: float | None
    limit: float | None
    raised: float
    worst: Level  # the highest level it had
    acknowledged: float | None = None
    acknowledged_by: str | None = None
    note: str | None = None  # of the person who acknowledged it, or of the one who changed it later
    noted: float | None = None  # when the note was changed after the acknowledgement; None if it was not
    noted_by: str | None = None  # who changed it then; None for an automation
    cleared: float | None = None
    drill: bool = False  # a test alarm, raised on purpose to see who is notified
    batteries: tuple[str, ...] = field(default=(), metadata=NO_COLUMN)  # of an alarm of several batteries: their ids
    # In the unit of the kind; of several batteries, that of the worst one.
    value_now: float | None = field(default=None, metadata=NO_COLUMN)  # None while it is unknown
    value_at: float | None = field(default=None, metadata=NO_COLUMN)  # when the value was last known
    worst_value: float | None = field(default=None, metadata=NO_COLUMN)  # the one furthest beyond the limit
    worst_at: float | None = field(default=None, metadata=NO_COLUMN)

    def concerns(self, battery: str) -> bool:
        """Return whether the alarm is of this battery, alone or among several."""
        return battery == self.battery or battery in self.batteries


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmRaised:
    """An alarm was raised, or a warning escalated to an alarm."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmDeescalated:
    """An alarm de-escalated to a warning."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmAcknowledged:
    """A person acknowledged an alarm."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmNoted:
    """The note of an acknowledged alarm was added or changed."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmCleared:
    """An alarm was cleared."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class NotKept:
    """An event without a record in the journal: the discharges, the tests and the running state say the same."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OperatingStateChanged(NotKept):
    """The operating state of the string changed."""

    at: float
    before: OperatingState | None
    condition: OperatingState | None  # None while it is unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """One point of a discharge, stored where it differs from the last stored one."""

    battery: str | None  # None for the string itself
    seconds: float  # since the discharge began
    voltage: float | None  # V, until the next point; None from then on, because it was not measured
    drawn: float | None  # Ah since the discharge began; None where no current is measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Discharge:
    """One discharge record, under way or finished. A figure that was not measured is None."""

    start: float  # s since 1970, UTC
    end: float | None = None
    drawn: float | None = None  # Ah
    energy: float | None = None  # Wh
    start_voltage: float | None = None  # V, of the string just before
    end_voltage: float | None = None  # V, the last of the string
    lowest_battery: str | None = None
    lowest_voltage: float | None = None  # V, of that battery
    lowest_at: float | None = None
    first_below: str | None = None  # the battery that reached the end voltage first
    first_below_at: float | None = None
    dip: float | None = None  # V, how far the string recovered after the coup de fouet; None if there was none
    temperature: float | None = None  # °C, the batteries' mean
    capacity: float | None = None  # Ah at reference temperature; None if the discharge did not go deep enough
    interrupted: bool = False  # a part of it was not monitored

    @property
    def rate(self) -> float | None:
        """The mean current in A, at which its capacity was measured; None under way, and where not all Ah are known."""
        if self.end is None or self.drawn is None or self.end <= self.start or self.interrupted:
            return None
        return self.drawn / (self.end - self.start) * 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class DischargeStarted:
    """A discharge began."""

    discharge: Discharge


@dataclass(frozen=True, kw_only=True, slots=True)
class DischargePoints:
    """The curves of a discharge under way have new points."""

    start: float
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DischargeEnded:
    """A discharge ended."""

    discharge: Discharge


@dataclass(frozen=True, kw_only=True, slots=True)
class ResistanceTest:
    """The result of one resistance test of one battery."""

    battery: str
    at: float
    ohmic_value: float  # Ω, the internal resistance
    temperature: float | None = None  # °C, of the battery during the test
    string_median: float | None = None  # Ω, of the last values of all batteries of the string
    usable: bool = True  # False if the string was not charged enough for a result that can be compared


@dataclass(frozen=True, kw_only=True, slots=True)
class ResistanceTested:
    """A resistance test has a result."""

    test: ResistanceTest


@dataclass(frozen=True, kw_only=True, slots=True)
class BecameWeak(NotKept):
    """A battery that was in order is weak now by its internal resistance, or has to be replaced."""

    battery: str
    at: float
    ratio: float  # of its last value to its baseline, or without a baseline to the string's median
    limit: float  # of the ratio; a rapid rise makes a battery weak below this limit too
    to_replace: bool  # worse than weak


@dataclass(frozen=True, kw_only=True, slots=True)
class ExchangeSuspected(NotKept):
    """The internal resistances of two batteries have swapped: the batteries or their modules may be exchanged."""

    battery: str
    other: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MaybeReplaced(NotKept):
    """The internal resistance of a battery has fallen to that of a new one, and no replacement was entered."""

    battery: str
    at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ResistanceTestsOverdue(NotKept):
    """Two intervals of the scheduled resistance tests have passed without a test of at least one battery."""

    at: float
    obstacle: str | None  # what was in the way most of the time


class BaselineKind(StrEnum):
    """The origin of a baseline, the surest last."""

    NONE = "none"  # a person reset it, and there are not enough tests yet for another
    STRING = "string"  # the string's median, for an old bank: no baseline of its own
    PROVISIONAL = "provisional"
    FINAL = "final"
    TYPED = "typed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The internal resistance that a battery is compared with."""

    battery: str
    kind: BaselineKind
    ohmic_value: float  # Ω, the internal resistance
    at: float  # when it was found or typed


@dataclass(frozen=True, kw_only=True, slots=True)
class BaselineSet:
    """A battery has a new baseline."""

    baseline: Baseline


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringGap:
    """The string was not monitored from `start` to `end`: the monitor was off or paused, or the clock was set ahead."""

    start: float
    end: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoredAgain:
    """The clock was set back, and the time from `start` to `end` was monitored after that: it is in no gap."""

    start: float
    end: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Replaced:
    """A battery was replaced. The journal's records until `at` belong to the battery before it."""

    battery: str
    at: float
    by: str | None = None
    serial: str | None = None
    note: str | None = None
    maker: str | None = None  # of the new battery; None: as of the string
    battery_type: str | None = None  # as printed on the new battery; None: as of the string


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityTestEnded(NotKept):
    """The end voltage of a capacity test is reached: the load is to be disconnected."""

    at: float
    voltage: float  # V of the string


@dataclass(frozen=True, kw_only=True, slots=True)
class CapacityTested:
    """A capacity test is over."""

    result: CapacityTestResult


type Event = (
    AlarmRaised
    | AlarmDeescalated
    | AlarmAcknowledged
    | AlarmNoted
    | AlarmCleared
    | OperatingStateChanged
    | DischargeStarted
    | DischargePoints
    | DischargeEnded
    | ResistanceTested
    | BecameWeak
    | ExchangeSuspected
    | MaybeReplaced
    | ResistanceTestsOverdue
    | BaselineSet
    | Replaced
    | MonitoringGap
    | MonitoredAgain
    | CapacityTestEnded
    | CapacityTested
)
