"""The flow of a line, by the port and the gateway, and every way it can go wrong and be put right."""

import asyncio
from collections.abc import AsyncGenerator, Callable
import fcntl
import json
import os
from pathlib import Path
import socket
from typing import Any

from conftest import FAST, refused_at, until
from modbus_connection import ModbusSerialParams
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.diagnostics import async_get_config_entry_diagnostics
from homeassistant.components.modbus import async_get_temporary_unit
from homeassistant.components.modbus.connection import async_get_connection_info
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, ConfigFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, section
from homeassistant.helpers import area_registry as ar, config_validation as cv, device_registry as dr
from simulator.bank import Bank, build
from simulator.wire import Gateway, Terminal, Wire

TWO_STRINGS: dict[str, Any] = {
    "line": {"baud": FAST},
    "string": [
        {"name": "A", "batteries": 3, "first_address": 1, "string_module": 7},
        {"name": "B", "batteries": 3, "first_address": 4, "string_module": 8},
    ],
}
SERIAL_BY_ID = "/dev/serial/by-id"
RANGE = {"first_address": 1, "last_address": 8}
ANSWERS = {
    "name": "Rack 1",
    "addresses": "1-4",
    "battery_module": "ta",
    "string_module_address": 5,
    "string_module": "tc",
    "invert_current": False,
    "nominal_voltage": "12",
    "capacity": 100,
    "chemistry": "vrla_agm",
    "installed": "2024-05-01",
}


