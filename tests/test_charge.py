"""The state of charge: what is counted, and where the battery itself sets the count right."""

from dataclasses import replace

import pytest

from custom_components.battery_bank.monitor.battery import watch
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.battery.watch import StringState
from custom_components.battery_bank.monitor.model import Chemistry

HOUR = 3600.0  # s
DAY = 86400.0  # s
BEGIN = 1.8e9  # s since 1970

# 48 V, 100 Ah at 20 °C, so that 10 A for an hour are a tenth; without temperatures nothing is corrected.
SETTINGS = Settings(
    batteries=("a", "b", "c", "d"), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0, current_step=0.1
)


class Played:
    """A string that is stepped on and on."""

    def __init__(self, state: float | None, settings: Settings = SETTINGS, *, every: float = 60.0) -> None:
        self.settings = settings
        self.every = every
        self.now = BEGIN
        self.state = StringState(running=Running(charge=Charge(state=state)))

    def __call__(
        self,
        hours: float,
        current: float | None,
        cell: float | None,
        temperature: float | None = None,
    ) -> None:
        """Go on for so many hours with a current in A and a cell voltage in V."""
        for _ in range(round(hours * HOUR / self.every)):
            self.now += self.every
            self.hear(current, cell, temperature)

    def hear(self, current: float | None, cell: float | None, temperature: float | None = None) -> None:
        batteries = self.settings.batteries
        sample = Sample(
            at=self.now,
            voltages=dict.fromkeys(batteries, cell * self.settings.cells) if cell is not None else {},
            temperatures=dict.fromkeys(batteries, temperature) if temperature is not None else {},
            current=current,
        )
        self.state, _ = watch.step(self.settings, self.state, sample)

    @property
    def charge(self) -> Charge:
        return self.state.running.charge


def test_drawn_is_counted_as_it_is() -> None:
    played = Played(1.0)
    played(0.1, 0.1, 2.27)
    played(2.0, -10.0, 1.98)
    assert played.charge.state == pytest.approx(0.8, abs=0.001)


def test_of_what_is_charged_a_twentieth_is_lost() -> None:
    played = Played(0.5)
    played(1 / 60, 10.0, 2.10)
    played(2.0, 10.0, 2.10)
    assert played.charge.state == pytest.approx(0.5 + 0.2 * 0.95, abs=0.001)


def test_a_cold_battery_holds_less() -> None:
    played = Played(1.0)
    played(0.1, 0.1, 2.30, 10.0)
    played(2.0, -9.4, 1.98, 10.0)  # 18.8 Ah of 100 · (1 - 10 · 0.006) = 94 Ah
    assert played.charge.state == pytest.approx(0.8, abs=0.001)


def test_never_below_empty() -> None:
    played = Played(0.05)
    played(2.0, -10.0, 1.80)
    assert played.charge.state == 0.0


def test_counting_alone_reaches_99_percent_and_the_tail_current_the_rest() -> None:
    played = Played(0.9)
    played(3.0, 10.0, 2.20)
    assert played.charge.state == 0.99
    assert played.charge.full_at is None
    played(0.9, 0.9, 2.27)
    assert played.charge.state == 0.99
    played(0.2, 0.9, 2.27)
    assert played.charge.state == 1.0
    assert played.charge.full_at == played.now


@pytest.mark.parametrize(
    ("current", "cell", "full"),
    [
        (1.0, 2.27, True),  # a hundredth of C10
        (1.1, 2.27, True),  # flat for an hour
        (4.1, 2.27, False),  # flat, but too much
        (0.5, 2.23, True),
        (0.5, 2.22, False),  # too little voltage for the little current to mean anything
        (0.5, 2.40, True),  # boost
        (0.0, 2.14, False),  # rest
    ],
)
def test_full_is_a_small_current_at_the_voltage_of_a_charge(current: float, cell: float, full: bool) -> None:
    played = Played(0.5)
    played(1.5, current, cell)
    assert (played.charge.state == 1.0) is full


def test_the_tail_current_of_a_warm_battery_is_judged_at_its_own_float_voltage() -> None:
    played = Played(0.5)
    played(1.5, 0.5, 2.20, 35.0)  # 2.27 - 10 · 0.003 = 2.24 V, and 40 mV below that at most
    assert played.charge.state == 1.0


def test_a_larger_current_in_between_starts_the_hour_anew() -> None:
    played = Played(0.5)
    played(0.9, 0.5, 2.27)
    played(0.02, 3.0, 2.27)
    played(0.9, 0.5, 2.27)
    assert played.charge.state == pytest.approx(0.5, abs=0.02)
    played(0.2, 0.5, 2.27)
    assert played.charge.state == 1.0


def test_an_hour_that_nobody_watched_is_no_hour() -> None:
    played = Played(0.5)
    played(0.5, 0.5, 2.27)
    played.now += 2 * HOUR
    played.hear(0.5, 2.27)
    assert played.charge.state == pytest.approx(0.5, abs=0.01)


def test_full_stays_full_on_float() -> None:
    played = Played(0.5, every=300.0)
    played(30 * 24, 0.15, 2.27)
    assert played.charge.state == 1.0


@pytest.mark.parametrize(
    ("cell", "state"), [(2.14, 1.0), (2.18, 1.0), (2.12, 0.9), (2.10, 0.8), (2.055, 0.5), (2.00, 0.2), (1.95, 0.0)]
)
def test_after_eight_hours_of_rest_the_voltage_tells(cell: float, state: float) -> None:
    settings = replace(SETTINGS, figures={"float_voltage": 2.35})  # so that 2.18 V are rest, too
    played = Played(0.6, settings)
    played(8.0, 0.0, cell)
    assert played.charge.state == 0.6
    played(0.1, 0.0, cell)
    assert played.charge.state == pytest.approx(state)


