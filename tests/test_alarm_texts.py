"""The texts of alarms: volts as a meter shows them, the user's unit of temperature, and the mark of a test alarm."""

from dataclasses import replace
from types import MappingProxyType

from conftest import string_data
import pytest

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import Alarm, Level
from custom_components.battery_bank.monitor.line.timing import SERIAL
from custom_components.battery_bank.strings.configuration import string_of
from custom_components.battery_bank.strings.members import String
from custom_components.battery_bank.texts.alarm_texts import AlarmTexts
from custom_components.battery_bank.texts.number_format import NumberFormat
from custom_components.battery_bank.texts.translations import Translations
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
    ("raised", "celsius", "fahrenheit"),
    [
        (alarm(AlarmKind.TEMPERATURE_HIGH, 45.04, 40.0, "A2"), (45.0, 40.0, "°C"), (113.1, 104.0, "°F")),
        (alarm(AlarmKind.TEMPERATURE_RISE, 10.0, 5.0, "A2"), (10.0, 5.0, "K"), (18.0, 9.0, "°F")),
        (alarm(AlarmKind.VOLTAGE_LOW, 2.0, 2.1, "A2"), (12.0, 12.6, "V"), (12.0, 12.6, "V")),
        (alarm(AlarmKind.STRING_VOLTAGE_LOW, 2.0, 2.1), (48.0, 50.4, "V"), (48.0, 50.4, "V")),
        (alarm(AlarmKind.CHARGE_CURRENT, 0.3, 0.25), (30.0, 25.0, "A"), (30.0, 25.0, "A")),
        (alarm(AlarmKind.NOT_MONITORED, 1.0, 0.25), (1.0, 0.25, "min"), (1.0, 0.25, "min")),
    ],
)
def test_figures_are_in_the_units_that_people_read(
    string: String,
    raised: Alarm,
    celsius: tuple[float, float, str],
    fahrenheit: tuple[float, float, str],
) -> None:
    for temperature, expected in ((UnitOfTemperature.CELSIUS, celsius), (UnitOfTemperature.FAHRENHEIT, fahrenheit)):
        described = AlarmTexts(temperature=temperature).described(string, raised)
        assert (described["value"], described["limit"], described["unit"]) == expected


NAME = {
    "component.battery_bank.selector.alarm.options.voltage_low": "Voltage low",
    "component.battery_bank.selector.limit.options.warning": "warning limit {limit}",
    "component.battery_bank.selector.limit.options.alarm": "alarm limit {limit}",
}


def test_a_test_alarm_is_marked_in_every_line(string: String) -> None:
    texts = AlarmTexts(translations=Translations(texts=NAME))
    real, drill = (alarm(AlarmKind.VOLTAGE_LOW, 2.0, 2.1, "A2", drill=drill) for drill in (False, True))
    assert texts.line(string, real) == "2: Voltage low 12.00 V (alarm limit 12.60 V)"
    assert texts.line(string, drill) == "2: drill: Voltage low 12.00 V (alarm limit 12.60 V)"
    assert [texts.described(string, one)["drill"] for one in (real, drill)] == [False, True]


def test_a_line_says_of_which_level_its_limit_is(string: String) -> None:
    texts = AlarmTexts(translations=Translations(texts=NAME))
    warning = replace(alarm(AlarmKind.VOLTAGE_LOW, 2.0, 2.1, "A2"), level=Level.WARNING)
    assert texts.summary(string, warning) == "Voltage low 12.00 V (warning limit 12.60 V)"


def test_texts_have_the_decimal_mark_of_the_language_and_data_are_numbers(string: String) -> None:
    texts = AlarmTexts(translations=Translations(texts=NAME), numbers=NumberFormat(decimal_comma=True))
    raised = alarm(AlarmKind.VOLTAGE_LOW, 2.0, 2.1, "A2")
    assert texts.line(string, raised) == "2: Voltage low 12,00 V (alarm limit 12,60 V)"
    assert texts.summary(string, raised) == "Voltage low 12,00 V (alarm limit 12,60 V)"
    described = texts.described(string, raised)
    assert (described["value"], described["limit"]) == (12.0, 12.6)


