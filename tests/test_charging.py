"""What a string does while it is charged, or not: float, a weak charge, rest, an opened breaker, and gas."""

from collections.abc import Callable
from dataclasses import replace
from math import pi, sin

import pytest

from custom_components.battery_bank.monitor.battery import rest_habit, running_state
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Level, OperatingState
from custom_components.battery_bank.monitor.battery.rest_habit import Rest
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth import seen
from simulator.truth.charging import charging
from simulator.truth.checks import Story
from simulator.truth.monitor import START, Monitor
from simulator.truth.scene import HOUR, MINUTE, Scene, ramp, string

LOW = {AlarmKind.VOLTAGE_LOW, AlarmKind.STRING_VOLTAGE_LOW}


class Played:
    """A string that hears typed values, beginning with three hours of float."""

    def __init__(self, settings: Settings) -> None:
        self.monitor = Monitor(settings=settings)
        self.scene = Scene(settings=settings)
        self.monitor.hear(self.scene.floating(3.0, every=60.0))

    def __call__(
        self, hours: float, cell: float | Callable[[float], float], current: float | None, *, every: float = 60.0
    ) -> None:
        self.monitor.hear(self.scene.part(hours * HOUR, every=every, cell=cell, current=current))

    @property
    def state(self) -> str:
        return str(seen.condition(self.monitor.state))

    def raised(self, *kinds: AlarmKind) -> list[Level]:
        """Return the levels of the alarms of these kinds that were raised."""
        return [alarm.level for _, alarm in self.monitor.raised() if not kinds or alarm.kind in kinds]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("story", charging(), ids=lambda story: story.name)
def test_story(story: Story) -> None:
    monitor = story.run()
    for check in story.checks:
        verdict = check.look(monitor)
        assert verdict.ok, f"{check.expected}: {verdict.seen}"


@pytest.mark.parametrize(
    ("chemistry", "volts", "capacity", "low", "high", "amperes"),
    [
        (Chemistry.VRLA_AGM, 12.0, 100.0, 2.10, 2.18, 1.9),  # as much as is no recharge yet
        (Chemistry.VRLA_AGM, 2.0, 1000.0, 2.05, 2.20, 3.0),
        (Chemistry.VRLA_GEL, 6.0, 200.0, 2.12, 2.20, 2.0),
        (Chemistry.VENTED_LEAD_ACID, 2.0, 500.0, 2.05, 2.16, 4.0),
        (Chemistry.NICD, 12.0, 50.0, 1.27, 1.34, 0.5),
    ],
)
def test_a_weak_charge_is_a_recharge(
    chemistry: Chemistry, volts: float, capacity: float, low: float, high: float, amperes: float
) -> None:
    played = Played(string(4, chemistry, volts, capacity))
    empty = 0.95 * low
    played(2.0, empty, -0.2 * capacity)
    played(9.0, ramp(low, high, 9 * HOUR), amperes)
    assert played.state == "recharge"
    assert played.raised() == []


def test_a_charger_that_is_set_too_low_is_found_after_twelve_hours() -> None:
    """2.17 V with 0.4 A for ever: no weak charge raises the voltage, so it is the charger's float voltage."""
    played = Played(string(8))
    played(1.0, 2.02, -20.0)
    played(11.0, 2.17, 0.4)
    assert played.state == "recharge"
    assert played.raised() == []
    played(3.0, 2.17, 0.4)
    assert played.state == "float"
    assert Level.ALARM in played.raised(*LOW)  # of the string: its median is below float


def test_a_charger_at_its_float_voltage_is_float_at_any_temperature() -> None:
    for degrees, cell in ((5.0, 2.33), (25.0, 2.27), (33.0, 2.246)):
        monitor = Monitor(settings=string())
        scene = Scene(settings=monitor.settings)
        monitor.hear(scene.part(5 * HOUR, every=60.0, cell=cell, current=0.3, temperature=degrees, ambient=degrees))
        assert seen.condition(monitor.state) is OperatingState.FLOAT
        assert [alarm for _, alarm in monitor.raised() if alarm.kind is not AlarmKind.AMBIENT_LOW] == []


