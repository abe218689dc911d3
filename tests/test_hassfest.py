"""The rules of hassfest and of the HACS action, each a function over this repository, for a machine without either.

A rule yields what breaks it. Sources: Home Assistant's developer documentation and the script hassfest of its core, the
documentation of HACS for publishers.
"""

import ast
from collections.abc import Callable, Iterator
from importlib.util import find_spec
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any, Final

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import hass_frontend
import probatio
from probatio import Optional, Required
import pytest

from homeassistant import components
from homeassistant.const import Platform
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import selector
from homeassistant.util.yaml import load_yaml_dict

ROOT: Final = Path(__file__).parent.parent
INTEGRATION: Final = ROOT / "custom_components" / "battery_bank"
TRANSLATIONS: Final = sorted((INTEGRATION / "translations").glob("*.json"))
TREES: Final = {path: ast.parse(path.read_text()) for path in sorted(INTEGRATION.rglob("*.py"))}

type Rule = Callable[[], Iterator[str]]


def loaded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found


MANIFEST: Final = loaded(INTEGRATION / "manifest.json")
ICONS: Final = loaded(INTEGRATION / "icons.json")
ACTIONS: Final = load_yaml_dict(INTEGRATION / "services.yaml")


def misfits(schema: Any, data: object) -> Iterator[str]:
    """Yield what of some data does not fit a schema; a key that is not in the schema does not."""
    try:
        probatio.Schema(schema)(data)
    except probatio.MultipleInvalid as err:
        yield from map(str, err.errors)


def leaves(tree: Any, *at: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the texts of a tree, each with the keys that lead there."""
    if isinstance(tree, str):
        yield at, tree
        return
    for key, value in tree.items():
        yield from leaves(value, *at, key)


# manifest.json

# Core has these set up before any custom integration, or they are no more than a library.
ALWAYS_THERE: Final = {
    *(platform.value for platform in Platform),
    *("alert", "automation", "conversation", "default_config", "device_automation", "frontend", "group"),
    *("homeassistant", "input_boolean", "input_button", "input_datetime", "input_number", "input_select", "input_text"),
    *("media_source", "mjpeg", "onboarding", "panel_custom", "persistent_notification", "person", "script"),
    *("shopping_list", "stream", "sun", "system_health", "system_log", "timer", "webhook", "websocket_api", "zone"),
}
COMPONENTS: Final = "homeassistant.components"
NAME: Final = probatio.Match(r"[a-z0-9_]+$")
HTTPS: Final = probatio.Match(r"https://[\w.-]+/")


def imported_components(tree: ast.Module) -> Iterator[str]:
    """Yield the components of core that a module imports from, in its functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[2] for name in node.names if name.name.startswith(f"{COMPONENTS}."))
        elif isinstance(node, ast.ImportFrom) and node.module == COMPONENTS:
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{COMPONENTS}."):
            module, names = str(node.module), [name.name for name in node.names]
            if (module, names) != (f"{COMPONENTS}.http.auth", ["async_sign_path"]):  # which hassfest allows everywhere
                yield module.split(".")[2]


def may_import(path: Path, component: str) -> bool:
    """Return whether a file of the integration may import from a component of core.

    The component is in the manifest, or is always there. A file that is a platform of a component may also import from
    that one, and a file that is no platform from each component that has a platform here.
    """
    if component in {*MANIFEST["dependencies"], *MANIFEST["after_dependencies"], *ALWAYS_THERE}:
        return True
    top = Path(path.parts[0]).stem
    if (Path(components.__path__[0]) / top).is_dir():
        return component == top
    return (INTEGRATION / f"{component}.py").is_file() or (INTEGRATION / component).exists()


def imports_are_declared() -> Iterator[str]:
    """A file imports only from the components that it may import from."""
    for path, tree in TREES.items():
        own = path.relative_to(INTEGRATION)
        yield from (f"{own} imports {name}" for name in imported_components(tree) if not may_import(own, name))


def dependencies_are_there() -> Iterator[str]:
    """A dependency is a component of core, and named once."""
    names = [*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]]
    yield from (name for name in names if find_spec(f"{COMPONENTS}.{name}") is None or names.count(name) > 1)


