"""Whatever is typed, sent or called: it is taken, or refused in words, and never an unexpected error."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
import logging
from random import Random
import time
from typing import Any
from urllib.parse import quote

from conftest import device_of, string_data, until
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.services import ACTIONS
from custom_components.battery_bank.strings.address_text import AddressesError, parse_addresses
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.faults.hostile_values import hostile_values
from simulator.wire import Terminal

UNEXPECTED = {"unknown_error", "home_assistant_error"}
LARGEST = 2**64 - 1  # what JSON of Home Assistant takes as a whole number


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> AsyncGenerator[MockConfigEntry]:
    """Return a running line."""
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    yield entry
    await hass.config_entries.async_unload(entry.entry_id)


def sendable(value: Any) -> bool:
    """Return whether Home Assistant's JSON has such a value."""
    return not isinstance(value, int) or -(2**63) <= value <= LARGEST


COMMANDS: dict[str, dict[str, Any]] = {
    "battery": {"battery": "A1"},
    "resistances": {},
    "resistance_weeks": {},
    "discharges": {"limit": 5, "offset": 0},
    "curve": {"start": 0},
    "alarms": {"limit": 5, "offset": 0},
    "texts": {"language": "en"},
    "subscribe": {},
}


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_commands_of_the_cards(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = await hass_ws_client(hass)
    (string,) = entry.subentries
    number = 0
    for command, usual in COMMANDS.items():
        fields = usual if command in ("texts", "subscribe") else {"string": string} | usual
        for field in (*fields, "surplus"):
            for value in filter(sendable, hostile_values(Random(17))):
                number += 1
                await client.send_json({"id": number, "type": f"{DOMAIN}/{command}", **fields, field: value})
                while (answer := await client.receive_json())["type"] != "result" or answer["id"] != number:
                    pass
                if not answer["success"]:
                    assert answer["error"]["code"] not in UNEXPECTED, (command, field, value, answer)
                    assert answer["error"]["message"]
    assert problems(caplog) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("offset", 2**63),
        ("offset", -1),
        ("limit", True),
        ("limit", 0),
        ("limit", 51),
        ("offset", "0"),
        ("offset", 1e308),
    ],
)
async def test_a_refused_field_of_a_command_is_named(
    hass: HomeAssistant, entry: MockConfigEntry, hass_ws_client: WebSocketGenerator, field: str, value: Any
) -> None:
    client = await hass_ws_client(hass)
    (string,) = entry.subentries
    await client.send_json({"id": 1, "type": f"{DOMAIN}/alarms", "string": string, field: value})
    answer = await client.receive_json()
    assert answer["error"]["code"] == "invalid_format"
    assert f"'{field}'" in answer["error"]["message"]


