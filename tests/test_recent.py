"""The last two hours of a string: means of ten minutes, and which falls are those of a string without a charger."""

from collections.abc import Sequence

import pytest

from custom_components.battery_bank.monitor.battery.counters import LONGEST_GAP
from custom_components.battery_bank.monitor.battery.operating_state import Cells
from custom_components.battery_bank.monitor.battery.recent import Mean, Recent, step

TEN_MINUTES = 600.0


def cells(voltage: float, compensation: float = 0.0) -> Cells:
    return Cells(voltage=voltage, compensation=compensation)


def recorded(*samples: tuple[float, float, float | None], before: Recent | None = None) -> Recent:
    """Return what is kept of samples: s, V per cell, A. The compensation is a tenth of the voltage."""
    recent = before or Recent()
    for at, voltage, current in samples:
        recent = step(recent, cells(voltage, voltage / 10), current, at)
    return recent


def means(voltages: Sequence[float], compensations: Sequence[float] | None = None) -> Recent:
    others = compensations or [0.0] * len(voltages)
    return Recent(
        means=tuple(
            Mean(at=TEN_MINUTES * number, voltage=voltage, compensation=other, current=None)
            for number, (voltage, other) in enumerate(zip(voltages, others, strict=True))
        )
    )


def test_a_mean_counts_each_sample_for_the_time_since_the_one_before() -> None:
    """50 s at 2.0 V and -10 A, 550 s at 2.12 V and -22 A; the first sample only begins."""
    samples = [
        (1000.0, 9.0, -99.0),
        (1050.0, 2.0, -10.0),
        *((1050.0 + 55.0 * one, 2.12, -22.0) for one in range(1, 10)),
    ]
    almost = recorded(*samples)
    assert almost.means == ()
    (mean,) = recorded((1600.0, 2.12, -22.0), before=almost).means
    assert mean.at == 1300.0
    assert mean.voltage == pytest.approx(2.11)
    assert mean.compensation == pytest.approx(0.211)
    assert mean.at_reference == pytest.approx(2.11 - 0.211)
    assert mean.current == pytest.approx(-21.0)


def test_a_current_that_was_unknown_once_has_no_mean_and_the_next_ten_minutes_have_one() -> None:
    samples = [(60.0 * number, 2.1, None if number == 3 else -5.0) for number in range(21)]
    assert [one.current for one in recorded(*samples).means] == [None, pytest.approx(-5.0)]


def test_a_gap_in_the_voltages_or_a_clock_that_is_set_back_begins_the_means_again() -> None:
    before = recorded(*((60.0 * number, 2.1, 0.0) for number in range(15)))
    last = 60.0 * 14
    assert len(recorded((last + LONGEST_GAP, 2.1, 0.0), before=before).means) == 1
    assert recorded((last + LONGEST_GAP + 1, 2.1, 0.0), before=before) == Recent(
        begun=last + LONGEST_GAP + 1, latest=last + LONGEST_GAP + 1
    )
    assert recorded((last - 1, 2.1, 0.0), before=before).means == ()
    assert len(recorded((last, 2.1, 0.0), before=before).means) == 1
    assert step(before, None, 0.0, last + 30) is before


def test_two_hours_are_kept() -> None:
    kept = recorded(*((60.0 * number, 2.0 + number / 1000, 0.0) for number in range(200))).means
    assert len(kept) == 12
    assert kept[-1].at - kept[0].at == 110 * 60.0
    assert kept[0].voltage < kept[-1].voltage


@pytest.mark.parametrize(
    ("voltages", "sinks"),
    [
        # 15 mV in an hour are 5 mV from the first of three means to the last one.
        ([2.1051, 2.1025, 2.1], True),
        ([2.1049, 2.1025, 2.1], False),
        # 7.5 mV in an hour are 2.5 mV, if the voltage is 20 mV lower than it was in these two hours.
        ([2.1201, 2.1026, 2.1013, 2.1], True),
        ([2.1199, 2.1026, 2.1013, 2.1], False),
        ([2.1201, 2.1024, 2.1012, 2.1], False),
        # Each mean is lower than the one before by 0.3 mV.
        ([2.107, 2.10031, 2.1], True),
        ([2.107, 2.10029, 2.1], False),
        ([2.107, 2.1068, 2.1], False),
        # Three means show a trend.
        ([2.12, 2.10], False),
        ([2.11, 2.12, 2.11, 2.10], True),
    ],
)
def test_a_string_without_a_charger_sinks_so(voltages: list[float], sinks: bool) -> None:
    assert means(voltages).sinking is sinks
    assert means(voltages).trend.sinking is sinks


def test_a_charger_that_follows_a_room_that_gets_warmer_is_no_string_that_sinks() -> None:
    falling = [2.27, 2.26, 2.25]
    assert means(falling, [0.0, 0.0, 0.0]).sinking
    assert not means(falling, [0.0, -0.01, -0.02]).sinking
    assert not means([2.27, 2.27, 2.27], [0.0, 0.01, 0.02]).sinking


@pytest.mark.parametrize(
    ("voltages", "steady"),
    [
        ([2.1009, 2.1, 2.1004], True),
        ([2.1011, 2.1, 2.1004], False),
        ([2.1, 2.15, 2.1011], True),  # it rises by 1 mV, which the voltage of an open string does not
        ([2.1, 2.15, 2.1009], False),
        ([2.2, 2.1, 2.1, 2.1], True),  # half an hour counts
        ([2.1, 2.1], False),
    ],
)
def test_a_charger_holds_a_voltage_so(voltages: list[float], steady: bool) -> None:
    assert means(voltages).steady is steady
    assert means(voltages).trend.steady is steady


def test_a_charger_that_follows_the_temperature_holds_the_voltage_at_25_degrees() -> None:
    assert means([2.27, 2.26, 2.25], [0.0, -0.01, -0.02]).steady
    assert not means([2.27, 2.26, 2.25], [0.0, 0.01, 0.02]).steady


def test_the_last_voltage_of_the_trend_is_that_of_the_last_ten_minutes() -> None:
    assert means([2.3, 2.2]).trend.last == 2.2
    assert Recent().trend.last is None
