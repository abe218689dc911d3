"""The hostile host and input: a real Home Assistant that is killed, unplugged, locked out and mistreated.

What it has published as an event has to be in its journal, no counter may fall, and every voltage that it shows has to
be that of the module.
"""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from random import Random
import shutil
import socket
import sqlite3
import time
from typing import Any, Final

import aiohttp

from ..bank import Bank, build
from ..house import House, HouseError, configure
from ..wire import Terminal, Wire
from .hostile_values import hostile_values
from .known_figures import words_of
from .tally import Tally

BATTERIES: Final = 4
KINDS: Final = ("voltage_low", "voltage_high", "temperature_high", "deviation")
EVENT: Final = "battery_bank_event"
UNPLUGS: Final = 5  # in a row, so that there are more of them than kills
TOLD: Final = 300.0  # s between two lines that say how far a long trial is
BACK: Final = 90.0  # s after a start until all voltages are shown
NOTICED: Final = 75  # s until a repair names a journal that was moved
SETTLING: Final = 6.0  # s after a lock until what waited is written
UNEXPECTED: Final = {"unknown_error", "home_assistant_error"}
LONGEST_QUERY: Final = 1000  # characters of a value in an address
SQLITE: Final = b"SQLite format 3\0"  # the beginning of each of its files
COMMANDS: Final[dict[str, dict[str, Any]]] = {
    "battery": {"battery": "x"},
    "resistances": {},
    "discharges": {"limit": 5, "offset": 0},
    "curve": {"start": 0},
    "alarms": {"limit": 5, "offset": 0},
    "texts": {"language": "en"},
}


