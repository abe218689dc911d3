"""The texts of the other languages: translated, with the names of their own labels, and in one form of address."""

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any, Final
from unicodedata import east_asian_width

import pytest

from custom_components.battery_bank.texts.translations import LANGUAGES as MARKS

TRANSLATIONS: Final = Path(__file__).parent.parent / "custom_components" / "battery_bank" / "translations"
LANGUAGES: Final = [language for language in MARKS if language != "en"]

# Names, units and words that a language writes as English does.
SAME: Final = {
    "all": {
        "A4", "CSV", "JSON", "Modbus TCP", "NiCd", "OK", "1\u00a0h", "VRLA, AGM", "d", "{missing}", "{name}",
        "{name} ({more})", "{name}: {value}",
    },
    "de": {
        "Alarm {limit}", "Alarm in {time}", "Alarm", "Community (SNMPv2c)", "Countdown", "Details", "Filter", "Format",
        "Host", "In bit/s.", "Letter", "Median (mΩ)", "Median {value}", "Name", "Normal", "Offline", "Port", "Version",
    },
    "es": {"firmware {versions}", "firmware", "Host", "Normal", "Provisional", "VRLA, gel"},
    "fr": {
        "{count} batteries ({numbers})", "{count} batteries", "Batteries", "Cause", "Date", "Format",
        "Letter", "Maintenance", "Module", "Normal", "Note", "Place", "Port", "Possible", "Recharge",
        "section {section}", "Signature", "Site", "Source", "Stable", "Type", "Version", "Versions", "VRLA, gel",
    },
    "zh-Hans": {"RTU over TCP"},
}  # fmt: skip

QUOTED: Final = re.compile(r"[“„«「](.+?)[”“»」]|(?<!\*)\*([^*]+)\*(?!\*)")
# Home Assistant says "du", "tú" and "vous" to its users.
FORMAL: Final = {
    "de": re.compile(r"\b[a-zäöü]+en Sie\b|\b[Ff]ür Sie\b|\bIhre[nmrs]? (?=[A-ZÄÖÜ]\w+ (ein|an|aus)\b)"),
    "es": re.compile(
        r"\b(usted|[Cc]ompruebe|[Ee]lija|[Cc]onfigure|[Dd]esconecte|[Dd]esactive|[Dd]etenga|[Ee]limine|[Ee]nvíe|"
        r"[Ii]ntroduzca|[Rr]einicie|[Aa]pague|[Ss]eleccione)\b|"
        r"(^|[.:;] |\n)(Abra|Añada|Cambie|Cierre|Conecte|Deje|Deslice|Espere|Haga|Lea|Mida|Ponga|Pruebe|Pulse|Quite|"
        r"Retire|Revise|Sustituya|Toque|Use|Vuelva)\b"
    ),
    "fr": re.compile(r"\b([Tt]u|[Tt]oi|[Tt]es|[Tt]iens)\b"),
}
MOST_LETTERS: Final = 40
LONGEST_TITLE: Final = 27
DECIMAL_POINT: Final = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.]| [a-z]*\d)")


