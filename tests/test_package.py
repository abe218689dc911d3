"""Texts and tables that have to agree, and the house rules that a program can check."""

import ast
import inspect
import json
from pathlib import Path
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from custom_components.battery_bank.actions.string_actions import LEVEL_OF
from custom_components.battery_bank.const import (
    CONF_BATTERIES,
    CONF_CHEMISTRY,
    CONF_CONNECTION,
    CONF_PARITY,
    Connection,
    RackOrder,
)
from custom_components.battery_bank.flows.battery_changes import BECOMES, SAME_BATTERY, ChangeKind
from custom_components.battery_bank.flows.hub_steps import HUB_SCHEMA
from custom_components.battery_bank.flows.limit_units import LimitUnits
from custom_components.battery_bank.flows.limits_form import limits_schema
from custom_components.battery_bank.flows.line_form import CONF_ONLY_HUB, GATEWAY_SCHEMA, PARITIES, SERIAL_SCHEMA
from custom_components.battery_bank.flows.maintenance_form import MAINTENANCE_SCHEMA
from custom_components.battery_bank.flows.move_steps import CONF_TO, MOVE_TO, NEW_SCHEMA, NEW_STRING
from custom_components.battery_bank.flows.removed_line_steps import NEW_LINE, REMOVED_LINE
from custom_components.battery_bank.flows.room_form import ROOM_SCHEMA
from custom_components.battery_bank.flows.scan_steps import MISSING, RANGE_SCHEMA, SCAN_PROBLEM
from custom_components.battery_bank.flows.sending_steps import SENDING_SCHEMA
from custom_components.battery_bank.flows.string_flow import CONF_SAME
from custom_components.battery_bank.flows.string_form import NEW_STRING_SCHEMA, RACK_SCHEMA, STRING_SCHEMA, SameBattery
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.capacity_result import Outcome
from custom_components.battery_bank.monitor.battery.overdue_tests import OBSTACLES
from custom_components.battery_bank.monitor.errors import Reason
from custom_components.battery_bank.monitor.line.commissioning import Failure
from custom_components.battery_bank.monitor.line.scan import Verdict
from custom_components.battery_bank.monitor.model import Chemistry, DeviceAlarm
from custom_components.battery_bank.repair_checks.findings import KINDS
from custom_components.battery_bank.repairs import FLOWS, FixFlow
from custom_components.battery_bank.reporting.export import Format
from custom_components.battery_bank.reporting.tables import TableName
from custom_components.battery_bank.strings.room_sensors import NOT_MEASURED, NotMeasured
from custom_components.battery_bank.texts.alarm_texts import (
    ADVICE,
    CAPACITY_TEST,
    CELLS,
    DISCONNECT,
    DRILL,
    LIMIT,
    LONGEST_STATE,
    NAMES,
    NOT_CORRECTED,
    SEVERAL,
)
from custom_components.battery_bank.texts.reasons import REASON
from custom_components.battery_bank.texts.translations import LANGUAGES as SHOWN
from homeassistant.data_entry_flow import section
from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parent.parent
INTEGRATION = ROOT / "custom_components" / "battery_bank"
FIGURES = sorted((INTEGRATION / "figures").glob("*.py"))


def load(name: str) -> Any:
    return json.loads((INTEGRATION / name).read_text())


MANIFEST = load("manifest.json")
ENGLISH = load("translations/en.json")
ICONS = load("icons.json")
LANGUAGES = sorted(path.stem for path in (INTEGRATION / "translations").glob("*.json"))


