"""A profile that a user has written: what is said of a wrong one, and a hub that is read with a right one."""

import asyncio
import json
from pathlib import Path

from conftest import string_data, until
from foreign_hub import ForeignHub, foreign_hub
from modbus_connection.mock import MockModbusConnection
import pytest
from test_config_flow import suggestions
from test_hubs import entry_of
from test_string_flow import StringFlow

from custom_components.battery_bank.monitor.line.hub import HubLink
from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.link import ReadFunction
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.profile_content import ProfileFileError
from custom_components.battery_bank.monitor.line.profile_file import read_file, read_profiles
from custom_components.battery_bank.monitor.line.profile_schema import SCHEMA
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.profile_check import main

DOCS = Path(__file__).parent.parent / "docs"
EXAMPLE = DOCS / "hub-profile.example.yaml"
HOLDING = ReadFunction.HOLDING_REGISTERS

SMALL = """\
manufacturer: Acme
model: Hub
batteries:
  count: 24
  quantities:
    voltage:
      register: 100
      scale: 0.001
"""


def gateway() -> dict[int, int]:
    """Return the registers of the 600-cell gateway of the example, 0-based: 40001 is register 0."""
    registers = {cell: 2200 + cell % 100 for cell in range(600)}  # mV
    registers |= {600 + cell: 250 + cell % 3 for cell in range(600)}  # 0.1 °C
    registers |= {1200 + cell: 400 + cell % 50 for cell in range(600)}  # µΩ
    registers |= dict.fromkeys(range(1800, 1840), 0)
    # -12.5 A and 22.1 °C of string 1; 4.0 A and -1.8 °C of string 2, ten registers further.
    return registers | {1800: 0xFF83, 1802: 221, 1810: 40, 1812: 0xFFEE, 605: 0x7FFF, 1206: 0}


