"""The resistance tests of a report: their trend against the baselines, and each day of tests."""

from collections.abc import Iterator
from itertools import groupby
from statistics import median
from typing import Final

from ..monitor.battery.events import Level, ResistanceTest
from ..texts.alarm_texts import LEVELS
from .date_marks import date_marks
from .plots import Curve, Drawing, Plot, Point, drawing
from .report_source import Source
from .report_tables import Row, Table, table
from .report_texts import ReportTexts
from .turns import unhurried

NAMED: Final = 5  # batteries with the highest resistance, whose curves have their numbers


def tests_plot(texts: ReportTexts, source: Source) -> Drawing | None:
    """Return the resistance tests of each battery against its baseline, in %."""
    by_battery: dict[str, list[Point]] = {}
    for test in unhurried(_usable(source)):
        if base := source.records.baselines.get(test.battery):
            by_battery.setdefault(test.battery, []).append((test.at, 100 * test.ohmic_value / base.ohmic_value))
    if not by_battery:
        return None
    highest = sorted(by_battery, key=lambda battery: by_battery[battery][-1][1])[-NAMED:]
    limit = source.string.settings.by_key["resistance_baseline"]
    times = [at for points in by_battery.values() for at, _ in points]
    plot = Plot(
        curves=[
            Curve(points=points, name=str(source.string.number(battery) or "") if battery in highest else "")
            for battery, points in by_battery.items()
        ],
        limits={
            texts.level(LEVELS[Level.WARNING]): 100 * limit.warning,
            texts.level(LEVELS[Level.ALARM]): 100 * limit.alarm,
        },
        unit="%",
        marks={at: texts.day(at) or "" for at in date_marks(min(times), max(times), texts.zone)},
    )
    return drawing(plot)


def tests_table(texts: ReportTexts, source: Source) -> Table:
    """Return lowest, median and highest resistance of the tests of each day."""
    rows: list[Row] = []
    for day, group in groupby(unhurried(_usable(source)), key=lambda test: texts.day(test.at)):
        tests = list(group)
        values = [test.ohmic_value for test in tests]
        tested = str(len({test.battery for test in tests}))
        some = (texts.milliohms(source.string, value) for value in (min(values), median(values), max(values)))
        rows.append((day, tested, *some))
    numbers = ("tested", "least_mohm", "median_mohm", "greatest_mohm")
    return table(("date", *numbers), rows, lambda row: row, numbers)


def _usable(source: Source) -> Iterator[ResistanceTest]:
    return (test for test in source.records.tests if test.usable)