def test_a_float_current_that_the_sensor_does_not_show_is_float() -> None:
    """A sensor of 1 A on 100 Ah; for a day, then with a charger that follows a room that warms by 2 K an hour."""
    played = Played(string(current_step=1.0))
    played(24.0, 2.27, 0.0, every=60.0)
    assert played.state == "float"
    monitor, scene = played.monitor, played.scene
    warms = ramp(25.0, 31.0, 3 * HOUR)
    charger = ramp(2.27, 2.252, 3 * HOUR)  # 3 mV/K
    monitor.hear(scene.part(3 * HOUR, every=30.0, cell=charger, current=0.0, temperature=warms, ambient=warms))
    assert played.state == "float"
    constant = 2.252  # and one that does not follow it
    monitor.hear(scene.part(3 * HOUR, every=30.0, cell=constant, current=0.0, temperature=warms, ambient=warms))
    assert played.state == "float"
    assert played.raised() == []


@pytest.mark.parametrize(
    ("chemistry", "volts", "before", "rest"),
    [
        (Chemistry.VRLA_AGM, 2.0, 2.40, 2.14),
        (Chemistry.VRLA_GEL, 12.0, 2.35, 2.13),
        (Chemistry.VENTED_LEAD_ACID, 2.0, 2.40, 2.11),
        (Chemistry.NICD, 1.2, 1.55, 1.33),
    ],
)
@pytest.mark.parametrize("measures", [True, False])
def test_an_opened_breaker_is_rest_in_three_quarters_of_an_hour(
    chemistry: Chemistry, volts: float, before: float, rest: float, measures: bool
) -> None:
    played = Played(string(4, chemistry, volts, measures_current=measures))
    played(5.0, before, 0.8)
    played(0.75, lambda at: rest + (before - rest) * 2.7 ** (-at / (4 * HOUR)), 0.0)
    assert played.state == "rest"
    sunk = rest + (before - rest) * 2.7 ** (-0.75 / 4)
    played(1.5, lambda at: rest + (sunk - rest) * 2.7 ** (-at / (4 * HOUR)), 0.0)
    assert played.raised(AlarmKind.OPEN_STRING) == [Level.WARNING]
    played(0.5, before, 0.8)  # closed again
    assert played.state == "boost"


@pytest.mark.parametrize(("swing", "hours"), [(0.009, 4.0), (0.009, 6.0), (0.010, 6.0), (0.018, 12.0), (0.030, 24.0)])
@pytest.mark.parametrize("measures", [True, False])
def test_a_charger_that_follows_its_room_is_no_opened_breaker(swing: float, hours: float, measures: bool) -> None:
    """The batteries follow the room slower, so their temperature does not explain the voltage."""
    played = Played(string(4, measures_current=measures))
    part, begun = hours / 12, 0.0

    def cell(at: float) -> float:
        return 2.27 + swing * sin(2 * pi * (begun + at / HOUR) / hours)

    rests = 0
    while begun < 48:
        played(part, cell, 0.1 if measures else None, every=120.0)
        begun += part
        rests += played.state == "rest"
    assert rests == 0
    assert played.raised(AlarmKind.OPEN_STRING) == []


@pytest.mark.parametrize(("low", "high", "minutes"), [(0.4, 3.6, 1.0), (0.5, 5.0, 4.0), (-0.2, 2.6, 2.0)])
def test_a_charger_whose_current_goes_to_and_fro_on_float_is_no_recharge(
    low: float, high: float, minutes: float
) -> None:
    """A recorded 17 Ah block is charged with 0.07 to 0.66 A by turns, at a constant voltage: it is not full yet."""
    played = Played(string(4, current_step=0.01))
    for _ in range(round(15 * 60 / minutes)):
        played(minutes / 60, 2.27, high, every=20.0)
        assert played.state == "float"
        played(minutes / 60, 2.27, low, every=20.0)
    assert played.raised(AlarmKind.FLOAT_CURRENT) == []
    played(0.5, 2.27, high, every=20.0)
    assert played.state == "recharge"


