"""The remaining time of a discharge: of the string, and of the battery that reaches its end voltage first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf
from statistics import fmean, median
from typing import Final

from . import discharge_track
from .discharge_recorder import NEAR, Recording, capacity
from .discharge_track import Track
from .events import CurvePoint, Discharge, DischargeEnded
from .limits import HOUR
from .load_steps import REMEMBERED, USUAL, Moment, Part, expected_current, parts, ramp, resistances, to_and_fro, visible
from .nameplate_estimate import estimate
from .rate_class import RateCapacity, rate_class
from .remaining_time import Curve, Forecast, forecast, learn as learn_curve
from .resistance import ResistanceStates
from .sample import Sample
from .settings import Settings

EVERY: Final = 20.0  # s between two predictions
CANDIDATES: Final = 3  # lowest batteries; one of them will reach its end voltage first
# The change of voltage for a change of load over minutes, over the value of a resistance test, which takes seconds.
OVER_TEST: Final = 1.3
LITTLE: Final = 0.05  # of C10: how much is left at least, for the mean current of a load that rises or falls
STRING: Final = ""  # the key of the string, beside the ids of its batteries


@dataclass(frozen=True, kw_only=True, slots=True)
class Learned:
    """What was learned from discharges, which is saved, and the curves of the discharge under way, which are not."""

    capacity: float | None = None  # Ah for 10 h at the reference temperature
    capacity_at: float | None = None  # s since 1970, UTC
    capacities: Mapping[str, RateCapacity] = field(default_factory=dict)  # of fast discharges, by `rate_class`
    # Of the last discharge to the end voltage, by battery; "" is the string.
    curves: Mapping[str, Curve] = field(default_factory=dict)
    last: Discharge | None = None  # the last one that has ended
    under_way: Mapping[str, tuple[CurvePoint, ...]] = field(default_factory=dict)  # the journal has them too
    # Ω of the string: the change of voltage for a change of load, of the last steps of the load in discharges.
    step_resistances: tuple[float, ...] = ()

    def grown(self, points: Sequence[CurvePoint]) -> Learned:
        """Return the same with more points of the discharge under way."""
        curves = dict(self.under_way)
        for point in points:
            key = point.battery or STRING
            curves[key] = (*curves.get(key, ()), point)
        return replace(self, under_way=curves)

    def finished(self) -> Learned:
        """Return the same without the discharge under way."""
        return replace(self, under_way={}) if self.under_way else self


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """The remaining time of the discharge under way. None without a current, or if nothing is known to predict from."""

    at: float = 0.0
    current: float | None = None  # A drawn, the mean of the last minute, or of the turns of a load that goes to and fro
    remaining: float | None = None  # s until the string reaches its end voltage
    remaining_low: float | None = None  # s, the range of `remaining`
    remaining_high: float | None = None
    estimated: bool = False  # from the nameplate: no discharge down to the end voltage was seen yet
    limiting: str | None = None  # the battery that reaches its end voltage first …
    limiting_remaining: float | None = None  # … in this many s
    limiting_low: float | None = None  # s, the range of `limiting_remaining`
    limiting_high: float | None = None
    track: Track = field(default_factory=Track)  # of the string
    lost: frozenset[str] = frozenset()  # batteries that have lost capacity since their curve; "" is the string


def capacity_now(settings: Settings, learned: Learned, temperature: float | None) -> float:
    """Return the capacity in Ah at a temperature in °C: the learned one, or the rated.

    C(T) = C_ref (1 + k (T - T_ref)), k = 0.006 /K (IEC 60896 as quoted by makers).
    """
    rated = learned.capacity or settings.capacity
    if temperature is None:
        return rated
    difference = temperature - settings.figure("reference_temperature")
    return rated * max(0.5, 1 + settings.cell.capacity_coefficient * difference)


def step(
    settings: Settings,
    before: Prediction,
    learned: Learned,
    recording: Recording | None,
    sample: Sample,
    *,
    tests: ResistanceStates,
    state_of_charge: float | None,
) -> Prediction:
    """Repeat the prediction every `EVERY` s of a discharge. Without a discharge there is no prediction.

    `tests` are the resistance tests of the batteries; `state_of_charge` is counted, 0 to 1, None if unknown.
    """
    if recording is None:
        return before if before == NONE else NONE
    if sample.current is None:  # the last prediction no longer holds
        return Prediction(at=before.at, current=before.current, track=before.track, lost=before.lost)
    track = before.track
    if track.now is None and not track.points:
        track = discharge_track.restored(learned.under_way.get(STRING, ()))
    track = discharge_track.step(settings, track, recording, sample)
    if sample.current >= 0 or (before.at and 0 <= sample.at - before.at < EVERY):
        return replace(before, track=track)
    now = _load(settings, learned, track, tests)
    if now is None:
        return replace(before, track=track)
    string = _string(settings, learned, before, now)
    estimated = string is None
    if string is None:
        string = _estimate(settings, learned, recording, now, sample, state_of_charge)
    lowest = sorted(sample.voltages, key=lambda battery: sample.voltages[battery])[:CANDIDATES]
    each = {
        battery: found
        for battery in lowest
        if (found := _battery(settings, learned, before, now, tests, battery)) is not None
    }
    limiting = min(each, key=lambda battery: each[battery].seconds) if each else None
    first = each[limiting] if limiting else None
    lost = {battery for battery, found in each.items() if found.lost} | ({STRING} if string and string.lost else set())
    return Prediction(
        at=sample.at,
        current=now.current,
        remaining=string.seconds if string else None,
        remaining_low=string.low if string else None,
        remaining_high=string.high if string else None,
        estimated=estimated and string is not None,
        limiting=limiting,
        limiting_remaining=first.seconds if first else None,
        limiting_low=first.low if first else None,
        limiting_high=first.high if first else None,
        track=track,
        lost=before.lost | lost,
    )


NONE: Final = Prediction()


def learn(
    settings: Settings,
    learned: Learned,
    ended: DischargeEnded,
    *,
    whole: bool,
    track: Track,
    tests: ResistanceStates,
) -> tuple[Learned, DischargeEnded]:
    """Learn capacity and curves from a discharge to the end voltage; every discharge is stored as the last one.

    `whole` is whether the string was full and the discharge was monitored from its begin to the end voltage. The steps
    of the load show the resistance in any discharge.
    """
    discharge = ended.discharge
    shown = _step_resistances(settings, learned, track)
    curves = _curves(settings, learned, track, shown, tests) if whole else {}
    reached = discharge
    if (curve := curves.get(STRING)) is not None:  # charge below the end voltage does not count
        end = discharge.start + curve.capacity / curve.current * HOUR
        reached = replace(discharge, drawn=curve.capacity, end=end)
    measured = capacity(settings, reached) if whole else None
    current = reached.rate or 0.0
    fast = rate_class(settings, current)
    discharge = replace(discharge, capacity=measured if fast is None else None)
    after = replace(learned, last=discharge, under_way={}, step_resistances=shown)
    if measured is not None:
        after = replace(after, curves={**learned.curves, **curves})
    if measured is not None and fast is None:
        after = replace(after, capacity=measured, capacity_at=discharge.end)
    elif measured is not None and fast is not None and discharge.end is not None:
        first = learned.capacities[fast].first if fast in learned.capacities else measured
        now = RateCapacity(current=current, capacity=measured, at=discharge.end, first=first)
        after = replace(after, capacities={**learned.capacities, fast: now})
    return after, DischargeEnded(discharge=discharge)


def _curves(
    settings: Settings, learned: Learned, track: Track, shown: Sequence[float], tests: ResistanceStates
) -> dict[str, Curve]:
    """Return the curves of a whole discharge. Each is at the current of its end: a load moves the voltage."""
    points = {key: _points(points) for key, points in learned.under_way.items()}
    if track.now is not None:
        points[STRING] = [(one.seconds, one.voltage, one.drawn) for one in track.observed]
    ohms = median(shown) if shown else _tested(settings, tests)
    curves = {}
    for key, known in points.items():
        share = 1.0 if key == STRING else 1 / len(settings.batteries)
        curve = _curve(settings, key, known, ohms * share)
        if curve is None:
            continue
        found = _parts(settings, track, ohms, until=curve.capacity)
        if len(found) > 1:
            last, by = found[-1].current, share * (ohms or USUAL * _end(settings, STRING) / settings.capacity)
            level = [(at, volts + (track.current_at(at) - last) * by, drawn) for at, volts, drawn in known]
            curve = _curve(settings, key, level, ohms * share)
        if curve is not None:
            curves[key] = curve if len(found) <= 1 else replace(curve, current=found[-1].current)
    return curves


def _curve(
    settings: Settings, key: str, points: Sequence[tuple[float, float, float]], resistance: float
) -> Curve | None:
    """Return the curve down to the end voltage, or of a discharge that was cut off near it, down to there."""
    end = _end(settings, key)
    near = NEAR * (settings.cells if key else settings.all_cells)
    return learn_curve(points, end, resistance) or learn_curve(points, end + near, resistance)


def _estimate(
    settings: Settings, learned: Learned, recording: Recording, now: Load, sample: Sample, charged: float | None
) -> Forecast | None:
    """Return the remaining time by the nameplate; None if it is not known how full the string was."""
    last = now.track.now
    if last is None or (charged is None and not recording.whole):
        return None
    temperature = fmean(sample.temperatures.values()) if sample.temperatures else None
    drawn = last.drawn / capacity_now(settings, learned, temperature)
    return estimate(
        settings,
        now.parts,
        voltage=last.voltage,
        current=now.current,
        charged=1.0 if charged is None else min(1.0, charged + drawn),
        sure=charged is not None,
        temperature=temperature,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """The load of a discharge until now."""

    track: Track
    parts: tuple[Part, ...]
    current: float  # A that are taken to be drawn from now on
    resistance: float  # Ω of the string, 0 if unknown


def _load(settings: Settings, learned: Learned, track: Track, tests: ResistanceStates) -> Load | None:
    moments = _moments(track)
    if not moments:
        return None
    shown = _step_resistances(settings, learned, track)
    ohms = median(shown) if shown else _tested(settings, tests)
    least = visible(settings.capacity, ohms, _end(settings, STRING))
    found = parts(moments, least)
    turns = [moment for part in to_and_fro(found) for moment in part.moments]
    current = track.present_current(found[-1].start)
    if turns and turns[-1].seconds > turns[0].seconds:
        current = (turns[-1].drawn - turns[0].drawn) / (turns[-1].seconds - turns[0].seconds) * HOUR
    if current is None or current <= 0:
        return None
    if not turns and (change := ramp(moments, least)) is not None:
        left = max((learned.capacity or settings.capacity) - moments[-1].drawn, LITTLE * settings.capacity)
        current = expected_current(current, *change, left)
    return Load(track=track, parts=tuple(found), current=current, resistance=ohms)


def _moments(track: Track) -> list[Moment]:
    return [
        Moment(seconds=one.seconds, drawn=one.drawn, voltage=one.voltage, current=one.current) for one in track.observed
    ]


def _step_resistances(settings: Settings, learned: Learned, track: Track) -> tuple[float, ...]:
    """Return the resistances of the last steps of the load in Ω, with those of the discharge under way."""
    found = _parts(settings, track, 0.0)
    shown = resistances(found, settings.capacity, _end(settings, STRING))
    return (*learned.step_resistances, *shown)[-REMEMBERED:]


def _parts(settings: Settings, track: Track, ohms: float, until: float = inf) -> list[Part]:
    """Return the parts of a discharge with one load each, until so many Ah were drawn."""
    moments = [one for one in _moments(track) if one.drawn <= until]
    return parts(moments, visible(settings.capacity, ohms, _end(settings, STRING)))


def _tested(settings: Settings, tests: ResistanceStates) -> float:
    """Return the resistance of the string in Ω from the last tests of its batteries; 0 if most have none."""
    values = [test.ohmic_value for one in tests.values() if (test := one.last) is not None]
    if 2 * len(values) < len(settings.batteries):
        return 0.0
    return OVER_TEST * fmean(values) * len(settings.batteries)


def _string(settings: Settings, learned: Learned, before: Prediction, now: Load) -> Forecast | None:
    curve = learned.curves.get(STRING)
    if curve is None:
        return None
    observed = [(one.drawn, one.voltage, one.current) for one in now.track.observed]
    return forecast(
        curve,
        observed,
        _end(settings, STRING),
        now.current,
        peukert=settings.cell.peukert,
        resistance=now.resistance,
        nameplate=settings.capacity,
        lost=STRING in before.lost,
    )


def _battery(
    settings: Settings, learned: Learned, before: Prediction, now: Load, tests: ResistanceStates, battery: str
) -> Forecast | None:
    points = _points(learned.under_way.get(battery, ()))
    if not points:
        return None
    curve, end, share = learned.curves.get(battery), _end(settings, battery), 1.0
    if curve is None:  # a battery without a curve of its own is assumed to follow the mean of its string
        curve, end, share = learned.curves.get(STRING), _end(settings, STRING), 1 / len(settings.batteries)
    if curve is None:
        return None
    test = one.last if (one := tests.get(battery)) is not None else None
    ohms = now.resistance * share if share != 1.0 else now.resistance / len(settings.batteries)
    if test is not None:
        ohms = OVER_TEST * test.ohmic_value
    observed = [(drawn, voltage / share, now.track.current_at(seconds)) for seconds, voltage, drawn in points]
    return forecast(
        curve,
        observed,
        end,
        now.current,
        peukert=settings.cell.peukert,
        resistance=ohms / share,
        nameplate=settings.capacity,
        lost=battery in before.lost,
    )


def _end(settings: Settings, key: str) -> float:
    return settings.figure("end_voltage") * (settings.cells if key else settings.all_cells)


def _points(points: Sequence[CurvePoint]) -> list[tuple[float, float, float]]:
    return [(point.seconds, point.voltage, point.drawn) for point in points if point.drawn is not None]
