"""Samples with typed values, and samples of a circuit; with the noise and the steps of real modules."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

from .circuit import Block, Circuit
from .electrochemistry import AGM, GEL, NICD, VENTED, Electrochemistry
from .monitor import START

DAY: Final = 86400.0  # s
HOUR: Final = 3600.0  # s
MINUTE: Final = 60.0  # s
OLD: Final = 400 * DAY  # s: how long a string has been there, if nothing else is said
KINDS: Final[Mapping[Chemistry, Electrochemistry]] = {
    Chemistry.VRLA_AGM: AGM,
    Chemistry.VRLA_GEL: GEL,
    Chemistry.VENTED_LEAD_ACID: VENTED,
    Chemistry.NICD: NICD,
}
# A TA shows mV, 0.1 °C; a TC 0.1 A (facts: modules). Noise is a third of what such sensors are wrong by at most [I].
VOLTAGE_NOISE: Final = 0.0003  # V per cell
TEMPERATURE_NOISE: Final = 0.1  # K
CURRENT_NOISE: Final = 0.03  # A
CURRENT_STEP: Final = 0.1  # A

type Of[T] = T | Callable[[float], T]  # a value, or a function of the s since the scene began


def string(
    batteries: int = 20,
    chemistry: Chemistry = Chemistry.VRLA_AGM,
    nominal_voltage: float = 12.0,
    capacity: float = 100.0,
    **other: object,
) -> Settings:
    """Return the settings of a string that has been there for long; `other` as in `Settings`."""
    known: dict[str, object] = {"installed": START - OLD} | other
    return Settings(
        batteries=tuple(f"b{number}" for number in range(1, batteries + 1)),
        chemistry=chemistry,
        nominal_voltage=nominal_voltage,
        capacity=capacity,
        **known,  # type: ignore[arg-type]
    )


def blocks(settings: Settings, seed: int = 1, *, temperature: float = 22.0, spread: float = 1.0) -> list[Block]:
    """Return the batteries of a string as a maker delivers them: alike, but not the same, unless `spread` is 0."""
    random, kind = Random(seed), KINDS[settings.chemistry]
    return [
        Block(
            kind=kind,
            cells=settings.cells,
            capacity=settings.capacity * random.gauss(1, 0.01 * spread),
            temperature=temperature,
            resistance_factor=random.gauss(1, 0.03 * spread),
            leak_factor=2.0 ** random.gauss(0, 0.15 * spread),
            dip_factor=max(0.3, random.gauss(1, 0.25 * spread)),
        )
        for _ in settings.batteries
    ]


@dataclass(kw_only=True)
class Scene:
    """Typed values: all batteries alike but those that a story names. Time goes on from one part to the next."""

    settings: Settings
    seed: int = 1
    noisy: bool = True
    at: float = 0.0  # s since the story began
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        """Make it repeatable."""
        self.random = Random(self.seed)

    def part(  # noqa: PLR0913 - a sample has so many sides
        self,
        seconds: float,
        *,
        every: float = 1.0,
        cell: Of[float],
        current: Of[float | None],
        of: Mapping[int, Of[float]] | None = None,
        temperature: Of[float] = 25.0,
        hot: Mapping[int, Of[float]] | None = None,
        ambient: Of[float | None] = 25.0,
        unheard: Collection[int] = (),
        **said: object,
    ) -> Iterator[Sample]:
        """Yield samples for so many s: V per cell, A, V of single batteries by number, °C, °C of single batteries."""
        ids, began, gauss = self.settings.batteries, self.at, self.random.gauss
        noise = VOLTAGE_NOISE * self.settings.cells if self.noisy else 0.0
        for number in range(max(1, round(seconds / every))):
            self.at = began + (number + 1) * every
            since = self.at - began
            level, warm = _now(cell, since) * self.settings.cells, _now(temperature, since)
            volts = {one: level + gauss(0, noise) for one in ids}
            degrees = {one: round(warm + (gauss(0, TEMPERATURE_NOISE) if self.noisy else 0.0), 1) for one in ids}
            for place, value in (of or {}).items():
                volts[ids[place - 1]] = _now(value, since)
            for place, value in (hot or {}).items():
                degrees[ids[place - 1]] = round(_now(value, since), 1)
            for place in unheard:
                del volts[ids[place - 1]], degrees[ids[place - 1]]
            ampere = _now(current, since)
            yield Sample(
                at=self.at,
                voltages={one: round(value, 3) for one, value in volts.items()},
                temperatures=degrees,
                current=self._current(ampere),
                ambient=_now(ambient, since),
                **said,  # type: ignore[arg-type]
            )

    def floating(self, hours: float = 3.0, *, every: float = 30.0, **other: object) -> Iterator[Sample]:
        """Yield samples of a full string on float."""
        kind = KINDS[self.settings.chemistry]
        known: dict[str, object] = {"cell": kind.float_voltage, "current": 0.001 * self.settings.capacity} | other
        yield from self.part(hours * HOUR, every=every, **known)  # type: ignore[arg-type]

    def _current(self, ampere: float | None) -> float | None:
        if ampere is None or not self.settings.measures_current:
            return None
        if not self.noisy:
            return ampere
        step = self.settings.current_step
        return round((ampere + self.random.gauss(0, 0.3 * step)) / step) * step if step else ampere


@dataclass(kw_only=True)
class Recorded:
    """The modules on a circuit: what they say of it."""

    settings: Settings
    circuit: Circuit
    seed: int = 1
    at: float = 0.0
    probe: bool = True
    physics: float = 60.0  # s, the longest step of the circuit
    round_time: float = 0.0  # s in which all batteries are read, one after another; 0: all at once
    _random: Random = field(init=False)
    _last: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make it repeatable."""
        self._random = Random(self.seed)
        self.circuit.settle()

    def run(
        self, seconds: float, *, every: float = 1.0, until: Callable[[Circuit], bool] | None = None
    ) -> Iterator[Sample]:
        """Yield samples for so many s, or until something is so."""
        ends = self.at + seconds
        while self.at < ends - 1e-6:
            self.circuit.advance(every, self.physics)
            self.at += every
            yield self.sample()
            if until is not None and until(self.circuit):
                return

    def sample(self) -> Sample:
        """Return what the modules say now."""
        circuit, gauss = self.circuit, self._random.gauss
        noise = VOLTAGE_NOISE * self.settings.cells
        said = {
            battery: (round(voltage + gauss(0, noise), 3), round(block.temperature + gauss(0, TEMPERATURE_NOISE), 1))
            for battery, voltage, block in zip(self.settings.batteries, circuit.voltages(), circuit.blocks, strict=True)
        }
        if self.round_time and self._last:
            said = {
                battery: said[battery] if self._read(place) else self._last[battery]
                for place, battery in enumerate(said)
            }
        self._last = said
        step = self.settings.current_step
        current = circuit.current + gauss(0, 0.3 * step)
        return Sample(
            at=self.at,
            voltages={battery: voltage for battery, (voltage, _) in said.items()},
            temperatures={battery: degrees for battery, (_, degrees) in said.items()},
            current=round(current / step) * step if self.settings.measures_current else None,
            ambient=round(circuit.ambient + gauss(0, TEMPERATURE_NOISE), 1) if self.probe else None,
        )

    def _read(self, place: int) -> bool:
        """Whether a battery is read in this second, one after another in each round."""
        count, turn = len(self.settings.batteries), self.at % self.round_time / self.round_time
        return int(turn * count) <= place < int(turn * count) + max(1, -(-count // int(self.round_time)))


def relaxing(start: float, room: Callable[[float], float], hours: float) -> Callable[[float], float]:
    """Return the temperature of a battery that follows a room with a time constant; to be asked at rising times."""
    state = {"at": 0.0, "value": start}

    def follow(at: float) -> float:
        while state["at"] < at:
            part = min(30.0, at - state["at"])
            state["value"] += (room(state["at"]) - state["value"]) * part / (hours * HOUR)
            state["at"] += part
        return state["value"]

    return follow


def ramp(start: float, end: float, seconds: float, *, after: float = 0.0) -> Callable[[float], float]:
    """Return a value that goes from one to another in so many s, beginning `after` so many s."""
    return lambda at: start + (end - start) * min(1.0, max(0.0, (at - after) / seconds))


def numbered(settings: Settings, number: int) -> str:
    """Return the id of a battery."""
    return settings.batteries[number - 1]


def ids(settings: Settings, numbers: Sequence[int]) -> frozenset[str]:
    """Return the ids of batteries."""
    return frozenset(settings.batteries[number - 1] for number in numbers)


def _now[T](value: Of[T], since: float) -> T:
    return value(since) if callable(value) else value
