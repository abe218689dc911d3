"""Strings are added, changed and removed while the line runs."""

from collections.abc import Callable
from typing import Any

from conftest import FAST, refused_at, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_config_flow import suggestions

from custom_components.battery_bank.const import DOMAIN
from homeassistant.config_entries import SOURCE_USER, ConfigEntryState, SubentryFlowResult
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from simulator.bank import Bank, build
from simulator.wire import Terminal

TWO_STRINGS: dict[str, Any] = {
    "line": {"baud": FAST},
    "string": [
        {"name": "A", "batteries": 4, "first_address": 1, "string_module": 5},
        {"name": "B", "batteries": 3, "first_address": 11, "string_module": 14},
    ],
}


class StringFlow:
    """The flow of a string as a person goes through it."""

    def __init__(self, hass: HomeAssistant, entry: MockConfigEntry) -> None:
        self.hass = hass
        self.entry = entry
        self.id = ""

    async def add(self, where: str = "range") -> SubentryFlowResult:
        step = await self.hass.config_entries.subentries.async_init(
            (self.entry.entry_id, "string"), context={"source": SOURCE_USER}
        )
        self.id = step["flow_id"]
        assert (step["type"], step["menu_options"]) == (FlowResultType.MENU, ["range", "hub"])
        return await self.answer(next_step_id=where)

    async def change(self, title: str, what: str = "change") -> SubentryFlowResult:
        (subentry,) = [one for one in self.entry.subentries.values() if one.title == title]
        step = await self.entry.start_subentry_reconfigure_flow(self.hass, subentry.subentry_id)
        self.id = step["flow_id"]
        assert step["type"] is FlowResultType.MENU
        return await self.hass.config_entries.subentries.async_configure(self.id, {"next_step_id": what})

    async def answer(self, **answers: Any) -> SubentryFlowResult:
        step = await self.hass.config_entries.subentries.async_configure(self.id, answers)
        while step["type"] in (FlowResultType.SHOW_PROGRESS, FlowResultType.SHOW_PROGRESS_DONE):
            await self.hass.async_block_till_done()
            step = await self.hass.config_entries.subentries.async_configure(self.id)
        return step


