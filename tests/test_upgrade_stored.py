"""What Home Assistant itself stored of a line of release 0.4.0 goes on: registries, recorder, automations, dashboards.

`release_0_4_0/make.py` wrote the files, in a Home Assistant that ran that release.
"""

from datetime import timedelta
import json
from pathlib import Path
import shutil
from typing import Any

from conftest import state_of, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from test_upgrade import MADE, entry, start_time

from custom_components.battery_bank.const import DOMAIN
from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.statistics import (
    async_import_statistics,
    list_statistic_ids,
    statistics_during_period,
    validate_statistics,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    area_registry,
    category_registry,
    device_registry as dr,
    entity_registry as er,
    floor_registry,
    issue_registry,
    label_registry,
    restore_state,
)
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util

__all__ = ["entry", "start_time"]

SOURCE = Path(__file__).parent.parent / "frontend" / "src"


def made(name: str) -> Any:
    """Return a file that the release left."""
    return json.loads((MADE / f"{name}.json").read_text())


@pytest.fixture(autouse=True)
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """Let the recorder prepare its database before there is a Home Assistant."""


@pytest.fixture
def hass_storage(hass_storage: dict[str, Any]) -> dict[str, Any]:
    """Return the storage with the registries of the release, which Home Assistant loads when it starts."""
    hass_storage.update(made("registries"))
    return hass_storage


@pytest.fixture
def load_registries() -> bool:
    """Let the harness leave the registries alone, which it would load empty."""
    return False


@pytest.fixture
async def hass(hass: HomeAssistant) -> HomeAssistant:
    """Return a Home Assistant with the registries of the release."""
    dr.async_setup(hass)
    for registry in (area_registry, category_registry, dr, er, floor_registry, issue_registry, label_registry):
        await registry.async_load(hass)
    await restore_state.async_load(hass)
    return hass


@pytest.fixture
async def bank_of_release(hass: HomeAssistant, recorder_mock: Any) -> None:
    """Put the recorder's statistics, the blueprints and the automations there before the line is set up."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "sensor", {})
    hour = dt_util.utcnow().replace(minute=0, second=0, microsecond=0) - timedelta(days=30)
    for metadata in made("recorded")["statistics"]:
        row = {"start": hour, "mean": 12.0, "min": 11.0, "max": 13.0}
        if metadata["has_sum"]:
            row = {"start": hour, "state": 7.0, "sum": 7.0}
        about = {key: metadata[key] for key in ("statistic_id", "mean_type", "has_sum", "name", "source", "unit_class")}
        unit = metadata["statistics_unit_of_measurement"]
        async_import_statistics(hass, about | {"unit_of_measurement": unit}, [row])  # type: ignore[arg-type, list-item]
    await async_wait_recording_done(hass)
    shutil.copytree(MADE / "blueprints", hass.config.path("blueprints", "automation", DOMAIN))


@pytest.mark.slow
async def test_entities_and_devices_stay_what_they_are(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    registries = made("registries")
    entities = registries["core.entity_registry"]["data"]["entities"]
    assert len(entities) == 123
    for before in entities:
        now = er.async_get(hass).async_get(before["entity_id"])
        assert now is not None, before["entity_id"]
        for name in ("id", "unique_id", "device_id", "config_entry_id", "config_subentry_id", "disabled_by"):
            assert getattr(now, name) == before[name], (before["entity_id"], name)
    devices = registries["core.device_registry"]["data"]["devices"]
    assert len(devices) == 6
    for before in devices:
        device = dr.async_get(hass).async_get(before["id"])
        assert device is not None, before["name"]
        assert device.name == before["name"]
        assert {tuple(one) for one in before["identifiers"]} <= device.identifiers


@pytest.mark.slow
async def test_the_recorder_goes_on(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    recorded = made("recorded")
    for entity_id, before in recorded["states"].items():
        state = hass.states.get(entity_id)
        assert state is not None, entity_id
        for name in ("device_class", "state_class", "unit_of_measurement"):
            assert state.attributes.get(name) == before.get(name), (entity_id, name)
        assert set(before.get("options", ())) <= set(state.attributes.get("options", ())), entity_id
    await async_wait_recording_done(hass)
    work = get_instance(hass).async_add_executor_job
    assert await work(validate_statistics, hass) == {}
    now = {one["statistic_id"]: one for one in await work(list_statistic_ids, hass)}
    for metadata in recorded["statistics"]:
        assert now[metadata["statistic_id"]] == metadata
    ids = {metadata["statistic_id"] for metadata in recorded["statistics"]}
    since = dt_util.utcnow() - timedelta(days=60)
    rows = await work(statistics_during_period, hass, since, None, ids, "hour", None, {"mean", "sum"})
    assert rows.keys() == ids


@pytest.mark.slow
async def test_automations_and_their_blueprints_go_on(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    automations = made("automations")
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await hass.async_block_till_done()
    for automation in automations:
        assert state_of(hass, f"automation.{automation['alias']}") == "on", automation["alias"]
    told = async_capture_events(hass, "told")
    battery = er.async_get(hass).async_get("sensor.a_battery_3_voltage")
    assert battery is not None
    data = {"device_id": battery.device_id, "kind": "deviation"}
    await hass.services.async_call(DOMAIN, "simulate_alarm", data, blocking=True)
    await until(hass, "event.a_alarm", lambda _: bool(told))
    await hass.async_block_till_done()
    triggered = {
        state.entity_id.removeprefix("automation.")
        for state in hass.states.async_all("automation")
        if state.attributes["last_triggered"]
    }
    await hass.services.async_call("automation", "turn_off", {"entity_id": "all"}, blocking=True)
    # Those of the string, the battery and the line, and two blueprints.
    assert triggered == {"device_0", "device_3", "device_5", "escalate", "notify_alarm"}


@pytest.mark.parametrize("card", ["wall", "summary", "replay", "worst", "resistance"])
def test_a_card_of_a_dashboard_keeps_its_type(card: str) -> None:
    assert f'name: "{card}"' in (SOURCE / "loader.ts").read_text()


def test_dashboards_keep_the_type_of_the_strategy_and_the_options_of_cards() -> None:
    assert '"ll-strategy-dashboard-battery-bank"' in (SOURCE / "loader.ts").read_text()
    options = (SOURCE / "data" / "hass.ts").read_text()
    for option in ("string?: string;", "quantity?: string;", "fill?: boolean;"):
        assert option in options
