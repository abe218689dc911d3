"""What is known of a battery stays with it, whatever is changed around it: over the real stack."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
import sqlite3
import time
from typing import Any

from conftest import FAST, device_of, refused_at, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from test_config_flow import suggestions
from test_string_flow import StringFlow

from custom_components.battery_bank import backup
from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.flows.string_form import SameBattery, assignments
from custom_components.battery_bank.monitor.battery import state_codec
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.counters import Counters
from custom_components.battery_bank.monitor.battery.discharge_recorder import Last, Recording
from custom_components.battery_bank.monitor.battery.events import (
    Baseline,
    BaselineKind,
    BaselineSet,
    CurvePoint,
    Discharge,
    DischargePoints,
    DischargeStarted,
    Event,
    Replaced,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.battery.learned import Learned
from custom_components.battery_bank.monitor.battery.limits import DAY
from custom_components.battery_bank.monitor.battery.moved_batteries import Known, begun, moved
from custom_components.battery_bank.monitor.battery.remaining_time import Curve
from custom_components.battery_bank.monitor.battery.running_state import Running
from custom_components.battery_bank.monitor.battery.state_of_charge import Charge
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.runtime.journal_writer import journal_path
from custom_components.battery_bank.strings.members import Battery, String
from homeassistant.config_entries import ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import area_registry as ar, device_registry as dr, entity_registry as er
from homeassistant.util import dt as dt_util
from simulator.bank import Bank, build
from simulator.wire import Terminal

BATTERIES = ("A1", "A2", "A3", "A4")
WEAK = "A3"  # has acknowledged alarms
KINDS = {AlarmKind.RESISTANCE_BASELINE, AlarmKind.RESISTANCE_STRING}

type Step = Mapping[str, Any] | SubentryFlowResult
type Start = Callable[..., Awaitable[MockConfigEntry]]


@pytest.fixture
def bank() -> Bank:
    """Return two strings; some addresses are there twice over, for modules that get another one."""
    strings = [
        {"name": "A", "batteries": 4, "first_address": 1, "string_module": 5},
        {"name": "B", "batteries": 3, "first_address": 11, "string_module": 14},
        {"name": "Spare", "batteries": 5, "first_address": 21, "string_module": 26},
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def start(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> Start:
    """Set up a line whose first string has a past: tests, baselines, a replacement, an alarm that was seen."""
    plug(bank)

    async def _start(*others: Any, **changes: Any) -> MockConfigEntry:
        entry = line_entry(string_data(**changes), *others)
        string_id = next(iter(entry.subentries))
        await remember(hass, entry, string_id)
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
        await until(hass, "binary_sensor.a_battery_3_problem", lambda state: state == "on")
        device_id = device_of(hass, entry, WEAK)
        await hass.services.async_call(DOMAIN, "acknowledge_alarms", {"device_id": device_id}, blocking=True)
        make_own(hass, entry)
        return entry

    return _start


async def remember(hass: HomeAssistant, entry: MockConfigEntry, string_id: str) -> None:
    """Write into the journal what the batteries of a string have lived through."""
    now, path = time.time(), journal_path(hass, entry.entry_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    past: list[Event] = [Replaced(battery="A2", at=now - 100 * DAY, by="Technician", serial="S-2")]
    for number, battery in enumerate(BATTERIES, 1):
        value = 0.005 + number / 10000
        past.append(
            BaselineSet(
                baseline=Baseline(battery=battery, kind=BaselineKind.TYPED, ohmic_value=value, at=now - 90 * DAY)
            )
        )
        past += [
            ResistanceTested(
                test=ResistanceTest(
                    battery=battery, at=now - days * DAY, ohmic_value=value * (1.9 if battery == WEAK else 1.02)
                )
            )
            for days in (60, 30, 2)
        ]
    discharge = Discharge(start=now - 50 * DAY, end=now - 49 * DAY, lowest_battery="A4", lowest_voltage=10.8)
    points = tuple(CurvePoint(battery=one, seconds=0.0, voltage=12.0, drawn=0.0) for one in BATTERIES)
    past += [DischargeStarted(discharge=discharge), DischargePoints(start=discharge.start, points=points)]
    curve = Curve(capacity=88.0, current=10.0, points=((0.0, 12.5), (88.0, 10.8)))
    learned = Learned(
        capacity=88.0, capacity_at=now - 49 * DAY, curves=dict.fromkeys(("", *BATTERIES), curve), last=discharge
    )
    journal = await Journal.open(path)
    await journal.write(string_id, past)
    await journal.write(string_id, [], {state_codec.LEARNED: state_codec.encode_learned(learned)})
    await journal.close()


def make_own(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Change devices and entities as people do: names, areas, ids, what is hidden."""
    area = ar.async_get(hass).async_get_or_create("Battery room")
    devices, entities = dr.async_get(hass), er.async_get(hass)
    for battery in BATTERIES:
        devices.async_update_device(device_of(hass, entry, battery), name_by_user=f"Block {battery}", area_id=area.id)
        voltage = entities.async_get_entity_id("sensor", DOMAIN, f"{battery}_voltage")
        assert voltage is not None
        entities.async_update_entity(
            voltage, new_entity_id=f"sensor.my_{battery.lower()}", name=f"My {battery}", area_id=area.id
        )


