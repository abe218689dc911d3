"""The names of files of lines, strings and batteries: each has one of its own, in any script and on any disk."""

from collections import Counter
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import slugify

from ..const import CONF_BATTERIES, DOMAIN, SUBENTRY_STRING
from ..coordinator import async_loaded_lines
from ..strings.stored import readable_settings

LONGEST: Final = 100  # characters of a name; a table, a date and an id follow, and a disk takes 255


@callback
def taken_names(hass: HomeAssistant) -> Counter[str]:
    """Return how often each name is taken by lines, strings and batteries, also of lines that are not set up."""
    running = {string.id: string.name for line in async_loaded_lines(hass) for string in line.strings}
    taken = Counter[str]()
    for entry in hass.config_entries.async_entries(DOMAIN):
        strings = entry.get_subentries_of_type(SUBENTRY_STRING)
        if len(strings) != 1:  # the files of a line with one string are those of the string
            taken[_latin(entry.title)] += 1
        for string in strings:
            stem = _latin(running.get(string.subentry_id, string.title))
            taken[stem] += 1
            batteries = readable_settings(string.data).get(CONF_BATTERIES, ())
            taken.update(f"{stem}_battery_{number}" for number in range(1, len(batteries) + 1))
    return taken


def file_stem(taken: Counter[str], subject_id: str, name: str, number: int | None = None) -> str:
    """Return the beginning of the names of files of a line or string, or of the battery with a number in a string.

    Names of other lines and strings may become the same text in Latin letters. Then the id follows, which is unique.
    """
    stem = _latin(name)
    if taken[stem] > 1:
        stem = f"{stem}_{subject_id.lower()}"
    return stem if number is None else f"{stem}_battery_{number}"


def _latin(name: str) -> str:
    return slugify(name)[:LONGEST]
