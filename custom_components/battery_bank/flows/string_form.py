"""The form of a string: what it asks, and what makes sense of the answers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from itertools import count, pairwise
from typing import Any, Final

import probatio

from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    DateSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util.ulid import ulid_now

from ..const import (
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_CAPACITY,
    CONF_CHEMISTRY,
    CONF_INSTALLED,
    CONF_INVERT_CURRENT,
    CONF_LIMITS,
    CONF_NOMINAL_VOLTAGE,
    CONF_STRING_MODULE,
    CONF_STRING_MODULE_ADDRESS,
    FIRST_ADDRESS,
    LAST_ADDRESS,
)
from ..monitor.line.profiles import profiles_of
from ..monitor.line.string_proposal import DEFAULT_NOMINAL_VOLTAGE, NOMINAL_VOLTAGES, Proposal
from ..monitor.model import Chemistry, Measures

CONF_ADDRESSES: Final = "addresses"  # of the batteries, as text
LARGEST_CAPACITY: Final = 10000  # Ah

# What most strings have: suggested where no scan has found another family.
USUAL_BATTERY_MODULE: Final = "ta"
USUAL_STRING_MODULE: Final = "tc"

NICD_CELL: Final = 1.2  # V
LEAD_CELL: Final = 2.0  # V


class SameBattery(StrEnum):
    """By what a battery is the same as before, where the addresses of a string change."""

    ADDRESS = "address"
    PLACE = "place"
    EITHER = "either"  # by its address; one whose address is gone by its place


class FieldError(Exception):
    """An answer that can't be used: the field, and the key of what to say about it."""

    def __init__(self, field: str, key: str) -> None:
        super().__init__(key)
        self.field = field
        self.key = key


def whole_number(low: int, high: int) -> Any:
    """Ask for a whole number."""
    selector = NumberSelector(NumberSelectorConfig(min=low, max=high, step=1, mode=NumberSelectorMode.BOX))
    return probatio.All(selector, probatio.Coerce(int))


def choice(options: Sequence[str] | Sequence[SelectOptionDict], translation_key: str = "") -> SelectSelector:
    """Ask for one of a few."""
    config = SelectSelectorConfig(options=list(options), mode=SelectSelectorMode.DROPDOWN)  # type: ignore[typeddict-item]
    if translation_key:
        config["translation_key"] = translation_key
    return SelectSelector(config)


def _modules(measures: Measures) -> SelectSelector:
    return choice([SelectOptionDict(value=one.key, label=one.model) for one in profiles_of(measures)])


STRING_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(),
        probatio.Required(CONF_ADDRESSES): TextSelector(),
        probatio.Required(CONF_BATTERY_MODULE): _modules(Measures.BATTERY),
        probatio.Optional(CONF_STRING_MODULE_ADDRESS): whole_number(FIRST_ADDRESS, LAST_ADDRESS),
        probatio.Required(CONF_STRING_MODULE): _modules(Measures.STRING),
        probatio.Required(CONF_INVERT_CURRENT, default=False): BooleanSelector(),
        probatio.Required(CONF_NOMINAL_VOLTAGE): probatio.All(
            choice([SelectOptionDict(value=f"{volts:g}", label=f"{volts:g} V") for volts in NOMINAL_VOLTAGES]),
            probatio.Coerce(float),
        ),
        # Not required, or the page would fill it in with the least that it may be.
        probatio.Optional(CONF_CAPACITY): NumberSelector(
            NumberSelectorConfig(
                min=1, max=LARGEST_CAPACITY, step="any", unit_of_measurement="Ah", mode=NumberSelectorMode.BOX
            )
        ),
        probatio.Required(CONF_CHEMISTRY, default=Chemistry.VRLA_AGM): choice(list(Chemistry), CONF_CHEMISTRY),
        probatio.Optional(CONF_INSTALLED): DateSelector(),
    }
)


ALL_FIELDS: Final = {CONF_BATTERIES, *(str(field) for field in STRING_SCHEMA.schema)}


def free_name(names: Collection[str]) -> str:
    """Suggest a name that none of the other strings has."""
    return next(name for number in count(len(names) + 1) if (name := f"String {number}") not in names)


def blank(name: str) -> dict[str, Any]:
    """Suggest what most strings are. The capacity is left to the person, who can read it off the battery."""
    return {
        CONF_NAME: name,
        CONF_BATTERY_MODULE: USUAL_BATTERY_MODULE,
        CONF_STRING_MODULE: USUAL_STRING_MODULE,
        CONF_NOMINAL_VOLTAGE: f"{DEFAULT_NOMINAL_VOLTAGE:g}",
    }


def proposed(name: str, proposal: Proposal) -> dict[str, Any]:
    """Suggest what the scan found."""
    suggestions = blank(name) | {
        CONF_ADDRESSES: as_text(proposal.batteries),
        CONF_BATTERY_MODULE: proposal.battery_profile.key,
        CONF_NOMINAL_VOLTAGE: f"{proposal.nominal_voltage:g}",
    }
    if proposal.string_module is not None and proposal.string_profile is not None:
        suggestions[CONF_STRING_MODULE_ADDRESS] = proposal.string_module
        suggestions[CONF_STRING_MODULE] = proposal.string_profile.key
    return suggestions


def alike(data: Mapping[str, Any]) -> dict[str, Any]:
    """Suggest for the next string of a line what this one is."""
    return {field: data[field] for field in (CONF_CAPACITY, CONF_CHEMISTRY, CONF_INSTALLED) if data[field]}


