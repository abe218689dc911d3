"""How fast a line is polled, beside its limit and beside Home Assistant's own way: `scripts/bench`.

Everything is measured from the far end of the wire: the simulator notes when it answers whom. The processor's time is
that of the Home Assistant process. Each row is a Home Assistant of its own, one after another, in one run.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from math import inf, isfinite
import os
from pathlib import Path
import sys
import tempfile
from typing import Final

from .house import ROOT, House, HouseError, configure
from .wire import ANSWER_DELAY, BITS_PER_CHARACTER

BATTERIES: Final = 60
STRING_MODULE: Final = 101
DEAD: Final = (7, 16, 25, 34, 43, 52)
BAUD: Final = 9600
VOLTAGE: Final = 1  # the register whose answer counts as a reading of a TA …
CURRENT: Final = 3  # … and of a TC
FRAMES: Final = 8 + 11  # characters of a question for three registers and of its answer
SILENCE: Final = 3.5  # characters between two frames
LIMIT: Final = (
    FRAMES + SILENCE
) * BITS_PER_CHARACTER / BAUD + ANSWER_DELAY  # s per request, a bound that no program can beat

SCENARIO: Final = """\
[[string]]
name = "A"
batteries = {batteries}
first_address = 1
string_module = {string_module}

[faults]
dead = {dead}
"""

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


@dataclass(frozen=True, kw_only=True)
class Row:
    """What was measured in one window."""

    name: str
    round_time: float  # s between two readings of a battery, on average
    limit: float  # s that the requests of such a round take at least
    current_99: float  # s between two readings of the string current, 99th percentile
    processor: float  # s per 1,000 readings

    @property
    def ratio(self) -> float:
        """How much longer the round is than it must be."""
        return self.round_time / self.limit

    def __str__(self) -> str:
        """Return the row of a Markdown table."""
        current = f"{self.current_99:.2f} s" if isfinite(self.current_99) else "not read twice"
        return f"| {self.name} | {self.round_time:.2f} s | {self.ratio:.3f} | {current} | {self.processor:.2f} s |"


@asynccontextmanager
async def simulated_line(folder: Path, dead: tuple[int, ...]) -> AsyncGenerator[tuple[Path, Path]]:
    """Run the simulator in a process of its own; return the port and the log of its answers."""
    scenario = folder / "scenario.toml"
    scenario.write_text(SCENARIO.format(batteries=BATTERIES, string_module=STRING_MODULE, dead=list(dead)))
    port, log = folder / "ttyBANK", folder / "answers.log"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--scenario", str(scenario), "--link", str(port), "--log", str(log)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        await process.stdout.readline()  # the port is there
        yield port, log
    finally:
        process.terminate()
        await process.wait()


async def measure(name: str, dead: tuple[int, ...], house: House, log: Path, options: argparse.Namespace) -> Row:
    """Let the line settle, then watch it for a while."""
    await asyncio.sleep(options.settle)
    before, seconds = len(_answers(log)), _processor_seconds(house.pid)
    await asyncio.sleep(options.window)
    spent = _processor_seconds(house.pid) - seconds
    answers = _answers(log)[before:]
    current = [at for at, unit_id, register in answers if (unit_id, register) == (STRING_MODULE, CURRENT)]
    batteries = sum(unit_id != STRING_MODULE and register == VOLTAGE for _, unit_id, register in answers)
    live = BATTERIES - len(dead)
    round_time = options.window * live / batteries
    gaps = sorted(later - sooner for sooner, later in pairwise(current))
    return Row(
        name=name,
        round_time=round_time,
        # Each live battery once, and the string module as often as it was read meanwhile.
        limit=LIMIT * (live + round_time * len(current) / options.window),
        current_99=gaps[int(0.99 * (len(gaps) - 1))] if gaps else inf,
        processor=1000 * spent / (batteries + len(current)),
    )


def _answers(log: Path) -> list[tuple[float, int, int]]:
    """Return when the simulator answered whom about what."""
    rows = (line.split() for line in log.read_text().splitlines())
    return [(float(at), int(unit_id), int(register)) for at, unit_id, register in rows]


async def ours(name: str, dead: tuple[int, ...], options: argparse.Namespace) -> Row:
    """Measure this integration."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        async with simulated_line(folder, dead) as (port, log), House.open(folder / "house", options.port) as house:
            await configure(house, str(port), first=1, last=STRING_MODULE, capacity=100, baudrate=BAUD)
            return await measure(name, dead, house, log, options)


async def yaml(name: str, dead: tuple[int, ...], options: argparse.Namespace) -> Row:
    """Measure Home Assistant's own `modbus` from YAML, a sensor for each value."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        sensors = [(unit_id, register) for unit_id in range(1, BATTERIES + 1) for register in (1, 2, 3)]
        sensors += [(STRING_MODULE, register) for register in (3, 4)]
        text = YAML_HUB.format(port=folder / "ttyBANK", baud=BAUD) + "".join(
            YAML_SENSOR.format(unit_id=unit_id, register=register) for unit_id, register in sensors
        )
        async with (
            simulated_line(folder, dead) as (_, log),
            House.open(folder / "house", options.port, yaml=text) as house,
        ):
            return await measure(name, dead, house, log, options)


async def bench(options: argparse.Namespace) -> None:
    """Measure and print the table."""
    print(f"{BATTERIES} TA and 1 TC at {BAUD} 8N1, {1000 * ANSWER_DELAY:.0f} ms answer delay, {os.cpu_count()} cores;")
    print(f"limit per request {1000 * LIMIT:.2f} ms; {options.window:.0f} s each after {options.settle:.0f} s.\n")
    print("| line polled by | round | round ÷ limit | current, 99 % | processor per 1,000 readings |")
    print("|---|---|---|---|---|", flush=True)
    rows: list[Row] = []
    for measured in (
        ours("this integration", (), options),
        ours(f"this integration, {len(DEAD)} modules dead", DEAD, options),
        yaml("`modbus` from YAML", (), options),
        yaml(f"`modbus` from YAML, {len(DEAD)} modules dead", DEAD, options),
    ):
        rows.append(await measured)
        print(rows[-1], flush=True)
    print()
    for whose, healthy, dead in (("this integration", rows[0], rows[1]), ("`modbus` from YAML", rows[2], rows[3])):
        growth = dead.ratio / healthy.ratio - 1
        print(f"{len(DEAD)} dead modules lengthen the round of the live ones by {growth:.1%} with {whose}.")


def main() -> None:
    """Start from the command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--window", type=float, default=120, help="s to measure each (default: 120)")
    parser.add_argument("--settle", type=float, default=60, help="s to wait before (default: 60)")
    parser.add_argument("--port", type=int, default=18124, help="where Home Assistant listens (default: 18124)")
    try:
        asyncio.run(bench(parser.parse_args()))
    except HouseError as err:
        sys.exit(str(err))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