class Site:
    """A battery room: the house, its line, and what it has published."""

    def __init__(self, house: House, terminal: Terminal, bank: Bank, entry_id: str, tally: Tally) -> None:
        self.house = house
        self.terminal = terminal
        self.bank = bank
        self.entry_id = entry_id
        self.tally = tally
        self.away = house.folder / "away"
        self.away.mkdir()
        self.string = ""
        self.devices: list[str] = []  # of the batteries
        self.published: list[str] = []  # the kinds of the test alarms that were published as events
        self.counters: dict[str, float] = {}  # the highest value that each has shown
        self.voltages = {
            f"battery_{unit}": words_of(unit, 0, is_string=False)[1] / 1000 for unit in range(1, BATTERIES + 1)
        }

    @property
    def journal(self) -> Path:
        """The file of the journal."""
        return self.house.folder / ".storage" / f"battery_bank.{self.entry_id}.db"

    async def learn(self) -> None:
        """Learn the devices of the batteries, and the id of the string."""
        devices, subentries = await self.house.socket(
            {"type": "config/device_registry/list"},
            {"type": "config_entries/subentries/list", "entry_id": self.entry_id},
        )
        self.string = subentries[0]["subentry_id"]
        batteries = [one for one in devices if "TA" in (one["model"] or "")]
        self.devices = [one["id"] for one in batteries]

    async def look(self) -> int:
        """Compare what is shown with the modules; return how many batteries show a voltage."""
        shown = 0
        for state in await self.house.get("/api/states"):
            entity_id, value = state["entity_id"], state["state"]
            if not entity_id.startswith("sensor.") or value in ("unknown", "unavailable"):
                continue
            for battery, voltage in self.voltages.items():
                if entity_id.endswith(f"{battery}_voltage"):
                    shown += 1
                    self.tally.counted["voltages that were looked at"] += 1
                    if abs(float(value) - voltage) > 1e-6:  # noqa: PLR2004 - rounding of a binary fraction
                        self.tally.lost.append(f"{entity_id} shows {value} V instead of {voltage} V")
            if state["attributes"].get("state_class") == "total_increasing":
                before = self.counters.get(entity_id, 0.0)
                if float(value) < before:
                    self.tally.lost.append(f"{entity_id} fell from {before} to {value}")
                self.counters[entity_id] = max(before, float(value))
        return shown

    async def until_back(self) -> None:
        """Wait until all batteries show their voltage."""
        ends = time.monotonic() + BACK
        while await self.look() < BATTERIES:
            if time.monotonic() > ends:
                self.tally.lost.append(f"not all batteries are back after {BACK:.0f} s")
                return
            await asyncio.sleep(0.5)

    async def raise_alarms(self, random: Random, seconds: float) -> None:
        """Raise test alarms for so many s, and note which are published."""
        async with self.house.page() as page:
            await page.send_json({"id": 1, "type": "subscribe_events", "event_type": EVENT})
            listening = asyncio.create_task(self._listen(page))
            try:
                ends = time.monotonic() + seconds
                number = 1
                while time.monotonic() < ends:
                    number += 1
                    data = {"device_id": random.choice(self.devices), "kind": random.choice(KINDS), "duration": 1}
                    call = {"type": "call_service", "domain": "battery_bank", "service": "simulate_alarm"}
                    await page.send_json({"id": number, **call, "service_data": data})
                    await asyncio.sleep(random.uniform(0.01, 0.2))
            finally:
                listening.cancel()

    async def _listen(self, page: aiohttp.ClientWebSocketResponse) -> None:
        async for message in page:
            told = message.json()
            if told["type"] == "event" and told["event"]["data"]["type"] == "alarm_raised":
                data = told["event"]["data"]
                if data.get("drill"):
                    self.published.append(data["kind"])

    def check_journal(self, folder: Path) -> None:
        """Compare the journal of a house that was killed, and all its earlier files, with what was published."""
        rows: set[tuple[str, float, str]] = set()
        for number, path in enumerate([*self.journal.parent.glob(f"{self.journal.stem}*"), *self.away.glob("*")]):
            if not path.read_bytes().startswith(SQLITE):
                continue
            copy = folder / f"copy{number}.db"
            for end in ("", "-wal"):
                Path(f"{copy}{end}").unlink(missing_ok=True)
                if Path(f"{path}{end}").exists():
                    shutil.copy(f"{path}{end}", f"{copy}{end}")
            with closing(sqlite3.connect(copy)) as connection:
                [(whole,)] = connection.execute("PRAGMA quick_check(1)").fetchall()
                rows |= set(connection.execute("SELECT kind, raised, battery FROM alarms WHERE drill"))
            if whole != "ok":
                self.tally.lost.append(f"the journal is damaged: {whole}")
        for kind in KINDS:
            kept = len([one for one in rows if one[0] == kind])
            if (told := self.published.count(kind)) > kept:
                self.tally.lost.append(f"{told} test alarms {kind} were published, {kept} are in the journal")

    async def kill(self, random: Random, folder: Path) -> None:
        """Kill Home Assistant while alarms are raised, look at its journal, and start it again."""
        raising = asyncio.create_task(self.raise_alarms(random, 60.0))
        await asyncio.sleep(random.uniform(0.5, 4.0))
        await self.house.kill()
        await asyncio.gather(raising, return_exceptions=True)
        self.check_journal(folder)
        await self.house.start()
        await self.until_back()
        self.tally.tried["SIGKILL of Home Assistant"] += 1

    async def unplug(self, random: Random) -> None:
        """Pull the adapter while alarms are raised, and put it back."""
        raising = asyncio.create_task(self.raise_alarms(random, 3.0))
        await self.terminal.pull()
        ends = time.monotonic() + random.uniform(0.1, 12.0)
        while time.monotonic() < ends:
            await self.look()
            await asyncio.sleep(0.5)
        self.terminal.plug()
        await raising
        await self.until_back()
        self.tally.tried["port unplugged"] += 1

    async def lock(self, random: Random, folder: Path) -> None:
        """Lock the journal while alarms are raised; what waited has to be written afterwards."""

        def hold(seconds: float) -> None:
            with closing(sqlite3.connect(self.journal, isolation_level=None, timeout=20)) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
                other.execute("ROLLBACK")

        locking = asyncio.create_task(asyncio.to_thread(hold, random.uniform(1.5, 4.5)))
        await self.raise_alarms(random, 2.0)
        await locking
        await asyncio.sleep(SETTLING)
        await self.kill(random, folder)
        self.tally.tried["journal locked"] += 1

    async def move_journal(self, random: Random, folder: Path) -> None:
        """Move the journal away while Home Assistant runs; a repair has to say so within a minute."""
        self._put_away()
        await self.raise_alarms(random, 1.0)
        for _ in range(NOTICED):
            if await self._journal_repairs():
                break
            await asyncio.sleep(1)
        else:
            self.tally.lost.append(f"no repair says after {NOTICED} s that the journal was moved")
        await self.raise_alarms(random, 1.0)
        await self.kill(random, folder)
        self.tally.tried["journal moved"] += 1

    def _put_away(self) -> None:
        place = self.away / str(len(list(self.away.iterdir())))
        for end in ("", "-wal", "-shm"):
            if Path(f"{self.journal}{end}").exists():
                Path(f"{self.journal}{end}").rename(f"{place}{end}")

    async def _journal_repairs(self) -> list[str]:
        [found] = await self.house.socket({"type": "repairs/list_issues"})
        ours = [one["issue_id"] for one in found["issues"] if one["domain"] == "battery_bank"]
        return [one for one in ours if "journal" in one]

    async def mistreat(self, random: Random, ends: float) -> None:
        """Send commands and addresses with values that no field expects, until `ends`."""
        async with self.house.page() as page:
            for number, (command, field, value) in enumerate(self._hostile_commands(random), 1):
                if time.monotonic() > ends:
                    return
                fields = COMMANDS[command] | ({} if command == "texts" else {"string": self.string}) | {field: value}
                await page.send_json({"id": number, "type": f"battery_bank/{command}", **fields})
                while (answer := await page.receive_json())["type"] != "result":
                    pass
                self.tally.tried["hostile command"] += 1
                if not answer["success"] and answer["error"]["code"] in UNEXPECTED:
                    self.tally.lost.append(f"{command} with {field} = {str(value)[:50]!r}: {answer['error']}")
        for value in hostile_values(random):
            if isinstance(value, str | int | float) and len(str(value)) <= LONGEST_QUERY and time.monotonic() < ends:
                path = f"/api/battery_bank/report/{self.string}.html"
                if (status := await self.house.status(path, {"days": str(value)})) not in (200, 400):
                    self.tally.lost.append(f"the report with days = {str(value)[:50]!r}: {status}")
                self.tally.tried["hostile address"] += 1

    def _hostile_commands(self, random: Random) -> Iterator[tuple[str, str, Any]]:
        """Yield commands, each with a field and a value for it that Home Assistant's JSON can have."""
        for command, usual in COMMANDS.items():
            for field in usual if command == "texts" else ("string", *usual):
                for value in hostile_values(random):
                    if not isinstance(value, int) or -(2**63) <= value < 2**64:
                        yield command, field, value


