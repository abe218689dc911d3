"""The language of texts: the nearest that there is, or English. Numbers are written as in that language."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import Any, Final

from conftest import eventually, string_data
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.event_bus.bus_event import EVENT
from custom_components.battery_bank.flows.string_form import async_free_name, string_schema
from custom_components.battery_bank.monitor.battery import operations
from custom_components.battery_bank.texts.number_format import NumberFormat
from custom_components.battery_bank.texts.translations import Translations, shown_language
from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

TRANSLATIONS: Final = Path(__file__).parent.parent / "custom_components" / "battery_bank" / "translations"


def translated(language: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((TRANSLATIONS / f"{language}.json").read_text())
    return found


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("de", "de"),
        ("de-CH", "de"),
        ("en", "en"),
        ("en-GB", "en"),
        ("es", "es"),
        ("es-419", "es"),
        ("fr", "fr"),
        ("fr-CA", "fr"),
        ("zh-Hans", "zh-Hans"),
        ("zh-Hant", "zh-Hans"),
        ("pt-BR", "en"),
        ("nb", "en"),
        ("xx-YY", "en"),
    ],
)
def test_the_nearest_language_is_shown(language: str, shown: str) -> None:
    assert shown_language(language) == shown


# As the Unicode CLDR 48 has them.
@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("de", "-1234,5"),
        ("es", "-1234,5"),
        ("fr", "-1234,5"),
        ("fr-CA", "-1234,5"),
        ("en", "-1234.5"),
        ("zh-Hans", "-1234.5"),
        ("zh-Hant", "-1234.5"),
        ("es-419", "-1234.5"),
        ("pt-BR", "-1234.5"),  # the text around it is English
    ],
)
def test_numbers_have_the_decimal_mark_of_the_language(language: str, written: str) -> None:
    numbers = NumberFormat.of(language)
    assert numbers.write(-1234.5) == written
    assert numbers.write(-1234.5, ".2f") == f"{written}0"
    assert numbers.write(-1234.5, ".0f") == "-1234"
    assert numbers.write(12.0, "g") == "12"


async def test_texts_are_found_by_what_they_name(hass: HomeAssistant) -> None:
    german = translated("de")
    texts = await Translations.load(hass, "selector", "entity", "device_automation", language="de-AT")
    assert texts.language == "de"
    assert texts.option("alarm", "hydrogen") == german["selector"]["alarm"]["options"]["hydrogen"]
    assert texts.state("condition", "float") == german["entity"]["sensor"]["condition"]["state"]["float"]
    assert texts.trigger("alarm_raised") == german["device_automation"]["trigger_type"]["alarm_raised"]
    assert texts.below("selector.level.options") == german["selector"]["level"]["options"]
    period = german["selector"]["report"]["options"]["period"].format(start="A", end="B")
    assert texts.option("report", "period", start="A", end="B") == period
    assert texts.option("alarm", "missing") == "missing"
    assert Translations().option("alarm", "hydrogen") == "hydrogen"


@pytest.mark.parametrize(
    ("language", "named", "suggested"),
    [
        ("en", "String 1: OK", "String 1"),
        ("de", "String 1: OK", "Strang 1"),
        ("fr", "String 1\u00a0: OK", "Branche 1"),
        ("zh-Hans", "String 1：OK", "电池组 1"),  # noqa: RUF001 - the colon of Chinese
        ("pt-BR", "String 1: OK", "String 1"),
    ],
)
async def test_a_name_and_a_colon_are_those_of_the_language(
    hass: HomeAssistant, language: str, named: str, suggested: str
) -> None:
    hass.config.language = language
    assert (await Translations.load(hass, "selector")).named("String 1", "OK") == named
    assert await async_free_name(hass) == suggested
    assert await async_free_name(hass, [suggested]) == suggested.replace("1", "2")


async def test_what_home_assistant_keeps_of_the_translations_is_not_changed(hass: HomeAssistant) -> None:
    before = dict(await async_get_translations(hass, "en", "selector", [DOMAIN]))
    await Translations.load(hass, "selector", "entity", language="en")
    assert await async_get_translations(hass, "en", "selector", [DOMAIN]) == before


@pytest.mark.parametrize(
    ("language", "shown", "value"),
    [
        ("de", "de", "4,512 mΩ"),
        ("es", "es", "4,512 mΩ"),
        ("es-419", "es", "4.512 mΩ"),
        ("fr", "fr", "4,512 mΩ"),
        ("zh-Hant", "zh-Hans", "4.512 mΩ"),
        ("pt-BR", "en", "4.512 mΩ"),
    ],
)
async def test_a_bank_speaks_the_language_of_home_assistant(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    hass_client: ClientSessionGenerator,
    language: str,
    shown: str,
    value: str,
) -> None:
    """Messages and report are in the language that is shown; the data of events are numbers in every language."""
    plug(bank)
    hass.config.language = language
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data())
    assert await hass.config_entries.async_setup(entry.entry_id)
    events = async_capture_events(hass, EVENT)
    (string,) = entry.runtime_data.strings
    entry.runtime_data.analysis.async_apply(string, operations.tested, "A2", 0.004512)
    await eventually(lambda: events)
    texts = translated(shown)
    finished = texts["device_automation"]["trigger_type"]["resistance_test_finished"]
    assert events[0].data["message"].startswith(f"{finished}, ")
    assert value in events[0].data["message"]
    assert events[0].data["value"] == 4.512
    client = await hass_client()
    page = await (await client.get(f"/api/{DOMAIN}/report/{entry.entry_id}.html")).text()
    assert f'<html lang="{shown}">' in page
    assert f"<title>{texts['selector']['report']['options']['title']} " in page
    assert f"4 × 12{value[1]}0 V" in page.replace("\u00a0", " ")


def test_the_voltages_to_choose_from_have_the_decimal_mark_of_the_language() -> None:
    def labels(language: str) -> list[str]:
        fields = string_schema(language, new=True).schema
        return [option["label"] for option in fields["nominal_voltage"].config["options"]]

    assert labels("de") == ["1,2\u00a0V", "2\u00a0V", "6\u00a0V", "12\u00a0V"]
    assert labels("en") == ["1.2\u00a0V", "2\u00a0V", "6\u00a0V", "12\u00a0V"]


def test_chinese_has_no_space_before_a_per_cent_sign() -> None:
    assert NumberFormat.of("zh-Hans").measured(1.5, "%") == "1.50%"
    assert NumberFormat.of("zh-Hant").measured(2, "V") == "2.000 V"
    assert NumberFormat.of("de").measured(1.5, "%") == "1,50 %"
