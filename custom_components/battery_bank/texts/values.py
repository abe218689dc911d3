"""Numbers, times and units as Home Assistant shows them."""

from datetime import UTC, datetime
from typing import Final

AMPERE_HOURS: Final = "Ah"  # Home Assistant has no unit of charge
MILLIOHM: Final = "mΩ"  # nor of resistance


def rounded(value: float | None, digits: int = 3) -> float | None:
    """Cut what no sensor could tell; None stays."""
    return None if value is None else round(value, digits)


def percent(share: float | None) -> float | None:
    """Return a share in percent; None stays."""
    return None if share is None else round(100 * share, 1)


def timestamp(at: float | None) -> datetime | None:
    """Return a time in s since 1970 as Home Assistant shows times; None stays."""
    return None if at is None else datetime.fromtimestamp(round(at), UTC)
