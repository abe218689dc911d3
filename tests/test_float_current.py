"""The usual float current: what is expected of it, and how it is learned, by hand."""

import pytest

from custom_components.battery_bank.monitor.battery.events import OperatingState
from custom_components.battery_bank.monitor.battery.float_current import FloatCurrent, step
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

DAY = 86400.0  # s


def settings(step_of_sensor: float = 0.01) -> Settings:
    """Return a string of 100 Ah; 1 mA/Ah at 25 °C is 0.1 A."""
    return Settings(
        batteries=("a", "b"),
        chemistry=Chemistry.VRLA_AGM,
        nominal_voltage=12.0,
        capacity=100.0,
        measures_current=True,
        current_step=step_of_sensor,
    )


@pytest.mark.parametrize(("step_of_sensor", "enough"), [(0.01, True), (0.03, True), (0.035, False), (0.1, False)])
def test_a_sensor_resolves_a_third_of_the_float_current_or_measures_none(step_of_sensor: float, enough: bool) -> None:
    """0.3 mA/Ah are 0.03 A of 100 Ah."""
    found = taken(FloatCurrent(), 0.1, of=settings(step_of_sensor))
    assert (found.ratio is not None) is enough


def taken(
    before: FloatCurrent,
    current: float | None,
    *,
    celsius: float | None = 25.0,
    seconds: float = DAY,
    settled: bool = True,
    condition: OperatingState = OperatingState.FLOAT,
    of: Settings | None = None,
) -> FloatCurrent:
    return step(
        of or settings(),
        before,
        seconds=seconds,
        current=current,
        temperature=celsius,
        condition=condition,
        settled=settled,
    )


def test_the_current_doubles_with_ten_kelvin() -> None:
    assert taken(FloatCurrent(), 0.1, settled=False).ratio == pytest.approx(1.0)
    assert taken(FloatCurrent(), 0.2, celsius=35.0, settled=False).ratio == pytest.approx(1.0)
    assert taken(FloatCurrent(), 0.3, settled=False).ratio == pytest.approx(3.0)


def test_it_is_learned_in_thirty_days() -> None:
    """One day of thirty: a thirtieth of the way from 1 to 1.6 mA/Ah."""
    after = taken(FloatCurrent(), 0.16)
    assert after.usual == pytest.approx(0.00102)
    assert after.ratio == pytest.approx(1.6 / 1.02)
    assert taken(FloatCurrent(), 0.16, settled=False).usual == 0.001
    assert taken(FloatCurrent(), 0.16, seconds=0.0).usual == 0.001


def test_an_outlier_moves_it_no_further_than_twice_the_usual_current() -> None:
    assert taken(FloatCurrent(), 5.0).usual == pytest.approx(0.001 + 0.001 / 30)
    assert taken(FloatCurrent(), -5.0).usual == pytest.approx(0.001 - 0.001 / 30)  # no current, and not less
    after = FloatCurrent()
    for _ in range(400):
        after = taken(after, 1.0)
    assert after.usual == pytest.approx(0.003, rel=1e-3)  # a higher one is a fault and not usual


def test_nothing_is_said_where_it_cannot_be_measured() -> None:
    before = taken(FloatCurrent(), 0.16)
    coarse = settings(0.1)  # A, of a sensor of ±1000 A
    for after in (
        taken(before, None),
        taken(before, 0.16, celsius=None),
        taken(before, 0.16, condition=OperatingState.BOOST),
        taken(before, 0.16, of=coarse),
    ):
        assert (after.usual, after.ratio) == (before.usual, None)
    assert taken(taken(before, None), None) == taken(before, None)
