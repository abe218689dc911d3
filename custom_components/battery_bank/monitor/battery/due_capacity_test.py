"""When the next capacity test of a string is due. Nothing begins it: a person announces it and connects the load.

IEEE 450, as EPS and FIST 3-6 quote it: at least every quarter of the expected life, and each year once the capacity is
below 90 % of the rated one.
"""

from typing import Final

from .capacity_test import CapacityTests
from .design_life import YEAR
from .settings import Settings

MONTH: Final = YEAR / 12
DEGRADED: Final = 0.9  # of the rated capacity; with less, a test is due each year
YEARLY: Final = 12  # months


def next_test(settings: Settings, tests: CapacityTests, monitored_since: float | None) -> float | None:
    """Return when the next test is due, in s since 1970, UTC; None without an interval or a measured current.

    The interval counts from the last test with a result, and without one since the string is installed and monitored.
    """
    months = settings.capacity_test_months
    if months is None or not settings.measures_current:
        return None
    installed = settings.installed or 0.0
    last = tests.measured
    if last is not None and last.start >= installed:
        degraded = last.share is not None and last.share < DEGRADED
        return last.start + (min(months, YEARLY) if degraded else months) * MONTH
    return None if monitored_since is None else max(installed, monitored_since) + months * MONTH
