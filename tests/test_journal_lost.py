"""A journal whose file is moved away, deleted, overwritten or replaced, while the line runs and before a start."""

# ruff: noqa: ASYNC240 - the files are small, and nothing else waits for the loop

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
import resource
import shutil
import sqlite3
import time
from typing import Any

from conftest import device_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_journal import CAPACITY_TEST

from custom_components.battery_bank import backup
from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.capacity_result import Outcome
from custom_components.battery_bank.monitor.battery.capacity_test import CapacityTests
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    Level,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.errors import JournalError, Reason
from custom_components.battery_bank.monitor.journal.files import PARTS
from custom_components.battery_bank.monitor.journal.presence import Presence
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.components.repairs import DOMAIN as REPAIRS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

PAST = 1500  # alarms


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with a past."""
    plug(bank)
    assert await async_setup_component(hass, REPAIRS, {})
    entry = line_entry(string_data(name="A"))
    await fill(hass, entry)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    await asyncio.sleep(70)
    return entry


async def fill(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    path, now = journal_path(hass, entry.entry_id), time.time()
    path.parent.mkdir(exist_ok=True)
    (string,) = entry.subentries
    alarm = Alarm(
        kind=AlarmKind.HYDROGEN,
        battery=None,
        level=Level.WARNING,
        value=1.0,
        limit=1.0,
        raised=0.0,
        worst=Level.WARNING,
    )
    journal = await Journal.open(path)
    for number in range(PAST):
        at = now - 1e7 + 1000 * number
        one = Alarm(**{**{name: getattr(alarm, name) for name in alarm.__slots__}, "raised": at, "cleared": at + 1})
        await journal.write(string, [AlarmCleared(alarm=one)])
    test = ResistanceTest(battery="A1", at=now - 86400, ohmic_value=0.005, temperature=20.0)
    await journal.write(string, [ResistanceTested(test=test)])
    await journal.close()


async def alarms(entry: MockConfigEntry) -> int:
    return int((await entry.runtime_data.journal_writer.open_journal().facts())["alarms"])


def issue(hass: HomeAssistant, entry: MockConfigEntry, key: str) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, f"{key}_{entry.entry_id}")


def delete(path: Path, tmp_path: Path) -> None:
    path.unlink()


def delete_all(path: Path, tmp_path: Path) -> None:
    for part in PARTS:
        Path(f"{path}{part}").unlink(missing_ok=True)


def move(path: Path, tmp_path: Path) -> None:
    path.rename(tmp_path / "away.db")


def move_all(path: Path, tmp_path: Path) -> None:
    for part in PARTS:
        if (file := Path(f"{path}{part}")).exists():
            file.rename(tmp_path / f"away.db{part}")


def replace_by_garbage(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "garbage"
    other.write_bytes(Random(1).randbytes(5000))
    other.replace(path)


def replace_by_an_old_copy(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(other)) as old:
        now.backup(old)
        old.execute("DELETE FROM alarms WHERE raised > (SELECT min(raised) FROM alarms)")
        old.commit()
    other.replace(path)


def replace_by_an_empty_file(path: Path, tmp_path: Path) -> None:
    path.unlink()
    path.touch()


def replace_by_a_folder(path: Path, tmp_path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_to_itself(path: Path, tmp_path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def delete_the_folder(path: Path, tmp_path: Path) -> None:
    shutil.rmtree(path.parent)


def delete_the_log(path: Path, tmp_path: Path) -> None:
    Path(f"{path}-wal").unlink()


def empty(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path, tmp_path: Path) -> None:
    path.write_bytes(Random(2).randbytes(path.stat().st_size))


def overwrite_by_another_journal(path: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as now, closing(sqlite3.connect(other)) as old:
        now.backup(old)
        for table in ("alarms", "tests", "documents"):
            old.execute(f"DELETE FROM {table}")  # noqa: S608 - a name of this test
        old.commit()
    shutil.copyfile(other, path)


def cut(path: Path, tmp_path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


@pytest.mark.parametrize(
    "happens",
    [
        *(delete, delete_all, delete_the_folder, delete_the_log, move, move_all, link_to_itself),
        *(replace_by_garbage, replace_by_an_old_copy, replace_by_an_empty_file, replace_by_a_folder),
    ],
)
async def test_a_journal_that_goes_is_written_anew_from_the_open_file(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
    happens: Callable[[Path, Path], None],
) -> None:
    path = journal_path(hass, entry.entry_id)
    there = await alarms(entry)
    assert there >= PAST
    happens(path, tmp_path)
    await asyncio.sleep(60)
    rewritten = issue(hass, entry, "journal_rewritten")
    assert rewritten is not None
    assert rewritten.translation_placeholders is not None
    assert caplog.text.count("was written anew") == 1
    aside = rewritten.translation_placeholders["detail"]
    assert Path(aside).exists() == (happens.__name__.startswith("replace") or happens is delete_the_log)
    assert await alarms(entry) == there

    # What happens now is in that file, and outlives a restart.
    device = device_of(hass, entry, entry.runtime_data.strings[0].id)
    await hass.services.async_call(
        DOMAIN, "simulate_alarm", {"device_id": device, "kind": "hydrogen", "duration": 3600}, blocking=True
    )
    await asyncio.sleep(5)
    await hass.config_entries.async_reload(entry.entry_id)
    assert await alarms(entry) == there + 1
    assert issue(hass, entry, "journal_missing") is None
    assert issue(hass, entry, "journal_set_aside") is None
    assert issue(hass, entry, "journal_rewritten") is not None  # until a person has confirmed it
    await asyncio.sleep(60)
    assert caplog.text.count("was written anew") == 1


@pytest.mark.parametrize("happens", [empty, overwrite, overwrite_by_another_journal, cut])
async def test_a_journal_that_is_overwritten_is_said_and_what_is_in_memory_is_kept(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path, happens: Callable[[Path, Path], None]
) -> None:
    path = journal_path(hass, entry.entry_id)
    device = device_of(hass, entry, entry.runtime_data.strings[0].id)
    await hass.services.async_call(
        DOMAIN, "simulate_alarm", {"device_id": device, "kind": "hydrogen", "duration": 3600}, blocking=True
    )
    await asyncio.sleep(30)
    (string,) = entry.runtime_data.strings
    before, measured, last = (replace(CAPACITY_TEST, start=CAPACITY_TEST.start + day * 86400) for day in range(3))
    tests = CapacityTests(last=replace(last, outcome=Outcome.NOT_FULL), measured=measured, measured_before=before)
    string.state = replace(string.state, running=replace(string.state.running, capacity_tests=tests))
    happens(path, tmp_path)
    await asyncio.sleep(60)
    said = issue(hass, entry, "journal_set_aside")
    assert said is not None
    assert said.translation_placeholders is not None
    assert Path(said.translation_placeholders["detail"]).exists()
    writer = entry.runtime_data.journal_writer
    assert writer.problem is None
    assert await writer.open_journal().capacity_tests(string.id) == [before, measured, tests.last]
    assert [one.drill for one in await writer.open_journal().open_alarms(string.id)] == [True]
    assert [one.battery for one in await writer.open_journal().resistance_tests(string.id)] == ["A1"]
    await hass.config_entries.async_reload(entry.entry_id)
    assert [one.drill for one in entry.runtime_data.strings[0].raised] == [True]
    assert issue(hass, entry, "journal_missing") is None


@pytest.mark.parametrize("happens", [delete_all, move_all, empty])
async def test_no_empty_journal_is_begun_in_silence(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    tmp_path: Path,
    happens: Callable[[Path, Path], None],
    hass_client: Any,
) -> None:
    path = journal_path(hass, entry.entry_id)
    assert await hass.config_entries.async_unload(entry.entry_id)
    happens(path, tmp_path)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.sleep(10)
    key = "journal_set_aside" if happens is empty else "journal_missing"
    assert issue(hass, entry, key) is not None
    await hass.config_entries.async_reload(entry.entry_id)
    await asyncio.sleep(10)
    said = issue(hass, entry, key)  # until a person has confirmed it
    assert said is not None

    client = await hass_client()
    form = await (
        await client.post("/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": said.issue_id})
    ).json()
    done = await (await client.post(f"/api/repairs/issues/fix/{form['flow_id']}", json={})).json()
    assert done["type"] == "create_entry"
    await asyncio.sleep(10)
    assert issue(hass, entry, key) is None


async def test_a_new_line_begins_its_journal_in_silence(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    new = MockConfigEntry(
        domain=DOMAIN,
        title="New",
        unique_id="192.0.2.1:502",
        data={"connection": "modbus_tcp", "host": "192.0.2.1", "port": 502},
        subentries_data=[string_data(name="N")],
    )
    new.add_to_hass(hass)
    assert await hass.config_entries.async_setup(new.entry_id)
    await asyncio.sleep(30)
    assert journal_path(hass, new.entry_id).exists()
    assert not any(issue(hass, new, key) for key in ("journal_missing", "journal_set_aside", "journal_rewritten"))


async def test_a_journal_that_goes_during_a_backup_is_said_and_what_is_in_memory_is_kept(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    path = journal_path(hass, entry.entry_id)
    await backup.async_pre_backup(hass)
    path.rename(tmp_path / "away.db")
    await backup.async_post_backup(hass)
    await asyncio.sleep(10)
    assert issue(hass, entry, "journal_missing") is not None
    writer, (string,) = entry.runtime_data.journal_writer, entry.runtime_data.strings
    assert [one.battery for one in await writer.open_journal().resistance_tests(string.id)] == ["A1"]
    assert await writer.open_journal().load(string.id, "running") is not None


async def test_a_place_that_cannot_be_written_is_said_once_and_tried_again(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    path = journal_path(hass, entry.entry_id)
    there = await alarms(entry)
    path.unlink()
    obstacle = Path(f"{path}.copy")
    obstacle.mkdir()
    await asyncio.sleep(90)
    assert issue(hass, entry, "journal_unusable") is not None
    assert caplog.text.count("damaged in use") == 1
    obstacle.rmdir()
    await asyncio.sleep(40)
    assert issue(hass, entry, "journal_unusable") is None
    assert issue(hass, entry, "journal_rewritten") is not None
    assert await alarms(entry) == there


async def test_a_folder_that_became_a_file_is_said(hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path) -> None:
    path = journal_path(hass, entry.entry_id)
    there = await alarms(entry)
    path.parent.rename(tmp_path / "folder")
    path.parent.touch()
    await asyncio.sleep(90)
    assert issue(hass, entry, "journal_unusable") is not None
    path.parent.unlink()
    await asyncio.sleep(40)
    assert issue(hass, entry, "journal_unusable") is None
    assert issue(hass, entry, "journal_rewritten") is not None
    assert await alarms(entry) == there


async def test_a_copy_that_was_not_put_in_place_is_used_at_the_next_start(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    path = journal_path(hass, entry.entry_id)
    there = await alarms(entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    path.rename(f"{path}.copy")
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert await alarms(entry) == there
    await asyncio.sleep(10)
    assert issue(hass, entry, "journal_missing") is None


async def test_a_journal_without_its_log_is_not_begun_anew_in_silence(tmp_path: Path) -> None:
    """Before the log was merged into the file for the first time, all tables are in the log."""
    path, copy = tmp_path / "journal.db", tmp_path / "copy.db"
    journal = await Journal.open(path, clock=time.time)
    await journal.write("A", [], {"key": b"{}"})
    shutil.copy(path, copy)  # without its log
    await journal.close()
    found = await Journal.open(copy, clock=time.time, expected=True)
    assert found.set_aside is not None
    await found.close()
    new = await Journal.open(tmp_path / "new.db", clock=time.time, expected=False)
    assert new.set_aside is None
    await new.close()


def garbage_behind_the_first_bytes(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(16)
        file.write(Random(3).randbytes(path.stat().st_size - 16))


def garbage_behind_the_first_page(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(Random(4).randbytes(path.stat().st_size - 4096))


def a_foreign_database(path: Path) -> None:
    other = path.with_name("foreign.db")
    with closing(sqlite3.connect(other)) as foreign:
        foreign.execute("CREATE TABLE notes (text)")
        foreign.commit()
    path.write_bytes(other.read_bytes())


def a_table_that_a_person_dropped(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE alarms")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


async def merged(path: Path, *, megabytes: float = 0.01) -> Journal:
    """Return an open journal whose records are in its file, not in its log."""
    first = await Journal.open(path, clock=time.time)
    await first.write("A", [], {"key": bytes(int(megabytes * 1e6))})
    await first.close()
    journal = await Journal.open(path, clock=time.time)
    assert await journal.look() is None
    return journal


@pytest.mark.parametrize(
    "happens",
    [
        garbage_behind_the_first_bytes,
        garbage_behind_the_first_page,
        a_foreign_database,
        a_table_that_a_person_dropped,
    ],
)
async def test_a_file_that_still_begins_like_a_database_is_damaged(
    tmp_path: Path, happens: Callable[[Path], None]
) -> None:
    journal = await merged(tmp_path / "journal.db")
    happens(tmp_path / "journal.db")
    assert await journal.look() is Reason.DAMAGED
    await journal.close()


async def test_a_look_that_fails_says_nothing_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await (await merged(path)).close()
    with closing(sqlite3.connect(path)) as connection:
        presence = Presence(path)
        connection.set_progress_handler(lambda: 1, 1)
        with pytest.raises(sqlite3.OperationalError, match="interrupted"):
            presence.look(connection, [("A", "key")])
        connection.set_progress_handler(None, 0)
        assert presence.look(connection, [("A", "key")]) is None


async def test_a_file_that_was_damaged_before_it_went_is_not_put_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = await merged(path, megabytes=8)  # more than SQLite keeps in memory
    garbage_behind_the_first_page(path)
    path.unlink()
    with pytest.raises(JournalError, match="malformed"):
        await journal.write_anew(time.time)
    assert not path.exists()
    assert not Path(f"{path}.copy").exists()
    await journal.close()


async def test_a_copy_that_fails_is_removed_and_made_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = await merged(path)
    path.unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, limits[1]))
    try:
        with pytest.raises(JournalError):
            await journal.write_anew(time.time)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not Path(f"{path}.copy").exists()
    assert await journal.write_anew(time.time) is None
    assert await journal.look() is None
    assert await journal.load("A", "key") == bytes(10_000)
    await journal.close()