def current(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Suggest what the string is set to."""
    addresses = as_text([battery["address"] for battery in data[CONF_BATTERIES]])
    return typed_in(data) | {CONF_NAME: name, CONF_ADDRESSES: addresses}


def typed_in(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Turn answers back into what the form shows."""
    return {**answers, CONF_NOMINAL_VOLTAGE: f"{answers[CONF_NOMINAL_VOLTAGE]:g}"}


def name_of(answers: Mapping[str, Any], names: Collection[str]) -> str:
    """Return the name of the string, or raise `FieldError`; `names` are those of the other strings of the line."""
    name: str = answers[CONF_NAME].strip()
    if not name:
        raise FieldError(CONF_NAME, "no_name")
    if name in names:
        raise FieldError(CONF_NAME, "name_taken")
    return name


def confirm(
    answers: Mapping[str, Any],
    *,
    taken: Collection[int],
    names: Collection[str],
    today: date,
    before: Mapping[str, Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Return name and data of the string, or raise `FieldError`.

    `taken` are the addresses and `names` the names of the other strings of the line; `before` is what this string was
    set to until now: its batteries keep their identity, in the likeliest way.
    """
    name = name_of(answers, names)
    addresses = parse_addresses(answers[CONF_ADDRESSES])
    string_module = answers.get(CONF_STRING_MODULE_ADDRESS)
    if set(addresses).intersection(taken):
        raise FieldError(CONF_ADDRESSES, "address_taken")
    if string_module in taken or string_module in addresses:
        raise FieldError(CONF_STRING_MODULE_ADDRESS, "address_taken")
    nominal_voltage, chemistry = answers[CONF_NOMINAL_VOLTAGE], answers[CONF_CHEMISTRY]
    if nominal_voltage == (LEAD_CELL if chemistry == Chemistry.NICD else NICD_CELL):
        raise FieldError(CONF_NOMINAL_VOLTAGE, "voltage_of_other_chemistry")
    if CONF_CAPACITY not in answers:
        raise FieldError(CONF_CAPACITY, "no_capacity")
    kept = {field: value for field, value in (before or {}).items() if field not in ALL_FIELDS}
    if before and before[CONF_CHEMISTRY] != chemistry:
        kept.pop(CONF_LIMITS, None)  # those of the other chemistry are none for this one
    installed = answers.get(CONF_INSTALLED)
    if installed and date.fromisoformat(installed) > today:
        raise FieldError(CONF_INSTALLED, "in_future")
    batteries = next(iter(assignments(addresses, before[CONF_BATTERIES] if before else []).values()))
    return name, kept | {
        CONF_BATTERIES: batteries,
        CONF_BATTERY_MODULE: answers[CONF_BATTERY_MODULE],
        CONF_STRING_MODULE_ADDRESS: string_module,
        CONF_STRING_MODULE: answers[CONF_STRING_MODULE],
        CONF_INVERT_CURRENT: answers[CONF_INVERT_CURRENT],
        CONF_NOMINAL_VOLTAGE: nominal_voltage,
        CONF_CAPACITY: answers[CONF_CAPACITY],
        CONF_CHEMISTRY: chemistry,
        CONF_INSTALLED: installed,
    }


def assignments(
    addresses: Sequence[int], before: Sequence[Mapping[str, Any]]
) -> dict[SameBattery, list[dict[str, Any]]]:
    """Return the ways to tell which battery is which at other addresses, the likeliest first; what is alike only once.

    A battery whose address is kept is likely the same, and one at a new address is that whose place it takes, if the
    old address is gone.
    """
    by_address = {battery["address"]: battery["id"] for battery in before}
    known = [by_address.get(address) for address in addresses]
    places = [battery["id"] for battery in before][: len(addresses)]
    places += [None] * (len(addresses) - len(places))
    kept = set(known)
    likely = [one or (place if place not in kept else None) for one, place in zip(known, places, strict=True)]
    ways = {SameBattery.ADDRESS: known, SameBattery.PLACE: places, SameBattery.EITHER: likely}
    distinct = {way: ids for way, ids in ways.items() if ids not in [*ways.values()][: list(ways).index(way)]}
    return {
        way: [{"id": one or ulid_now(), "address": address} for one, address in zip(ids, addresses, strict=True)]
        for way, ids in sorted(distinct.items(), key=lambda item: item[1] != likely)
    }


def parse_addresses(text: str) -> list[int]:
    """Read "1-20, 22" as the addresses of batteries 1 to 21, in that order; or raise `FieldError`."""
    addresses: list[int] = []
    for part in text.replace(";", ",").split(","):
        first, dash, last = (end.strip() for end in part.partition("-"))
        ends = (first, last) if dash else (first, first)
        if not all(end.isdecimal() and FIRST_ADDRESS <= int(end) <= LAST_ADDRESS for end in ends):
            raise FieldError(CONF_ADDRESSES, "bad_addresses")
        low, high = int(ends[0]), int(ends[1])
        addresses += range(low, high + 1) if low <= high else range(low, high - 1, -1)
    if len(set(addresses)) != len(addresses):
        raise FieldError(CONF_ADDRESSES, "address_twice")
    return addresses


def as_text(addresses: Sequence[int]) -> str:
    """Write addresses as `parse_addresses` reads them."""
    rows: list[list[int]] = [[address] for address in addresses[:1]]
    for before, address in pairwise(addresses):
        if address == before + 1:
            rows[-1].append(address)
        else:
            rows.append([address])
    return ", ".join(f"{row[0]}-{row[-1]}" if len(row) > 1 else str(row[0]) for row in rows)
