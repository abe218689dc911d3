"""What happens to the batteries of a string, as text that a person confirms before anything is changed."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import HomeAssistant

from ..strings.address_text import as_text
from ..texts.translations import Translations
from .string_form import SameBattery

BECOMES: Final = "becomes"  # the selector with the texts of the changes …
SAME_BATTERY: Final = "same_battery"  # … and the one with the ways to recognise a battery

type Batteries = Sequence[Mapping[str, Any]]  # in order, each with its id and its address


class ChangeKind(StrEnum):
    """What happens to a battery."""

    OUT = "out"
    RENUMBERED = "renumbered"
    READDRESSED = "readdressed"
    BOTH = "both"
    NEW = "new"
    MOVED = "moved"  # to another string


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The number and the address of a battery; 0 where it has none."""

    number: int = 0
    address: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What happens to one battery."""

    kind: ChangeKind
    before: Place
    after: Place

    def follows(self, other: Change) -> bool:
        """Whether this change and that of the battery before share a line of the text."""
        return self.kind is other.kind and all(
            mine in (0, its + 1)
            for mine, its in zip(
                (*astuple(self.before), *astuple(self.after)),
                (*astuple(other.before), *astuple(other.after)),
                strict=True,
            )
        )


def changes(before: Batteries, after: Batteries) -> list[Change]:
    """Return the changes of the batteries of a string; unchanged batteries have none."""
    old, new = _places(before), _places(after)
    found = []
    for battery, was in old.items():
        now = new.get(battery, Place())
        if now != was:
            found.append(Change(kind=_kind(was, now), before=was, after=now))
    return found + [
        Change(kind=ChangeKind.NEW, before=Place(), after=now) for one, now in new.items() if one not in old
    ]


def moves(before: Batteries, after: Batteries, target: Batteries) -> list[Change]:
    """Return the changes of the batteries of a string when some of them move to the end of another string."""
    stay = {battery["id"] for battery in after}
    there = len(target)
    gone = []
    for battery, was in _places(before).items():
        if battery not in stay:
            there += 1
            gone.append(Change(kind=ChangeKind.MOVED, before=was, after=Place(number=there, address=was.address)))
    return gone + [change for change in changes(before, after) if change.kind is not ChangeKind.OUT]


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeTexts:
    """The texts of changes in the language of Home Assistant."""

    translations: Translations

    @classmethod
    async def load(cls, hass: HomeAssistant) -> ChangeTexts:
        """Load the texts."""
        return cls(translations=await Translations.load(hass, "selector"))

    def describe(self, found: Sequence[Change], string: str = "") -> str:
        """Return a list of changes, with equal changes of consecutive batteries in one line.

        `string` is the name of the string that batteries move to.
        """
        rows: list[list[Change]] = []
        for change in found:
            if rows and change.follows(rows[-1][-1]):
                rows[-1].append(change)
            else:
                rows.append([change])
        return "\n".join(f"- {self._line(row, string)}" for row in rows)

    def describe_ways(self, before: Batteries, ways: Mapping[SameBattery, Batteries]) -> str:
        """Return the changes for each way to recognise the batteries; several ways have their names as headings."""
        lists = {way: self.describe(changes(before, after)) for way, after in ways.items()}
        if len(lists) == 1:
            return next(iter(lists.values()))
        return "\n\n".join(
            f"**{self.translations.option(SAME_BATTERY, way)}**\n\n{text}" for way, text in lists.items()
        )

    def _line(self, row: Sequence[Change], string: str) -> str:
        return self.translations.option(
            BECOMES,
            row[0].kind,
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


def _kind(was: Place, now: Place) -> ChangeKind:
    if not now.number:
        return ChangeKind.OUT
    if was.address == now.address:
        return ChangeKind.RENUMBERED
    return ChangeKind.READDRESSED if was.number == now.number else ChangeKind.BOTH
