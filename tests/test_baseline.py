"""What a battery is compared with: the rules by hand, and that a baseline never gets worse than it was."""

from dataclasses import replace

from hypothesis import given, strategies as st
import pytest

from custom_components.battery_bank.monitor.battery.baseline import baseline
from custom_components.battery_bank.monitor.battery.events import Baseline, BaselineKind, ResistanceTest
from custom_components.battery_bank.monitor.battery.resistance_season import Common, Season

DAY = 86400.0  # s
INSTALLED = 1.7e9  # s since 1970
SURENESS = list(BaselineKind)

TESTS = st.lists(
    st.tuples(st.floats(min_value=0.0, max_value=400.0), st.floats(min_value=1e-5, max_value=1.0), st.booleans()),
    max_size=30,
).map(sorted)


def a_test(day: float, ohmic_value: float, *, usable: bool = True) -> ResistanceTest:
    return ResistanceTest(battery="1", at=INSTALLED + day * DAY, ohmic_value=ohmic_value, usable=usable)


def found(
    tests: list[ResistanceTest],
    day: float,
    *,
    current: Baseline | None = None,
    string: float | None = 0.009,
    installed: float | None = INSTALLED,
) -> Baseline | None:
    return baseline("1", tests, installed, current, string, INSTALLED + day * DAY)


def known(kind: BaselineKind, ohmic_value: float) -> Baseline:
    return Baseline(battery="1", kind=kind, ohmic_value=ohmic_value, at=INSTALLED)


def told(one: Baseline | None) -> tuple[BaselineKind, float] | None:
    return None if one is None else (one.kind, one.ohmic_value)


def test_provisional_is_the_median_of_days_3_to_14() -> None:
    tests = [a_test(1, 0.001), a_test(3, 0.004), a_test(7, 0.006), a_test(10, 0.005), a_test(15, 0.009)]
    assert told(found(tests, 20)) == (BaselineKind.PROVISIONAL, 0.005)


def test_nothing_in_the_first_three_days() -> None:
    assert found([a_test(1, 0.005), a_test(2, 0.005)], 2) is None
    assert found([], 100) is None


def test_without_tests_in_the_first_weeks_the_first_must_do() -> None:
    assert told(found([a_test(40, 0.006), a_test(70, 0.005)], 70)) == (BaselineKind.PROVISIONAL, 0.006)


def test_final_is_the_lowest_median_of_14_days_within_days_90_to_180() -> None:
    tests = [a_test(5, 0.007)]
    tests += [a_test(day, 0.006) for day in range(91, 112, 7)]
    tests += [a_test(112, 0.004), a_test(119, 0.005)]  # whose mean is the lowest of two weeks
    tests += [a_test(day, 0.006) for day in range(126, 181, 7)]
    tests += [a_test(185, 0.001)]
    one = found(tests, 185)
    assert one is not None
    assert one.kind is BaselineKind.FINAL
    assert one.ohmic_value == pytest.approx(0.0045)


def test_final_waits_for_day_180() -> None:
    tests = [a_test(day, 0.005) for day in range(3, 181)]
    assert told(found(tests, 179)) == (BaselineKind.PROVISIONAL, 0.005)
    assert told(found(tests, 181)) == (BaselineKind.FINAL, 0.005)


@pytest.mark.parametrize("bad_day", [90, 135, 180])
@pytest.mark.parametrize("every", [1, 3])
def test_one_bad_test_is_not_the_final(bad_day: int, every: int) -> None:
    tests = [a_test(day, 0.002 if day == bad_day else 0.005) for day in range(90, 181, every)]
    assert told(found(tests, 181)) == (BaselineKind.FINAL, 0.005)


def test_monthly_tests_are_alone_in_their_window() -> None:
    tests = [a_test(10, 0.0060), a_test(40, 0.0058), a_test(100, 0.0055), a_test(130, 0.0054), a_test(160, 0.0056)]
    assert told(found(tests, 190)) == (BaselineKind.FINAL, 0.0054)


def test_a_better_provisional_is_the_final() -> None:
    tests = [a_test(5, 0.005), a_test(100, 0.006), a_test(130, 0.006)]
    provisional = found(tests[:1], 5)
    assert told(provisional) == (BaselineKind.PROVISIONAL, 0.005)
    assert told(found(tests, 190, current=provisional)) == (BaselineKind.FINAL, 0.005)


