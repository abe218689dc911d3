"""The hydrogen that a charge makes, and the ventilation it needs (IEC 62485-2, formerly EN 50272-2)."""

from dataclasses import dataclass
from typing import Final

from .settings import Settings

HYDROGEN: Final = 0.42e-3  # m³/Ah, of one cell at 0 °C: q of the standard
DILUTION: Final = 24.0  # v of the standard: dilutes the hydrogen to less than 4 %
SAFETY: Final = 5.0  # s of the standard
FLOAT_CURRENT: Final = 0.001  # A/Ah at 25 °C and float voltage, all of which makes gas (IEC 62485-2's table)
REFERENCE: Final = 25.0  # °C
DOUBLING: Final = 10.0  # K
OPENING: Final = 28.0  # cm² of each of the two openings, for each m³/h of natural ventilation


@dataclass(frozen=True, kw_only=True, slots=True)
class Gas:
    """The hydrogen of the present charge."""

    hydrogen: float  # m³/h
    ventilation: float  # m³/h of air that it needs
    laid_out: float  # m³/h of air that the room has, or that the standard requires for boost charge
    full: bool = True  # whether the string is full, so that all of the charge current makes gas

    @property
    def opening(self) -> float:
        """The area in cm² of each of two openings for this ventilation without a fan."""
        return OPENING * self.ventilation

    @property
    def share(self) -> float:
        """The needed ventilation over the available one."""
        return self.ventilation / self.laid_out


def gas(
    settings: Settings,
    current: float | None,
    *,
    full: bool,
    voltage: float | None = None,
    temperature: float | None = None,
) -> Gas | None:
    """Return the hydrogen of a charge current in A; None if no current is measured.

    V = q n I f_g and Q = v q s n I f_g; f_s of the standard, for faulty cells and age, is in the current that a room is
    laid out for, and a measured current has it in itself. Before the string is `full`, the current that makes gas is
    limited by the `voltage` of a cell in V and its `temperature` in °C, see `_gassing`; without them only the losses of
    the charge, 1 - charge efficiency, are assumed to make gas.
    """
    if current is None:
        return None
    cell = settings.cell
    gassing = current if current > settings.dead_band else 0.0
    if not full and voltage is None:
        gassing *= 1 - cell.charge_efficiency
    elif not full and voltage is not None:
        gassing = min(gassing, _gassing(settings, voltage, temperature))
    hydrogen = HYDROGEN * settings.all_cells * gassing * cell.gas_share
    laid_out = DILUTION * SAFETY * HYDROGEN * settings.all_cells * cell.boost_gas * settings.capacity
    return Gas(
        hydrogen=hydrogen,
        ventilation=DILUTION * SAFETY * hydrogen,
        laid_out=settings.ventilation if settings.ventilation is not None else laid_out,
        full=full,
    )


def _gassing(settings: Settings, voltage: float, temperature: float | None) -> float:
    """Return the current in A that makes gas at a cell voltage in V; the rest of the current charges.

    Tafel's law through the two points of IEC 62485-2's table: I = C i_float 10^((V - V_float) / decade), twice that for
    each 10 K more. At so high a voltage that this is more than flows, all of the current makes gas.
    """
    decades = (voltage - settings.figure("float_voltage")) / settings.cell.gassing_decade
    warmer = (temperature if temperature is not None else REFERENCE) - REFERENCE
    exponent = min(decades, 6.0)  # a voltage that cannot be must not overflow
    current: float = settings.capacity * FLOAT_CURRENT * 10**exponent * 2 ** (warmer / DOUBLING)
    return current
