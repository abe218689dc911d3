"""What a sample says of a string as a whole: its median cell, and what flowed since the last sample."""

from math import inf
from statistics import median

from .counters import LONGEST_GAP, Flow
from .limits import HOUR
from .operating_state import BROKEN, Cells
from .running_state import Running
from .sample import Sample
from .settings import Settings


def median_cell(settings: Settings, sample: Sample, temperature: float | None) -> Cells | None:
    """Return the median cell of the batteries that are not under test; None without a voltage."""
    known = [voltage for battery, voltage in sample.voltages.items() if battery not in sample.under_test]
    if not known:
        return None
    middle = median(known)
    low, high = BROKEN
    return Cells(
        voltage=middle / settings.cells,
        compensation=settings.compensation(temperature),
        broken=any(not low * middle <= voltage <= high * middle for voltage in known),
    )


def flow_since(
    settings: Settings,
    before: Running,
    sample: Sample,
    seconds: float,
    temperature: float | None,
    cells: Cells | None,
) -> Flow:
    """Return the measurements since the last sample.

    The charge is that of the mean of this current and the last measured one, which may be older than the last sample.
    So the next reading makes up for a missing one, and the charge during a restart is counted.
    """
    charge_flowed = None
    if sample.current is not None and before.current is not None and before.current_at is not None:
        mean, passed = (sample.current + before.current) / 2, sample.at - before.current_at
        if 0 < passed <= LONGEST_GAP:
            charge_flowed = mean * passed / HOUR if abs(mean) > settings.dead_band else 0.0
    voltage = None
    if len(sample.voltages) == len(settings.batteries):
        voltage = sum(sample.voltages.values())
    elif cells is not None:  # the energy is counted without the batteries that are offline too
        missing = len(settings.batteries) - len(sample.voltages)
        voltage = sum(sample.voltages.values()) + cells.voltage * settings.cells * missing
    voltage_age = sample.at - before.voltage_at if before.voltage_at is not None else inf
    return Flow(
        seconds=seconds,
        charge=charge_flowed,
        voltage=voltage,
        temperature=temperature,
        cell_voltage=cells.voltage if cells else None,
        compensation=cells.compensation if cells else 0.0,
        current_age=sample.at - before.current_at if before.current_at is not None else 0.0,
        last_voltage=before.voltage if voltage_age <= LONGEST_GAP else None,  # a restart hears the current first
        held=before.held,
    )