@pytest.mark.usefixtures("socket_enabled")
async def test_the_example_from_its_file_to_the_sensors(hass: HomeAssistant, hass_config_dir: str) -> None:
    folder = Path(hass_config_dir) / "battery_bank"
    folder.mkdir()
    (folder / "gateway-600.yaml").write_text(EXAMPLE.read_text())
    async with foreign_hub({1: {HOLDING: gateway()}}) as hub:
        entry = entry_of(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        flow = StringFlow(hass, entry)
        for name, string, first, last in (("A", 1, 1, 12), ("B", 2, 589, 600)):
            await flow.add("hub")
            form = await flow.answer(
                family="own_gateway_600", unit_id=1, string_number=string, first_battery=first, last_battery=last
            )
            shown = suggestions(form)  # type: ignore[arg-type]
            assert shown["addresses"] == f"{100000 + first}-{100000 + last}"
            assert shown["string_module_address"] == 100000 + 1000 * string
            done = await flow.answer(**shown | {"capacity": 500, "name": name})
            assert done["type"] is FlowResultType.CREATE_ENTRY
            await hass.async_block_till_done()
        await until(hass, "sensor.a_battery_12_voltage", lambda state: float(state) == 2.211)
        await until(hass, "sensor.a_battery_12_temperature", lambda state: float(state) == 25.2)
        await until(hass, "sensor.a_battery_12_internal_resistance", lambda state: float(state) == 0.411)
        await until(hass, "sensor.a_current", lambda state: float(state) == -12.5)
        await until(hass, "sensor.b_battery_12_voltage", lambda state: float(state) == 2.299)  # cell 600
        await until(hass, "sensor.b_current", lambda state: float(state) == 4.0)
        await until(hass, "sensor.b_ambient_temperature", lambda state: float(state) == -1.8)
        unknown = hass.states.get("sensor.a_battery_6_temperature")
        assert unknown is not None
        assert unknown.state == "unknown"

        # A changed file counts after a reload, and the entities stay.
        (folder / "gateway-600.yaml").write_text(EXAMPLE.read_text().replace("scale: 0.001 #", "scale: 0.0012 #"))
        assert await hass.config_entries.async_reload(entry.entry_id)
        await until(hass, "sensor.a_battery_12_voltage", lambda state: float(state) == 2.653)
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled")
async def test_a_broken_file_is_named_in_the_flow(hass: HomeAssistant, hass_config_dir: str) -> None:
    folder = Path(hass_config_dir) / "battery_bank"
    folder.mkdir()
    (folder / "acme.yaml").write_text(SMALL.replace("scale: 0.001", "scale: mV"))
    async with foreign_hub({1: {HOLDING: dict.fromkeys(range(100, 124), 2250)}}) as hub:
        entry = entry_of(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        flow = StringFlow(hass, entry)
        form = await flow.add("hub")
        assert form["errors"] == {"family": "profile_file"}
        assert form["description_placeholders"] == {
            "reason": "",
            "file": "acme.yaml",
            "line": "8",
            "field": "batteries.quantities.voltage.scale",
            "allowed": "0.001",
        }
        (folder / "acme.yaml").write_text(SMALL)
        form = await flow.add("hub")  # a flow that is open offers what there was when it was opened
        assert form["errors"] == {}
        form = await flow.answer(family="own_acme", unit_id=1, string_number=1)
        assert suggestions(form)["addresses"] == "100001-100024"  # type: ignore[arg-type]
        assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_line_whose_profile_is_gone(hass: HomeAssistant, hass_config_dir: str) -> None:

    data = string_data(string_module=None)
    string = ConfigSubentryData(
        data={**data["data"], "battery_module": "own_vanished", "batteries": [{"id": "A1", "address": 100001}]},
        subentry_type="string",
        title="A",
        unique_id=None,
    )

    entry = entry_of(hass, ForeignHub(), string)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    assert entry.error_reason_translation_key == "no_profile_file"


@pytest.mark.parametrize(
    ("change", "line", "field", "allowed"),
    [
        (("manufacturer: Acme\n", ""), 1, "manufacturer", "ABC"),
        (("model: Hub", "model: "), 2, "model", "ABC"),
        (("count: 24", "count: 1000"), 4, "batteries.count", "1 … 999"),
        (("count: 24", "count: 24.5"), 4, "batteries.count", "1 … 999"),
        (("count: 24", "count: yes"), 4, "batteries.count", "1 … 999"),
        (("voltage:", "volts:"), 6, "batteries.quantities.volts", "voltage: … | temperature: … | resistance: …"),
        (("register: 100", "register: -1"), 7, "batteries.quantities.voltage.register", "0 … 465536"),
        (("register: 100", "register: 70000"), 7, "batteries.quantities.voltage.register", "0 … 65535"),
        (("register: 100", "register: 65530"), 7, "batteries.quantities.voltage.register", "0 … 65512"),
        (("scale: 0.001", "scale: 0"), 8, "batteries.quantities.voltage.scale", "≠ 0"),
        (("scale: 0.001", "scale: .inf"), 8, "batteries.quantities.voltage.scale", "0.001"),
        (("scale: 0.001", f"scale: {10**400}"), 8, "batteries.quantities.voltage.scale", "0.001"),
        (("scale: 0.001", "high: .inf"), 8, "batteries.quantities.voltage.high", "0.001"),
        (("model: Hub", 'model: "Hub\\nof Acme"'), 2, "model", "ABC"),
        (("model: Hub", f"model: {'H' * 101}"), 2, "model", "ABC"),
        (("count: 24", "count: 24\n  strings: 99\n  string_step: 65535"), 6, "batteries.string_step", "0 … 65535"),
        (
            ("scale: 0.001", "more: [{first: 30, last: 25, register: 500}]"),
            8,
            "batteries.quantities.voltage.more[0].first",
            "25 … 25",
        ),
        (
            ("scale: 0.001", "more: [{first: 24, last: 30, register: 500}]"),
            8,
            "batteries.quantities.voltage.more[0].first",
            "25 … 30",
        ),
        (
            ("scale: 0.001", "more: [{first: 25, last: 999, register: 65500}]"),
            8,
            "batteries.quantities.voltage.more[0].register",
            "0 … 64561",
        ),
        (("scale: 0.001", "type: uint8"), 8, "batteries.quantities.voltage.type", None),
        (("scale: 0.001", "low: 3\n      high: 2"), 9, "batteries.quantities.voltage.high", "low < high"),
        (("count: 24", "count: 24\n  strings: 2"), 5, "batteries.strings", "batteries.string_step: …"),
        (
            ("batteries:", "strings: {count: 2, quantities: {current: {register: 9}}}\nbatteries:"),
            3,
            "strings.count",
            "strings.step: …",
        ),
        # The second word of the last battery would be register 65536.
        (
            ("register: 100", "register: 65512\n      type: float32"),
            7,
            "batteries.quantities.voltage.register",
            "0 … 65511",
        ),
        (("model: Hub", "model: Hub\nnumbers: reference"), 8, "batteries.quantities.voltage.register", None),
        (("model: Hub", "model: [Hub"), 3, "", "YAML"),
        (("model: Hub", "model: Hub\nmodel: Hub"), 3, "model", None),
    ],
)
def test_an_error_names_the_line_the_field_and_what_is_allowed(
    change: tuple[str, str], line: int, field: str, allowed: str | None
) -> None:
    text = SMALL.replace(*change)
    assert text != SMALL
    with pytest.raises(ProfileFileError) as raised:
        read_profiles(text, "own_acme")
    assert (raised.value.line, raised.value.field) == (line, field)
    assert allowed is None or raised.value.allowed == allowed
    assert raised.value.allowed


@pytest.mark.parametrize(
    "text",
    ["", "- 1", "5", "\0", "a: &a [*a]", "manufacturer: 2026-99-99", "? [1]\n: 2", "&a a: *b", "[" * 5000, "- " * 5000],
)
def test_any_text_is_a_profile_or_an_error(text: str) -> None:
    with pytest.raises(ProfileFileError):
        read_profiles(text, "own_x")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProfileFileError):
        read_file(file)
    file.write_text("\ufeff" + SMALL)  # as some editors save it
    assert [profile.key for profile in read_file(file)] == ["own_x"]


async def test_types_ranges_and_tables(mock_modbus_connection: MockModbusConnection) -> None:
    """Words typed by hand: 13.6 as a float, -100 000 in two words with the low one first, sign and magnitude."""
    text = """
manufacturer: Acme
model: Hub
batteries:
  count: 2
  step: 10
  strings: 2
  string_step: 100
  table: input
  quantities:
    voltage: {register: 0, type: float32, more: [{first: 11, last: 12, register: 500}]}
    temperature: {register: 2, type: sign_magnitude, scale: 0.1, table: holding, step: 1}
    resistance: {register: 4, type: uint32, words: low_first, scale: 0.000001, no_value: 0xFFFFFFFF, high: 0.5}
strings:
  count: 2
  step: 100
  quantities:
    current: {register: 50, type: int32, words: low_first, scale: 0.001, low: -200, high: 200}
"""
    batteries, strings = read_profiles(text.replace("more: [{first: 11, last: 12, register: 500}]", ""), "own_acme")
    unit = mock_modbus_connection.for_unit(7)
    unit.input.update({110: 0x4159, 111: 0x999A, 114: 0x0001, 115: 0x0001, 100: 0, 101: 0, 104: 0, 105: 0})
    unit.holding.update({103: 0x8012, 102: 0, 150: 0x7960, 151: 0xFFFE})
    battery = Module(Place(7, 2, 2).address, batteries, pace=MODBUS_TCP, nominal_voltage=12.0)
    string = Module(Place(7, 2, 0).address, strings, pace=MODBUS_TCP, nominal_voltage=12.0)
    link = HubLink(mock_modbus_connection.for_unit, [battery, string])
    found = battery.read((await link.read(battery.unit_id, *batteries.block, 1.0)).words, at=0.0)
    assert found.faults == {}
    assert found.voltage == pytest.approx(13.6, abs=1e-5)  # type: ignore[attr-defined]
    assert (found.temperature, found.resistance) == (-1.8, 0.065537)  # type: ignore[attr-defined]
    of_string = string.read((await link.read(string.unit_id, *strings.block, 1.0)).words, at=0.0)
    assert of_string.current == -100.0  # type: ignore[attr-defined]
    assert batteries.quantities["voltage"].resolution == 0.002  # the noise: a float has no step of its own
    assert strings.quantities["current"].resolution == 0.001
    with_range, _ = read_profiles(text, "own_acme")
    column = with_range.quantities["voltage"].column
    assert column is not None
    assert column.register(0, Place(7, 1, 12)) == 510
    assert column.register(0, Place(7, 2, 11)) == 600
    assert column.register(0, Place(7, 1, 5)) is None


def test_the_schema_for_editors_is_the_one_that_is_checked() -> None:
    assert json.loads((DOCS / "hub-profile.schema.json").read_text()) == SCHEMA


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "acme.yaml"
    file.write_text(SMALL)
    return file


def test_the_script_says_what_is_wrong(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(EXAMPLE)]) == 0
    assert "Example Gateway 600: voltage, temperature, resistance\n" in capsys.readouterr().out
    file.write_text(SMALL.replace("count: 24", "count: many"))
    assert main(["check", str(file)]) == 1
    assert capsys.readouterr().out == f"{file}:4: batteries.count: allowed is 1 … 999\n"
    assert main(["check", str(file.with_name("other.yaml"))]) == 1
    assert "No such file" in capsys.readouterr().out


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.real_time
async def test_the_script_reads_a_hub(file: Path, capsys: pytest.CaptureFixture[str]) -> None:

    async with foreign_hub({3: {HOLDING: {100: 2251, 101: 9000}}}) as hub:
        arguments = ["check", str(file), "--host", f"127.0.0.1:{hub.port}", "--unit", "3", "--last", "3"]
        status = await asyncio.to_thread(main, arguments)
    out = capsys.readouterr().out
    assert "battery 1: voltage 2.251 V [0x08CB]\n" in out
    assert "battery 2: voltage 9 V is outside 0.5 to 3.2 V [0x2328]\n" in out
    assert "battery 3: refused with exception 2\n" in out
    assert status == 1


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.real_time
async def test_the_script_says_which_values_are_not_current(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SMALL.rstrip() + "\n  validity: {register: 200, low: 1, high: 1}\n"
    await asyncio.to_thread(file.write_text, text)
    async with foreign_hub({3: {HOLDING: {100: 2251, 101: 2252, 200: 1, 201: 3}}}) as hub:
        arguments = ["check", str(file), "--host", f"127.0.0.1:{hub.port}", "--unit", "3", "--last", "2"]
        status = await asyncio.to_thread(main, arguments)
    out = capsys.readouterr().out
    assert "battery 1: voltage 2.251 V [0x08CB]\n" in out
    assert "battery 2: its values are not current [0x08CC 0x0003]\n" in out
    assert status == 1
