"""Steps in the internal resistance that no ageing explains: a loose contact, an exchange, a new battery."""

from collections.abc import Mapping
from random import Random

import pytest

from custom_components.battery_bank.monitor.battery.resistance_steps import (
    exchanged,
    held,
    may_be_exchanged,
    renewed,
    step,
    unsteadiness,
)
from custom_components.battery_bank.monitor.battery.resistance_trend import Points

DAY = 86400.0  # s


def weekly(*values: float) -> Points:
    return [(7 * DAY * number, value) for number, value in enumerate(values)]


def swapped(values: Mapping[str, Points]) -> Mapping[str, str]:
    return exchanged({battery: step(points) for battery, points in values.items()}, {}, 0.01)


def new(values: Mapping[str, Points]) -> Mapping[str, float]:
    return renewed({battery: (points[-1][1], step(points)) for battery, points in values.items()}, {}, 0.01)


def test_a_loose_contact_by_hand() -> None:
    """Steps of 40 % each way: ln 1.4 is 0.336."""
    assert unsteadiness([1.0, 1.4, 1.0, 1.4, 1.0, 1.4], 0.015) == pytest.approx(1.336, abs=1e-3)
    assert unsteadiness([1.0, 1.4, 1.0, 1.4, 1.0], 0.015) == 1.0  # five tests are too few


@pytest.mark.parametrize("spread", [0.2, 0.25, 0.4])
def test_a_contact_at_random_is_found_within_eight_tests(spread: float) -> None:
    late = 0
    for seed in range(50):
        random = Random(seed)
        values = [random.gauss(1, 0.01) for _ in range(10)]
        values += [1 + random.uniform(-spread, spread) for _ in range(8)]
        late += all(unsteadiness(values[:count], 0.015) == 1.0 for count in range(11, 19))
    assert late <= (10 if spread < 0.25 else 5)


@pytest.mark.parametrize("noise", [0.01, 0.03, 0.05])
def test_noise_and_ageing_are_steady(noise: float) -> None:
    for seed in range(50):
        random = Random(seed)
        level = [random.gauss(1, noise) for _ in range(60)]
        assert unsteadiness(level, noise) == 1.0
        dry = [value * (1 + 0.04 * number) for number, value in enumerate(level[:25])]
        assert unsteadiness(dry, noise) == 1.0
    assert unsteadiness([1.0] * 10 + [1.5] * 10, 0.01) == 1.0  # one step


def test_it_ends_when_the_contact_was_tightened() -> None:
    loose = [1.0, 1.4, 1.0, 1.4, 1.0, 1.4]
    assert unsteadiness([*loose, *[1.0] * 4], 0.015) == 1.0


def test_two_exchanged_batteries_by_hand() -> None:
    values = {
        "a": weekly(*[1.0] * 10, 1.22, 1.21),
        "b": weekly(*[1.22] * 10, 1.01, 1.0),
        "c": weekly(*[1.1] * 12),
    }
    assert swapped(values) == {"a": "b", "b": "a"}
    # Put right after two tests: the values are those of before.
    back = {"a": weekly(*[1.0] * 10, 1.22, 1.21, 1.0, 1.0), "b": weekly(*[1.22] * 10, 1.01, 1.0, 1.22, 1.22)}
    assert swapped(back) == {}


@pytest.mark.parametrize(
    ("before", "new", "suspected"),
    [
        (1.26, True, True),  # ln(1.26 / 1.22) is 0.032: alike
        (1.29, False, True),  # 0.056: no longer, but not twice as far off
        (1.35, False, False),  # 0.101
    ],
)
def test_a_suspected_exchange_stays_until_the_values_are_twice_as_far_apart(
    before: float, *, new: bool, suspected: bool
) -> None:
    values = {"a": weekly(*[1.0] * 10, 1.22, 1.22), "b": weekly(*[before] * 10, 1.0, 1.0)}
    pair = {"a": "b", "b": "a"}
    assert (swapped(values) == pair) is new
    assert (exchanged({name: step(points) for name, points in values.items()}, pair, 0.01) == pair) is suspected


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (1.4, 1.0),  # one rises to a value that the other never had
        (1.0, 1.0),  # only one has changed
        (1.22, 1.22),  # … or the other
    ],
)
def test_what_is_no_exchange(a: float, b: float) -> None:
    values = {"a": weekly(*[1.0] * 10, a, a), "b": weekly(*[1.22] * 10, b, b)}
    assert swapped(values) == {}


