"""How the batteries' temperatures move against each other and the room's."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from .limits import MINUTE
from .sample import Sample

EVERY: Final = 10 * MINUTE  # between two looks that are kept
LOOKS: Final = 4  # so that the oldest is half an hour old
# 1 K in 10 min for half an hour while the room stays as it is.
RISE: Final = 3.0  # K from the oldest look to now …
STEADY: Final = 1.0  # … and the most that the room, or the string's median, may have risen meanwhile


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """The temperatures at one time."""

    at: float
    temperatures: Mapping[str, float]  # °C, by battery
    reference: float  # °C, of the room, or the batteries' median


@dataclass(frozen=True, kw_only=True, slots=True)
class Heat:
    """Temperatures now, and every ten minutes for half an hour back."""

    looks: tuple[Look, ...] = ()
    median: float | None = None  # °C
    rising: frozenset[str] = frozenset()  # batteries that warm up by themselves

    def running_away(self, battery: str) -> bool:
        """Whether a battery warms up by more than 1 K in 10 min for half an hour, and the room doesn't."""
        return battery in self.rising


def step(before: Heat, sample: Sample) -> Heat:
    """Take the temperatures of now."""
    if not sample.temperatures:
        return Heat() if before != Heat() else before
    middle = median(sample.temperatures.values())
    reference = sample.ambient if sample.ambient is not None else middle
    looks = before.looks
    if not looks or sample.at - looks[-1].at >= EVERY:
        if looks and sample.at - looks[-1].at > 2 * EVERY:
            looks = ()
        look = Look(at=sample.at, temperatures=dict(sample.temperatures), reference=reference)
        looks = (*looks, look)[-LOOKS:]
    rising: frozenset[str] = frozenset()
    if len(looks) == LOOKS and reference - looks[0].reference < STEADY:
        then = looks[0].temperatures
        rising = frozenset(
            battery for battery, now in sample.temperatures.items() if now - then.get(battery, now) >= RISE
        )
    return Heat(looks=looks, median=middle, rising=rising)