def calls(hass: HomeAssistant, entry: MockConfigEntry) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Yield each action with usual fields, and each field of it to be spoilt."""
    battery = device_of(hass, entry, "A1")
    usual = {
        "device_id": battery,
        "config_entry_id": entry.entry_id,
        "kind": "voltage_low",
        "level": "alarm",
        "first_address": 1,
        "last_address": 2,
        "address": 1,
        "baudrate": 9600,
        "what": ["alarms"],
    }
    for name, action in ACTIONS.items():
        fields = [str(field) for field in action.fields]
        required = {str(field) for field in action.fields if isinstance(field, probatio.Required)}
        needed = required | {"config_entry_id", "first_address", "last_address", "what"}
        base = {field: usual[field] for field in fields if field in needed and field in usual}
        for field in fields:
            yield name, {key: value for key, value in base.items() if key != field}, field


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_actions(
    hass: HomeAssistant, entry: MockConfigEntry, caplog: pytest.LogCaptureFixture, tmp_path: Any
) -> None:
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    for action, usual, field in calls(hass, entry):
        if action in ("scan", "set_module_address", "set_module_baudrate") and field == "config_entry_id":
            continue  # it is Home Assistant's own
        answers = hass.services.supports_response(DOMAIN, action) is not SupportsResponse.NONE
        for value in hostile_values(Random(18)):
            if action in ("scan", "set_module_address", "set_module_baudrate") and accepted(value):
                continue  # each takes a minute of the line
            data = usual | {field: value}
            with suppress(probatio.Invalid, HomeAssistantError):
                await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=answers)
    assert problems(caplog) == []


async def test_a_device_that_is_named_ten_thousand_times_counts_once(
    hass: HomeAssistant, entry: MockConfigEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = [device_of(hass, entry, "A1")] * 10_000
    looked_up = list[str]()
    find = dr.async_get(hass).async_get

    def count(device_id: str) -> Any:
        looked_up.append(device_id)
        return find(device_id)

    monkeypatch.setattr(dr.async_get(hass), "async_get", count)
    await hass.services.async_call(DOMAIN, "acknowledge_alarms", {"device_id": devices}, blocking=True)
    assert len(looked_up) < 10


@pytest.mark.parametrize("text", [" " * 100_000, "1" + " " * 100_000 + "-", "1," * 100_000, "\ufdfa" * 100_000])
def test_a_long_list_of_addresses_is_refused_at_once(text: str) -> None:
    began = time.perf_counter()
    with pytest.raises(AddressesError):
        parse_addresses(text)
    assert time.perf_counter() - began < 0.5


def accepted(value: Any) -> bool:
    """Return whether a value may be an address or a speed."""
    try:
        return not isinstance(value, bool) and 0 <= float(value) <= 115200
    except TypeError, ValueError, OverflowError:
        return False


@pytest.mark.parametrize(
    ("action", "field", "value"),
    [
        ("set_baseline", "baseline", True),
        ("set_baseline", "baseline", "1_0.0"),
        ("set_baseline", "baseline", 1e308),
        ("set_baseline", "baseline", "nan"),
        ("battery_replaced", "serial", "9" * 101),
        ("battery_replaced", "note", "a" * 1001),
        ("battery_replaced", "note", "a\0b"),
        ("battery_replaced", "date", "0001-01-01"),
        ("export", "end", "0001-01-01"),
        ("export", "start", "9999-12-31T23:59:59"),
        ("export", "folder", "a\0b"),
        ("export", "folder", "a" * 1001),
        ("simulate_alarm", "duration", {"hours": 1e308}),
        ("simulate_alarm", "duration", True),
        ("simulate_alarm", "duration", "9" * 5000),
        ("report", "days", "9" * 5000),
        ("report", "folder", "/media/\0"),
    ],
)
async def test_a_refused_field_of_an_action_is_named(
    hass: HomeAssistant, entry: MockConfigEntry, action: str, field: str, value: Any
) -> None:
    of = next(iter(entry.subentries)) if action == "report" else "A1"
    device = device_of(hass, entry, of)
    of_one = action in ("battery_replaced", "simulate_alarm", "report")
    data = {"device_id": device if of_one else [device], field: value}
    data |= {"kind": "voltage_low"} if action == "simulate_alarm" else {}
    answers = hass.services.supports_response(DOMAIN, action) is not SupportsResponse.NONE
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=answers)
    assert refused.value.translation_placeholders is not None
    assert refused.value.translation_placeholders["field"] == field


@pytest.mark.slow
async def test_paths(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = await hass_client()
    bases = [f"/api/{DOMAIN}/report/", f"/{DOMAIN}/", f"/{DOMAIN}/{entry.runtime_data.id}/"]
    for base in bases:
        for value in hostile_values(Random(19)):
            if isinstance(value, str | int | float) and len(quote(str(value))) < 4000:
                answer = await client.get(base + str(value).replace("?", "").replace("#", ""))
                assert answer.status < 500, (base, value)
    for value in hostile_values(Random(20)):
        if isinstance(value, str | int | float) and len(quote(str(value))) < 4000:
            path = f"/api/{DOMAIN}/report/{entry.entry_id}.html"
            answer = await client.get(path, params={"days": str(value)})
            assert answer.status in (200, 400), value
    assert problems(caplog) == []


def problems(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the log has of unexpected errors."""
    return [
        f"{one.getMessage()} {one.exc_info}"
        for one in caplog.records
        if one.exc_info or (one.levelno >= logging.ERROR and DOMAIN in one.name)
    ]
