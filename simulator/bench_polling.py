"""How fast a line is polled, beside its limit, the libraries alone, and Home Assistant's own `modbus` from YAML.

Everything is measured from the far end of the wire: the simulator notes when it answers whom. The processor's time is
that of the process that polls. Each row is a process of its own, one after another, in one run.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
from pathlib import Path
import sys
import tempfile
from typing import Final

from .bench_rig import STRINGS, Simulated, limit, processor_seconds, simulated, store_entries
from .house import ROOT, House

BLOCK: Final = 3  # registers of a reading
FIRST: Final = {True: 1, False: 3}  # the first of them, of a battery module and of a string module
DEAD: Final = 10  # of this many modules one is dead, in the rows with dead modules

YAML_HUB: Final = """
modbus:
  - name: line
    type: serial
    method: rtu
    port: {port}
    baudrate: {baud}
    bytesize: 8
    parity: N
    stopbits: 1
    sensors:
"""
YAML_SENSOR: Final = """\
      - name: m{unit_id}r{register}
        slave: {unit_id}
        address: {register}
        input_type: holding
        data_type: uint16
        scan_interval: 1
"""

type Poller = Callable[[Path, Simulated, int], AbstractAsyncContextManager[int]]  # returns the id of a process


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured in one window."""

    name: str
    round_time: float  # s between two readings of a battery, on average
    ratio: float  # of the window to what all of its requests take at least
    current_99: float  # s between two readings of the string current, 99th percentile
    processor: float  # s per 1,000 readings

    def __str__(self) -> str:
        """Return the row of a Markdown table."""
        current = f"{self.current_99:.2f} s" if isfinite(self.current_99) else "-"
        return f"| {self.name} | {self.round_time:.2f} s | {self.ratio:.3f} | {current} | {self.processor:.2f} s |"


@asynccontextmanager
async def ours(folder: Path, line: Simulated, port: int) -> AsyncGenerator[int]:
    """Poll with this integration."""
    store_entries(folder / "house", [line])
    async with House.open(folder / "house", port) as house:
        yield house.pid


@asynccontextmanager
async def yaml(folder: Path, line: Simulated, port: int) -> AsyncGenerator[int]:
    """Poll with Home Assistant's own `modbus` from YAML, a sensor for each value."""
    sensors = [(unit_id, register) for unit_id in range(1, line.batteries + 1) for register in (1, 2, 3)]
    sensors += [(line.batteries + 1 + place, register) for place in range(STRINGS) for register in (3, 4)]
    text = YAML_HUB.format(port=line.port, baud=line.baud) + "".join(
        YAML_SENSOR.format(unit_id=unit_id, register=register) for unit_id, register in sensors
    )
    async with House.open(folder / "house", port, yaml=text) as house:
        yield house.pid


@asynccontextmanager
async def bare(_: Path, line: Simulated, __: int) -> AsyncGenerator[int]:
    """Poll with the libraries alone, without Home Assistant."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator.bare", str(line.port), str(line.baud), str(line.batteries)),
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def measure(
    name: str, poller: Poller, *, batteries: int, baud: int, port: int, settle: float, window: float, dead: bool = False
) -> Row:
    """Let a line settle, then watch it for a while."""
    silent = range(DEAD // 2, batteries + 1, DEAD) if dead else ()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        async with (
            simulated(folder, 0, batteries=batteries, baud=baud, dead=silent) as line,
            poller(folder, line, port) as pid,
        ):
            await asyncio.sleep(settle)
            before, seconds = len(line.answers()), processor_seconds(pid)
            await asyncio.sleep(window)
            spent = processor_seconds(pid) - seconds
            return _row(name, line, line.answers()[before:], spent, window, len(silent), single=poller is yaml)


def _row(
    name: str,
    line: Simulated,
    answers: Sequence[tuple[float, int, int]],
    spent: float,
    window: float,
    dead: int,
    *,
    single: bool,
) -> Row:
    firsts = [register == FIRST[unit_id <= line.batteries] for _, unit_id, register in answers]
    batteries = sum(first and unit_id <= line.batteries for first, (_, unit_id, _) in zip(firsts, answers, strict=True))
    readings = sum(firsts)
    current = [at for at, unit_id, register in answers if (unit_id, register) == (line.batteries + 1, FIRST[False])]
    gaps = sorted(later - sooner for sooner, later in pairwise(current))
    least = sum(limit(line.baud, BLOCK if first and not single else 1) for first in firsts)
    return Row(
        name=name,
        round_time=window * (line.batteries - dead) / max(1, batteries),
        ratio=window / least if least else inf,
        current_99=gaps[int(0.99 * (len(gaps) - 1))] if gaps else inf,
        processor=1000 * spent / max(1, readings),
    )


async def polling(
    *, batteries: int, baud: int, port: int, settle: float, window: float, dead_too: bool = False
) -> None:
    """Measure and print the table of one line, also with dead modules if they are wanted."""
    print(f"\n{batteries} TA and {STRINGS} TC at {baud} 8N1; limit of a reading {1000 * limit(baud, BLOCK):.2f} ms;")
    print(f"{window:.0f} s each after {settle:.0f} s.\n")
    print("| line polled by | round | requests ÷ limit | current, 99 % | processor per 1,000 readings |")
    print("|---|---:|---:|---:|---:|", flush=True)
    for name, poller, dead in (
        ("the libraries alone", bare, False),
        ("this integration", ours, False),
        ("`modbus` from YAML", yaml, False),
        ("this integration, one module in ten dead", ours, True),
        ("`modbus` from YAML, one module in ten dead", yaml, True),
    ):
        if dead and not dead_too:
            continue
        row = await measure(
            name, poller, batteries=batteries, baud=baud, port=port, settle=settle, window=window, dead=dead
        )
        print(row, flush=True)
