"""Statistics that a few bad values don't upset: worked out by hand, and what must hold for any values."""

from collections.abc import Sequence
from random import Random
import time

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.robust_statistics import (
    Slope,
    mad,
    median,
    noise_of,
    noise_of_line,
    steepest,
    thinned,
)

VALUES = st.floats(min_value=-1e3, max_value=1e3)
POINTS = st.lists(
    st.tuples(st.integers(min_value=-1000, max_value=1000), VALUES),
    min_size=2,
    max_size=40,
    unique_by=lambda one: one[0],
)


def line(points: Sequence[tuple[float, float]], share: float = 0.8) -> Slope:
    """Return the line through all points."""
    return steepest(sorted(points), 1.0, sure=5.0, fewest=len(points), shortest=0.0, share=share)


def test_median_and_mad_by_hand() -> None:
    values = [1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]
    assert median(values) == 2.0
    assert mad(values) == 1.0  # of 1 1 0 0 2 4 7
    assert median([1.0, 2.0]) == 1.5
    assert mad([5.0]) == 0.0


def test_slope_by_hand() -> None:
    # The slopes between two are 1, 1, 3, 1, 4 and 7; six are too few to leave a tenth of them out.
    slope = line([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 9.0)])
    assert (slope.low, slope.middle, slope.high) == (1.0, 2.0, 7.0)
    assert slope.intercept == -0.5  # the median of 0, -1, -2 and 3
    assert slope.at(2.0) == 3.5


def test_share_of_the_slopes() -> None:
    points = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 9.0)]
    everything = line(points, share=1.0)
    nothing = line(points, share=0.2)
    assert (everything.low, everything.high) == (1.0, 7.0)
    assert (nothing.low, nothing.high) == (1.0, 3.0)


def test_a_quarter_of_bad_points_does_not_move_a_line() -> None:
    points = [(float(x), 3.0 + 2.0 * x + (1000.0 if x % 4 == 1 else 0.0)) for x in range(40)]
    slope = line(points)
    assert slope.middle == pytest.approx(2.0)
    assert slope.intercept == pytest.approx(3.0)


def test_repeated_x_does_not_matter() -> None:
    points = [(0.0, 1.0), (0.0, 1.0), (2.0, 5.0), (1.0, 3.0)]
    assert line(points).middle == 2.0


@pytest.mark.parametrize("points", [[], [(1.0, 1.0)], [(1.0, 1.0), (1.0, 2.0)]])
def test_no_slope_without_two_places(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="differ in x"):
        line(points)


def test_a_year_of_weeks_costs_little() -> None:
    source = Random(1)
    points = [(float(day), 1.0 + 0.001 * day + source.gauss(0.0, 0.02)) for day in range(365)]
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        slope = steepest(thinned(points, 52), 0.01, sure=5.0, fewest=5, shortest=28.0)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.010
    assert slope.middle == pytest.approx(0.001, rel=0.1)


def test_a_rise_of_the_last_weeks_is_not_lost_in_a_year() -> None:
    """Level for 300 days, then 2 a day: a line through all points would rise by a fifth of that."""
    points = [(float(day), 2.0 * max(0, day - 300)) for day in range(0, 365, 7)]
    late = steepest(points, 0.5, sure=5.0, fewest=5, shortest=28.0)
    assert late.middle == pytest.approx(2.0, abs=0.1)
    assert late.at(364.0) == pytest.approx(128.0, abs=2.0)


def test_the_noise_of_values_that_rise_and_fall_by_one() -> None:
    """Neighbours differ by 1; two values of deviation s differ by 0.6745 · √2 · s in the median."""
    assert noise_of([1.0, 1.0, 1.0]) == pytest.approx(1 / 0.6745 / 2**0.5, rel=1e-3)
    assert noise_of([]) == 0.0


def test_a_steady_rise_is_no_noise() -> None:
    """A value is half of its neighbours' sum on a line; here each is 2 off, and 1.5 times the variance is in that."""
    assert noise_of_line([3.0 * number for number in range(10)]) == 0.0
    assert noise_of_line([1.0, 3.0, 1.0, 3.0]) == pytest.approx(2 / 0.6745 / 1.5**0.5, rel=1e-3)
    assert noise_of_line([1.0, 2.0]) == 0.0
    random = Random(1)
    dry = [0.1 * number + random.gauss(0.0, 0.03) for number in range(500)]
    assert noise_of_line(dry) == pytest.approx(0.03, rel=0.1)


@given(POINTS)
def test_bounds_are_in_order(points: list[tuple[int, float]]) -> None:
    slope = line(points)
    assert slope.low <= slope.middle <= slope.high


@given(POINTS, VALUES)
def test_a_line_moves_with_its_points(points: list[tuple[int, float]], up: float) -> None:
    before, after = line(points), line([(x, y + up) for x, y in points])
    assert after.middle == pytest.approx(before.middle, abs=1e-6)
    assert after.at(0.0) == pytest.approx(before.at(0.0) + up, abs=1e-3)


def test_how_sure_a_slope_is() -> None:
    """Σ (x - mean)² of 0 … 9 is 82.5, so that noise of 1 makes a slope uncertain by 1/√82.5."""
    rising = line([(float(x), float(x)) for x in range(10)])
    assert rising.certainty == pytest.approx(82.5**0.5)
    falling = line([(float(x), -float(x)) for x in range(10)])
    assert falling.certainty == -rising.certainty
    assert line([(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]).certainty == 0.0