def test_a_high_float_current_that_is_no_recharge_is_an_alarm() -> None:
    played = Played(string(4, current_step=0.01))
    played(30.0, 2.27, 0.1, every=120.0)
    played(1.5, 2.27, 0.5, every=20.0)
    assert len(played.raised(AlarmKind.FLOAT_CURRENT)) > 0


def test_a_float_current_is_judged_a_day_after_the_recharge() -> None:
    """Large cold cells take twice their float current for most of a day after a recharge."""
    played = Played(string(4, current_step=0.01))
    played(1.0, 2.0, -20.0, every=20.0)
    played(4.0, 2.27, 8.0, every=20.0)
    played(22.0, 2.27, 0.5, every=120.0)
    assert played.state == "float"
    assert played.raised(AlarmKind.FLOAT_CURRENT) == []
    played(8.0, 2.27, 0.5, every=120.0)
    assert played.raised(AlarmKind.FLOAT_CURRENT) != []


def test_a_breaker_that_is_closed_again_onto_a_current_that_is_not_seen_is_float() -> None:
    played = Played(string(current_step=1.0))
    played(6.0, lambda at: 2.13 + 0.14 * 2.7 ** (-at / (4 * HOUR)), 0.0)
    assert played.state == "rest"
    played(0.5, 2.27, 0.0)
    assert played.state == "float"
    played(3.0, 2.27, 0.0)
    assert played.raised() == [Level.WARNING]
    assert not played.monitor.open


def test_a_restart_while_the_voltage_sinks_loses_nothing() -> None:
    played = Played(string(8))
    played(0.3, lambda at: 2.27 - 0.02 * at / HOUR, 0.0)
    played.monitor.restart(played.scene.at)
    played(0.4, lambda at: 2.264 - 0.02 * at / HOUR, 0.0)
    assert played.state == "rest"


def test_a_small_load_at_rest_is_use() -> None:
    """0.4 A of 100 Ah for three days are no discharge, but the string is used."""
    played = Played(string(8))
    played(72.0, ramp(2.12, 2.05, 72 * HOUR), -0.4, every=120.0)
    assert played.state == "rest"
    assert played.raised(AlarmKind.OPEN_STRING) == []


def test_a_breaker_that_stays_open_is_an_alarm_also_where_the_string_rests_each_night() -> None:
    """Nights of 10 h, then an open breaker: a warning after 16 h, an alarm after 32."""
    played = Played(string(8))
    for _ in range(5):
        played(10.0, 2.13, 0.0, every=120.0)
        played(14.0, 2.27, 2.5, every=120.0)
    before = len(played.raised(AlarmKind.OPEN_STRING))
    assert before <= 2
    played(14.0, 2.13, 0.0, every=120.0)
    assert len(played.raised(AlarmKind.OPEN_STRING)) == before
    played(4.0, 2.13, 0.0, every=120.0)
    assert played.raised(AlarmKind.OPEN_STRING)[before:] == [Level.WARNING]
    played(16.0, 2.13, 0.0, every=120.0)
    assert played.raised(AlarmKind.OPEN_STRING)[before:] == [Level.WARNING, Level.ALARM]


def test_one_long_rest_is_an_incident_and_no_habit() -> None:
    day = 86400.0
    rests = rest_habit.ended((), 30.0, START)
    assert rest_habit.usual(rests, START + 2 * day) == 30.0
    assert rest_habit.usual(rests, START + 4 * day) == 0.0
    rests = rest_habit.ended(rests, 9.0, START + 5 * day)
    assert rest_habit.usual(rests, START + 9 * day) == 9.0  # the longest of two does not count
    assert rest_habit.usual(rests, START + 30 * day) == 0.0


