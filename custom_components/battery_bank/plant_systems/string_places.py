"""The places of the strings in the register table, and what stands at a place now."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from homeassistant.core import HomeAssistant, callback

from ..const import CONF_BATTERIES, DOMAIN, SUBENTRY_STRING
from ..coordinator import async_find_string
from .register_codes import LEVEL_CODES, StringQuality
from .string_view import StringView

WORST_FIRST: Final = ("alarm", "not_monitored", "warning", "drill", "ok")


@dataclass(frozen=True, kw_only=True, slots=True)
class Placed:
    """What stands at a place."""

    taken: bool = False
    batteries: int = 0
    view: StringView | None = None  # None while the line of the string is not running

    @property
    def quality(self) -> StringQuality:
        """What the values of the place are worth."""
        if self.view is not None:
            return self.view.quality
        return StringQuality.NOT_SET_UP if self.taken else StringQuality.NONE

    @property
    def alarms(self) -> int | None:
        """The number of alarms and warnings, without test alarms."""
        return None if self.view is None else len(self.view.string.alarms)

    @property
    def level(self) -> int | None:
        """The code of the alarm level; a string whose line is not running is not monitored."""
        if self.view is not None:
            return self.view.level
        return LEVEL_CODES["not_monitored"] if self.taken else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """What stands at the places of one unit, and the lines of the whole installation."""

    placed: Sequence[Placed]
    banks: int
    lines_working: int
    lines: int
    now: float  # s since 1970, UTC

    @property
    def level(self) -> int | None:
        """The code of the worst level; None without strings."""
        return worst_level({one.level for one in self.placed})


def worst_level(levels: Collection[int | None]) -> int | None:
    """Return the code of the worst level: alarm, not monitored, warning, test alarm, OK; None without one."""
    return next((code for name in WORST_FIRST if (code := LEVEL_CODES[name]) in levels), None)


def assign_places(ids: Iterable[str], before: Mapping[str, int], last: int) -> dict[str, int]:
    """Return the place of each string or bank by its id, 1 to `last`: a new one gets the first free one."""
    configured = list(ids)
    places = {one: before[one] for one in configured if one in before}
    free = iter(sorted(set(range(1, last + 1)) - set(places.values())))
    return places | dict(zip((one for one in configured if one not in places), free, strict=False))


@callback
def async_placed(hass: HomeAssistant, string_id: str | None, now: float) -> Placed:
    """Return what stands at the place of a string; None is a free place."""
    if string_id is None:
        return Placed()
    if found := async_find_string(hass, string_id):
        line, string = found
        return Placed(taken=True, batteries=len(string.batteries), view=StringView(string=string, line=line, now=now))
    for entry in hass.config_entries.async_entries(DOMAIN):
        subentry = entry.subentries.get(string_id)
        if subentry is not None and subentry.subentry_type == SUBENTRY_STRING:
            batteries = subentry.data.get(CONF_BATTERIES)  # as stored: this release may not be able to read it
            return Placed(taken=True, batteries=len(batteries) if isinstance(batteries, Sequence) else 0)
    return Placed()
