"""The contract that every module family keeps, the template included: its profile against its vectors."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
import re
import struct

from far_end import FarEnd, frame
from hypothesis import given, strategies as st
from modbus_connection import IllegalDataAddressError, ModbusTimeoutError
from modbus_connection.mock import MockModbusConnection
import pytest
from tmodbus.utils.crc import calculate_crc16
from vectors import FAMILIES, HUBS, VECTORS, Frame

from custom_components.battery_bank.monitor.line.commissioning import set_baudrate
from custom_components.battery_bank.monitor.line.link import Link, ReadFunction
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.module_profile import NO_REGISTER, Profile, Quantity
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES, profiles_of
from custom_components.battery_bank.monitor.line.scan import Verdict, scan
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.monitor.model import BatteryReading, CommandName, Measures, StringReading

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
MODULES_PAGE = (ROOT / "docs" / "modules.md").read_text()
MOST_REGISTERS = 125  # in one read, by the Modbus application protocol
NOMINAL_VOLTAGES = (1.2, 2.0, 6.0, 12.0)
# What the rest of the product takes for granted.
REQUIRED = {Measures.BATTERY: {"voltage", "temperature"}, Measures.STRING: {"current"}}

EVERY_FAMILY = pytest.mark.parametrize("family", FAMILIES)
EVERY_FRAME = pytest.mark.parametrize(
    ("family", "one"), [(family, one) for family, vectors in VECTORS.items() for one in vectors.frames]
)
EVERY_COMMAND = pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family, profile in FAMILIES.items() for name in profile.commands]
)


@pytest.mark.parametrize(
    ("family", "quantity", "factor", "decimals"),
    [
        ("ta", "resistance", 1000.0, 3),  # a count is 1 µΩ, shown in mΩ
        ("_template", "resistance", 1000.0, 2),  # 10 µΩ
        ("ta", "voltage", 1.0, 3),  # 1 mV
        ("tc", "current", 1.0, 1),  # 0.1 A
    ],
)
def test_a_value_has_the_decimals_of_its_register(family: str, quantity: str, factor: float, decimals: int) -> None:
    assert FAMILIES[family].quantities[quantity].decimals(factor) == decimals


def test_each_family_has_a_profile_file_and_a_vectors_file_of_its_name() -> None:
    assert set(VECTORS) == set(FAMILIES), (
        "each profile needs a file of its name in tests/vectors, and the other way round"
    )
    loaded = {name: profile for name, profile in FAMILIES.items() if not name.startswith("_")}
    of_hubs = {profile.key: profile for found in HUBS.values() for profile in found}
    built_in = {key: profile for key, profile in PROFILES.items() if not key.startswith("own_")}  # of another test
    assert built_in == loaded | of_hubs
    assert {profile.key for profile in built_in.values()} == {*loaded, *of_hubs}


@EVERY_FAMILY
def test_a_profile_measures_what_its_readings_have_and_what_the_product_needs(family: str) -> None:
    profile = FAMILIES[family]
    reading = BatteryReading if profile.measures is Measures.BATTERY else StringReading
    assert REQUIRED[profile.measures] <= set(profile.quantities) <= set(reading.__dataclass_fields__)
    if not family.startswith("_"):
        assert profile in profiles_of(profile.measures)


@EVERY_FAMILY
def test_a_read_stays_within_documented_registers(family: str) -> None:
    profile = FAMILIES[family]
    first, count = profile.block
    assert count <= MOST_REGISTERS
    covered = [
        register
        for quantity in profile.quantities.values()
        for register in range(quantity.register.address, quantity.register.address + quantity.register.count)
    ]
    assert len(covered) == len(set(covered)), "one register for two quantities"
    documented = VECTORS[family].registers(1)
    undocumented = {*range(first, first + count), profile.firmware} - {*documented, NO_REGISTER}
    assert not undocumented, (
        f"tests/vectors/{family}.py: `registers` has to name all registers that are read, those between two values too"
    )


@EVERY_FAMILY
@given(data=st.data())
def test_decode_undoes_encode_over_the_range(family: str, data: st.DataObject) -> None:
    """A value within its plausible limits fits into its registers, and comes back to within half a step."""
    for quantity in FAMILIES[family].quantities.values():
        low, high = quantity.plausible(data.draw(st.sampled_from(NOMINAL_VOLTAGES)))
        value = data.draw(st.floats(low, high))
        words = quantity.register.encode(value)
        assert len(words) == quantity.register.count
        assert quantity.register.decode(words) == pytest.approx(value, abs=0.5001 * quantity.resolution)


@EVERY_FAMILY
@given(data=st.data())
def test_encode_undoes_decode_of_any_words(family: str, data: st.DataObject) -> None:
    for quantity in FAMILIES[family].quantities.values():
        value = quantity.register.decode(_words(data, quantity.register.count))
        if value is not None:
            assert quantity.register.decode(quantity.register.encode(value)) == value


@EVERY_FAMILY
@given(data=st.data(), nominal_voltage=st.sampled_from(NOMINAL_VOLTAGES))
def test_any_words_are_plausible_values_faults_or_no_values(
    family: str, data: st.DataObject, nominal_voltage: float
) -> None:
    profile = FAMILIES[family]
    reading = profile.decode(_words(data, profile.block[1]), at=0.0, nominal_voltage=nominal_voltage)
    for name, quantity in profile.quantities.items():
        value = getattr(reading, name)
        low, high = quantity.plausible(nominal_voltage)
        if name in reading.faults:
            assert value is None
            assert name in str(reading.faults[name])
        elif value is not None:
            assert low <= value <= high


@EVERY_FAMILY
def test_plausible_limits_enclose_a_range_and_noise_is_more_than_nothing(family: str) -> None:
    for quantity in FAMILIES[family].quantities.values():
        low, high = quantity.plausible(2.0)
        assert low < high
        assert quantity.step(high) > 0


@EVERY_FAMILY
def test_the_words_for_no_value_are_no_value_and_no_fault(family: str) -> None:
    profile, vectors = FAMILIES[family], VECTORS[family]
    with_sentinel = {name for name, quantity in profile.quantities.items() if _has_sentinel(quantity)}
    assert set(vectors.no_value) == with_sentinel, (
        "`no_value` of the vectors: the quantities whose register has a `nan`"
    )
    for name, words in vectors.no_value.items():
        reading = profile.decode(_block_with(family, name, words), at=0.0, nominal_voltage=12.0)
        assert getattr(reading, name) is None
        assert name not in reading.faults


@EVERY_FAMILY
def test_values_below_zero_have_the_documents_sign(family: str) -> None:
    profile, vectors = FAMILIES[family], VECTORS[family]
    below_zero = {name for name, quantity in profile.quantities.items() if quantity.low < 0}
    assert set(vectors.negative) == below_zero, "`negative` of the vectors: the quantities that may be below zero"
    for name, (words, value) in vectors.negative.items():
        reading = profile.decode(_block_with(family, name, words), at=0.0, nominal_voltage=12.0)
        assert getattr(reading, name) == value
        assert profile.quantities[name].register.encode(value) == [*words]


@EVERY_FAMILY
def test_the_first_frame_is_the_read_of_a_poll_round(family: str) -> None:
    profile = FAMILIES[family]
    _, function, first, count = _parsed(VECTORS[family].frames[0])
    assert (function, (first, count)) == (profile.read_function, profile.block), "the first frame reads all values"


@EVERY_FAMILY
def test_frames_and_commands_end_with_their_checksum(family: str) -> None:
    """A document without frames has none either: they are made of its registers, and this test tells the checksum."""
    vectors = VECTORS[family]
    lines = [line for one in vectors.frames for line in (one.request, one.answer)]
    for line in [*lines, *(order.request for order in vectors.commands.values())]:
        data = frame(line)
        expected = calculate_crc16(data[:-2]).hex(" ").upper()
        assert line.upper().endswith(expected), f"tests/vectors/{family}.py: {line!r} has to end with {expected}"


@EVERY_FRAME
async def test_a_frame_means_what_its_document_says(family: str, one: Frame) -> None:
    profile = FAMILIES[family]
    unit_id, function, first, count = _parsed(one)
    far_end = FarEnd({frame(one.request): frame(one.answer)})
    async with far_end.link() as link:
        words = (await link.read(unit_id, first, count, 0.5, function)).words
    assert far_end.heard == frame(one.request)
    block, registers = profile.block
    words = words[block - first : block - first + registers]
    reading = profile.decode(words, at=7.0, nominal_voltage=one.nominal_voltage)
    assert {name: getattr(reading, name) for name in profile.quantities} == dict(one.values)
    assert reading.at == 7.0
    assert not reading.faults


@EVERY_COMMAND
async def test_a_command_puts_its_own_bytes_on_the_wire(family: str, name: CommandName) -> None:
    order = VECTORS[family].commands[name]
    expected = frame(order.request)
    far_end = FarEnd({expected: expected})  # function 06 is answered with an echo
    module = Module(1, FAMILIES[family], pace=SERIAL, nominal_voltage=12.0)
    async with far_end.link() as link:
        line = Line(link, [])
        polling = line.poll()
        if name is CommandName.SET_BAUDRATE and order.value is not None:
            asked = asyncio.create_task(set_baudrate(line, module, order.value))
        else:
            asked = asyncio.create_task(line.command(module, name, order.value))
        turn = asyncio.create_task(anext(polling))
        await asked
        turn.cancel()
        await asyncio.gather(turn, return_exceptions=True)
    assert far_end.heard == expected


@EVERY_FAMILY
def test_no_command_writes_a_register_that_must_not_be_written(family: str) -> None:
    profile, vectors = FAMILIES[family], VECTORS[family]
    assert set(vectors.commands) == set(profile.commands), "`commands` of the vectors: an `Order` for each command"
    assert not vectors.never_written & {command.register for command in profile.commands.values()}
    test = profile.commands.get(CommandName.START_RESISTANCE_TEST)
    assert test is None or (test.done is not None and 0 < test.shortest <= test.longest)


@EVERY_FAMILY
@pytest.mark.parametrize("other", FAMILIES)
async def test_a_family_recognises_its_own_modules_and_no_others(family: str, other: str) -> None:
    profile = FAMILIES[family]
    same_function = profile.read_function is FAMILIES[other].read_function
    registers = VECTORS[other].registers(5) if same_function else {}

    async def probe(register: int) -> int | None:
        return registers.get(register)

    assert profile.recognise is not None
    assert await profile.recognise(5, probe) is (family == other)


async def test_one_scan_finds_modules_of_all_families(mock_modbus_connection: MockModbusConnection) -> None:
    addresses = {family: address for address, family in enumerate(FAMILIES, 1)}
    for family, address in addresses.items():
        put(mock_modbus_connection, address, FAMILIES[family], VECTORS[family].registers(address))
    found = await scan(
        Link(mock_modbus_connection.for_unit).read, [*addresses.values()], pace=SERIAL, profiles=FAMILIES
    )
    assert [(one.verdict, one.profile) for one in found] == [(Verdict.KNOWN, FAMILIES[family]) for family in addresses]
    assert all(one.reading is not None and not one.reading.faults for one in found)


async def test_a_module_without_a_firmware_register_is_found_by_its_first_value(
    mock_modbus_connection: MockModbusConnection,
) -> None:
    profile = replace(FAMILIES["_template"], firmware=NO_REGISTER)
    unit = mock_modbus_connection.for_unit(1)
    unit.input.update(VECTORS["_template"].registers(1))
    for register in range(0x20):
        if register != 0x11:  # the one by which it is recognised
            unit.fail_read(register, ModbusTimeoutError("no answer"), register_type="input")
    (found,) = await scan(
        Link(mock_modbus_connection.for_unit).read, [1], pace=SERIAL, profiles={"ta": FAMILIES["ta"], "acme": profile}
    )
    assert (found.verdict, found.profile) == (Verdict.KNOWN, profile)


@pytest.mark.parametrize("family", [family for family in FAMILIES if not family.startswith("_")])
def test_a_family_has_its_section_on_the_page_of_modules(family: str) -> None:
    profile = PROFILES[family]
    sections = [part for part in MODULES_PAGE.split("\n## ") if part.startswith(f"{profile.model},")]
    heading = "on a battery" if profile.measures is Measures.BATTERY else "on a string"
    assert len(sections) == 1, f"docs/modules.md needs one section `## {profile.model}, {heading}`"
    assert f"`profiles/{family}.py`" in sections[0], f"the section has to name its code: `profiles/{family}.py`"
    read = {*range(profile.block[0], sum(profile.block)), profile.firmware} - {NO_REGISTER}
    assert f"**{profile.model}**" in README, f"README.md, Which modules: a row that begins with **{profile.model}**"
    read |= {command.register for command in profile.commands.values()}
    undocumented = read - _registers_of(sections[0])
    assert not undocumented, (
        f"the table of `## {profile.model}` in docs/modules.md needs a row for each of these registers"
    )


def put(connection: MockModbusConnection, address: int, profile: Profile, registers: Mapping[int, int]) -> None:
    """Put a module at an address; registers that it doesn't have are refused."""
    unit = connection.for_unit(address)
    of_input = profile.read_function is ReadFunction.INPUT_REGISTERS
    (unit.input if of_input else unit.holding).update(registers)
    for register in range(0x200):
        if register not in registers or of_input:
            unit.fail_read(register, IllegalDataAddressError(), register_type="holding")
        if register not in registers or not of_input:
            unit.fail_read(register, IllegalDataAddressError(), register_type="input")


