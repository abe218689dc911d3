"""From modules to strings."""

from dataclasses import replace

import pytest

from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.scan import Found, Verdict
from custom_components.battery_bank.monitor.line.string_proposal import propose_strings
from custom_components.battery_bank.monitor.model import BatteryReading


def found(*described: tuple[str, range | list[int]], voltage: float = 13.6) -> list[Found]:
    ones = []
    for what, unit_ids in described:
        for unit_id in unit_ids:
            if what in PROFILES:
                reading = BatteryReading(at=0.0, voltage=voltage) if what != "tc" else None
                ones.append(Found(unit_id=unit_id, verdict=Verdict.KNOWN, profile=PROFILES[what], reading=reading))
            else:
                ones.append(Found(unit_id=unit_id, verdict=Verdict(what)))
    return sorted(ones, key=lambda one: one.unit_id)


def shape(*described: tuple[str, range | list[int]], count: int | None = None) -> list[tuple[int, int, int | None]]:
    """Return first and last battery and the string module of each proposal."""
    return [
        (one.batteries[0], one.batteries[-1], one.string_module) for one in propose_strings(found(*described), count)
    ]


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ((("ta", range(1, 21)),), [(1, 20, None)]),
        ((("ta", range(1, 21)), ("tc", [206])), [(1, 20, 206)]),
        ((("ta", range(1, 21)), ("tc", [21]), ("ta", range(22, 42)), ("tc", [42])), [(1, 20, 21), (22, 41, 42)]),
        ((("tc", [100, 200]), ("ta", range(101, 125)), ("ta", range(201, 225))), [(101, 124, 100), (201, 224, 200)]),
        # One row of addresses with two string modules behind it is two strings.
        ((("ta", range(1, 41)), ("tc", [41, 42])), [(1, 20, 41), (21, 40, 42)]),
        # … but not where it can't be shared out evenly.
        ((("ta", range(1, 42)), ("tc", [101, 102])), [(1, 41, 101)]),
        ((("ta", range(1, 5)), ("tc", [11, 12, 13])), [(1, 4, 11)]),
        # The only string module belongs to the row beside it.
        ((("ta", range(1, 5)), ("ta", range(11, 15)), ("tc", [15])), [(1, 4, None), (11, 14, 15)]),
        ((("ta", range(1, 5)), ("tv", range(5, 9))), [(1, 4, None), (5, 8, None)]),
        ((("tc", [1, 2]),), []),
        ((("unknown", [1]), ("garbled", [2]), ("silent", [3])), []),
    ],
)
def test_runs_become_strings(
    described: tuple[tuple[str, range | list[int]], ...], expected: list[tuple[int, int, int | None]]
) -> None:
    assert shape(*described) == expected


def test_a_battery_whose_module_fails_keeps_its_place() -> None:
    (proposal,) = propose_strings(
        found(("ta", [1, 2, 3, 5, 6, 9, 10]), ("silent", [4, 7, 11, 12]), ("garbled", [8]), ("tc", [20]))
    )
    assert proposal.batteries == tuple(range(1, 11))
    assert proposal.missing == (4, 7, 8)


def test_another_module_in_between_ends_the_run() -> None:
    assert shape(("ta", [1, 2, 4, 5]), ("unknown", [3])) == [(1, 2, None), (4, 5, None)]


def test_a_wide_gap_ends_the_run() -> None:
    assert shape(("ta", [1, 2, 6, 7]), ("silent", [3, 4, 5])) == [(1, 2, None), (6, 7, None)]


def test_somebody_who_has_seen_them_may_say_how_many_they_are() -> None:
    assert shape(("ta", range(1, 41)), count=2) == [(1, 20, None), (21, 40, None)]
    assert shape(("ta", range(1, 41)), count=4) == [(1, 10, None), (11, 20, None), (21, 30, None), (31, 40, None)]
    assert shape(("ta", range(1, 41)), ("tc", [41, 42]), count=1) == [(1, 40, 41)]
    assert shape(("ta", range(1, 19)), ("ta", range(31, 53)), count=2) == [(1, 18, None), (31, 52, None)]
    assert shape(("ta", range(1, 21)), ("ta", range(31, 51)), count=1) == [(1, 50, None)]


@pytest.mark.parametrize(("batteries", "count"), [(40, 3), (4, 3), (20, 11), (2, 4)])
def test_what_does_not_divide_is_not_proposed(batteries: int, count: int) -> None:
    assert shape(("ta", range(1, batteries + 1)), count=count) == []


def test_two_families_are_never_one_string() -> None:
    assert shape(("ta", range(1, 5)), ("tv", range(5, 9)), count=1) == [(1, 4, None)]  # to be corrected by hand
    assert shape(("ta", range(1, 5)), ("tv", range(5, 9)), count=4) == []


@pytest.mark.parametrize(
    ("measured", "nominal"),
    [(1.4, 1.2), (1.0, 1.2), (2.25, 2.0), (1.8, 2.0), (6.8, 6.0), (5.2, 6.0), (13.6, 12.0), (10.5, 12.0), (9.6, 12.0)],
)
def test_the_nominal_voltage_shows(measured: float, nominal: float) -> None:
    (proposal,) = propose_strings(found(("ta", range(1, 5)), voltage=measured))
    assert proposal.nominal_voltage == nominal


def test_a_battery_without_a_voltage_says_nothing_of_the_nominal_voltage() -> None:
    unread = [replace(one, reading=None) for one in found(("ta", range(1, 5)))]
    (proposal,) = propose_strings(unread)
    assert proposal.nominal_voltage == 12.0  # the usual one
    (proposal,) = propose_strings([*unread[:3], *found(("ta", [4]), voltage=2.25)])
    assert proposal.nominal_voltage == 2.0


def test_rows_of_different_length_are_not_divided_by_string_modules_alone() -> None:
    """Three batteries and five are no two strings of four, whatever is beside them."""
    described = (("ta", range(1, 4)), ("ta", range(11, 16)), ("tc", [100, 101]))
    assert [(first, last) for first, last, _ in shape(*described)] == [(1, 3), (11, 15)]


def test_a_flat_battery_does_not_change_the_nominal_voltage() -> None:
    ones = found(("ta", range(1, 4)))
    flat = BatteryReading(at=0.0, voltage=2.1)
    ones[1] = Found(unit_id=2, verdict=Verdict.KNOWN, profile=PROFILES["ta"], reading=flat)
    assert propose_strings(ones)[0].nominal_voltage == 12.0
