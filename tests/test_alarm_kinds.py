"""The table of alarm kinds: whatever stands in a row has its limits, rule, texts, form fields and documentation."""

from functools import reduce
import json
from pathlib import Path
import re
from typing import Any, override

import pytest

from custom_components.battery_bank.flows.limit_units import LimitUnits
from custom_components.battery_bank.flows.limits_form import limits_schema
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind, Group, Scope
from custom_components.battery_bank.monitor.battery.alarm_state import AlarmState
from custom_components.battery_bank.monitor.battery.alarms import Judge
from custom_components.battery_bank.monitor.battery.due_tests import obstacle
from custom_components.battery_bank.monitor.battery.events import Alarm, Level, OperatingState
from custom_components.battery_bank.monitor.battery.gas import Gas
from custom_components.battery_bank.monitor.battery.limit_defaults import DEFAULTS
from custom_components.battery_bank.monitor.battery.limits import Limit
from custom_components.battery_bank.monitor.battery.operating_state import Cells, DetectedState
from custom_components.battery_bank.monitor.battery.resistance import ResistanceState
from custom_components.battery_bank.monitor.battery.rules import RULES
from custom_components.battery_bank.monitor.battery.sample import Sample
from custom_components.battery_bank.monitor.battery.settings import Settings
from custom_components.battery_bank.monitor.battery.situation import Situation
from custom_components.battery_bank.monitor.battery.spread import spread
from custom_components.battery_bank.monitor.battery.warming import Heat
from custom_components.battery_bank.monitor.model import Chemistry
from custom_components.battery_bank.reporting.report_limits import SOURCES
from custom_components.battery_bank.texts.alarm_texts import ADVICE, NAMES
from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parent.parent
INTEGRATION = ROOT / "custom_components" / "battery_bank"
TRANSLATIONS = {
    path.stem: json.loads(path.read_text()) for path in sorted((INTEGRATION / "translations").glob("*.json"))
}
ANALYTICS = (ROOT / "docs" / "analytics.md").read_text()
EVERY_KIND = pytest.mark.parametrize("kind", AlarmKind)
EVERY_LANGUAGE = pytest.mark.parametrize("language", TRANSLATIONS)

VOLTAGES = {"a": 13.6, "b": 13.7, "c": 13.5}
# A string of which everything is known, well charged on float.
SITUATION = Situation(
    settings=Settings(batteries=tuple(VOLTAGES), chemistry=Chemistry.VRLA_AGM, nominal_voltage=12.0, capacity=100),
    sample=Sample(at=1e6, voltages=VOLTAGES, temperatures=dict.fromkeys(VOLTAGES, 25.0), current=0.1, ambient=22.0),
    condition=DetectedState(condition=OperatingState.FLOAT),
    cells=Cells(voltage=2.27, compensation=0.0),
    mean_voltage=2.27,
    spread=spread(VOLTAGES, 6, ()),
    heat=Heat(median=25.0),
    gas=Gas(hydrogen=0.001, ventilation=1.0, laid_out=10.0),
    float_ratio=1.0,
    resistances={battery: ResistanceState() for battery in VOLTAGES},
)


class Noted(Judge):
    """A judge that notes what it is asked to judge."""

    def __init__(self) -> None:
        super().__init__({}, SITUATION.sample.at)
        self.checked: list[tuple[AlarmKind, str | None]] = []

    @override
    def check(self, limit: Limit, battery: str | None, value: float | None, *, at_least: Level = Level.OK) -> None:
        self.checked.append((limit.kind, battery))


@EVERY_KIND
def test_a_kind_has_a_rule_that_judges_only_this_kind_of_what_it_is_about(kind: AlarmKind) -> None:
    judge = Noted()
    assert kind in RULES, (
        f"write the rule of {kind}: in rules.py, or room_rules.py for one of another sensor of the room"
    )
    RULES[kind](judge, SITUATION)
    assert {checked for checked, _ in judge.checked} == {kind}
    expected = {
        Scope.BATTERY: set(VOLTAGES),
        Scope.STRING: {None},
        Scope.EITHER: {*VOLTAGES, None},
    }
    assert {battery for _, battery in judge.checked} == expected[kind.traits.scope]


def test_the_alarms_that_hold_back_no_scheduled_test_are_those_that_the_documentation_names() -> None:
    def held_back(kind: AlarmKind) -> bool:
        level = Level.ALARM
        alarm = Alarm(kind=kind, battery=None, level=level, value=None, limit=None, raised=0.0, worst=level)
        alarms = {"": AlarmState(alarm=alarm)}
        reason = obstacle(condition=OperatingState.FLOAT, age=1e6, state_of_charge=1.0, alarms=alarms)
        assert reason in (None, "alarm")
        return reason == "alarm"

    of_resistance = {kind for kind in AlarmKind if kind.traits.group is Group.RESISTANCES}
    others = {
        AlarmKind.DEVIATION,
        AlarmKind.MODULE_FAULT,
        AlarmKind.MODULE_SILENT,
        AlarmKind.NEVER_FULL,
        AlarmKind.NOT_MONITORED,
        AlarmKind.GROUND_FAULT,
        AlarmKind.ELECTROLYTE_LOW,
        AlarmKind.LEAK,
        AlarmKind.DOOR_OPEN,
        AlarmKind.FAN_OFF,
    }
    holding = {kind for kind in AlarmKind if not held_back(kind)}
    assert holding == of_resistance | others, "is `blocks_tests` of the row what you mean? Then change it here too"


