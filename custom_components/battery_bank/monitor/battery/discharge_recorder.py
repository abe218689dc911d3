"""The recorder of discharges: one discharge record with its curves, from the first second to the last."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from .counters import LONGEST_GAP, Flow, energy as energy_of
from .events import CurvePoint, Discharge, DischargeEnded, DischargePoints, DischargeStarted, Event, OperatingState
from .limits import HOUR, MINUTE
from .operating_state import Cells
from .sample import Sample
from .settings import Settings

# A curve gets a new point after this change of voltage, after this time, and at the end voltage.
CURVE_STEP: Final = 0.004  # V per cell
CURVE_PAUSE: Final = 10 * MINUTE
# The coup de fouet ends within this time. There was one if the voltage rises again by more than noise.
DIP_WITHIN: Final = 15 * MINUTE
DIP_LEAST: Final = 0.003  # V per cell
FAST: Final = 3.0  # h; up to here the temperature coefficient of fast discharges applies


@dataclass(frozen=True, kw_only=True, slots=True)
class Last:
    """The last recorded point of a curve."""

    seconds: float
    voltage: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A discharge under way."""

    discharge: Discharge
    whole: bool = True  # whether the capacity can be measured: the string was full, and monitored to its end voltage
    last: Mapping[str, Last] = field(default_factory=dict)  # by battery; "" is the string
    lowest_early: float | None = None  # V of the string, the lowest within `DIP_WITHIN`
    temperature_hours: float = 0.0  # the integral of the temperature, in °C h, …
    temperature_over: float = 0.0  # … over this many h


def step(
    settings: Settings,
    before: Recording | None,
    sample: Sample,
    flow: Flow,
    condition: OperatingState | None,
    *,
    turned: float | None,
    rested: Cells | None,
    full: bool,
) -> tuple[Recording | None, list[Event]]:
    """Record one interval.

    `turned` is since when another operating state than the present one is pending. `rested` and `full` are about the
    string before a new discharge: its mean cell, None if the begin was not monitored, and whether it was full.
    """
    if before is not None and (turned is None or turned > sample.at - flow.seconds):
        before = _check_gap(settings, before, flow)
    if condition is OperatingState.DISCHARGE:
        if before is not None and turned is not None:  # a voltage that rises again is not the end voltage
            return before, []
        began = sample.at if turned is None else turned
        events: list[Event] = []
        if before is None:
            measured = 0.0 if sample.current is not None else None
            before = Recording(
                discharge=Discharge(
                    start=began,
                    drawn=measured,
                    energy=measured,
                    start_voltage=rested.voltage * settings.all_cells if rested else None,
                    interrupted=rested is None,
                ),
                whole=full and rested is not None,
            )
            since = sample.at - began
            flow = replace(flow, seconds=since, charge=(sample.current or 0.0) * since / HOUR, held=(0.0, 0.0))
            events.append(DischargeStarted(discharge=before.discharge))
        recording, points = _record(settings, before, sample, flow)
        if points:
            events.append(DischargePoints(start=recording.discharge.start, points=points))
        return recording, events
    if before is None or condition is None:
        return before, []
    end = sample.at if turned is None else turned
    return None, [DischargeEnded(discharge=replace(before.discharge, end=end))]


def _check_gap(settings: Settings, before: Recording, flow: Flow) -> Recording:
    """Mark a recording with a gap as interrupted. Only a gap before the end voltage affects the capacity."""
    discharge = before.discharge
    current_age = flow.current_age if discharge.drawn is not None else 0.0
    if discharge.interrupted or max(flow.seconds, current_age) <= LONGEST_GAP:
        return before
    whole = before.whole and _reached(settings, discharge)
    return replace(before, whole=whole, discharge=replace(discharge, interrupted=True))


def _reached(settings: Settings, discharge: Discharge) -> bool:
    return (
        discharge.end_voltage is not None
        and discharge.end_voltage <= settings.figure("end_voltage") * settings.all_cells
    )


