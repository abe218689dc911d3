"""What the cards get of a discharge: its figures and its curves."""

from collections.abc import Mapping
from typing import Any

from homeassistant.helpers.json import json_bytes

from ..monitor.battery.events import CurvePoint, Discharge
from ..strings.members import String


def discharge_payload(string: String, one: Discharge, *, has_curve: bool) -> dict[str, Any]:
    """Return the figures of a discharge."""
    return {
        "start": one.start,
        "end": one.end,
        "drawn": one.drawn,
        "energy": one.energy,
        "start_voltage": one.start_voltage,
        "end_voltage": one.end_voltage,
        "lowest_battery": string.number(one.lowest_battery),
        "lowest_voltage": one.lowest_voltage,
        "first_below": string.number(one.first_below),
        "capacity": one.capacity,
        "interrupted": one.interrupted,
        "has_curve": has_curve,
    }


def curve_payload(string: String, start: float, curves: Mapping[str | None, list[CurvePoint]]) -> bytes:
    """Return the curves of the string and its batteries, in order, without batteries that were taken out."""
    return json_bytes(
        {
            "start": start,
            "curves": [
                {"battery": name, "points": [[point.seconds, point.voltage, point.drawn] for point in curves[name]]}
                for name in (None, *string.settings.batteries)
                if name in curves
            ],
            "limits": {"end_voltage": round(string.settings.figure("end_voltage") * string.settings.cells, 3)},
        }
    )