def _words(data: st.DataObject, count: int) -> list[int]:
    return data.draw(st.lists(st.integers(0, 0xFFFF), min_size=count, max_size=count))


def _has_sentinel(quantity: Quantity) -> bool:
    return getattr(quantity.register, "nan", None) is not None


def _block_with(family: str, name: str, words: tuple[int, ...]) -> list[int]:
    """Return the words of a healthy module, with those of one quantity replaced."""
    profile, registers = FAMILIES[family], VECTORS[family].registers(1)
    first, count = profile.block
    address = profile.quantities[name].register.address
    return [
        words[register - address] if 0 <= register - address < len(words) else registers[register]
        for register in range(first, first + count)
    ]


def _parsed(one: Frame) -> tuple[int, ReadFunction, int, int]:
    """Return unit id, function, first register and count of a read."""
    unit_id, function, first, count = struct.unpack(">BBHH", frame(one.request)[:6])
    return unit_id, ReadFunction(function), first, count


def _registers_of(section: str) -> set[int]:
    """Return the registers of a table, whose first column has numbers such as 0x000A, 10 or 10-11."""
    found = set[int]()
    for row in re.findall(r"^\| *([0-9][^|]*)\|", section, re.MULTILINE):
        first, *last = [int(number, 0) for number in row.strip().split("-")]
        found.update(range(first, (last or [first])[0] + 1))
    return found
