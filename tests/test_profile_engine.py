"""All that a profile file can say, with invented devices, in a Modbus server that others wrote.

The words of each register are worked out on paper from the table in the file beside them.
"""

from pathlib import Path

from conftest import until
from foreign_hub import foreign_hub
from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection
import pytest
from test_config_flow import Flow

from custom_components.battery_bank.monitor.errors import NotCurrentError
from custom_components.battery_bank.monitor.line.hub import HubLink
from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.link import Link, ReadFunction
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.profile_content import ProfileFileError
from custom_components.battery_bank.monitor.line.profile_file import read_profiles
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP
from custom_components.battery_bank.monitor.model import BatteryReading, CommandName, StringReading
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

COILS, DISCRETE, HOLDING, INPUT = ReadFunction

HUB = """
manufacturer: Acme
model: Everything
numbers: reference
most_registers: 40
gap: 3
batteries:
  count: 30
  quantities:
    voltage:  # 30 batteries from 30101 on, and 10 more from 30501 on
      register: 30101
      scale: 0.001
      no_value: [0xFFFF, 0x7FFF]
      more: [{first: 31, last: 40, register: 30501}]
    temperature: {register: 40201, type: int16, raw_offset: -500, scale: 0.1, no_value: 0x8000,
                  more: [{first: 31, last: 40, register: 40301}]}
    resistance: {register: 401001, type: uint32, words: low_first, scale: 0.000001, no_value: 0, high: 0.5, step: 2,
                 more: [{first: 31, last: 40, register: 401101}]}
strings:
  quantities:
    current: {register: 40501, type: float32, words: low_first}
    ambient_temperature: {register: 40504, type: sign_magnitude, scale: 0.1, offset: 0.5, no_value: 0xFFFF}
    second_temperature: {register: 40505, type: sign_magnitude, scale: 0.1, no_value: 0xFFFF}
  alarms: {table: discrete_input, register: 10051, bits: {voltage_low: 0, temperature_high: 17, fault: 18}}
"""
HUB_REGISTERS = {
    INPUT: {
        **{100 + place: 2000 + place for place in range(30)},
        **{500 + place: 2100 + place for place in range(10)},
        101: 0xFFFF,
        102: 0x7FFF,
    },
    HOLDING: {
        **{200 + place: 750 + place for place in range(30)},  # (750 - 500) / 10 = 25.0 °C
        **{300 + place: 490 for place in range(10)},  # -1.0 °C
        203: 0x8000,
        **{1000 + word: (0x0001, 0x0001)[word % 2] for word in range(60)},  # 65537 µΩ
        **{1100 + word: (480, 0)[word % 2] for word in range(20)},
        500: 0x0000,  # -12.5 is 0xC1480000
        501: 0xC148,
        502: 0,
        503: 0x8012,  # -18 / 10 + 0.5 = -1.3 °C
        504: 0xFFFF,
    },
    DISCRETE: {50 + bit: int(bit in (0, 18)) for bit in range(19)},
}


@pytest.mark.usefixtures("socket_enabled")
async def test_a_hub_with_everything() -> None:
    batteries, strings = read_profiles(HUB, "own_everything")
    async with foreign_hub({9: HUB_REGISTERS}) as hub:
        modules = [
            Module(Place(9, 0, number).address, profile, pace=MODBUS_TCP, nominal_voltage=2.0)
            for number in range(41)
            for profile in [batteries if number else strings]
        ]
        connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=hub.port))
        link = HubLink(connection.for_unit, modules)
        found = [
            one.read((await link.read(one.unit_id, *one.profile.block, 1.0)).words, at=0.0).__getattribute__
            for one in modules
        ]
        await connection.close()
    assert [one("voltage") for one in found[1:5]] == [2.0, None, None, 2.003]
    assert found[31]("voltage") == 2.1
    assert [one("temperature") for one in found[1:5]] == pytest.approx([25.0, 25.1, 25.2, None])
    assert found[40]("temperature") == -1.0
    assert [found[number]("resistance") for number in (1, 30, 31)] == [0.065537, 0.065537, 0.00048]
    assert not any(one("faults") for one in found)
    assert (found[0]("current"), found[0]("second_temperature")) == (-12.5, None)
    assert found[0]("ambient_temperature") == pytest.approx(-1.3)
    assert found[0]("alarm_bits") == 1 + 2**18
    # 30 and 10 voltages; 30 and 10 temperatures; 60 words in two reads and 20 in one; the string; its bits.
    assert len(hub.reads) == 9
    assert max(count for _, function, _, count in hub.reads if function != DISCRETE) == 40


