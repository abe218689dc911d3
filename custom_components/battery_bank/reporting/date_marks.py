"""The marks of an axis of time: days, months or years that begin in the period."""

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import Final

from ..monitor.clock import time_in

MOST: Final = 8  # marks; more of them would touch
DAYS: Final = (1, 2, 7, 14)  # between two marks
MONTHS: Final = (1, 2, 3, 6, 12, 24, 60)


def date_marks(first: float, last: float, zone: tzinfo) -> list[float]:
    """Return the days to mark between two times, in s since 1970; the first time if no day begins in between."""
    for days in DAYS:
        if (last - first) / 86400 / days < MOST:
            return list(_days(first, last, days, zone)) or [first]
    for months in MONTHS[:-1]:
        if (last - first) / 86400 / 30 / months < MOST:
            return list(_months(first, last, months, zone)) or [first]
    return list(_months(first, last, MONTHS[-1], zone)) or [first]


def _days(first: float, last: float, step: int, zone: tzinfo) -> Iterator[float]:
    day = time_in(first, zone).date() + timedelta(days=1)
    while (at := datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) <= last:
        yield at
        day += timedelta(days=step)


def _months(first: float, last: float, step: int, zone: tzinfo) -> Iterator[float]:
    begin = time_in(first, zone)
    month = 12 * begin.year + begin.month  # the one after that of the first time, counted from the year 0
    month += -month % step
    while (at := datetime(month // 12, month % 12 + 1, 1, tzinfo=zone).timestamp()) <= last:
        yield at
        month += step
