"""The texts of the blueprints: they are copied in the language of Home Assistant, and nothing else of them changes."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import pytest

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.event_bus.blueprint_files import SHIPPED, in_words
from custom_components.battery_bank.texts.translations import LANGUAGES
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import parse_yaml

FILES = sorted((SHIPPED / "automation").glob("*.yaml"))
TRANSLATIONS = SHIPPED.parent / "translations"
VALUES = {"warning", "alarm", "08:00:00", ""}  # defaults that are not texts


def texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((TRANSLATIONS / f"{language}.json").read_text())["selector"]["blueprint"][
        "options"
    ]
    return found


def shown(inputs: dict[str, Any]) -> Iterator[Any]:
    """Yield the texts of inputs, and of those in their sections."""
    for one in inputs.values():
        yield from (one[key] for key in ("name", "description", "default") if isinstance(one.get(key), str))
        options = one.get("selector", {}).get("select", {}).get("options", ())
        yield from (option["label"] for option in options)
        yield from shown(one.get("input", {}))


def texts_of(blueprint: str) -> list[str]:
    """Return the texts of a blueprint that a person reads, in their order."""
    parsed: Any = parse_yaml(blueprint)
    head = parsed["blueprint"]
    return [head["name"], head["description"], *(text for text in shown(head["input"]) if text not in VALUES)]


def without_texts(found: Any) -> Any:
    """Return what is parsed of a blueprint without its texts."""
    if isinstance(found, dict):
        return {
            key: without_texts(value)
            for key, value in found.items()
            if not (
                key in {"name", "description", "label", "default"} and isinstance(value, str) and value not in VALUES
            )
        }
    return [without_texts(one) for one in found] if isinstance(found, list) else repr(found)


def test_every_text_of_a_blueprint_can_be_translated() -> None:
    found = {text for file in FILES for text in texts_of(file.read_text())}
    assert found == set(texts("en").values())


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_blueprint_is_the_same_in_other_words(file: Path, language: str) -> None:
    english, there = texts("en"), texts(language)
    words = {english[key]: text for key, text in there.items()}
    source = file.read_text()
    copied = in_words(source, words)
    assert texts_of(copied) == [words[text] for text in texts_of(source)]
    assert without_texts(parse_yaml(copied)) == without_texts(parse_yaml(source))
    assert in_words(source, {}) == source


async def test_blueprints_are_copied_in_the_language_of_home_assistant(hass: HomeAssistant) -> None:
    hass.config.language = "de-AT"
    assert await async_setup_component(hass, DOMAIN, {})
    await hass.async_block_till_done()
    there = Path(hass.config.path("blueprints", "automation", DOMAIN))
    german = texts("de")
    assert german["acknowledge"] in texts_of((there / "notify_alarm.yaml").read_text())
    assert texts_of((there / "escalate.yaml").read_text())[0] == german["alarm_unacknowledged"]
    # The numbers in its messages have the decimal mark of the language.
    assert 'decimal_mark: ","' in (there / "discharge.yaml").read_text()
