"""A string that is cycled and never full: the days since full, and the alarm."""

from dataclasses import replace

import pytest

from custom_components.battery_bank.monitor.battery import running_state
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Level
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth.charging import never_full
from simulator.truth.checks import Story
from simulator.truth.monitor import START, Monitor
from simulator.truth.scene import HOUR, Scene, ramp, string

pytestmark = pytest.mark.slow

DAY = 86400.0  # s


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("story", never_full(), ids=lambda story: story.name)
def test_story(story: Story) -> None:
    monitor = story.run()
    for check in story.checks:
        verdict = check.look(monitor)
        assert verdict.ok, f"{check.expected}: {verdict.seen}"


class Cycled:
    """A string that begins on float, full, and is then cycled."""

    def __init__(self, settings: Settings) -> None:
        self.monitor = Monitor(settings=settings)
        self.scene = Scene(settings=settings)
        self.float_voltage = {Chemistry.NICD: 1.40, Chemistry.VENTED_LEAD_ACID: 2.23}.get(settings.chemistry, 2.27)
        self.stand_by(26.0)

    def stand_by(self, hours: float) -> None:
        self.monitor.hear(self.scene.floating(hours, every=240.0))

    def cycle(self, days: int, drawn: float, charged: float) -> None:
        """Draw and charge so many times C10 each day; the voltage comes up to float voltage for some minutes."""
        capacity, high = self.monitor.settings.capacity, self.float_voltage
        parts = (
            (12.0, ramp(0.92 * high, 0.87 * high, 12 * HOUR), -drawn / 12),
            (11.5, ramp(0.92 * high, 0.97 * high, 11.5 * HOUR), charged / 12),
            (0.5, high, charged / 12),
        )
        for _ in range(days):
            for hours, cell, rate in parts:
                self.monitor.hear(self.scene.part(hours * HOUR, every=240.0, cell=cell, current=rate * capacity))

    @property
    def days(self) -> float:
        return self.monitor.state.running.since_full.days(START + self.scene.at)

    @property
    def raised(self) -> list[Level]:
        return [alarm.level for _, alarm in self.monitor.raised() if alarm.kind is AlarmKind.NEVER_FULL]


@pytest.mark.parametrize("chemistry", [Chemistry.VRLA_AGM, Chemistry.VRLA_GEL, Chemistry.VENTED_LEAD_ACID])
@pytest.mark.parametrize(("drawn", "charged"), [(0.45, 0.36), (0.2, 0.2), (0.1, 0.09)])
def test_seven_days_without_being_full_are_a_warning_and_fourteen_an_alarm(
    chemistry: Chemistry, drawn: float, charged: float
) -> None:
    cycled = Cycled(string(2, chemistry, 12.0, 150.0))
    cycled.cycle(6, drawn, charged)
    assert cycled.raised == []
    assert cycled.days == pytest.approx(6.0, abs=0.1)
    cycled.cycle(2, drawn, charged)
    assert cycled.raised == [Level.WARNING]
    cycled.cycle(7, drawn, charged)
    assert cycled.raised == [Level.WARNING, Level.ALARM]
    cycled.stand_by(30.0)  # full at last
    assert cycled.days == pytest.approx(0.0, abs=0.1)
    assert not [alarm for alarm in cycled.monitor.open.values() if alarm.kind is AlarmKind.NEVER_FULL]


def test_nicd_does_not_sulphate() -> None:
    cycled = Cycled(string(2, Chemistry.NICD, 1.2))
    cycled.cycle(20, 0.3, 0.3)
    assert cycled.raised == []
    assert cycled.days == pytest.approx(20.0, abs=0.1)


def test_a_string_that_stands_by_is_not_cycled() -> None:
    """A month on float at 5 % of C10 in amperes, which is never full, with a self-test of 5 Ah each week."""
    cycled = Cycled(string(2))
    for _ in range(3):
        cycled.monitor.hear(cycled.scene.part(7 * DAY, every=280.0, cell=2.27, current=4.5))
        cycled.monitor.hear(cycled.scene.part(240.0, every=60.0, cell=1.98, current=-75.0))
    assert cycled.days > 20
    assert cycled.raised == []


def test_time_that_was_not_monitored_does_not_count() -> None:
    cycled = Cycled(string(2))
    cycled.cycle(4, 0.3, 0.3)
    cycled.scene.at += 5 * DAY
    cycled.cycle(2, 0.3, 0.3)
    assert cycled.days == pytest.approx(6.0, abs=0.1)
    assert cycled.raised == []


def test_a_restart_and_a_clock_that_is_set_back_change_nothing() -> None:
    cycled = Cycled(string(2))
    cycled.cycle(5, 0.3, 0.3)
    before = cycled.monitor.state.running.since_full
    cycled.monitor.restart(cycled.scene.at)
    assert cycled.monitor.state.running.since_full == before
    back = running_state.set_back(cycled.monitor.state.running, 3600.0).since_full
    assert before.at is not None
    assert back == replace(before, at=before.at - 3600.0)
    cycled.cycle(3, 0.3, 0.3)
    assert cycled.raised == [Level.WARNING]


def test_a_string_without_a_string_module() -> None:
    cycled = Cycled(string(2, measures_current=False))
    assert cycled.days < 1.0
    cycled.cycle(8, 0.3, 0.3)
    assert cycled.raised == [Level.WARNING]
    cycled.stand_by(14.0)
    assert cycled.days == pytest.approx(0.0, abs=0.1)
    assert not cycled.monitor.open
