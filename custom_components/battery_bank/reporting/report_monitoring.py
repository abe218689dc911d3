"""How much of the time of a report a string was monitored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import floor
from typing import Self

from ..monitor.battery.events import Alarm
from ..texts.alarm_texts import UNMONITORED
from .report_source import Source
from .turns import unhurried

type Span = tuple[float, float]  # from and to, in s since 1970


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """A time without monitoring: the monitor was off or, with an alarm, modules or the line did not answer."""

    start: float  # s since 1970
    end: float
    alarm: Alarm | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitoring:
    """How much of the time of a report the monitor was on. It can't have been before its first record."""

    start: float  # s since 1970: the start of the report, or of the monitoring if that is later
    late: bool  # whether the monitoring started after the start of the report
    outages: Sequence[Outage]  # oldest first; they may overlap
    missing: float  # s in outages
    share: float  # %, rounded down to two decimals; 100 only without an outage
    longest: float  # s without monitoring in one piece, of the string or of one of its batteries

    @classmethod
    def of(cls, source: Source) -> Self:
        """Work it out from the records of a string."""
        records, now = source.records, source.now
        first = min(
            [
                source.configured,
                *(test.at for test in records.tests),
                *(baseline.at for baseline in records.all_baselines),
                *(replaced.at for replaced in records.replacements),
                *(discharge.start for discharge in records.discharges),
                *(gap.start for gap in records.gaps),
                *(alarm.raised for alarm in records.alarms),
            ]
        )
        start = min(max(source.since, first), now)
        outages = [Outage(start=gap.start, end=gap.end) for gap in records.gaps] + [
            Outage(start=alarm.raised, end=alarm.cleared if alarm.cleared is not None else now, alarm=alarm)
            for alarm in records.alarms
            if alarm.kind in UNMONITORED and not alarm.drill
        ]
        whole = [outage for outage in outages if outage.alarm is None or outage.alarm.battery is None]
        missing = sum(end - begin for begin, end in _joined(whole, start, now))
        share = floor(1e4 * (1 - missing / ((now - start) or 1.0))) / 100 if missing else 100.0
        return cls(
            start=start,
            late=first > source.since,
            outages=sorted(whole, key=lambda outage: outage.start),
            missing=missing,
            share=max(0.0, share),
            longest=max((end - begin for begin, end in _joined(outages, start, now)), default=0.0),
        )


def _joined(outages: Iterable[Outage], start: float, end: float) -> list[Span]:
    """Return the spans of outages within a period, those that overlap as one."""
    joined: list[Span] = []
    for outage in unhurried(sorted(outages, key=lambda outage: outage.start)):
        first, last = max(outage.start, start), min(outage.end, end)
        if first >= last:
            continue
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined
