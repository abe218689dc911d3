"""Life by temperature, and counters that only rise."""

from dataclasses import astuple, replace
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.counters import Counters, Flow, ageing_rate, held, step
from custom_components.battery_bank.monitor.battery.design_life import life
from custom_components.battery_bank.monitor.battery.events import OperatingState
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.string_values import flow_since
from custom_components.battery_bank.monitor.model import Chemistry

YEAR = 365.25 * 86400.0  # s
BEGIN = 1.8e9  # s since 1970

VRLA = Settings(
    batteries=("a", "b", "c", "d"),
    chemistry=Chemistry.VRLA_AGM,
    nominal_voltage=12.0,
    capacity=100.0,
    installed=BEGIN,
    design_life=10.0,
)
NICD = replace(VRLA, chemistry=Chemistry.NICD, nominal_voltage=12.0)


def flow(
    *,
    seconds: float = 60.0,
    charge: float | None = None,
    temperature: float | None = None,
    cell: float | None = None,
    compensation: float = 0.0,
) -> Flow:
    voltage = 24 * cell if cell is not None else None
    return Flow(
        seconds=seconds,
        charge=charge,
        voltage=voltage,
        temperature=temperature,
        cell_voltage=cell,
        compensation=compensation,
    )


@pytest.mark.parametrize(("temperature", "rate"), [(20, 1), (30, 2), (40, 4), (25, 1.4142), (10, 1), (-10, 1)])
def test_ten_kelvin_halve_the_life_of_lead(temperature: float, rate: float) -> None:
    """And cold prolongs none."""
    assert ageing_rate(VRLA, temperature) == pytest.approx(rate, rel=1e-4)


@pytest.mark.parametrize(("temperature", "left"), [(20, 1.0), (29, 0.8), (38, 0.64), (47, 0.512)])
def test_nine_kelvin_take_a_fifth_of_the_life_of_nicd(temperature: float, left: float) -> None:
    assert 1 / ageing_rate(NICD, temperature) == pytest.approx(left)


def test_the_reference_temperature_is_a_figure() -> None:
    assert ageing_rate(replace(VRLA, figures={"reference_temperature": 25.0}), 35.0) == pytest.approx(2.0)


def test_unknown_without_a_date_or_a_week_of_temperature() -> None:
    week = Counters(aged=168.0, aged_over=168.0)
    assert life(VRLA, week, BEGIN + YEAR).used is not None
    assert life(replace(VRLA, installed=None), week, BEGIN + YEAR).used is None
    short = life(VRLA, Counters(aged=167.0, aged_over=167.0), BEGIN + YEAR)
    assert (short.used, short.ends) == (None, None)


def test_five_years_at_the_reference_temperature_are_half_of_ten() -> None:
    """Seen for a year of 8766 h, and taken to have been so before."""
    found = life(VRLA, Counters(aged=8766.0, aged_over=8766.0), BEGIN + 5 * YEAR)
    assert found.used == pytest.approx(0.5)
    assert found.ends == pytest.approx(BEGIN + 10 * YEAR)


def test_ten_kelvin_too_warm_and_it_ends_after_five() -> None:
    found = life(VRLA, Counters(aged=2 * 8766.0, aged_over=8766.0), BEGIN + 2 * YEAR)
    assert found.used == pytest.approx(0.4)
    assert found.ends == pytest.approx(BEGIN + 5 * YEAR)


def test_older_than_its_design_life() -> None:
    found = life(VRLA, Counters(aged=8766.0, aged_over=8766.0), BEGIN + 12 * YEAR)
    assert found.used == pytest.approx(1.2)
    assert found.ends == pytest.approx(BEGIN + 10 * YEAR)


def test_installed_only_today_though_watched_for_longer() -> None:
    """The date was typed anew: what was counted is counted."""
    found = life(VRLA, Counters(aged=8766.0, aged_over=8766.0), BEGIN)
    assert found.used == pytest.approx(0.1)


def test_a_month_of_minutes_is_counted_to_hours() -> None:
    counters = Counters()
    for _ in range(600):
        counters = step(VRLA, counters, flow(temperature=30.0, cell=2.27), OperatingState.FLOAT)
    assert counters.watched == pytest.approx(10.0)
    assert counters.aged == pytest.approx(20.0)
    assert counters.aged_over == pytest.approx(10.0)
    assert counters.hot == 0.0


def test_hot_hours_and_hours_below_float_voltage() -> None:
    counters = step(VRLA, Counters(), flow(seconds=180.0, temperature=35.0, cell=2.22), OperatingState.FLOAT)
    assert counters.hot == pytest.approx(0.05)
    assert counters.below_float == pytest.approx(0.05)
    fine = step(VRLA, Counters(), flow(seconds=180.0, temperature=34.9, cell=2.23), OperatingState.FLOAT)
    assert (fine.hot, fine.below_float) == (0.0, 0.0)
    warm = step(VRLA, Counters(), flow(seconds=180.0, cell=2.21, compensation=-0.03), OperatingState.FLOAT)
    assert warm.below_float == 0.0
    used = step(VRLA, Counters(), flow(seconds=180.0, cell=1.95), OperatingState.DISCHARGE)
    assert used.below_float == 0.0


