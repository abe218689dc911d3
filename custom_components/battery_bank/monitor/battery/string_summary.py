"""What the batteries of a string say together."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import BatteryReading


@dataclass(frozen=True, kw_only=True, slots=True)
class Extreme:
    """The battery that stands out, and by which value."""

    number: int  # of the battery in its string, from 1
    value: float


@dataclass(frozen=True, kw_only=True, slots=True)
class StringSummary:
    """A string at a glance; None where it can't be known."""

    voltage: float | None = None  # V, the sum; None unless every battery has one
    highest: Extreme | None = None  # V
    lowest: Extreme | None = None  # V
    spread: float | None = None  # V, highest less lowest; None with fewer than two batteries
    hottest: Extreme | None = None  # °C


def summarise(
    readings: Mapping[int, BatteryReading | None],
    before: StringSummary,
    *,
    voltage_noise: float = 0.0,
    temperature_noise: float = 0.0,
) -> StringSummary:
    """Put the batteries of a string together, by number; None stands for a battery that is not heard.

    The extremes are those of the batteries that are heard, for a silent battery must not hide a hot one. The one that
    stood out before goes on to, until another surpasses it by more than noise (V, °C): on float they are all alike.
    """
    heard = {number: reading for number, reading in readings.items() if reading}
    voltages = {number: reading.voltage for number, reading in heard.items() if reading.voltage is not None}
    temperatures = {number: reading.temperature for number, reading in heard.items() if reading.temperature is not None}
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