def manifest_has_its_keys() -> Iterator[str]:
    """Those that a custom integration needs, and none that there is not; HACS needs six of them."""
    yield from misfits(
        {
            Required("domain"): probatio.In([INTEGRATION.name]),
            Required("name"): str,
            Optional("after_dependencies"): [NAME],
            Required("codeowners"): probatio.All([probatio.Match(r"@[\w-]+(/[\w-]+)?$")], probatio.Length(min=1)),
            Optional("config_flow"): bool,
            Optional("dependencies"): [NAME],
            Required("documentation"): probatio.All(HTTPS, probatio.Match(r"(?!https://www\.home-assistant\.io)")),
            Required("integration_type"): probatio.In(["device", "hub", "service", "helper"]),
            Required("iot_class"): probatio.In(
                ["assumed_state", "calculated", "cloud_polling", "cloud_push", "local_polling", "local_push"]
            ),
            Required("issue_tracker"): HTTPS,
            Optional("loggers"): [str],
            Optional("requirements"): [probatio.Match(r"[\w.-]+((==|>=|~=)[\w.]+)?$")],  # no space, and no address
            Required("version"): str,
        },
        MANIFEST,
    )
    if AwesomeVersion(MANIFEST["version"]).strategy is AwesomeVersionStrategy.UNKNOWN:
        yield "version"


def manifest_is_sorted() -> Iterator[str]:
    """Domain and name come first, and then the others by the alphabet."""
    if list(MANIFEST) != ["domain", "name", *sorted(set(MANIFEST) - {"domain", "name"})]:
        yield str(list(MANIFEST))


def what_the_manifest_says_is_there() -> Iterator[str]:
    """A flow is in `config_flow.py`; who can be set up by YAML, or can't, says so in a schema."""
    if MANIFEST["config_flow"] and not (INTEGRATION / "config_flow.py").is_file():
        yield "config_flow"
    functions = [
        node.name for node in TREES[INTEGRATION / "__init__.py"].body if isinstance(node, ast.AsyncFunctionDef)
    ]
    if "async_setup" in functions and "\nCONFIG_SCHEMA = " not in (INTEGRATION / "__init__.py").read_text():
        yield "CONFIG_SCHEMA"


# translations/

KEY: Final = re.compile(r"(?!.*[_-]{2})(?![_-])[a-z0-9_-]+(?<![_-])")
TEXTS: Final = {str: str}
STEP: Final = {
    Optional("title"): str,
    Optional("description"): str,
    Optional("data"): TEXTS,
    Optional("data_description"): TEXTS,
    Optional("menu_options"): TEXTS,
    Optional("menu_option_descriptions"): TEXTS,
    Optional("submit"): str,
    Optional("sections"): {
        str: {
            Optional("name"): str,
            Optional("description"): str,
            Optional("data"): TEXTS,
            Optional("data_description"): TEXTS,
        }
    },
}
FLOW: Final[dict[Any, Any]] = {
    Optional("flow_title"): str,
    Required("step"): {str: STEP},
    **{Optional(part): TEXTS for part in ("error", "abort", "progress", "create_entry")},
}
NAMED: Final = {Required("name"): str, Required("description"): str, Optional("example"): str}
STATES: Final = {Optional("name"): str, Optional("state"): TEXTS}
STRINGS: Final = {
    Optional("title"): str,
    Optional("config"): FLOW,
    Optional("config_subentries"): {
        str: {**FLOW, Required("entry_type"): str, Required("initiate_flow"): {Required("user"): str, str: str}}
    },
    Optional("options"): FLOW,
    Optional("selector"): {
        str: {Optional("options"): TEXTS, Optional("choices"): TEXTS, Optional("fields"): {str: NAMED}}
    },
    Optional("device_automation"): {
        Optional(part): TEXTS
        for part in ("trigger_type", "trigger_subtype", "condition_type", "action_type", "extra_fields")
    },
    Optional("system_health"): {Optional("info"): TEXTS},
    Optional("issues"): {
        str: probatio.Any(
            {Required("title"): str, Required("description"): str}, {Required("title"): str, Required("fix_flow"): FLOW}
        )
    },
    Optional("device"): {str: {Optional("name"): str}},
    Optional("entity"): {
        str: {str: {**STATES, Optional("state_attributes"): {str: STATES}, Optional("unit_of_measurement"): str}}
    },
    Optional("exceptions"): {str: {Optional("message"): str}},
    Optional("services"): {
        str: {
            Required("name"): str,
            Required("description"): str,
            Optional("fields"): {str: NAMED},
            Optional("sections"): TEXTS,
        }
    },
}
# What a text must not have in it.
WRONG: Final = {
    "HTML": re.compile(r"<[a-z].*?>", re.IGNORECASE),
    "a reference, which only core resolves": re.compile(r"\[%"),
    "a placeholder in single quotes": re.compile(r"'\{\w+\}'"),
    "an address, which is a placeholder's": re.compile(r"\b(?:ftp|https?|mqtt|socket)://|\bwww\.", re.IGNORECASE),
    "a space at an end": re.compile(r"^\s|\s$"),
}


