"""Gaps in the monitoring: the monitor is off or paused, or its clock is set. Over the real stack."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
import re
import time
from zoneinfo import ZoneInfo

from conftest import string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from virtual_time import VirtualTimeLoop, WallClock, hurried

from custom_components.battery_bank.monitor.battery.events import MonitoringGap
from custom_components.battery_bank.monitor.battery.gaps import step
from custom_components.battery_bank.monitor.battery.limits import DAY, HOUR
from custom_components.battery_bank.reporting.report import async_report
from custom_components.battery_bank.reporting.report_options import ReportOptions
from custom_components.battery_bank.runtime.journal_writer import journal_path
from custom_components.battery_bank.texts.times import minute_text
from homeassistant.core import HomeAssistant
from simulator.bank import Bank
from simulator.wire import Terminal


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line that was set up long ago: a report does not begin before that."""
    plug(bank)
    entry = line_entry(string_data(name="A"))
    object.__setattr__(entry, "created_at", entry.created_at - timedelta(days=3700))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    await asyncio.sleep(120)
    return entry


async def gaps(entry: MockConfigEntry) -> list[MonitoringGap]:
    await asyncio.sleep(10)  # the next step, and its events in the journal
    (string,) = entry.runtime_data.strings
    found: list[MonitoringGap] = await entry.runtime_data.journal_writer.journal.gaps(string.id)
    return found


async def watched(hass: HomeAssistant, entry: MockConfigEntry, days: float) -> float:
    """Return the share of the time in % that the report calls monitored."""
    options = ReportOptions(days=days)
    text = (await async_report(hass, entry.runtime_data, entry.runtime_data.strings, options, None)).decode()
    if "Monitored since" in text:
        return 100.0
    found = re.search(r"Monitored ([\d.]+)\s%", text)
    assert found
    return float(found[1])


@pytest.mark.parametrize("seconds", [340.0, 3 * HOUR, 40 * DAY])
async def test_a_clock_that_is_set_ahead_and_a_machine_that_was_paused_leave_a_gap(
    hass: HomeAssistant, entry: MockConfigEntry, clock: WallClock, seconds: float
) -> None:
    before = clock.now
    clock.set_by(seconds)
    (gap,) = await gaps(entry)
    assert before - 10 <= gap.start <= before
    assert before + seconds <= gap.end <= before + seconds + 10
    days = 2 * seconds / DAY
    assert await watched(hass, entry, days) == pytest.approx(50, abs=3)
    assert await watched(hass, entry, 3660) < 100


async def test_a_process_that_was_stopped_leaves_a_gap(
    hass: HomeAssistant, entry: MockConfigEntry, clock: WallClock
) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    loop.move(400.0)  # everything stands still, and the time goes on
    (gap,) = await gaps(entry)
    assert gap.end - gap.start == pytest.approx(400, abs=10)


async def test_a_short_pause_is_bridged(hass: HomeAssistant, entry: MockConfigEntry, clock: WallClock) -> None:
    clock.set_by(200.0)
    assert await gaps(entry) == []
    assert await watched(hass, entry, 1) == 100


@pytest.mark.slow
@pytest.mark.parametrize("ahead", [3 * HOUR, 3650 * DAY])
async def test_a_clock_that_was_wrongly_ahead_leaves_no_gap_behind(
    hass: HomeAssistant, entry: MockConfigEntry, clock: WallClock, ahead: float
) -> None:
    clock.set_by(ahead)
    assert len(await gaps(entry)) == 1
    await asyncio.sleep(100)
    clock.set_by(-ahead)
    with hurried(120):
        await asyncio.sleep(HOUR)
    assert await watched(hass, entry, 0.03) > 94  # but for the 110 s of the wrong time
    # A real gap of the time that was wrongly left out is one all the same, also after a restart.
    stopped = clock.now
    clock.set_by(HOUR)
    await hass.config_entries.async_reload(entry.entry_id)
    await asyncio.sleep(300)
    found = [gap for gap in await gaps(entry) if gap.start < clock.now]
    off = sum(min(gap.end, clock.now) - gap.start for gap in found if gap.end > stopped - 60)
    assert off == pytest.approx(HOUR, abs=200)


@pytest.mark.slow
async def test_a_clock_that_was_wrongly_behind_leaves_the_gaps_before_it_as_they_were(
    hass: HomeAssistant, entry: MockConfigEntry, clock: WallClock
) -> None:
    clock.set_by(HOUR)
    (gap,) = await gaps(entry)
    with hurried(120):
        await asyncio.sleep(HOUR)
    at = clock.now
    clock.set_by(-30 * DAY)
    await asyncio.sleep(600)
    assert await gaps(entry) == [gap]
    clock.set_by(30 * DAY)
    first, second = await gaps(entry)
    assert first == gap
    # What was monitored with the wrong date has no other time: it is missing here.
    assert second.start == pytest.approx(at, abs=10)
    assert second.end == pytest.approx(at + 600, abs=20)


async def test_a_gap_before_a_journal_that_could_be_read_only_later_is_recorded(
    hass: HomeAssistant, entry: MockConfigEntry, clock: WallClock
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    stopped, path = clock.now, journal_path(hass, entry.entry_id)
    clock.set_by(HOUR)
    aside = path.with_suffix(".away")
    path.rename(aside)
    path.mkdir()  # nothing can be opened there
    assert await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.sleep(60)
    path.rmdir()
    aside.rename(path)
    await asyncio.sleep(240)
    found = await gaps(entry)
    assert min(gap.start for gap in found) == pytest.approx(stopped, abs=10)
    assert max(gap.end for gap in found) == pytest.approx(stopped + HOUR, abs=20)
    assert await watched(hass, entry, 2 / 24) == pytest.approx(50, abs=5)


def test_the_steps_of_a_wrong_clock() -> None:
    assert step(None, None, None, 5.0) == (None, [])
    assert step(None, 5.0, 5.0, 5.0 + 300) == (None, [])
    assert step(None, 5.0, None, 306.0)[1] == [MonitoringGap(start=5.0, end=306.0)]
    assert step(None, 1000.0, 1000.0, 990.0) == (None, [])  # a time server corrects by some seconds
    assert step(None, 1000.0, 1000.0, 100.0) == (100.0, [])
    assert step(100.0, 110.0, 1000.0, 115.0) == (100.0, [])
    again, (lived,) = step(100.0, 155.0, 1000.0, 160.0)
    assert (again, lived.start, lived.end) == (160.0, 100.0, 160.0)  # type: ignore[union-attr]
    again, events = step(160.0, 200.0, 1000.0, 2000.0)
    assert again is None
    assert [(type(one).__name__, one.start, one.end) for one in events] == [  # type: ignore[union-attr]
        ("MonitoredAgain", 160.0, 200.0),
        ("MonitoringGap", 1000.0, 2000.0),
    ]


def test_times_of_the_hour_that_comes_twice_have_their_offset() -> None:
    london = ZoneInfo("Europe/London")
    night = datetime(2026, 10, 25, tzinfo=UTC)
    times = [(night + timedelta(minutes=minutes)).timestamp() for minutes in (-1, 50, 70, 120)]
    assert [minute_text(at, london) for at in times] == [
        "2026-10-25 00:59",
        "2026-10-25 01:50 +01:00",
        "2026-10-25 01:10 +00:00",
        "2026-10-25 02:00",
    ]
    assert minute_text(time.mktime((2026, 3, 29, 13, 0, 0, 0, 0, 0)), london).count(":") == 1
    for damaged in (1e300, -1e300, float("inf"), -62135596800.0):
        assert minute_text(damaged, london)