class Flow:
    """A flow as a person goes through it."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.hass = hass
        self.id = ""

    async def begin(self, menu: str) -> ConfigFlowResult:
        step = await self.hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
        self.id = step["flow_id"]
        assert (step["type"], step["menu_options"]) == (FlowResultType.MENU, ["serial", "gateway"])
        return await self.choose(menu)

    async def choose(self, menu: str) -> ConfigFlowResult:
        return await self.answer(next_step_id=menu)

    async def answer(self, **answers: Any) -> ConfigFlowResult:
        step = await self.hass.config_entries.flow.async_configure(self.id, answers)
        while step["type"] in (FlowResultType.SHOW_PROGRESS, FlowResultType.SHOW_PROGRESS_DONE):
            await self.hass.async_block_till_done()
            step = await self.hass.config_entries.flow.async_configure(self.id)
        return step

    async def serial(
        self, port: Path | str, *, baudrate: int = FAST, parity: str = "none", **scan: int
    ) -> ConfigFlowResult:
        return await self.answer(device=str(port), baudrate=str(baudrate), parity=parity, scan=RANGE | scan)

    async def gateway(self, port: int, connection: str) -> ConfigFlowResult:
        return await self.answer(host="127.0.0.1", port=port, connection=connection, scan=RANGE)

    async def proposals(self, step: ConfigFlowResult, **changes: Any) -> ConfigFlowResult:
        """Confirm what a form suggests, but for some changes, and a capacity where none is suggested."""
        capacity = {"capacity": 100} if step["step_id"] == "string" else {}
        return await self.answer(**(capacity | suggestions(step) | changes))


def suggestions(step: ConfigFlowResult) -> dict[str, Any]:
    """Return what the form shows before anything is typed."""
    assert step["type"] is FlowResultType.FORM
    assert step["data_schema"] is not None
    assert probatio.to_field_list(step["data_schema"], custom_serializer=cv.custom_serializer)  # as the browser gets it
    return _suggestions(step["data_schema"].schema)


def _suggestions(schema: dict[Any, Any]) -> dict[str, Any]:
    found = {}
    for key, value in schema.items():
        suggested = (key.description or {}).get("suggested_value")
        if isinstance(value, section):
            if inside := _suggestions(value.schema.schema):
                found[key.schema] = inside
        elif suggested is not None:
            found[key.schema] = suggested
        elif callable(key.default):
            found[key.schema] = key.default()
    return found


@pytest.fixture
def flow(hass: HomeAssistant) -> Flow:
    return Flow(hass)


@pytest.fixture
async def listen(socket_enabled: None) -> AsyncGenerator[Callable[..., Any]]:
    """Put a bank behind a gateway, and return its port."""
    gateways: list[Gateway] = []

    async def _listen(bank: Bank, *, modbus_tcp: bool, port: int = 0) -> int:
        gateway = Gateway(Wire(bank), modbus_tcp=modbus_tcp, port=port)
        gateways.append(gateway)
        return await gateway.start()

    yield _listen
    for gateway in gateways:
        await gateway.stop()


async def test_from_port_to_strings(hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal]) -> None:
    plug(build(TWO_STRINGS))
    progress = async_capture_events(hass, "data_entry_flow_progress_update")
    await flow.begin("serial")
    found = await flow.serial(port, last_address=12)
    assert found["step_id"] == "found"
    assert found["description_placeholders"] == {
        "first": "1",
        "last": "12",
        "modules": "6 × RMS-TA (1-6), 2 × RMS-TC (7-8)",
        "problems": "",
    }
    assert progress[0].data["progress"] == pytest.approx(1 / 12)
    assert progress[-1].data["progress"] == 1.0

    first = await flow.proposals(found)
    assert first["data_schema"] is not None
    assert [str(field) for field in first["data_schema"].schema][:4] == ["name", "addresses", "capacity", "area"]
    assert suggestions(first) == {
        "name": "String 1",
        "addresses": "1-3",
        "battery_module": "ta",
        "string_module_address": 7,
        "string_module": "tc",
        "invert_current": False,
        "nominal_voltage": "12",
        "chemistry": "vrla_agm",
    }
    assert (first["last_step"], first["description_placeholders"]) == (
        False,
        {"number": "1", "total": "2", "missing": ""},
    )
    second = await flow.proposals(first, name="Rack 1", capacity=150, installed="2024-05-01")
    assert second["last_step"] is True
    assert suggestions(second).items() >= {"capacity": 150, "chemistry": "vrla_agm", "installed": "2024-05-01"}.items()
    done = await flow.proposals(second, chemistry="vrla_gel", invert_current=True)
    assert (done["type"], done["title"]) == (FlowResultType.CREATE_ENTRY, "ttyBANK")
    assert done["description_placeholders"] == {"dashboard": "/battery-bank-dashboard"}
    assert done["data"] == {"connection": "serial", "device": str(port), "baudrate": FAST, "parity": "N"}
    entry = done["result"]
    rack, other = entry.subentries.values()
    assert (rack.title, other.title) == ("Rack 1", "String 2")
    assert [battery["address"] for battery in rack.data["batteries"]] == [1, 2, 3]
    assert len({battery["id"] for battery in [*rack.data["batteries"], *other.data["batteries"]]}) == 6
    assert {key: value for key, value in rack.data.items() if key != "batteries"} == {
        "battery_module": "ta",
        "string_module_address": 7,
        "string_module": "tc",
        "invert_current": False,
        "nominal_voltage": 12.0,
        "capacity": 150,
        "chemistry": "vrla_agm",
        "installed": "2024-05-01",
        "maker": None,
        "battery_type": None,
    }
    assert (other.data["chemistry"], other.data["invert_current"], other.data["installed"]) == (
        "vrla_gel",
        True,
        "2024-05-01",
    )
    await until(hass, "sensor.rack_1_battery_1_voltage", lambda state: float(state) > 13)
    await until(hass, "sensor.string_2_battery_3_temperature", lambda state: float(state) > 20)


async def test_a_port_that_is_not_there(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    await flow.begin("serial")
    refused = await flow.serial(port)
    assert (refused["step_id"], refused["errors"]) == ("serial", {"device": "cannot_open"})
    assert refused["description_placeholders"] is not None
    assert refused["description_placeholders"]["reason"] == "the port does not exist"
    assert suggestions(refused)["device"] == str(port)  # nothing has to be typed twice
    plug(bank)
    found = await flow.serial(port)
    assert found["step_id"] == "found", found["description_placeholders"]


@pytest.mark.filterwarnings("ignore:Exception ignored while finalizing scandir")  # Home Assistant leaves it open
async def test_a_usb_adapter_is_kept_by_the_name_that_stays(
    hass: HomeAssistant,
    flow: Flow,
    port: Path,
    plug: Callable[..., Terminal],
    bank: Bank,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """/dev/ttyUSB0 may be another adapter after a restart; its link in /dev/serial/by-id is of this one."""
    plug(bank)
    device, by_id = str(port.resolve()), tmp_path / "by-id"  # noqa: ASYNC240 - nothing else waits for the loop
    by_id.mkdir()
    (by_id / "usb-Other_Adapter-if00-port0").symlink_to("/dev/null")
    link = by_id / "usb-FTDI_FT232R_A50285BI-if00-port0"
    link.symlink_to(device)
    isdir, scandir = os.path.isdir, os.scandir  # the machine's folder is the test's; nothing else is another one
    monkeypatch.setattr(os.path, "isdir", lambda path: path == SERIAL_BY_ID or isdir(path))
    monkeypatch.setattr(os, "scandir", lambda path=".": scandir(by_id if path == SERIAL_BY_ID else path))
    await flow.begin("serial")
    done = await flow.proposals(await flow.proposals(await flow.serial(device)))
    assert done["data"]["device"] == str(link)
    await until(hass, "sensor.string_1_voltage", lambda state: float(state) > 50)

    # The same adapter, by its other name, is no other line.
    again = Flow(hass)
    await again.begin("serial")
    assert (await again.serial(device))["reason"] == "already_configured"


@pytest.mark.parametrize(("seconds", "step"), [(0.3, "found"), (10.0, "serial")])
async def test_a_port_that_was_just_in_use(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank, seconds: float, step: str
) -> None:
    """The library closes a port in the background; one that stays locked is another program's."""
    plug(bank)
    await flow.begin("serial")
    locked = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    fcntl.flock(locked, fcntl.LOCK_EX)
    hass.loop.call_later(seconds, os.close, locked)
    assert (await flow.serial(port))["step_id"] == step
    await asyncio.sleep(10)
    if step == "serial":
        assert (await flow.serial(port))["step_id"] == "found"


