"""The contract that every hub keeps: its profiles against its vectors."""

from collections.abc import Callable, Iterable
from pathlib import Path

from foreign_hub import foreign_hub
from hypothesis import given, strategies as st
from modbus_connection import IllegalDataAddressError, ModbusTcpParams, ModbusUnit
from modbus_connection.mock import MockModbusConnection
from modbus_connection.tmodbus import ModbusConnection
import pytest
from vectors import HUB_VECTORS, HUBS

from custom_components.battery_bank.monitor.line.hub import HubLink, Hubs
from custom_components.battery_bank.monitor.line.hub_survey import column_of, string_profile_of
from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.link import ReadFunction
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.module_profile import MOST_REGISTERS, Profile
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP
from custom_components.battery_bank.monitor.model import BatteryReading, Measures, StringReading

HUBS_PAGE = (Path(__file__).parent.parent / "docs" / "hubs.md").read_text()
SPACES = {  # the names that the library's mock has for them
    ReadFunction.COILS: "coil",
    ReadFunction.DISCRETE_INPUTS: "discrete",
    ReadFunction.HOLDING_REGISTERS: "holding",
    ReadFunction.INPUT_REGISTERS: "input",
}
EVERY_HUB = pytest.mark.parametrize("family", HUBS)
EVERY_PROFILE = pytest.mark.parametrize(
    ("family", "profile"), [(family, profile) for family, found in HUBS.items() for profile in found]
)


def module(family: str, string: int, battery: int) -> Module:
    """Return a battery or string of the hub of the vectors."""
    profiles = {profile.measures: profile for profile in HUBS[family]}
    profile = profiles[Measures.BATTERY if battery else Measures.STRING]
    vectors = HUB_VECTORS[family]
    address = Place(vectors.unit_id, string, battery).address
    return Module(address, profile, pace=MODBUS_TCP, nominal_voltage=vectors.nominal_voltage)


def put(connection: MockModbusConnection, family: str) -> None:
    """Put the hub of the vectors at its unit id; registers that it doesn't have are refused."""
    unit = connection.for_unit(HUB_VECTORS[family].unit_id)
    for function, space in SPACES.items():
        registers = HUB_VECTORS[family].registers.get(function, {})
        getattr(unit, space).update(registers)
        for register in range(max(registers, default=0) + 2000):
            if register not in registers:
                unit.fail_read(register, IllegalDataAddressError(), register_type=space)  # type: ignore[arg-type]


def test_each_hub_has_a_vectors_file_of_its_name() -> None:
    assert set(HUB_VECTORS) == set(HUBS), (
        "each profile needs a file of its name in tests/vectors, and the other way round"
    )


@EVERY_HUB
def test_the_profiles_of_a_hub_belong_together(family: str) -> None:
    first, *of_strings = HUBS[family]
    assert first.key == family
    if first.measures is Measures.STRING:  # of its batteries nothing is published
        assert not of_strings
    assert string_profile_of(first) is (of_strings[0] if of_strings else None)
    measured = {profile.measures is Measures.BATTERY for profile in HUBS[family]}
    assert {number > 0 for _, number in HUB_VECTORS[family].values} == measured


@EVERY_PROFILE
def test_a_profile_measures_what_its_readings_have_and_has_a_column_for_each(family: str, profile: Profile) -> None:
    reading = BatteryReading if profile.measures is Measures.BATTERY else StringReading
    assert ("voltage" if profile.measures is Measures.BATTERY else "current") in profile.quantities
    assert set(profile.quantities) <= set(reading.__dataclass_fields__)
    columns = [quantity.column for quantity in profile.quantities.values()]
    assert all(columns)
    assert len({(column.end, column.strings) for column in columns if column}) == 1
    assert not profile.commands


@EVERY_PROFILE
def test_a_step_of_a_register_is_small_and_more_than_nothing(family: str, profile: Profile) -> None:
    for quantity in profile.quantities.values():
        assert 0 < quantity.resolution <= max(quantity.noise, quantity.relative_noise * quantity.high)


@EVERY_HUB
async def test_registers_mean_what_the_document_says(family: str, mock_modbus_connection: MockModbusConnection) -> None:
    put(mock_modbus_connection, family)
    await read_all(family, mock_modbus_connection.for_unit)


