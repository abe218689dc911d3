"""What readings mean, over the real stack: a bank on a pseudo-terminal."""

# ruff: noqa: ASYNC240 - the files are small, and nothing else waits for the loop

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
import sqlite3
from typing import Any

from conftest import FAST, eventually, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events
from virtual_time import hurried

from custom_components.battery_bank import backup
from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.errors import JournalError
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from simulator.bank import Bank, build
from simulator.wire import Terminal

BATTERIES = 4

type Start = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def bank() -> Bank:
    """Return four blocks and their TC, of 100 Ah, never tested."""
    string = {"name": "A", "batteries": BATTERIES, "first_address": 1, "string_module": 5, "tested": False}
    return build({"line": {"baud": FAST}, "string": [string]})


@pytest.fixture
async def start(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> Start:
    """Set up the line on that bank."""
    plug(bank)

    async def _start(**changes: Any) -> MockConfigEntry:
        entry = line_entry(string_data(count=BATTERIES, **changes))
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
        return entry

    return _start


def attributes(hass: HomeAssistant, entity_id: str) -> dict[str, Any]:
    state = hass.states.get(entity_id)
    assert state is not None
    return dict(state.attributes)


def shown(hass: HomeAssistant, entity_id: str) -> str:
    state = hass.states.get(entity_id)
    assert state is not None
    return state.state


async def happened(hass: HomeAssistant, entity_id: str, kind: str, *, seconds: float = 1200.0) -> dict[str, Any]:
    """Wait until an event entity has published an event of a kind, and return its attributes."""
    await eventually(lambda: attributes(hass, entity_id).get("event_type") == kind, seconds=seconds)
    return attributes(hass, entity_id)


async def is_now(hass: HomeAssistant, entity_id: str, value: str, *, seconds: float = 1200.0) -> None:
    await until(hass, entity_id, lambda state: state == value, seconds=seconds)


def device_id(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
    assert device is not None
    return device.id


@pytest.mark.usefixtures("all_enabled")
async def test_a_discharge_from_its_first_to_its_last_second(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    entry = await start()
    await is_now(hass, "sensor.a_state", "float")
    assert shown(hass, "sensor.a_source_of_the_state") == "current"
    assert shown(hass, "sensor.a_remaining_time") == "unknown"  # no discharge, and nothing learned
    bank.strings["A"].mains = False
    started = await happened(hass, "event.a_discharge", "started")
    assert started["start_voltage"] == pytest.approx(54.9, abs=0.5)
    await is_now(hass, "sensor.a_state", "discharge")
    await asyncio.sleep(120)
    # Nothing was learned: the nameplate says 5 h at the ten-hour rate, less at twice that.
    minutes, estimate = float(shown(hass, "sensor.a_remaining_time")), attributes(hass, "sensor.a_remaining_time")
    assert 3.5 * 60 < minutes < 5.2 * 60
    assert estimate["estimated"] is True
    assert estimate["low"] < 0.9 * minutes
    assert minutes < estimate["high"] < 6 * 60
    assert shown(hass, "sensor.a_remaining_time_of_the_limiting_battery") == "unknown"
    bank.strings["A"].mains = True
    ended = await happened(hass, "event.a_discharge", "ended")
    await until(hass, "sensor.a_state", lambda state: state in ("recharge", "float"))
    assert ended["drawn"] == pytest.approx(20 * ended["duration"] / 3600, rel=0.25)
    assert ended["end_voltage"] < ended["start_voltage"]
    assert ended["lowest_battery"] in range(1, 5)
    assert ended["capacity"] is None  # it was not empty
    await until(hass, "sensor.a_charge_out", lambda state: float(state) > 0.5)
    assert float(shown(hass, "sensor.a_last_discharge_charge")) == pytest.approx(ended["drawn"], abs=0.01)
    assert int(shown(hass, "sensor.a_last_discharge_lowest_battery")) == ended["lowest_battery"]

    writer = entry.runtime_data.journal_writer
    (string,) = entry.runtime_data.strings
    (kept,) = await writer.journal.discharges(string.id)
    assert kept.drawn == pytest.approx(ended["drawn"])
    curve = await writer.journal.curve(string.id, kept.start)
    assert set(curve) == {None, "A1", "A2", "A3", "A4"}


async def test_an_alarm_is_raised_acknowledged_kept_and_cleared(
    hass: HomeAssistant, bank: Bank, start: Start, hass_admin_user: MockUser
) -> None:
    entry = await start()
    assert shown(hass, "sensor.a_alarm_level") == "ok"
    assert shown(hass, "sensor.a_what_to_do") == "none"
    bank.faults.dead.add(2)
    raised = await happened(hass, "event.a_alarm", "raised")
    assert raised["kind"] == "module_silent"
    assert (raised["battery"], raised["level"], raised["unit"], raised["limit"]) == (2, "warning", "min", 10.0)
    assert raised["value"] >= 10
    assert "power" in raised["what_to_do"]
    await is_now(hass, "sensor.a_alarm_level", "warning")
    await is_now(hass, "sensor.line_alarm_level", "warning")
    assert shown(hass, "binary_sensor.a_battery_2_problem") == "on"
    assert shown(hass, "binary_sensor.a_battery_1_problem") == "off"
    assert shown(hass, "sensor.a_most_urgent_alarm").startswith("2: Module offline 10")
    assert shown(hass, "sensor.a_what_to_do").startswith("Check the power supply of the module")

    context = Context(user_id=hass_admin_user.id)
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.a_acknowledge_alarms"}, blocking=True, context=context
    )
    acknowledged = await happened(hass, "event.a_alarm", "acknowledged")
    assert acknowledged["acknowledged_by"] == hass_admin_user.name

    # A restart neither forgets it nor raises it again.
    events = async_capture_events(hass, "state_changed")
    await hass.config_entries.async_reload(entry.entry_id)
    await is_now(hass, "sensor.a_alarm_level", "warning")
    await asyncio.sleep(600)
    told = [event for event in events if event.data["entity_id"] == "event.a_alarm" and event.data["new_state"]]
    assert all(event.data["new_state"].attributes.get("event_type") != "raised" for event in told)

    bank.faults.dead.clear()
    cleared = await happened(hass, "event.a_alarm", "cleared")
    assert (cleared["kind"], cleared["acknowledged_by"]) == ("module_silent", hass_admin_user.name)
    await is_now(hass, "sensor.a_alarm_level", "ok")
    writer = entry.runtime_data.journal_writer
    (kept,) = await writer.journal.alarms(entry.runtime_data.strings[0].id)
    assert kept.acknowledged_by == hass_admin_user.name
    assert kept.raised < kept.acknowledged < kept.cleared


@pytest.mark.usefixtures("all_enabled")
async def test_counters_and_a_discharge_go_on_after_a_restart(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    entry = await start()
    await is_now(hass, "sensor.a_state", "float")
    bank.strings["A"].mains = False
    await happened(hass, "event.a_discharge", "started")
    await until(hass, "sensor.a_charge_out", lambda state: float(state) > 0.6, seconds=600)
    before = entry.runtime_data.strings[0].state.running
    await hass.config_entries.async_reload(entry.entry_id)
    after = entry.runtime_data.strings[0].state.running
    assert after.counters.drawn >= before.counters.drawn
    assert after.recording is not None
    assert after.recording.discharge.start == before.recording.discharge.start
    await until(hass, "sensor.a_charge_out", lambda state: float(state) > before.counters.drawn + 0.5, seconds=600)
    bank.strings["A"].mains = True
    ended = await happened(hass, "event.a_discharge", "ended")
    assert ended["drawn"] == pytest.approx(20 * ended["duration"] / 3600, rel=0.25)
    (kept,) = await entry.runtime_data.journal_writer.journal.discharges(entry.runtime_data.strings[0].id)
    assert not kept.interrupted


@pytest.mark.usefixtures("all_enabled")
async def test_resistance_tests_bring_a_baseline_and_a_risk(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    entry = await start()
    assert shown(hass, "sensor.a_battery_1_risk") == "unknown"
    await is_now(hass, "sensor.a_state", "float")
    bank.modules[3].battery.resistance_factor *= 1.4  # type: ignore[attr-defined]
    await hass.services.async_call("button", "press", {"entity_id": "button.a_start_resistance_test"}, blocking=True)
    await is_now(hass, "sensor.a_battery_3_risk", "weak")  # against the string, for it is an old one
    raised = await happened(hass, "event.a_alarm", "raised")
    assert raised["kind"] in ("resistance_baseline", "resistance_string")
    assert raised["battery"] == 3
    await is_now(hass, "sensor.a_battery_4_risk", "stable")
    assert shown(hass, "sensor.a_weakest_battery") == "3"
    writer = entry.runtime_data.journal_writer
    (string,) = entry.runtime_data.strings
    assert {test.battery for test in await writer.journal.resistance_tests(string.id)} == {"A1", "A2", "A3", "A4"}

    await until(hass, "sensor.a_battery_4_internal_resistance", lambda state: float(state) > 0)
    tested = float(shown(hass, "sensor.a_battery_4_internal_resistance"))
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.a_battery_4_baseline_resistance", "value": tested / 2},
        blocking=True,
    )
    await is_now(hass, "sensor.a_battery_4_risk", "replace")
    assert shown(hass, "sensor.a_battery_4_baseline_type") == "typed"
    assert float(shown(hass, "sensor.a_battery_4_resistance_against_baseline")) == pytest.approx(200, rel=0.02)
    assert shown(hass, "sensor.a_battery_4_health_by_resistance") == "0.0"

    await hass.services.async_call(
        DOMAIN,
        "battery_replaced",
        {"device_id": device_id(hass, entry, "A4"), "serial": "S-77", "note": "swollen"},
        blocking=True,
    )
    await hass.async_block_till_done()
    await eventually(lambda: shown(hass, "sensor.a_battery_4_risk") == "unknown")
    assert shown(hass, "sensor.a_battery_4_risk") == "unknown"
    assert shown(hass, "number.a_battery_4_baseline_resistance") == "unknown"
    await hass.config_entries.async_reload(entry.entry_id)  # what was before stays in the journal, and stays behind
    assert shown(hass, "sensor.a_battery_4_risk") == "unknown"
    assert shown(hass, "sensor.a_battery_3_risk") == "weak"
    writer = entry.runtime_data.journal_writer
    (replaced,) = await writer.journal.replacements(string.id)
    assert (replaced.battery, replaced.serial, replaced.note) == ("A4", "S-77", "swollen")
    old = await writer.journal.resistance_tests(string.id, battery="A4", current_only=False)
    assert len(old) == 1


async def test_a_replacement_names_one_battery_and_no_day_to_come(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    (string,) = entry.subentries
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN, "battery_replaced", {"device_id": device_id(hass, entry, string)}, blocking=True
        )
    assert error.value.translation_key == "not_one_battery"
    with pytest.raises(ServiceValidationError) as error:
        await hass.services.async_call(
            DOMAIN,
            "battery_replaced",
            {"device_id": device_id(hass, entry, "A1"), "date": "2999-01-01"},
            blocking=True,
        )
    assert error.value.translation_key == "date_in_future"
    await hass.services.async_call(
        DOMAIN, "acknowledge_alarms", {"device_id": [device_id(hass, entry, "A1")]}, blocking=True
    )


@pytest.mark.usefixtures("all_enabled")
async def test_scheduled_tests_go_one_by_one_and_are_not_repeated(hass: HomeAssistant, start: Start) -> None:
    entry = await start(test_days=30, test_begins="00:00:00", test_ends="00:00:00")
    (string,) = entry.runtime_data.strings
    with hurried():  # an hour of the current that a full string takes, and then the tests
        await asyncio.sleep(3600 - 600)
    assert string.tests.running is None
    assert set(string.last_tests.values()) == {None}
    seen: list[int] = []
    while any(at is None for at in string.last_tests.values()):
        if string.under_test is not None and (not seen or seen[-1] != string.under_test):
            seen.append(string.under_test)
        await asyncio.sleep(1)
    assert sorted(seen) == [1, 2, 3, 4]
    await asyncio.sleep(120)
    assert len(await entry.runtime_data.journal_writer.journal.resistance_tests(string.id)) == BATTERIES
    planned = shown(hass, "sensor.a_next_resistance_test")
    assert datetime.fromisoformat(planned) > datetime.now(UTC) + timedelta(days=28)
    await hass.config_entries.async_reload(entry.entry_id)
    with hurried():
        await asyncio.sleep(24 * 3600)
    assert len(await entry.runtime_data.journal_writer.journal.resistance_tests(string.id)) == BATTERIES


@pytest.mark.usefixtures("all_enabled")
async def test_one_battery_is_judged_at_once_in_the_hours_of_the_tests_unless_others_are_due(
    hass: HomeAssistant, bank: Bank, start: Start
) -> None:
    entry = await start(test_days=30, test_begins="00:00:00", test_ends="00:00:00")
    (string,) = entry.runtime_data.strings
    await is_now(hass, "sensor.a_state", "float")
    await hass.services.async_call("button", "press", {"entity_id": "button.a_start_resistance_test"}, blocking=True)
    await asyncio.sleep(4 * 60)
    assert None not in string.last_tests.values()
    with hurried():
        await asyncio.sleep(4 * 24 * 3600)  # the next run
    bank.modules[3].battery.resistance_factor *= 1.8  # type: ignore[attr-defined]
    await hass.services.async_call(
        "button", "press", {"entity_id": "button.a_battery_3_start_resistance_test"}, blocking=True
    )
    await asyncio.sleep(120)
    raised = await happened(hass, "event.a_alarm", "raised")
    assert raised["kind"] in ("resistance_baseline", "resistance_string")


@pytest.mark.usefixtures("all_enabled")
async def test_no_scheduled_test_where_nobody_wants_any(hass: HomeAssistant, start: Start) -> None:
    entry = await start(test_days=0)
    assert entry.runtime_data.strings[0].schedule is None
    assert shown(hass, "sensor.a_next_resistance_test") == "unknown"


async def test_a_damaged_journal_is_set_aside_and_said(
    hass: HomeAssistant, bank: Bank, start: Start, line_entry: Callable[..., MockConfigEntry]
) -> None:
    entry = await start()
    assert await hass.config_entries.async_unload(entry.entry_id)
    path = journal_path(hass, entry.entry_id)
    path.write_bytes(b"no database" * 1000)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"journal_set_aside_{entry.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    aside = Path(issue.translation_placeholders["detail"])
    assert aside.read_bytes() == b"no database" * 1000
    assert path.exists()


async def test_a_journal_of_a_later_version_is_left_alone_and_the_bank_is_watched_all_the_same(
    hass: HomeAssistant, bank: Bank, start: Start
) -> None:
    entry = await start()
    assert await hass.config_entries.async_unload(entry.entry_id)
    path = journal_path(hass, entry.entry_id)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    await is_now(hass, "sensor.a_state", "float")
    issues = ir.async_get(hass)
    assert issues.async_get_issue(DOMAIN, f"journal_unusable_{entry.entry_id}") is not None
    assert await hass.config_entries.async_unload(entry.entry_id)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert issues.async_get_issue(DOMAIN, f"journal_unusable_{entry.entry_id}") is None


async def test_what_the_disk_does_not_take_is_kept_told_and_written_later(
    hass: HomeAssistant, bank: Bank, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await start()
    writer = entry.runtime_data.journal_writer
    (string,) = entry.runtime_data.strings
    disk = sqlite3.connect(journal_path(hass, entry.entry_id), isolation_level=None)
    disk.execute("BEGIN EXCLUSIVE")  # a disk that is slow: SQLite waits 5 s for the lock
    bank.strings["A"].mains = False
    await happened(hass, "event.a_discharge", "started")
    for (table,) in disk.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():  # and then is full
        disk.execute(f"CREATE TRIGGER full_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, 'full'); END")
    disk.execute("COMMIT")
    bank.strings["A"].mains = True
    await happened(hass, "event.a_discharge", "ended")
    await asyncio.sleep(300)
    assert caplog.text.count("can't be written") == 1
    for (table,) in disk.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        disk.execute(f"DROP TRIGGER full_{table}")
    disk.close()
    await asyncio.sleep(120)
    assert caplog.text.count("can be written again") == 1
    (kept,) = await writer.journal.discharges(string.id)
    assert kept.end is not None


async def test_a_backup_copies_a_whole_journal_and_misses_nothing(
    hass: HomeAssistant, bank: Bank, start: Start, tmp_path: Path
) -> None:
    entry = await start()
    (string,) = entry.runtime_data.strings
    path, copied = journal_path(hass, entry.entry_id), tmp_path / "backup.db"
    await backup.async_pre_backup(hass)
    assert [one.name for one in path.parent.glob(f"{path.name}*")] == [path.name]  # no log beside it
    bank.strings["A"].mains = False
    await happened(hass, "event.a_discharge", "started")
    copied.write_bytes(path.read_bytes())
    await backup.async_post_backup(hass)
    journal = entry.runtime_data.journal_writer.journal
    assert len(await journal.discharges(string.id)) == 1
    restored = await Journal.open(copied)
    assert restored.set_aside is None
    assert await restored.discharges(string.id) == []
    await restored.close()


async def test_a_restart_during_a_backup_loses_nothing(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    entry = await start()
    (string,) = entry.runtime_data.strings
    await backup.async_pre_backup(hass)
    bank.strings["A"].mains = False
    await happened(hass, "event.a_discharge", "started")
    await hass.config_entries.async_reload(entry.entry_id)
    await backup.async_post_backup(hass)
    assert len(await entry.runtime_data.journal_writer.journal.discharges(string.id)) == 1


async def test_what_could_not_be_read_is_not_written_over(
    hass: HomeAssistant, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await start()
    (string,) = entry.runtime_data.strings
    await is_now(hass, "sensor.a_state", "float")
    running = string.state.running
    counted = replace(running, counters=replace(running.counters, drawn=12345.0))
    string.state = replace(string.state, running=counted)

    async def fail(*_: Any, **__: Any) -> None:
        raise JournalError("the disk is away")

    with monkeypatch.context() as patched:
        patched.setattr(Journal, "replacements", fail)  # the disk's answer, once
        assert await hass.config_entries.async_unload(entry.entry_id)
        assert await hass.config_entries.async_setup(entry.entry_id)
    writer = entry.runtime_data.journal_writer
    await writer.async_save()
    assert entry.runtime_data.strings[0].state.running.counters.drawn == 0.0
    assert b'"drawn":12345.0' in await writer.journal.load(string.id, "running")
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.runtime_data.strings[0].state.running.counters.drawn == 12345.0


async def test_the_journal_stays_when_the_line_is_removed(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    path = journal_path(hass, entry.entry_id)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert path.exists()


async def test_home_assistant_that_stops_saves_first(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    with sqlite3.connect(journal_path(hass, entry.entry_id)) as connection:
        ((count,),) = connection.execute("SELECT count(*) FROM documents")
    connection.close()
    assert count == len(entry.runtime_data.strings)


async def test_a_reload_that_was_pending_when_home_assistant_stopped_logs_nothing(
    hass: HomeAssistant, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await start()
    hass.bus.async_fire("homeassistant_final_write")
    await hass.async_block_till_done()
    caplog.clear()
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert [record.getMessage() for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
