"""The disk: locked, full, or with damaged bytes; while a line is stopped, and when it starts again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from html import unescape
import json
from pathlib import Path
import resource
import sqlite3
import time
from typing import Any, cast

from conftest import FAST, device_of, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from virtual_time import hurried

from custom_components.battery_bank import backup
from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.errors import JournalError
from custom_components.battery_bank.reporting.report import async_report
from custom_components.battery_bank.reporting.report_options import ReportOptions
from custom_components.battery_bank.runtime.journal_writer import JournalWriter, journal_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from simulator.bank import Bank, build
from simulator.wire import Terminal

THIRTY_DAYS = ReportOptions(days=30)
STRINGS = ("A", "B", "C")

type Start = Callable[[], Awaitable[MockConfigEntry]]


@pytest.fixture
def bank() -> Bank:
    """Return three strings of two blocks and a string module each."""
    strings = [
        {"name": name, "batteries": 2, "first_address": 10 * number + 1, "string_module": 10 * number + 5}
        for number, name in enumerate(STRINGS)
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with these strings."""
    plug(bank)
    strings = [
        string_data(name=name, first=10 * number + 1, count=2, string_module=10 * number + 5)
        for number, name in enumerate(STRINGS)
    ]
    entry = line_entry(*strings)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.c_voltage", lambda state: float(state) > 20)
    await asyncio.sleep(70)  # its state is saved
    return entry


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lock a journal, as a program that copies it or a disk that does not answer does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def full(path: Path) -> Iterator[None]:
    """Let a journal take no row, as on a full disk."""
    with closing(sqlite3.connect(path, isolation_level=None)) as disk:
        tables = [name for (name,) in disk.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            disk.execute(f"CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, 'full'); END")
        yield
        for table in tables:
            disk.execute(f"DROP TRIGGER full_{table}")


async def drill(hass: HomeAssistant, entry: MockConfigEntry, *names: str) -> None:
    """Raise a test alarm of strings."""
    for string in entry.runtime_data.strings:
        if string.name in names:
            device = device_of(hass, entry, string.id)
            data = {"device_id": device, "kind": "hydrogen", "duration": 3600}
            await hass.services.async_call(DOMAIN, "simulate_alarm", data, blocking=True)


async def alarms(entry: MockConfigEntry) -> dict[str, int]:
    """Return how many alarms the journal has of each string."""
    journal = entry.runtime_data.journal_writer.journal
    assert journal is not None
    return {string.name: len(await journal.alarms(string.id)) for string in entry.runtime_data.strings}


@pytest.mark.slow
@pytest.mark.parametrize("fault", [locked, full])
async def test_what_waits_for_the_disk_outlives_a_stop(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    fault: Callable[[Path], Iterator[None]],
) -> None:
    path = journal_path(hass, entry.entry_id)
    unwritten = path.with_suffix(".unwritten")
    with fault(path):  # type: ignore[attr-defined]
        await drill(hass, entry, *STRINGS)
        await asyncio.sleep(20)
        began, really = hass.loop.time(), time.monotonic()
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert hass.loop.time() - began < 15
        assert time.monotonic() - really < 25
        assert "are kept in" in caplog.text
        kept = json.loads(unwritten.read_text())
        assert sum(len(string["events"]) for string in kept.values()) == len(STRINGS)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert not unwritten.exists()
    assert await alarms(entry) == dict.fromkeys(STRINGS, 1)
    # They stand as before: the state was kept with them.
    assert {one.drill for string in entry.runtime_data.strings for one in string.raised} == {True}
    assert sum(len(string.raised) for string in entry.runtime_data.strings) == len(STRINGS)


@pytest.mark.slow
async def test_a_disk_that_takes_nothing_at_all_loses_nothing_at_a_reload(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    unwritten = journal_path(hass, entry.entry_id).with_suffix(".unwritten")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))  # no file can grow
    try:
        await drill(hass, entry, "A", "B")
        await asyncio.sleep(20)
        await hass.config_entries.async_reload(entry.entry_id)
        assert entry.state.value == "loaded"
        assert caplog.text.count("2 events are kept in memory") == 1
        await asyncio.sleep(20)
        assert ir.async_get(hass).async_get_issue(DOMAIN, f"journal_unusable_{entry.entry_id}") is not None
        await drill(hass, entry, "C")
        await hass.config_entries.async_reload(entry.entry_id)
        assert not unwritten.exists()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    await asyncio.sleep(200)
    assert {name: number > 0 for name, number in (await alarms(entry)).items()} == dict.fromkeys(STRINGS, True)
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"journal_unusable_{entry.entry_id}") is None


