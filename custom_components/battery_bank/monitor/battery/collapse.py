"""The collapse of a whole string under a load: a voltage that no healthy string dips to when a discharge begins."""

from collections.abc import Collection
from statistics import median_high
from typing import Final

from .limits import Limit
from .settings import Settings

# The coup de fouet stays above both. Makers give no end voltage below 1.60 V of a lead cell, not even for minutes.
DEEPEST: Final = 0.85  # × the alarm limit for the string's voltage in a discharge: 1.53 V for lead, 0.88 V for NiCd
EMPTY: Final = 0.65  # × the nominal voltage: 1.30 V of a lead cell, whatever limit a person has set


def collapsed(settings: Settings, voltages: Collection[float], low: Limit, *, missing: float) -> float | None:
    """Return the cell voltage in V that most of the batteries have at most, if most have collapsed; else None.

    `voltages` of the batteries are in V. Above the deepest healthy voltage, the best battery shows that the load is not
    what lowers most of the others: by `missing` cells or more, to below their alarm limit. That compares voltages at
    one load only; `missing` is infinite for others.
    """
    if not voltages:
        return None
    usual = median_high(voltages) / settings.cells
    nominal = settings.cell.nominal_voltage
    if usual <= max(DEEPEST * low.alarm, EMPTY * nominal):
        return usual
    # A voltage above that of a full cell at rest is from before the load, or wrong.
    under_load = [one / settings.cells for one in voltages if one / settings.cells < settings.cell.full_voltage]
    best = max(under_load, default=usual)
    return usual if usual <= low.alarm and (best - usual) / best * settings.cells >= missing else None
