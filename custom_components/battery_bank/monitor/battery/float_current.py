"""The float current of a full string, compared with the expected float current."""

from dataclasses import dataclass
from typing import Final

from .events import OperatingState
from .limits import DAY
from .settings import Settings

# The coarsest resolution that can measure a float current. On 100 Ah, a sensor of ±1000 A with 0.1 A can't.
RESOLUTION: Final = 0.0003  # A/Ah
USUAL: Final = 0.001  # A/Ah at 25 °C (IEC 62485-2's table: VRLA, vented, NiCd up to 40 °C)
REFERENCE: Final = 25.0  # °C
DOUBLING: Final = 10.0  # K
LEARNING: Final = 30 * DAY  # time constant; a thermal runaway takes hours, ageing years
MOST: Final = 3.0  # × `USUAL`, the most that is learned: a higher float current is a fault and not usual


def measurable(settings: Settings) -> bool:
    """Return whether the sensor of the string can measure a float current."""
    return settings.measures_current and settings.current_step <= RESOLUTION * settings.capacity


@dataclass(frozen=True, kw_only=True, slots=True)
class FloatCurrent:
    """The usual float current of a string, and the present one in relation to the expected one."""

    usual: float = USUAL  # A/Ah at 25 °C
    ratio: float | None = None  # present current over expected current; None if it can't be measured now


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
    """Compare the current with I = C i0 2^((T - 25 °C) / 10 K), and learn i0 while the string is `settled` on float."""
    if current is None or temperature is None or condition is not OperatingState.FLOAT or not measurable(settings):
        return before if before.ratio is None else FloatCurrent(usual=before.usual)
    at_reference = current / settings.capacity / 2 ** ((temperature - REFERENCE) / DOUBLING)
    usual = before.usual
    if settled and seconds > 0:
        within = min(max(at_reference, 0.0), 2 * usual, MOST * USUAL)  # limits the effect of an outlier
        usual += (within - usual) * min(1.0, seconds / LEARNING)
    return FloatCurrent(usual=usual, ratio=at_reference / usual if usual > 0 else None)
