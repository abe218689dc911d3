"""The current that a full string takes on float, against what is expected of it."""

from dataclasses import dataclass
from typing import Final

from .events import OperatingState
from .limits import DAY
from .settings import Settings

# Finer than this a float current can be told from none; a sensor of ±1000 A and 0.1 A can't on 100 Ah.
RESOLUTION: Final = 0.0003  # A/Ah
USUAL: Final = 0.001  # A/Ah at 25 °C (IEC 62485-2's table: VRLA, vented, NiCd up to 40 °C)
REFERENCE: Final = 25.0  # °C
DOUBLING: Final = 10.0  # K
LEARNING: Final = 30 * DAY  # time constant; a runaway takes hours, ageing years
MOST: Final = 3.0  # times the usual that may be learned: above that is to be investigated


def measurable(settings: Settings) -> bool:
    """Whether the sensor on the string can resolve a float current."""
    return settings.measures_current and settings.current_step <= RESOLUTION * settings.capacity


@dataclass(frozen=True, kw_only=True, slots=True)
class FloatCurrent:
    """What a string usually takes."""

    usual: float = USUAL  # A/Ah at 25 °C
    ratio: float | None = None  # of the current now over what is expected; None where it can't be told


def step(
    settings: Settings,
    before: FloatCurrent,
    *,
    seconds: float,
    current: float | None,
    temperature: float | None,
    condition: OperatingState | None,
    settled: bool,
) -> FloatCurrent:
    """Compare with I = C i0 2^((T - 25 °C) / 10 K), and learn i0 where the string is `settled` on float."""
    if current is None or temperature is None or condition is not OperatingState.FLOAT or not measurable(settings):
        return before if before.ratio is None else FloatCurrent(usual=before.usual)
    at_reference = current / settings.capacity / 2 ** ((temperature - REFERENCE) / DOUBLING)
    usual = before.usual
    if settled and seconds > 0:
        within = min(max(at_reference, 0.0), 2 * usual, MOST * USUAL)  # an outlier moves it no further
        usual += (within - usual) * min(1.0, seconds / LEARNING)
    return FloatCurrent(usual=usual, ratio=at_reference / usual if usual > 0 else None)
