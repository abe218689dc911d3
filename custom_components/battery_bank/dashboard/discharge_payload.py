"""Discharges for the cards: their figures and curves, of the one under way as it is now."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from homeassistant.helpers.json import json_bytes

from ..monitor.battery.events import CurvePoint, Discharge
from ..monitor.battery.learned import STRING
from ..strings.members import String

type Curves = Mapping[str | None, Sequence[CurvePoint]]


def under_way(string: String) -> Discharge | None:
    """Return the discharge under way; None without one."""
    recording = string.state.running.recording
    return recording.discharge if recording else None


def measured_seconds(string: String) -> float | None:
    """Return the s of the discharge under way whose Ah are counted; None without one, or if not all are known.

    While the current is not known, the time goes on and the Ah do not: a mean current over all of it would sink.
    """
    running = string.state.running
    recording = running.recording
    if running.at is None or recording is None or recording.discharge.drawn is None or recording.discharge.interrupted:
        return None
    return max(0.0, running.at - recording.ahead - recording.discharge.start - recording.unknown)


def below(string: String) -> int | None:
    """Return the number of the battery that is below its end voltage in a discharge now: the first one, or the lowest.

    None without one: a battery may have recovered, or its module may be offline.
    """
    now = under_way(string)
    if now is None:
        return None
    end = string.settings.figure("end_voltage") * string.settings.cells
    low = {
        battery.id: voltage
        for battery in string.batteries
        if battery.reading and (voltage := battery.reading.voltage) is not None and voltage <= end
    }
    found = now.first_below if now.first_below in low else min(low, key=lambda one: low[one], default=None)
    return string.number(found)


def current_discharges(string: String, page: Iterable[Discharge], *, first: bool) -> list[Discharge]:
    """Return a page of the journal with the discharge under way as it is now: the journal has only its start.

    `first` is whether the page is the newest one, which contains the discharge under way even if it is not written yet.
    """
    now, shown = under_way(string), list(page)
    if now is None:
        return shown
    shown = [now if one.start == now.start else one for one in shown]
    return [now, *shown] if first and now not in shown else shown


def current_curves(string: String, start: float) -> Curves | None:
    """Return the curves of the discharge that began at `start` if it is under way; None if not."""
    now = under_way(string)
    if now is None or now.start != start:
        return None
    return {battery or None: points for battery, points in string.state.learned.under_way.items()}


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


def curve_payload(string: String, start: float, curves: Curves) -> bytes:
    """Return the curves of the string and its batteries, in order, without batteries that were taken out.

    `expected` is the curve of the string from which the remaining time is predicted: Ah drawn, and V of its average
    battery, down to the end voltage. It is None before the first discharge down to the end voltage.
    """
    learned = string.state.learned.curves.get(STRING)
    return json_bytes(
        {
            "start": start,
            "curves": [
                {"battery": name, "points": [[point.seconds, point.voltage, point.drawn] for point in curves[name]]}
                for name in (None, *string.settings.batteries)
                if name in curves
            ],
            "limits": {"end_voltage": round(string.settings.figure("end_voltage") * string.settings.cells, 3)},
            "expected": [[drawn, round(voltage / len(string.batteries), 3)] for drawn, voltage in learned.points]
            if learned
            else None,
        }
    )
