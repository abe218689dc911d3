"""Whether a charge current that falls at a constant voltage shows that a string is full."""

from math import inf, log
from typing import Final

from .limits import HOUR
from .recent import Mean, Recent
from .settings import Settings

AT_CHARGE: Final = 0.04  # V per cell below float voltage, down to which a string counts as being charged
STEADY: Final = 0.01  # V per cell, by which the means of a constant voltage differ at most
HIGHEST: Final = 0.04  # of C10 in A: a string that takes more is not full (Victron's default of the tail current)
MISSING: Final = 0.02  # of C10 in Ah: a string that lacks no more is full
# A current is flat if it falls by no more than this in `FLAT` means, an hour; EnerSys asks for 3 h.
FLAT: Final = 6
FLAT_FALL: Final = 0.001  # of C10 in A
# Whether a flat current above this charges or makes gas is unknown (EnerSys: 95 to 98 %).
SURE: Final = 0.02  # of C10 in A
UNSURE: Final = 0.97
# How much a current must have fallen, so that its further fall can be calculated.
FALLEN: Final = {3: 0.6, 6: 0.75}  # last over first, by the number of means
# Ratios of two falls: a current that falls slower may fall for hours yet, and a step of the current is no tail.
SLOWEST: Final = 0.95
STEP: Final = 0.3
AGREES: Final = 0.2  # by which a later fall may differ from the calculated one


def full(settings: Settings, recent: Recent, now: float) -> float | None:
    """Return the state of charge (0.97 to 1) of a string that its current shows to be full; None if it does not.

    A current that falls as a b^t + c still charges a b^t / -ln b. It is calculated when a mean of ten
    minutes is complete.
    """
    if recent.begun != now or settings.dead_band > SURE * settings.capacity:
        return None
    capacity, means = settings.capacity, recent.means
    for number in (3, FLAT):
        currents = _currents(settings, means[-number:])
        if len(currents) < number or not 0 < currents[-1] <= HIGHEST * capacity:
            continue
        missing = _missing(currents, means[-1].at - means[-2].at) / capacity
        if missing <= MISSING:
            return 1.0 - missing
        if number == FLAT and max(currents) - min(currents) <= max(FLAT_FALL * capacity, settings.current_step):
            return 1.0 if currents[-1] <= SURE * capacity else UNSURE
    return None


def _currents(settings: Settings, means: tuple[Mean, ...]) -> list[float]:
    """Return the currents in A, if all are known and the voltage was one of a charge and constant."""
    lowest = settings.figure("float_voltage") - AT_CHARGE
    currents = [one.current for one in means if one.current is not None and one.at_reference >= lowest]
    steady = any(
        max(values) - min(values) <= STEADY
        for values in ([one.voltage for one in means], [one.at_reference for one in means])
        if values
    )
    return currents if steady and len(currents) == len(means) else []


def _missing(currents: list[float], seconds: float) -> float:
    """Return how many Ah a falling current still charges, from means that are so many s apart; infinite if unknown."""
    if currents[-1] > FALLEN[len(currents)] * currents[0]:
        return inf
    each = len(currents) // 3  # so many means are one point, because a sensor has noise
    first, middle, last = (sum(currents[place * each : (place + 1) * each]) / each for place in range(3))
    if first <= middle or middle <= last:
        return inf
    ratio = (middle - last) / (first - middle)
    if not STEP <= ratio < SLOWEST:
        return inf
    later = (middle - last) * ratio ** ((each - 1) / 2 / each)  # the fall to the last mean itself
    if each > 1 and abs(currents[-1 - each] - currents[-1] - later) > AGREES * later:
        return inf
    missing: float = later * ratio / (1 - ratio) * each * seconds / HOUR / -log(ratio)
    return missing
