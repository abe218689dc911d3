"""The recorder of discharges: one discharge record with its curves, from the first second to the last."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from .cell import COMPENSATED
from .counters import LONGEST_GAP, Flow, energy as energy_of
from .events import CurvePoint, Discharge, DischargeEnded, DischargePoints, DischargeStarted, Event, OperatingState
from .limits import HOUR, MINUTE
from .operating_state import Cells, DetectedState
from .rate_class import coefficient, rate_class
from .sample import Sample
from .settings import Settings

# A curve gets a new point after this change of voltage, after this time, and at the end voltage.
CURVE_STEP: Final = 0.004  # V per cell
CURVE_PAUSE: Final = 10 * MINUTE
# The coup de fouet ends within this time. There was one if the voltage rises again by more than noise.
DIP_WITHIN: Final = 15 * MINUTE
DIP_LEAST: Final = 0.003  # V per cell
# A low-voltage disconnect opens a little above the end voltage, and leaves a small current flowing.
NEAR: Final = 0.010  # V per cell above the end voltage, at which it is as good as reached
NEAR_STEP: Final = 0.001  # V per cell, the step of the curve there
NEAR_LONGEST: Final = MINUTE  # from then until the load vanishes
# °C. The sources of k give no range [I]: this is that of the other figures that makers give over the temperature.
CORRECTED: Final = COMPENSATED
VANISHED: Final = 0.1  # of the mean current of the discharge: a load of less has vanished
DOUBT: Final = 0.01  # of what was drawn, that may be missing in a measured capacity
UNEVEN: Final = 0.005  # by which the corrections for the mean current and for that of the mean Ah may differ


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
    last: Mapping[str, Last] = field(default_factory=dict)  # by battery, while it has a voltage; "" is the string
    lowest_early: float | None = None  # V of the string, the lowest within `DIP_WITHIN`
    temperature_hours: float = 0.0  # the integral of the temperature, in °C h, …
    temperature_over: float = 0.0  # … over this many h
    near_at: float | None = None  # when the voltage of the string was last at the end voltage or near it
    # s by which the clock was set ahead since the begin. The times of a discharge are by the clock as it was then,
    # so that they are as far apart as they were.
    ahead: float = 0.0
    squares: float = 0.0  # A·Ah, the integral of I²: over the Ah, it is the current at which the mean Ah was drawn
    doubt: float = 0.0  # Ah that were drawn too if the host was paused when the clock seemed to be set ahead
    unknown: float = 0.0  # s since the current was last known, for which nothing is counted yet

    @property
    def measures(self) -> bool:
        """Whether it measures the capacity so far: from full, monitored, and hardly anything drawn is in doubt."""
        return self.whole and not self.is_doubtful

    def is_uneven(self, settings: Settings, hours: float) -> bool:
        """Return whether the load changed so much in these hours that its mean current does not tell the capacity."""
        drawn = self.discharge.drawn or 0.0
        if drawn <= 0 or hours <= 0:
            return False
        return abs(_weight(settings, self.squares / drawn) / _weight(settings, drawn / hours) - 1) > UNEVEN

    @property
    def is_doubtful(self) -> bool:
        """Whether more may have been drawn than was counted, because the clock was set or the host was paused."""
        return self.doubt > DOUBT * (self.discharge.drawn or 0.0)


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
    if before is not None and before.ahead:
        sample = replace(sample, at=sample.at - before.ahead)
        turned = None if turned is None else turned - before.ahead
    if before is not None and (turned is None or turned > sample.at - flow.seconds):
        before = _check_gap(settings, before, flow)
        if sample.current is None:
            before = replace(before, unknown=before.unknown + flow.seconds)
    if condition is OperatingState.DISCHARGE:
        if before is not None and turned is not None:  # a voltage that rises again is not the end voltage
            return before, []
        began = sample.at if turned is None else turned
        events: list[Event] = []
        if before is None:
            # A current that is not read at the begin is bridged. An age of 0 without a current: it was never known.
            known = sample.current is not None or 0 < flow.current_age <= LONGEST_GAP
            measured = 0.0 if known else None
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
    uncounted = before.discharge.drawn is not None and before.unknown > DOUBT * (end - before.discharge.start)
    interrupted = before.discharge.interrupted or uncounted
    return None, [DischargeEnded(discharge=replace(before.discharge, end=end, interrupted=interrupted))]


def vanished_below(
    settings: Settings, before: Recording | None, sample: Sample, state: DetectedState, seconds: float
) -> float:
    """Return the current in A below which the load has vanished at the end of a discharge; 0 before the end.

    `seconds` is the time since the last sample.
    """
    if before is None or before.near_at is None or before.discharge.drawn is None or sample.current is None:
        return 0.0
    hours = (before.near_at - before.discharge.start) / HOUR
    least = VANISHED * before.discharge.drawn / hours if hours > 0 else 0.0
    near_at = before.near_at + before.ahead
    if state.candidate is OperatingState.REST:  # it has vanished
        at_end = state.candidate_since - near_at <= LONGEST_GAP
    else:
        at_end = sample.at - seconds - near_at <= NEAR_LONGEST
    return least if at_end and -sample.current < least else 0.0


def _check_gap(settings: Settings, before: Recording, flow: Flow) -> Recording:
    """Mark a recording with a gap as interrupted. Only a gap before the end voltage affects the capacity."""
    discharge = before.discharge
    current_age = flow.current_age if discharge.drawn is not None else 0.0
    unseen = flow.voltage is None and flow.last_voltage is None  # for longer than `LONGEST_GAP`
    if discharge.interrupted or (max(flow.seconds, current_age) <= LONGEST_GAP and not unseen):
        return before
    whole = before.whole and _reached(settings, discharge)
    return replace(before, whole=whole, discharge=replace(discharge, interrupted=True))


def _reached(settings: Settings, discharge: Discharge) -> bool:
    return (
        discharge.end_voltage is not None
        and discharge.end_voltage <= (settings.figure("end_voltage") + NEAR) * settings.all_cells
    )


def _record(
    settings: Settings, before: Recording, sample: Sample, flow: Flow
) -> tuple[Recording, tuple[CurvePoint, ...]]:
    discharge = before.discharge
    drawn, energy, squares = discharge.drawn, discharge.energy, before.squares
    if flow.seconds <= LONGEST_GAP and drawn is not None and energy is not None:
        if sample.current is not None and sample.at - flow.current_age < discharge.start:
            # The current before is that of float: the mean with it would be half of what was drawn since the begin.
            flow = replace(flow, charge=sample.current * (sample.at - discharge.start) / HOUR)
        more = max(0.0, -(flow.charge or 0.0))
        drawn, energy = drawn + more, energy + energy_of(flow)[1]
        squares += more * max(0.0, -(sample.current or 0.0))
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
    known: dict[str, float | None] = {"": flow.voltage, **sample.voltages}
    if flow.seconds > LONGEST_GAP:  # nothing was known since the last sample
        points += [_absent(battery, seconds - flow.seconds, discharge) for battery in last]
        last.clear()
    # A point stands for the time up to the next one. So the curve says from when on there was no voltage.
    for battery in [one for one in last if known.get(one) is None]:
        points.append(_absent(battery, seconds, discharge))
        del last[battery]
    for battery, voltage in known.items():
        if voltage is None:
            continue
        cells = settings.cells if battery else settings.all_cells
        point = last.get(battery)
        near = voltage <= (settings.figure("end_voltage") + NEAR) * cells
        if (
            point is None
            or abs(voltage - point.voltage) >= (NEAR_STEP if near else CURVE_STEP) * cells
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
            squares=squares,
            unknown=before.unknown if sample.current is None else 0.0,
            near_at=sample.at if _reached(settings, discharge) else before.near_at,
            temperature_hours=temperature_hours,
            temperature_over=temperature_over,
        ),
        tuple(points),
    )


def _absent(battery: str, seconds: float, discharge: Discharge) -> CurvePoint:
    return CurvePoint(battery=battery or None, seconds=seconds, voltage=None, drawn=discharge.drawn)


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
    """Return the capacity in Ah at the reference temperature; None if it can't be calculated.

    The discharge must have reached the end voltage. C = ∫ I dt (I / I10)^(p - 1) / (1 + k (T - T_ref)): Peukert's law
    makes it that of ten hours, for more than I10 only. A battery that has lost capacity is emptied faster by the same
    current, so the law goes by its own capacity, the more the higher the current is above I10 [I]. In a discharge that
    has a class of its own, see `rate_class`, the capacity stays that of its rate.
    k is between 0.006 and 0.01 /K (IEC 60896 as quoted by makers).
    """
    current = discharge.rate
    if discharge.drawn is None or discharge.end is None or current is None or not _reached(settings, discharge):
        return None
    hours = (discharge.end - discharge.start) / HOUR
    drawn: float = discharge.drawn
    if rate_class(settings, current) is None:
        ratio = max(1.0, current / settings.rated_current)
        lost = max(1.0, settings.capacity / drawn) ** (1 - 1 / ratio) if drawn > 0 else 1.0
        drawn *= (ratio * lost) ** (settings.cell.peukert - 1)
    return at_reference(settings, drawn, discharge.temperature, hours)


def _weight(settings: Settings, current: float) -> float:
    """Return the Ah of ten hours that an Ah at a current in A is, by Peukert's law for the nameplate."""
    weight: float = max(1.0, current / settings.rated_current) ** (settings.cell.peukert - 1)
    return weight


def is_corrected(temperature: float | None) -> bool:
    """Return whether a capacity is corrected for a mean temperature in °C: it is known, and in the range for that."""
    return temperature is not None and CORRECTED[0] <= temperature <= CORRECTED[1]


def at_reference(settings: Settings, drawn: float, temperature: float | None, hours: float) -> float:
    """Return a capacity in Ah at the reference temperature: C / (1 + k (T - T_ref)); as it is if not `is_corrected`."""
    if temperature is None or not is_corrected(temperature):
        return drawn
    difference = temperature - settings.figure("reference_temperature")
    return drawn / (1 + coefficient(settings, hours) * difference)
