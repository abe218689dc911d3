"""Tools for assistants, called as core calls them: what they answer, and to whom, and that they change nothing."""

from collections.abc import Callable
import json
from typing import Any

from conftest import FAST, eventually, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    Discharge,
    DischargeEnded,
    Level,
    Replaced,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.battery.limits import DAY, HOUR
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.components.conversation.trace import async_conversation_trace
from homeassistant.components.homeassistant.exposed_entities import async_expose_entity
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers import entity_registry as er, llm
from homeassistant.setup import async_setup_component
from simulator.bank import Bank, build
from simulator.wire import Terminal

ASSISTANT = "conversation"
REFUSED = "No string that you may read has this name."
WORST, LIFE, CHANGES = (f"battery_bank__get_{name}" for name in ("worst_batteries", "remaining_time", "changes"))


@pytest.fixture
def bank() -> Bank:
    """Return a string with a TC, and one without."""
    strings = [
        {"name": "A", "batteries": 4, "first_address": 1, "string_module": 5},
        {"name": "B", "batteries": 4, "first_address": 11},
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    start_time: Any,
) -> MockConfigEntry:
    """Return a running line with a past, beside core's conversations and their tools; nothing is exposed."""
    for component in ("homeassistant", "conversation"):
        assert await async_setup_component(hass, component, {})
    plug(bank)
    entry = line_entry(string_data(), string_data(11, 4, None, "B"))
    string_id, now = next(iter(entry.subentries)), start_time.timestamp()
    tests = [
        ResistanceTested(test=ResistanceTest(battery=f"A{number}", at=now - days * DAY, ohmic_value=ohms))
        for number in range(1, 5)
        for days, ohms in ((60, 0.004), (10, 0.006 if number == 3 else 0.0042))
    ]
    alarm = Alarm(
        kind=AlarmKind.MODULE_SILENT,
        battery="A2",
        level=Level.WARNING,
        value=None,
        limit=None,
        raised=now - 3 * DAY,
        worst=Level.WARNING,
        cleared=now - 2 * DAY,
    )
    old, new = (
        Discharge(start=now - days * DAY, end=now - days * DAY + 2 * HOUR, drawn=40.0, lowest_battery="A3")
        for days in (50, 5)
    )
    path = journal_path(hass, entry.entry_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = await Journal.open(path)
    await journal.write(
        string_id,
        [
            *tests,
            AlarmCleared(alarm=alarm),
            DischargeEnded(discharge=old),
            DischargeEnded(discharge=new),
            Replaced(battery="A4", at=now - 40 * DAY),
        ],
    )
    await journal.close()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_state", lambda state: state == "float")
    await until(hass, "sensor.b_voltage", lambda state: float(state) > 40)
    return entry


def context(language: str = "en", user: MockUser | None = None) -> llm.LLMContext:
    """Return the context of a question."""
    asked = Context(user_id=user.id) if user else Context()
    return llm.LLMContext(platform="test", context=asked, language=language, assistant=ASSISTANT, device_id=None)


async def ask(hass: HomeAssistant, name: str, *, who: llm.LLMContext | None = None, **arguments: Any) -> Any:
    """Return what a tool of core's API for assistants answers; an error as such."""
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, who or context())
    return await call(hass, api, name, **arguments)


async def call(hass: HomeAssistant, api: llm.APIInstance, name: str, **arguments: Any) -> Any:
    """Have core call a tool that it has listed, as it does for a conversation, and note it in the trace of that."""
    with async_conversation_trace() as trace:
        result = await api.async_call_tool(llm.ToolInput(tool_name=name, tool_args=arguments))
    assert [event["data"]["tool_name"] for event in trace.as_dict()["events"]] == [name]
    json.dumps(result.data)
    assert result.error is ("error" in result.data)
    return result.data.get("error") or result.data["strings"]


