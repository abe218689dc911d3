"""What happened to a string: what `step` returns, the journal keeps, and automations hear of."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from .alarm_kinds import AlarmKind


class Condition(StrEnum):
    """What a string is doing."""

    FLOAT = "float"
    BOOST = "boost"  # or equalising
    DISCHARGE = "discharge"
    RECHARGE = "recharge"
    REST = "rest"
    OPEN_CIRCUIT = "open_circuit"


class Level(IntEnum):
    """How bad it is."""

    OK = 0
    WARNING = 1
    ALARM = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """One alarm from when it was raised; times in s since 1970, UTC. `raised` and what it is about identify it."""

    kind: AlarmKind
    battery: str | None  # its id; None where it is of the whole string
    level: Level  # now, or the last before it was cleared
    value: float | None  # when it reached that level, in the limit's unit
    limit: float | None
    raised: float
    worst: Level  # the highest level it had
    acknowledged: float | None = None
    acknowledged_by: str | None = None
    cleared: float | None = None
    drill: bool = False  # nothing is wrong: somebody tries who hears of it


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmRaised:
    """An alarm began, or got worse."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmLowered:
    """An alarm is a warning again."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmAcknowledged:
    """Somebody has seen an alarm."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmCleared:
    """An alarm is over."""

    alarm: Alarm


@dataclass(frozen=True, kw_only=True, slots=True)
class ConditionChanged:
    """The string does something else now."""

    at: float
    before: Condition | None
    condition: Condition | None  # None while it can't be told


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """One point of a discharge, stored where it differs from the last stored one."""

    battery: str | None  # None for the string itself
    seconds: float  # since the discharge began
    voltage: float  # V
    drawn: float | None  # Ah since the discharge began; None where no current is measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Discharge:
    """One discharge, under way or over. None is what wasn't measured."""

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
    capacity: float | None = None  # Ah at reference temperature, where it went deep enough to tell
    interrupted: bool = False  # the monitor did not see all of it


@dataclass(frozen=True, kw_only=True, slots=True)
class DischargeStarted:
    """A discharge began."""

    discharge: Discharge


@dataclass(frozen=True, kw_only=True, slots=True)
class DischargePoints:
    """The curves of a discharge under way have grown."""

    start: float
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DischargeEnded:
    """A discharge is over."""

    discharge: Discharge


@dataclass(frozen=True, kw_only=True, slots=True)
class ResistanceTest:
    """What one test of one battery found."""

    battery: str
    at: float
    ohmic_value: float  # Ω
    temperature: float | None = None  # °C, of the battery then
    string_median: float | None = None  # Ω, of the last values of all batteries of the string
    usable: bool = True  # False if the string was not charged enough for it to mean anything


@dataclass(frozen=True, kw_only=True, slots=True)
class ResistanceTested:
    """A resistance test brought a value."""

    test: ResistanceTest


@dataclass(frozen=True, kw_only=True, slots=True)
class BecameWeak:
    """A battery is weak by its ohmic value, or to be replaced, and was neither before."""

    battery: str
    at: float
    ratio: float  # of its last value to its baseline, or without one to the string's median
    limit: float  # the ratio that is too much; a rapid rise is, though below it
    to_replace: bool  # it is more than weak


class BaselineKind(StrEnum):
    """Where a baseline is from, the surest last."""

    NONE = "none"  # a person took it back, and the tests don't tell one yet
    STRING = "string"  # the string's median, for an old bank: no baseline of its own
    PROVISIONAL = "provisional"
    FINAL = "final"
    TYPED = "typed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """The ohmic value that a battery is compared with."""

    battery: str
    kind: BaselineKind
    ohmic_value: float  # Ω
    at: float  # when it was found or typed


@dataclass(frozen=True, kw_only=True, slots=True)
class BaselineSet:
    """A battery has a new baseline."""

    baseline: Baseline


@dataclass(frozen=True, kw_only=True, slots=True)
class Unwatched:
    """Nobody watched from `start` to `end`: the monitor was off."""

    start: float
    end: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Replaced:
    """A battery was replaced: what the journal knows until `at` is of the one before."""

    battery: str
    at: float
    by: str | None = None
    serial: str | None = None
    note: str | None = None


type Event = (
    AlarmRaised
    | AlarmLowered
    | AlarmAcknowledged
    | AlarmCleared
    | ConditionChanged
    | DischargeStarted
    | DischargePoints
    | DischargeEnded
    | ResistanceTested
    | BecameWeak
    | BaselineSet
    | Replaced
    | Unwatched
)
