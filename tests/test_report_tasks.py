"""Page one of the report, its gaps and its task tables, over the real stack and a journal with a past."""

from collections.abc import Callable, Sequence
from datetime import timedelta
import json
import re
import time
from typing import Any

from conftest import string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from test_report import BATTERIES, INTEGRATION, Document, fill, get

from custom_components.battery_bank.monitor.battery.alarm_kinds import AlarmKind
from custom_components.battery_bank.monitor.battery.events import (
    Alarm,
    AlarmCleared,
    AlarmRaised,
    Baseline,
    BaselineKind,
    BaselineSet,
    CurvePoint,
    Discharge,
    DischargeEnded,
    DischargePoints,
    Event,
    Level,
    MonitoringGap,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.battery.limit_defaults import DEFAULTS
from custom_components.battery_bank.monitor.battery.limits import DAY, HOUR
from custom_components.battery_bank.monitor.battery.settings import FIGURES
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.reporting.report_findings import sentence
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from simulator.bank import Bank
from simulator.wire import Terminal

type MakeReport = Callable[..., Any]


@pytest.fixture
async def make(
    hass: HomeAssistant,
    bank: Bank,
    plug: Callable[[Bank], Terminal],
    line_entry: Callable[..., MockConfigEntry],
    hass_client: ClientSessionGenerator,
) -> MakeReport:
    """Return what makes a report of a line with these events in its journal, and these settings of its string."""

    async def _make(events: Sequence[Event] | None, query: str = "", **settings: Any) -> tuple[Document, str]:
        plug(bank)
        assert await async_setup_component(hass, "http", {})
        entry = line_entry(string_data(name="A", **settings))
        object.__setattr__(entry, "created_at", entry.created_at - timedelta(days=3700))
        if events is None:
            await fill(hass, entry, time.time())
        else:
            path = journal_path(hass, entry.entry_id)
            path.parent.mkdir(parents=True, exist_ok=True)
            journal = await Journal.open(path)
            (string,) = entry.subentries
            await journal.write(string, events)
            await journal.close()
        assert await hass.config_entries.async_setup(entry.entry_id)
        await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
        text = await get(await hass_client(), f"/api/battery_bank/report/{entry.entry_id}.html{query}")
        return Document(text), text

    return _make


def past_tests(now: float, *days_ago: float) -> list[Event]:
    """Return tests of all batteries so many days ago, with a baseline before them."""
    events: list[Event] = [
        BaselineSet(baseline=Baseline(battery=one, kind=BaselineKind.FINAL, ohmic_value=0.004, at=now - 900 * DAY))
        for one in BATTERIES
    ]
    events += [
        ResistanceTested(test=ResistanceTest(battery=one, at=now - ago * DAY, ohmic_value=0.004))
        for one in BATTERIES
        for ago in days_ago
    ]
    return events


async def test_page_one_says_what_is_to_be_done(make: MakeReport) -> None:
    document, text = await make(None, "?customer=North%20%26%20Sons&days=365")
    assert "Action is needed." in text
    assert "Batteries to be replaced, by their internal resistance: 1 (No. 3)." in text
    assert "North &amp; Sons" in text
    assert "<dd>Mock User</dd>" in text
    assert "Home Assistant 2026." in text
    assert "Monitored 99.72 % of the time" in text  # a day of 365 is 0.274 %
    assert "Missing: 24 h 00 min. Gaps: 1." in text
    assert document.headings[1] == "Verdict and findings"
    (replaced, *_) = document.table("Change")
    assert replaced["Change"] == "Battery replaced"


@pytest.mark.slow
async def test_page_one_has_present_and_worst_value_of_an_open_alarm_and_what_to_do(
    hass: HomeAssistant, bank: Bank, make: MakeReport, hass_client: ClientSessionGenerator
) -> None:
    await make([])
    battery = bank.strings["A"].batteries[2]
    battery.temperature = 70.0
    await until(hass, "sensor.a_alarm_level", lambda level: level == "alarm", seconds=1200.0)
    battery.temperature = 60.0
    await until(hass, "sensor.a_highest_temperature", lambda state: float(state) < 65)
    (entry,) = hass.config_entries.async_entries("battery_bank")
    text = await get(await hass_client(), f"/api/battery_bank/report/{entry.entry_id}.html")
    found = re.findall(r"<li class=\"alarm\">(.*?)</li>", text, re.DOTALL)
    values = re.compile(r"battery 3, .*: now (59|60)\.\d\s°C, worst value 6[6-9]\.\d\s°C, limit \d\d\.\d\s°C\.")
    (finding,) = (one for one in found if values.search(one))
    assert re.search(r"<small>\w.+</small>", finding)


async def test_a_string_without_findings_is_in_order(make: MakeReport) -> None:
    _, text = await make(past_tests(time.time(), 300, 200, 120, 60, 20), "?days=30")
    assert "Monitored since" in text
    assert "By their internal resistance, no battery is to be replaced." in text
    assert "There was no discharge in the period." in text


def discharged(start: float, lowest: float) -> list[Event]:
    """Return a discharge of an hour that started then, in which battery 3 sank to so many V."""
    points = tuple(
        CurvePoint(battery=one, seconds=60.0 * minute, voltage=12.5 - minute * drop / 60, drawn=minute / 3)
        for one in BATTERIES
        for drop in [12.5 - lowest if one == "A3" else 1.0]
        for minute in range(61)
    )
    discharge = Discharge(start=start, end=start + HOUR, drawn=20.0, lowest_battery="A3", lowest_voltage=lowest)
    return [DischargePoints(start=start, points=points), DischargeEnded(discharge=discharge)]


async def test_the_last_discharge_and_the_worst_one_are_drawn(make: MakeReport) -> None:
    now = time.time()
    past = [(200, 11.2), (100, 9.4), (50, 11.0)]
    events = [event for ago, lowest in past for event in discharged(now - ago * DAY, lowest)]
    document, text = await make(events)
    assert document.plots == 2
    last, worst = re.findall(r"<figcaption>(.*?)</figcaption>", text)
    assert last.startswith("Voltages of the batteries in the last discharge, which started")
    assert worst.startswith("Voltages of the batteries in the worst discharge, which started")
    assert text.count(">End voltage 10.80 V</text>") == 2  # six cells of 1.8 V
    assert text.count(">20 min</text>") == 2
    assert "Discharges in the period: 3." in text


async def test_the_last_discharge_may_be_the_worst_one(make: MakeReport) -> None:
    now = time.time()
    events = [event for ago, lowest in [(100, 11.4), (50, 9.0)] for event in discharged(now - ago * DAY, lowest)]
    document, text = await make(events)
    assert document.plots == 1
    assert "and is also the worst one" in text


@pytest.mark.parametrize(
    ("days_ago", "quarterly", "half_yearly"),
    [
        ((300, 210, 120, 60, 20), "met", "met"),
        ((300, 160, 20), "not met", "met"),  # 140 days between two tests
        ((300, 20), "not met", "not met"),
        ((20,), "met", "met"),
        ((250,), "not met", "not met"),  # too long ago
        ((), "not met", "not met"),
    ],
)
async def test_tests_meet_a_task_if_they_are_often_enough(
    make: MakeReport, days_ago: tuple[float, ...], quarterly: str, half_yearly: str
) -> None:
    document, _ = await make(past_tests(time.time(), *days_ago))
    rows = [row for row in tasks(document) if row["Task"] == "Internal resistance of each battery"]
    assert [(row["Months"], row["Result"]) for row in rows] == [("3", quarterly), ("6", half_yearly)]


async def test_what_no_module_measures_is_not_met(make: MakeReport) -> None:
    document, _ = await make([], string_module_address=None)
    results = {row["Task"]: row["Result"] for row in tasks(document)}
    assert results["Resistance of terminals and connections"] == "not met"
    assert results["Unintentional grounds"] == "not met"
    assert results["Float current"] == "not met"
    assert results["Continuity of the string"] == "not met"  # without a string module
    assert results["Voltage of each battery"] == "met"


@pytest.mark.parametrize(("days", "met"), [(20.0, "met"), (40.0, "not met")])
async def test_a_gap_as_long_as_an_interval_is_not_met(make: MakeReport, days: float, met: str) -> None:
    now = time.time()
    document, _ = await make([MonitoringGap(start=now - 60 * DAY, end=now - (60 - days) * DAY)])
    monthly = next(row for row in tasks(document) if row["Months"] == "1")
    assert monthly["Task"].startswith("Voltage of the string")
    assert monthly["Result"] == met
    assert f"longest gap: {days:.1f} d" in monthly["By this installation"]


async def test_without_statistics_the_gaps_are_the_evidence(make: MakeReport) -> None:
    document, text = await make([])
    assert "Home Assistant has no recorder" in text  # section 7
    evidence = {row["Task"]: (row["Result"], row["Evidence"]) for row in tasks(document)}
    assert evidence["Room temperature"] == ("met", "section 10")
    assert evidence["Float voltage of the charger"] == ("met", "section 10")
    assert evidence["Voltage of each battery"] == ("met", "section 2")


async def test_an_alarm_that_a_string_was_not_monitored_is_a_gap(make: MakeReport) -> None:
    """It overlaps the gap of a monitor that was off, so 3 h are missing in all: 0.0342 % of a year."""
    now = time.time()
    alarm = Alarm(
        kind=AlarmKind.NOT_MONITORED,
        battery=None,
        level=Level.ALARM,
        value=None,
        limit=0.5,
        raised=now - 10 * DAY,
        worst=Level.ALARM,
        cleared=now - 10 * DAY + 2 * HOUR,
    )
    of_battery = Alarm(
        kind=AlarmKind.MODULE_SILENT,
        battery="A1",
        level=Level.ALARM,
        value=None,
        limit=10.0,
        raised=now - 100 * DAY,
        worst=Level.ALARM,
        cleared=now - 90 * DAY,
    )
    document, text = await make(
        [
            *(AlarmRaised(alarm=one) for one in (alarm, of_battery)),
            *(AlarmCleared(alarm=one) for one in (alarm, of_battery)),
            MonitoringGap(start=now - 10 * DAY + HOUR, end=now - 10 * DAY + 3 * HOUR),
        ]
    )
    assert "Monitored 99.96 % of the time" in text
    assert "Missing: 3 h 00 min. Gaps: 2." in text
    assert [row["Cause"] for row in document.table("Cause")] == [
        "String not monitored",
        "The monitor was off, paused, or its clock was set",
    ]
    monthly = next(row for row in tasks(document) if row["Months"] == "1")
    assert "longest gap: 10.0 d" in monthly["By this installation"]  # of one battery


@pytest.mark.parametrize(
    ("chemistry", "nominal_voltage", "names"),
    [
        ("vrla_gel", 12.0, ("IEEE 1188", "NERC PRC-005-6, 1-4(b)")),
        ("vented_lead_acid", 12.0, ("IEEE 450", "NERC PRC-005-6, 1-4(a)")),
        ("nicd", 12.0, ("IEEE 1106", "NERC PRC-005-6, 1-4(c)")),
    ],
)
async def test_the_tasks_are_those_of_the_chemistry(
    make: MakeReport, chemistry: str, nominal_voltage: float, names: tuple[str, str]
) -> None:
    _, text = await make([], chemistry=chemistry, nominal_voltage=nominal_voltage)
    for name in names:
        assert f"<h3>{name}</h3>" in text


async def test_language_and_paper_are_those_that_are_asked_for(hass: HomeAssistant, make: MakeReport) -> None:
    hass.config.country = "US"
    document, text = await make(None, "?language=fr-CA&paper=a4")
    assert '<html lang="fr">' in text
    assert "size: a4;" in text
    assert "Conclusion et constats" in document.headings
    row = document.tables[0][1]
    assert any("," in cell for cell in row)


async def test_paper_is_the_usual_one_of_the_country(hass: HomeAssistant, make: MakeReport) -> None:
    hass.config.country = "US"
    _, text = await make([])
    assert "size: letter;" in text


async def test_limits_have_their_source(make: MakeReport) -> None:
    document, _ = await make(None, limits={"temperature_high_alarm": 45.0})
    limits = {row["Alarm"]: row for row in limits_of(document)}
    battery = limits["Battery temperature high"]
    assert (battery["Warning"], battery["Alarm limit"]) == ("≥ 35.0 °C", "≥ 45.0 °C")
    assert battery["Source of the limits"].startswith("set by a person")
    assert limits["Resistance above baseline"]["Alarm limit"] == "≥ 1.50 ×"
    assert "Hioki" in limits["Resistance above baseline"]["Source of the limits"]
    assert limits["Resistance above baseline"]["Raised"] == "2"  # that of the past, and today's
    kinds = [(row["Alarm"].partition(" (")[0], row["Raised"]) for row in limits_of(document)]
    assert [kind for kind, raised in kinds if raised.isdigit()] == [*dict.fromkeys(kind for kind, _ in kinds)]  # once


def test_the_sources_of_limits_are_those_of_the_defaults() -> None:
    """English has the text of the code, with no-break spaces; the other languages have a text for each."""
    texts = json.loads((INTEGRATION / "translations" / "en.json").read_text())["selector"]["limit_source"]["options"]
    sources = {one.key: one.source for one in (*DEFAULTS, *FIGURES)}
    english = {key: text.replace("\u00a0", " ") for key, text in texts.items()}
    assert english == sources, "en.json, selector.limit_source: the `source` of each default"


def limits_of(document: Document) -> list[dict[str, str]]:
    (found,) = (table for table in document.tables if "Alarm limit" in table[0])
    return [dict(zip(found[0], row, strict=True)) for row in found[1:]]


def tasks(document: Document) -> list[dict[str, str]]:
    """Return the rows of both task tables."""
    found = [table for table in document.tables if "Task" in table[0]]
    assert len(found) == 2
    return [dict(zip(table[0], row, strict=True)) for table in found for row in table[1:]]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("seuil 0,75 élém..", "seuil 0,75\u00a0élém."),
        ("now 1.84 ×, limit 1.50 ×.", "now 1.84\u00a0×, limit 1.50\u00a0×."),
        ("took 1 h 05 min.", "took 1\u00a0h 05\u00a0min."),
        ("started 2026-11-27 06:43, 99.72 % of it", "started 2026-11-27 06:43, 99.72\u00a0% of it"),
    ],
)
def test_a_finding_keeps_a_value_and_its_unit_on_one_line(text: str, written: str) -> None:
    """And the full stop of an abbreviation also ends the sentence."""
    assert sentence(text) == written
