"""A hub that others wrote: pymodbus' server with registers that were typed by hand."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from itertools import groupby

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from custom_components.battery_bank.monitor.line.link import ReadFunction

type Registers = Mapping[ReadFunction, Mapping[int, int]]


class ForeignHub:
    """The server, and what it was asked."""

    def __init__(self) -> None:
        self.port = 0
        self.reads: list[tuple[int, int, int, int]] = []  # unit id, function, first register, number of registers
        self.written: list[int] = []  # registers
        self._changes: dict[int, dict[int, int]] = {}

    def put(self, unit_id: int, registers: dict[int, int]) -> None:
        """Let holding registers of a unit have other values from the next read on."""
        self._changes[unit_id] = registers

    def device(self, unit_id: int, registers: Registers) -> SimDevice:
        """Describe a unit; registers that it doesn't have are refused."""

        async def note(function: int, first: int, address: int, count: int, memory: list[int], values: object) -> None:
            for register, value in self._changes.get(unit_id, {}).items():
                if register - first in range(len(memory)):
                    memory[register - first] = value
            if values is None:
                self.reads.append((unit_id, function, address, count))
            else:
                self.written.append(address)

        coils, discrete, holding, of_input = (
            _rows(registers.get(function, {0xFFF0: 0}), of_bits=function.of_bits) for function in ReadFunction
        )
        return SimDevice(unit_id, simdata=(coils, discrete, holding, of_input), action=note)


@asynccontextmanager
async def foreign_hub(units: Mapping[int, Registers], *, port: int = 0) -> AsyncGenerator[ForeignHub]:
    """Serve these units by Modbus TCP."""
    hub = ForeignHub()
    devices = [hub.device(unit_id, registers) for unit_id, registers in units.items()]
    server = ModbusTcpServer(devices, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    assert isinstance(server.transport, asyncio.Server)
    hub.port = server.transport.sockets[0].getsockname()[1]
    try:
        yield hub
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]


def _rows(registers: Mapping[int, int], *, of_bits: bool) -> list[SimData]:
    """Return the rows of consecutive registers or bits."""
    rows = groupby(enumerate(sorted(registers)), key=lambda one: one[1] - one[0])
    found = [[register for _, register in row] for _, row in rows]
    if of_bits:
        return [SimData(row[0], values=[bool(registers[one]) for one in row], datatype=DataType.BITS) for row in found]
    return [SimData(row[0], values=[registers[one] for one in row], datatype=DataType.UINT16) for row in found]
