"""The diagnostics download: link statistics, raw registers, what the monitor makes of them, and nothing private."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import time
import json
from math import inf
from pathlib import Path
from typing import Any

from conftest import device_of, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.diagnostics import (
    get_diagnostics_for_config_entry,
    get_diagnostics_for_device,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props
from test_entities import quiet  # noqa: F401

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.diagnostics import plain
from custom_components.battery_bank.monitor.battery import operations
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.alarms import Drill
from custom_components.battery_bank.monitor.battery.events import Level
from custom_components.battery_bank.monitor.journal.schema import MIGRATIONS
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

type Download = Callable[..., Awaitable[dict[str, Any]]]

# What differs from one time to the next.
VOLATILE = props(
    "answer_time",
    "round_time",
    "answered",
    "implausible",
    "timeout",
    "versions",
    "watch",
    "size",
    "id",
    "installed",
    "tests",
)


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    quiet: Bank,  # noqa: F811
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> MockConfigEntry:
    """Return a running line on which battery 3 says that it has 200 °C, and an alarm of battery 2 is acknowledged."""
    quiet.faults.registers[3] = {0x0002: 2000}
    plug(quiet)
    assert await async_setup_component(hass, "diagnostics", {})
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_4_voltage", lambda state: float(state) > 13)
    analysis, (string,) = entry.runtime_data.analysis, entry.runtime_data.strings
    analysis.async_apply(string, operations.tested, "A2", 0.0045)
    analysis.async_apply(
        string, operations.drilled, "A2", Drill(kind=AlarmKind.DEVIATION, level=Level.ALARM, seconds=600)
    )
    analysis.async_apply(string, operations.acknowledge, "A2", None, "Somebody", None)
    ir.async_create_issue(
        hass,
        DOMAIN,
        "module_silent_A4",
        is_fixable=False,
        severity=ir.IssueSeverity.WARNING,
        translation_key="module_silent",
        translation_placeholders={"line": str(entry.data["device"])},
    )
    await asyncio.sleep(5)  # until the journal has it
    return entry


@pytest.fixture
def download(hass: HomeAssistant, hass_client: ClientSessionGenerator, entry: MockConfigEntry) -> Download:
    """Download the diagnostics of the line, or of a device by the identifier of its string or battery."""

    async def _download(identifier: str | None = None) -> dict[str, Any]:
        if identifier is None:
            return dict(await get_diagnostics_for_config_entry(hass, hass_client, entry))
        device = dr.async_get(hass).async_get(device_of(hass, entry, identifier))
        assert isinstance(device, dr.DeviceEntry)
        return dict(await get_diagnostics_for_device(hass, hass_client, entry, device))

    return _download


async def test_diagnostics_of_a_line(
    entry: MockConfigEntry, download: Download, port: Path, snapshot: SnapshotAssertion
) -> None:
    downloaded = await download()
    assert downloaded == snapshot(exclude=VOLATILE)
    (string,) = downloaded["strings"]
    watched = string["watch"]
    assert watched["condition"]["condition"] == "float"
    assert [(alarm["kind"], alarm["acknowledged_by"]) for alarm in watched["alarms"]] == [("deviation", "**REDACTED**")]
    assert watched["no_scheduled_test"] == "not_charged"  # how full it is is still unknown
    assert str(port) not in json.dumps(downloaded)
    assert "Somebody" not in json.dumps(downloaded)
    battery = string["batteries"][2]["module"]
    assert battery["problem"] == "temperature 200 °C is outside -40 to 100 °C"
    assert battery["requests"]["implausible"] >= 1
    assert battery["registers"]["last_answer"][1] == 2000
    assert 0 < battery["answer_time"] < 0.5
    assert set(downloaded["versions"]) >= {"entry", "sqlite", "modbus-connection", "tmodbus", "serialx"}
    journal = downloaded["journal"]
    assert journal["size"] > 4096
    assert (journal["records"]["tests"], journal["records"]["alarms"]) == (1, 1)
    assert journal["records"]["version"] == len(MIGRATIONS)


async def test_diagnostics_of_a_string_and_of_a_battery(
    entry: MockConfigEntry, download: Download, port: Path, snapshot: SnapshotAssertion
) -> None:
    (string_id,) = entry.subentries
    of_string = await download(string_id)
    of_battery = await download("A2")
    of_line = await download(entry.entry_id)
    assert [battery["number"] for battery in of_string["batteries"]] == [1, 2, 3, 4]
    assert of_battery == snapshot(exclude=VOLATILE)
    (battery,) = of_battery["batteries"]
    assert battery["number"] == 2
    assert [test["ohmic_value"] for test in battery["tests"]] == [0.0045]
    assert battery["watch"]["last_test"]["battery"] == "A2"
    assert of_string["issues"] == [
        {"issue": "module_silent", "of": "A4", "severity": "warning", "ignored": False},
    ]
    assert of_battery["issues"] == []
    assert set(of_line) == set(await download())
    assert str(port) not in json.dumps([of_string, of_battery, of_line])


async def test_a_journal_that_cannot_be_read_takes_nothing_else_away(
    entry: MockConfigEntry, download: Download
) -> None:
    writer = entry.runtime_data.journal_writer
    await writer.async_hold()
    downloaded = await download()
    assert downloaded["journal"]["usable"] is False
    assert "records" not in downloaded["journal"]
    assert downloaded["line"]["answering"] == 5
    await writer.async_release()
    await writer.journal._run(lambda connection: connection.execute("DROP TABLE replacements"))
    downloaded = await download()
    assert downloaded["journal"]["usable"] is False
    assert "replacements" in downloaded["journal"]["problem"]
    await writer.async_hold()
    await writer.async_release()  # begins the damaged file anew
    downloaded = await download()
    assert downloaded["journal"]["usable"] is True
    assert ".damaged-" in downloaded["journal"]["set_aside"]


async def test_a_line_that_is_not_loaded_has_diagnostics_too(
    hass: HomeAssistant, entry: MockConfigEntry, download: Download, port: Path
) -> None:
    await hass.config_entries.async_unload(entry.entry_id)
    of_line = await download()
    of_battery = await download("A2")
    assert of_line == of_battery
    assert of_line["state"] == "not_loaded"
    assert len(of_line["strings"][0]["config"]["batteries"]) == 4
    assert str(port) not in json.dumps(of_line)
    assert await hass.config_entries.async_setup(entry.entry_id)
    assert "line" in await download()


def test_plain() -> None:
    """Whatever a state is made of can be said in JSON."""
    found = plain(
        {"a": {AlarmKind.DEVIATION, AlarmKind.HYDROGEN}, 1: inf, "t": time(1), "d": Drill.__doc__, "l": Level.OK}
    )
    assert found == {"a": ["deviation", "hydrogen"], "1": None, "t": "01:00:00", "d": Drill.__doc__, "l": 0}
    assert json.dumps(found, allow_nan=False)
