"""The energy dashboard of the real Home Assistant takes strings and banks as batteries; core sees when they charge."""

import asyncio
from collections.abc import Callable
import random
from types import SimpleNamespace
from typing import Any

from conftest import FAST, state_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_mock_service
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from custom_components.battery_bank.binary_sensor import BANK_CHARGING, STRING_CHARGING
from custom_components.battery_bank.monitor.battery.events import OperatingState
from homeassistant.components.energy.data import async_get_manager
from homeassistant.components.energy.validate import async_validate
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.bank import Bank, build
from simulator.wire import Terminal

NAMES = ("a", "b", "c", "ups")  # three strings and the bank of them


@pytest.fixture(autouse=True)
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """Let the recorder prepare its database before there is a Home Assistant."""


@pytest.fixture
def bank() -> Bank:
    """Return three strings of four blocks and their TCs."""
    strings = [
        {"name": "A", "batteries": 4, "first_address": 1, "string_module": 5},
        {"name": "B", "batteries": 4, "first_address": 11, "string_module": 15},
        {"name": "C", "batteries": 4, "first_address": 21, "string_module": 25},
    ]
    return build({"line": {"baud": FAST}, "string": strings})


@pytest.fixture
async def entry(
    hass: HomeAssistant,
    recorder_mock: Any,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
) -> MockConfigEntry:
    """Return a running line with these strings and a bank of them, with the entities that are enabled at first."""
    plug(bank)
    others = (string_data(first=first, string_module=first + 4, name=name) for first, name in ((11, "B"), (21, "C")))
    entry = line_entry(string_data(), *others)
    strings = list(entry.subentries)
    assert await hass.config_entries.async_setup(entry.entry_id)
    for name in ("a", "b", "c"):
        await until(hass, f"sensor.{name}_energy_out", lambda state: float(state) == 0)
    flows = hass.config_entries.subentries
    form = await flows.async_init((entry.entry_id, "bank"), context={"source": "user"})
    await flows.async_configure(form["flow_id"], {"name": "UPS", "strings": strings})
    await until(hass, "sensor.ups_energy_out", lambda state: float(state) == 0)
    for name in NAMES:
        await until(hass, f"sensor.{name}_power", lambda _: True)
    return entry


def as_battery(name: str) -> dict[str, Any]:
    """Return what a person chooses for a battery of the dashboard."""
    return {
        "type": "battery",
        "stat_energy_from": f"sensor.{name}_energy_out",
        "stat_energy_to": f"sensor.{name}_energy_in",
        "stat_rate": f"sensor.{name}_power",
        "stat_soc": f"sensor.{name}_state_of_charge",
        "capacity": 4.8,
    }


def as_grid(name: str) -> dict[str, Any]:
    """Return the same sensors as a grid: core checks the power of a grid, and not yet that of a battery."""
    return {
        "type": "grid",
        "stat_energy_from": f"sensor.{name}_energy_out",
        "stat_energy_to": f"sensor.{name}_energy_in",
        "stat_cost": None,
        "entity_energy_price": None,
        "number_energy_price": 0.3,
        "stat_compensation": None,
        "entity_energy_price_export": None,
        "number_energy_price_export": None,
        "stat_rate": f"sensor.{name}_power",
        "cost_adjustment_day": 0.0,
    }


@pytest.mark.parametrize("state", [*OperatingState, None])
def test_only_a_recharge_and_boost_are_charging(state: OperatingState | None) -> None:
    charging = {OperatingState.RECHARGE: True, OperatingState.BOOST: True, None: None}.get(state, False)
    condition = SimpleNamespace(condition=SimpleNamespace(condition=state))
    subject: Any = SimpleNamespace(state=SimpleNamespace(operating_state=state, running=condition))
    assert BANK_CHARGING.value_fn(subject) is charging
    assert STRING_CHARGING.value_fn(subject) is charging


async def test_the_validation_of_core_is_clean(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    assert await async_setup_component(hass, "energy", {})
    chosen: Any = {"energy_sources": [one(name) for one in (as_battery, as_grid) for name in NAMES]}
    await (await async_get_manager(hass)).async_update(chosen)
    await async_wait_recording_done(hass)
    now = dt_util.utcnow()
    do_adhoc_statistics(hass, start=now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0))
    await async_wait_recording_done(hass)
    assert (await async_validate(hass)).as_dict()["energy_sources"] == [[]] * (2 * len(NAMES))
    for name in NAMES:
        charge = hass.states.get(f"sensor.{name}_state_of_charge")
        assert charge is not None
        assert charge.attributes["device_class"] == "battery"
        assert charge.attributes["unit_of_measurement"] == "%"
        assert charge.attributes["state_class"] == "measurement"


async def test_the_power_has_the_sign_of_the_current_within_its_noise(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry
) -> None:
    noise = random.Random(7)
    wrong = []
    for second in range(100):
        for string in bank.strings.values():
            string.mains, string.load = False, noise.gauss(0.05, 0.2)
        await asyncio.sleep(1)
        for name in ("a", "ups"):
            power, current = (float(state_of(hass, f"sensor.{name}_{key}")) for key in ("power", "current"))
            low, high = sorted((-44.0 * current, -62.0 * current))  # of a voltage between 44 and 62 V
            if not low <= power <= high:
                wrong.append((second, name, power, current))
    assert wrong == []


async def test_a_discharge_is_positive_and_a_recharge_starts_the_triggers_of_core(
    hass: HomeAssistant, bank: Bank, entry: MockConfigEntry
) -> None:
    started, stopped = (async_mock_service(hass, "test", name) for name in ("started", "stopped"))
    charging = ["binary_sensor.a_charging", "binary_sensor.ups_charging"]
    automations = [
        {
            "triggers": [{"trigger": f"battery.{name}_charging", "target": {"entity_id": charging}}],
            "actions": [{"action": f"test.{name}", "data_template": {"of": "{{ trigger.entity_id }}"}}],
            "mode": "parallel",
        }
        for name in ("started", "stopped")
    ]
    assert await async_setup_component(hass, "battery", {})
    assert await async_setup_component(hass, "automation", {"automation": automations})
    await until(hass, "sensor.ups_state", lambda state: state == "float")
    assert [state_of(hass, one) for one in charging] == ["off", "off"]
    for string in bank.strings.values():
        string.mains, string.load = False, 20.0
    await until(hass, "sensor.a_power", lambda state: 900 < float(state) < 1100)  # 20 A at 48 V
    await until(hass, "sensor.ups_power", lambda state: 2700 < float(state) < 3300)
    await until(hass, "sensor.ups_state", lambda state: state == "discharge")
    assert not started
    for string in bank.strings.values():
        string.mains = True
        for battery in string.batteries:
            battery.state = 0.5
    await until(hass, "binary_sensor.a_charging", lambda state: state == "on")
    await until(hass, "binary_sensor.ups_charging", lambda state: state == "on")
    await until(hass, "sensor.a_power", lambda state: float(state) < -100)
    await until(hass, "sensor.ups_power", lambda state: float(state) < -300)
    await hass.async_block_till_done()
    assert {call.data["of"] for call in started} == set(charging)
    assert not stopped
