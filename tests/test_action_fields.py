"""Every value that an action refuses: the error has a translation, and names the field and what is allowed."""

from collections.abc import Callable
from datetime import timedelta
from math import inf, nan
from typing import Any

from conftest import device_of, string_data
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.actions.action_fields import (
    datetime_field,
    duration_field,
    number_field,
    text_field,
)
from custom_components.battery_bank.const import DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.translation import async_get_exception_message
from homeassistant.util import dt as dt_util
from simulator.bank import Bank
from simulator.wire import Terminal

NO_NUMBERS: tuple[Any, ...] = (nan, inf, -inf, True, None, [], "x", "1_0", 10**400, "9" * 5000)


@pytest.fixture
async def devices(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> dict[str, str]:
    """Return the ids of the devices of a running line, a string and a battery."""
    plug(bank)
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    (string,) = entry.runtime_data.strings
    battery = string.batteries[0]
    return {"string": device_of(hass, entry, string.id), "battery": device_of(hass, entry, battery.id)}


YES: Any = True


def refused(*values: Any, **more: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Return values, each with the other fields that its call needs."""
    return [(value, more) for value in values]


CASES: dict[tuple[str, str, str], list[tuple[Any, dict[str, Any]]]] = {
    ("set_baseline", "baseline", "0.01 to 100\u00a0mΩ"): refused(*NO_NUMBERS, 0, -1, 100.5, 300),
    ("report", "days", "1 to 3660"): refused(*NO_NUMBERS, 0, 1.5, -4, 3661, 99999),
    ("scan", "first_address", "1 to 247"): refused(*NO_NUMBERS, 0, 248),
    ("scan", "last_address", "1 to 247"): refused(*NO_NUMBERS, 300, 0.5),
    ("set_module_address", "address", "1 to 247"): refused(*NO_NUMBERS, 248, 0),
    ("set_module_baudrate", "baudrate", "9600"): refused(nan, YES, None, 1234, "fast", 9600.5),
    ("simulate_alarm", "kind", "voltage_low"): refused("flood", 3, None),
    ("simulate_alarm", "level", "warning"): refused("ok", YES, kind="voltage_low"),
    ("simulate_alarm", "duration", "0:00:01 to 1:00:00"): refused(
        0, -5, 1e308, {"hours": 5}, {"weeks": 1}, "x", YES, None, nan, kind="voltage_low"
    ),
    ("acknowledge_alarms", "kind", "voltage_low"): refused("flood", [], 1),
    ("battery_replaced", "date", "1970"): refused("0001-01-01", "1969-12-31", "31.12.2020", 5, None, YES),
    ("battery_replaced", "serial", "100"): refused("x" * 101, "a\nb", "a\x00b", None, [], YES),
    ("battery_replaced", "note", "1000"): refused("x" * 1001, "\ud800", {}, YES),
    ("export", "start", "1971 to 2199"): refused("0001-01-01", "9999-12-31 23:59:59", "now", 5, None, YES),
    ("export", "end", "1971 to 2199"): refused("0001-01-01", "1e308", {}, "2200-01-01"),
    ("export", "format", "json, csv"): refused("xml", None, YES),
    ("export", "what", "alarms"): refused("everything", [], ["alarms", 3], None),
}


@pytest.mark.parametrize(("action", "field", "allowed"), CASES)
async def test_what_an_action_refuses(
    hass: HomeAssistant, devices: dict[str, str], action: str, field: str, allowed: str
) -> None:
    of_line = action.startswith(("scan", "set_module"))
    device = {} if of_line else {"device_id": devices["string" if action in ("report", "export") else "battery"]}
    response = action in ("report", "scan", "export")
    for value, more in CASES[action, field, allowed]:
        with pytest.raises(ServiceValidationError) as refusal:
            await hass.services.async_call(
                DOMAIN, action, device | more | {field: value}, blocking=True, return_response=response
            )
        err = refusal.value
        assert err.translation_key, value
        message = async_get_exception_message(DOMAIN, err.translation_key, err.translation_placeholders)
        assert f"“{field}”" in message, value
        assert allowed in message, value


def test_what_a_field_takes() -> None:
    """A person may write a number as text, and a template gives nothing else."""
    assert number_field("x", 1, 10)("4.5") == 4.5
    assert number_field("x", 1, 10)(10) == 10
    assert text_field("x", 10)(" 12 ") == "12"
    assert text_field("x", 10)(12) == "12"
    hour = timedelta(hours=1)
    assert duration_field("x", timedelta(0), hour)({"minutes": 5, "seconds": "30"}) == timedelta(seconds=330)
    assert duration_field("x", timedelta(0), hour)("0:05") == timedelta(minutes=5)
    assert duration_field("x", timedelta(0), hour)(90) == timedelta(seconds=90)
    assert datetime_field("x")("2026-05-01") == dt_util.parse_datetime("2026-05-01T00:00")


@pytest.mark.parametrize(("language", "range_"), [("fr", ("0,01", "100\u00a0mΩ")), ("en", ("0.01", "100\u00a0mΩ"))])
async def test_a_range_has_the_decimal_mark_of_the_language(
    hass: HomeAssistant, language: str, range_: tuple[str, str]
) -> None:
    hass.config.language = language
    with pytest.raises(ServiceValidationError) as err:
        number_field("baseline", 0.01, 100, "mΩ")(0)
    assert err.value.translation_placeholders == {"field": "baseline", "low": range_[0], "high": range_[1]}
