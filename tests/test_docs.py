"""The pages say what the code does: tables of limits, names of alarms, links."""

from functools import cache
import json
from pathlib import Path
import re
from typing import Any, Final

from hass_frontend import where
from page_tables import check_table
import pytest

from custom_components.battery_bank.flows.string_flow import SOURCES
from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.limit_defaults import DEFAULTS
from custom_components.battery_bank.monitor.battery.settings import FIGURES
from custom_components.battery_bank.monitor.journal.schema import MIGRATIONS
from custom_components.battery_bank.monitor.model import Chemistry
from homeassistant.const import MAJOR_VERSION, MINOR_VERSION
from homeassistant.util.yaml import load_yaml_dict

ROOT = Path(__file__).parent.parent
ANALYTICS = ROOT / "docs" / "analytics.md"
ALARMS = ROOT / "docs" / "alarms.md"
ENGLISH = json.loads((ROOT / "custom_components/battery_bank/translations/en.json").read_text())
NAMES = ENGLISH["selector"]["alarm"]["options"]
PARTS = ENGLISH["config_subentries"]["string"]["step"]["limits"]["sections"]  # of the form of the limits
LIMIT_WORDS = {field: words for part in PARTS.values() for field, words in part["data"].items()}
README = ROOT / "README.md"
LEAST = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]
PAGES = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


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
    check_table(ANALYTICS, name, TABLES[name]())


LEADS: Final = ["What it means.", "Why it is raised.", "What to do.", "Limit."]


def sections(level: str) -> dict[str, str]:
    """Return the sections of the page of alarms with headings of a level, by heading."""
    parts = re.split(rf"^{level} (.+)$", ALARMS.read_text(), flags=re.MULTILINE)
    headings, texts = parts[1::2], parts[2::2]
    assert len(set(headings)) == len(headings)
    return dict(zip(headings, texts, strict=True))


def pairs(kind: AlarmKind) -> dict[str, str]:
    """Return the default limits of a kind for VRLA as "warning / alarm unit", by the name of the field in the form."""
    return {
        LIMIT_WORDS[f"{limit.key}_warning"].removesuffix(": warning"): "{:g} / {:g} ".format(*limit.lead) + limit.unit
        for limit in DEFAULTS
        if limit.kind is kind
    }


UNITS: Final = {"min": 60.0, "h": 3600.0, "d": 86400.0}  # of durations, in s
LEAST_DAYS: Final = 4  # a shorter duration is in hours, as in "72 h"


def in_words(value: float, unit: str) -> tuple[str, str]:
    """Return a limit as the table has it, and its unit: 0.25 min are 15 s."""
    if unit not in UNITS:
        return f"{value:g}", unit
    seconds = value * UNITS[unit]
    if seconds < UNITS["min"]:
        return f"{seconds:g}", "s"
    name = "d" if seconds >= LEAST_DAYS * UNITS["d"] else "h" if seconds >= UNITS["h"] else "min"
    return f"{seconds / UNITS[name]:g}", name


def shown_pairs(kind: AlarmKind) -> list[str]:
    """Return the default limits of a kind for VRLA as the table of the alarms has them."""
    cells = kind in (AlarmKind.REVERSED_CELL, AlarmKind.SHORTED_CELL)
    found = []
    for limit in DEFAULTS:
        if limit.kind is kind:
            (low, first), (high, second) = (in_words(one, "cells" if cells else limit.unit) for one in limit.lead)
            found.append(f"{low} / {high} {second}" if first == second else f"{low} {first} / {high} {second}")
    return found


def test_every_alarm_has_one_section_of_its_name_and_no_section_is_without_an_alarm() -> None:
    found, names = set(sections("###")), {NAMES[kind] for kind in AlarmKind}
    missing, unknown = names - found, found - names
    assert not missing, "docs/alarms.md: a section `### …` for each of these, as CONTRIBUTING.md says"
    assert not unknown, "docs/alarms.md: these sections are of no alarm"


@pytest.mark.parametrize("kind", AlarmKind)
def test_the_section_of_an_alarm_says_what_to_do_and_has_its_fields_and_limits(kind: AlarmKind) -> None:
    name = NAMES[kind]
    assert name in sections("###"), f"docs/alarms.md: a section `### {name}`"
    text = " ".join(sections("###")[name].split("\n## ")[0].split())
    leads = re.findall(r"\*\*([^*]+\.)\*\*", text)
    found = [one for one in leads if one != "Not the same."]
    assert found == LEADS, "the section of an alarm has these paragraphs, each with its words in bold"
    limits = text.partition("**Limit.** ")[2]
    part = f"*{PARTS[kind.traits.group]['name']}* > "
    assert limits.startswith(part), f"docs/alarms.md, {name}, Limit: begin with the part of the form, {part}"
    for field, pair in pairs(kind).items():
        assert f"*{field}* ({pair})" in limits, f"docs/alarms.md, {name}, Limit: name *{field}* ({pair})"


