"""What published tables say of cells, typed by hand for the circuit model; voltages in V of one cell.

Each figure has its source beside it. [K] marks common knowledge of the trade without a readable source, [I] what was
chosen here so that the model agrees with a published figure; `tests/test_truth_models.py` holds those agreements.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

type Table = tuple[tuple[float, float], ...]  # rising in the first figure, straight between

# State of charge and rested voltage. EnerSys VRLA: 2.14 = 100 %, 2.10 = 80, 2.07 = 60, 2.04 = 40, 2.00 = 20; its lowest
# point goes on as steep as the last pair [I].
VRLA_REST: Final[Table] = ((0.0, 1.96), (0.2, 2.00), (0.4, 2.04), (0.6, 2.07), (0.8, 2.10), (1.0, 2.14))
# Gel, 12 V: 12.80/12.60/12.40/12.00/11.80 V for 100/75/50/25/0 % (age-series/ElectricalAge2, 26.7 °C).
GEL_REST: Final[Table] = ((0.0, 1.967), (0.25, 2.000), (0.5, 2.067), (0.75, 2.100), (1.0, 2.133))
# Wet, 12 V: 12.65/12.45/12.24/12.06/11.89 V (the same collection).
VENTED_REST: Final[Table] = ((0.0, 1.982), (0.25, 2.010), (0.5, 2.040), (0.75, 2.075), (1.0, 2.108))
# NiCd: flat, 1.2 V nominal [K].
NICD_REST: Final[Table] = ((0.0, 1.12), (0.1, 1.20), (0.5, 1.25), (0.9, 1.28), (1.0, 1.33))

# State of charge and resistance, as a factor of the full cell's. +3 % at 32 % energy removed, then rising fast (Alber
# CRT-400 p141); 2 to 3 times at the end of a discharge (onchinatour.com/help/559).
RESISTANCE_RISE: Final[Table] = ((0.0, 2.5), (0.15, 1.6), (0.4, 1.2), (0.68, 1.03), (1.0, 1.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Electrochemistry:
    """A cell of one kind."""

    nominal: float  # V
    rest: Table
    float_voltage: float  # at 25 °C
    boost_voltage: float
    end_voltage: float  # at C10
    compensation: float  # V/K less for each K warmer
    resistance: float  # Ω·Ah of a monobloc's cell, full
    resistance_single: float  # Ω·Ah of a single cell with its own case
    # What a full cell takes: A/Ah at float voltage and 25 °C, and how many V make ten times as much.
    float_current: float
    gassing_decade: float
    efficiency: float  # Ah stored of each Ah that the main reaction takes
    activation: float  # V, of the discharge overvoltage
    charging: float  # V above rest that C/10 charges an empty cell with
    knee: float  # V lost when nothing is left in the plates
    dip: float  # V, of the coup de fouet at C/1; 0 if there is none
    fast_share: float  # of the charge that is available at once: c of the kinetic model, see below
    fast_rate: float  # 1/h, at which the rest follows: k' of the kinetic model


# Capacity over rate: the kinetic battery model (J. Manwell, J. McGowan, Solar Energy 50 (1993) 399) with c = 0.35 and
# k' = 1/h gives, against C10, 87 % in 5 h, 55 % in 1 h, 45 % in 15 min: what VRLA tables show [K]; and Peukert's
# exponent between 10 h and 1 h is 1.3, of vented cells 1.2 to 1.6 (bdbatteries.com/peukert.php).
LEAD: Final = Electrochemistry(
    nominal=2.0,
    rest=VRLA_REST,
    float_voltage=2.27,  # estimation.tools, VRLA
    boost_voltage=2.40,  # estimation.tools
    end_voltage=1.80,  # Eurobat, C10
    compensation=0.003,  # Narada
    resistance=0.06,  # 12 V AGM block: 0.3 to 0.6 Ω·Ah, so 0.05 to 0.1 a cell [K]
    resistance_single=0.15,  # 2 V cell: 0.1 to 0.3 Ω·Ah [K]
    float_current=0.001,  # 1 mA/Ah (IEC 62485-2's table; estimation.tools)
    gassing_decade=0.144,  # I_float 1 and I_boost 8 mA/Ah (the same): 0.13 V for 8 times
    efficiency=0.98,  # with the gassing of the absorption about 0.95 in all (Victron) [I]
    activation=0.018,  # [I]
    charging=0.06,  # [I]
    knee=0.24,  # [I]
    dip=0.012,  # 3 mV per cell at C/5.7 in the recordings of a 17 Ah block [C], as rate^0.8 [I]
    fast_share=0.35,
    fast_rate=1.0,
)
AGM: Final = LEAD
GEL: Final = Electrochemistry(
    nominal=2.0,
    rest=GEL_REST,
    float_voltage=2.27,
    boost_voltage=2.40,
    end_voltage=1.80,
    compensation=0.003,
    resistance=0.095,  # the upper end for a block [K]
    resistance_single=0.22,
    float_current=0.001,
    gassing_decade=0.144,
    efficiency=0.98,
    activation=0.018,
    charging=0.06,
    knee=0.24,
    dip=0.012,
    fast_share=0.33,
    fast_rate=1.0,
)
VENTED: Final = Electrochemistry(
    nominal=2.0,
    rest=VENTED_REST,
    float_voltage=2.23,  # estimation.tools, vented
    boost_voltage=2.40,
    end_voltage=1.80,
    compensation=0.003,
    resistance=0.085,
    resistance_single=0.18,
    float_current=0.001,  # I_float 1, I_boost 4 mA/Ah: 0.17 V for 4 times
    gassing_decade=0.282,
    efficiency=0.95,
    activation=0.018,
    charging=0.06,
    knee=0.24,
    dip=0.012,
    fast_share=0.33,
    fast_rate=0.9,
)
NICD: Final = Electrochemistry(
    nominal=1.2,
    rest=NICD_REST,
    float_voltage=1.40,  # estimation.tools
    boost_voltage=1.55,
    end_voltage=1.00,  # 1.00 to 1.14 V [K]
    compensation=0.0,  # Alpha
    resistance=0.06,
    resistance_single=0.12,
    float_current=0.001,  # I_float 1, I_boost 10 mA/Ah: 0.15 V for ten times
    gassing_decade=0.15,
    efficiency=0.80,
    activation=0.012,
    charging=0.11,  # so that C/10 goes from 1.36 V to boost voltage, as seen on a site
    knee=0.20,
    dip=0.0,  # lead-acid only
    fast_share=0.65,  # less dependent on the rate than lead-acid [K]
    fast_rate=2.0,
)


def read(table: Table, place: float) -> float:
    """Return a table's value at a place, straight between its points and level beyond them."""
    if place <= table[0][0]:
        return table[0][1]
    for (left, low), (right, high) in pairwise(table):
        if place <= right:
            return low + (high - low) * (place - left) / (right - left)
    return table[-1][1]
