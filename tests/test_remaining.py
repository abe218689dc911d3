"""The remaining time of a discharge: what must hold for any, and how well it does on measured ones."""

from itertools import pairwise
from math import isfinite, nan
import os
from pathlib import Path
import time

from hypothesis import example, given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.curve_fit import reaches, rising
from custom_components.battery_bank.monitor.battery.remaining_time import CURVE_POINTS, Curve, learn, remaining
from simulator import predict

END = 10.8  # V
HOUR = 3600.0  # s

FINITE = st.floats(allow_nan=False, allow_infinity=False)
TRIPLES = st.lists(st.tuples(FINITE, FINITE, FINITE), max_size=40)
CURVES = st.builds(
    Curve,
    points=st.lists(st.tuples(FINITE, FINITE), max_size=20).map(tuple),
    current=FINITE,
    capacity=FINITE,
    resistance=FINITE,
)


def voltage_at(part: float, *, shift: float = 0.0) -> float:
    """Return the V of a battery with a plateau and a knee; it is at the end voltage at 1."""
    return 12.8 - 0.8 * part - 1.2 * part**12 + shift


def discharge(
    capacity: float, current: float, *, share: float = 1.0, shift: float = 0.0, points: int = 400
) -> list[tuple[float, float, float]]:
    """Return s, V and Ah of the first `share` of a discharge."""
    parts = [share * number / points for number in range(points + 1)]
    return [(part * capacity / current * HOUR, voltage_at(part, shift=shift), part * capacity) for part in parts]


def seen(points: list[tuple[float, float, float]], current: float) -> list[tuple[float, float, float]]:
    return [(drawn, voltage, current) for _, voltage, drawn in points]


@pytest.fixture(name="curve", scope="module")
def _curve() -> Curve:
    curve = learn(discharge(100.0, 10.0), END, 0.0)
    assert curve is not None
    return curve


def test_learns_a_curve(curve: Curve) -> None:
    assert curve.capacity == pytest.approx(100.0)
    assert curve.current == pytest.approx(10.0)
    assert curve.resistance == 0.0
    assert 40 < len(curve.points) <= CURVE_POINTS
    assert curve.points[-1] == (curve.capacity, END)
    for drawn, voltage in curve.points:
        assert voltage == pytest.approx(voltage_at(drawn / 100.0), abs=0.02)


def test_learns_from_the_points_of_the_recorder() -> None:
    points = discharge(100.0, 10.0)
    sparse = [point for number, point in enumerate(points) if number % 8 == 0 or point[1] < 11.9]
    curve = learn(sparse, END, 0.01)
    assert curve is not None
    assert curve.capacity == pytest.approx(100.0)
    assert curve.resistance == 0.01


@pytest.mark.parametrize("odd", [(nan, 12.0, 5.0), (1800.0, nan, 5.0), (1800.0, 12.0, nan), (1800.0, 12.0, -5.0)])
def test_a_point_that_can_not_be_is_left_out(curve: Curve, odd: tuple[float, float, float]) -> None:
    points = discharge(100.0, 10.0)
    assert learn([*points[:20], odd, *points[20:]], END, 0.0) == curve


def test_learns_nothing_from_a_discharge_that_ended_early() -> None:
    assert learn(discharge(100.0, 10.0, share=0.95), END, 0.0) is None


def test_learns_nothing_from_one_that_was_seen_in_part() -> None:
    assert learn(discharge(100.0, 10.0)[100:], END, 0.0) is None
    assert learn(discharge(100.0, 10.0, points=5), END, 0.0) is None
    assert learn([(seconds, voltage, 0.0) for seconds, voltage, _ in discharge(100.0, 10.0)], END, 0.0) is None


def test_a_moment_below_the_end_voltage_does_not_end_the_curve() -> None:
    points = discharge(100.0, 10.0)
    points[1] = (points[1][0], 10.0, points[1][2])  # coup de fouet
    points[200] = (points[200][0], 10.0, points[200][2])  # a motor starts
    curve = learn(points, END, 0.0)
    assert curve is not None
    assert curve.capacity == pytest.approx(100.0)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.25, 0.5, 0.75, 0.99])
def test_the_same_again_takes_as_long(curve: Curve, share: float) -> None:
    left = remaining(curve, seen(discharge(100.0, 10.0, share=share), 10.0), END, 10.0)
    assert left == pytest.approx((1 - share) * 10 * HOUR, abs=0.005 * 10 * HOUR)


