"""Automations on what happens to a bank: the event, each trigger, each condition, and the logbook."""

import asyncio
from collections.abc import Callable
from typing import Any

from conftest import FAST, device_of, eventually, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_mock_service
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.battery_bank import logbook
from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery import resistance
from custom_components.battery_bank.monitor.battery.events import BecameWeak, Replaced, ResistanceTest
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.model import Chemistry
from homeassistant.components.device_automation import DeviceAutomationType, async_get_device_automations
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator.bank import Bank, build
from simulator.wire import Terminal

EVENT = "battery_bank_event"
OF_ALARMS = ["alarm_raised", "alarm_lowered", "alarm_acknowledged", "alarm_cleared"]
OF_DISCHARGES = ["discharge_started", "discharge_ended"]
OF_CAPACITY_TESTS = ["capacity_test_end_voltage", "capacity_test_finished"]  # needs a current
OF_TESTS = ["battery_became_weak", "resistance_test_finished"]


@pytest.fixture
def bank() -> Bank:
    """Return four batteries with a TC, and one with a TV at 11."""
    return build(
        {
            "line": {"baud": FAST},
            "string": [
                {"name": "A", "batteries": 4, "string_module": 5, "tested": False},
                {"name": "V", "batteries": 1, "battery_module": "tv", "first_address": 11},
            ],
        }
    )


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return the running line of that bank."""
    plug(bank)
    entry = line_entry(string_data(), string_data(11, 1, None, name="V", battery_module="tv"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_state", lambda state: state == "float", seconds=600)
    return entry


def string_of(hass: HomeAssistant, entry: MockConfigEntry, name: str = "A") -> str:
    """Return the device of a string."""
    (found,) = (one.subentry_id for one in entry.subentries.values() if one.title == name)
    return device_of(hass, entry, found)


def on(device: str, kind: str, /, **fields: Any) -> dict[str, Any]:
    """Return an automation that fires an event for each trigger."""
    return {
        "alias": f"{kind} {len(fields)}",
        "mode": "parallel",
        "triggers": [{"trigger": "device", "domain": DOMAIN, "device_id": device, "type": kind} | fields],
        "actions": [
            {
                "event": "heard",
                "event_data": {
                    "type": kind,
                    "fields": fields,
                    "message": "{{ trigger.event.data.message }}",
                    "what_to_do": "{{ trigger.event.data.what_to_do }}",
                },
            }
        ],
    }


async def automate(hass: HomeAssistant, *automations: dict[str, Any]) -> list[Event[Any]]:
    """Set automations up, and return the events that they will fire."""
    assert await async_setup_component(hass, "automation", {"automation": list(automations)})
    await hass.async_block_till_done()
    return async_capture_events(hass, "heard")


async def hears(heard: list[Event[Any]], *kinds: str, seconds: float = 60.0) -> None:
    """Wait until just these events were fired, in any order, and forget them."""
    await eventually(lambda: len(heard) >= len(kinds), seconds=seconds)
    await asyncio.sleep(2)
    assert sorted(event.data["type"] for event in heard) == sorted(kinds)
    heard.clear()


async def drill(hass: HomeAssistant, device: str, kind: str, level: str = "alarm", minutes: float = 60.0) -> None:
    data = {"device_id": device, "kind": kind, "level": level, "duration": {"minutes": minutes}}
    await hass.services.async_call(DOMAIN, "simulate_alarm", data, blocking=True)


async def acknowledge(hass: HomeAssistant, device: str) -> None:
    await hass.services.async_call(DOMAIN, "acknowledge_alarms", {"device_id": [device]}, blocking=True)


async def offered(hass: HomeAssistant, automation_type: DeviceAutomationType, device: str) -> set[str]:
    """Return the types of automations that a device offers of ours."""
    found = await async_get_device_automations(hass, automation_type, [device])
    return {one["type"] for one in found[device] if one["domain"] == DOMAIN}


async def test_what_a_device_offers(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    line, string, battery = device_of(hass, entry, entry.entry_id), string_of(hass, entry), device_of(hass, entry, "A1")
    other, of_other = string_of(hass, entry, "V"), device_of(hass, entry, "V11")
    triggers = {
        device: await offered(hass, DeviceAutomationType.TRIGGER, device)
        for device in (line, string, battery, other, of_other)
    }
    assert triggers[line] == triggers[string] == {*OF_ALARMS, *OF_DISCHARGES, *OF_TESTS, *OF_CAPACITY_TESTS}
    assert triggers[battery] == {*OF_ALARMS, *OF_TESTS}
    assert triggers[other] == {*OF_ALARMS, *OF_DISCHARGES}  # a TV measures no resistance
    assert triggers[of_other] == set(OF_ALARMS)
    alarms = {"has_alarm", "has_unacknowledged_alarm"}
    assert await offered(hass, DeviceAutomationType.CONDITION, line) == alarms
    assert await offered(hass, DeviceAutomationType.CONDITION, string) == {"is_in_state", *alarms}
    assert await offered(hass, DeviceAutomationType.CONDITION, battery) == alarms
    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await offered(hass, DeviceAutomationType.TRIGGER, string) == triggers[string]


async def test_fields_have_names_that_people_know(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    assert await async_setup_component(hass, "device_automation", {})
    client = await hass_ws_client(hass)

    async def fields(sort: str, device: str, kind: str) -> dict[str, Any]:
        asked = {"domain": DOMAIN, "device_id": device, "type": kind}
        asked |= {"platform": "device"} if sort == "trigger" else {"condition": "device"}
        await client.send_json_auto_id({"type": f"device_automation/{sort}/capabilities", sort: asked})
        answer = await client.receive_json()
        return {
            field["name"]: {one["value"]: one["label"] for one in field["selector"]["select"]["options"]}
            for field in answer["result"].get("extra_fields", [])
        }

    string, battery = string_of(hass, entry), device_of(hass, entry, "A1")
    of_string, of_battery = (
        await fields("trigger", string, "alarm_raised"),
        await fields("trigger", battery, "alarm_raised"),
    )
    assert of_string["kind"]["hydrogen"] == "Hydrogen"
    assert of_string["level"] == {"warning": "Warning", "alarm": "Alarm"}
    assert "hydrogen" not in of_battery["kind"]
    assert of_battery["kind"]["module_silent"] == "Module offline"
    assert await fields("trigger", string, "discharge_started") == {}
    assert (await fields("condition", string, "is_in_state"))["state"]["boost"] == "Boost or equalise"
    assert set(await fields("condition", battery, "has_alarm")) == {"level", "kind"}
    assert await fields("trigger", "nobody", "alarm_raised") == await fields("condition", "nobody", "has_alarm") == {}


async def test_alarms_of_a_battery_are_heard_by_it_its_string_and_its_line(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    line, string = device_of(hass, entry, entry.entry_id), string_of(hass, entry)
    battery, other = device_of(hass, entry, "A1"), device_of(hass, entry, "A2")
    events = async_capture_events(hass, EVENT)
    heard = await automate(
        hass,
        *(on(battery, kind) for kind in OF_ALARMS),
        *(on(string, kind) for kind in ("alarm_raised", "alarm_cleared")),
        on(line, "alarm_raised"),
        *(on(other, kind) for kind in OF_ALARMS),  # which are of another battery
    )
    await drill(hass, battery, "thermal_runaway", minutes=0.5)
    await hears(heard, *["alarm_raised"] * 3)
    await acknowledge(hass, battery)
    await hears(heard, "alarm_acknowledged")
    await hears(heard, *["alarm_cleared"] * 2, seconds=120)
    raised, acknowledged, cleared = (event.data for event in events)
    assert (
        raised.items()
        >= {
            "type": "alarm_raised",
            "device_id": battery,
            "string_device_id": string,
            "line_device_id": line,
            "string": "A",
            "battery": 1,
            "kind": "thermal_runaway",
            "name": "Test alarm: Thermal runaway",
            "level": "alarm",
            "worst": "alarm",
            "drill": True,
            "message": "A battery 1: Test alarm: Thermal runaway",
        }.items()
    )
    assert raised["what_to_do"].startswith("Danger: stop the charge")
    assert acknowledged["message"] == "Alarm acknowledged, A battery 1: Test alarm: Thermal runaway"
    assert cleared["message"] == "Alarm cleared, A battery 1: Test alarm: Thermal runaway"
    assert all(type(value) in (str, int, float, bool, type(None)) for value in raised.values())


async def test_an_alarm_can_be_narrowed_down(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    string = string_of(hass, entry)
    heard = await automate(
        hass,
        on(string, "alarm_raised", level="alarm"),
        on(string, "alarm_raised", level="warning", kind="hydrogen"),
        on(string, "alarm_cleared", level="alarm"),
    )
    await drill(hass, string, "hydrogen", "warning", minutes=0.5)
    await hears(heard, "alarm_raised")
    await drill(hass, string, "undercharge", "warning", minutes=0.5)
    await drill(hass, string, "ambient_high", minutes=1)
    await hears(heard, "alarm_raised")
    await hears(heard, "alarm_cleared", seconds=120)  # the last of three


async def test_triggers_outlive_a_reload_and_a_renamed_device_is_called_so(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    string, battery = string_of(hass, entry), device_of(hass, entry, "A1")
    dr.async_get(hass).async_update_device(battery, name_by_user="Starter")
    events = async_capture_events(hass, EVENT)
    heard = await automate(hass, on(string, "alarm_raised"))
    await drill(hass, battery, "deviation")
    await hears(heard, "alarm_raised")
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done()
    await drill(hass, battery, "voltage_low")
    await hears(heard, "alarm_raised")
    assert [event.data["kind"] for event in events] == ["deviation", "voltage_low"]  # and none of them again
    assert events[0].data["message"] == "Starter: Test alarm: Voltage deviation"


async def test_triggers_are_set_up_before_the_line_is(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    string = string_of(hass, entry)
    assert await hass.config_entries.async_unload(entry.entry_id)
    heard = await automate(hass, on(string, "alarm_raised"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await drill(hass, string, "hydrogen")
    await hears(heard, "alarm_raised")


async def test_discharges_tests_and_weak_batteries_are_heard(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry
) -> None:
    string, battery, other = string_of(hass, entry), device_of(hass, entry, "A3"), device_of(hass, entry, "A4")
    events = async_capture_events(hass, EVENT)
    heard = await automate(
        hass,
        *(on(string, kind) for kind in (*OF_DISCHARGES, *OF_TESTS)),
        *(on(battery, kind) for kind in OF_TESTS),
        on(other, "battery_became_weak"),
    )
    bank.modules[3].battery.resistance_factor *= 1.4  # type: ignore[attr-defined]
    tested = {"device_id": [string]}
    await hass.services.async_call(DOMAIN, "start_resistance_test", tested, blocking=True)
    await hears(heard, *["battery_became_weak"] * 2, *["resistance_test_finished"] * 5, seconds=600)
    weak = next(event.data for event in events if event.data["type"] == "battery_became_weak")
    assert weak["device_id"] == battery
    assert (weak["battery"], weak["risk"], weak["limit"], weak["unit"]) == (3, "weak", 130, "%")
    assert 130 < weak["value"] < 145  # of the median of those tested so far
    assert weak["message"] == f"Battery became weak, A battery 3: {weak['value']:g} % (130 %)"
    assert weak["what_to_do"].startswith("Check the connections")
    finished = [event.data for event in events if event.data["type"] == "resistance_test_finished"]
    assert {one["battery"] for one in finished} == {1, 2, 3, 4}
    assert all(one["usable"] and 1 < one["value"] < 20 and one["temperature"] for one in finished)
    assert finished[0]["message"].endswith("mΩ")

    # It is no news after a restart, nor when it is tested again.
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, "sensor.a_battery_3_risk", lambda state: state == "weak")
    await hass.services.async_call(DOMAIN, "start_resistance_test", {"device_id": [battery]}, blocking=True)
    await hears(heard, *["resistance_test_finished"] * 2, seconds=300)

    bank.strings["A"].mains = False
    await hears(heard, "discharge_started", seconds=300)
    await asyncio.sleep(120)
    bank.strings["A"].mains = True
    await hears(heard, "discharge_ended", seconds=300)
    started, ended = (event.data for event in events if event.data["type"].startswith("discharge"))
    assert started["device_id"] == started["string_device_id"] == string
    assert started["message"] == f"Discharge started, A: {round(started['start_voltage'], 2):g} V"
    assert ended["duration"] > 0
    assert ended["drawn"] > 0
    assert ended["message"].startswith("Discharge ended, A: ")
    assert ended["message"].endswith(" V")


@pytest.mark.parametrize(
    ("device", "kind", "fields"),
    [
        ("A1", "discharge_started", {}),
        ("A1", "alarm_raised", {"kind": "hydrogen"}),
        ("A", "discharge_ended", {"level": "alarm"}),
    ],
)
async def test_what_never_happens_is_refused(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    device: str,
    kind: str,
    fields: dict[str, str],
) -> None:
    found = string_of(hass, entry) if device == "A" else device_of(hass, entry, device)
    await automate(hass, on(found, kind, **fields))
    assert f"“{kind}” can't happen to this device" in caplog.text


async def test_what_is_never_true_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await automate(hass, asking(device_of(hass, entry, "A1"), "is_in_state", state="float"))
    assert "“is_in_state” can't be true for this device" in caplog.text


def asking(device: str, kind: str, /, **fields: Any) -> dict[str, Any]:
    """Return an automation that acts when asked to, if a condition is met."""
    condition = {"condition": "device", "domain": DOMAIN, "device_id": device, "type": kind}
    return {
        "alias": f"{kind} {fields}",
        "triggers": [{"trigger": "event", "event_type": "asked"}],
        "conditions": [condition | fields],
        "actions": [{"action": "test.yes", "data": {"type": kind, "device": device, **fields}}],
    }


async def test_conditions(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    yes = async_mock_service(hass, "test", "yes")
    line, string = device_of(hass, entry, entry.entry_id), string_of(hass, entry)
    battery, other = device_of(hass, entry, "A2"), device_of(hass, entry, "A1")
    places = {line: "line", string: "string", battery: "battery", other: "other"}
    await automate(
        hass,
        asking(string, "is_in_state", state="float"),
        asking(string, "is_in_state", state="discharge"),
        *(asking(place, "has_alarm", level="warning") for place in places),
        asking(string, "has_alarm", level="alarm"),
        asking(string, "has_alarm", level="warning", kind="module_silent"),
        asking(string, "has_alarm", level="warning", kind="hydrogen"),
        asking(battery, "has_unacknowledged_alarm", level="warning"),
    )

    async def true() -> list[tuple[str, ...]]:
        hass.bus.async_fire("asked")
        await hass.async_block_till_done()
        answers = [(call.data["type"], places[call.data["device"]], *list(call.data.values())[2:]) for call in yes]
        yes.clear()
        return sorted(answers)

    floating = ("is_in_state", "string", "float")
    assert await true() == [floating]
    await drill(hass, battery, "deviation")
    await until(hass, "sensor.a_alarm_level", lambda state: state == "drill")
    assert await true() == [floating]  # a drill is no alarm
    bank.faults.dead.add(2)
    await until(hass, "sensor.a_alarm_level", lambda state: state == "warning", seconds=1200)
    silent = [
        ("has_alarm", "battery", "warning"),
        ("has_alarm", "line", "warning"),
        ("has_alarm", "string", "warning"),
        ("has_alarm", "string", "warning", "module_silent"),
    ]
    assert await true() == [*silent, ("has_unacknowledged_alarm", "battery", "warning"), floating]
    await acknowledge(hass, battery)
    assert await true() == [*silent, floating]

    assert await hass.config_entries.async_unload(entry.entry_id)
    assert await true() == []
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert set(silent) <= set(await true())


def test_a_battery_becomes_weak_once() -> None:
    settings = Settings(batteries=("a",), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100.0)
    ohmics: resistance.ResistanceStates = {}
    day = 1.8e9
    told: list[BecameWeak] = []

    def tested(ratio: float) -> list[bool]:
        """Return whether each event says that the battery has to be replaced."""
        nonlocal ohmics, day
        day += 86400.0
        test = ResistanceTest(battery="a", at=day, ohmic_value=0.005 * ratio)
        ohmics, events = resistance.tested(settings, ohmics, test)
        weak = [event for event in events if isinstance(event, BecameWeak)]
        told.extend(weak)
        return [event.to_replace for event in weak]

    assert tested(1.0) == []
    ohmics, events = resistance.typed(settings, ohmics, "a", 0.005, day)
    assert not any(isinstance(event, BecameWeak) for event in events)
    assert tested(1.25) == []
    assert tested(1.35) == [False]
    assert tested(1.36) == []  # it is known
    assert tested(1.6) == []  # it was weak already, and its alarm says how bad it is now
    assert [tested(1.0), tested(1.0)] == [[], []]  # two good tests in a row end it
    assert tested(1.6) == [True]
    assert [event.ratio for event in told] == [pytest.approx(1.35), pytest.approx(1.6)]
    assert [event.limit for event in told] == [pytest.approx(1.3), pytest.approx(1.5)]
    again = resistance.remembered(settings, ohmics["a"].tests, [ohmics["a"].baseline], [], day)  # type: ignore[list-item]
    assert again["a"].risk == ohmics["a"].risk
    _, events = resistance.tested(settings, again, ResistanceTest(battery="a", at=day + 1, ohmic_value=0.008))
    assert not any(isinstance(event, BecameWeak) for event in events)  # nor after a restart
    new = Replaced(battery="a", at=day + 2)
    ohmics, _ = resistance.replaced(settings, ohmics, new, day + 2)
    day += 3
    assert tested(1.6) == []  # nothing to compare the new one with


async def test_the_logbook_says_it_in_words(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    described: dict[str, Callable[[Event[Any]], dict[str, str]]] = {}

    def describe(domain: str, event_type: str, words: Callable[[Event[Any]], dict[str, str]]) -> None:
        assert domain == DOMAIN
        described[event_type] = words

    logbook.async_describe_events(hass, describe)
    events = async_capture_events(hass, EVENT)
    await drill(hass, string_of(hass, entry), "hydrogen")
    await eventually(lambda: events)
    assert described[EVENT](events[0]) == {"name": "A", "message": "A: Test alarm: Hydrogen"}


async def test_a_device_of_others_has_none_of_this(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    from custom_components.battery_bank import device_condition, device_trigger

    others = MockConfigEntry(domain="other")
    others.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(config_entry_id=others.entry_id, identifiers={("other", "1")}).id
    assert await device_trigger.async_get_triggers(hass, device) == []
    assert await device_condition.async_get_conditions(hass, device) == []
    config = {"condition": "device", "domain": DOMAIN, "device_id": device, "type": "has_alarm", "level": "alarm"}
    with pytest.raises(HomeAssistantError):
        await device_condition.async_validate_condition_config(hass, config)
