"""Files that are named by what a person typed: none overwrites another, in any script and on any disk."""

# ruff: noqa: ASYNC240 - the files are small, and nothing else waits for the loop

import asyncio
from collections.abc import Callable
from datetime import datetime
import json
from pathlib import Path
import time
from typing import Any, cast

from conftest import FAST, device_of, string_data
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.battery.events import Replaced
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.setup import async_setup_component
from simulator.bank import Bank, build
from simulator.wire import Terminal

NAMES = (
    "Étage",
    "Etage",
    "ETAGE",
    "电池",
    "店吃",
    "...",
    "!!!",
    "Ж" * 100,
    "Ж" * 99 + "Щ",
    "Line",  # as its line
    "Etage battery 1",
)


@pytest.fixture
def bank() -> Bank:
    """Return as many strings of one block as there are names."""
    strings = [{"name": f"S{number}", "batteries": 1, "first_address": number + 1} for number in range(len(NAMES))]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with strings of these names."""
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    strings = [
        string_data(name=name, first=number + 1, count=1, string_module=None) for number, name in enumerate(NAMES)
    ]
    entry = line_entry(*strings)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return entry


async def call(hass: HomeAssistant, action: str, **data: Any) -> dict[str, Any]:
    answer = await hass.services.async_call(DOMAIN, action, data, blocking=True, return_response=True)
    return cast("dict[str, Any]", answer)


async def test_no_file_overwrites_another(hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path) -> None:
    hass.config.allowlist_external_dirs.add(str(tmp_path))
    strings = {string.id: string for string in entry.runtime_data.strings}
    devices = [
        device_of(hass, entry, one) for string in strings.values() for one in (string.id, string.batteries[0].id)
    ]
    files: list[str] = []
    for device in devices:
        exported = await call(hass, "export", device_id=device, what="alarms", folder=str(tmp_path))
        files += [part["files"]["alarms"] for part in exported["exports"]]
    for subject in (*strings, entry.entry_id):
        made = await call(hass, "report", device_id=device_of(hass, entry, subject), folder=str(tmp_path))
        files.append(made["file"])
    assert len(files) == 3 * len(NAMES) + 1
    assert len({Path(file).name.casefold() for file in files}) == len(files)
    assert len(list(tmp_path.glob("*.json"))) == 2 * len(NAMES)
    for file in tmp_path.glob("*.json"):
        assert json.loads(file.read_text())["string"] in NAMES
    assert all(len(Path(file).name.encode()) < 255 for file in files)


async def test_a_name_that_another_line_has_is_told_apart_also_while_that_one_is_not_set_up(
    hass: HomeAssistant, entry: MockConfigEntry, tmp_path: Path
) -> None:
    hass.config.allowlist_external_dirs.add(str(tmp_path))
    string = next(string for string in entry.runtime_data.strings if string.name == "Line")
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Other",
        unique_id="other",
        data={"connection": "modbus_tcp", "host": "192.0.2.1", "port": 502},
        subentries_data=[string_data(name="line")],
    )
    other.add_to_hass(hass)
    made = await call(hass, "report", device_id=device_of(hass, entry, string.id), folder=str(tmp_path))
    assert Path(made["file"]).name == f"line_{string.id.lower()}.html"


async def test_replacement_dates_are_bounded_and_old_ones_break_no_export(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    string = entry.runtime_data.strings[0]
    battery = string.batteries[0].id
    for date, key in (
        ("0001-01-01", "date_out_of_range"),
        ("1969-12-31", "date_out_of_range"),
        ("2024-04-30", "date_before_installation"),
        ("2999-01-01", "date_in_future"),
    ):
        with pytest.raises(ServiceValidationError) as refused:
            await hass.services.async_call(
                DOMAIN, "battery_replaced", {"device_id": device_of(hass, entry, battery), "date": date}, blocking=True
            )
        assert refused.value.translation_key == key
    assert await hass.config_entries.async_unload(entry.entry_id)
    journal = await Journal.open(journal_path(hass, entry.entry_id))
    old = [Replaced(battery=battery, at=-62135596800.0, serial="S-1"), Replaced(battery=battery, at=-1e6, serial="S-2")]
    await journal.write(string.id, [*old, Replaced(battery=battery, at=time.time() - 60, serial="S-3")])
    await journal.close()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await asyncio.sleep(10)
    device = device_of(hass, entry, string.id)
    exported = await call(hass, "export", device_id=device, what="replacements")
    rows = exported["exports"][0]["tables"]["replacements"]["rows"]
    assert len(rows) == 3
    assert rows[2]["serial"] == "S-3"
    assert datetime.fromisoformat(rows[0]["at"]).timestamp() == 0
    assert (await call(hass, "report", device_id=device))["path"]
