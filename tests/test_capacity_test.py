"""A capacity test: announced by a person, ended at its end voltage, and its result by arithmetic on paper."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, replace
import json
from typing import Any

from conftest import FAST, device_of, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from test_report import Document, get
from virtual_time import WallClock

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery import capacity_test, due_capacity_test, operations, watch
from custom_components.battery_bank.monitor.battery.capacity_result import CapacityTestResult, Outcome
from custom_components.battery_bank.monitor.battery.capacity_test import CapacityTest, CapacityTests, Stage
from custom_components.battery_bank.monitor.battery.events import CapacityTested, CapacityTestEnded, Event, Replaced
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_codec import RUNNING, decode_running, encode_running
from custom_components.battery_bank.monitor.journal import Journal
from custom_components.battery_bank.monitor.model import Chemistry
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from simulator.bank import Bank, build
from simulator.truth.monitor import START, Monitor
from simulator.truth.scene import HOUR, MINUTE, Scene, string
from simulator.wire import Terminal

DAY = 24 * HOUR


class Announced:
    """A full string of three 12 V blocks of 100 Ah, whose cells fall from 2.06 V to an end."""

    def __init__(self, settings: Settings | None = None, **test: Any) -> None:
        settings = settings or string(3, figures={"reference_temperature": 20.0})
        self.monitor = Monitor(settings=settings)
        self.scene = Scene(settings=settings, noisy=False)
        self.monitor.hear(self.scene.floating(3.0, every=60.0))
        self.announce(**test)

    def announce(self, **test: Any) -> None:
        monitor, now = self.monitor, START + self.scene.at
        asked = CapacityTest(announced=now, announced_by="Anna", **test)
        monitor.state, _ = operations.announce_capacity_test(monitor.settings, monitor.state, asked, now)

    def discharge(self, hours: float, *, amperes: float = 10.0, last: float = 1.79, celsius: float = 20.0) -> None:
        def cell(at: float) -> float:
            return 2.06 - (2.06 - last) * at / (hours * HOUR)

        self.monitor.hear(
            self.scene.part(hours * HOUR, every=10.0, cell=cell, current=-amperes, temperature=celsius, ambient=celsius)
        )

    def recharge(self) -> None:
        self.monitor.hear(self.scene.part(10 * MINUTE, every=5.0, cell=2.15, current=10.0))

    def replace(self, at: float) -> list[Event]:
        monitor = self.monitor
        entered = Replaced(battery=monitor.settings.batteries[0], at=at)
        monitor.state, events = operations.replaced(monitor.settings, monitor.state, entered, START + self.scene.at)
        return [one for one in events if isinstance(one, CapacityTested)]

    def stage(self) -> Stage | None:
        return self.tests.now.stage if self.tests.now else None

    @property
    def tests(self) -> CapacityTests:
        return self.monitor.state.running.capacity_tests

    @property
    def results(self) -> list[CapacityTestResult]:
        return [event.result for _, event in self.monitor.events if isinstance(event, CapacityTested)]

    @property
    def result(self) -> CapacityTestResult:
        (result,) = self.results
        assert result == self.tests.last
        return result

    def events(self, kind: type[CapacityTested | CapacityTestEnded]) -> list[float]:
        return [at for at, event in self.monitor.events if isinstance(event, kind)]


def test_a_test_at_the_nominal_rate_and_temperature() -> None:
    """10 A for 9.63 h, until the line from 2.06 V to 1.79 V in 10 h is at 1.80 V: 96.3 Ah of 100."""
    tested = Announced(current=10.0)
    begun = tested.scene.at
    assert tested.stage() is Stage.ANNOUNCED
    tested.discharge(9.0, last=2.06 - 0.27 * 0.9)
    assert tested.stage() is Stage.DISCHARGE
    assert not tested.events(CapacityTestEnded)
    tested.monitor.hear(
        tested.scene.part(HOUR, every=10.0, cell=lambda at: 1.817 - 0.027 * at / HOUR, current=-10.0, temperature=20.0)
    )
    assert tested.stage() is Stage.END_VOLTAGE
    (ended,) = tested.events(CapacityTestEnded)
    assert ended - begun == pytest.approx(9.63 * HOUR, abs=30)
    tested.recharge()
    assert tested.stage() is None
    assert len(tested.events(CapacityTested)) == 1
    result = tested.result
    assert (result.outcome, result.passed, result.announced_by, result.duty) == (Outcome.MEASURED, True, "Anna", 10.0)
    assert result.current == pytest.approx(10.0, abs=0.01)
    assert result.drawn == pytest.approx(96.3, abs=0.2)
    assert result.share == pytest.approx(0.963, abs=0.003)
    assert result.cell_voltage == 1.80


def test_what_is_drawn_below_the_end_voltage_does_not_count() -> None:
    """The end voltage of 1.80 V is passed at 5.2 of 6 h, on a line from 2.06 V to 1.76 V."""
    tested = Announced()
    tested.discharge(6.0, last=1.76)
    tested.recharge()
    assert tested.result.drawn == pytest.approx(52.0, abs=0.2)
    assert tested.result.passed is False


@pytest.mark.parametrize(("capacity", "passed"), [(80.0, True), (79.9, False), (None, None)])
def test_a_capacity_that_is_exactly_what_it_must_be_is_passed(capacity: float | None, passed: bool | None) -> None:
    tested = Announced(rated=100.0, passes=0.8)
    tested.discharge(1.0)
    tested.recharge()
    assert replace(tested.result, capacity=capacity).passed is passed


@pytest.mark.parametrize(("celsius", "share"), [(20.0, 0.963), (10.0, 0.963 / 0.94), (30.0, 0.963 / 1.06)])
def test_a_result_is_corrected_for_the_temperature(celsius: float, share: float) -> None:
    """With 0.006 /K, the least that makers quote of IEC 60896, at the ten-hour rate."""
    tested = Announced(rated=100.0)
    tested.discharge(10.0, celsius=celsius)
    tested.recharge()
    assert tested.result.share == pytest.approx(share, abs=0.005)


def test_a_result_without_a_temperature_is_as_measured() -> None:
    tested = Announced(rated=100.0)
    silent = (
        replace(one, temperatures={}, ambient=None)
        for one in tested.scene.part(
            10 * HOUR, every=30.0, cell=lambda at: 2.06 - 0.27 * at / (10 * HOUR), current=-10.0
        )
    )
    tested.monitor.hear(silent)
    tested.recharge()
    assert tested.result.temperature is None
    assert tested.result.share == pytest.approx(0.963, abs=0.003)


def test_a_test_whose_current_is_not_known_ends_at_once() -> None:
    """The string module is offline when the discharge begins, and does not come back within five minutes."""
    tested = Announced()
    begun = tested.scene.at
    tested.monitor.hear(
        tested.scene.part(10 * HOUR, every=30.0, cell=lambda at: 2.06 - 0.27 * at / (10 * HOUR), current=None)
    )
    tested.recharge()
    assert (tested.result.outcome, tested.result.passed) == (Outcome.INTERRUPTED, None)
    (ended,) = tested.events(CapacityTested)
    assert ended - begun == pytest.approx(5 * MINUTE, abs=90)


def test_a_current_that_is_not_known_for_long_before_a_test_is_no_current() -> None:
    tested = Announced()
    tested.monitor.hear(tested.scene.floating(0.5, current=None))
    tested.monitor.hear(
        tested.scene.part(HOUR, every=10.0, cell=lambda at: 2.06 - 0.27 * at / (10 * HOUR), current=None)
    )
    assert (tested.stage(), tested.result.passed, tested.result.drawn) == (None, None, None)


def test_a_current_that_is_not_known_at_the_begin_is_bridged() -> None:
    tested = Announced()
    tested.monitor.hear(
        tested.scene.part(
            10 * HOUR,
            every=10.0,
            cell=lambda at: 2.06 - 0.27 * at / (10 * HOUR),
            current=lambda at: None if at < 200 else -10.0,
            temperature=20.0,
        )
    )
    tested.recharge()
    assert tested.result.outcome is Outcome.MEASURED
    assert tested.result.share == pytest.approx(0.963, abs=0.01)  # 200 s at 10 A are 0.6 Ah


@pytest.mark.parametrize("returns", [False, True])
def test_a_test_whose_voltages_are_lost_is_interrupted(returns: bool) -> None:
    """After 8 of 10 h; the end voltage may be passed before they are read again."""
    tested = Announced()
    tested.discharge(8.0, last=2.06 - 0.27 * 0.8)
    lost = tested.scene.at
    tested.monitor.hear(
        tested.scene.part(HOUR, every=10.0, cell=1.80, current=-10.0, temperature=20.0, unheard=(1, 2, 3))
    )
    if returns:
        tested.monitor.hear(tested.scene.part(HOUR, every=10.0, cell=1.75, current=-10.0, temperature=20.0))
    tested.recharge()
    assert (tested.result.outcome, tested.result.share) == (Outcome.INTERRUPTED, None)
    (ended,) = tested.events(CapacityTested)
    assert ended - lost == pytest.approx(5 * MINUTE, abs=30)


def test_voltages_that_are_lost_for_less_than_five_minutes_do_not_interrupt_a_test() -> None:
    tested = Announced()
    tested.discharge(8.0, last=2.06 - 0.27 * 0.8)
    tested.monitor.hear(
        tested.scene.part(240.0, every=10.0, cell=1.84, current=-10.0, temperature=20.0, unheard=(1, 2, 3))
    )
    tested.discharge(1.6, last=1.79)
    tested.recharge()
    assert tested.result.outcome is Outcome.MEASURED


def test_a_rating_of_the_data_sheet_counts_at_a_high_rate() -> None:
    """150 A for 0.4 h to 1.75 V: 60 Ah, of 65 Ah that the sheet says for this rate."""
    tested = Announced(rated=65.0, end_voltage=1.75, passes=0.9)
    tested.discharge(0.4, amperes=150.0, last=1.7499)
    tested.monitor.hear(tested.scene.part(30.0, every=2.0, cell=1.7499, current=-150.0, temperature=20.0))
    tested.recharge()
    assert tested.result.outcome is Outcome.MEASURED
    assert tested.result.share == pytest.approx(60 / 65, rel=0.02)
    assert tested.result.passed is True


def test_without_a_rating_a_high_rate_has_no_result() -> None:
    tested = Announced()
    tested.discharge(0.4, amperes=150.0, last=1.78)
    tested.recharge()
    assert (tested.result.outcome, tested.result.passed) == (Outcome.NO_RATING, None)


@pytest.mark.parametrize("end_voltage", [1.60, 1.79, 1.85])
def test_without_a_rating_another_end_voltage_than_that_of_the_string_has_no_result(end_voltage: float) -> None:
    """A lower one draws more from the string than its capacity is rated for, a higher one less."""
    tested = Announced(end_voltage=end_voltage)
    tested.discharge(12.0, amperes=7.0, last=1.59)
    tested.recharge()
    assert (tested.result.outcome, tested.result.passed) == (Outcome.NO_RATING, None)


def test_a_discharge_that_ends_early_is_no_result() -> None:
    tested = Announced()
    tested.discharge(3.0, last=1.95)
    tested.recharge()
    assert (tested.result.outcome, tested.result.share) == (Outcome.NOT_REACHED, None)


def test_a_voltage_that_only_touches_the_end_is_not_the_end() -> None:
    tested = Announced()
    tested.discharge(2.0, last=1.95)
    tested.monitor.hear(tested.scene.part(6.0, every=2.0, cell=1.79, current=-10.0))
    tested.monitor.hear(tested.scene.part(60.0, every=2.0, cell=1.94, current=-10.0))
    assert not tested.events(CapacityTestEnded)


def test_a_gap_in_the_monitoring_is_no_result() -> None:
    tested = Announced()
    tested.discharge(3.0, last=1.95)
    tested.scene.at += HOUR
    tested.discharge(2.0, last=1.79)
    tested.recharge()
    assert tested.result.outcome is Outcome.INTERRUPTED


@pytest.mark.parametrize(("at", "counts"), [(5 * HOUR, True), (-20 * HOUR, True), (-25 * HOUR, False)])
def test_a_battery_that_is_replaced_in_the_test_leaves_it_without_a_result(at: float, counts: bool) -> None:
    """The day of an earlier replacement is known and not its hour: it may have been in the test."""
    tested = Announced()
    begun = START + tested.scene.at
    tested.discharge(5.0, last=1.925)
    tested.replace(begun + at)
    tested.monitor.hear(
        tested.scene.part(5 * HOUR, every=10.0, cell=lambda at: 1.925 - 0.027 * at / HOUR, current=-10.0)
    )
    tested.recharge()
    assert tested.result.outcome is (Outcome.CHANGED if counts else Outcome.MEASURED)
    assert (tested.result.capacity is None) is counts
    assert (tested.monitor.state.learned.capacity is None) is counts


def test_a_replacement_in_a_test_that_is_entered_later_takes_its_result_back() -> None:
    tested = Announced()
    begun = START + tested.scene.at
    tested.discharge(10.0)
    tested.recharge()
    assert tested.result.outcome is Outcome.MEASURED
    assert tested.replace(begun + 11 * HOUR) == []
    (refused,) = [one.result for one in tested.replace(begun + HOUR) if isinstance(one, CapacityTested)]
    assert (refused.outcome, refused.capacity, refused.start) == (Outcome.CHANGED, None, tested.results[0].start)
    assert tested.tests.last == refused
    assert tested.tests.measured is None
    assert tested.replace(begun + HOUR) == []


def test_a_battery_that_is_taken_out_in_the_test_leaves_it_without_a_result() -> None:
    tested = Announced()
    tested.discharge(5.0, last=1.925)
    moved = replace(tested.monitor.settings, batteries=tested.monitor.settings.batteries[:2])
    tested.monitor.settings = moved
    tested.scene.settings = moved
    tested.monitor.hear(
        tested.scene.part(5 * HOUR, every=10.0, cell=lambda at: 1.925 - 0.027 * at / HOUR, current=-10.0)
    )
    tested.recharge()
    assert tested.result.outcome is Outcome.CHANGED


def test_a_string_that_was_not_full_has_no_result() -> None:
    tested = Announced()
    tested.monitor.state, _ = operations.cancel_capacity_test(
        tested.monitor.settings, tested.monitor.state, START + tested.scene.at
    )
    tested.discharge(5.0, last=1.90)
    tested.recharge()
    assert tested.results == []  # a discharge that was not announced is no test
    tested.announce()
    tested.discharge(5.0)
    tested.recharge()
    assert tested.result.outcome is Outcome.NOT_FULL


def test_a_test_that_no_discharge_began_in_a_day_is_not_begun() -> None:
    tested = Announced(current=10.0)
    announced = START + tested.scene.at
    tested.monitor.hear(tested.scene.floating(23.0, every=60.0))
    assert tested.stage() is Stage.ANNOUNCED
    assert not tested.events(CapacityTested)
    tested.monitor.hear(tested.scene.floating(2.0, every=60.0))
    assert tested.stage() is None
    result = tested.result
    assert (result.outcome, result.begun, result.passed, result.duty) == (Outcome.NOT_BEGUN, False, None, 10.0)
    assert result.announced == result.start == announced
    assert result.end - announced == pytest.approx(24 * HOUR, abs=120)
    tested.discharge(0.5, last=2.0)
    tested.recharge()
    assert len(tested.events(CapacityTested)) == 1  # a discharge that begins later is like any other


def test_a_discharge_that_begins_too_late_while_nothing_is_monitored_is_no_test() -> None:
    tested = Announced()
    tested.scene.at += 30 * HOUR
    tested.discharge(0.5, last=2.0)
    assert tested.result.outcome is Outcome.NOT_BEGUN


def test_a_test_goes_on_after_a_restart_and_a_clock_that_is_set_back() -> None:
    tested = Announced()
    tested.discharge(5.0, last=2.06 - 0.135)
    running = decode_running(encode_running(tested.monitor.state.running))
    assert running.capacity_tests.now is not None
    assert tested.tests.now is not None
    assert running.capacity_tests.now == replace(tested.tests.now, looks=())  # a restart starts without them
    back = capacity_test.set_back(running.capacity_tests, 3600.0).now
    assert back is not None
    assert back.announced == running.capacity_tests.now.announced - 3600.0
    assert back.start == running.capacity_tests.now.start
    tested.monitor.state = replace(tested.monitor.state, running=running)
    tested.monitor.hear(
        tested.scene.part(5 * HOUR, every=10.0, cell=lambda at: 1.925 - 0.135 * at / (5 * HOUR), current=-10.0)
    )
    tested.recharge()
    assert tested.result.outcome is Outcome.MEASURED


@pytest.mark.parametrize("steps", [[3 * DAY], [56 * 365.25 * DAY], [50 * 365 * DAY, 6 * 365 * DAY, 2 * DAY]])
@pytest.mark.parametrize("reloaded", [False, True])
def test_a_clock_that_comes_right_again_ends_no_announcement(steps: list[float], reloaded: bool) -> None:
    """It is set back at once, and comes right in one step or in several."""
    tested = Announced()
    before = tested.monitor.state.running.blocked_tests.since
    tested.scene.at -= sum(steps)
    for ahead in steps:
        tested.monitor.hear(tested.scene.floating(0.1, every=60.0))
        if reloaded:
            saved = decode_running(encode_running(tested.monitor.state.running))
            tested.monitor.state, _ = watch.begin(
                tested.monitor.settings, saved, tested.monitor.state.learned, {}, [], [], START + tested.scene.at
            )
        tested.scene.at += ahead
    tested.monitor.hear(tested.scene.floating(0.1, every=60.0))
    assert tested.stage() is Stage.ANNOUNCED
    assert tested.monitor.state.running.blocked_tests.since == pytest.approx(before, abs=300)
    tested.discharge(9.0)
    tested.recharge()
    assert tested.result.outcome is Outcome.MEASURED


def test_a_gap_that_follows_a_clock_that_came_right_is_a_gap() -> None:
    tested = Announced()
    tested.scene.at -= 3 * DAY
    tested.monitor.hear(tested.scene.floating(0.1, every=60.0))
    tested.scene.at += 3 * DAY
    tested.monitor.hear(tested.scene.floating(0.1, every=60.0))
    tested.scene.at += 2 * DAY
    tested.monitor.hear(tested.scene.floating(0.1, every=60.0))
    assert tested.result.outcome is Outcome.NOT_BEGUN


def result_of(drawn: float, **others: Any) -> CapacityTestResult:
    """Return the result of a test of the same string, 100 days before the story."""
    start = START - 100 * DAY
    measured = CapacityTestResult(
        announced=start - HOUR,
        announced_by=None,
        start=start,
        end=start + 10 * HOUR,
        duty=None,
        current=10.0,
        drawn=drawn,
        temperature=20.0,
        cell_voltage=1.8,
        first_below=None,
        passes=0.8,
        capacity=drawn,
        rated=100.0,
    )
    return replace(measured, **others)


def test_what_was_measured_stays_known_after_a_test_without_a_result() -> None:
    tested, measured = Announced(), result_of(91.0)
    tests = replace(tested.tests, last=measured, measured=measured)
    running = replace(tested.monitor.state.running, capacity_tests=tests)
    tested.monitor.state = replace(tested.monitor.state, running=running)
    tested.scene.at += 25 * HOUR
    tested.monitor.hear(tested.scene.floating(0.1, every=60.0))
    assert (tested.tests.measured, tested.tests.last) == (measured, tested.results[0])


@pytest.mark.parametrize(
    ("months", "installed", "tested", "due"),
    [
        (None, None, 95.0, None),
        (24, None, None, 730.5),  # counted from the first day of its monitoring
        (24, START - 50 * DAY, None, 730.5),
        (24, START + 10 * DAY, None, 740.5),  # new batteries after it was monitored first
        (24, None, 95.0, 630.5),  # the test was 100 days before
        (24, None, 89.9, 265.25),  # yearly with less than 90 %
        (6, None, 89.9, 82.625),
        (24, START - 50 * DAY, 95.0, 730.5),  # a test of the batteries before
    ],
)
def test_when_the_next_test_is_due(
    months: float | None, installed: float | None, tested: float | None, due: float | None
) -> None:
    settings = replace(string(3), capacity_test_months=months, installed=installed)
    tests = CapacityTests() if tested is None else CapacityTests(measured=result_of(tested))
    found = due_capacity_test.next_test(settings, tests, START)
    assert found == (None if due is None else pytest.approx(START + due * DAY))
    assert due_capacity_test.next_test(replace(settings, measures_current=False), tests, START) is None


@pytest.mark.parametrize(
    ("before", "last", "installed", "due"),
    [
        (108.0, 97.0, None, 265.25),  # 11 % less: a year after the test, 100 days before
        (106.0, 97.0, None, 630.5),  # 9 % less
        (90.0, 101.0, None, 630.5),
        (108.0, 97.0, START - 300 * DAY, 630.5),  # the test before was of other batteries
    ],
)
def test_a_test_is_due_each_year_after_a_fall(before: float, last: float, installed: float | None, due: float) -> None:
    settings = replace(string(3), capacity_test_months=24, installed=installed)
    earlier = result_of(before, start=START - 800 * DAY)
    tests = CapacityTests(measured=result_of(last), measured_before=earlier)
    assert due_capacity_test.next_test(settings, tests, START) == pytest.approx(START + due * DAY)


@pytest.mark.parametrize(
    ("age", "tested", "due"),
    [  # of a design life of 10 years, of which 85 % are 3104.625 days
        (3200, True, 265.25),  # a year after the test, 100 days before
        (3200, False, 365.25),  # monitored since today
        (2904.625, True, 265.25),  # it is old in 200 days, and the year is over later
        (2604.625, True, 500.0),  # it is old in 500 days, and the year is over then
        (2000, True, 630.5),  # the interval is over before
    ],
)
def test_a_test_is_due_each_year_near_the_end_of_the_design_life(age: float, tested: bool, due: float) -> None:
    settings = replace(string(3), capacity_test_months=24, installed=START - age * DAY, design_life=10.0)
    tests = CapacityTests(measured=result_of(98.0)) if tested else CapacityTests()
    assert due_capacity_test.next_test(settings, tests, START) == pytest.approx(START + due * DAY)
    often = replace(settings, capacity_test_months=6)
    expected = (-100 if tested else 0) + 182.625
    assert due_capacity_test.next_test(often, tests, START) == pytest.approx(START + expected * DAY)


def test_the_test_before_is_known_after_a_restart() -> None:
    first, second, third = (result_of(share, start=START - age * DAY) for share, age in ((99, 900), (97, 500), (96, 9)))
    no_result = replace(third, outcome=Outcome.NOT_FULL, capacity=None, rated=None)
    kept = capacity_test.kept(CapacityTests(results=(first, second, no_result)))
    assert (kept.last, kept.measured, kept.measured_before) == (no_result, second, first)
    assert capacity_test.resumed(kept, CapacityTests()) == kept
    live = CapacityTests(last=third, measured=third)  # since the start
    resumed = capacity_test.resumed(kept, live)
    assert (resumed.measured, resumed.measured_before) == (third, second)
    both = capacity_test.resumed(kept, replace(live, measured_before=first))
    assert both.measured_before == first


def test_a_test_that_was_announced_before_the_saved_state_could_be_read_goes_on() -> None:
    measured, announced = result_of(91.0), CapacityTest(announced=START, current=7.0)
    after = capacity_test.resumed(CapacityTests(last=measured, measured=measured), CapacityTests(now=announced))
    assert after == CapacityTests(now=announced, last=measured, measured=measured)
    saved = replace(announced, announced=START - HOUR, rated=80.0)  # a person does not replace it without cancelling it
    assert capacity_test.resumed(CapacityTests(now=saved), CapacityTests(now=announced)).now == saved


@pytest.fixture
def bank() -> Bank:
    """Return a string of four blocks with a TC, and one battery with a TV at 11."""
    strings = [
        {"name": "A", "batteries": 4, "string_module": 5, "tested": False},
        {"name": "V", "batteries": 1, "battery_module": "tv", "first_address": 11},
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return the running line of that bank."""
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data(), string_data(11, 1, None, name="V", battery_module="tv"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_state", lambda state: state == "float", seconds=600)
    return entry


async def act(hass: HomeAssistant, action: str, device: str, **fields: Any) -> None:
    await hass.services.async_call(DOMAIN, action, {"device_id": device, **fields}, blocking=True)


async def test_a_person_starts_a_test_and_gets_a_certificate(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, hass_client: ClientSessionGenerator
) -> None:
    first, second = entry.subentries
    device, other = device_of(hass, entry, first), device_of(hass, entry, second)
    events = async_capture_events(hass, "battery_bank_event")
    for refused, key in ((device_of(hass, entry, "A1"), "not_a_string"), (other, "no_current")):
        with pytest.raises(ServiceValidationError) as err:
            await act(hass, "start_capacity_test", refused)
        assert err.value.translation_key == key
    with pytest.raises(ServiceValidationError) as err:
        await act(hass, "cancel_capacity_test", device)
    assert err.value.translation_key == "no_capacity_test"
    assert state_of(hass, "sensor.a_capacity_test") == "none"
    await act(hass, "start_capacity_test", device)
    assert state_of(hass, "sensor.a_capacity_test") == "announced"
    await act(hass, "cancel_capacity_test", device)
    assert state_of(hass, "sensor.a_capacity_test") == "none"
    for button, stage in (("start", "announced"), ("cancel", "none")):
        await hass.services.async_call(
            "button", "press", {"entity_id": f"button.a_{button}_capacity_test"}, blocking=True
        )
        assert state_of(hass, "sensor.a_capacity_test") == stage
    assert hass.states.get("button.v_start_capacity_test") is None  # it has no current

    # The cells of the simulated string are below 2.1 V under its load, so this test lasts minutes.
    await act(hass, "start_capacity_test", device, end_voltage=2.1, rated_capacity=0.1, pass_limit=10)
    bank.strings["A"].mains = False
    await until(hass, "sensor.a_capacity_test", lambda state: state == "end_voltage", seconds=3600)
    with pytest.raises(ServiceValidationError) as err:
        await act(hass, "start_capacity_test", device)
    assert err.value.translation_key == "discharge_under_way"
    bank.strings["A"].mains = True
    await until(hass, "sensor.a_capacity_test", lambda state: state == "passed", seconds=600)
    ended, done = (one.data for one in events if one.data["type"].startswith("capacity_test"))
    assert ended["type"] == "capacity_test_end_voltage"
    assert ended["device_id"] == done["device_id"] == device
    assert ended["value"] == 50.4  # 24 cells
    assert ended["message"] == "Capacity test: end voltage reached, A: 50.4 V"
    assert (done["passed"], done["outcome"], done["limit"], done["rated"]) == (True, "measured", 10.0, 0.1)
    assert done["message"].endswith(" % (10 %)")
    notified = hass.data["persistent_notification"]
    assert notified[f"{DOMAIN}_capacity_test_{first}"]["message"] == done["message"]

    text = await get(await hass_client(), f"/api/battery_bank/report/{first}.html")
    document = Document(text)
    assert any(heading.endswith("Capacity tests") for heading in document.headings)
    assert '<div class="certificate">' in text
    assert "50.40 V (2.10 V × 24)" in text
    assert '<p class="verdict">Passed</p>' in text


async def test_an_announcement_is_saved_at_once_and_not_replaced(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """A loss of power after the action has returned does not undo it."""
    first, _ = entry.subentries
    device, line = device_of(hass, entry, first), entry.runtime_data

    async def saved() -> CapacityTest | None:
        running = decode_running(await line.journal_writer.open_journal().load(first, RUNNING) or b"")
        return running.capacity_tests.now

    await act(hass, "start_capacity_test", device, rated_capacity=70.0)
    announced = await saved()
    assert announced is not None
    assert announced.rated == 70.0
    with pytest.raises(ServiceValidationError) as err:
        await act(hass, "start_capacity_test", device)
    assert err.value.translation_key == "capacity_test_announced"
    assert line.strings[0].state.running.capacity_tests.now == announced
    await act(hass, "cancel_capacity_test", device)
    assert await saved() is None


async def test_an_end_voltage_is_one_of_the_chemistry(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """7.80 V of a 12 V block at 1C are the lowest (Alpha), and a full cell rests at 2.14 V."""
    first, _ = entry.subentries
    device, string_ = device_of(hass, entry, first), entry.runtime_data.strings[0]
    for voltage in (0.9, 1.29, 2.15, 2.9):
        with pytest.raises(ServiceValidationError) as err:
            await act(hass, "start_capacity_test", device, end_voltage=voltage)
        assert err.value.translation_key == "number_out_of_range"
        placeholders = err.value.translation_placeholders or {}
        assert (placeholders["field"], placeholders["low"]) == ("end_voltage", "1.3")
        assert placeholders["high"] == "2.14\u00a0V"
    string_.settings = replace(string_.settings, figures={"end_voltage": 0.9})
    with pytest.raises(ServiceValidationError) as err:
        await act(hass, "start_capacity_test", device)
    assert err.value.translation_key == "end_voltage_of_string"
    assert (err.value.translation_placeholders or {})["value"] == "0.9"
    await act(hass, "start_capacity_test", device, end_voltage=1.3)
    assert state_of(hass, "sensor.a_capacity_test") == "announced"
    nicd = replace(string_.settings, chemistry=Chemistry.NICD)
    assert nicd.cell.end_voltages == (0.65, 1.32)


async def test_no_test_is_announced_while_a_saved_one_may_be_under_way(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """The journal could not be read at the start."""
    first, _ = entry.subentries
    device, writer = device_of(hass, entry, first), entry.runtime_data.journal_writer
    restored = set(writer._restored)
    writer._restored.clear()
    with pytest.raises(HomeAssistantError) as err:
        await act(hass, "start_capacity_test", device)
    assert err.value.translation_key == "journal_unreadable"
    assert state_of(hass, "sensor.a_capacity_test") == "none"
    writer._restored |= restored
    await act(hass, "start_capacity_test", device)
    assert state_of(hass, "sensor.a_capacity_test") == "announced"


@pytest.mark.parametrize("by", [-200.0, 120.0])
async def test_the_line_knows_by_how_much_the_clock_was_set(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, clock: WallClock, by: float
) -> None:
    bank.strings["A"].mains = False
    await until(hass, "sensor.a_state", lambda state: state == "discharge", seconds=600)
    await asyncio.sleep(60)
    running = entry.runtime_data.strings[0].state.running
    clock.set_by(by)
    await asyncio.sleep(60)
    after = entry.runtime_data.strings[0].state.running
    assert running.recording is not None
    assert after.recording is not None
    assert after.recording.ahead == pytest.approx(by, abs=1.0)
    before = running.recording.discharge
    current = (before.drawn or 0.0) / ((running.at or 0.0) - before.start)  # As/s
    assert (after.recording.discharge.drawn or 0.0) - (before.drawn or 0.0) == pytest.approx(60 * current, rel=0.05)


async def test_results_of_an_earlier_release_go_to_the_journal(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """It kept them with the state of the string."""
    first, _ = entry.subentries
    results = (
        result_of(79.0),
        result_of(60.0, start=START - HOUR, outcome=Outcome.NOT_FULL, capacity=None, rated=None),
    )
    assert await hass.config_entries.async_unload(entry.entry_id)
    journal = await Journal.open(journal_path(hass, entry.entry_id))
    running = decode_running(await journal.load(first, RUNNING) or b"")
    earlier = json.loads(encode_running(running))
    earlier["capacity_tests"] = {"now": None, "results": [asdict(one) for one in results]}
    await journal.write(first, (), {RUNNING: json.dumps(earlier).encode()})
    await journal.close()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_capacity_test", lambda state: state == "no_result", seconds=60)
    line = entry.runtime_data
    assert await line.journal_writer.open_journal().capacity_tests(first) == list(results)
    expected = CapacityTests(last=results[1], measured=results[0])
    assert line.strings[0].state.running.capacity_tests == expected


async def test_an_outcome_of_a_later_release_costs_no_counters(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = entry.subentries
    assert await hass.config_entries.async_unload(entry.entry_id)
    journal = await Journal.open(journal_path(hass, entry.entry_id))
    later = json.loads(await journal.load(first, RUNNING) or b"")
    later["counters"]["drawn"] = 123.0  # Ah
    later["capacity_tests"] = {"last": asdict(result_of(79.0)) | {"outcome": "of_a_later_release"}}
    written = json.dumps(later).encode()
    await journal.write(first, (), {RUNNING: written})
    await journal.close()
    caplog.clear()
    assert await hass.config_entries.async_setup(entry.entry_id)
    line = entry.runtime_data
    assert line.strings[0].state.running.counters.drawn == pytest.approx(123.0, abs=0.1)
    assert line.strings[0].state.running.capacity_tests == CapacityTests()
    (said,) = [one for one in caplog.messages if "starts without a part of its saved state" in one]
    assert "capacity_tests" in said
    assert await line.journal_writer.open_journal().load(first, "running_unreadable") == written


async def test_a_test_that_is_not_begun_is_notified_and_in_the_report(
    hass: HomeAssistant, entry: MockConfigEntry, clock: WallClock, hass_client: ClientSessionGenerator
) -> None:
    first, _ = entry.subentries
    events = async_capture_events(hass, "battery_bank_event")
    await act(hass, "start_capacity_test", device_of(hass, entry, first))
    clock.set_by(25 * HOUR)
    await until(hass, "sensor.a_capacity_test", lambda state: state == "not_begun", seconds=60)
    (done,) = (one.data for one in events if one.data["type"] == "capacity_test_finished")
    assert (done["passed"], done["outcome"], done["start"], done["duration"]) == (None, "not_begun", None, None)
    assert done["message"].endswith("no discharge within 24 hours after the test was announced.")
    notified = hass.data["persistent_notification"]
    assert notified[f"{DOMAIN}_capacity_test_{first}"]["message"] == done["message"]
    text = await get(await hass_client(), f"/api/battery_bank/report/{first}.html")
    assert "No result: The monitor saw no discharge within 24 hours after the test was announced." in text
    assert '<div class="certificate">' not in text
