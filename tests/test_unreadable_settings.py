"""Settings in the storage that can't be read, as after a downgrade or an edit by hand: the other lines go on."""

from collections.abc import Callable
from typing import Any

from conftest import FAST, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.diagnostics import async_get_config_entry_diagnostics
from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import DATA_DISPATCHER
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

MISSING = object()
NOTHING = "\u2013"


def other_line(*, line: dict[str, Any] | None = None, **changes: Any) -> MockConfigEntry:
    """Return a line at a gateway that does not exist; None of its settings have to be readable."""
    string = string_data(name="B")
    data = {key: value for key, value in {**string["data"], **changes}.items() if value is not MISSING}
    settings = {"connection": "modbus_tcp", "host": "192.0.2.1", "port": 502} | (line or {})
    return MockConfigEntry(
        domain=DOMAIN,
        title="Other",
        unique_id="192.0.2.1:502",
        data={key: value for key, value in settings.items() if value is not MISSING},
        subentries_data=[ConfigSubentryData(data=data, subentry_type="string", title="B", unique_id=None)],
    )


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line."""
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data(name="A"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    return entry


def listeners(hass: HomeAssistant) -> int:
    """Return how many listen to changes of entries."""
    return len(hass.data[DATA_DISPATCHER].get(SIGNAL_CONFIG_ENTRY_CHANGED, ()))


@pytest.mark.parametrize(
    ("changes", "field", "value"),
    [
        ({"chemistry": "lithium"}, "chemistry", '"lithium"'),
        ({"chemistry": MISSING}, "chemistry", NOTHING),
        ({"chemistry": ["nicd"]}, "chemistry", '["nicd"]'),
        ({"capacity": "100"}, "capacity", '"100"'),
        ({"capacity": 0}, "capacity", "0"),
        ({"nominal_voltage": None}, "nominal_voltage", "null"),
        ({"batteries": []}, "batteries", "[]"),
        ({"batteries": 7}, "batteries", "7"),
        ({"batteries": [{"id": "B1", "address": "one"}]}, "batteries[0].address", '"one"'),
        ({"batteries": [{"address": 1}]}, "batteries[0].id", NOTHING),
        ({"battery_module": "rms"}, "battery_module", '"rms"'),
        ({"string_module": "tz"}, "string_module", '"tz"'),
        ({"string_module": None}, "string_module", "null"),
        ({"string_module": "ta"}, "string_module", '"ta"'),
        ({"nominal_voltage": 1e308}, "nominal_voltage", "1e+308"),
        ({"batteries": [{"id": "B1", "address": 2**62}]}, "batteries[0].address", "4611686018427387904"),
        ({"test_begins": "10:00+02:00"}, "test_begins", '"10:00+02:00"'),
        ({"installed": "yesterday"}, "installed", '"yesterday"'),
        ({"limits": {"voltage_low_alarm": "deep"}}, "limits.voltage_low_alarm", '"deep"'),
        ({"limits": {"reference_temperature": -1e9}}, "limits.reference_temperature", "-1000000000.0"),
        ({"capacity_test_months": 1e8}, "capacity_test_months", "100000000.0"),
        ({"design_life": 41}, "design_life", "41"),
        ({"test_days": 366}, "test_days", "366"),
        ({"ventilation": 0}, "ventilation", "0"),
        ({"limits": {"end_voltage": 5}}, "limits.end_voltage", "5"),
        ({"limits": {"temperature_high_alarm": 9e8}}, "limits.temperature_high_alarm", "900000000.0"),
        ({"limits": {"voltage_low_warning": 0}}, "limits.voltage_low_warning", "0"),
        ({"test_begins": "25:00"}, "test_begins", '"25:00"'),
        ({"invert_current": MISSING}, "invert_current", NOTHING),
        ({"line": {"connection": "can"}}, "connection", '"can"'),
        ({"line": {"connection": MISSING}}, "connection", NOTHING),
        ({"line": {"port": "modbus"}}, "port", '"modbus"'),
        ({"line": {"port": 65536}}, "port", "65536"),
        ({"line": {"host": "a\0b"}}, "host", '"a\\u0000b"'),
        ({"line": {"connection": "serial"}}, "device", NOTHING),
    ],
)
async def test_a_line_with_unreadable_settings_is_named_and_the_others_are_shown(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    changes: dict[str, Any],
    field: str,
    value: str,
) -> None:
    other = other_line(**changes)
    other.add_to_hass(hass)
    before = listeners(hass)
    for _ in range(3):
        await hass.config_entries.async_reload(other.entry_id)
        assert other.state is ConfigEntryState.SETUP_ERROR
    assert other.error_reason_translation_key == "settings_unreadable"
    issue = ir.async_get(hass).async_get_issue(DOMAIN, f"settings_unreadable_{other.entry_id}")
    assert issue is not None
    assert issue.translation_placeholders is not None
    assert (issue.translation_placeholders["field"], issue.translation_placeholders["value"]) == (field, value)
    assert listeners(hass) == before

    client = await hass_ws_client(hass)
    for _ in range(2):
        await client.send_json_auto_id({"type": "battery_bank/subscribe"})
        assert (await client.receive_json())["success"]
        snapshot = (await client.receive_json())["event"]
        assert snapshot["kind"] == "snapshot"
        assert [(line["name"], line["loaded"]) for line in snapshot["lines"]] == [("Line", True), ("Other", False)]
        assert [string["name"] for string in snapshot["strings"]] == ["A"]
    assert listeners(hass) == before + 1  # one feed for all pages
    await client.close()
    await hass.async_block_till_done()

    # The other line is set up again beside it, and diagnostics say what is stored.
    await hass.config_entries.async_reload(entry.entry_id)
    assert entry.state is ConfigEntryState.LOADED
    assert (await async_get_config_entry_diagnostics(hass, other))["state"] == "setup_error"

    await hass.config_entries.async_remove(other.entry_id)
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"settings_unreadable_{other.entry_id}") is None


async def test_an_alarm_kind_of_a_later_release_is_not_latched_and_nothing_else(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    subentry = next(iter(entry.subentries.values()))
    data = {**subentry.data, "latched": ["hydrogen", "of_a_later_release"], "limits": {"of_a_later_release_alarm": 1.0}}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    assert entry.runtime_data.strings[0].settings.latched == {"hydrogen"}


async def test_a_string_is_filled_in_again_and_its_line_goes_on(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    subentry = next(iter(entry.subentries.values()))
    await hass.config_entries.async_unload(entry.entry_id)
    data = {**subentry.data, "chemistry": "lithium", "limits": "none"}
    hass.config_entries.async_update_subentry(entry, subentry, data=data)
    await hass.config_entries.async_setup(entry.entry_id)
    assert entry.state is ConfigEntryState.SETUP_ERROR
    form = await entry.start_subentry_reconfigure_flow(hass, subentry.subentry_id)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "change")
    assert form["data_schema"] is not None
    suggested = {
        str(marker): marker.description["suggested_value"]
        for marker in form["data_schema"].schema
        if marker.description and "suggested_value" in marker.description
    }
    assert suggested["addresses"] == "1-4"
    assert "chemistry" not in suggested
    done = await hass.config_entries.subentries.async_configure(
        form["flow_id"], {**suggested, "chemistry": "vrla_agm", "invert_current": False}
    )
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    assert entry.state.value == "loaded"
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"settings_unreadable_{entry.entry_id}") is None
    (string,) = entry.runtime_data.strings
    assert [battery.id for battery in string.batteries] == ["A1", "A2", "A3", "A4"]
    assert "limits" not in string.config
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    assert state_of(hass, "sensor.a_alarm_level") is not None


async def test_a_line_is_added_and_changed_beside_one_that_cannot_be_read(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    other = other_line(line={"connection": "can"})
    other.add_to_hass(hass)
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "serial"})
    refused = await hass.config_entries.flow.async_configure(
        form["flow_id"],
        {
            "device": entry.data["device"],
            "baudrate": str(FAST),
            "parity": "none",
            "scan": {"first_address": 1, "last_address": 5},
        },
    )
    assert (refused["type"], refused["reason"]) == (FlowResultType.ABORT, "already_configured")
    form = await other.start_reconfigure_flow(hass)
    form = await hass.config_entries.flow.async_configure(form["flow_id"], {"next_step_id": "gateway"})
    assert form["type"] is FlowResultType.FORM
