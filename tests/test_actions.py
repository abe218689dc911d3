"""What a person can make a module do: resistance tests by button and action, and blinking."""

import asyncio
from collections.abc import Callable
from pathlib import Path
import time
from typing import Any

from conftest import FAST, string_data, until, until_gone
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from simulator.bank import Bank, build
from simulator.modules import TA, TV
from simulator.wire import Terminal

HASTE = 20  # a test of 30 s takes 1.5 s
RUNNING = "binary_sensor.a_resistance_test"
PROGRESS = "sensor.a_resistance_test_progress"
UNDER_TEST = "sensor.a_battery_under_test"


@pytest.fixture
def bank() -> Bank:
    """Return a bank of two batteries never tested, at 1 and 2, and one TV at 11, on a fast clock."""
    return build(
        {
            "line": {"baud": FAST},
            "string": [
                {"name": "A", "batteries": 2, "tested": False, "string_module": 5},
                {"name": "V", "batteries": 1, "battery_module": "tv", "first_address": 11},
            ],
        },
        clock=lambda: HASTE * time.monotonic(),
    )


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    monkeypatch: pytest.MonkeyPatch,
) -> MockConfigEntry:
    """Return the running line of that bank."""
    monkeypatch.setattr("custom_components.battery_bank.monitor.line.resistance.LOOK", 0.1)
    plug(bank)
    entry = line_entry(string_data(count=2), string_data(11, 1, None, name="V", battery_module="tv"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 13)
    await until(hass, "sensor.v_battery_1_voltage", lambda state: float(state) > 13)
    entry.runtime_data.tests._clock = lambda: HASTE * time.monotonic()
    return entry


async def press(hass: HomeAssistant, entity_id: str) -> None:
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)


async def start(hass: HomeAssistant, entry: MockConfigEntry, *identifiers: str) -> Any:
    devices = dr.async_get(hass)
    ids = []
    for identifier in identifiers:
        device = devices.async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
        ids.append(device.id if device else identifier)
    return await hass.services.async_call(
        DOMAIN, "start_resistance_test", {"device_id": ids}, blocking=True, return_response=True
    )


async def test_a_string_is_tested_battery_by_battery(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    resistance = hass.states.get("sensor.a_battery_1_internal_resistance")
    assert resistance is not None
    assert resistance.state == "unknown"
    string_id = next(iter(entry.subentries))
    assert await start(hass, entry, string_id) == {"batteries": 2}
    assert await start(hass, entry, "A2") == {"batteries": 0}  # it is in the queue already
    await until(hass, RUNNING, lambda state: state == "on")
    await until(hass, UNDER_TEST, lambda state: state == "1")
    await until(hass, PROGRESS, lambda state: float(state) == 0)
    await until(hass, UNDER_TEST, lambda state: state == "2")
    await until(hass, PROGRESS, lambda state: float(state) == 50)
    await until(hass, RUNNING, lambda state: state == "off")
    await until(hass, PROGRESS, lambda state: float(state) == 100)
    for battery in (1, 2):
        await until(hass, f"sensor.a_battery_{battery}_internal_resistance", lambda state: 4 < float(state) < 5)


async def test_a_battery_is_tested_by_its_button(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await press(hass, "button.a_battery_2_start_resistance_test")
    await until(hass, UNDER_TEST, lambda state: state == "2")
    await until(hass, "sensor.a_battery_2_internal_resistance", lambda state: 4 < float(state) < 5)
    await until(hass, RUNNING, lambda state: state == "off")
    other = hass.states.get("sensor.a_battery_1_internal_resistance")
    assert other is not None
    assert other.state == "unknown"


@pytest.mark.slow
async def test_a_failed_test_is_said_and_the_next_one_runs(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    bank.faults.registers[1] = {0x000C: 0xF0F0}  # says for ever that it is at it
    assert entry.runtime_data.line.modules[1].profile.commands["start_resistance_test"].longest == 30
    await press(hass, "button.a_start_resistance_test")
    await until(hass, RUNNING, lambda state: state == "on")
    await until(hass, RUNNING, lambda state: state == "off", seconds=20)
    await until(hass, "sensor.a_battery_2_internal_resistance", lambda state: 4 < float(state) < 5)
    assert "The resistance test of Battery 1 of A (address 1) failed" in caplog.text
    assert "The resistance test of Battery 2" not in caplog.text


async def test_a_tv_blinks_and_has_no_resistance_to_test(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry
) -> None:
    await press(hass, "button.v_battery_1_identify")
    tv = bank.modules[11]
    assert isinstance(tv, TV)
    assert tv.led == 1
    assert hass.states.get("button.v_battery_1_start_resistance_test") is None
    assert hass.states.get("button.v_start_resistance_test") is None
    with pytest.raises(ServiceValidationError) as refused:
        await start(hass, entry, "V11")
    assert refused.value.translation_key == "no_resistance_test"


async def test_a_command_that_is_not_taken(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    bank.faults.dead.add(11)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, "button.v_battery_1_identify")
    assert failed.value.translation_key == "command_failed"
    assert failed.value.translation_placeholders is not None
    assert failed.value.translation_placeholders["module"] == "Battery 1 of V (address 11)"
    assert "no answer" in failed.value.translation_placeholders["error"]
    bank.faults.dead.clear()
    await press(hass, "button.v_battery_1_identify")


async def test_a_reload_during_a_test_loads_no_second_battery(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await press(hass, "button.a_start_resistance_test")
    await until(hass, UNDER_TEST, lambda state: state == "1")
    tas = [module for module in bank.modules.values() if isinstance(module, TA)]
    while not tas[0].testing:
        await asyncio.sleep(0.02)
    await hass.config_entries.async_reload(entry.entry_id)
    assert "The resistance tests that wait on Line are given up: the line is stopped" in caplog.text
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 12)
    assert tas[0].testing
    await press(hass, "button.a_battery_2_start_resistance_test")
    while not tas[1].testing:
        assert hass.states.get(RUNNING) is not None
        await asyncio.sleep(0.02)
    assert not tas[0].testing
    await until(hass, RUNNING, lambda state: state == "off")


async def test_an_action_on_two_lines_is_not_half_done(
    hass: HomeAssistant, entry: MockConfigEntry, line_entry: Callable[..., MockConfigEntry], port: Path
) -> None:
    other = line_entry(string_data(name="B"), device=str(port.with_name("ttyGONE")))
    assert await hass.config_entries.async_setup(other.entry_id)
    await until_gone(hass, "sensor.b_battery_1_voltage")
    while other.runtime_data.line.down is None:
        await asyncio.sleep(0.02)
    devices = dr.async_get(hass)
    ids = [
        device.id
        for one, identifier in ((entry, "A1"), (other, "B1"))
        if (device := devices.async_get_device_by_identifier((DOMAIN, identifier), one.entry_id))
    ]
    assert len(ids) == 2
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(DOMAIN, "start_resistance_test", {"device_id": ids}, blocking=True)
    assert refused.value.translation_key == "line_down"
    assert not entry.runtime_data.tests.progress.active


async def test_devices_that_are_no_battery(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    for identifier in (entry.entry_id, "nonsense"):
        with pytest.raises(ServiceValidationError) as refused:
            await start(hass, entry, identifier)
        assert refused.value.translation_key == "no_battery_or_string"
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await start(hass, entry, "A1")


async def test_no_test_is_asked_of_a_line_that_is_down(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    terminal = plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    await terminal.pull()
    await until_gone(hass, "sensor.a_battery_1_voltage")
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass, "button.a_start_resistance_test")
    assert refused.value.translation_key == "line_down"
