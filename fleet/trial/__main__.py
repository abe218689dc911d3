"""A centre and its sites on this machine: `scripts/fleet [--sites N] [--seconds S] [--engine mosquitto|nats]`.

With `--seconds` it ends by itself, with status 0 only if every row of every site is at the centre exactly once. In that
time it kills or suspends each part of the way once, unless there is `--no-faults`. Simulated sites have a journal each,
and one site is a real Home Assistant with a simulated bank, whose own Mosquitto has a bridge to the centre.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path
import signal
import sqlite3
import sys
import time
from typing import Final

from simulator.interruption import until_interrupted

from . import check
from .engines import (
    EngineError,
    Mosquitto,
    NatsNode,
    Postgres,
    Process,
    Program,
    VictoriaMetrics,
    find,
    missing,
    nats_cluster,
    running,
    work_folder,
)

CONSUMERS: Final = 2
PATIENCE: Final = 3.0  # s until the simulated sites send again; a real one waits for 30 s
AWAY: Final = 1.0  # s that a part is away
REPORT: Final = 5.0  # s between two lines
DRAINING: Final = 180.0  # s at most until all is acknowledged
MISSING: Final = 3  # the status if a program is not installed

type Fault = tuple[str, Callable[[], Awaitable[None]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Centre:
    """What a centre consists of, not started yet."""

    postgres: Postgres
    brokers: Sequence[Mosquitto] | Sequence[NatsNode]
    metrics: VictoriaMetrics | None  # None where it is not installed
    consumers: Sequence[Program]

    @property
    def ports(self) -> list[int]:
        """The ports of MQTT."""
        return [broker.mqtt_port for broker in self.brokers]


def centre(engine: str, folder: Path) -> Centre:
    """Prepare a centre that keeps its data in `folder`."""
    postgres = Postgres(folder / "postgres")
    metrics = VictoriaMetrics(folder / "metrics") if find("victoria-metrics") else None
    brokers = nats_cluster(folder) if engine == "nats" else [Mosquitto(folder / "mosquitto")]
    options = ["--postgres", postgres.url, *(["--metrics", metrics.url] if metrics else [])]
    for broker in brokers:
        options += ["--mqtt", f"mqtt://127.0.0.1:{broker.mqtt_port}"]
        options += ["--nats", broker.url] if isinstance(broker, NatsNode) else []
    names = [f"consumer{number}" for number in range(1, CONSUMERS + 1)]
    consumers = [Program(name, ["fleet.consumer", *options], folder / f"{name}.log") for name in names]
    return Centre(postgres=postgres, brokers=brokers, metrics=metrics, consumers=consumers)


class Sites(Program):
    """The simulated sites, in one process."""

    def __init__(self, folder: Path, ports: Sequence[int], options: argparse.Namespace) -> None:
        """Keep their journals in `folder`, and send to the brokers at these ports."""
        folder.mkdir()
        parts = ["--folder", str(folder), "--count", str(options.sites), "--rows", str(options.rows)]
        parts += ["--patience", str(PATIENCE), *(part for port in ports for part in ("--mqtt", str(port)))]
        super().__init__("The sites", ["fleet.trial.sites", *parts], folder / "log")

    async def finish(self) -> bool:
        """Let nothing happen any more, and return whether all was acknowledged."""
        with suppress(ProcessLookupError):
            self.send(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAINING):
                if await self.wait() == 0:
                    return True
                print(self.tail(), file=sys.stderr)
        return False


def faults(parts: Centre, sites: Sites) -> list[Fault]:
    """Return what happens on the way, one after the other."""

    def killed(process: Process) -> Callable[[], Awaitable[None]]:
        async def kill() -> None:
            await process.kill()
            await asyncio.sleep(AWAY)
            await process.start()

        return kill

    async def cut() -> None:
        for one in parts.brokers:
            one.suspend()
        await asyncio.sleep(AWAY)
        for one in parts.brokers:
            one.resume()

    return [
        (f"kill -9 of {parts.brokers[0].name}", killed(parts.brokers[0])),
        (f"kill -9 of {parts.consumers[0].name}", killed(parts.consumers[0])),
        ("kill -9 of PostgreSQL", killed(parts.postgres)),
        ("kill -9 of all simulated sites", killed(sites)),
        ("nothing passes the network", cut),
    ]


async def unsent(path: Path) -> int:
    """Return how many rows of a journal that is in use wait for an acknowledgement."""

    def count() -> int:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM outbox").fetchone()[0])

    return await asyncio.to_thread(count)


async def _emptied(path: Path) -> bool:
    """Wait until a real site has no row left to send, and return whether that came in time."""
    ends = time.monotonic() + DRAINING
    while time.monotonic() < ends:
        with suppress(sqlite3.OperationalError):  # no outbox yet
            if await unsent(path) == 0:
                return True
        await asyncio.sleep(0.5)
    return False


async def trial(options: argparse.Namespace, folder: Path) -> int:
    """Run; return the exit status."""
    parts = centre(options.engine, folder)
    sites = Sites(folder / "sites", parts.ports, options)
    engines = [parts.postgres, *parts.brokers, *([parts.metrics] if parts.metrics else [])]
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(*engines, *parts.consumers, sites))
        print(f"{options.sites} simulated sites send to {options.engine}, MQTT port {parts.ports[-1]}.", flush=True)
        journals: dict[tuple[str, str], Path] = {}
        real: Path | None = None
        if not options.without_home_assistant:
            from .real_site import SITE, real_site  # noqa: PLC0415 - Home Assistant needs seconds to import

            port = parts.ports[-1]  # not that of the node that is killed: Home Assistant knows one broker
            if find("mosquitto"):  # a broker of its own, whose bridge knows all of them
                broker = Mosquitto(folder / SITE, bridge_to=parts.ports, site=SITE)
                await stack.enter_async_context(running(broker))
                port = broker.mqtt_port
            house, path, line = await stack.enter_async_context(real_site(folder, port))
            journals[(SITE, line)] = real = path
            print(f"A real site: {house}", flush=True)
        metrics = f"   VictoriaMetrics: {parts.metrics.url}" if parts.metrics else ""
        print(f"PostgreSQL: {parts.postgres.url}{metrics}", flush=True)
        began = time.monotonic()
        await _happen(options, faults(parts, sites) if options.faults else (), parts.postgres.url)
        print("Nothing happens any more; the sites send what they have.", flush=True)
        acknowledged = await sites.finish()
        if not acknowledged:
            print("LOST: the simulated sites did not get all acknowledged.")
        if real and not await _emptied(real):
            acknowledged = False
            print("LOST: the real site did not get all acknowledged.")
        took = time.monotonic() - began
        simulated = sorted((folder / "sites").glob("*.db"))
        journals |= {(path.stem, path.stem.replace("site", "line")): path for path in simulated}
        rows = await asyncio.to_thread(check.total, journals.values())
        wrong = await asyncio.to_thread(check.differences, parts.postgres.url, journals)
        print(f"{rows} rows of {len(journals)} sites in {took:.0f} s, {rows / took:.0f} rows/s.")
        for one in wrong:
            print(f"LOST: {one}")
        if wrong or not acknowledged:
            return 1
        print("Every row of every site is at the centre exactly once.")
        return 0


async def _happen(options: argparse.Namespace, planned: Sequence[Fault], url: str) -> None:
    """Let time pass, with the faults spread over it; without an end, wait until the program is stopped."""
    if options.seconds is None:
        await asyncio.Event().wait()
    began = time.monotonic()
    pause = options.seconds / (len(planned) + 1)
    for number, (name, fault) in enumerate(planned, 1):
        await _wait_until(began + number * pause, url)
        print(f"{time.monotonic() - began:5.0f} s: {name}", flush=True)
        await fault()
    await _wait_until(began + options.seconds, url)


async def _wait_until(end: float, url: str) -> None:
    while (left := end - time.monotonic()) > 0:
        await asyncio.sleep(min(REPORT, left))
        heard = await asyncio.to_thread(check.heard, url)
        if heard is not None:
            print(f"        {heard[0]} lines, {heard[1]} numbers of journals acknowledged", flush=True)


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/fleet", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sites", type=int, default=20, help="simulated sites (default: 20)")
    parser.add_argument("--seconds", type=float, help="end so long after all runs; status 0 if nothing is lost by then")
    parser.add_argument("--engine", choices=("nats", "mosquitto"), default="nats", help="of the centre (default: nats)")
    parser.add_argument("--rows", type=int, default=0, help="resistance tests that each simulated site has at first")
    parser.add_argument("--no-faults", dest="faults", action="store_false", help="let nothing fail")
    parser.add_argument("--without-home-assistant", action="store_true", help="only simulated sites")
    return parser.parse_args()


async def run(options: argparse.Namespace) -> int:
    """Run the trial in a folder of its own."""
    with work_folder() as folder:
        try:
            return await until_interrupted(trial(options, folder), interrupted=0 if options.seconds is None else 1)
        except EngineError as err:
            print(err, file=sys.stderr)
            return 1


def main() -> int:
    """Start from the command line; return the exit status."""
    options = arguments()
    optional = {"victoria-metrics", "mosquitto" if options.engine == "nats" else "nats-server"}
    if needed := [one for one in missing() if one not in optional]:
        print(f"LEFT OUT: install these packages first: {' '.join(needed)}", file=sys.stderr)
        return MISSING
    return asyncio.run(run(options))


if __name__ == "__main__":
    sys.exit(main())