@pytest.mark.parametrize("share", [0.85, 0.95])
@pytest.mark.parametrize("capacity", [50.0, 60.0, 75.0, 85.0, 110.0])
def test_the_voltage_tells_of_another_capacity(curve: Curve, capacity: float, share: float) -> None:
    left = remaining(curve, seen(discharge(capacity, 10.0, share=share), 10.0), END, 10.0)
    assert left == pytest.approx((1 - share) * capacity / 10 * HOUR, abs=0.03 * capacity / 10 * HOUR)


def test_ah_count_as_long_as_the_voltage_tells_little(curve: Curve) -> None:
    left = remaining(curve, seen(discharge(85.0, 10.0, share=0.05), 10.0), END, 10.0)
    assert left == pytest.approx((100.0 - 0.05 * 85.0) / 10 * HOUR, rel=0.01)


def test_a_lighter_load_gives_no_more_ah_and_a_heavier_one_less(curve: Curve) -> None:
    whole = remaining(curve, seen(discharge(100.0, 10.0, share=0.5), 10.0), END, 10.0)
    lighter = remaining(curve, seen(discharge(100.0, 5.0, share=0.5, shift=0.1), 5.0), END, 5.0)
    heavier = remaining(curve, seen(discharge(100.0, 20.0, share=0.5, shift=-0.3), 20.0), END, 20.0)
    assert whole is not None
    assert lighter == pytest.approx(2 * whole, rel=0.03)
    assert heavier is not None
    assert heavier < whole / 2 * 0.98


def test_a_known_resistance_explains_another_load() -> None:
    curve = learn(discharge(100.0, 10.0), END, 0.02)
    assert curve is not None
    heavier = discharge(100.0, 20.0, share=0.5, shift=-0.02 * 10)
    left = remaining(curve, seen(heavier, 20.0), END, 20.0)
    knee = next(number / 1000 for number in range(1001) if voltage_at(number / 1000, shift=-0.02 * 10) <= END)
    assert left == pytest.approx((knee - 0.5) * 100.0 / 20.0 * HOUR, rel=0.02)
    # The same up to here, but from now on at the learned current.
    assert remaining(curve, seen(heavier, 20.0), END, 10.0) == pytest.approx(5 * HOUR, rel=0.02)


def test_peukert_counts_above_the_learned_current_only(curve: Curve) -> None:
    def left(current: float, peukert: float) -> float:
        found = remaining(curve, seen(discharge(100.0, current, share=0.02), current), END, current, peukert=peukert)
        assert found is not None
        return found

    assert left(5.0, 1.2) == left(5.0, 1.0)
    assert left(20.0, 1.2) == pytest.approx((100.0 / 2**0.2 - 2.0) / 20.0 * HOUR)
    assert left(20.0, 9.0) == left(20.0, 1.4)
    assert left(20.0, 0.5) == left(20.0, 1.0)


def test_unknown_stays_unknown(curve: Curve) -> None:
    observed = seen(discharge(100.0, 10.0, share=0.5), 10.0)
    assert remaining(curve, [], END, 10.0) is None
    assert remaining(curve, observed, END, 0.0) is None
    assert remaining(curve, observed, END, -10.0) is None
    assert remaining(curve, observed, END, float("nan")) is None
    assert remaining(curve, observed, END, 1e-306) is None  # more seconds than a number can be
    assert remaining(curve, observed, 0.0, 10.0) is None
    assert remaining(curve, [*observed, (51.0, float("nan"), 10.0)], END, 10.0) is None
    assert remaining(Curve(points=(), current=10.0, capacity=100.0), observed, END, 10.0) is None
    assert remaining(curve, observed, END, 10.0) is not None


@pytest.mark.parametrize("current", [0.0, -1.0])
@pytest.mark.parametrize("at_begin", [True, False])
def test_a_time_without_load_changes_nothing(curve: Curve, current: float, *, at_begin: bool) -> None:
    observed = seen(discharge(100.0, 10.0, share=0.5), 10.0)
    pause = [(0.0 if at_begin else 50.0, 12.9, current)] * 5
    observed = [*pause, *observed] if at_begin else [*observed, *pause]
    assert remaining(curve, observed, END, 10.0) == pytest.approx(5 * HOUR)


def test_a_point_whose_time_is_beyond_numbers_is_left_out(curve: Curve) -> None:
    observed = seen(discharge(100.0, 10.0, share=0.5), 10.0)
    assert remaining(curve, [*observed, (51.0, 12.3, 1e-307)], END, 10.0) == pytest.approx(5 * HOUR)


