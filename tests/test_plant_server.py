"""The register table for plant systems, read over Modbus TCP by a client that others wrote.

Addresses and words are typed by hand as docs/plant.md has them; the modules' registers are pinned.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
import errno
import os
import socket
import time
from types import MappingProxyType
from typing import Any

from conftest import eventually, refused_at, state_of, string_data, until, until_gone
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.plant_systems.publication import DATA_PUBLICATION
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from simulator.bank import Bank, build
from simulator.wire import Terminal

pytestmark = pytest.mark.usefixtures("socket_enabled")

UNKNOWN, UNKNOWN_SIGNED = 0xFFFF, 0x8000
STRING_1, STRING_2, VOLTAGES, TEMPERATURES, RESISTANCES = 4000, 8000, 1000, 1250, 1500

type Table = Callable[..., Any]


@pytest.fixture
def free_port(socket_enabled: None) -> int:
    """Return a TCP port that no program uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


async def open_form(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> Any:
    """Choose a server in the menu of the options, and return its form."""
    menu = await hass.config_entries.options.async_init(entry.entry_id)
    assert menu["type"] is FlowResultType.MENU
    assert menu["menu_options"] == ["modbus_server", "snmp_agent", "send_journal"]
    step = await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": name})
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, name)
    return step


async def switch_on(hass: HomeAssistant, entry: MockConfigEntry, free_port: int, **changes: Any) -> Any:
    """Fill in the form of the options."""
    step = await open_form(hass, entry, "modbus_server")
    answers = {"enabled": True, "address": "127.0.0.1", "port": free_port, "clients": "127.0.0.1"} | changes
    return await hass.config_entries.options.async_configure(step["flow_id"], answers)


@asynccontextmanager
async def client_of(port: int) -> AsyncGenerator[AsyncModbusTcpClient]:
    client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0)
    assert await client.connect()
    try:
        yield client
    finally:
        client.close()


