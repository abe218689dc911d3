"""What a person has to set right: each issue appears by itself, can be set right, and goes with its cause.

Over the real stack: a bank on a pseudo-terminal, and the repairs' own dialogues through the web.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
import json
from pathlib import Path
import re
import sqlite3
from types import MappingProxyType
from typing import Any

from conftest import FAST, eventually, string_data, until, until_gone
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from virtual_time import WallClock, hurried

from custom_components.battery_bank import repairs
from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.capacity_result import CapacityTestResult, Outcome
from custom_components.battery_bank.monitor.battery.overdue_tests import BlockedTests
from custom_components.battery_bank.monitor.battery.resistance import ResistanceState
from custom_components.battery_bank.monitor.journal.schema import MIGRATIONS
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.auth.models import RefreshToken
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.bank import Bank, build
from simulator.modules import TA, TC, TV, BatteryModule
from simulator.wire import Terminal

ENGLISH = json.loads((Path(repairs.__file__).parent / "translations" / "en.json").read_text())["issues"]

HOUR = 3600.0
DAY = 24 * HOUR

type Start = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def bank() -> Bank:
    """Return four blocks of 100 Ah at 1 to 4 and their TC at 5, never tested."""
    string = {"name": "A", "batteries": 4, "first_address": 1, "string_module": 5, "tested": False}
    return build({"line": {"baud": FAST}, "string": [string]})


@pytest.fixture
async def start(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> Start:
    """Set up the line on that bank."""
    assert await async_setup_component(hass, "repairs", {})
    plug(bank)

    async def _start(**changes: Any) -> MockConfigEntry:
        entry = line_entry(string_data(**changes))
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
        return entry

    return _start


class Dialogue:
    """The dialogue of an issue, as the page has it."""

    def __init__(self, client: Any, issue_id: str) -> None:
        self._client = client
        self._issue_id = issue_id
        self.at: dict[str, Any] = {}

    async def begin(self) -> dict[str, Any]:
        return await self._post("", {"handler": DOMAIN, "issue_id": self._issue_id})

    async def go(self, **answers: str) -> dict[str, Any]:
        return await self._post(f"/{self.at['flow_id']}", answers)

    async def choose(self, option: str) -> dict[str, Any]:
        assert option in self.at["menu_options"]
        return await self.go(next_step_id=option)

    async def _post(self, where: str, data: Mapping[str, str]) -> dict[str, Any]:
        answer = await self._client.post(f"/api/repairs/issues/fix{where}", json=data)
        self.at = await answer.json()
        assert answer.status == 200, self.at
        return self.at


@pytest.fixture
def dialogue(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, refresh_token: RefreshToken
) -> Callable[[str], Awaitable[Dialogue]]:
    """Open the dialogue of an issue."""

    async def _dialogue(issue_id: str) -> Dialogue:
        token = hass.auth.async_create_access_token(refresh_token)  # one made before the clock was set would be refused
        opened = Dialogue(await hass_client(token), issue_id)
        await opened.begin()
        return opened

    return _dialogue


def issue_of(hass: HomeAssistant, issue_id: str) -> ir.IssueEntry | None:
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)
    return issue if issue and issue.active else None


def keys(hass: HomeAssistant) -> set[str]:
    """Return what issues there are."""
    return {issue_id for (domain, issue_id), issue in ir.async_get(hass).issues.items() if domain == DOMAIN}


async def appears(hass: HomeAssistant, issue_id: str, *, seconds: float = 2 * HOUR) -> dict[str, str]:
    """Wait for an issue, and return what its words name; they name nothing else."""
    with hurried():
        await eventually(lambda: issue_of(hass, issue_id), seconds=seconds)
    issue = issue_of(hass, issue_id)
    assert issue is not None
    assert issue.translation_key is not None
    words = ENGLISH[issue.translation_key]
    named = set(re.findall(r"\{(\w+)\}", json.dumps(words)))
    texts = issue.translation_placeholders or {}
    assert named <= set(texts)
    assert all(texts[name] for name in named)
    assert issue.is_fixable == ("fix_flow" in words)
    return texts


async def goes(hass: HomeAssistant, issue_id: str, *, seconds: float = 2 * HOUR) -> None:
    with hurried():
        await eventually(lambda: not issue_of(hass, issue_id), seconds=seconds)


async def some_hours_pass() -> None:
    """Give everything the time to be noticed that is not noticed at once."""
    with hurried():
        await asyncio.sleep(5 * HOUR)


def string_of(entry: MockConfigEntry) -> dict[str, Any]:
    (subentry,) = entry.subentries.values()
    return {**subentry.data, "id": subentry.subentry_id}


def addresses(entry: MockConfigEntry) -> list[int]:
    return [battery["address"] for battery in string_of(entry)["batteries"]]


async def test_a_healthy_bank_has_nothing_to_set_right(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    await some_hours_pass()
    assert len(entry.runtime_data.inspection.found) == 6
    assert keys(hass) == set()


async def test_a_silent_module_is_named_until_it_answers(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    entry = await start()
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "A2"), entry.entry_id)
    assert device is not None
    dr.async_get(hass).async_update_device(device.id, name_by_user="Second from the door")
    bank.faults.dead.add(2)
    texts = await appears(hass, "module_silent_A2")
    assert texts["device"] == "Second from the door"
    assert texts["address"] == "2"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d( [+-]\d\d:\d\d)?", texts["since"]
    )  # with offset: an hour that comes twice
    assert keys(hass) == {"module_silent_A2"}
    bank.faults.dead.clear()
    await goes(hass, "module_silent_A2")


async def test_a_battery_that_was_taken_out_leaves_its_string(
    hass: HomeAssistant, bank: Bank, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    bank.faults.dead.add(2)
    await appears(hass, "module_silent_A2")
    opened = await dialogue("module_silent_A2")
    assert opened.at["menu_options"] == ["taken_out", "ignore"]
    assert (await opened.choose("taken_out"))["step_id"] == "taken_out"
    assert addresses(entry) == [1, 2, 3, 4]  # not yet
    assert (await opened.go())["type"] == "create_entry"
    await hass.async_block_till_done()
    assert [battery["id"] for battery in string_of(entry)["batteries"]] == ["A1", "A3", "A4"]
    assert issue_of(hass, "module_silent_A2") is None
    await until(hass, "sensor.a_voltage", lambda state: 35 < float(state) < 45)


async def test_a_string_module_that_was_taken_out_is_asked_no_more(
    hass: HomeAssistant, bank: Bank, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    bank.faults.dead.add(5)
    issue_id = f"module_silent_{string_of(entry)['id']}"
    assert (await appears(hass, issue_id))["device"] == "A"
    opened = await dialogue(issue_id)
    await opened.choose("taken_out")
    await opened.go()
    await hass.async_block_till_done()
    assert string_of(entry)["string_module_address"] is None
    assert len(string_of(entry)["batteries"]) == 4
    assert keys(hass) == set()


async def test_the_last_battery_cannot_leave_and_what_is_ignored_stays_so(
    hass: HomeAssistant, bank: Bank, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    (subentry,) = entry.subentries.values()
    data = {**subentry.data, "batteries": subentry.data["batteries"][:1]}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done()
    bank.faults.dead.add(1)
    await appears(hass, "module_silent_A1")
    opened = await dialogue("module_silent_A1")
    assert (await opened.choose("taken_out"))["reason"] == "last_battery"
    opened = await dialogue("module_silent_A1")
    assert (await opened.choose("ignore"))["reason"] == "ignored"
    await hass.config_entries.async_reload(entry.entry_id)
    await some_hours_pass()
    issue = issue_of(hass, "module_silent_A1")
    assert issue is not None
    assert issue.dismissed_version is not None
    bank.faults.dead.clear()
    await goes(hass, "module_silent_A1")


async def test_a_string_that_is_silent_as_a_whole_is_one_issue(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    entry = await start()
    bank.faults.dead.update(range(1, 6))
    issue_id = f"string_silent_{string_of(entry)['id']}"
    assert (await appears(hass, issue_id))["string"] == "A"
    assert keys(hass) == {issue_id}
    bank.faults.dead.clear()
    await goes(hass, issue_id)
    assert keys(hass) == set()


async def test_a_line_that_is_down_blames_no_module_and_changes_nothing(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> None:
    terminal = plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    bank.faults.dead.add(2)
    await appears(hass, "module_silent_A2")
    await terminal.pull()
    await until(hass, "binary_sensor.line_connectivity", lambda state: state == "off")
    await some_hours_pass()
    assert keys(hass) == {"module_silent_A2"}
    bank.faults.dead.clear()
    terminal.plug()
    await goes(hass, "module_silent_A2")


async def test_two_modules_at_one_address(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    await start()
    bank.double(2)
    assert (await appears(hass, "two_modules_A2"))["address"] == "2"
    bank.faults.doubled.clear()
    await goes(hass, "two_modules_A2")
    assert keys(hass) == set()


async def test_a_module_of_another_kind(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    """A TV where a TA was, and a TC among the batteries: both refuse what they are asked each round."""
    entry = await start()
    issue_id = f"other_module_{string_of(entry)['id']}"
    old = dict(bank.modules)
    bank.exchange(2, TV)
    assert (await appears(hass, issue_id))["modules"] == "2: CELLCHECK TV"
    tc = bank.modules[5]
    assert isinstance(tc, TC)
    bank.modules[4] = replace(tc, unit_id=4)
    await some_hours_pass()
    assert (await appears(hass, issue_id))["modules"] == "2: CELLCHECK TV, 4: RMS-TC"
    bank.modules.update(old)
    await goes(hass, issue_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 10)


async def test_a_string_of_modules_of_another_kind_is_set_to_them(
    hass: HomeAssistant, bank: Bank, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    issue_id = f"other_profile_{string_of(entry)['id']}"
    for unit_id in range(1, 5):
        bank.exchange(unit_id, TV)
    texts = await appears(hass, issue_id)
    assert (texts["expected"], texts["found"]) == ("RMS-TA", "CELLCHECK TV")
    opened = await dialogue(issue_id)
    assert opened.at["step_id"] == "confirm"
    await opened.go()
    await hass.async_block_till_done()
    assert string_of(entry)["battery_module"] == "tv"
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 10)
    await some_hours_pass()
    assert keys(hass) == set()

    # A module that measures more is noticed only by the kind that it reports. The old ones are back, after a while.
    bank.faults.dead.update(range(1, 5))
    for number in range(1, 5):
        await until_gone(hass, f"sensor.a_battery_{number}_voltage")
    for unit_id in range(1, 5):
        bank.exchange(unit_id, TA)
    bank.faults.dead.clear()
    texts = await appears(hass, issue_id)
    assert (texts["expected"], texts["found"]) == ("CELLCHECK TV", "RMS-TA")


async def test_one_more_module_becomes_the_next_battery(
    hass: HomeAssistant, bank: Bank, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    issue_id = f"battery_count_{string_of(entry)['id']}"
    last = bank.modules[4]
    assert isinstance(last, BatteryModule)
    bank.modules[6] = replace(last, unit_id=6)  # behind the TC
    texts = await appears(hass, issue_id)
    assert (texts["batteries"], texts["number"], texts["address"]) == ("4", "5", "6")
    del bank.modules[6]
    await goes(hass, issue_id)
    bank.modules[6] = replace(last, unit_id=6)
    await appears(hass, issue_id, seconds=DAY + HOUR)
    opened = await dialogue(issue_id)
    assert opened.at["menu_options"] == ["add", "ignore"]
    assert (await opened.choose("add"))["type"] == "create_entry"
    await hass.async_block_till_done()
    assert addresses(entry) == [1, 2, 3, 4, 6]
    assert [battery["id"] for battery in string_of(entry)["batteries"]][:4] == ["A1", "A2", "A3", "A4"]
    await until(hass, "sensor.a_battery_5_voltage", lambda state: float(state) > 10)
    assert keys(hass) == set()


async def test_a_module_behind_that_is_none_of_a_battery_is_no_battery(
    hass: HomeAssistant, bank: Bank, start: Start
) -> None:
    tc = bank.modules[5]
    assert isinstance(tc, TC)
    bank.modules[6] = replace(tc, unit_id=6)
    entry = await start()
    await some_hours_pass()
    assert 6 in entry.runtime_data.inspection.found
    assert keys(hass) == set()


async def test_where_one_more_battery_would_be(
    hass: HomeAssistant, bank: Bank, clock: WallClock, line_entry: Callable[..., MockConfigEntry]
) -> None:
    """Behind each string, but strings in a row share a place, and addresses of another entry on the port are taken."""
    line_entry(string_data(14, 1, None, name="other"))
    entry = line_entry(string_data(), string_data(6, 3, None, name="B"), string_data(12, 2, None, name="C"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    by_name = {string.name: entry.runtime_data.next_addresses.get(string.id) for string in entry.runtime_data.strings}
    assert by_name == {"A": None, "B": 9, "C": 15}


async def test_a_value_that_goes_on_to_be_none(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    await start()
    bank.faults.registers[2] = {0x0001: 45000}
    assert (await appears(hass, "implausible_sensor_A2"))["ranges"] == "3 … 19.2 V"
    assert keys(hass) == {"implausible_sensor_A2"}
    bank.faults.registers.clear()
    await goes(hass, "implausible_sensor_A2")


async def test_a_clock_that_lost_the_time(
    hass: HomeAssistant, clock: WallClock, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    issue_id = f"implausible_clock_{entry.entry_id}"
    clock.set_by(-30)  # as time servers do
    await some_hours_pass()
    assert keys(hass) == set()
    clock.set_by(-2 * HOUR)
    assert (await appears(hass, issue_id))["line"] == "Line"
    await hass.config_entries.async_reload(entry.entry_id)  # the journal knows it too
    await appears(hass, issue_id)
    clock.set_by(2 * HOUR)
    await goes(hass, issue_id)

    clock.set_by(-2 * HOUR)
    await appears(hass, issue_id)
    opened = await dialogue(issue_id)
    assert (await opened.go())["type"] == "create_entry"
    await some_hours_pass()
    await hass.config_entries.async_reload(entry.entry_id)
    await some_hours_pass()
    assert keys(hass) == set()


async def test_a_current_with_the_wrong_sign(
    hass: HomeAssistant, bank: Bank, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    tc = bank.modules[5]
    assert isinstance(tc, TC)
    tc.turned = True
    entry = await start()
    issue_id = f"current_reversed_{string_of(entry)['id']}"
    await _come_and_go(hass, bank, entry, issue_id, there=True)
    assert (await appears(hass, issue_id))["address"] == "5"
    opened = await dialogue(issue_id)
    await opened.go()
    await hass.async_block_till_done()
    assert string_of(entry)["invert_current"] is True
    bank.strings["A"].mains = False
    await until(hass, "sensor.a_current", lambda state: float(state) < -15)
    assert keys(hass) == set()

    # A technician turns it on its cable all the same, and then sees that it was right.
    tc.turned = False
    await _come_and_go(hass, bank, entry, issue_id, there=True)
    await appears(hass, issue_id)
    tc.turned = True
    await _come_and_go(hass, bank, entry, issue_id, there=False)
    await goes(hass, issue_id)


async def _come_and_go(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, issue_id: str, *, there: bool) -> None:
    """Take the mains away and bring it back until an issue is there, or is gone."""

    for _ in range(8):
        for mains in (False, True):
            await asyncio.sleep(60)  # the current is steady again
            bank.strings["A"].mains = mains
            bank.strings["A"].settle()
            await asyncio.sleep(60)
            if (issue_of(hass, issue_id) is not None) == there:
                return


async def test_batteries_without_a_baseline_are_tested(
    hass: HomeAssistant,
    start: Start,
    dialogue: Callable[[str], Awaitable[Dialogue]],
) -> None:
    entry = await start(test_days=0)
    (string,) = entry.runtime_data.strings
    running = string.state.running  # half a year later
    string.state = replace(string.state, running=replace(running, counters=replace(running.counters, watched=181 * 24)))
    issue_id = f"baseline_missing_{string_of(entry)['id']}"
    assert (await appears(hass, issue_id))["batteries"] == "1, 2, 3, 4"
    for _ in range(5):
        opened = await dialogue(issue_id)
        assert (await opened.choose("test"))["reason"] == "tested"
        await eventually(lambda: not entry.runtime_data.tests.progress.active, seconds=600)
        await asyncio.sleep(60)
        if not issue_of(hass, issue_id):
            break
    assert all(one.baseline for one in entry.runtime_data.strings[0].state.resistances.values())


async def test_a_line_whose_port_has_other_settings_takes_them_over(
    hass: HomeAssistant,
    start: Start,
    line_entry: Callable[..., MockConfigEntry],
    dialogue: Callable[[str], Awaitable[Dialogue]],
) -> None:
    first = await start()
    other = line_entry(string_data(11, 2, None, name="B"), baudrate=9600)
    issue_id = f"link_in_use_{other.entry_id}"
    assert not await hass.config_entries.async_setup(other.entry_id)
    assert (await appears(hass, issue_id))["users"] == first.title
    opened = await dialogue(issue_id)
    assert opened.at["menu_options"] == ["try_again", "take_over"]
    assert (await opened.choose("try_again"))["reason"] == "still_in_use"
    await appears(hass, issue_id)
    opened = await dialogue(issue_id)
    assert (await opened.choose("take_over"))["type"] == "create_entry"
    assert other.state is ConfigEntryState.LOADED
    assert other.data["baudrate"] == FAST
    assert issue_of(hass, issue_id) is None


async def test_a_line_whose_port_is_free_again_is_set_up(
    hass: HomeAssistant,
    start: Start,
    line_entry: Callable[..., MockConfigEntry],
    dialogue: Callable[[str], Awaitable[Dialogue]],
) -> None:
    first = await start()
    other = line_entry(string_data(11, 2, None, name="B"), baudrate=9600)
    issue_id = f"link_in_use_{other.entry_id}"
    assert not await hass.config_entries.async_setup(other.entry_id)
    await hass.config_entries.async_unload(first.entry_id)
    opened = await dialogue(issue_id)
    assert opened.at["menu_options"] == ["try_again"]  # the module is missing, so its settings are unknown
    assert (await opened.choose("try_again"))["type"] == "create_entry"
    assert issue_of(hass, issue_id) is None

    # And one that is removed takes what was said of it along.
    assert await hass.config_entries.async_unload(other.entry_id)
    assert await hass.config_entries.async_setup(first.entry_id)
    assert not await hass.config_entries.async_setup(other.entry_id)
    await appears(hass, issue_id)
    await hass.config_entries.async_remove(other.entry_id)
    assert keys(hass) == set()


async def test_a_journal_that_was_set_aside_is_told_until_somebody_has_seen_it(
    hass: HomeAssistant, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    assert await hass.config_entries.async_unload(entry.entry_id)
    journal_path(hass, entry.entry_id).write_bytes(b"no database" * 1000)
    assert await hass.config_entries.async_setup(entry.entry_id)
    issue_id = f"journal_set_aside_{entry.entry_id}"
    aside = Path((await appears(hass, issue_id))["detail"])
    await hass.config_entries.async_reload(entry.entry_id)
    await some_hours_pass()
    issue = issue_of(hass, issue_id)
    assert issue is not None
    assert issue.is_persistent
    opened = await dialogue(issue_id)
    assert (await opened.go())["type"] == "create_entry"
    await some_hours_pass()
    assert keys(hass) == set()
    assert aside.read_bytes() == b"no database" * 1000  # noqa: ASYNC240 - a small file


async def test_a_journal_that_can_be_used_again_is_used_without_a_restart(
    hass: HomeAssistant, bank: Bank, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await start()
    bank.faults.dead.add(3)
    with hurried():
        await until(hass, "sensor.a_alarm_level", lambda state: state == "warning", seconds=HOUR)
    (raised,) = entry.runtime_data.strings[0].alarms
    assert await hass.config_entries.async_unload(entry.entry_id)
    path = journal_path(hass, entry.entry_id)
    _set_version(path, 99)
    assert await hass.config_entries.async_setup(entry.entry_id)
    issue_id = f"journal_unusable_{entry.entry_id}"
    assert (await appears(hass, issue_id))["detail"] == "a newer version of the integration wrote the file"
    with hurried():
        await until(hass, "sensor.a_alarm_level", lambda state: state == "warning", seconds=HOUR)  # all the same
    bank.faults.dead.add(2)
    (string,) = entry.runtime_data.strings
    await eventually(lambda: len(string.alarms) == 2, seconds=HOUR)
    counted = string.state.running.counters.watched

    _set_version(path, len(MIGRATIONS))
    await goes(hass, issue_id)
    writer = entry.runtime_data.journal_writer
    assert writer.problem is None
    assert next(alarm for alarm in string.alarms if alarm.battery == "A3").raised == raised.raised
    assert string.state.running.counters.watched > counted
    await asyncio.sleep(60)
    kept = {(alarm.kind, alarm.battery) for alarm in await writer.journal.open_alarms(string.id)}
    assert kept == {(alarm.kind, alarm.battery) for alarm in string.alarms}
    # The voltage of no more than half is known.
    assert kept >= {(AlarmKind.MODULE_SILENT, "A3"), (AlarmKind.NOT_MONITORED, None)}
    assert caplog.text.count("can't be opened: the journal is of version 99") == 1
    assert caplog.text.count("can be used again") == 1


def _set_version(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"PRAGMA user_version = {version}")
    connection.close()


async def test_what_is_said_of_a_line_goes_with_it(hass: HomeAssistant, bank: Bank, start: Start) -> None:
    entry = await start()
    bank.faults.registers[2] = {0x0001: 45000}
    await appears(hass, "implausible_sensor_A2")
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    assert keys(hass) == set()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await appears(hass, "implausible_sensor_A2")
    ir.async_ignore_issue(hass, DOMAIN, "implausible_sensor_A2", ignore=True)
    await hass.config_entries.async_remove(entry.entry_id)
    await hass.async_block_till_done()
    assert keys(hass) == set()


async def test_a_dialogue_whose_string_is_gone_says_so(
    hass: HomeAssistant, bank: Bank, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    string = string_of(entry)["id"]
    for key, data in (("other_profile", {"profile": "tv"}), ("current_reversed", {}), ("implausible_clock", {})):
        ir.async_create_issue(
            hass,
            DOMAIN,
            f"{key}_x",
            data={"entry": "none", "string": string, **data},
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=key,
            translation_placeholders={},
        )
        opened = await dialogue(f"{key}_x")
        assert (await opened.go())["reason"] == "gone"
        assert issue_of(hass, f"{key}_x") is not None


@pytest.mark.parametrize(
    ("key", "data", "option"),
    [
        ("current_reversed", {}, None),
        ("other_profile", {"profile": "tv"}, None),
        ("battery_count", {"address": 6}, "add"),
        ("battery_count", {"address": 6}, "ignore"),
    ],
)
async def test_a_dialogue_whose_issue_has_gone_changes_nothing(
    hass: HomeAssistant,
    start: Start,
    dialogue: Callable[[str], Awaitable[Dialogue]],
    key: str,
    data: dict[str, Any],
    option: str | None,
) -> None:
    entry = await start()
    before = string_of(entry)
    opened = await _asked(hass, entry, dialogue, key, data)
    ir.async_delete_issue(hass, DOMAIN, f"{key}_x")
    assert (await (opened.choose(option) if option else opened.go()))["reason"] == "gone"
    assert string_of(entry) == before


async def test_an_address_that_another_string_has_by_now_is_not_given_twice(
    hass: HomeAssistant, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start()
    opened = await _asked(hass, entry, dialogue, "battery_count", {"address": 6})
    described = string_data(6, 1, None, name="B")
    other = ConfigSubentry(
        data=MappingProxyType(dict(described["data"])), subentry_type="string", title="B", unique_id=None
    )
    hass.config_entries.async_add_subentry(entry, other)
    assert (await opened.choose("add"))["reason"] == "gone"
    assert issue_of(hass, "battery_count_x") is not None
    assert [len(one.data["batteries"]) for one in entry.subentries.values()] == [4, 1]


async def _asked(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    dialogue: Callable[[str], Awaitable[Dialogue]],
    key: str,
    data: dict[str, Any],
) -> Dialogue:
    """Return the open dialogue of an issue of a line's string; the line is stopped, or it would take the issue back."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"{key}_x",
        data={"entry": entry.entry_id, "string": next(iter(entry.subentries)), **data},
        is_fixable=True,
        severity=ir.IssueSeverity.WARNING,
        translation_key=key,
        translation_placeholders={},
    )
    return await dialogue(f"{key}_x")


