"""The YAML in the pages: it parses, Home Assistant accepts it, and what it names exists."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
import re
from typing import Any, Final

import probatio
import pytest

from custom_components.battery_bank.const import DOMAIN
from custom_components.battery_bank.services import ACTIONS
from homeassistant import components
from homeassistant.components.automation.config import async_validate_config_item
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv, script
from homeassistant.util.yaml import load_yaml_dict, parse_yaml

ROOT: Final = Path(__file__).parent.parent
INTEGRATION: Final = ROOT / "custom_components" / "battery_bank"
CARDS: Final = ROOT / "frontend" / "src"
PAGES: Final = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
BLUEPRINTS: Final = {
    f"{DOMAIN}/{path.name}": load_yaml_dict(path)["blueprint"]
    for path in sorted((INTEGRATION / "blueprints" / "automation").glob("*.yaml"))
}
FIELDS: Final = load_yaml_dict(INTEGRATION / "services.yaml")
LOADER: Final = (CARDS / "loader.ts").read_text()
CARD_TYPES: Final = {f"custom:battery-bank-{name}-card" for name in re.findall(r'\bname: "(\w+)"', LOADER)}
STRATEGIES: Final = {f"custom:{name}" for name in re.findall(r'"ll-strategy-dashboard-([\w-]+)"', LOADER)}
CARD_CONFIG: Final = (CARDS / "data" / "hass.ts").read_text().split("interface CardConfig {")[1].split("\n}")[0]
OPTIONS: Final = {"grid_options", *re.findall(r"^\t(\w+)\??: ", CARD_CONFIG, re.MULTILINE)}  # of all cards
# The keys by which it is seen what a block is. Any other block is a part of configuration.yaml.
DASHBOARD: Final = {"strategy", "views", "cards", "type"}


def blocks(page: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the blocks of code of a page: line, language and text."""
    text = page.read_text()
    for block in re.finditer(r"^( *)```(\w*)\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE):
        yield text[: block.start()].count("\n") + 1, block[2], re.sub(rf"^{block[1]}", "", block[3], flags=re.MULTILINE)


BLOCKS: Final = [(f"{page.name}:{line}", kind, text) for page in PAGES for line, kind, text in blocks(page)]


def parts(config: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in a configuration, the outer ones first."""
    if isinstance(config, dict):
        yield config
        for value in config.values():
            yield from parts(value)
    elif isinstance(config, list):
        for value in config:
            yield from parts(value)


async def check(hass: HomeAssistant, config: dict[str, Any]) -> None:
    """Raise an error unless Home Assistant accepts a configuration and all of ours that it names exists."""
    if "use_blueprint" in config:
        used = config["use_blueprint"]
        inputs = dict(inputs_of(BLUEPRINTS[used["path"]]))
        given = set(used.get("input", {}))
        assert given <= set(inputs), "no such input"
        assert {name for name, one in inputs.items() if "default" not in (one or {})} <= given, "an input is missing"
    elif "triggers" in config:
        checked = await async_validate_config_item(hass, "docs", {"alias": "docs", **config})
        assert checked is not None
        assert checked.validation_error is None
    elif "actions" in config:
        await script.async_validate_actions_config(hass, cv.SCRIPT_SCHEMA(config["actions"]))
    elif not DASHBOARD & set(config):
        assert all((Path(components.__file__).parent / name / "manifest.json").exists() for name in config)
    for part in parts(config):
        check_part(part)


def check_part(part: dict[str, Any]) -> None:
    """Check an action or a card of ours."""
    action, kind = part.get("action", ""), part.get("type", "")
    if isinstance(action, str) and action.startswith(f"{DOMAIN}."):
        name, data = action.removeprefix(f"{DOMAIN}."), {**part.get("target", {}), **part.get("data", {})}
        assert set(data) <= set(FIELDS[name]["fields"]), "no such field"
        probatio.Schema(ACTIONS[name].fields)(data)
    if isinstance(kind, str) and kind.startswith("custom:battery-bank"):
        assert kind in CARD_TYPES | STRATEGIES, "no such card"
        assert set(part) <= OPTIONS, "no such option"


def inputs_of(blueprint: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Yield the inputs of a blueprint, those in its sections too."""
    for name, one in blueprint["input"].items():
        if one and "input" in one:
            yield from one["input"].items()
        else:
            yield name, one


@pytest.mark.parametrize("text", [pytest.param(text, id=place) for place, kind, text in BLOCKS if kind == "yaml"])
async def test_yaml_in_a_page_is_valid(hass: HomeAssistant, text: str) -> None:
    config = parse_yaml(text)
    assert isinstance(config, dict)
    await check(hass, config)


@pytest.mark.parametrize("text", [pytest.param(text, id=place) for place, kind, text in BLOCKS if not kind])
def test_a_block_without_a_language_is_no_yaml(text: str) -> None:
    """Otherwise it would not be checked."""
    with suppress(HomeAssistantError):  # a drawing
        assert not isinstance(parse_yaml(text), dict)


def test_the_blocks_of_all_pages_are_found() -> None:
    fences = sum(len(re.findall(r"^ *```", page.read_text(), re.MULTILINE)) for page in PAGES)
    assert fences == 2 * len(BLOCKS) > 0
    assert {kind for _, kind, _ in BLOCKS} <= {"", "yaml", "sh", "mermaid"}


@pytest.mark.parametrize(
    "text",
    [
        "{triggers: [{trigger: state, entity_id: sensor.a}], actions: [{action: notify.notify, date: {message: a}}]}",
        "{triggers: [{trigger: state, entity: sensor.a}], actions: []}",
        "{actions: [{action: battery_bank.start_test, data: {device_id: a}}]}",
        "{actions: [{if: [], then: [{action: battery_bank.blink, data: {device: a}}]}]}",
        "{actions: [{action: battery_bank.blink}]}",
        "{actions: [{action: battery_bank.simulate_alarm, data: {device_id: a, kind: fire}}]}",
        "{use_blueprint: {path: battery_bank/notify.yaml, input: {device: a}}}",
        "{use_blueprint: {path: battery_bank/notify_alarm.yaml, input: {device: a, phone: b}}}",
        "{use_blueprint: {path: battery_bank/notify_alarm.yaml, input: {level: alarm}}}",
        "{views: [{cards: [{type: 'custom:battery-bank-walls-card'}]}]}",
        "{type: 'custom:battery-bank-wall-card', column: 10}",
        "{strategy: {type: 'custom:battery-banks'}}",
        "{modbuss: {name: a}}",
    ],
)
async def test_a_mistake_is_found(hass: HomeAssistant, text: str) -> None:
    config = parse_yaml(text)
    assert isinstance(config, dict)
    with pytest.raises((AssertionError, HomeAssistantError, KeyError, probatio.Invalid)):
        await check(hass, config)


@pytest.mark.parametrize(
    "text",
    [
        "{use_blueprint: {path: battery_bank/notify_alarm.yaml, input: {device: a, level: alarm}}}",
        "{views: [{cards: [{type: 'custom:battery-bank-wall-card', string: A, columns: 10}]}]}",
        "{actions: [{action: battery_bank.blink, target: {device_id: a}}]}",
    ],
)
async def test_what_is_right_is_accepted(hass: HomeAssistant, text: str) -> None:
    config = parse_yaml(text)
    assert isinstance(config, dict)
    await check(hass, config)


def rows(page: str) -> dict[str, list[str]]:
    """Return the first cells of the table below each heading of a page."""
    _, *headed = re.split(r"^#+ (.+)$", (ROOT / "docs" / page).read_text(), flags=re.MULTILINE)
    return {
        heading: re.findall(r"^\| ([^|]+) \|.*\|$", text, re.MULTILINE)[1:]
        for heading, text in zip(headed[::2], headed[1::2], strict=True)
    }


@pytest.mark.parametrize("blueprint", BLUEPRINTS.values(), ids=BLUEPRINTS)
def test_a_blueprint_is_described_with_all_its_inputs(blueprint: dict[str, Any]) -> None:
    described = rows("automations.md")[blueprint["name"].removeprefix("Battery bank - ").capitalize()]
    inputs = [(one or {}).get("name", name) for name, one in inputs_of(blueprint)]
    if described[-1] == "Seven texts":
        inputs, described = inputs[:-7], described[:-1]
    assert all(cell.startswith(name) for cell, name in zip(sorted(described), sorted(inputs), strict=True))


def test_every_action_is_described() -> None:
    assert sorted(rows("actions.md")["Actions"]) == sorted(f"`{name}`" for name in FIELDS)
