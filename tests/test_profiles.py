"""What the registers of the known families mean. What every family must keep is in `test_profile_contract.py`."""

import pytest

from custom_components.battery_bank.monitor.errors import UnknownCommandError
from custom_components.battery_bank.monitor.line.module_profile import sign_magnitude
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.model import BatteryReading, CommandName


def decode(profile: str, *words: int, nominal_voltage: float = 12.0) -> BatteryReading:
    reading = PROFILES[profile].decode([*words], at=0.0, nominal_voltage=nominal_voltage)
    assert isinstance(reading, BatteryReading)
    return reading


@pytest.mark.parametrize(
    ("word", "value"),
    [(0x0000, 0.0), (0x8000, 0.0), (0x0012, 1.8), (0x8012, -1.8), (0x7FFF, 3276.7), (0xFFFF, -3276.7)],
)
def test_sign_and_magnitude(word: int, value: float) -> None:
    assert sign_magnitude(0, 0.1).decode([word]) == value


def test_resistance_zero_means_not_tested_yet() -> None:
    reading = decode("ta", 13600, 250, 0)
    assert reading.resistance is None
    assert not reading.faults


@pytest.mark.parametrize(
    ("nominal_voltage", "millivolts", "plausible"),
    [
        (12.0, 45000, False),  # what no 12 V block can show
        (12.0, 13600, True),
        (12.0, 7000, True),  # shorted cells, or run flat: that must be seen
        (12.0, 2200, False),  # a 2 V cell where a 12 V block should be
        (2.0, 2251, True),
        (2.0, 13600, False),
        (6.0, 6800, True),
        (6.0, 13600, False),
        (1.2, 1400, True),
        (12.0, 0, False),  # the battery feeds its module
    ],
)
def test_voltage_is_plausible_by_type(nominal_voltage: float, millivolts: int, plausible: bool) -> None:
    reading = decode("ta", millivolts, 250, 4500, nominal_voltage=nominal_voltage)
    assert ("voltage" not in reading.faults) is plausible
    assert reading.voltage == (millivolts / 1000 if plausible else None)
    # The other values of the same answer stand.
    assert reading.temperature == 25.0
    assert reading.resistance == 0.0045


def test_a_fault_says_what_was_read_and_what_could_have_been() -> None:
    assert str(decode("ta", 45000, 250, 4500).faults["voltage"]) == "voltage 45 V is outside 3 to 19.2 V"
    assert str(decode("ta", 13600, 2000, 4500).faults["temperature"]) == "temperature 200 °C is outside -40 to 100 °C"


def test_a_resistance_with_all_bits_set_is_a_fault() -> None:
    assert "resistance" in decode("ta", 13600, 250, 0xFFFF).faults


def test_tv_has_no_resistance() -> None:
    profile = PROFILES["tv"]
    assert profile.block == (1, 2)
    reading = decode("tv", 13600, 250)
    assert reading.resistance is None
    with pytest.raises(UnknownCommandError, match="CELLCHECK TV has no command start_resistance_test"):
        profile.command(CommandName.START_RESISTANCE_TEST)