def _with_resistances(entry: MockConfigEntry, **changes: ResistanceState) -> None:
    """Set what the resistance tests have shown of batteries, by their ids."""
    (string,) = entry.runtime_data.strings
    string.state = replace(string.state, resistances={**string.state.resistances, **changes})


@pytest.mark.parametrize(
    ("choice", "batteries"),
    [
        ("batteries", [("A1", 1), ("A4", 2), ("A3", 3), ("A2", 4)]),
        ("modules", [("A1", 1), ("A2", 4), ("A3", 3), ("A4", 2)]),
    ],
)
async def test_exchanged_batteries_or_modules_are_set_right(
    hass: HomeAssistant,
    start: Start,
    dialogue: Callable[[str], Awaitable[Dialogue]],
    choice: str,
    batteries: list[tuple[str, int]],
) -> None:
    entry = await start(test_days=0)
    _with_resistances(entry, A2=ResistanceState(exchanged_with="A4"), A4=ResistanceState(exchanged_with="A2"))
    texts = await appears(hass, "batteries_exchanged_A2")
    assert (texts["first"], texts["second"]) == ("2", "4")
    assert issue_of(hass, "batteries_exchanged_A4") is None
    opened = await dialogue("batteries_exchanged_A2")
    assert opened.at["menu_options"] == ["batteries", "modules", "ignore"]
    assert (await opened.choose(choice))["type"] == "create_entry"
    await hass.async_block_till_done()
    assert [(one["id"], one["address"]) for one in string_of(entry)["batteries"]] == batteries
    await goes(hass, "batteries_exchanged_A2")