def test_packages_of_the_cards_are_pinned_and_of_no_host() -> None:
    """Each machine has its own registry, so the lock file contains only versions and digests."""
    needed = json.loads((ROOT / "frontend/package.json").read_text())
    for version in (needed["dependencies"] | needed["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    packages = json.loads((ROOT / "frontend/package-lock.json").read_text())["packages"]
    assert len(packages) > 100
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name
    # The same for whoever changes it, such as Dependabot.
    assert "omit-lockfile-registry-resolved=true" in (ROOT / "frontend/.npmrc").read_text().splitlines()


def keys(tree: Any, at: str = "") -> dict[str, str]:
    """Flatten a tree of texts."""
    if isinstance(tree, str):
        return {at: tree}
    return {path: text for key, value in tree.items() for path, text in keys(value, f"{at}.{key}").items()}


def test_manifest() -> None:
    # The wire's libraries come with Home Assistant; pinning them here would fight with it.
    assert MANIFEST["dependencies"] == ["http", "modbus", "usb", "websocket_api"]
    assert [name.partition(">")[0] for name in MANIFEST["requirements"]] == ["mashumaro"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert MANIFEST["version"] == project["version"]
    assert f"## {MANIFEST['version']}" in (ROOT / "CHANGELOG.md").read_text()
    assert json.loads((ROOT / "hacs.json").read_text())["homeassistant"] == "2026.10.0"


def test_hacs() -> None:
    hacs = json.loads((ROOT / "hacs.json").read_text())
    assert set(hacs) <= {"name", "homeassistant", "render_readme", "zip_release", "filename", "hide_default_branch"}
    assert hacs["homeassistant"] == "2026.10.0"
    # The built files of the cards are in the package of a release, and not in the repository.
    assert hacs["zip_release"] is True
    assert hacs["hide_default_branch"] is True
    for maker in (".github/workflows/release.yml", "scripts/package"):
        assert hacs["filename"] in (ROOT / maker).read_text()
    assert "/custom_components/battery_bank/dashboard/built/" in (ROOT / ".gitignore").read_text().splitlines()
    assert [path.name for path in (ROOT / "custom_components").iterdir() if path.is_dir()] == ["battery_bank"]
    for name in ("icon.png", "icon@2x.png", "logo.png"):
        assert (INTEGRATION / "brand" / name).read_bytes().startswith(b"\x89PNG")
    for name in ("LICENSE", "README.md"):
        assert (ROOT / name).stat().st_size > 500


def test_only_translations_are_shipped() -> None:
    assert not (INTEGRATION / "strings.json").exists()


def test_every_entity_has_a_name_and_a_picture() -> None:
    """A translation key in the code is one in the translations and the other way round; each has an icon or a class."""
    for platform in ("binary_sensor", "button", "event", "number", "sensor", "switch"):
        tables = [INTEGRATION / f"{platform}.py", *(FIGURES if platform == "sensor" else ())]
        source = "".join(table.read_text() for table in tables)
        used = set(re.findall(r'(?<!DOMAIN, )translation_key="(\w+)"', source))  # of entities, not of errors
        used |= set(DeviceAlarm) if platform == "binary_sensor" else set()
        named_by_class = {"voltage", "current"} if platform == "sensor" else set()
        assert used - named_by_class == set(ENGLISH["entity"].get(platform, {})), platform
        assert set(ICONS["entity"].get(platform, {})) <= used, platform
        for block in re.findall(r"Description(?:\[\w+\])?\((.*?)\n    \)", source, re.DOTALL):
            if key := re.search(r'translation_key="(\w+)"', block):
                assert "device_class" in block or key[1] in ICONS["entity"][platform], key[1]


def test_every_error_and_exception_has_its_words() -> None:
    source = "\n".join(path.read_text() for path in INTEGRATION.rglob("*.py"))
    raised = set(re.findall(r'translation_key="(\w+)",?\s*(?:translation_placeholders|\))', source))
    raised |= {key for keys in re.findall(r'translation_key="(\w+)" if .+ else "(\w+)"', source) for key in keys}
    raised |= set(re.findall(r'_refused\("(\w+)"', source))
    of_alarms = {"urgent_alarm", "what_to_do"}
    assert raised - {"battery"} - of_alarms | set(Failure) | {"alarm_of_battery", "alarm_of_string"} == set(
        ENGLISH["exceptions"]
    )
    raises = {
        path.stem: set(re.findall(r'FieldError\(\w+, "(\w+)"', path.read_text()))
        for path in (INTEGRATION / "flows").glob("*.py")
    }
    of_plant = raises.pop("plant_flow")
    assert set(ENGLISH["options"]["error"]) == of_plant | {
        *("bad_site", "mqtt_not_set_up"),
        "bad_text",
        "cannot_install",
        "cannot_listen",
        "port_not_permitted",
        "whole_number_out_of_range",
    }
    of_fields = set().union(*raises.values()) | {"number_out_of_range", "whole_number_out_of_range"}
    of_strings = {"alarm_not_above_warning", "alarm_not_below_warning", "bad_time"}  # limits and maintenance settings
    of_hub = {"line_down", "profile_file"}
    of_line = {"cannot_open", *of_hub, "link_settings_in_use", "no_module_answers", "other_protocol", "uneven"}
    assert set(ENGLISH["config"]["error"]) == of_fields - of_strings | of_line
    assert set(ENGLISH["config_subentries"]["string"]["error"]) == of_fields | of_hub | {
        *("none_chosen", "last_battery", "other_batteries", "journal_unwritable"),
        *("no_entity", "unit_of_temperature", "unit_of_hydrogen", "unclear"),  # of `NotMeasured`
    }


ERRORS = {"ConfigEntryError", "ConfigEntryNotReady", "HomeAssistantError", "ServiceValidationError", "UpdateFailed"}


def test_every_error_of_home_assistant_has_a_translation_key() -> None:
    for path in INTEGRATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                given = {keyword.arg for keyword in node.keywords}
                assert {"translation_domain", "translation_key"} <= given, f"{path.name}:{node.lineno}"


def test_every_issue_has_its_words() -> None:
    """One that can be fixed has the steps, choices and ends of its dialogue; the others have a description."""
    assert set(ENGLISH["issues"]) == set(KINDS)
    assert set(FLOWS) == {key for key, kind in KINDS.items() if kind.fixable}
    for key, words in ENGLISH["issues"].items():
        assert set(words) == {"title", "fix_flow" if key in FLOWS else "description"}, key
    for key, flow in FLOWS.items():
        steps, ends = (ENGLISH["issues"][key]["fix_flow"].get(part, {}) for part in ("step", "abort"))
        for name, step in steps.items():
            assert callable(getattr(flow, f"async_step_{name}")), key
            assert {"title", "description"} <= set(step), key
        if "init" in steps:
            assert set(steps["init"]["menu_options"]) - {"ignore"} == set(flow.options), key
        parents = [one for one in flow.__mro__ if issubclass(one, FixFlow)]
        source = "".join(inspect.getsource(one) for one in parents)
        shown = set(re.findall(r'step_id="(\w+)"', source)) - {"confirm" if "init" in steps else "init"}
        assert shown == set(steps), key
        assert set(ends) <= set(re.findall(r'reason="(\w+)"', source)), key
        assert set(re.findall(r'reason="(\w+)"', inspect.getsource(flow))) <= set(ends), key
        assert ("gone" in ends) == ("_gone()" in inspect.getsource(flow) or "_change(" in inspect.getsource(flow)), key


def test_every_field_has_its_label() -> None:
    ranges, string, new_string = RANGE_SCHEMA.schema, STRING_SCHEMA.schema, NEW_STRING_SCHEMA.schema
    line, strings = ENGLISH["config"]["step"], ENGLISH["config_subentries"]["string"]["step"]
    for fields, step in (
        (dict.fromkeys([*SERIAL_SCHEMA, CONF_ONLY_HUB]), line["serial"]),
        (dict.fromkeys([*GATEWAY_SCHEMA, CONF_ONLY_HUB]), line["gateway"]),
        (ranges, line["serial"]["sections"]["scan"]),
        (ranges, line["gateway"]["sections"]["scan"]),
        (new_string, line["string"]),
        *(
            (RACK_SCHEMA.schema, step["sections"]["rack"])
            for step in (line["string"], strings["string"], strings["change"])
        ),
        (ranges, strings["range"]),
        (HUB_SCHEMA.schema, strings["hub"]),
        (HUB_SCHEMA.schema, line["hub"]),
        (new_string, strings["string"]),
        (string, strings["change"]),
        (MAINTENANCE_SCHEMA.schema, strings["maintenance"]),
        (ROOM_SCHEMA.schema, strings["room"]),
        (SENDING_SCHEMA.schema, ENGLISH["options"]["step"]["send_journal"]),
        ((CONF_SAME,), strings["change_confirm"]),
        ((CONF_BATTERIES, CONF_TO), strings["move"]),
        (NEW_SCHEMA.schema, strings["move_to_new"]),
        *(
            (part.schema.schema, strings["limits"]["sections"][str(name)])
            for name, part in limits_schema(LimitUnits()).schema.items()
        ),
    ):
        sections = {str(field) for field in fields if isinstance(fields, dict) and isinstance(fields[field], section)}
        assert {str(field) for field in fields} - sections == set(step["data"])
        assert sections == {*step.get("sections", {})} - {"scan"}
        assert set(step.get("data_description", {})) <= set(step["data"])


def test_every_choice_has_its_words() -> None:
    choices: dict[str, set[str]] = {
        CONF_CHEMISTRY: set(Chemistry),
        CONF_CONNECTION: {Connection.RTU_OVER_TCP, Connection.MODBUS_TCP},
        CONF_PARITY: set(PARITIES),
        NAMES: set(AlarmKind),
        DRILL: {DRILL},
        "unit": {CELLS, "d"},
        SEVERAL: {SEVERAL},
        "level": set(LEVEL_OF),
        LIMIT: set(LEVEL_OF),
        "rack_order": set(RackOrder),
        ADVICE: set(AlarmKind),
        # Compared with what reads them by the tests of those.
        **{
            name: set(ENGLISH["selector"][name]["options"])
            for name in ("blueprint", "display", "limit_source", "paper", "picker", "report")
        },
        BECOMES: set(ChangeKind),
        SAME_BATTERY: set(SameBattery),
        SCAN_PROBLEM: {Verdict.UNKNOWN, Verdict.UNREADABLE, MISSING},
        MOVE_TO: {NEW_STRING},
        "new_name": {"string"},
        REMOVED_LINE: {NEW_LINE},
        REASON: set(Reason),
        NOT_MEASURED: set(NotMeasured),
        CAPACITY_TEST: {*Outcome, DISCONNECT, NOT_CORRECTED},
        "test_obstacle": set(OBSTACLES),
        "table": set(TableName),
        "format": set(Format),
    }
    assert {name: set(texts["options"]) for name, texts in ENGLISH["selector"].items()} == choices
    for options in choices.values():
        assert all(re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", option) for option in options)


def test_every_step_has_its_words() -> None:
    for steps in (ENGLISH["config"]["step"], ENGLISH["config_subentries"]["string"]["step"]):
        for name, step in steps.items():
            assert "title" in step, name
    for flow, words in (
        ("config_flow", ENGLISH["config"]),
        ("flows/string_flow", ENGLISH["config_subentries"]["string"]),
    ):
        tree = ast.parse((INTEGRATION / f"{flow}.py").read_text())
        steps = {
            node.name.removeprefix("async_step_")
            for node in ast.walk(tree)
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("async_step_")
        }
        assert steps - {"by_hand"} <= set(words["step"]), flow  # which goes straight on to the next


def test_every_reason_has_its_words() -> None:
    source = "".join(table.read_text() for table in FIGURES)
    said = {
        reason
        for sensor in ENGLISH["entity"]["sensor"].values()
        for reason in sensor.get("state_attributes", {}).get("reason", {}).get("state", ())
    }
    functions = "".join(re.findall(r"def _why_no_\w+\(.*?\n\n\n", source, re.DOTALL))
    assert said == set(re.findall(r'lambda _: "(\w+)"', source)) | set(re.findall(r'"(\w+)"', functions))


@pytest.mark.parametrize("language", LANGUAGES)
def test_advice_fits_into_a_state(language: str) -> None:
    for kind, advice in load(f"translations/{language}.json")["selector"][ADVICE]["options"].items():
        assert len(advice) <= LONGEST_STATE, f"{language}.json, {ADVICE}: shorten the text of {kind}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_all_of_it(language: str) -> None:
    english, other = keys(ENGLISH), keys(load(f"translations/{language}.json"))
    missing, unknown = [path for path in english if path not in other], [path for path in other if path not in english]
    assert not missing, f"translate these keys of en.json in {language}.json"
    assert not unknown, f"remove these keys from {language}.json, or add them to en.json"
    assert list(other) == list(english), f"put the keys of {language}.json in the order of en.json"
    for path, text in other.items():
        assert text.strip() == text, path
        assert text, path
        braces = sorted(re.findall(r"\{\w+\}", english[path]))
        assert sorted(re.findall(r"\{\w+\}", text)) == braces, f"{language}.json, {path}: needs {braces}, and no others"
        assert not re.search(r"<\w+", text), path


def test_translations_are_looked_up_in_one_place() -> None:
    """It knows the nearest language; Home Assistant's own function would answer in English."""
    users = [path.name for path in INTEGRATION.rglob("*.py") if "helpers.translation" in path.read_text()]
    assert users == ["translations.py"]


# Home Assistant looks for a file of exactly the reader's language and shows English otherwise. It knows no nearest one.
COPIES = {"es-419": "es", "zh-Hant": "zh-Hans"}


def test_a_language_is_known_wherever_one_is_chosen() -> None:
    """What CONTRIBUTING.md says under "A new language"."""
    assert set(SHOWN) == set(LANGUAGES) - set(COPIES), "`LANGUAGES` in texts/translations.py: a row for each language"
    of_action = load_yaml_dict(INTEGRATION / "services.yaml")["report"]["fields"]["language"]
    assert of_action["selector"]["language"]["languages"] == LANGUAGES, "services.yaml, action `report`: all languages"
    blueprint = load_yaml_dict(INTEGRATION / "blueprints" / "automation" / "monthly_report.yaml")["blueprint"]
    of_blueprint = blueprint["input"]["language"]["selector"]["language"]["languages"]
    assert of_blueprint == LANGUAGES, "blueprints/automation/monthly_report.yaml: all languages"
    spoken = re.search(r"^It speaks (.+), as Home Assistant is set", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert spoken is not None
    assert len(re.split(", | and ", spoken[1])) == len(SHOWN), "README.md, `It speaks …`: name each language"


def test_a_language_has_its_decimal_mark() -> None:
    """Node.js has them from the Unicode CLDR."""
    node = Path(sys.executable).with_name("node")
    if not node.exists():
        pytest.skip("Node.js is not installed")
    program = "for (const one of process.argv.slice(1)) console.log((1.5).toLocaleString(one)[1])"
    done = subprocess.run(  # noqa: S603 - the pinned Node.js, our own program
        [node, "-e", program, *SHOWN], capture_output=True, text=True, check=True
    )
    marks = dict(zip(SHOWN, done.stdout.split(), strict=True))
    assert marks == SHOWN, "correct the decimal mark in `LANGUAGES` of texts/translations.py"


@pytest.mark.parametrize(("language", "original"), COPIES.items())
def test_a_language_without_texts_of_its_own_has_the_nearest_ones(language: str, original: str) -> None:
    """To mend it: copy the file of the original over that of the language."""
    folder = INTEGRATION / "translations"
    assert (folder / f"{language}.json").read_bytes() == (folder / f"{original}.json").read_bytes()


def test_actions_have_words_and_pictures() -> None:
    described = load_yaml_dict(INTEGRATION / "services.yaml")
    assert set(described) == set(ENGLISH["services"]) == set(ICONS["services"])
    for name, action in described.items():
        assert set(action["fields"]) == set(ENGLISH["services"][name]["fields"])


def test_the_quality_scale_names_what_is_there() -> None:
    for name, rule in load_yaml_dict(INTEGRATION / "quality_scale.yaml")["rules"].items():
        for path in re.findall(r"[\w/-]+\.(?:py|md|json|ambr)\b", rule["comment"]):
            assert any((base / path).exists() for base in (ROOT, INTEGRATION)), f"{name}: {path}"


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").iterdir()), ids=lambda path: path.name)
def test_scripts_are_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert len(lines) <= (35 if path.name == "debian-python" else 25)
    assert max(map(len, lines)) <= 120
    assert path.stat().st_mode & 0o111


def test_modules_do_one_thing() -> None:
    for path in [*INTEGRATION.rglob("*.py"), *(ROOT / "simulator").rglob("*.py")]:
        table = path.name in {"string_figures.py", "limit_defaults.py"}
        assert len(path.read_text().splitlines()) <= (500 if table else 350), path