@EVERY_HUB
@pytest.mark.usefixtures("socket_enabled")
async def test_a_foreign_slave_is_read_alike(family: str) -> None:
    """A server that others wrote has the registers of the vectors, and refuses all reads with others in them."""
    vectors = HUB_VECTORS[family]
    async with foreign_hub({vectors.unit_id: vectors.registers}) as hub:
        connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=hub.port))
        await read_all(family, connection.for_unit)
        await connection.close()
    assert hub.written == []


async def read_all(family: str, unit_for: Callable[[int], ModbusUnit]) -> None:
    """Read what the vectors name, and compare."""
    expected = HUB_VECTORS[family].values
    modules = {place: module(family, *place) for place in expected}
    link = HubLink(unit_for, modules.values())
    for place, values in expected.items():
        one = modules[place]
        words = (await link.read(one.unit_id, *one.profile.block, 1.0)).words
        reading = one.read(words, at=7.0)
        assert {name: getattr(reading, name) for name in one.profile.quantities} == values
        assert not reading.faults


@EVERY_HUB
def test_the_last_battery_is_where_the_document_has_it(family: str) -> None:
    string, number, registers = HUB_VECTORS[family].last
    profile = HUBS[family][0]
    assert number == column_of(profile).end
    place = Place(HUB_VECTORS[family].unit_id, string, number)
    found = {
        name: quantity.column.register(quantity.register.address, place)
        for name, quantity in profile.quantities.items()
        if quantity.column
    }
    assert found == registers


@EVERY_HUB
def test_all_batteries_are_read_in_as_few_requests_as_their_registers_allow(family: str) -> None:
    string, last, _ = HUB_VECTORS[family].last
    modules = [module(family, string, number) for number in range(1, last + 1)]
    reads = Hubs(modules).reads
    assert all(count <= MOST_REGISTERS for *_, count in reads)
    blocks = sum(-(-registers // MOST_REGISTERS) for registers in _rows(modules))
    assert len(reads) <= blocks


@EVERY_PROFILE
@given(data=st.data())
def test_any_words_are_plausible_values_faults_or_no_values(family: str, profile: Profile, data: st.DataObject) -> None:
    words = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=profile.block[1], max_size=profile.block[1]))
    reading = profile.decode(words, at=0.0, nominal_voltage=2.0)
    for name, quantity in profile.quantities.items():
        value = getattr(reading, name)
        low, high = quantity.plausible(2.0)
        assert value is None or low <= value <= high
        assert value is None or name not in reading.faults


@EVERY_PROFILE
@given(data=st.data())
def test_decode_undoes_encode_over_the_range(family: str, profile: Profile, data: st.DataObject) -> None:
    for quantity in profile.quantities.values():
        low, high = quantity.plausible(data.draw(st.sampled_from((1.2, 2.0, 6.0, 12.0))))
        value = data.draw(st.floats(low, high))
        words = quantity.register.encode(value)
        step = _step(quantity.register)
        # The library rounds to the nearest step, but for a step of 1.
        assert quantity.register.decode(words) == pytest.approx(value, abs=(0.5001 if step < 1 else 1.0) * step)


@EVERY_HUB
def test_a_hub_has_its_section_on_the_page_of_hubs(family: str) -> None:
    sections = [part for part in HUBS_PAGE.split("\n## ") if f"`profiles/{family}.py`" in part]
    heading = f"{HUBS[family][0].manufacturer} {HUBS[family][0].model}"
    assert len(sections) == 1, (
        f"docs/hubs.md needs a section `## {heading}` that names its code: `profiles/{family}.py`"
    )
    (section,) = sections
    assert section.startswith(heading)
    for profile in HUBS[family]:
        for name, quantity in profile.read_together.items():
            register = quantity.register.address
            assert f"| {register} |" in section or f"| 0x{register:04X} |" in section, (
                f"docs/hubs.md, `## {heading}`: a row of the {name}, | {register} | … |"
            )


def _step(register: object) -> float:
    return float(getattr(register, "scale", 1.0))


def _rows(modules: Iterable[Module]) -> list[int]:
    """Return how many registers each row of consecutive ones has, if gaps of up to 8 are read over."""
    spans = sorted(
        {
            (quantity.column.register(quantity.register.address, place), quantity.register.count)
            for one in modules
            if (place := Place.of(one.unit_id))
            for quantity in one.profile.read_together.values()
            if quantity.column
        }
    )
    rows: list[list[int]] = []
    for register, count in spans:
        assert register is not None
        if rows and register - rows[-1][1] <= 8:
            rows[-1][1] = register + count
        else:
            rows.append([register, register + count])
    return [end - first for first, end in rows]
