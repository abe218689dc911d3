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


def summarise(readings: Mapping[int, BatteryReading | None]) -> StringSummary:
    """Put the batteries of a string together, by number; None stands for a battery that is not heard.

    The extremes are those of the batteries that are heard, for a silent battery must not hide a hot one.
    """
    heard = {number: reading for number, reading in readings.items() if reading}
    voltages = [Extreme(number=n, value=reading.voltage) for n, reading in heard.items() if reading.voltage is not None]
    temperatures = [
        Extreme(number=n, value=reading.temperature) for n, reading in heard.items() if reading.temperature is not None
    ]
    highest = max(voltages, key=_value, default=None)
    lowest = min(voltages, key=_value, default=None)
    return StringSummary(
        voltage=sum(map(_value, voltages)) if voltages and len(voltages) == len(readings) else None,
        highest=highest,
        lowest=lowest,
        spread=highest.value - lowest.value if highest and lowest and len(voltages) > 1 else None,
        hottest=max(temperatures, key=_value, default=None),
    )


def _value(extreme: Extreme) -> float:
    return extreme.value
