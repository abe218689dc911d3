"""The trials of `scripts/faults`: they find what they look for."""

import asyncio
from contextlib import closing
from pathlib import Path
from random import Random
import sqlite3
import time

from bus import KINDS, bank_of, polled
import pytest
from virtual_time import VirtualTimeLoop

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmRaised,
    CurvePoint,
    DischargePoints,
    Event,
    Level,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.journal import Journal
from simulator.faults.hostile_disk import missing
from simulator.faults.hostile_line import PACES, TROUBLES, Trial, everything, trial_of, watched
from simulator.faults.hostile_values import hostile_values
from simulator.faults.tally import Tally

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.mark.slow
@pytest.mark.parametrize("kind", PACES)
async def test_interference_of_all_kinds_shows_no_wrong_value(kind: str, tmp_path: Path) -> None:
    tally = Tally(name="Line")
    async with trial_of(Random(5), kind, 10, tmp_path) as trial:
        await watched(trial, tally, "everything", everything)
    assert tally.lost == []
    assert tally.counted["readings"] > 500


async def test_a_wrong_value_is_found(tmp_path: Path) -> None:
    async def lie(trial: Trial) -> None:
        registers = trial.bank.faults.registers
        registers[1] = registers[1] | {1: registers[1][1] + 1}  # 1 mV
        await asyncio.sleep(5)

    tally = Tally(name="Line")
    async with trial_of(Random(5), "serial", 3, tmp_path) as trial:
        await watched(trial, tally, "a lie", lie)
    assert any("value of module 1 (serial)" in one for one in tally.lost)


async def test_an_old_value_is_found(tmp_path: Path) -> None:
    async def stick(trial: Trial) -> None:
        module = trial.line.modules[1]
        before = module.reading
        for _ in range(1000):
            module.reading = before
            await asyncio.sleep(0.1)

    tally = Tally(name="Line")
    async with trial_of(Random(5), "serial", 3, tmp_path) as trial:
        await watched(trial, tally, "a value that sticks", stick)
    assert any("wrong or old value of module 1" in one for one in tally.lost)


async def test_a_missing_row_is_found(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = await Journal.open(path)
    for number in (1, 2, 3):
        at = float(number)
        alarm = Alarm(
            kind=AlarmKind.DEVIATION,
            battery="b1",
            level=Level.WARNING,
            value=0.06,
            limit=0.05,
            raised=at,
            worst=Level.WARNING,
        )
        point = CurvePoint(battery="b1", seconds=at, voltage=12.0, drawn=1.0)
        test = ResistanceTest(battery="b1", at=at, ohmic_value=0.004)
        batch: list[Event] = [
            ResistanceTested(test=test),
            AlarmRaised(alarm=alarm),
            DischargePoints(start=1.0, points=(point,)),
        ]
        await journal.write("A", batch, {"running": str(number).encode()})
    await journal.close()
    assert await missing(path, 3) is None
    assert await missing(path, 4) == "1 of 4 acknowledged batches are missing, the first is 4"
    with closing(sqlite3.connect(path)) as other:
        other.execute("DELETE FROM tests WHERE at = 2")
        other.commit()
    assert await missing(path, 3) == "1 of 3 acknowledged batches are missing, the first is 2"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_busy_machine_changes_nothing(kind: str, tmp_path: Path) -> None:
    """The pauses between requests, and whether a port is free, do not depend on how fast the machine is."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)

    async def seen() -> list[tuple[float, int, bool]]:
        bank, began = bank_of(3, seed=4), loop.time()
        bank.faults.noise = 0.02
        async with polled(kind, bank, tmp_path) as bus:
            await asyncio.sleep(5)
        return [(round(at - began, 5), unit_id, answered) for at, unit_id, answered, _ in bus.polls]

    quick = await seen()
    loop.each_pass = lambda: time.sleep(0.001)
    assert await seen() == quick


def test_the_same_seed_tries_the_same() -> None:
    assert repr(hostile_values(Random(1))) == repr(hostile_values(Random(1)))
    assert len(TROUBLES) >= 13
