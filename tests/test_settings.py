"""The forms of limits and maintenance settings: each default visible with its source, and only what differs is kept."""

from collections.abc import Callable
from typing import Any

from conftest import refused_at, string_data
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.flows.limit_units import LimitUnits
from custom_components.battery_bank.flows.limits_form import default_texts, limits_schema
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.limit_defaults import DEFAULTS
from custom_components.battery_bank.monitor.battery.settings import FIGURES
from custom_components.battery_bank.monitor.model import Chemistry
from custom_components.battery_bank.strings.configuration import settings_of
from custom_components.battery_bank.texts.number_format import NumberFormat
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import config_validation as cv
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from simulator.bank import Bank
from simulator.wire import Terminal

type Step = dict[str, Any]


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with one string."""
    plug(bank)
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def form(hass: HomeAssistant, entry: MockConfigEntry, what: str) -> Step:
    (subentry_id,) = entry.subentries
    menu = await entry.start_subentry_reconfigure_flow(hass, subentry_id)
    assert (menu["type"], menu["menu_options"]) == (
        FlowResultType.MENU,
        ["change", "limits", "maintenance", "room", "move"],
    )
    return {**await hass.config_entries.subentries.async_configure(menu["flow_id"], {"next_step_id": what})}


async def answer(hass: HomeAssistant, step: Step, answers: dict[str, Any]) -> Step:
    after = await hass.config_entries.subentries.async_configure(step["flow_id"], answers)
    await hass.async_block_till_done()
    return {**after}


def suggested(schema: Any) -> dict[str, Any]:
    """Return what a form shows, section by section."""
    shown = {}
    for field, value in schema.schema.items():
        if hasattr(value, "schema") and hasattr(value.schema, "schema"):
            shown[str(field)] = suggested(value.schema)
        elif field.description and "suggested_value" in field.description:
            shown[str(field)] = field.description["suggested_value"]
    return shown


async def test_a_limit_is_changed_kept_and_given_back(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    step = await form(hass, entry, "limits")
    shown = suggested(step["data_schema"])
    assert shown["temperatures"]["temperature_high_warning"] == 35.0
    assert shown["voltages"]["float_voltage"] == 2.27
    placeholders = step["description_placeholders"]
    assert (placeholders["temperature_high"], placeholders["float_voltage"]) == ("35 / 50\u00a0°C", "2.27\u00a0V")
    page = "https://github.com/battery-bank-monitor/battery-bank-monitor/blob/HEAD/docs/analytics.md#all-limits"
    assert placeholders["sources"] == page
    assert probatio.to_field_list(step["data_schema"], custom_serializer=cv.custom_serializer)

    shown["temperatures"]["temperature_high_warning"] = 55.0
    wrong = await answer(hass, step, shown)
    assert wrong["errors"] == refused_at("temperatures", "alarm_not_above_warning")
    assert wrong["description_placeholders"]["field"] == "Battery temperature high: alarm"
    assert wrong["description_placeholders"]["low"] == "55\u00a0°C"
    assert wrong["data_schema"].schema["temperatures"].options == {"collapsed": False}  # the error can be seen
    assert suggested(wrong["data_schema"])["temperatures"]["temperature_high_warning"] == 55.0

    shown["temperatures"]["temperature_high_warning"] = 30.0
    shown["voltages"]["float_voltage"] = 2.25
    done = await answer(hass, wrong, shown)
    assert (done["type"], done["reason"]) == (FlowResultType.ABORT, "reconfigure_successful")
    (subentry,) = entry.subentries.values()
    assert subentry.data["limits"] == {"temperature_high_warning": 30.0, "float_voltage": 2.25}
    settings = entry.runtime_data.strings[0].settings
    assert settings.by_key["temperature_high"].warning == 30.0
    assert settings.figure("float_voltage") == 2.25

    step = await form(hass, entry, "limits")
    shown = suggested(step["data_schema"])
    assert shown["temperatures"].pop("temperature_high_warning") == 30.0  # emptied: the default again
    await answer(hass, step, shown)
    (subentry,) = entry.subentries.values()
    assert subentry.data["limits"] == {"float_voltage": 2.25}


@pytest.mark.parametrize("start", [{}, {"temperature_high_warning": 33.3, "temperature_rise_warning": 4.1}])
async def test_limits_are_shown_and_typed_in_fahrenheit(
    hass: HomeAssistant, entry: MockConfigEntry, start: dict[str, float]
) -> None:
    """The limits are stored in °C, and saving a form that was not changed changes nothing."""
    hass.config.units = US_CUSTOMARY_SYSTEM
    (subentry,) = entry.subentries.values()
    hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "limits": start})
    await hass.async_block_till_done()
    for _ in range(3):
        step = await form(hass, entry, "limits")
        shown = suggested(step["data_schema"])
        assert (await answer(hass, step, shown))["reason"] == "reconfigure_successful"
        (subentry,) = entry.subentries.values()
        assert subentry.data["limits"] == start

    step = await form(hass, entry, "limits")
    shown = suggested(step["data_schema"])
    warm = step["data_schema"].schema["temperatures"].schema.schema["temperature_high_warning"].config
    assert (warm["unit_of_measurement"], warm["min"], warm["max"]) == ("°F", 32.0, 176.0)  # 0 to 80 °C
    assert shown["temperatures"]["temperature_high_alarm"] == 122.0  # 50 °C
    assert shown["temperatures"]["temperature_rise_alarm"] == 18.0  # a difference of 10 K
    assert step["description_placeholders"]["temperature_high"] == "95 / 122\u00a0°F"
    assert step["description_placeholders"]["temperature_rise"] == "9 / 18\u00a0°F"
    wrong = await answer(hass, step, shown | {"temperatures": shown["temperatures"] | {"ambient_high_warning": 213}})
    assert wrong["description_placeholders"]["high"] == "176\u00a0°F"  # 80 °C
    shown["temperatures"] |= {"temperature_high_warning": 97.0, "temperature_rise_warning": 7.2}
    assert (await answer(hass, wrong, shown))["reason"] == "reconfigure_successful"
    (subentry,) = entry.subentries.values()
    # (97 - 32) / 1.8 °C, and 7.2 / 1.8 K
    assert subentry.data["limits"] == pytest.approx(
        {"temperature_high_warning": 36.1111, "temperature_rise_warning": 4}
    )
    step = await form(hass, entry, "limits")
    assert suggested(step["data_schema"])["temperatures"]["temperature_high_warning"] == 97.0


async def test_other_chemistry_other_limits(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    step = await form(hass, entry, "limits")
    shown = suggested(step["data_schema"])
    shown["voltages"]["float_voltage"] = 2.25
    await answer(hass, step, shown)
    step = await form(hass, entry, "maintenance")
    await answer(hass, step, suggested(step["data_schema"]) | {"design_life": 7})

    step = await form(hass, entry, "change")
    shown = suggested(step["data_schema"])
    await answer(hass, step, shown | {"name": "Renamed"})
    (subentry,) = entry.subentries.values()
    assert subentry.data["limits"] == {"float_voltage": 2.25}

    step = await form(hass, entry, "change")
    await answer(hass, step, suggested(step["data_schema"]) | {"chemistry": "vented_lead_acid"})
    (subentry,) = entry.subentries.values()
    assert "limits" not in subentry.data
    assert subentry.data["design_life"] == 7
    assert entry.runtime_data.strings[0].settings.figure("float_voltage") == 2.23


async def test_maintenance_settings(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    step = await form(hass, entry, "maintenance")
    assert suggested(step["data_schema"]) == {
        "test_days": 30.0,
        "test_begins": "01:00:00",
        "test_ends": "05:00:00",
    }
    assert step["description_placeholders"]["years"] == "10"
    await answer(
        hass,
        step,
        {
            "test_days": 14,
            "test_begins": "22:00:00",
            "test_ends": "04:00:00",
            "capacity_test_months": 24,
            "latched": ["thermal_runaway"],
            "design_life": 12,
            "ventilation": 3.5,
        },
    )
    string = entry.runtime_data.strings[0]
    assert string.schedule is not None
    assert (string.schedule.days, string.schedule.begins.hour, string.schedule.ends.hour) == (14, 22, 4)
    assert string.settings.latched == {AlarmKind.THERMAL_RUNAWAY}
    assert (string.settings.years, string.settings.ventilation) == (12, 3.5)
    assert string.settings.capacity_test_months == 24
    step = await form(hass, entry, "maintenance")
    emptied = suggested(step["data_schema"])
    for field in ("capacity_test_months", "latched", "design_life", "ventilation"):
        emptied.pop(field)
    await answer(hass, step, emptied)
    settings = entry.runtime_data.strings[0].settings
    assert (settings.latched, settings.years, settings.ventilation) == (frozenset(), 10, None)
    assert settings.capacity_test_months is None


def test_every_limit_is_in_the_form_once_with_its_default() -> None:
    fields = [str(field) for part in limits_schema(LimitUnits()).schema.values() for field in part.schema.schema]
    expected = [f"{limit.key}_{level}" for limit in DEFAULTS for level in ("warning", "alarm")]
    assert sorted(fields) == sorted([*expected, *(figure.key for figure in FIGURES)])
    for chemistry in Chemistry:
        assert set(default_texts(chemistry, NumberFormat(), LimitUnits())) == {limit.key for limit in DEFAULTS} | {
            figure.key for figure in FIGURES
        }


def test_a_string_of_an_older_version_has_the_defaults() -> None:
    settings = settings_of(string_data()["data"], None)
    assert settings.installed is not None
    assert (settings.years, settings.measures_current, settings.latched) == (10, False, frozenset())
