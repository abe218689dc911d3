"""What has gone through a string, and what it went through."""

from dataclasses import dataclass, fields, replace
from typing import Final

from .events import OperatingState
from .limits import HOUR
from .settings import Settings

# Readings further apart than this leave a gap: nobody knows what flowed meanwhile.
LONGEST_GAP: Final = 300.0  # s; a restart of Home Assistant takes less, and the load is most likely the same after it


@dataclass(frozen=True, kw_only=True, slots=True)
class Counters:
    """Totals since the monitor first saw the string. None of them ever goes down."""

    charged: float = 0.0  # Ah
    drawn: float = 0.0  # Ah
    charged_energy: float = 0.0  # Wh
    drawn_energy: float = 0.0  # Wh
    discharges: int = 0
    watched: float = 0.0  # h in which readings came
    hot: float = 0.0  # h above the limit of temperature
    below_float: float = 0.0  # h of charging below the limit of float voltage
    aged: float = 0.0  # h of life used, as at the reference temperature
    aged_over: float = 0.0  # h in which that could be told

    def __add__(self, other: Counters) -> Counters:
        """Count together what was counted at different times."""
        return Counters(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def cycles(self, capacity: float) -> float:
        """Return the number of full cycles that all discharges make together."""
        return self.drawn / capacity


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """What is known of a string over one interval."""

    seconds: float
    charge: float | None  # Ah that flowed into the string since a current was heard last; None if nobody can tell
    voltage: float | None  # V of the string
    temperature: float | None  # °C, the batteries' mean
    cell_voltage: float | None  # V
    compensation: float  # V
    unheard: float = 0.0  # s since a current was heard last


def step(settings: Settings, before: Counters, flow: Flow, condition: OperatingState | None) -> Counters:
    """Count one interval; one that is no time, or a gap, or brought no readings, counts nothing."""
    heard = flow.charge is not None or flow.voltage is not None or flow.temperature is not None
    if not (heard and 0 < flow.seconds <= LONGEST_GAP):
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
    """Return how many times as fast as at the reference temperature a battery ages at one in °C.

    2^((T - T_ref) / D) with D = 10 K for lead-acid (C&D, Ritar), 28 K for NiCd (Saft: 20 % of life per 9 K). Cold is
    not taken to prolong life beyond the design's.
    """
    return max(1.0, 2 ** ((temperature - settings.figure("reference_temperature")) / settings.cell.halving))
