"""What an installer does: look who is on the line, and give a module its address or speed."""

from collections.abc import Callable
from typing import Any

from conftest import SMALL_BANK, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from simulator.bank import Bank, build
from simulator.modules import TA
from simulator.wire import Gateway, Terminal, Wire

SLOW = 9600


FAR_APART = {"name": "A", "batteries": 2}  # the second gets another address


@pytest.fixture
def bank() -> Bank:
    """Return a new module, alone on the line at its address from the factory."""
    return build({"line": {"baud": SLOW}, "string": [{"name": "A", "batteries": 1}]})


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return the running line that the module is on."""
    plug(bank)
    entry = line_entry(string_data(count=1, string_module=None), baudrate=SLOW)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    return entry


async def call(hass: HomeAssistant, action: str, **data: Any) -> Any:
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)


@pytest.mark.parametrize("bank", [build(SMALL_BANK)], ids=["small"])
async def test_a_scan_says_who_is_there_and_whose_it_is(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(bank)
    entry = line_entry(string_data(count=3))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    found = await call(hass, "scan", config_entry_id=entry.entry_id, first_address=2, last_address=8)
    assert [(one["address"], one["model"], one["string"], one["battery"]) for one in found["modules"]] == [
        (2, "RMS-TA", "A", 2),
        (3, "RMS-TA", "A", 3),
        (4, "RMS-TA", None, None),
        (5, "RMS-TC", "A", None),
    ]
    assert found["modules"][0]["voltage"] == pytest.approx(13.6, abs=0.3)
    assert {one["verdict"] for one in found["modules"]} == {"known"}
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "scan", first_address=8, last_address=2)
    assert refused.value.translation_key == "bad_range"
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "scan", config_entry_id="nonsense")
    assert refused.value.translation_key == "service_config_entry_not_found"


async def test_a_module_gets_its_address_and_speed(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    told = await call(hass, "set_module_address", address=7)
    assert told == {"model": "RMS-TA", "before": 1, "address": 7}
    assert list(bank.modules) == [7]
    assert (await call(hass, "scan", first_address=6, last_address=8))["modules"][0]["address"] == 7
    assert await call(hass, "set_module_address", address=7) == {"model": "RMS-TA", "before": 7, "address": 7}

    told = await call(hass, "set_module_baudrate", baudrate=19200)
    assert told == {"model": "RMS-TA", "address": 7, "before": SLOW, "baudrate": 19200}
    assert bank.modules[7].baud == 19200
    # The line is as it was, and hears the module no more.
    assert entry.data["baudrate"] == SLOW
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, "set_module_address", address=8)
    assert refused.value.translation_key == "nothing_answers"
    hass.config_entries.async_update_entry(entry, data={**entry.data, "baudrate": 19200})
    await hass.async_block_till_done()
    assert (await call(hass, "scan", first_address=7, last_address=7))["modules"][0]["model"] == "RMS-TA"


async def test_a_module_that_does_not_take_it(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    module = bank.modules[1]
    bank.faults.forgetful.add(1)
    for action, data in (("set_module_address", {"address": 7}), ("set_module_baudrate", {"baudrate": 19200})):
        with pytest.raises(HomeAssistantError) as refused:
            await call(hass, action, **data)
        assert refused.value.translation_key == "not_taken"
        assert refused.value.translation_placeholders == {"addresses": "1"}
    assert (bank.modules, module.baud) == ({1: module}, None)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)  # the line has its port again
    bank.faults.forgetful.clear()
    assert (await call(hass, "set_module_address", address=7))["address"] == 7


TWO: dict[str, Any] = {"line": {"baud": SLOW}, "string": [{"name": "A", "batteries": 2}]}
SHARED: dict[str, Any] = TWO | {"faults": {"doubled": [1], "dead": [2]}}


@pytest.mark.parametrize(
    ("bank", "addresses"), [(build(TWO), "1-2"), (build(SHARED), "1")], ids=["beside", "at the same address"]
)
async def test_a_module_that_is_not_alone(
    hass: HomeAssistant,
    bank: Bank,
    addresses: str,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    plug(bank)
    entry = line_entry(string_data(count=1, string_module=None), baudrate=SLOW)
    assert await hass.config_entries.async_setup(entry.entry_id)
    for action, data in (("set_module_address", {"address": 7}), ("set_module_baudrate", {"baudrate": 19200})):
        with pytest.raises(HomeAssistantError) as refused:
            await call(hass, action, **data)
        assert refused.value.translation_key == "not_alone"
        assert refused.value.translation_placeholders == {"addresses": addresses}
    assert {module.baud for module in bank.modules.values()} == {None}
    assert set(bank.modules) == {1, 2}


async def test_what_is_no_known_module_is_left_alone(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    bank.faults.registers[1] = {0x000E: 77}
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, "set_module_address", address=7)
    assert refused.value.translation_key == "unknown_module"
    bank.faults.registers.clear()
    assert (await call(hass, "set_module_address", address=7))["address"] == 7


async def test_a_module_that_is_lost_on_the_way(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = bank.modules[1]
    monkeypatch.setattr(module, "write", lambda *_: bank.faults.dead.add(1))
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, "set_module_address", address=7)
    assert refused.value.translation_key == "module_lost"


@pytest.mark.parametrize("connection", ["rtu_over_tcp", "modbus_tcp"])
@pytest.mark.parametrize(("fault", "value"), [("gateway_closes", True), ("gateway_hangs_up", 0.2)])
@pytest.mark.usefixtures("socket_enabled")
async def test_a_gateway_that_closes_its_connection(
    hass: HomeAssistant, bank: Bank, line_entry: Callable[..., MockConfigEntry], connection: str, fault: str, value: Any
) -> None:
    gateway = Gateway(Wire(bank), modbus_tcp=connection == "modbus_tcp")
    port = await gateway.start()
    data = {"connection": connection, "host": "127.0.0.1", "port": port}
    entry = line_entry(string_data(count=1, string_module=None), **data)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    setattr(bank.faults, fault, value)
    assert (await call(hass, "set_module_address", address=7))["address"] == 7
    assert list(bank.modules) == [7]
    assert await hass.config_entries.async_unload(entry.entry_id)
    await gateway.stop()


@pytest.mark.parametrize("bank", [build({"seed": 1, "line": {"baud": SLOW}, "string": [FAR_APART]})])
async def test_a_module_that_interference_hides_from_the_scan(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """The line polls the first one; the scan does not find it, because it answers nothing for some seconds."""
    module = bank.modules.pop(2)
    bank.modules[100] = module
    assert isinstance(module, TA)
    module.unit_id = 100
    plug(bank)
    entry = line_entry(string_data(count=1, string_module=None), baudrate=SLOW)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    bank.faults.dead.add(1)
    hass.loop.call_later(4, bank.faults.dead.clear)
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, "set_module_address", address=1)
    assert refused.value.translation_key == "not_alone"
    assert refused.value.translation_placeholders == {"addresses": "1, 100"}
    assert set(bank.modules) == {1, 100}


@pytest.mark.enable_socket
async def test_a_gateway_has_its_own_speed(hass: HomeAssistant, line_entry: Callable[..., MockConfigEntry]) -> None:
    entry = line_entry(connection="rtu_over_tcp", host="127.0.0.1", port=1)
    assert await hass.config_entries.async_setup(entry.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "set_module_baudrate", baudrate=19200)
    assert refused.value.translation_key == "not_serial"


async def test_a_port_that_another_line_uses_keeps_its_speed(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, line_entry: Callable[..., MockConfigEntry]
) -> None:
    other = line_entry(string_data(7, 1, None, name="B"), baudrate=SLOW)
    assert await hass.config_entries.async_setup(other.entry_id)
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "set_module_baudrate", config_entry_id=entry.entry_id, baudrate=19200)
    assert refused.value.translation_key == "port_shared"
    assert refused.value.translation_placeholders == {"users": other.title}
    assert bank.modules[1].baud is None  # it was not given one
    await hass.config_entries.async_unload(other.entry_id)
    told = await call(hass, "set_module_baudrate", config_entry_id=entry.entry_id, baudrate=19200)
    assert told["baudrate"] == bank.modules[1].baud == 19200


async def test_a_line_that_is_down_says_so(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    terminal = plug(bank)
    entry = line_entry(string_data(count=1, string_module=None), baudrate=SLOW)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    hass.config.language = "fr"
    assert await hass.config_entries.async_reload(entry.entry_id)  # the names of the entities stay English
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    await terminal.pull()
    for action, data in (("scan", {}), ("set_module_address", {"address": 7})):
        with pytest.raises(HomeAssistantError) as refused:
            await call(hass, action, **data)
        assert refused.value.translation_key == "line_down"
        assert refused.value.translation_placeholders is not None
        assert refused.value.translation_placeholders["reason"] in (  # it depends on what the line was doing
            "l'adaptateur a été débranché ou un autre programme l'utilise",
            "la connexion a été perdue",
            "le port n'existe pas",
        )
    terminal.plug()
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    assert (await call(hass, "scan", last_address=1))["modules"][0]["address"] == 1
