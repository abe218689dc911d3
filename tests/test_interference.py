"""Interference: changed bits in questions and answers make no intact module unavailable."""

import asyncio
from collections.abc import Iterator
from itertools import pairwise
import logging
from pathlib import Path

from bus import GATEWAY_RTU, SERIAL_9600, Bus, bank_of, polled
from conftest import eventually
import pytest

from custom_components.battery_bank.monitor.line.module import Contact

pytestmark = pytest.mark.usefixtures("socket_enabled")

STRING_MODULE = 21


def current_gaps(bus: Bus) -> Iterator[float]:
    """Yield the s between two readings of the string current."""
    times = [at for at, unit_id, answered, _ in bus.polls if unit_id == STRING_MODULE and answered]
    return (later - sooner for sooner, later in pairwise(times))


@pytest.mark.parametrize("kind", [SERIAL_9600, GATEWAY_RTU])
async def test_a_changed_byte_count_costs_one_answer(kind: str, tmp_path: Path) -> None:
    """The count announces 134 bytes instead of 6: the library would take the next answers for them."""
    bank = bank_of(20)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 21)
        for _ in range(4):
            bus.polls.clear()
            bank.faults.counts[STRING_MODULE] = 1
            await asyncio.sleep(8)
            assert bank.faults.counts[STRING_MODULE] == 0
            assert max(current_gaps(bus)) < 2
            missed = {unit_id for _, unit_id, answered, _ in bus.polls if not answered}
            assert missed == set()  # no other answer is lost, and this one is asked for again


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("kind", [SERIAL_9600, GATEWAY_RTU])
async def test_one_byte_in_a_hundred_is_changed(
    kind: str, seed: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bank = bank_of(20, seed=seed)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == 21)
        bus.polls.clear()
        bank.faults.noise, bank.faults.noise_both_ways = 0.01, True
        await asyncio.sleep(200)
        offline = {unit_id for _, unit_id, _, contact in bus.polls if contact is not Contact.ONLINE}
        assert offline == set()
        gaps = sorted(current_gaps(bus))
        assert len(gaps) > 100
        assert gaps[int(0.99 * len(gaps))] <= 2.5
        assert bus.line.quality is not None
        assert bus.line.quality < 0.95
    assert [
        one for one in caplog.records if one.levelno >= logging.ERROR and one.name.startswith("custom_components")
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count", "seed"), [(SERIAL_9600, 24, 8), (GATEWAY_RTU, 60, 2)])
async def test_one_byte_in_twenty_is_changed(kind: str, count: int, seed: int, tmp_path: Path) -> None:
    """Most requests fail then. They are repeated, and a module of which unreadable answers come stays in the rounds."""
    bank = bank_of(count, seed=seed)
    async with polled(kind, bank, tmp_path) as bus:
        await eventually(lambda: bus.line.online == count + 1)
        bus.polls.clear()
        bank.faults.noise, bank.faults.noise_both_ways = 0.05, True
        looks = [0] * 500
        for number in range(len(looks)):
            await asyncio.sleep(0.4)
            looks[number] = len(bus.shown(bank.modules))
        assert sum(looks) / len(looks) > 0.96 * (count + 1)
        times = [at for at, unit_id, answered, _ in bus.polls if unit_id == count + 1 and answered]
        gaps = sorted(later - sooner for sooner, later in pairwise(times))
        assert gaps[int(0.9 * len(gaps))] < 6
        assert gaps[-1] < 20
        bank.faults.noise = 0.0
        await eventually(lambda: bus.line.online == count + 1)
