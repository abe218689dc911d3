"""The form of a string: its fields, their suggested values, and the check of the answers."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import count
from typing import Any, Final, override

import probatio

from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
from homeassistant.util.ulid import ulid_now

from ..const import (
    CONF_AREA,
    CONF_BATTERIES,
    CONF_BATTERY_MODULE,
    CONF_BATTERY_TYPE,
    CONF_CAPACITY,
    CONF_CHEMISTRY,
    CONF_INSTALLED,
    CONF_INVERT_CURRENT,
    CONF_LIMITS,
    CONF_MAKER,
    CONF_NOMINAL_VOLTAGE,
    CONF_PER_TIER,
    CONF_RACK,
    CONF_RACK_ORDER,
    CONF_STRING_MODULE,
    CONF_STRING_MODULE_ADDRESS,
    CONF_TIERS,
    DOMAIN,
    FIRST_ADDRESS,
    LAST_ADDRESS,
    SUBENTRY_STRING,
    RackOrder,
)
from ..monitor.line.hub_table import LAST_HUB_ADDRESS, Place
from ..monitor.line.module_profile import Profile
from ..monitor.line.profiles import PROFILES, profiles_of
from ..monitor.line.string_proposal import DEFAULT_NOMINAL_VOLTAGE, NOMINAL_VOLTAGES, Proposal
from ..monitor.model import Chemistry, Measures
from ..strings.address_text import AddressesError, RepeatedAddressError, as_text, is_address, parse_addresses
from ..texts.number_format import NumberFormat
from ..texts.translations import Translations
from .fields import LONGEST_NAME, AreaField, CheckedField, DateField, FieldError, NumberField, TextField, read_form

CONF_ADDRESSES: Final = "addresses"  # of the batteries, as text
LARGEST_CAPACITY: Final = 10000  # Ah
MOST_TIERS: Final = 20

# What most strings have: suggested where no scan has found another family.
USUAL_BATTERY_MODULE: Final = "ta"
USUAL_STRING_MODULE: Final = "tc"

NICD_CELL: Final = 1.2  # V
LEAD_CELL: Final = 2.0  # V


class SameBattery(StrEnum):
    """How to recognise a battery when the addresses of a string change."""

    ADDRESS = "address"
    PLACE = "place"
    EITHER = "either"  # by its address; by its place if the old address is gone


class AddressesField(CheckedField, TextSelector):
    """The addresses of batteries as a person writes them, such as "1-20, 22"."""

    @override
    def read(self, name: str, value: Any) -> list[int]:
        try:
            return parse_addresses(value if isinstance(value, str) else "")
        except RepeatedAddressError as err:
            raise FieldError(CONF_ADDRESSES, "address_twice") from err
        except AddressesError as err:
            raise FieldError(CONF_ADDRESSES, "bad_addresses") from err


class ModuleAddressField(NumberField):
    """The address of one module: of its own, or as a battery or string of a hub."""

    def __init__(self) -> None:
        super().__init__(FIRST_ADDRESS, LAST_HUB_ADDRESS, whole=True)

    @override
    def read(self, name: str, value: Any) -> float:
        try:
            address = super().read(name, value)
        except FieldError:
            address = 0
        if not is_address(int(address)):
            raise FieldError(name, "whole_number_out_of_range", low=FIRST_ADDRESS, high=LAST_ADDRESS)
        return address


def choice(options: Sequence[str] | Sequence[SelectOptionDict], translation_key: str = "") -> SelectSelector:
    """Return a selector of one option."""
    config = SelectSelectorConfig(options=list(options), mode=SelectSelectorMode.DROPDOWN)  # type: ignore[typeddict-item]
    if translation_key:
        config["translation_key"] = translation_key
    return SelectSelector(config)


class ModuleField(SelectSelector):
    """A choice of one of the families that there are when the form is shown: users may add some at any time."""

    def __init__(self, families: Callable[[], list[Profile]]) -> None:
        self._families = families
        super().__init__(SelectSelectorConfig(options=self._options(), mode=SelectSelectorMode.DROPDOWN))

    @override
    def __call__(self, data: Any) -> Any:
        self.config["options"] = self._options()
        return super().__call__(data)

    @override
    def serialize(self) -> dict[str, dict[str, SelectSelectorConfig]]:
        self.config["options"] = self._options()
        return super().serialize()

    def _options(self) -> list[SelectOptionDict]:
        return [SelectOptionDict(value=one.key, label=one.model) for one in self._families()]


def _modules(measures: Measures) -> ModuleField:
    return ModuleField(partial(profiles_of, measures))


RACK_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(CONF_PER_TIER): NumberField(1, LAST_ADDRESS, whole=True),
        probatio.Optional(CONF_TIERS): NumberField(1, MOST_TIERS, whole=True),
        probatio.Optional(CONF_RACK_ORDER): choice(list(RackOrder), "rack_order"),
    }
)
STRING_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextField(LONGEST_NAME),
        probatio.Required(CONF_ADDRESSES): AddressesField(),
        # Not required, because the browser fills a required number in with the lowest one allowed.
        probatio.Optional(CONF_CAPACITY): NumberField(1, LARGEST_CAPACITY, "Ah"),
        probatio.Required(CONF_NOMINAL_VOLTAGE): choice([f"{volts:g}" for volts in NOMINAL_VOLTAGES]),
        probatio.Required(CONF_CHEMISTRY, default=Chemistry.VRLA_AGM): choice(list(Chemistry), CONF_CHEMISTRY),
        probatio.Optional(CONF_INSTALLED): DateField(),
        probatio.Optional(CONF_MAKER): TextField(LONGEST_NAME),
        probatio.Optional(CONF_BATTERY_TYPE): TextField(LONGEST_NAME),
        probatio.Required(CONF_BATTERY_MODULE): _modules(Measures.BATTERY),
        probatio.Optional(CONF_STRING_MODULE_ADDRESS): ModuleAddressField(),
        probatio.Required(CONF_STRING_MODULE): _modules(Measures.STRING),
        probatio.Required(CONF_INVERT_CURRENT, default=False): BooleanSelector(),
        probatio.Optional(CONF_RACK): section(RACK_SCHEMA, {"collapsed": True}),
    }
)
FIRST_ASKED: Final = (CONF_NAME, CONF_ADDRESSES, CONF_CAPACITY)
# A new string has a place too. Later, its device has one, as all devices of Home Assistant do.
NEW_STRING_SCHEMA: Final = probatio.Schema(
    {marker: field for marker, field in STRING_SCHEMA.schema.items() if str(marker) in FIRST_ASKED}
    | {probatio.Optional(CONF_AREA): AreaField()}
    | {marker: field for marker, field in STRING_SCHEMA.schema.items() if str(marker) not in FIRST_ASKED}
)


def string_schema(language: str, *, new: bool) -> probatio.Schema:
    """Return the form of a string that is new, or that is changed. Its voltages are written as in `language`."""
    numbers = NumberFormat.of(language)
    labels = {f"{volts:g}": f"{numbers.write(volts, 'g')}\u00a0V" for volts in NOMINAL_VOLTAGES}
    voltages = choice([SelectOptionDict(value=volts, label=label) for volts, label in labels.items()])
    fields = (NEW_STRING_SCHEMA if new else STRING_SCHEMA).schema
    return probatio.Schema(
        {marker: voltages if str(marker) == CONF_NOMINAL_VOLTAGE else field for marker, field in fields.items()}
    )


ALL_FIELDS: Final = {CONF_BATTERIES, *(str(field) for field in STRING_SCHEMA.schema)}


async def async_free_name(hass: HomeAssistant, names: Collection[str] = ()) -> str:
    """Suggest a name in the language of Home Assistant that no string of any line has, and none of `names`."""
    texts = await Translations.load(hass, "selector")
    entries = hass.config_entries.async_entries(DOMAIN)
    strings = [string.title for entry in entries for string in entry.get_subentries_of_type(SUBENTRY_STRING)]
    known = [*strings, *names]
    numbered = (texts.option("new_name", "string", number=str(number)) for number in count(len(known) + 1))
    return next(name for name in numbered if name not in known)


def blank(name: str) -> dict[str, Any]:
    """Suggest the settings of most strings. The capacity is on the battery and has no usual value."""
    return {
        CONF_NAME: name,
        CONF_BATTERY_MODULE: USUAL_BATTERY_MODULE,
        CONF_STRING_MODULE: USUAL_STRING_MODULE,
        CONF_NOMINAL_VOLTAGE: f"{DEFAULT_NOMINAL_VOLTAGE:g}",
    }


def proposed(name: str, proposal: Proposal) -> dict[str, Any]:
    """Suggest the settings that the scan found."""
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
    """Suggest some settings of a string for the next string of the line."""
    fields = (CONF_CAPACITY, CONF_AREA, CONF_CHEMISTRY, CONF_INSTALLED, CONF_MAKER, CONF_BATTERY_TYPE, CONF_RACK)
    return {field: value for field in fields if (value := data.get(field))}


def current(name: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Suggest the present settings of a string; those that could not be read are missing."""
    suggestions = {**{field: value for field, value in data.items() if value is not None}, CONF_NAME: name}
    if CONF_BATTERIES in data:
        suggestions[CONF_ADDRESSES] = as_text([battery["address"] for battery in data[CONF_BATTERIES]])
    if CONF_NOMINAL_VOLTAGE in data:
        suggestions[CONF_NOMINAL_VOLTAGE] = f"{data[CONF_NOMINAL_VOLTAGE]:g}"
    return suggestions