def subject(entry: MockConfigEntry, battery: str) -> Battery:
    found: Battery
    (found,) = [one for one in entry.runtime_data.batteries if one.id == battery]
    return found


def string_of(entry: MockConfigEntry, name: str) -> String:
    found: String
    (found,) = [one for one in entry.runtime_data.strings if one.name == name]
    return found


def all_of(hass: HomeAssistant, entry: MockConfigEntry, *batteries: str) -> dict[str, Any]:
    """Return all that must stay with batteries."""
    devices, entities = dr.async_get(hass), er.async_get(hass)
    found: dict[str, dict[str, Any]] = {}
    for battery in batteries or BATTERIES:
        string = subject(entry, battery).string
        device = devices.async_get(device_of(hass, entry, battery))
        assert device is not None
        assert device.config_subentry_id == string.id
        its = er.async_entries_for_device(entities, device.id, include_disabled_entities=True)
        assert {entity.config_subentry_id for entity in its} == {string.id}
        ohmic = string.state.resistances[battery]
        found[battery] = {
            "device": (device.id, device.name_by_user, device.area_id),
            "entities": {one.unique_id: (one.entity_id, one.id, one.name, one.area_id, one.disabled_by) for one in its},
            "baseline": ohmic.baseline,
            "tests": ohmic.tests,
            "since": ohmic.since,
            "alarms": [
                (alarm.kind, alarm.raised, alarm.acknowledged) for alarm in string.alarms if alarm.battery == battery
            ],
            "curve": string.state.learned.curves.get(battery),
        }
        assert ohmic.baseline is not None
        assert len(ohmic.tests) == 3
        assert hass.states.get(f"sensor.my_{battery.lower()}") is not None
    if WEAK in found:
        assert {alarm.kind for alarm in subject(entry, WEAK).string.alarms if alarm.battery == WEAK} == KINDS
        assert all(acknowledged for *_, acknowledged in found[WEAK]["alarms"])
    return found


def places(entry: MockConfigEntry, name: str = "A") -> list[tuple[str, int]]:
    """Return the batteries of a string in order, with their addresses."""
    return [(battery.id, battery.module.unit_id) for battery in string_of(entry, name).batteries]


async def change(hass: HomeAssistant, entry: MockConfigEntry, same: str | None = None, **answers: Any) -> Step:
    """Change a string to the end, and return what was asked before anything was changed."""
    flow = StringFlow(hass, entry)
    before = dict(next(iter(entry.subentries.values())).data)
    shown = suggestions(await flow.change("A"))  # type: ignore[arg-type]
    asked = await flow.answer(**{key: value for key, value in (shown | answers).items() if value is not None})
    if asked["type"] is FlowResultType.FORM:
        assert dict(next(iter(entry.subentries.values())).data) == before
        done = await flow.answer(**{"same": same} if same else {})
        assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await settled(hass, entry)
    return asked


