"""Honest availability, end to end: what doesn't answer is unavailable, says so once, and comes back by itself."""

import asyncio
from collections.abc import Callable
import itertools
from pathlib import Path

from conftest import FAST, SMALL_BANK, eventually, string_data, until, until_gone
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from simulator import wire
from simulator.bank import Bank, build
from simulator.wire import Terminal

VOLTAGE = "sensor.a_battery_{}_voltage"


def good(state: str) -> bool:
    return 13 < float(state) < 14


def said(caplog: pytest.LogCaptureFixture, words: str) -> int:
    return sum(words in record.getMessage() for record in caplog.records if record.name.startswith("custom_components"))


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line of four batteries and a string module."""
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, VOLTAGE.format(4), good)
    return entry


async def test_a_module_that_dies_and_returns(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await until(hass, "binary_sensor.a_battery_3_connectivity", lambda state: state == "on")
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    rounds = entry.runtime_data.line.modules[1].counts.answered
    bank.faults.dead.add(3)
    await until_gone(hass, VOLTAGE.format(3))
    assert entry.runtime_data.line.modules[1].counts.answered - rounds <= 4  # within three rounds
    for quantity in ("temperature", "internal_resistance"):
        await until_gone(hass, f"sensor.a_battery_3_{quantity}")
    await until(hass, "binary_sensor.a_battery_3_connectivity", lambda state: state == "off")
    await until(hass, "sensor.line_modules_online", lambda state: state == "4")
    await until(hass, VOLTAGE.format(4), good)
    sum_of_all = hass.states.get("sensor.a_voltage")
    assert sum_of_all is not None
    assert sum_of_all.state == "unknown"  # one is missing, so the sum is unknown
    await until(hass, "sensor.a_lowest_battery_voltage", good)
    assert said(caplog, "Battery 3 of A (address 3) is offline: no answer within") == 1

    bank.faults.dead.clear()
    await until(hass, VOLTAGE.format(3), good)
    await until(hass, "binary_sensor.a_battery_3_connectivity", lambda state: state == "on")
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    assert said(caplog, "is offline") == 1
    assert said(caplog, "Battery 3 of A (address 3) is online again") == 1


async def test_the_string_module_dies_and_returns(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    bank.faults.dead.add(5)
    await until_gone(hass, "sensor.a_current")
    await until_gone(hass, "sensor.a_ambient_temperature")
    await until(hass, "binary_sensor.a_connectivity", lambda state: state == "off")
    await until(hass, VOLTAGE.format(1), good)
    assert said(caplog, "The string module of A (address 5) is offline") == 1
    bank.faults.dead.clear()
    await until(hass, "sensor.a_current", lambda state: float(state) >= 0)
    assert said(caplog, "The string module of A (address 5) is online again") == 1


async def test_the_port_is_pulled_and_put_back(
    hass: HomeAssistant,
    bank: Bank,
    port: Path,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No reload; readings are back within 10 s of the port's return, however long it was gone."""
    terminal = plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, VOLTAGE.format(4), good)
    coordinator = entry.runtime_data
    await terminal.pull()
    for entity_id in (VOLTAGE.format(1), "sensor.a_current", "sensor.a_voltage", "sensor.line_round_time"):
        await until_gone(hass, entity_id)
    await until_gone(hass, "sensor.line_link_quality")
    await until(hass, "binary_sensor.line_connectivity", lambda state: state == "off")
    connectivity = hass.states.get("binary_sensor.a_battery_1_connectivity")
    assert connectivity is not None
    assert connectivity.state == "unknown"  # it is unknown while the line is down
    await asyncio.sleep(300)
    assert said(caplog, "The line Line can't be used: ") == 1
    assert said(caplog, "No such file or directory") == 1
    terminal.plug()
    returned = hass.loop.time()
    await until(hass, VOLTAGE.format(4), good)
    assert hass.loop.time() - returned < 10
    await until(hass, "binary_sensor.line_connectivity", lambda state: state == "on")
    await until(hass, "binary_sensor.a_battery_1_connectivity", lambda state: state == "on")
    assert said(caplog, "The line Line works again") == 1
    assert said(caplog, "is offline") == 0  # no module is to blame
    assert entry.runtime_data is coordinator


async def test_a_dead_module_is_told_once_however_often_the_line_goes(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    caplog: pytest.LogCaptureFixture,
) -> None:
    bank.faults.dead.add(3)
    terminal = plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "binary_sensor.a_battery_3_connectivity", lambda state: state == "off")
    await terminal.pull()
    await until(hass, "binary_sensor.line_connectivity", lambda state: state == "off")
    terminal.plug()
    await until(hass, VOLTAGE.format(4), good)
    await until(hass, "binary_sensor.a_battery_3_connectivity", lambda state: state == "off")
    await terminal.pull()
    await until(hass, "binary_sensor.line_connectivity", lambda state: state == "off")
    bank.faults.dead.clear()
    terminal.plug()
    await until(hass, VOLTAGE.format(3), good)
    assert said(caplog, "is offline") == 1
    assert said(caplog, "Battery 3 of A (address 3) is online again") == 1


async def test_a_line_that_is_down_at_start_up_recovers_by_itself(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    caplog: pytest.LogCaptureFixture,
) -> None:
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await until_gone(hass, VOLTAGE.format(1))
    await until(hass, "binary_sensor.line_connectivity", lambda state: state == "off")
    plug(bank)
    await until(hass, VOLTAGE.format(1), good)
    assert said(caplog, "The line Line can't be used") == 1
    assert said(caplog, "The line Line works again") == 1


