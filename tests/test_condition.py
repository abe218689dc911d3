"""What a string is doing: judged by its current, or by its voltages alone."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.events import OperatingState
from custom_components.battery_bank.monitor.battery.operating_state import (
    LONGEST_BOOST,
    Cells,
    DetectedState,
    Trend,
    step,
)
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry
from simulator.truth.monitor import Monitor
from simulator.truth.scene import DAY, HOUR, MINUTE, Scene, string

SETTINGS = Settings(
    batteries=tuple(f"b{n}" for n in range(1, 21)), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0
)


def cell(voltage: float, *, compensation: float = 0.0, broken: bool = False) -> Cells:
    return Cells(voltage=voltage, compensation=compensation, broken=broken)


def after(
    values: Iterable[tuple[float | None, float | None]], *, every: float = 10.0, settings: Settings = SETTINGS
) -> list[OperatingState | None]:
    """Step through pairs of cell voltage and current, and return each new condition once."""
    state, seen = DetectedState(), list[OperatingState | None]()
    for number, (voltage, current) in enumerate(values):
        state = step(settings, state, cell(voltage) if voltage is not None else None, current, every * number)
        if not seen or seen[-1] is not state.condition:
            seen.append(state.condition)
    return seen


def test_a_day_in_the_life_of_a_string() -> None:
    values = [
        *[(2.27, 0.1)] * 30,  # float
        *[(1.98 - n * 0.001, -20.0) for n in range(100)],
        *[(2.05, 10.0)] * 60,
        *[(2.27, 10.0 * 0.95**n) for n in range(120)],
        *[(2.38, 1.0)] * 30,
        *[(2.27, 0.1)] * 60,
        *[(2.14, 0.0)] * 60,
    ]
    assert after(values) == [
        OperatingState.FLOAT,
        OperatingState.DISCHARGE,
        OperatingState.RECHARGE,
        OperatingState.FLOAT,
        OperatingState.BOOST,
        OperatingState.FLOAT,
        OperatingState.REST,
    ]


def test_the_same_without_a_current() -> None:
    values = [
        *[(2.27, None)] * 30,
        *[(2.02 - n * 0.001, None) for n in range(100)],
        *[(1.92 + n * 0.002, None) for n in range(150)],  # the charger is back
        *[(2.22, None)] * 30,
        *[(2.27, None)] * 60,
        *[(2.38, None)] * 30,
    ]
    seen = after(values)
    assert [one for one in seen if one is not OperatingState.REST] == [
        OperatingState.FLOAT,
        OperatingState.DISCHARGE,
        OperatingState.RECHARGE,
        OperatingState.FLOAT,
        OperatingState.BOOST,
    ]
    state = step(SETTINGS, DetectedState(), cell(2.27), None, 0.0)
    assert not state.from_current
    assert step(SETTINGS, state, cell(2.27), 0.1, 10.0).from_current


def test_without_a_current_a_charger_that_is_off_is_rest_and_no_discharge() -> None:
    settling = [(2.14 + 0.13 * 0.98**n, None) for n in range(400)]
    assert after([(2.27, None)] * 30 + settling, every=30.0) == [OperatingState.FLOAT, OperatingState.REST]


def test_a_discharge_is_known_within_seconds_and_its_end_is_no_hurry() -> None:
    state = step(SETTINGS, DetectedState(), cell(2.27), 0.1, 0.0)
    for second in range(1, 10):
        state = step(SETTINGS, state, cell(2.05), -20.0, float(second))
    assert state.condition is OperatingState.DISCHARGE
    assert state.since <= 7.0


def test_nothing_known_is_no_condition() -> None:
    state = step(SETTINGS, DetectedState(), cell(2.27), 0.1, 0.0)
    assert step(SETTINGS, state, None, None, 1.0).condition is None
    assert step(SETTINGS, DetectedState(), None, -5.0, 1.0).condition is OperatingState.DISCHARGE


def test_warm_cells_float_lower() -> None:
    state = DetectedState()
    for second in range(0, 600, 10):
        state = step(SETTINGS, state, cell(2.225, compensation=-0.045), 0.1, float(second))
    assert state.condition is OperatingState.FLOAT


def test_a_break_beside_a_battery_is_an_open_circuit() -> None:
    state = step(SETTINGS, DetectedState(), cell(2.27), 0.1, 0.0)
    for second in range(0, 600, 10):
        state = step(SETTINGS, state, cell(2.12, broken=True), 0.0, float(second))
    assert state.condition is OperatingState.OPEN_CIRCUIT


def test_a_boost_that_does_not_end_counts_as_float() -> None:
    state, at = DetectedState(), 0.0
    while at < LONGEST_BOOST + 3600:
        state = step(SETTINGS, state, cell(2.40), 0.5, at)
        at += 600.0
    assert state.condition is OperatingState.FLOAT
    for _ in range(10):
        state = step(SETTINGS, state, cell(2.40), 0.5, at)
        at += 600.0
    assert state.condition is OperatingState.FLOAT
    for voltage in [2.27] * 3 + [2.40] * 3:
        state = step(SETTINGS, state, cell(voltage), 0.5, at)
        at += 600.0
    assert state.condition is OperatingState.BOOST


def test_a_nicd_string_floats_at_its_own_voltage() -> None:
    nicd = Settings(batteries=("a",), chemistry=Chemistry.NICD, nominal_voltage=1.2, capacity=100.0)
    assert after([(1.40, 0.1)] * 20, settings=nicd) == [OperatingState.FLOAT]
    assert after([(1.40, 0.1)] * 20 + [(1.25, 0.0)] * 60, settings=nicd) == [OperatingState.FLOAT, OperatingState.REST]
    assert after([(1.40, 0.1)] * 20 + [(1.52, 0.5)] * 60, settings=nicd) == [OperatingState.FLOAT, OperatingState.BOOST]


@given(seed=st.integers(0, 200), with_current=st.booleans())
def test_noise_never_flaps(seed: int, with_current: bool) -> None:
    random = Random(seed)
    level = random.choice([2.27, 2.14, 2.05, 2.32, 2.18])
    current = random.choice([0.0, 0.1, 0.3, -5.0, 1.0, 1.5, 10.0])
    values = [
        (level + random.gauss(0, 0.001), current + random.gauss(0, 0.03) if with_current else None) for _ in range(500)
    ]
    assert len(after(values)) <= 2


def test_a_state_between_two_goes_on_with_what_it_was() -> None:
    """Between the tail current and twice it, a string floats on or recharges on."""
    floating = step(SETTINGS, DetectedState(), cell(2.27), 0.1, 0.0)
    recharging = replace(floating, condition=OperatingState.RECHARGE)
    for second in range(0, 600, 10):
        floating = step(SETTINGS, floating, cell(2.27), 1.5, float(second))
        recharging = step(SETTINGS, recharging, cell(2.27), 1.5, float(second))
    assert (floating.condition, recharging.condition) == (OperatingState.FLOAT, OperatingState.RECHARGE)


def test_without_a_current_a_break_is_an_open_circuit_and_a_load_with_an_empty_battery_is_none() -> None:
    """Beside a break, the others sink from float to rest within hours; a load lowers them at once."""
    for last, found in ((2.13, OperatingState.OPEN_CIRCUIT), (2.27, OperatingState.DISCHARGE)):
        state = step(SETTINGS, DetectedState(), cell(2.27), None, 0.0)
        for second in range(0, 600, 10):
            now = Trend(last=last)
            state = step(SETTINGS, state, cell(2.10, broken=True), None, float(second), trend=now)
        assert state.condition is found


@pytest.mark.parametrize(("chemistry", "nominal_voltage"), [(Chemistry.VRLA_AGM, 12.0), (Chemistry.NICD, 1.2)])
@pytest.mark.parametrize("offset", [-0.6, -0.8, -2.0, -20.0])
def test_a_sensor_with_a_wrong_zero_makes_no_discharge_of_float(
    offset: float, chemistry: Chemistry, nominal_voltage: float
) -> None:
    """100 Ah; a charger holds the float voltage, so nothing flows out. A load that lowers it is a discharge."""
    settings = string(4, chemistry, nominal_voltage)
    monitor, scene = Monitor(settings=settings), Scene(settings=settings)
    level = settings.figure("float_voltage")
    monitor.hear(scene.floating(1.0, every=20.0, current=offset))
    for _ in range(2):
        monitor.hear(scene.floating(5.0, every=20.0, current=offset))
        assert monitor.state.running.condition.condition is OperatingState.FLOAT
        begun = scene.at
        monitor.hear(scene.part(10 * MINUTE, every=1.0, cell=0.88 * level, current=offset - 10.0))
        assert monitor.conditions()[-1][1] is OperatingState.DISCHARGE
        assert monitor.conditions()[-1][0] - begun <= 15.0
        monitor.hear(scene.part(10 * MINUTE, every=5.0, cell=0.95 * level, current=offset + 10.0))
    monitor.hear(scene.floating(5.0, every=20.0, current=0.1))  # the sensor was replaced
    monitor.hear(scene.part(MINUTE, every=1.0, cell=0.97 * level, current=-1.0))
    assert monitor.state.running.condition.condition is OperatingState.DISCHARGE


def test_a_small_discharge_of_a_string_that_comes_from_a_charge_stays_one() -> None:
    """The voltage falls slowly from float, as the last charge is drawn off."""
    settings = string(4)
    monitor, scene = Monitor(settings=settings), Scene(settings=settings)
    monitor.hear(scene.floating(3.0))
    begun = scene.at
    monitor.hear(scene.part(6 * HOUR, every=20.0, cell=lambda at: 2.27 - 0.012 * at / HOUR, current=-0.6))
    assert [one for at, one in monitor.conditions() if at > begun] == [OperatingState.DISCHARGE]


def test_a_sensor_that_shows_a_charge_for_ever_makes_no_recharge_of_float() -> None:
    """The zero is off by 2.5 A of 100 Ah: after half a day the limits of float count again."""
    settings = string(4)
    monitor, scene = Monitor(settings=settings), Scene(settings=settings)
    monitor.hear(scene.part(13 * HOUR, every=60.0, cell=2.27, current=2.5))
    assert monitor.state.running.condition.condition is OperatingState.FLOAT
    monitor.hear(scene.part(DAY, every=60.0, cell=2.19, current=2.5))
    assert "string_voltage_low" in {alarm.kind for _, alarm in monitor.raised()}
