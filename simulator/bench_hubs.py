"""What a hub with 600 cells costs: the monitor alone, this integration, and Home Assistant's own `modbus` from YAML.

The profile is the example of the documentation: 600 voltages, temperatures and resistances, and the current of four
strings. The YAML names 600 entities, one for each voltage, because it needs a request for each value. Everything but
the processor's time is measured at the hub, which notes when it answered what.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
import json
from pathlib import Path
import shutil
import sys
import tempfile
from typing import Any, Final

from custom_components.battery_bank.monitor.line.hub_table import Place

from .bench_rig import processor_seconds, stored_entry
from .house import ROOT, House

CELLS: Final = 600
STRINGS: Final = 4
VALUES: Final = 3 * CELLS  # of the cells in one round of this integration
EXAMPLE: Final = ROOT / "docs" / "hub-profile.example.yaml"
SCENARIO: Final = """
line = {{ baud = {baud} }}
[[string]]
name = "A"
batteries = 600
nominal_voltage = 2.0
hub = "gateway600"
"""
YAML: Final = """
modbus:
  - name: hub
    type: tcp
    host: 127.0.0.1
    port: {port}
    sensors:
"""
YAML_SENSOR: Final = """\
      - name: cell {cell}
        slave: 1
        address: {register}
        input_type: holding
        data_type: uint16
        scale: 0.001
        precision: 3
        scan_interval: 1
"""

type Poller = Callable[[Path, int, int], AbstractAsyncContextManager[int]]  # folder, port of the hub, port of the house


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub that runs, and the log of its answers."""

    port: int
    log: Path

    def first_registers(self) -> list[int]:
        """Return the first register of each answer so far."""
        rows = [line.split() for line in self.log.read_text().splitlines()]
        return [int(row[2]) for row in rows if len(row) == len(("at", "unit", "register"))]


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured in one window."""

    name: str
    round_time: float  # s between two readings of a cell
    reads: float  # in a round, for the cells
    values: float  # in a second
    processor: float  # s per 1,000 values

    def __str__(self) -> str:
        """Return the row of a Markdown table."""
        return (
            f"| {self.name} | {self.round_time:.2f} s | {self.reads:.0f} | {self.values:.0f} | "
            f"{1000 * self.processor:.0f} ms |"
        )


@asynccontextmanager
async def served(folder: Path, baud: int) -> AsyncGenerator[Hub]:
    """Simulate the hub in a process of its own."""
    scenario, log = folder / "hub.toml", folder / "answers.log"
    scenario.write_text(SCENARIO.format(baud=baud))
    command = [sys.executable, "-m", "simulator", "--scenario", str(scenario), "--modbus-tcp", "0", "--log", str(log)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None  # noqa: S101 - asked for above
    try:
        yield Hub(port=int((await process.stdout.readline()).rpartition(b":")[2]), log=log)
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def alone(_: Path, port: int, __: int) -> AsyncGenerator[int]:
    """Poll with the monitor, without Home Assistant."""
    command = [sys.executable, "-m", "simulator.bare_hub", str(port)]
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def ours(folder: Path, port: int, house_port: int) -> AsyncGenerator[int]:
    """Poll with this integration."""
    (folder / "battery_bank").mkdir(parents=True)
    shutil.copy(EXAMPLE, folder / "battery_bank" / "gateway.yaml")
    storage = folder / ".storage"
    storage.mkdir()
    stored = {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": [_entry(port)]}}
    (storage / "core.config_entries").write_text(json.dumps(stored))
    async with House.open(folder, house_port) as house:
        yield house.pid


@asynccontextmanager
async def yaml(folder: Path, port: int, house_port: int) -> AsyncGenerator[int]:
    """Poll the voltages with Home Assistant's own `modbus` from YAML."""
    sensors = "".join(YAML_SENSOR.format(cell=register + 1, register=register) for register in range(CELLS))
    async with House.open(folder, house_port, yaml=YAML.format(port=port) + sensors) as house:
        yield house.pid


async def measure(name: str, poller: Poller, *, baud: int, port: int, settle: float, window: float) -> Row:
    """Let the hub be polled for a while, then watch it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        async with served(folder, baud) as hub, poller(folder / "house", hub.port, port) as pid:
            await asyncio.sleep(settle)
            before, seconds = len(hub.first_registers()), processor_seconds(pid)
            await asyncio.sleep(window)
            spent = processor_seconds(pid) - seconds
            reads = [register for register in hub.first_registers()[before:] if register < VALUES]
    if poller is yaml:
        values, rounds = len(reads), len(reads) / CELLS
    else:
        rounds = max(1, reads.count(0))
        values = VALUES * rounds
    return Row(
        name=name,
        round_time=window / max(rounds, 1e-9),
        reads=len(reads) / max(rounds, 1e-9),
        values=values / window,
        processor=1000 * spent / max(1, values),
    )


async def hubs(*, port: int, settle: float, window: float) -> None:
    """Measure and print the table of a hub on the network, and of one behind a line of 9600 bit/s."""
    for where, baud in (("on the network", 10_000_000), ("behind a line of 9600 bit/s", 9600)):
        print(f"\nA hub with {CELLS} cells {where}; {window:.0f} s each after {settle:.0f} s.\n")
        print("| polled by | round | reads in a round | values in a second | processor per 1,000 values |")
        print("|---|---:|---:|---:|---:|", flush=True)
        for name, poller in (
            ("the monitor alone, 1,800 values", alone),
            ("this integration, 1,800 values", ours),
            ("`modbus` from YAML, 600 entities", yaml),
        ):
            print(await measure(name, poller, baud=baud, port=port, settle=settle, window=window), flush=True)


def _entry(port: int) -> dict[str, Any]:
    """Return the entry of the line of the hub as the flow leaves it, for the storage of Home Assistant."""
    each = CELLS // STRINGS
    strings = [
        {
            "data": {
                "batteries": [
                    {"id": f"01K6ZQ3V9F8W7N5R4T2X00{number:04d}", "address": Place(1, 0, number).address}
                    for number in range(1 + string * each, 1 + string * each + each)
                ],
                "battery_module": "own_gateway",
                "string_module_address": Place(1, string + 1, 0).address,
                "string_module": "own_gateway_string",
                "invert_current": False,
                "nominal_voltage": 2.0,
                "capacity": 500,
                "chemistry": "vrla_agm",
                "installed": "2024-05-01",
            },
            "subentry_id": f"01K6ZQ3V9F8W7N5R4T2X1Y{string:04d}",
            "subentry_type": "string",
            "title": f"S{string + 1}",
            "unique_id": None,
        }
        for string in range(STRINGS)
    ]
    return stored_entry(
        "01K6ZQ3V9F8W7N5R4T2X1Y0E99",
        title="Hub",
        unique_id=f"127.0.0.1:{port}",
        data={"connection": "modbus_tcp", "host": "127.0.0.1", "port": port},
        strings=strings,
    )
