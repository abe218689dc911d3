"""The diagnostics download: link statistics and raw registers, and nothing private."""

from collections.abc import Callable
import json
from pathlib import Path

from conftest import until
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import get_diagnostics_for_config_entry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props
from test_entities import quiet  # noqa: F401

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal


async def test_diagnostics(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    quiet: Bank,  # noqa: F811
    port: Path,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    snapshot: SnapshotAssertion,
) -> None:
    quiet.faults.registers[3] = {0x0002: 2000}
    plug(quiet)
    assert await async_setup_component(hass, "diagnostics", {})
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 13)
    downloaded = await get_diagnostics_for_config_entry(hass, hass_client, entry)
    assert downloaded == snapshot(
        exclude=props("answer_time", "round_time", "answered", "implausible", "timeout", "watch")
    )
    watched = downloaded["strings"][0]["watch"]
    assert (watched["condition"]["condition"], watched["alarms"]) == ("float", [])
    assert watched["no_scheduled_test"] == "not_charged"  # nobody knows yet how full it is
    assert str(port) not in json.dumps(downloaded)
    battery = downloaded["strings"][0]["batteries"][2]["module"]
    assert battery["problem"] == "temperature 200 °C is outside -40 to 100 °C"
    assert battery["requests"]["implausible"] >= 1
    assert battery["registers"]["last_answer"][1] == 2000
    assert 0 < battery["answer_time"] < 0.5
