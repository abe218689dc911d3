"""Discharges of PyBaMM's lead-acid model, as `pybamm_runs.py` wrote them, put before the monitor as a string's."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from custom_components.battery_bank.monitor.battery.sample import Sample

from .scene import HOUR, Scene

FOLDER: Final = Path(__file__).parents[2] / "tests" / "truth"
NOMINAL: Final = 170.0  # Ah: the model's 17 Ah ten times side by side, so that a sensor of 0.1 A is fine enough


@dataclass(frozen=True, kw_only=True)
class Trajectory:
    """A discharge of one cell."""

    seconds: tuple[float, ...]  # rising
    volts: tuple[float, ...]
    rates: tuple[float, ...]  # 1 is `NOMINAL` in an hour
    drawn: tuple[float, ...] = field(default=())  # Ah of `NOMINAL`

    def at(self, seconds: float) -> tuple[float, float, float]:
        """Return V, rate and Ah drawn at a time."""
        place = min(max(bisect_right(self.seconds, seconds), 1), len(self.seconds) - 1)
        left, right = self.seconds[place - 1], self.seconds[place]
        part = (seconds - left) / (right - left)
        rate = self.rates[place - 1] + (self.rates[place] - self.rates[place - 1]) * part
        drawn = self.drawn[place - 1] + (self.rates[place - 1] + rate) / 2 * (seconds - left) / HOUR * NOMINAL
        return self.volts[place - 1] + (self.volts[place] - self.volts[place - 1]) * part, rate, drawn

    def end(self, end_voltage: float) -> float:
        """Return when it comes to an end voltage (V per cell) for the first time."""
        for (before, high), (after, low) in pairwise(zip(self.seconds, self.volts, strict=True)):
            if low <= end_voltage < high:
                return before + (after - before) * (high - end_voltage) / (high - low)
        return self.seconds[-1]

    def capacity(self, end_voltage: float) -> float:
        """Return the Ah down to an end voltage."""
        return self.at(self.end(end_voltage))[2]

    @property
    def last_change(self) -> float:
        """When the load changes last."""
        changes = [after for (_, a), (after, b) in pairwise(zip(self.seconds, self.rates, strict=True)) if a != b]
        return changes[-1] if changes else 0.0


@cache
def trajectory(name: str) -> Trajectory:
    """Read a discharge by its name."""
    rows = [line.split(",") for line in (FOLDER / f"{name}.csv").read_text().splitlines()[2:]]
    seconds, volts, rates = (tuple(float(row[column]) for row in rows) for column in range(3))
    drawn = [0.0]
    for (before, rate), (after, next_rate) in pairwise(zip(seconds, rates, strict=True)):
        drawn.append(drawn[-1] + (rate + next_rate) / 2 * (after - before) / HOUR * NOMINAL)
    return Trajectory(seconds=seconds, volts=volts, rates=rates, drawn=tuple(drawn))


def discharge(
    scene: Scene, run: Trajectory, *, until: float, every: float, temperature: float = 21.7
) -> Iterator[Sample]:
    """Yield samples of a discharge for so many s."""
    yield from scene.part(
        until,
        every=every,
        cell=lambda at: run.at(at)[0],
        current=lambda at: -run.at(at)[1] * NOMINAL,
        temperature=temperature,
        ambient=temperature,
    )


def recharge(scene: Scene, drawn: float, *, temperature: float = 21.7) -> Iterator[Sample]:
    """Yield samples of a recharge of so many Ah, down to its tail, and of float after it."""
    hours = 0.9 * drawn / (0.15 * NOMINAL)
    warm: dict[str, Any] = {"temperature": temperature, "ambient": temperature}
    yield from scene.part(
        hours * HOUR, every=120.0, cell=lambda at: 2.12 + 0.14 * at / HOUR / hours, current=0.15 * NOMINAL, **warm
    )
    yield from scene.part(
        6 * HOUR, every=120.0, cell=2.28, current=lambda at: 0.15 * NOMINAL * 0.4 ** (at / HOUR) + 0.2, **warm
    )
    yield from scene.floating(6.0, every=120.0, **warm)