def test_none_left_at_the_end_voltage_and_some_above(curve: Curve) -> None:
    observed = seen(discharge(100.0, 10.0), 10.0)
    assert remaining(curve, observed, END, 10.0) == 0.0
    beyond = [*observed[:-1], *((100.0 + number, 11.5, 10.0) for number in range(20))]
    left = remaining(curve, beyond, END, 10.0)
    assert left is not None
    assert 0 < left < HOUR


@given(st.floats(0.1, 0.95), st.floats(0.05, 50.0), st.integers(1, 240), st.floats(0.7, 1.1))
def test_neither_size_nor_number_of_cells_matters(share: float, size: float, cells: int, aged: float) -> None:
    def left(size: float, cells: int) -> float:
        whole = [(at, voltage * cells / 6, drawn * size) for at, voltage, drawn in discharge(100.0, 10.0)]
        part = [
            (drawn * size, voltage * cells / 6, 10.0 * size)
            for _, voltage, drawn in discharge(100.0 * aged, 10.0, share=share)
        ]
        curve = learn(whole, END * cells / 6, 0.0)
        assert curve is not None
        found = remaining(curve, part, END * cells / 6, 10.0 * size)
        assert found is not None
        return found

    # The best stretch is found in steps: rounding may decide between two that fit as well.
    assert left(size, cells) == pytest.approx(left(1.0, 6), abs=0.005 * 10 * HOUR)


@given(st.floats(0.01, 1.0), st.floats(0.01, 1000.0), st.floats(1.0, 100.0))
def test_more_current_never_lasts_longer(curve: Curve, share: float, current: float, more: float) -> None:
    observed = seen(discharge(100.0, 10.0, share=share), 10.0)
    slow, fast = (remaining(curve, observed, END, one, peukert=1.1) for one in (current, current * more))
    assert slow is not None
    assert fast is not None
    assert fast <= slow


@given(st.floats(0.0, 0.9), st.lists(st.floats(-0.05, 0.05), min_size=401, max_size=401))
def test_noise_is_no_news(curve: Curve, share: float, noise: list[float]) -> None:
    points = discharge(100.0, 10.0, share=share)
    noisy = [(drawn, voltage + one, 10.0) for (_, voltage, drawn), one in zip(points, noise, strict=True)]
    left = remaining(curve, noisy, END, 10.0)
    assert left == pytest.approx((1 - share) * 10 * HOUR, abs=0.15 * 10 * HOUR)


@given(TRIPLES, FINITE, FINITE)
def test_learning_takes_anything(points: list[tuple[float, float, float]], end: float, resistance: float) -> None:
    curve = learn(points, end, resistance)
    assert curve is None or _sound(curve)


@given(
    st.lists(st.tuples(st.floats(0, 1e308), FINITE, st.floats(0, 1e308)), min_size=10, max_size=40),
    st.floats(5e-324, 1e308),
    st.floats(0, 1e308),
    st.floats(5e-324, 1e308),
    TRIPLES,
)
def test_learning_from_anything_that_rises(
    points: list[tuple[float, float, float]],
    end: float,
    resistance: float,
    current: float,
    observed: list[tuple[float, float, float]],
) -> None:
    times, drawn = sorted(point[0] for point in points), sorted(point[2] for point in points)
    rising = [
        *((at, voltage, ah) for at, (_, voltage, _), ah in zip(times, points, drawn, strict=True)),
        (times[-1] * 2 + 1, end, drawn[-1] * 2 + 1),
    ]
    rising = [point for point in rising if all(isfinite(one) for one in point)]
    curve = learn(rising, end, resistance)
    if curve is not None:
        assert _sound(curve)
        left = remaining(curve, observed, end, current)
        assert left is None or (isfinite(left) and left >= 0)


@given(CURVES, TRIPLES, FINITE, FINITE, FINITE)
@example(Curve(points=(), current=1.0, capacity=1.0), [(0.0, 12.0, 1.0)], 10.8, 1.0, 1.0)
def test_predicting_takes_anything(
    curve: Curve, observed: list[tuple[float, float, float]], end: float, current: float, peukert: float
) -> None:
    left = remaining(curve, observed, end, current, peukert=peukert)
    assert left is None or (isfinite(left) and left >= 0)


