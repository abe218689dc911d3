"""What a report is made of: what the journal, the recorder and the monitor know of a string at one moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..monitor.battery.capacity_result import CapacityTestResult
from ..monitor.battery.events import Alarm, Baseline, CurvePoint, Discharge, MonitoringGap, Replaced, ResistanceTest
from ..monitor.battery.string_summary import StringSummary
from ..monitor.battery.watch import StringState
from ..monitor.model import BatteryReading, StringReading
from ..strings.members import String
from ..strings.room_sensors import RoomReading
from .tables import Mean


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """What the journal has of a string in the time of the report, oldest first."""

    alarms: Sequence[Alarm] = ()
    discharges: Sequence[Discharge] = ()
    last: Discharge | None = None  # the last one that has ended
    deepest: Discharge | None = None  # of those that have ended, the one in which a battery had the lowest voltage
    # The curves of these two by their start, and by battery; None is the string.
    curves: Mapping[float, Mapping[str | None, Sequence[CurvePoint]]] = field(default_factory=dict)
    tests: Sequence[ResistanceTest] = ()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)  # by battery, since its replacement
    all_baselines: Sequence[Baseline] = ()  # of all times
    replacements: Sequence[Replaced] = ()  # of all times
    gaps: Sequence[MonitoringGap] = ()
    capacity_tests: Sequence[CapacityTestResult] = ()
    error: str = ""  # why they can't be read


@dataclass(frozen=True, kw_only=True, slots=True)
class Edition:
    """What identifies a report: it is the same for all of its strings."""

    number: str
    made_by: str  # the name of the user; "" for an automation
    site: str  # the name of this Home Assistant
    customer: str  # "" if the caller gave none
    time_zone: str
    versions: str
    paper: str  # a size of paper, as CSS names it


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What is known of a string at the time of the report."""

    edition: Edition
    line: str  # the name of the line
    string: String  # its configuration; what moves on is in the fields below
    state: StringState
    summary: StringSummary
    reading: StringReading | None
    ambient: float | None  # °C, of the room
    room: Sequence[RoomReading]  # of the other sensors of the room
    readings: Mapping[str, BatteryReading | None]  # by battery
    raised: Sequence[Alarm]  # now, test alarms included
    records: Records
    means: Sequence[Mean] | None  # the statistics of the string, oldest first; None without a recorder
    configured: float  # when the line was set up, in s since 1970
    since: float  # s since 1970, UTC
    now: float