async def test_a_value_that_cannot_be_is_never_shown(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    bank.faults.registers[2] = {0x0001: 45000}
    bank.faults.registers[5] = {0x0003: 0xFFFF}
    await until_gone(hass, VOLTAGE.format(2))
    await until_gone(hass, "sensor.a_current")
    await until(hass, "sensor.a_battery_2_temperature", lambda state: float(state) > 20)
    await until(hass, "binary_sensor.a_battery_2_connectivity", lambda state: state == "on")
    assert said(caplog, "Battery 2 of A (address 2) sends implausible values: voltage 45 V is outside 3 to 19.2 V") == 1
    assert said(caplog, "current -3276.7 A is outside -2000 to 2000 A") == 1
    assert entry.runtime_data.line.modules[2].counts.implausible >= 1
    bank.faults.registers.clear()
    await until(hass, VOLTAGE.format(2), good)
    await until(hass, "sensor.a_current", lambda state: float(state) >= 0)
    assert said(caplog, "Battery 2 of A (address 2) sends plausible values again") == 1


async def test_a_busy_module_does_not_stop_the_line(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    """The library asks a busy module again and again inside its lock, for up to a minute."""
    bank.faults.busy.add(3)
    await until_gone(hass, VOLTAGE.format(3))
    line = entry.runtime_data.line
    before = line.modules[1].counts.answered
    await eventually(lambda: line.modules[1].counts.answered >= before + 4, seconds=10)
    bank.faults.busy.clear()
    await until(hass, VOLTAGE.format(3), good)


async def test_two_modules_at_one_address_show_no_wrong_number(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    bank.double(2)
    await until_gone(hass, VOLTAGE.format(2))
    assert said(caplog, "Battery 2 of A (address 2) is offline: the answer could not be read") == 1
    assert entry.runtime_data.line.modules[2].counts.unreadable >= 3
    bank.faults.doubled.clear()
    await until(hass, VOLTAGE.format(2), good)


async def test_a_wrong_speed_is_silence(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(bank)
    entry = line_entry(baudrate=9600)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until_gone(hass, VOLTAGE.format(1))
    await until(hass, "binary_sensor.a_battery_1_connectivity", lambda state: state == "off")
    await until(hass, "binary_sensor.line_connectivity", lambda state: state == "off")
    hass.config_entries.async_update_entry(entry, data={**entry.data, "baudrate": FAST})
    await hass.async_block_till_done()
    await until(hass, VOLTAGE.format(1), good)


async def test_a_noisy_line_keeps_its_readings(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer in nine is spoilt: it is counted, asked again, and nothing goes unavailable."""
    answers = itertools.count(1)
    monkeypatch.setattr(
        wire, "spoilt", lambda _, frame: frame if next(answers) % 9 else frame[:-1] + bytes([frame[-1] ^ 1])
    )
    line = entry.runtime_data.line
    before = line.modules[1].counts.answered
    while line.modules[1].counts.answered < before + 12:
        await asyncio.sleep(0.05)
        for number in (1, 2, 3, 4):
            state = hass.states.get(VOLTAGE.format(number))
            assert state is not None
            assert good(state.state)
    assert said(caplog, "is offline") == 0
    assert line.quality is not None
    assert 0.8 < line.quality < 1


async def test_unloading_lets_go_of_the_port(hass: HomeAssistant, entry: MockConfigEntry, port: Path) -> None:
    from homeassistant.components.modbus.connection import async_get_connection_info

    assert [info.endpoint for info in async_get_connection_info(hass)] == [("serial", str(port))]
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert async_get_connection_info(hass) == []
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, VOLTAGE.format(1), good)


async def test_a_mistake_of_ours_does_not_stop_the_monitor_in_silence(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = entry.runtime_data.line.modules[1]
    monkeypatch.setattr(module, "answered", lambda *_, **__: 1 / 0)
    await until_gone(hass, VOLTAGE.format(1))
    assert said(caplog, "The line Line is started again after an unexpected error") == 1
    for entity_id in (VOLTAGE.format(4), "sensor.a_current", "sensor.line_round_time"):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.state == "unavailable"  # nothing old is left
    await until(hass, VOLTAGE.format(1), good)


async def test_other_link_settings_are_an_error_of_the_entry(
    hass: HomeAssistant, entry: MockConfigEntry, line_entry: Callable[..., MockConfigEntry]
) -> None:
    other = line_entry(string_data(name="B"), baudrate=9600)
    assert not await hass.config_entries.async_setup(other.entry_id)
    assert other.state is ConfigEntryState.SETUP_ERROR
    assert other.error_reason_translation_key == "link_settings_in_use"


async def test_a_second_entry_may_share_the_line(
    hass: HomeAssistant, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """The link is core's, so whoever names it alike shares it; two strings here in two entries."""
    two = {**SMALL_BANK, "string": [*SMALL_BANK["string"], {"name": "B", "batteries": 2, "first_address": 11}]}
    plug(build(two))
    for string in (string_data(), string_data(11, 2, None, name="B")):
        assert await hass.config_entries.async_setup(line_entry(string).entry_id)
    await until(hass, VOLTAGE.format(4), good)
    await until(hass, "sensor.b_battery_2_voltage", good)
