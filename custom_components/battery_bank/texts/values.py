"""Values, times and units in the form that Home Assistant takes."""

from datetime import UTC, datetime
from typing import Final
from unicodedata import category

from ..monitor.clock import time_in

AMPERE_HOURS: Final = "Ah"  # Home Assistant has no such unit
MILLIOHM: Final = "mΩ"  # nor this one


# Control characters, surrogates without their other half, line and paragraph separators.
NOT_OF_A_LINE: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})


def is_one_line(text: str) -> bool:
    """Return whether a text is without line breaks and other control characters."""
    return not any(category(character) in NOT_OF_A_LINE for character in text)


def rounded(value: float | None, digits: int = 3) -> float | None:
    """Round a value to so many decimals, the resolution of its sensor; None is returned as None."""
    return None if value is None else round(value, digits)


def percent(share: float | None) -> float | None:
    """Return a share, 0 to 1, in percent; None is returned as None."""
    return None if share is None else round(100 * share, 1)


def timestamp(at: float | None) -> datetime | None:
    """Return a time, in s since 1970, as a timestamp of Home Assistant to the second; None is returned as None."""
    return None if at is None else time_in(round(at), UTC)
