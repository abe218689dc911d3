"""A centre and its sites on this machine: `scripts/fleet [--sites N] [--seconds S] [--engine mosquitto|nats]`.

With `--seconds` it ends by itself, with status 0 only if every row of every site is at the centre exactly once. In that
time it kills or suspends each part of the way once, unless there is `--no-faults`. Simulated sites have a journal each,
and one site is a real Home Assistant with a simulated bank, whose own Mosquitto has a bridge to the centre.
"""

import argparse
import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
import signal
import sys
import time
from typing import Final

from simulator.interruption import until_interrupted

from . import check
from .engines import (
    HERE,
    KEEPALIVE,
    EngineError,
    Mosquitto,
    NatsNode,
    Postgres,
    Program,
    VictoriaMetrics,
    find,
    keep_logs,
    missing,
    nats_cluster,
    running,
    work_folder,
)
from .faults import DRAINING, LOOK, Cut, Fault, faults, sent
from .network import Network, NetworkError

CONSUMERS: Final = 2
PATIENCE: Final = 3.0  # s until the simulated sites send again; a real one waits for 30 s
REPORT: Final = 5.0  # s between two lines
MISSING: Final = 3  # the status if a program is not installed


@dataclass(frozen=True, kw_only=True, slots=True)
class Centre:
    """What a centre consists of, not started yet."""

    postgres: Postgres
    brokers: Sequence[Mosquitto] | Sequence[NatsNode]
    metrics: VictoriaMetrics | None  # None where it is not installed
    consumers: Sequence[Program]

    @property
    def addresses(self) -> list[str]:
        """Where MQTT is, as HOST:PORT."""
        return [broker.address for broker in self.brokers]


def centre(engine: str, folder: Path, host: str) -> Centre:
    """Prepare a centre that keeps its data in `folder`, with brokers at `host`."""
    postgres = Postgres(folder / "postgres")
    metrics = VictoriaMetrics(folder / "metrics") if find("victoria-metrics") else None
    brokers = nats_cluster(folder, host) if engine == "nats" else [Mosquitto(folder / "mosquitto", host)]
    options = ["--postgres", postgres.url, *(["--metrics", metrics.url] if metrics else [])]
    for broker in brokers:
        options += ["--mqtt", f"mqtt://{broker.address}"]
        options += ["--nats", broker.url] if isinstance(broker, NatsNode) else []
    names = [f"consumer{number}" for number in range(1, CONSUMERS + 1)]
    consumers = [Program(name, ["fleet.consumer", *options], folder / f"{name}.log") for name in names]
    return Centre(postgres=postgres, brokers=brokers, metrics=metrics, consumers=consumers)


class Sites(Program):
    """The simulated sites, in one process."""

    def __init__(
        self, folder: Path, addresses: Sequence[str], options: argparse.Namespace, *, inside: Sequence[str] = ()
    ) -> None:
        """Keep their journals in `folder`, and send to the brokers at these addresses."""
        folder.mkdir()
        parts = ["--folder", str(folder), "--count", str(options.sites), "--rows", str(options.rows)]
        parts += ["--patience", str(PATIENCE), "--keepalive", f"{options.keepalive:.0f}"]
        parts += [part for address in addresses for part in ("--mqtt", address)]
        super().__init__("all simulated sites", ["fleet.trial.sites", *parts], folder / "log", inside=inside)
        self._folder = folder

    @property
    def journals(self) -> list[Path]:
        """The files of their journals."""
        return sorted(self._folder.glob("*.db"))

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


