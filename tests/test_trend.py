"""The trend of the internal resistance: by hand, over simulated years, and what must hold for any tests."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from math import isfinite
from random import Random

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.events import ResistanceTest
from custom_components.battery_bank.monitor.battery.resistance_trend import Risk, Trend, risk, trend
from custom_components.battery_bank.monitor.battery.string_resistance import daily

DAY = 86400.0  # s
YEAR = 365.25 * DAY
MONTH = YEAR / 12
BEGIN = 1.7e9  # s since 1970
NEW = 0.005  # Ω
LIMIT = 1.5

TESTS = st.lists(
    st.tuples(st.floats(min_value=0.0, max_value=800.0), st.floats(min_value=1e-5, max_value=1.0), st.booleans()),
    max_size=40,
).map(sorted)


def a_test(day: float, ratio: float, *, usable: bool = True) -> ResistanceTest:
    return ResistanceTest(battery="1", at=BEGIN + day * DAY, ohmic_value=NEW * ratio, usable=usable)


def seen(tests: list[ResistanceTest], base: float | None = NEW) -> Trend:
    days = daily(tests)
    ratios = [(one.at, one.ohmic_value / base) for one in days] if base else []
    return trend(ratios, tests[-1].at if tests else BEGIN, LIMIT, steps=[(one.at, one.ohmic_value) for one in days])


def judged(one: Trend, string_ratio: float | None = None) -> Risk | None:
    return risk(one, string_ratio, watch=1.2, weak=1.3, replace=LIMIT)


def stepped(step: float, day: float) -> float:
    """Return a ratio that rises by a quarter on a day."""
    return 1.25 if day >= step else 1.0


def life(
    seed: int, days: int, every: int, noise: float, ratio: Callable[[float], float] = lambda _: 1.0
) -> list[ResistanceTest]:
    """Return tests every so many days, with noise."""
    source = Random(seed)
    return [a_test(day, ratio(day) * source.gauss(1.0, noise)) for day in range(0, days, every)]


def test_a_straight_line_by_hand() -> None:
    # 0.1 a year since it was new: at 1.5 after five years, wherever one looks.
    tests = [a_test(day, 1.0 + 0.1 * day * DAY / YEAR) for day in range(0, 361, 30)]
    one = seen(tests)
    assert one.enough
    assert one.ratio == pytest.approx(1.0 + 0.1 * 360 * DAY / YEAR)
    for slope in (one.low_per_year, one.slope_per_year, one.high_per_year):
        assert slope == pytest.approx(0.1)
    assert one.limit_from == pytest.approx(BEGIN + 5 * YEAR)
    assert one.limit_to == pytest.approx(BEGIN + 5 * YEAR)
    assert not one.rapid


def test_the_median_of_a_day_counts() -> None:
    tests = [a_test(0.1, 1.0), a_test(0.2, 1.02), a_test(0.3, 3.0)]
    assert seen(tests).ratio == pytest.approx(1.02)


def test_what_is_not_usable_does_not_count() -> None:
    assert seen([a_test(0, 1.1), a_test(1, 3.0, usable=False)]).ratio == pytest.approx(1.1)
    assert seen([a_test(1, 3.0, usable=False)]) == Trend()


@pytest.mark.parametrize(("tests", "days", "enough"), [(8, 70, True), (7, 70, False), (8, 59, False)])
def test_needs_eight_days_over_sixty(tests: int, days: int, enough: bool) -> None:
    one = seen([a_test(number * days // (tests - 1), 1.0) for number in range(tests)])
    assert one.enough is enough
    assert (one.slope_per_year is None) is not enough
    assert one.ratio == 1.0


def test_only_the_last_year_counts() -> None:
    rising = [a_test(day, 1.0 + day / 1000) for day in range(0, 400, 10)]
    flat = [a_test(day, 1.4) for day in range(400, 770, 10)]
    assert seen(rising + flat).slope_per_year == pytest.approx(0.0)


def test_without_a_baseline_only_the_rise_is_known() -> None:
    one = seen(life(1, 400, 7, 0.01), None)
    assert one.ratio is None
    assert not one.enough
    assert one.rise == pytest.approx(1.0, abs=0.03)


def test_what_falls_or_is_too_far_has_no_date_and_what_is_beyond_is_due_now() -> None:
    falling = seen([a_test(day, 1.2 - day / 4000) for day in range(0, 361, 30)])
    slow = seen([a_test(day, 1.0 + 0.08 * day * DAY / YEAR) for day in range(0, 31 * 8, 30)])
    for one in (falling, slow):
        assert one.enough
        assert (one.limit_from, one.limit_to) == (None, None)
    beyond = seen([a_test(day, 1.6) for day in range(0, 361, 30)])
    assert beyond.limit_from == beyond.limit_to == BEGIN + 360 * DAY
    few = seen([a_test(day, 1.6) for day in range(0, 91, 30)])
    assert few.between(LIMIT, BEGIN + 90 * DAY) is None  # of four tests nothing is certain


@pytest.mark.parametrize(
    ("ratio", "string_ratio", "expected"),
    [
        (None, None, None),
        (1.1, None, Risk.STABLE),
        (1.2, None, Risk.WATCH),
        (1.3, None, Risk.WEAK),
        (1.5, None, Risk.REPLACE),
        (None, 1.1, Risk.STABLE),
        (None, 1.5, Risk.REPLACE),
        (1.0, 1.29, Risk.STABLE),
        (1.0, 1.3, Risk.WATCH),
    ],
)
def test_risk_by_hand(ratio: float | None, string_ratio: float | None, expected: Risk | None) -> None:
    assert judged(Trend(ratio=ratio), string_ratio) is expected
    if expected in (Risk.STABLE, Risk.WATCH):
        assert judged(Trend(ratio=ratio, rapid=True), string_ratio) is Risk.WEAK


def test_one_test_is_believed_when_it_is_twice_as_far_off() -> None:
    before = [a_test(day, 1.0) for day in range(0, 91, 30)]
    assert not seen([*before, a_test(120, 1.19)]).rapid
    assert seen([*before, a_test(120, 1.21)]).rapid
    assert not seen([*before, a_test(119, 1.09), a_test(120, 1.09)]).rapid
    assert seen([*before, a_test(119, 1.11), a_test(120, 1.11)]).rapid


def test_a_noisy_battery_has_to_rise_further() -> None:
    before = [a_test(day, 1.0 + 0.1 * (-1) ** (day // 7)) for day in range(0, 70, 7)]
    assert not seen([*before, a_test(77, 1.25), a_test(84, 1.25)]).rapid
    assert seen([*before, a_test(80, 1.35), a_test(84, 1.35)]).rapid


@pytest.mark.parametrize("every", [1, 7, 30])
@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_a_healthy_battery_is_stable_for_three_years(every: int, noise: float) -> None:
    for seed in range(50):
        tests = life(seed, 3 * 365, every, noise)
        for number in range(1, len(tests) + 1, 31 if every == 1 else 1):  # to look daily would take long
            one = seen(tests[max(0, number - 400 // every) : number])
            assert not one.rapid
            assert judged(one) is Risk.STABLE


@pytest.mark.parametrize(("every", "noise"), [(1, 0.01), (1, 0.03), (7, 0.01), (7, 0.03), (30, 0.01), (30, 0.03)])
def test_dry_out_is_found_and_dated(every: int, noise: float) -> None:
    # Thirteen tests with 3 % noise are few: a slope is less certain, and one battery in six has no dates yet.
    few = every == 30 and noise > 0.02
    crossing, undated = BEGIN + 25 * MONTH, 0
    for seed in range(50):
        one = seen(life(seed, 366, every, noise, lambda day: 1.0 + 0.02 * day * DAY / MONTH))
        assert one.slope_per_year == pytest.approx(0.24, abs=0.17 if few else 0.12)
        if one.limit_from is None:
            undated += 1
            continue
        assert one.limit_from <= crossing
        assert one.limit_to is not None
        assert one.limit_to >= crossing
    assert undated <= (8 if few else 0)


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_noise_seldom_brings_a_date(noise: float) -> None:
    dated = sum(seen(life(seed, 366, 7, noise)).limit_from is not None for seed in range(100))
    assert dated <= 6


def test_dry_out_goes_through_all_classes() -> None:
    tests = life(1, 30 * 30, 7, 0.01, lambda day: 1.0 + 0.02 * day * DAY / MONTH)
    found = [judged(seen(tests[:number])) for number in range(1, len(tests) + 1)]
    assert list(dict.fromkeys(found)) == [Risk.STABLE, Risk.WATCH, Risk.WEAK, Risk.REPLACE]


@pytest.mark.parametrize(("every", "within"), [(1, 14), (3, 14), (7, 14), (14, 14), (30, 30)])
def test_a_sudden_rise_is_rapid(every: int, within: int) -> None:
    for seed in range(50):
        step = 200 + every * seed / 50  # at any time between two tests
        tests = life(seed, int(step) + within + 1, every, 0.01, partial(stepped, step))
        until = BEGIN + (step + within) * DAY
        assert any(
            seen(tests[:number]).rapid for number, test in enumerate(tests, 1) if BEGIN + step * DAY <= test.at <= until
        )


def test_a_rise_is_news_for_a_while_only() -> None:
    tests = life(1, 400, 7, 0.01, lambda day: 1.25 if day >= 200 else 1.0)
    assert judged(seen(tests)) is Risk.WATCH  # which it wouldn't be if rapid


@given(TESTS, st.one_of(st.none(), st.floats(min_value=1e-5, max_value=1.0)))
def test_any_tests_give_finite_numbers_in_order(rows: list[tuple[float, float, bool]], base: float | None) -> None:
    tests = [a_test(day, value, usable=usable) for day, value, usable in rows]
    one = seen(tests, base)
    assert all(isfinite(getattr(one, field.name) or 0.0) for field in fields(one))
    if one.enough:
        assert one.low_per_year is not None
        assert one.slope_per_year is not None
        assert one.high_per_year is not None
        assert one.low_per_year <= one.slope_per_year <= one.high_per_year
    if one.limit_to is not None:
        assert one.limit_from is not None
        assert tests[-1].at <= one.limit_from <= one.limit_to <= tests[-1].at + 5 * YEAR
    assert (judged(one) is None) is (one.ratio is None)


@given(TESTS, st.integers(min_value=-10, max_value=10))
def test_the_unit_does_not_matter(rows: list[tuple[float, float, bool]], power: int) -> None:
    # Powers of two, so that no value at a threshold is rounded across it.
    factor = 2.0**power
    tests = [a_test(day, value, usable=usable) for day, value, usable in rows]
    scaled = [a_test(day, value * factor, usable=usable) for day, value, usable in rows]
    assert seen(scaled, NEW * factor) == seen(tests, NEW)
