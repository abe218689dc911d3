"""What an alarm says: in the volts of a meter, the user's degrees, and with the drill named."""

from types import MappingProxyType

from conftest import string_data
import pytest

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, Level
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.strings.configuration import string_of
from custom_components.battery_bank.strings.members import String
from custom_components.battery_bank.texts.alarm_texts import Words
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import UnitOfTemperature


@pytest.fixture
def string() -> String:
    """Return a string of four blocks of 12 V, 100 Ah."""
    data = string_data()
    return string_of(
        ConfigSubentry(data=MappingProxyType(data["data"]), subentry_type="string", title="A", unique_id=None), SERIAL
    )


def alarm(kind: AlarmKind, value: float, limit: float, battery: str | None = None, *, drill: bool = False) -> Alarm:
    return Alarm(
        kind=kind,
        battery=battery,
        level=Level.ALARM,
        value=value,
        limit=limit,
        raised=0.0,
        worst=Level.ALARM,
        drill=drill,
    )


@pytest.mark.parametrize(
    ("told", "celsius", "fahrenheit"),
    [
        (alarm(AlarmKind.TEMPERATURE_HIGH, 45.04, 40.0, "A2"), (45.0, 40.0, "°C"), (113.1, 104.0, "°F")),
        (alarm(AlarmKind.TEMPERATURE_RISE, 10.0, 5.0, "A2"), (10.0, 5.0, "K"), (18.0, 9.0, "°F")),
        (alarm(AlarmKind.VOLTAGE_LOW, 2.0, 2.1, "A2"), (12.0, 12.6, "V"), (12.0, 12.6, "V")),
        (alarm(AlarmKind.STRING_VOLTAGE_LOW, 2.0, 2.1), (48.0, 50.4, "V"), (48.0, 50.4, "V")),
        (alarm(AlarmKind.CHARGE_CURRENT, 0.3, 0.25), (30.0, 25.0, "A"), (30.0, 25.0, "A")),
    ],
)
def test_figures_are_in_the_units_that_people_read(
    string: String,
    told: Alarm,
    celsius: tuple[float, float, str],
    fahrenheit: tuple[float, float, str],
) -> None:
    for temperature, expected in ((UnitOfTemperature.CELSIUS, celsius), (UnitOfTemperature.FAHRENHEIT, fahrenheit)):
        described = Words(texts={}, temperature=temperature).described(string, told)
        assert (described["value"], described["limit"], described["unit"]) == expected


def test_a_drill_is_named_in_every_line(string: String) -> None:
    words = Words(texts={"component.battery_bank.selector.alarm.options.voltage_low": "Voltage low"})
    real, drill = (alarm(AlarmKind.VOLTAGE_LOW, 2.0, 2.1, "A2", drill=drill) for drill in (False, True))
    assert words.line(string, real) == "2: Voltage low 12.0 V (12.6 V)"
    assert words.line(string, drill) == "2: drill: Voltage low 12.0 V (12.6 V)"
    assert [words.described(string, one)["drill"] for one in (real, drill)] == [False, True]
