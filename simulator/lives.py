"""The life of a simulated string in simulated time: months in seconds, without a wire.

The physics are looked at every ten minutes while nothing happens, and every half a minute while charge moves; the
sensors add their noise to each sample.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import cos, inf, tau
from random import Random
from typing import Final

from custom_components.battery_bank.monitor.battery.sample import Sample

from .physics import FLOAT_CURRENT, Battery, String

DAY: Final = 86400.0  # s
QUIET: Final = 290.0  # s between two samples while only temperatures change, unless given …
BUSY: Final = 30.0  # … and while charge does
LOOK: Final = 600.0  # s between two looks at the physics in a quiet time
YEAR: Final = 365.25 * DAY

VOLTAGE_NOISE: Final = 0.003  # V of a 12 V block, one standard deviation
TEMPERATURE_NOISE: Final = 0.1  # K
CURRENT_NOISE: Final = 0.03  # A
COMPENSATION: Final = 0.003  # V/K of a cell, by which the charger follows the temperature
REFERENCE: Final = 25.0  # °C


@dataclass(kw_only=True)
class Life:
    """A string that lives: what changes it, and what its sensors say."""

    random: Random
    batteries: int = 20
    capacity: float = 100.0  # Ah
    ambient: float = 21.0  # °C, the mean of the year …
    season: float = 5.0  # K, … and how far summer and winter are from it
    step: float = 0.1  # A, what the current sensor resolves
    float_voltage: float = 2.27  # V per cell at 25 °C
    start: float = 1_767_225_600.0  # s since 1970, UTC: in winter
    measures_current: bool = True
    resistance_noise: float = 0.01
    string: String = field(init=False)
    ids: tuple[str, ...] = field(init=False)
    elapsed: float = 0.0  # s
    quiet: float = QUIET  # s between two samples while nothing but warmth moves
    changed: float = -inf  # s, when a story last changed something
    sensor_offset: dict[str, float] = field(default_factory=dict)  # V
    _voltages: list[float] = field(default_factory=list)  # V, at the last look

    def __post_init__(self) -> None:
        """Build the string as a maker delivers it: alike, but not the same."""
        random, winter = self.random, self.ambient - self.season
        self.ids = tuple(f"battery{number}" for number in range(1, self.batteries + 1))
        self.string = String(
            batteries=[
                Battery(
                    nominal_voltage=12.0,
                    capacity=self.capacity,
                    temperature=winter,
                    resistance_factor=random.gauss(1, 0.03),
                    capacity_factor=random.gauss(1, 0.01),
                    acceptance_factor=2 ** random.gauss(0, 0.2),
                )
                for _ in range(self.batteries)
            ],
            ambient=winter,
            load=20.0,
        )

    @property
    def now(self) -> float:
        """The time in s since 1970, UTC."""
        return self.start + self.elapsed

    def live(self, days: float, happens: Callable[[float], None] = lambda _: None) -> Iterator[Sample]:
        """Live on for so many days; `happens` is called with the day before each sample, and may change anything."""
        ends = self.elapsed + days * DAY
        looked = -LOOK
        while self.elapsed < ends:
            happens(self.elapsed / DAY)
            busy = not self.string.mains or self.string.current > FLOAT_CURRENT * self.capacity
            if busy or self.elapsed - looked >= LOOK:
                self._look(self.elapsed - looked if looked >= 0 else 0.0)
                looked = self.elapsed
            yield self.sample()
            self.elapsed += BUSY if busy else self.quiet

    def sample(self) -> Sample:
        """Return what the modules say now."""
        gauss, string = self.random.gauss, self.string
        current = round((string.current + gauss(0, CURRENT_NOISE)) / self.step) * self.step
        return Sample(
            at=self.now,
            voltages={
                one: round(voltage + gauss(0, VOLTAGE_NOISE) + self.sensor_offset.get(one, 0.0), 3)
                for one, voltage in zip(self.ids, self._voltages, strict=True)
            },
            temperatures={
                one: round(battery.temperature + gauss(0, TEMPERATURE_NOISE), 1)
                for one, battery in zip(self.ids, string.batteries, strict=True)
            },
            current=current if self.measures_current else None,
            ambient=round(string.ambient + gauss(0, TEMPERATURE_NOISE), 1) if self.measures_current else None,
        )

    def ohmic_value(self, number: int) -> float:
        """Return what a resistance test of a battery (from 1) finds, in Ω."""
        return self.string.batteries[number - 1].ohmic_value * self.random.gauss(1, self.resistance_noise)

    def settle(self) -> None:
        """Let current and voltages follow what has just changed."""
        self.string.settle()
        self._voltages = [battery.voltage(self.string.current) for battery in self.string.batteries]

    def _look(self, seconds: float) -> None:
        """Let the room follow the year, and the charger the room."""
        string = self.string
        string.ambient = self.ambient - self.season * cos(tau * self.elapsed / YEAR)
        mean = sum(battery.temperature for battery in string.batteries) / len(string.batteries)
        string.charge_voltage = self.float_voltage - COMPENSATION * (mean - REFERENCE)
        string.advance(seconds)
        self.settle()
