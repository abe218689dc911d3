"""When the next capacity test of a string is due. Nothing begins it: a person announces it and connects the load.

IEEE 450, as EPS and FIST 3-6 quote it: at least every quarter of the expected life. Each year once the capacity is
below 90 % of the rated one, once it is more than 10 % of that below the test before, and from 85 % of the life on.
"""

from typing import Final

from .capacity_result import CapacityTestResult
from .capacity_test import CapacityTests
from .design_life import YEAR
from .settings import Settings

MONTH: Final = YEAR / 12
DEGRADED: Final = 0.9  # of the rated capacity; with less, a test is due each year
FALL: Final = 0.1  # of the rated capacity, from one test to the next; after a larger one, a test is due each year
OLD: Final = 0.85  # of the design life; from then on, a test is due each year
YEARLY: Final = 12  # months


def next_test(settings: Settings, tests: CapacityTests, monitored_since: float | None) -> float | None:
    """Return when the next test is due, in s since 1970, UTC; None without an interval or a measured current.

    The interval counts from the last test with a result, and without one since the string is installed and monitored.
    """
    months = settings.capacity_test_months
    if months is None or not settings.measures_current:
        return None
    installed = settings.installed or 0.0
    last, before = (
        one if one is not None and one.start >= installed else None for one in (tests.measured, tests.measured_before)
    )
    if last is not None:
        since = last.start
    elif monitored_since is not None:
        since = max(installed, monitored_since)
    else:
        return None
    due, yearly = since + months * MONTH, since + YEARLY * MONTH
    if last is not None and _weaker(last, before):
        return min(due, yearly)
    if settings.installed is None:
        return due
    # A longer interval that goes on at this age ends then, or after a year, whichever is later.
    old = settings.installed + OLD * settings.years * YEAR
    return min(due, max(yearly, old))


def _weaker(last: CapacityTestResult, before: CapacityTestResult | None) -> bool:
    """Return whether a test found too little, or much less than the test before."""
    if last.share is None:
        return False
    fallen = before is not None and before.share is not None and before.share - last.share > FALL
    return last.share < DEGRADED or fallen
