"""Lists of Modbus addresses as text, such as "1-20, 22"."""

from collections.abc import Sequence
from itertools import pairwise
import re
from typing import Final
from unicodedata import normalize

from ..const import FIRST_ADDRESS, LAST_ADDRESS
from ..monitor.line.hub_table import Place

# Between the first and the last address of a range: all dashes, a tilde, and the words of our languages. NFKC has
# replaced full-width signs before.
TO: Final = re.compile(r"\s*(?:[-\u2010-\u2015\u2212~\u301c至到]|\b(?:to|bis|a|à|al|au)\b)\s*", re.IGNORECASE)
COMMAS: Final = ",;、،"
BETWEEN: Final = re.compile(rf"\s*[{COMMAS}]\s*|\s+")
LONGEST: Final = 10_000  # characters; all batteries of a hub, each with a comma and a space, are less
RANGE: Final = re.compile(r"(\d{1,3}|\d{6,8})(?:-(\d{1,3}|\d{6,8}))?")


class AddressesError(ValueError):
    """The text is not a list of addresses."""


class RepeatedAddressError(AddressesError):
    """The list has an address twice."""


def parse_addresses(text: str) -> list[int]:
    """Return the addresses of "1-20, 22" in that order, or raise `AddressesError`.

    Full-width signs, all dashes, "1 to 20", spaces and a comma at the end are understood too.
    """
    if len(text) > LONGEST:  # the search for ranges takes a time that grows with the square of the length
        raise AddressesError(text[:LONGEST])
    addresses: list[int] = []
    for part in BETWEEN.split(TO.sub("-", normalize("NFKC", text)).strip().rstrip(COMMAS).strip()):
        if (ends := RANGE.fullmatch(part)) is None:
            raise AddressesError(part)
        low, high = int(ends[1]), int(ends[2] or ends[1])
        if not (is_address(low) and is_address(high) and _same_place(low, high)):
            raise AddressesError(part)
        addresses += range(low, high + 1) if low <= high else range(low, high - 1, -1)
        if len(set(addresses)) != len(addresses):  # checked here, because a long text must not become a longer list
            raise RepeatedAddressError(part)
    return addresses


def is_address(number: int) -> bool:
    """Return whether a module may have this address: of its own, or as a battery or string of a hub."""
    return FIRST_ADDRESS <= number <= LAST_ADDRESS or Place.of(number) is not None


def _same_place(low: int, high: int) -> bool:
    """Return whether a range is of modules of their own, or of batteries of one string of one hub."""
    first, last = Place.of(low), Place.of(high)
    return first is last is None or bool(first and last and first[:2] == last[:2])


def as_text(addresses: Sequence[int]) -> str:
    """Return addresses, or other numbers, as text that `parse_addresses` reads."""
    rows: list[list[int]] = [[address] for address in addresses[:1]]
    for before, address in pairwise(addresses):
        if address == before + 1:
            rows[-1].append(address)
        else:
            rows.append([address])
    return ", ".join(f"{row[0]}-{row[-1]}" if len(row) > 1 else str(row[0]) for row in rows)
