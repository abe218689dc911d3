"""One Home Assistant reads the strings of another one: the register table that we serve, by our own profile for it."""

from collections.abc import Callable

from conftest import refused_at, state_of, until, until_gone, until_unknown
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_config_flow import suggestions
from test_plant_server import client_of, free_port, switch_on, until_words, words
from test_string_flow import StringFlow

from custom_components.battery_bank.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.bank import Bank
from simulator.wire import Terminal

__all__ = ["free_port"]


@pytest.fixture
async def houses(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    free_port: int,
) -> tuple[MockConfigEntry, MockConfigEntry]:
    """Return the lines of the two houses: the first one with a string of four batteries, and the second one empty."""
    plug(bank)
    bank.faults.registers = {1: {1: 13612, 2: 231, 3: 4500}, 3: {1: 13499}, 5: {3: 0x8012, 4: 221}}
    first = line_entry()
    assert await hass.config_entries.async_setup(first.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 12)
    await switch_on(hass, first, free_port)
    second = MockConfigEntry(
        domain=DOMAIN,
        title="Other house",
        unique_id=f"127.0.0.1:{free_port}",
        data={"connection": "modbus_tcp", "host": "127.0.0.1", "port": free_port},
    )
    second.add_to_hass(hass)
    assert await hass.config_entries.async_setup(second.entry_id)
    return first, second


async def copy_string(hass: HomeAssistant, second: MockConfigEntry) -> None:
    """Add the string of the first house to the second one, as it is proposed."""
    flow = StringFlow(hass, second)
    await flow.add("hub")
    wrong = await flow.answer(family="battery_bank", unit_id=1, string_number=16)
    assert wrong["errors"] == refused_at("string_number", "whole_number_out_of_range")
    empty = await flow.answer(family="battery_bank", unit_id=1, string_number=2)
    assert empty["errors"] == refused_at("unit_id", "hub_empty")
    form = await flow.answer(family="battery_bank", unit_id=1, string_number=1)
    shown = suggestions(form)  # type: ignore[arg-type]
    assert (shown["addresses"], shown["string_module_address"]) == ("101001-101004", 101000)
    assert (shown["nominal_voltage"], shown["string_module"]) == ("12", "battery_bank_string")
    done = await flow.answer(**shown | {"name": "Copy", "capacity": 100})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()


@pytest.mark.usefixtures("socket_enabled")
async def test_a_second_line_reads_the_table_of_the_first(
    hass: HomeAssistant, houses: tuple[MockConfigEntry, MockConfigEntry]
) -> None:
    await copy_string(hass, houses[1])
    await until(hass, "sensor.copy_battery_1_voltage", lambda state: float(state) == 13.612)
    await until(hass, "sensor.copy_battery_1_temperature", lambda state: float(state) == 23.1)
    await until(hass, "sensor.copy_battery_1_internal_resistance", lambda state: float(state) == 4.5)
    await until(hass, "sensor.copy_battery_3_voltage", lambda state: float(state) == 13.499)
    await until(hass, "sensor.copy_current", lambda state: float(state) == -1.8)
    await until(hass, "sensor.copy_ambient_temperature", lambda state: float(state) == 22.1)
    for entry in houses:
        assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("socket_enabled")
async def test_what_is_offline_in_the_first_house_is_offline_in_the_second(
    hass: HomeAssistant,
    bank: Bank,
    houses: tuple[MockConfigEntry, MockConfigEntry],
    free_port: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first, second = houses
    await copy_string(hass, second)
    await until(hass, "sensor.copy_battery_1_voltage", lambda state: float(state) == 13.612)
    await until(hass, "sensor.copy_battery_3_voltage", lambda state: float(state) == 13.499)
    # The battery is offline in the first house, so it is in the second too: all of its values are unavailable, and not
    # only unknown.
    bank.faults.dead.add(1)
    await until_gone(hass, "sensor.a_battery_1_voltage")
    await until_gone(hass, "sensor.copy_battery_1_voltage", seconds=10)
    for quantity in ("temperature", "internal_resistance"):
        assert state_of(hass, f"sensor.copy_battery_1_{quantity}") == "unavailable"
    assert state_of(hass, "binary_sensor.copy_battery_1_connectivity") == "off"
    assert state_of(hass, "binary_sensor.other_house_connectivity") == "on"
    assert "Battery 1 of Copy (address 101001) is offline: its values are not current" in caplog.text
    await until(hass, "sensor.copy_battery_3_voltage", lambda state: float(state) == 13.499)
    # Nothing is known of it, so it is not OK in either house. The table of the second one says so too.
    await until_unknown(hass, "binary_sensor.a_battery_1_problem")
    await until_unknown(hass, "binary_sensor.copy_battery_1_problem")
    assert state_of(hass, "binary_sensor.copy_battery_3_problem") == "off"
    async with client_of(free_port) as client:
        for string in (4000, 8000):
            await until_words(client, string + 500, 3, 1, 1, 1, 0)
            assert await words(client, string + 2500, 4) == [3, 0, 0, 0]
            assert (await words(client, string + 750, 1), await words(client, string + 1000, 1)) == ([0xFFFF], [0xFFFF])
            assert (await words(client, string + 1, 1), await words(client, string + 9, 1)) == ([2], [3])
    bank.faults.dead.clear()
    await until(hass, "sensor.copy_battery_1_voltage", lambda state: float(state) == 13.612)
    await until(hass, "binary_sensor.copy_battery_1_connectivity", lambda state: state == "on")
    assert caplog.text.count("Battery 1 of Copy (address 101001) is offline") == 1
    assert await hass.config_entries.async_unload(first.entry_id)
    for entity in ("sensor.copy_battery_3_voltage", "sensor.copy_battery_1_temperature", "sensor.copy_current"):
        await until_gone(hass, entity)
    assert state_of(hass, "binary_sensor.other_house_connectivity") == "on"  # the first house answers
    assert await hass.config_entries.async_setup(first.entry_id)
    await until(hass, "sensor.copy_battery_3_voltage", lambda state: float(state) == 13.499)
    await until(hass, "sensor.copy_current", lambda state: float(state) == -1.8)
    assert await hass.config_entries.async_unload(first.entry_id)
    assert await hass.config_entries.async_unload(second.entry_id)
