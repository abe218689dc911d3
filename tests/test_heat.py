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


@pytest.mark.parametrize("time_constant", [3.5, 5.0, 8.0])
@pytest.mark.parametrize(("start", "end", "minutes"), [(-10.0, 25.0, 20.0), (0.0, 36.0, 5.0), (5.0, 25.0, 60.0)])
def test_a_cold_room_that_is_heated(start: float, end: float, minutes: float, time_constant: float) -> None:
    """The batteries warm up by 3 K in half an hour, and the room no longer does; but they are colder than it is."""

    def room(at: float) -> float:
        return start + (end - start) * min(1.0, at / 60 / minutes)

    def batteries(at: float) -> float:
        return end - (end - start) * exp(-at / (time_constant * HOUR))

    assert play(room, batteries, hours=24) == []


def test_a_battery_that_heats_in_a_cold_room_that_is_heated() -> None:
    def batteries(at: float) -> float:
        return 25.0 - 35.0 * exp(-at / (5 * HOUR))

    found = play(
        lambda at: -10.0 + 35.0 * min(1.0, at / 1200), batteries, hours=8, hot=lambda at: batteries(at) + at / 600
    )
    runaway = [(at, alarm) for at, alarm in found if alarm.kind is AlarmKind.THERMAL_RUNAWAY]
    assert {alarm.battery for _, alarm in runaway} == {"b9"}
    assert runaway[0][0] <= 6 * HOUR


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


@pytest.mark.parametrize(
    ("fails_to", "constant", "before"),
    [(0.0, 22.5, 22.0), (-40.0, 30.0, 28.0), (10.0, 33.0, 31.0)],
)
def test_batteries_that_stay_as_warm_are_no_runaway_whatever_the_room_probe_shows(
    fails_to: float, constant: float, before: float
) -> None:
    """A broken probe, or one in a draught beside a heated rack."""
    found = play(lambda at: fails_to if at > HOUR else before, lambda _: constant, hours=40)
    assert {alarm.kind for _, alarm in found} <= {AlarmKind.TEMPERATURE_RISE}
    assert len(found) <= 2  # a warning and then an alarm of all batteries


@pytest.mark.parametrize("time_constant", [20.0, 40.0])
def test_a_rack_that_cools_very_slowly_is_no_runaway(time_constant: float) -> None:
    found = play(
        lambda at: -5.0 if at > 300 else 25.0, lambda at: -5 + 30 * exp(-at / (time_constant * HOUR)), hours=36
    )
    assert AlarmKind.THERMAL_RUNAWAY not in {alarm.kind for _, alarm in found}


@pytest.mark.parametrize("kelvin_per_hour", [0.3, 2.0])
def test_a_battery_that_heats_slowly_is_a_runaway(kelvin_per_hour: float) -> None:
    found = play(
        lambda _: 20.0, lambda _: 21.0, hours=14 / kelvin_per_hour, hot=lambda at: 21.0 + kelvin_per_hour * at / HOUR
    )
    runaway = [(at, alarm) for at, alarm in found if alarm.kind is AlarmKind.THERMAL_RUNAWAY]
    assert {alarm.battery for _, alarm in runaway} == {"b9"}
