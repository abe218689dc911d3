"""The blueprints that come along: how they get there, and the story of each, with what it must not do."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
import re
from typing import Any

from conftest import FAST, device_of, eventually, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events, async_mock_service
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.battery_bank.const import DASHBOARD_LINK, DOMAIN
from custom_components.battery_bank.event_bus.blueprint_files import async_setup_blueprints
from custom_components.battery_bank.monitor.battery import alarms
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import AlarmRaised, Event, Level
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.watch import StringState
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import Context, CoreState, HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.bank import Bank, build
from simulator.wire import Terminal

ROOT = Path(__file__).parent.parent
SHIPPED = sorted((ROOT / "custom_components/battery_bank/blueprints/automation").glob("*.yaml"))
CHARGER, FAN = "input_boolean.charger", "input_boolean.fan"
SHORT = {"seconds": 30}
LONG = {"hours": 5}

type Use = Callable[..., Awaitable[None]]


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return the running line, in a house with a charger's switch and a fan."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "input_boolean", {"input_boolean": {"charger": {}, "fan": {}}})
    await turn(hass, CHARGER, "on")
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


def phone_of(hass: HomeAssistant, who: str, *, can_be_told: bool = True) -> str:
    """Add a user's phone, with the entity that takes notifications; return its device."""
    app = MockConfigEntry(domain="mobile_app")
    app.add_to_hass(hass)
    device = dr.async_get(hass).async_get_or_create(
        config_entry_id=app.entry_id, identifiers={("mobile_app", who)}, name=f"{who}'s phone"
    )
    if can_be_told:
        entity = er.async_get(hass).async_get_or_create(
            "notify", "mobile_app", who, config_entry=app, device_id=device.id, suggested_object_id=f"{who}s_phone"
        )
        hass.states.async_set(entity.entity_id, "unknown")
    return device.id


@pytest.fixture
def phone(hass: HomeAssistant) -> str:
    """Return the device of a phone."""
    return phone_of(hass, "Anna")


@pytest.fixture
def told(hass: HomeAssistant, phone: str) -> list[ServiceCall]:
    """Return the notifications of the phone."""
    return async_mock_service(hass, "notify", "mobile_app_anna_s_phone")


@pytest.fixture
def others(hass: HomeAssistant) -> list[ServiceCall]:
    """Return the other notifications."""
    return async_mock_service(hass, "test", "tell")


@pytest.fixture
async def use(
    hass: HomeAssistant, entry: MockConfigEntry, phone: str, others: list[ServiceCall]
) -> AsyncGenerator[Use]:
    """Set up an automation from a blueprint."""

    async def _use(name: str, **inputs: Any) -> None:
        tell = [{"action": "test.tell", "data": {"title": "{{ title }}", "message": "{{ message }}"}}]
        if name in ("notify_alarm", "escalate", "thermal_runaway", "discharge"):
            inputs = {"phones": [phone], "others": tell} | inputs
        automation = {"alias": name, "use_blueprint": {"path": f"{DOMAIN}/{name}.yaml", "input": inputs}}
        assert await async_setup_component(hass, "automation", {"automation": [automation]})
        await hass.async_block_till_done()
        state = hass.states.get(f"automation.{name}")
        assert state is not None
        assert state.state == "on"

    yield _use
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)


async def restart(hass: HomeAssistant, set_up: Awaitable[None]) -> None:
    """Set an automation up as Home Assistant does when it starts."""
    hass.set_state(CoreState.not_running)
    await set_up
    await hass.async_start()


async def turn(hass: HomeAssistant, entity_id: str, state: str) -> None:
    await hass.services.async_call("homeassistant", f"turn_{state}", {"entity_id": entity_id}, blocking=True)


def string_of(hass: HomeAssistant, entry: MockConfigEntry) -> str:
    return device_of(hass, entry, next(iter(entry.subentries)))


async def drill(hass: HomeAssistant, device: str, kind: str, level: str = "alarm") -> None:
    data = {"device_id": device, "kind": kind, "level": level}
    await hass.services.async_call(DOMAIN, "simulate_alarm", data, blocking=True)


async def acknowledge(hass: HomeAssistant, device: str) -> None:
    await hass.services.async_call(DOMAIN, "acknowledge_alarms", {"device_id": [device]}, blocking=True)


def _in_earnest(
    settings: Settings, state: StringState, battery: str | None, kind: AlarmKind, level: Level, now: float
) -> tuple[StringState, list[Event]]:
    """Raise an alarm as what is measured would: a real thermal runaway would take too long."""
    limit = next(one for one in settings.by_key.values() if one.kind is kind)
    judge = alarms.Judge(state.running.watch, now)
    value = 2 * limit.alarm if level is Level.ALARM else limit.warning
    judge.check(replace(limit, delay=0.0), battery, value, at_least=level)
    assert [type(event) for event in judge.events] == [AlarmRaised]
    return replace(state, running=replace(state.running, watch=judge.states)), judge.events