async def test_a_file_of_waiting_events_that_is_damaged_is_said_and_kept(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    assert await hass.config_entries.async_unload(entry.entry_id)
    unwritten = journal_path(hass, entry.entry_id).with_suffix(".unwritten")
    for damaged in ("{", "[1]", '{"A": 5}', '{"A": {"events": 7, "documents": {}}}'):
        unwritten.write_text(damaged)
        assert await hass.config_entries.async_setup(entry.entry_id)
        assert entry.state is ConfigEntryState.LOADED
        assert unwritten.with_name(f"{unwritten.name}.damaged").read_text() == damaged
        assert await hass.config_entries.async_unload(entry.entry_id)
    assert caplog.text.count("can't be read") == 4
    (string, *_) = entry.subentries
    unwritten.write_text(json.dumps({string: {"events": [{"event": "OfALaterRelease"}], "documents": {}}}))
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert "1 of the events" in caplog.text
    assert not unwritten.exists()


async def test_a_backup_that_never_ends_does_not_keep_the_journal_closed(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await backup.async_pre_backup(hass)
    await drill(hass, entry, "A")
    with hurried():
        await asyncio.sleep(1200)
    writer: JournalWriter = entry.runtime_data.journal_writer
    assert writer.problem is None
    with pytest.raises(JournalError):  # a large backup takes its time
        writer.open_journal()
    with hurried():
        await asyncio.sleep(1200)
    assert (await alarms(entry))["A"] == 1
    assert caplog.text.count("The backup does not end") == 1
    await backup.async_post_backup(hass)
    assert writer.open_journal()


def change(path: Path, statement: str, *parameters: object) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute(statement, parameters).rowcount != 0


TIMES = (1e300, -1e300, float("inf"), 1e15, -62135596800.0)


@pytest.mark.slow
@pytest.mark.parametrize("at", TIMES)
async def test_impossible_times_in_rows_take_nothing_down(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture, at: float
) -> None:
    now, path = time.time(), journal_path(hass, entry.entry_id)
    string = entry.runtime_data.strings[0].id
    assert await hass.config_entries.async_unload(entry.entry_id)
    change(
        path,
        "INSERT INTO alarms VALUES (?, ?, 'hydrogen', '', 1, 1, 1, 1, NULL, NULL, NULL, 0, NULL, NULL, NULL)",
        string,
        at,
    )
    change(
        path,
        "INSERT INTO alarms VALUES (?, ?, 'hydrogen', '', 1, 1, 1, 1, ?, 'me', ?, 0, NULL, NULL, NULL)",
        string,
        now,
        at,
        at,
    )
    change(path, "INSERT INTO tests VALUES (?, 'A1', ?, 0.005, 20, NULL, 1)", string, at)
    change(path, "INSERT INTO tests VALUES (?, 'A1', ?, 0.005, 20, NULL, 1)", string, now - 100)
    change(path, "INSERT INTO discharges (string, start, end, interrupted) VALUES (?, ?, ?, 0)", string, at, at)
    change(path, "INSERT INTO baselines VALUES (NULL, ?, 'A1', 'typed', 0.004, ?)", string, at)
    change(path, "INSERT INTO replacements VALUES (?, 'A2', ?, 'me', 'S-1', NULL, NULL, NULL)", string, at)
    change(path, "INSERT INTO gaps VALUES (?, ?, ?)", string, at, at)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 20)
    await asyncio.sleep(60)
    assert "unexpected error" not in caplog.text
    assert state_of(hass, "sensor.a_state") == "float"
    text = await async_report(hass, entry.runtime_data, entry.runtime_data.strings, THIRTY_DAYS, None)
    assert text.count(b"<h1") == len(STRINGS)
    exported = await hass.services.async_call(
        DOMAIN,
        "export",
        {"device_id": device_of(hass, entry, string), "what": ["alarms", "resistance_tests", "replacements"]},
        blocking=True,
        return_response=True,
    )
    (part,) = cast("list[Any]", cast("dict[str, Any]", exported)["exports"])
    assert len(part["tables"]["resistance_tests"]["rows"]) == 1
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"journal_rows_{entry.entry_id}") is not None
    assert caplog.text.count("can't be read and are left out") == 1
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert entry.state is ConfigEntryState.NOT_LOADED


