"""The hostile line: interference, echo, late and foreign answers, silence, unplugging, and modules that die.

The monitor polls simulated modules over a pseudo-terminal or a gateway, in virtual time. The registers of each module
hold figures that no other module has and that change each minute, so that a value of another module, a changed bit and
an old value all show.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import logging
from pathlib import Path
from random import Random
import time
from typing import Any, Final

from modbus_connection import ModbusSerialParams, ModbusTcpParams
from modbus_connection.tmodbus import ModbusConnection

from custom_components.battery_bank.monitor.clock import Clock
from custom_components.battery_bank.monitor.line.line_events import ModulePolled
from custom_components.battery_bank.monitor.line.link import Link
from custom_components.battery_bank.monitor.line.module import Module
from custom_components.battery_bank.monitor.line.polling import Line
from custom_components.battery_bank.monitor.line.profiles import PROFILES
from custom_components.battery_bank.monitor.line.scan import Verdict, check_line, scan, settle
from custom_components.battery_bank.monitor.line.timing import MODBUS_TCP, RTU_OVER_TCP, SERIAL, Pace
from custom_components.battery_bank.monitor.model import Reading

from ..bank import Bank, Faults, build
from ..virtual_time import VirtualTimeLoop
from ..wire import Gateway, Terminal, Wire
from .known_figures import figures_of, same, words_of
from .tally import Tally

PACES: Final[dict[str, Pace]] = {"serial": SERIAL, "RTU over TCP": RTU_OVER_TCP, "Modbus TCP": MODBUS_TCP}
TROUBLE: Final = 240.0  # s of virtual time that a trouble lasts
CALM: Final = 150.0  # s in which all intact modules have to be back
STEP: Final = 0.5  # s between two looks
CHANGES: Final = 60.0  # s between two changes of the figures
SHORTEST_BOUND: Final = 10.0  # s that a value may be old; three rounds, if those are longer
GRACE: Final = 1.5  # s for the look itself
LATEST: Final = 7.0  # s; the latest answers come 6 s after their question


@dataclass(kw_only=True)
class Trial:
    """A polled line with its simulated modules."""

    random: Random
    bank: Bank
    wire: Wire
    kind: str
    line: Line
    terminal: Terminal | None
    began: float
    figures: list[tuple[float, int]] = field(default_factory=list)  # since when the registers hold which figures

    def change(self) -> None:
        """Write new figures into all registers."""
        now = asyncio.get_running_loop().time()
        generation = len(self.figures)
        self.figures.append((now, generation))
        for unit_id in self.bank.modules:
            words = words_of(unit_id, generation, is_string=unit_id == max(self.bank.modules))
            self.bank.faults.registers[unit_id] = words

    def allowed(self, unit_id: int, seconds: float) -> list[Reading]:
        """Return what a reading may be that is at most so many s old."""
        since = asyncio.get_running_loop().time() - seconds
        current = [generation for at, generation in self.figures if at >= since]
        before = [generation for at, generation in self.figures if at < since][-1:]
        return [figures_of(unit_id, one, is_string=unit_id == max(self.bank.modules)) for one in (*before, *current)]


type Trouble = Callable[[Trial], Awaitable[None]]


def noise(chance: float, *, both: bool = True) -> Trouble:
    """Return a trouble in which each byte may have a bit changed."""

    async def happen(trial: Trial) -> None:
        trial.bank.faults.noise, trial.bank.faults.noise_both_ways = chance, both
        await asyncio.sleep(TROUBLE)

    return happen


def chance_of(name: str, chance: float) -> Trouble:
    """Return a trouble that befalls each answer with a chance."""

    async def happen(trial: Trial) -> None:
        setattr(trial.bank.faults, name, chance)
        await asyncio.sleep(TROUBLE)

    return happen


async def everything(trial: Trial) -> None:
    """Let interference of all kinds, late and foreign answers come together."""
    faults = trial.bank.faults
    faults.noise, faults.noise_both_ways = trial.random.choice((0.001, 0.003, 0.01)), True
    faults.bursts = faults.strangers = faults.slow_answers = trial.random.choice((0.01, 0.03))
    await asyncio.sleep(TROUBLE)


async def silence(trial: Trial) -> None:
    """Let the whole chain go offline with the port open, for a while."""
    trial.bank.faults.dead |= set(trial.bank.modules)
    await asyncio.sleep(trial.random.uniform(5, 120))


async def half_dead(trial: Trial) -> None:
    """Let half of the modules die for a while."""
    units = sorted(trial.bank.modules)
    trial.bank.faults.dead |= set(trial.random.sample(units, len(units) // 2))
    await asyncio.sleep(trial.random.uniform(30, TROUBLE))


async def unplugged(trial: Trial) -> None:
    """Pull the adapter and put it back, several times."""
    if trial.terminal is None:
        await asyncio.sleep(1)
        return
    for _ in range(5):
        await trial.terminal.pull()
        await asyncio.sleep(trial.random.uniform(0.01, 15))
        trial.terminal.plug()
        await asyncio.sleep(trial.random.uniform(0.01, 20))


async def deaf_after_open(trial: Trial) -> None:
    """Pull the adapter and put it back; then no answer arrives for a while."""
    await unplugged(trial)
    trial.bank.faults.dead |= set(trial.bank.modules)
    await asyncio.sleep(trial.random.uniform(0.3, 8))


async def echo(trial: Trial) -> None:
    """Let the adapter return what is sent."""
    trial.bank.faults.echo = trial.kind != "Modbus TCP"
    await asyncio.sleep(TROUBLE)


async def hanging_up(trial: Trial) -> None:
    """Let the gateway close its connection in place of one answer in five."""
    trial.bank.faults.gateway_hangs_up = 0.2 if trial.terminal is None else 0.0
    await asyncio.sleep(TROUBLE / 4)


async def closing_gateway(trial: Trial) -> None:
    """Let the gateway close its connection after each answer."""
    trial.bank.faults.gateway_closes = trial.terminal is None
    await asyncio.sleep(TROUBLE / 4)


TROUBLES: Final[dict[str, Trouble]] = {
    "a bit in a thousand bytes": noise(0.001),
    "a bit in a hundred bytes": noise(0.01),
    "a bit in twenty bytes": noise(0.05),
    "bursts": chance_of("bursts", 0.05),
    "foreign answers": chance_of("strangers", 0.05),
    "late answers": chance_of("slow_answers", 0.05),
    "all interference at once": everything,
    "silence": silence,
    "half of the modules dead": half_dead,
    "unplugged 5 times": unplugged,
    "deaf after open": deaf_after_open,
    "local echo": echo,
    "a gateway that closes": closing_gateway,
    "a gateway that hangs up": hanging_up,
}


@asynccontextmanager
async def trial_of(random: Random, kind: str, count: int, folder: Path) -> AsyncGenerator[Trial]:
    """Poll a line of a kind with so many batteries."""
    loop = asyncio.get_running_loop()
    baud = random.choice((9600, 19200, 115200)) if kind == "serial" else 19200
    string = {"name": "A", "batteries": count, "first_address": 1, "string_module": count + 1}
    bank = build({"seed": random.randrange(2**31), "line": {"baud": baud}, "string": [string]})
    bank.faults.gateway_wait = 0.5 if kind == "Modbus TCP" else 0.0
    async with link_to(kind, bank, folder) as (link, wire, terminal):
        modules = [
            Module(unit, PROFILES["tc" if unit > count else "ta"], pace=PACES[kind], nominal_voltage=12.0)
            for unit in bank.modules
        ]
        line = Line(link, modules, clock=Clock(now=time.time, monotonic=loop.time))
        trial = Trial(random=random, bank=bank, wire=wire, kind=kind, line=line, terminal=terminal, began=loop.time())
        trial.change()
        yield trial


@asynccontextmanager
async def link_to(kind: str, bank: Bank, folder: Path) -> AsyncGenerator[tuple[Link, Wire, Terminal | None]]:
    """Put a bank at the end of a line of a kind."""
    wire, terminal = Wire(bank), None
    params: Any
    if kind == "serial":
        terminal = Terminal(wire, folder / "ttyBANK")
        terminal.plug()
        params, stop = ModbusSerialParams(device=str(terminal.link), baudrate=bank.baud), terminal.pull
    else:
        gateway = Gateway(wire, modbus_tcp=kind == "Modbus TCP")
        port, stop = await gateway.start(), gateway.stop
        if kind == "Modbus TCP":
            params = ModbusTcpParams(host="127.0.0.1", port=port)
        else:
            params = ModbusSerialParams(device=f"socket://127.0.0.1:{port}", baudrate=115200)
    connection = ModbusConnection(params)
    try:
        yield Link(connection.for_unit), wire, terminal
    finally:
        await connection.close()
        await stop()


class Watch:
    """Polls the line of a trial, and compares everything that is shown with the registers."""

    def __init__(self, trial: Trial, tally: Tally) -> None:
        self._trial = trial
        self._tally = tally
        self.wrong: set[str] = set()

    async def poll(self) -> None:
        """Poll until the line is closed; each reading has to be what the registers hold, or held a moment ago."""
        async for event in self._trial.line.poll():
            if isinstance(event, ModulePolled) and event.module.misses == 0 and event.module.reading:
                self._tally.counted["readings"] += 1
                self._compare([event.module], LATEST, "wrong value")

    async def look(self) -> None:
        """Change the registers each minute; no value may be older than 10 s or three of the longest rounds."""
        loop, trial = asyncio.get_running_loop(), self._trial
        changed, longest = loop.time(), 0.0
        while True:
            await asyncio.sleep(STEP)
            if loop.time() - changed >= CHANGES:
                changed = loop.time()
                trial.change()
            round_time = trial.line.round_time  # None until the first round has ended
            longest = max(longest, loop.time() - trial.began if round_time is None else round_time)
            bound = max(SHORTEST_BOUND, 3 * longest) + GRACE
            self._compare(trial.line.modules.values(), bound, "wrong or old value")

    def _compare(self, modules: Iterable[Module], seconds: float, what: str) -> None:
        for module in modules:
            reading = module.reading
            if reading and not any(same(reading, one) for one in self._trial.allowed(module.unit_id, seconds)):
                self.wrong.add(f"{what} of module {module.unit_id} ({self._trial.kind}): {reading}")


async def watched(trial: Trial, tally: Tally, name: str, trouble: Trouble) -> None:
    """Poll through a trouble and the calm after it."""
    watch = Watch(trial, tally)
    polling, looking = asyncio.create_task(watch.poll()), asyncio.create_task(watch.look())
    try:
        await until_all_answer(trial)
        registers = trial.bank.faults.registers
        await trouble(trial)
        tally.counted["spoilt answers with a right checksum, not sent"] += trial.bank.faults.undetectable
        trial.bank.faults = Faults(registers=registers, gateway_wait=trial.bank.faults.gateway_wait)
        if silent := await until_all_answer(trial):
            tally.lost.append(f"{name} on {trial.kind}: modules {silent} do not come back")
    finally:
        trial.line.close()
        looking.cancel()
        done = await asyncio.gather(polling, looking, return_exceptions=True)
    tally.lost += [f"{name} on {trial.kind}: {error!r}" for error in done if isinstance(error, Exception)]
    tally.lost += [f"{name}: {one}" for one in sorted(watch.wrong)[:3]]


async def until_all_answer(trial: Trial) -> list[int]:
    """Wait until all modules show a value; return those that do not in time."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + CALM
    while silent := [unit for unit, one in trial.line.modules.items() if one.reading is None]:
        if loop.time() > ends:
            return silent
        await asyncio.sleep(STEP)
    return []


