"""A network of their own for the sites of a trial, with a cable to the brokers of the centre that can be cut.

The sites are in a network namespace of Linux. Two pairs of virtual Ethernet ports lead to it: `wan` to the brokers of
the centre, which is cut, and `lan` between a Home Assistant and the broker of its site, which is not.
"""

import asyncio
import os
import shutil
from typing import Final

from .engines import EngineError

TOOLS: Final = ("ip", "tc", "ss")  # of Debian's package iproute2
# Of the addresses that RFC 2544 sets apart for tests of networks.
NETS: Final = {"wan": "198.18", "lan": "198.19"}
HERE: Final = "02:00:00:00:00:01"
THERE: Final = "02:00:00:00:00:02"


class NetworkError(EngineError):
    """A network can't be made here."""


class Network:
    """The namespace of the sites. It needs root, and is gone with `remove`."""

    def __init__(self) -> None:
        """Prepare; nothing is made before `make`."""
        number = os.getpid() % 65536
        self._name = f"battery-bank-{number}"
        self._ports = {cable: f"bb{cable}{number}" for cable in NETS}
        nets = {cable: f"{net}.{number // 64 % 256}.{number % 64 * 4}" for cable, net in NETS.items()}
        self._here = {cable: _next(net, 1) for cable, net in nets.items()}
        self._there = {cable: _next(net, 2) for cable, net in nets.items()}

    @property
    def centre(self) -> str:
        """The address of the brokers of the centre."""
        return self._here["wan"]

    @property
    def site(self) -> str:
        """The address of the broker of a real site, for its Home Assistant."""
        return self._there["lan"]

    @property
    def inside(self) -> tuple[str, ...]:
        """What runs a command at the sites, if it is put before it."""
        return ("ip", "netns", "exec", self._name)

    async def make(self) -> None:
        """Make the namespace and the cables; raises `NetworkError`."""
        if os.geteuid() != 0 or not all(map(shutil.which, TOOLS)):
            raise NetworkError("A network of the sites' own needs root, and Debian's package iproute2.")
        await _run("ip", "netns", "add", self._name)
        try:
            await self._site("ip", "link", "set", "lo", "up")
            for cable, port in self._ports.items():
                peer = ("peer", "name", cable, "address", THERE, "netns", self._name)
                await _run("ip", "link", "add", port, "address", HERE, "type", "veth", *peer)
                for run, name, own, other, hardware in (
                    (_run, port, self._here, self._there, THERE),
                    (self._site, cable, self._there, self._here, HERE),
                ):
                    await run("ip", "address", "add", f"{own[cable]}/30", "dev", name)
                    await run("ip", "link", "set", name, "up")
                    # Known for good: so a cut is not noticed by a question for the hardware address without an answer.
                    fixed = (other[cable], "lladdr", hardware, "nud", "permanent")
                    await run("ip", "neighbour", "replace", *fixed, "dev", name)
        except NetworkError:
            await self.remove()
            raise

    async def remove(self) -> None:
        """Take the namespace away, and the cables with it."""
        await _run("ip", "netns", "delete", self._name)

    async def lose_packets(self) -> None:
        """Let each packet vanish, in both directions: no end of a connection is told of it."""
        await _run("tc", "qdisc", "add", "dev", self._ports["wan"], "root", "blackhole")
        await self._site("tc", "qdisc", "add", "dev", "wan", "root", "blackhole")

    async def bring_packets(self) -> None:
        """Let packets pass again."""
        await _run("tc", "qdisc", "delete", "dev", self._ports["wan"], "root")
        await self._site("tc", "qdisc", "delete", "dev", "wan", "root")

    async def refuse(self) -> None:
        """Close all connections at both ends, and refuse new ones."""
        await self._site("ip", "rule", "add", "to", self.centre, "unreachable", "priority", "1")
        await _run("ss", "-K", "dst", self._there["wan"])
        await self._site("ss", "-K", "dst", self.centre)

    async def accept(self) -> None:
        """Let new connections be made again."""
        await self._site("ip", "rule", "delete", "priority", "1")

    async def connections(self) -> tuple[int, int]:
        """Return how many connections the sites take for good, and how many the brokers."""
        listing = ("ss", "-H", "-t", "-n", "state", "established", "dst")
        of_sites = await self._site(*listing, self.centre)
        return len(of_sites.splitlines()), len((await _run(*listing, self._there["wan"])).splitlines())

    async def _site(self, *command: str) -> str:
        """Run a command at the sites."""
        return await _run(*self.inside, *command)


def _next(net: str, number: int) -> str:
    """Return an address of a net of four."""
    start, _, last = net.rpartition(".")
    return f"{start}.{int(last) + number}"


async def _run(*command: str) -> str:
    """Run a command, and return what it prints; raises `NetworkError`."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    printed, complaint = await process.communicate()
    if process.returncode:
        raise NetworkError(f"{' '.join(command)}: {complaint.decode(errors='replace').strip()}")
    return printed.decode()
