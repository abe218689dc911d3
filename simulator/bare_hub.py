"""The monitor alone: `python -m simulator.bare_hub PORT` polls a hub of 600 cells, without Home Assistant.

It goes on for ever. So much the monitor of this integration costs by itself.
"""

import asyncio
from pathlib import Path
import sys

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.battery_bank.monitor.line.hub import HubLink
from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profile_file import read_file
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP

from .bench_hubs import CELLS, EXAMPLE, STRINGS


async def poll(port: int) -> None:
    """Poll the cells and the strings."""
    of_batteries, of_strings = await asyncio.to_thread(read_file, Path(EXAMPLE))
    places = [(Place(1, 0, number), of_batteries) for number in range(1, CELLS + 1)]
    places += [(Place(1, number, 0), of_strings) for number in range(1, STRINGS + 1)]
    modules = [Module(place.address, profile, pace=MODBUS_TCP, nominal_voltage=2.0) for place, profile in places]
    connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=port))
    async for _ in Line(HubLink(connection.for_unit, modules), modules).poll():
        pass


if __name__ == "__main__":
    asyncio.run(poll(int(sys.argv[1])))
