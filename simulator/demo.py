"""The main job on a simulated bank: `scripts/demo`. A serial line, a real Home Assistant, the flow, and readings."""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
import contextlib
from contextlib import asynccontextmanager
from pathlib import Path
import socket
import sys
import tempfile
import time
from typing import Any, Final

from .bank import Bank, ScenarioError, load
from .house import PASSWORD, USER, House, HouseError, configure, open_on_the_bank, serve_plant
from .hubs import hub_forms
from .interruption import until_interrupted
from .past import Past
from .wire import Terminal, Wire

EVERY: Final = 3.0  # s between two lines of a string
VALUES: Final = ("voltage", "resistance", "temperature")  # what every battery has to show
NOTHING: Final = {"unavailable", "unknown"}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description="A simulated bank in a real Home Assistant.")
    parser.add_argument(
        "--seconds",
        type=float,
        help="end so long after the line was set up; status 0 if every battery has shown all values by then",
    )
    parser.add_argument("--port", type=int, default=8123, help="where Home Assistant listens (default: 8123)")
    parser.add_argument(
        "--modbus-server", type=int, metavar="PORT", help="serve the register table of docs/plant.md to this machine"
    )
    parser.add_argument("--scenario", default="worn", help="see simulator/scenarios/ (default: worn)")
    return parser.parse_args()


class Watch:
    """The strings of the line as Home Assistant shows them."""

    def __init__(self, house: House, entry_id: str) -> None:
        self._house = house
        self._entry_id = entry_id
        self._strings: dict[str, str] = {}  # subentry id → name
        self._entities: dict[str, tuple[str, str]] = {}  # entity id → subject and key
        self._subjects: dict[str, str | None] = {}  # subject → the subentry of its string
        self._shown: set[str] = set()  # ids of entities that have shown a value
        self.missing: set[str] = set()  # ids of entities that have shown no value yet

    async def _learn(self) -> None:
        """Learn which entity is what; those of a string that was added last come later than the others."""
        registry, subentries = await self._house.socket(
            {"type": "config/entity_registry/list"},
            {"type": "config_entries/subentries/list", "entry_id": self._entry_id},
        )
        self._strings = {subentry["subentry_id"]: subentry["title"] for subentry in subentries}
        for entity in registry:
            if entity["platform"] == "battery_bank" and entity["entity_id"].startswith("sensor."):
                subject, _, key = entity["unique_id"].partition("_")
                self._entities[entity["entity_id"]] = subject, key
                self._subjects[subject] = entity["config_subentry_id"]
        batteries = {
            subject for subject, string in self._subjects.items() if string is not None and subject not in self._strings
        }
        ids = {found: entity_id for entity_id, found in self._entities.items()}
        self.missing = {ids.get((battery, value), f"{value} of {battery}") for battery in batteries for value in VALUES}
        self.missing -= self._shown

    async def look(self) -> list[str]:
        """Return a line for each string, and note which values have shown."""
        await self._learn()
        by_subject: dict[str, dict[str, str]] = {}
        for state in await self._house.get("/api/states"):
            if found := self._entities.get(state["entity_id"]):
                subject, key = found
                by_subject.setdefault(subject, {})[key] = state["state"]
                if state["state"] not in NOTHING:
                    self._shown.add(state["entity_id"])
        self.missing -= self._shown
        line = by_subject.get(self._entry_id, {})
        return [_line(name, by_subject.get(string, {}), line) for string, name in self._strings.items()]


def _line(name: str, string: Mapping[str, str], line: Mapping[str, str]) -> str:
    def show(values: Mapping[str, str], key: str, form: str) -> str:
        value = values.get(key, "unknown")
        return "-" if value in NOTHING else format(float(value), form)

    return (
        f"{name:10} {show(string, 'voltage', '7.2f')} V {show(string, 'current', '+6.1f')} A   "
        f"lowest {show(string, 'lowest_voltage', '.3f')} V   "
        f"highest {show(string, 'highest_voltage', '.3f')} V   "
        f"round {show(line, 'round_time', '.2f')} s"
    )


@asynccontextmanager
async def shown(
    bank: Bank, folder: Path, port: int, *, host: str = "127.0.0.1", inside: Sequence[str] = ()
) -> AsyncGenerator[tuple[House, Mapping[str, Any], Terminal]]:
    """Set a bank up in a Home Assistant, with its past, as a person would: yield that, the entry and the port."""
    terminal = Terminal(Wire(bank), folder / "ttyBANK")
    terminal.plug()
    print(f"A simulated bank answers on {terminal.link}. Starting Home Assistant ...", flush=True)
    try:
        async with House.open(folder / "house", port, host=host, inside=inside) as house:
            print("Scanning the line ...", flush=True)
            last = max(bank.modules) + 5
            capacity = next(iter(bank.strings.values())).batteries[0].capacity
            entry = await configure(
                house,
                str(terminal.link),
                first=1,
                last=last,
                capacity=capacity,
                baudrate=bank.baud,
                hubs=hub_forms(bank.modules),
            )
            if bank.past:
                await Past(**bank.past).write(house, bank, entry["entry_id"])
            await open_on_the_bank(house)
            # Not earlier: until then the login opens on the first page of Home Assistant, without a battery.
            print(f"\n  {house.url}   user: {USER}   password: {PASSWORD}   Ctrl-C ends it.\n", flush=True)
            yield house, entry, terminal
    finally:
        await terminal.pull()


async def demo(options: argparse.Namespace, bank: Bank, folder: Path) -> int:
    """Run until the time is up or the program is stopped; return the exit status."""
    began = time.monotonic()
    async with shown(bank, folder, options.port) as (house, entry, _):
        print(f"Found {entry['found']} after {time.monotonic() - began:.0f} s.\n", flush=True)
        if options.modbus_server:
            await serve_plant(house, entry["entry_id"], options.modbus_server)
            print(f"The Modbus server listens on 127.0.0.1:{options.modbus_server}.\n", flush=True)
        watch = Watch(house, entry["entry_id"])
        # The time begins here: a slow machine needs a minute to start Home Assistant and to scan.
        ends = time.monotonic() + options.seconds if options.seconds is not None else None
        while True:
            for line in await watch.look():
                print(line, flush=True)
            left = EVERY if ends is None else ends - time.monotonic()
            if left <= 0:
                break
            await asyncio.sleep(min(EVERY, left))
        if watch.missing:
            print(f"{len(watch.missing)} entities have shown no value: {', '.join(sorted(watch.missing)[:5])} ...")
            return 1
        print("Every battery has shown voltage, resistance and temperature.")
        return 0


async def run(options: argparse.Namespace, bank: Bank) -> int:
    """Run the demo in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="battery-bank-demo-", ignore_cleanup_errors=True) as folder:
        work = demo(options, bank, Path(folder))
        try:
            return await until_interrupted(work, interrupted=0 if options.seconds is None else 1)
        except HouseError as err:
            print(err, file=sys.stderr)
            return 1


def main() -> None:
    """Start from the command line."""
    options = arguments()
    try:
        bank = load(options.scenario)
    except ScenarioError as err:
        sys.exit(str(err))
    with contextlib.closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", options.port))
        except OSError:
            sys.exit(f"Port {options.port} is in use. Choose another one with --port.")
    sys.exit(asyncio.run(run(options, bank)))


if __name__ == "__main__":
    main()