@given(
    st.lists(st.floats(0, 1e308), min_size=4, max_size=20, unique=True),
    st.lists(FINITE, min_size=20, max_size=20),
    st.lists(st.tuples(st.floats(0, 1e308), FINITE, FINITE), min_size=1, max_size=40),
    st.tuples(*[st.floats(5e-324, 1e308)] * 4),
    st.floats(0, 1e308),
)
def test_predicting_takes_anything_that_looks_right(
    drawn: list[float],
    voltages: list[float],
    observed: list[tuple[float, float, float]],
    positive: tuple[float, float, float, float],
    resistance: float,
) -> None:
    end, current, capacity, reference = positive
    points = tuple(zip(sorted(drawn), voltages, strict=False))
    curve = Curve(points=points, current=reference, capacity=capacity, resistance=resistance)
    left = remaining(curve, sorted(observed), end, current, peukert=1.3)
    assert left is None or (isfinite(left) and left >= 0)


@given(
    st.lists(st.tuples(st.floats(0, 150), st.floats(0, 20), st.floats(-50, 500)), max_size=60),
    st.floats(5, 15),
    st.floats(0.1, 500),
)
def test_an_answer_for_any_battery(
    curve: Curve, observed: list[tuple[float, float, float]], end: float, current: float
) -> None:
    left = remaining(curve, sorted(observed), end, current, peukert=1.2)
    if any(measured > 1e-6 for *_, measured in observed):
        assert left is not None
    if left is not None:
        assert observed
        assert left >= 0
        assert isfinite(left)


def test_a_current_that_is_nearly_none_takes_no_time_away_from_the_points_after_it(curve: Curve) -> None:
    assert remaining(curve, [(1.0, 0.0, 2e-313), (1.0, 0.0, 1.0)], 5.0, 1.0, peukert=1.2) is not None


def test_two_thousand_points_take_milliseconds(curve: Curve) -> None:
    observed = seen(discharge(100.0, 10.0, share=0.9, points=2000), 10.0)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        remaining(curve, observed, END, 10.0)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.05  # about 0.002; a slow machine must not fail the test


def test_measured_discharges() -> None:
    folder = os.environ.get("BATTERY_BANK_DATA")
    if not folder or not (Path(folder) / predict.TELEMETRY).exists():
        pytest.skip("needs BATTERY_BANK_DATA, the folder that contains vrla-12v-discharges/")
    telemetry = Path(folder) / predict.TELEMETRY
    assert len(predict.discharges(telemetry)) == 7
    errors = predict.evaluate(telemetry)[predict.OURS]
    assert all(one.mean <= most for one, most in zip(errors, (3.4, 1.6, 1.8, 1.1), strict=True))
    assert [round(one.mean, 1) for one in errors] == [2.7, 1.4, 1.1, 0.7]


def test_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("BATTERY_BANK_DATA", raising=False)
    predict.recordings()
    assert capsys.readouterr().out.count("\n") == 1


def _sound(curve: Curve) -> bool:
    return (
        len(curve.points) <= CURVE_POINTS
        and all(isfinite(one) for point in curve.points for one in point)
        and all(before[0] < after[0] for before, after in pairwise(curve.points))
        and curve.current > 0
        and isfinite(curve.current)
        and curve.capacity > 0
        and curve.resistance >= 0
    )


def test_a_curve_is_read_where_it_falls_for_the_last_time() -> None:
    """By hand: from 12.0 V at 10 Ah to 11.0 V at 20 Ah, 11.5 V is at 15 Ah."""
    curve = [(0.0, 12.5), (10.0, 12.0), (20.0, 11.0)]
    assert reaches(curve, 11.5) == pytest.approx(15.0)
    assert reaches(curve, 10.0) == 20.0  # it stays above
    assert reaches(curve, 13.0) == 0.0  # it is always below
    assert rising([(0.0, 12.5), (0.0, 12.4), (10.0, nan), (20.0, 11.0)]) == [(0.0, 12.5), (20.0, 11.0)]


def test_a_pause_in_a_discharge_draws_nothing(curve: Curve) -> None:
    """While the load is off no charge is drawn, so the rest lasts as long as without the pause."""
    half = seen(discharge(100.0, 10.0, share=0.5), 10.0)
    volts, drawn = half[-1][1], half[-1][0]
    pause = [(drawn, volts + 0.3, 0.0)] * 20
    whole = remaining(curve, half, END, curve.current)
    paused = remaining(curve, [*half, *pause, *[(drawn + 0.001, volts, curve.current)] * 3], END, curve.current)
    assert whole is not None
    assert paused == pytest.approx(whole, rel=0.1)
