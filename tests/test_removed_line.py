"""A line that is deleted and added again: its strings and its journal are offered, and go on."""

import asyncio
from collections.abc import Callable
from typing import Any

from conftest import FAST, device_of, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import CONF_CONTINUES, DOMAIN
from custom_components.battery_bank.runtime import removed_lines
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from simulator.bank import Bank
from simulator.wire import Terminal


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line."""
    plug(bank)
    entry = line_entry(string_data(name="A"))
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    return entry


async def add_again(hass: HomeAssistant, device: str) -> Any:
    """Type the line in again, and return what the flow shows then."""
    flow = await hass.config_entries.flow.async_init(DOMAIN, context={"source": "user"})
    form = await hass.config_entries.flow.async_configure(flow["flow_id"], {"next_step_id": "serial"})
    answers = {"device": device, "baudrate": str(FAST), "parity": "none"}
    answers["scan"] = {"first_address": 1, "last_address": 5}  # type: ignore[assignment]
    return await hass.config_entries.flow.async_configure(form["flow_id"], answers)


def options(form: Any) -> list[str]:
    (selector,) = form["data_schema"].schema.values()
    return [option["value"] for option in selector.config["options"]]


@pytest.mark.usefixtures("all_enabled")
async def test_a_deleted_line_that_is_added_again_goes_on(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    (string,) = entry.runtime_data.strings
    device, former = entry.data["device"], entry.entry_id
    await hass.services.async_call(
        DOMAIN,
        "simulate_alarm",
        {"device_id": device_of(hass, entry, string.id), "kind": "hydrogen", "duration": 3600},
        blocking=True,
    )
    await asyncio.sleep(120)
    entity = er.async_get(hass).async_get_entity_id("sensor", DOMAIN, "A2_voltage")
    assert entity is not None
    er.async_get(hass).async_update_entity(entity, new_entity_id="sensor.second_block")
    await asyncio.sleep(5)
    drawn = float(state_of(hass, "sensor.a_charge_in"))
    await hass.config_entries.async_remove(former)
    await asyncio.sleep(5)
    assert journal_path(hass, former).exists()

    form = await add_again(hass, device)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "removed_line")
    assert options(form) == [former, "new_line"]
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {"continues": former})
    assert done["type"] is FlowResultType.CREATE_ENTRY
    await hass.async_block_till_done()
    new: ConfigEntry[Any] = done["result"]
    assert new.state is ConfigEntryState.LOADED
    assert dict(new.data) == dict(entry.data)
    assert [one.id for one in new.runtime_data.strings] == [string.id]
    await until(hass, "sensor.second_block", lambda state: float(state) > 10)
    (again,) = new.runtime_data.strings
    assert [one.drill for one in again.raised] == [True]
    assert len(await new.runtime_data.journal_writer.open_journal().alarms(again.id)) == 1
    assert not journal_path(hass, former).exists()
    await asyncio.sleep(70)
    assert float(state_of(hass, "sensor.a_charge_in")) >= drawn
    assert not [one for _, one in ir.async_get(hass).issues if one.startswith("journal_")]

    # It is offered once: the journal belongs to the new line now.
    await hass.config_entries.async_remove(new.entry_id)
    await asyncio.sleep(5)
    assert options(await add_again(hass, device)) == [new.entry_id, "new_line"]


async def test_a_deleted_line_can_be_left_and_another_place_has_none(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    device, former = entry.data["device"], entry.entry_id
    await asyncio.sleep(5)
    await hass.config_entries.async_remove(former)
    await asyncio.sleep(5)
    form = await add_again(hass, device)
    scan = await hass.config_entries.flow.async_configure(form["flow_id"], {"continues": "new_line"})
    assert scan["type"] is FlowResultType.SHOW_PROGRESS
    hass.config_entries.flow.async_abort(scan["flow_id"])
    await asyncio.sleep(5)

    journal_path(hass, former).unlink()
    scan = await add_again(hass, device)
    assert scan["type"] is FlowResultType.SHOW_PROGRESS  # without its journal there is nothing to go on with
    hass.config_entries.flow.async_abort(scan["flow_id"])
    await asyncio.sleep(5)


async def test_a_journal_that_went_before_it_was_taken_over_is_said(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    device, former = entry.data["device"], entry.entry_id
    await asyncio.sleep(5)
    await hass.config_entries.async_remove(former)
    await asyncio.sleep(5)
    form = await add_again(hass, device)
    journal_path(hass, former).unlink()
    done = await hass.config_entries.flow.async_configure(form["flow_id"], {"continues": former})
    await hass.async_block_till_done()
    await asyncio.sleep(10)
    assert done["result"].state is ConfigEntryState.LOADED
    assert ir.async_get(hass).async_get_issue(DOMAIN, f"journal_missing_{done['result'].entry_id}") is not None


LIST = f"{DOMAIN}.removed_lines"


async def test_a_line_whose_files_cannot_be_taken_over_stays_in_the_list(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The name of the new file is too long here; a disk that fails does the same. It can be tried again."""
    hass_storage[LIST] = {"version": 1, "key": LIST, "data": {"former": {"data": {}, "subentries": []}}}
    path = journal_path(hass, "former")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"journal")
    entry = MockConfigEntry(domain=DOMAIN, entry_id="x" * 250, data={"host": "192.0.2.1", CONF_CONTINUES: "former"})
    entry.add_to_hass(hass)
    assert not await removed_lines.async_take_over(hass, entry)
    assert caplog.text.count("can't be taken over") == 1
    assert path.read_bytes() == b"journal"
    assert list(hass_storage[LIST]["data"]) == ["former"]
    assert CONF_CONTINUES not in entry.data
    path.unlink()


async def test_a_list_of_a_later_version_offers_no_line(
    hass: HomeAssistant, hass_storage: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    hass_storage[LIST] = {"version": 2, "key": LIST, "data": {"former": {"data": {"host": "192.0.2.1"}}}}
    assert await removed_lines.async_removed_at(hass, {"host": "192.0.2.1"}) == {}
    assert caplog.text.count("list of deleted lines can't be read") == 1
