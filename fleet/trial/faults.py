"""What happens to the parts of a trial on the way, one after the other."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import closing, suppress
from pathlib import Path
import sqlite3
import time
from typing import Final

from .engines import Process
from .network import Network

AWAY: Final = 1.0  # s that a part is away
DRAINING: Final = 420.0  # s at most until all is acknowledged; only something that hangs takes that long
KEEPALIVES: Final = 180.0  # s at most, after a cut has begun, until all ends of all connections have noticed
LOOK: Final = 0.2  # s between two looks at what another process does

ALL: Final = 2**62  # beyond each number of a row

type Fault = tuple[str, Callable[[], Awaitable[None]]]


def faults(killed: Iterable[Process], brokers: Sequence[Process], cut: Cut | None) -> list[Fault]:
    """Return what happens: parts are killed, and the network is cut; without `cut` all brokers rest for a moment."""
    planned: list[Fault] = [(f"kill -9 of {process.name}", _kill(process)) for process in killed]
    if cut:
        return [*planned, ("packets vanish", cut.lose_packets), ("connections are refused", cut.refuse)]
    return [*planned, ("the brokers are suspended", _suspend(brokers))]


class Cut:
    """Cuts of the network between the sites and the brokers, and what becomes of the rows meanwhile."""

    def __init__(self, network: Network, seconds: float, journals: Callable[[], Sequence[Path]]) -> None:
        """Cut for so many s at least; `journals` returns the files of those of all sites in the network."""
        self._network = network
        self._seconds = seconds
        self._journals = journals

    async def lose_packets(self) -> None:
        """Have packets vanish until each end of each connection has given it up: a keep-alive has run out."""
        await self._connected()
        await self._network.lose_packets()
        await self._cut()
        await self._network.bring_packets()
        await self._made_up_for()

    async def refuse(self) -> None:
        """Close all connections, and refuse new ones."""
        await self._connected()
        await self._network.refuse()
        await self._cut()
        await self._network.accept()
        await self._made_up_for()

    async def _connected(self) -> None:
        """Wait until each site has a connection to a broker, which a cut is to break."""
        while min(await self._network.connections()) < len(self._journals()):  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(LOOK)

    async def _cut(self) -> None:
        """Let the time of a cut pass."""
        began, passed, some_left = time.monotonic(), 0.0, True
        gone = {"sites": 0.0, "brokers": 0.0}
        while passed < self._seconds or (some_left and passed < KEEPALIVES):
            await asyncio.sleep(LOOK)
            left = dict(zip(gone, await self._network.connections(), strict=True))
            passed, some_left = time.monotonic() - began, any(left.values())
            gone |= {end: passed for end, count in left.items() if count}
        found = ", ".join(f"those of the {end} after {seconds:.0f} s" for end, seconds in gone.items())
        print(f"        the last connections were given up: {found}", flush=True)

    async def _made_up_for(self) -> None:
        """Wait until the centre has all that the sites wrote during a cut."""
        began = time.monotonic()
        rows = {path: await last(path) for path in self._journals()}
        waiting = sum([await unsent(path, upto) for path, upto in rows.items()])
        arrived = all([await sent(path, upto) for path, upto in rows.items()])
        took = f"the centre has them after {time.monotonic() - began:.0f} s" if arrived else "LOST: not all came"
        print(f"        the network is back; {waiting} rows have waited, {took}", flush=True)


def _kill(process: Process) -> Callable[[], Awaitable[None]]:
    async def kill() -> None:
        await process.kill()
        await asyncio.sleep(AWAY)
        await process.start()

    return kill


def _suspend(brokers: Sequence[Process]) -> Callable[[], Awaitable[None]]:
    async def suspend() -> None:
        for one in brokers:
            one.suspend()
        await asyncio.sleep(AWAY)
        for one in brokers:
            one.resume()

    return suspend


async def unsent(path: Path, upto: int = ALL) -> int:
    """Return how many rows of a journal that is in use wait for an acknowledgement, up to that number."""
    return await _ask(path, "SELECT count(*) FROM outbox WHERE seq <= ?", upto)


async def last(path: Path) -> int:
    """Return the number of the last row that a journal in use has noted."""
    return await _ask(path, "SELECT coalesce(max(seq), 0) FROM outbox WHERE seq <= ?", ALL)


async def sent(path: Path, upto: int = ALL) -> bool:
    """Wait until a site has no row left to send, up to that number, and return whether that came in time."""
    ends = time.monotonic() + DRAINING
    while time.monotonic() < ends:
        with suppress(sqlite3.OperationalError):  # no outbox yet
            if await unsent(path, upto) == 0:
                return True
        await asyncio.sleep(LOOK)
    return False


async def _ask(path: Path, query: str, upto: int) -> int:
    def ask() -> int:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return int(connection.execute(query, (upto,)).fetchone()[0])

    return await asyncio.to_thread(ask)