async def settled(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED


def said(step: Step) -> list[str]:
    """Return what a step says becomes of the batteries, line by line."""
    placeholders = step["description_placeholders"]
    assert placeholders
    return [line for line in placeholders["changes"].splitlines() if line]


def offered(step: Step) -> list[str]:
    """Return the ways that a step offers to tell which battery is which."""
    schema = step["data_schema"]
    assert schema is not None
    return [option for selector in schema.schema.values() for option in selector.config["options"]]


async def rows(entry: MockConfigEntry, string_id: str) -> dict[str, set[str | None]]:
    """Return which batteries the journal has something of under a string."""
    journal = entry.runtime_data.journal_writer.journal
    return {
        "tests": {one.battery for one in await journal.resistance_tests(string_id, current_only=False)},
        "baselines": {one.battery for one in await journal.baselines(string_id, current_only=False)},
        "replacements": {one.battery for one in await journal.replacements(string_id)},
        "alarms": {one.battery for one in await journal.alarms(string_id)},
    }


# The same batteries, and something else around them


async def test_renaming_string_and_line(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    before = all_of(hass, entry)
    await change(hass, entry, name="Rack 7")
    hass.config_entries.async_update_entry(entry, title="Cellar")
    await settled(hass, entry)
    assert all_of(hass, entry) == before
    assert string_of(entry, "Rack 7").state.learned.capacity == 88.0
    device = dr.async_get(hass).async_get(before["A1"]["device"][0])
    assert device is not None
    assert (device.name, device.name_by_user) == ("Rack 7 battery 1", "Block A1")


async def test_another_port(hass: HomeAssistant, start: Start, port: Any, plug: Callable[[Bank], Terminal]) -> None:
    entry = await start()
    before = all_of(hass, entry)
    elsewhere = port.with_name("ttyOTHER")
    port.rename(elsewhere)  # the adapter, with the bank behind it, in another socket
    flow = await entry.start_reconfigure_flow(hass)
    step = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "serial"})
    step = await hass.config_entries.flow.async_configure(
        step["flow_id"], {"device": str(elsewhere), "baudrate": str(FAST), "parity": "none"}
    )
    assert (step["type"], step.get("reason"), step.get("errors")) == (
        FlowResultType.ABORT,
        "reconfigure_successful",
        None,
    )
    await settled(hass, entry)
    assert entry.data["device"] == str(elsewhere)
    assert all_of(hass, entry) == before
    await until(hass, "sensor.my_a1", lambda state: float(state) > 13)
    elsewhere.rename(port)


