"""Which entities are enabled at first: as the page says, and all that cards, tables and pages of documentation use."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
import re

from conftest import string_data, until
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.reporting.tables import BATTERY_QUANTITIES, STRING_QUANTITIES
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from simulator.bank import Bank
from simulator.wire import Terminal

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "entities.md"
CARDS = ROOT / "frontend" / "src"
PLATFORMS = "binary_sensor|button|event|number|sensor"
BATTERIES = 240  # of a line that is full


@dataclass(frozen=True, kw_only=True)
class Known:
    """An entity of a new installation."""

    of: str  # line, string or battery
    key: str
    name: str
    entity_id: str
    enabled: bool
    diagnostic: bool

    @property
    def row(self) -> str:
        """The row of the page."""
        words = [*(["diagnostic"] if self.diagnostic else []), "enabled" if self.enabled else "disabled"]
        return f"| {self.of} | {self.name} | {self.entity_id.partition('.')[0]} | {', '.join(words)} |"


async def inventory(hass: HomeAssistant, entry: MockConfigEntry) -> list[Known]:
    """Return the entities of a line, its string and the first battery, once they are there."""
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_battery_1_voltage", lambda state: float(state) > 10)
    (string_id,) = entry.subentries
    kinds = {entry.entry_id: "line", string_id: "string", "A1": "battery"}
    found = []
    for entity in er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id):
        subject, _, key = entity.unique_id.partition("_")
        if subject in kinds:
            found.append(
                Known(
                    of=kinds[subject],
                    key=key,
                    name=entity.original_name or "",
                    entity_id=entity.entity_id,
                    enabled=entity.disabled_by is None,
                    diagnostic=entity.entity_category is EntityCategory.DIAGNOSTIC,
                )
            )
    return sorted(found, key=lambda one: (list(kinds.values()).index(one.of), not one.enabled, one.name, one.entity_id))


async def test_the_page_has_all_entities_and_cards_tables_and_pages_use_none_that_is_disabled(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(bank)
    known = await inventory(hass, line_entry(string_data(capacity=1000)))  # its float current can be measured
    table = re.search(r"\| of \|.*?\n\|[-|]+\|\n(.*?)\n\n", PAGE.read_text(), re.DOTALL)
    assert table is not None
    assert table[1].splitlines() == [one.row for one in known]

    enabled = {of: {one.key for one in known if one.of == of and one.enabled} for of in ("string", "battery")}
    assert enabled["battery"] >= BATTERY_QUANTITIES.keys()
    assert enabled["string"] >= STRING_QUANTITIES.keys()
    drawn = keys_of_cards()
    assert enabled["battery"] >= drawn["battery"]
    assert enabled["string"] >= drawn["string"]

    ids = {re.sub(r"battery_\d+", "battery_1", one.entity_id.partition(".")[2]) for one in known if one.enabled}
    disabled = {one.entity_id.partition(".")[2].removeprefix("a_") for one in known if not one.enabled}
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for entity_id in re.findall(rf"\b(?:{PLATFORMS})\.(\w+)", page.read_text()):
            own = re.sub(r"^(string_\d+|ups)_(?!of)", "", entity_id)
            assert re.sub(r"battery_\d+", "battery_1", own) not in disabled, f"{page.name}: {entity_id}"
    assert ids


def keys_of_cards() -> dict[str, set[str]]:
    """Return the keys of the entities whose history cards draw, or that they press, of the string and the battery."""
    heat, trend, sparks, facts = (
        (CARDS / file).read_text()
        for file in ("cards/heat-card.ts", "cards/trend-card.ts", "parts/sparks.ts", "parts/battery-facts.ts")
    )
    histories = re.search(r"const HISTORIES = \[(.*?)\]", facts)
    assert histories is not None
    battery = {*re.findall(r'\{ key: "(\w+)", factor', heat), *re.findall(r'"(\w+)"', histories[1])}
    listed = re.findall(r"keys: \[(.*?)\]", trend)
    string = {*re.findall(r'\{ key: "(\w+)", least', sparks), *re.findall(r'"(\w+)"', " ".join(listed)), "condition"}
    # The dialog offers the history of a disabled one only where a person has enabled it.
    battery -= {"step_resistance"}
    assert battery == {"voltage", "deviation", "resistance", "resistance_ratio", "temperature", "risk"}
    assert string >= {"voltage", "current", "state_of_charge", "highest_temperature", "ambient_temperature"}
    return {"battery": battery, "string": string}


async def test_nearly_half_of_a_string_is_out_of_the_way_and_a_full_line_has_few_entities(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    plug(bank)
    known = await inventory(hass, line_entry())
    string = [one for one in known if one.of == "string"]
    assert sum(not one.enabled or one.diagnostic for one in string) > 0.45 * len(string)
    count = Counter(one.of for one in known if one.enabled)
    assert BATTERIES * count["battery"] + 4 * count["string"] + count["line"] < 2500


async def test_entities_that_are_there_stay_enabled(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> None:
    """An installation of release 0.4.0 had all of them enabled."""
    plug(bank)
    entry = line_entry()
    (string_id,) = entry.subentries
    there = [("number", "A1_baseline"), ("sensor", "A1_replace_from"), ("sensor", f"{string_id}_cycles")]
    for platform, unique_id in there:
        er.async_get(hass).async_get_or_create(
            platform, DOMAIN, unique_id, config_entry=entry, config_subentry_id=string_id
        )
    known = await inventory(hass, entry)
    enabled = {one.key for one in known if one.enabled}
    assert enabled >= {"baseline", "replace_from", "cycles"}
    assert not enabled & {"replace_to", "charged"}
    for platform, unique_id in there:
        entity_id = er.async_get(hass).async_get_entity_id(platform, DOMAIN, unique_id)
        assert entity_id is not None
        assert hass.states.get(entity_id) is not None
