"""The used share of the design life of a string, and the date when it ends."""

from dataclasses import dataclass
from typing import Final

from .counters import Counters
from .limits import DAY, HOUR
from .settings import Settings

YEAR: Final = 365.25 * DAY  # s
# With fewer hours of measured temperatures, the time before the monitor can't be estimated from them.
ENOUGH: Final = 168.0  # h, a week


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """The life of a string. None without the day of installation, or without enough temperatures."""

    used: float | None = None  # share of the design life: 0 when new, 1 at its end, and more after it
    ends: float | None = None  # s since 1970, UTC, if the temperature stays as it was


def life(settings: Settings, counters: Counters, now: float) -> Life:
    """Estimate used and remaining life.

    Used life is the integral of 2^((T - T_ref) / D) over time, divided by the design life (Eurobat class, Arrhenius'
    halving rule; see `ageing_rate`). For the time before the monitor, the mean rate since then is assumed.
    """
    if settings.installed is None or counters.aged_over < ENOUGH:
        return Life()
    rate = counters.aged / counters.aged_over
    age = max(0.0, now - settings.installed)
    unseen = max(0.0, age - counters.aged_over * HOUR)
    used = (counters.aged * HOUR + rate * unseen) / (settings.years * YEAR)
    return Life(used=used, ends=now + (1 - used) * settings.years * YEAR / rate)