async def is_refused(port: int) -> bool:
    """Return whether the server ends a connection without an answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(bytes.fromhex("000100000006010300000001"))
    try:
        return await reader.read(1) == b""
    except ConnectionResetError:
        return True
    finally:
        writer.close()


async def words(client: AsyncModbusTcpClient, first: int, count: int = 1, unit: int = 1) -> list[int]:
    """Return registers, which are the same as holding registers and as input registers."""
    holding = await client.read_holding_registers(first, count=count, device_id=unit)
    inputs = await client.read_input_registers(first, count=count, device_id=unit)
    assert not holding.isError()
    assert holding.registers == inputs.registers
    return list(holding.registers)


async def until_words(client: AsyncModbusTcpClient, first: int, *expected: int, seconds: float = 60.0) -> None:
    loop = asyncio.get_running_loop()
    ends = loop.time() + seconds
    while (found := await words(client, first, len(expected))) != list(expected):
        assert loop.time() < ends, f"{found} at {first}"
        await asyncio.sleep(1)


@pytest.fixture
def bank() -> Bank:
    """Return a string of four blocks whose registers are pinned: 13.601 to 13.604 V, 23.1 °C and below 0, 4.5 mΩ."""
    bank = build({"line": {"baud": 115200}, "string": [{"name": "A", "batteries": 4, "string_module": 5}]})
    for number in range(1, 5):
        bank.faults.registers[number] = {1: 13600 + number, 2: 231, 3: 4500 + number}
    bank.faults.registers[2][2] = 0x8012  # -1.8 °C
    bank.faults.registers[5] = {3: 0x80C8, 4: 220, 5: 0x8000}  # -20.0 A, 22.0 °C
    return bank


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    plug(bank)
    entry = line_entry(string_data(name="Süd"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.sud_voltage", lambda state: float(state) > 50)
    return entry


async def test_values_of_a_string_and_its_batteries(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int
) -> None:
    result = await switch_on(hass, entry, free_port)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    async with client_of(free_port) as client:
        assert await words(client, 0, 5) == [0x4242, 1, 1, 1, 4]
        assert await words(client, 20, 3) == [4, 0, 0]
        assert await words(client, 40, 2) == [1, 0]
        assert await words(client, STRING_1 + VOLTAGES, 6) == [13601, 13602, 13603, 13604, UNKNOWN, UNKNOWN]
        assert await words(client, STRING_1 + TEMPERATURES, 5) == [231, 0xFFEE, 231, 231, UNKNOWN_SIGNED]
        assert await words(client, STRING_1 + RESISTANCES, 4) == [4501, 4502, 4503, 4504]
        assert await words(client, STRING_1 + 500, 5) == [1, 1, 1, 1, 0]
        assert await words(client, STRING_1, 2) == [4, 1]
        assert await words(client, STRING_1 + 20, 6) == [0, 54410, 0xFFFF, 0xB1E0, 220, 0]
        assert await words(client, STRING_1 + 26, 5) == [13604, 4, 13601, 1, 3]
        assert await words(client, STRING_1 + 31, 1) == [231]
        assert await words(client, STRING_1 + 120, 3) == [1, 6, 12000]
        assert await words(client, STRING_1 + 124, 4) == [0, 1000, 308, 55413]  # 20240501
        name = b"".join(word.to_bytes(2) for word in await words(client, STRING_1 + 130, 20))
        assert name.rstrip(b"\0").decode() == "Süd"
        ages = await words(client, STRING_1 + 750, 5)
        assert max(ages[:4]) < 5
        assert ages[4] == UNKNOWN


async def test_an_old_value_is_not_shown_as_current(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    bank.faults.dead.add(3)
    await until_gone(hass, "sensor.sud_battery_3_voltage")
    async with client_of(free_port) as client:
        assert await words(client, STRING_1 + VOLTAGES, 4) == [13601, 13602, UNKNOWN, 13604]
        assert await words(client, STRING_1 + 500, 4) == [1, 1, 3, 1]
        assert (await words(client, STRING_1 + 750, 3))[2] == UNKNOWN
        assert (await words(client, STRING_1 + 2500, 4))[2] == 3  # not monitored, which is not OK
        assert await words(client, STRING_1 + 1, 1) == [2]
        assert await words(client, STRING_1 + 20, 2) == [0xFFFF, 0xFFFF]  # without one battery there is no sum
        bank.faults.dead.clear()
        await until_words(client, STRING_1 + VOLTAGES, 13601, 13602, 13603, 13604, seconds=120)
        bank.faults.registers[3][1] = 40000
        await until_words(client, STRING_1 + 500, 1, 1, 2, 1)
        assert (await words(client, STRING_1 + VOLTAGES, 3))[2] == UNKNOWN


async def test_a_line_that_is_down_or_not_running_keeps_its_place(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        beats = await words(client, 9, 1)
        assert await hass.config_entries.async_unload(entry.entry_id)
        await asyncio.sleep(2)
        assert await words(client, 3, 4) == [1, 4, 3, 0]
        assert await words(client, STRING_1, 5) == [4, 5, UNKNOWN, UNKNOWN, 3]
        assert await words(client, STRING_1 + 500, 5) == [5, 5, 5, 5, 0]
        assert await words(client, STRING_1 + VOLTAGES, 4) == [UNKNOWN] * 4
        assert await words(client, 9, 1) != beats
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until_words(client, STRING_1 + VOLTAGES, 13601, 13602, 13603, 13604)


async def test_a_port_that_is_pulled(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    free_port: int,
) -> None:
    terminal = plug(bank)
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        assert await words(client, 7, 2) == [1, 1]
        await terminal.pull()
        await until_gone(hass, "sensor.a_battery_1_voltage")
        await until_words(client, 7, 0, 1)
        assert await words(client, STRING_1 + 1, 1) == [4]
        assert await words(client, STRING_1 + 500, 5) == [4, 4, 4, 4, 0]
        terminal.plug()
        await until_words(client, STRING_1 + 500, 1, 1, 1, 1, 0, seconds=120)


async def refused(request: Any) -> int:
    """Return the exception code of an answer."""
    answer: ModbusPDU = await request
    assert answer.isError()
    return answer.exception_code


async def test_reading_is_all_that_is_allowed(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        caplog.clear()
        for first, count in ((119, 2), (120, 1), (3999, 1), (65499, 2), (65500, 1), (65535, 1)):
            assert await refused(client.read_holding_registers(first, count=count)) == 2, first
            assert await refused(client.read_input_registers(first, count=count)) == 2, first
        assert await refused(client.write_register(STRING_1, 1)) == 1
        assert await refused(client.write_registers(STRING_1, [1, 2])) == 1
        assert await refused(client.write_coil(0, value=True)) == 1
        assert await refused(client.mask_write_register(address=0, and_mask=0, or_mask=1)) == 1
        assert await refused(client.readwrite_registers(read_address=0, read_count=1, write_address=0, values=[1])) == 1
        assert await refused(client.read_coils(0, count=1)) == 1
        assert await refused(client.read_discrete_inputs(0, count=1)) == 1
        assert await refused(client.read_holding_registers(0, count=1, device_id=5)) == 11
        assert len(await words(client, STRING_1 + 200, 125)) == 125  # across the end of a block
        assert await words(client, 63999, 2) == [UNKNOWN_SIGNED, UNKNOWN]
        assert await words(client, 65499, 1) == [UNKNOWN]
        for unit in (0, 255):  # both stand for the server itself
            assert await words(client, 3, 2, unit) == [1, 4]
        assert await words(client, 3, 2, 4) == [0, 0]
    assert [record for record in caplog.records if "tmodbus.server" in record.name] == []


async def answer_to(port: int, *requests: str) -> list[str]:
    """Return the answers to requests of one client, function and data, in hexadecimal digits."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for pdu in map(bytes.fromhex, requests):
        writer.write(bytes([0, 1, 0, 0, 0, len(pdu) + 1, 1]) + pdu)
    answers = []
    for _ in requests:
        length = (await reader.readexactly(7))[5]
        answers.append((await reader.readexactly(length - 1)).hex())
    writer.close()
    return answers


