"""Page one of a report: the verdict on a string and the findings behind it, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import re
from typing import Final

from ..monitor.battery.events import Alarm, Level
from ..monitor.battery.resistance import ResistanceState
from ..monitor.battery.resistance_trend import Risk
from ..strings.address_text import as_text
from ..texts.alarm_texts import LEVELS, UNMONITORED, most_urgent_first
from .report_monitoring import Monitoring
from .report_source import Source
from .report_tasks import PROGRAMMES
from .report_texts import ReportTexts

WORN: Final = 0.8  # of the rated capacity, below which a battery is to be replaced (IEEE 450, 1188 and 1106)
BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=[^\W\d]|[%×°])")
NAMED: Final = 8  # open alarms with a line of their own


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One finding: a sentence, and the section of the report with its evidence."""

    text: str
    section: str
    level: Level = Level.OK
    advice: str = ""  # what to do

    @property
    def style(self) -> str:
        """The level as a class of the style sheet."""
        return LEVELS[self.level] if self.level else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """The verdict on a string."""

    text: str
    level: Level


class Findings:
    """The findings on a string, the worst first, and the verdict that follows from them."""

    def __init__(self, texts: ReportTexts, source: Source, monitoring: Monitoring) -> None:
        self._texts = texts
        self._source = source
        self._monitoring = monitoring
        found = [*self._batteries(), *self._alarms(), *self._capacity(), *self._discharges(), *self._gaps()]
        self.all: Sequence[Finding] = sorted([*found, *self._unknown()], key=lambda finding: -finding.level)
        self.verdict = self._verdict()

    def _verdict(self) -> Verdict:
        text = self._texts.text
        worst = max(finding.level for finding in self.all)
        if worst is Level.ALARM:
            return Verdict(text=text("verdict_act"), level=worst)
        if self._source.records.error or self._source.state.monitored is not True:
            return Verdict(text=text("verdict_unknown"), level=Level.ALARM)
        return Verdict(text=text("verdict_watch" if worst else "verdict_ok"), level=worst)

    def _batteries(self) -> Iterator[Finding]:
        """Yield which batteries are to be replaced, and which to be observed, by their internal resistance."""
        if not self._source.string.testable:
            return
        by_risk: dict[Risk | None, list[int]] = {}
        for battery in self._source.string.batteries:
            known = self._source.state.resistances.get(battery.id) or ResistanceState()
            by_risk.setdefault(known.risk, []).append(battery.number)
        watch = sorted(by_risk.get(Risk.WEAK, []) + by_risk.get(Risk.WATCH, []))
        for key, none, numbers, level in (
            ("to_replace", "none_to_replace", by_risk.get(Risk.REPLACE, []), Level.ALARM),
            ("to_observe", "none_to_observe", watch, Level.WARNING),
        ):
            if numbers:
                yield self._found(key, "values", level, count=str(len(numbers)), numbers=as_text(numbers))
            else:
                yield self._found(none, "values")
        if unjudged := by_risk.get(None):
            yield self._found(
                "not_judged", "values", Level.WARNING, count=str(len(unjudged)), numbers=as_text(unjudged)
            )

    def _alarms(self) -> Iterator[Finding]:
        """Yield the open alarms, the most urgent first, and how many there were."""
        texts, source = self._texts, self._source
        alarms = [alarm for alarm in source.raised if not alarm.drill]
        for alarm in most_urgent_first(alarms)[:NAMED]:
            found = self._found(
                "open_alarm",
                "alarms",
                alarm.level,
                level=texts.level(LEVELS[alarm.level]),
                alarm=self._named(alarm),
                since=texts.time(alarm.raised) or "",
            )
            yield replace(found, advice=texts.alarms.advice(alarm.kind))
        if len(alarms) > NAMED:
            yield self._found("more_alarms", "alarms", Level.WARNING, count=str(len(alarms) - NAMED))
        if not alarms:
            yield self._found("no_alarm", "alarms")
        if not source.records.error:
            past = [alarm for alarm in source.records.alarms if not alarm.drill]
            unseen = sum(alarm.acknowledged is None for alarm in past)
            yield self._found("alarms_in_period", "alarms", count=str(len(past)), unseen=str(unseen))

    def _named(self, alarm: Alarm) -> str:
        """Return an alarm with the number of its battery, its value now, its worst value and its limit."""
        texts, string = self._texts, self._source.string
        number = string.number(alarm.battery)
        summary = texts.alarms.summary(string, alarm)
        if alarm.value_at is not None:
            present, limit = texts.alarms.amounts(string, replace(alarm, value=alarm.value_now))
            worst, _ = texts.alarms.amounts(string, replace(alarm, value=alarm.worst_value))
            not_known = texts.text("not_known")
            summary = texts.text(
                "alarm_values",
                alarm=texts.alarms.summary(string, replace(alarm, value=None)),
                now=present or not_known,
                worst=worst or not_known,
                limit=limit or not_known,
            )
        return summary if number is None else texts.text("of_battery", number=str(number), alarm=summary)

    def _capacity(self) -> Iterator[Finding]:
        """Yield the capacity that was measured last, in relation to the rated one."""
        learned, rated = self._source.state.learned, self._source.string.settings.capacity
        if learned.capacity is None:
            if self._source.string.settings.measures_current:
                yield self._found("no_capacity", "discharges")
            return
        share = learned.capacity / rated
        yield self._found(
            "capacity_low" if share < WORN else "capacity_found",
            "discharges",
            Level.ALARM if share < WORN else Level.OK,
            share=self._texts.number(100 * share, 0, "%") or "",
            day=self._texts.day(learned.capacity_at) or self._texts.text("not_known"),
            limit=self._texts.number(100 * WORN, 0, "%") or "",
            standard=PROGRAMMES[self._source.string.settings.chemistry][0].name,
        )

    def _discharges(self) -> Iterator[Finding]:
        """Yield how many discharges there were, and the last one."""
        texts, records = self._texts, self._source.records
        if records.error:
            return
        if last := records.last:
            yield self._found(
                "discharges_in_period",
                "discharges",
                count=str(len(records.discharges)),
                start=texts.time(last.start) or "",
                duration=texts.duration((last.end or last.start) - last.start) or "",
            )
        elif records.discharges:
            yield self._found("discharge_now", "discharges", Level.WARNING)
        else:
            yield self._found("no_discharge", "discharges")

    def _gaps(self) -> Iterator[Finding]:
        """Yield how much of the time was monitored."""
        level = Level.WARNING if self._monitoring.missing else Level.OK
        yield Finding(text=monitored_text(self._texts, self._source, self._monitoring), section="gaps", level=level)

    def _unknown(self) -> Iterator[Finding]:
        """Yield what is not known now of the string and its batteries."""
        source = self._source
        if source.records.error:
            error = self._texts.text("records_unreadable", error=source.records.error)
            yield Finding(text=error, section="alarms", level=Level.WARNING)
        if source.state.monitored is not True and not any(alarm.kind in UNMONITORED for alarm in source.raised):
            yield self._found("not_monitored_now", "now", Level.WARNING)
        without = [battery.number for battery in source.string.batteries if source.readings[battery.id] is None]
        if without:
            yield self._found("no_reading", "values", Level.WARNING, count=str(len(without)), numbers=as_text(without))

    def _found(self, key: str, section: str, level: Level = Level.OK, /, **placeholders: str) -> Finding:
        return Finding(text=sentence(self._texts.text(key, **placeholders)), section=section, level=level)


def sentence(text: str) -> str:
    """Return a sentence in which a value and its unit stay on one line, and no abbreviation doubles the full stop."""
    return BEFORE_UNIT.sub("\u00a0", text.removesuffix("..") + "." if text.endswith("..") else text)


def monitored_text(texts: ReportTexts, source: Source, monitoring: Monitoring) -> str:
    """Return how much of the time of a report its string was monitored, in words."""
    if source.records.error:
        return texts.text("monitored_unknown")
    start = texts.time(monitoring.start) or ""
    share = texts.number(monitoring.share, 2, "%") or ""
    if not monitoring.missing:
        return texts.text("monitored_whole", start=start)
    count = sum(outage.end > monitoring.start for outage in monitoring.outages)
    return texts.text(
        "monitored_share", share=share, start=start, missing=texts.length(monitoring.missing), gaps=str(count)
    )
