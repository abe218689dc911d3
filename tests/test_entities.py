"""What a line looks like in Home Assistant, and when it writes a state."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from conftest import FAST, Still, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from syrupy.assertion import SnapshotAssertion

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.bank import Bank, build
from simulator.modules import TA
from simulator.wire import Terminal


@pytest.fixture
def time_zone() -> str:
    """Return the zone of the inventory."""
    return "Europe/Madrid"


@pytest.fixture
def start_time() -> datetime:
    """Return the time of the inventory, which says when the next resistance test is due."""
    return datetime(2026, 6, 16, 12, 30, tzinfo=UTC)


@pytest.fixture
def quiet(bank: Bank) -> Bank:
    """Return a bank that always measures the same."""
    for module in bank.modules.values():
        module.random = Still()
    return bank


@pytest.mark.usefixtures("all_enabled")
async def test_inventory(
    hass: HomeAssistant,
    quiet: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    snapshot: SnapshotAssertion,
) -> None:
    """Every entity with its class, unit, category, name, and what it shows."""
    plug(quiet)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage_deviation", lambda state: abs(float(state)) < 1)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    inventory = {}
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        state = hass.states.get(entity.entity_id)
        subject = entity.unique_id.removesuffix(f"_{entity.unique_id.partition('_')[2]}")
        if subject in ("A2", "A3", "A4"):
            continue  # like A1
        own = {
            "name": entity.name or entity.original_name,
            "category": entity.entity_category,
            "device_class": entity.original_device_class,
            "unit": entity.unit_of_measurement,
            "state_class": (entity.capabilities or {}).get("state_class"),
            "precision": entity.options["sensor"].get("suggested_display_precision")
            if "sensor" in entity.options
            else None,
            "state": state.state if state and "round_time" not in entity.entity_id else None,
            "attributes": sorted(state.attributes) if state else None,
        }
        inventory[entity.entity_id] = {key: value for key, value in own.items() if value is not None}
    assert inventory == snapshot


async def test_devices(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """The line, behind it the string, behind that its batteries; each with the firmware it says it has."""
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    (string_id,) = entry.subentries
    devices = {device.name: device for device in dr.async_entries_for_config_entry(dr.async_get(hass), entry.entry_id)}
    assert list(devices) == ["Line", "A", "A battery 1", "A battery 2", "A battery 3", "A battery 4"]
    line, string, battery = devices["Line"], devices["A"], devices["A battery 4"]
    assert (line.via_device_id, line.config_subentry_id) == (None, None)
    assert (string.via_device_id, string.config_subentry_id) == (line.id, string_id)
    assert (string.manufacturer, string.model, string.sw_version) == ("Rekoser", "RMS-TC", "0A00")
    assert (battery.via_device_id, battery.config_subentry_id) == (string.id, string_id)
    assert (battery.manufacturer, battery.model, battery.sw_version) == ("Rekoser", "RMS-TA", "0A03")


async def test_a_state_is_written_for_news_and_not_for_noise(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """The line is asked each second; on float the modules' noise must not become rows in the database."""
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    for number in range(1, 5):
        await until(hass, f"sensor.a_battery_{number}_voltage_deviation", lambda state: abs(float(state)) < 1)
    await asyncio.sleep(60)  # what is asked of the modules after a start takes its time, the more families there are
    written: list[Event[EventStateChangedData]] = async_capture_events(hass, EVENT_STATE_CHANGED)
    await asyncio.sleep(120)
    assert {event.data["entity_id"] for event in written} == set()

    bank.strings["A"].mains = False  # 20 A out of all of them: that is news, of voltages and current, at once
    written.clear()
    await until(hass, "sensor.a_current", lambda state: float(state) == pytest.approx(-20, abs=0.2))
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) < 13)
    assert {event.data["entity_id"] for event in written} >= {"sensor.a_current", "sensor.a_battery_1_voltage"}


async def test_a_value_that_stays_away_by_half_a_step_is_written_within_minutes(
    hass: HomeAssistant, quiet: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """A step is 0.05 % of the voltage, 6.8 mV; 3 mV are written when 3 mV · time is 6.8 mV · 160 s: after 363 s."""
    plug(quiet)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    shown = hass.states.get("sensor.a_battery_1_voltage")
    assert shown is not None
    millivolts = round(float(shown.state) * 1000)
    quiet.faults.registers[1] = {0x0001: millivolts + 3}
    await asyncio.sleep(350)
    held = hass.states.get("sensor.a_battery_1_voltage")
    assert held is not None
    assert held.state == shown.state
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) == (millivolts + 3) / 1000, seconds=30)


async def test_one_value_that_stands_out_is_no_reason_to_show_it(
    hass: HomeAssistant, quiet: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """5 mV for one poll in twenty: their mean is the value that is shown."""
    plug(quiet)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    shown = hass.states.get("sensor.a_battery_1_voltage")
    assert shown is not None
    for _ in range(30):
        quiet.faults.registers[1] = {0x0001: round(float(shown.state) * 1000) + 5}
        await asyncio.sleep(1)
        del quiet.faults.registers[1]
        await asyncio.sleep(19)
        assert hass.states.is_state("sensor.a_battery_1_voltage", shown.state)


@pytest.mark.usefixtures("all_enabled")
async def test_a_resistance_has_as_many_digits_as_its_module_resolves(
    hass: HomeAssistant, plug: Callable[..., Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    bank = build({"line": {"baud": FAST}, "string": [{"name": "A", "batteries": 2, "nominal_voltage": 2.0}]})
    for module in bank.modules.values():
        assert isinstance(module, TA)
        module.ohmic_value = 0.000217  # Ω: what a module of a large 2 V cell sends as 217 µΩ
    plug(bank)
    entry = line_entry(string_data(count=2, string_module=None, nominal_voltage=2.0))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_internal_resistance", lambda state: state == "0.217")
    shown = er.async_get(hass).async_get("sensor.a_battery_1_internal_resistance")
    assert shown is not None
    assert shown.options["sensor"]["suggested_display_precision"] == 3
    baseline = hass.states.get("number.a_battery_1_baseline_resistance")
    assert baseline is not None
    assert baseline.attributes["step"] == 0.001


async def test_a_battery_before_its_first_test_has_an_unknown_resistance(
    hass: HomeAssistant, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(build({"line": {"baud": FAST}, "string": [{"name": "A", "batteries": 2, "tested": False}]}))
    entry = line_entry(string_data(count=2, string_module=None))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    state = hass.states.get("sensor.a_battery_1_internal_resistance")
    assert state is not None
    assert state.state == "unknown"


async def test_current_can_be_inverted(
    hass: HomeAssistant, quiet: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(quiet)
    quiet.strings["A"].mains = False
    entry = line_entry(string_data(invert_current=True))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_current", lambda state: float(state) == 20.0)