def _record(
    settings: Settings, before: Recording, sample: Sample, flow: Flow
) -> tuple[Recording, tuple[CurvePoint, ...]]:
    discharge = before.discharge
    drawn, energy = discharge.drawn, discharge.energy
    if flow.seconds <= LONGEST_GAP and drawn is not None and energy is not None:
        drawn, energy = drawn + max(0.0, -(flow.charge or 0.0)), energy + energy_of(flow)[1]
    hours = flow.seconds / HOUR if flow.temperature is not None and 0 < flow.seconds <= LONGEST_GAP else 0.0
    temperature_hours = before.temperature_hours + (flow.temperature or 0.0) * hours
    temperature_over = before.temperature_over + hours
    discharge = replace(
        discharge,
        drawn=drawn,
        energy=energy,
        end_voltage=flow.voltage if flow.voltage is not None else discharge.end_voltage,
        temperature=temperature_hours / temperature_over if temperature_over else flow.temperature,
    )
    discharge = _lowest(settings, discharge, sample)
    seconds = sample.at - discharge.start
    lowest_early = before.lowest_early
    if flow.voltage is not None and seconds <= DIP_WITHIN:
        lowest_early = flow.voltage if lowest_early is None else min(lowest_early, flow.voltage)
        dip = flow.voltage - lowest_early
        if dip >= DIP_LEAST * settings.all_cells and dip > (discharge.dip or 0.0):
            discharge = replace(discharge, dip=dip)
    last, points = dict(before.last), []
    known = {"": flow.voltage} | dict(sample.voltages)
    for battery, voltage in known.items():
        if voltage is None:
            continue
        cells = settings.cells if battery else settings.all_cells
        point = last.get(battery)
        if (
            point is None
            or abs(voltage - point.voltage) >= CURVE_STEP * cells
            or seconds - point.seconds >= CURVE_PAUSE
            or voltage <= settings.figure("end_voltage") * cells < point.voltage
        ):
            last[battery] = Last(seconds=seconds, voltage=voltage)
            points.append(CurvePoint(battery=battery or None, seconds=seconds, voltage=voltage, drawn=drawn))
    return (
        replace(
            before,
            discharge=discharge,
            last=last if points else before.last,
            lowest_early=lowest_early,
            temperature_hours=temperature_hours,
            temperature_over=temperature_over,
        ),
        tuple(points),
    )


def _lowest(settings: Settings, discharge: Discharge, sample: Sample) -> Discharge:
    if not sample.voltages:
        return discharge
    battery = min(sample.voltages, key=lambda one: sample.voltages[one])
    voltage = sample.voltages[battery]
    if discharge.lowest_voltage is None or voltage < discharge.lowest_voltage:
        discharge = replace(discharge, lowest_battery=battery, lowest_voltage=voltage, lowest_at=sample.at)
    if discharge.first_below is None and voltage <= settings.figure("end_voltage") * settings.cells:
        discharge = replace(discharge, first_below=battery, first_below_at=sample.at)
    return discharge


def capacity(settings: Settings, discharge: Discharge) -> float | None:
    """Return the capacity in Ah at the reference temperature and the 10 h rate; None if it can't be calculated.

    C = ∫ I dt (I / I10)^(p - 1) / (1 + k (T - T_ref)): Peukert's law, for more than I10 only, and k = 0.006 /K, up to
    3 h 0.01 (IEC 60896 as quoted by makers). The discharge must have reached the end voltage.
    """
    if discharge.drawn is None or discharge.end is None:
        return None
    hours = (discharge.end - discharge.start) / HOUR
    if hours <= 0 or not _reached(settings, discharge):
        return None
    ten_hours = settings.capacity / 10
    rate = max(1.0, discharge.drawn / hours / ten_hours)
    drawn: float = discharge.drawn * rate ** (settings.cell.peukert - 1)
    if discharge.temperature is not None:
        difference = discharge.temperature - settings.figure("reference_temperature")
        cell = settings.cell
        drawn /= 1 + (cell.fast_coefficient if hours <= FAST else cell.capacity_coefficient) * difference
    return drawn
