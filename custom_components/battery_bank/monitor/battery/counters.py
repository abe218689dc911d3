"""The counters of a string: charge, energy, discharges, and hours in a state."""

from dataclasses import dataclass, fields, replace
from typing import Final

from .events import OperatingState
from .limits import HOUR
from .settings import Settings

type Flowed = tuple[float, float]  # Ah or Wh into the string, and out of it

# If readings are further apart than this, the current between them is unknown. A restart of Home Assistant takes less
# time, and the load is most likely the same after it.
LONGEST_GAP: Final = 300.0  # s
# Home Assistant takes a total that falls by more than 10 % for a new meter, and counts all of it again. A crash must
# lose less.
GROWTH: Final = 0.05
SHOWN: Final = ("charged", "drawn", "charged_energy", "drawn_energy", "hot", "below_float")


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
    # The number of full cycles that equals all discharges. Each Ah is divided by the capacity that was set at its time,
    # so a corrected capacity changes only what follows.
    full_cycles: float = 0.0

    def __add__(self, other: Counters) -> Counters:
        """Return the sum of what was counted in two periods."""
        return Counters(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    def at_least(self, other: Counters) -> Counters:
        """Return the higher value of each counter, of two copies of the same counters."""
        return Counters(**{one.name: max(getattr(self, one.name), getattr(other, one.name)) for one in fields(self)})

    def cycles(self, capacity: float) -> float:
        """Return the number of full cycles; `capacity` in Ah serves for what release 0.4 counted."""
        return self.full_cycles or self.drawn / capacity

    def outgrown(self, saved: Counters) -> bool:
        """Return whether a total that a sensor shows has grown by more than `GROWTH` since it was saved."""
        return any(getattr(self, name) > getattr(saved, name) * (1 + GROWTH) for name in SHOWN)


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
    last_voltage: float | None = None  # V, the last known one; None if it is older than `LONGEST_GAP`
    held: Flowed = (0.0, 0.0)  # Ah in and out that flowed before while no voltage was known


def step(settings: Settings, before: Counters, flow: Flow, condition: OperatingState | None) -> Counters:
    """Count one interval. An interval of no length, longer than `LONGEST_GAP` or without readings counts nothing."""
    measured = flow.charge is not None or flow.voltage is not None or flow.temperature is not None
    if not (measured and 0 < flow.seconds <= LONGEST_GAP):
        return before
    hours = flow.seconds / HOUR
    charged, drawn = max(0.0, flow.charge or 0.0), max(0.0, -(flow.charge or 0.0))
    charged_energy, drawn_energy = energy(flow)
    after = replace(
        before,
        watched=before.watched + hours,
        charged=before.charged + charged,
        drawn=before.drawn + drawn,
        charged_energy=before.charged_energy + charged_energy,
        drawn_energy=before.drawn_energy + drawn_energy,
        full_cycles=before.cycles(settings.capacity) + drawn / settings.capacity,
    )
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


def energy(flow: Flow) -> Flowed:
    """Return the Wh into the string and out of it, with what flowed before while no voltage was known."""
    voltage = flow.last_voltage if flow.voltage is None else flow.voltage
    if voltage is None:
        return 0.0, 0.0
    charged, drawn = _flowed(flow)
    return charged * max(0.0, voltage), drawn * max(0.0, voltage)


def held(flow: Flow) -> Flowed:
    """Return the Ah whose energy can only be counted when a voltage is known again."""
    if not 0 < flow.seconds <= LONGEST_GAP:
        return flow.held
    return _flowed(flow) if flow.voltage is None and flow.last_voltage is None else (0.0, 0.0)


def _flowed(flow: Flow) -> Flowed:
    charge = flow.charge or 0.0
    return flow.held[0] + max(0.0, charge), flow.held[1] + max(0.0, -charge)


def ageing_rate(settings: Settings, temperature: float) -> float:
    """Return how many times as fast a battery ages at a temperature in °C as at the reference temperature.

    2^((T - T_ref) / D) with D = 10 K for lead-acid (C&D, Ritar), 28 K for NiCd (Saft: 20 % of life per 9 K). A lower
    temperature does not make it age slower than at the reference temperature.
    """
    return max(1.0, 2 ** ((temperature - settings.figure("reference_temperature")) / settings.cell.halving))
