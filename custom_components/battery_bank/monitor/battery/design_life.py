"""How much of its life a string has used, and when it ends."""

from dataclasses import dataclass
from typing import Final

from .counters import Counters
from .limits import DAY, HOUR
from .settings import Settings

YEAR: Final = 365.25 * DAY  # s
# Until so many hours of temperature are known, what was before the monitor can't be judged by them.
ENOUGH: Final = 168.0  # h, a week


@dataclass(frozen=True, kw_only=True, slots=True)
class Life:
    """What is left of a string. None where the day of installation isn't known, or not enough temperature yet."""

    used: float | None = None  # share of the design life, 0 when new; above 1 when older
    ends: float | None = None  # s since 1970, UTC, if it goes on as warm as it was


def life(settings: Settings, counters: Counters, now: float) -> Life:
    """Estimate used and remaining life.

    Life used is the integral of 2^((T - T_ref) / D) over the design life (Eurobat class, Arrhenius' halving rule; see
    `ageing_rate`). The time before the monitor is taken to have been as warm as the time since.
    """
    if settings.installed is None or counters.aged_over < ENOUGH:
        return Life()
    rate = counters.aged / counters.aged_over
    age = max(0.0, now - settings.installed)
    unseen = max(0.0, age - counters.aged_over * HOUR)
    used = (counters.aged * HOUR + rate * unseen) / (settings.years * YEAR)
    return Life(used=used, ends=now + (1 - used) * settings.years * YEAR / rate)
