"""One Home Assistant reads the strings of another one: the register table that we serve, by our own profile for it."""

from collections.abc import Callable

from conftest import refused_at, state_of, until, until_unknown
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


@pytest.mark.usefixtures("socket_enabled")
async def test_a_second_line_reads_the_table_of_the_first(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    free_port: int,
) -> None:
    terminal = plug(bank)
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
    await until(hass, "sensor.copy_battery_1_voltage", lambda state: float(state) == 13.612)
    await until(hass, "sensor.copy_battery_1_temperature", lambda state: float(state) == 23.1)
    await until(hass, "sensor.copy_battery_1_internal_resistance", lambda state: float(state) == 4.5)
    await until(hass, "sensor.copy_battery_3_voltage", lambda state: float(state) == 13.499)
    await until(hass, "sensor.copy_current", lambda state: float(state) == -1.8)
    await until(hass, "sensor.copy_ambient_temperature", lambda state: float(state) == 22.1)
    bank.faults.dead.add(1)  # the battery is offline in the first house, so its voltage is unknown in the second too
    await until_unknown(hass, "sensor.copy_battery_1_voltage")
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
    assert await hass.config_entries.async_unload(first.entry_id)
    await until_unknown(hass, "sensor.copy_battery_3_voltage")
    assert await hass.config_entries.async_unload(second.entry_id)
    await terminal.pull()
