"""The content of a report on one string, section by section.

IEEE 1188 says what to record, and NERC PRC-005 what to maintain. The report is evidence for both and claims nothing.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

from ..const import CONF_BATTERY_TYPE, CONF_MAKER
from ..monitor.battery.alarm_kinds import AlarmKind
from ..monitor.battery.events import Alarm
from ..monitor.battery.room import TEMPERATURE
from ..monitor.line.module import Module
from ..texts.alarm_texts import LEVELS, level
from ..texts.values import percent
from .plots import Drawing
from .report_batteries import batteries_table
from .report_capacity import Certificate, capacity_table, certificates
from .report_changes import changes_table
from .report_discharges import Figure, discharge_plots, discharge_table
from .report_findings import Findings, monitored_text
from .report_history import history_table, temperature_plot, voltage_plot
from .report_limits import figures, instruments, limits
from .report_monitoring import Monitoring, Outage
from .report_room import by_room_sensor, room_table
from .report_source import Source
from .report_tables import Cell, Row, Table, table
from .report_tasks import Tasks
from .report_tests import tests_plot, tests_table
from .report_texts import ReportTexts

# The sections of a report in their order, with the keys of their titles. Page one stands before them, without a number.
SECTIONS: Final = {
    "now": "now",
    "values": "values",
    "limits": "limits",
    "discharges": "discharges",
    "capacity": "capacity_tests",
    "tests": "tests",
    "history": "history",
    "alarms": "alarms",
    "changes": "changes",
    "gaps": "gaps",
    "measured": "what_is_measured",
    "tasks": "tasks",
}
# What a maintenance programme asks for and no module measures, by the keys of the names.
NOT_MEASURED: Final = (
    "connection_resistance",
    "electrolyte",
    "torque",
    "inspection",
    "ripple",
)

type Facts = Sequence[tuple[str, str | None]]  # keys of names, and values; one without a value is not shown


class StringReport:
    """The report on one string, as texts for the template."""

    def __init__(self, texts: ReportTexts, source: Source, number: int = 1) -> None:
        """Take what is known of the string that has this number in the report, from 1."""
        self._texts = texts
        self._source = source
        self._string = source.string
        self._records = source.records
        self._monitoring = Monitoring.of(source)
        self.anchor = f"s{number}"  # the beginning of the ids of its sections
        self.name = source.string.name
        self.start = texts.day(source.since)
        self.end = texts.time(source.now)
        self.edition = source.edition

    def findings(self) -> Findings:
        """Return the verdict on the string, and the findings behind it."""
        return Findings(self._texts, self._source, self._monitoring)

    def about(self) -> Facts:
        """Return what identifies the report."""
        texts, edition = self._texts, self.edition
        return [
            ("report_number", edition.number),
            ("customer", edition.customer),
            ("site", edition.site),
            ("period_covered", texts.text("period", start=self.start or "", end=self.end or "")),
            ("made_by", edition.made_by or texts.text("automation")),
            ("time_zone", edition.time_zone),
            ("versions", edition.versions),
        ]

    def identity(self) -> Facts:
        """Return what the string consists of."""
        texts, string = self._texts, self._string
        settings = string.settings
        return [
            ("line", self._source.line),
            ("batteries", f"{len(string.batteries)} × {texts.number(settings.nominal_voltage, 1, 'V')}"),
            ("capacity", texts.number(settings.capacity, 0, "Ah")),
            ("chemistry", texts.translations.option("chemistry", settings.chemistry)),
            ("installed", texts.day(settings.installed)),
            ("maker", string.config.get(CONF_MAKER)),
            ("battery_type", string.config.get(CONF_BATTERY_TYPE)),
            ("serials", self._serials()),
            ("battery_modules", self._models([battery.module for battery in string.batteries])),
            ("string_module", self._models([string.module]) if string.module else texts.text("none")),
            ("baselines", f"{len(self._records.baselines)} / {len(string.batteries)}"),
        ]

    def _models(self, modules: Sequence[Module]) -> str:
        """Return the models of modules, with the versions of their firmware as far as they are known."""
        firmware: dict[str, set[str]] = {}
        for module in modules:
            known = firmware.setdefault(f"{module.profile.manufacturer} {module.profile.model}", set())
            if module.firmware is not None:
                known.add(f"{module.firmware:04X}")  # as the device page and the display show it
        named: list[str] = []
        for model, known in sorted(firmware.items()):
            versions = self._texts.text("firmware", versions=", ".join(sorted(known)))
            named.append(self._texts.translations.bracketed(model, versions) if known else model)
        return ", ".join(named)

    def _serials(self) -> str:
        """Return how many batteries have a serial number; the numbers stand in the table of the batteries."""
        known = {one.battery for one in self._records.replacements if one.serial}
        count = sum(battery.id in known for battery in self._string.batteries)
        return f"{count} / {len(self._string.batteries)}"

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
            ("ambient", texts.temperature(source.ambient)),
            ("state_of_charge", texts.number(charge, 0, "%")),
            ("measured_capacity", texts.number(capacity, 1, "Ah") or texts.text("not_known")),
            ("remaining_time", self._remaining()),
            ("next_capacity_test", texts.day(self._string.next_capacity_test)),
        ]

    def _remaining(self) -> str | None:
        """Return the remaining time of a discharge under way, with its range; None without one."""
        texts, shown = self._texts, self._source.state.prediction
        if shown.remaining is None:
            return None
        text = texts.duration(shown.remaining, left=True) or ""
        low, high = (texts.duration(one, left=True) for one in (shown.remaining_low, shown.remaining_high))
        if low is not None and high is not None:
            text = texts.text("remaining_range", remaining=text, low=low, high=high)
        return ", ".join([text, texts.text("estimated")]) if shown.estimated else text

    def batteries(self) -> Table:
        """Return the present values of each battery."""
        return batteries_table(self._texts, self._source)

    def ratio_limits(self) -> str:
        """Return the limits of the resistance against the baseline; "" if no module measures it."""
        if not self._string.testable:
            return ""
        limit = self._string.settings.by_key["resistance_baseline"]
        warning, alarm = (self._texts.number(100 * ratio, 0, "%") or "" for ratio in (limit.warning, limit.alarm))
        return self._texts.text("ratio_limits", warning=warning, alarm=alarm)

    def limits(self) -> Table:
        """Return each limit, the value beside it, and its source."""
        return limits(self._texts, self._source)

    def figures(self) -> Table:
        """Return the figures of the cells, and their sources."""
        return figures(self._texts, self._source)

    def instruments(self) -> Table:
        """Return how certain the instruments are."""
        return instruments(self._texts, self._source)

    def discharges(self) -> Table:
        """Return the discharges."""
        return discharge_table(self._texts, self._source)

    def discharge_plots(self) -> Sequence[Figure]:
        """Return the curves of the last discharge and of the deepest one."""
        return discharge_plots(self._texts, self._source)

    def capacity_tests(self) -> Table:
        """Return the capacity tests of the period, oldest first, also those that were not begun."""
        return capacity_table(self._texts, self._source)

    def certificates(self) -> Sequence[Certificate]:
        """Return the certificates of the capacity tests in the period, the last one first."""
        return certificates(self._texts, self._source)

    def tests_plot(self) -> Drawing | None:
        """Return the resistance tests of each battery against its baseline, in %."""
        return tests_plot(self._texts, self._source)

    def tests(self) -> Table:
        """Return lowest, median and highest resistance of the tests of each day."""
        return tests_table(self._texts, self._source)

    def no_history(self) -> str:
        """Return why there are no statistics; "" if there are some."""
        if self._source.means is None:
            return self._texts.text("no_recorder")
        return "" if self._source.means else self._texts.text("no_statistics")

    def history(self) -> Table:
        """Return lowest, mean and highest voltage and temperatures of the period."""
        return history_table(self._texts, self._source)

    def history_plots(self) -> Sequence[Figure]:
        """Return the voltage and the temperatures over the period."""
        plots = (
            ("voltage_plot", voltage_plot(self._texts, self._source)),
            ("temperature_plot", temperature_plot(self._texts, self._source)),
        )
        return [Figure(plot=plot, caption=self._texts.text(key)) for key, plot in plots if plot]

    def alarms(self) -> Table:
        """Return the alarms of the string and its batteries."""
        columns = ("raised", "battery", "alarm", "worst", "value", "limit", "acknowledged", "cleared")
        return table(columns, self._records.alarms, self._alarm)

    def _alarm(self, alarm: Alarm) -> Row:
        texts = self._texts
        number = self._string.number(alarm.battery)
        value, limit = texts.alarms.amounts(self._string, alarm)
        automation = texts.text("an_automation")
        seen = [texts.time(alarm.acknowledged), alarm.acknowledged_by or automation, alarm.note]
        if alarm.noted is not None:
            seen[2:] = [texts.time(alarm.noted), alarm.noted_by or automation, alarm.note or texts.text("no_note")]
        return (
            texts.time(alarm.raised),
            str(number) if number is not None else "",
            texts.alarms.title(alarm),
            Cell(texts.level(LEVELS[alarm.worst]), LEVELS[alarm.worst]),
            value,
            limit,
            "\n".join(part for part in seen if part) if alarm.acknowledged is not None else None,
            texts.time(alarm.cleared) or Cell(texts.text("open"), "warning"),
        )

    def changes(self) -> Table:
        """Return the replacements and the baselines of the period, oldest first."""
        return changes_table(self._texts, self._source)

    def monitored(self) -> str:
        """Return how much of the time the string was monitored."""
        return monitored_text(self._texts, self._source, self._monitoring)

    def late(self) -> str:
        """Return that the monitoring started after the start of the period; "" if it did not."""
        start = self._texts.time(self._monitoring.start) or ""
        return self._texts.text("monitored_from", start=start) if self._monitoring.late else ""

    def gaps(self) -> Table:
        """Return when the string was not monitored, and why."""
        texts = self._texts

        def row(outage: Outage) -> Row:
            cause = texts.alarms.title(outage.alarm) if outage.alarm else texts.text("monitor_off")
            return texts.time(outage.start), texts.time(outage.end), texts.length(outage.end - outage.start), cause

        return table(("from", "to", "length", "cause"), self._monitoring.outages, row)

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
        by_sensor = partial(by_room_sensor, texts, self._source)
        rows: list[tuple[str, Cell | str]] = [
            ("battery_voltages", continuous),
            ("battery_temperatures", continuous),
            ("ohmic_values", tested),
            ("string_voltage", continuous),
            ("string_current", continuous if with_current else never),
            ("ambient", by_sensor(TEMPERATURE) or (continuous if with_current else never)),
            ("capacity_by_discharge", texts.text("at_discharges") if with_current else never),
            ("ground_faults", by_sensor(AlarmKind.GROUND_FAULT) or never),
            *((key, never) for key in NOT_MEASURED),
        ]
        return table(("parameter", "by_this"), rows, lambda row: (texts.text(row[0]), row[1]))

    def room(self) -> Table:
        """Return what the other sensors of the room measure, and which entities they are."""
        return room_table(self._texts, self._source)

    def tasks(self) -> Sequence[tuple[str, Table]]:
        """Return the tasks of maintenance programmes, and what this installation did of them."""
        return Tasks(self._texts, self._source, self._monitoring).tables()
