"""The hostile disk: a process that writes a journal is killed, stopped, locked out, and has its disk full.

What the journal has acknowledged has to be there afterwards, and the file has to be whole.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from random import Random
import resource
import signal
import sqlite3
import sys
import time
from typing import Final

from custom_components.battery_bank.monitor.errors import JournalError
from custom_components.battery_bank.monitor.journal import Journal

from .tally import Tally

INTEGRATION: Final = Path(__file__).parent.parent.parent / "custom_components" / "battery_bank"
WRITING: Final = Path(__file__).parent / "writing.py"
AGAIN: Final = 8  # kills of one journal before the next is begun
PATIENCE: Final = 30.0  # s for a process to write at all

type Process = asyncio.subprocess.Process
type Trouble = Callable[[Process, Path, Random], Awaitable[None]]


async def killed(_process: Process, _path: Path, _random: Random) -> None:
    """Do nothing else: the kill comes in any case."""


async def stopped(process: Process, _path: Path, random: Random) -> None:
    """Stop the process for a while, as a machine that is paused."""
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(random.uniform(0.05, 0.5))
    process.send_signal(signal.SIGCONT)
    await asyncio.sleep(random.uniform(0, 0.1))


async def locked(_process: Process, path: Path, random: Random) -> None:
    """Lock the file, as a backup program does; SQLite waits for up to 5 s, then the journal refuses."""

    def lock() -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as other:
            other.execute("BEGIN IMMEDIATE")
            time.sleep(random.choice((0.1, 0.5, 6.0)))
            other.execute("ROLLBACK")

    await asyncio.to_thread(lock)
    await asyncio.sleep(random.uniform(0, 0.3))


async def full(process: Process, path: Path, random: Random) -> None:
    """Fill the disk for the process: no file may grow; then make room again."""
    usual = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    now = max(one.stat().st_size for one in path.parent.glob(f"{path.name}*"))
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (now + random.randrange(8192), usual[1]))
    await asyncio.sleep(random.uniform(0.1, 0.6))
    if random.random() < 0.5:  # noqa: PLR2004 - half of them are killed while the disk is full
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, usual)
        await asyncio.sleep(random.uniform(0, 0.3))


TROUBLES: Final[dict[str, Trouble]] = {
    "SIGKILL": killed,
    "SIGKILL after a pause": stopped,
    "SIGKILL after a lock": locked,
    "SIGKILL with a full disk": full,
}
WEIGHTS: Final = (8, 3, 2, 4)


async def _trial(random: Random, path: Path, name: str, acknowledged: int) -> tuple[int, int]:
    """Start the writer, trouble and kill it; return the last batch it acknowledged, and how many it was refused."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(WRITING), str(INTEGRATION), str(path), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    lines: list[bytes] = []

    async def read(stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            lines.append(line)

    reading = asyncio.create_task(read(process.stdout))
    try:
        async with asyncio.timeout(PATIENCE):
            while not lines:  # noqa: ASYNC110 - another process sets no event of ours
                await asyncio.sleep(0.01)
        await asyncio.sleep(random.uniform(0, 0.4))
        await TROUBLES[name](process, path, random)
    finally:
        process.kill()
        await process.wait()
        await reading
    numbers = [int(line) for line in lines if line.endswith(b"\n") and line.strip().isdigit()]
    return max([acknowledged, *numbers]), len(lines) - len(numbers)


async def missing(path: Path, acknowledged: int) -> str | None:
    """Return what a journal lacks of what it has acknowledged; None if nothing."""
    try:
        journal = await Journal.open(path)
    except JournalError as err:
        return f"the journal can't be opened: {err}"
    try:
        if journal.set_aside is not None:
            return "the journal was taken for damaged"
        wanted = set(range(1, acknowledged + 1))
        tests = {round(test.at) for test in await journal.resistance_tests("A")}
        alarms = {round(alarm.raised) for alarm in await journal.alarms("A", limit=10**9)}
        points = {round(point.seconds) for point in (await journal.curve("A", 1.0))["b1"]}
        document = int(await journal.load("A", "running") or 0)
    finally:
        await journal.close()
    if lost := sorted(wanted - (tests & alarms & points)):
        return f"{len(lost)} of {acknowledged} acknowledged batches are missing, the first is {lost[0]}"
    if document < acknowledged or tests != alarms or tests != points:
        return f"half a batch: document {document}, {len(tests)} tests, {len(alarms)} alarms, {len(points)} points"
    return None


async def _trials(seed: int, ends: float, folder: Path, most: float) -> Tally:
    tally, number, acknowledged = Tally(name="Disk"), 0, 0
    while number < len(TROUBLES) or (time.monotonic() < ends and number < most):
        random = Random(f"{seed} {number} disk")
        name = list(TROUBLES)[number] if number < len(TROUBLES) else random.choices(list(TROUBLES), WEIGHTS)[0]
        path = folder / f"journal{number // AGAIN}.db"
        if number % AGAIN == 0:
            tally.counted["acknowledged batches"] += acknowledged
            acknowledged = 0
        acknowledged, refused = await _trial(random, path, name, acknowledged)
        tally.tried[name] += 1
        tally.counted["refused batches that were written later"] += refused
        if lost := await missing(path, acknowledged):
            tally.lost.append(f"{name}: {lost} (seed {seed}, turn {number})")
            number += AGAIN - number % AGAIN - 1  # a new file
        number += 1
    tally.counted["acknowledged batches"] += acknowledged
    return tally


def hostile_disk(seed: int, ends: float, folder: Path, most: float = float("inf")) -> Tally:
    """Try the hostile disk again and again until `ends`, s of the monotonic clock; each trouble at least once."""
    return asyncio.run(_trials(seed, ends, folder, most))
