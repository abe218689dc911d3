"""The figures of a cell by its chemistry, each with its source."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Final

from ..model import Chemistry

# Charging voltages are given for this temperature (float tables of the makers; Narada, C&D) …
VOLTAGE_REFERENCE: Final = 25.0  # °C
# … and are compensated only within this range (Narada).
COMPENSATED: Final = (5.0, 40.0)  # °C


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A cell of one chemistry."""

    nominal_voltage: float  # V
    # State of charge (0 to 1) and open-circuit voltage in V after 8 h of rest or more; makers differ by up to 15 %.
    open_circuit: tuple[tuple[float, float], ...]
    gas_share: float  # share of the charge current that makes hydrogen: f_g of IEC 62485-2
    boost_gas: float  # A/Ah, the current that the ventilation is designed for: I_gas of IEC 62485-2 for boost charge
    gassing_decade: float  # V that make ten times as much gassing current, from I_float and I_boost of IEC 62485-2
    charge_efficiency: float  # Ah stored for each Ah charged
    halving: float  # K; this much warmer halves the life
    design_life: float  # years at the reference temperature, unless a person has set it
    peukert: float  # exponent
    peukert_range: tuple[float, float]  # of the batteries of this chemistry
    rated_hours: float  # of the discharge that the nameplate capacity is for: C10, or C5 of NiCd
    lowest_end: float  # V; no maker ends a discharge of a cell lower, at any rate
    # 1/K, for discharges of 10 h, and for those of 3 h or less (IEC 60896 as quoted by makers)
    capacity_coefficient: float = 0.006
    fast_coefficient: float = 0.01

    @property
    def end_voltages(self) -> tuple[float, float]:
        """The lowest and the highest plausible end voltage in V: above the rest voltage, it is the end at once."""
        return self.lowest_end, self.full_voltage

    @property
    def full_voltage(self) -> float:
        """The open-circuit voltage of a full cell in V."""
        return self.open_circuit[-1][1]

    @property
    def most_under_load(self) -> float:
        """The voltage in V that no cell has after minutes of a discharge.

        A recorded block had 0.5 % more than its open-circuit voltage after 5 min at C/30, and nearly as much for an
        hour (valentinsulzer/faster-lead-acid).
        """
        return 1.01 * self.full_voltage

    def state_of_charge(self, voltage: float) -> float:
        """Return the state of charge (0 to 1) of a cell that has rested, from its open-circuit voltage in V."""
        voltages = [volts for _, volts in self.open_circuit]
        index = min(max(bisect_right(voltages, voltage), 1), len(voltages) - 1)
        (low, low_voltage), (high, high_voltage) = self.open_circuit[index - 1], self.open_circuit[index]
        state = low + (high - low) * (voltage - low_voltage) / (high_voltage - low_voltage)
        return min(max(state, 0.0), 1.0)


# The table of EnerSys for VRLA; its lowest point is extrapolated from the last two.
VRLA_OPEN_CIRCUIT: Final = ((0.0, 1.96), (0.2, 2.00), (0.4, 2.04), (0.6, 2.07), (0.8, 2.10), (1.0, 2.14))
# One cell of a flooded 12 V battery at 26.7 °C (collection of makers' tables by ElectricalAge2).
VENTED_OPEN_CIRCUIT: Final = ((0.0, 1.982), (0.25, 2.010), (0.5, 2.040), (0.75, 2.075), (1.0, 2.108))
# The usual figures of the trade. The curve is flat, so the state of charge from it is not accurate.
NICD_OPEN_CIRCUIT: Final = ((0.0, 1.18), (0.2, 1.24), (0.8, 1.28), (1.0, 1.32))

CELLS: Final[Mapping[Chemistry, Cell]] = {
    Chemistry.VRLA_AGM: Cell(
        nominal_voltage=2.0,
        open_circuit=VRLA_OPEN_CIRCUIT,
        gas_share=0.2,
        boost_gas=0.008,
        gassing_decade=0.144,  # 1 and 8 mA/Ah at 2.27 and 2.40 V
        charge_efficiency=0.95,
        halving=10.0,  # C&D, Ritar
        design_life=10.0,
        peukert=1.11,  # Xantrex, Heart Interface: gel and AGM
        # Trade: 1.05 to 1.15; sheets of makers with 55 to 60 % of C10 at 1 h: 1.25 to 1.3.
        peukert_range=(1.03, 1.30),
        rated_hours=10.0,
        lowest_end=1.30,  # 7.80 V of a 12 V block at 1C and more (Alpha)
    ),
    Chemistry.VRLA_GEL: Cell(
        nominal_voltage=2.0,
        open_circuit=VRLA_OPEN_CIRCUIT,
        gas_share=0.2,
        boost_gas=0.008,
        gassing_decade=0.144,  # 1 and 8 mA/Ah at 2.27 and 2.40 V
        charge_efficiency=0.95,
        halving=10.0,
        design_life=12.0,
        peukert=1.11,
        peukert_range=(1.05, 1.30),  # trade: 1.1 to 1.25
        rated_hours=10.0,
        lowest_end=1.30,
    ),
    Chemistry.VENTED_LEAD_ACID: Cell(
        nominal_voltage=2.0,
        open_circuit=VENTED_OPEN_CIRCUIT,
        gas_share=1.0,
        boost_gas=0.020,
        gassing_decade=0.282,  # 1 and 4 mA/Ah at 2.23 and 2.40 V
        charge_efficiency=0.90,
        halving=10.0,
        design_life=15.0,
        peukert=1.25,  # Xantrex, Heart Interface: flooded
        peukert_range=(1.10, 1.40),  # measured: 1.14 to 1.28; trade: 1.2 to 1.6
        rated_hours=10.0,
        lowest_end=1.30,
    ),
    Chemistry.NICD: Cell(
        nominal_voltage=1.2,
        open_circuit=NICD_OPEN_CIRCUIT,
        gas_share=1.0,
        boost_gas=0.050,
        gassing_decade=0.150,  # 1 and 10 mA/Ah at 1.40 and 1.55 V
        charge_efficiency=0.80,
        halving=-9.0 * log(2) / log(0.8),  # Saft: 20 % less life for each 9 K
        design_life=20.0,
        peukert=1.10,
        peukert_range=(1.03, 1.25),
        rated_hours=5.0,
        lowest_end=0.65,  # 1.00 to 1.14 V is usual; lower to start an engine [I]
    ),
}
