"""The register table of a large installation: where each battery is, and what has no room.

Addresses are worked out on paper from docs/plant.md: battery n of place p has its voltage at 4000 p + 1000 + n - 1.
"""

from types import SimpleNamespace
from typing import Any

from conftest import loop_clock, string_data
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from test_plant_server import free_port

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.monitor.model import BatteryReading
from custom_components.battery_bank.plant_systems.plant_settings import ModbusServerSettings
from custom_components.battery_bank.plant_systems.publication import Publication
from custom_components.battery_bank.plant_systems.register_table import RegisterTable
from custom_components.battery_bank.strings.configuration import string_of
from custom_components.battery_bank.strings.members import String
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

__all__ = ["free_port"]

LINES, BATTERIES = 4, 240
UNKNOWN = 0xFFFF


def line_of(hass: HomeAssistant, *strings: Any) -> tuple[MockConfigEntry, list[String]]:
    """Return a line that counts as set up, and its strings; it has no port, and is not polled."""
    entry = MockConfigEntry(domain=DOMAIN, subentries_data=list(strings), state=ConfigEntryState.LOADED)
    entry.add_to_hass(hass)
    found = [string_of(one, SERIAL) for one in entry.subentries.values()]
    line = SimpleNamespace(down=None)
    entry.runtime_data = SimpleNamespace(strings=found, banks=[], line=line, async_stop=_stop)
    return entry, found


async def _stop() -> None:
    """Stop a line that does not run."""


def measure(string: String, first: int, at: float) -> None:
    """Let the batteries measure so many mV, each one more than that before it."""
    for number, battery in enumerate(string.batteries):
        battery.module.reading = BatteryReading(at=at, voltage=(first + number) / 1000, temperature=23.1)


async def test_each_of_960_batteries_is_at_its_address(hass: HomeAssistant) -> None:
    clock = loop_clock()
    places = {}
    for line in range(LINES):
        _, (string,) = line_of(hass, string_data(1, BATTERIES, None, f"S{line}", nominal_voltage=2.0))
        measure(string, 2001 + BATTERIES * line, clock.now())
        places[string.id] = line + 1
    table = RegisterTable(hass, places, {}, clock)
    assert table.read(1, 3, 2) == [4, 960]
    seen = []
    for place in range(1, LINES + 1):
        for number in range(1, BATTERIES + 1):
            (voltage,) = table.read(1, 4000 * place + 1000 + number - 1, 1)
            assert voltage == 2000 + BATTERIES * (place - 1) + number
            seen.append(voltage)
            assert table.read(1, 4000 * place + 500 + number - 1, 1) == [1]
            assert table.read(1, 4000 * place + 1250 + number - 1, 1) == [231]
        assert table.read(1, 4000 * place + 1000 + BATTERIES, 10) == [UNKNOWN] * 10
        assert table.read(1, 4000 * place + 500 + BATTERIES, 10) == [0] * 10
    assert seen == list(range(2001, 2961))
    assert table.read(1, 4000 * 5 + 1000, 2) == [UNKNOWN, UNKNOWN]


async def test_the_first_250_batteries_of_a_string_are_in_the_table(hass: HomeAssistant) -> None:
    clock = loop_clock()
    _, (string,) = line_of(hass, string_data(1, 251, None, "S", nominal_voltage=2.0))
    measure(string, 2001, clock.now())
    table = RegisterTable(hass, {string.id: 1}, {}, clock)
    assert table.read(1, 4000, 1) == [251]
    assert table.read(1, 4000 + 1000 + 249, 2) == [2250, 231]  # then the temperatures begin


@pytest.mark.usefixtures("socket_enabled")
async def test_a_string_without_a_place_is_named_once(
    hass: HomeAssistant, free_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    line_of(hass, *(string_data(4 * number + 1, name=f"S{number}", string_module=None) for number in range(61)))
    publication = Publication(hass)
    await publication.async_apply(ModbusServerSettings(enabled=True, address="127.0.0.1", port=free_port))
    await publication.async_strings_changed()
    assert sorted(publication.places.values()) == list(range(1, 61))
    assert caplog.text.count("has room for 60 strings, so plant systems can't read S60") == 1
    await publication.async_remove()