@pytest.mark.parametrize(
    ("value", "limit", "summary"),
    [
        (None, None, "Voltage low"),
        (2.0, None, "Voltage low 12.00 V"),
        (None, 2.1, "Voltage low"),
    ],
)
def test_an_amount_that_an_alarm_does_not_have_is_left_out(
    string: String, value: float | None, limit: float | None, summary: str
) -> None:
    raised = replace(alarm(AlarmKind.VOLTAGE_LOW, 2.0, 2.1, "A2"), value=value, limit=limit)
    assert AlarmTexts(translations=Translations(texts=NAME)).summary(string, raised) == summary


@pytest.mark.parametrize("kind", [AlarmKind.REVERSED_CELL, AlarmKind.SHORTED_CELL])
def test_missing_cells_have_a_word_as_their_unit(string: String, kind: AlarmKind) -> None:
    words = {
        f"component.battery_bank.selector.alarm.options.{kind}": "Zelle fehlt",
        "component.battery_bank.selector.unit.options.cells": "Zellen",
        "component.battery_bank.selector.limit.options.alarm": "Alarmgrenze {limit}",
    }
    texts = AlarmTexts(translations=Translations(texts=words), numbers=NumberFormat(decimal_comma=True))
    raised = alarm(kind, 1.6, 0.75, "A2")
    assert texts.line(string, raised) == "2: Zelle fehlt 1,60 Zellen (Alarmgrenze 0,75 Zellen)"
    assert texts.amounts(string, raised) == ("1,60 Zellen", "0,75 Zellen")
    assert texts.described(string, raised)["unit"] == "×"  # data for automations stay as they were


def test_days_and_brackets_are_those_of_the_language(string: String) -> None:
    words = {
        "component.battery_bank.selector.alarm.options.never_full": "未充满",
        "component.battery_bank.selector.unit.options.d": "天",
        "component.battery_bank.selector.limit.options.alarm": "告警限值 {limit}",
        "component.battery_bank.selector.display.options.bracketed": "{name}（{more}）",  # noqa: RUF001 - those of Chinese
    }
    raised = alarm(AlarmKind.NEVER_FULL, 9.0, 7.0, "")
    texts = AlarmTexts(translations=Translations(texts=words))
    assert texts.summary(string, raised) == "未充满 9.0 天（告警限值 7.0 天）"  # noqa: RUF001
    assert texts.described(string, raised)["unit"] == "d"


@pytest.mark.parametrize(
    ("value", "unit", "word", "written"),
    [
        (0.0, "×", "cells", "0.00 cells"),
        (1.6, "×", "cells", "1.60 cells"),
        (1.5, "×", "", "1.50 ×"),
        (2.0, "×", "", "2 ×"),
        (12.996, "V", "", "13.00 V"),
        (2.1, "V", "", "2.100 V"),
        (-0.372, "V", "", "-0.372 V"),
        (30.0, "A", "", "30.0 A"),
        (45.04, "°C", "", "45.0 °C"),
        (6.2, "K", "", "6.2 K"),
        (3.0, "d", "", "3.0 d"),
        (3.0, "d", "j", "3.0 j"),
        (7.5, "h", "", "7.5 h"),
        (0.25, "min", "", "15 s"),
        (14.9, "min", "", "15 min"),
        (1440.0, "min", "", "24 h 00 min"),
    ],
)
def test_an_amount_is_written_as_the_cards_write_it(value: float, unit: str, word: str, written: str) -> None:
    """`frontend/test/format.test.ts` has the same table."""
    assert NumberFormat().measured(value, unit, word) == written


@pytest.mark.parametrize(
    ("seconds", "nearest", "left"),
    [
        (0.0, "0 s", "0 s"),
        (42.6, "43 s", "42 s"),
        (59.4, "59 s", "59 s"),
        (59.6, "1 min", "59 s"),
        (462.0, "8 min", "7 min"),  # 7:42
        (3569.0, "59 min", "59 min"),
        (3570.0, "1 h 00 min", "59 min"),
        (4830.0, "1 h 21 min", "1 h 20 min"),
        (180000.0, "50 h 00 min", "50 h 00 min"),
    ],
)
def test_a_duration_is_written_as_the_cards_write_it(seconds: float, nearest: str, left: str) -> None:
    """`frontend/test/format.test.ts` has the same table."""
    assert NumberFormat().duration(seconds) == nearest
    assert NumberFormat().duration(seconds, left=True) == left
    assert NumberFormat().measured(seconds / 60, "min") == nearest
