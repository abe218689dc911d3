"""The warming of batteries: how their temperatures rise in relation to the room.

A room changes in minutes, a battery in hours. So a battery is compared with a reference that falls as slowly as a
battery does, and rises with the room.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import exp
from statistics import median, median_low
from typing import Final

from .limits import HOUR, MINUTE
from .sample import Sample

EVERY: Final = 10 * MINUTE  # between two snapshots
SNAPSHOTS: Final = 4  # so that the oldest is half an hour old
# 1 K in 10 min for half an hour, while the temperature of the room does not change.
RISE: Final = 3.0  # K, from the oldest snapshot to now …
STEADY: Final = 1.0  # K, … while the room, or the median of the string, has risen less than this
# Of the two in the middle of so few batteries the lower one counts, because some that heat are much of the mean.
FEW: Final = 6
# A battery that runs away became warmer by itself. One that was warm all the time is a heated rack, or a wrong probe.
FORGETS: Final = 168 * HOUR  # time constant with which the coldest temperature of a battery is forgotten
# Blocks follow their room with 5 to 12 h, 2 V cells in a closed rack with 20 h [I]. With 12 h, a room that falls from
# 25 to 5 °C within minutes leaves healthy batteries at most 4 K above the reference.
FOLLOWS: Final = 12 * HOUR  # time constant
# A battery that is colder than the room is warmed by it: at most as fast as with this time constant [I].
FASTEST: Final = 3 * HOUR
LONGEST_GAP: Final = 2 * HOUR  # after a longer one, the temperature of the room meanwhile is unknown


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The temperatures at one time."""

    at: float
    temperatures: Mapping[str, float]  # °C, by battery
    reference: float  # °C, of the room, or the median of the batteries


@dataclass(frozen=True, kw_only=True, slots=True)
class Heat:
    """The temperatures of the last half hour, in steps of ten minutes."""

    looks: tuple[Snapshot, ...] = ()
    median: float | None = None  # °C
    rising: frozenset[str] = frozenset()  # batteries that warm up while the room does not
    coldest: Mapping[str, float] = field(default_factory=dict)  # °C, by battery: how cold it was in the last days
    room: float | None = None  # °C, the room as slowly as a battery follows it; None if it was never measured …
    room_at: float | None = None  # … and when it was calculated last

    def running_away(self, battery: str) -> bool:
        """Return whether a battery warms up by 1 K in 10 min for half an hour while the room does not."""
        return battery in self.rising

    def risen(self, battery: str, temperature: float) -> float:
        """Return by how many K a battery is warmer than it was half an hour ago."""
        return temperature - (self.looks[0].temperatures.get(battery, temperature) if self.looks else temperature)

    def heated(self, battery: str, temperature: float) -> float:
        """Return by how many K a battery is warmer than it was in the last days."""
        return temperature - self.coldest.get(battery, temperature)

    def reference(self, ambient: float | None) -> float | None:
        """Return what batteries are compared with in °C: the room, or what it was if it falls; else their median."""
        if ambient is None:
            return self.median
        return ambient if self.room is None else max(ambient, self.room)


def step(before: Heat, sample: Sample) -> Heat:
    """Compare the present temperatures with those of half an hour ago."""
    if not sample.temperatures:
        return Heat(coldest=before.coldest, room=before.room, room_at=before.room_at) if before.looks else before
    few = len(sample.temperatures) <= FEW
    middle = (median_low if few else median)(sample.temperatures.values())
    reference = sample.ambient if sample.ambient is not None else middle
    looks, coldest = before.looks, before.coldest
    if not looks or sample.at - looks[-1].at >= EVERY:
        if looks and sample.at - looks[-1].at > 2 * EVERY:
            looks = ()
        seen = Snapshot(at=sample.at, temperatures=dict(sample.temperatures), reference=reference)
        looks = (*looks, seen)[-SNAPSHOTS:]
        coldest = {**coldest, **_coldest(coldest, sample.temperatures, middle)}
    rising = frozenset[str]()
    if len(looks) == SNAPSHOTS and reference - looks[0].reference < STEADY:
        first, part = looks[0].temperatures, (sample.at - looks[0].at) / FASTEST
        rising = frozenset(
            battery
            for battery, now in sample.temperatures.items()
            if (was := first.get(battery)) is not None and now - was >= RISE + part * max(0.0, reference - was)
        )
    room, room_at = _followed(before, sample, middle)
    return Heat(looks=looks, median=middle, rising=rising, coldest=coldest, room=room, room_at=room_at)


def _coldest(before: Mapping[str, float], now: Mapping[str, float], middle: float) -> dict[str, float]:
    """Return the coldest temperature of each battery. At first, a battery that stands out was as cold as the others."""
    forgotten = 1 - exp(-EVERY / FORGETS)
    found: dict[str, float] = {}
    for battery, celsius in now.items():
        cold = before.get(battery, middle)
        found[battery] = min(celsius, cold + max(0.0, celsius - cold) * forgotten)
    return found


def _followed(before: Heat, sample: Sample, middle: float) -> tuple[float | None, float | None]:
    """Return the slow temperature of the room in °C, and its time.

    At the begin, and after a long gap, the batteries show how warm the room was.
    """
    ambient = sample.ambient
    if ambient is None:
        return before.room, before.room_at
    if before.room is None or before.room_at is None or sample.at - before.room_at > LONGEST_GAP:
        return max(ambient, middle), sample.at
    passed = max(0.0, sample.at - before.room_at)
    return before.room + (ambient - before.room) * (1 - exp(-passed / FOLLOWS)), sample.at