def test_a_clock_that_is_set_back_moves_what_is_remembered() -> None:
    played = Played(string(8))
    played(1.2, 2.13, 0.0)
    played(0.5, 2.2, 5.0)
    played(1.0, 2.10, 1.0)
    running = played.monitor.state.running
    back = running_state.set_back(running, 7200.0)
    assert [one.at for one in back.recent.means] == [one.at - 7200.0 for one in running.recent.means]
    assert back.rests == tuple(Rest(ended=one.ended - 7200.0, hours=one.hours) for one in running.rests)
    assert back.rests
    assert back.condition.weak_since is not None
    assert running.condition.weak_since == back.condition.weak_since + 7200.0


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.2])
@pytest.mark.parametrize("volts", [1.2, 6.0, 12.0])
def test_a_nicd_string_is_recharged_without_an_alarm(rate: float, volts: float) -> None:
    settings = string(4, Chemistry.NICD, volts, 80.0)
    played = Played(settings)
    played(3.0, 1.2, -0.2 * 80)
    played(0.6 / rate, ramp(1.36, 1.47, 0.6 / rate * HOUR), rate * 80, every=60.0)
    played(0.2 / rate, ramp(1.47, 1.58, 0.2 / rate * HOUR), rate * 80, every=60.0)
    assert played.raised() == []


def test_a_battery_that_is_overcharged_in_a_recharge_is_an_alarm() -> None:
    """The string at 2.31 V is still recharged; one battery of it has 2.58 V."""
    played = Played(string(8))
    played(1.0, 2.0, -20.0)
    monitor, scene = played.monitor, played.scene
    monitor.hear(scene.part(20 * MINUTE, every=10.0, cell=2.31, current=10.0, of={7: 15.48}))
    assert [(alarm.kind, alarm.battery, alarm.level) for _, alarm in monitor.raised()] == [
        (AlarmKind.VOLTAGE_HIGH, "b7", Level.ALARM)
    ]


# Gas


@pytest.mark.parametrize(
    ("chemistry", "volts", "cell", "amperes", "capacity"),
    [
        (Chemistry.VRLA_AGM, 2.0, 2.40, 30.0, 500.0),
        (Chemistry.VRLA_AGM, 12.0, 2.38, 8.0, 100.0),
        (Chemistry.VRLA_GEL, 6.0, 2.38, 9.0, 150.0),
        (Chemistry.VENTED_LEAD_ACID, 2.0, 2.45, 30.0, 400.0),
        (Chemistry.NICD, 1.2, 1.58, 12.0, 100.0),
    ],
)
def test_an_absorption_is_no_alarm_of_hydrogen(
    chemistry: Chemistry, volts: float, cell: float, amperes: float, capacity: float
) -> None:
    """60 % drawn and half of that back; then hours at constant voltage with a current that falls."""
    played = Played(string(4, chemistry, volts, capacity))
    played(6.0, 0.93 * cell / 1.15, -0.1 * capacity)
    played(3.0, ramp(0.92 * cell, cell, 3 * HOUR), 0.1 * capacity)
    for hour in range(6):
        played(1.0, cell, amperes * 0.6**hour, every=60.0)
    assert played.raised(AlarmKind.HYDROGEN) == []


@pytest.mark.parametrize(
    ("chemistry", "cell", "amperes"),
    [
        (Chemistry.VRLA_AGM, 2.40, 5.0),
        (Chemistry.VRLA_GEL, 2.35, 4.5),
        (Chemistry.VENTED_LEAD_ACID, 2.55, 2.5),
        (Chemistry.NICD, 1.60, 6.0),
    ],
)
def test_a_high_current_into_a_full_string_is_an_alarm_of_hydrogen(
    chemistry: Chemistry, cell: float, amperes: float
) -> None:
    played = Played(string(chemistry=chemistry))
    played(1.0, cell, amperes)
    assert played.raised(AlarmKind.HYDROGEN)[-1] is Level.ALARM


def test_a_small_load_that_the_sensor_does_not_show_leaves_no_full_string() -> None:
    """A sensor of 1 A, a load of 1.5 A for ten hours, and the recharge of it at 2.35 V."""
    played = Played(replace(string(), current_step=1.0))
    played(10.0, 2.10, 0.0, every=60.0)
    played(1.5, 2.35, 8.0)
    assert played.raised(AlarmKind.HYDROGEN) == []
