"""Stories of how alarms are published: one cause is one alarm, and what it shows is of now."""

from collections.abc import Callable, Iterator
from functools import partial
from math import sin, tau
from typing import Final

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

from . import seen
from .checks import Story, at_most, measured
from .circuit import Circuit
from .monitor import Monitor
from .scene import DAY, HOUR, KINDS, MINUTE, Recorded, Scene, blocks, ramp, string

ONE_CAUSE: Final = 3  # alarms: one of the batteries, one of the string, and one that got worse


def _end_of_discharge(monitor: Monitor, *, rate: float, spread: float, weak: bool) -> None:
    settings = monitor.settings
    kind = KINDS[settings.chemistry]
    circuit = Circuit(blocks=blocks(settings, 9, spread=spread), charge_voltage=kind.float_voltage, ambient=22.0)
    if weak:
        circuit.blocks[6].capacity *= 0.85
    circuit.advance(12 * HOUR, 600.0)
    recorded = Recorded(settings=settings, circuit=circuit, physics=10.0)
    monitor.hear(recorded.run(2 * HOUR, every=60.0))
    circuit.charge_voltage, circuit.load = None, rate * settings.capacity
    end = settings.figure("end_voltage") * circuit.cells

    def over(now: Circuit) -> bool:
        return sum(now.voltages()) <= end

    monitor.hear(recorded.run(12 * HOUR, every=5.0, until=over))
    circuit.charge_voltage, circuit.charge_limit = kind.float_voltage, 0.1
    monitor.hear(recorded.run(14 * HOUR, every=60.0))


def _end_story(
    name: str, settings: Settings, *, rate: float, spread: float = 1.0, weak: bool = False, reported: bool = False
) -> Story:
    return Story(
        number=12,
        name=name,
        settings=settings,
        reported=reported,
        play=partial(_end_of_discharge, rate=rate, spread=spread, weak=weak),
        checks=(at_most(ONE_CAUSE, sparing=["b7"] if weak else []), *([at_most(3 + ONE_CAUSE)] if weak else [])),
        every=60.0,
    )


def _varying_load(monitor: Monitor, *, low: float, high: float, each: float, hours: float, drop: float) -> None:
    """Let the load go to and fro; battery 7 falls further under the heavier one than a limit allows."""
    settings = monitor.settings
    scene = Scene(settings=settings)
    monitor.hear(scene.floating(3.0))

    def heavy(at: float) -> bool:
        return at // each % 2 == 1

    def cell(at: float) -> float:
        return 2.06 - 0.07 * at / (hours * HOUR) - (0.06 if heavy(at) else 0.0)

    monitor.hear(
        scene.part(
            hours * HOUR,
            every=5.0,
            cell=cell,
            current=lambda at: -(high if heavy(at) else low) * settings.capacity,
            of={7: lambda at: settings.cells * (cell(at) - (drop if heavy(at) else 0.02))},
        )
    )


def _common(monitor: Monitor, *, cell: Callable[[float], float], warm: Callable[[float], float], hours: float) -> None:
    """Let something befall all batteries alike."""
    scene = Scene(settings=monitor.settings)
    monitor.hear(scene.floating(3.0))
    monitor.hear(scene.part(hours * HOUR, every=30.0, cell=cell, current=0.1, temperature=warm, ambient=warm))


def floods() -> Iterator[Story]:
    """Yield one cause that is seen in all batteries, and one battery that goes to and fro about a limit."""
    usual = string()
    yield _end_story("a normal discharge to its end at C/10", usual, rate=0.1, reported=True)
    yield _end_story("a normal discharge to its end at C/2", usual, rate=0.5)
    yield _end_story("to its end at 1C, 60 cells of 2 V", string(60, nominal_voltage=2.0), rate=1.0)
    yield _end_story("to its end at C/5, vented", string(24, Chemistry.VENTED_LEAD_ACID, 2.0), rate=0.2)
    yield _end_story("to its end at C/5, NiCd", string(92, Chemistry.NICD, 1.2), rate=0.2)
    yield _end_story("to its end at C/5, battery 7 has 15 % less", usual, rate=0.2, weak=True)
    for each, drop, reported in ((120.0, 0.13, True), (600.0, 0.13, False), (30.0, 0.22, False)):
        yield Story(
            number=12,
            name=f"a load that changes every {each:g} s, battery 7 lower by {1000 * drop:g} mV per cell under it",
            settings=usual,
            reported=reported,
            play=partial(_varying_load, low=0.1, high=0.5, each=each, hours=1.5, drop=drop),
            checks=(at_most(3), at_most(0, sparing=["b7"])),
            every=60.0,
        )
    yield Story(
        number=12,
        name="a charger set too high: 2.44 V per cell on float for days",
        settings=usual,
        play=partial(_common, cell=lambda _: 2.44, warm=lambda _: 25.0, hours=60.0),
        checks=(at_most(ONE_CAUSE),),
        every=60.0,
    )
    yield Story(
        number=12,
        name="a hot week: the room goes to and fro about 35 °C",
        settings=usual,
        play=partial(_common, cell=lambda _: 2.24, warm=lambda at: 34.5 + 1.2 * sin(tau * at / DAY), hours=96.0),
        checks=(at_most(4),),
        every=60.0,
    )


def _rising(monitor: Monitor) -> None:
    """Let a battery go beyond its limit, further, and back half-way: the alarm must show where it is now."""
    scene = Scene(settings=monitor.settings, noisy=False)
    monitor.hear(scene.floating(3.0))
    for volts in (14.30, 15.00, 14.40):
        monitor.hear(scene.part(10 * MINUTE, every=5.0, cell=2.27, current=0.1, of={4: volts}))
    _note(monitor, AlarmKind.VOLTAGE_HIGH, 6)


def _heating(monitor: Monitor) -> None:
    scene = Scene(settings=monitor.settings, noisy=False)
    monitor.hear(scene.floating(3.0))
    monitor.hear(scene.part(2 * HOUR, every=30.0, cell=2.27, current=0.1, hot={4: ramp(25.0, 41.0, 2 * HOUR)}))
    monitor.hear(scene.part(2 * HOUR, every=30.0, cell=2.27, current=0.1, hot={4: ramp(41.0, 37.0, 2 * HOUR)}))
    _note(monitor, AlarmKind.TEMPERATURE_HIGH, 1)


def _note(monitor: Monitor, kind: AlarmKind, cells: int) -> None:
    for alarm in seen.alarms(monitor.state):
        if alarm.kind is kind and "b4" in seen.named(alarm):
            for name, value in (("shown now", seen.value_now(alarm)), ("worst", seen.worst_value(alarm))):
                if value is not None:
                    monitor.notes[name] = value * cells


def values_of_now() -> Iterator[Story]:
    """Yield alarms whose value changes after they were raised."""
    for name, play, now, worst in (
        ("14.3, then 15.0, now 14.4 V", _rising, (14.38, 14.42), (14.98, 15.02)),
        ("41 °C, now 37 °C", _heating, (36.8, 37.2), (40.8, 41.2)),
    ):
        yield Story(
            number=13,
            name=f"an alarm shows {name}",
            settings=string(),
            reported=play is _rising,
            play=play,
            checks=(measured("shown now", *now), measured("worst", *worst)),
            every=60.0,
        )
