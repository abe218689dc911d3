"""Stories of a battery that is turned or empty in a discharge, and of healthy dips at its begin."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from custom_components.battery_bank.monitor.battery.events import Level
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

from .checks import Story, at_most, names
from .circuit import Circuit
from .monitor import Monitor
from .scene import HOUR, KINDS, Recorded, Scene, blocks, numbered, string

LEAD_IN: Final = 3 * HOUR  # s on float before it begins
FOUND_WITHIN: Final = 15.0  # s until a reversed battery must be named
# V per cell that a healthy cell holds after some seconds, by rate: the circuit model's, rounded.
UNDER_LOAD: Final[Mapping[Chemistry, Mapping[float, float]]] = {
    Chemistry.VRLA_AGM: {0.1: 2.08, 0.5: 2.03, 1: 1.99, 2: 1.90, 3.9: 1.78},
    Chemistry.VRLA_GEL: {0.1: 2.07, 0.5: 2.01, 1: 1.96, 2: 1.87, 3.9: 1.76},
    Chemistry.VENTED_LEAD_ACID: {0.1: 2.05, 0.5: 1.99, 1: 1.95, 2: 1.86, 3.9: 1.76},
    Chemistry.NICD: {0.1: 1.29, 0.5: 1.25, 1: 1.21, 2: 1.15, 3.9: 1.05},
}
REVERSED_CELL: Final = -1.2  # V of a cell that is driven backwards: -1.0 to -1.5 [K]


@dataclass(frozen=True, kw_only=True)
class Turned:
    """A discharge in which one battery is turned or empty from some second on."""

    rate: float = 2.0  # of C10
    lasts: float = 294.0  # s
    onset: float = 60.0  # s
    battery: int = 7
    volts: float | None = None  # V; None for one cell of it turned, or all of a single cell
    healthy: float | None = None  # V per cell of the others
    round_time: float = 0.0  # s in which all are read, one after another
    wait: float = 0.0  # s more until it must be found

    def play(self, monitor: Monitor) -> None:
        """Float, discharge, recharge."""
        settings = monitor.settings
        scene, kind = Scene(settings=settings), KINDS[settings.chemistry]
        good = UNDER_LOAD[settings.chemistry][self.rate] if self.healthy is None else self.healthy
        fine = good * settings.cells
        bad = fine - good + REVERSED_CELL if self.volts is None else self.volts
        monitor.hear(scene.floating(LEAD_IN / HOUR))
        load = scene.part(
            self.lasts,
            cell=good,
            current=-self.rate * settings.capacity,
            of={self.battery: lambda at: fine if at <= self.onset else bad},
        )
        monitor.hear(_in_rounds(load, settings, self.round_time, kind.float_voltage) if self.round_time else load)
        monitor.hear(scene.part(HOUR, every=10.0, cell=kind.rest[-1][1] - 0.03, current=0.1 * settings.capacity))

    def story(self, name: str, settings: Settings, *, reported: bool = False) -> Story:
        """Return the story of it."""
        named = numbered(settings, self.battery)
        return Story(
            number=1,
            name=name,
            settings=settings,
            reported=reported,
            play=self.play,
            checks=(
                names(named, within=FOUND_WITHIN + self.wait, after=LEAD_IN + self.onset, level=Level.ALARM),
                at_most(2, until=LEAD_IN + self.lasts, sparing=[named]),
            ),
        )


def _in_rounds(samples: Iterator[Sample], settings: Settings, round_time: float, before: float) -> Iterator[Sample]:
    """Let each battery be read once in a round, one after another: in between its last value stands."""
    last = dict.fromkeys(settings.batteries, before * settings.cells)
    for number, sample in enumerate(samples):
        place = number % round_time / round_time * len(last)
        reach = len(last) / round_time
        for index, battery in enumerate(settings.batteries):
            if place <= index < place + reach:
                last[battery] = sample.voltages[battery]
        yield Sample(
            at=sample.at,
            voltages=dict(last),
            temperatures=sample.temperatures,
            current=sample.current,
            ambient=sample.ambient,
        )


def _healthy_dip(monitor: Monitor, *, rate: float, lasts: float, spread: float, round_time: float = 0.0) -> None:
    settings = monitor.settings
    circuit = Circuit(
        blocks=blocks(settings, 3, spread=spread), ambient=22.0, charge_voltage=KINDS[settings.chemistry].float_voltage
    )
    circuit.advance(6 * HOUR, 600.0)
    recorded = Recorded(settings=settings, circuit=circuit, physics=5.0, round_time=round_time)
    monitor.hear(recorded.run(LEAD_IN, every=60.0))
    circuit.charge_voltage, circuit.load = None, rate * settings.capacity
    monitor.hear(recorded.run(lasts, every=1.0))


def _dip_story(
    name: str, settings: Settings, *, rate: float, lasts: float, spread: float = 1.0, round_time: float = 0.0
) -> Story:
    return Story(
        number=1,
        name=name,
        settings=settings,
        play=partial(_healthy_dip, rate=rate, lasts=lasts, spread=spread, round_time=round_time),
        checks=(at_most(0, until=LEAD_IN + lasts),),
    )


def reversed_batteries() -> Iterator[Story]:
    """Yield what may befall a battery in a discharge, and discharges in which nothing does."""
    usual = string()
    whole = partial(Turned, volts=-1.5, healthy=1.9)
    yield whole().story("20 × 12 V, 200 A for 294 s, battery 7 at -1.5 V from second 60", usual, reported=True)
    yield whole(lasts=600.0).story("the same for 10 min", usual, reported=True)
    for onset in (0.0, 5.0, 20.0, 200.0, 280.0):
        yield Turned(volts=-1.5, onset=onset).story(f"from second {onset:g}", usual)
    late = Turned(rate=0.5, lasts=3600.0, onset=1800.0)
    yield late.story("one cell from minute 30 of an hour at C/2", usual)
    yield Turned(lasts=30.0, onset=3.0).story("in a self-test of 30 s", usual)
    for chemistry in Chemistry:
        for volts in (2.0, 6.0, 12.0) if chemistry is not Chemistry.NICD else (1.2, 6.0, 12.0):
            settings = string(24, chemistry, volts, 200.0)
            yield Turned(lasts=240.0).story(f"one cell of {volts:g} V {chemistry}, 2C", settings)
    for rate in (0.1, 0.5, 1.0, 3.9):
        yield Turned(rate=rate, battery=20).story(f"one cell of a 12 V block at {rate:g}C", usual)
    for count in (2, 3, 4, 5, 60, 240):
        settings = string(count, nominal_voltage=2.0)
        yield Turned(battery=2).story(f"{count} batteries of 2 V, one turned", settings)
    slow = Turned(battery=200, round_time=30.0, wait=30.0)
    yield slow.story("240 of 2 V, read in rounds of 30 s", string(240, nominal_voltage=2.0))
    yield Turned(volts=-1.5, onset=30.0).story("no string module", string(measures_current=False))
    yield Turned(volts=7.0, healthy=1.9).story("empty, not turned: 7.0 V among 11.4 V", usual)
    yield whole().story("a bank whose day of installation is not known", string(installed=None))
    yield from _healthy_dips()


def _healthy_dips() -> Iterator[Story]:
    for chemistry in Chemistry:
        for rate, lasts in ((0.2, 900.0), (1.0, 600.0), (2.0, 290.0)):
            yield _dip_story(
                f"healthy dip, {chemistry}, {rate:g}C", string(chemistry=chemistry), rate=rate, lasts=lasts
            )
    many = string(240, nominal_voltage=2.0)
    yield _dip_story("healthy dip, 240 of 2 V, 1C", many, rate=1.0, lasts=280.0)
    yield _dip_story("healthy dip, 240 of 2 V, read in rounds of 30 s", many, rate=1.0, lasts=280.0, round_time=30.0)
    yield _dip_story("healthy dip, unlike batteries, 2C", string(), rate=2.0, lasts=200.0, spread=2.0)
    yield _dip_story("healthy dip, three batteries, 2C", string(3), rate=2.0, lasts=250.0)
    fast = string(figures={"end_voltage": 1.65})
    yield _dip_story("healthy dip, 3.9C for 120 s, end voltage 1.65 V", fast, rate=3.9, lasts=120.0)
