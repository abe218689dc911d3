"""The tasks of the usual maintenance programmes beside what this installation does of them, with the evidence.

The tasks and intervals are those that makers and guides print of IEEE 450 (vented), IEEE 1188 (VRLA), IEEE 1106 (NiCd)
and of NERC PRC-005-6, tables 1-4(a), (b), (c) and (f), in our own words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from typing import Final

from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.float_current import measurable
from ..monitor.battery.limits import DAY
from ..monitor.battery.room import TEMPERATURE
from ..monitor.model import Chemistry
from ..strings.room_sensors import NotMeasured, RoomReading
from .report_history import AMBIENT, VOLTAGE
from .report_monitoring import Monitoring
from .report_source import Source
from .report_tables import Cell, Row, Table, table
from .report_texts import ReportTexts

MONTH: Final = 30.5 * DAY  # s
MARGIN: Final = 1.1  # by how much a test may be late: one that is due waits for a night on float


class Means(Enum):
    """What a task is done with."""

    BATTERIES = auto()  # the modules of the batteries, continuously
    CURRENT = auto()  # the string module, continuously
    FLOAT_CURRENT = auto()  # a string module that resolves a float current
    TESTS = auto()  # the resistance tests
    BASELINE = auto()  # the resistance tests in relation to the baselines, or a measured capacity
    CAPACITY = auto()  # a discharge that is deep enough
    ROOM = auto()  # the string module or another sensor of the room, continuously
    GROUND = auto()  # another sensor of the room, continuously
    NONE = auto()  # no module measures it


OF_STRING_MODULE: Final = frozenset({Means.CURRENT, Means.FLOAT_CURRENT, Means.CAPACITY, Means.ROOM})
OF_ROOM: Final = {Means.ROOM: TEMPERATURE, Means.GROUND: AlarmKind.GROUND_FAULT}
CONTINUOUS: Final = frozenset({Means.BATTERIES, Means.CURRENT, Means.FLOAT_CURRENT, Means.ROOM})


@dataclass(frozen=True, slots=True)
class Task:
    """A task of a maintenance programme."""

    what: str  # the key of its name
    months: float | None  # its interval; None: as the owner's programme says
    means: Means
    section: str = "measured"  # of the report, with the evidence


@dataclass(frozen=True, slots=True)
class Programme:
    """The tasks of a standard."""

    name: str
    tasks: Sequence[Task]


def _voltage(months: float) -> Task:
    return Task("string_voltage", months, Means.BATTERIES, "history")


IEEE_1188: Final = Programme(
    "IEEE 1188",
    (
        _voltage(1),
        Task("float_current", 1, Means.FLOAT_CURRENT, "now"),
        Task("ambient", 1, Means.ROOM, "history"),
        Task("inspection", 1, Means.NONE),
        Task("ohmic_values", 3, Means.TESTS, "tests"),
        Task("battery_temperatures", 3, Means.BATTERIES, "values"),
        Task("battery_voltages", 6, Means.BATTERIES, "values"),
        Task("connection_resistance", 12, Means.NONE),
        Task("ripple", 12, Means.NONE),
        Task("capacity_by_discharge", None, Means.CAPACITY, "discharges"),
    ),
)
IEEE_450: Final = Programme(
    "IEEE 450",
    (
        _voltage(1),
        Task("ambient", 1, Means.ROOM, "history"),
        Task("inspection", 1, Means.NONE),
        Task("electrolyte", 1, Means.NONE),
        Task("ground_faults", 1, Means.GROUND),
        Task("battery_voltages", 3, Means.BATTERIES, "values"),
        Task("battery_temperatures", 3, Means.BATTERIES, "values"),
        Task("connection_resistance", 12, Means.NONE),
        Task("capacity_by_discharge", None, Means.CAPACITY, "discharges"),
    ),
)
IEEE_1106: Final = Programme(
    "IEEE 1106",
    (
        _voltage(3),
        Task("battery_temperatures", 3, Means.BATTERIES, "values"),
        Task("inspection", 3, Means.NONE),
        Task("electrolyte", 3, Means.NONE),
        Task("battery_voltages", 6, Means.BATTERIES, "values"),
        Task("torque", 12, Means.NONE),
        Task("capacity_by_discharge", None, Means.CAPACITY, "discharges"),
    ),
)
# What the tables (a), (b) and (c) have in common, at 18 months.
OF_ALL: Final = (
    Task("charger_voltage", 18, Means.BATTERIES, "history"),
    Task("continuity", 18, Means.CURRENT, "alarms"),
    Task("connection_resistance", 18, Means.NONE),
    Task("inspection", 18, Means.NONE),
)
NERC_VENTED: Final = Programme(
    "NERC PRC-005-6, 1-4(a)",
    (
        _voltage(4),
        Task("electrolyte", 4, Means.NONE),
        Task("ground_faults", 4, Means.GROUND),
        *OF_ALL,
        Task("against_baseline", 18, Means.BASELINE, "tests"),
    ),
)
NERC_VRLA: Final = Programme(
    "NERC PRC-005-6, 1-4(b)",
    (
        _voltage(4),
        Task("ground_faults", 4, Means.GROUND),
        Task("ohmic_values", 6, Means.TESTS, "tests"),
        *OF_ALL,
        Task("against_baseline", 6, Means.BASELINE, "tests"),
    ),
)
NERC_NICD: Final = Programme(
    "NERC PRC-005-6, 1-4(c)",
    (
        _voltage(4),
        Task("electrolyte", 4, Means.NONE),
        Task("ground_faults", 4, Means.GROUND),
        *OF_ALL,
        Task("capacity_by_discharge", 72, Means.CAPACITY, "discharges"),
    ),
)
PROGRAMMES: Final = {
    Chemistry.VRLA_AGM: (IEEE_1188, NERC_VRLA),
    Chemistry.VRLA_GEL: (IEEE_1188, NERC_VRLA),
    Chemistry.VENTED_LEAD_ACID: (IEEE_450, NERC_VENTED),
    Chemistry.NICD: (IEEE_1106, NERC_NICD),
}
# Years within which a capacity test stands for the comparison with the baselines, by NERC PRC-005-6.
CAPACITY_YEARS: Final = {Chemistry.VENTED_LEAD_ACID: 6.0}
YEARS: Final = 3.0

# The tasks whose evidence is in the statistics of the recorder, with the quantity.
STATISTICS: Final = {"string_voltage": VOLTAGE, "charger_voltage": VOLTAGE, "ambient": AMBIENT}


class Tasks:
    """What this installation did of the tasks of maintenance programmes, in the period of the report."""

    def __init__(self, texts: ReportTexts, source: Source, monitoring: Monitoring) -> None:
        self._texts = texts
        self._source = source
        self._monitoring = monitoring

    def tables(self) -> Sequence[tuple[str, Table]]:
        """Return the name and the tasks of each programme for the chemistry of the string."""
        columns = ("task", "interval_months", "by_this", "result", "evidence")
        return [
            (programme.name, table(columns, programme.tasks, self._row, ("interval_months",)))
            for programme in PROGRAMMES[self._source.string.settings.chemistry]
        ]

    def _row(self, task: Task) -> Row:
        text = self._texts.text
        met, how = self._met(task)
        return (
            text(task.what),
            f"{months:g}" if (months := self._months(task)) else None,
            how,
            text("met") if met else Cell(text("not_met"), "warning"),
            Cell("", section=self._evidence(task, met=met)),
        )

    def _evidence(self, task: Task, *, met: bool) -> str:
        """Return the section with the evidence of a task: without statistics, that of the gaps in monitoring has it."""
        quantity = STATISTICS.get(task.what)
        measured = {mean.quantity for mean in self._source.means or ()}
        if not met or quantity is None or quantity in measured:
            return task.section
        return "gaps"

    def _months(self, task: Task) -> float | None:
        """Return the interval of a task; that of a capacity test without one is what the string's settings say."""
        if task.months is None and task.means is Means.CAPACITY:
            return self._source.string.settings.capacity_test_months
        return task.months

    def _met(self, task: Task) -> tuple[bool, str]:
        """Return whether a task was done often enough, and with what."""
        settings = self._source.string.settings
        months = self._months(task)
        interval = months * MONTH if months else None
        if task.means is Means.FLOAT_CURRENT and settings.measures_current and not measurable(settings):
            return False, self._texts.text("too_coarse")
        sensor = next((one for one in self._source.room if one.field == OF_ROOM.get(task.means)), None)
        if sensor is not None:
            return self._by_sensor(sensor, interval)
        if task.means in (Means.GROUND, Means.NONE) or (
            task.means in OF_STRING_MODULE and not settings.measures_current
        ):
            return False, self._texts.text("not_measured")
        if task.means in CONTINUOUS:
            return self._continuous(interval)
        judge = {Means.TESTS: self._tested, Means.BASELINE: self._compared, Means.CAPACITY: self._capacity}
        return judge[task.means](interval)

    def _continuous(self, interval: float | None) -> tuple[bool, str]:
        """Return whether monitoring never paused for as long as the interval of a task."""
        if self._source.records.error:
            return False, self._texts.text("monitored_unknown")
        if self._source.state.monitored is not True:
            return False, self._texts.text("not_monitored_now")
        longest = self._monitoring.longest
        how = self._texts.text("continuous_gap", longest=self._texts.length(longest)) if longest else ""
        return interval is None or longest < interval, how or self._texts.text("continuous")

    def _by_sensor(self, sensor: RoomReading, interval: float | None) -> tuple[bool, str]:
        """Return whether an entity of another integration has a value, and the monitoring never paused for so long."""
        if isinstance(sensor.value, NotMeasured):
            return False, self._texts.text("by_sensor_not_now", source=sensor.entity_id)
        met, how = self._continuous(interval)
        return met, f"{how}; {self._texts.text('by_sensor', source=sensor.entity_id)}"

    def _tested(self, interval: float | None) -> tuple[bool, str]:
        """Return whether each battery was tested within each interval."""
        texts, source = self._texts, self._source
        if not source.string.testable:
            return False, texts.text("not_measured")
        by_battery: dict[str, list[float]] = {battery.id: [] for battery in source.string.batteries}
        for test in source.records.tests:
            if test.usable and test.battery in by_battery:
                by_battery[test.battery].append(test.at)
        missing = sum(not times for times in by_battery.values())
        if missing:
            return False, texts.text("untested", count=str(missing))
        pauses = [
            max(later - earlier for earlier, later in pairwise([*times, source.now])) for times in by_battery.values()
        ]
        longest = max(pauses)
        met = interval is None or longest <= interval * MARGIN
        return met, texts.text("tested_pause", longest=texts.length(longest))

    def _compared(self, interval: float | None) -> tuple[bool, str]:
        """Return whether each battery was compared with its baseline, or the capacity was measured instead."""
        source = self._source
        years = CAPACITY_YEARS.get(source.string.settings.chemistry, YEARS)
        by_capacity, capacity = self._capacity(12 * years * MONTH)
        if by_capacity:
            return by_capacity, capacity
        without = sum(battery.id not in source.records.baselines for battery in source.string.batteries)
        if without and source.string.testable:
            return False, self._texts.text("no_baseline", count=str(without))
        return self._tested(interval)

    def _capacity(self, interval: float | None) -> tuple[bool, str]:
        """Return whether the capacity was measured within an interval or, without one, in the period of the report."""
        source, text = self._source, self._texts.text
        learned, tested = source.state.learned, source.state.running.capacity_tests.measured
        times = [learned.capacity_at if learned.capacity is not None else None, tested.start if tested else None]
        at = max((one for one in times if one is not None), default=None)
        if at is None:
            return False, text("no_capacity")
        begin = source.since if interval is None else source.now - interval
        return at >= begin, text("capacity_on", day=self._texts.day(at) or "")
