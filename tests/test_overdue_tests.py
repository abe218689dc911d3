"""Resistance tests that can never run: said after the second missed interval, with what was in the way."""

from dataclasses import replace

import pytest

from custom_components.battery_bank.monitor.battery import state_codec, watch
from custom_components.battery_bank.monitor.battery.events import ResistanceTest, ResistanceTestsOverdue
from custom_components.battery_bank.monitor.battery.overdue_tests import BlockedTests, step
from custom_components.battery_bank.monitor.battery.resistance import ResistanceState
from custom_components.battery_bank.monitor.battery.running_state import Running, set_back
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

HOUR = 3600.0  # s
DAY = 24 * HOUR
BEGIN = 1.7e9  # s since 1970


def result_on(day: float) -> ResistanceState:
    test = ResistanceTest(battery="a", at=BEGIN + day * DAY, ohmic_value=0.004)
    return ResistanceState(tests=(test,))


def live(
    days: float,
    *,
    interval: float | None = 30.0,
    last: ResistanceState | None = None,
    obstacle: str | None = "not_on_float",
    offline: frozenset[str] = frozenset(),
    window: bool = True,
) -> BlockedTests:
    """Let days pass, with a sample every ten minutes."""
    blocked = BlockedTests()
    for number in range(int(days * 144) + 1):
        at = BEGIN + number * 600.0
        sample = Sample(at=at, offline=offline, test_window=window)
        blocked = step(interval, blocked, {"a": last, "b": None}, sample, obstacle, 600.0 if number else 0.0)
    return blocked


@pytest.mark.parametrize("interval", [7.0, 30.0, 90.0])
def test_overdue_after_the_second_missed_interval(interval: float) -> None:
    assert live(2 * interval - 1, interval=interval).overdue_since is None
    blocked = live(2 * interval + 1, interval=interval)
    assert blocked.overdue_since == pytest.approx(BEGIN + 2 * interval * DAY, abs=600)
    assert blocked.obstacle == "not_on_float"
    assert blocked.share == 1.0
    # Counted from half a day before the first interval is over, when a test is due.
    assert blocked.hours["not_on_float"] == pytest.approx(24 * (interval + 1.5), abs=1)


def test_without_a_schedule_nothing_is_overdue() -> None:
    assert live(200, interval=None) == BlockedTests(since=BEGIN)


def test_outside_its_window_nothing_is_in_the_way() -> None:
    blocked = live(90, window=False)
    assert blocked.hours == {}
    assert blocked.overdue_since is None


def test_one_battery_that_is_never_tested_is_enough() -> None:
    assert live(70, last=result_on(65)).overdue_since is not None


def test_a_module_that_does_not_answer_is_the_obstacle() -> None:
    assert live(65, obstacle=None, offline=frozenset("ab")).obstacle == "offline"
    assert live(65, obstacle=None).obstacle == "none"  # the tests bring no result


def test_a_test_ends_it() -> None:
    blocked = live(65)
    sample = Sample(at=BEGIN + 65 * DAY)
    after = step(30.0, blocked, {"a": result_on(65), "b": result_on(65)}, sample, None, 600.0)
    assert after == BlockedTests(since=BEGIN)


def test_a_battery_installed_lately_waits_from_then_on() -> None:
    new = ResistanceState(since=BEGIN + 50 * DAY)
    sample = Sample(at=BEGIN + 70 * DAY)
    before = BlockedTests(since=BEGIN, hours={"alarm": 1.0})
    assert step(30.0, before, {"a": new}, sample, "alarm", 600.0) == BlockedTests(since=BEGIN)


def test_after_years_of_tests_an_update_needs_an_interval_of_its_own() -> None:
    """A state of an earlier release has no time: what was in the way is not known yet."""
    sample = Sample(at=BEGIN + 300 * DAY)
    first = step(30.0, BlockedTests(), {"a": result_on(0)}, sample, "alarm", 600.0)
    assert first.overdue_since is None
    later = replace(sample, at=sample.at + 31 * DAY)
    assert step(30.0, first, {"a": result_on(0)}, later, "alarm", 600.0).overdue_since == later.at


def test_the_watch_says_it_once_and_after_a_restart_not_again() -> None:
    settings = Settings(batteries=("a",), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    state, said = StringState(), []
    for number in range(65 * 24 * 6):
        at = BEGIN + number * 600.0
        if number == 62 * 144:
            running = state_codec.decode_running(state_codec.encode_running(state.running))
            state = replace(StringState(), running=running)
        state, events = watch.step(settings, state, Sample(at=at, voltages={"a": 12.4}, current=-0.4))
        said += [event for event in events if isinstance(event, ResistanceTestsOverdue)]
    assert [event.obstacle for event in said] == ["not_on_float"]
    assert said[0].at == pytest.approx(BEGIN + 60 * DAY, abs=700)


def test_a_clock_that_is_set_back_makes_no_test_late() -> None:
    running = Running(blocked_tests=BlockedTests(since=BEGIN, overdue_since=BEGIN + DAY))
    moved = set_back(running, 3600.0).blocked_tests
    assert (moved.since, moved.overdue_since) == (BEGIN - 3600.0, BEGIN + DAY - 3600.0)
