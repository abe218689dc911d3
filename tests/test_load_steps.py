"""The parts, steps and ramps of a load, by hand."""

import pytest

from custom_components.battery_bank.monitor.battery import string_load
from custom_components.battery_bank.monitor.battery.discharge_recorder import Recording
from custom_components.battery_bank.monitor.battery.discharge_track import Observed, Track, restored, step
from custom_components.battery_bank.monitor.battery.events import CurvePoint, Discharge, ResistanceTest
from custom_components.battery_bank.monitor.battery.learned import Learned
from custom_components.battery_bank.monitor.battery.load_steps import (
    Moment,
    expected_current,
    parts,
    ramp,
    resistances,
    to_and_fro,
)
from custom_components.battery_bank.monitor.battery.resistance_judgement import ResistanceState
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.string_load import load_of
from custom_components.battery_bank.monitor.model import Chemistry


def steady(current: float, begin: float, seconds: float, *, volts: float = 12.0) -> list[Moment]:
    """Return a point each minute."""
    return [
        Moment(seconds=begin + at, drawn=current * (begin + at) / 3600, voltage=volts, current=current)
        for at in range(0, int(seconds), 60)
    ]


def test_a_change_of_the_load_begins_a_part() -> None:
    found = parts([*steady(10.0, 0, 600), *steady(20.0, 600, 600)], 2.0)
    assert [(one.start, one.seconds) for one in found] == [(0, 540), (600, 540)]
    assert parts(steady(10.0, 0, 600), 2.0)[0].current == pytest.approx(10.0)


def test_a_step_shows_the_resistance() -> None:
    """0.2 V for 20 A are 10 mΩ."""
    up = parts([*steady(20.0, 0, 600, volts=12.0), *steady(40.0, 600, 600, volts=11.8)], 2.0)
    assert resistances(up, 100.0, 10.8) == [pytest.approx(0.01)]
    tiny = parts([*steady(20.0, 0, 600, volts=12.0), *steady(40.0, 600, 600, volts=11.9999)], 2.0)
    assert resistances(tiny, 100.0, 10.8) == []  # not plausible


def test_a_load_that_goes_up_and_down_three_times_is_taken_in_whole_turns() -> None:
    assert to_and_fro([]) == []
    turns = [moment for turn in range(4) for moment in steady(10.0 if turn % 2 else 30.0, 300 * turn, 300)]
    assert [round(one.moments[-1].current) for one in to_and_fro(parts(turns, 2.0))] == [10, 30]
    assert to_and_fro(parts(turns[:10], 2.0)) == []  # one change is no turn
    stairs = [moment for number in range(5) for moment in steady(10.0 + 10 * number, 300 * number, 300)]
    assert to_and_fro(parts(stairs, 2.0)) == []


def test_a_ramp_goes_on_as_long_as_it_has_lasted() -> None:
    """From 10 A by 0.01 A/s: after 600 s more 16 A, so that 13 A are the mean of that time."""
    assert expected_current(10.0, 0.01, 600.0, 1.0) == pytest.approx(13.0)
    # 2.167 Ah are drawn in those 600 s; the other 4 Ah at 16 A take 900 s: 6.167 Ah in 1500 s.
    assert expected_current(10.0, 0.01, 600.0, 13 / 6 + 4) == pytest.approx((13 / 6 + 4) * 3600 / 1500)
    assert expected_current(10.0, -1.0, 600.0, 0.1) == pytest.approx(7.5)  # to no less than half
    rising = [Moment(seconds=float(at), drawn=0.0, voltage=12.0, current=10.0 + 0.01 * at) for at in range(0, 1300, 30)]
    found = ramp(rising, 1.0)
    assert found is not None
    assert found[0] == pytest.approx(0.01, rel=0.05)
    assert ramp(steady(10.0, 0, 1300), 1.0) is None


def test_the_current_of_a_track_is_that_of_the_nearest_point() -> None:
    points = [Observed(seconds=at, voltage=12.0, drawn=at, current=amperes) for at, amperes in ((10, 5), (110, 8))]
    track = Track(points=tuple(points))
    assert [track.current_at(at) for at in (0.0, 50.0, 70.0, 500.0)] == [5, 5, 8, 8]


def test_a_point_of_a_track_is_the_mean_of_its_samples() -> None:
    settings = Settings(batteries=("a",), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    track = Track()
    for seconds, voltage, drawn, amperes in ((1.0, 12.40, 0.01, 20.0), (2.0, 12.42, 0.03, 21.0)):
        recording = Recording(discharge=Discharge(start=1e9, drawn=drawn, end_voltage=voltage))
        track = step(settings, track, recording, Sample(at=1e9 + seconds, voltages={"a": voltage}, current=-amperes))
    (mean,) = track.closed()
    assert (mean.seconds, mean.voltage, mean.drawn, mean.current) == pytest.approx((1.5, 12.41, 0.02, 20.5))
    assert track.now == Observed(seconds=2.0, voltage=12.42, drawn=0.03, current=21.0)


def test_after_a_restart_the_currents_of_a_track_follow_from_its_charge() -> None:
    """1 Ah in 360 s are 10 A, 1 Ah in 720 s are 5 A."""
    stored = [
        CurvePoint(battery=None, seconds=at, voltage=12.0, drawn=ah) for at, ah in ((0, 0.0), (360, 1), (1080, 2))
    ]
    assert [(one.seconds, one.drawn, one.current) for one in restored(stored).points] == [(360, 1, 10), (1080, 2, 5)]


def test_no_load_is_known_before_the_first_sample() -> None:
    assert Track().present_current(0.0) is None
    assert Track().current_at(60.0) == 0.0


def test_a_load_that_rises_is_expected_to_rise_for_the_charge_that_is_left() -> None:
    """By 0.01 A/s for 1200 s, from 10 to 22 A; for 1200 s more by as much, and then 34 A for the rest of 95 Ah."""
    settings = Settings(batteries=("a",), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    points = [
        Observed(seconds=at, voltage=12.0, drawn=(10.0 + 0.005 * at) * at / 3600, current=10.0 + 0.01 * at)
        for at in range(0, 1300, 30)
    ]
    load = load_of(settings, Learned(), Track(points=tuple(points[:-1]), now=points[-1]), {})
    assert load is not None
    assert load.current > 30.0


def test_the_resistance_of_a_string_is_known_when_half_of_its_batteries_are_tested() -> None:
    def of(tested: int, batteries: int) -> float:
        names = tuple(f"b{number}" for number in range(batteries))
        settings = Settings(batteries=names, chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
        tests = {
            name: ResistanceState(tests=(ResistanceTest(battery=name, at=0.0, ohmic_value=0.004),))
            for name in names[:tested]
        }
        return string_load.tested_resistance(settings, tests)

    assert of(2, 4) == pytest.approx(of(4, 4))
    assert of(2, 5) == 0.0
