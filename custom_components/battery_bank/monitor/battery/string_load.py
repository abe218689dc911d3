"""The load of the discharge under way: its parts, the current that is taken to go on, and the resistance it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from statistics import fmean, median
from typing import Final

from .discharge_track import Track
from .learned import STRING, Learned
from .limits import HOUR
from .load_steps import (
    REMEMBERED,
    Moment,
    Part,
    evened,
    expected_current,
    parts,
    ramp,
    resistances,
    to_and_fro,
    visible,
)
from .resistance import ResistanceStates
from .settings import Settings

# The change of voltage for a change of load over minutes, over the value of a resistance test, which takes seconds.
OVER_TEST: Final = 1.3
LITTLE: Final = 0.05  # of C10: how much is left at least, for the mean current of a load that rises or falls


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """The load of a discharge until now."""

    track: Track
    parts: tuple[Part, ...]
    current: float  # A that are taken to be drawn from now on
    resistance: float  # Ω of the string, 0 if unknown
    heaviest: float  # A, the most of a load that goes to and fro; 0 if it does not
    lowest: float  # V of the string, the least lately
    moments: Sequence[Moment]  # with a load in pulses at its mean


def load_of(settings: Settings, learned: Learned, track: Track, tests: ResistanceStates) -> Load | None:
    """Return the load; None while no current is known. `tests` are the resistance tests of the batteries."""
    moments = moments_of(track)
    if not moments:
        return None
    shown = step_resistances(settings, learned, track)
    ohms = median(shown) if shown else tested_resistance(settings, tests)
    least = visible(settings.capacity, ohms, end_voltage(settings, STRING))
    even = evened(moments)
    found = parts(even.moments, least)
    fro = to_and_fro(found)
    turns = [moment for part in fro for moment in part.moments]
    current = even.current or track.present_current(found[-1].start)
    if turns and turns[-1].seconds > turns[0].seconds:
        current = (turns[-1].drawn - turns[0].drawn) / (turns[-1].seconds - turns[0].seconds) * HOUR
    if current is None or current <= 0:
        return None
    if not turns and (change := ramp(even.moments, least)) is not None:
        left = max((learned.capacity or settings.capacity) - moments[-1].drawn, LITTLE * settings.capacity)
        current = expected_current(current, *change, left)
    return Load(
        track=track,
        parts=tuple(found),
        current=current,
        resistance=ohms,
        heaviest=max((even.heaviest, *(one.current for one in fro))),
        lowest=min(moments[-1].voltage, even.lowest),
        moments=even.moments,
    )


def moments_of(track: Track) -> list[Moment]:
    """Return the points of a track, with the present one."""
    return [
        Moment(seconds=one.seconds, drawn=one.drawn, voltage=one.voltage, current=one.current) for one in track.observed
    ]


def step_resistances(settings: Settings, learned: Learned, track: Track) -> tuple[float, ...]:
    """Return the resistances of the last steps of the load in Ω, with those of the discharge under way."""
    found = parts_of(settings, track, 0.0)
    shown = resistances(found, settings.capacity, end_voltage(settings, STRING))
    return (*learned.step_resistances, *shown)[-REMEMBERED:]


def parts_of(settings: Settings, track: Track, ohms: float, until: float = inf) -> list[Part]:
    """Return the parts of a discharge with one load each, until so many Ah were drawn."""
    moments = [one for one in moments_of(track) if one.drawn <= until]
    return parts(moments, visible(settings.capacity, ohms, end_voltage(settings, STRING)))


def tested_resistance(settings: Settings, tests: ResistanceStates) -> float:
    """Return the resistance of the string in Ω from the last tests of its batteries; 0 if most have none."""
    values = [test.ohmic_value for one in tests.values() if (test := one.last) is not None]
    if 2 * len(values) < len(settings.batteries):
        return 0.0
    return OVER_TEST * fmean(values) * len(settings.batteries)


def end_voltage(settings: Settings, key: str) -> float:
    """Return the end voltage of a battery, or of the string, in V."""
    return settings.figure("end_voltage") * (settings.cells if key else settings.all_cells)
