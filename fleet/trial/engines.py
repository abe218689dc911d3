"""Brokers and databases from Debian's packages, as processes of our own with folders of their own."""

import asyncio
from collections.abc import AsyncGenerator, Generator, Sequence
import contextlib
from contextlib import asynccontextmanager, contextmanager
import os
from pathlib import Path
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from typing import Final, Self, override

ROOT: Final = Path(__file__).parent.parent.parent
STARTING: Final = 180.0  # s for a process to accept connections; three nodes of NATS elect a leader first
KEEPALIVE: Final = 60.0  # s, of clients of MQTT and of bridges, as they have it by default
STOPPING: Final = 10.0  # s for a process to end by itself before it is killed

# Programs, and the packages that have them. PostgreSQL's are not on the path.
PROGRAMS: Final = {
    "mosquitto": "mosquitto",
    "nats-server": "nats-server",
    "postgres": "postgresql",
    "victoria-metrics": "victoria-metrics",
}
BRIDGE: Final = ROOT / "fleet" / "bridge.conf"
POSTGRES: Final = "/usr/lib/postgresql/*/bin"
OWNER: Final = "postgres"  # PostgreSQL refuses to run as root
HERE: Final = "127.0.0.1"
# Below those that Linux gives to clients; each process begins at another place.
PORTS: Final = iter(range(20_000 + os.getpid() % 700 * 16, 32_768))


class EngineError(Exception):
    """An engine did not start."""


def find(program: str) -> str | None:
    """Return the path of a program; None where it is not installed."""
    folders = [os.environ["PATH"], "/usr/sbin", *sorted(map(str, Path("/").glob(POSTGRES[1:])), reverse=True)]
    return shutil.which(program, path=os.pathsep.join(folders))


def missing() -> list[str]:
    """Return the packages to be installed for everything to run."""
    return [package for program, package in PROGRAMS.items() if find(program) is None]


def free_port() -> int:
    """Return a port that nothing listens on, and that no client is given while a server is away for a moment."""
    for port in PORTS:
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            probe.bind((HERE, port))
            return port
    raise EngineError("No port is free.")


