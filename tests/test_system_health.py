"""System health: how the lines do, with nothing put on the wire for it."""

from collections.abc import Callable
import re

from conftest import string_data, until, until_gone
from pytest_homeassistant_custom_component.common import MockConfigEntry, get_system_health_info

from custom_components.battery_bank.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.loader import async_get_integration
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal


async def test_a_line_at_work_down_and_at_work_again(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    terminal = plug(bank)
    bank.faults.dead.add(2)
    entry = line_entry(string_data(), string_data(first=11, count=2, string_module=None, name="B"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 13)
    await until(hass, "sensor.line_round_time", lambda state: float(state) > 0)
    info = await get_system_health_info(hass, DOMAIN)
    assert info["version"] == str((await async_get_integration(hass, DOMAIN)).version)
    assert {key: info[key] for key in ("lines", "strings", "batteries", "modules", "journals")} == {
        "lines": "1 / 1",
        "strings": 2,
        "batteries": 6,
        "modules": "4 / 7",
        "journals": "1 / 1",
    }
    assert re.fullmatch(r"\d+\.\d s", info["round_time"])
    assert re.fullmatch(r"\d+\.\d %", info["link_quality"])
    assert re.fullmatch(r"0\.\d MB", info["journal_size"])
    words = await async_get_translations(hass, "en", "system_health", [DOMAIN])
    assert {key.rpartition(".")[2] for key in words} == set(info)

    await terminal.pull()
    await until_gone(hass, "sensor.a_battery_4_voltage")
    await until_gone(hass, "sensor.line_round_time")
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["lines"], info["modules"]) == ("0 / 1", "0 / 7")
    assert not {"round_time", "link_quality"} & set(info)

    terminal.plug()
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 13)
    assert (await get_system_health_info(hass, DOMAIN))["lines"] == "1 / 1"


async def test_a_journal_that_is_copied_and_a_line_that_is_not_loaded(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    assert await async_setup_component(hass, "system_health", {})
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await entry.runtime_data.journal_writer.async_hold()
    assert (await get_system_health_info(hass, DOMAIN))["journals"] == "0 / 1"
    await entry.runtime_data.journal_writer.async_release()
    assert (await get_system_health_info(hass, DOMAIN))["journals"] == "1 / 1"
    await hass.config_entries.async_unload(entry.entry_id)
    info = await get_system_health_info(hass, DOMAIN)
    assert (info["lines"], info["strings"], info["journals"]) == ("0 / 1", 0, "0 / 1")
    assert float(info["journal_size"].removesuffix(" MB")) > 0  # it is still there
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert (await get_system_health_info(hass, DOMAIN))["strings"] == 1
