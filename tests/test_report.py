"""The report: a document with all that is known, by a signed path, by an action, and as a table."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
import csv
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
import json
from pathlib import Path
import re
import sys
import time
from types import FrameType
from typing import Any, override

from aiohttp.test_utils import TestClient
from conftest import device_of, string_data, until
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.battery_bank.const import DOMAIN
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
    Replaced,
    ResistanceTest,
    ResistanceTested,
)
from custom_components.battery_bank.monitor.battery.limits import DAY, HOUR
from custom_components.battery_bank.monitor.journal.store import Journal
from custom_components.battery_bank.reporting.report_page import section
from custom_components.battery_bank.reporting.turns import document_turn
from custom_components.battery_bank.runtime.journal_writer import journal_path
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
from homeassistant.util.unit_system import US_CUSTOMARY_SYSTEM
from simulator.bank import Bank
from simulator.wire import Terminal

BATTERIES = [f"A{number}" for number in range(1, 5)]
NOTE = "<script>alert(1)</script>"
# A value and its unit, which a narrow screen may put on two lines.
BREAKS = re.compile(r">[^<]*\d (?:mV|V|Ah?|mΩ|°C|K|s|min|h|d|%|×)(?!\w)[^<]*<")
INTEGRATION = Path(__file__).parent.parent / "custom_components" / "battery_bank"


class Document(HTMLParser):
    """What a page holds: its headings, and its tables row by row; every element is closed."""

    VOID = frozenset({"link", "meta", "path", "circle"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.tables: list[list[list[str]]] = []
        self.open: list[str] = []
        self.plots = 0
        self.scripts = 0
        self._text = ""
        self.feed(text)
        self.close()
        assert not self.open

    @override
    def handle_starttag(self, tag: str, _: Any) -> None:
        self._text = ""
        self.plots += tag == "svg"
        self.scripts += tag == "script"
        match tag:
            case "table":
                self.tables.append([])
            case "tr":
                self.tables[-1].append([])
        if tag not in self.VOID:
            self.open.append(tag)

    @override
    def handle_startendtag(self, tag: str, _: Any) -> None:
        pass

    @override
    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in ("th", "td"):
            self.tables[-1][-1].append(self._text)
        elif tag in ("h1", "h2"):
            self.headings.append(self._text)

    @override
    def handle_data(self, data: str) -> None:
        self._text += data

    def table(self, column: str) -> list[dict[str, str]]:
        """Return the rows of the table that has a column of that name."""
        (found,) = (table for table in self.tables if column in table[0])
        return [dict(zip(found[0], row, strict=True)) for row in found[1:]]


async def fill(hass: HomeAssistant, entry: MockConfigEntry, now: float) -> None:
    """Give the line a past: a year of tests with one battery that weakens, a discharge, alarms, a gap."""
    path = journal_path(hass, entry.entry_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = await Journal.open(path)
    (string,) = entry.subentries
    events: list[Any] = []
    for battery in BATTERIES:
        baseline = Baseline(battery=battery, kind=BaselineKind.FINAL, ohmic_value=0.004, at=now - 350 * DAY)
        events.append(BaselineSet(baseline=baseline))
        for month in range(12):
            rise = 0.05 * month if battery == "A3" else 0.002 * month
            test = ResistanceTest(
                battery=battery, at=now - (345 - 30 * month) * DAY, ohmic_value=0.004 * (1 + rise), temperature=22.0
            )
            events.append(ResistanceTested(test=test))
    start = now - 40 * DAY
    points = tuple(
        CurvePoint(
            battery=battery,
            seconds=60.0 * minute,
            voltage=12.6 - 0.02 * minute * (1.5 if battery == "A3" else 1.0),
            drawn=minute / 3,
        )
        for battery in BATTERIES
        for minute in range(60)
    )
    events.append(DischargePoints(start=start, points=points))
    discharge = Discharge(
        start=start,
        end=start + HOUR,
        drawn=20.0,
        energy=960.0,
        end_voltage=46.5,
        lowest_battery="A3",
        lowest_voltage=10.8,
    )
    events.append(DischargeEnded(discharge=discharge))
    raised = Alarm(
        kind=AlarmKind.RESISTANCE_BASELINE,
        battery="A3",
        level=Level.ALARM,
        value=1.5,
        limit=1.5,
        raised=now - 20 * DAY,
        worst=Level.ALARM,
        acknowledged=now - 19 * DAY,
        acknowledged_by="Operator",
    )
    over = replace(raised, kind=AlarmKind.AMBIENT_HIGH, battery=None, raised=now - 60 * DAY, acknowledged=None)
    events += [
        AlarmRaised(alarm=raised),
        AlarmCleared(alarm=replace(over, cleared=now - 59 * DAY)),
        AlarmRaised(alarm=replace(over, raised=now - 400 * DAY)),
        Replaced(battery="A2", at=now - 360 * DAY, serial=NOTE),
        MonitoringGap(start=now - 10 * DAY, end=now - 9 * DAY),
    ]
    await journal.write(string, events)
    await journal.close()


@pytest.fixture
async def entry(
    hass: HomeAssistant, bank: Bank, plug: Callable[[Bank], Terminal], line_entry: Callable[..., MockConfigEntry]
) -> MockConfigEntry:
    """Return a running line with a past."""
    plug(bank)
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data(name="A"))
    await fill(hass, entry, time.time())
    assert await hass.config_entries.async_setup(entry.entry_id)
    await until(hass, "sensor.a_voltage", lambda state: float(state) > 50)
    return entry


async def get(client: TestClient[Any, Any], path: str) -> str:
    answer = await client.get(path)
    assert answer.status == 200
    text = await answer.text()
    assert BREAKS.findall(text) == []
    return text.replace("\u00a0", " ")


async def test_the_report_says_all_of_it(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    (string,) = entry.subentries
    text = await get(await hass_client(), f"/api/battery_bank/report/{string}.html")
    document = Document(text)
    assert document.headings[0] == "A"
    assert document.scripts == 0
    assert document.plots == 2
    batteries = document.table("Baseline (mΩ)")
    assert [row["No."] for row in batteries] == ["1", "2", "3", "4"]
    assert [row["Relative to baseline"] for row in batteries] == ["102 %", "102 %", "155 %", "102 %"]
    assert batteries[2]["Risk"] == "Replace"
    assert batteries[1]["Serial number"] == NOTE  # as text
    assert float(batteries[0]["Voltage (V)"]) == pytest.approx(13.6, abs=0.3)
    measured = {row["Parameter"]: row["By this installation"] for row in document.table("Parameter")}
    assert measured["Voltage of each battery"] == "continuously, with alarms"
    assert measured["Resistance of terminals and connections"] == "NOT measured by this installation"
    assert measured["Current of the string"] == "continuously, with alarms"
    assert len(document.table("Median (mΩ)")) == 12
    (discharge,) = document.table("Drawn (Ah)")
    assert (discharge["Lasted"], discharge["Drawn (Ah)"], discharge["Lowest battery (V)"]) == (
        "1 h 00 min",
        "20.0",
        "3 (10.800)",
    )
    ambient, resistance = document.table("Acknowledged")[:2]  # the rest are of the values now
    assert (ambient["Battery"], ambient["Acknowledged"]) == ("", "\u2013")
    assert resistance["Battery"] == "3"
    assert resistance["Acknowledged"].endswith("Operator")
    gaps = document.table("From")
    assert [gap["Length"] for gap in gaps][:1] == ["24 h 00 min"]
    assert "Monitored 99" in text
    assert "Rekoser RMS-TA (firmware 0A03)" in text  # as the device pages show it


async def test_a_report_goes_back_as_far_as_is_asked(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    client = await hass_client()
    year = Document(await get(client, f"/api/battery_bank/report/{entry.entry_id}.html?days=500"))
    assert year.table("Acknowledged")[0]["Alarm"] == "Room too warm"
    assert len([row for row in year.table("Acknowledged") if row["Alarm"] == "Room too warm"]) == 2
    week = Document(await get(client, f"/api/battery_bank/report/{entry.entry_id}.html?days=7"))
    assert week.plots == 0
    assert all(row["Cleared"] == "open" for row in week.table("Acknowledged"))  # those of today
    for path in ("nonsense.html", f"{entry.entry_id}.pdf", entry.entry_id):
        assert (await client.get(f"/api/battery_bank/report/{path}")).status == 404
    for days in ("0", "-1", "3661", "9" * 5000, "nan", "1e308", "1_0", "true", "", "%00"):
        answer = await client.get(f"/api/battery_bank/report/{entry.entry_id}.html?days={days}")
        assert answer.status == 400
        assert await answer.text() == "\u201cdays\u201d: enter a whole number from 1 to 3660."


async def test_the_batteries_as_a_table(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    (string,) = entry.subentries
    entry.runtime_data.strings[0].name = "-Bank 2"
    answer = await (await hass_client()).get(f"/api/battery_bank/report/{string}.csv")
    assert (answer.status, answer.content_type, answer.charset) == (200, "text/csv", "utf-8")
    assert 'filename="bank_2.csv"' in answer.headers["Content-Disposition"]
    content = await answer.read()
    assert content.startswith(b"\xef\xbb\xbf")  # or a spreadsheet takes UTF-8 for another encoding
    rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"), newline="")))
    assert [(row["number"], row["address"], row["risk"]) for row in rows] == [
        ("1", "1", "stable"),
        ("2", "2", "stable"),
        ("3", "3", "replace"),
        ("4", "4", "stable"),
    ]
    assert {row["string"] for row in rows} == {"'-Bank 2"}
    assert float(rows[2]["ratio"]) == 1.55


async def test_an_action_makes_it(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_user: MockUser,
    tmp_path: Path,
) -> None:
    (string,) = entry.subentries
    device = device_of(hass, entry, string)

    async def make(**data: Any) -> Any:
        return await hass.services.async_call(DOMAIN, "report", data, blocking=True, return_response=True)

    client = await hass_client_no_auth()
    told = await make(device_id=device, days=30)
    assert Document(await get(client, told["path"])).headings[0] == "A"
    assert (await client.get(f"/api/battery_bank/report/{string}.html")).status == 401
    with pytest.raises(ServiceValidationError) as refused:
        await make(device_id=device, folder=str(tmp_path))
    assert refused.value.translation_key == "folder_not_allowed"
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    told = await make(device_id=device_of(hass, entry, entry.entry_id), folder=str(tmp_path))
    assert told["file"] == str(tmp_path / "a.html")
    assert Document((tmp_path / "a.html").read_text()).headings[0] == "A"
    with pytest.raises(ServiceValidationError) as refused:
        await make(device_id=device_of(hass, entry, "A1"))
    assert refused.value.translation_key == "no_string_or_line"

    # Without the journal there is no report, and the error has the reason in the language of Home Assistant.
    hass.config.language = "de"
    await entry.runtime_data.journal_writer.async_hold()
    with pytest.raises(HomeAssistantError) as failed:
        await make(device_id=device, folder=str(tmp_path))
    assert failed.value.translation_key == "report_failed"
    assert failed.value.translation_placeholders == {"error": "ein Backup läuft"}
    page = await client.get(told["path"])
    assert (page.status, await page.text()) == (503, "Der Bericht konnte nicht erstellt werden: ein Backup läuft.")
    await entry.runtime_data.journal_writer.async_release()
    (tmp_path / "a.html").unlink()
    (tmp_path / "a.html").mkdir()
    with pytest.raises(HomeAssistantError) as failed:
        await make(device_id=device, folder=str(tmp_path))
    assert failed.value.translation_placeholders == {"error": "ein Ordner hat den Namen der Datei"}
    (tmp_path / "a.html").rmdir()
    assert "file" in await make(device_id=device, folder=str(tmp_path))


def test_every_text_of_the_report_is_used_and_translated() -> None:
    english = json.loads((INTEGRATION / "translations" / "en.json").read_text())["selector"]["report"]["options"]
    content = "".join(path.read_text() for path in (INTEGRATION / "reporting").glob("report_*.py"))
    templates = "".join(path.read_text() for path in (INTEGRATION / "reporting" / "templates").glob("*.jinja"))
    asked = set(re.findall(r'\btext\("(\w+)"', content + templates))
    assert asked <= english.keys()
    quoted = set(re.findall(r'"(\w+)"', content + templates))
    assert english.keys() <= quoted


async def test_a_text_of_a_user_is_never_markup(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    entry.runtime_data.strings[0].name = f'"A" & {NOTE}'
    text = await get(await hass_client(), f"/api/battery_bank/report/{entry.entry_id}.html")
    document = Document(text)
    assert document.headings[0] == f'"A" & {NOTE}'
    assert document.scripts == 0
    assert NOTE not in text


async def test_people_read_their_own_figures(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    hass.config.units = US_CUSTOMARY_SYSTEM
    hass.config.language = "de"
    document = Document(await get(await hass_client(), f"/api/battery_bank/report/{entry.entry_id}.html"))
    row = document.tables[0][1]
    assert any(cell.endswith("°F") for cell in row)
    assert any("," in cell for cell in row)


def ten_years(ids: Sequence[str], now: float) -> Iterator[Event]:
    """Yield the past of 240 batteries: a test a month of each, a discharge a month, 10,000 alarms, 500 gaps."""
    for one in ids:
        yield BaselineSet(
            baseline=Baseline(battery=one, kind=BaselineKind.FINAL, ohmic_value=0.004, at=now - 3640 * DAY)
        )
        for back in range(120):
            yield ResistanceTested(test=ResistanceTest(battery=one, at=now - 30 * DAY * back - 60, ohmic_value=0.0045))
    start = now - 2 * DAY
    yield DischargePoints(
        start=start,
        points=tuple(
            CurvePoint(battery=one, seconds=60.0 * minute, voltage=12.6 - 0.01 * minute, drawn=minute / 3)
            for one in ids
            for minute in range(200)
        ),
    )
    for back in range(120):
        yield DischargeEnded(discharge=Discharge(start=start - 30 * DAY * back, end=start - 30 * DAY * back + HOUR))
    for number in range(10_000):
        alarm = Alarm(
            kind=AlarmKind.DEVIATION,
            battery=ids[number % len(ids)],
            level=Level.WARNING,
            value=0.06,
            limit=0.05,
            raised=now - 8 * HOUR * number,
            worst=Level.WARNING,
        )
        yield AlarmRaised(alarm=alarm)
    for number in range(500):
        yield MonitoringGap(start=now - 5 * DAY * number - 3 * DAY, end=now - 5 * DAY * number - 3 * DAY + 600)


@pytest.mark.slow
@pytest.mark.real_time
@pytest.mark.timeout(300)
async def test_reports_of_ten_years_do_not_hold_up_the_loop(
    hass: HomeAssistant,
    line_entry: Callable[..., MockConfigEntry],
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three browsers ask for the report of 240 batteries with ten years of journal at once; the line itself is down."""
    assert await async_setup_component(hass, "http", {})
    entry = line_entry(string_data(count=240, string_module=None))
    assert await hass.config_entries.async_setup(entry.entry_id)
    (string,) = entry.runtime_data.strings
    past = list(ten_years([battery.id for battery in string.batteries], time.time()))
    await entry.runtime_data.journal_writer.journal.write(string.id, past)
    await hass.async_block_till_done()
    client = await hass_client()
    callbacks: list[float] = []  # s of the processor that each callback took; other programs have no part in it
    most = 0  # reports that were made at the same time

    def run(handle: asyncio.Handle) -> None:
        name = repr(handle)
        began = time.thread_time()
        run_handle(handle)
        if " Store." not in name:  # Home Assistant saves its registries
            callbacks.append(time.thread_time() - began)

    async def watch() -> None:
        nonlocal most
        while True:
            await asyncio.sleep(0.01)
            most = max(most, sum(map(_makes_a_report, sys._current_frames().values())))

    watching = hass.async_create_background_task(watch(), "watch the threads")
    run_handle = asyncio.Handle._run
    monkeypatch.setattr(asyncio.Handle, "_run", run)
    path = f"/api/battery_bank/report/{string.id}.html?days=3660"
    texts = await asyncio.gather(*(get(client, path) for _ in range(3)))
    monkeypatch.setattr(asyncio.Handle, "_run", run_handle)
    watching.cancel()
    document = Document(texts[0])
    assert len(document.table("Baseline (mΩ)")) == 240
    assert len(document.table("Acknowledged")) >= 10_000
    assert document.plots == 2
    assert most == 2
    assert max(callbacks) < 0.05


def _makes_a_report(frame: FrameType | None) -> bool:
    """Return whether a thread makes the section of a string."""
    while frame is not None and frame.f_code is not section.__code__:
        frame = frame.f_back
    return frame is not None


async def test_a_report_that_nobody_waits_for_is_not_made(
    hass: HomeAssistant, entry: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """A page that was closed while its report waited for its turn makes no work."""
    client = await hass_client()
    turn = document_turn(hass)
    await turn.acquire()
    await turn.acquire()
    path = f"/api/battery_bank/report/{entry.entry_id}.html"
    closed = hass.async_create_task(client.get(path))
    waiting = hass.async_create_task(get(client, path))
    await asyncio.sleep(1)
    closed.cancel()
    await asyncio.sleep(1)
    assert not waiting.done()
    turn.release()
    turn.release()
    assert Document(await waiting).headings[0] == "A"
