"""Stories of rooms that cool, which are no runaway, and of batteries that heat, which are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Final

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Level
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

from .checks import HEAT, Check, Story, at_most, names, never
from .circuit import Circuit
from .monitor import Monitor
from .scene import HOUR, MINUTE, Recorded, Scene, blocks, numbered, ramp, relaxing, string

LEAD_IN: Final = 3 * HOUR  # s on float before it begins
RUNAWAY: Final = frozenset({AlarmKind.THERMAL_RUNAWAY})


@dataclass(frozen=True, kw_only=True)
class Room:
    """A room that goes from one temperature to another; the batteries follow it slowly."""

    start: float = 25.0  # °C of the batteries
    room: tuple[float, float] = (25.0, 5.0)  # °C
    minutes: float = 15.0  # that the room takes
    hours: float = 24.0  # in all
    lag: float = 8.0  # h, time constant of the batteries
    slower: Mapping[int, float] = field(default_factory=dict)  # h, of some
    probe: bool = True
    heating: Mapping[int, float] = field(default_factory=dict)  # K/h that some gain by themselves

    def play(self, monitor: Monitor) -> None:
        """Float, then let the room change."""
        scene, before = Scene(settings=monitor.settings), self.room[0]
        monitor.hear(
            scene.floating(LEAD_IN / HOUR, temperature=self.start, every=60.0, ambient=before if self.probe else None)
        )
        change = ramp(before, self.room[1], self.minutes * MINUTE)
        hot = {number: relaxing(self.start, change, lag) for number, lag in self.slower.items()}
        for number, rate in self.heating.items():
            cool = relaxing(self.start, change, self.lag)
            hot[number] = lambda at, cool=cool, rate=rate: cool(at) + rate * at / HOUR  # type: ignore[misc]
        monitor.hear(
            scene.floating(
                self.hours,
                every=30.0,
                temperature=relaxing(self.start, change, self.lag),
                hot=hot,
                ambient=change if self.probe else None,
            )
        )

    def story(self, name: str, settings: Settings, *checks: Check, reported: bool = False) -> Story:
        """Return the story of it."""
        return Story(
            number=2,
            name=name,
            settings=settings,
            reported=reported,
            play=self.play,
            checks=checks or (never(HEAT, since=LEAD_IN),),
            every=60.0,
        )


def heat() -> Iterator[Story]:
    """Yield both kinds."""
    usual = string()
    yield Room().story("probe 25 → 5 °C in 15 min, batteries slowly after it", usual, reported=True)
    night = Room(start=34.0, room=(38.0, 22.0), minutes=30.0)
    yield night.story("air conditioning back after a night at 38 °C", usual, reported=True)
    for chemistry, volts, lag in (
        (Chemistry.VRLA_GEL, 12.0, 10.0),
        (Chemistry.VENTED_LEAD_ACID, 2.0, 12.0),
        (Chemistry.NICD, 1.2, 6.0),
        (Chemistry.VRLA_AGM, 6.0, 5.0),
    ):
        settings = string(24, chemistry, volts)
        yield Room(lag=lag).story(f"25 → 5 °C, {chemistry}, {volts:g} V, lag {lag:g} h", settings)
    yield Room(start=30.0, room=(30.0, 18.0), minutes=5.0).story("30 → 18 °C in 5 min", usual)
    yield Room(start=20.0, room=(20.0, -5.0), minutes=60.0, lag=10.0).story("20 → -5 °C in an hour", usual)
    near = dict.fromkeys(range(1, 11), 3.0)
    yield Room(probe=False, slower=near).story("no probe, half of the batteries near the door", usual)
    few = dict.fromkeys((1, 2, 3), 14.0)
    yield Room(slower=few).story("three batteries in a closed cabinet cool slower", usual)
    yield Story(
        number=2,
        name="a room of ±8 K a day",
        settings=usual,
        play=_days_and_nights,
        checks=(never(HEAT),),
        every=300.0,
    )
    for rate in (1.0, 4.0):
        yield Story(
            number=2,
            name=f"warm of a discharge at {rate:g}C, then a cold room",
            settings=usual,
            play=partial(_warm_of_discharge, rate=rate),
            checks=(never(RUNAWAY),),
            every=60.0,
        )
    yield from _runaways(usual)


def _runaways(usual: Settings) -> Iterator[Story]:
    """Yield heating at 1 K in 10 min. The times are today's, measured; a mend must not lose any of them."""
    nine, everybody = numbered(usual, 9), dict.fromkeys(range(1, 21), 6.0)
    level = partial(Room, room=(25.0, 25.0), hours=6.0)

    def found(minutes: float, battery: str = nine) -> Check:
        return names(battery, within=minutes * MINUTE, after=LEAD_IN, kinds=RUNAWAY, level=Level.ALARM)

    others = at_most(0, until=LEAD_IN + 3 * HOUR, sparing=[nine])
    for probe, said, minutes in ((True, "with a room probe", 42.0), (False, "without a room probe", 265.0)):
        one = level(probe=probe, heating={9: 6.0})
        yield one.story(f"battery 9 heats 1 K per 10 min, {said}", usual, found(42.0), others)
        all_of_them = level(probe=probe, heating=everybody)
        yield all_of_them.story(f"all batteries heat 1 K per 10 min, {said}", usual, found(minutes))
    yield Room(hours=8.0, heating={9: 9.0}).story(
        "battery 9 heats 1.5 K per 10 min above the rest in a room that cools 25 → 5 °C",
        usual,
        found(90.0),
        at_most(0, since=LEAD_IN, sparing=[nine], kinds=HEAT),
    )
    yield Room(room=(25.0, 37.0), minutes=180.0, hours=6.0, heating=everybody).story(
        "all heat 1 K per 10 min while the sun warms the room by 4 K an hour", usual, found(215.0)
    )
    yield level(heating={9: 6.0}).story(
        "2 V cells of 1000 Ah, one heats 1 K per 10 min",
        string(24, nominal_voltage=2.0, capacity=1000.0),
        found(42.0),
        others,
    )


def _days_and_nights(monitor: Monitor) -> None:
    random = Random(5)
    shifts = [random.uniform(-0.3, 0.3) for _ in range(5)]
    scene = Scene(settings=monitor.settings)

    def room(at: float) -> float:
        day = int(at // (24 * HOUR)) % 5
        hour = at / HOUR % 24
        return 22.0 + shifts[day] + (8.0 if 8 <= hour < 20 else -8.0)  # noqa: PLR2004 - doors open at eight

    follow = relaxing(22.0, room, 7.0)
    monitor.hear(scene.floating(120.0, every=120.0, temperature=follow, ambient=room))


def _warm_of_discharge(monitor: Monitor, *, rate: float) -> None:
    settings = monitor.settings
    circuit = Circuit(blocks=blocks(settings, 4), ambient=25.0, charge_voltage=2.27)
    circuit.advance(24 * HOUR, 600.0)
    recorded = Recorded(settings=settings, circuit=circuit, physics=10.0)
    monitor.hear(recorded.run(LEAD_IN, every=60.0))
    circuit.charge_voltage, circuit.load = None, rate * settings.capacity
    monitor.hear(recorded.run(0.25 * HOUR / rate, every=2.0))
    circuit.charge_voltage, circuit.ambient = 2.27, 10.0
    recorded.physics = 60.0
    monitor.hear(recorded.run(12 * HOUR, every=30.0))
