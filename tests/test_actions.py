"""What a person can make a module do: resistance tests by button and action, and blinking."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import FAST, device_of, eventually, string_data, until, until_gone, until_unknown
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser, async_capture_events

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError, Unauthorized
from homeassistant.helpers import device_registry as dr
from simulator.bank import Bank, build
from simulator.modules import TA, TV
from simulator.wire import Terminal

RUNNING = "binary_sensor.a_resistance_test"
PROGRESS = "sensor.a_resistance_test_progress"
UNDER_TEST = "sensor.a_battery_under_test"


@pytest.fixture
def bank() -> Bank:
    """Return a bank of two batteries never tested, at 1 and 2, and one TV at 11."""
    return build(
        {
            "line": {"baud": FAST},
            "string": [
                {"name": "A", "batteries": 2, "tested": False, "string_module": 5},
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
    entry = line_entry(string_data(count=2), string_data(11, 1, None, name="V", battery_module="tv"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 13)
    await until(hass, "sensor.v_battery_1_voltage", lambda state: float(state) > 13)
    return entry


async def press(hass: HomeAssistant, entity_id: str) -> None:
    await hass.services.async_call("button", "press", {"entity_id": entity_id}, blocking=True)


async def start(hass: HomeAssistant, entry: MockConfigEntry, *identifiers: str) -> Any:
    devices = dr.async_get(hass)
    ids = []
    for identifier in identifiers:
        device = devices.async_get_device_by_identifier((DOMAIN, identifier), entry.entry_id)
        ids.append(device.id if device else identifier)
    return await hass.services.async_call(
        DOMAIN, "start_resistance_test", {"device_id": ids}, blocking=True, return_response=True
    )


@pytest.mark.usefixtures("all_enabled")
async def test_a_string_is_tested_battery_by_battery(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    resistance = hass.states.get("sensor.a_battery_1_internal_resistance")
    assert resistance is not None
    assert resistance.state == "unknown"
    string_id = next(iter(entry.subentries))
    assert await start(hass, entry, string_id) == {"batteries": 2}
    assert await start(hass, entry, "A2") == {"batteries": 0}  # it is in the queue already
    await until(hass, RUNNING, lambda state: state == "on")
    await until(hass, UNDER_TEST, lambda state: state == "1")
    await until(hass, PROGRESS, lambda state: float(state) == 0)
    await until(hass, UNDER_TEST, lambda state: state == "2")
    await until(hass, PROGRESS, lambda state: float(state) == 50)
    await until(hass, RUNNING, lambda state: state == "off")
    await until(hass, PROGRESS, lambda state: float(state) == 100)
    for battery in (1, 2):
        await until(hass, f"sensor.a_battery_{battery}_internal_resistance", lambda state: 4 < float(state) < 5)


@pytest.mark.usefixtures("all_enabled")
async def test_a_battery_is_tested_by_its_button(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await press(hass, "button.a_battery_2_start_resistance_test")
    await until(hass, UNDER_TEST, lambda state: state == "2")
    await until(hass, "sensor.a_battery_2_internal_resistance", lambda state: 4 < float(state) < 5)
    await until(hass, RUNNING, lambda state: state == "off")
    other = hass.states.get("sensor.a_battery_1_internal_resistance")
    assert other is not None
    assert other.state == "unknown"


async def test_a_failed_test_is_said_and_the_next_one_runs(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    bank.faults.registers[1] = {0x000C: 0xF0F0, 0x0003: 4500}  # always reports a test, and no new result
    assert entry.runtime_data.line.modules[1].profile.commands["start_resistance_test"].longest == 30
    await press(hass, "button.a_start_resistance_test")
    await until(hass, RUNNING, lambda state: state == "on")
    await until(hass, RUNNING, lambda state: state == "off", seconds=600)
    await until(hass, "sensor.a_battery_2_internal_resistance", lambda state: 4 < float(state) < 5)
    assert "The resistance test of Battery 1 of A (address 1) failed" in caplog.text
    assert "The resistance test of Battery 2" not in caplog.text


async def test_a_tv_blinks_and_has_no_resistance_to_test(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry
) -> None:
    await press(hass, "button.v_battery_1_identify")
    tv = bank.modules[11]
    assert isinstance(tv, TV)
    assert tv.led == 1
    assert hass.states.get("button.v_battery_1_start_resistance_test") is None
    assert hass.states.get("button.v_start_resistance_test") is None
    with pytest.raises(ServiceValidationError) as refused:
        await start(hass, entry, "V11")
    assert refused.value.translation_key == "no_resistance_test"


async def test_a_command_that_is_not_taken(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    bank.faults.dead.add(11)
    with pytest.raises(HomeAssistantError) as failed:
        await press(hass, "button.v_battery_1_identify")
    assert failed.value.translation_key == "command_failed"
    assert failed.value.translation_placeholders is not None
    assert failed.value.translation_placeholders == {"module": "Battery 1 of V (address 11)", "error": "no answer"}
    assert "no answer" in failed.value.translation_placeholders["error"]
    bank.faults.dead.clear()
    await press(hass, "button.v_battery_1_identify")


@pytest.mark.usefixtures("all_enabled")
async def test_a_reload_during_a_test_loads_no_second_battery(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    await press(hass, "button.a_start_resistance_test")
    await until(hass, UNDER_TEST, lambda state: state == "1")
    tas = [module for module in bank.modules.values() if isinstance(module, TA)]
    await eventually(lambda: tas[0].testing)
    await hass.config_entries.async_reload(entry.entry_id)
    assert "The line Line stops: the resistance tests that wait are cancelled" in caplog.text
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 12)
    assert tas[0].testing
    await press(hass, "button.a_battery_2_start_resistance_test")
    await eventually(lambda: tas[1].testing)
    assert [module.testing for module in tas] == [False, True]
    await until(hass, RUNNING, lambda state: state == "off")


async def test_an_action_on_two_lines_is_not_half_done(
    hass: HomeAssistant, entry: MockConfigEntry, line_entry: Callable[..., MockConfigEntry], port: Path
) -> None:
    other = line_entry(string_data(name="B"), device=str(port.with_name("ttyGONE")))
    assert await hass.config_entries.async_setup(other.entry_id)
    await until_gone(hass, "sensor.b_battery_1_voltage")
    await eventually(lambda: other.runtime_data.line.down)
    devices = dr.async_get(hass)
    ids = [
        device.id
        for one, identifier in ((entry, "A1"), (other, "B1"))
        if (device := devices.async_get_device_by_identifier((DOMAIN, identifier), one.entry_id))
    ]
    assert len(ids) == 2
    with pytest.raises(HomeAssistantError) as refused:
        await hass.services.async_call(DOMAIN, "start_resistance_test", {"device_id": ids}, blocking=True)
    assert refused.value.translation_key == "line_down"
    assert not entry.runtime_data.tests.progress.active


async def test_devices_that_are_no_battery(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    for identifier in (entry.entry_id, "nonsense"):
        with pytest.raises(ServiceValidationError) as refused:
            await start(hass, entry, identifier)
        assert refused.value.translation_key == "no_battery_or_string"
    assert await hass.config_entries.async_unload(entry.entry_id)
    with pytest.raises(ServiceValidationError):
        await start(hass, entry, "A1")


async def test_no_test_is_asked_of_a_line_that_is_down(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    terminal = plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    hass.config.language = "de"
    assert await hass.config_entries.async_reload(entry.entry_id)  # the names of the entities stay English
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    await terminal.pull()
    await until_gone(hass, "sensor.a_battery_1_voltage")
    with pytest.raises(HomeAssistantError) as refused:
        await press(hass, "button.a_start_resistance_test")
    assert refused.value.translation_key == "line_down"
    assert refused.value.translation_placeholders == {
        "line": "Line",
        "reason": "der Anschluss ist nicht vorhanden",
    }


async def call(hass: HomeAssistant, action: str, *, user: MockUser | None = None, **data: Any) -> Any:
    """Call an action, as an automation or as a user, and return what it says."""
    told = hass.services.supports_response(DOMAIN, action) is not SupportsResponse.NONE
    context = Context(user_id=user.id) if user else None
    return await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context, return_response=told)


@pytest.mark.usefixtures("all_enabled")
async def test_tests_that_wait_can_be_cancelled(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    string = next(iter(entry.subentries))
    await start(hass, entry, string)
    await until(hass, UNDER_TEST, lambda state: state == "1")
    device = device_of(hass, entry, string)
    assert await call(hass, "cancel_resistance_test", device_id=[device]) == {"batteries": 1}
    await until(hass, RUNNING, lambda state: state == "off")  # the first lasts to its end
    await until(hass, "sensor.a_battery_1_internal_resistance", lambda state: 4 < float(state) < 5)
    await until(hass, PROGRESS, lambda state: float(state) == 100)
    second = hass.states.get("sensor.a_battery_2_internal_resistance")
    assert second is not None
    assert second.state == "unknown"

    await press(hass, "button.a_start_resistance_test")
    await press(hass, "button.a_cancel_resistance_test")
    await until(hass, RUNNING, lambda state: state == "off")
    assert await call(hass, "cancel_resistance_test", device_id=[device]) == {"batteries": 0}
    assert await start(hass, entry, "A2") == {"batteries": 1}
    await until(hass, "sensor.a_battery_2_internal_resistance", lambda state: 4 < float(state) < 5)


async def test_without_control_nothing_is_written_to_the_wire(
    hass: HomeAssistant, entry: MockConfigEntry, hass_read_only_user: MockUser, hass_admin_user: MockUser
) -> None:
    tested, blinking = device_of(hass, entry, "A1"), device_of(hass, entry, "V11")
    for action, data in (
        ("start_resistance_test", {"device_id": [tested]}),
        ("blink", {"device_id": [blinking]}),
        ("scan", {}),
        ("set_module_address", {"address": 7}),
        ("set_module_baudrate", {"baudrate": 19200}),
        ("simulate_alarm", {"device_id": tested, "kind": "voltage_low"}),
    ):
        with pytest.raises(Unauthorized):
            await call(hass, action, user=hass_read_only_user, **data)
    await call(hass, "blink", user=hass_admin_user, device_id=[blinking])
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, "blink", device_id=[tested])
    assert refused.value.translation_key == "command_failed"


@pytest.mark.usefixtures("all_enabled")
async def test_who_may_only_read_changes_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, hass_read_only_user: MockUser, tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    battery = device_of(hass, entry, "A1")
    for action, data in (
        ("acknowledge_alarms", {"device_id": [battery]}),
        ("cancel_resistance_test", {"device_id": [battery]}),
        ("set_baseline", {"device_id": [battery], "baseline": 3.5}),
        ("reset_baseline", {"device_id": [battery]}),
        ("battery_replaced", {"device_id": battery}),
        ("export", {"device_id": [battery], "folder": str(tmp_path / "exports")}),
    ):
        with pytest.raises(Unauthorized):
            await call(hass, action, user=hass_read_only_user, **data)
    assert not (tmp_path / "exports").exists()
    value = {"entity_id": "number.a_battery_1_baseline_resistance", "value": "nan"}
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call("number", "set_value", value, blocking=True)
    assert refused.value.translation_key == "baseline_no_number"


async def test_a_line_stands_for_its_strings_and_a_kind_for_no_other(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    battery, line = device_of(hass, entry, "A1"), device_of(hass, entry, entry.entry_id)
    for kind in ("thermal_runaway", "voltage_low"):
        await call(hass, "simulate_alarm", device_id=battery, kind=kind)
    string = entry.runtime_data.strings[0]
    await call(hass, "acknowledge_alarms", device_id=[line], kind="voltage_low")
    assert {one.kind for one in string.raised if one.acknowledged} == {"voltage_low"}
    await call(hass, "acknowledge_alarms", device_id=[line])
    assert all(one.acknowledged for one in string.raised)


async def test_the_note_of_an_acknowledgement_stays_until_the_next_level(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    battery = device_of(hass, entry, "A1")
    await call(hass, "simulate_alarm", device_id=battery, kind="voltage_low")
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "acknowledge_alarms", device_id=[battery], note="x" * 201)
    assert refused.value.translation_key == "bad_text"
    await call(hass, "acknowledge_alarms", device_id=[battery], note="  Battery ordered  ")
    (alarm,) = entry.runtime_data.strings[0].raised
    assert (alarm.note, alarm.acknowledged is not None) == ("Battery ordered", True)
    await hass.config_entries.async_reload(entry.entry_id)
    (alarm,) = entry.runtime_data.strings[0].raised
    assert alarm.note == "Battery ordered"


async def test_the_note_of_an_acknowledged_alarm_is_changed_later(
    hass: HomeAssistant, entry: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    battery, other = device_of(hass, entry, "A1"), device_of(hass, entry, "A2")
    told = async_capture_events(hass, "battery_bank_event")
    for kind in ("voltage_low", "thermal_runaway"):
        await call(hass, "simulate_alarm", device_id=battery, kind=kind)
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "set_alarm_note", device_id=[battery], note="Too early")
    assert refused.value.translation_key == "no_acknowledged_alarm"
    await call(hass, "acknowledge_alarms", device_id=[battery], note="Battery ordered")
    with pytest.raises(ServiceValidationError):
        await call(hass, "set_alarm_note", device_id=[other], note="Another battery")
    before = {alarm.kind: alarm for alarm in entry.runtime_data.strings[0].raised}
    await hass.services.async_call(
        DOMAIN,
        "set_alarm_note",
        {"device_id": [battery], "kind": "voltage_low", "note": " Arrives on Monday "},
        blocking=True,
        context=Context(user_id=hass_admin_user.id),
    )
    await hass.config_entries.async_reload(entry.entry_id)
    string = entry.runtime_data.strings[0]
    after = {alarm.kind: alarm for alarm in string.raised}
    low, runaway = AlarmKind.VOLTAGE_LOW, AlarmKind.THERMAL_RUNAWAY
    assert (after[low].note, after[low].noted_by) == ("Arrives on Monday", hass_admin_user.name)
    assert (after[low].acknowledged, after[low].acknowledged_by) == (before[low].acknowledged, None)
    assert after[low].noted is not None
    assert (after[runaway].note, after[runaway].noted) == ("Battery ordered", None)
    kept = {alarm.kind: alarm for alarm in await entry.runtime_data.journal_writer.journal.alarms(string.id)}
    assert (kept[low].note, kept[low].noted, kept[low].noted_by) == (
        "Arrives on Monday",
        after[low].noted,
        hass_admin_user.name,
    )
    # An automation that waits for an acknowledgement is not started again.
    assert [event.data["type"] for event in told].count("alarm_acknowledged") == 2
    await call(hass, "set_alarm_note", device_id=[battery], kind="voltage_low")
    assert {alarm.note for alarm in string.raised} == {None, "Battery ordered"}


async def test_what_happens_as_the_line_is_unloaded_is_told(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    told = async_capture_events(hass, "battery_bank_event")
    await call(hass, "simulate_alarm", device_id=device_of(hass, entry, "A1"), kind="voltage_low")
    await asyncio.sleep(0)  # it is being written
    await hass.config_entries.async_unload(entry.entry_id)
    assert [event.data["type"] for event in told] == ["alarm_raised"]


@pytest.mark.usefixtures("all_enabled")
async def test_a_baseline_is_set_and_found_again(hass: HomeAssistant, bank: Bank, entry: MockConfigEntry) -> None:
    one, string = device_of(hass, entry, "A1"), device_of(hass, entry, next(iter(entry.subentries)))
    with pytest.raises(ServiceValidationError) as refused:
        await call(hass, "set_baseline", device_id=[string])
    assert refused.value.translation_key == "no_test_yet"
    assert refused.value.translation_placeholders == {"battery": "1", "string": "A"}

    assert await call(hass, "set_baseline", device_id=[string], baseline=3.5) == {"batteries": 2}
    for battery in (1, 2):
        await until(hass, f"number.a_battery_{battery}_baseline_resistance", lambda state: state == "3.5")
    await until(hass, "sensor.a_battery_1_baseline_type", lambda state: state == "typed")

    await press(hass, "button.a_battery_1_start_resistance_test")
    await until(hass, "sensor.a_battery_1_internal_resistance", lambda state: 4 < float(state) < 5)
    measured = hass.states.get("sensor.a_battery_1_internal_resistance")
    assert measured is not None
    # The value shows when it is read, the test's result a moment later, when the journal has it.
    await until(hass, "sensor.a_battery_1_resistance_against_baseline", bool)
    assert await call(hass, "set_baseline", device_id=[one]) == {"batteries": 1}
    await until(hass, "number.a_battery_1_baseline_resistance", lambda state: float(state) == float(measured.state))

    assert await call(hass, "reset_baseline", device_id=[string]) == {"batteries": 2}
    await until_unknown(hass, "number.a_battery_2_baseline_resistance")
    await hass.config_entries.async_reload(entry.entry_id)  # and it stays so
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 13)
    shown = hass.states.get("number.a_battery_2_baseline_resistance")
    assert shown is not None
    assert shown.state == "unknown"


async def test_a_drill_says_that_it_is_one(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    battery, string = device_of(hass, entry, "A2"), device_of(hass, entry, next(iter(entry.subentries)))
    states = async_capture_events(hass, "state_changed")
    await call(hass, "simulate_alarm", device_id=battery, kind="thermal_runaway", duration={"minutes": 1})
    await until(hass, "sensor.a_alarm_level", lambda state: state == "drill")
    await until(hass, "sensor.line_alarm_level", lambda state: state == "drill")
    await until(hass, "sensor.a_most_urgent_alarm", lambda state: state == "2: Test alarm: Thermal runaway")
    await until(hass, "event.a_alarm", bool)
    told = [event.data["new_state"].attributes for event in states if event.data["entity_id"] == "event.a_alarm"]
    assert [(one["event_type"], one["drill"], one["battery"], one["name"]) for one in told] == [
        ("raised", True, 2, "Test alarm: Thermal runaway")
    ]
    # An entity that has no mark for a test alarm does not show it.
    for entity_id in (
        "binary_sensor.a_thermal_runaway",
        "binary_sensor.a_problem",
        "binary_sensor.a_battery_2_problem",
    ):
        await until(hass, entity_id, lambda state: state == "off")
    await until(hass, "sensor.a_alarms", lambda state: state == "0")

    # What is real goes before it, and neither ends the other.
    await call(hass, "simulate_alarm", device_id=string, kind="hydrogen", level="warning")
    await until(hass, "sensor.a_alarm_level", lambda state: state == "drill")
    await until(hass, "sensor.a_most_urgent_alarm", lambda state: state == "Test alarm: Hydrogen", seconds=90)
    await call(hass, "acknowledge_alarms", device_id=[string])
    await hass.config_entries.async_reload(entry.entry_id)
    await until(hass, "sensor.a_most_urgent_alarm", lambda state: state == "Test alarm: Hydrogen")
    writer = entry.runtime_data.journal_writer
    hydrogen, runaway = await writer.journal.alarms(entry.runtime_data.strings[0].id)
    assert (hydrogen.drill, hydrogen.cleared, runaway.drill) == (True, None, True)
    assert runaway.cleared - runaway.raised == pytest.approx(60, abs=6)  # the watch looks each 5 s

    await call(hass, "simulate_alarm", device_id=string, kind="hydrogen", duration={"seconds": 1})  # starts again
    await until(hass, "sensor.a_alarm_level", lambda state: state == "ok")


async def test_a_drill_of_what_cannot_have_that_alarm(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    battery, string = device_of(hass, entry, "A2"), device_of(hass, entry, next(iter(entry.subentries)))
    for device, kind, key in ((battery, "hydrogen", "alarm_of_string"), (string, "voltage_low", "alarm_of_battery")):
        with pytest.raises(ServiceValidationError) as refused:
            await call(hass, "simulate_alarm", device_id=device, kind=kind)
        assert refused.value.translation_key == key
    for device in (battery, string):
        await call(hass, "simulate_alarm", device_id=device, kind="module_silent", level="warning")
    await until(hass, "sensor.a_alarm_level", lambda state: state == "drill")