@pytest.mark.parametrize("modbus_tcp", [False, True], ids=["rtu_over_tcp", "modbus_tcp"])
async def test_by_a_gateway(
    hass: HomeAssistant, flow: Flow, listen: Callable[..., Any], bank: Bank, modbus_tcp: bool
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        tcp_port = free.getsockname()[1]
    connection = "modbus_tcp" if modbus_tcp else "rtu_over_tcp"
    await flow.begin("gateway")
    refused = await flow.gateway(tcp_port, connection)
    assert (refused["step_id"], refused["errors"]) == ("gateway", {"host": "cannot_open"})
    assert refused["description_placeholders"] == {"reason": "the gateway refused the connection"}
    await listen(bank, modbus_tcp=modbus_tcp, port=tcp_port)
    found = await flow.gateway(tcp_port, connection)
    assert found["step_id"] == "found"
    done = await flow.proposals(await flow.proposals(found))
    assert done["title"] == f"127.0.0.1:{tcp_port}"
    assert done["data"] == {"connection": connection, "host": "127.0.0.1", "port": tcp_port}
    await until(hass, "sensor.string_1_voltage", lambda state: float(state) > 50)
    await until(hass, "sensor.string_1_current", lambda state: float(state) >= 0)
    entry = done["result"]
    assert "127.0.0.1" not in json.dumps(await async_get_config_entry_diagnostics(hass, entry))
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_scan_that_finds_nothing_and_then_something(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    bank.faults.dead.update(bank.modules)
    plug(bank)
    await flow.begin("serial")
    nothing = await flow.serial(port)
    assert (nothing["type"], nothing["step_id"]) == (FlowResultType.MENU, "nothing_found")
    assert nothing["menu_options"] == ["scan", "serial", "hub", "by_hand"]
    bank.faults.dead.clear()
    assert (await flow.choose("scan"))["step_id"] == "found"


async def test_a_wrong_speed_finds_nothing_and_is_put_right(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    plug(bank)
    await flow.begin("serial")
    nothing = await flow.serial(port, baudrate=9600)
    assert nothing["step_id"] == "nothing_found"
    form = await flow.choose("serial")
    assert suggestions(form) == {
        "device": str(port),
        "baudrate": "9600",
        "parity": "none",
        "only_hub": False,
        "scan": RANGE,
    }
    assert (await flow.serial(port))["step_id"] == "found"


async def test_by_hand_when_nobody_answers_yet(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    bank.faults.dead.update(bank.modules)
    plug(bank)
    await flow.begin("serial")
    empty = await flow.serial(port)
    assert empty["step_id"] == "nothing_found", empty["description_placeholders"]
    form = await flow.choose("by_hand")
    assert (form["step_id"], form["last_step"]) == ("string", True)
    done = await flow.answer(**ANSWERS)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    bank.faults.dead.clear()
    await until(hass, "sensor.rack_1_battery_4_voltage", lambda state: float(state) > 13)


async def test_unreadable_and_missing_modules_are_named(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    bank.double(3)
    bank.faults.dead.add(2)
    plug(bank)
    await flow.begin("serial")
    found = await flow.serial(port)
    assert found["description_placeholders"] is not None
    assert "**Unreadable answers from:** 3\n" in found["description_placeholders"]["problems"]
    assert "Unknown" not in found["description_placeholders"]["problems"]
    assert found["description_placeholders"]["modules"] == "2 × RMS-TA (1, 4), 1 × RMS-TC (5)"
    form = await flow.proposals(found)
    assert form["description_placeholders"] is not None
    assert "**No readable answer from:** 2-3\n" in form["description_placeholders"]["missing"]
    assert suggestions(form)["addresses"] == "1-4"


async def test_a_line_that_is_pulled_during_the_scan(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    terminal = plug(bank)
    await flow.begin("serial")
    step = await hass.config_entries.flow.async_configure(
        flow.id, {"device": str(port), "baudrate": str(FAST), "parity": "none", "scan": RANGE}
    )
    assert (step["type"], step["progress_action"]) == (FlowResultType.SHOW_PROGRESS, "scan")
    assert step["description_placeholders"] == {"first": "1", "last": "8"}
    await terminal.pull()
    await hass.async_block_till_done()
    step = await hass.config_entries.flow.async_configure(flow.id)
    assert (step["step_id"], step["errors"]) == ("serial", {"device": "cannot_open"})
    terminal.plug()
    assert (await flow.serial(port))["step_id"] == "found"


@pytest.mark.parametrize("page", ["closed", "left behind"])
async def test_leaving_during_the_scan_and_beginning_again(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank, page: str
) -> None:
    bank.faults.dead.update(bank.modules)
    plug(bank)
    await flow.begin("serial")
    await hass.config_entries.flow.async_configure(
        flow.id, {"device": str(port), "baudrate": str(FAST), "parity": "none", "scan": {**RANGE, "last_address": 247}}
    )
    if page == "closed":
        hass.config_entries.flow.async_abort(flow.id)
        await hass.async_block_till_done()
        assert async_get_connection_info(hass) == []
    bank.faults.dead.clear()
    again = Flow(hass)
    await again.begin("serial")
    assert (await again.serial(port))["step_id"] == "found"
    assert [one["flow_id"] for one in hass.config_entries.flow.async_progress()] == [again.id]


async def test_a_range_that_runs_backwards(hass: HomeAssistant, flow: Flow, port: Path) -> None:
    await flow.begin("serial")
    form = await flow.serial(port, first_address=9)
    assert form["errors"] == refused_at("scan", "bad_range")
    assert form["data_schema"] is not None
    assert form["data_schema"].schema["scan"].options == {"collapsed": False}  # what is wrong can be seen


async def test_as_many_strings_as_somebody_says(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    plug(bank)
    await flow.begin("serial")
    found = await flow.serial(port)
    refused = await flow.answer(strings=3)
    assert (refused["step_id"], refused["errors"]) == ("found", {"strings": "uneven"})
    first = await flow.answer(strings=2)
    assert (first["step_id"], suggestions(first)["addresses"]) == ("string", "1-2")
    assert suggestions(await flow.proposals(first))["addresses"] == "3-4"
    assert suggestions(found) == {"strings": 1}


async def test_what_is_proposed_can_be_confirmed_however_many_it_is(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal]
) -> None:
    singles = [
        {"name": str(n), "batteries": 1, "first_address": n, "battery_module": ("ta", "tv")[n % 2]}
        for n in range(1, 22)
    ]
    plug(build({"line": {"baud": FAST}, "string": singles}))
    await flow.begin("serial")
    found = await flow.serial(port, last_address=21)
    assert suggestions(found) == {"strings": 21}
    first = await flow.proposals(found)
    assert first["step_id"] == "string"
    assert first["description_placeholders"] == {"number": "1", "total": "21", "missing": ""}


async def test_a_line_that_is_configured_already_by_whatever_name(
    hass: HomeAssistant,
    flow: Flow,
    port: Path,
    plug: Callable[..., Terminal],
    bank: Bank,
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    plug(bank)
    line_entry()
    await flow.begin("serial")
    refused = await flow.serial(port)
    assert (refused["type"], refused["reason"]) == (FlowResultType.ABORT, "already_configured")
    alias = port.with_name("ttyUSB0")
    alias.symlink_to(port)
    again = Flow(hass)
    await again.begin("serial")
    assert (await again.serial(alias))["reason"] == "already_configured"


@pytest.mark.parametrize(
    ("device", "host"), [("socket://127.0.0.1:502", "127.0.0.1"), ("socket://[fd00::1]:502", "FD00::1")]
)
async def test_a_gateway_that_is_configured_already_as_a_port(
    hass: HomeAssistant, flow: Flow, line_entry: Callable[..., MockConfigEntry], device: str, host: str
) -> None:
    line_entry(device=device)
    await flow.begin("gateway")
    refused = await flow.answer(host=host, port=502, connection="rtu_over_tcp", scan=RANGE)
    assert refused["reason"] == "already_configured"


async def test_a_port_that_is_configured_already_as_a_gateway(
    hass: HomeAssistant, flow: Flow, line_entry: Callable[..., MockConfigEntry]
) -> None:
    line_entry(connection="modbus_tcp", host="gateway.lan", port=502)
    await flow.begin("serial")
    assert (await flow.serial("socket://Gateway.LAN:502"))["reason"] == "already_configured"


async def test_a_line_that_others_use_with_other_settings(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    plug(bank)
    await flow.begin("serial")
    async with async_get_temporary_unit(hass, ModbusSerialParams(device=str(port), baudrate=19200), 9):
        refused = await flow.serial(port)
    assert refused["errors"] == {"base": "link_settings_in_use"}
    assert (await flow.serial(port))["step_id"] == "found"


async def test_a_configured_line_that_others_use_with_other_settings_says_so_in_words(
    hass: HomeAssistant, port: Path, line_entry: Callable[..., MockConfigEntry]
) -> None:
    entry = line_entry()
    async with async_get_temporary_unit(hass, ModbusSerialParams(device=str(port), baudrate=19200), 9):
        assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.reason is not None
    assert "with other settings" in entry.reason
    assert "Params" not in entry.reason


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"name": "  "}, refused_at("name", "bad_text")),
        ({"addresses": "1 and 4"}, refused_at("addresses", "bad_addresses")),
        ({"addresses": "0-4"}, refused_at("addresses", "bad_addresses")),
        ({"addresses": "1-248"}, refused_at("addresses", "bad_addresses")),
        ({"addresses": ""}, refused_at("addresses", "bad_addresses")),
        ({"addresses": "1-4, 3"}, refused_at("addresses", "address_twice")),
        ({"string_module_address": 3}, refused_at("string_module_address", "address_taken")),
        ({"nominal_voltage": "1.2"}, refused_at("nominal_voltage", "voltage_of_other_chemistry")),
        ({"nominal_voltage": "2", "chemistry": "nicd"}, refused_at("nominal_voltage", "voltage_of_other_chemistry")),
        ({"installed": "2999-01-01"}, refused_at("installed", "date_out_of_range")),
        ({"capacity": None}, refused_at("capacity", "no_capacity")),
    ],
)
async def test_a_string_that_cannot_be_is_put_right(
    hass: HomeAssistant,
    flow: Flow,
    port: Path,
    plug: Callable[..., Terminal],
    bank: Bank,
    changes: dict[str, Any],
    errors: dict[str, str],
) -> None:
    plug(bank)
    await flow.begin("serial")
    await flow.proposals(await flow.serial(port))
    answers = {field: answer for field, answer in (ANSWERS | changes).items() if answer is not None}
    refused = await flow.answer(**answers)
    assert (refused["step_id"], refused["errors"]) == ("string", errors)
    assert suggestions(refused) == answers  # nothing has to be typed twice
    assert (await flow.answer(**ANSWERS))["type"] is FlowResultType.CREATE_ENTRY


async def test_two_strings_share_neither_name_nor_address(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal]
) -> None:
    plug(build(TWO_STRINGS))
    await flow.begin("serial")
    second = await flow.proposals(await flow.proposals(await flow.serial(port)))
    for changes, errors in (
        ({"name": "String 1"}, refused_at("name", "name_taken")),
        ({"addresses": "3-6"}, refused_at("addresses", "address_taken")),
        ({"string_module_address": 7}, refused_at("string_module_address", "address_taken")),
    ):
        assert (await flow.proposals(second, **changes))["errors"] == errors
    assert (await flow.proposals(second))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_string_has_its_area_until_somebody_chooses_another_one(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal]
) -> None:
    areas, devices = ar.async_get(hass), dr.async_get(hass)
    room, cellar = areas.async_create("Battery room").id, areas.async_create("Cellar").id
    plug(build(TWO_STRINGS))
    await flow.begin("serial")
    first = await flow.proposals(await flow.serial(port))
    second = await flow.proposals(first, name="A", area=room)
    assert suggestions(second)["area"] == room  # the next string is likely in the same room
    done = await flow.proposals(second, name="B", area=cellar)
    entry = done["result"]
    await hass.async_block_till_done()

    def device(name: str) -> dr.DeviceEntry:
        return next(one for one in dr.async_entries_for_config_entry(devices, entry.entry_id) if one.name == name)

    assert (device("A").area_id, device("B").area_id) == (room, cellar)
    assert device("A battery 1").area_id is None
    devices.async_update_device(device("A").id, area_id=cellar)
    devices.async_update_device(device("B").id, area_id=None)
    await hass.config_entries.async_reload(entry.entry_id)
    assert (device("A").area_id, device("B").area_id) == (cellar, None)


async def test_an_area_that_was_deleted_meanwhile_is_none(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal], bank: Bank
) -> None:
    plug(bank)
    await flow.begin("serial")
    form = await flow.proposals(await flow.serial(port))
    done = await flow.proposals(form, area="attic")
    await hass.async_block_till_done()
    (string,) = done["result"].subentries
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, string), done["result"].entry_id)
    assert device is not None
    assert device.area_id is None


