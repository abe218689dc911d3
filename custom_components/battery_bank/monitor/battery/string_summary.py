"""The summary of a string: its voltage, and its highest, lowest and hottest battery."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import BatteryReading


@dataclass(frozen=True, kw_only=True, slots=True)
class Extreme:
    """The battery with the highest or lowest value, and that value."""

    number: int  # of the battery in its string, from 1
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class StringSummary:
    """The summary of a string; None is unknown."""

    voltage: float | None = None  # V, the sum; None unless the voltage of every battery is known
    highest: Extreme | None = None  # V
    lowest: Extreme | None = None  # V
    spread: float | None = None  # V, highest minus lowest; None with fewer than two voltages
    hottest: Extreme | None = None  # °C


def summarise(
    readings: Mapping[int, BatteryReading | None],
    before: StringSummary,
    *,
    voltage_noise: float = 0.0,
    temperature_noise: float = 0.0,
) -> StringSummary:
    """Sum up the readings of the batteries, by number; None is a battery without a current reading.

    The extremes are of the batteries with readings, so that one that is offline does not hide a hot one. The battery of
    an extreme changes only when another one exceeds it by more than the noise (V, °C), because on float all are alike.
    """
    current = {number: reading for number, reading in readings.items() if reading}
    voltages = {number: reading.voltage for number, reading in current.items() if reading.voltage is not None}
    temperatures = {
        number: reading.temperature for number, reading in current.items() if reading.temperature is not None
    }
    return StringSummary(
        voltage=sum(voltages.values()) if voltages and len(voltages) == len(readings) else None,
        highest=_extreme(voltages, before.highest, voltage_noise),
        lowest=_extreme(voltages, before.lowest, voltage_noise, sign=-1),
        spread=max(voltages.values()) - min(voltages.values()) if len(voltages) > 1 else None,
        hottest=_extreme(temperatures, before.hottest, temperature_noise),
    )


def _extreme(values: Mapping[int, float], before: Extreme | None, noise: float, *, sign: int = 1) -> Extreme | None:
    """Return the highest value, or the lowest with a negative sign."""
    if not values:
        return None
    number = max(values, key=lambda n: sign * values[n])
    if before and before.number in values and sign * (values[number] - values[before.number]) <= noise:
        number = before.number
    return Extreme(number=number, value=values[number])
