"""A load that comes and goes within a round of readings: batteries are compared under the same load."""

from random import Random

import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, AlarmRaised, Level
from custom_components.battery_bank.monitor.battery.same_load import Load, compared, step
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

START = 1.8e9


def pulsed(
    count: int,
    *,
    round_time: float,
    period: float,
    pulse: float,
    low: float,
    seconds: int = 300,
    weak: dict[str, float] | None = None,
) -> list[Alarm]:
    """Return the alarms of a string under -50 A at 1.96 V per cell, and in pulses -300 A at `low` V.

    `weak` says by how many V per cell a battery is lower.
    """
    names = tuple(f"b{number}" for number in range(1, count + 1))
    settings = Settings(batteries=names, chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    random = Random(3)
    spread = {name: random.gauss(0, 0.008) - (weak or {}).get(name, 0.0) for name in names}
    state, found = StringState(), list[Alarm]()
    shown, read_at = dict.fromkeys(names, 13.6), dict.fromkeys(names, START - 600.0)
    place = 0.0
    for second in range(-600, seconds):
        at = START + second
        loaded, on = second >= 0, second % period < pulse
        before, place = place, place + count / round_time
        for number in range(int(before), int(place)):
            name = names[number % count]
            cell = (low if on else 1.96) if loaded else 2.267
            shown[name], read_at[name] = 6 * (cell + spread[name] * loaded), at
        sample = Sample(
            at=at,
            voltages=dict(shown),
            read_at=dict(read_at),
            temperatures=dict.fromkeys(names, 25.0),
            current=(-300.0 if on else -50.0) if loaded else 0.1,
            ambient=25.0,
        )
        state, events = watch.step(settings, state, sample)
        found += [event.alarm for event in events if isinstance(event, AlarmRaised)]
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("count", "round_time", "period", "pulse", "low"),
    [
        (240, 6.8, 8, 3, 1.80),
        (24, 6.8, 8, 3, 1.80),
        (24, 8.0, 10, 3, 1.75),
        (24, 8.0, 12, 6, 1.72),
        (60, 20.0, 30, 5, 1.72),
    ],
)
def test_healthy_batteries_under_a_load_in_pulses(
    count: int, round_time: float, period: float, pulse: float, low: float
) -> None:
    found = pulsed(count, round_time=round_time, period=period, pulse=pulse, low=low)
    assert [alarm for alarm in found if alarm.kind is AlarmKind.REVERSED_CELL] == []
    assert len(found) <= 2


@pytest.mark.parametrize("less", [0.9, 1.5, 2.2])
def test_an_empty_battery_under_a_load_in_pulses(less: float) -> None:
    found = pulsed(24, round_time=6.8, period=10, pulse=3, low=1.80, seconds=60, weak={"b7": less})
    assert (AlarmKind.REVERSED_CELL, "b7", Level.ALARM) in {(one.kind, one.battery, one.level) for one in found}
    assert {one.battery for one in found if one.kind is AlarmKind.REVERSED_CELL} == {"b7"}


def test_loads_and_readings() -> None:
    loads = step((), 100.0, -20.0, 0.0)
    loads = step(loads, 100.0, -60.0, 10.0)  # 0.4 C10 more is the same load
    assert loads == (Load(at=0.0, current=-20.0),)
    loads = step(step(loads, 100.0, -200.0, 20.0), 100.0, -20.0, 24.0)
    assert [one.at for one in loads] == [0.0, 20.0, 24.0]
    read_at = {"a": 15.0, "b": 16.0, "c": 17.0, "d": 21.0, "e": 24.2, "f": 25.0}
    assert compared(loads, 100.0, read_at) == frozenset("abcf")  # e was read when the load changed
    nearer = {
        "a": 15.0,
        "b": 18.5,
        "c": 19.0,
    }  # 1.5 s before a change it still has the load of before, 1 s before it may not
    assert compared(loads, 100.0, nearer) == frozenset("ab")
    assert compared(loads, 100.0, {"a": 15.0, "b": 16.5}) is None  # at once
    assert compared(loads, 100.0, {"a": 25.0, "b": 28.0}) is None  # after it
    assert step(loads, 100.0, None, 30.0) == ()
    assert step(loads, 100.0, -20.0, 200.0) == loads[1:]
