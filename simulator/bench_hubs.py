"""What a hub with 600 cells costs: `python -m simulator.bench_hubs`. Round time, reads, and the processor's time."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
import sys
import time
from typing import Final

from modbus_connection import ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.battery_bank.monitor.line.hub import HubLink
from custom_components.battery_bank.monitor.line.hub_table import Place
from custom_components.battery_bank.monitor.line.line_events import RoundEnded
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profile_file import read_file
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP

CELLS: Final = 600
FIRST: Final = 2  # rounds that are not measured, because they also connect
ROUNDS: Final = 20
EXAMPLE: Final = Path(__file__).parent.parent / "docs" / "hub-profile.example.yaml"
SCENARIO: Final = """
line = {{ baud = {baud} }}
[[string]]
name = "A"
batteries = 600
nominal_voltage = 2.0
hub = "gateway600"
"""


@asynccontextmanager
async def served(folder: Path, baud: int) -> AsyncGenerator[int]:
    """Simulate the hub in a process of its own, and return its port."""
    scenario = folder / f"hub-{baud}.toml"
    scenario.write_text(SCENARIO.format(baud=baud))
    command = [sys.executable, "-m", "simulator", "--scenario", str(scenario), "--modbus-tcp", "0"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None  # noqa: S101 - asked for above
    try:
        yield int((await process.stdout.readline()).rpartition(b":")[2])
    finally:
        process.terminate()
        await process.wait()


async def measure(port: int) -> tuple[float, float, float]:
    """Return the time of a round in s, its reads, and the processor's s for 1,000 values; without Home Assistant."""
    of_batteries, of_strings = read_file(EXAMPLE)
    modules = [Module(Place(1, 1, 0).address, of_strings, pace=MODBUS_TCP, nominal_voltage=2.0)]
    modules += [
        Module(Place(1, 0, number).address, of_batteries, pace=MODBUS_TCP, nominal_voltage=2.0)
        for number in range(1, CELLS + 1)
    ]
    connection = ModbusConnection(ModbusTcpParams(host="127.0.0.1", port=port))
    link = HubLink(connection.for_unit, modules)
    line = Line(link, modules)
    rounds, began, spent = 0, time.monotonic(), time.process_time()
    async for event in line.poll():
        if isinstance(event, RoundEnded):
            rounds += 1
            if rounds == FIRST:
                began, spent = time.monotonic(), time.process_time()
            if rounds == FIRST + ROUNDS:
                break
    used = time.process_time() - spent
    took = time.monotonic() - began
    await connection.close()
    if any(module.reading is None for module in modules):
        raise SystemExit("not all cells were read")
    values = 3 * CELLS * ROUNDS
    return took / ROUNDS, len(link.hubs.reads) - 1, 1000 * used / values


async def main() -> None:
    """Measure a hub on a fast network, and one behind a line of 9600 bit/s."""
    folder = Path("/tmp") if len(sys.argv) == 1 else Path(sys.argv[1])  # noqa: S108 - a bench of a developer
    for name, baud in (("network", 10_000_000), ("9600 bit/s", 9600)):
        async with served(folder, baud) as port:
            seconds, reads, used = await measure(port)
        print(f"{name}: a round takes {seconds:.2f} s with {reads} reads; {used * 1000:.1f} ms for 1,000 values")


if __name__ == "__main__":
    asyncio.run(main())
