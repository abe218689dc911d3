"""The remaining time before a discharge down to the end voltage was seen: an estimate from the nameplate.

Capacity by Peukert's law, temperature and state of charge, less the Ah drawn. Its range is as wide as batteries of one
chemistry differ.
"""

from collections.abc import Sequence
from typing import Final

from .curve_fit import COUP_DE_FOUET
from .limits import HOUR, MINUTE
from .load_steps import Part
from .rate_class import coefficient
from .remaining_time import Forecast
from .robust_statistics import noise_of_line
from .settings import Settings

# How much the capacity of a battery differs from its nameplate: new ones reach 95 % at first (IEC 60896-21), and 80 %
# is the end of life (IEEE 450, as quoted). A recorded 17 Ah block gave 19.39 Ah in 6.4 h: 1.16 times the nameplate by
# the lowest exponent (valentinsulzer/faster-lead-acid).
CAPACITY: Final = (0.85, 1.2)
UNSURE: Final = 0.5  # instead, of a string that was charged, but was not seen to be full
# The voltage falls ever faster down to the end voltage. So it is reached before a straight line through the last
# minutes reaches it, and usually at this part of that time.
BEFORE_LINE: Final = 0.6
LINE: Final = 0.1  # of the time since the begin, and at least a minute, for that line
# The fall of that line is taken less by so many standard deviations of the noise of the points, which are mostly means:
# the present one is a single look, and a line that is steep by chance would be shown as minutes that are left.
NOISE: Final = 8.0
LATELY: Final = 30  # moments, in which the noise is seen
# It falls no faster than by this many times the end voltage for the whole capacity. So some time is left above it.
STEEPEST: Final = 3.0


def estimate(
    settings: Settings,
    parts: Sequence[Part],
    *,
    voltage: float,
    current: float,
    charged: float,
    sure: bool,
    temperature: float | None,
) -> Forecast:
    """Return the remaining time at `current` (A, positive) of a string at `voltage` (V).

    `parts` are those of the discharge. `charged` is the state of charge at its begin, 0 to 1, and `sure` whether it was
    counted.
    """
    end = settings.figure("end_voltage") * settings.all_cells
    if voltage <= end:
        return Forecast(seconds=0.0, low=0.0, high=0.0)
    drawn = parts[-1].moments[-1].drawn if parts else 0.0
    exponents = settings.cell.peukert, *settings.cell.peukert_range
    full = [_capacity(settings, current, exponent, temperature) * charged for exponent in exponents]
    least = (voltage / end - 1.0) / STEEPEST * full[0]
    usual, high, low = (
        max(one * by - drawn, least) / current * HOUR
        for one, by in zip(full, (1.0, CAPACITY[1], CAPACITY[0] if sure else UNSURE), strict=True)
    )
    line = _line(parts, voltage, end) if drawn > COUP_DE_FOUET * full[0] else None
    if line is not None:
        high, usual = min(high, line), min(usual, BEFORE_LINE * line)
        low = min(low, BEFORE_LINE * usual)
    return Forecast(seconds=min(max(usual, low), high), low=low, high=max(high, low))


def _capacity(settings: Settings, current: float, exponent: float, temperature: float | None) -> float:
    """Return the Ah of a full string at a current in A: Peukert's law above the nameplate's rate."""
    at_rate: float = settings.capacity * min(1.0, settings.rated_current / current) ** (exponent - 1.0)
    if temperature is None:
        return at_rate
    difference = temperature - settings.figure("reference_temperature")
    return at_rate * max(0.5, 1 + coefficient(settings, at_rate / current) * difference)


def _line(parts: Sequence[Part], voltage: float, end: float) -> float | None:
    """Return when a straight line through the last minutes reaches the end voltage in s; None if it does not fall."""
    moments = parts[-1].moments
    now = moments[-1].seconds
    length = max(MINUTE, LINE * now)
    # The points that are kept may be two minutes apart, so none need lie within that time.
    first = next((one for one in reversed(moments) if now - one.seconds >= length), moments[0])
    late = moments[-LATELY:]
    noise = noise_of_line([one.voltage for one in late], [one.seconds for one in late])
    fall = first.voltage - voltage - NOISE * noise
    if now - first.seconds < length / 2 or fall <= 0:
        return None
    return (voltage - end) / fall * (now - first.seconds)