def test_the_lowest_is_that_at_the_same_temperature() -> None:
    """By hand: at -0.5 % per K, 20 K colder make 1.105 times. A value is not the lowest because its day was warm."""
    season = Season(coefficient=-0.005)
    warm, cold, mild = (100, 0.0050, 30.0), (130, 0.0054, 10.0), (160, 0.0053, 20.0)
    tests = [replace(a_test(day, ohms), temperature=celsius) for day, ohms, celsius in (warm, cold, mild)]
    now = INSTALLED + 190 * DAY
    assert told(baseline("1", tests, INSTALLED, None, None, now, season=season)) == (BaselineKind.FINAL, 0.0054)
    provisional = known(BaselineKind.PROVISIONAL, 0.0056)  # at 0 °C: 0.0048 at 30 °C
    reference = Common(temperature=0.0)
    one = baseline("1", tests, INSTALLED, provisional, None, now, season=season, reference=reference)
    assert told(one) == (BaselineKind.FINAL, 0.0056)
    # Without a temperature they can't be compared so.
    assert told(baseline("1", tests, INSTALLED, provisional, None, now, season=season)) == (BaselineKind.FINAL, 0.0050)


@pytest.mark.parametrize("kind", [BaselineKind.TYPED, BaselineKind.FINAL])
def test_what_is_settled_stays(kind: BaselineKind) -> None:
    current = known(kind, 0.003)
    assert found([a_test(day, 0.005) for day in range(3, 200)], 200, current=current) is current
    assert found([], 200, current=current) is current


@pytest.mark.parametrize("installed", [None, INSTALLED - 181 * DAY])
def test_an_old_bank_gets_its_strings_median_once(installed: float | None) -> None:
    one = found([a_test(0, 0.005)], 0, installed=installed)
    assert told(one) == (BaselineKind.STRING, 0.009)
    assert found([a_test(0, 0.005), a_test(9, 0.006)], 9, current=one, string=0.02, installed=installed) is one
    assert found([a_test(0, 0.005)], 0, installed=installed, string=None) is None


def test_a_bank_younger_than_180_days_gets_its_own() -> None:
    one = found([a_test(0, 0.005)], 0, installed=INSTALLED - 100 * DAY)
    assert told(one) == (BaselineKind.PROVISIONAL, 0.005)


def test_what_is_not_usable_does_not_count() -> None:
    tests = [a_test(4, 0.001, usable=False), a_test(5, 0.005), a_test(6, 0.001, usable=False)]
    assert told(found(tests, 6)) == (BaselineKind.PROVISIONAL, 0.005)
    assert found(tests[:1], 6) is None


@given(TESTS, st.one_of(st.none(), st.floats(min_value=-400.0, max_value=100.0)))
def test_test_after_test_it_only_gets_surer_and_again_is_the_same(
    rows: list[tuple[float, float, bool]], installed_day: float | None
) -> None:
    tests = [a_test(day, value, usable=usable) for day, value, usable in rows]
    installed = None if installed_day is None else INSTALLED + installed_day * DAY
    current: Baseline | None = None
    for number, (day, _, _) in enumerate(rows, 1):
        after = found(tests[:number], day, current=current, installed=installed)
        again = found(tests[:number], day, current=after, installed=installed)
        assert again is after
        if current is not None:
            assert after is not None
            assert SURENESS.index(after.kind) >= SURENESS.index(current.kind)
            if current.kind in (BaselineKind.STRING, BaselineKind.FINAL):
                assert after is current
        if after is not None:
            assert 1e-5 <= after.ohmic_value <= 1.0
        current = after


@given(TESTS, st.floats(min_value=0.01, max_value=100.0), st.floats(min_value=0.0, max_value=400.0))
def test_the_unit_does_not_matter(rows: list[tuple[float, float, bool]], factor: float, day: float) -> None:
    tests = [a_test(one, value, usable=usable) for one, value, usable in rows if one <= day]
    scaled = [a_test(one, value * factor, usable=usable) for one, value, usable in rows if one <= day]
    before, after = found(tests, day), found(scaled, day, string=0.009 * factor)
    if before is None or after is None:
        assert before is after
    else:
        assert after.kind is before.kind
        assert after.ohmic_value == pytest.approx(before.ohmic_value * factor)