async def test_a_string_without_a_string_module(
    hass: HomeAssistant, flow: Flow, port: Path, plug: Callable[..., Terminal]
) -> None:
    plug(build({"line": {"baud": FAST}, "string": [{"name": "A", "batteries": 2, "battery_module": "tv"}]}))
    await flow.begin("serial")
    form = await flow.proposals(await flow.serial(port))
    assert "string_module_address" not in suggestions(form)
    assert suggestions(form)["battery_module"] == "tv"
    done = await flow.proposals(form)
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await until(hass, "sensor.string_1_battery_2_voltage", lambda state: float(state) > 13)
    assert hass.states.get("sensor.string_1_current") is None
    assert hass.states.get("sensor.string_1_battery_1_internal_resistance") is None


async def reconfigure(hass: HomeAssistant, entry: MockConfigEntry, menu: str) -> Flow:
    flow = Flow(hass)
    step = await entry.start_reconfigure_flow(hass)
    assert step["step_id"] == "reconfigure"
    flow.id = step["flow_id"]
    await flow.choose(menu)
    return flow


async def test_moving_a_line_to_another_port_keeps_its_strings(
    hass: HomeAssistant,
    port: Path,
    plug: Callable[..., Terminal],
    bank: Bank,
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    terminal = plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    devices = {device.id for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)}
    elsewhere = port.with_name("ttyOTHER")
    terminal.link.rename(elsewhere)
    terminal.link = elsewhere

    flow = await reconfigure(hass, entry, "serial")
    form = await flow.answer(device=str(port.with_name("nowhere")), baudrate=str(FAST), parity="none")
    assert form["errors"] == {"device": "cannot_open"}
    done = await flow.answer(device=str(elsewhere), baudrate=str(FAST), parity="none")
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    assert (entry.data["device"], entry.unique_id) == (str(elsewhere), str(elsewhere))
    assert entry.title == "Line"  # which a person gave it
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    assert {device.id for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)} == devices


