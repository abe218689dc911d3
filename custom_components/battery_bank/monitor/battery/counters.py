"""The counters of a string: charge, energy, discharges, and hours in a state."""

from dataclasses import dataclass, fields, replace
from typing import Final

from .events import OperatingState
from .limits import HOUR
from .settings import Settings

# If readings are further apart than this, the current between them is unknown. A restart of Home Assistant takes less
# time, and the load is most likely the same after it.
LONGEST_GAP: Final = 300.0  # s


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """Totals since the first reading of the string. None of them ever decreases."""

    charged: float = 0.0  # Ah
    drawn: float = 0.0  # Ah
    charged_energy: float = 0.0  # Wh
    drawn_energy: float = 0.0  # Wh
    discharges: int = 0
    watched: float = 0.0  # h with readings
    hot: float = 0.0  # h above the warning limit of the temperature
    below_float: float = 0.0  # h of charging below the warning limit of the string voltage
    aged: float = 0.0  # h of life used, at the reference temperature
    aged_over: float = 0.0  # h with a temperature, in which `aged` was counted

    def __add__(self, other: Counters) -> Counters:
        """Return the sum of what was counted in two periods."""
        return Counters(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def cycles(self, capacity: float) -> float:
        """Return the number of full cycles that equals all discharges."""
        return self.drawn / capacity


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """The measurements of a string over one interval."""

    seconds: float
    charge: float | None  # Ah into the string since the last measured current; None if unknown
    voltage: float | None  # V of the string
    temperature: float | None  # °C, the mean of the batteries
    cell_voltage: float | None  # V
    compensation: float  # V
    current_age: float = 0.0  # s since the last measured current


def step(settings: Settings, before: Counters, flow: Flow, condition: OperatingState | None) -> Counters:
    """Count one interval. An interval of no length, longer than `LONGEST_GAP` or without readings counts nothing."""
    measured = flow.charge is not None or flow.voltage is not None or flow.temperature is not None
    if not (measured and 0 < flow.seconds <= LONGEST_GAP):
        return before
    hours = flow.seconds / HOUR
    charge = flow.charge or 0.0
    energy = abs(charge) * max(0.0, flow.voltage or 0.0)
    after = replace(before, watched=before.watched + hours)
    if charge > 0:
        after = replace(after, charged=before.charged + charge, charged_energy=before.charged_energy + energy)
    elif charge < 0:
        after = replace(after, drawn=before.drawn - charge, drawn_energy=before.drawn_energy + energy)
    low = settings.by_key["string_voltage_low"].warning + flow.compensation
    charging = condition in (OperatingState.FLOAT, OperatingState.RECHARGE, OperatingState.REST)
    if charging and flow.cell_voltage is not None and flow.cell_voltage < low:
        after = replace(after, below_float=before.below_float + hours)
    if flow.temperature is not None:
        rate = ageing_rate(settings, flow.temperature)
        after = replace(after, aged=before.aged + rate * hours, aged_over=before.aged_over + hours)
        if flow.temperature >= settings.by_key["temperature_high"].warning:
            after = replace(after, hot=before.hot + hours)
    return after


def ageing_rate(settings: Settings, temperature: float) -> float:
    """Return how many times as fast a battery ages at a temperature in °C as at the reference temperature.

    2^((T - T_ref) / D) with D = 10 K for lead-acid (C&D, Ritar), 28 K for NiCd (Saft: 20 % of life per 9 K). A lower
    temperature does not make it age slower than at the reference temperature.
    """
    return max(1.0, 2 ** ((temperature - settings.figure("reference_temperature")) / settings.cell.halving))
