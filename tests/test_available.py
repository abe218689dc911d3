"""The state of charge in a fast discharge: what can still be drawn at its rate, and nothing at the end voltage."""

from collections.abc import Callable

import pytest

from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth.checks import Story
from simulator.truth.discharges import charge_at_the_end, full_recognised
from simulator.truth.monitor import Monitor
from simulator.truth.scene import HOUR, Scene, string


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("story", [*charge_at_the_end(), *full_recognised()], ids=lambda story: story.name)
def test_story(story: Story) -> None:
    monitor = story.run()
    for check in story.checks:
        verdict = check.look(monitor)
        assert verdict.ok, f"{check.expected}: {verdict.seen}"


class Discharged:
    """A full string that is discharged."""

    def __init__(self, settings: Settings) -> None:
        self.monitor = Monitor(settings=settings)
        self.scene = Scene(settings=settings)
        self.monitor.hear(self.scene.floating(2.0, every=60.0))

    def __call__(
        self, hours: float, cell: float | Callable[[float], float], rate: float, *, every: float = 10.0
    ) -> None:
        """Go on for some hours with a load in times C10."""
        current = -rate * self.monitor.settings.capacity
        self.monitor.hear(self.scene.part(hours * HOUR, every=every, cell=cell, current=current))

    @property
    def running(self) -> Running:
        return self.monitor.state.running

    @property
    def shown(self) -> float:
        shown = self.running.state_of_charge
        assert shown is not None
        return shown


@pytest.mark.parametrize(
    ("chemistry", "volts", "high", "end"),
    [
        (Chemistry.VRLA_AGM, 2.0, 1.98, 1.80),
        (Chemistry.VRLA_GEL, 12.0, 1.96, 1.75),
        (Chemistry.VENTED_LEAD_ACID, 6.0, 1.97, 1.80),
        (Chemistry.NICD, 1.2, 1.22, 1.00),
    ],
)
@pytest.mark.parametrize("rate", [0.3, 1.0, 3.0])
def test_nothing_is_left_at_the_end_voltage(
    chemistry: Chemistry, volts: float, high: float, end: float, rate: float
) -> None:
    """A voltage that falls slowly, and then steeply, as that of real batteries does."""
    hours = 0.55 / rate
    played = Discharged(string(3, chemistry, volts, figures={"end_voltage": end}))
    played(hours / 2, lambda at: high - (high - end) * (0.5 * at / hours / HOUR), rate)
    assert 0.4 <= played.shown <= 0.8
    middle = high - 0.25 * (high - end)
    played(hours / 2, lambda at: middle - (middle - end) * (2 * at / hours / HOUR) ** 3, rate)
    assert played.shown <= 0.03
    played(0.2, 2.05 if volts != 1.2 else 1.25, 0.0)
    assert played.running.state_of_charge == played.running.charge.state  # for a small load there is more


def test_the_dip_at_the_begin_is_no_empty_string() -> None:
    """4 C10 with a dip below the end voltage for ten seconds."""
    played = Discharged(string(3))
    played(10 / 3600, 1.79, 4.0, every=1.0)
    assert played.shown > 0.95
    played(50 / 3600, 1.95, 4.0, every=1.0)
    assert played.shown > 0.85


@pytest.mark.parametrize("rate", [0.2, 0.5, 1.0, 4.0])
@pytest.mark.parametrize(
    ("chemistry", "end", "deep"),
    [(Chemistry.VRLA_AGM, 1.80, 1.52), (Chemistry.VENTED_LEAD_ACID, 1.80, 1.52), (Chemistry.NICD, 1.00, 0.87)],
)
def test_the_end_voltage_is_empty_also_in_the_first_seconds(
    chemistry: Chemistry, end: float, deep: float, rate: float
) -> None:
    """Longer than a dip lasts, or deeper than one is: then the string is empty, whatever was drawn."""
    played = Discharged(string(3, chemistry, 2.0 if end > 1.5 else 1.2))
    played(8 / 3600, end + 0.1, rate, every=1.0)
    assert played.shown > 0.9
    played(12 / 3600, end - 0.001, rate, every=1.0)
    assert played.shown == 0.0
    played(30 / 3600, end + 0.05, rate, every=1.0)
    assert played.shown > 0.8  # it was a long dip
    collapsed = Discharged(string(3, chemistry, 2.0 if end > 1.5 else 1.2))
    collapsed(3 / 3600, deep, rate, every=1.0)
    collapsed(6 / 3600, deep, rate, every=1.0)  # the discharge is known after 5 s
    assert collapsed.shown == 0.0


def test_a_string_whose_voltage_breaks_down_at_once_is_empty() -> None:
    played = Discharged(string(3))
    played(120 / 3600, 1.78, 4.0, every=1.0)
    assert played.shown == 0.0


def test_an_empty_string_is_not_full_again_because_its_voltages_are_missing() -> None:
    """A string at its end voltage, whose modules do not answer for a while: nothing has risen."""
    played = Discharged(string(3))
    played(20 / 3600, 1.78, 2.0, every=1.0)
    assert played.shown == 0.0
    current = -2.0 * played.monitor.settings.capacity
    played.monitor.hear(played.scene.part(20.0, every=1.0, cell=1.78, current=current, unheard=(1, 2, 3)))
    assert played.shown < 0.05
    played(20 / 3600, 1.78, 2.0, every=1.0)
    assert played.shown == 0.0


def test_a_lighter_load_brings_charge_back_slowly() -> None:
    played = Discharged(string(3))
    played(0.7, lambda at: 1.96 - 0.15 * at / (0.7 * HOUR), 1.0)
    heavy = played.shown
    assert heavy < 0.12
    played(1 / 60, 1.95, 0.2)
    assert heavy < played.shown <= heavy + 0.035
    played(0.5, 1.95, 0.2)
    assert played.shown == pytest.approx(played.running.charge.state, abs=0.2)


def test_a_slow_discharge_shows_what_is_counted_and_ends_at_nothing() -> None:
    played = Discharged(string(3))
    played(5.0, lambda at: 2.05 - 0.02 * at / HOUR, 0.1, every=60.0)
    assert played.shown == played.running.charge.state == pytest.approx(0.5, abs=0.02)
    played(0.5, 1.799, 0.1, every=60.0)  # a string that has lost half
    assert played.shown == 0.0


def test_a_restart_in_a_discharge_changes_nothing() -> None:
    played = Discharged(string(3))
    played(0.3, lambda at: 1.96 - 0.1 * at / (0.6 * HOUR), 1.0)
    before = played.running.available
    played.monitor.restart(played.scene.at)
    assert played.running.available == before


def test_unknown_stays_unknown() -> None:
    monitor = Monitor(settings=string(3))
    scene = Scene(settings=monitor.settings)
    monitor.hear(scene.part(0.2 * HOUR, every=10.0, cell=1.9, current=-100.0))
    assert monitor.state.running.state_of_charge is None


def test_the_voltage_of_the_charger_says_nothing_of_what_is_left() -> None:
    """The mains are back: for some seconds the state still is a discharge, at the voltage of the charger."""
    played = Discharged(string(3))
    played(0.9, lambda at: 1.99 - 0.1 * at / (0.9 * HOUR), 0.6)
    left = played.shown
    seconds = []
    for _ in range(40):
        played(1 / 3600, 2.14, -0.1, every=1.0)
        seconds.append(played.shown)
    assert min(seconds) >= left
    assert seconds == sorted(seconds)