async def test_changing_the_speed_of_a_running_line(
    hass: HomeAssistant,
    port: Path,
    plug: Callable[..., Terminal],
    bank: Bank,
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    plug(bank)
    entry = line_entry(baudrate=9600)
    hass.config_entries.async_update_entry(entry, title=port.name)
    assert await hass.config_entries.async_setup(entry.entry_id)
    flow = await reconfigure(hass, entry, "serial")
    refused = await flow.answer(device=str(port.with_name("nowhere")), baudrate=str(FAST), parity="none")
    assert refused["errors"] == {"device": "cannot_open"}
    assert entry.state is ConfigEntryState.LOADED  # what did not work has changed nothing
    alias = port.with_name("ttyUSB0")
    alias.symlink_to(port)
    done = await flow.answer(device=str(alias), baudrate=str(FAST), parity="none")
    assert done["reason"] == "reconfigure_successful"
    await hass.async_block_till_done()
    assert entry.data["baudrate"] == FAST
    assert entry.title == "ttyUSB0"  # it had the name of its port, so it has that of the new one
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)


async def test_a_line_cannot_move_onto_another(
    hass: HomeAssistant, port: Path, line_entry: Callable[..., MockConfigEntry]
) -> None:
    line_entry()
    other = MockConfigEntry(
        domain=DOMAIN,
        unique_id="other",
        data={"connection": "serial", "device": "/dev/other", "baudrate": FAST, "parity": "N"},
    )
    other.add_to_hass(hass)
    flow = await reconfigure(hass, other, "serial")
    refused = await flow.answer(device=str(port), baudrate=str(FAST), parity="none")
    assert refused["reason"] == "already_configured"
