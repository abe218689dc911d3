"""A string that collapses as a whole under a load is found within 15 s; a healthy dip raises nothing."""

import pytest
from test_reversed_cell import Discharged

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.collapse import collapsed
from custom_components.battery_bank.monitor.battery.events import Level
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

AGM, VENTED, NICD = Chemistry.VRLA_AGM, Chemistry.VENTED_LEAD_ACID, Chemistry.NICD


def found(played: Discharged) -> list[tuple[AlarmKind, Level, bool]]:
    """Return the alarms, and whether each came within 15 s."""
    return [(alarm.kind, alarm.level, at - played.begun <= 15) for at, alarm in played.raised]


@pytest.mark.parametrize(
    ("batteries", "chemistry", "volts", "cell", "amperes"),
    [
        (20, AGM, 12.0, 1.3, 200.0),
        (24, VENTED, 2.0, 1.1, 150.0),
        (40, NICD, 1.2, 0.65, 300.0),
        (4, AGM, 12.0, 1.5, 100.0),
        (1, AGM, 12.0, 1.1, 100.0),
        (110, Chemistry.VRLA_GEL, 2.0, 1.4, 80.0),
        (19, NICD, 1.2, 0.8, 100.0),
    ],
)
@pytest.mark.parametrize("current", [True, False])
def test_all_batteries(
    batteries: int, chemistry: Chemistry, volts: float, cell: float, amperes: float, current: bool
) -> None:
    played = Discharged(batteries, volts, chemistry, current=current)
    played.hear(290, cell, -amperes)
    played.hear(3600, {AGM: 2.27, NICD: 1.40}.get(chemistry, 2.23), 10.0, every=10.0)
    assert found(played) == [(AlarmKind.STRING_VOLTAGE_LOW, Level.ALARM, True)]


@pytest.mark.parametrize(("batteries", "empty"), [(2, 2), (3, 2), (4, 3), (5, 3), (6, 5), (24, 23), (24, 13)])
@pytest.mark.parametrize("volts", [9.65, 9.0, 7.0, 6.1])
def test_most_batteries(batteries: int, empty: int, volts: float) -> None:
    """From 9.65 V on, one cell of each is empty; of two such batteries, none shows what the load does."""
    played = Discharged(batteries)
    low = {f"b{number}": volts for number in range(1, empty + 1)}
    played.hear(290, 1.93, -100.0, of=low)
    if volts == 9.65 and batteries == empty:
        assert played.raised == []
        return
    assert found(played) == [(AlarmKind.STRING_VOLTAGE_LOW, Level.ALARM, True)]


@pytest.mark.parametrize(("batteries", "empty"), [(2, 1), (4, 2), (6, 3), (24, 12)])
@pytest.mark.parametrize("volts", [9.65, 9.0, 5.0])
def test_half_of_the_batteries_are_named(batteries: int, empty: int, volts: float) -> None:
    played = Discharged(batteries)
    low = {f"b{number}": volts for number in range(1, empty + 1)}
    played.hear(290, 1.93, -100.0, of=low)
    assert {kind for kind, _, _ in found(played)} == {AlarmKind.REVERSED_CELL}
    assert {battery for battery in played.settings.batteries if played.found(battery)} == set(low)


def test_empty_batteries_that_are_named_are_the_one_alarm() -> None:
    played = Discharged(24)
    played.hear(900, 0.9, -200.0)
    assert found(played) == [(AlarmKind.REVERSED_CELL, Level.ALARM, True)]


@pytest.mark.parametrize(
    ("chemistry", "volts", "dip", "then"), [(AGM, 12.0, 1.62, 1.80), (VENTED, 2.0, 1.60, 1.78), (NICD, 1.2, 0.95, 1.04)]
)
def test_a_healthy_dip_and_a_module_that_shows_an_old_voltage(
    chemistry: Chemistry, volts: float, dip: float, then: float
) -> None:
    """1.60 V of a cell is the lowest end voltage of makers. One module still shows the voltage of float."""
    played = Discharged(24, volts, chemistry)
    stuck = {"b3": {AGM: 13.62, VENTED: 2.23, NICD: 1.40}[chemistry]}
    played.hear(40, dip, -400.0, of=stuck)
    played.hear(250, then, -400.0, of=stuck)
    assert played.raised == []


def test_nothing_is_known_while_all_batteries_are_under_test() -> None:
    settings = Settings(batteries=("b1",), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    low = settings.by_key["string_voltage_low_discharge"]
    assert collapsed(settings, [], low, missing=3.0) is None
    assert collapsed(settings, [6.0], low, missing=3.0) == 1.0  # 6 V of six cells


def test_most_batteries_lack_as_much_as_a_part_of_the_best_one() -> None:
    """The best battery has 1.95 V per cell. 1.62 V are 0.33 / 1.95 of it: 1.02 of six cells. 1.78 V are half a cell."""
    settings = Settings(batteries=("a", "b", "c", "d"), chemistry=AGM, nominal_voltage=12.0, capacity=100.0)
    low = settings.by_key["string_voltage_low_discharge"]
    assert collapsed(settings, [6 * 1.62, 6 * 1.62, 6 * 1.62, 6 * 1.95], low, missing=1.0) == pytest.approx(1.62)
    assert collapsed(settings, [6 * 1.62, 6 * 1.62, 6 * 1.62, 6 * 1.95], low, missing=1.1) is None
    assert collapsed(settings, [6 * 1.78, 6 * 1.78, 6 * 1.78, 6 * 1.95], low, missing=1.0) is None