async def test_function_and_address_are_judged_first(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    for function in range(1, 128):
        if function not in (3, 4):
            answers = await answer_to(
                free_port, f"{function:02x}", f"{function:02x}0fa00001", f"{function:02x}01020304ff"
            )
            assert answers == [f"{function | 0x80:02x}01"] * 3, function
    assert await answer_to(free_port, "03ffff0002", "04ffff007d", "030fa0007e", "030fa00000", "03") == [
        "8302",  # beyond the last address there can be
        "8402",
        "8303",  # more than 125 registers, none, and no whole request
        "8303",
        "8303",
    ]


async def test_requests_that_are_refused_wait_for_their_turn_too(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int
) -> None:
    """At most 250 answers a second, also of requests that are refused: no client takes the event loop from the line."""
    await switch_on(hass, entry, free_port)
    loop = asyncio.get_running_loop()
    for request in ("060fa00001", "10", "03ffff0002"):
        began = loop.time()
        assert len(await answer_to(free_port, *[request] * 500)) == 500
        assert loop.time() - began > 1.99


@pytest.mark.parametrize("listed", ["192.168.1.0/24", "127.0.0.2, 10.0.0.0/8", "::1"])
async def test_a_client_that_is_not_listed_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int, listed: str, caplog: pytest.LogCaptureFixture
) -> None:
    await switch_on(hass, entry, free_port, clients=listed)
    assert await is_refused(free_port)
    assert await is_refused(free_port)
    assert caplog.text.count("The Modbus server refused 127.0.0.1") == 1
    assert hass.data[DATA_PUBLICATION].diagnostics()["modbus_server"]["refused"] == 2
    await switch_on(hass, entry, free_port, clients=f"{listed} 127.0.0.0/30")
    async with client_of(free_port) as client:
        assert await words(client, 0, 1) == [0x4242]


async def test_switched_off_nothing_listens(hass: HomeAssistant, entry: MockConfigEntry, free_port: int) -> None:
    loaded = entry.runtime_data
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        assert await words(client, 0, 1) == [0x4242]
        await switch_on(hass, entry, free_port, enabled=False, clients="")
        with pytest.raises(ModbusException):
            await client.read_holding_registers(0, count=1)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", free_port)
    assert entry.runtime_data is loaded  # the line was not reloaded for it


async def test_settings_and_places_outlive_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int, hass_storage: dict[str, Any]
) -> None:
    await switch_on(hass, entry, free_port)
    stored = hass_storage["battery_bank.plant_systems"]["data"]
    assert stored["modbus_server"] == {
        "enabled": True,
        "address": "127.0.0.1",
        "port": free_port,
        "clients": ["127.0.0.1/32"],
    }
    publication = hass.data[DATA_PUBLICATION]
    before = dict(publication.places)
    hass.bus.async_fire("homeassistant_stop")
    await eventually(lambda: publication.modbus.server is None)
    again = type(publication)(hass)
    await again.async_load()
    assert again.places == before
    async with client_of(free_port) as client:
        assert await words(client, 3, 2) == [1, 4]
    await again.async_remove()


def add_string(hass: HomeAssistant, entry: MockConfigEntry, first: int, name: str) -> str:
    """Add a string of two batteries to a line."""
    data = string_data(first=first, count=2, string_module=None, name=name)
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(data["data"])),
        subentry_type="string",
        title=name,
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    return subentry.subentry_id


