"""The voltage and the temperatures of the report, from the statistics of the recorder; and without a recorder."""

from collections.abc import Callable
import re
import time
from typing import Any

from conftest import string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import async_wait_recording_done
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from test_report import Document, get

from custom_components.battery_bank.monitor.battery.limits import HOUR
from homeassistant.components.recorder.models import StatisticMeanType
from homeassistant.components.recorder.statistics import async_import_statistics
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from simulator.bank import Bank
from simulator.wire import Terminal


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """Let the recorder prepare its database before there is a Home Assistant."""


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line."""
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    return entry


async def measured(hass: HomeAssistant, entity_id: str, unit: str, unit_class: str, mean: float) -> None:
    """Let the recorder know a mean over 60 h, but for 10 h in between, each ±1 `unit`."""
    now = time.time() // HOUR * HOUR
    async_import_statistics(
        hass,
        {
            "mean_type": StatisticMeanType.ARITHMETIC,
            "has_sum": False,
            "name": None,
            "source": "recorder",
            "statistic_id": entity_id,
            "unit_class": unit_class,
            "unit_of_measurement": unit,
        },
        [
            {"start": dt_util.utc_from_timestamp(now - hours * HOUR), "mean": mean, "min": mean - 1, "max": mean + 1}
            for hours in range(2, 62)
            if not 20 <= hours < 30
        ],
    )
    await async_wait_recording_done(hass)


async def test_voltage_and_temperature_over_the_period(
    hass: HomeAssistant, recorder_mock: Any, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    await measured(hass, "sensor.a_voltage", "V", "voltage", 54.5)
    await measured(hass, "sensor.a_ambient_temperature", "°C", "temperature", 21.0)
    text = await get(await hass_client(), f"/api/battery_bank/report/{entry.entry_id}.html?days=7")
    document = Document(text)
    rows = {row["Quantity"]: row for row in document.table("Lowest")}
    voltage, room = rows["Voltage of the string (float voltage of the charger)"], rows["Room temperature"]
    assert (voltage["Lowest"], voltage["Mean"], voltage["Highest"]) == ("53.50 V", "54.50 V", "55.50 V")
    assert (room["Lowest"], room["Mean"], room["Highest"]) == ("20.0 °C", "21.0 °C", "22.0 °C")
    assert document.plots == 2
    rows_of_tasks = [row for table in document.tables if "Task" in table[0] for row in table[1:]]
    assert [row[-1] for row in rows_of_tasks if row[0] == "Room temperature"] == ["section 7"]
    # 24 cells: 2.31 and 2.33 V, 2.23 and 2.20 V on float
    for limit in ("Warning ≥ 55.44 V", "Alarm ≥ 55.92 V", "Warning ≤ 53.52 V", "Alarm ≤ 52.80 V"):
        assert f">{limit}</text>" in text
    drawn = text[text.index("<svg") : text.index("</svg>")]
    means = re.findall(r'<path d="(M[^"]*)" stroke="#111" stroke-width="1.3"', drawn)
    assert len(means) == 2  # the curve is interrupted where there are no statistics


async def test_without_statistics_the_report_says_so(
    hass: HomeAssistant, recorder_mock: Any, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    text = await get(await hass_client(), f"/api/battery_bank/report/{entry.entry_id}.html?days=7")
    assert "The recorder has no statistics of this string in the period." in text


async def test_without_a_recorder_the_report_says_so(
    entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    text = await get(await hass_client(), f"/api/battery_bank/report/{entry.entry_id}.html")
    assert "Home Assistant has no recorder" in text