def _over(
    _: Settings, state: StringState, battery: str | None, kind: AlarmKind, now: float
) -> tuple[StringState, list[Event]]:
    judge = alarms.Judge(state.running.watch, now)
    judge.clear(kind, battery)
    return replace(state, running=replace(state.running, watch=judge.states)), judge.events


def begins(entry: MockConfigEntry, kind: AlarmKind, battery: str | None = None, level: Level = Level.ALARM) -> None:
    entry.runtime_data.analysis.async_apply(entry.runtime_data.strings[0], _in_earnest, battery, kind, level)


def ends(entry: MockConfigEntry, kind: AlarmKind, battery: str | None = None) -> None:
    entry.runtime_data.analysis.async_apply(entry.runtime_data.strings[0], _over, battery, kind)


async def began(hass: HomeAssistant, entry: MockConfigEntry, kind: AlarmKind, battery: str | None = None) -> None:
    """Let an alarm begin, and all be notified of it."""
    events = async_capture_events(hass, "battery_bank_event")
    begins(entry, kind, battery)
    await eventually(lambda: events)


async def comes(calls: list[ServiceCall], *, seconds: float = 300.0) -> dict[str, Any]:
    """Wait for the next notification, and take it away."""
    await eventually(lambda: calls, seconds=seconds)
    return dict(calls.pop(0).data)


async def is_now(hass: HomeAssistant, entity_id: str, state: str) -> None:
    await until(hass, entity_id, lambda now: now == state, seconds=300)


async def nothing_more(*calls: list[ServiceCall], seconds: float = 120.0) -> None:
    await asyncio.sleep(seconds)
    assert [one.data for some in calls for one in some] == []


def press(hass: HomeAssistant, action: str, user_id: str | None = None) -> None:
    """Press a button of a notification on the phone of a user, as the app reports it."""
    hass.bus.async_fire("mobile_app_notification_action", {"action": action}, context=Context(user_id=user_id))


# How they get there


def there(hass: HomeAssistant) -> Path:
    return Path(hass.config.path("blueprints", "automation", DOMAIN))


def copied(hass: HomeAssistant) -> dict[str, str]:
    """Return the blueprints that are there."""
    return {path.name: path.read_text() for path in there(hass).glob("[!.]*")}


async def start_again(hass: HomeAssistant) -> None:
    """Let the integration look after its blueprints as at the next start."""
    async_setup_blueprints(hass)
    await hass.async_block_till_done()


async def test_they_are_copied_once_all_has_started_beside_those_of_home_assistant(hass: HomeAssistant) -> None:
    hass.set_state(CoreState.not_running)
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert not there(hass).parent.exists()  # or Home Assistant would not bring its own
    assert await async_setup_component(hass, "automation", {})
    await hass.async_block_till_done()
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert copied(hass) == {path.name: path.read_text() for path in SHIPPED}
    assert {path.name for path in there(hass).parent.iterdir()} == {"homeassistant", DOMAIN}
    found = await async_get_blueprints(hass).async_get_blueprints()
    ours = {path: one for path, one in found.items() if path.startswith(DOMAIN)}
    assert len(ours) == len(SHIPPED) == 6
    assert all(isinstance(one, Blueprint) and one.validate() is None for one in ours.values())


async def test_automations_find_originals_that_come_back_at_the_start(hass: HomeAssistant) -> None:
    hass.set_state(CoreState.not_running)
    use = {"path": f"{DOMAIN}/notify_alarm.yaml", "input": {"device": "1"}}
    config = {"automation": [{"alias": "notify", "id": "1", "use_blueprint": use}]}
    assert await async_setup_component(hass, DOMAIN, {})
    assert await async_setup_component(hass, "automation", config)
    await hass.async_block_till_done()
    assert hass.states.is_state("automation.notify", "unavailable")  # the folder was deleted
    reloaded = async_mock_service(hass, "automation", "reload")
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done()
    assert len(reloaded) == 1


