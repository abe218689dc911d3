"""Gateways with habits of their own: in the flow, and when their line is polled."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
import socket

from bus import GATEWAY_RTU, GATEWAY_TCP, PACES, bank_of, open_link, polled
from conftest import eventually, refused_at, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_config_flow import Flow

from custom_components.battery_bank.monitor.line.line_events import LineDown
from custom_components.battery_bank.monitor.line.scan import Verdict, check_line, scan, settle
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from simulator.bank import Bank, build
from simulator.wire import Gateway, Terminal, Wire

pytestmark = pytest.mark.usefixtures("socket_enabled")

OTHER = {GATEWAY_RTU: GATEWAY_TCP, GATEWAY_TCP: GATEWAY_RTU}


@pytest.mark.parametrize("kind", [GATEWAY_RTU, GATEWAY_TCP])
async def test_a_gateway_that_closes_after_each_answer(kind: str, tmp_path: Path) -> None:
    bank = bank_of(20)
    bank.faults.gateway_closes = True
    async with polled(kind, bank, tmp_path) as bus:
        await asyncio.sleep(60)
        assert bus.line.online == 21
        assert bus.line.quality == 1.0
        assert bus.line.down is None


@pytest.mark.parametrize("kind", [GATEWAY_RTU, GATEWAY_TCP])
async def test_a_scan_over_a_gateway_that_closes_after_each_answer(kind: str, tmp_path: Path) -> None:
    bank = bank_of(10, baud=19200)
    bank.faults.gateway_closes = True
    async with open_link(kind, bank, tmp_path) as link:
        found = await scan(link.read, range(1, 14), pace=PACES[kind])
    assert [one.verdict for one in found] == 11 * [Verdict.KNOWN] + 2 * [Verdict.NO_ANSWER]


@pytest.mark.parametrize("kind", [GATEWAY_RTU, GATEWAY_TCP])
@pytest.mark.parametrize("delay", [0.002, 0.6])
async def test_a_scan_over_a_gateway_that_closes_in_place_of_one_answer_in_five(
    kind: str, delay: float, tmp_path: Path
) -> None:
    bank = bank_of(18, baud=19200)
    bank.faults.gateway_hangs_up = 0.2
    bank.faults.slow = dict.fromkeys(bank.modules, delay)
    async with open_link(kind, bank, tmp_path) as link:
        await check_line(link.read, 1, PACES[kind])
        await settle(link.read, range(1, 22), PACES[kind])
        found = await scan(link.read, range(1, 22), pace=PACES[kind])
    assert [one.verdict for one in found] == 19 * [Verdict.KNOWN] + 2 * [Verdict.NO_ANSWER]


@pytest.mark.parametrize("kind", [GATEWAY_RTU, GATEWAY_TCP])
async def test_a_gateway_that_closes_in_place_of_one_answer_in_five(kind: str, tmp_path: Path) -> None:
    bank = bank_of(9, seed=3)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 10)
        bank.faults.gateway_hangs_up = 0.2
        for _ in range(240):
            await asyncio.sleep(0.5)
            assert len(bus.shown(bank.modules)) == 10
        assert not any(isinstance(event, LineDown) for _, event in bus.events)


@pytest.mark.parametrize("kind", [GATEWAY_RTU, GATEWAY_TCP])
async def test_a_gateway_that_closes_every_connection_is_down(kind: str, tmp_path: Path) -> None:
    bank = bank_of(9)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 10)
        bank.faults.gateway_hangs_up = 1.0
        await eventually(lambda: bus.line.down is not None, seconds=10)
        assert bus.shown(bank.modules) == []
        bank.faults.gateway_hangs_up = 0.0
        await eventually(lambda: bus.line.online == 10, seconds=15)


@contextmanager
def no_answer_at(port: int) -> Iterator[None]:
    """Let no connection to a port come about, as if its host had no power: the queue of those that wait is full."""
    with ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen(0)
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            with suppress(BlockingIOError):
                waiting.connect(("127.0.0.1", port))
        yield


@pytest.mark.parametrize("kind", [GATEWAY_RTU, GATEWAY_TCP])
async def test_a_gateway_that_closes_and_loses_its_power(kind: str, tmp_path: Path) -> None:
    bank = bank_of(9)
    gateway = Gateway(Wire(bank), modbus_tcp=kind == GATEWAY_TCP)
    port = await gateway.start()
    async with polled(kind, bank, tmp_path, port=port) as bus:
        await eventually(lambda: bus.line.online == 10)
        await gateway.stop()
        with no_answer_at(port):
            # The library waits for 10 s until it gives up.
            await eventually(lambda: bus.shown(bank.modules) == [], seconds=12, every=0.1)
            assert bus.line.down is not None
        again = Gateway(Wire(bank), modbus_tcp=kind == GATEWAY_TCP, port=port)
        await again.start()
        await eventually(lambda: bus.line.online == 10)
    await again.stop()


@pytest.mark.parametrize("kind", [GATEWAY_RTU, GATEWAY_TCP])
async def test_the_other_protocol_is_proposed(hass: HomeAssistant, bank: Bank, kind: str) -> None:
    gateway = Gateway(Wire(bank), modbus_tcp=kind == GATEWAY_TCP)
    port = await gateway.start()
    flow = Flow(hass)
    await flow.begin("gateway")
    step = await flow.gateway(port, OTHER[kind])
    assert (step["type"], step["step_id"]) == (FlowResultType.FORM, "gateway")
    assert step["errors"] == refused_at("connection", "other_protocol")
    step = await flow.gateway(port, kind)
    assert step["step_id"] == "found"
    done = await flow.proposals(await flow.proposals(step))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await until(hass, "sensor.string_1_battery_4_voltage", lambda state: float(state) > 12)
    assert await hass.config_entries.async_unload(done["result"].entry_id)
    await gateway.stop()


async def test_a_gateway_without_modules_is_not_taken_for_another_protocol(hass: HomeAssistant) -> None:
    bank = build({"string": [{"name": "A", "batteries": 1, "first_address": 100}]})
    gateway = Gateway(Wire(bank), modbus_tcp=False)
    port = await gateway.start()
    flow = Flow(hass)
    await flow.begin("gateway")
    assert (await flow.gateway(port, GATEWAY_RTU))["step_id"] == "nothing_found"
    await gateway.stop()


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST", "127.0.0.1"])
async def test_a_gateway_has_one_entry_under_all_its_names(hass: HomeAssistant, name: str) -> None:
    data = {"connection": "rtu_over_tcp", "host": "127.0.0.1", "port": 5020}
    MockConfigEntry(domain="battery_bank", unique_id="127.0.0.1:5020", data=data).add_to_hass(hass)
    flow = Flow(hass)
    await flow.begin("gateway")
    step = await flow.answer(
        host=name, port=5020, connection="modbus_tcp", scan={"first_address": 1, "last_address": 2}
    )
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "already_configured")


async def test_a_wrong_speed_is_said_before_it_is_saved(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    terminal = plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 12)
    step = await entry.start_reconfigure_flow(hass)
    flow = Flow(hass)
    flow.id = step["flow_id"]
    await flow.choose("serial")
    wrong = {"device": str(terminal.link), "baudrate": "9600", "parity": "none"}
    step = await flow.answer(**wrong)
    assert (step["type"], step["errors"]) == (FlowResultType.FORM, {"base": "no_module_answers"})
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 12)  # with the settings as before
    step = await flow.answer(**wrong)  # by a person who knows better
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    assert entry.data["baudrate"] == 9600
