"""A line that release 0.4.0 set up and monitored for a year goes on, with its entities, history and settings.

The files were made by that release: the configuration entry, the entities that it registered, and the journal as SQL.
"""

from datetime import UTC, datetime
import json
from pathlib import Path
import sqlite3
from typing import Any, cast

from conftest import until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.bank import Bank
from simulator.wire import Terminal

MADE = Path(__file__).parent / "fixtures" / "release_0_4_0"
ENDED = 1_780_000_000.0  # s since 1970, UTC: when its journal ends
# What a file of that release says of itself, which the SQL leaves out.
APPLICATION_ID = 0x42424A4C
VERSION = 3

ACTIONS = {
    "acknowledge_alarms",
    "battery_replaced",
    "blink",
    "cancel_resistance_test",
    "export",
    "report",
    "reset_baseline",
    "scan",
    "set_baseline",
    "set_module_address",
    "set_module_baudrate",
    "simulate_alarm",
    "start_resistance_test",
}
ALARM_EVENT = {
    "type",
    "device_id",
    "string_device_id",
    "line_device_id",
    "kind",
    "name",
    "level",
    "worst",
    "message",
    "string",
    "battery",
    "value",
    "limit",
    "unit",
    "since",
    "what_to_do",
    "acknowledged_by",
    "drill",
}


@pytest.fixture
def start_time() -> datetime:
    """Return a time one minute after the journal ends."""
    return datetime.fromtimestamp(ENDED + 60, UTC)


@pytest.fixture
async def bank_of_release(hass: HomeAssistant) -> None:
    """Put there what a test needs besides, before the line is set up."""


@pytest.fixture
async def entry(hass: HomeAssistant, bank_of_release: None, bank: Bank, plug: Any, port: Path) -> MockConfigEntry:
    """Return the line of that release, running under this one a minute after its journal ends."""
    made: dict[str, Any] = json.loads((MADE / "entry.json").read_text())
    path = journal_path(hass, made["entry_id"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with sqlite3.connect(path) as connection:
        connection.executescript((MADE / "journal.sql").read_text())
        connection.executescript(f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}")
    connection.close()
    terminal: Terminal = plug(bank)
    assert terminal
    entry = MockConfigEntry(
        domain=DOMAIN,
        entry_id=made["entry_id"],
        title=made["title"],
        unique_id=str(port),
        data=made["data"] | {"device": str(port)},
        subentries_data=[cast(ConfigSubentryDataWithId, subentry) for subentry in made["subentries"]],
    )
    entry.add_to_hass(hass)
    for entity_id, unique_id in json.loads((MADE / "entities.json").read_text()).items():
        domain, object_id = entity_id.split(".")
        string = made["subentries"][0]["subentry_id"] if not unique_id.startswith(made["entry_id"]) else None
        er.async_get(hass).async_get_or_create(
            domain, DOMAIN, unique_id, config_entry=entry, config_subentry_id=string, suggested_object_id=object_id
        )
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    return entry


async def test_every_entity_keeps_its_id(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    before: dict[str, str] = json.loads((MADE / "entities.json").read_text())
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    # What this release does not create any more it removes from the registry when the line is set up.
    assert before.items() <= {entity.entity_id: entity.unique_id for entity in entities}.items()


async def test_what_was_learned_in_a_year_goes_on(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    def shown(entity_id: str) -> str:
        state = hass.states.get(entity_id)
        assert state is not None, entity_id
        return state.state

    # Battery 3 had grown a third above its baseline, and its two alarms were open.
    assert shown("sensor.a_weakest_battery") == "3"
    assert float(shown("sensor.a_battery_3_resistance_against_baseline")) == 129.3
    assert shown("binary_sensor.a_battery_3_problem") == "on"
    assert shown("sensor.a_alarms") == "2"
    assert float(shown("number.a_battery_3_baseline_resistance")) == 4.618
    journal = entry.runtime_data.journal_writer.journal
    (string,) = entry.runtime_data.strings
    assert len(await journal.discharges(string.id)) == 3
    assert len(await journal.resistance_tests(string.id)) == 204
    assert string.settings.limits == {"voltage_low_warning": 2.15, "temperature_high_alarm": 48.0}
    assert string.settings.years == 10
    assert string.schedule is not None
    assert string.schedule.days == 14
    # The document of that release counts on.
    assert string.state.running.counters.drawn == pytest.approx(179.874, abs=0.001)
    assert string.state.running.counters.discharges == 3
    assert float(shown("sensor.a_charge_out")) == pytest.approx(179.874, abs=0.001)
    assert float(shown("sensor.a_full_cycles")) == 1.8  # of 100 Ah
    assert string.state.learned.last is not None


async def test_actions_and_events_are_named_as_before(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert hass.services.async_services()[DOMAIN].keys() >= ACTIONS
    events = async_capture_events(hass, "battery_bank_event")
    battery = er.async_get(hass).async_get("sensor.a_battery_2_voltage")
    assert battery is not None
    data = {"device_id": battery.device_id, "kind": "deviation"}
    await hass.services.async_call(DOMAIN, "simulate_alarm", data, blocking=True)
    await until(hass, "event.a_alarm", lambda _: bool(events))
    assert events[0].data.keys() >= ALARM_EVENT
    assert events[0].data["type"] == "alarm_raised"


async def test_release_0_4_0_will_refuse_the_line_and_its_journal(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Run on such a line, that release says "has version 2 which is higher than the current version 1"."""
    assert entry.version == 2
    facts = await entry.runtime_data.journal_writer.journal.facts()
    assert facts["version"] > VERSION