async def test_what_a_person_changed_or_deleted_stays_so(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    (there(hass) / "escalate.yaml").write_text("mine")
    (there(hass) / "discharge.yaml").unlink()
    before = copied(hass)
    assert len(before) == len(SHIPPED) - 1
    await start_again(hass)
    assert copied(hass) == before


async def test_a_folder_of_release_0_4_0_gets_what_is_new_and_nothing_back(hass: HomeAssistant) -> None:
    there(hass).mkdir(parents=True)
    (there(hass) / "escalate.yaml").write_text("mine")  # the other four were deleted
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    new = next(path for path in SHIPPED if path.name == "discharge.yaml")
    assert copied(hass) == {"escalate.yaml": "mine", "discharge.yaml": new.read_text()}
    (there(hass) / "discharge.yaml").unlink()
    await start_again(hass)
    assert copied(hass) == {"escalate.yaml": "mine"}


async def test_a_file_of_a_person_with_the_name_of_a_new_one_stays(hass: HomeAssistant) -> None:
    there(hass).mkdir(parents=True)
    (there(hass) / "discharge.yaml").write_text("mine")
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert copied(hass) == {"discharge.yaml": "mine"}


async def test_a_copy_that_broke_off_is_made_again(hass: HomeAssistant) -> None:
    half = there(hass).with_name(f".{DOMAIN}")
    half.mkdir(parents=True)
    (half / "nonsense.yaml").write_text("half")
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert copied(hass).keys() == {path.name for path in SHIPPED}
    assert not half.exists()


async def test_a_disk_that_takes_nothing_stops_nothing(hass: HomeAssistant, caplog: pytest.LogCaptureFixture) -> None:
    there(hass).parent.parent.write_text("no folder")
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    assert caplog.text.count("The blueprints could not be copied") == 1


# Alarm on the phone


async def test_an_alarm_is_told_and_acknowledged_on_the_phone(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall]
) -> None:
    battery = device_of(hass, entry, "A2")
    await use("notify_alarm", device=device_of(hass, entry, entry.entry_id))
    begins(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    notification = await comes(told)
    assert notification["title"] == "A: Battery temperature high"
    first, *_, last = notification["message"].splitlines()
    assert first == "A battery 2: Battery temperature high 100.0 °C (alarm limit 50.0 °C)"
    assert last.startswith("Check the ventilation")
    assert notification["data"]["tag"] == f"battery_bank_{battery}_temperature_high"
    # A tap opens the display. Pages of the settings are closed to users who are no administrators.
    assert {notification["data"][key] for key in ("url", "clickAction")} == {DASHBOARD_LINK}
    (button,) = notification["data"]["actions"]
    assert button["title"] == "Acknowledge"
    assert (await comes(others))["title"] == notification["title"]

    (string,) = entry.runtime_data.strings
    press(hass, "SOMETHING_ELSE")
    await hass.async_block_till_done()
    assert [alarm.acknowledged for alarm in string.alarms] == [None]
    press(hass, button["action"])
    await hass.async_block_till_done()
    assert string.alarms[0].acknowledged is not None
    await nothing_more(told, others, seconds=20)

    ends(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    over = await comes(told)
    assert over["title"] == "✓ A: Battery temperature high"
    assert over["message"] == "Alarm cleared, A battery 2: Battery temperature high"
    assert over["data"] == {"tag": notification["data"]["tag"]}
    assert (await comes(others))["message"] == over["message"]


async def test_the_person_who_presses_the_button_is_named(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    anna = await hass.auth.async_create_user("Anna")
    (string,) = entry.runtime_data.strings
    await use("notify_alarm", device=string_of(hass, entry))
    begins(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    (button,) = (await comes(told))["data"]["actions"]
    press(hass, button["action"], anna.id)
    await hass.async_block_till_done()
    assert [alarm.acknowledged_by for alarm in string.alarms] == ["Anna"]
    # An automation that acts on its own has no name.
    begins(entry, AlarmKind.HYDROGEN)
    await comes(told)
    await acknowledge(hass, string_of(hass, entry))
    await hass.async_block_till_done()
    assert {alarm.kind: alarm.acknowledged_by for alarm in string.alarms}[AlarmKind.HYDROGEN] is None


async def test_a_warning_is_not_told_to_who_wants_alarms_and_a_notification_just_goes(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall]
) -> None:
    battery = device_of(hass, entry, "A2")
    await use("notify_alarm", device=string_of(hass, entry), level="alarm", tell_over=False)
    await drill(hass, battery, "deviation", "warning")
    await nothing_more(told, others, seconds=30)
    begins(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    await comes(told)
    await comes(others)
    ends(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    assert (await comes(told))["message"] == "clear_notification"
    await nothing_more(told, others, seconds=20)


@pytest.mark.parametrize("blueprint", ["notify_alarm", "escalate", "thermal_runaway"])
async def test_a_phone_that_is_gone_keeps_nobody_else_from_being_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    use: Use,
    phone: str,
    told: list[ServiceCall],
    others: list[ServiceCall],
    blueprint: str,
) -> None:
    gone = phone_of(hass, "Bert", can_be_told=False)  # and there is no such action either
    inputs: dict[str, Any] = {"notify_alarm": {}, "escalate": {"patience": SHORT, "again": SHORT}}.get(
        blueprint, {"switches": [CHARGER], "countdown": {"seconds": 100}}
    )
    await use(blueprint, device=string_of(hass, entry), phones=[gone, phone, gone], **inputs)
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A2")
    for _ in range(1 if blueprint == "notify_alarm" else 2):
        await comes(told)
        await comes(others)


async def test_a_button_acknowledges_what_its_notification_told_and_no_more(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await use("notify_alarm", device=string_of(hass, entry), level="alarm")
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A2")
    await comes(told)
    begins(entry, AlarmKind.HYDROGEN)
    (button,) = (await comes(told))["data"]["actions"]
    press(hass, button["action"])
    await hass.async_block_till_done()
    (string,) = entry.runtime_data.strings
    seen = {alarm.kind for alarm in string.alarms if alarm.acknowledged is not None}
    assert seen == {AlarmKind.HYDROGEN}


async def test_a_drill_and_a_real_alarm_are_two_notifications(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await use("notify_alarm", device=string_of(hass, entry))
    begins(entry, AlarmKind.HYDROGEN)
    real = await comes(told)
    await drill(hass, string_of(hass, entry), "hydrogen")
    assert (await comes(told))["data"]["tag"] != real["data"]["tag"]


# It is not acknowledged


async def test_an_alarm_is_escalated_again_and_again_until_somebody_acknowledges(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall]
) -> None:
    string = string_of(hass, entry)
    await use("escalate", device=string, patience={"seconds": 50}, again=SHORT)
    begins(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    await nothing_more(told, others, seconds=30)
    for _ in range(2):
        notification = await comes(told)
        assert notification["title"] == "Alarm not acknowledged"
        assert notification["message"].startswith("A battery 2: Battery temperature high ")
        await comes(others)
    await acknowledge(hass, string)
    await nothing_more(told, others)


@pytest.mark.parametrize("how", ["acknowledged", "over"])
async def test_an_alarm_that_is_settled_in_time_is_not_escalated(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall], how: str
) -> None:
    await use("escalate", device=string_of(hass, entry), patience=SHORT, again=SHORT)
    begins(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    begins(entry, AlarmKind.HYDROGEN)
    await asyncio.sleep(10)
    if how == "over":
        ends(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    else:
        await acknowledge(hass, device_of(hass, entry, "A2"))
    # The other one is, and it alone.
    assert (await comes(told))["message"].startswith("A: Hydrogen")
    await comes(others)
    ends(entry, AlarmKind.HYDROGEN)
    await nothing_more(told, others)


async def test_a_drill_is_escalated_too_and_nothing_is_while_the_line_is_not_loaded(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall]
) -> None:
    string = string_of(hass, entry)
    await use("escalate", device=string, patience=SHORT, again=SHORT)
    await drill(hass, string, "hydrogen")
    assert (await comes(told))["message"].startswith("A: Test alarm: Hydrogen")
    await comes(others)
    await acknowledge(hass, string)
    await nothing_more(told, others, seconds=60)
    begins(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    await asyncio.sleep(10)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await nothing_more(told, others)


@pytest.mark.parametrize("round_", ["first", "next"])
async def test_what_nobody_has_acknowledged_is_escalated_when_the_line_is_loaded_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    use: Use,
    told: list[ServiceCall],
    others: list[ServiceCall],
    round_: str,
) -> None:
    await use("escalate", device=string_of(hass, entry), patience=SHORT, again=SHORT)
    begins(entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    if round_ == "first":
        await asyncio.sleep(10)
    else:
        await comes(told)
        await comes(others)
    assert await hass.config_entries.async_unload(entry.entry_id)
    await nothing_more(told, others, seconds=55)  # it waits for a minute
    assert await hass.config_entries.async_setup(entry.entry_id)
    for _ in range(2):
        assert (await comes(told))["message"].startswith("A battery 2: Battery temperature high ")
        await comes(others)


async def test_what_nobody_has_acknowledged_is_escalated_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall]
) -> None:
    await began(hass, entry, AlarmKind.TEMPERATURE_HIGH, "A2")
    string = string_of(hass, entry)
    await restart(hass, use("escalate", device=string, patience=SHORT, again=SHORT))
    for _ in range(2):
        assert (await comes(told))["message"] == "A"
        await comes(others)
    await acknowledge(hass, string)
    await nothing_more(told, others)


# Thermal runaway


async def cut(hass: HomeAssistant, entry: MockConfigEntry, use: Use, **inputs: Any) -> None:
    chosen = {"device": string_of(hass, entry), "switches": [CHARGER], "countdown": SHORT} | inputs
    await use("thermal_runaway", **chosen)


async def test_the_charge_is_stopped_after_the_countdown(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall]
) -> None:
    await cut(hass, entry, use)
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    counting = await comes(told)
    assert counting["title"].startswith("A battery 1: Thermal runaway")
    assert re.fullmatch(r"The charge will be stopped at \d\d:\d\d:\d\d", counting["message"])
    assert counting["data"]["chronometer"]
    assert [button["title"] for button in counting["data"]["actions"]] == ["Cancel"]
    assert hass.states.is_state(CHARGER, "on")
    done = await comes(told)
    assert done["message"] == "The charge is stopped. Turned off: charger"
    assert done["data"]["tag"] == counting["data"]["tag"]
    assert hass.states.is_state(CHARGER, "off")
    assert [(await comes(others))["message"] for _ in range(2)] == [counting["message"], done["message"]]


async def test_a_cancelled_countdown_stops_nothing_and_is_not_begun_anew(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall], others: list[ServiceCall]
) -> None:
    await cut(hass, entry, use, countdown={"seconds": 80})
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    counting = await comes(told)
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A2")  # the same charger: one countdown for both
    await asyncio.sleep(10)
    press(hass, counting["data"]["actions"][0]["action"])
    assert (await comes(told))["message"] == "Cancelled. Nothing was turned off."
    await nothing_more(told, seconds=90)
    assert hass.states.is_state(CHARGER, "on")
    assert {alarm.battery: alarm.acknowledged is not None for alarm in entry.runtime_data.strings[0].alarms} == {
        "A1": True,
        "A2": False,
    }


async def test_an_alarm_that_is_over_in_the_countdown_stops_nothing(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await cut(hass, entry, use, countdown={"seconds": 80})
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A2")
    await comes(told)
    ends(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    await nothing_more(told, seconds=30)  # the other goes on
    ends(entry, AlarmKind.THERMAL_RUNAWAY, "A2")
    assert (await comes(told))["message"] == "The alarm is cleared. Nothing was turned off."
    await nothing_more(told)
    assert hass.states.is_state(CHARGER, "on")


async def test_one_of_two_that_is_over_does_not_end_the_countdown(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await cut(hass, entry, use)
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A2")
    await comes(told)
    ends(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    assert (await comes(told))["message"].startswith("The charge is stopped.")
    assert hass.states.is_state(CHARGER, "off")


async def test_a_drill_stops_nothing_unless_it_becomes_true(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await cut(hass, entry, use)
    await drill(hass, device_of(hass, entry, "A1"), "thermal_runaway")
    assert (await comes(told))["title"] == "A battery 1: Test alarm: Thermal runaway"
    assert (await comes(told))["message"] == "It was a test alarm. Nothing was turned off."
    assert hass.states.is_state(CHARGER, "on")
    await asyncio.sleep(10)
    await drill(hass, device_of(hass, entry, "A2"), "thermal_runaway")
    await comes(told)
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A3")
    assert (await comes(told))["message"].startswith("The charge is stopped.")
    assert hass.states.is_state(CHARGER, "off")


async def test_who_cancels_a_drill_does_not_cancel_what_has_become_true(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await cut(hass, entry, use, countdown={"seconds": 80})
    await drill(hass, device_of(hass, entry, "A1"), "thermal_runaway")
    (button,) = (await comes(told))["data"]["actions"]
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A3")
    await asyncio.sleep(10)
    press(hass, button["action"])
    await nothing_more(told, seconds=30)
    assert (await comes(told))["message"].startswith("The charge is stopped.")
    assert hass.states.is_state(CHARGER, "off")


async def test_a_switch_that_does_not_turn_off_is_reported(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    hass.states.async_set("switch.stuck", "on", {"friendly_name": "Stuck"})
    await cut(hass, entry, use, switches=[CHARGER, "switch.stuck"], reaction=SHORT)
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    await comes(told)
    message = (await comes(told))["message"]
    assert message == "The charge could NOT be stopped. Stop it by hand! Not turned off: Stuck"
    assert hass.states.is_state(CHARGER, "off")


async def test_who_is_slow_to_be_told_does_not_hold_up_the_countdown(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await cut(hass, entry, use, others=[{"delay": LONG}])
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    await is_now(hass, CHARGER, "off")


async def test_the_charge_is_stopped_though_nobody_can_be_told(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, others: list[ServiceCall]
) -> None:
    await cut(hass, entry, use)  # while the app is not there
    begins(entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    await is_now(hass, CHARGER, "off")
    assert (await comes(others))["message"].startswith("The charge will be stopped at ")
    assert (await comes(others))["message"].startswith("The charge is stopped.")


async def test_a_restart_begins_the_countdown_anew_unless_somebody_has_seen_it(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, told: list[ServiceCall]
) -> None:
    await began(hass, entry, AlarmKind.THERMAL_RUNAWAY, "A1")
    await restart(hass, cut(hass, entry, use))
    assert (await comes(told))["title"] == "A"
    await is_now(hass, CHARGER, "off")
    assert (await comes(told))["message"].startswith("The charge is stopped.")

    await turn(hass, CHARGER, "on")
    await acknowledge(hass, string_of(hass, entry))
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
    await restart(hass, turn(hass, "automation.thermal_runaway", "on"))
    await nothing_more(told)
    assert hass.states.is_state(CHARGER, "on")


async def test_without_a_switch_there_is_no_such_automation(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture
) -> None:
    automation = {
        "alias": "cut",
        "use_blueprint": {"path": f"{DOMAIN}/thermal_runaway.yaml", "input": {"device": string_of(hass, entry)}},
    }
    assert await async_setup_component(hass, "automation", {"automation": [automation]})
    assert "Missing input switches" in caplog.text
    assert hass.states.is_state("automation.cut", "unavailable")


# Mains failure


async def discharge(hass: HomeAssistant, bank: Bank, *, load: float = 20.0) -> None:
    """Let the mains fail, on float."""
    await until(hass, "sensor.a_state", lambda state: state == "float", seconds=300)
    bank.strings["A"].load, bank.strings["A"].mains = load, False


def minutes_in(line: str) -> int:
    """Return the minutes of a line such as "Remaining time: 35 min (at least 28 min)"."""
    return int(line.split(": ")[1].split(" min", maxsplit=1)[0])


async def test_a_mains_failure_is_told_from_its_begin_to_its_end(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    bank: Bank,
    use: Use,
    told: list[ServiceCall],
    others: list[ServiceCall],
) -> None:
    string = string_of(hass, entry)
    (configured,) = entry.runtime_data.strings
    await use("discharge", devices=[string], minutes=200)
    await nothing_more(told, others, seconds=30)
    await discharge(hass, bank)
    began = dt_util.now()
    first = await comes(told)
    assert first["title"] in {f"A: On battery since {began + timedelta(seconds=late):%H:%M}" for late in (0, 60)}
    since, left = first["message"].splitlines()
    assert since in {f"On battery since: {began + timedelta(seconds=late):%H:%M}" for late in (0, 60)}
    assert left.endswith(" min, estimated from the nameplate)")
    assert minutes_in(left) > 200
    assert 0 < int(left.split("at least ")[1].split(" min")[0]) < minutes_in(left)
    assert first["data"]["tag"] == f"battery_bank_discharge_{string}"
    assert not first["data"]["alert_once"]
    assert {first["data"][key] for key in ("url", "clickAction")} == {DASHBOARD_LINK}
    assert (await comes(others))["message"] == first["message"]
    await nothing_more(told, others, seconds=300)

    bank.strings["A"].load = 60.0
    low = await comes(told, seconds=3000)
    assert low["data"]["tag"] == first["data"]["tag"]
    assert minutes_in(low["message"].splitlines()[1]) < 200
    assert not low["data"]["alert_once"]
    await comes(others)
    bank.strings["A"].load = 20.0  # above it again, and below: notified once only
    await nothing_more(told, others, seconds=600)

    lasted = dt_util.now() - began
    bank.strings["A"].mains = True
    over = await comes(told)
    assert over["title"] == "✓ A"
    back, duration, drawn, lowest = over["message"].splitlines()
    last = configured.state.learned.last
    assert last is not None
    assert last.drawn is not None
    assert last.lowest_voltage is not None
    assert back == "The mains are back."
    assert minutes_in(duration) == pytest.approx(lasted.total_seconds() / 60, abs=1.5)
    assert drawn == f"Drawn: {round(last.drawn, 1)} Ah"
    assert lowest.startswith(f"Lowest battery: {configured.number(last.lowest_battery)} (")
    assert float(lowest.split("(")[1].removesuffix(" V)")) == pytest.approx(last.lowest_voltage, abs=0.005)
    await comes(others)
    await nothing_more(told, others)


async def test_an_unknown_remaining_time_is_said_as_unknown_and_shown_once_it_is_known(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    bank: Bank,
    use: Use,
    told: list[ServiceCall],
    others: list[ServiceCall],
) -> None:
    await until(hass, "sensor.a_state", lambda state: state == "float", seconds=300)
    await use("discharge", devices=[string_of(hass, entry)])
    bank.faults.dead.add(5)  # the string module
    await asyncio.sleep(60)
    await discharge(hass, bank)
    first = await comes(told)
    assert first["message"].splitlines()[1:] == ["Remaining time: unknown"]
    await comes(others)
    bank.faults.dead.clear()
    known = await comes(told)
    assert known["message"].splitlines()[0] == first["message"].splitlines()[0]
    assert minutes_in(known["message"].splitlines()[1]) > 100
    assert known["data"]["alert_once"]  # without a sound
    assert known["data"]["tag"] == first["data"]["tag"]
    await comes(others)
    await nothing_more(told, others)


async def test_a_string_that_is_empty_is_not_said_to_have_its_mains_back(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, use: Use, told: list[ServiceCall]
) -> None:
    await use("discharge", devices=[string_of(hass, entry)])
    await discharge(hass, bank)
    await comes(told)
    bank.strings["A"].load = 0.0
    over = await comes(told)
    assert over["title"] == "A"
    assert over["message"].splitlines()[0].startswith("The discharge has ended, but the batteries are not charged.")


async def test_a_restart_in_a_discharge_goes_on_with_it(
    hass: HomeAssistant, entry: MockConfigEntry, bank: Bank, use: Use, told: list[ServiceCall]
) -> None:
    await discharge(hass, bank)
    await until(hass, "sensor.a_state", lambda state: state == "discharge", seconds=300)
    began = dt_util.now()
    await asyncio.sleep(300)
    await restart(hass, use("discharge", devices=[string_of(hass, entry)]))
    since = (await comes(told))["message"].splitlines()[0]
    assert since in {f"On battery since: {began + timedelta(seconds=late):%H:%M}" for late in (-60, 0)}
    assert await hass.config_entries.async_unload(entry.entry_id)
    await nothing_more(told)  # unknown is not over
    assert await hass.config_entries.async_setup(entry.entry_id)
    await nothing_more(told)
    bank.strings["A"].mains = True
    assert (await comes(told))["message"].splitlines()[0] == "The mains are back."


@pytest.fixture
async def two_strings(
    hass: HomeAssistant, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> tuple[Bank, MockConfigEntry]:
    """Return a running line with strings A and B; B has no string module."""
    strings: list[dict[str, Any]] = [
        {"name": "A", "batteries": 4, "first_address": 1, "string_module": 5},
        {"name": "B", "batteries": 4, "first_address": 11},
    ]
    bank = build({"line": {"baud": FAST}, "string": strings})
    plug(bank)
    entry = line_entry(string_data(), string_data(11, 4, None, "B"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    return bank, entry


async def test_a_string_without_a_string_module_has_an_unknown_remaining_time_and_charge(
    hass: HomeAssistant,
    two_strings: tuple[Bank, MockConfigEntry],
    phone: str,
    told: list[ServiceCall],
) -> None:
    bank, entry = two_strings
    devices = [device_of(hass, entry, one) for one in entry.subentries]
    await until(hass, "sensor.b_state", lambda state: state == "float", seconds=600)
    inputs = {"phones": [phone], "devices": devices[1:]}
    config = [{"alias": "discharge", "use_blueprint": {"path": f"{DOMAIN}/discharge.yaml", "input": inputs}}]
    assert await async_setup_component(hass, "automation", {"automation": config})
    bank.strings["B"].load, bank.strings["B"].mains = 20.0, False
    first = await comes(told)
    assert first["title"].startswith("B: On battery since ")
    assert first["message"].splitlines()[1:] == ["Remaining time: unknown"]
    await asyncio.sleep(300)
    bank.strings["B"].mains = True
    _, duration, drawn, lowest = (await comes(told))["message"].splitlines()
    assert minutes_in(duration) in range(4, 9)
    assert drawn == "Drawn: unknown"
    assert lowest[len("Lowest battery: ")] in "1234"
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
    await nothing_more(told)


# Hydrogen


async def test_a_fan_runs_at_hydrogen_and_some_time_after(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use
) -> None:
    await use("hydrogen", device=string_of(hass, entry), fan=[FAN], run_on=SHORT)
    await drill(hass, string_of(hass, entry), "ambient_high")
    await asyncio.sleep(10)
    assert hass.states.is_state(FAN, "off")
    begins(entry, AlarmKind.HYDROGEN)
    await is_now(hass, FAN, "on")
    ends(entry, AlarmKind.HYDROGEN)
    await asyncio.sleep(20)
    assert hass.states.is_state(FAN, "on")
    begins(entry, AlarmKind.HYDROGEN)  # again, in the run-on
    await asyncio.sleep(60)
    assert hass.states.is_state(FAN, "on")
    ends(entry, AlarmKind.HYDROGEN)
    await is_now(hass, FAN, "off")


async def test_a_drill_that_ends_does_not_stop_the_fan_of_a_true_alarm(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use
) -> None:
    device = string_of(hass, entry)
    await use("hydrogen", device=device, fan=[FAN], run_on=SHORT)
    data = {"device_id": device, "kind": "hydrogen", "duration": {"seconds": 100}}
    await hass.services.async_call(DOMAIN, "simulate_alarm", data, blocking=True)
    await is_now(hass, FAN, "on")
    begins(entry, AlarmKind.HYDROGEN)
    (string,) = entry.runtime_data.strings
    await eventually(lambda: string.raised == string.alarms, seconds=300)
    await asyncio.sleep(50)
    assert hass.states.is_state(FAN, "on")
    ends(entry, AlarmKind.HYDROGEN)
    await is_now(hass, FAN, "off")


async def test_a_warning_keeps_no_fan_going_that_runs_at_alarms(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use
) -> None:
    await use("hydrogen", device=string_of(hass, entry), fan=[FAN], run_on=SHORT, level="alarm")
    begins(entry, AlarmKind.HYDROGEN)
    await is_now(hass, FAN, "on")
    ends(entry, AlarmKind.HYDROGEN)
    begins(entry, AlarmKind.HYDROGEN, level=Level.WARNING)
    await is_now(hass, FAN, "off")


async def test_a_restart_in_the_alarm_turns_the_fan_on(hass: HomeAssistant, entry: MockConfigEntry, use: Use) -> None:
    await began(hass, entry, AlarmKind.HYDROGEN)
    await restart(hass, use("hydrogen", device=string_of(hass, entry), fan=[FAN], run_on=SHORT))
    await is_now(hass, FAN, "on")


# Monthly report


async def report(hass: HomeAssistant, entry: MockConfigEntry, use: Use, *, days: int = 0, **inputs: Any) -> None:
    """Ask for a report soon, or so many days later."""
    at = dt_util.now() + timedelta(minutes=2)
    said = {"title": "{{ title }}", "message": "{{ message }}", "link": "{{ link }}"}
    tell = [{"action": "test.tell", "data": said}]
    await use(
        "monthly_report",
        string=string_of(hass, entry),
        day=(at + timedelta(days=days)).day,
        time=at.strftime("%H:%M:%S"),
        actions=tell,
        **inputs,
    )


async def test_a_report_says_how_the_string_is(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, others: list[ServiceCall]
) -> None:
    figures = [f"sensor.a_{key}" for key in ("state", "alarms", "weakest_battery", "voltage", "last_discharge")]
    await until(hass, "sensor.a_state", lambda state: state == "float")
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    await report(hass, entry, use, figures=figures)
    told = await comes(others)
    assert told["title"] == "A"
    *lines, voltage, discharge = told["message"].splitlines()
    assert lines == ["Operating state: Float", "Alarms: 0", "Weakest battery: -"]
    assert voltage.startswith("Voltage: 5")
    assert voltage.endswith(" V")
    assert discharge == "Last discharge: -"


async def test_a_report_of_all_the_string_knows(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, others: list[ServiceCall]
) -> None:
    await until(hass, "sensor.a_state", lambda state: state == "float")
    await report(hass, entry, use)
    lines = (await comes(others))["message"].splitlines()
    assert "Operating state: Float" in lines
    assert len(lines) > 10
    assert all(": " in line for line in lines)


async def test_a_report_is_linked_and_written(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    use: Use,
    others: list[ServiceCall],
    hass_client_no_auth: ClientSessionGenerator,
    tmp_path: Path,
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    await report(hass, entry, use, folder=str(tmp_path))
    link = (await comes(others))["link"]
    client = await hass_client_no_auth()
    answer = await client.get(link)
    assert answer.status == 200
    assert ">A</h1>" in await answer.text()
    assert ">A</h1>" in (tmp_path / "a.html").read_text()


async def test_a_report_that_cannot_be_written_does_not_keep_the_text_back(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, others: list[ServiceCall], tmp_path: Path
) -> None:
    await until(hass, "sensor.a_state", lambda state: state == "float")
    await report(hass, entry, use, folder=str(tmp_path))
    told = await comes(others)
    assert told["link"] == ""
    assert "Operating state: Float" in told["message"]


async def test_no_report_on_another_day(
    hass: HomeAssistant, entry: MockConfigEntry, use: Use, others: list[ServiceCall]
) -> None:
    await report(hass, entry, use, days=1)
    await nothing_more(others, seconds=170)