async def test_a_string_keeps_its_place_when_another_one_goes(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        second = add_string(hass, entry, 11, "B")
        add_string(hass, entry, 21, "C")
        await hass.async_block_till_done()
        await until_words(client, 20, 4, 2, 2, 0)
        hass.config_entries.async_remove_subentry(entry, second)
        await hass.async_block_till_done()
        await until_words(client, 20, 4, 0, 2, 0)
        assert await words(client, STRING_2, 2) == [0, 0]
        assert await words(client, STRING_2 + VOLTAGES, 2) == [UNKNOWN, UNKNOWN]
        add_string(hass, entry, 31, "D")
        await hass.async_block_till_done()
        await until_words(client, 20, 4, 2, 2, 0)
        step = await open_form(hass, entry, "modbus_server")
        assert (step["description_placeholders"] or {})["places"] == "1/1: Süd, 1/2: D, 1/3: C"


async def test_alarms_as_bits_and_as_a_list(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        assert await words(client, STRING_1 + 4, 3) == [0, 0, 0]
        assert await words(client, STRING_1 + 250, 2) == [0, 0]
        await until(hass, "sensor.sud_state", lambda state: state == "discharge", seconds=600)
        assert await words(client, STRING_1 + 7, 1) == [3] == await words(client, 100, 1)
        bank.faults.registers[2][1] = 9000  # 4.6 V below the others, as with two empty cells
        await until(hass, "sensor.sud_alarm_level", lambda state: state == "alarm", seconds=600)
        await until_words(client, STRING_1 + 4, 2)
        bits = await words(client, STRING_1 + 10, 8)
        assert bits == [0x1000, 0, 0, 0, 0x1000, 0, 0, 0]  # code 13, also among those of the level alarm
        assert await words(client, STRING_1 + 2750, 4) == [0, 0x1000, 0, 0]
        assert await words(client, STRING_1 + 2500, 5) == [0, 2, 0, 0, UNKNOWN]
        alarms = await words(client, STRING_1 + 250, 120)
        records = [alarms[at : at + 12] for at in range(0, 120, 12)]
        empty = next(one for one in records if one[0] == 13)
        assert empty[1:6] == [2, 2, 1, 0, 5]  # alarm, battery 2, one battery, no flags, a ratio
        assert 0 <= time.time() - (empty[6] << 16 | empty[7]) < 600
        assert empty[10:] == [0, 750]  # docs/analytics.md: 0.75
        number = int(state_of(hass, "sensor.sud_alarms"))
        assert await words(client, STRING_1 + 5, 1) == [number] == await words(client, 6, 1)
        assert [one[0] for one in records].index(0) == number

        await hass.services.async_call("button", "press", {"entity_id": "button.sud_acknowledge_alarms"}, blocking=True)
        await asyncio.sleep(2)
        alarms = await words(client, STRING_1 + 250, 120)
        assert {alarms[at + 4] for at in range(0, 12 * number, 12)} == {1}


async def test_a_port_that_only_the_administrator_may_use(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The operating system refuses the port; these tests may run as root, who may use it."""

    class Refusing(socket.socket):
        def bind(self, _: Any) -> None:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", Refusing)
        refused = await switch_on(hass, entry, 502)
    assert refused["errors"] == refused_at("port", "port_not_permitted")
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        assert await words(client, 0, 1) == [0x4242]


async def test_a_port_in_use_is_reported_once_and_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    other = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", free_port)
    refused_step = await switch_on(hass, entry, free_port)
    assert refused_step["errors"] == {"base": "cannot_listen"}
    assert "in use" in refused_step["description_placeholders"]["reason"]
    assert not hass.data[DATA_PUBLICATION].modbus.settings.enabled
    other.close()
    await switch_on(hass, entry, free_port)

    publication = hass.data[DATA_PUBLICATION]
    hass.bus.async_fire("homeassistant_stop")
    await eventually(lambda: publication.modbus.server is None)
    other = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", free_port)
    again = type(publication)(hass)
    hass.data[DATA_PUBLICATION] = again
    await again.async_load()
    await asyncio.sleep(100)
    assert caplog.text.count("The Modbus server can't be started") == 1
    issue = ir.async_get(hass).async_get_issue(DOMAIN, "modbus_server_failed")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert issue.translation_placeholders["port"] == str(free_port)
    other.close()
    await eventually(lambda: again.modbus.server is not None)
    assert ir.async_get(hass).async_get_issue(DOMAIN, "modbus_server_failed") is None
    async with client_of(free_port) as client:
        assert await words(client, 3, 2) == [1, 4]
    await again.async_remove()


@pytest.mark.parametrize(
    ("changes", "errors", "shown"),
    [
        ({"address": "gateway.lan"}, {"address": "bad_address"}, "Listen address"),
        ({"clients": "10.0.0.0/33"}, {"clients": "bad_clients"}, "Allowed clients"),
        ({"clients": "my computer"}, {"clients": "bad_clients"}, "Allowed clients"),
        ({"clients": ""}, {"clients": "bad_clients"}, "Allowed clients"),
        ({"port": 0}, {"port": "whole_number_out_of_range"}, "Port"),
        ({"address": " "}, {"address": "bad_text"}, "Listen address"),
    ],
)
async def test_what_the_form_refuses(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    free_port: int,
    changes: dict[str, Any],
    errors: dict[str, str],
    shown: str,
) -> None:
    step = await switch_on(hass, entry, free_port, **changes)
    assert step["type"] is FlowResultType.FORM
    assert step["errors"] == errors | {"base": next(iter(errors.values()))}  # above the form too
    assert step["description_placeholders"]["field"] == shown
    answers = {"enabled": True, "address": "127.0.0.1", "port": free_port, "clients": "127.0.0.1"}
    done = await hass.config_entries.options.async_configure(step["flow_id"], answers)
    assert done["type"] is FlowResultType.CREATE_ENTRY


async def test_the_last_line_takes_the_server_with_it(
    hass: HomeAssistant, entry: MockConfigEntry, free_port: int, hass_storage: dict[str, Any]
) -> None:
    await switch_on(hass, entry, free_port)
    await hass.config_entries.async_remove(entry.entry_id)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", free_port)
    assert "battery_bank.plant_systems" not in hass_storage


async def test_a_client_that_is_idle_gives_way(hass: HomeAssistant, entry: MockConfigEntry, free_port: int) -> None:
    await switch_on(hass, entry, free_port)
    idle = [await asyncio.open_connection("127.0.0.1", free_port) for _ in range(64)]
    server = hass.data[DATA_PUBLICATION].modbus.server
    assert server is not None
    await eventually(lambda: len(server.clients) == 64)
    assert await is_refused(free_port)
    await asyncio.sleep(61)
    async with client_of(free_port) as client:
        assert await words(client, 0, 1) == [0x4242]
        assert len(server.clients) == 64
    for _, one in idle:
        one.close()


async def test_diagnostics_name_no_client(hass: HomeAssistant, entry: MockConfigEntry, free_port: int) -> None:
    await switch_on(hass, entry, free_port)
    found = hass.data[DATA_PUBLICATION].diagnostics()
    assert found["modbus_server"] | {"port": 0} == {
        "running": True,
        "problem": None,
        "address": "127.0.0.1",
        "port": 0,
        "networks": 1,
        "connected": 0,
        "requests": 0,
        "refused": 0,
        "too_many": 0,
    }


@pytest.mark.parametrize(
    "stored",
    [
        {"modbus_server": {"enabled": True, "address": "127.0.0.1", "port": 502, "clients": ["my computer"]}},
        {"modbus_server": {"enabled": True, "address": "here", "port": 502, "clients": ["127.0.0.1"]}},
        {"modbus_server": {"enabled": True, "address": "127.0.0.1", "port": "many", "clients": ["127.0.0.1"]}},
        {"modbus_server": {"enabled": True, "clients": 5}},
        {"modbus_server": [1]},
        {"places": {"a": "first"}},
    ],
)
async def test_settings_that_cannot_be_read_leave_the_line_at_work(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    free_port: int,
    hass_storage: dict[str, Any],
    stored: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    key = "battery_bank.plant_systems"
    hass_storage[key] = {"version": 1, "minor_version": 1, "key": key, "data": stored}
    plug(bank)
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    assert caplog.text.count("The settings for plant systems can't be read") == 1
    await switch_on(hass, entry, free_port)
    async with client_of(free_port) as client:
        assert await words(client, 3, 2) == [1, 4]


async def test_a_string_that_cannot_be_read_keeps_its_place(
    hass: HomeAssistant, entry: MockConfigEntry, line_entry: Callable[..., MockConfigEntry], free_port: int
) -> None:
    await switch_on(hass, entry, free_port)
    other = line_entry(string_data(name="B", batteries=None), device="/dev/other")
    assert not await hass.config_entries.async_setup(other.entry_id)
    await entry.runtime_data.hass.data[DATA_PUBLICATION].async_strings_changed()
    async with client_of(free_port) as client:
        await until_words(client, 40, 1, 5, 0)
        assert await words(client, 20, 2) == [4, 0]
