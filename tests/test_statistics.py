"""Statistics that a few bad values don't upset: worked out by hand, and what must hold for any values."""

from random import Random
import time

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.robust_statistics import mad, median, theil_sen

VALUES = st.floats(min_value=-1e3, max_value=1e3)
POINTS = st.lists(
    st.tuples(st.integers(min_value=-1000, max_value=1000), VALUES),
    min_size=2,
    max_size=40,
    unique_by=lambda one: one[0],
)


def test_median_and_mad_by_hand() -> None:
    values = [1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]
    assert median(values) == 2.0
    assert mad(values) == 1.0  # of 1 1 0 0 2 4 7
    assert median([1.0, 2.0]) == 1.5
    assert mad([5.0]) == 0.0


def test_slope_by_hand() -> None:
    # The slopes between two are 1, 1, 3, 1, 4 and 7; six are too few to leave a tenth of them out.
    slope = theil_sen([(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 9.0)])
    assert (slope.low, slope.middle, slope.high) == (1.0, 2.0, 7.0)
    assert slope.intercept == -0.5  # the median of 0, -1, -2 and 3
    assert slope.at(2.0) == 3.5


def test_share_of_the_slopes() -> None:
    points = [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 9.0)]
    everything = theil_sen(points, share=1.0)
    nothing = theil_sen(points, share=0.2)
    assert (everything.low, everything.high) == (1.0, 7.0)
    assert (nothing.low, nothing.high) == (1.0, 3.0)


def test_a_quarter_of_bad_points_does_not_move_a_line() -> None:
    points = [(float(x), 3.0 + 2.0 * x + (1000.0 if x % 4 == 1 else 0.0)) for x in range(40)]
    slope = theil_sen(points)
    assert slope.middle == pytest.approx(2.0)
    assert slope.intercept == pytest.approx(3.0)


def test_order_and_repeated_x_do_not_matter() -> None:
    points = [(0.0, 1.0), (0.0, 1.0), (2.0, 5.0), (1.0, 3.0)]
    assert theil_sen(points) == theil_sen(sorted(points))
    assert theil_sen(points).middle == 2.0


@pytest.mark.parametrize("points", [[], [(1.0, 1.0)], [(1.0, 1.0), (1.0, 2.0)]])
def test_no_slope_without_two_places(points: list[tuple[float, float]]) -> None:
    with pytest.raises(ValueError, match="differ in x"):
        theil_sen(points)


def test_a_year_of_days_costs_little() -> None:
    source = Random(1)
    points = [(float(day), 1.0 + 0.001 * day + source.gauss(0.0, 0.02)) for day in range(365)]
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        slope = theil_sen(points)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.010
    assert slope.middle == pytest.approx(0.001, rel=0.1)


@given(POINTS)
def test_bounds_are_in_order(points: list[tuple[int, float]]) -> None:
    slope = theil_sen(points)
    assert slope.low <= slope.middle <= slope.high


@given(POINTS, VALUES)
def test_a_line_moves_with_its_points(points: list[tuple[int, float]], up: float) -> None:
    before, after = theil_sen(points), theil_sen([(x, y + up) for x, y in points])
    assert after.middle == pytest.approx(before.middle, abs=1e-6)
    assert after.at(0.0) == pytest.approx(before.at(0.0) + up, abs=1e-3)


def test_how_sure_a_slope_is() -> None:
    """All of ten points rise: S = 45, and its standard deviation is √(10 · 9 · 25 / 18)."""
    rising = theil_sen([(float(x), float(x)) for x in range(10)])
    assert rising.certainty == pytest.approx(45 / 125**0.5)
    falling = theil_sen([(float(x), -float(x)) for x in range(10)])
    assert falling.certainty == -rising.certainty
    assert theil_sen([(0.0, 1.0), (1.0, 1.0), (2.0, 1.0)]).certainty == 0.0
