"""The trend of the resistance of a battery, for its dialog."""

from typing import Any

from ..monitor.battery.resistance import ResistanceState
from ..monitor.battery.resistance_trend import Trend
from ..strings.members import String


def trend_payload(string: String, known: ResistanceState, now: float) -> dict[str, Any] | None:
    """Return the trend of the ratio of a battery in 1/a, and when it reaches its limits; None without enough tests."""
    going = known.trend
    if not going.enough:
        return None
    limit = string.settings.by_key["resistance_baseline"]
    return {
        "slope": going.slope_per_year,
        "low": going.low_per_year,
        "high": going.high_per_year,
        "forecast": {"warning": _between(going, limit.warning, now), "alarm": _between(going, limit.alarm, now)},
    }


def _between(going: Trend, limit: float, now: float) -> list[float] | None:
    """Return when a limit is reached at the earliest and at the latest; None if it is reached, or not foreseeable."""
    dates = going.between(limit, now)
    return list(dates) if dates and dates[0] > now else None
