"""Old values do not stay: a chain, or a part of it, that does not answer while the port is open."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from random import Random

from bus import GATEWAY_RTU, GATEWAY_TCP, KINDS, SERIAL_9600, Bus, bank_of, polled
from conftest import eventually
import pytest

from custom_components.battery_bank.monitor.line.line_events import LineSilent, RoundEnded
from custom_components.battery_bank.monitor.line.module import Contact

pytestmark = pytest.mark.usefixtures("socket_enabled")

SIZES = (2, 20, 240)
DEAD: dict[str, Callable[[int], set[int]]] = {
    "first half": lambda count: set(range(1, count // 2 + 1)),
    "every other": lambda count: set(range(1, count + 1, 2)),
    "two thirds": lambda count: set(Random(count).sample(range(1, count + 1), 2 * count // 3)),
}


async def steady(bus: Bus) -> float:
    """Wait until all modules answer, and return the longest of the next rounds, in s."""
    await eventually(lambda: len(bus.shown(bus.line.modules)) == len(bus.line.modules), seconds=300, every=0.1)
    bus.events.clear()

    def ends() -> list[float]:
        return [at for at, event in bus.events if isinstance(event, RoundEnded)]

    await eventually(lambda: len(ends()) >= 4, seconds=300, every=0.1)
    return max(bus.line.round_time or 0.0, 1.0)


async def gone(bus: Bus, unit_ids: set[int]) -> float:
    """Return after how many s none of these modules shows a value."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    await eventually(lambda: not bus.shown(unit_ids), seconds=600, every=0.05)
    return loop.time() - began


@pytest.mark.parametrize("count", SIZES)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_chain_that_goes_silent(kind: str, count: int, tmp_path: Path) -> None:
    bank = bank_of(count, gateway_wait=1.0 if kind == GATEWAY_TCP else 0.0)
    async with polled(kind, bank, tmp_path) as bus:
        bound = max(10.0, 3 * await steady(bus))
        bank.faults.dead |= set(bank.modules)
        seconds = await gone(bus, set(bank.modules))
        assert seconds <= bound
        assert bus.line.working is False
        assert bus.line.down is None
        bank.faults.dead.clear()
        await eventually(lambda: bus.line.online == count + 1, seconds=60)
    silent = sum(isinstance(event, LineSilent) for _, event in bus.events)
    assert silent == (1 if count > 2 else silent)


@pytest.mark.parametrize("which", DEAD)
@pytest.mark.parametrize("count", [60, pytest.param(240, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_part_that_dies(kind: str, count: int, which: str, tmp_path: Path) -> None:
    bank = bank_of(count, gateway_wait=1.0 if kind == GATEWAY_TCP else 0.0)
    async with polled(kind, bank, tmp_path) as bus:
        bound = max(10.0, 3 * await steady(bus))
        dead = DEAD[which](count)
        intact = set(bank.modules) - dead
        bank.faults.dead |= dead
        seconds = await gone(bus, dead)
        assert seconds <= bound
        # A gateway with Modbus TCP waits for each of them, so those behind are not polled in time.
        if kind != GATEWAY_TCP and len(dead) <= count / 2:
            assert bus.shown(intact) == sorted(intact)
        await eventually(lambda: len(bus.shown(intact)) == len(intact), seconds=600)
        assert not any(isinstance(event, LineSilent) for _, event in bus.events)
        await asyncio.sleep(60)
        assert bus.shown(bank.modules) == sorted(intact)


@pytest.mark.slow
@pytest.mark.parametrize(("share", "pause"), [(1 / 3, 0.5), (9 / 10, 5.0)])
async def test_a_part_that_dies_takes_no_other_module_along(share: float, pause: float, tmp_path: Path) -> None:
    """The string module dies too. Polls of so many dead modules must not be taken for a line that does not answer."""
    bank = bank_of(120)
    async with polled(GATEWAY_RTU, bank, tmp_path) as bus:
        bound = max(10.0, 3 * await steady(bus))
        dead = set(Random(5).sample(sorted(bank.modules), round(share * 120))) | {121}
        intact = set(bank.modules) - dead
        bank.faults.dead |= dead
        missing: dict[int, float] = {}  # s for which an intact module showed no value
        began = asyncio.get_running_loop().time()
        for _ in range(240):
            await asyncio.sleep(0.5)
            if asyncio.get_running_loop().time() - began > bound:
                assert not bus.shown(dead)
            for unit_id in intact - set(bus.shown(intact)):
                missing[unit_id] = missing.get(unit_id, 0.0) + 0.5
        assert max(missing.values(), default=0.0) <= pause
        assert not any(isinstance(event, LineSilent) for _, event in bus.events)
        bank.faults.dead.clear()
        await eventually(lambda: bus.line.online == 121, seconds=60)


STEADILY, IN_GROUPS = (0.3, 1.0, 3.0), (0.1, 0.2, 6.0)  # s between two deaths


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "count", "pauses", "seed"),
    [
        (SERIAL_9600, 80, STEADILY, 5),
        (GATEWAY_RTU, 33, STEADILY, 5),
        (GATEWAY_RTU, 20, IN_GROUPS, 425019),
    ],
)
async def test_modules_that_die_one_after_another_right_after_the_start(
    kind: str, count: int, pauses: tuple[float, ...], seed: int, tmp_path: Path
) -> None:
    bank, random = bank_of(count, seed=seed), Random(seed)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == count + 1, seconds=60)
        bound = 10.0  # a round of the intact line takes 2.2 s
        loop = asyncio.get_running_loop()
        died: dict[int, float] = {}
        for unit_id in random.sample(sorted(bank.modules), count):
            died[unit_id] = loop.time()
            bank.faults.dead.add(unit_id)
            await asyncio.sleep(random.choice(pauses))
            shown = bus.shown(died)
            assert max((loop.time() - died[one] for one in shown), default=0.0) <= bound
        bank.faults.dead.clear()
        await eventually(lambda: bus.line.online == count + 1, seconds=60)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_single_dead_module_is_forgiven_twice(kind: str, tmp_path: Path) -> None:
    bank = bank_of(20)
    async with polled(kind, bank, tmp_path) as bus:
        await steady(bus)
        module = bus.line.modules[7]
        bank.faults.dead.add(7)
        await eventually(lambda: module.misses == 2, seconds=30, every=0.01)
        assert module.contact is Contact.ONLINE
        bank.faults.dead.clear()
        await eventually(lambda: module.misses == 0, seconds=30, every=0.01)
        assert module.contact is Contact.ONLINE
        bank.faults.dead.add(7)
        assert await gone(bus, {7}) <= 10
        assert bus.line.online == 20


async def test_a_line_that_pauses_for_a_moment_loses_nothing(tmp_path: Path) -> None:
    """A radio link, or an adapter, may be deaf for some seconds."""
    bank = bank_of(20)
    async with polled(SERIAL_9600, bank, tmp_path) as bus:
        await steady(bus)
        bank.faults.dead |= set(bank.modules)
        await asyncio.sleep(3)
        assert len(bus.shown(bank.modules)) == 21
        bank.faults.dead.clear()
        await asyncio.sleep(5)
        assert len(bus.shown(bank.modules)) == 21