def translations_have_their_shape() -> Iterator[str]:
    """In each language, also where only English is checked."""
    for path in TRANSLATIONS:
        yield from (f"{path.stem}: {misfit}" for misfit in misfits(STRINGS, loaded(path)))


def translation_keys_are_keys() -> Iterator[str]:
    """Small letters and digits, with single hyphens or underscores between them."""
    for path in TRANSLATIONS:
        for keys, _ in leaves(loaded(path)):
            yield from (f"{path.stem}: {key} in {keys}" for key in keys if not KEY.fullmatch(key))


def texts_are_clean() -> Iterator[str]:
    """No text has what the page can't show, or what a translator can't see."""
    for path in TRANSLATIONS:
        for keys, text in leaves(loaded(path)):
            yield from (f"{path.stem} {keys}: {what}" for what, pattern in WRONG.items() if pattern.search(text))
            placeholders = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
            yield from (f"{path.stem} {keys}: {{{name}}}" for name in placeholders if not name.isidentifier())
            fixed = keys[0] == "entity" and {"state", "state_attributes", "unit_of_measurement"} & set(keys)
            if placeholders and fixed:
                yield f"{path.stem} {keys}: a placeholder that nothing fills"


def descriptions_are_of_fields() -> Iterator[str]:
    """A field that is described in a step is a field of that step."""
    flows = loaded(INTEGRATION / "translations" / "en.json")
    steps = [*flows["config"]["step"].values(), *flows["config_subentries"]["string"]["step"].values()]
    steps += [section for step in steps for section in step.get("sections", {}).values()]
    yield from (name for step in steps for name in step.get("data_description", {}) if name not in step.get("data", {}))


# services.yaml and icons.json


def actions_have_their_shape() -> Iterator[str]:
    """Fields and selectors that the page knows; a field is of one section only, and no value is empty."""
    field = {
        Optional("required"): bool,
        Optional("advanced"): bool,
        Optional("default"): probatio.Any(str, int, float, bool, list, dict),
        Optional("example"): probatio.Any(str, int, float, bool, list, dict),
        Optional("selector"): selector.validate_selector,
    }
    section = {Optional("collapsed"): bool, Required("fields"): {str: field}}
    for name, action in ACTIONS.items():
        try:
            yield from misfits({NAME: {Optional("fields"): {str: probatio.Any(field, section)}}}, {name: action})
        except HomeAssistantError as err:
            yield f"{name}: {err}"


def choices_of_actions_are_translated() -> Iterator[str]:
    """A selector that names its options by key has them in the translations, all of them."""
    options = loaded(INTEGRATION / "translations" / "en.json")["selector"]
    for action, described in ACTIONS.items():
        for name, field in described.get("fields", {}).items():
            select = field.get("selector", {}).get("select") or {}
            if (key := select.get("translation_key")) and not set(select["options"]) <= set(options[key]["options"]):
                yield f"{action} {name}"


def icons_have_their_shape() -> Iterator[str]:
    """An icon for an entity, its states and attributes, and for an action."""
    icon = {Optional("default"): str, Optional("state"): TEXTS, Optional("range"): TEXTS}
    yield from misfits(
        {
            Optional("entity"): {str: {str: {**icon, Optional("state_attributes"): {str: icon}}}},
            Optional("services"): {str: {Required("service"): str, Optional("sections"): TEXTS}},
        },
        ICONS,
    )


def icons_are_there() -> Iterator[str]:
    """Every icon is one of Material Design Icons that the page has."""
    known = json.loads((Path(hass_frontend.where()) / "static" / "mdi" / "iconList.json").read_text())
    names = {f"mdi:{icon['name']}" for icon in known}
    yield from (icon for _, icon in leaves(ICONS) if icon not in names)


# quality_scale.yaml

