"""The content of a report on one string, section by section.

IEEE 1188 says what to record, and NERC PRC-005 what to maintain. The report is evidence for both and claims nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from math import floor
from statistics import median
from typing import Final

from ..monitor.battery.events import (
    Alarm,
    Baseline,
    CurvePoint,
    Discharge,
    Level,
    MonitoringGap,
    Replaced,
    ResistanceTest,
)
from ..monitor.battery.resistance import ResistanceState
from ..monitor.battery.resistance_trend import Risk
from ..monitor.battery.string_summary import StringSummary
from ..monitor.battery.watch import StringState
from ..monitor.model import BatteryReading, StringReading
from ..strings.members import Battery, String
from ..texts.alarm_texts import LEVELS, level
from ..texts.values import percent
from .plots import Curve, Drawing, Plot, Point, drawing, evenly_spaced
from .report_tables import Cell, Row, Table, table
from .report_texts import ReportTexts
from .turns import unhurried

NAMED: Final = 5  # batteries with the highest resistance, whose curves have their numbers
NONE: Final = "\u2013"  # inside a text: not measured, or not known
# What a maintenance programme asks for and no module measures, by the keys of the names.
NOT_MEASURED: Final = (
    "connection_resistance",
    "ground_faults",
    "electrolyte",
    "torque",
    "inspection",
    "ripple",
)

type Facts = Sequence[tuple[str, str | None]]  # keys of names, and values; one without a value is not shown


@dataclass(frozen=True, kw_only=True, slots=True)
class Records:
    """What the journal has of a string in the time of the report, oldest first."""

    alarms: Sequence[Alarm] = ()
    discharges: Sequence[Discharge] = ()
    longest: Discharge | None = None
    curves: Mapping[str | None, Sequence[CurvePoint]] = field(default_factory=dict)  # of the longest one, by battery
    tests: Sequence[ResistanceTest] = ()
    baselines: Mapping[str, Baseline] = field(default_factory=dict)  # by battery
    replacements: Sequence[Replaced] = ()
    gaps: Sequence[MonitoringGap] = ()
    error: str = ""  # why they can't be read


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """What is known of a string at the time of the report."""

    line: str  # the name of the line
    string: String  # its configuration; what moves on is in the fields below
    state: StringState
    summary: StringSummary
    reading: StringReading | None
    readings: Mapping[str, BatteryReading | None]  # by battery
    raised: Sequence[Alarm]  # now, test alarms included
    records: Records
    since: float  # s since 1970, UTC
    now: float


class StringReport:
    """The report on one string, as texts for the template."""

    def __init__(self, texts: ReportTexts, source: Source) -> None:
        self._texts = texts
        self._source = source
        self._string = source.string
        self._records = source.records
        self.name = source.string.name
        self.start = texts.day(source.since)
        self.end = texts.time(source.now)

    def unreadable(self) -> str:
        """Return that the records of the string can't be read, and why; "" if they can."""
        error = self._records.error
        return self._texts.text("records_unreadable", error=error) if error else ""

    def identity(self) -> Facts:
        """Return what the string consists of."""
        texts, string = self._texts, self._string
        settings = string.settings
        modules = {battery.module.profile.model for battery in string.batteries}
        return [
            ("line", self._source.line),
            ("batteries", f"{len(string.batteries)} × {texts.number(settings.nominal_voltage, 1, 'V')}"),
            ("capacity", texts.number(settings.capacity, 0, "Ah")),
            ("chemistry", texts.translations.option("chemistry", settings.chemistry)),
            ("installed", texts.day(settings.installed)),
            ("battery_modules", ", ".join(sorted(modules))),
            ("string_module", string.module.profile.model if string.module else texts.text("none")),
            ("baselines", f"{len(self._records.baselines)} / {len(string.batteries)}"),
        ]

    def condition(self) -> Facts:
        """Return the present state of the string."""
        texts, source = self._texts, self._source
        running, reading, capacity = source.state.running, source.reading, source.state.learned.capacity
        charge = percent(running.state_of_charge) if running.condition.condition else None
        return [
            ("state", texts.state("condition", running.condition.condition)),
            ("alarm_level", texts.state("alarm_level", level(source.raised, monitored=source.state.monitored is True))),
            ("voltage", texts.number(source.summary.voltage, 2, "V")),
            ("current", texts.number(reading.current if reading else None, 1, "A")),
            ("ambient", texts.temperature(reading.ambient_temperature if reading else None)),
            ("state_of_charge", texts.number(charge, 0, "%")),
            ("measured_capacity", texts.number(capacity, 1, "Ah") or texts.text("not_known")),
            ("remaining_time", self._remaining()),
        ]

    def _remaining(self) -> str | None:
        """Return the remaining time of a discharge under way, with its range; None without one."""
        texts, shown = self._texts, self._source.state.prediction
        if shown.remaining is None:
            return None
        text = f"{texts.duration(shown.remaining)} h"
        low, high = texts.duration(shown.remaining_low), texts.duration(shown.remaining_high)
        if low is not None and high is not None:
            text = texts.text("remaining_range", remaining=text, low=f"{low} h", high=f"{high} h")
        return ", ".join([text, texts.text("estimated")]) if shown.estimated else text

    def parameters(self) -> Table:
        """Return how often each parameter of a maintenance programme is measured, also those that never are."""
        texts, string = self._texts, self._string
        continuous, never = texts.text("continuous"), Cell(texts.text("not_measured"), "warning")
        tested: Cell | str = never
        if string.testable:
            days = texts.numbers.write(string.schedule.days, "g") if string.schedule else None
            tested = texts.text("every_days", days=days) if days else texts.text("on_demand")
        elif string.measures_resistance:
            tested = continuous
        with_current = string.settings.measures_current
        rows: list[tuple[str, Cell | str]] = [
            ("battery_voltages", continuous),
            ("battery_temperatures", continuous),
            ("ohmic_values", tested),
            ("string_voltage", continuous),
            ("string_current", continuous if with_current else never),
            ("ambient", continuous if with_current else never),
            ("capacity_by_discharge", texts.text("at_discharges") if with_current else never),
            *((key, never) for key in NOT_MEASURED),
        ]
        return table(("parameter", "by_this"), rows, lambda row: (texts.text(row[0]), row[1]))

    def batteries(self) -> Table:
        """Return the present values of each battery."""
        serials = {one.battery: one.serial for one in self._records.replacements}
        numbers = ("number", "voltage_v", "deviation_mv", "temperature", "ohmic_mohm", "baseline_mohm", "ratio")
        return table(
            ("number", "serial", *numbers[1:], "risk", "replace"),
            self._string.batteries,
            lambda battery: self._battery(battery, serials.get(battery.id)),
            numbers,
        )

    def _battery(self, battery: Battery, serial: str | None) -> Row:
        texts, state, settings = self._texts, self._source.state, self._string.settings
        reading = self._source.readings[battery.id]
        known = state.resistances.get(battery.id) or ResistanceState()
        base = self._records.baselines.get(battery.id)
        deviation = state.spread.deviations.get(battery.id)  # of one cell
        ratio, last, trend = known.ratio, known.last, known.trend
        reached = settings.by_key["resistance_baseline"].level(ratio) if ratio is not None else Level.OK
        alarms = (one.level for one in self._source.raised if one.concerns(battery.id) and not one.drill)
        raised = max(alarms, default=Level.OK)
        when = [texts.day(trend.limit_from), texts.day(trend.limit_to)] if trend and trend.limit_from else []
        return [
            Cell(str(battery.number), LEVELS[raised] if raised else ""),
            serial,
            texts.number(reading.voltage if reading else None, 3),
            texts.number(1000 * deviation * settings.cells if deviation is not None else None, 0),
            texts.temperature(reading.temperature if reading else None),
            self._milliohms(last.ohmic_value) if last else None,
            f"{self._milliohms(base.ohmic_value)}\n{texts.day(base.at)}" if base else None,
            Cell(texts.number(percent(ratio), 0, "%"), LEVELS[reached] if reached else ""),
            Cell(texts.state("risk", known.risk) or "", "warning" if known.risk in (Risk.WEAK, Risk.REPLACE) else ""),
            f" {NONE}\n".join(day for day in when if day) or None,
        ]

    def ratio_limits(self) -> str:
        """Return the limits of the resistance against the baseline."""
        limit = self._string.settings.by_key["resistance_baseline"]
        warning, alarm = (self._texts.number(100 * ratio, 0, "%") or "" for ratio in (limit.warning, limit.alarm))
        return self._texts.text("ratio_limits", warning=warning, alarm=alarm)

    def tests_plot(self) -> Drawing | None:
        """Return the resistance tests of each battery against its baseline, in %."""
        by_battery: dict[str, list[Point]] = {}
        for test in unhurried(self._usable_tests()):
            if base := self._records.baselines.get(test.battery):
                by_battery.setdefault(test.battery, []).append((test.at, 100 * test.ohmic_value / base.ohmic_value))
        if not by_battery:
            return None
        highest = sorted(by_battery, key=lambda battery: by_battery[battery][-1][1])[-NAMED:]
        limit = self._string.settings.by_key["resistance_baseline"]
        plot = Plot(
            curves=[
                Curve(points=points, name=str(self._string.number(battery) or "") if battery in highest else "")
                for battery, points in by_battery.items()
            ],
            limits={
                self._texts.level(LEVELS[Level.WARNING]): 100 * limit.warning,
                self._texts.level(LEVELS[Level.ALARM]): 100 * limit.alarm,
            },
            unit="%",
            marks={at: self._texts.day(at) or "" for at in evenly_spaced([test.at for test in self._usable_tests()])},
        )
        return drawing(plot)

    def tests(self) -> Table:
        """Return lowest, median and highest resistance of the tests of each day."""
        rows: list[Row] = []
        for day, group in groupby(unhurried(self._usable_tests()), key=lambda test: self._texts.day(test.at)):
            values = [test.ohmic_value for test in group]
            some = (self._milliohms(value) for value in (min(values), median(values), max(values)))
            rows.append((day, str(len(values)), *some))
        numbers = ("batteries", "least_mohm", "median_mohm", "greatest_mohm")
        return table(("date", *numbers), rows, lambda row: row, numbers)

    def _milliohms(self, ohms: float) -> str | None:
        """Write a resistance in mΩ; `ohms` in Ω."""
        return self._texts.number(self._string.milliohms(ohms), self._string.milliohm_decimals)

    def _usable_tests(self) -> list[ResistanceTest]:
        return [test for test in self._records.tests if test.usable]

    def discharges(self) -> Table:
        """Return the discharges."""
        numbers = ("duration", "drawn_ah", "energy_wh", "end_voltage_v", "capacity_ah")
        columns = ("start", *numbers[:-1], "lowest_battery", numbers[-1], "remark")
        return table(columns, self._records.discharges, self._discharge, numbers)

    def _discharge(self, discharge: Discharge) -> Row:
        texts = self._texts
        lowest = str(self._string.number(discharge.lowest_battery) or NONE)
        return (
            texts.time(discharge.start),
            texts.duration(discharge.end - discharge.start if discharge.end is not None else None),
            texts.number(discharge.drawn, 1),
            texts.number(discharge.energy, 0),
            texts.number(discharge.end_voltage, 2),
            f"{lowest} ({texts.number(discharge.lowest_voltage, 3) or NONE})",
            texts.number(discharge.capacity, 1),
            Cell(texts.text("interrupted"), "warning") if discharge.interrupted else "",
        )

    def discharge_plot(self) -> Drawing | None:
        """Return the voltages of the batteries in the longest discharge, over its minutes."""
        lowest = self._records.longest.lowest_battery if self._records.longest else None
        curves = [
            Curve(
                points=[(point.seconds / 60, point.voltage) for point in points],
                name=str(self._string.number(battery) or "") if battery == lowest else "",
            )
            for battery, points in unhurried(self._records.curves.items())
            if battery is not None
        ]
        minutes = [at for curve in curves for at, _ in curve.points]
        if not minutes:
            return None
        marks = {at: f"{at:.0f} min" for at in evenly_spaced(minutes)}
        return drawing(Plot(curves=curves, unit="V", marks=marks))

    def discharge_caption(self) -> str:
        """Return the caption of the plot of the longest discharge."""
        longest = self._records.longest
        return self._texts.text("discharge_plot", start=(self._texts.time(longest.start) if longest else None) or "")

    def alarms(self) -> Table:
        """Return the alarms of the string and its batteries."""
        columns = ("raised", "battery", "alarm", "worst", "value", "limit", "acknowledged", "cleared")
        return table(columns, self._records.alarms, self._alarm)

    def _alarm(self, alarm: Alarm) -> Row:
        texts = self._texts
        number = self._string.number(alarm.battery)
        value, limit = texts.alarms.amounts(self._string, alarm)
        by = alarm.acknowledged_by or texts.text("an_automation")
        return (
            texts.time(alarm.raised),
            str(number) if number is not None else "",
            texts.alarms.title(alarm),
            Cell(texts.level(LEVELS[alarm.worst]), LEVELS[alarm.worst]),
            value,
            limit,
            f"{texts.time(alarm.acknowledged)} {by}" if alarm.acknowledged is not None else None,
            texts.time(alarm.cleared) or Cell(texts.text("open"), "warning"),
        )

    def monitored(self) -> str:
        """Return how much of the time the string was monitored."""
        source, gaps = self._source, self._records.gaps
        off, until = 0.0, source.since
        for gap in gaps:  # oldest first; they may overlap
            off += max(0.0, min(gap.end, source.now) - max(gap.start, until))
            until = max(until, gap.end)
        # Rounded down: only a time without gaps is 100 %.
        share = floor(1e4 * max(0.0, 1 - off / (source.now - source.since)) + 1e-6) / 100
        return self._texts.text("watched", share=self._texts.number(share, 2, "%") or "", gaps=str(len(gaps)))

    def gaps(self) -> Table:
        """Return when the monitor was off."""
        texts = self._texts
        return table(
            ("from", "to", "duration"),
            self._records.gaps,
            lambda gap: (texts.time(gap.start), texts.time(gap.end), texts.duration(gap.end - gap.start)),
        )
