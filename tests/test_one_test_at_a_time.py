"""One resistance test at a time on one wire: across entries, reloads and restarts, over a simulated gateway or port."""

from collections.abc import AsyncGenerator, Callable
from functools import partial
import json
from pathlib import Path

from conftest import SMALL_BANK, eventually, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.runtime.commanded_tests import DATA_TURNS, async_setup_turns
from homeassistant.core import HomeAssistant
from simulator.bank import Bank, build
from simulator.modules import TA
from simulator.wire import Gateway, Terminal, Wire

START = "button.{}_battery_1_start_resistance_test"
TEST = 0x000C


class Loads:
    """Notes, each time a test is started, which others test then and what the record says."""

    def __init__(self, bank: Bank, record: Path, patch: pytest.MonkeyPatch) -> None:
        self.started: list[int] = []
        self.overlaps: list[tuple[int, int]] = []
        self.recorded: list[set[str]] = []
        write = TA.write

        def started(module: TA, register: int, value: int) -> None:
            if register == TEST:
                self.started.append(module.unit_id)
                others = [one for one in bank.modules.values() if isinstance(one, TA) and one.testing]
                self.overlaps += [(one.unit_id, module.unit_id) for one in others]
                self.recorded.append(set(json.loads(record.read_text())))
            write(module, register, value)

        patch.setattr(TA, "write", started)


@pytest.fixture
def bank() -> Bank:
    """Return a bank that was never tested, and whose modules report the end of a test at once."""
    bank = build({**SMALL_BANK, "string": [{**SMALL_BANK["string"][0], "tested": False}]})
    bank.faults.registers = {unit_id: {TEST: 0} for unit_id in (1, 2, 3, 4)}
    return bank


@pytest.fixture
def record(hass: HomeAssistant) -> Path:
    """Return where the commanded tests are recorded."""
    return Path(hass.config.path(".storage", f"{DOMAIN}.resistance_tests"))


@pytest.fixture
def loads(bank: Bank, record: Path, monkeypatch: pytest.MonkeyPatch) -> Loads:
    return Loads(bank, record, monkeypatch)


@pytest.fixture
async def gateway(bank: Bank, socket_enabled: None) -> AsyncGenerator[int]:
    """Put the bank behind a transparent gateway, and return its port."""
    gateway = Gateway(Wire(bank), modbus_tcp=False)
    yield await gateway.start()
    await gateway.stop()


def by_gateway(hass: HomeAssistant, host: str, port: int, name: str, address: int) -> MockConfigEntry:
    entry = MockConfigEntry(
        domain=DOMAIN,
        title=host,
        unique_id=f"{host}:{port}",
        data={"connection": "rtu_over_tcp", "host": host, "port": port},
        subentries_data=[string_data(address, 1, None, name=name)],
    )
    entry.add_to_hass(hass)
    return entry


@pytest.mark.usefixtures("all_enabled")
async def test_one_gateway_under_two_names(hass: HomeAssistant, gateway: int, loads: Loads) -> None:
    entries = [
        by_gateway(hass, host, gateway, name, address)
        for host, name, address in (("127.0.0.1", "A", 1), ("localhost", "B", 2))
    ]
    assert await hass.config_entries.async_setup(entries[0].entry_id)  # sets up both
    for name in ("a", "b"):
        await until(hass, f"sensor.{name}_battery_1_voltage", lambda state: float(state) > 12)
        await hass.services.async_call("button", "press", {"entity_id": START.format(name)}, blocking=True)
    await eventually(lambda: not any(entry.runtime_data.tests.progress.active for entry in entries), seconds=300)
    assert sorted(loads.started) == [1, 2]
    assert loads.overlaps == []
    assert all(f"[127.0.0.1]:{gateway}" in places for places in loads.recorded)


@pytest.mark.usefixtures("all_enabled")
async def test_a_reload_while_the_module_under_test_is_silent(
    hass: HomeAssistant,
    bank: Bank,
    loads: Loads,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 12)
    await hass.services.async_call("button", "press", {"entity_id": START.format("a")}, blocking=True)
    await eventually(lambda: loads.started == [1])
    bank.faults.dead.add(1)
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 12)
    other = {"entity_id": "button.a_battery_2_start_resistance_test"}
    await hass.services.async_call("button", "press", other, blocking=True)
    await eventually(lambda: loads.started == [1, 2], seconds=100)
    assert loads.overlaps == []


@pytest.mark.usefixtures("all_enabled")
async def test_a_kill_while_a_module_tests(
    hass: HomeAssistant,
    bank: Bank,
    loads: Loads,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    """Nothing is left in memory; the file is what the next start finds. Its date may be any."""
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 12)
    await hass.services.async_call("button", "press", {"entity_id": START.format("a")}, blocking=True)
    await eventually(lambda: loads.started == [1])
    await hass.config_entries.async_unload(entry.entry_id)
    del hass.data[DATA_TURNS]
    await async_setup_turns(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 12)
    other = {"entity_id": "button.a_battery_2_start_resistance_test"}
    await hass.services.async_call("button", "press", other, blocking=True)
    await eventually(lambda: loads.started == [1, 2], seconds=100)
    assert loads.overlaps == []


@pytest.mark.usefixtures("all_enabled")
async def test_a_record_that_cannot_be_written_or_read(
    hass: HomeAssistant,
    bank: Bank,
    record: Path,
    loads: Loads,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await hass.async_add_executor_job(partial(record.mkdir, parents=True))  # a folder in its place
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 12)
    assert "The record of resistance tests" in caplog.text
    await hass.services.async_call("button", "press", {"entity_id": START.format("a")}, blocking=True)
    await eventually(lambda: not entry.runtime_data.tests.progress.active, seconds=300)
    assert loads.started == []
    assert caplog.text.count("No resistance test is started") == 1
    await hass.async_add_executor_job(record.rmdir)
    await hass.services.async_call("button", "press", {"entity_id": START.format("a")}, blocking=True)
    await eventually(lambda: loads.started == [1], seconds=200)
