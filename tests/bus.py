"""A line of simulated modules, polled by the monitor without Home Assistant: over a pseudo-terminal or a gateway."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from conftest import loop_clock
from modbus_connection import ModbusSerialParams, ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection
from virtual_time import VirtualTimeLoop

from custom_components.battery_bank.monitor.line.line_events import LineEvent, ModulePolled
from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.module import Contact, Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP, RTU_OVER_TCP, SERIAL
from simulator.bank import Bank, build
from simulator.wire import Gateway, Terminal, Wire

SERIAL_9600, GATEWAY_RTU, GATEWAY_TCP = "serial", "rtu_over_tcp", "modbus_tcp"
KINDS = (SERIAL_9600, GATEWAY_RTU, GATEWAY_TCP)
PACES = {SERIAL_9600: SERIAL, GATEWAY_RTU: RTU_OVER_TCP, GATEWAY_TCP: MODBUS_TCP}


def bank_of(batteries: int, *, baud: int = 9600, seed: int = 1, **faults: Any) -> Bank:
    """Return a bank with batteries at 1 to `batteries` and a string module behind the last."""
    string = {"name": "A", "batteries": batteries, "first_address": 1, "string_module": batteries + 1}
    return build({"seed": seed, "line": {"baud": baud}, "string": [string], "faults": faults})


class Bus:
    """A polled line."""

    def __init__(self, line: Line, bank: Bank) -> None:
        self.line = line
        self.bank = bank
        self.events: list[tuple[float, LineEvent]] = []  # with the time of the loop, in s
        self.polls: list[tuple[float, int, bool, Contact]] = []  # the same time, unit id, answered, contact then

    async def poll(self) -> None:
        """Poll until closed."""
        async for event in self.line.poll():
            now = asyncio.get_running_loop().time()
            self.events.append((now, event))
            if isinstance(event, ModulePolled):
                module = event.module  # which changes later
                self.polls.append((now, module.unit_id, not module.misses, module.contact))

    def shown(self, unit_ids: Iterable[int]) -> list[int]:
        """Return which of these modules show a value."""
        return [unit_id for unit_id in unit_ids if self.line.modules[unit_id].reading is not None]


@asynccontextmanager
async def open_link(
    kind: str, bank: Bank, folder: Path, *, port: int | None = None, **gateway: Any
) -> AsyncGenerator[Link]:
    """Put a bank at the end of a line of this kind, and return the near end; `port` is that of a gateway at work."""
    wire = Wire(bank)
    if kind == SERIAL_9600:
        terminal = Terminal(wire, folder / "ttyBANK")
        terminal.plug()
        params: Any = ModbusSerialParams(device=str(terminal.link), baudrate=bank.baud)
        stop = terminal.pull
    else:
        server = Gateway(wire, modbus_tcp=kind == GATEWAY_TCP, **gateway)
        port = port or await server.start()
        if kind == GATEWAY_TCP:
            params = ModbusTcpParams(host="127.0.0.1", port=port)
        else:
            params = ModbusSerialParams(device=f"socket://127.0.0.1:{port}", baudrate=115200)
        stop = server.stop
    connection = ModbusConnection(params)
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    with loop.one_job_at_a_time():
        try:
            yield Link(connection.for_unit)
        finally:
            await connection.close()
            await stop()


@asynccontextmanager
async def polled(kind: str, bank: Bank, folder: Path, *, port: int | None = None) -> AsyncGenerator[Bus]:
    """Poll all modules of a bank over a line of this kind."""
    async with open_link(kind, bank, folder, port=port) as link:
        last = max(bank.modules)
        modules = [
            Module(unit_id, PROFILES["tc" if unit_id == last else "ta"], pace=PACES[kind], nominal_voltage=12.0)
            for unit_id in bank.modules
        ]
        bus = Bus(Line(link, modules, clock=loop_clock()), bank)
        polling = asyncio.create_task(bus.poll())
        try:
            yield bus
        finally:
            bus.line.close()
            await polling  # raises what ended it