def test_a_new_battery_by_hand() -> None:
    others = {name: weekly(*[1.0] * 12) for name in "bcd"}
    assert new({"a": weekly(*[1.35] * 10, 0.98, 0.98), **others}) == {"a": 70 * DAY}
    assert new({"a": weekly(*[1.35] * 11, 0.98), **others}) == {}  # once may be a bad test
    assert new({"a": weekly(*[1.9] * 10, 1.4, 1.4), **others}) == {}  # not that of a new one
    assert new({"a": weekly(*[1.1] * 10, 0.98, 0.98), **others}) == {}  # a small fall
    assert new({"a": weekly(*[1.35] * 10, 0.98, 0.98)}) == {}  # nothing to compare with
    # A battery that was as good as the others may have a loose contact, so that four tests are needed.
    assert new({"a": weekly(*[1.0] * 10, 0.75, 0.75), **others}) == {}
    assert new({"a": weekly(*[1.0] * 10, *[0.75] * 4), **others}) == {"a": 70 * DAY}
    # The tests of a loose contact differ on each side of a step.
    assert new({"a": weekly(*[1.0] * 8, 1.38, 0.8, 1.35, 0.98, 0.98), **others}) == {}
    assert new({"a": weekly(*[1.35] * 10, 0.98, 0.7), **others}) == {}


def test_a_loose_contact_is_seldom_taken_for_a_new_or_exchanged_battery() -> None:
    """A contact at random: ±40 % of the resistance in each test, from the tenth on."""
    mistaken = 0
    for seed in range(100):
        random = Random(seed)
        values = {name: weekly(*(random.gauss(1, 0.015) for _ in range(18))) for name in "bcdef"}
        loose = [random.gauss(1, 0.015) for _ in range(10)] + [1 + random.uniform(-0.4, 0.4) for _ in range(8)]
        found = False
        for count in range(11, 19):
            seen = {name: points[:count] for name, points in {"a": weekly(*loose), **values}.items()}
            found |= "a" in new(seen) or "a" in swapped(seen)
        mistaken += found
    assert mistaken <= 3


def test_a_step_is_between_two_tests() -> None:
    found = step(weekly(1.0, 1.0, 1.0, 1.5, 1.5))
    assert found is not None
    assert (found.at, found.before, found.after, found.tests) == (21 * DAY, 1.0, 1.5, 2)
    assert step(weekly(1.0, 1.1)) is None


def test_a_limit_has_a_hysteresis_of_two_tests() -> None:
    assert held([1.31], 1.3, 0.05)
    assert held([1.31, 1.24, 1.26], 1.3, 0.05)
    assert held([1.31, 1.24, 1.29], 1.3, 0.05)
    assert not held([1.31, 1.24, 1.24], 1.3, 0.05)
    assert not held([1.29], 1.3, 0.05)
    assert held([1.31, 1.24, 1.24, 1.3], 1.3, 0.05)


def test_only_a_step_to_the_value_of_another_battery_waits_for_its_test() -> None:
    values = {"a": weekly(*[1.0] * 10, 1.22), "b": weekly(*[1.22] * 10), "c": weekly(*[1.0] * 10)}
    assert may_be_exchanged("a", values, {"a"}, 0.01)
    assert not may_be_exchanged("a", values, {"a", "b"}, 0.01)  # the other one was tested
    assert not may_be_exchanged("a", {**values, "a": weekly(*[1.0] * 10, 1.5)}, {"a"}, 0.01)  # no battery has that
    assert not may_be_exchanged("c", values, {"c"}, 0.01)  # no step