RULES_OF_TIERS: Final = {
    "bronze": (
        "action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage "
        "dependency-transparency docs-actions docs-conditions docs-high-level-description "
        "docs-installation-instructions docs-removal-instructions docs-triggers entity-event-setup entity-unique-id "
        "has-entity-name runtime-data test-before-configure test-before-setup unique-config-entry"
    ),
    "silver": (
        "action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters "
        "entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage"
    ),
    "gold": (
        "devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations "
        "docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices "
        "entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations "
        "icon-translations reconfiguration-flow repair-issues stale-devices"
    ),
    "platinum": "async-dependency inject-websession strict-typing",
}
# Of all other rules, Home Assistant's documentation says that there are no exceptions.
EXEMPTIBLE: Final = {
    *("config-flow", "discovery", "discovery-update-info", "docs-high-level-description", "docs-supported-devices"),
    *("entity-unavailable", "inject-websession", "reauthentication-flow", "reconfiguration-flow"),
    "test-before-configure",
}


def quality_scale_has_all_rules() -> Iterator[str]:
    """Each rule has a status and its reason, and is exempt only if it may be; the manifest claims no tier beyond."""
    status = {Required("status"): probatio.In(["done", "todo", "exempt"]), Required("comment"): str}
    names = [name for rules in RULES_OF_TIERS.values() for name in rules.split()]
    scale = load_yaml_dict(INTEGRATION / "quality_scale.yaml")
    yield from misfits({Required("rules"): {Required(name): status for name in names}}, scale)
    rules = scale["rules"]
    yield from (name for name in names if rules[name]["status"] == "exempt" and name not in EXEMPTIBLE)
    if claimed := MANIFEST.get("quality_scale"):
        tiers = [*RULES_OF_TIERS][: [*RULES_OF_TIERS].index(claimed) + 1]
        claims = [name for tier in tiers for name in RULES_OF_TIERS[tier].split()]
        yield from (name for name in claims if rules[name]["status"] == "todo")


# HACS


def hacs_file_has_its_keys() -> Iterator[str]:
    """`hacs.json` has a name, and no key that HACS does not know."""
    yield from misfits(
        {
            Required("name"): str,
            Optional("content_in_root"): bool,
            Optional("country"): [str],
            Optional("filename"): str,
            Optional("hacs"): str,
            Optional("hide_default_branch"): bool,
            Optional("homeassistant"): probatio.Match(r"\d{4}\.\d{1,2}\.\d$"),
            Optional("persistent_directory"): str,
            Optional("render_readme"): bool,
            Optional("zip_release"): bool,
        },
        loaded(ROOT / "hacs.json"),
    )


def hacs_finds_what_it_looks_for() -> Iterator[str]:
    """One integration, in a folder of its domain; its pictures, a readme and a licence."""
    folders = [path.name for path in (ROOT / "custom_components").iterdir() if path.is_dir()]
    if folders != [MANIFEST["domain"]] or find_spec(f"{COMPONENTS}.{MANIFEST['domain']}"):
        yield str(folders)
    for name in ("README.md", "LICENSE"):
        if (ROOT / name).stat().st_size < 500:
            yield name
    for name in ("icon.png", "icon@2x.png", "logo.png"):
        if not (INTEGRATION / "brand" / name).read_bytes().startswith(b"\x89PNG"):
            yield name


RULES: Final[tuple[Rule, ...]] = (
    imports_are_declared,
    dependencies_are_there,
    manifest_has_its_keys,
    manifest_is_sorted,
    what_the_manifest_says_is_there,
    translations_have_their_shape,
    translation_keys_are_keys,
    texts_are_clean,
    descriptions_are_of_fields,
    actions_have_their_shape,
    choices_of_actions_are_translated,
    icons_have_their_shape,
    icons_are_there,
    quality_scale_has_all_rules,
    hacs_file_has_its_keys,
    hacs_finds_what_it_looks_for,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_is_kept(rule: Rule) -> None:
    assert list(rule()) == []


@pytest.mark.parametrize(
    ("path", "component", "allowed"),
    [
        ("logbook.py", "logbook", True),
        ("sensor.py", "logbook", False),  # a platform of another component
        ("event_bus/bus_event.py", "logbook", True),  # no platform
        ("event_bus/bus_event.py", "zha", False),
        ("sensor.py", "modbus", True),  # in the manifest
    ],
)
def test_what_a_file_may_import(path: str, component: str, allowed: bool) -> None:
    assert may_import(Path(path), component) is allowed
