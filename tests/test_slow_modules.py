"""Modules that answer late, behind a radio link or a busy gateway, are polled like others."""

import asyncio
from pathlib import Path
from random import Random

from bus import GATEWAY_RTU, GATEWAY_TCP, KINDS, SERIAL_9600, bank_of, open_link, polled
from conftest import eventually
import pytest

from custom_components.battery_bank.monitor.errors import NoAnswerError

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.parametrize("kind", [SERIAL_9600, GATEWAY_RTU])
async def test_modules_that_answer_after_up_to_0_9_s(kind: str, tmp_path: Path) -> None:
    bank = bank_of(12)
    random = Random(5)
    bank.faults.slow = {unit_id: random.uniform(0.25, 0.9) for unit_id in bank.modules if unit_id % 3}
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 13, seconds=120)
        for _ in range(120):
            await asyncio.sleep(0.5)
            assert len(bus.shown(bank.modules)) == 13


@pytest.mark.parametrize("seconds", [0.5, 0.8, 1.0, 1.4])
@pytest.mark.parametrize("begins", [0.0, 3.3, 7.9])
@pytest.mark.parametrize("kind", [SERIAL_9600, GATEWAY_RTU])
async def test_a_line_that_becomes_slow_as_a_whole(kind: str, begins: float, seconds: float, tmp_path: Path) -> None:
    """Answers that come after their time-out show that a module is slow; so it is waited for, and all are back soon."""
    bank = bank_of(6)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 7)
        await asyncio.sleep(begins)
        bank.faults.slow = dict.fromkeys(bank.modules, seconds)
        await asyncio.sleep(60)
        for _ in range(120):
            await asyncio.sleep(0.5)
            assert len(bus.shown(bank.modules)) == 7


@pytest.mark.parametrize(("kind", "seconds"), [(SERIAL_9600, 1.3), (GATEWAY_RTU, 0.8), (GATEWAY_TCP, 1.3)])
async def test_modules_that_always_answer_after_the_same_time_are_never_missed(
    kind: str, seconds: float, tmp_path: Path
) -> None:
    """The time-out must not shrink to the time of a steady module: it varies by some milliseconds all the same."""
    bank = bank_of(6)
    bank.faults.slow = dict.fromkeys(bank.modules, seconds)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 7, seconds=120)
        await asyncio.sleep(800)  # the quality is that of the last 500 requests
        assert bus.line.quality == 1.0


@pytest.mark.parametrize("kind", KINDS)
async def test_all_values_of_slow_modules_are_there_before_their_firmware_versions(kind: str, tmp_path: Path) -> None:
    bank = bank_of(20)
    bank.faults.slow = dict.fromkeys(bank.modules, 0.4)
    async with polled(kind, bank, tmp_path) as bus:
        # Between two batteries the string module is polled: twice 0.4 s for each of twenty.
        await eventually(lambda: len(bus.shown(bank.modules)) == 21, seconds=20, every=0.1)
        await eventually(lambda: all(one.firmware for one in bus.line.modules.values()), seconds=60)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("asked_again", [False, True])
@pytest.mark.parametrize("seconds", [0.4, 0.9, 1.6])
async def test_a_late_answer_is_not_taken_for_that_to_another_question(
    kind: str, asked_again: bool, seconds: float, tmp_path: Path
) -> None:
    """A hub is asked for several of its registers in a row, and its answers do not say which registers they have."""
    bank = bank_of(1)
    voltage, temperature = [1302], [251]
    bank.faults.registers[1] = {1: voltage[0], 2: temperature[0]}
    async with open_link(kind, bank, tmp_path) as link:
        await link.read(1, 1, 1, 1.0)  # opens the connection
        bank.faults.slow = {1: seconds}
        with pytest.raises(NoAnswerError):
            await link.read(1, 1, 1, 0.3)
        if asked_again:
            assert (await link.read(1, 1, 1, 2.0)).words == voltage
        assert (await link.read(1, 2, 1, 2.0)).words == temperature
        assert (await link.read(1, 1, 1, 2.0)).words == voltage


async def test_a_dead_hub_is_waited_for_once_and_not_before_each_question(tmp_path: Path) -> None:
    """The modules beside it on the line are polled meanwhile."""
    bank = bank_of(1)
    async with open_link(SERIAL_9600, bank, tmp_path) as link:
        await link.read(1, 1, 1, 1.0)  # opens the connection
        bank.faults.dead.add(1)
        begun = asyncio.get_running_loop().time()
        for register in (1, 2, 1, 2, 1, 2):
            with pytest.raises(NoAnswerError):
                await link.read(1, register, 1, 0.3)
        assert asyncio.get_running_loop().time() - begun < 6 * 0.3 + 3.5