@pytest.mark.usefixtures("socket_enabled")
async def test_alarms_that_a_hub_has_in_coils() -> None:
    _, strings = read_profiles(
        HUB.replace("table: discrete_input, register: 10051", "table: coil, register: 51"), "own_x"
    )
    of_string = {function: words for function, words in HUB_REGISTERS.items() if function == HOLDING}
    async with foreign_hub({9: {**of_string, COILS: HUB_REGISTERS[DISCRETE]}}) as hub:
        string = Module(Place(9, 0, 0).address, strings, pace=MODBUS_TCP, nominal_voltage=2.0)
        connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=hub.port))
        link = HubLink(connection.for_unit, [string])
        found = string.read((await link.read(string.unit_id, *strings.block, 1.0)).words, at=0.0)
        await connection.close()
    assert isinstance(found, StringReading)
    assert found.alarm_bits == 1 + 2**18
    assert (COILS, 50) in {read[1:3] for read in hub.reads}


MODULES = """
manufacturer: Acme
model: Sensor
kind: modules
batteries:
  firmware: 0x40
  recognise: [{register: 0x41, value: 0x1234}, {register: 0x42}]
  quantities:
    voltage: {register: 16, scale: 0.01}
    temperature: {register: 18, type: int16}
    resistance: {register: 17, scale: 0.00001, no_value: 0}
  commands:
    start_resistance_test: {register: 0x50, value: 1, done: 0, shortest: 1, longest: 4}
"""
# Its modules have no command, because the tests of a string are those of its batteries.
OF_A_STRING = """\
strings:
  quantities:
    current: {register: 16, type: int16, scale: 0.1}
  commands:
    start_resistance_test: {register: 0x50, value: 1, longest: 4}
"""


def sensor(address: int) -> dict[ReadFunction, dict[int, int]]:
    """Return the registers of a module: 13.50 V and more, 4.20 mΩ, -3 °C."""
    return {HOLDING: {16: 1350 + address, 17: 420, 18: 0xFFFD, 0x40: 7, 0x41: 0x1234, 0x42: address, 0x50: 0}}


@pytest.mark.usefixtures("socket_enabled")
async def test_modules_that_a_user_has_described_are_scanned_and_polled(
    hass: HomeAssistant, hass_config_dir: str
) -> None:
    folder = Path(hass_config_dir) / "battery_bank"
    folder.mkdir()
    (folder / "sensor.yaml").write_text(MODULES)
    async with foreign_hub({address: sensor(address) for address in (1, 2, 3)}) as hub:
        flow = Flow(hass)
        await flow.begin("gateway")
        step = await flow.answer(
            host="127.0.0.1", port=hub.port, connection="modbus_tcp", scan={"first_address": 1, "last_address": 3}
        )
        assert step["step_id"] == "found"
        done = await flow.proposals(await flow.answer(strings=1))
        assert done["type"] is FlowResultType.CREATE_ENTRY
        entry = done["result"]
        await until(hass, "sensor.string_1_battery_3_voltage", lambda state: float(state) == 13.53)
        await until(hass, "sensor.string_1_battery_3_temperature", lambda state: float(state) == -3.0)
        await until(hass, "sensor.string_1_battery_3_internal_resistance", lambda state: float(state) == 4.2)
        assert entry.runtime_data.strings[0].testable  # the file has the command
        assert hub.written == []
        before = set(hass.states.async_entity_ids())
        (folder / "sensor.yaml").write_text(MODULES.replace("scale: 0.01}", "scale: 0.0102}"))
        assert await hass.config_entries.async_reload(entry.entry_id)
        await until(hass, "sensor.string_1_battery_3_voltage", lambda state: 13.79 < float(state) < 13.81)
        assert set(hass.states.async_entity_ids()) == before
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_module_of_another_maker_is_not_recognised() -> None:
    [profile] = read_profiles(MODULES, "own_sensor")
    assert profile.recognise is not None
    for register, value, recognised in ((0x41, 0x1234, True), (0x41, 0x1235, False), (0x42, 6, False)):
        registers = sensor(5)[HOLDING] | {register: value}

        async def probe(register: int, registers: dict[int, int] = registers) -> int:
            return registers[register]

        assert await profile.recognise(5, probe) is recognised