async def tools(hass: HomeAssistant) -> list[llm.Tool]:
    """Return our tools as core has them."""
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, context())
    return [tool for tool in api.tools if tool.integration == "battery_bank"]


def expose(hass: HomeAssistant, *names: str) -> None:
    """Expose strings by their alarm levels, as a person does in the settings of the assistant."""
    for name in names:
        async_expose_entity(hass, ASSISTANT, f"sensor.{name}_alarm_level", should_expose=True)


async def test_only_strings_that_are_exposed_are_known(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await tools(hass) == []
    expose(hass, "a")
    found = await tools(hass)
    assert [tool.name for tool in found] == [WORST, LIFE, CHANGES]
    assert all(tool.annotations.read_only and not tool.annotations.destructive for tool in found)
    assert [one["string"] for one in await ask(hass, WORST)] == ["A"]
    with pytest.raises(Exception, match="value must be one of"):
        await ask(hass, WORST, string="B")
    expose(hass, "b")
    assert [one["string"] for one in await ask(hass, WORST, string="B")] == ["B"]
    # What was exposed when the tools were listed is asked for again with each call.
    api = await llm.async_get_api(hass, llm.LLM_API_ASSIST, context())
    async_expose_entity(hass, ASSISTANT, "sensor.b_alarm_level", should_expose=False)
    assert await call(hass, api, WORST, string="B") == REFUSED


async def test_a_person_without_permission_learns_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hass_read_only_user: MockUser, hass_admin_user: MockUser
) -> None:
    expose(hass, "a")
    nobody = MockUser(id="nobody").add_to_hass(hass)
    nobody.mock_policy({})
    assert await ask(hass, WORST, who=context(user=nobody)) == REFUSED
    for user in (hass_read_only_user, hass_admin_user):
        assert [one["string"] for one in await ask(hass, WORST, who=context(user=user))] == ["A"]
    gone = context()
    gone.context = Context(user_id="deleted")
    assert await ask(hass, WORST, who=gone) == REFUSED


