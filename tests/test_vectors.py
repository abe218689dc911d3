"""The documents' bytes, typed by hand, over the real stack on a real serial device."""

import asyncio

from far_end import FarEnd, frame
import pytest

from custom_components.battery_bank.monitor.errors import GarbledError, RefusedError, SilentError, UnknownCommandError
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.monitor.model import BatteryReading, CommandName, StringReading

READ_TA_1 = frame("01 03 00 01 00 03 54 0B")
ANSWER_TA_1 = frame("01 03 06 08 CB 00 FA 01 E0 A5 C4")
READ_TC_1 = frame("01 03 00 03 00 03 F5 CB")
# 0x8012 = -1.8 A, 0x8000 = 0 °C, 0x00FB = 25.1 °C
ANSWER_TC_1 = frame("01 03 06 80 12 80 00 00 FB EE F5")
RESISTANCE_TEST_TA_1 = frame("01 06 00 0C F0 F0 0D 8D")
RESET_TA_1 = frame("01 06 00 0B F0 F0 BC 4C")
BLINK_TV_1 = frame("01 06 00 1C 00 01 89 CC")
ADDRESS_TA_1 = frame("01 06 00 0E 00 11 28 05")
ADDRESS_TC_1 = frame("01 06 00 09 00 CE D8 5C")
SPEED_TA_1 = frame("01 06 00 15 00 C0 98 5E")
SPEED_TC_1 = frame("01 06 00 10 00 C0 88 5F")


async def test_ta_reads_voltage_temperature_and_resistance_in_one() -> None:
    far_end = FarEnd({READ_TA_1: ANSWER_TA_1})
    profile = PROFILES["ta"]
    async with far_end.link() as link:
        words, _ = await link.read(1, *profile.block, 0.5)
    assert far_end.heard == READ_TA_1
    reading = profile.decode(words, at=7.0, nominal_voltage=2.0)
    assert isinstance(reading, BatteryReading)
    assert (reading.voltage, reading.temperature, reading.resistance) == (2.251, 25.0, 0.00048)
    assert reading.at == 7.0
    assert words == [0x08CB, 0x00FA, 0x01E0]
    assert not reading.faults


async def test_tc_reads_current_and_temperatures_in_sign_and_magnitude() -> None:
    far_end = FarEnd({READ_TC_1: ANSWER_TC_1})
    profile = PROFILES["tc"]
    async with far_end.link() as link:
        words, _ = await link.read(1, *profile.block, 0.5)
    assert far_end.heard == READ_TC_1
    reading = profile.decode(words, at=0.0, nominal_voltage=12.0)
    assert isinstance(reading, StringReading)
    assert (reading.current, reading.ambient_temperature, reading.second_temperature) == (-1.8, 0.0, 25.1)
    inverted = profile.decode(words, at=0.0, nominal_voltage=12.0, invert_current=True)
    assert isinstance(inverted, StringReading)
    assert inverted.current == 1.8
    assert inverted.ambient_temperature == 0.0


@pytest.mark.parametrize(
    ("profile", "name", "value", "expected"),
    [
        ("ta", CommandName.START_RESISTANCE_TEST, None, RESISTANCE_TEST_TA_1),
        ("tv", CommandName.BLINK, None, BLINK_TV_1),
        ("ta", CommandName.SET_ADDRESS, 17, ADDRESS_TA_1),
        ("tv", CommandName.SET_ADDRESS, 17, ADDRESS_TA_1),
        ("tc", CommandName.SET_ADDRESS, 206, ADDRESS_TC_1),
        ("ta", CommandName.SET_BAUDRATE, 192, SPEED_TA_1),
        ("tv", CommandName.SET_BAUDRATE, 192, SPEED_TA_1),
        ("tc", CommandName.SET_BAUDRATE, 192, SPEED_TC_1),
    ],
)
async def test_each_command_puts_its_own_bytes_on_the_wire(
    profile: str, name: CommandName, value: int | None, expected: bytes
) -> None:
    far_end = FarEnd({expected: expected})  # function 06 is answered with an echo
    module = Module(1, PROFILES[profile], pace=SERIAL, nominal_voltage=12.0)
    async with far_end.link() as link:
        line = Line(link, [])
        polling = line.poll()
        asked = asyncio.create_task(line.command(module, name, value))
        turn = asyncio.create_task(anext(polling))
        await asked
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
    assert far_end.heard == expected


def test_no_command_of_any_module_is_the_reset() -> None:
    """The reset lies one register below the resistance test and takes the same value."""
    ends = {(command.register, command.value) for one in PROFILES.values() for command in one.commands.values()}
    assert ends == {
        (0x000C, 0xF0F0),
        (0x001C, 0x0001),
        *((register, None) for register in (0x0009, 0x000E, 0x0010, 0x0015)),
    }
    assert RESET_TA_1[2:6] == frame("00 0B F0 F0")
    assert RESISTANCE_TEST_TA_1[2:6] == frame("00 0C F0 F0")


@pytest.mark.parametrize(("name", "value"), [(CommandName.START_RESISTANCE_TEST, 17), (CommandName.SET_ADDRESS, None)])
async def test_a_value_goes_only_where_the_command_leaves_it_open(name: CommandName, value: int | None) -> None:
    module = Module(1, PROFILES["ta"], pace=SERIAL, nominal_voltage=12.0)
    async with FarEnd().link() as link:
        with pytest.raises(UnknownCommandError):
            await Line(link, []).command(module, name, value)


async def test_an_answer_with_a_wrong_checksum_is_garbled() -> None:
    async with FarEnd({READ_TA_1: ANSWER_TA_1[:-1] + b"\x00"}).link() as link:
        with pytest.raises(GarbledError):
            await link.read(1, 1, 3, 0.5)


async def test_an_exception_is_a_refusal() -> None:
    async with FarEnd({READ_TA_1: frame("01 83 02 C0 F1")}).link() as link:
        with pytest.raises(RefusedError, match="exception 2"):
            await link.read(1, 1, 3, 0.5)


async def test_no_answer_is_silence() -> None:
    async with FarEnd().link() as link:
        with pytest.raises(SilentError, match=r"no answer within 0\.10 s"):
            await link.read(1, 1, 3, 0.1)


async def test_a_late_answer_is_not_taken_for_the_next_modules() -> None:
    """Module 1 answers after its time is up, while module 2 is asked the same."""
    read_2 = frame("02 03 00 01 00 03 54 38")
    answer_2 = frame("02 03 06 34 58 00 E6 11 94 FC 34")
    far_end = FarEnd({READ_TA_1 + read_2: ANSWER_TA_1 + answer_2})
    async with far_end.link() as link:
        with pytest.raises(SilentError):
            await link.read(1, 1, 3, 0.1)
        assert (await link.read(2, 1, 3, 0.5)).words == [0x3458, 0x00E6, 0x1194]
