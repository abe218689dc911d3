"""The resistance of each battery against its baseline, week by week, for the heat map."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from ..monitor.battery.events import ResistanceTest
from ..runtime.local_time import local_time
from ..strings.members import String

WEEKS: Final = 52
DIGITS: Final = 3


def first_week(now: float) -> float:
    """Return when the first week that is shown begins, in s since 1970."""
    return _weeks(now)[0]


def resistance_weeks(string: String, tests: Iterable[ResistanceTest], now: float) -> dict[str, Any]:
    """Return the ratio of each battery to its baseline at the end of each week, from the first week with a test on.

    A week without a test has the value of the test before: it is a finding that stays. `tests` are oldest first.
    """
    weeks, states = _weeks(now), string.state.resistances
    rows: dict[str, list[float | None]] = {one.id: [None] * len(weeks) for one in string.batteries}
    for test in tests:
        known, row = states.get(test.battery), rows.get(test.battery)
        if not test.usable or row is None or known is None or known.baseline is None:
            continue
        ratio = round(test.ohmic_value / known.baseline.ohmic_value, DIGITS)
        week = sum(begin <= test.at for begin in weeks) - 1
        if week >= 0:
            row[week:] = [ratio] * (len(weeks) - week)
    # A row has no value before the first test of its battery, and one in each week after it.
    first = min(row.count(None) for row in rows.values())
    return {"weeks": weeks[first:], "rows": [row[first:] for row in rows.values()]}


def _weeks(now: float) -> list[float]:
    """Return the Mondays at midnight of the last year, oldest first."""
    today = local_time(now)
    monday = datetime(today.year, today.month, today.day, tzinfo=today.tzinfo) - timedelta(days=today.weekday())
    return [(monday - timedelta(weeks=weeks)).timestamp() for weeks in reversed(range(WEEKS))]