def test_the_same_alarm_of_many_batteries_is_one_but_where_each_is_compared_with_the_others() -> None:
    """Most batteries can't be far from the median of all, or unsteady each for itself, for one cause."""
    apart = {
        AlarmKind.DEVIATION,
        AlarmKind.RESISTANCE_STRING,
        AlarmKind.RESISTANCE_LOW,
        AlarmKind.RESISTANCE_UNSTEADY,
        AlarmKind.SHORTED_CELL,
    }
    of_batteries = {kind for kind in AlarmKind if kind.traits.scope is not Scope.STRING}
    common = {kind for kind in AlarmKind if kind.traits.common}
    assert common == of_batteries - apart, "is `common` of the row what you mean? Then change it here too"


def test_only_what_the_string_module_measures_needs_one() -> None:
    """It measures the current and the room; without it there is also no module that could be offline."""
    needing = {kind for kind in AlarmKind if kind.traits.needs_string_module}
    expected = {
        AlarmKind.MODULE_FAULT,
        AlarmKind.MODULE_SILENT,
        AlarmKind.CHARGE_CURRENT,
        AlarmKind.DISCHARGE_CURRENT,
        AlarmKind.FLOAT_CURRENT,
        AlarmKind.CURRENT_SHARE,
        AlarmKind.HYDROGEN,
        AlarmKind.AMBIENT_HIGH,
        AlarmKind.AMBIENT_LOW,
    }
    assert needing == expected, "is `needs_string_module` of the row what you mean? Then change it here too"
    latched = [kind for kind in AlarmKind if kind.traits.latched]
    assert latched == [AlarmKind.REVERSED_CELL], "is `latched` of the row what you mean? Then change it here too"


def test_there_is_no_rule_without_a_row() -> None:
    assert set(RULES) == set(AlarmKind)


@EVERY_KIND
def test_a_kind_has_limits_in_its_section_of_the_form(kind: AlarmKind) -> None:
    fields = {f"{limit.key}_{level}" for limit in DEFAULTS if limit.kind is kind for level in ("warning", "alarm")}
    assert f"{kind}_alarm" in fields, f"limit_defaults.py needs a default whose key is {kind}"
    shown = {
        str(name): {str(field) for field in part.schema.schema}
        for name, part in limits_schema(LimitUnits()).schema.items()
    }
    assert list(shown) == list(Group)
    assert fields <= shown[kind.traits.group]


@EVERY_LANGUAGE
@EVERY_KIND
def test_a_kind_has_its_texts(kind: AlarmKind, language: str) -> None:
    texts: dict[str, Any] = TRANSLATIONS[language]
    form = ("config_subentries", "string", "step", "limits", "sections", kind.traits.group)
    needed: list[tuple[str, ...]] = [("selector", name, "options", kind) for name in (NAMES, ADVICE)]
    for key in (limit.key for limit in DEFAULTS if limit.kind is kind):
        needed += [(*form, "data", f"{key}_{level}") for level in ("warning", "alarm")]
        needed += [(*form, "data_description", f"{key}_alarm"), ("selector", SOURCES, "options", key)]
    missing = [".".join(path) for path in needed if not reduce(lambda found, name: found.get(name, {}), path, texts)]
    assert not missing, f"add these texts to {language}.json"
    for key in (limit.key for limit in DEFAULTS if limit.kind is kind):
        path = (*form, "data_description", f"{key}_alarm")
        described = str(reduce(lambda found, name: found[name], path, texts))
        assert f"{{{key}}}" in described, f"{language}.json, {'.'.join(path)}: name the default as {{{key}}}"


@EVERY_KIND
def test_a_kind_is_documented(kind: AlarmKind) -> None:
    explained = ANALYTICS.split("| alarm | what is judged |")[1].split("### All limits")[0]
    names = [name.strip() for row in re.findall(r"^\| ([^|]+) \|", explained, re.MULTILINE) for name in row.split(",")]
    name = TRANSLATIONS["en"]["selector"][NAMES]["options"][kind]
    assert names.count(name) == 1, f"docs/analytics.md, table `alarm, what is judged`: a row of {name}"


def test_the_actions_offer_every_kind_in_the_order_of_the_table() -> None:
    actions = load_yaml_dict(INTEGRATION / "services.yaml")
    for action in ("acknowledge_alarms", "simulate_alarm"):
        offered = actions[action]["fields"]["kind"]["selector"]["select"]["options"]
        assert offered == list(AlarmKind), "services.yaml: all kinds, in the order of alarm_kinds.py"


def test_the_files_of_a_new_kind_are_named() -> None:
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## A new kind of alarm")[1].split("\n## ")[0]
    named = set(re.findall(r"[\w/]+\.(?:py|md|yaml)\b", section))
    unknown = [name for name in named if not any((base / name).exists() for base in (ROOT, INTEGRATION))]
    assert not unknown, "CONTRIBUTING.md names files that do not exist"
    assert {Path(name).name for name in named} >= {"alarm_kinds.py", "limit_defaults.py", "rules.py", "services.yaml"}


@EVERY_KIND
def test_the_stored_name_of_a_kind_finds_it(kind: AlarmKind) -> None:
    assert AlarmKind(kind.value) is kind
    assert kind == kind.name.lower()