def test_a_sensor_that_shows_no_current_does_not_keep_an_empty_string_full() -> None:
    """20 A flow for four hours, and the sensor is stuck at 0: nothing is counted, but the voltage falls to 1.85 V."""
    played = Played(1.0)
    played(3.0, 0.1, 2.27)
    for tenth in range(40):
        played(0.1, 0.0, 2.06 - 0.0055 * tenth)
    assert played.charge.state is None
    played(12.0, 0.1, 2.27)  # and its tail shows again that it is full
    assert played.charge.state == 1.0


def test_rest_with_a_current_is_no_rest() -> None:
    played = Played(0.6)
    played(12.0, -0.3, 2.10)  # below what counts as a discharge; 3.6 Ah
    assert played.charge.state == pytest.approx(0.6 - 0.036, abs=0.001)


def test_rest_that_was_not_watched_begins_anew() -> None:
    played = Played(0.6)
    played(7.9, 0.0, 2.10)
    played.now += 600.0
    played(7.9, 0.0, 2.10)
    assert played.charge.state == 0.6
    played(0.3, 0.0, 2.10)
    assert played.charge.state == pytest.approx(0.8)


def test_a_rested_string_need_not_have_been_known() -> None:
    played = Played(None)
    played(8.5, 0.0, 2.10)
    assert played.charge.state == pytest.approx(0.8)


def test_unknown_until_something_tells() -> None:
    played = Played(None)
    played(0.5, 0.1, 2.27)
    played(2.0, -10.0, 1.98)
    played(2.0, 10.0, 2.10)
    assert played.charge.state is None


def test_unknown_without_a_current() -> None:
    played = Played(1.0)
    played(0.5, 0.1, 2.27)
    played(1.0, None, 1.98)
    assert played.charge.state is None
    played(24.0, None, 2.27)  # the tail current is unknown
    assert played.charge.state is None


def test_one_answer_that_fails_to_come_loses_nothing() -> None:
    played = Played(1.0)
    played(0.1, 0.1, 2.27)
    played(1.0, -10.0, 1.98)
    played(1 / 60, None, 1.98)
    played(1.0, -10.0, 1.98)
    assert played.charge.state == pytest.approx(1 - 121 / 60 * 0.1, abs=0.002)


def test_a_restart_whose_first_looks_hear_nothing_loses_nothing() -> None:
    for current, cell, state in [(0.1, 2.27, 1.0), (-10.0, 1.98, 0.9)]:
        played = Played(1.0)
        played(0.1, 0.1, 2.27)
        played(1.0, current, cell)
        played.now += 100.0
        played.hear(None, None)
        played.hear(None, cell)
        played.now += 5.0
        played.hear(current, cell)
        assert played.charge.state == pytest.approx(state, abs=0.01)


def test_an_hour_at_the_tail_current_must_be_heard() -> None:
    played = Played(0.5)
    played(0.5, 0.5, 2.27)
    played(2.0, None, 2.27)
    played(0.5, 0.5, 2.27)
    assert played.charge.state == pytest.approx(0.5, abs=0.01)


def test_on_float_a_full_string_without_a_current_is_still_full() -> None:
    played = Played(1.0)
    played(0.5, 0.1, 2.27)
    played(24.0, None, 2.27)
    assert played.charge.state == 1.0
    played(0.5, 0.1, 2.27)
    assert played.charge.state == 1.0


@pytest.mark.parametrize(("minutes", "known"), [(4, True), (14, True), (16, False), (600, False)])
def test_a_long_gap_under_load_leaves_it_unknown(minutes: int, known: bool) -> None:
    played = Played(1.0)
    played(0.1, 0.1, 2.27)
    played(1.0, -10.0, 1.98)
    played.now += minutes * 60.0
    played.hear(-10.0, 1.97)
    assert (played.charge.state is not None) is known


def test_a_short_gap_under_load_is_counted_through() -> None:
    played = Played(1.0)
    played(0.1, 0.1, 2.27)
    played(1.0, -10.0, 1.98)
    played.now += 240.0  # a restart
    played.hear(-10.0, 1.97)
    assert played.charge.state == pytest.approx(1 - 0.1 - 0.1 * 4 / 60, abs=0.001)


def test_a_gap_on_float_changes_nothing() -> None:
    played = Played(1.0)
    played(0.5, 0.1, 2.27)
    played.now += 10 * DAY
    played(0.1, 0.1, 2.27)
    assert played.charge.state == 1.0


@pytest.mark.parametrize("offset", [-0.2, 0.2])
def test_what_a_sensor_is_wrong_by_adds_up_to_nothing_in_a_month(offset: float) -> None:
    played = Played(0.8, every=300.0)
    played(30 * 24, offset, 2.16)
    assert played.state.running.counters.drawn == 0.0
    assert played.state.running.counters.charged == 0.0
    played = Played(0.8, every=300.0)
    played(4, offset, 2.16)
    assert played.charge.state == 0.8


def test_what_is_more_than_a_sensor_is_wrong_by_counts() -> None:
    played = Played(0.8)
    played(10.0, -0.3, 2.16)
    assert played.charge.state == pytest.approx(0.8 - 0.03, abs=0.0001)
