"""Commands to a hub: by the names of a profile, with the buttons and actions of modules, and to no other register."""

import asyncio
from pathlib import Path
import re
from typing import Any

from conftest import eventually, string_data, until
from foreign_hub import ForeignHub, foreign_hub
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_hubs import entry_of

from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.link import ReadFunction
from custom_components.battery_bank.monitor.line.profile_content import ProfileFileError
from custom_components.battery_bank.monitor.line.profile_file import read_profiles
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er

HOLDING = ReadFunction.HOLDING_REGISTERS
# Two strings of three batteries; registers 40901 and 40902 start the test of a string, 40801 to 40803 and, 100 further,
# those of the second string that of a battery.
HUB = """
manufacturer: Acme
model: Hub
numbers: reference
batteries:
  count: 3
  strings: 2
  string_step: 100
  quantities:
    voltage: {register: 40001, scale: 0.001}
    resistance: {register: 40011, scale: 0.000001, no_value: 0}
strings:
  count: 2
  step: 1
  quantities:
    current: {register: 40301, type: int16, scale: 0.1}
"""
OF_STRINGS = """\
  commands:
    start_resistance_test: {register: 40901, value: 0x1234, done: 0, shortest: 4, longest: 60}
"""
OF_BATTERIES = """\
  commands:
    start_resistance_test: {register: 40801, value: 1, done: 0, shortest: 2, longest: 10}
    blink: {register: 40811, value: 1}
"""


def registers() -> dict[int, int]:
    """Return the holding registers of the hub, 0-based."""
    found = {first + cell: 2250 for first in (0, 100) for cell in range(3)}
    found |= {first + 10 + cell: 400 + cell for first in (0, 100) for cell in range(3)}
    return found | dict.fromkeys((300, 301, 900, 901, *range(800, 803), *range(810, 813), *range(900, 903)), 0)


def with_commands_of_batteries() -> str:
    batteries, strings = HUB.split("strings:\n  count: 2\n  step")
    return f"{batteries}{OF_BATTERIES}strings:\n  count: 2\n  step{strings}"


def two_strings(hass: HomeAssistant, hub: ForeignHub) -> MockConfigEntry:
    strings: list[Any] = []
    for name, number in (("A", 1), ("B", 2)):
        addresses = [Place(1, number, cell).address for cell in (1, 2, 3)]
        data = string_data(name=name, string_module=Place(1, number, 0).address)
        data["data"] = {
            **data["data"],
            "batteries": [{"id": f"{name}{address}", "address": address} for address in addresses],
            "battery_module": "own_acme",
            "string_module": "own_acme_string",
            "nominal_voltage": 2.0,
        }
        strings.append(data)
    return entry_of(hass, hub, *strings)


def write_profile(folder: str, text: str) -> None:
    path = Path(folder) / "battery_bank"
    path.mkdir()
    (path / "acme.yaml").write_text(text)


