"""Times as people read them."""

from datetime import tzinfo

from ..monitor.clock import time_in


def minute_text(at: float, zone: tzinfo) -> str:
    """Write a time, in s since 1970, to the minute; with its offset from UTC in an hour that comes twice."""
    local = time_in(at, zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{local:%Y-%m-%d %H:%M %:z}" if twice else f"{local:%Y-%m-%d %H:%M}"