def test_the_table_of_the_alarms_has_all_of_them_with_their_limits_in_the_order_of_the_page() -> None:
    rows = re.findall(r"^\| \[(.+)\]\(#(.+)\) \| (.+) \| .+ \|$", sections("##")["All alarms"], re.MULTILINE)
    assert [name for name, _, _ in rows] == list(sections("###")), (
        "docs/alarms.md, All alarms: a row `| [name](#anchor) | limits | … |` for each section, in their order"
    )
    kinds = {name: kind for kind, name in NAMES.items()}
    for name, anchor, limits in rows:
        assert anchor == anchor_of(name)
        for pair in shown_pairs(AlarmKind(kinds[name])):
            numbers, unit = pair.rsplit(" ", 1)
            assert numbers in limits and unit in limits, f"docs/alarms.md, All alarms, {name}: {pair}"  # noqa: PT018


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def prose(page: Path) -> str:
    """Return the text of a page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page; one that comes again has a number."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE):
        anchor = anchor_of(heading)
        found[anchor] = found.get(anchor, -1) + 1
    return {f"{anchor}-{number}" if number else anchor for anchor, last in found.items() for number in range(last + 1)}


def links(page: Path) -> list[tuple[str, str]]:
    """Return the links of a page into the repository, images too, as path and anchor."""
    found = re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", prose(page))
    return [(target, anchor) for target, anchor in found if not target.startswith(("http://", "https://"))]


@EVERY_PAGE
def test_every_link_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        there = page.parent / target if target else page
        assert there.resolve().is_relative_to(ROOT), target
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), f"{target}#{anchor}"


@EVERY_PAGE
def test_every_link_has_a_form_that_is_checked(page: Path) -> None:
    text = prose(page)
    assert not re.findall(r"\]\([^)]*\s[^)]*\)|^\[[^]]+\]: |<(?:a|img) ", text, re.MULTILINE)


def test_every_page_and_every_picture_is_found_from_the_readme() -> None:
    found, new = {README}, [README]
    while new:
        page = new.pop()
        there = {(page.parent / target).resolve() for target, _ in links(page) if target} - found
        found |= there
        new += [one for one in there if one.suffix == ".md"]
    docs = {one for one in (ROOT / "docs").rglob("*") if one.is_file()}
    assert sorted(one.name for one in docs - found) == []


def test_every_repair_is_explained_by_its_title() -> None:
    titles = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "repairs.md").read_text(), re.MULTILINE)
    for issue in ENGLISH["issues"].values():
        title = re.sub(r"\\{\w+\\}", ".+", re.escape(issue["title"]))
        assert any(re.search(title, one) for one in titles), issue["title"]


@cache
def menus() -> set[str]:
    """Return the English texts of Home Assistant's own pages, and of ours in its menus."""
    files = (Path(where()) / "static" / "translations").rglob("en-*.json")
    texts = [json.loads(path.read_text()) for path in files if re.fullmatch(r"en-[0-9a-f]{32}", path.stem)]
    return {words.casefold() for one in texts for words in one.values()} | {"battery bank monitor", "battery bank", "⋮"}


@pytest.mark.skipif(
    f"{MAJOR_VERSION}.{MINOR_VERSION}.0" != LEAST, reason="the pages name the menus of the oldest release"
)
@EVERY_PAGE
def test_the_menus_of_home_assistant_have_these_names(page: Path) -> None:
    for path in re.findall(r"\*Settings [>→] ([^*]+)\*", prose(page)):
        assert {" ".join(name.split()).strip(".,:").casefold() for name in re.split("[>→]", path)} <= menus()


def test_the_form_of_the_limits_links_to_the_table_of_the_limits() -> None:
    path, _, anchor = SOURCES.removeprefix("blob/HEAD/").partition("#")
    assert anchor in anchors(ROOT / path)


def labels(step: dict[str, Any]) -> set[str]:
    """Return the labels of the fields of a step of a flow, with those of its sections."""
    found = set(step.get("data", {}).values())
    return found.union(*(labels(section) for section in step.get("sections", {}).values()))


def test_every_field_of_every_form_is_described() -> None:
    """The limits are in a table of their own, which is that of the code."""
    parts = (ENGLISH["config"], ENGLISH["options"], *ENGLISH["config_subentries"].values())
    steps = [step for part in parts for name, step in part["step"].items() if name != "limits"]
    text = " ".join(" ".join(page.read_text().casefold().split()) for page in PAGES if page.name != "CHANGELOG.md")
    missing = {label for step in steps for label in labels(step) if label.partition(" (")[0].casefold() not in text}
    assert missing == set()


def test_the_quality_scale_names_the_section_of_each_rule_of_the_documentation() -> None:
    rules = load_yaml_dict(ROOT / "custom_components/battery_bank/quality_scale.yaml")["rules"]
    for name, rule in rules.items():
        found = re.findall(r"([\w/-]+\.md)(?:#([\w-]+))?", rule["comment"])
        assert found or not name.startswith("docs-"), name
        for page, anchor in found:
            assert not anchor or anchor in anchors(ROOT / page), f"{name}: {page}#{anchor}"
            assert anchor or not name.startswith("docs-"), f"{name}: {page} without a section"


def test_the_version_of_the_journal_is_that_of_the_code() -> None:
    text = (ROOT / "docs" / "changes.md").read_text()
    assert f"(in this release {len(MIGRATIONS)}, in 0.4.0 it was 3)" in text