def texts(language: str) -> dict[str, str]:
    """Return the texts of a language by their keys."""

    def below(found: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
        for key, value in found.items():
            if isinstance(value, dict):
                yield from below(value, f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", value

    return dict(below(json.loads((TRANSLATIONS / f"{language}.json").read_text()), ""))


ENGLISH: Final = texts("en")


def names(text: str) -> list[str]:
    """Return what a text has in quotation marks or in italics; it may stand in a sentence."""
    return [(quoted or italic).strip().casefold() for quoted, italic in QUOTED.findall(text)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_english(language: str) -> None:
    allowed = SAME["all"] | SAME.get(language, set())
    left = {text for key, text in texts(language).items() if text == ENGLISH[key] and text not in allowed}
    assert left == set(), f"translate these texts in {language}.json, or name them in SAME here"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_text_names_has_that_name(language: str) -> None:
    """A label that a text refers to is written as that label in each language."""
    here = texts(language)
    labels: dict[str, set[str]] = {}
    for key, text in ENGLISH.items():
        labels.setdefault(text.casefold(), set()).add(here[key].casefold())
    wrong = {}
    for key, text in ENGLISH.items():
        meant = [name for name in names(text) if name in labels and not name.startswith("{")]
        found = set(names(here[key]))
        if missing := [name for name in meant if not labels[name] & found]:
            wrong[key] = (missing, sorted(found))
    assert wrong == {}, f"{language}.json: write these labels in quotation marks or *italics*, as the language has them"


def test_the_search_finds_names() -> None:
    assert names("Choose “Add string”, then *Reload* and **not** this.") == ["add string", "reload"]
    assert names("„Strang hinzufügen“ oder «Añadir» oder « Ajouter »") == ["strang hinzufügen", "añadir", "ajouter"]


@pytest.mark.parametrize("language", FORMAL)
def test_people_are_addressed_as_by_home_assistant(language: str) -> None:
    found = {key: text for key, text in texts(language).items() if FORMAL[language].search(text)}
    assert found == {}, f"{language}.json: address people as Home Assistant does in this language, with du, tú or vous"


@pytest.mark.parametrize("language", MARKS)
def test_a_name_is_no_sentence(language: str) -> None:
    """The name of an entity, an action or its field; what it does stands in its description."""
    sentences = {text for key, text in texts(language).items() if re.search(r"(?<!data_description)\.name$", key)}
    sentences = {text for text in sentences if text.endswith((".", "。"))}
    assert sentences == set(), f"{language}.json: a name ends without a full stop"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_and_its_unit_stay_on_one_line(language: str) -> None:
    breaks = re.compile(r"(?<=[\d}]) (mV|V|A|Ah|kWh|mΩ|°C|°F|K|s|min|h|d|%|m³/h)(?![\w/])")
    found = {key: text for key, text in texts(language).items() if breaks.search(text)}
    assert found == {}, f"{language}.json: put a no-break space (U+00A0) between a value and its unit"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_placeholder_has_the_unit_that_it_has_in_english(language: str) -> None:
    """A value that comes with its unit must not get a second one."""
    units = re.compile(r"\{(\w+)\}\s?(mV|V|Ah?|kWh|mΩ|°C|°F|K|s|min|h|d|%|m³/h)(?![\w/])")
    here = texts(language)
    found = {key: (sorted(units.findall(text)), sorted(units.findall(here[key]))) for key, text in ENGLISH.items()}
    assert {key: here[key] for key, (expected, got) in found.items() if got != expected} == {}


@pytest.mark.parametrize("language", MARKS)
def test_a_unit_stands_once(language: str) -> None:
    """A value that brings its unit along in English has it in every language, as in `took 1 h 05 min`."""
    unit = re.compile(r"\{(\w+)\}[ \u00a0]?(mV|V|A|Ah|kWh|mΩ|°C|°F|K|s|min|h|d)(?![\w/])")
    here = texts(language)
    assert {
        key: here[key] for key, text in ENGLISH.items() if set(unit.findall(here[key])) - set(unit.findall(text))
    } == {}


def test_french_signs_stay_on_the_line_of_their_word() -> None:
    breaks = re.compile(r" [:;?!»](?!:)|« ")
    found = {key: text for key, text in texts("fr").items() if breaks.search(text)}
    assert found == {}, "fr.json: put a no-break space (U+00A0) before : ; ? ! and inside of « »"


@pytest.mark.parametrize("language", MARKS)
def test_a_menu_can_be_read_on_a_phone(language: str) -> None:
    """Home Assistant gives a choice one line, and cuts it off: 40 letters fit a phone."""
    found = {key: text for key, text in texts(language).items() if ".menu_options." in key and "{" not in text}
    found = {key: text for key, text in found.items() if len(text) > MOST_LETTERS}
    assert found == {}, f"{language}.json: shorten these choices to {MOST_LETTERS} letters"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_value_has_a_unit_where_it_has_one_in_english(language: str) -> None:
    """A duration brings its unit along: the report said "13 min h"."""
    measured = re.compile(r"(\{\w+\})[ \u00a0\u202f]?(?:%|°C|(?:h|min|s|d|K|V|mV|A|Ah|kWh|Wh|mΩ|Ω)\b)")
    english = texts("en")
    wrong = {
        key: text
        for key, text in texts(language).items()
        if sorted(set(measured.findall(text))) != sorted(set(measured.findall(english[key])))
    }
    assert not wrong


@pytest.mark.parametrize("language", [language for language in LANGUAGES if MARKS[language] == ","])
def test_decimals_have_a_comma(language: str) -> None:
    others = re.compile(r"\d+(\.\d+){2,}|\b0\.0\.0\.0\b|TLS 1\.\d")  # addresses, dates
    found = {key: text for key, text in texts(language).items() if DECIMAL_POINT.search(others.sub("", text))}
    assert found == {}, f"{language}.json: write the decimals of these texts with a comma"


@pytest.mark.parametrize("language", MARKS)
def test_the_title_of_a_dialog_can_be_read_on_a_phone(language: str) -> None:
    """Home Assistant gives a title one line, and cuts it off: 27 letters fit a phone, or half as many Chinese ones."""
    named = {"first": "12", "second": "13", "number": "1", "total": "2", "string": "String 1", "device": "Module 1"}
    found = {
        key: re.sub(r"\{(\w+)\}", lambda name: named[name[1]], text)
        for key, text in texts(language).items()
        if key.endswith(".title") and ".step." in key
    }
    wide = {key: sum(2 if east_asian_width(letter) in "FW" else 1 for letter in text) for key, text in found.items()}
    long = {key: found[key] for key, width in wide.items() if width > LONGEST_TITLE}
    assert long == {}, f"{language}.json: a phone cuts these titles off; write at most {LONGEST_TITLE} letters"