async def test_a_battery_that_was_replaced_starts_again(
    hass: HomeAssistant, start: Start, dialogue: Callable[[str], Awaitable[Dialogue]]
) -> None:
    entry = await start(test_days=0)
    (string,) = entry.runtime_data.strings
    at = entry.runtime_data.clock.now() - 3600
    _with_resistances(entry, A2=ResistanceState(renewed=at))
    assert "since" in await appears(hass, "battery_replaced_A2")
    opened = await dialogue("battery_replaced_A2")
    assert opened.at["menu_options"] == ["replaced", "ignore"]
    assert (await opened.choose("replaced"))["type"] == "create_entry"
    assert string.state.resistances["A2"].since == at
    await goes(hass, "battery_replaced_A2")


async def test_a_capacity_test_is_due_until_one_has_measured_the_capacity(hass: HomeAssistant, start: Start) -> None:
    entry = await start(capacity_test_months=24)
    (string,) = entry.runtime_data.strings
    now = entry.runtime_data.clock.now()

    def tested(days_ago: float, capacity: float | None) -> None:
        result = CapacityTestResult(
            announced=now - days_ago * DAY,
            announced_by=None,
            start=now - days_ago * DAY,
            end=now - days_ago * DAY + 36000,
            duty=None,
            current=10.0,
            drawn=capacity,
            temperature=20.0,
            cell_voltage=1.8,
            first_below=None,
            passes=0.8,
            outcome=Outcome.NOT_REACHED if capacity is None else Outcome.MEASURED,
            capacity=capacity,
            rated=100.0,
        )
        tests = replace(string.state.running.capacity_tests, last=result)
        tests = tests if capacity is None else replace(tests, measured=result)
        string.state = replace(string.state, running=replace(string.state.running, capacity_tests=tests))

    tested(740, 95.0)
    texts = await appears(hass, f"capacity_test_due_{string.id}")
    assert texts["string"] == string.name
    tested(1, None)  # nothing was measured
    await asyncio.sleep(30)
    await appears(hass, f"capacity_test_due_{string.id}")
    tested(720, 95.0)
    await goes(hass, f"capacity_test_due_{string.id}")
    tested(370, 89.0)  # and so due each year
    await appears(hass, f"capacity_test_due_{string.id}")


async def test_tests_that_never_run_are_overdue(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    (string,) = entry.runtime_data.strings
    now = entry.runtime_data.clock.now()
    blocked = BlockedTests(since=now - 200 * DAY, hours={"not_on_float": 49.0, "alarm": 1.0}, overdue_since=now)
    string.state = replace(string.state, running=replace(string.state.running, blocked_tests=blocked))
    texts = await appears(hass, f"tests_overdue_{string.id}")
    assert int(texts["days"]) >= 60
    assert texts["obstacle"] == "the string was not on float"
    assert int(texts["share"]) >= 90
