"""Peukert's law of one string: from the chemistry alone, and from discharges at one rate and at several."""

import pytest

from custom_components.battery_bank.monitor.battery.learned import Learned, capacity_now, rate_law, warmth
from custom_components.battery_bank.monitor.battery.rate_law import Measured, RateLaw
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry

AGM = (1.11, (1.03, 1.30))


def law(*measured: tuple[float, float], nameplate: float = 100.0) -> RateLaw:
    """Return the law of a string of 100 Ah after discharges of so many A and Ah."""
    known = tuple(Measured(current=current, capacity=capacity) for current, capacity in measured)
    return RateLaw(measured=known, nameplate=nameplate, exponent=AGM[0], exponents=AGM[1], slowest=10.0)


@pytest.mark.parametrize(("current", "capacity"), [(10.0, 100.0), (100.0, 77.6), (400.0, 66.6)])
def test_the_chemistry_alone(current: float, capacity: float) -> None:
    """100 · (10 / I)^0.11, on paper."""
    assert law().at(current).capacity == pytest.approx(capacity, rel=0.002)


@pytest.mark.parametrize(("celsius", "slow", "fast"), [(20.0, 1.0, 1.0), (10.0, 0.94, 0.90), (25.0, 1.03, 1.05)])
def test_a_cold_battery_gives_less_and_even_less_in_a_fast_discharge(celsius: float, slow: float, fast: float) -> None:
    """0.6 % per K in ten hours and 1 % in one (IEC 60896 as quoted by makers), from 20 °C on."""
    settings = Settings(batteries=("a",), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    assert capacity_now(settings, Learned(), celsius) == pytest.approx(100.0 * slow)
    assert capacity_now(settings, Learned(capacity=80.0), celsius) == pytest.approx(80.0 * slow)
    assert warmth(settings, 100.0, 10.0, celsius) == pytest.approx(slow)
    assert warmth(settings, 100.0, 100.0, celsius) == pytest.approx(fast)


def test_no_more_ah_at_lower_currents() -> None:
    assert law().at(2.0).capacity == pytest.approx(100.0)
    assert law((10.0, 90.0)).at(5.0).capacity == law((10.0, 90.0)).at(10.0).capacity


def test_what_was_measured_counts_at_its_rate() -> None:
    """A data sheet's AGM block: 85 Ah at C/5, 58 Ah at 1C."""
    known = law((20.0, 85.0), (100.0, 58.0))
    assert known.at(20.0).capacity == pytest.approx(85.0, rel=0.02)
    assert known.at(100.0).capacity == pytest.approx(58.0, rel=0.02)
    # Between: 85 · (20 / 50)^0.237 = 68.4; the exponent of the two is ln(85/58) / ln 5 = 0.237.
    assert known.at(50.0).capacity == pytest.approx(68.4, rel=0.03)


def test_two_rates_teach_the_exponent() -> None:
    """58 Ah at 1C: the chemistry's exponent gives 53.7 Ah at 2C; that of this battery, 0.237, gives 49.2."""
    one = law((100.0, 58.0), nameplate=0.0).at(200.0)
    both = law((20.0, 85.0), (100.0, 58.0)).at(200.0)
    assert one.capacity == pytest.approx(53.7, rel=0.01)
    assert both.capacity == pytest.approx(49.2, rel=0.05)
    assert both.less < one.less + 0.02


def test_far_from_anything_measured_it_is_unsure_towards_less() -> None:
    """The exponents of AGM batteries are between 1.03 and 1.30: the usual one, 1.11, is near the lower end."""
    near, far = law((20.0, 95.0)).at(20.0), law((20.0, 95.0)).at(400.0)
    assert near.less < 0.05
    assert far.less > 0.25
    assert far.less > 1.4 * far.more
    # A battery with 1.30 gives 95 · (20 / 400)^0.30 = 38.7 Ah: within two standard deviations.
    assert far.capacity * (1 - 2 * far.less) < 38.7 < far.capacity


def test_the_last_discharge_counts_most_at_one_rate() -> None:
    assert law((20.0, 100.0), (25.0, 80.0)).at(22.0).capacity == pytest.approx(83.0, abs=3.0)


def test_a_nameplate_that_is_too_small_does_not_count() -> None:
    """A battery that gives 166 Ah at 1C has no 170 Ah at C/10, whatever its nameplate says: 166 · 10^0.11 = 214."""
    assert law((166.0, 166.0), nameplate=170.0).at(17.0).capacity == pytest.approx(214.0, rel=0.1)


def test_a_capacity_without_its_curve_is_one_of_ten_hours() -> None:
    """Release 0.4.0 stored 80 Ah and no curve: C/10 gives them, C/1 from 80 · 10^-0.30 to 80 · 10^-0.03 Ah."""
    settings = Settings(batteries=("b1",), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    known = rate_law(settings, Learned(capacity=80.0, capacity_at=1.7e9))
    assert known.at(10.0).capacity == pytest.approx(80.0, rel=0.01)
    assert 40.1 < known.at(100.0).capacity < 74.7
