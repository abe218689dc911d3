"""A slave that others wrote answers TA and TC maps: our simulator can't be wrong together with our decoder.

The registers are typed from the documents; pymodbus' server puts them on the wire.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
import os
import tty
from typing import Any

from conftest import until
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
import pytest
from test_config_flow import Flow

from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType

TA_1 = {
    0x00: 0x0A03,
    0x01: 0x3520,
    0x02: 0x00E7,
    0x03: 0x1194,
    0x0B: 0,
    0x0C: 0,
    0x0D: 10000,
    0x0E: 1,
    0x10: 1,
    0x15: 96,
}
TA_2 = {
    0x00: 0x0A03,
    0x01: 0x34BC,
    0x02: 0x8032,
    0x03: 0x0000,
    0x0B: 0,
    0x0C: 0,
    0x0D: 10000,
    0x0E: 2,
    0x10: 1,
    0x15: 96,
}
TC_5 = {0x00: 0x0A00, 0x03: 0x80C8, 0x04: 0x00DC, 0x05: 0x8000, 0x07: 0, 0x09: 5, 0x10: 96}

EXPECTED = {
    "sensor.string_1_battery_1_voltage": 13.6,
    "sensor.string_1_battery_1_temperature": 23.1,
    "sensor.string_1_battery_1_internal_resistance": 4.5,
    "sensor.string_1_battery_2_voltage": 13.5,
    "sensor.string_1_battery_2_temperature": -5.0,
    "sensor.string_1_current": -20.0,
    "sensor.string_1_ambient_temperature": 22.0,
    "sensor.string_1_voltage": 27.1,
    "sensor.string_1_lowest_battery_voltage": 13.5,
    "sensor.string_1_lowest_battery": 2,
}

RESISTANCE = 0x0003
TEST = 0x000C  # the register of the resistance test

type Written = list[tuple[int, int, int, list[int]]]  # unit id, function, register, values


def slave(written: Written) -> list[SimDevice]:
    """Describe the modules; registers that the documents don't name are refused."""

    def device(unit_id: int, registers: dict[int, int]) -> SimDevice:
        async def note(function: int, first: int, address: int, _: int, memory: list[int], values: Any) -> None:
            if values is not None:
                written.append((unit_id, function, address, list(values)))
            elif (function, address) == (3, TEST):
                memory[address - first] = 0  # reports the end by the time it is read
            elif (function, address) == (3, RESISTANCE) and (unit_id, 6, TEST, [0xF0F0]) in written:
                memory[address - first] = 0x11A0  # the result

        blocks = [SimData(at, values=value, datatype=DataType.UINT16) for at, value in registers.items()]
        return SimDevice(unit_id, simdata=blocks, action=note)

    return [device(1, TA_1), device(2, TA_2), device(5, TC_5)]


def _pass_on(near: int, other: int) -> None:
    os.write(other, os.read(near, 256))


@asynccontextmanager
async def cable() -> AsyncGenerator[tuple[str, str]]:
    """Join two pseudo-terminals, so that one program's serial port is the other's."""
    ends = [os.openpty(), os.openpty()]
    loop = asyncio.get_running_loop()
    for (near, far), (other, _) in (ends, ends[::-1]):
        tty.setraw(far)
        loop.add_reader(near, _pass_on, near, other)
    try:
        yield os.ttyname(ends[0][1]), os.ttyname(ends[1][1])
    finally:
        for near, far in ends:
            loop.remove_reader(near)
            os.close(near)
            os.close(far)


@pytest.fixture
def written() -> Written:
    """Return what was written to the slave."""
    return []


def _is(value: float, state: str) -> bool:
    return float(state) == value


async def confirm(hass: HomeAssistant, flow: Flow, found: Any, written: Written) -> None:
    """Take what the scan proposes, and compare what Home Assistant shows with what the slave was given."""
    assert found["description_placeholders"]["modules"] == "2 × RMS-TA (1-2), 1 × RMS-TC (5)"
    done = await flow.proposals(await flow.proposals(found))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    for entity_id, value in EXPECTED.items():
        await until(hass, entity_id, partial(_is, value))
    untested = hass.states.get("sensor.string_1_battery_2_internal_resistance")
    assert untested is not None
    assert untested.state == "unknown"
    assert written == []
    button = "button.string_1_battery_1_start_resistance_test"
    await hass.services.async_call("button", "press", {"entity_id": button}, blocking=True)
    await until(hass, "binary_sensor.string_1_resistance_test", lambda state: state == "off")
    assert written == [(1, 6, TEST, [0xF0F0])]
    assert done["result"].runtime_data.tests.progress.finished == {1: "done"}
    assert await hass.config_entries.async_unload(done["result"].entry_id)


@pytest.mark.usefixtures("all_enabled")
async def test_on_a_serial_port(hass: HomeAssistant, written: Written) -> None:
    async with cable() as (ours, theirs):
        server = ModbusSerialServer(slave(written), framer=FramerType.RTU, port=theirs, baudrate=19200)
        await server.serve_forever(background=True)
        flow = Flow(hass)
        await flow.begin("serial")
        found = await flow.answer(
            device=ours, baudrate="19200", parity="none", scan={"first_address": 1, "last_address": 6}
        )
        await confirm(hass, flow, found, written)
        await server.shutdown()  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("connection", "framer"), [("rtu_over_tcp", FramerType.RTU), ("modbus_tcp", FramerType.SOCKET)]
)
@pytest.mark.usefixtures("all_enabled")
async def test_by_a_gateway(
    hass: HomeAssistant, socket_enabled: None, written: Written, connection: str, framer: FramerType
) -> None:
    server = ModbusTcpServer(slave(written), framer=framer, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    assert isinstance(server.transport, asyncio.Server)
    port = server.transport.sockets[0].getsockname()[1]
    flow = Flow(hass)
    await flow.begin("gateway")
    found = await flow.gateway(port, connection)
    await confirm(hass, flow, found, written)
    await server.shutdown()  # type: ignore[no-untyped-call]
