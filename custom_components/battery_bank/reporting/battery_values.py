"""The present values of batteries as CSV, for a download from the dashboard."""

from collections.abc import Iterable, Sequence
from typing import Final

from ..monitor.battery.resistance import ResistanceState
from ..strings.members import Battery, String
from .csv_file import Cell, csv_text

# The unit stands in the name of a column: scripts of our users find the columns by these names.
COLUMNS: Final = (
    "string",
    "number",
    "address",
    "voltage_v",
    "temperature_c",
    "ohmic_mohm",
    "baseline_mohm",
    "ratio",
    "risk",
)


def battery_values(strings: Iterable[String]) -> str:
    """Return a row for each battery of strings; a value that is not known now is an empty cell."""
    return csv_text(COLUMNS, [_row(battery) for string in strings for battery in string.batteries])


def _row(battery: Battery) -> Sequence[Cell]:
    reading, known = battery.reading, battery.string.state.resistances.get(battery.id) or ResistanceState()
    baseline = known.baseline
    return (
        battery.string.name,
        battery.number,
        battery.module.unit_id,
        reading.voltage if reading else None,
        reading.temperature if reading else None,
        battery.string.milliohms(known.last.ohmic_value) if known.last else None,
        battery.string.milliohms(baseline.ohmic_value) if baseline else None,
        round(known.ratio, 3) if known.ratio is not None else None,
        known.risk,
    )