@pytest.fixture
async def entry(
    hass: HomeAssistant, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with one of the two strings that are on it."""
    plug(build(TWO_STRINGS))
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    return entry


async def test_a_string_is_added_while_the_line_runs(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = StringFlow(hass, entry)
    form = await flow.add()
    assert form["step_id"] == "range"
    backwards = await flow.answer(first_address=9, last_address=2)
    assert backwards["errors"] == refused_at("last_address", "bad_range")
    found = await flow.answer(first_address=1, last_address=16)
    assert suggestions(found) == {  # type: ignore[arg-type]
        "name": "String 2",
        "addresses": "11-13",
        "battery_module": "ta",
        "string_module_address": 14,
        "string_module": "tc",
        "invert_current": False,
        "nominal_voltage": "12",
        "capacity": 100,
        "chemistry": "vrla_agm",
        "installed": "2024-05-01",
    }
    taken = await flow.answer(**suggestions(found) | {"name": "A"})  # type: ignore[arg-type]
    assert taken["errors"] == refused_at("name", "name_taken")
    done = await flow.answer(**suggestions(found) | {"name": "B"})  # type: ignore[arg-type]
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await until(hass, "sensor.b_battery_3_voltage", lambda state: float(state) > 13)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)


async def test_no_further_module_is_said_and_by_hand_is_possible(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = StringFlow(hass, entry)
    await flow.add()
    nothing = await flow.answer(first_address=1, last_address=8)
    assert (nothing["step_id"], nothing["menu_options"]) == ("nothing_found", ["range", "hub", "string"])
    form = await flow.answer(next_step_id="string")
    assert suggestions(form)["name"] == "String 2"  # type: ignore[arg-type]
    done = await flow.answer(**suggestions(form), addresses="11-12")  # type: ignore[arg-type]
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    await until(hass, "sensor.string_2_battery_2_voltage", lambda state: float(state) > 13)


async def test_a_line_that_goes_down_during_the_scan(
    hass: HomeAssistant, entry: MockConfigEntry, plug: Callable[..., Terminal]
) -> None:
    flow = StringFlow(hass, entry)
    await flow.add()
    step = await hass.config_entries.subentries.async_configure(flow.id, {"first_address": 20, "last_address": 60})
    assert step["type"] is FlowResultType.SHOW_PROGRESS
    assert await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()
    step = await hass.config_entries.subentries.async_configure(flow.id)
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_a_line_that_does_not_run_cannot_be_scanned(
    hass: HomeAssistant, line_entry: Callable[..., MockConfigEntry]
) -> None:
    step = await StringFlow(hass, line_entry()).add()
    assert (step["type"], step["reason"]) == (FlowResultType.ABORT, "not_loaded")


async def test_changing_a_string_keeps_what_its_batteries_are(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    entities = er.async_get(hass)
    before = {one.unique_id: one.entity_id for one in er.async_entries_for_config_entry(entities, entry.entry_id)}
    flow = StringFlow(hass, entry)
    form = await flow.change("A")
    shown = suggestions(form)  # type: ignore[arg-type]
    assert (shown["name"], shown["addresses"], shown["installed"]) == ("A", "1-4", "2024-05-01")
    refused = await flow.answer(**shown | {"addresses": "1-5"})
    assert refused["errors"] == refused_at("string_module_address", "address_taken")
    confirm = await flow.answer(
        **shown | {"name": "Rack", "capacity": 120, "addresses": "2, 1, 3-4", "maker": " Acme "}
    )
    assert confirm["step_id"] == "change_confirm"
    done = await flow.answer(same="address")
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    await hass.async_block_till_done()
    assert entry.state is ConfigEntryState.LOADED
    (string,) = entry.subentries.values()
    assert (string.title, string.data["capacity"]) == ("Rack", 120)
    assert (string.data["maker"], string.data["battery_type"]) == ("Acme", None)
    # The batteries changed places; each kept its identity, its entities, and so its history.
    assert [battery["id"] for battery in string.data["batteries"]] == ["A2", "A1", "A3", "A4"]
    after = {one.unique_id: one.entity_id for one in er.async_entries_for_config_entry(entities, entry.entry_id)}
    assert after == before
    device = dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "A2"), entry.entry_id)
    assert device is not None
    assert device.name == "Rack battery 1"
    await until(hass, "sensor.a_battery_2_voltage", lambda state: float(state) > 13)


async def test_how_the_rack_is_built_is_typed_in_once(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    flow = StringFlow(hass, entry)
    shown = suggestions(await flow.change("A"))  # type: ignore[arg-type]
    wrong = await flow.answer(**shown | {"rack": {"per_tier": 0}})
    assert "whole_number_out_of_range" in (wrong["errors"] or {}).values()
    await flow.answer(**shown | {"rack": {"per_tier": 2, "tiers": 2}})
    (string,) = entry.subentries.values()
    assert string.data["rack"] == {"per_tier": 2, "tiers": 2, "order": "from_bottom"}
    shown = suggestions(await flow.change("A"))  # type: ignore[arg-type]
    assert shown["rack"] == {"per_tier": 2, "tiers": 2, "order": "from_bottom"}
    await flow.answer(**shown | {"rack": {"order": "from_top"}})
    (string,) = entry.subentries.values()
    assert "rack" not in string.data
    await hass.async_block_till_done()  # the line is reloaded, which has to end before Home Assistant does


async def test_a_battery_that_gets_another_address_stays_what_it_is(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    flow = StringFlow(hass, entry)
    shown = suggestions(await flow.change("A"))  # type: ignore[arg-type]
    await flow.answer(**shown | {"addresses": "1, 22, 3"})
    await flow.answer(same="place")
    await hass.async_block_till_done()
    (string,) = entry.subentries.values()
    assert string.data["batteries"] == [
        {"id": "A1", "address": 1},
        {"id": "A2", "address": 22},
        {"id": "A3", "address": 3},
    ]
    # The fourth is gone, and so is its device.
    devices = dr.async_get(hass)
    assert devices.async_get_device_by_identifier((DOMAIN, "A4"), entry.entry_id) is None
    assert devices.async_get_device_by_identifier((DOMAIN, "A3"), entry.entry_id) is not None


async def test_what_nothing_measures_any_more_is_gone(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    devices, entities = dr.async_get(hass), er.async_get(hass)
    string_id = next(iter(entry.subentries))

    def keys(subject: str) -> set[str]:
        ids = {one.unique_id for one in er.async_entries_for_config_entry(entities, entry.entry_id)}
        return {one.removeprefix(f"{subject}_") for one in ids if one.startswith(f"{subject}_")}

    before = keys(string_id)
    assert before >= {"current", "second_temperature", "start_resistance_test", "voltage"}  # the second is disabled
    flow = StringFlow(hass, entry)
    shown = suggestions(await flow.change("A"))  # type: ignore[arg-type]
    shown.pop("string_module_address")
    await flow.answer(**shown | {"battery_module": "tv"})
    await hass.async_block_till_done()
    assert keys("A1") == {"voltage", "temperature", "module", "blink", "deviation", "problem"}
    assert before - keys(string_id) == {
        *("current", "ambient_temperature", "second_temperature", "module"),
        *(
            "start_resistance_test",
            "cancel_resistance_test",
            "resistance_test",
            "resistance_test_progress",
            "battery_under_test",
        ),
        *("next_resistance_test", "test_obstacle", "health_ohmic", "weakest_battery"),
        *("capacity_test", "next_capacity_test", "start_capacity_test", "cancel_capacity_test"),
        *("charged", "drawn", "charged_energy", "drawn_energy", "cycles", "power", "state_of_charge", "capacity"),
        *("health_capacity", "hydrogen", "ventilation", "opening", "last_discharge_charge", "last_discharge_energy"),
        *("remaining_time", "limiting_battery", "limiting_remaining_time", "float_current_watch"),
    }
    device = devices.async_get_device_by_identifier((DOMAIN, string_id), entry.entry_id)
    assert device is not None
    assert (device.model, device.sw_version) == (None, None)


async def test_the_suggested_name_is_free(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    (string,) = entry.subentries.values()
    hass.config_entries.async_update_subentry(entry, string, title="String 2")
    await hass.async_block_till_done()
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    flow = StringFlow(hass, entry)
    await flow.add()
    assert suggestions(await flow.answer(first_address=11, last_address=16))["name"] == "String 3"  # type: ignore[arg-type]


async def test_no_string_of_another_line_has_the_suggested_name(
    hass: HomeAssistant, entry: MockConfigEntry, line_entry: Callable[..., MockConfigEntry]
) -> None:
    line_entry(*(string_data(name=name) for name in ("String 1", "String 2")))
    flow = StringFlow(hass, entry)
    await flow.add()
    assert suggestions(await flow.answer(first_address=11, last_address=16))["name"] == "String 4"  # type: ignore[arg-type]


async def test_a_string_is_removed_while_the_line_runs(
    hass: HomeAssistant, plug: Callable[..., Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(build(TWO_STRINGS))
    entry = line_entry(string_data(), string_data(11, 3, 14, name="B"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.b_battery_3_voltage", lambda state: float(state) > 13)
    (removed,) = [one for one in entry.subentries.values() if one.title == "B"]
    assert hass.config_entries.async_remove_subentry(entry, removed.subentry_id)
    await hass.async_block_till_done()
    assert hass.states.get("sensor.b_battery_3_voltage") is None
    assert dr.async_get(hass).async_get_device_by_identifier((DOMAIN, "B11"), entry.entry_id) is None
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 13)
    await until(hass, "sensor.line_modules_online", lambda state: state == "5")
