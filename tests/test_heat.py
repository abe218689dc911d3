"""A room that cools is no thermal runaway; a battery that heats is one, in whatever room."""

from collections.abc import Callable
from math import exp

import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, AlarmRaised, Level
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

HOUR = 3600.0  # s
SETTINGS = Settings(
    batteries=tuple(f"b{number}" for number in range(1, 21)),
    chemistry=Chemistry.VRLA_AGM,
    nominal_voltage=12.0,
    capacity=100.0,
)
HEAT = {AlarmKind.THERMAL_RUNAWAY, AlarmKind.TEMPERATURE_RISE}


def play(
    room: Callable[[float], float | None],
    batteries: Callable[[float], float],
    *,
    hours: float,
    hot: Callable[[float], float] | None = None,
    state: StringState | None = None,
) -> list[tuple[float, Alarm]]:
    """Return the alarms of heat; `room` and the others are °C after so many s, `hot` that of battery 9."""
    state, found = state or StringState(), list[tuple[float, Alarm]]()
    for minute in range(-60, round(60 * hours)):
        at = max(0.0, minute * 60.0)
        warm = dict.fromkeys(SETTINGS.batteries, round(batteries(at), 1))
        if hot is not None:
            warm["b9"] = round(hot(at), 1)
        volts = dict.fromkeys(SETTINGS.batteries, 13.62)
        sample = Sample(at=1.8e9 + minute * 60, voltages=volts, temperatures=warm, current=0.1, ambient=room(at))
        state, events = watch.step(SETTINGS, state, sample)
        found += [
            (minute * 60.0, event.alarm)
            for event in events
            if isinstance(event, AlarmRaised) and event.alarm.kind in HEAT
        ]
    return found


@pytest.mark.parametrize("time_constant", [3.0, 5.0, 8.0, 12.0])
@pytest.mark.parametrize(("start", "end"), [(25.0, 5.0), (38.0, 22.0), (20.0, -10.0)])
def test_a_room_that_cools_within_a_quarter_of_an_hour(start: float, end: float, time_constant: float) -> None:
    def room(at: float) -> float:
        return start + (end - start) * min(1.0, at / 900)

    def batteries(at: float) -> float:
        return end + (start - end) * exp(-at / (time_constant * HOUR))

    assert play(room, batteries, hours=24) == []


@pytest.mark.parametrize("probe", [True, False])
def test_one_battery_that_heats_by_1_k_in_10_min(probe: bool) -> None:
    found = play(lambda _: 25.0 if probe else None, lambda _: 25.0, hours=2, hot=lambda at: 25.0 + at / 600)
    runaway = [(at, alarm) for at, alarm in found if alarm.kind is AlarmKind.THERMAL_RUNAWAY]
    assert runaway[0][0] <= 45 * 60
    assert {(alarm.battery, alarm.level) for _, alarm in runaway} == {("b9", Level.ALARM)}


def test_all_batteries_that_heat_are_one_alarm() -> None:
    found = play(lambda _: 25.0, lambda at: 25.0 + at / 600, hours=2)
    runaway = [(at, alarm) for at, alarm in found if alarm.kind is AlarmKind.THERMAL_RUNAWAY]
    ((at, alarm),) = runaway
    assert at <= 45 * 60
    assert (alarm.battery, alarm.level, set(alarm.batteries)) == (None, Level.ALARM, set(SETTINGS.batteries))


def test_a_battery_that_heats_in_a_room_that_cools() -> None:
    def batteries(at: float) -> float:
        return 5.0 + 20.0 * exp(-at / (8 * HOUR))

    found = play(
        lambda at: 25.0 - 20.0 * min(1.0, at / 900),
        batteries,
        hours=3,
        hot=lambda at: batteries(at) + at / 400,
    )
    assert {alarm.battery for _, alarm in found} == {"b9"}
    assert any(at <= 90 * 60 and alarm.level is Level.ALARM for at, alarm in found)


def test_a_steady_15_k_above_the_room_is_an_alarm_though_it_does_not_rise() -> None:
    found = play(lambda _: 20.0, lambda _: 20.0, hours=1, hot=lambda at: 20.0 + min(16.0, at / 20))
    assert (AlarmKind.THERMAL_RUNAWAY, Level.ALARM) in {(alarm.kind, alarm.level) for _, alarm in found}