async def scanned(random: Random, tally: Tally, folder: Path) -> None:
    """Scan a line that is deaf after it was opened: no battery may be missing, or it is asked about."""
    count, deaf = random.randint(2, 30), random.uniform(0.1, 3.0)
    string = {"name": "A", "batteries": count, "first_address": 1, "string_module": count + 1}
    bank = build({"seed": random.randrange(2**31), "line": {"baud": 115200}, "string": [string]})
    async with link_to("serial", bank, folder) as (link, _, _):
        bank.faults.dead |= set(bank.modules)
        asyncio.get_running_loop().call_later(deaf, bank.faults.dead.clear)
        addresses = range(1, count + 6)
        await check_line(link.read, 1, SERIAL)
        await settle(link.read, addresses, SERIAL)
        found = await scan(link.read, addresses, pace=SERIAL)
    known = [one.unit_id for one in found if one.verdict is Verdict.KNOWN]
    tally.tried["a scan of a line that is deaf at first"] += 1
    if known != [*range(1, count + 2)]:
        tally.lost.append(f"a scan after {deaf:.1f} s of deafness found {known} of 1 to {count + 1}")


async def _trials(seed: int, ends: float, folder: Path) -> Tally:
    tally = Tally(name="Line")
    number = 0
    while time.monotonic() < ends or not number:
        for name, trouble in TROUBLES.items():
            random = Random(f"{seed} {number} {name}")
            kind = random.choice(list(PACES))
            if trouble in (unplugged, deaf_after_open):
                kind = "serial"
            elif trouble in (closing_gateway, hanging_up):
                kind = random.choice(["RTU over TCP", "Modbus TCP"])
            before = len(tally.lost)
            async with trial_of(random, kind, random.randint(2, 40), folder) as trial:
                await watched(trial, tally, name, trouble)
            tally.tried[name] += 1
            tally.lost[before:] = [f"{one} (seed {seed}, turn {number})" for one in tally.lost[before:]]
            if time.monotonic() >= ends and number:
                break
        await scanned(Random(f"{seed} {number} scan"), tally, folder)
        number += 1
    return tally


def hostile_line(seed: int, ends: float, folder: Path) -> Tally:
    """Try the hostile line again and again until `ends`, s of the monotonic clock; each trouble at least once."""
    logging.getLogger("tmodbus").setLevel(logging.CRITICAL)
    loop = VirtualTimeLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner, loop.one_job_at_a_time():
        return runner.run(_trials(seed, ends, folder))
