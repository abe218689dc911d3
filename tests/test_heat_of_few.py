"""Thermal runaway in strings of few batteries without a room temperature: those that don't heat are what shows it."""

from random import Random

import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, AlarmRaised, Level
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.warming import Heat, step
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

HOUR = 3600.0  # s
HEAT = {AlarmKind.THERMAL_RUNAWAY, AlarmKind.TEMPERATURE_RISE}


def play(
    batteries: int, rates: dict[str, float], *, hours: float, volts: float = 13.62, of: dict[str, float] | None = None
) -> list[tuple[float, Alarm]]:
    """Return the alarms of heat and their times in s; `rates` in K/h from 24 °C, or from `of` in °C, after a day."""
    settings = Settings(
        batteries=tuple(f"b{number}" for number in range(1, batteries + 1)),
        chemistry=Chemistry.VRLA_AGM,
        nominal_voltage=12.0,
        capacity=100.0,
    )
    state, found, random = StringState(), list[tuple[float, Alarm]](), Random(1)
    for minute in range(-24 * 60, round(60 * hours)):
        passed = max(0, minute) / 60
        warm = {
            battery: (of or {}).get(battery, 24.0)
            + (rates[battery] * passed if battery in rates else random.gauss(0, 0.05))
            for battery in settings.batteries
        }
        voltages = dict.fromkeys(settings.batteries, volts)
        sample = Sample(at=1.8e9 + minute * 60, voltages=voltages, temperatures=warm, current=0.1)
        state, events = watch.step(settings, state, sample)
        raised = [event.alarm for event in events if isinstance(event, AlarmRaised)]
        found += [(minute * 60.0, alarm) for alarm in raised if alarm.kind in HEAT]
    return found


@pytest.mark.parametrize(("batteries", "hot"), [(2, 1), (3, 1), (4, 1), (4, 2), (6, 3)])
def test_1_k_in_10_min(batteries: int, hot: int) -> None:
    names = {f"b{number}" for number in range(1, hot + 1)}
    found = play(batteries, dict.fromkeys(names, 6.0), hours=2)
    runaway = [(at, alarm) for at, alarm in found if alarm.kind is AlarmKind.THERMAL_RUNAWAY]
    assert {alarm.level for _, alarm in runaway} == {Level.ALARM}
    assert max(at for at, _ in runaway) <= 45 * 60
    assert {name for _, alarm in runaway for name in alarm.batteries or (alarm.battery,)} == names


@pytest.mark.parametrize("batteries", [2, 4])
def test_2_k_in_an_hour(batteries: int) -> None:
    """15 K above the others after 7.5 h, of which the coldest temperature of the last days has forgotten some."""
    found = play(batteries, {"b1": 2.0}, hours=9)
    levels = {alarm.level: at for at, alarm in found if alarm.kind is AlarmKind.THERMAL_RUNAWAY}
    assert levels[Level.ALARM] <= 8.5 * HOUR


@pytest.mark.parametrize("batteries", [1, 2, 3, 4])
def test_a_room_that_warms_and_batteries_that_always_differ_by_4_k(batteries: int) -> None:
    names = [f"b{number}" for number in range(1, batteries + 1)]
    assert play(batteries, dict.fromkeys(names, 4.0), hours=4, of={"b1": 28.0}) == []


def test_the_value_of_a_runaway_fits_its_reason() -> None:
    """A rise of 3 K in half an hour, or 15 K above the others."""
    (_, by_rise) = next(one for one in play(3, {"b1": 6.0}, hours=2) if one[1].kind is AlarmKind.THERMAL_RUNAWAY)
    assert by_rise.value == pytest.approx(3.5, abs=0.5)
    assert by_rise.limit == 3.0
    found = [one for _, one in play(3, {"b1": 2.0}, hours=9) if one.kind is AlarmKind.THERMAL_RUNAWAY]
    assert [alarm.limit for alarm in found] == [10.0, 15.0]
    assert [alarm.value for alarm in found] == pytest.approx([10.5, 15.5], abs=0.5)


def test_50_degrees_are_no_value_of_a_runaway() -> None:
    found = play(3, {}, hours=1, of={"b1": 51.0, "b2": 48.5, "b3": 48.5})
    (runaway,) = [alarm for _, alarm in found if alarm.kind is AlarmKind.THERMAL_RUNAWAY]
    assert (runaway.level, runaway.value, runaway.limit, runaway.value_now) == (Level.ALARM, None, None, None)


@pytest.mark.parametrize(("rise", "rising"), [(3.2, set()), (3.5, {"b1"})])
def test_a_battery_that_is_colder_than_the_room_is_warmed_by_it(rise: float, rising: set[str]) -> None:
    """By a sixth of the 2 K in half an hour at most: so 3.33 K, and not 3 K, show that it heats."""
    heat = Heat()
    for minute in range(0, 31, 10):
        warm = {"b1": 18.0 + rise * minute / 30, "b2": 20.0}
        heat = step(heat, Sample(at=1.8e9 + minute * 60, voltages={}, temperatures=warm, ambient=20.0))
    assert heat.rising == rising