async def test_a_person_learns_of_the_strings_that_may_be_read(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    expose(hass, "a", "b")
    string = next(iter(entry.subentries))
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    readable = {one.entity_id: {"read": True} for one in entities if one.config_subentry_id == string}
    technician = MockUser(id="technician").add_to_hass(hass)
    technician.mock_policy({"entities": {"entity_ids": readable}})
    who = context(user=technician)
    assert [one["string"] for one in await ask(hass, WORST, who=who)] == ["A"]
    assert [one["string"] for one in await ask(hass, LIFE, who=who)] == ["A"]
    assert await ask(hass, CHANGES, who=who, string="B") == REFUSED
    # One sensor that is not shown to them hides the string.
    del readable["sensor.a_battery_3_voltage"]
    technician.mock_policy({"entities": {"entity_ids": readable}})
    assert await ask(hass, WORST, who=who) == REFUSED


async def test_the_worst_battery(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    expose(hass, "a")
    (answer,) = await ask(hass, WORST)
    assert answer["worst_batteries_first"][0]["number"] == 3  # its resistance is half as high again
    assert answer["batteries"] == 4
    # A module that is offline is not in order.
    bank.faults.dead.add(1)
    await until(hass, "binary_sensor.a_battery_1_problem", lambda state: state == "on", seconds=900)
    (answer,) = await ask(hass, WORST, who=context("de"))
    gone = next(one for one in answer["worst_batteries_first"] if one["number"] == 1)
    assert (gone["voltage_v"], gone["alarm_level"]) == (None, "warning")
    assert gone["module"].startswith("offline")
    (text,) = (text for text in answer["alarms"] if text.startswith("1: "))
    assert "Modul" in text


async def test_the_remaining_time(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    expose(hass, "a", "b")
    a, b = await ask(hass, LIFE)
    assert a["operating_state"] == "float"
    assert a["remaining_minutes"] is None
    assert a["why_unknown"] == "Known only during a discharge"
    assert b["why_unknown"] == "The string module is offline"
    bank.strings["A"].mains, bank.strings["A"].load = False, 20.0
    await until(hass, "sensor.a_remaining_time", lambda state: float(state) > 0, seconds=300)
    (a,) = await ask(hass, LIFE, string="A")
    state = hass.states.get("sensor.a_remaining_time")
    assert state is not None
    assert a["remaining_minutes"] == pytest.approx(float(state.state), abs=2)  # the sensor shows minutes
    assert a["at_least_minutes"] < a["remaining_minutes"] < a["at_most_minutes"]
    assert (a["why_unknown"], a["estimated_from_nameplate"]) == (None, True)


async def test_what_has_changed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    expose(hass, "a")
    (month,) = await ask(hass, CHANGES)
    cleared = [one for one in month["alarms_newest_first"] if one["cleared"]]
    assert [(one["batteries"], one["worst_level"]) for one in cleared] == [([2], "warning")]
    assert [(one["minutes"], one["drawn_ah"]) for one in month["discharges_newest_first"]] == [(120, 40)]
    assert month["batteries_replaced"] == []
    assert month["resistance"]["median_change_percent"] == 5.0
    assert month["resistance"]["batteries_that_rose_most_first"][0] == {"number": 3, "change_percent": 50.0}
    (longer,) = await ask(hass, CHANGES, days=55)
    assert len(longer["discharges_newest_first"]) == 2
    assert [one["number"] for one in longer["batteries_replaced"]] == [4]
    (day,) = await ask(hass, CHANGES, days=1)
    assert "why_unknown" in day["resistance"]
    for wrong in (0, 4000, "x"):
        with pytest.raises(Exception, match="days"):
            await ask(hass, CHANGES, days=wrong)


async def test_nothing_is_in_order_while_nothing_is_read(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry
) -> None:
    expose(hass, "a", "b")
    bank.faults.dead.update(bank.modules)
    for name in ("a_battery_1", "a_battery_4", "a", "b_battery_4"):
        await eventually(lambda name=name: state_of(hass, f"sensor.{name}_voltage") == "unavailable", seconds=900)  # type: ignore[misc]
    for answer in await ask(hass, WORST):
        assert answer["batteries_not_monitored"] == [1, 2, 3, 4]
        assert answer["alarm_level"] != "ok"
        for battery in answer["worst_batteries_first"]:
            assert battery["alarm_level"] != "ok"
            assert (battery["voltage_v"], battery["deviation_from_string_v"]) == (None, None)
    for answer in await ask(hass, LIFE):
        assert answer["why_unknown"]
        unknown = ("remaining_minutes", "state_of_charge_percent", "operating_state", "battery_that_ends_first")
        assert {answer[name] for name in unknown} == {None}
    assert [answer["monitored_now"] for answer in await ask(hass, CHANGES)] == [False, False]


async def test_strings_with_one_name_are_told_apart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    expose(hass, "a", "b")
    for subentry in list(entry.subentries.values()):
        hass.config_entries.async_update_subentry(entry, subentry, title="Süd „1“")
    await eventually(lambda: len(entry.runtime_data.strings) == 2 and entry.runtime_data.strings[1].name[0] == "S")
    both = await ask(hass, LIFE)
    assert [answer["string"] for answer in both] == ["Süd „1“ (1)", "Süd „1“ (2)"]
    (second,) = await ask(hass, LIFE, string="Süd „1“ (2)")
    assert second["string"] == "Süd „1“ (2)"


async def test_nothing_is_changed_by_a_question(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    expose(hass, "a", "b")
    written: list[Any] = []
    hass.bus.async_listen("call_service", written.append)
    for tool in (WORST, LIFE, CHANGES):
        assert len(await ask(hass, tool)) == 2
    await eventually(lambda: True)
    assert written == []


async def test_a_line_that_is_not_set_up_has_no_tools(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    expose(hass, "a")
    assert await tools(hass)
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await tools(hass) == []