@contextmanager
def work_folder() -> Generator[Path]:
    """Yield a folder for the data of engines, and delete it at the end. PostgreSQL's own user can pass through it."""
    with tempfile.TemporaryDirectory(prefix="battery-bank-fleet-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def keep_logs(folder: Path, kept: Path) -> None:
    """Copy the logs of all parts of a trial from its work folder to another folder."""
    for log in folder.rglob("*log"):
        if log.is_file():
            copy = kept / log.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(log, copy)


class Process:
    """A child process that can be killed and started again."""

    def __init__(
        self, name: str, command: Sequence[str], log: Path, *, port: int | None = None, host: str = HERE
    ) -> None:
        """Prepare; it is ready when it accepts connections on `port` of `host`."""
        self.name = name
        self.port = port
        self._host = host
        self._command = command
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None  # noqa: S101 - it was started
        return self._process.pid

    async def start(self) -> Self:
        """Start it and wait until it is ready; raises `EngineError`."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdout=log, stderr=log, cwd=ROOT, start_new_session=True, user=self._user()
            )
        try:
            async with asyncio.timeout(STARTING):
                while not await self._ready():  # noqa: ASYNC110 - another process sets no event of ours
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise EngineError(f"{self.name} is not ready after {STARTING:.0f} s.\n{self.tail()}") from None
        return self

    async def kill(self) -> None:
        """Do as `kill -9` does."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> None:
        """Have it end in order."""
        await self._end(signal.SIGTERM)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def suspend(self) -> None:
        """Stop it where it is, as if the cable to it were cut."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.send(signal.SIGCONT)

    async def wait(self) -> int:
        """Wait until it has ended by itself, and return its status."""
        assert self._process is not None  # noqa: S101 - it was started
        return await self._process.wait()

    def _user(self) -> str | None:
        return None

    async def _end(self, number: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        self._process.send_signal(number)
        with contextlib.suppress(ProcessLookupError):
            self.resume()
        try:
            async with asyncio.timeout(STOPPING):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def _ready(self) -> bool:
        assert self._process is not None  # noqa: S101 - it was started
        if self._process.returncode is not None:
            raise EngineError(f"{self.name} ended with status {self._process.returncode}.\n{self.tail()}")
        if self.port is None:
            return True
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(self._host, self.port)
            writer.close()
            return True
        return False

    def tail(self) -> str:
        """Return the end of its log."""
        return self._log.read_text(errors="replace")[-2000:]


class Mosquitto(Process):
    """The broker of a small centre; or that of a site, with a bridge that takes what it sends to the centre."""

    def __init__(
        self,
        folder: Path,
        host: str = HERE,
        *,
        bridge_to: Sequence[str] = (),
        site: str = "",
        keepalive: float = KEEPALIVE,
        inside: Sequence[str] = (),
    ) -> None:
        """Keep its data in `folder`; bridge the topics of `site` to brokers at these addresses.

        `inside` are the words before the command that run it elsewhere, and `host` is its address there.
        """
        port = free_port()
        self.address = f"{host}:{port}"
        folder.mkdir(parents=True)
        lines = f"listener {port} {host}\nallow_anonymous true\nmax_queued_messages 0\n"
        if bridge_to:
            lines += BRIDGE.read_text().replace("SITE", site).replace("CENTRE", " ".join(bridge_to))
            lines += f"keepalive_interval {keepalive:.0f}\n"
        (folder / "mosquitto.conf").write_text(lines)
        command = [*inside, find("mosquitto") or "mosquitto", "-c", str(folder / "mosquitto.conf")]
        super().__init__(f"Mosquitto {site}".strip(), command, folder / "log", port=port, host=host)


class NatsNode(Process):
    """One node of a NATS cluster with JetStream and the MQTT gateway."""

    def __init__(self, folder: Path, number: int, routes: Sequence[int], host: str = HERE) -> None:
        """Keep its data in `folder`; `routes` are the ports that the nodes reach each other by.

        Its MQTT gateway is at `host`, all else at this machine's own address.
        """
        folder.mkdir(parents=True)
        port = free_port()
        self.address = f"{host}:{free_port()}"
        others = ", ".join(f'"nats://{HERE}:{route}"' for route in routes)
        cluster = f"cluster {{ name: fleet, listen: {HERE}:{routes[number]}, routes: [{others}] }}"
        (folder / "nats.conf").write_text(
            f"server_name: node{number + 1}\n"
            f"listen: {HERE}:{port}\n"
            f'jetstream {{ store_dir: "{folder}" }}\n'
            f"{cluster if len(routes) > 1 else ''}\n"
            f"mqtt {{ listen: {self.address} }}\n"
        )
        program = find("nats-server") or "nats-server"
        super().__init__(
            f"NATS node {number + 1}", [program, "-c", str(folder / "nats.conf")], folder / "log", port=port
        )

    @property
    def url(self) -> str:
        """For consumers."""
        return f"nats://{HERE}:{self.port}"


def nats_cluster(folder: Path, host: str = HERE, *, nodes: int = 3) -> list[NatsNode]:
    """Return the nodes of a cluster with their MQTT gateways at `host`, not started yet."""
    routes = [free_port() for _ in range(nodes)]
    return [NatsNode(folder / f"nats{number + 1}", number, routes, host) for number in range(nodes)]


class Postgres(Process):
    """A PostgreSQL server."""

    def __init__(self, folder: Path) -> None:
        """Keep its data in `folder`, which has to be in one of `work_folder`."""
        folder.mkdir()
        self._data = folder / "data"
        if self._user():
            shutil.chown(folder, OWNER, OWNER)
        port = free_port()
        settings = ["-h", HERE, "-p", str(port), "-k", str(folder), "-c", "max_wal_size=2GB", "-c", "jit=off"]
        command = [find("postgres") or "postgres", "-D", str(self._data), *settings]
        super().__init__("PostgreSQL", command, folder / "log", port=port)

    @property
    def url(self) -> str:
        """For consumers."""
        return f"postgresql://{OWNER}@{HERE}:{self.port}/postgres"

    @override
    async def start(self) -> Self:
        if not self._data.exists():
            await asyncio.to_thread(self._create)
        return await super().start()

    @override
    async def stop(self) -> None:
        await self._end(signal.SIGINT)  # SIGTERM would wait until all clients have gone

    def _create(self) -> None:
        options = ["-D", str(self._data), "-U", OWNER, "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        subprocess.run(  # noqa: S603 - our own words
            [find("initdb") or "initdb", *options], check=True, capture_output=True, cwd="/", user=self._user()
        )

    @override
    def _user(self) -> str | None:
        return OWNER if os.geteuid() == 0 else None

    @override
    async def _ready(self) -> bool:
        # The port accepts connections while the server still recovers from a kill.
        if not await super()._ready():
            return False
        command = [find("pg_isready") or "pg_isready", "-q", "-h", HERE, "-p", str(self.port)]
        process = await asyncio.create_subprocess_exec(*command)
        return await process.wait() == 0


class VictoriaMetrics(Process):
    """A VictoriaMetrics server."""

    def __init__(self, folder: Path) -> None:
        """Keep its data in `folder`."""
        folder.mkdir(parents=True)
        port = free_port()
        options = [f"-storageDataPath={folder / 'data'}", f"-httpListenAddr={HERE}:{port}", "-retentionPeriod=10y"]
        program = find("victoria-metrics") or "victoria-metrics"
        super().__init__("VictoriaMetrics", [program, *options], folder / "log", port=port)

    @property
    def url(self) -> str:
        """For consumers."""
        return f"http://{HERE}:{self.port}"


class Program(Process):
    """A program of this package. It is ready when it logs that."""

    def __init__(self, name: str, options: Sequence[str], log: Path, *, inside: Sequence[str] = ()) -> None:
        """Run a module with options; `inside` are the words before the command that run it elsewhere."""
        super().__init__(name, [*inside, sys.executable, "-m", *options], log)
        self._began = 0

    @override
    async def start(self) -> Self:
        self._began = self._log.stat().st_size if self._log.exists() else 0
        return await super().start()

    @override
    async def _ready(self) -> bool:
        return await super()._ready() and b"Ready" in self._log.read_bytes()[self._began :]


@asynccontextmanager
async def running(*processes: Process) -> AsyncGenerator[None]:
    """Start processes together, and stop them at the end."""
    try:
        await asyncio.gather(*(process.start() for process in processes))
        yield
    finally:
        await asyncio.gather(*(process.stop() for process in processes))
