"""What becomes of the batteries of a string, in words a person can say yes to."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..texts.translations import Translations
from .string_form import SameBattery, as_text

BECOMES: Final = "becomes"  # the selectors whose options are what becomes of a battery …
SAME_BATTERY: Final = "same_battery"  # … and by what it is the same

type Batteries = Sequence[Mapping[str, Any]]  # in order, each with its id and its address


class Fate(StrEnum):
    """What becomes of a battery."""

    OUT = "out"
    RENUMBERED = "renumbered"
    READDRESSED = "readdressed"
    BOTH = "both"
    NEW = "new"
    MOVED = "moved"  # to another string


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a battery is, by number and address; 0 is nowhere."""

    number: int = 0
    address: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What becomes of one battery."""

    fate: Fate
    before: Place
    after: Place

    def follows(self, other: Change) -> bool:
        """Whether it is said in the same line as the change of the battery before."""
        return self.fate is other.fate and all(
            mine in (0, its + 1)
            for mine, its in zip(
                (*astuple(self.before), *astuple(self.after)),
                (*astuple(other.before), *astuple(other.after)),
                strict=True,
            )
        )


def changes(before: Batteries, after: Batteries) -> list[Change]:
    """Return what becomes of the batteries of a string, but of those for which nothing changes."""
    old, new = _places(before), _places(after)
    found = []
    for battery, was in old.items():
        now = new.get(battery, Place())
        if now != was:
            found.append(Change(fate=_fate(was, now), before=was, after=now))
    return found + [Change(fate=Fate.NEW, before=Place(), after=now) for one, now in new.items() if one not in old]


def moves(before: Batteries, after: Batteries, target: Batteries) -> list[Change]:
    """Return what becomes of the batteries of a string some of which go to the end of another."""
    stay = {battery["id"] for battery in after}
    there = len(target)
    gone = []
    for battery, was in _places(before).items():
        if battery not in stay:
            there += 1
            gone.append(Change(fate=Fate.MOVED, before=was, after=Place(number=there, address=was.address)))
    return gone + [change for change in changes(before, after) if change.fate is not Fate.OUT]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeTexts:
    """The texts that say what becomes of batteries."""

    translations: Translations

    @classmethod
    async def load(cls, hass: HomeAssistant) -> ChangeTexts:
        """Load the texts in the language of this Home Assistant."""
        return cls(translations=await Translations.load(hass, "selector"))

    def said(self, found: Sequence[Change], string: str = "") -> str:
        """Return a list of changes, those that go on alike in one line; `string` is where batteries go."""
        rows: list[list[Change]] = []
        for change in found:
            if rows and change.follows(rows[-1][-1]):
                rows[-1].append(change)
            else:
                rows.append([change])
        return "\n".join(f"- {self._line(row, string)}" for row in rows)

    def ways(self, before: Batteries, ways: Mapping[SameBattery, Batteries]) -> str:
        """Return what each way to tell which battery is which comes to; its name is said where there are several."""
        lists = {way: self.said(changes(before, after)) for way, after in ways.items()}
        if len(lists) == 1:
            return next(iter(lists.values()))
        return "\n\n".join(
            f"**{self.translations.option(SAME_BATTERY, way)}**\n\n{said}" for way, said in lists.items()
        )

    def _line(self, row: Sequence[Change], string: str) -> str:
        return self.translations.option(
            BECOMES,
            row[0].fate,
            numbers=as_text([change.before.number for change in row]),
            addresses=as_text([change.before.address for change in row]),
            new_numbers=as_text([change.after.number for change in row]),
            new_addresses=as_text([change.after.address for change in row]),
            string=string,
        )


def _places(batteries: Batteries) -> dict[str, Place]:
    return {
        battery["id"]: Place(number=number, address=battery["address"]) for number, battery in enumerate(batteries, 1)
    }


def _fate(was: Place, now: Place) -> Fate:
    if not now.number:
        return Fate.OUT
    if was.address == now.address:
        return Fate.RENUMBERED
    return Fate.READDRESSED if was.number == now.number else Fate.BOTH
