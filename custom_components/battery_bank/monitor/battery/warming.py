"""The warming of batteries: how their temperatures rise in relation to the room."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from .limits import MINUTE
from .sample import Sample

EVERY: Final = 10 * MINUTE  # between two snapshots
SNAPSHOTS: Final = 4  # so that the oldest is half an hour old
# 1 K in 10 min for half an hour, while the temperature of the room does not change.
RISE: Final = 3.0  # K, from the oldest snapshot to now …
STEADY: Final = 1.0  # K, … while the room, or the median of the string, has risen less than this


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

    def running_away(self, battery: str) -> bool:
        """Return whether a battery warms up by 1 K in 10 min for half an hour while the room does not."""
        return battery in self.rising


def step(before: Heat, sample: Sample) -> Heat:
    """Compare the present temperatures with those of half an hour ago."""
    if not sample.temperatures:
        return Heat() if before != Heat() else before
    middle = median(sample.temperatures.values())
    reference = sample.ambient if sample.ambient is not None else middle
    looks = before.looks
    if not looks or sample.at - looks[-1].at >= EVERY:
        if looks and sample.at - looks[-1].at > 2 * EVERY:
            looks = ()
        seen = Snapshot(at=sample.at, temperatures=dict(sample.temperatures), reference=reference)
        looks = (*looks, seen)[-SNAPSHOTS:]
    rising: frozenset[str] = frozenset()
    if len(looks) == SNAPSHOTS and reference - looks[0].reference < STEADY:
        then = looks[0].temperatures
        rising = frozenset(
            battery for battery, now in sample.temperatures.items() if now - then.get(battery, now) >= RISE
        )
    return Heat(looks=looks, median=middle, rising=rising)
