"""What a user may do: reading, control of an entity, and what is for admins, by every way there is."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

from conftest import device_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.services import ACTIONS
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, Unauthorized
from homeassistant.setup import async_setup_component
from simulator.bank import Bank, build
from simulator.wire import Terminal

TEST = "button.a_battery_1_start_resistance_test"
TEST_ALL = "button.a_start_resistance_test"
ACKNOWLEDGE = "button.a_acknowledge_alarms"
CANCEL = "button.a_cancel_resistance_test"
BLINK = "button.b_battery_1_identify"


@pytest.fixture
def bank() -> Bank:
    """Return a string of TA with a TC, and one of TV, which can blink."""
    string_a = {"name": "A", "batteries": 2, "first_address": 1, "string_module": 5}
    string_b = {"name": "B", "batteries": 2, "first_address": 31, "battery_module": "tv", "nominal_voltage": 2.0}
    return build({"line": {"baud": 115200}, "string": [string_a, string_b]})


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> AsyncGenerator[MockConfigEntry]:
    """Return a running line with both strings."""
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data(count=2), string_data(31, 2, None, "B", battery_module="tv", nominal_voltage=2.0))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 20)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


@pytest.fixture
def user(hass: HomeAssistant) -> MockUser:
    """Return a user who may do nothing yet."""
    user = MockUser(groups=[]).add_to_hass(hass)
    user.mock_policy({})
    return user


def allow(user: MockUser, **rights: list[str]) -> None:
    """Let a user read, or control, some entities."""
    entities: dict[str, dict[str, bool]] = {}
    for right, names in rights.items():
        for name in names:
            entities.setdefault(name, {})[right] = True
    user.mock_policy({"entities": {"entity_ids": entities}})


def sensors_of(hass: HomeAssistant, name: str) -> list[str]:
    """Return the sensors of a string with its batteries, by the name of the string."""
    return [
        state.entity_id for state in hass.states.async_all("sensor") if state.entity_id.startswith(f"sensor.{name}_")
    ]


async def call(hass: HomeAssistant, user: MockUser, action: str, **data: Any) -> None:
    """Call an action of ours as a user."""
    answers = hass.services.supports_response(DOMAIN, action) is not SupportsResponse.NONE
    context = Context(user_id=user.id)
    await hass.services.async_call(DOMAIN, action, data, blocking=True, context=context, return_response=answers)


async def press(hass: HomeAssistant, user: MockUser, button: str) -> None:
    """Press a button as a user."""
    data = {"entity_id": button}
    await hass.services.async_call("button", "press", data, blocking=True, context=Context(user_id=user.id))


@pytest.mark.parametrize(
    ("action", "of", "button"),
    [
        ("start_resistance_test", "A1", TEST),
        ("start_resistance_test", "A", TEST_ALL),
        ("cancel_resistance_test", "A1", TEST),
        ("cancel_resistance_test", "A", CANCEL),
        ("acknowledge_alarms", "A", ACKNOWLEDGE),
        ("blink", "B31", BLINK),
    ],
)
async def test_an_action_asks_for_what_its_button_asks_for(
    hass: HomeAssistant, entry: MockConfigEntry, user: MockUser, action: str, of: str, button: str
) -> None:
    ids = {string.name: string.id for string in entry.runtime_data.strings}
    device = device_of(hass, entry, ids.get(of, of))
    everything = [state.entity_id for state in hass.states.async_all() if state.entity_id != button]
    allow(user, read=[*everything, button], control=everything)
    with pytest.raises(Unauthorized):
        await call(hass, user, action, device_id=[device])
    with pytest.raises(Unauthorized):
        await press(hass, user, button)
    allow(user, control=[button])
    await call(hass, user, action, device_id=[device])
    await press(hass, user, button)


async def test_what_can_break_a_line_is_for_admins(
    hass: HomeAssistant, entry: MockConfigEntry, user: MockUser, hass_admin_user: MockUser
) -> None:
    user.mock_policy({"entities": True})
    battery = device_of(hass, entry, "A1")
    for action, data in (
        ("scan", {}),
        ("set_module_address", {"address": 7}),
        ("set_module_baudrate", {"baudrate": 19200}),
        ("simulate_alarm", {"device_id": battery, "kind": "voltage_low"}),
    ):
        with pytest.raises(Unauthorized):
            await call(hass, user, action, **data)
    await call(hass, hass_admin_user, "simulate_alarm", device_id=battery, kind="voltage_low")


async def test_without_a_button_the_sensors_count(hass: HomeAssistant, entry: MockConfigEntry, user: MockUser) -> None:
    battery, sensors = device_of(hass, entry, "A1"), [one for one in sensors_of(hass, "a") if "battery_1" in one]
    for action, data in (
        ("acknowledge_alarms", {"device_id": [battery]}),
        ("set_baseline", {"device_id": [battery], "baseline": 4}),
        ("reset_baseline", {"device_id": [battery]}),
        ("battery_replaced", {"device_id": battery}),
    ):
        allow(user, read=sensors, control=sensors[1:])
        with pytest.raises(Unauthorized):
            await call(hass, user, action, **data)
        allow(user, control=sensors)
        await call(hass, user, action, **data)


async def test_the_report_asks_for_what_its_action_asks_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    user: MockUser,
    hass_client_no_auth: ClientSessionGenerator,
) -> None:
    token = await hass.auth.async_create_refresh_token(user, "https://example.com/app")
    headers = {"Authorization": f"Bearer {hass.auth.async_create_access_token(token)}"}
    client = await hass_client_no_auth()
    string_a, string_b = (string.id for string in entry.runtime_data.strings)
    allow(user, read=sensors_of(hass, "a"))
    for subject, status in ((string_a, 200), (string_b, 401), (entry.entry_id, 401)):
        for kind in ("html", "csv"):
            answer = await client.get(f"/api/{DOMAIN}/report/{subject}.{kind}", headers=headers)
            assert answer.status == status, (subject, kind)


async def ask(client: Any, kind: str, number: int, **fields: Any) -> dict[str, Any]:
    """Send a command and return its result; the messages of the feed before it are left out."""
    await client.send_json({"id": number, "type": f"{DOMAIN}/{kind}", **fields})
    while (message := await client.receive_json())["type"] != "result" or message["id"] != number:
        pass
    return dict(message)


async def snapshot(client: Any) -> dict[str, Any]:
    """Return the next snapshot."""
    while (message := await client.receive_json())["type"] != "event" or message["event"]["kind"] != "snapshot":
        pass
    return dict(message["event"])


async def test_cards_show_and_offer_what_the_user_may(
    hass: HomeAssistant, entry: MockConfigEntry, user: MockUser, hass_ws_client: WebSocketGenerator
) -> None:
    token = await hass.auth.async_create_refresh_token(user, "https://example.com/app")
    client = await hass_ws_client(hass, hass.auth.async_create_access_token(token))
    string_a, string_b = (string.id for string in entry.runtime_data.strings)
    allow(user, read=sensors_of(hass, "a"), control=[ACKNOWLEDGE])
    assert (await ask(client, "subscribe", 1))["success"]
    shown = await snapshot(client)
    assert [(string["name"], string["may"]) for string in shown["strings"]] == [("A", ["acknowledge"])]
    assert [line["id"] for line in shown["lines"]] == [entry.entry_id]
    battery = await ask(client, "battery", 2, string=string_a, battery="A1")
    assert battery["result"]["may"] == []
    commands: tuple[tuple[str, dict[str, Any]], ...] = (
        ("battery", {"battery": "B31"}),
        ("resistances", {}),
        ("resistance_weeks", {}),
        ("discharges", {}),
        ("curve", {"start": 0}),
        ("alarms", {}),
        ("acknowledge", {"alarms": {}}),
        ("entities", {}),
    )
    for number, (kind, fields) in enumerate(commands, start=3):
        refused = await ask(client, kind, number, string=string_b, **fields)
        assert refused["error"]["code"] == "unauthorized", kind
    user.mock_policy({})
    assert (await ask(client, "subscribe", 20))["success"]
    nothing = await snapshot(client)
    assert (nothing["lines"], nothing["strings"]) == ([], [])


async def test_a_card_acknowledges_what_it_has_shown_and_the_user_may(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    user: MockUser,
    hass_admin_user: MockUser,
    hass_ws_client: WebSocketGenerator,
) -> None:
    token = await hass.auth.async_create_refresh_token(user, "https://example.com/app")
    client = await hass_ws_client(hass, hass.auth.async_create_access_token(token))
    string = entry.runtime_data.strings[0]
    sensors = sensors_of(hass, "a")
    allow(user, read=sensors)

    async def raised(battery: str, level: str = "alarm") -> None:
        device = device_of(hass, entry, battery)
        await call(hass, hass_admin_user, "simulate_alarm", device_id=device, kind="voltage_low", level=level)

    def seen() -> set[tuple[str | None, str | None, str | None]]:
        return {(one.battery, one.acknowledged_by, one.note) for one in string.raised if one.acknowledged is not None}

    await raised("A1", "warning")
    assert (await ask(client, "subscribe", 1))["success"]
    (shown,) = (await snapshot(client))["strings"]
    known = {alarm["id"]: alarm["level"] for alarm in shown["alarms"]}
    await raised("A2")  # since the card was shown
    fields: dict[str, Any] = {"string": string.id, "alarms": known, "note": " Ordered "}
    refused = await ask(client, "acknowledge", 2, **fields)
    assert refused["error"]["code"] == "unauthorized"
    other = [one for one in sensors if "battery_2" in one]
    allow(user, read=sensors, control=other)  # of a battery that was not shown
    refused = await ask(client, "acknowledge", 3, **fields)
    assert refused["error"]["code"] == "unauthorized"
    assert seen() == set()
    allow(user, read=sensors, control=[one for one in sensors if "battery_1" in one])
    # Shown as a warning, it is none of another level.
    answer = await ask(client, "acknowledge", 4, **fields | {"alarms": dict.fromkeys(known, "alarm")})
    assert (answer["result"], seen()) == ({"acknowledged": 0}, set())
    answer = await ask(client, "acknowledge", 5, **fields)
    assert (answer["result"], seen()) == ({"acknowledged": 1}, {("A1", user.name, "Ordered")})
    answer = await ask(client, "acknowledge", 6, **fields | {"note": "Again"})
    assert (answer["result"], seen()) == ({"acknowledged": 0}, {("A1", user.name, "Ordered")})
    await asyncio.sleep(1)
    await raised("A1", "warning")  # anew: it is another one
    answer = await ask(client, "acknowledge", 7, **fields)
    assert (answer["result"], seen()) == ({"acknowledged": 0}, set())
    refused = await ask(client, "acknowledge", 8, **fields | {"note": "x" * 201})
    assert refused["error"]["translation_key"] == "bad_text"
    wrongs: tuple[dict[str, Any], ...] = (
        {"alarms": {"x": "ok"}},
        {"alarms": []},
        {"alarms": {"x": 1}},
        {"string": 5},
    )
    for number, wrong in enumerate(wrongs, 9):
        refused = await ask(client, "acknowledge", number, **fields | wrong)
        assert refused["error"]["code"] == "invalid_format"
    refused = await ask(client, "acknowledge", 20, **fields | {"string": "gone"})
    assert refused["error"]["code"] == "not_found"


async def test_an_administrator_may_all_of_it(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    client = await hass_ws_client(hass)
    assert (await ask(client, "subscribe", 1))["success"]
    shown = await snapshot(client)
    assert [string["may"] for string in shown["strings"]] == [["acknowledge", "start_resistance_test", "blink"]] * 2


async def test_a_connection_has_one_feed(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator
) -> None:
    """A thousand subscriptions of one page cost what one costs: each ends the one before."""
    client = await hass_ws_client(hass)
    other = await hass_ws_client(hass)
    assert (await ask(other, "subscribe", 1))["success"]
    for number in range(1, 1001):
        assert (await ask(client, "subscribe", number))["success"]
    await snapshot(client)
    received = [await client.receive_json() for _ in range(3)]
    assert {message["id"] for message in received} == {1000}
    await client.send_json({"id": 1001, "type": "unsubscribe_events", "subscription": 999})
    while (message := await client.receive_json())["type"] != "result":
        pass
    assert not message["success"]
    await client.send_json({"id": 1002, "type": "unsubscribe_events", "subscription": 1000})
    while (message := await client.receive_json())["type"] != "result":
        pass
    assert message["success"]
    await snapshot(other)
    assert (await other.receive_json())["id"] == 1


async def test_errors_of_a_command_come_after_the_permission(
    hass: HomeAssistant, entry: MockConfigEntry, user: MockUser
) -> None:
    """A user without control learns nothing of what the module could do."""
    with pytest.raises(Unauthorized):
        await call(hass, user, "start_resistance_test", device_id=[device_of(hass, entry, "B31")])
    user.mock_policy({"entities": True})
    with pytest.raises(HomeAssistantError) as refused:
        await call(hass, user, "start_resistance_test", device_id=[device_of(hass, entry, "B31")])
    assert refused.value.translation_key == "no_resistance_test"


async def test_no_action_goes_without_a_permission(hass: HomeAssistant, entry: MockConfigEntry, user: MockUser) -> None:
    battery, string = device_of(hass, entry, "A1"), device_of(hass, entry, entry.runtime_data.strings[0].id)
    fields: dict[str, dict[str, Any]] = {
        **{action: {"device_id": [string]} for action in ACTIONS},
        "start_capacity_test": {"device_id": string},
        "cancel_capacity_test": {"device_id": string},
        "battery_replaced": {"device_id": battery},
        "blink": {"device_id": [device_of(hass, entry, "B31")]},
        "export": {"device_id": [string], "what": ["alarms"]},
        "report": {"device_id": string},
        "scan": {},
        "set_module_address": {"address": 7},
        "set_module_baudrate": {"baudrate": 19200},
        "simulate_alarm": {"device_id": battery, "kind": "voltage_low"},
    }
    for action, data in fields.items():
        with pytest.raises(Unauthorized):
            await call(hass, user, action, **data)
    user.mock_policy({"entities": {"all": {"read": True}}})
    for action, data in fields.items():
        if action in ("export", "report"):
            await call(hass, user, action, **data)
            data["folder"] = "/media"  # what is written takes control
        with pytest.raises(Unauthorized):
            await call(hass, user, action, **data)
