"""The remaining time of a discharge: of the string, and of the battery that reaches its end voltage first."""

from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Final

from . import discharge_track
from .discharge_recorder import Recording
from .discharge_track import Track, recorded
from .learned import STRING, Learned, capacity_now, rate_law, warmth
from .load_steps import Moment, evened
from .nameplate_estimate import estimate
from .rate_law import RateLaw
from .remaining_time import Curve, Forecast, Known, forecast
from .resistance import ResistanceStates
from .sample import Sample
from .settings import Settings
from .string_load import OVER_TEST, Load, end_voltage, load_of

EVERY: Final = 20.0  # s between two predictions
CANDIDATES: Final = 3  # lowest batteries; one of them will reach its end voltage first


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
    now = load_of(settings, learned, track, tests)
    if now is None:
        return replace(before, track=track)
    temperature = fmean(sample.temperatures.values()) if sample.temperatures else None
    missing = _missing(settings, learned, recording, temperature, state_of_charge)
    string = _string(settings, learned, before, now, temperature, missing)
    estimated = string is None
    if string is None:
        string = _estimate(settings, learned, recording, now, sample, state_of_charge)
    lowest = sorted(sample.voltages, key=lambda battery: sample.voltages[battery])[:CANDIDATES]
    each = {
        battery: found
        for battery in lowest
        if (found := _battery(settings, learned, before, now, tests, battery, temperature, missing)) is not None
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
        voltage=now.lowest,
        current=now.current,
        charged=1.0 if charged is None else min(1.0, charged + drawn),
        sure=charged is not None,
        temperature=temperature,
    )


def _string(
    settings: Settings, learned: Learned, before: Prediction, now: Load, temperature: float | None, missing: float
) -> Forecast | None:
    curve = learned.string_curve(now.current)
    if curve is None:
        return None
    observed = [(one.drawn, one.voltage, one.current) for one in now.moments]
    return forecast(
        curve,
        observed,
        end_voltage(settings, STRING),
        now.current,
        Known(
            law=rate_law(settings, learned),
            warmth=_warmth(settings, curve, now.current, temperature),
            missing=missing,
            resistance=now.resistance,
            heaviest=now.heaviest,
            lowest=now.lowest,
            lost=STRING in before.lost,
        ),
    )


def _battery(
    settings: Settings,
    learned: Learned,
    before: Prediction,
    now: Load,
    tests: ResistanceStates,
    battery: str,
    temperature: float | None,
    missing: float,
) -> Forecast | None:
    points = recorded(learned.under_way.get(battery, ()))
    curve, law, own = _battery_curve(settings, learned, battery, now.current)
    if not points or curve is None:
        return None
    share, key = (1.0, battery) if own else (1 / len(settings.batteries), STRING)
    test = one.last if (one := tests.get(battery)) is not None else None
    ohms = OVER_TEST * test.ohmic_value if test is not None else now.resistance / len(settings.batteries)
    even = evened(
        [
            Moment(seconds=seconds, drawn=drawn, voltage=voltage / share, current=now.track.current_at(seconds))
            for seconds, voltage, drawn in points
        ]
    )
    observed = [(one.drawn, one.voltage, one.current) for one in even.moments]
    return forecast(
        curve,
        observed,
        end_voltage(settings, key),
        now.current,
        Known(
            law=law,
            warmth=_warmth(settings, curve, now.current, temperature),
            missing=missing,
            resistance=ohms / share,
            heaviest=now.heaviest,
            lowest=even.lowest,
            lost=battery in before.lost,
        ),
    )


def _battery_curve(
    settings: Settings, learned: Learned, battery: str, current: float
) -> tuple[Curve | None, RateLaw, bool]:
    """Return the curve that a battery is compared with, its Peukert's law, and whether it is the battery's own curve.

    A battery without a curve is assumed to follow the mean of its string. Curves of batteries are kept of the last
    discharge only. At a current far from that, the string's curve counts, with as many Ah more or less as then.
    """
    law, near, own = rate_law(settings, learned), learned.string_curve(current), learned.curves.get(battery)
    if own is None or near is None:
        return own or near, law, own is not None
    last = learned.string_curves[-1]
    by = own.capacity / last.capacity if own.at == last.at else 1.0
    return (own, law.scaled(by), True) if near is last else (near.scaled(by), law.scaled(by), False)


def _missing(
    settings: Settings, learned: Learned, recording: Recording, temperature: float | None, charged: float | None
) -> float:
    """Return the Ah that were missing when a discharge began that did not begin full; 0 if that is unknown."""
    if recording.whole or charged is None:
        return 0.0
    missing = (1.0 - charged) * capacity_now(settings, learned, temperature) - (recording.discharge.drawn or 0.0)
    return max(0.0, missing)


def _warmth(settings: Settings, curve: Curve, current: float, temperature: float | None) -> float:
    """Return what a temperature in °C makes of the Ah of a curve, as a factor; 1 if one of the two is unknown."""
    if curve.temperature is None or temperature is None:
        return 1.0
    there = warmth(settings, curve.capacity, curve.current, curve.temperature)
    return warmth(settings, curve.capacity, current, temperature) / there
