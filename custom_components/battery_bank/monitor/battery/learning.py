"""What a discharge down to the end voltage teaches."""

from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from . import step_resistance
from .discharge_recorder import NEAR, Recording, capacity
from .discharge_track import Track, recorded
from .events import DischargeEnded, DischargePoints, Event
from .learned import STRING, Learned
from .limits import HOUR
from .load_steps import USUAL
from .rate_class import RateCapacity, rate_class
from .remaining_time import Curve, learn as learn_curve
from .resistance import ResistanceStates
from .sample import Sample
from .settings import Settings
from .string_load import end_voltage, parts_of, step_resistances, tested_resistance


def stepped(settings: Settings, learned: Learned, sample: Sample) -> Learned:
    """Learn the resistances of batteries from a step of the load, where no module measures them."""
    if not settings.uses_load_steps:
        return learned
    track, steps = step_resistance.step(settings, learned.track, learned.battery_steps, sample)
    if track is learned.track and steps is learned.battery_steps:
        return learned
    return replace(learned, track=track, battery_steps=steps)


def follow(
    settings: Settings,
    learned: Learned,
    recorded: Sequence[Event],
    before: Recording | None,
    *,
    track: Track,
    tests: ResistanceStates,
) -> tuple[Learned, list[Event]]:
    """Learn from the events of a discharge, `before` as it was recorded; return them with the capacity known now."""
    events = list[Event]()
    for event in recorded:
        if isinstance(event, DischargePoints):
            learned = learned.grown(event.points)
        elif isinstance(event, DischargeEnded):
            whole = before is not None and before.measures
            learned, event = learn(settings, learned, event, whole=whole, track=track, tests=tests)  # noqa: PLW2901 - its capacity is known now
        events.append(event)
    return learned, events


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
    shown = step_resistances(settings, learned, track)
    curves = _curves(settings, learned, track, shown, tests) if whole else {}
    reached = discharge
    if (curve := curves.get(STRING)) is not None:  # charge below the end voltage does not count
        end = discharge.start + curve.capacity / curve.current * HOUR
        reached = replace(discharge, drawn=curve.capacity, end=end, interrupted=False)
    measured = capacity(settings, reached) if whole else None
    current = reached.rate or 0.0
    fast = rate_class(settings, current)
    discharge = replace(discharge, capacity=measured if fast is None else None)
    after = replace(learned, last=discharge, under_way={}, step_resistances=shown)
    if measured is not None:
        at, celsius = discharge.end or 0.0, discharge.temperature
        after = after.taught({key: replace(curve, at=at, temperature=celsius) for key, curve in curves.items()})
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
    points = {key: recorded(points) for key, points in learned.under_way.items()}
    if track.now is not None:
        points[STRING] = [(one.seconds, one.voltage, one.drawn) for one in track.observed]
    ohms = median(shown) if shown else tested_resistance(settings, tests)
    curves = {}
    for key, known in points.items():
        share = 1.0 if key == STRING else 1 / len(settings.batteries)
        curve = _curve(settings, key, known, ohms * share)
        if curve is None:
            continue
        found = parts_of(settings, track, ohms, until=curve.capacity)
        if len(found) > 1:
            last, by = found[-1].current, share * (ohms or USUAL * end_voltage(settings, STRING) / settings.capacity)
            level = [(at, volts + (track.current_at(at) - last) * by, drawn) for at, volts, drawn in known]
            curve = _curve(settings, key, level, ohms * share)
        if curve is not None:
            curves[key] = curve if len(found) <= 1 else replace(curve, current=found[-1].current)
    return curves


def _curve(
    settings: Settings, key: str, points: Sequence[tuple[float, float, float]], resistance: float
) -> Curve | None:
    """Return the curve down to the end voltage, or of a discharge that was cut off near it, down to there."""
    end = end_voltage(settings, key)
    near = NEAR * (settings.cells if key else settings.all_cells)
    return learn_curve(points, end, resistance) or learn_curve(points, end + near, resistance)
