"""The texts of the translations, in the language that is nearest to the reader's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util.language import matches

from ..const import DOMAIN

ENGLISH: Final = "en"
# Each language has a file in the folder `translations`. Beside it: its decimal mark, as the Unicode CLDR has it, where
# the pages of Home Assistant take their number formats from too.
LANGUAGES: Final[Mapping[str, str]] = {"de": ",", ENGLISH: ".", "es": ",", "fr": ",", "zh-Hans": "."}


def shown_language(language: str) -> str:
    """Return which of our languages a reader of `language` (a BCP 47 tag) is shown: the nearest one, or English."""
    return next(iter(matches(language, LANGUAGES)), ENGLISH)


@dataclass(frozen=True, kw_only=True, slots=True)
class Translations:
    """The texts of one or more categories of the translations. Without any, a text is the last part of its key."""

    language: str = ENGLISH  # of the texts
    texts: Mapping[str, str] = field(default_factory=dict)  # by key, as Home Assistant flattens the files

    @classmethod
    async def load(cls, hass: HomeAssistant, *categories: str, language: str | None = None) -> Translations:
        """Load categories for a reader of `language`; without one, for this Home Assistant."""
        shown = shown_language(language or hass.config.language)
        texts: dict[str, str] = {}
        for category in categories:
            texts |= await async_get_translations(hass, shown, category, [DOMAIN])
        return cls(language=shown, texts=texts)

    def text(self, key: str, **placeholders: str) -> str:
        """Return a text by its key below the component, with its placeholders filled in."""
        text = self.texts.get(f"component.{DOMAIN}.{key}", key.rpartition(".")[2])
        return text.format(**placeholders) if placeholders else text

    def option(self, selector: str, option: str, **placeholders: str) -> str:
        """Return the text of an option of a selector."""
        return self.text(f"selector.{selector}.options.{option}", **placeholders)

    def named(self, name: str, value: str) -> str:
        """Return a name and what it stands for, with the colon of the language between them."""
        pattern = self.texts.get(f"component.{DOMAIN}.selector.display.options.named", "{name}: {value}")
        return pattern.format(name=name, value=value)

    def bracketed(self, name: str, more: str) -> str:
        """Return a name with more about it, in the brackets of the language."""
        pattern = self.texts.get(f"component.{DOMAIN}.selector.display.options.bracketed", "{name} ({more})")
        return pattern.format(name=name, more=more)

    def unit(self, unit: str) -> str:
        """Return the word or letter that the language has for a unit, such as `d`; empty if it is written the same."""
        return self.texts.get(f"component.{DOMAIN}.selector.unit.options.{unit}", "")

    def state(self, sensor: str, state: str) -> str:
        """Return the name of a state of a sensor."""
        return self.text(f"entity.sensor.{sensor}.state.{state}")

    def trigger(self, trigger_type: str) -> str:
        """Return the name of a device trigger."""
        return self.text(f"device_automation.trigger_type.{trigger_type}")

    def below(self, key: str) -> dict[str, str]:
        """Return all texts below a key, by the rest of their keys."""
        stem = f"component.{DOMAIN}.{key}."
        return {name.removeprefix(stem): text for name, text in self.texts.items() if name.startswith(stem)}
