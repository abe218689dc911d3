"""A new entity that gets the entity id of an old one goes on with its history and its statistics."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from conftest import state_of, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from homeassistant.components.recorder import get_instance
from homeassistant.components.recorder.history import get_significant_states
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.bank import Bank
from simulator.wire import Terminal

OLD = "sensor.battery_room_block_1"
NEW = "sensor.a_battery_1_voltage"


@pytest.fixture(autouse=True)
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """Let the recorder prepare its database before there is a Home Assistant."""


@pytest.mark.parametrize("with_unique_id", [False, True], ids=["yaml", "registered"])
async def test_a_renamed_entity_goes_on_with_the_history_of_the_old_one(
    hass: HomeAssistant,
    recorder_mock: Any,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    with_unique_id: bool,
) -> None:
    assert await async_setup_component(hass, "sensor", {})
    begin = dt_util.utcnow()
    entities = er.async_get(hass)
    if with_unique_id:
        entities.async_get_or_create("sensor", "modbus", "block 1", object_id_base="battery_room_block_1")
    attributes = {"unit_of_measurement": "V", "device_class": "voltage", "state_class": "measurement"}
    hass.states.async_set(OLD, "13.1", attributes)
    await async_wait_recording_done(hass)
    period = begin.replace(minute=begin.minute // 5 * 5, second=0, microsecond=0)
    do_adhoc_statistics(hass, start=period)
    await async_wait_recording_done(hass)

    if with_unique_id:
        entities.async_remove(OLD)
    hass.states.async_remove(OLD)
    plug(bank)
    entry = line_entry()
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, NEW, lambda state: float(state) > 13.2)
    await async_wait_recording_done(hass)
    entities.async_update_entity(NEW, new_entity_id=OLD)
    await until(hass, OLD, lambda state: float(state) > 13.2)
    assert hass.states.get(NEW) is None
    await async_wait_recording_done(hass)

    def read() -> tuple[list[float], list[float | None]]:
        states = get_significant_states(hass, begin - timedelta(minutes=1), None, [OLD])[OLD]
        known = [
            one.state for one in states if isinstance(one, State) and one.state not in ("unavailable", "unknown", "")
        ]
        rows = statistics_during_period(hass, period, None, {OLD}, "5minute", None, {"mean"})[OLD]
        return [float(one) for one in known], [row.get("mean") for row in rows]

    values, means = await get_instance(hass).async_add_executor_job(read)
    assert values[0] == 13.1
    assert values[-1] == float(state_of(hass, OLD))
    assert means == [pytest.approx(13.1)]
    await asyncio.sleep(600)
    now = dt_util.utcnow()
    do_adhoc_statistics(hass, start=now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0))
    await async_wait_recording_done(hass)
    _, means = await get_instance(hass).async_add_executor_job(read)
    assert means == [pytest.approx(13.1), pytest.approx(values[-1], abs=0.1)]