@pytest.mark.usefixtures("socket_enabled", "all_enabled")
async def test_a_hub_tests_all_batteries_of_a_string(hass: HomeAssistant, hass_config_dir: str) -> None:
    write_profile(hass_config_dir, HUB + OF_STRINGS)
    async with foreign_hub({1: {HOLDING: registers()}}) as hub:
        entry = two_strings(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.b_battery_3_internal_resistance", lambda state: float(state) == 0.402)
        line = entry.runtime_data
        string = line.strings[1]
        await eventually(lambda: len(string.state.resistances) == 3, seconds=600)
        assert hass.states.get("button.b_battery_1_start_resistance_test") is None
        assert hass.states.get("sensor.b_battery_under_test") is None

        started = await hass.services.async_call(
            "battery_bank",
            "start_resistance_test",
            {"device_id": device_of(hass, "sensor.b_current")},
            blocking=True,
            return_response=True,
        )
        assert started == {"batteries": 3}
        await until(hass, "binary_sensor.b_resistance_test", lambda state: state == "on")
        await eventually(lambda: hub.written == [901], seconds=60)
        assert hass.states.is_state("binary_sensor.a_resistance_test", "off")
        await hass.services.async_call(
            "button", "press", {"entity_id": "button.a_start_resistance_test"}, blocking=True
        )  # waits for its turn
        hub.put(1, {901: 0x1234})
        hub.reads.clear()
        await eventually(lambda: hub.reads.count((1, 3, 901, 1)) > 3, seconds=30)
        assert hub.written == [901]
        hub.put(1, {901: 0, 110: 600, 111: 401, 112: 402})  # done: one battery is worse, the others are as they were
        await until(hass, "binary_sensor.b_resistance_test", lambda state: state == "off")

        def results() -> list[list[float]]:
            return [[test.ohmic_value for test in string.state.resistances[one.id].tests] for one in string.batteries]

        # They are results within 20 h of the last ones, because the test was commanded.
        await eventually(lambda: results() == [[0.0004, 0.0006], [0.000401] * 2, [0.000402] * 2], seconds=60)
        await eventually(lambda: hub.written == [901, 900], seconds=120)
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled", "all_enabled")
async def test_a_hub_tests_one_battery(hass: HomeAssistant, hass_config_dir: str) -> None:
    write_profile(hass_config_dir, with_commands_of_batteries())
    async with foreign_hub({1: {HOLDING: registers() | dict.fromkeys((900, 901, 902, 910, 911, 912), 0)}}) as hub:
        entry = two_strings(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.b_battery_3_internal_resistance", lambda state: float(state) == 0.402)
        battery = entry.runtime_data.strings[1].batteries[1]
        await eventually(lambda: battery.id in battery.string.state.resistances, seconds=600)
        await press(hass, "button.b_battery_2_start_resistance_test")
        await eventually(lambda: hub.written == [901], seconds=60)  # 801 and 100 registers for the second string
        hub.put(1, {901: 1})
        hub.reads.clear()
        await until(hass, "sensor.b_battery_under_test", lambda state: state == "2")
        await eventually(lambda: hub.reads.count((1, 3, 901, 1)) > 3, seconds=30)
        hub.put(1, {901: 0, 111: 480})
        await until(hass, "binary_sensor.b_resistance_test", lambda state: state == "off")
        assert battery.string.state.resistances[battery.id].tests[-1].ohmic_value == 0.00048
        await press(hass, "button.a_battery_3_identify")
        await eventually(lambda: hub.written == [901, 812], seconds=60)
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled", "all_enabled")
async def test_a_hub_that_refuses_a_command(
    hass: HomeAssistant, hass_config_dir: str, caplog: pytest.LogCaptureFixture
) -> None:
    write_profile(hass_config_dir, HUB + OF_STRINGS)
    missing = {register: value for register, value in registers().items() if register != 900}
    async with foreign_hub({1: {HOLDING: missing}}) as hub:
        entry = two_strings(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_battery_3_internal_resistance", lambda state: float(state) == 0.402)
        await press(hass, "button.a_start_resistance_test")
        await eventually(lambda: "The resistance test of The string module of A" in caplog.text, seconds=60)
        assert caplog.text.count("failed") == 1
        await press(hass, "button.b_start_resistance_test")
        await eventually(lambda: hub.written == [901], seconds=120)
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled", "all_enabled")
async def test_a_test_that_another_master_started_is_waited_for(hass: HomeAssistant, hass_config_dir: str) -> None:
    write_profile(hass_config_dir, HUB + OF_STRINGS)
    async with foreign_hub({1: {HOLDING: registers()}}) as hub:
        entry = two_strings(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_battery_3_internal_resistance", lambda state: float(state) == 0.402)
        hub.put(1, {900: 0x1234})
        await press(hass, "button.a_start_resistance_test")
        await until(hass, "binary_sensor.a_resistance_test", lambda state: state == "on")
        await asyncio.sleep(8)
        assert hass.states.is_state("binary_sensor.a_resistance_test", "on")
        hub.put(1, {900: 0})
        await until(hass, "binary_sensor.a_resistance_test", lambda state: state == "off")
        assert hub.written == []
        await press(hass, "button.a_start_resistance_test")  # the next one is started
        await eventually(lambda: hub.written == [900], seconds=120)
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled", "all_enabled")
async def test_a_hub_that_does_not_say_when_it_has_tested(hass: HomeAssistant, hass_config_dir: str) -> None:
    write_profile(hass_config_dir, HUB + OF_STRINGS.replace("done: 0, ", ""))
    async with foreign_hub({1: {HOLDING: registers()}}) as hub:
        entry = two_strings(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_battery_3_internal_resistance", lambda state: float(state) == 0.402)
        loop = asyncio.get_running_loop()
        await press(hass, "button.a_start_resistance_test")
        await eventually(lambda: hub.written == [900], seconds=60)
        began = loop.time()
        await until(hass, "binary_sensor.a_resistance_test", lambda state: state == "off", seconds=90)
        assert 60 < loop.time() - began < 75  # the longest time of a test and a tenth
        assert (1, 3, 900, 1) not in hub.reads
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled", "all_enabled")
async def test_a_hub_that_has_a_command_for_some_of_its_batteries(
    hass: HomeAssistant, hass_config_dir: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The third battery is in a further range, which its quantities have and the commands do not."""
    text = with_commands_of_batteries().replace("count: 3", "count: 2")
    for register, further in ((40001, 40003), (40011, 40013)):
        more = f", more: [{{first: 3, last: 3, register: {further}}}]}}"
        text = re.sub(rf"(register: {register}[^}}]*)}}", rf"\1{more}", text)
    write_profile(hass_config_dir, text)
    async with foreign_hub({1: {HOLDING: registers()}}) as hub:
        entry = two_strings(hass, hub)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_battery_3_internal_resistance", lambda state: float(state) == 0.402)
        await press(hass, "button.a_battery_3_start_resistance_test")
        await eventually(lambda: "The resistance test of Battery 3 of A" in caplog.text, seconds=60)
        assert caplog.text.count("failed") == 1
        with pytest.raises(HomeAssistantError):
            await press(hass, "button.a_battery_3_identify")
        assert hub.written == []
        await press(hass, "button.a_battery_2_start_resistance_test")
        await eventually(lambda: hub.written == [801], seconds=60)
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.parametrize(
    ("text", "change", "field", "allowed"),
    [
        (HUB + OF_STRINGS, ("register: 40901", "register: 30901"), "register", "40001 … 49999 | 400001 … 465536"),
        (HUB + OF_STRINGS, ("shortest: 4", "shortest: 61"), "shortest", "shortest ≤ longest"),
        (HUB + OF_STRINGS, (", longest: 60", ""), "", "longest: …"),
        (HUB + OF_STRINGS, ("longest: 60", "longest: 86401"), "longest", "0 … 86400"),
        (HUB + OF_STRINGS, ("    resistance: {register: 40011, scale: 0.000001, no_value: 0}\n", ""), "", None),
        (HUB + OF_STRINGS, ("register: 40901", "register: 465536"), "register", "0 … 65534"),
        (HUB + OF_STRINGS, ("start_resistance_test", "blink"), None, "start_resistance_test: …"),
        (HUB + OF_STRINGS, ("start_resistance_test", "reset"), None, "start_resistance_test: … | blink: …"),
    ],
)
def test_what_a_file_must_not_say_of_commands(
    text: str, change: tuple[str, str], field: str | None, allowed: str | None
) -> None:
    changed = text.replace(*change)
    assert changed != text
    with pytest.raises(ProfileFileError) as raised:
        read_profiles(changed, "own_x")
    if field is not None:
        assert raised.value.field == f"strings.commands.start_resistance_test.{field}".strip(".")
    assert allowed is None or raised.value.allowed == allowed


async def press(hass: HomeAssistant, button: str) -> None:
    await hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)


def device_of(hass: HomeAssistant, entity_id: str) -> str | None:
    entity = er.async_get(hass).async_get(entity_id)
    assert entity is not None
    return entity.device_id
