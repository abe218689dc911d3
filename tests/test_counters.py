"""Counters and their long-term statistics: no crash, late journal or correction takes anything back or counts it twice.

The recorder and its statistics are Home Assistant's own; what flowed is known from the simulated batteries.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
import sqlite3
from typing import Any

from conftest import eventually, state_of, string_data, until, until_unknown
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from virtual_time import hurried

from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.helpers.event import async_track_state_change_event
from homeassistant.util import dt as dt_util
from simulator.bank import Bank, build
from simulator.wire import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.usefixtures("all_enabled")]

CHARGE, ENERGY, CYCLES = "sensor.a_charge_out", "sensor.a_energy_out", "sensor.a_full_cycles"
LOAD = 100.0  # A
SLOW = 1200  # baud: fewer answers in an hour to work at
BATTERIES = 4
STATISTICS = 300.0  # s between two statistics of the recorder


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """Let the recorder prepare its database before there is a Home Assistant."""


@pytest.fixture
def enable_statistics() -> bool:
    """Let the recorder make its statistics."""
    return True


@pytest.fixture
def bank() -> Bank:
    """Return four blocks of 12 V and 1000 Ah, and their TC."""
    string = {"name": "A", "batteries": BATTERIES, "capacity": 1000, "first_address": 1, "string_module": 5}
    bank = build({"line": {"baud": SLOW}, "string": [string]})
    bank.strings["A"].load = LOAD
    return bank


async def passed(seconds: float, *, stall: float = 15.0) -> None:
    """Let time pass, with readings only each few seconds: there is less to work at."""
    with hurried(stall):
        await asyncio.sleep(seconds)


class Site:
    """A line with the recorder of Home Assistant beside it, and what has really flowed."""

    def __init__(self, hass: HomeAssistant, storage: dict[str, Any], bank: Bank, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.storage = storage  # the files of Home Assistant's own storage
        self.copy = f"battery_bank.{entry.entry_id}.counters"
        self.entry = entry
        self.bank = bank
        self.string = bank.strings["A"]
        self.drawn = self.energy = 0.0  # Ah and Wh out of the string
        self.shown: dict[str, list[float]] = {CHARGE: [], ENERGY: [], CYCLES: []}
        self.begin = dt_util.utcnow()
        async_track_state_change_event(hass, list(self.shown), self._changed)

    async def measure(self) -> None:
        """Measure what flows in the simulated string, once a second."""
        while True:
            self.bank.advance()
            before = self.string.batteries[0].state
            await asyncio.sleep(1)
            self.bank.advance()
            one = self.string.batteries[0]
            amount = max(0.0, (before - one.state) * one.capacity)
            self.drawn += amount
            self.energy += amount * sum(self.string.voltages())

    def _changed(self, event: Event[EventStateChangedData]) -> None:
        new = event.data["new_state"]
        if new is not None and new.state not in ("unknown", "unavailable"):
            self.shown[event.data["entity_id"]].append(float(new.state))

    async def start(self) -> None:
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)

    async def stop(self) -> None:
        assert await self.hass.config_entries.async_unload(self.entry.entry_id)

    async def kill(self, *, down: float) -> None:
        """Kill Home Assistant: its files are as they were at this moment. Start it again so many s later."""
        folder = self.journal.parent
        kept = {path: path.read_bytes() for path in folder.glob("battery_bank.*") if not path.name.endswith("-shm")}
        copy = deepcopy(self.storage[self.copy])
        await self.stop()
        self.storage[self.copy] = copy
        for path in folder.glob("battery_bank.*"):
            path.unlink()
        for path, data in kept.items():
            path.write_bytes(data)
        await asyncio.sleep(down)
        await self.start()

    @property
    def journal(self) -> Path:
        return journal_path(self.hass, self.entry.entry_id)

    async def sums(self) -> dict[str, float]:
        """Return the sums of the long-term statistics, after all that happened has been counted, shown and compiled."""
        self.string.mains = True
        await passed(2 * STATISTICS + 100, stall=60.0)
        await async_wait_recording_done(self.hass)
        found = await get_instance(self.hass).async_add_executor_job(
            statistics_during_period, self.hass, self.begin, None, set(self.shown), "5minute", None, {"sum"}
        )
        return {name: float(rows[-1]["sum"] or 0.0) for name, rows in found.items()}

    async def check(self, *, capacity: float = 1000.0, exact: float = 0.02) -> None:
        """Check that nothing fell, and that the sums are what has flowed."""
        sums = await self.sums()
        for name, values in self.shown.items():
            assert all(before <= after for before, after in pairwise(values)), (name, values)
        assert sums[CHARGE] == pytest.approx(self.drawn, rel=exact)
        assert sums[ENERGY] == pytest.approx(self.energy / 1000, rel=exact)
        assert sums[CYCLES] == pytest.approx(self.drawn / capacity, rel=exact, abs=0.011)


@pytest.fixture
async def site(
    hass: HomeAssistant,
    hass_storage: dict[str, Any],
    recorder_mock: Any,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> AsyncGenerator[Site]:
    """Return a site on float, with counters that have begun at 0."""
    plug(bank)
    site = Site(hass, hass_storage, bank, line_entry(string_data(count=BATTERIES, capacity=1000), baudrate=SLOW))
    measuring = asyncio.create_task(site.measure())
    await site.start()
    await until(hass, "sensor.a_state", lambda state: state == "float")
    await until(hass, CHARGE, lambda state: float(state) == 0)
    yield site
    measuring.cancel()


async def test_the_first_count_is_saved_within_seconds(hass: HomeAssistant, site: Site) -> None:
    site.string.mains = False
    await until(hass, CHARGE, lambda state: float(state) > 0, seconds=10)
    for _ in range(4):
        await site.kill(down=10.0)
        await asyncio.sleep(20)
    await site.check()


async def test_a_crash_loop_shorter_than_a_minute(site: Site) -> None:
    site.string.mains = False
    for _ in range(6):
        await asyncio.sleep(30)
        await site.kill(down=15.0)
    await asyncio.sleep(30)
    await site.check()


async def test_a_crash_after_hours(site: Site) -> None:
    site.string.mains = False
    await passed(1800)
    await site.kill(down=200.0)
    await passed(600)
    await site.check(exact=0.005)


async def test_a_journal_that_is_locked_at_the_start(hass: HomeAssistant, site: Site) -> None:
    site.string.mains = False
    await passed(1800)
    await site.stop()
    lock = sqlite3.connect(site.journal, isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    await site.start()
    await until(hass, "sensor.a_state", lambda state: state == "discharge")
    for name in site.shown:
        await until_unknown(hass, name)
    state = hass.states.get(CHARGE)
    assert state is not None
    assert state.attributes["reason"] == "not_loaded"
    await passed(400)
    assert state_of(hass, ENERGY) == "unknown"
    lock.close()
    await until(hass, CHARGE, lambda state: float(state) > 50, seconds=600)
    await site.check()


async def test_a_crash_while_the_journal_is_locked(hass: HomeAssistant, site: Site) -> None:
    site.string.mains = False
    await passed(600)
    await site.stop()
    lock = sqlite3.connect(site.journal, isolation_level=None)
    lock.execute("PRAGMA locking_mode = EXCLUSIVE")
    lock.execute("BEGIN EXCLUSIVE")
    await site.start()
    await passed(120)
    lock.close()
    await site.kill(down=30.0)
    await asyncio.sleep(60)
    await site.check()


async def test_a_journal_of_a_later_version(hass: HomeAssistant, site: Site) -> None:
    site.string.mains = False
    await passed(900)
    await site.stop()

    def versioned(version: int) -> int:
        with sqlite3.connect(site.journal) as connection:
            ((before,),) = connection.execute("PRAGMA user_version").fetchall()
            connection.execute(f"PRAGMA user_version = {version}")
        connection.close()
        return int(before)

    version = versioned(99)
    await site.start()  # after a downgrade
    await until(hass, "sensor.a_state", lambda state: state == "discharge")
    await passed(900)
    for name in site.shown:
        await until_unknown(hass, name)
    await site.stop()
    versioned(version)
    await site.start()
    await passed(300)
    await site.check()


@pytest.mark.parametrize("lost", ["journal", "copy"])
async def test_a_damaged_file(hass: HomeAssistant, site: Site, lost: str) -> None:
    site.string.mains = False
    await passed(1800)
    before = float(state_of(hass, CHARGE))
    await site.stop()
    if lost == "journal":
        site.journal.write_bytes(b"no database" * 1000)
    else:
        del site.storage[site.copy]
    await site.start()
    await until(hass, CHARGE, lambda state: float(state) >= before)
    await passed(600)
    await site.check()


async def test_a_copy_that_makes_no_sense(hass: HomeAssistant, site: Site) -> None:
    site.string.mains = False
    await passed(600)
    await site.stop()
    (values,) = site.storage[site.copy]["data"].values()
    values |= {"drawn": "much", "of_a_later_release": 7.0}
    await site.start()
    await passed(120)
    await site.check()


async def test_a_corrected_capacity(hass: HomeAssistant, site: Site) -> None:
    """Half an hour at 100 A is 5 % of a cycle of 1000 Ah, and 2.5 % of one of 2000 Ah."""
    site.string.mains = False
    await passed(1800)
    (subentry,) = site.entry.subentries.values()
    hass.config_entries.async_update_subentry(site.entry, subentry, data=dict(subentry.data) | {"capacity": 2000})
    await eventually(lambda: site.entry.runtime_data.strings[0].settings.capacity == 2000)
    first = site.drawn
    await passed(1800)
    sums = await site.sums()
    assert sums[CYCLES] == pytest.approx(first / 1000 + (site.drawn - first) / 2000, abs=0.011)
    for name, values in site.shown.items():
        assert all(before <= after for before, after in pairwise(values)), (name, values)