async def test_damaged_bytes_in_the_rows_of_one_string_leave_the_reports_of_the_others(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    path, now = journal_path(hass, entry.entry_id), time.time()
    await drill(hass, entry, *STRINGS)
    a, b, _ = (string.id for string in entry.runtime_data.strings)
    await asyncio.sleep(10)
    assert await hass.config_entries.async_unload(entry.entry_id)
    change(
        path, "INSERT INTO replacements VALUES (?, 'A1', ?, CAST(x'C3286D65' AS TEXT), 'S', NULL, NULL, NULL)", a, now
    )
    change(
        path,
        "INSERT INTO alarms VALUES (?, ?, CAST(x'FF68' AS TEXT), '', 1, 1, 1, 1, 1, NULL, NULL, 0, NULL, NULL, NULL)",
        a,
        now,
    )
    change(path, "INSERT INTO tests VALUES (?, 'A1', ?, 1e-300, 1e300, 1e308, 1)", a, now)
    change(path, "INSERT INTO tests VALUES (?, 'A1', ?, 0.004, 1e300, 1e308, 1)", a, now - 1)
    change(path, "UPDATE alarms SET level = 77, acknowledged_by = CAST(x'FE' AS TEXT) WHERE string = ?", b)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 20)
    text = (await async_report(hass, entry.runtime_data, entry.runtime_data.strings, THIRTY_DAYS, None)).decode()
    sections = text.split("<h1")[1:]
    assert len(sections) == len(STRINGS)
    assert "DRILL" in sections[2] or "Test alarm" in sections[2]
    writer = entry.runtime_data.journal_writer
    assert await writer.open_journal().unreadable() == {"alarms": 2, "tests": 1}
    (test,) = await writer.open_journal().resistance_tests(a, current_only=False)
    assert (test.temperature, test.string_median) == (None, None)
    assert "unexpected error" not in caplog.text


async def test_a_string_whose_records_cannot_be_read_is_said_in_the_report_beside_the_others(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A table whose pages are damaged for one string: here a view that fails for it."""
    (a, *_) = (string.id for string in entry.runtime_data.strings)
    journal = entry.runtime_data.journal_writer.open_journal()

    def fail_for_one(connection: sqlite3.Connection) -> None:
        connection.create_function("damaged", 1, lambda string: 1 / (string != a))
        connection.execute("ALTER TABLE gaps RENAME TO elsewhere")
        connection.execute(
            'CREATE TEMP VIEW gaps AS SELECT string, start, "end" * damaged(string) AS "end" FROM elsewhere'
        )

    await journal._run(fail_for_one)
    await journal._run(lambda connection: connection.execute("INSERT INTO elsewhere VALUES (?, 1.0, 9e9)", (a,)))
    text = (await async_report(hass, entry.runtime_data, entry.runtime_data.strings, THIRTY_DAYS, None)).decode()
    sections = text.split("<h1")[1:]
    assert ["can't be read" in unescape(section) for section in sections] == [True, False, False]
    with pytest.raises(JournalError):
        await async_report(hass, entry.runtime_data, entry.runtime_data.strings[:1], THIRTY_DAYS, None)


async def test_a_baseline_that_was_reset_stays_reset_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    string = entry.runtime_data.strings[0]
    battery = device_of(hass, entry, "A1")
    await hass.services.async_call(DOMAIN, "set_baseline", {"device_id": battery, "baseline": 4.0}, blocking=True)
    await asyncio.sleep(5)
    await hass.services.async_call(DOMAIN, "reset_baseline", {"device_id": battery}, blocking=True)
    await asyncio.sleep(5)
    assert await entry.runtime_data.journal_writer.open_journal().unreadable() == {}
    await hass.config_entries.async_reload(entry.entry_id)
    ohmic = entry.runtime_data.strings[0].state.resistances.get("A1")
    assert ohmic is None or ohmic.baseline is None or ohmic.baseline.ohmic_value != 0.004
    assert string.id == entry.runtime_data.strings[0].id
