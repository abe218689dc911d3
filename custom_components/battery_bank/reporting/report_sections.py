"""The sections of a report on one string.

Laid out after what IEEE 1188 has recorded and NERC PRC-005 has maintained: it supports evidence and claims nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Final

from ..coordinator import LineCoordinator
from ..monitor.battery.events import Alarm, Baseline, CurvePoint, Discharge, Level, Replaced, ResistanceTest, Unwatched
from ..monitor.battery.resistance import Ohmic
from ..monitor.battery.trend import Risk
from ..strings.members import Battery, String
from ..texts.alarm_texts import LEVELS, level
from ..texts.values import percent
from .report_page import (
    NONE,
    Cell,
    Curve,
    Marked,
    Plot,
    Point,
    facts,
    figure,
    heading,
    paragraph,
    signatures,
    table,
    title,
)
from .report_texts import ReportWords

NAMED: Final = 5  # curves of the worst batteries that are named in a plot
TICKS: Final = 6
# What a maintenance programme asks for and no module measures, by the keys of its names.
NOT_MEASURED: Final = (
    "connection_resistance",
    "ground_faults",
    "electrolyte",
    "torque",
    "inspection",
    "ripple",
)


@dataclass(frozen=True, kw_only=True)
class Records:
    """What the journal has of a string in the time of the report, oldest first."""

    alarms: Sequence[Alarm]
    discharges: Sequence[Discharge]
    longest: Discharge | None
    curves: Mapping[str | None, Sequence[CurvePoint]]  # of the longest, by battery
    tests: Sequence[ResistanceTest]
    baselines: Mapping[str, Baseline]
    replacements: Sequence[Replaced]
    gaps: Sequence[Unwatched]


class Report:
    """What there is to say of one string from `since` to `now`, in s since 1970, UTC."""

    def __init__(
        self,
        words: ReportWords,
        coordinator: LineCoordinator,
        string: String,
        records: Records,
        since: float,
        now: float,
    ) -> None:
        """Prepare a report; nothing is read any more."""
        self._words = words
        self._line = coordinator
        self._string = string
        self._records = records
        self._since = since
        self._now = now

    def sections(self, *, first: bool) -> list[str]:
        """Return all sections in order, as HTML; one that isn't the first begins a page."""
        words = self._words
        start, end = words.day(self._since) or "", words.time(self._now) or ""
        return [
            "<header>" if first else '<header class="string">',
            title(self._string.name),
            paragraph(words("title"), "lead"),
            paragraph(words("period", start=start, end=end), "lead"),
            paragraph(words("no_claim"), "note"),
            "</header>",
            *self._identity(),
            *self._condition(),
            *self._measured(),
            *self._batteries(),
            *self._tests(),
            *self._discharges(),
            *self._alarms(),
            *self._gaps(),
            signatures([words(key) for key in ("checked_by", "date", "signature")]),
        ]

    def _identity(self) -> list[str]:
        words, string = self._words, self._string
        settings = string.settings
        modules = {one.module.profile.model for one in string.batteries}
        return [
            heading(words("identity")),
            facts(
                [
                    (words("line"), self._line.entry.title),
                    (words("batteries"), f"{len(string.batteries)} × {words.number(settings.nominal_voltage, 1, 'V')}"),
                    (words("capacity"), words.number(settings.capacity, 0, "Ah")),
                    (words("chemistry"), words(settings.chemistry, "chemistry")),
                    (words("installed"), words.day(settings.installed)),
                    (words("battery_modules"), ", ".join(sorted(modules))),
                    (words("string_module"), string.module.profile.model if string.module else words("none")),
                    (words("baselines"), f"{len(self._records.baselines)} / {len(string.batteries)}"),
                ]
            ),
        ]

    def _condition(self) -> list[str]:
        words, string = self._words, self._string
        state, summary, own = string.state, string.summary, string.reading
        charge = percent(state.running.charge.state) if state.running.condition.condition else None
        learned = state.learned.capacity
        return [
            heading(words("now")),
            facts(
                [
                    (words("state"), words.state("condition", state.running.condition.condition)),
                    (words("alarm_level"), words.state("alarm_level", level(string.raised))),
                    (words("voltage"), words.number(summary.voltage, 2, "V")),
                    (words("current"), words.number(own.current if own else None, 1, "A")),
                    (words("ambient"), words.temperature(own.ambient_temperature if own else None)),
                    (words("state_of_charge"), words.number(charge, 0, "%")),
                    (
                        words("measured_capacity"),
                        words.number(learned, 1, "Ah") if learned is not None else words("not_known"),
                    ),
                ]
            ),
        ]

    def _measured(self) -> list[str]:
        """Say what is watched how often, and what is not: nobody shall take a missing line for a good one."""
        words, string = self._words, self._string
        continuous, never = words("continuous"), Marked(words("not_measured"), "warning")
        tested = words("every_days", days=f"{string.schedule.days:g}") if string.schedule else words("on_demand")
        with_current = continuous if string.settings.measures_current else never
        rows: list[Sequence[Cell]] = [
            (words("battery_voltages"), continuous),
            (words("battery_temperatures"), continuous),
            (words("ohmic_values"), tested if string.testable else never),
            (words("string_voltage"), continuous),
            (words("string_current"), with_current),
            (words("ambient"), with_current),
            (words("capacity_by_discharge"), words("at_discharges") if string.settings.measures_current else never),
            *((words(key), never) for key in NOT_MEASURED),
        ]
        return [heading(words("what_is_measured")), table([words("parameter"), words("by_this")], rows)]

    def _batteries(self) -> list[str]:
        words, string = self._words, self._string
        serials = {one.battery: one.serial for one in self._records.replacements}
        columns = ("number", "serial", "voltage_v", "deviation_mv", "temperature", "ohmic_mohm", "baseline_mohm")
        rows = [self._battery(battery, serials.get(battery.id)) for battery in string.batteries]
        limit = string.settings.by_key["resistance_baseline"]
        note = words(
            "ratio_limits",
            warning=words.number(100 * limit.warning, 0, "%") or "",
            alarm=words.number(100 * limit.alarm, 0, "%") or "",
        )
        return [
            heading(words("values")),
            table([words(key) for key in (*columns, "ratio", "risk", "replace")], rows, numbers=(0, 2, 3, 4, 5, 6, 7)),
            paragraph(note, "note"),
        ]

    def _battery(self, battery: Battery, serial: str | None) -> list[Cell]:
        words, reading = self._words, battery.reading
        settings = self._string.settings
        known = self._string.state.ohmic.get(battery.id) or Ohmic()
        base = self._records.baselines.get(battery.id)
        away = self._string.state.spread.deviations.get(battery.id)
        ratio, last, trend = known.ratio, known.last, known.trend
        limit = settings.by_key["resistance_baseline"]
        reached = limit.level(ratio) if ratio is not None else Level.OK
        open_level = max((one.level for one in self._string.alarms if one.battery == battery.id), default=Level.OK)
        when = [words.day(trend.limit_from), words.day(trend.limit_to)] if trend and trend.limit_from else []
        ratio_text = words.number(percent(ratio), 0, "%")
        return [
            Marked(str(battery.number), LEVELS[open_level] if open_level else ""),
            serial,
            words.number(reading.voltage if reading else None, 3),
            words.number(1000 * away * settings.cells if away is not None else None, 0),
            words.temperature(reading.temperature if reading else None),
            words.number(1000 * last.ohmic_value if last else None, 3),
            f"{words.number(1000 * base.ohmic_value, 3)}\n{words.day(base.at)}" if base else None,
            Marked(ratio_text, LEVELS[reached]) if ratio_text and reached else ratio_text,
            Marked(words.state("risk", known.risk) or "", "warning" if known.risk in (Risk.WEAK, Risk.REPLACE) else ""),
            f" {NONE}\n".join(one for one in when if one) or None,
        ]

    def _tests(self) -> list[str]:
        """Show all resistance tests against the baselines, and what each day's brought."""
        words, tests = self._words, [test for test in self._records.tests if test.usable]
        by_battery: dict[str, list[Point]] = {}
        for test in tests:
            if base := self._records.baselines.get(test.battery):
                by_battery.setdefault(test.battery, []).append((test.at, 100 * test.ohmic_value / base.ohmic_value))
        worst = sorted(by_battery, key=lambda one: by_battery[one][-1][1])[-NAMED:]
        limit = self._string.settings.by_key["resistance_baseline"]
        plot = Plot(
            curves=[
                Curve(points=points, name=str(self._string.number(one) or "") if one in worst else "")
                for one, points in by_battery.items()
            ],
            limits={
                words(LEVELS[Level.WARNING], "level"): 100 * limit.warning,
                words(LEVELS[Level.ALARM], "level"): 100 * limit.alarm,
            },
            unit="%",
            ticks=self._days([test.at for test in tests]),
        )
        rows: list[Sequence[Cell]] = []
        for day, group in groupby(tests, key=lambda test: words.day(test.at)):
            values = [1000 * test.ohmic_value for test in group]
            some = (words.number(value, 3) for value in (min(values), median(values), max(values)))
            rows.append((day, str(len(values)), *some))
        columns = [words(key) for key in ("date", "batteries", "least_mohm", "median_mohm", "greatest_mohm")]
        return [
            heading(words("tests")),
            figure(plot, words("tests_plot")),
            table(columns, rows, numbers=(1, 2, 3, 4)) if rows else paragraph(words("nothing")),
        ]

    def _discharges(self) -> list[str]:
        words, string = self._words, self._string
        rows: list[Sequence[Cell]] = [
            (
                words.time(one.start),
                words.duration(one.end - one.start if one.end is not None else None),
                words.number(one.drawn, 1),
                words.number(one.energy, 0),
                words.number(one.end_voltage, 2),
                str(string.number(one.lowest_battery) or NONE) + f" ({words.number(one.lowest_voltage, 3) or NONE})",
                words.number(one.capacity, 1),
                Marked(words("interrupted"), "warning") if one.interrupted else "",
            )
            for one in self._records.discharges
        ]
        keys = (
            "start",
            "duration",
            "drawn_ah",
            "energy_wh",
            "end_voltage_v",
            "lowest_battery",
            "capacity_ah",
            "remark",
        )
        section = [
            heading(words("discharges")),
            table([words(key) for key in keys], rows, numbers=(1, 2, 3, 4, 6)) if rows else paragraph(words("nothing")),
        ]
        if longest := self._records.longest:
            last = longest.lowest_battery
            curves = [
                Curve(
                    points=[(point.seconds / 60, point.voltage) for point in points],
                    name=str(string.number(battery)) if battery == last else "",
                )
                for battery, points in self._records.curves.items()
                if battery is not None
            ]
            minutes = [point[0] for curve in curves for point in curve.points]
            ticks = [(at, f"{at:.0f} min") for at in _spaced(min(minutes), max(minutes))] if minutes else []
            caption = words("discharge_plot", start=words.time(longest.start) or "")
            section.append(figure(Plot(curves=curves, unit="V", ticks=ticks), caption))
        return section

    def _alarms(self) -> list[str]:
        words, string = self._words, self._string
        rows: list[Sequence[Cell]] = []
        for one in self._records.alarms:
            told = words.alarms.described(string, one)
            value = f"{words.number(told['value'], 2)} {told['unit']}" if told["value"] is not None else None
            limit = f"{words.number(told['limit'], 2)} {told['unit']}" if told["limit"] is not None else None
            by = one.acknowledged_by or words("an_automation") if one.acknowledged is not None else None
            rows.append(
                (
                    words.time(one.raised),
                    str(told["battery"]) if told["battery"] is not None else "",
                    told["name"],
                    Marked(words(LEVELS[one.worst], "level"), LEVELS[one.worst]),
                    value,
                    limit,
                    f"{words.time(one.acknowledged)} {by}" if by else None,
                    words.time(one.cleared) or Marked(words("open"), "warning"),
                )
            )
        keys = ("raised", "battery", "alarm", "worst", "value", "limit", "acknowledged", "cleared")
        return [
            heading(words("alarms")),
            table([words(key) for key in keys], rows) if rows else paragraph(words("nothing")),
        ]

    def _gaps(self) -> list[str]:
        words, gaps = self._words, self._records.gaps
        off = sum(min(gap.end, self._now) - max(gap.start, self._since) for gap in gaps)
        share = max(0.0, 1 - off / (self._now - self._since))
        rows = [(words.time(gap.start), words.time(gap.end), words.duration(gap.end - gap.start)) for gap in gaps]
        return [
            heading(words("gaps")),
            paragraph(words("watched", share=words.number(100 * share, 2, "%") or "", gaps=str(len(gaps)))),
            table([words("from"), words("to"), words("duration")], rows) if rows else "",
            paragraph(words("gaps_note"), "note"),
        ]

    def _days(self, times: Sequence[float]) -> list[tuple[float, str]]:
        return [(at, self._words.day(at) or "") for at in _spaced(min(times), max(times))] if times else []


def _spaced(first: float, last: float) -> list[float]:
    """Return evenly spaced places for the marks of an axis."""
    if first == last:
        return [first]
    return [first + number * (last - first) / (TICKS - 1) for number in range(TICKS)]
