"""Modules that answer less than their document says, and answers to the questions of another master."""

import asyncio
from collections.abc import Callable
import logging
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bus import SERIAL_9600, bank_of, polled
from conftest import eventually, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from virtual_time import hurried

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.line.library_log import QUIET, OnceEach
from custom_components.battery_bank.monitor.model import BatteryReading
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Gateway, Terminal, Wire

# The answer to another master: firmware 0x0A03, 12.996 V and 26.3 °C, from register 0 on.
FOREIGN = [0x0A03, 0x32C4, 0x0107]


@pytest.mark.parametrize("fault", ["only_single", "only_input"])
async def test_modules_that_refuse_the_usual_request(fault: str, tmp_path: Path) -> None:
    bank = bank_of(6, baud=115200)
    getattr(bank.faults, fault).update({2, 3, 7})
    async with polled(SERIAL_9600, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 7)
        await asyncio.sleep(30)
        assert bus.line.online == 7
        for unit_id in (1, 2, 3):
            reading = bus.line.modules[unit_id].reading
            assert isinstance(reading, BatteryReading)
            assert reading.voltage == pytest.approx(13.6, abs=0.2)
            assert reading.resistance is not None
        assert bus.line.quality == 1.0


async def test_an_answer_to_another_master_is_discarded(tmp_path: Path) -> None:
    bank = bank_of(6, baud=115200)
    async with polled(SERIAL_9600, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 7)
        module = bus.line.modules[3]
        for count in (1, 2, 3):
            bank.faults.foreign[3] = [FOREIGN]
            await asyncio.sleep(5)
            assert module.foreign == count
            assert len(bus.line.foreign) == count
            assert isinstance(module.reading, BatteryReading)
            assert module.reading.resistance == pytest.approx(0.0045, rel=0.2)
            assert module.misses == 0


async def test_an_answer_to_another_master_that_looks_almost_right_is_asked_for_again(tmp_path: Path) -> None:
    """Only its temperature is impossible, so its voltage and resistance could be taken for those of the battery."""
    bank = bank_of(6, baud=115200)
    async with polled(SERIAL_9600, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 7)
        module = bus.line.modules[3]
        for _ in range(3):
            bank.faults.foreign[3] = [[14533, 12012, 2120]]
            for _ in range(50):
                await asyncio.sleep(0.1)
                assert isinstance(module.reading, BatteryReading)
                assert module.reading.voltage == pytest.approx(13.6, abs=0.2)
            assert not bank.faults.foreign[3]
        bank.faults.registers[3] = {module.profile.block[0] + 1: 12012}  # its sensor is broken
        await asyncio.sleep(3)
        assert isinstance(module.reading, BatteryReading)
        assert list(module.reading.faults) == ["temperature"]
        assert module.reading.voltage == pytest.approx(13.6, abs=0.2)
        assert not bus.line.foreign


async def test_a_module_with_an_address_that_no_module_can_have(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(bank)
    data = string_data()
    data["data"]["batteries"][1]["address"] = 0
    data["data"]["batteries"][2]["address"] = 300
    entry = line_entry(data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 12)
    await asyncio.sleep(120)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 12)
    await until(hass, "binary_sensor.a_battery_3_connectivity", lambda state: state == "off")
    assert entry.runtime_data.line.online == 3


async def test_a_second_master_is_named_as_a_repair(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 12)
    issues, issue = ir.async_get(hass), f"second_master_{entry.entry_id}"
    for _ in range(3):
        assert issues.async_get_issue(DOMAIN, issue) is None
        bank.faults.foreign[2] = [FOREIGN]
        await asyncio.sleep(30)
    await eventually(lambda: issues.async_get_issue(DOMAIN, issue), seconds=120)
    with hurried():
        await asyncio.sleep(4200)
    await asyncio.sleep(10)
    assert issues.async_get_issue(DOMAIN, issue) is None


@pytest.mark.parametrize("expected_lingering_tasks", [True])
@pytest.mark.parametrize("expected_lingering_timers", [True])  # of the hub
async def test_a_hub_in_yaml_on_the_same_port_is_named_as_a_repair(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    terminal = plug(bank)
    real = await hass.async_add_executor_job(terminal.link.resolve)
    hub = {"name": "old", "type": "serial", "method": "rtu", "port": str(real), "baudrate": 9600}
    hub |= {"bytesize": 8, "parity": "N", "stopbits": 1, "sensors": [{"name": "a", "address": 1, "slave": 1}]}
    assert await async_setup_component(hass, "modbus", {"modbus": [hub]})
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    issues = ir.async_get(hass)
    await eventually(lambda: issues.async_get_issue(DOMAIN, f"yaml_hub_{entry.entry_id}"), seconds=120)
    issue = issues.async_get_issue(DOMAIN, f"yaml_hub_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders == {"line": "Line", "hubs": "old", "port": str(terminal.link)}


GATEWAY_HUBS: dict[str, dict[str, Any]] = {
    "modbus_tcp": {"type": "tcp", "host": "localhost"},
    "rtu_over_tcp": {"type": "rtuovertcp", "host": "localhost"},
}


# Of `modbus`, which waits for a connection and then asks again.
@pytest.mark.parametrize("expected_lingering_timers", [True])
@pytest.mark.parametrize("expected_lingering_tasks", [True])
@pytest.mark.parametrize("kind", GATEWAY_HUBS)
@pytest.mark.usefixtures("socket_enabled")
async def test_a_hub_in_yaml_that_comes_and_goes(
    hass: HomeAssistant, bank: Bank, line_entry: Callable[..., MockConfigEntry], kind: str
) -> None:
    """The hub has another name of the gateway, and is added while the line is at work."""
    gateway = Gateway(Wire(bank), modbus_tcp=kind == "modbus_tcp")
    port = await gateway.start()
    entry = line_entry(connection=kind, host="127.0.0.1", port=port)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 12)
    hub = {"name": "old", "port": port} | GATEWAY_HUBS[kind]
    hub["sensors"] = [{"name": "a", "address": 1, "slave": 1}]
    issues = ir.async_get(hass)
    for hubs in ([hub], []):  # the file is edited, and loaded again
        with patch("homeassistant.config.load_yaml_config_file", return_value={"modbus": hubs} if hubs else {}):
            await hass.services.async_call("modbus", "reload", blocking=True)
        await eventually(
            lambda: (issues.async_get_issue(DOMAIN, f"yaml_hub_{entry.entry_id}") is not None) is bool(hubs),  # noqa: B023
            seconds=20,
        )
    assert await hass.config_entries.async_unload(entry.entry_id)
    await gateway.stop()


def test_the_library_logs_each_condition_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("tmodbus.of_a_test")
    logger.setLevel(logging.WARNING)
    logger.addFilter(OnceEach())
    seconds = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: seconds[0])
    for count in range(500):
        logger.warning("Discarding %d byte(s)", count)
        logger.warning("Connection lost")
        seconds[0] += 0.1
    assert [record.getMessage() for record in caplog.records] == ["Discarding 0 byte(s)", "Connection lost"]
    seconds[0] += QUIET
    logger.warning("Connection lost")
    assert len(caplog.records) == 3
    logger.setLevel(logging.DEBUG)
    logger.warning("Connection lost")
    logger.warning("Connection lost")
    assert len(caplog.records) == 5