def test_charge_and_energy_go_to_their_sides() -> None:
    counters = step(VRLA, Counters(), flow(charge=-2.0, cell=2.0), OperatingState.DISCHARGE)
    counters = step(VRLA, counters, flow(charge=3.0, cell=2.25), OperatingState.RECHARGE)
    counters = step(VRLA, counters, flow(charge=None, cell=2.25), OperatingState.FLOAT)
    assert (counters.drawn, counters.drawn_energy) == (2.0, 96.0)
    assert (counters.charged, counters.charged_energy) == (3.0, 162.0)
    assert counters.cycles(100.0) == 0.02


def test_energy_is_counted_when_a_voltage_is_known() -> None:
    """After a restart 2 Ah at the last 48 V; 1 and 3 Ah that flowed without any voltage, then 2 Ah, all at 50 V."""
    restarted = replace(flow(charge=-2.0), last_voltage=48.0)
    assert step(VRLA, Counters(), restarted, OperatingState.DISCHARGE).drawn_energy == 96.0
    deaf = replace(flow(charge=-1.0), held=(3.0, 0.0))
    assert step(VRLA, Counters(), deaf, OperatingState.DISCHARGE).drawn_energy == 0.0
    assert held(deaf) == (3.0, 1.0)
    heard = replace(flow(charge=-2.0), voltage=50.0, held=(3.0, 1.0))
    counters = step(VRLA, Counters(), heard, OperatingState.DISCHARGE)
    assert (counters.charged_energy, counters.drawn_energy, held(heard)) == (150.0, 150.0, (0.0, 0.0))
    assert (counters.charged, counters.drawn) == (0.0, 2.0)


def test_a_corrected_capacity_changes_no_cycle_of_the_past() -> None:
    """10 Ah of 100 Ah and 10 Ah of 200 Ah are 0.15 cycles; release 0.4 counted none, and its 50 Ah are half a cycle."""
    larger = replace(VRLA, capacity=200.0)
    counters = step(VRLA, Counters(), flow(charge=-10.0, cell=2.0), OperatingState.DISCHARGE)
    assert counters.cycles(200.0) == 0.1
    counters = step(larger, counters, flow(charge=-10.0, cell=2.0), OperatingState.DISCHARGE)
    assert counters.cycles(200.0) == pytest.approx(0.15)
    old = step(VRLA, Counters(drawn=50.0), flow(charge=-10.0, cell=2.0), OperatingState.DISCHARGE)
    assert old.cycles(200.0) == pytest.approx(0.6)


def test_counters_that_grow_are_saved_soon() -> None:
    assert Counters(drawn=0.01).outgrown(Counters())
    assert Counters(drawn=106.0).outgrown(Counters(drawn=100.0))
    assert not Counters(drawn=104.0, watched=9.0).outgrown(Counters(drawn=100.0))


@pytest.mark.parametrize("seconds", [0.0, -5.0, 301.0, 1e7])
def test_no_time_and_gaps_count_nothing(seconds: float) -> None:
    gap = flow(seconds=seconds, charge=-5.0, temperature=40.0, cell=2.0)
    assert step(VRLA, Counters(), gap, OperatingState.FLOAT) == Counters()


@given(seed=st.integers(0, 10_000))
def test_counters_never_go_down(seed: int) -> None:
    random, counters = Random(seed), Counters()
    for _ in range(50):
        after = step(
            VRLA,
            counters,
            flow(
                seconds=random.choice([0.0, 1.0, 300.0, 301.0, -1.0]),
                charge=random.choice([None, 0.0, random.uniform(-50, 50)]),
                temperature=random.choice([None, random.uniform(-40, 100)]),
                cell=random.choice([None, random.uniform(0, 3)]),
            ),
            random.choice([None, *OperatingState]),
        )
        assert all(new >= old for new, old in zip(astuple(after), astuple(counters), strict=True))
        counters = after


@pytest.mark.parametrize(("age", "voltage"), [(60.0, 48.0), (300.0, 48.0), (301.0, None)])
def test_the_last_voltage_counts_for_five_minutes(age: float, voltage: float | None) -> None:
    before = Running(current=-10.0, current_at=BEGIN - 10.0, voltage=48.0, voltage_at=BEGIN - age)
    found = flow_since(VRLA, before, Sample(at=BEGIN, voltages={}, current=-10.0), 10.0, None, None)
    assert (found.voltage, found.last_voltage) == (None, voltage)