@pytest.mark.usefixtures("socket_enabled")
async def test_a_module_without_a_register_to_recognise_it_is_polled_and_blinks() -> None:
    text = MODULES.replace("  firmware: 0x40\n  recognise: [{register: 0x41, value: 0x1234}, {register: 0x42}]\n", "")
    [profile] = read_profiles(text + "    blink: {register: 0x60, value: 2}\n", "own_sensor")
    assert profile.recognise is None
    async with foreign_hub({5: {HOLDING: sensor(5)[HOLDING] | {0x60: 0}}}) as hub:
        connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=hub.port))
        module, link = Module(5, profile, pace=MODBUS_TCP, nominal_voltage=12.0), Link(connection.for_unit)
        reading = module.read((await link.read(5, *profile.block, 1.0)).words, at=0.0)
        blink = profile.command(CommandName.BLINK)
        assert blink.value == 2
        await link.write(5, blink.register, blink.value, 1.0)
        await connection.close()
    assert isinstance(reading, BatteryReading)
    assert reading.voltage == 13.55
    assert hub.written == [0x60]


@pytest.mark.parametrize(
    ("text", "change", "field", "allowed"),
    [
        (MODULES, ("kind: modules\n", ""), "batteries.firmware", "kind: modules"),
        (MODULES, ("  firmware: 0x40", "  count: 4"), "batteries.count", "kind: hub"),
        (MODULES, ("  firmware: 0x40\n", ""), "batteries.recognise", "firmware: …"),
        (
            MODULES,
            ("longest: 4}", "longest: 4, step: 2}"),
            "batteries.commands.start_resistance_test.step",
            "kind: hub",
        ),
        (
            MODULES,
            ("longest: 4}", f"longest: 4}}\n{OF_A_STRING}"),
            "strings.commands.start_resistance_test",
            "kind: hub",
        ),
        (MODULES, ("done: 0, ", ""), "batteries.commands.start_resistance_test", "done: …"),
        (
            MODULES,
            ("shortest: 1, longest: 4", "shortest: 5, longest: 4"),
            "batteries.commands.start_resistance_test.shortest",
            "shortest ≤ longest",
        ),
        (
            MODULES,
            ("    resistance: {register: 17, scale: 0.00001, no_value: 0}\n", ""),
            "batteries.commands.start_resistance_test",
            "quantities: resistance: …",
        ),
        (MODULES, ("register: 18", "register: 180"), "batteries.quantities", "≤ 125"),
        (MODULES, ("type: int16}", "table: input}"), "batteries.quantities", "table: holding | table: input"),
        (MODULES, ("start_resistance_test", "reset"), "batteries.commands.reset", None),
        (
            MODULES,
            ("  commands:", "  validity: {register: 19, low: 2, high: 1}\n  commands:"),
            "batteries.validity.high",
            "low ≤ high",
        ),
        (
            MODULES,
            ("  commands:", "  validity: {register: 19, high: 1}\n  commands:"),
            "batteries.validity.low",
            "0.001",
        ),
        (
            MODULES,
            ("  commands:", "  validity: {register: 19, table: input, low: 1, high: 1}\n  commands:"),
            "batteries.quantities",
            "table: holding | table: input",
        ),
        (HUB, ("  count: 30\n", ""), "batteries", "count: …"),
        (HUB, ("register: 10051", "register: 20051"), "strings.alarms.register", None),
        (HUB, ("register: 30101", "register: 10101"), "batteries.quantities.voltage.register", None),
        (HUB, ("table: discrete_input, register: 10051", "register: 40051"), "strings.alarms.bits", "0 … 15"),
        (HUB, ("words: low_first}\n    amb", "no_value: 1}\n    amb"), "strings.quantities.current.no_value", "NaN"),
    ],
)
def test_what_a_file_must_not_say(text: str, change: tuple[str, str], field: str, allowed: str | None) -> None:
    changed = text.replace(*change)
    assert changed != text
    with pytest.raises(ProfileFileError) as raised:
        read_profiles(changed, "own_x")
    assert raised.value.field == field
    assert allowed is None or raised.value.allowed == allowed


def test_a_module_says_whether_its_values_are_current() -> None:
    """The word is read together with the values, and no value by itself."""
    validity = "  validity: {register: 20, type: int16, low: 1, high: 1}\n  commands:"
    (profile,) = read_profiles(MODULES.replace("  commands:", validity), "own_x")
    assert profile.block == (16, 5)
    module = Module(3, profile, pace=MODBUS_TCP, nominal_voltage=12.0)
    reading = module.read([1353, 420, 0xFFFD, 0, 1], at=0.0)
    assert isinstance(reading, BatteryReading)
    assert (reading.voltage, reading.temperature) == (13.53, -3)
    for word in (0, 2, 0xFFFF):
        with pytest.raises(NotCurrentError):
            module.read([1353, 420, 0xFFFD, 0, word], at=0.0)
