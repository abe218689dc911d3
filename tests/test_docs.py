"""The pages say what the code does: tables of limits, names of alarms, links."""

import json
from pathlib import Path
import re
from typing import Final

import pytest

from custom_components.battery_bank.flows.string_flow import SOURCES
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.limit_defaults import DEFAULTS
from custom_components.battery_bank.monitor.battery.settings import FIGURES
from custom_components.battery_bank.monitor.model import Chemistry

ROOT = Path(__file__).parent.parent
ANALYTICS = ROOT / "docs" / "analytics.md"
ENGLISH = json.loads((ROOT / "custom_components/battery_bank/translations/en.json").read_text())
LIMIT_WORDS = {
    field: words
    for part in ENGLISH["config_subentries"]["string"]["step"]["limits"]["sections"].values()
    for field, words in part["data"].items()
}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:g} s" if seconds else "-"
    return f"{seconds / 60:g} min"


def limits() -> str:
    """Return the table of all limits as the code has them."""
    rows = [
        "| limit | unit | VRLA | vented | NiCd | delay | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for limit in DEFAULTS:
        name = LIMIT_WORDS[f"{limit.key}_warning"].removesuffix(": warning")
        pairs = [
            "{:g} / {:g}".format(*limit.pair(chemistry))
            for chemistry in (Chemistry.VRLA_AGM, Chemistry.VENTED_LEAD_ACID, Chemistry.NICD)
        ]
        rows.append(f"| {name} | {limit.unit} | {' | '.join(pairs)} | {duration(limit.delay)} | {limit.source} |")
    return "\n".join(rows)


def figures() -> str:
    """Return the table of all figures as the code has them."""
    rows = ["| figure | unit | VRLA | vented | NiCd | source |", "|---|---|---|---|---|---|"]
    for figure in FIGURES:
        values = [
            f"{figure.default(chemistry):g}"
            for chemistry in (Chemistry.VRLA_AGM, Chemistry.VENTED_LEAD_ACID, Chemistry.NICD)
        ]
        rows.append(f"| {LIMIT_WORDS[figure.key]} | {figure.unit} | {' | '.join(values)} | {figure.source} |")
    return "\n".join(rows)


TABLES: Final = {"limits": limits, "figures": figures}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_the_code(name: str) -> None:
    between = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", ANALYTICS.read_text(), re.DOTALL)
    assert between is not None
    assert between[1] == TABLES[name]()


def test_every_alarm_is_explained() -> None:
    text = ANALYTICS.read_text()
    for kind in AlarmKind:
        assert ENGLISH["selector"]["alarm"]["options"][kind] in text, kind


def anchors(page: Path) -> set[str]:
    """Return what the headings of a page are called in links, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        if target.startswith("http"):
            continue
        there = page.parent / target if target else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


def test_the_form_of_the_limits_links_to_the_table_of_the_limits() -> None:
    path, _, anchor = SOURCES.removeprefix("blob/HEAD/").partition("#")
    assert anchor in anchors(ROOT / path)
