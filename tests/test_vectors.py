"""Frames that go wrong, and what must never be sent, over the real stack on a real serial device.

The frames that each family reads and writes are in `vectors/`, and `test_profile_contract.py` runs them.
"""

from far_end import FarEnd, frame
import pytest

from custom_components.battery_bank.monitor.errors import (
    NoAnswerError,
    RefusedError,
    UnknownCommandError,
    UnreadableAnswerError,
)
from custom_components.battery_bank.monitor.line.commissioning import set_baudrate
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.monitor.model import CommandName, StringReading

READ_TA_1 = frame("01 03 00 01 00 03 54 0B")
ANSWER_TA_1 = frame("01 03 06 08 CB 00 FA 01 E0 A5 C4")
READ_TC_1 = frame("01 03 00 03 00 03 F5 CB")
# 0x8012 = -1.8 A, 0x8000 = 0 °C, 0x00FB = 25.1 °C
ANSWER_TC_1 = frame("01 03 06 80 12 80 00 00 FB EE F5")
RESISTANCE_TEST_TA_1 = frame("01 06 00 0C F0 F0 0D 8D")
RESET_TA_1 = frame("01 06 00 0B F0 F0 BC 4C")


async def test_the_current_of_an_inverted_string_module_has_the_other_sign() -> None:
    far_end = FarEnd({READ_TC_1: ANSWER_TC_1})
    profile = PROFILES["tc"]
    async with far_end.link() as link:
        words = (await link.read(1, *profile.block, 0.5)).words
    reading = profile.decode(words, at=0.0, nominal_voltage=12.0, invert_current=True)
    assert isinstance(reading, StringReading)
    assert reading.current == 1.8
    assert reading.ambient_temperature == 0.0


def test_a_resistance_test_is_not_the_reset() -> None:
    """The reset lies one register below the resistance test and takes the same value."""
    command = PROFILES["ta"].command(CommandName.START_RESISTANCE_TEST)
    assert (command.register, command.value) == (0x000C, 0xF0F0)
    assert RESET_TA_1[2:6] == frame("00 0B F0 F0")
    assert RESISTANCE_TEST_TA_1[2:6] == frame("00 0C F0 F0")


@pytest.mark.parametrize(("name", "value"), [(CommandName.START_RESISTANCE_TEST, 17), (CommandName.SET_ADDRESS, None)])
async def test_a_value_goes_only_where_the_command_leaves_it_open(name: CommandName, value: int | None) -> None:
    module = Module(1, PROFILES["ta"], pace=SERIAL, nominal_voltage=12.0)
    async with FarEnd().link() as link:
        with pytest.raises(UnknownCommandError):
            await Line(link, []).command(module, name, value)


async def test_a_speed_that_the_register_cannot_hold_is_not_written() -> None:
    far_end = FarEnd()
    module = Module(1, PROFILES["ta"], pace=SERIAL, nominal_voltage=12.0)  # 100 bit/s in one count
    async with far_end.link() as link:
        with pytest.raises(UnknownCommandError, match="RMS-TA has no speed of 9650 bit/s"):
            await set_baudrate(Line(link, []), module, 9650)
    assert far_end.heard == b""


async def test_an_answer_with_a_wrong_checksum_is_garbled() -> None:
    async with FarEnd({READ_TA_1: ANSWER_TA_1[:-1] + b"\x00"}).link() as link:
        with pytest.raises(UnreadableAnswerError):
            await link.read(1, 1, 3, 0.5)


async def test_an_exception_is_a_refusal() -> None:
    async with FarEnd({READ_TA_1: frame("01 83 02 C0 F1")}).link() as link:
        with pytest.raises(RefusedError, match="exception 2"):
            await link.read(1, 1, 3, 0.5)


async def test_no_answer_is_silence() -> None:
    async with FarEnd().link() as link:
        with pytest.raises(NoAnswerError, match=r"no answer within 0\.10 s"):
            await link.read(1, 1, 3, 0.1)


async def test_a_late_answer_is_not_taken_for_the_next_modules() -> None:
    """Module 1 answers after its time is up, while module 2 is asked the same."""
    read_2 = frame("02 03 00 01 00 03 54 38")
    answer_2 = frame("02 03 06 34 58 00 E6 11 94 FC 34")
    far_end = FarEnd({READ_TA_1 + read_2: ANSWER_TA_1 + answer_2})
    async with far_end.link() as link:
        with pytest.raises(NoAnswerError):
            await link.read(1, 1, 3, 0.1)
        assert (await link.read(2, 1, 3, 0.5)).words == [0x3458, 0x00E6, 0x1194]
