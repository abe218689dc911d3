"""Lead-acid batteries in series with a charger and a load: good enough to look and alarm like real ones.

Open-circuit voltage over state of charge: EnerSys' table for VRLA. The other figures are chosen so that a 12 V block
of 100 Ah floats at about 1 mA/Ah, recharges with a tail, sinks below 1.8 V per cell when empty and runs away
when it can't lose its heat. They describe no product.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import asinh, exp
from typing import Final

REFERENCE: Final = 25.0  # °C
VOLTS_PER_CELL: Final = 2.0

# State of charge (0 to 1) and open-circuit voltage of a cell in V.
OPEN_CIRCUIT: Final = ((0.0, 1.94), (0.2, 2.00), (0.4, 2.04), (0.6, 2.07), (0.8, 2.10), (1.0, 2.14))
STATES: Final = [state for state, _ in OPEN_CIRCUIT]

CHARGE_SLOPE: Final = 0.08  # V per cell, of the charge overvoltage (Tafel)
ACCEPTANCE_FULL: Final = 0.0002  # of the capacity in A, where the charge overvoltage bends on a full cell …
ACCEPTANCE_EMPTY: Final = 0.03  # … and how much that grows towards an empty one
DISCHARGE_SLOPE: Final = 0.02  # V per cell
DISCHARGE_BEND: Final = 0.02  # of the capacity in A
STARVATION: Final = 0.25  # V per cell lost when the acid in the plates is used up
STARVATION_STATE: Final = 0.04
OHM_AMPERE_HOURS_PER_CELL: Final = 0.075  # resistance times capacity of a new cell, Ω·Ah
RESISTANCE_OF_EMPTY: Final = 1.0  # how much of its resistance a discharged battery gains

HEAT_PER_CELL_AH: Final = 45.0  # J/K of one cell, for each Ah
WARMTH_PER_CELL_AH: Final = 210.0  # K/W a cell rises over the room, times Ah
BOILING: Final = 105.0  # °C; from there the heat goes into steam

STEP: Final = 60.0  # s, while charge moves …
FLOAT_STEP: Final = 900.0  # … and while nothing but warmth does, which takes hours
FLOAT_CURRENT: Final = 0.01  # of the capacity in A; less is float
HALVINGS: Final = 16  # of the current limit, until the current is known well enough


def open_circuit_voltage(state: float) -> float:
    """Return the voltage of a rested cell in V; `state` of charge from 0 to 1."""
    index = min(max(bisect_right(STATES, state), 1), len(OPEN_CIRCUIT) - 1)
    (low, low_voltage), (high, high_voltage) = OPEN_CIRCUIT[index - 1], OPEN_CIRCUIT[index]
    return low_voltage + (high_voltage - low_voltage) * (state - low) / (high - low)


@dataclass(kw_only=True)
class Battery:
    """One monobloc or cell. Temperatures in °C, currents in A with charge positive."""

    nominal_voltage: float  # V
    capacity: float  # Ah when new
    state: float = 1.0  # of charge, 0 to 1
    temperature: float = REFERENCE
    resistance_factor: float = 1.0  # 1 when new; grows as it dries out or corrodes
    capacity_factor: float = 1.0  # 1 when new
    acceptance_factor: float = 1.0  # spreads the float voltages of a string
    shorted_cells: int = 0
    insulation: float = 1.0  # how much harder than usual it loses heat

    @property
    def cells(self) -> int:
        """How many cells still work."""
        return round(self.nominal_voltage / VOLTS_PER_CELL) - self.shorted_cells

    @property
    def ohmic_value(self) -> float:
        """What a resistance test finds, in Ω."""
        new = OHM_AMPERE_HOURS_PER_CELL * self.cells / self.capacity
        return new * self.resistance_factor * (1 + RESISTANCE_OF_EMPTY * (1 - self.state) ** 2)

    def overvoltage(self, current: float) -> float:
        """Return what the current adds to a cell's open-circuit voltage besides the ohmic drop, in V."""
        if current < 0:
            starved = STARVATION * exp(-self.state / STARVATION_STATE)
            return -DISCHARGE_SLOPE * asinh(-current / (DISCHARGE_BEND * self.capacity)) - starved
        warm = 2 ** ((self.temperature - REFERENCE) / 10)  # float current doubles every 10 K
        bend = ACCEPTANCE_FULL + ACCEPTANCE_EMPTY * (1 - self.state)
        return CHARGE_SLOPE * asinh(current / (2 * bend * self.capacity * warm * self.acceptance_factor))

    def voltage(self, current: float) -> float:
        """Return the voltage at the terminals in V."""
        cell = open_circuit_voltage(self.state) + self.overvoltage(current)
        return self.cells * cell + current * self.ohmic_value

    def step(self, current: float, seconds: float, ambient: float) -> None:
        """Let the current flow for so long in a room of that temperature."""
        stored = 1.0 if current < 0 else min(1.0, 50 * (1 - self.state))  # the rest makes gas, and so heat
        change = current * stored * seconds / 3600 / (self.capacity * self.capacity_factor)
        gassing = current * (1 - stored) * self.voltage(current)
        losses = current**2 * self.ohmic_value + abs(current * self.cells * self.overvoltage(current)) * stored
        cells_ah = self.cells * self.capacity
        escaping = (self.temperature - ambient) * cells_ah / WARMTH_PER_CELL_AH / self.insulation
        warmer = self.temperature + (gassing + losses - escaping) * seconds / (HEAT_PER_CELL_AH * cells_ah)
        self.temperature = min(warmer, BOILING)
        self.state = min(1.0, max(0.0, self.state + change))


@dataclass(kw_only=True)
class String:
    """Batteries in series on a charger, or on a load when the mains fail."""

    batteries: Sequence[Battery]
    ambient: float = REFERENCE  # °C
    mains: bool = True
    load: float = 20.0  # A, taken from the batteries without mains
    charge_voltage: float = 2.27  # V per cell
    current_limit: float = 10.0  # A
    current: float = 0.0

    def voltages(self) -> list[float]:
        """Return the voltage of each battery in V."""
        return [battery.voltage(self.current) for battery in self.batteries]

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        while seconds > 0:
            self.settle()
            floating = self.mains and self.current < FLOAT_CURRENT * min(one.capacity for one in self.batteries)
            step = min(seconds, FLOAT_STEP if floating else STEP)
            seconds -= step
            for battery in self.batteries:
                battery.step(self.current, step, self.ambient)

    def settle(self) -> None:
        """Find the current that the charger or the load drives now."""
        if not self.mains:
            empty = any(battery.state <= 0 for battery in self.batteries)
            self.current = 0.0 if empty else -self.load
            return
        target = sum(battery.nominal_voltage / VOLTS_PER_CELL for battery in self.batteries) * self.charge_voltage
        low, high = 0.0, self.current_limit
        if self._total(high) <= target:
            self.current = high
            return
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._total(middle) > target else (middle, high)
        self.current = low

    def _total(self, current: float) -> float:
        return sum(battery.voltage(current) for battery in self.batteries)


assert all(a < b and va < vb for (a, va), (b, vb) in pairwise(OPEN_CIRCUIT))  # noqa: S101 - a table that must rise
