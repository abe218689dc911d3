"""Hydrogen: how much a charge makes, and how much air that needs (IEC 62485-2, formerly EN 50272-2)."""

from dataclasses import dataclass
from typing import Final

from .settings import Settings

HYDROGEN: Final = 0.42e-3  # m³/Ah, of one cell at 0 °C: q of the standard
DILUTION: Final = 24.0  # v of the standard: below 4 % of hydrogen
SAFETY: Final = 5.0  # s of the standard
FAULTY: Final = 5.0  # f_s of the standard: faulty cells and age
OPENING: Final = 28.0  # cm² of opening in and out, for each m³/h of natural ventilation


@dataclass(frozen=True, kw_only=True, slots=True)
class Gas:
    """What the present charge makes."""

    hydrogen: float  # m³/h
    ventilation: float  # m³/h of air that this needs
    laid_out: float  # m³/h of air that the room has, or the standard asks for with boost charge
    full: bool = True  # whether the string is, so that all of the charge makes gas

    @property
    def opening(self) -> float:
        """The area of each of two openings that ventilate so much by themselves, in cm²."""
        return OPENING * self.ventilation

    @property
    def share(self) -> float:
        """What is needed, in shares of what the room is laid out for."""
        return self.ventilation / self.laid_out


def gas(settings: Settings, current: float | None, *, full: bool) -> Gas | None:
    """Return what a charge current in A makes; None where no current is measured.

    V = q n I f_g and Q = v q s n I f_g f_s. Before the string is `full` only what a charge loses,
    1 - charge efficiency, is taken to make gas.
    """
    if current is None:
        return None
    cell = settings.cell
    gassing = current if current > settings.dead_band else 0.0
    if not full:
        gassing *= 1 - cell.charge_efficiency
    hydrogen = HYDROGEN * settings.all_cells * gassing * cell.gas_share
    laid_out = DILUTION * SAFETY * HYDROGEN * settings.all_cells * cell.boost_gas * settings.capacity
    return Gas(
        hydrogen=hydrogen,
        ventilation=DILUTION * SAFETY * FAULTY * hydrogen,
        laid_out=settings.ventilation if settings.ventilation is not None else laid_out,
        full=full,
    )
