"""A step that the resistances of all batteries have in common is one alarm of the string, and names no battery."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import pytest

from custom_components.battery_bank.monitor.battery import operations, watch
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    AlarmRaised,
    BecameWeak,
    Event,
    Level,
)
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

DAY = 86400.0  # s
START = 1.8e9  # s since 1970
NEW = 0.004  # Ω

type Factor = Callable[[int], float]  # of the resistance of a battery, by its number


@dataclass(kw_only=True)
class Nights:
    """A string on float whose batteries are tested one after another, with readings after each test."""

    batteries: int = 20
    every: int = 30  # d between two runs of tests
    chemistry: Chemistry = Chemistry.VRLA_AGM
    between: float = 120.0  # s between two tests
    seed: int = 5
    state: StringState = field(default_factory=StringState)
    events: list[Event] = field(default_factory=list)
    now: float = START
    follow: bool = True  # whether tests of other batteries may follow soon

    def __post_init__(self) -> None:
        self.settings = Settings(
            batteries=tuple(f"b{number}" for number in range(1, self.batteries + 1)),
            chemistry=self.chemistry,
            nominal_voltage=12.0,
            capacity=100.0,
            installed=START - 400 * DAY,
        )
        self.random = Random(self.seed)
        self.born = [self.random.gauss(1, 0.03) for _ in self.settings.batteries]

    def live(self, runs: int, factor: Factor = lambda _: 1.0, first: int = 1, last: int = 999) -> None:
        """Test the batteries from `first` to `last` in so many runs."""
        for _ in range(runs):
            self.wait(self.every * DAY)
            for number, born in enumerate(self.born, 1):
                if not first <= number <= last:
                    continue
                ohms = NEW * born * factor(number) * self.random.gauss(1, 0.01)
                self.state, events = operations.tested(self.settings, self.state, f"b{number}", ohms, self.now)
                self.events += events
                self.wait(self.between)

    def wait(self, seconds: float) -> None:
        """Let time pass, with a reading at its end and one a second later."""
        for at in (self.now + seconds - 1, self.now + seconds):
            voltages = dict.fromkeys(self.settings.batteries, 13.62)
            temperatures = dict.fromkeys(self.settings.batteries, 25.0)
            sample = Sample(
                at=at,
                voltages=voltages,
                temperatures=temperatures,
                current=0.1,
                ambient=25.0,
                tests_follow=self.follow,
            )
            self.state, events = watch.step(self.settings, self.state, sample)
            self.events += events
        self.now += seconds

    @property
    def raised(self) -> list[Alarm]:
        """All alarms on resistances."""
        alarms = [event.alarm for event in self.events if isinstance(event, AlarmRaised)]
        return [alarm for alarm in alarms if alarm.kind.startswith("resistance")]

    @property
    def weak(self) -> list[str]:
        return [event.battery for event in self.events if isinstance(event, BecameWeak)]


@pytest.mark.parametrize(
    ("batteries", "every", "factor", "chemistry"),
    [
        (20, 30, 1.2, Chemistry.VRLA_AGM),
        (20, 7, 1.2, Chemistry.VRLA_AGM),
        (20, 30, 1.24, Chemistry.VRLA_GEL),
        (6, 30, 1.2, Chemistry.VRLA_AGM),
        (4, 30, 1.2, Chemistry.VRLA_AGM),
        (60, 30, 1.4, Chemistry.NICD),
        (24, 30, 1.35, Chemistry.VENTED_LEAD_ACID),
    ],
)
def test_a_step_of_all_is_one_alarm(batteries: int, every: int, factor: float, chemistry: Chemistry) -> None:
    string = Nights(batteries=batteries, every=every, chemistry=chemistry)
    string.live(10)
    assert string.raised == []
    string.live(2, lambda _: factor)
    assert {(alarm.kind, alarm.battery) for alarm in string.raised} == {(AlarmKind.RESISTANCE_RISE, None)}
    assert len(string.raised) == len({alarm.level for alarm in string.raised})
    assert len(string.raised[0].batteries) == batteries
    assert string.raised[0].value == pytest.approx(factor, rel=0.08)  # less what a season may explain
    assert string.weak == []


@pytest.mark.parametrize(("batteries", "factor"), [(20, 1.37), (3, 1.6), (4, 1.6), (4, 2.0), (6, 2.0)])
def test_a_large_step_of_all_is_no_alarm_of_a_single_battery(batteries: int, factor: float) -> None:
    """Nor are those low that are still to be tested, where two of three or four have it already."""
    string = Nights(batteries=batteries)
    string.live(10)
    string.live(2, lambda _: factor)
    assert {(alarm.kind, alarm.battery) for alarm in string.raised} == {(AlarmKind.RESISTANCE_RISE, None)}
    assert string.weak == []


@pytest.mark.parametrize("number", [1, 2, 3, 7, 20])
def test_one_battery_that_steps_is_named_in_the_same_night(number: int) -> None:
    string = Nights()
    string.live(10)
    string.live(1, lambda one: 1.35 if one == number else 1.0)
    assert {alarm.battery for alarm in string.raised} == {f"b{number}"}
    assert AlarmKind.RESISTANCE_RISE in {alarm.kind for alarm in string.raised}
    assert string.weak == [f"b{number}"]


def test_a_battery_that_is_tested_alone_waits_for_an_hour() -> None:
    string = Nights()
    string.live(10)
    string.live(1, lambda _: 1.35, first=7, last=7)
    assert (string.raised, string.weak) == ([], [])
    string.wait(3500.0)
    assert {alarm.battery for alarm in string.raised} == {"b7"}
    assert string.weak == ["b7"]


def test_a_battery_that_a_person_tests_alone_has_its_alarm_at_once() -> None:
    """No scheduled test may start at this time of the day, and none waits."""
    string = Nights()
    string.live(10)
    string.follow = False
    string.live(1, lambda _: 1.35, first=7, last=7)
    assert {alarm.battery for alarm in string.raised} == {"b7"}
    assert string.weak == ["b7"]
    raised = len(string.raised)
    string.live(1, first=8, last=9)
    assert len(string.raised) == raised


@pytest.mark.parametrize("batteries", [3, 4, 6, 20])
@pytest.mark.parametrize("factor", [1.4, 2.0])
def test_a_hub_that_has_tested_all_at_once_names_no_battery(batteries: int, factor: float) -> None:
    """Its results come within a second, while no test is asked for."""
    string = Nights(batteries=batteries)
    string.live(10)
    string.follow = False
    string.wait(30 * DAY)
    for number, born in enumerate(string.born, 1):
        ohms = NEW * born * factor
        string.state, events = operations.tested(string.settings, string.state, f"b{number}", ohms, string.now)
        string.events += events
    string.wait(5.0)
    assert {(alarm.kind, alarm.battery) for alarm in string.raised} == {(AlarmKind.RESISTANCE_RISE, None)}
    assert string.weak == []


def test_a_battery_that_is_tested_again_keeps_its_alarm_while_it_waits_for_others() -> None:
    """Others are due all the time, and something is in their way: a solar house that is hardly ever on float."""
    string = Nights()
    string.live(10)
    string.live(1, lambda _: 1.4, first=7, last=7)
    string.wait(3700.0)
    raised = {alarm.kind for alarm in string.raised}
    assert AlarmKind.RESISTANCE_RISE in raised
    string.wait(DAY)
    string.every = 0
    string.live(1, lambda _: 1.4, first=7, last=7)
    for _ in range(20):
        string.wait(360.0)
    assert [event for event in string.events if isinstance(event, AlarmCleared)] == []
    assert [alarm.kind for alarm in string.raised].count(AlarmKind.RESISTANCE_RISE) == 1


def test_the_wait_for_others_ends_with_the_last_test_that_was_asked_for() -> None:
    string = Nights()
    string.live(10)
    string.live(1, lambda _: 1.35, first=7, last=7)
    assert string.raised == []
    string.follow = False
    string.wait(2.0)
    assert {alarm.battery for alarm in string.raised} == {"b7"}


def test_one_battery_beyond_the_step_of_all_has_its_own_alarm() -> None:
    string = Nights()
    string.live(10)
    string.live(1, lambda one: 1.9 if one == 7 else 1.2)
    own = [(alarm.kind, alarm.level) for alarm in string.raised if alarm.battery == "b7"]
    assert (AlarmKind.RESISTANCE_BASELINE, Level.ALARM) in own
    assert {alarm.battery for alarm in string.raised} == {None, "b7"}