async def test_the_string_module_is_replaced_taken_out_and_put_back(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    before, entities = all_of(hass, entry), er.async_get(hass)
    string = string_of(entry, "A")
    current = entities.async_get_entity_id("sensor", DOMAIN, f"{string.id}_current")
    assert current is not None
    entities.async_update_entity(current, new_entity_id="sensor.rack_current", name="Rack current")
    await change(hass, entry, string_module_address=14)
    assert all_of(hass, entry) == before
    await until(hass, "sensor.rack_current", lambda state: abs(float(state)) < 10)
    await change(hass, entry, string_module_address=None)
    assert all_of(hass, entry) == before
    assert entities.async_get("sensor.rack_current") is None
    assert string_of(entry, "A").state.running.charge.state is None  # nothing tells it any more
    await change(hass, entry, string_module_address=5)
    assert all_of(hass, entry) == before
    after = entities.async_get("sensor.rack_current")
    assert after is not None
    assert after.name == "Rack current"
    assert string_of(entry, "A").state.learned.capacity == 88.0


# Other addresses


async def test_a_battery_is_added_at_the_end(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    before = all_of(hass, entry)
    asked = await change(hass, entry, addresses="1-4, 21")
    assert (said(asked), offered(asked)) == (["- New battery 5 (address 21)."], [])
    assert places(entry)[:4] == list(zip(BATTERIES, range(1, 5), strict=True))
    assert all_of(hass, entry) == before
    assert string_of(entry, "A").state.learned.capacity == 88.0
    await until(hass, "sensor.a_battery_5_voltage", lambda state: float(state) > 13)


async def test_a_battery_is_added_in_the_middle(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    before = all_of(hass, entry)
    asked = await change(hass, entry, same="address", addresses="1, 2, 21, 3, 4")
    assert offered(asked) == ["address", "place"]
    assert said(asked) == [
        "**If its address is the same**",
        "- Battery 3-4 (address 3-4) becomes number 4-5.",
        "- New battery 3 (address 21).",
        "**If its position in the list is the same**",
        "- Battery 3 (address 3) stays and gets address 21.",
        "- Battery 4 (address 4) stays and gets address 3.",
        "- New battery 5 (address 4).",
    ]
    assert [battery for battery, _ in places(entry) if battery in BATTERIES] == list(BATTERIES)
    assert all_of(hass, entry) == before
    assert subject(entry, "A4").number == 5


async def test_a_battery_is_taken_out_and_its_history_is_kept(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    before, string = all_of(hass, entry), string_of(entry, "A")
    device = device_of(hass, entry, WEAK)
    told = async_capture_events(hass, "battery_bank_event")
    asked = await change(hass, entry, same="address", addresses="1-2, 4")
    assert said(asked)[1:3] == [
        "- Battery 3 (address 3) is removed. Its history ends.",
        "- Battery 4 (address 4) becomes number 3.",
    ]
    del before[WEAK]
    assert all_of(hass, entry, *before) == before
    assert dr.async_get(hass).async_get(device) is None
    assert hass.states.get("sensor.my_a3") is None
    kept = await rows(entry, string.id)
    assert kept["tests"] == kept["baselines"] == set(BATTERIES)
    journal = entry.runtime_data.journal_writer.journal
    alarms = [one for one in await journal.alarms(string.id) if one.battery == WEAK]
    assert {alarm.kind for alarm in alarms} == KINDS
    assert all(alarm.cleared for alarm in alarms)
    assert string_of(entry, "A").alarms == []
    await asyncio.sleep(60)
    over = [event.data for event in told if event.data["type"] == "alarm_cleared"]
    assert len(over) == len(KINDS)
    assert {(event["kind"], event["device_id"]) for event in over} == {(kind, device) for kind in KINDS}


@pytest.mark.parametrize(
    ("same", "after"),
    [
        ("address", [("A4", 4), ("A3", 3), ("A2", 2), ("A1", 1)]),
        ("place", [("A1", 4), ("A2", 3), ("A3", 2), ("A4", 1)]),
    ],
)
async def test_another_order_of_addresses_has_two_meanings(
    hass: HomeAssistant, start: Start, same: str, after: list[tuple[str, int]]
) -> None:
    entry = await start()
    before = all_of(hass, entry)
    asked = await change(hass, entry, same=same, addresses="4, 3, 2, 1")
    assert offered(asked) == ["address", "place"]
    assert places(entry) == after
    assert all_of(hass, entry) == before
    await change(hass, entry, same=same, addresses="1-4")  # there is a way back
    assert places(entry) == list(zip(BATTERIES, range(1, 5), strict=True))
    assert all_of(hass, entry) == before


async def test_all_modules_got_other_addresses(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    before = all_of(hass, entry)
    asked = await change(hass, entry, same="place", addresses="21-24")
    assert offered(asked) == ["place", "address"]  # the likeliest first
    assert said(asked) == [
        "**If its position in the list is the same**",
        "- Battery 1-4 (address 1-4) stays and gets address 21-24.",
        "**If its address is the same**",
        "- Battery 1-4 (address 1-4) is removed. Its history ends.",
        "- New battery 1-4 (address 21-24).",
    ]
    assert places(entry) == list(zip(BATTERIES, range(21, 25), strict=True))
    assert all_of(hass, entry) == before
    await until(hass, "sensor.my_a4", lambda state: float(state) > 13)


async def test_all_batteries_are_others(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    await change(hass, entry, same="address", addresses="21-24")
    assert not {battery for battery, _ in places(entry)} & set(BATTERIES)
    assert all(one.baseline is None for one in string_of(entry, "A").state.resistances.values())
    assert (await rows(entry, string_of(entry, "A").id))["tests"] == set(BATTERIES)


async def test_who_closes_the_page_has_changed_nothing(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    before, data = all_of(hass, entry), dict(next(iter(entry.subentries.values())).data)
    flow = StringFlow(hass, entry)
    shown = suggestions(await flow.change("A"))  # type: ignore[arg-type]
    asked = await flow.answer(**shown | {"addresses": "1", "name": "Other"})
    assert asked["step_id"] == "change_confirm"
    hass.config_entries.subentries.async_abort(flow.id)
    await settled(hass, entry)
    assert dict(next(iter(entry.subentries.values())).data) == data
    assert all_of(hass, entry) == before


async def test_an_address_that_is_taken_while_one_thinks(hass: HomeAssistant, start: Start) -> None:
    entry = await start(string_data(11, 3, 14, name="B"))
    flow, other = StringFlow(hass, entry), StringFlow(hass, entry)
    shown = suggestions(await flow.change("A"))  # type: ignore[arg-type]
    assert (await flow.answer(**shown | {"addresses": "1-4, 21"}))["step_id"] == "change_confirm"
    shown = suggestions(await other.change("B"))  # type: ignore[arg-type]
    assert (await other.answer(**shown | {"addresses": "11-13, 21"}))["step_id"] == "change_confirm"
    await other.answer()
    await settled(hass, entry)
    refused = await flow.answer()
    assert (refused["step_id"], refused["errors"]) == ("change", refused_at("addresses", "address_taken"))


def test_the_ways_to_tell_which_battery_is_which() -> None:
    before = [{"id": f"A{address}", "address": address} for address in range(1, 5)]

    def ways(*addresses: int) -> dict[str, list[str]]:
        found = assignments(addresses, before)
        return {way: [one["id"] if len(one["id"]) == 2 else "new" for one in ids] for way, ids in found.items()}

    assert ways(1, 2, 3, 4) == {SameBattery.ADDRESS: ["A1", "A2", "A3", "A4"]}
    assert list(ways(1, 2, 4)) == ["address", "place"]
    assert list(ways(1, 22, 3, 4)) == ["place", "address"]
    swapped_and_moved = ways(2, 1, 9, 4)
    assert list(swapped_and_moved) == ["either", "address", "place"]
    assert swapped_and_moved["either"] == ["A2", "A1", "A3", "A4"]
    assert assignments([1, 2], []).keys() == {SameBattery.ADDRESS}


# To another string


async def move(
    hass: HomeAssistant, entry: MockConfigEntry, to: str, *batteries: str, **answers: Any
) -> tuple[StringFlow, Step]:
    """Choose batteries of A and where they go; return the page that asks for the last yes."""
    flow = StringFlow(hass, entry)
    await flow.change("A", "move")
    return flow, await flow.answer(batteries=list(batteries), to=to)


async def test_a_string_is_split(hass: HomeAssistant, start: Start) -> None:
    entry = await start(limits={"temperature_high_warning": 33.0}, test_days=7)
    before, old = all_of(hass, entry), string_of(entry, "A")
    removed = async_capture_events(hass, er.EVENT_ENTITY_REGISTRY_UPDATED)
    flow, asked = await move(hass, entry, "new_string", "A4", "A3")
    assert said(asked) == ["- Battery 3-4 (address 3-4) goes to “A new string” as number 1-2."]
    assert suggestions(asked) == {"name": "String 2"}  # type: ignore[arg-type]
    taken = await flow.answer(name="A", string_module_address=5)
    assert taken["errors"] == refused_at("name", "name_taken")
    assert (await flow.answer(name=" ", string_module_address=14))["errors"] == refused_at("name", "bad_text")
    done = await flow.answer(name="Half", string_module_address=14)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "moved")
    await settled(hass, entry)

    assert (places(entry), places(entry, "Half")) == ([("A1", 1), ("A2", 2)], [("A3", 3), ("A4", 4)])
    assert all_of(hass, entry) == before
    assert not [event for event in removed if event.data["action"] == "remove"]
    half = string_of(entry, "Half")
    assert half.config["limits"] == {"temperature_high_warning": 33.0}
    assert (half.config["test_days"], half.config["capacity"], half.config["chemistry"]) == (7, 100, "vrla_agm")
    assert half.state.learned.capacity == string_of(entry, "A").state.learned.capacity == 88.0
    assert set(half.state.learned.curves) == {"A3", "A4"}
    assert await rows(entry, old.id) == {
        "tests": {"A1", "A2"},
        "baselines": {"A1", "A2"},
        "replacements": {"A2"},
        "alarms": set(),
    }
    assert await rows(entry, half.id) == {
        "tests": {"A3", "A4"},
        "baselines": {"A3", "A4"},
        "replacements": set(),
        "alarms": {"A3"},
    }
    journal = entry.runtime_data.journal_writer.journal
    (discharge,) = await journal.discharges(old.id)  # it happened to the whole string
    assert set(await journal.curve(old.id, discharge.start)) == set(BATTERIES)
    assert await journal.discharges(half.id) == []
    device = dr.async_get(hass).async_get(before["A3"]["device"][0])
    assert isinstance(device, dr.DeviceEntry)
    assert (device.name, device.name_by_user) == ("Half battery 1", "Block A3")
    assert device.via_device_id == device_of(hass, entry, half.id)
    await until(hass, "sensor.my_a3", lambda state: float(state) > 13)
    await until(hass, "sensor.half_voltage", lambda state: 25 < float(state) < 30)
    await until(hass, "sensor.a_voltage", lambda state: 25 < float(state) < 30)

    # A restart begins with the same.
    assert await hass.config_entries.async_reload(entry.entry_id)
    assert all_of(hass, entry) == before


async def test_batteries_go_to_another_string_and_back(hass: HomeAssistant, start: Start) -> None:
    entry = await start(string_data(11, 3, 14, name="B"))
    before = all_of(hass, entry)
    a, b = string_of(entry, "A").id, string_of(entry, "B").id
    flow, asked = await move(hass, entry, b, "A2", WEAK)
    assert asked["step_id"] == "move_confirm"
    assert said(asked) == [
        "- Battery 2-3 (address 2-3) goes to “B” as number 4-5.",
        "- Battery 4 (address 4) becomes number 2.",
    ]
    assert (await flow.answer())["reason"] == "moved"
    await settled(hass, entry)
    assert places(entry, "B")[3:] == [("A2", 2), ("A3", 3)]
    assert all_of(hass, entry) == before
    assert (await rows(entry, b))["replacements"] == {"A2"}
    assert string_of(entry, "B").state.learned.capacity is None  # what it can is for a discharge to say

    back = StringFlow(hass, entry)
    await back.change("B", "move")
    await back.answer(batteries=["A2", "A3"], to=a)
    assert (await back.answer())["reason"] == "moved"
    await settled(hass, entry)
    assert places(entry) == [("A1", 1), ("A4", 4), ("A2", 2), ("A3", 3)]
    assert all_of(hass, entry) == before
    await change(hass, entry, same="address", addresses="1-4")
    assert places(entry) == list(zip(BATTERIES, range(1, 5), strict=True))
    assert all_of(hass, entry) == before


async def test_no_battery_is_chosen_at_first(hass: HomeAssistant, start: Start) -> None:
    """Without a suggestion the form of Home Assistant would choose the first one."""
    flow = StringFlow(hass, await start())
    assert suggestions(await flow.change("A", "move"))["batteries"] == []  # type: ignore[arg-type]


async def test_what_cannot_be_moved(hass: HomeAssistant, start: Start) -> None:
    entry = await start(string_data(11, 3, 14, name="B", chemistry="nicd"))
    flow, refused = await move(hass, entry, string_of(entry, "B").id, "A1")
    assert refused["errors"] == {"to": "other_batteries"}
    refused = await flow.answer(batteries=list(BATTERIES), to="new_string")
    assert refused["errors"] == {"batteries": "last_battery"}
    refused = await flow.answer(batteries=[], to="new_string")
    assert refused["errors"] == {"batteries": "none_chosen"}
    assert (await flow.answer(batteries=["A1"], to="new_string"))["step_id"] == "move_to_new"
    await hass.config_entries.async_unload(entry.entry_id)
    stopped = await flow.answer(name="C")
    assert (stopped["type"], stopped["reason"]) == (FlowResultType.ABORT, "not_running")


async def test_a_battery_that_went_elsewhere_while_one_thinks(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    flow, _ = await move(hass, entry, "new_string", "A4")
    other, _ = await move(hass, entry, "new_string", "A4")
    await other.answer(name="First")
    await settled(hass, entry)
    late = await flow.answer(name="Second")
    assert (late["step_id"], late["errors"]) == ("move", {"batteries": "none_chosen"})
    assert len(entry.subentries) == 2


async def test_a_string_that_is_removed_while_one_thinks(hass: HomeAssistant, start: Start) -> None:
    entry = await start(string_data(11, 3, 14, name="B"))
    b = string_of(entry, "B").id
    flow, _ = await move(hass, entry, b, "A4")
    assert hass.config_entries.async_remove_subentry(entry, b)
    await settled(hass, entry)
    late = await flow.answer()
    assert (late["step_id"], late["errors"]) == ("move", {"to": "other_batteries"})
    assert all_of(hass, entry)


async def test_a_journal_that_cannot_be_written_refuses_the_move(
    hass: HomeAssistant, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await start()
    before = all_of(hass, entry)
    flow, _ = await move(hass, entry, "new_string", "A3", "A4")
    await backup.async_pre_backup(hass)  # the journal is let go of
    refused = await flow.answer(name="Half")
    assert refused["errors"] == {"base": "journal_unwritable"}
    assert suggestions(refused) == {"name": "Half"}  # type: ignore[arg-type]
    await backup.async_post_backup(hass)

    # Another program has it: found out when the line is stopped already.
    path = journal_path(hass, entry.entry_id)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("CREATE TRIGGER full BEFORE UPDATE ON tests BEGIN SELECT RAISE(FAIL, 'disk full'); END")
    refused = await flow.answer(name="Half")
    await settled(hass, entry)
    assert refused["errors"] == {"base": "journal_unwritable"}
    assert caplog.text.count("The batteries stay in A") == 1
    assert len(entry.subentries) == 1
    assert all_of(hass, entry) == before
    assert (await rows(entry, string_of(entry, "A").id))["tests"] == set(BATTERIES)

    other.execute("DROP TRIGGER full")
    other.close()
    assert (await flow.answer(name="Half"))["reason"] == "moved"
    await settled(hass, entry)
    assert all_of(hass, entry) == before


async def test_a_journal_that_turns_out_damaged_refuses_the_move(
    hass: HomeAssistant, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    entry = await start()
    flow, _ = await move(hass, entry, "new_string", "A3", "A4")
    path = journal_path(hass, entry.entry_id)
    entry.async_on_unload(lambda: (path.write_bytes(b"no journal" * 1000), None)[1])
    refused = await flow.answer(name="Half")
    await settled(hass, entry)
    assert refused["errors"] == {"base": "journal_unwritable"}
    (aside,) = path.parent.glob(f"{path.name}.damaged-*")
    assert caplog.text.count(str(aside)) == 1
    assert len(entry.subentries) == 1
    assert (await flow.answer(name="Half"))["reason"] == "moved"
    await settled(hass, entry)


def test_a_discharge_under_way_tells_nothing_of_other_batteries() -> None:
    discharge = Discharge(start=100.0)
    last = {one: Last(seconds=1.0, voltage=12.0) for one in ("", *BATTERIES)}
    curve = Curve(capacity=88.0, current=10.0, points=((0.0, 12.5), (88.0, 10.8)))
    whole = Known(
        running=Running(
            at=200.0,
            charge=Charge(state=0.7),
            counters=Counters(drawn=40.0),
            recording=Recording(discharge=discharge, last=last),
            since={"silent A1": 1.0, "silent A2": 2.0, "silent ": 3.0, "line": 4.0},
            tested={"A1": 5.0, "A2": 6.0},
            asked={"A1": 7.0},
        ),
        learned=Learned(capacity=88.0, curves={"": curve, "A1": curve, "A2": curve}),
    )
    left, new = moved(["A1"], whole, begun(whole))
    assert left.running.recording is not None
    assert not left.running.recording.whole
    assert left.running.recording.discharge.interrupted
    assert set(left.running.recording.last) == {"", "A2", "A3", "A4"}
    assert (set(left.running.since), set(left.running.tested)) == ({"silent A2", "silent ", "line"}, {"A2"})
    assert (set(new.running.since), set(new.running.tested), set(new.running.asked)) == ({"silent A1"}, {"A1"}, {"A1"})
    assert (set(left.learned.curves), set(new.learned.curves)) == ({"A2"}, {"A1"})
    assert (new.running.charge.state, new.running.counters, new.running.recording) == (0.7, Counters(), None)

    there = Known(running=Running(recording=Recording(discharge=discharge)), learned=Learned(curves={"": curve}))
    _, joined = moved(["A1"], whole, there)
    assert joined.running.recording is not None
    assert not joined.running.recording.whole
    assert joined.learned.curves == {"A1": curve}


# A new battery in an old place


async def test_a_replacement_told_late_brings_no_old_baseline_back(hass: HomeAssistant, start: Start) -> None:
    entry = await start()
    device_id = device_of(hass, entry, "A1")
    await hass.services.async_call(
        "number",
        "set_value",
        {"entity_id": "number.a_battery_1_baseline_resistance", "value": 9.0},  # of the old one, as it turns out
        blocking=True,
    )
    day = (dt_util.now() - timedelta(days=10)).date().isoformat()
    await hass.services.async_call(DOMAIN, "battery_replaced", {"device_id": device_id, "date": day}, blocking=True)
    assert string_of(entry, "A").state.resistances["A1"].baseline is None
    await hass.config_entries.async_reload(entry.entry_id)
    ohmic = string_of(entry, "A").state.resistances["A1"]
    assert ohmic.baseline is None
    assert len(ohmic.tests) == 1  # of two days ago, the new battery's


# Versions

RELEASED: dict[str, Any] = {  # as the first release wrote it
    "version": 1,
    "minor_version": 1,
    "data": {"connection": "serial", "baudrate": FAST, "parity": "N"},
    "subentries_data": [
        {
            "data": {
                "batteries": [
                    {"id": f"01JQ0000000000000000000{number:03}", "address": number} for number in range(1, 5)
                ],
                "battery_module": "ta",
                "string_module_address": 5,
                "string_module": "tc",
                "invert_current": False,
                "nominal_voltage": 12.0,
                "capacity": 100,
                "chemistry": "vrla_agm",
                "installed": None,
            },
            "subentry_id": "01JQ0000000000000000000STR",
            "subentry_type": "string",
            "title": "A",
            "unique_id": None,
        }
    ],
}


@pytest.mark.parametrize(("version", "becomes"), [((1, 1), (2, 1)), ((2, 1), (2, 1)), ((2, 2), (2, 2))])
async def test_an_entry_of_the_first_release_or_of_a_later_minor_one(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    port: Any,
    version: tuple[int, int],
    becomes: tuple[int, int],
) -> None:
    plug(bank)
    data = RELEASED["data"] | {"device": str(port)}
    stored = RELEASED | {"version": version[0], "minor_version": version[1], "data": data}
    entry = MockConfigEntry(domain=DOMAIN, title="Line", unique_id=str(port), **stored)
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    assert (entry.version, entry.minor_version) == becomes
    entities = er.async_get(hass)
    for number in range(1, 5):
        battery = f"01JQ0000000000000000000{number:03}"
        assert (
            entities.async_get_entity_id("sensor", DOMAIN, f"{battery}_voltage") == f"sensor.a_battery_{number}_voltage"
        )
        device_of(hass, entry, battery)
    assert entities.async_get_entity_id("sensor", DOMAIN, "01JQ0000000000000000000STR_voltage") == "sensor.a_voltage"
    assert dict(entry.data) == data
    assert [dict(one.data) for one in entry.subentries.values()] == [RELEASED["subentries_data"][0]["data"]]


async def test_an_entry_of_a_later_major_version_is_refused(
    hass: HomeAssistant, line_entry: Callable[..., MockConfigEntry], caplog: pytest.LogCaptureFixture
) -> None:
    entry = line_entry()
    hass.config_entries.async_update_entry(entry, version=3)
    assert not await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.MIGRATION_ERROR
    assert "has version 3 which is higher than the current version 2" in caplog.text
