"""The libraries alone: `python -m simulator.bare PORT BAUD LAST` reads the modules 1 to LAST.

It goes on for ever. So much polling costs on this machine at least, with the libraries that Home Assistant has.
"""

import asyncio
import sys

from modbus_connection import ModbusSerialParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.battery_bank.monitor.line.profiles.ta import PROFILE


async def read(port: str, baud: int, last: int) -> None:
    """Read one module after another."""
    connection = ModbusConnection(ModbusSerialParams(device=port, baudrate=baud))
    units = [connection.for_unit(unit_id) for unit_id in range(1, last + 1)]
    while True:
        for unit in units:
            await unit.read_holding_registers(*PROFILE.block)


if __name__ == "__main__":
    _, port, baud, last = sys.argv
    asyncio.run(read(port, int(baud), int(last)))