async def trial(options: argparse.Namespace, folder: Path) -> int:
    """Run; return the exit status."""
    async with AsyncExitStack() as stack:
        network = await _network(stack) if options.cut else None
        inside = network.inside if network else ()
        parts = centre(options.engine, folder, network.centre if network else HERE)
        sites = Sites(folder / "sites", parts.addresses, options, inside=inside)
        engines = [parts.postgres, *parts.brokers, *([parts.metrics] if parts.metrics else [])]
        await stack.enter_async_context(running(*engines, *parts.consumers, sites))
        print(f"{options.sites} simulated sites send to {options.engine}, MQTT at {parts.addresses[-1]}.", flush=True)
        journals: dict[tuple[str, str], Path] = {}
        real: Path | None = None
        if not options.without_home_assistant:
            from .real_site import SITE, real_site  # noqa: PLC0415 - Home Assistant needs seconds to import

            address = parts.addresses[-1]  # not that of the node that is killed: Home Assistant knows one broker
            at = network.site if network else HERE
            if find("mosquitto") and not options.direct:  # a broker of its own, whose bridge knows all of them
                bridge = {"bridge_to": parts.addresses, "site": SITE, "keepalive": options.keepalive}
                broker = Mosquitto(folder / SITE, at, **bridge, inside=inside)
                await stack.enter_async_context(running(broker))
                address = broker.address
            house, path, line = await stack.enter_async_context(real_site(folder, address, at=at, inside=inside))
            journals[(SITE, line)] = real = path
            print(f"A real site: {house}", flush=True)
        metrics = f"   VictoriaMetrics: {parts.metrics.url}" if parts.metrics else ""
        print(f"PostgreSQL: {parts.postgres.url}{metrics}", flush=True)
        began = time.monotonic()
        cut = Cut(network, options.cut, lambda: [*sites.journals, *journals.values()]) if network else None
        killed = (parts.brokers[0], parts.consumers[0], parts.postgres, sites)
        planned = faults(killed, parts.brokers, cut) if options.faults else ()
        await _happen(options.seconds, planned, parts.postgres.url)
        print("Nothing happens any more; the sites send what they have.", flush=True)
        acknowledged = await sites.finish()
        if not acknowledged:
            print("LOST: the simulated sites did not get all acknowledged.")
        if real and not await sent(real):
            acknowledged = False
            print("LOST: the real site did not get all acknowledged.")
        took = time.monotonic() - began
        journals |= {(path.stem, path.stem.replace("site", "line")): path for path in sites.journals}
        rows = await asyncio.to_thread(check.total, journals.values())
        wrong = await asyncio.to_thread(check.differences, parts.postgres.url, journals)
        print(f"{rows} rows of {len(journals)} sites in {took:.0f} s, {rows / took:.0f} rows/s.")
        for one in wrong:
            print(f"LOST: {one}")
        if wrong or not acknowledged:
            return 1
        print("Every row of every site is at the centre exactly once.")
        return 0


async def _network(stack: AsyncExitStack) -> Network | None:
    """Make a network for the sites; return None and say why if that can't be done here."""
    network = Network()
    try:
        await network.make()
    except NetworkError as err:
        print(f"LEFT OUT: the network is not cut, but all brokers are suspended for a moment. {err}", flush=True)
        return None
    stack.push_async_callback(network.remove)
    return network


async def _happen(seconds: float | None, planned: Sequence[Fault], url: str) -> None:
    """Let time pass, with the faults spread over it; without an end, wait until the program is stopped.

    Each fault meets a centre that works again after the one before.
    """
    if seconds is None:
        await asyncio.Event().wait()
        return
    began = time.monotonic()
    pause = seconds / (len(planned) + 1)
    for number, (name, fault) in enumerate(planned, 1):
        await _wait_until(began + number * pause, url)
        await _wait_for_more(url)
        print(f"{time.monotonic() - began:5.0f} s: {name}", flush=True)
        await fault()
    await _wait_until(began + seconds, url)


async def _wait_for_more(url: str) -> None:
    """Wait until the centre has acknowledged more than it had; raises `EngineError` if that takes far too long."""
    before: int | None = None
    try:
        async with asyncio.timeout(DRAINING):
            while True:
                if heard := await asyncio.to_thread(check.heard, url):
                    before = heard[1] if before is None else before
                    if heard[1] > before:
                        return
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise EngineError(f"The centre has acknowledged nothing for {DRAINING:.0f} s.") from None


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
    parser.add_argument("--cut", type=float, metavar="S", help="cut the network for so long, in two ways; needs root")
    parser.add_argument("--direct", action="store_true", help="connect the real site to the centre, without a broker")
    parser.add_argument("--keepalive", type=float, default=KEEPALIVE, metavar="S", help="of MQTT (default: 60 s)")
    parser.add_argument("--logs", type=Path, metavar="FOLDER", help="keep the logs of all parts there if it fails")
    parser.add_argument("--without-home-assistant", action="store_true", help="only simulated sites")
    return parser.parse_args()


async def run(options: argparse.Namespace) -> int:
    """Run the trial in a folder of its own."""
    with work_folder() as folder:
        status = 1
        try:
            status = await until_interrupted(trial(options, folder), interrupted=0 if options.seconds is None else 1)
        except EngineError as err:
            print(err, file=sys.stderr)
        finally:
            if status and options.logs:
                keep_logs(folder, options.logs)
        return status


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