@asynccontextmanager
async def site_at(folder: Path, tally: Tally) -> AsyncGenerator[Site]:
    """Set a small bank up in a real Home Assistant."""
    string = {"name": "A", "batteries": BATTERIES, "first_address": 1, "string_module": BATTERIES + 1}
    bank = build({"line": {"baud": 19200}, "string": [string]})
    for unit_id in bank.modules:
        bank.faults.registers[unit_id] = words_of(unit_id, 0, is_string=unit_id > BATTERIES)
    terminal = Terminal(Wire(bank), folder / "ttyHOUSE")
    terminal.plug()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    try:
        async with House.open(folder / "house", port) as house:
            entry = await configure(
                house, str(terminal.link), first=1, last=BATTERIES + 3, capacity=100.0, baudrate=bank.baud
            )
            await house.restart()  # so that the login is on the disk before the first kill
            site = Site(house, terminal, bank, entry["entry_id"], tally)
            await site.learn()
            yield site
    finally:
        await terminal.pull()


async def _trials(seed: int, ends: float, folder: Path) -> Tally:
    tally, number = Tally(name="Host"), 0
    told = time.monotonic()
    try:
        async with site_at(folder, tally) as site:
            await site.until_back()
            while time.monotonic() < ends or not number:
                random, before = Random(f"{seed} {number} host"), len(tally.lost)
                match number % 7:
                    case 1 | 4:
                        for _ in range(UNPLUGS):
                            await site.unplug(random)
                    case 2:
                        await site.mistreat(random, min(ends, time.monotonic() + 20))
                    case 5:
                        await site.lock(random, folder)
                    case 6:
                        await site.move_journal(random, folder)
                    case _:
                        await site.kill(random, folder)
                tally.lost[before:] = [f"{one} (seed {seed}, turn {number})" for one in tally.lost[before:]]
                number += 1
                if time.monotonic() - told > TOLD:
                    told = time.monotonic()
                    print(f"So far: {', '.join(tally.lines())}", flush=True)
            tally.counted["events published before a kill"] = len(site.published)
    except (HouseError, TimeoutError, aiohttp.ClientError) as err:
        tally.lost.append(f"Home Assistant: {err!r} (seed {seed}, turn {number})")
    return tally


def hostile_host(seed: int, ends: float, folder: Path) -> Tally:
    """Try the hostile host again and again until `ends`, s of the monotonic clock; one kill at least."""
    return asyncio.run(_trials(seed, ends, folder))
