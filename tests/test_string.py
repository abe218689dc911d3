"""What the batteries of a string say together."""

from hypothesis import given, strategies as st

from custom_components.battery_bank.monitor.battery.string_summary import Extreme, StringSummary, summarise
from custom_components.battery_bank.monitor.model import BatteryReading

NONE = StringSummary()


def battery(voltage: float | None, temperature: float | None = 23.0) -> BatteryReading:
    return BatteryReading(at=0.0, voltage=voltage, temperature=temperature)


def test_a_whole_string() -> None:
    summary = summarise({1: battery(13.5), 2: battery(13.8, 24.5), 3: battery(13.2)}, NONE)
    assert summary.voltage == 40.5
    assert summary.highest == Extreme(number=2, value=13.8)
    assert summary.lowest == Extreme(number=3, value=13.2)
    assert summary.spread is not None
    assert round(summary.spread, 6) == 0.6
    assert summary.hottest == Extreme(number=2, value=24.5)


def test_a_silent_battery_leaves_the_sum_unknown_but_hides_nobody() -> None:
    summary = summarise({1: battery(13.5), 2: None, 3: battery(13.2, 51.0)}, NONE)
    assert summary.voltage is None
    assert summary.lowest == Extreme(number=3, value=13.2)
    assert summary.hottest == Extreme(number=3, value=51.0)


def test_a_voltage_that_cannot_be_counts_as_none() -> None:
    summary = summarise({1: battery(13.5), 2: battery(None)}, NONE)
    assert (summary.voltage, summary.spread) == (None, None)
    assert summary.highest == summary.lowest == Extreme(number=1, value=13.5)


def test_nobody_heard() -> None:
    assert summarise({1: None, 2: None}, NONE) == NONE
    assert summarise({}, NONE) == NONE


def test_equal_batteries_spread_by_nothing() -> None:
    assert summarise({1: battery(13.5), 2: battery(13.5)}, NONE).spread == 0.0


def test_who_stood_out_goes_on_to_until_surpassed_by_more_than_noise() -> None:
    before = summarise({1: battery(13.500), 2: battery(13.504)}, NONE, voltage_noise=0.007)
    assert before.lowest == Extreme(number=1, value=13.5)
    swapped = summarise({1: battery(13.504), 2: battery(13.500)}, before, voltage_noise=0.007)
    assert swapped.lowest == Extreme(number=1, value=13.504)
    surpassed = summarise({1: battery(13.504), 2: battery(13.490)}, swapped, voltage_noise=0.007)
    assert surpassed.lowest == Extreme(number=2, value=13.490)
    gone = summarise({1: battery(13.504), 2: None}, surpassed, voltage_noise=0.007)
    assert gone.lowest == Extreme(number=1, value=13.504)


@given(
    voltages=st.lists(st.none() | st.floats(0.5, 20), min_size=1, max_size=30),
    noise=st.floats(0, 0.05),
    before=st.integers(1, 30),
)
def test_the_extremes_are_never_further_off_than_noise(voltages: list[float | None], noise: float, before: int) -> None:
    readings = {number: None if volts is None else battery(volts) for number, volts in enumerate(voltages, 1)}
    stood_out = StringSummary(highest=Extreme(number=before, value=0.0), lowest=Extreme(number=before, value=99.0))
    summary = summarise(readings, stood_out, voltage_noise=noise)
    known = [volts for volts in voltages if volts is not None]
    if not known:
        assert summary == NONE
        return
    assert summary.highest is not None
    assert summary.lowest is not None
    assert 0 <= max(known) - summary.highest.value <= noise
    assert 0 <= summary.lowest.value - min(known) <= noise
    assert voltages[summary.highest.number - 1] == summary.highest.value
