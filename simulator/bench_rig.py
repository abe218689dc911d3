"""What the measurements share: simulated lines, houses that are measured, and what is read of them."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
import json
from math import inf
import os
from pathlib import Path
import signal
import sqlite3
import sys
import tempfile
from typing import Any, Final

from .house import ROOT, House
from .probe import FILE
from .wire import ANSWER_DELAY, BITS_PER_CHARACTER

STRINGS: Final = 4  # of a line, each with a string module behind the batteries of all
QUESTION: Final = 8  # characters of a question …
ANSWER: Final = 5  # … and of an answer without its registers
SILENCE: Final = 3.5  # characters between two frames
PROBED: Final = "simulator.probe"


def limit(baud: int, registers: int) -> float:
    """Return the s that a request takes at least: a bound that no program can beat."""
    return (QUESTION + ANSWER + 2 * registers + SILENCE) * BITS_PER_CHARACTER / baud + ANSWER_DELAY


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """A line that runs, and the log of its answers."""

    port: Path
    log: Path
    baud: int
    batteries: int

    @property
    def units(self) -> range:
        """The addresses of the batteries."""
        return range(1, self.batteries + 1)

    @property
    def last(self) -> int:
        """The highest address."""
        return self.batteries + STRINGS

    def answers(self) -> list[tuple[float, int, int]]:
        """Return when the simulator answered, whom, and the first register."""
        rows = (line.split() for line in self.log.read_text().splitlines())
        return [
            (float(row[0]), int(row[1]), int(row[2])) for row in rows if len(row) == len(("at", "unit", "register"))
        ]


@asynccontextmanager
async def simulated(
    folder: Path, number: int, *, batteries: int, baud: int, dead: Sequence[int] = ()
) -> AsyncGenerator[Simulated]:
    """Run a line of strings in a process of its own."""
    each = batteries // STRINGS
    text = f"[line]\nbaud = {baud}\n[faults]\ndead = {list(dead)}\n" + "".join(
        f'[[string]]\nname = "{place}"\nbatteries = {each}\nfirst_address = {1 + place * each}\n'
        f"string_module = {batteries + 1 + place}\n"
        for place in range(STRINGS)
    )
    scenario, line = folder / f"line{number}.toml", folder / f"ttyBANK{number}"
    scenario.write_text(text)
    log = folder / f"answers{number}.log"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "simulator", "--scenario", str(scenario), "--link", str(line), "--log", str(log)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe was asked for
        await process.stdout.readline()  # the port is there
        yield Simulated(port=line, log=log, baud=baud, batteries=batteries)
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def simulated_lines(sizes: Sequence[int], baud: int) -> AsyncGenerator[tuple[Path, list[Simulated]]]:
    """Run lines with so many batteries each; return a folder that goes with them."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place)
        async with AsyncExitStack() as stack:
            lines = [
                await stack.enter_async_context(simulated(folder, number, batteries=size, baud=baud))
                for number, size in enumerate(sizes)
            ]
            yield folder, lines


def processor_seconds(pid: int) -> float:
    """Return the processor's time that a process took."""
    return _seconds(Path(f"/proc/{pid}"))


def recorder_seconds(pid: int) -> float:
    """Return how much of that its recorder took, which writes what happens into the database."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(_seconds(one) for one in threads if (one / "comm").read_text() == "Recorder\n")


def _seconds(place: Path) -> float:
    fields = (place / "stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Return the memory of a process in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


async def probed(house: House) -> dict[str, Any]:
    """Return what the probe of a house has found since it was asked last."""
    file = house.folder / FILE
    file.unlink(missing_ok=True)
    os.kill(house.pid, signal.SIGUSR1)
    while not file.exists():  # noqa: ASYNC110 - another process sets no event of ours
        await asyncio.sleep(0.05)
    found: dict[str, Any] = json.loads(file.read_text())
    return found


async def started(house: House) -> None:
    """Wait until Home Assistant has started, or it would not stop in order."""
    while (await house.get("/api/config"))["state"] != "RUNNING":  # noqa: ASYNC110 - another process sets no event
        await asyncio.sleep(0.3)
    await asyncio.sleep(2.0)


async def all_answered(lines: Sequence[Simulated], patience: float = 300.0) -> float:
    """Return after how many s all batteries have been read from now on; infinity if they are not in time.

    Home Assistant itself is not asked, because its answer with thousands of states would be the longest callback.
    """
    loop = asyncio.get_running_loop()
    began, before = loop.time(), [len(line.answers()) for line in lines]
    while loop.time() - began < patience:
        await asyncio.sleep(0.5)
        if all(
            {unit_id for _, unit_id, register in line.answers()[seen:] if register == 1} >= set(line.units)
            for line, seen in zip(lines, before, strict=True)
        ):
            return loop.time() - began
    return inf


def rows_since(house: House, since: float) -> int:
    """Return how many states of our entities the recorder has kept since a time; the house has stopped."""
    with sqlite3.connect(house.folder / "home-assistant_v2.db") as database:
        (rows,) = database.execute("SELECT count(*) FROM states WHERE last_updated_ts >= ?", (since,)).fetchone()
    database.close()
    return int(rows)


def entry(number: int, line: Simulated) -> dict[str, Any]:
    """Return the entry of a line as the flow leaves it, for the storage of Home Assistant."""
    each = line.batteries // STRINGS
    strings = [
        {
            "data": {
                "batteries": [
                    {"id": f"01K6ZQ3V9F8W7N5R4T2{number:03d}{address:04d}", "address": address}
                    for address in range(1 + place * each, 1 + place * each + each)
                ],
                "battery_module": "ta",
                "string_module_address": line.batteries + 1 + place,
                "string_module": "tc",
                "invert_current": False,
                "nominal_voltage": 12.0,
                "capacity": 100,
                "chemistry": "vrla_agm",
                "installed": "2024-05-01",
            },
            "subentry_id": f"01K6ZQ3V9F8W7N5R4T2X{number:03d}{place:03d}",
            "subentry_type": "string",
            "title": f"L{number} S{place}",
            "unique_id": None,
        }
        for place in range(STRINGS)
    ]
    return stored_entry(
        f"01K6ZQ3V9F8W7N5R4T2X1Y0E{number:02d}",
        title=f"Line {number}",
        unique_id=str(line.port),
        data={"connection": "serial", "device": str(line.port), "baudrate": line.baud, "parity": "N"},
        strings=strings,
    )


def stored_entry(
    entry_id: str, *, title: str, unique_id: str, data: dict[str, Any], strings: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return an entry with its strings as the storage of Home Assistant has it."""
    made = "2026-01-01T00:00:00+00:00"
    return {
        "created_at": made,
        "data": data,
        "disabled_by": None,
        "discovery_keys": {},
        "domain": "battery_bank",
        "entry_id": entry_id,
        "minor_version": 1,
        "modified_at": made,
        "options": {},
        "pref_disable_new_entities": False,
        "pref_disable_polling": False,
        "source": "user",
        "subentries": strings,
        "title": title,
        "unique_id": unique_id,
        "version": 1,
    }


def store_entries(folder: Path, lines: Sequence[Simulated]) -> None:
    """Write the entries of lines into the storage of a house that does not run yet."""
    storage = folder / ".storage"
    storage.mkdir(parents=True, exist_ok=True)
    entries = [entry(number, line) for number, line in enumerate(lines)]
    stored = {"version": 1, "minor_version": 5, "key": "core.config_entries", "data": {"entries": entries}}
    (storage / "core.config_entries").write_text(json.dumps(stored))
