"""The blueprints of the integration, copied to where Home Assistant looks for them."""

from collections.abc import Iterable, Mapping
from functools import partial
import json
from pathlib import Path
import re
import shutil
from typing import Final

from homeassistant.components.blueprint.const import BLUEPRINT_FOLDER
from homeassistant.const import SERVICE_RELOAD, STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.start import async_at_started

from ..const import DOMAIN, LOGGER
from ..texts.number_format import NumberFormat
from ..texts.translations import ENGLISH, Translations

SHIPPED: Final = Path(__file__).parent.parent / "blueprints"
AUTOMATION: Final = "automation"
KINDS: Final = (AUTOMATION,)  # the kinds of blueprints that the integration has
WORDS: Final = "selector.blueprint.options"  # where the translations have the texts of the files
# The names of the files that a folder has had: one that is deleted must not come back.
RECORD: Final = ".copied"
# The files of a folder without that record: release 0.4.0 copied these.
FIRST: Final = frozenset(
    f"{name}.yaml" for name in ("escalate", "hydrogen", "monthly_report", "notify_alarm", "thermal_runaway")
)
# A text that a person reads, in one line or in an indented block, or the decimal mark of numbers in messages.
TEXT: Final = re.compile(
    r"^( *)((?:- )?(?:name|description|default|label|decimal_mark)): (?:>-\n((?:\1  +\S.*\n)+)|(.+)\n)", re.MULTILINE
)


@callback
def async_setup_blueprints(hass: HomeAssistant) -> None:
    """Copy the blueprints once Home Assistant has started, in its language.

    Not earlier: Home Assistant copies its own blueprints only while their folder does not exist yet.
    """
    async_at_started(hass, _async_copy)


def in_words(blueprint: str, words: Mapping[str, str]) -> str:
    """Return the text of a blueprint with its names, descriptions, labels and texts replaced; others stay."""

    def replaced(found: re.Match[str]) -> str:
        indent, key, block, line = found.groups()
        text = " ".join(block.split()) if block else line.strip('"')
        return f"{indent}{key}: {json.dumps(words[text], ensure_ascii=False)}\n" if text in words else found[0]

    return TEXT.sub(replaced, blueprint)


async def _async_copy(hass: HomeAssistant) -> None:
    shown = await Translations.load(hass, "selector")
    english = (await Translations.load(hass, "selector", language=ENGLISH)).below(WORDS)
    translated = shown.below(WORDS) if shown.language != ENGLISH else {}
    words = {english[key]: text for key, text in translated.items()}
    if NumberFormat.of(hass.config.language).decimal_comma:
        words["."] = ","
    copied = False
    for kind in KINDS:
        there = Path(hass.config.path(BLUEPRINT_FOLDER, kind, DOMAIN))
        try:
            copied |= await hass.async_add_executor_job(partial(_copy, SHIPPED / kind, there, words))
        except OSError as err:
            LOGGER.warning("The blueprints could not be copied to %s: %s", there, err)
    # A person who deleted the folder to get the originals back has automations that did not find them at the start.
    if copied and any(state.state == STATE_UNAVAILABLE for state in hass.states.async_all(AUTOMATION)):
        await hass.services.async_call(AUTOMATION, SERVICE_RELOAD)


def _copy(shipped: Path, there: Path, words: Mapping[str, str]) -> bool:
    """Copy the files that the folder has never had; a person may have changed or deleted the others.

    Return whether files were copied.
    """
    texts = {file.name: in_words(file.read_text("utf-8"), words) for file in sorted(shipped.glob("*.yaml"))}
    if not there.exists():
        there.parent.mkdir(parents=True, exist_ok=True)
        # Under another name first: a copy that is interrupted must not count as an existing folder.
        half = there.with_name(f".{there.name}")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        for name, text in texts.items():
            (half / name).write_text(text, "utf-8")
        _record(half, texts)
        half.rename(there)
        return True
    record = there / RECORD
    had = set(record.read_text("utf-8").split()) if record.exists() else FIRST
    new = texts.keys() - had
    for name in new:
        # A file of a person with this name stays.
        if not (there / name).exists():
            half = there / f".{name}"
            half.write_text(texts[name], "utf-8")
            half.rename(there / name)
    if new:
        _record(there, had | new)
    return bool(new)


def _record(folder: Path, names: Iterable[str]) -> None:
    """Note which files a folder has had."""
    (folder / RECORD).write_text("".join(f"{name}\n" for name in sorted(names)), "utf-8")