def check_free(name: str, address: int | None, *, names: Collection[str], taken: Collection[int]) -> None:
    """Raise `FieldError` if another string of the line has the name, or the address of the string module."""
    if name in names:
        raise FieldError(CONF_NAME, "name_taken")
    if address in taken:
        raise FieldError(CONF_STRING_MODULE_ADDRESS, "address_taken")


def confirm(
    answers: Mapping[str, Any],
    *,
    taken: Collection[int],
    names: Collection[str],
    today: date,
    before: Mapping[str, Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Return name and data of the string from the answers as they were typed in, or raise `FieldError`.

    `taken` are the addresses and `names` the names of the other strings of the line. `before` is the present data of
    this string: its batteries keep their identity, in the likeliest way.
    """
    answers = read_form(NEW_STRING_SCHEMA, answers)
    name, addresses, string_module = (
        answers[CONF_NAME],
        answers[CONF_ADDRESSES],
        answers.get(CONF_STRING_MODULE_ADDRESS),
    )
    if set(addresses).intersection(taken):
        raise FieldError(CONF_ADDRESSES, "address_taken")
    check_free(name, string_module, names=names, taken={*taken, *addresses})
    _check_kind(CONF_BATTERY_MODULE, answers[CONF_BATTERY_MODULE], addresses)
    _check_kind(CONF_STRING_MODULE, answers[CONF_STRING_MODULE], [string_module] if string_module else [])
    nominal_voltage, chemistry = float(answers[CONF_NOMINAL_VOLTAGE]), answers[CONF_CHEMISTRY]
    if nominal_voltage == (LEAD_CELL if chemistry == Chemistry.NICD else NICD_CELL):
        raise FieldError(CONF_NOMINAL_VOLTAGE, "voltage_of_other_chemistry")
    if CONF_CAPACITY not in answers:
        raise FieldError(CONF_CAPACITY, "no_capacity")
    kept = {field: value for field, value in (before or {}).items() if field not in ALL_FIELDS}
    if before and before.get(CONF_CHEMISTRY) != chemistry:
        kept.pop(CONF_LIMITS, None)  # limits are chosen for one chemistry
    installed = answers.get(CONF_INSTALLED)
    if installed and date.fromisoformat(installed) > today:
        raise FieldError(CONF_INSTALLED, "date_out_of_range")
    batteries = next(iter(assignments(addresses, before.get(CONF_BATTERIES, []) if before else []).values()))
    if CONF_AREA in answers:
        kept[CONF_AREA] = answers[CONF_AREA]
    if rack := _rack(answers.get(CONF_RACK, {})):
        kept[CONF_RACK] = rack
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
        CONF_MAKER: answers.get(CONF_MAKER),
        CONF_BATTERY_TYPE: answers.get(CONF_BATTERY_TYPE),
    }


def _rack(answers: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return how the rack is built; None if the form does not say how many batteries a tier has."""
    if not (per_tier := answers.get(CONF_PER_TIER)):
        return None
    order = answers.get(CONF_RACK_ORDER, RackOrder.FROM_BOTTOM.value)
    return {CONF_PER_TIER: per_tier, CONF_TIERS: answers.get(CONF_TIERS, 1), CONF_RACK_ORDER: order}


def _check_kind(field: str, module: str, addresses: Sequence[int]) -> None:
    """Raise `FieldError` if the modules are those of a hub and the addresses are not, or the other way round."""
    if any((Place.of(address) is not None) is not PROFILES[module].of_hub for address in addresses):
        raise FieldError(field, "address_of_other_kind")


def assignments(
    addresses: Sequence[int], before: Sequence[Mapping[str, Any]]
) -> dict[SameBattery, list[dict[str, Any]]]:
    """Return the ways to recognise the batteries at other addresses, the likeliest first; equal results only once.

    A battery with the same address is likely the same battery. A battery at a new address is likely the one whose place
    it has, if the address of that one is gone.
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
